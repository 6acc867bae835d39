"""What whoever praised a fake answers for: the moral ledger, by knowledge and reach.

It knows what somebody was told and when, and how many people saw what they said. It knows no price,
no damages and no name: those of the legal ledger are in :mod:`portreeve.commerce.liability`, and
neither module knows the other.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal, NamedTuple, get_args

from portreeve.commerce.rulebook import Head, Key, Reader, Table, read_rules, required
from portreeve.policy import Words
from portreeve.policy.source import Map, Node, Text

Knowledge = Literal["unaware", "warned", "should_have_known", "knew"]
KNOWLEDGE: tuple[Knowledge, ...] = get_args(Knowledge)
"""What somebody knew, rising."""
Reach = Literal["few", "many", "mass"]
REACH: tuple[Reach, ...] = get_args(Reach)
"""How many somebody reached, rising."""
Kind = Literal["none", "warn", "limit", "mute", "suspend", "ban"]
KINDS: tuple[Kind, ...] = get_args(Kind)
"""What follows, from the mildest to the hardest."""
_TIMED = ("limit", "mute", "suspend")


class Told(NamedTuple):
    """Something that a promoter was told."""

    kind: str
    time: datetime


class Promotion(NamedTuple):
    """Praise that led to an order: when, and how many saw it."""

    time: datetime
    reach: int


class Consequence(NamedTuple):
    """What follows. ``days``: how long, where it lasts for a time."""

    kind: Kind
    days: int | None = None

    @property
    def severity(self) -> tuple[int, int]:
        """Its place among all, the harder the later."""
        return KINDS.index(self.kind), self.days or 0


@dataclass(frozen=True)
class Level:
    """What makes a level of knowledge: at least so many tellings of some kinds."""

    clause: str
    because: Words
    told: frozenset[str]
    at_least: int


@dataclass(frozen=True)
class Band:
    """From how many people on a reach is of this band."""

    clause: str
    at_least: int


@dataclass(frozen=True)
class PromoterRules:
    """The rules of the moral ledger."""

    head: Head
    tellings: dict[str, Words]
    knowledge: dict[Knowledge, Level]
    reach: dict[Reach, Band]
    consequences: dict[Knowledge, dict[Reach, Consequence]]


@dataclass(frozen=True)
class Grade:
    """What a promoter answers for: the knowledge and the reach that weigh most.

    ``people``: how many saw what was said with at least this knowledge.
    """

    knowledge: Knowledge
    reach: Reach
    people: int
    consequence: Consequence


def knew(told: Iterable[Told], when: datetime, rules: PromoterRules) -> Knowledge:
    """What somebody knew at a time, by what they had been told before."""
    kinds = [one.kind for one in told if one.time < when]
    for level in reversed(KNOWLEDGE):
        rule = rules.knowledge[level]
        if sum(kind in rule.told for kind in kinds) >= rule.at_least:
            return level
    return "unaware"


def band(people: int, rules: PromoterRules) -> Reach:
    """The band of a reach."""
    return next(name for name in reversed(REACH) if people >= rules.reach[name].at_least)


def judge(
    promotions: Sequence[Promotion], told: Sequence[Told], rules: PromoterRules
) -> Grade | None:
    """What one promoter answers for; None for who promoted nothing that did harm.

    Every level of knowledge is looked at with all promotions made with at least that knowledge
    together, so that many small ones weigh as one large one. The hardest consequence counts.

    >>> noon = datetime(2014, 6, 1, 12)
    >>> heard = [Told("test_report", datetime(2014, 6, 1, 9))]
    >>> grade = judge([Promotion(noon, 20_000)], heard, promoter_rules())
    >>> grade.knowledge, grade.reach, grade.consequence.kind, grade.consequence.days
    ('knew', 'many', 'suspend', 90)
    """
    levels = [KNOWLEDGE.index(knew(told, one.time, rules)) for one in promotions]
    grades = []
    for at in set(levels):
        people = sum(one.reach for one, of in zip(promotions, levels, strict=True) if of >= at)
        level, reach = KNOWLEDGE[at], band(people, rules)
        grades.append((at, Grade(level, reach, people, rules.consequences[level][reach])))
    if not grades:
        return None
    return max(grades, key=lambda one: (one[1].consequence.severity, one[0]))[1]


_LEVEL = Table(
    "level",
    "A level of knowledge",
    (
        required("clause", "the clause it stands in"),
        required("because", "the reason"),
        Key("told", "list", "which tellings make it"),
        Key("at_least", "whole number", "how many of them"),
    ),
)
_LEVELS = Table("knowledge", "Knowledge", tuple(required(name, "") for name in KNOWLEDGE))
_BAND = Table("band", "A band of reach", (required("clause", ""), required("at_least", "")))
_BANDS = Table("reach", "Reach", tuple(required(name, "") for name in REACH))
_CONSEQUENCE = Table(
    "consequence", "A consequence", (required("sanction", "what follows"), Key("for", "", ""))
)


@functools.cache
def promoter_rules(folder: Path | None = None) -> PromoterRules:
    """The rules of ``promoters.yaml``.

    Raises:
        PolicyError: the file has errors; a consequence, for instance, that is milder for more
            knowledge or more people.
    """
    keys = tuple(required(name, "") for name in ("tellings", "knowledge", "reach", "consequences"))
    return read_rules("promoters", keys, _build, folder)


def _build(reader: Reader, root: Map, head: Head) -> PromoterRules | None:
    tellings = {
        key.value: words
        for key, node in reader.named(root.get("tellings"), "words")
        if (words := reader.words(node)) is not None
    }
    levels = _levels(reader, root.get("knowledge"), tellings)
    bands = _bands(reader, root.get("reach"))
    consequences = _consequences(reader, root.get("consequences"))
    if levels is None or bands is None or consequences is None:
        return None
    return PromoterRules(head, tellings, levels, bands, consequences)


def _levels(
    reader: Reader, node: Node | None, tellings: dict[str, Words]
) -> dict[Knowledge, Level] | None:
    found = None if node is None else reader.table(node, _LEVELS)
    if found is None:
        return None
    read = {name: _level(reader, found.get(name), name, tellings) for name in KNOWLEDGE}
    complete = {name: one for name, one in read.items() if one is not None}
    return complete if len(complete) == len(KNOWLEDGE) else None


def _level(
    reader: Reader, node: Node | None, name: Knowledge, tellings: dict[str, Words]
) -> Level | None:
    found = None if node is None else reader.table(node, _LEVEL)
    if found is None:
        return None
    clause, because = reader.text(found.get("clause")), reader.words(found.get("because"))
    told: list[str | None] = []
    at_least: int | None = 0
    if name != "unaware":
        missing = [key for key in ("told", "at_least") if key not in found.entries]
        if missing:
            reader.missing(found, missing)
            return None
        listed = reader.items(found.get("told"), "tellings")
        told = [reader.defined(one, tellings, "telling") for one in listed]
        at_least = reader.whole(found.get("at_least"), 1, "a number of tellings")
    if clause is None or because is None or at_least is None:
        return None
    return Level(clause, because, frozenset(one for one in told if one is not None), at_least)


def _bands(reader: Reader, node: Node | None) -> dict[Reach, Band] | None:
    found = None if node is None else reader.table(node, _BANDS)
    if found is None:
        return None
    bands: dict[Reach, Band] = {}
    below = -1
    for name in REACH:
        one = found.get(name)
        table = None if one is None else reader.table(one, _BAND)
        if table is None:
            return None
        clause = reader.text(table.get("clause"))
        at_least = reader.whole(table.get("at_least"), 0, "a number of people")
        if clause is None or at_least is None:
            return None
        if at_least <= below or (below < 0 < at_least):
            reader.problems.add(
                "P050",
                f"`{name}` begins at {at_least}",
                table.keys["at_least"].span,
                "Let the first band begin at 0, and each later one higher.",
            )
        bands[name] = Band(clause, at_least)
        below = at_least
    return bands


def _consequences(
    reader: Reader, node: Node | None
) -> dict[Knowledge, dict[Reach, Consequence]] | None:
    found = None if node is None else reader.table(node, _LEVELS)
    if found is None:
        return None
    rows: dict[Knowledge, dict[Reach, Consequence]] = {}
    for level in KNOWLEDGE:
        one = found.get(level)
        row = None if one is None else reader.table(one, _BANDS)
        if row is None:
            return None
        cells = {name: _consequence(reader, row.get(name)) for name in REACH}
        rows[level] = {name: cell for name, cell in cells.items() if cell is not None}
        if len(rows[level]) < len(REACH):
            return None
    _check_rising(reader, found, rows)
    return rows


def _consequence(reader: Reader, node: Node | None) -> Consequence | None:
    known: dict[str, Kind] = {one: one for one in KINDS}
    if node is None:
        return None
    table = None if isinstance(node, Text) else reader.table(node, _CONSEQUENCE)
    written = node if isinstance(node, Text) else table and table.get("sanction")
    kind = reader.choice(written, KINDS, "a consequence")
    if kind is None:
        return None
    lasts = reader.duration(table.get("for")) if table is not None else None
    if (kind in _TIMED) != (lasts is not None and lasts.days > 0):
        help = f"{', '.join(_TIMED)} last for days, `for: 7d`; the others have no length."
        reader.problems.add("P050", f"the length of `{kind}` does not fit", node.span, help)
        return None
    return Consequence(known[kind], lasts.days if lasts is not None else None)


def _check_rising(
    reader: Reader, table: Map, rows: dict[Knowledge, dict[Reach, Consequence]]
) -> None:
    """See that nobody fares better for knowing more or reaching more."""
    cells = list(itertools.product(enumerate(KNOWLEDGE), enumerate(REACH)))
    for (i, level), (j, reach) in cells:
        for (more_i, more), (more_j, wider) in cells:
            harder = more_i >= i and more_j >= j
            if harder and rows[more][wider].severity < rows[level][reach].severity:
                reader.problems.add(
                    "P050",
                    f"`{more}`, `{wider}` is milder than `{level}`, `{reach}`",
                    table.keys[more].span,
                    "Let consequences rise, or stay, with knowledge and with reach.",
                )
                return
