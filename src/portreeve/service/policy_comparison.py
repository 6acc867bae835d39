"""Two versions of a policy over the same stored posts, as columns to be counted in any way."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal, NamedTuple

import polars as pl

from portreeve.model import Verdict

Language = Literal["zh", "other", "none"]
"""Chinese, when a fifth of the letters are Chinese characters; none, when there are no letters."""

CHINESE_FROM = 0.2

SCHEMA: dict[str, pl.DataType] = {
    "item": pl.String(), "decision": pl.String(), "account": pl.String(), "surface": pl.String(),
    "tier": pl.String(), "language": pl.String(), "before": pl.String(), "after": pl.String(),
    "rule_before": pl.String(), "rule_after": pl.String(), "person": pl.String(),
    "sealed": pl.Boolean(),
}  # fmt: skip
"""``tier``: of the goods, after the new version; ``person``: what a person decided, if one did;
``sealed``: nobody reads it without a release."""


class Part(NamedTuple):
    """Which part of a comparison is meant."""

    surface: str | None = None
    tier: str | None = None
    language: str | None = None
    before: str | None = None
    after: str | None = None
    rule: str | None = None


class Group(NamedTuple):
    """Posts that one verdict becomes another for, in one place; ``of``: all posts there."""

    surface: str
    tier: str | None
    language: str
    before: str
    after: str
    items: int
    of: int
    rule_before: str | None
    rule_after: str | None
    """The strongest rules most often."""


class Agreement(NamedTuple):
    """How the versions stand to what people decided of the posts on which they differ."""

    judged: int
    before: int
    after: int
    asks: int
    """For how many the new version asks a person again."""


@dataclass(frozen=True)
class Comparison:
    """What two versions decide of the newest stored posts.

    ``asked``: how many posts were looked at; ``unreadable``: of these, content gone by now.
    """

    before: str
    after: str
    asked: int
    unreadable: int
    frame: pl.DataFrame

    def part(self, part: Part) -> Comparison:
        """Only what is meant."""
        frame = self.frame
        for name in ("surface", "tier", "language", "before", "after"):
            wanted = getattr(part, name)
            if wanted is not None:
                frame = frame.filter(pl.col(name).fill_null("none") == wanted)
        if part.rule is not None:
            frame = frame.filter(
                pl.any_horizontal(
                    pl.col("rule_before").eq_missing(pl.lit(part.rule)),
                    pl.col("rule_after").eq_missing(pl.lit(part.rule)),
                )
            )
        return replace(self, frame=frame)

    @property
    def items(self) -> int:
        """How many posts both versions decided."""
        return len(self.frame)

    @property
    def differing(self) -> pl.DataFrame:
        """The posts whose verdict would be another."""
        return self.frame.filter(pl.col("before") != pl.col("after"))

    @property
    def changed(self) -> int:
        """How many verdicts would be other."""
        return len(self.differing)

    @property
    def accounts(self) -> int:
        """Whose posts those are: how many accounts."""
        return self.differing["account"].drop_nulls().n_unique()

    def flows(self) -> list[list[int]]:
        """From each verdict (rows) to each (columns), in the order of :data:`VERDICTS`."""
        counted = self.frame.group_by("before", "after").agg(pl.len())
        found = {(before, after): n for before, after, n in counted.iter_rows()}
        return [[found.get((a, b), 0) for b in VERDICTS] for a in VERDICTS]

    def groups(self, most: int | None = None) -> list[Group]:
        """What changes, by place and verdict, the most frequent first."""
        place = ["surface", "tier", "language"]
        totals = self.frame.group_by(place).agg(pl.len().alias("of"))
        found = (
            self.differing.group_by([*place, "before", "after"])
            .agg(
                pl.len().alias("items"),
                *(pl.col(name).drop_nulls().mode().sort().first() for name in _RULES),
            )
            .join(totals, on=place, nulls_equal=True)
            .sort(["items", *place, "before", "after"], descending=[True] + [False] * 5)
            .select([*place, "before", "after", "items", "of", *_RULES])
        )
        rows = found.head(most) if most is not None else found
        return [Group(*row) for row in rows.iter_rows()]

    def agreement(self) -> Agreement:
        """How the versions stand to what people decided."""
        judged = self.differing.filter(pl.col("person").is_not_null())
        rows = judged.select("person", "before", "after").rows()
        ranks = [tuple(Verdict(value).rank for value in row) for row in rows]
        return Agreement(
            judged=len(ranks),
            before=sum(person == before for person, before, _ in ranks),
            after=sum(person == after for person, _, after in ranks),
            asks=sum(after == Verdict.hold.value for _, _, after in rows),
        )

    def samples(self, most: int) -> Sequence[str]:
        """Some of the posts that change and that may be read, spread over all of them."""
        readable = self.differing.filter(~pl.col("sealed"))["item"]
        step = max(1, len(readable) // most)
        return readable.gather_every(step).head(most).to_list()


VERDICTS: tuple[str, ...] = ("allow", "label", "limit", "hold", "refuse")
"""In rising order; what is taken down counts as refused."""

_RULES = ("rule_before", "rule_after")


def language_of(share: float | None) -> Language:
    """The language of a text by its share of Chinese characters; None where it has no letters.

    >>> language_of(0.9), language_of(0.0), language_of(None)
    ('zh', 'other', 'none')
    """
    if share is None:
        return "none"
    return "zh" if share >= CHINESE_FROM else "other"
