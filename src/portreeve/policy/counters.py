"""Counters: what a policy lets be counted over time."""

from __future__ import annotations

import typing
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import timedelta

from portreeve.model import Layer
from portreeve.policy import fields as f
from portreeve.policy.conditions import Scope
from portreeve.policy.errors import Problems
from portreeve.policy.expression import Expr, Ref, spelled_out
from portreeve.policy.parts import Counted, CountedBy, Counter, Definition, in_units
from portreeve.policy.reading import Reader, key_place, place
from portreeve.policy.rules import Conditions
from portreeve.policy.source import Map, Text
from portreeve.policy.sqltext import sql
from portreeve.signals.catalog import GIVEN_SIGNALS

Entry = tuple[Text, str, Map]
"""Key, name and content of a counter that has a good name."""


class CounterReader:
    """Reads counters; what is wrong goes to ``problems``."""

    def __init__(
        self,
        problems: Problems,
        layer: Layer,
        conditions: Conditions,
        definitions: Mapping[str, Definition],
    ) -> None:
        """``conditions``: of the whole policy, its counters among the names."""
        self._problems = problems
        self._read = Reader(problems)
        self._layer = layer
        self._definitions = {name: d.condition for name, d in definitions.items()}
        self._conditions = replace(conditions, scope=_scope(conditions.scope))

    def counters(self, entries: Iterable[Entry]) -> dict[str, Counter]:
        """The counters that could be read, by name."""
        found: dict[str, Counter] = {}
        for key, name, map_ in entries:
            counter = self._counter(key, name, map_)
            if counter is None:
                continue
            same = [one for one in found.values() if one.identity == counter.identity]
            if same:
                message = f"`{name}` counts the same as `{same[0].name}`"
                self._problems.add("P053", message, key.span, "Keep one of the two.")
            found[name] = counter
        return found

    def _counter(self, key: Text, name: str, map_: Map) -> Counter | None:
        words = self._read.words(map_.get("words"))
        count = self._read.choice(map_.get("count"), f.COUNTED, "what a counter counts")
        by = self._read.choice(map_.get("by"), f.COUNTED_BY, "what a counter counts by")
        over, against = self._spans(map_, count)
        condition = self._condition(name, map_)
        if count is not None and by is not None and f.OF_ITSELF.get(count) == by:
            message = f"each {by} has exactly one {by}: there is nothing to count"
            self._problems.add("P053", message, place(map_, "by"), "Count by something else.")
        if words is None or count is None or by is None or over is None:
            return None
        if "when" in map_.entries and condition is None:
            return None
        when, expr = condition or (None, None)
        spelled = "" if expr is None else sql(spelled_out(expr, self._definitions))
        return Counter(
            name=name,
            words=words,
            count=typing.cast(Counted, count),
            by=typing.cast(CountedBy, by),
            over=over,
            against=against,
            when=when,
            layer=self._layer,
            file=key.span.source.name,
            line=key.span.line,
            condition=expr,
            spelled=spelled,
        )

    def _spans(self, map_: Map, count: str | None) -> tuple[timedelta | None, timedelta | None]:
        """Window and time before; for hours the longest window, which nothing else asks about."""
        over, against = (self._read.duration(map_.get(name)) for name in ("over", "against"))

        def wrong(name: str, message: str, help: str) -> None:
            self._problems.add("P053", message, key_place(map_, name), help)

        if count == "hours" and "over" in map_.entries:
            wrong("over", "hours since the first have no window", "Remove `over`.")
        if count is not None and count != "hours" and "over" not in map_.entries:
            self._read.missing(map_, ["over"])
        if count not in (None, "posts") and "against" in map_.entries:
            wrong("against", "only a number of posts has an average before", "Remove `against`.")
            against = None
        if over is not None and not f.LEAST_WINDOW <= over <= f.LONGEST_WINDOW:
            message = f"the window is {in_units(over)}"
            self._problems.add("P053", message, place(map_, "over"), "Choose one of 1h to 90d.")
        elif over is not None and against is not None and not _fits(over, against):
            message = f"{in_units(against)} are not 2 to {f.MOST_WINDOWS} windows"
            help = f"Write a multiple of {in_units(over)}, such as {in_units(4 * over)}."
            self._problems.add("P053", message, place(map_, "against"), help)
        return (f.LONGEST_WINDOW if count == "hours" else over), against

    def _condition(self, name: str, map_: Map) -> tuple[str, Expr] | None:
        condition = self._conditions.condition(name, map_.get("when"))
        if condition is None:
            return None
        for part in condition[1].walk():
            if isinstance(part, Ref) and part.definition:
                self._check_definition(self._conditions.places[name], part)
        return condition

    def _check_definition(self, text: Text, ref: Ref) -> None:
        """That a definition is about the item alone."""
        if ref.name not in self._definitions:
            return
        meant = spelled_out(self._definitions[ref.name], self._definitions)
        scope = self._conditions.scope
        for part in meant.walk():
            if isinstance(part, Ref) and part.name in scope.forbidden and not part.definition:
                code, reason = scope.forbidden[part.name]
                message = f"`{ref.name}` asks for `{part.name}`: {reason}"
                self._problems.add(code, message, text.part(ref.start, ref.end))
                return


def _fits(over: timedelta, against: timedelta) -> bool:
    return not against % over and 2 <= against // over <= f.MOST_WINDOWS


def _scope(whole: Scope) -> Scope:
    """The names that conditions of counters may use: nothing that is not measured."""
    signal = ("P032", "what memory or banks of pictures tell is not known when items are counted")
    counter = ("P032", "a counter is not known when items are counted")
    forbidden = dict.fromkeys(GIVEN_SIGNALS, signal) | dict.fromkeys(whole.counters, counter)
    return Scope(whole.definitions, {**whole.forbidden, **forbidden})
