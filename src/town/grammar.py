"""Sentences from rules: a rule has alternatives, an alternative has words and other rules."""

from __future__ import annotations

import re
from collections.abc import Mapping

from town.chance import Chance

_SLOT = re.compile(r"\{(\w+)\}")


class Grammar:
    """Rules by name; the alternatives of a rule stand between ``|``, ``{x}`` names a rule or value.

    >>> cats = Grammar({"cat": "{who}在{place}睡着了", "who": "猫|小猫", "place": "窗台上|箱子里"})
    >>> cats.count("cat"), cats.say(Chance("cat", 2), "cat")
    (4, '小猫在箱子里睡着了')
    """

    def __init__(self, *parts: Mapping[str, str]) -> None:
        self._rules: dict[str, list[tuple[tuple[bool, str], ...]]] = {}
        for part in parts:
            for name, alternatives in part.items():
                if name in self._rules:
                    raise ValueError(f"the rule {name} stands twice")
                self._rules[name] = [_read(one) for one in alternatives.split("|")]

    def __contains__(self, name: str) -> bool:
        return name in self._rules

    def say(self, chance: Chance, name: str, values: Mapping[str, str] | None = None) -> str:
        """A sentence of a rule; ``values`` are words that hold for this once."""
        said: list[str] = []
        self._say(chance, name, values or {}, said)
        return "".join(said)

    def _say(self, chance: Chance, name: str, values: Mapping[str, str], said: list[str]) -> None:
        value = values.get(name)
        if value is not None:
            said.append(value)
            return
        if name == "n":
            said.append(str(chance.between(2, 30)))
            return
        for is_rule, words in chance.pick(self._rules[name]):
            if is_rule:
                self._say(chance, words, values, said)
            else:
                said.append(words)

    def count(self, name: str) -> int:
        """How many sentences a rule can make, each value and number counted as one."""
        if name not in self._rules:
            return 1
        total = 0
        for alternative in self._rules[name]:
            ways = 1
            for is_rule, words in alternative:
                if is_rule:
                    ways *= self.count(words)
            total += ways
        return total

    def values(self) -> set[str]:
        """What the rules name and no rule makes: it must be given when something is said."""
        named = {
            words
            for alternatives in self._rules.values()
            for alternative in alternatives
            for is_rule, words in alternative
            if is_rule
        }
        return named - set(self._rules) - {"n"}


def _read(alternative: str) -> tuple[tuple[bool, str], ...]:
    parts = _SLOT.split(alternative)
    return tuple((bool(at % 2), words) for at, words in enumerate(parts) if words)
