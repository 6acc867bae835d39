"""Where each part of a policy comes from: written in its own text, or inherited, or both."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Literal, NamedTuple

import yaml

How = Literal["inherited", "changed", "added"]

_NAMED = ("surfaces", "definitions", "counters", "tiers", "forms", "ways_out", "ladders")
_SINGLE = ("title", "announcement", "network", "law")


class Origin(NamedTuple):
    """How a part came into a policy. ``file``: the policy that it is inherited from, or replaces
    there; None when it is new.
    """

    how: How
    file: str | None


def origins_of(text: str, bases: Mapping[str, str]) -> dict[str, Origin]:
    """The origin of every part of a policy that extends another; empty for one that does not.

    Parts are named by section: ``rules/ID``, ``definitions/NAME``, ``matrix/ROW.FORM``, ``title``.

    >>> base = "policy: a\\nversion: '1'\\nrules: [{id: one}, {id: two}]"
    >>> mine = "extends: a\\nrules: [{id: two}, {id: three}]"
    >>> found = origins_of(mine, {"a": base})
    >>> found["rules/one"].how, found["rules/two"], found["rules/three"].how
    ('inherited', Origin(how='changed', file='a@1'), 'added')
    """
    own = _loaded(text)
    chain = list(_chain(own, bases))
    if not chain:
        return {}
    inherited: dict[str, str] = {}
    for document in reversed(chain):
        label = f"{document.get('policy')}@{document.get('version')}"
        for gone in document.get("remove") or ():
            inherited.pop(f"rules/{gone}", None)
        inherited |= dict.fromkeys(_parts(document), label)
    found = {part: Origin("inherited", file) for part, file in inherited.items()}
    for gone in own.get("remove") or ():
        found.pop(f"rules/{gone}", None)
    for part in _parts(own):
        file = inherited.get(part)
        found[part] = Origin("added" if file is None else "changed", file)
    return found


def _chain(own: dict[str, Any], bases: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    """What a document extends, the nearest first."""
    document = own
    while document.get("extends"):
        name = str(document["extends"])
        known = bases.get(f"law/{name}" if document.get("layer") == "law" else name)
        if known is None:
            return
        document = _loaded(known)
        yield document


def _parts(document: dict[str, Any]) -> Iterator[str]:
    yield from (name for name in _SINGLE if name in document)
    for section in _NAMED:
        yield from (f"{section}/{name}" for name in document.get(section) or ())
    for rule in document.get("rules") or ():
        yield f"rules/{rule['id']}"
    matrix = document.get("matrix") or {}
    for row, cells in (matrix.get("rows") or {}).items():
        yield from (f"matrix/{row}.{form}" for form in cells if form not in ("title", "categories"))


def _loaded(text: str) -> dict[str, Any]:
    document = yaml.load(text, Loader=yaml.CSafeLoader)
    return document if isinstance(document, dict) else {}
