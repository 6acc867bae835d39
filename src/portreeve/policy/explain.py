"""Why a rule holds for an item, or why not: every part of its condition with the values in it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from portreeve.model import Surface, Verdict
from portreeve.policy import domains
from portreeve.policy.document import Policy
from portreeve.policy.expression import (
    And,
    Expr,
    In,
    Not,
    Or,
    Ref,
)
from portreeve.policy.parts import Words
from portreeve.policy.sqltext import (
    sql,
)
from portreeve.policy.values import (
    evaluate,
)

Kind = Literal["all", "any", "not", "definition", "surface", "fact"]

_SHOWN_OPTIONS = 6


@dataclass(frozen=True)
class Finding:
    """One part of a condition.

    ``holds`` is None when it is unknown, because a value in it is NULL; a part that is unknown
    does not make a rule hold. ``values`` are the signals that the part itself names.
    """

    kind: Kind
    text: str
    holds: bool | None
    values: Mapping[str, Any]
    words: Words | None = None
    note: Words | None = None
    parts: tuple[Finding, ...] = ()

    def label(self, lang: str = "en") -> str:
        """A comparison or a name as it is written; of a group, how its parts belong together."""
        return _SAID[lang if lang in _SAID else "en"].get(self.kind, self.text)

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for JSON; what is empty is left out."""
        entries: dict[str, Any] = {"kind": self.kind, "text": self.text, "holds": self.holds}
        if self.values:
            entries["values"] = dict(self.values)
        for name, words in (("words", self.words), ("note", self.note)):
            if words is not None:
                entries[name] = {"en": words.en, "zh": words.zh}
        if self.parts:
            entries["parts"] = [part.to_dict() for part in self.parts]
        return entries


@dataclass(frozen=True)
class Explanation:
    """What a rule makes of one item. ``holds`` is what :meth:`Policy.evaluate` gives."""

    rule: str
    clause: str
    verdict: Verdict
    because: Words
    holds: bool | None
    findings: tuple[Finding, ...]
    """The surface, then the conjuncts of the condition: all must hold."""

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return {
            "rule": self.rule,
            "clause": self.clause,
            "verdict": self.verdict.value,
            "because": {"en": self.because.en, "zh": self.because.zh},
            "holds": self.holds,
            "findings": [finding.to_dict() for finding in self.findings],
        }

    def render(self, lang: str = "en", *, whole: bool = False) -> str:
        """The explanation as an indented text, in English (``en``) or Chinese (``zh``).

        What settles nothing is left out, unless ``whole``: of alternatives those that do not hold
        beside one that does, of what must all hold what does beside what does not, and the inside
        of a definition that was shown before.
        """
        said = _SAID[lang if lang in _SAID else "en"]
        head = f"{self.rule} ({said['clause']} {self.clause}, {self.verdict}): "
        lines = [head + said[_state(self.holds)], f"  {self.because.said(lang)}"]
        shown: set[str] | None = None if whole else set()
        for finding in self.findings:
            lines += _lines(finding, lang, 1, shown)
        return "\n".join(lines)


def explain(policy: Policy, signals_row: Mapping[str, Any], rule_id: str) -> Explanation:
    """Why a rule holds for an item, or why it does not.

    Args:
        policy: a loaded policy.
        signals_row: the item's signals by name; None is NULL. ``goods_tier`` and
            ``protected_sale`` are the policy's to decide, and are worked out here.
        rule_id: the id of one of its rules.

    Raises:
        KeyError: no rule has this id, or a signal that it needs is not in the row.
    """
    rule = policy.rule(rule_id)
    facts = _Facts(policy, signals_row)
    here = facts.row["surface"]
    place = Finding("surface", _among(rule.surfaces), here in rule.surfaces, {"surface": here})
    condition = rule.condition
    items = condition.items if isinstance(condition, And) else (condition,)
    findings = (place, *(facts.finding(item) for item in items))
    return Explanation(rule.id, rule.clause, rule.verdict, rule.because, _all(findings), findings)


def telling(findings: Iterable[Finding], shown: set[str]) -> tuple[Finding, ...]:
    """Findings without what settles nothing, as :meth:`Explanation.render` leaves it out.

    ``shown``: names of the definitions that were said before, which are only named then; those
    that are said now are added. Give the same set for several explanations on one page.
    """
    told = []
    for finding in findings:
        words = None if finding.text in shown else finding.words
        parts = telling(_settling(finding, shown), shown)
        told.append(replace(finding, words=words, parts=parts))
    return tuple(told)


class _Facts:
    """The values of one item, and what conditions make of them."""

    def __init__(self, policy: Policy, signals_row: Mapping[str, Any]) -> None:
        self.policy = policy
        self.row = _Row(policy, signals_row)

    def finding(self, expr: Expr) -> Finding:
        match expr:
            case And(items):
                return self.group("all", items, expr)
            case Or(items):
                return self.group("any", items, expr)
            case Not(And() | Or() | Ref(definition=True) as item):
                inner = self.finding(item)
                return Finding("not", sql(expr), _not(inner.holds), {}, parts=(inner,))
            case Ref(name, definition=True) if name in self.policy.definitions:
                return self.definition(expr, name)
            case _:
                return self.fact(expr)

    def group(self, kind: Kind, items: tuple[Expr, ...], expr: Expr) -> Finding:
        return Finding(
            kind, sql(expr), self.value(expr), {}, parts=tuple(self.finding(i) for i in items)
        )

    def definition(self, expr: Expr, name: str) -> Finding:
        definition = self.policy.definitions[name]
        inner = definition.condition
        items = inner.items if isinstance(inner, And) else (inner,)
        return Finding(
            "definition",
            name,
            self.value(expr),
            {},
            words=definition.words,
            parts=tuple(self.finding(item) for item in items),
        )

    def fact(self, expr: Expr) -> Finding:
        names = dict.fromkeys(p.name for p in expr.walk() if isinstance(p, Ref))
        values = {name: self.row[name] for name in names}
        holds = self.value(expr)
        note = _null_note(values, holds, self.policy.counters)
        return Finding("fact", _short(expr), holds, values, note=note)

    def value(self, expr: Expr) -> bool | None:
        value = evaluate(expr, self.row)
        return None if value is None else bool(value)


class _Row(Mapping[str, Any]):
    """Signals and definitions of one item; definitions are worked out when they are asked for."""

    def __init__(self, policy: Policy, signals: Mapping[str, Any]) -> None:
        self._policy = policy
        self._signals = signals
        self._known: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:
        if name not in self._known:
            self._known[name] = self._find(name)
        return self._known[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._signals)

    def __len__(self) -> int:
        return len(self._signals)

    def _find(self, name: str) -> Any:
        definition = self._policy.definitions.get(name)
        if definition is not None:
            return evaluate(definition.condition, self)
        if name.removeprefix(domains.LAW) == "goods_tier":
            return self._policy.tier_of(self._signals["goods_category"], law=name != "goods_tier")
        if name == "protected_sale":
            return False
        if name in self._policy.remembered:
            return self._signals.get(name)
        return self._signals[name]


def _all(findings: tuple[Finding, ...]) -> bool | None:
    states = [finding.holds for finding in findings]
    if False in states:
        return False
    return None if None in states else True


def _not(value: bool | None) -> bool | None:
    return None if value is None else not value


def _null_note(
    values: Mapping[str, Any], holds: bool | None, counters: Collection[str]
) -> Words | None:
    """Which value is NULL, and what that means; only where it makes the part unknown."""
    if holds is not None:
        return None
    nulls = [name for name, value in values.items() if value is None]
    reasons = [domains.null_reason(name, counter=name in counters) for name in nulls]
    return Words(
        "; ".join(f"{n} is NULL: {r[0]}" for n, r in zip(nulls, reasons, strict=True)),
        "；".join(f"{n} 为 NULL：{r[1]}" for n, r in zip(nulls, reasons, strict=True)),
    )


def _short(expr: Expr) -> str:
    """A comparison as SQL, a long list of names cut."""
    inner = expr.item if isinstance(expr, Not) else expr
    if isinstance(inner, In) and len(inner.options) > _SHOWN_OPTIONS:
        shown = ", ".join(sql(option) for option in inner.options[:_SHOWN_OPTIONS])
        word = "NOT IN" if isinstance(expr, Not) else "IN"
        more = len(inner.options) - _SHOWN_OPTIONS
        return f"{sql(inner.item)} {word} ({shown}, and {more} more)"
    return sql(expr)


def _among(surfaces: tuple[Surface, ...]) -> str:
    return f"surface IN ({', '.join(surfaces)})"


# --- text ---------------------------------------------------------------------------------------

_MARKS = {True: "✓", False: "✗", None: "?"}
_SAID = {
    "en": {
        "clause": "clause",
        "yes": "holds",
        "no": "does not hold",
        "unknown": "unknown, so it does not hold",
        "all": "all of",
        "any": "at least one of",
        "not": "not",
    },
    "zh": {
        "clause": "条款",
        "yes": "成立",
        "no": "不成立",
        "unknown": "无法判断，因此不成立",
        "all": "以下全部",
        "any": "以下至少一项",
        "not": "并非",
    },
}


def _state(holds: bool | None) -> str:
    return {True: "yes", False: "no", None: "unknown"}[holds]


def _lines(finding: Finding, lang: str, depth: int, shown: set[str] | None) -> list[str]:
    """The lines of a part; ``shown``: names of the definitions shown so far, None to show all."""
    text = finding.label(lang)
    if finding.words is not None and (shown is None or finding.text not in shown):
        text += f": {finding.words.said(lang)}"
    note = f"   [{finding.note.said(lang)}]" if finding.note is not None else _shown(finding)
    line = f"{'  ' * depth}{_MARKS[finding.holds]} {text}{note}"
    parts = finding.parts if shown is None else _settling(finding, shown)
    return [line, *(row for part in parts for row in _lines(part, lang, depth + 1, shown))]


def _settling(finding: Finding, shown: set[str]) -> tuple[Finding, ...]:
    """The parts that make a part what it is."""
    if finding.kind == "definition" and finding.parts:
        if finding.text in shown:
            return ()
        shown.add(finding.text)
    if finding.kind == "not" and finding.holds:
        (inner,) = finding.parts
        return (replace(inner, parts=()),) if inner.kind == "definition" else finding.parts
    if finding.holds is (finding.kind == "any"):
        return tuple(part for part in finding.parts if part.holds is finding.holds)
    return finding.parts


def _shown(finding: Finding) -> str:
    if not finding.values:
        return ""
    return "   [" + ", ".join(f"{n} = {show(v)}" for n, v in finding.values.items()) + "]"


def show(value: Any) -> str:
    """A value for people: NULL, true, three decimals.

    >>> show(0.123456)
    '0.123'
    """
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:.3g}" if isinstance(value, float) else str(value)
