"""Texts to begin a draft with: a version changed in name only, or extended; a rule to fill in."""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import datetime

from portreeve.policy import Policy
from portreeve.policy.errors import Problems
from portreeve.policy.files import read, shipped
from portreeve.policy.source import Items, Map, Source, Text, parse

_DASH = re.compile(r"[ \t]*-")
_INDENT = "  "


def extends_shipped(name: str, text: str) -> bool:
    """Whether a text is the shipped policy of its name, so that another can extend it by name."""
    path = shipped(name)
    return path is not None and read(path).source.text == text


def next_version(now: datetime, taken: Collection[str]) -> str:
    """A name for a new version: the month, the day if that is taken, then counted.

    >>> next_version(datetime(2026, 12, 3), {"2026-12", "2026-12-03"})
    '2026-12-03.2'
    """
    names = [f"{now:%Y-%m}", f"{now:%Y-%m-%d}"]
    names += [f"{now:%Y-%m-%d}.{count}" for count in range(2, len(taken) + 3)]
    return next(name for name in names if name not in taken)


def extension(policy: Policy, version: str, now: datetime) -> str:
    """A text that extends a policy and changes nothing yet; it holds from today on."""
    today = now.astimezone(policy.effective.tzinfo).replace(
        hour=0, minute=0, second=0, microsecond=0
    )
    return (
        f"extends: {policy.name}\npolicy: {policy.name}\n"
        f'version: "{version}"\neffective: {today.isoformat(timespec="seconds")}\n'
    )


def renamed(text: str, version: str) -> str:
    """The same text under the name of another version.

    >>> renamed('policy: a\\nversion: "1"  # first\\n', "2")
    'policy: a\\nversion: "2"  # first\\n'
    """
    document = _parsed(text)
    node = None if document is None else document.get("version")
    if not isinstance(node, Text):
        return text
    return f'{text[: node.span.start]}"{version}"{text[node.span.end :]}'


def with_rule(text: str, policy: Policy, when: str) -> str:
    """A text with one more rule, which has this condition; the rest of it is to be filled in."""
    document = _parsed(text)
    rules = None if document is None else document.get("rules")
    if not isinstance(rules, Items) or not rules.items:
        return f"{text.rstrip()}\n\nrules:\n{_rule(policy, when, _INDENT)}"
    first, last = rules.items[0].span, rules.items[-1].span
    dash = _DASH.match(text, text.rfind("\n", 0, first.start) + 1)
    if dash is None:
        commented = re.sub(r"^", "# ", _rule(policy, when, "").rstrip(), flags=re.M)
        return f"{text.rstrip()}\n\n{commented}\n"
    before, after = text[: last.end].rstrip(), text[last.end :]
    return f"{before}\n\n{_rule(policy, when, dash[0][:-1])}{_gap(after)}{after.lstrip()}"


def _gap(after: str) -> str:
    return "\n" if after.strip() else ""


def _rule(policy: Policy, when: str, indent: str) -> str:
    condition = "\n".join(
        f"    {line.strip()}" for line in when.strip().splitlines() if line.strip()
    )
    id = _free("new-rule", {rule.id for rule in policy.rules})
    lines = (
        f"- id: {id}\n"
        f'  clause: "{_next_chapter(policy)}.1"\n'
        f"  when: >-\n{condition or '    promotion >= 0.9'}\n"
        "  verdict: hold\n"
        "  because:\n"
        "    en: Say why, to the person whose post it is.\n"
        "    zh: 写明理由，给发布这条内容的人看。\n"
    )
    return "".join(f"{indent}{line}\n" for line in lines.splitlines())


def _free(name: str, taken: Collection[str]) -> str:
    names = [name, *(f"{name}-{count}" for count in range(2, len(taken) + 3))]
    return next(one for one in names if one not in taken)


def _next_chapter(policy: Policy) -> int:
    """The first number after those of the house's chapters."""
    heads = [rule.clause.partition(".")[0] for rule in policy.rules]
    return max((int(head) for head in heads if head.isdecimal()), default=0) + 1


def _parsed(text: str) -> Map | None:
    return parse(Source("<draft>", text), Problems())
