"""Plain Python with ``re``: what a careful programmer writes first.

Every expression is compiled once; each is tried at most once a post; a rule stops at the first
atom that fails. The rules become the source of one function, so no time goes into interpreting
them. Two ways to ignore case are timed, as the obvious one (`IGNORECASE`) takes Python's matcher
off its fast path: lower-casing the post first is about twice as fast.
"""

from __future__ import annotations

import platform
import re
import time
from collections.abc import Callable, Sequence
from typing import Literal

from bench.peers.base import PeerRun
from bench.rules import ATOMS, NAMES, RULES, Atom

Way = Literal["lower", "ignorecase"]


def source() -> str:
    """The Python source of the matching function, for reading and for running."""
    used = dict.fromkeys(name for rule in RULES for name in rule.found + rule.absent)
    lines = [
        "def hits(t):",
        "    " + " = ".join(f"v_{name}" for name in used) + " = None",
        "    found = []",
    ]
    for number, rule in enumerate(RULES):
        tests = [_value(name) for name in rule.found]
        tests += ["not " + _value(name) for name in rule.absent]
        lines += [f"    if {' and '.join(tests)}:", f"        found.append({number})"]
    return "\n".join([*lines, "    return found"])


def _value(name: str) -> str:
    """The value of an atom, computed on first need."""
    return f"(v_{name} if v_{name} is not None else (v_{name} := {_test(name, ATOMS[name])}))"


def _test(name: str, atom: Atom) -> str:
    if atom.at_least == 1:
        return f"{name}(t) is not None"
    return f"len({name}(t)) >= {atom.at_least}"


def matcher(way: Way = "lower") -> Callable[[str], list[int]]:
    """A function from a post to the numbers of the rules that hold, ascending."""
    flags = re.IGNORECASE if way == "ignorecase" else re.NOFLAG
    scope: dict[str, object] = {}
    for name, atom in ATOMS.items():
        compiled = re.compile(atom.pattern, flags)
        scope[name] = compiled.search if atom.at_least == 1 else compiled.findall
    exec(source(), scope)  # made of this module's own rule table
    hits: Callable[[str], list[int]] = scope["hits"]  # type: ignore[assignment]
    if way == "ignorecase":
        return hits
    return lambda text: hits(text.lower())


def run(texts: Sequence[str], way: Way = "lower") -> PeerRun:
    """Evaluates the rules in this process."""
    hits = matcher(way)
    for text in texts[:1_000]:
        hits(text)
    before = time.process_time()
    found = [hits(text) for text in texts]
    used = time.process_time() - before
    return PeerRun(f"CPython {platform.python_version()}", used, found)


def describe(numbers: Sequence[int]) -> list[str]:
    """The names of rules by number."""
    return [NAMES[number] for number in numbers]
