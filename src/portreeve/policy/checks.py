"""Checks of meaning: conditions that never or always hold, rules that change nothing."""

from __future__ import annotations

from portreeve.model import Surface
from portreeve.policy import domains
from portreeve.policy.builder import Built
from portreeve.policy.conditions import first_line
from portreeve.policy.errors import Problems
from portreeve.policy.expression import (
    And,
    Expr,
    IsNull,
    Lit,
    Ref,
)
from portreeve.policy.logic import Ask, Reasoner, Values, atoms, conjuncts
from portreeve.policy.parts import Rule
from portreeve.policy.source import Span, Text
from portreeve.policy.sqltext import (
    sql,
)
from portreeve.signals.catalog import CATALOG


def check(built: Built, problems: Problems) -> None:
    """Conditions that never or always hold; then, if there is no error, rules that do nothing."""
    if _definition_cycle(built, problems):
        return
    conditions = {name: d.condition for name, d in built.definitions.items()}
    checker = _Checker(built, problems, Reasoner(conditions, frozenset(built.counters)))
    for name, definition in built.definitions.items():
        if not isinstance(definition.condition, Lit):
            checker.condition(name, definition.condition, None)
    for name, counter in built.counters.items():
        if counter.condition is not None:
            checker.condition(name, counter.condition, None)
    for rule in built.rules:
        if not rule.from_matrix and rule.surfaces:
            checker.condition(rule.id, rule.condition, rule.surfaces)
    if problems.errors:
        return
    checker.shadows()
    checker.unused()
    checker.examples()


def _definition_cycle(built: Built, problems: Problems) -> bool:
    uses = {
        name: [
            part.name
            for part in d.condition.walk()
            if isinstance(part, Ref) and part.definition and part.name in built.definitions
        ]
        for name, d in built.definitions.items()
    }
    done: set[str] = set()
    found = False

    def visit(name: str, path: list[str]) -> None:
        nonlocal found
        if name in path:
            circle = [*path[path.index(name) :], name]
            if not found:
                place = built.places[circle[-2]]
                message = f"definitions use one another in a circle: {' → '.join(circle)}"
                problems.add("P029", message, first_line(place))
            found = True
            return
        if name in done:
            return
        for used in uses[name]:
            visit(used, [*path, name])
        done.add(name)

    for name in uses:
        visit(name, [])
    return found


class _Checker:
    def __init__(self, built: Built, problems: Problems, reasoner: Reasoner) -> None:
        self.built = built
        self.problems = problems
        self.reasoner = reasoner
        self.bad: set[str] = set()
        """Definitions with an error: what is built on them is not reported again."""

    # --- never, always --------------------------------------------------------------------------

    def condition(self, name: str, expr: Expr, surfaces: tuple[Surface, ...] | None) -> None:
        text = self.built.places[name]
        before = len(self.problems.found)
        uses_bad = any(isinstance(part, Ref) and part.name in self.bad for part in expr.walk())
        if not uses_bad:
            self._judge(text, expr, surfaces)
        if uses_bad or len(self.problems.found) > before:
            self.bad.add(name)

    def _judge(self, text: Text, expr: Expr, surfaces: tuple[Surface, ...] | None) -> None:
        if self._bad_parts(text, expr):
            return
        if self.reasoner.never(expr):
            self._never(text, expr)
        elif surfaces is not None and not self._possible_on(expr, surfaces):
            self._off_surface(text, expr, surfaces)
        elif self.reasoner.always(expr):
            message = "the condition always holds: it separates nothing"
            self.problems.add("P027", message, first_line(text))

    def _bad_parts(self, text: Text, expr: Expr) -> bool:
        """Single comparisons that never or always hold, wherever they stand."""
        found = False
        for atom in atoms(expr):
            if isinstance(atom, Ref):
                continue
            if self.reasoner.never(atom):
                self._add("P026", "never", text, atom)
                found = True
            elif self.reasoner.idle(atom):
                self._add("P027", "always", text, atom)
                found = True
        return found

    def _add(self, code: str, word: str, text: Text, atom: Expr) -> None:
        verb = "never holds" if word == "never" else "always holds"
        why = _limits_in_words(atom)
        message = f"`{sql(atom)}` {verb}" + (f": {why}" if why else "")
        self.problems.add(code, message, _place(text, atom))

    def _never(self, text: Text, expr: Expr) -> None:
        """Point at the smallest part of the condition that is impossible."""
        parts = conjuncts(expr)
        for part in parts:
            if len(parts) > 1 and self.reasoner.never(part):
                inner = conjuncts(part)
                message = f"`{sql(part)}` never holds"
                if isinstance(part, Ref) and part.definition:
                    message += f" together with what `{part.name}` means"
                if len(inner) == 1:
                    self.problems.add("P026", message, _place(text, part))
                    return
        for i, first in enumerate(parts):
            for second in parts[i + 1 :]:
                if self.reasoner.never(And((first, second))):
                    self.problems.add(
                        "P026",
                        f"`{sql(first)}` and `{sql(second)}` never hold together",
                        _place(text, second),
                    )
                    return
        self.problems.add("P026", "the condition never holds", first_line(text))

    def _possible_on(self, expr: Expr, surfaces: tuple[Surface, ...]) -> bool:
        here = Ask("surface", Values(only=frozenset(s.value for s in surfaces), null=False))
        return self.reasoner.possible([self.reasoner.ask(expr, "T"), here])

    def _off_surface(self, text: Text, expr: Expr, surfaces: tuple[Surface, ...]) -> None:
        part = next((p for p in conjuncts(expr) if not self._possible_on(p, surfaces)), expr)
        self.problems.add(
            "P026",
            f"`{sql(part)}` never holds: the rule is for {', '.join(surfaces)} only",
            _place(text, part),
            "Add the surface to `surfaces`, or remove this part.",
        )

    # --- rules that change nothing --------------------------------------------------------------

    def shadows(self) -> None:
        for rule in self.built.rules:
            if rule.from_matrix or not rule.surfaces:
                continue
            for other in self.built.rules:
                if self._shadows(other, rule):
                    self._report_shadow(rule, other)
                    break

    def _shadows(self, other: Rule, rule: Rule) -> bool:
        if other is rule or other.layer != rule.layer or not _covers(other, rule):
            return False
        parts = conjuncts(other.condition)
        if not all(self.reasoner.implies(rule.condition, part) for part in parts):
            return False
        if _covers(rule, other) and self.reasoner.implies(other.condition, rule.condition):
            # the two are the same: the first one stands
            order = [r.id for r in self.built.rules]
            return order.index(other.id) < order.index(rule.id)
        return True

    def _report_shadow(self, rule: Rule, other: Rule) -> None:
        place = first_line(self.built.places[rule.id])
        where = f"{other.file}, line {other.line}"
        message = (
            f"whenever `{rule.id}` holds, `{other.id}` ({where}) holds too, "
            f"with the verdict {other.verdict}"
        )
        self.problems.add("P028" if rule.clause == other.clause else "P061", message, place)

    def unused(self) -> None:
        used = {"protected_sale", f"{domains.LAW}protected_sale"}
        for expr in [
            *(rule.condition for rule in self.built.rules),
            *(d.condition for d in self.built.definitions.values()),
            *(c.condition for c in self.built.counters.values() if c.condition is not None),
        ]:
            used |= {part.name for part in expr.walk() if isinstance(part, Ref)}
        for name, definition in self.built.definitions.items():
            # the law may define what only the house uses
            if name not in used and definition.layer == self.built.layer:
                message = f"no condition uses `{name}`"
                self.problems.add("P062", message, first_line(self.built.places[name]))
        for name in self.built.counters.keys() - used:
            message = f"no condition uses `{name}`"
            self.problems.add("P063", message, self.built.counter_keys[name].span)

    def examples(self) -> None:
        for rule in self.built.rules:
            if rule.from_matrix or any(e.verdict != "allow" for e in rule.examples):
                continue
            if rule.layer == self.built.layer:
                message = f"`{rule.id}` has no example of what it catches"
                self.problems.add("P060", message, first_line(self.built.places[rule.id]))


def _covers(other: Rule, rule: Rule) -> bool:
    """Everything that the rule does to an item, the other does too, or something stronger."""
    if other.verdict.rank < rule.verdict.rank or not set(rule.surfaces) <= set(other.surfaces):
        return False
    if rule.strike > other.strike or (rule.strike and rule.ladder != other.ladder):
        return False
    if other.verdict is not rule.verdict:
        return True
    if rule.label != other.label:
        return False
    return rule.reach is None or other.reach is None or other.reach <= rule.reach


def _place(text: Text, expr: Expr) -> Span:
    span = text.part(expr.start, expr.end) if expr.end > expr.start else first_line(text)
    end = span.source.text.find("\n", span.start, span.end)
    return Span(span.source, span.start, span.end if end < 0 else end)


def _limits_in_words(atom: Expr) -> str:
    """What is known of the signal, said as a reason."""
    refs = [part for part in atom.walk() if isinstance(part, Ref)]
    if len(refs) != 1 or refs[0].definition:
        return ""
    name = refs[0].name
    signal = CATALOG.get(name.removeprefix(domains.LAW))
    if signal is None:  # a counter
        return "" if isinstance(atom, IsNull) else f"`{name}` is 0 or more"
    if isinstance(atom, IsNull):
        return f"`{name}` is never NULL"
    if signal.type == "count":
        return f"`{name}` is a count, 0 or more"
    if signal.type == "number":
        low, high = domains.limits(name)
        return (
            f"`{name}` is {low:g} or more"
            if high == float("inf")
            else f"`{name}` is {low:g} to {high:g}"
        )
    return ""
