"""A policy put into a document that people read: public, and in the console.

Everything in it comes from the policy as it is loaded to be enforced; nothing is written beside it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import get_args

from portreeve.model import Surface, Tier, Verdict
from portreeve.policy import Policy, Words
from portreeve.policy.describe import counter_words, counters_used, definitions_used
from portreeve.policy.parts import Counter, Definition, Example, Ladder, Row, Rule, WayOut
from portreeve.schemas.policies import Bilingual
from portreeve.schemas.policy_reading import (
    CellInWords,
    Chapter,
    ClauseInWords,
    Counting,
    Defined,
    FormInWords,
    LadderInWords,
    Place,
    PolicyReading,
    RowInWords,
    RuleInWords,
    Rung,
    Shown,
    Table,
    TierInWords,
    Way,
)
from portreeve.signals.goods_table import goods_table

MERCHANT, PROTECTED = "merchant", "protected_sale"
"""Definitions that a reader looks for first."""

_FIRST_EXAMPLES = 6
_NUMBER = re.compile(r"\d+|\D+")

_LADDERS = {
    "promotion": Words("Selling and recruiting", "卖货与招人"),
    "disclosure": Words("Advertising not declared", "未声明的广告"),
    "induced_sharing": Words("Inducements to share", "诱导分享"),
    "order_brushing": Words("Faked orders and reviews", "刷单炒信"),
    "multi_level": Words("Selling by levels of agents", "多级代理"),
    "rebate_scheme": Words("Schemes that pay back more", "返利骗局"),
    "illicit": Words("Unlawful trade", "违法交易"),
}
"""Names of ladders for people; another ladder is called as its policy calls it."""


def read_policy(policy: Policy, effective: datetime | None = None) -> PolicyReading:
    """A policy as a document. ``effective``: since when it is in force, if not as its text says."""
    definitions = {name: _defined(one) for name, one in policy.definitions.items()}
    chapters = _chapters(policy)
    allowed, refused = _first_examples(policy)
    return PolicyReading(
        policy=policy.label,
        name=policy.name,
        version=policy.version,
        effective=effective or policy.effective,
        law=policy.law,
        title=_both(policy.title),
        network=_words(policy.network),
        announcement=_words(policy.announcement),
        places=[
            Place(surface=surface, state=rule.state, until=_words(rule.until))
            for surface, rule in policy.surface_rules.items()
        ],
        merchant=definitions.get(MERCHANT),
        protected=definitions.get(PROTECTED),
        allowed=allowed,
        refused=refused,
        chapters=chapters,
        table=_table(policy),
        tiers=_tiers(policy),
        ways_out=[_way(way) for way in policy.ways_out.values()],
        ladders=[_ladder(ladder, policy) for ladder in policy.ladders.values()],
        definitions=list(definitions.values()),
        counters=[_counted(counter) for counter in policy.counters.values()],
    )


def clause_order(number: str) -> tuple[tuple[int, int, str], ...]:
    """A key that sorts clauses as people count: 3.2 before 3.10, the law's (L1) last.

    >>> sorted(["L1.1", "10.1", "3.10", "3.2"], key=clause_order)
    ['3.2', '3.10', '10.1', 'L1.1']
    """
    return tuple(
        (0, int(part), "") if part.isdigit() else (1, 0, part) for part in _NUMBER.findall(number)
    )


# --- clauses ------------------------------------------------------------------------------------


def _chapters(policy: Policy) -> list[Chapter]:
    clauses: dict[str, list[Rule]] = {}
    for rule in policy.rules:
        clauses.setdefault(rule.clause, []).append(rule)
    chapters: dict[str, list[str]] = {}
    for number in sorted(clauses, key=clause_order):
        chapters.setdefault(number.partition(".")[0], []).append(number)
    return [_chapter(policy, head, {n: clauses[n] for n in of}) for head, of in chapters.items()]


def _chapter(policy: Policy, number: str, clauses: dict[str, list[Rule]]) -> Chapter:
    rules = [rule for of in clauses.values() for rule in of]
    return Chapter(
        number=number,
        layer=rules[0].layer,
        surfaces=_in_order(surface for rule in rules for surface in rule.surfaces),
        opening=_opening(rules[0].because),
        clauses=[
            ClauseInWords(number=clause, rules=_merged(policy, of))
            for clause, of in clauses.items()
        ],
        table=policy.matrix is not None and policy.matrix.clause == number,
    )


def _opening(words: Words) -> Bilingual:
    """The first sentence of a text."""
    return Bilingual(
        en=words.en.partition(". ")[0].removesuffix("."),
        zh=words.zh.partition("。")[0],
    )


def _merged(policy: Policy, rules: Iterable[Rule]) -> list[RuleInWords]:
    """The rules of a clause; cells of the table that say the same are one."""
    alike: dict[object, list[Rule]] = {}
    for rule in rules:
        said = (rule.verdict, rule.because, rule.comply, rule.way_out, rule.strike, rule.ladder)
        alike.setdefault(said if rule.from_matrix else rule.id, []).append(rule)
    return [_rule(policy, of) for of in alike.values()]


def _rule(policy: Policy, alike: list[Rule]) -> RuleInWords:
    rule = alike[0]
    way = policy.ways_out.get(rule.way_out) if rule.way_out else None
    rows = policy.matrix.rows if policy.matrix is not None else {}
    ids = {one.id for one in alike}
    return RuleInWords(
        ids=[one.id for one in alike],
        layer=rule.layer,
        surfaces=_in_order(surface for one in alike for surface in one.surfaces),
        verdict=rule.verdict,
        because=_both(rule.because),
        comply=_words(rule.comply),
        way_out=_way(way) if way is not None else None,
        label=_words(rule.label),
        reach=rule.reach,
        strike=rule.strike,
        ladder=rule.ladder if rule.strike else None,
        conditions=[one.when for one in alike],
        terms=list(dict.fromkeys(name for one in alike for name in _terms(policy, one))),
        examples=[_shown(example) for one in alike for example in one.examples],
        goods=[n for n, row in rows.items() if ids & {c.rule for c in row.cells.values()}],
    )


def _terms(policy: Policy, rule: Rule) -> list[str]:
    counters = [counter.name for counter in counters_used(policy, rule)]
    return [*definitions_used(policy, rule), *counters]


def _first_examples(policy: Policy) -> tuple[list[Shown], list[Shown]]:
    """What may appear and what may not, from the first house rule that shows both."""
    for rule in policy.rules:
        shown = [_shown(example) for example in rule.examples]
        allowed = [one for one in shown if one.verdict is Verdict.allow]
        refused = [one for one in shown if one.verdict is Verdict.refuse]
        if rule.layer == "house" and allowed and refused:
            return _of_both_languages(allowed), _of_both_languages(refused)
    return [], []


def _of_both_languages(shown: list[Shown]) -> list[Shown]:
    """The first examples, a third of them in English where there are such."""
    english = [one for one in shown if one.text.isascii()][: _FIRST_EXAMPLES // 3]
    others = [one for one in shown if not one.text.isascii()]
    return [*others[: _FIRST_EXAMPLES - len(english)], *english]


def _shown(example: Example) -> Shown:
    return Shown(
        verdict=example.verdict,
        text=example.text,
        surface=example.surface,
        standing=example.standing,
        licence=example.licence,
        disclosed=example.disclosed,
        links=list(example.links),
        codes=list(example.codes),
        picture_text=example.picture_text,
    )


# --- goods, ladders, ways out -------------------------------------------------------------------


def _table(policy: Policy) -> Table | None:
    matrix = policy.matrix
    if matrix is None:
        return None
    clauses = {rule.id: rule.clause for rule in policy.rules if rule.from_matrix}
    return Table(
        clause=matrix.clause,
        forms=[
            FormInWords(name=form.name, title=_both(form.title), surfaces=list(form.surfaces))
            for form in policy.forms.values()
        ],
        rows=[_row(row, clauses) for row in matrix.rows.values()],
    )


def _row(row: Row, clauses: dict[str, str]) -> RowInWords:
    cells = [
        CellInWords(
            form=form, verdict=cell.verdict, clause=clauses[cell.rule] if cell.rule else None
        )
        for form, cell in row.cells.items()
    ]
    return RowInWords(
        name=row.name, title=_both(row.title), goods=_goods(row.categories), cells=cells
    )


def _tiers(policy: Policy) -> list[TierInWords]:
    by_tier: dict[Tier, list[str]] = {tier: [] for tier in get_args(Tier)}
    for category, tier in policy.tiers.items():
        by_tier[tier].append(category)
    return [
        TierInWords(tier=tier, default=tier == policy.default_tier, goods=_goods(of))
        for tier, of in by_tier.items()
    ]


def _goods(categories: Iterable[str]) -> list[Bilingual]:
    table = goods_table()
    return [Bilingual(en=table[name].en, zh=table[name].zh) for name in categories if name in table]


def _ladder(ladder: Ladder, policy: Policy) -> LadderInWords:
    counting = {rule.clause for rule in policy.rules if rule.strike and rule.ladder == ladder.name}
    return LadderInWords(
        name=ladder.name,
        title=_both(ladder_title(ladder.name)),
        expire_days=_days(ladder.strikes_expire),
        steps=[
            Rung(at=step.at, sanctions=list(step.sanctions), days=_days(step.lasts))
            for step in ladder.steps
        ],
        clauses=sorted(counting, key=clause_order),
    )


def ladder_title(name: str) -> Words:
    """What a ladder is called, for people.

    >>> ladder_title("promotion").zh
    '卖货与招人'
    """
    return _LADDERS.get(name, Words(name, name))


def _days(span: timedelta | None) -> float | None:
    return None if span is None else span.total_seconds() / 86_400


def _way(way: WayOut) -> Way:
    return Way(name=way.name, title=_both(way.title), how=_both(way.how))


def _defined(definition: Definition) -> Defined:
    return Defined(
        name=definition.name,
        words=_both(definition.words),
        layer=definition.layer,
        when=definition.when,
    )


def _counted(counter: Counter) -> Counting:
    return Counting(
        name=counter.name,
        words=_both(counter.words),
        how=_both(counter_words(counter)),
        layer=counter.layer,
        when=counter.when,
    )


def _words(words: Words | None) -> Bilingual | None:
    return None if words is None else _both(words)


def _both(words: Words) -> Bilingual:
    return Bilingual(en=words.en, zh=words.zh)


def _in_order(surfaces: Iterable[Surface]) -> list[Surface]:
    found = set(surfaces)
    return [surface for surface in Surface if surface in found]
