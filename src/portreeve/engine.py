"""The engine: items in, decisions out. Pure and columnar, with no input or output of its own.

Data flows one way: items, signals, the policy's verdicts, decisions.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from portreeve.admission import ItemError, admit, as_frame
from portreeve.decisions import assemble
from portreeve.policy import Policy, load
from portreeve.signals.catalog import CATALOG, column_type

if TYPE_CHECKING:
    from portreeve.signals.places import Places
    from portreeve.signals.scorer import Model


def screen(
    table: Any,
    policy: str | Policy = "acquaintance",
    *,
    published: bool = False,
    signals: bool = False,
    model: Model | None = None,
    remembered: pl.DataFrame | None = None,
) -> pl.DataFrame:
    """Decide every item of a table.

    ``table``: anything with the Arrow PyCapsule interface (polars, pandas, pyarrow, DuckDB) whose
    columns are fields of :class:`~portreeve.model.Item`; ``text`` is required, others are
    ignored. ``policy``: a shipped policy's name, a file, or a loaded policy. ``published``: the
    items are out already, so ``refuse`` becomes ``remove``. ``signals``: add every signal as a
    struct column. ``model``: another model than the shipped one. ``remembered``: what memory knows
    of the items, as for :func:`judge`.

    Returns one row per input row, in order: the fields of :class:`~portreeve.model.Decision`.
    Raises :class:`ItemError` when a row cannot be decided; see :func:`admit`.

    >>> import polars as pl
    >>> posts = pl.DataFrame({"id": [7], "text": ["面膜89元一盒 加微信 abc12345 下单"]})
    >>> screen(posts).select("id", "verdict", "contacts").row(0)
    (7, 'refuse', ['wechat:abc12345'])
    """
    chosen = policy if isinstance(policy, Policy) else load(policy)
    admitted = admit(as_frame(table), chosen)
    if not admitted.rejected.is_empty():
        first = admitted.rejected.row(0, named=True)
        more = len(admitted.rejected) - 1
        raise ItemError(
            f"row {first['row']}: {first['reason']}. {first['remedy']}"
            + (f" ({more} more rows cannot be decided)" if more else "")
        )
    return decide(
        admitted.items,
        chosen,
        published=published,
        signals=signals,
        model=model,
        remembered=remembered,
    )


@dataclass(frozen=True)
class Assessed:
    """Items, measured: what any policy can be asked about.

    ``facts``: one column per signal that no policy decides, one row per item; ``places``: what was
    found in them.
    """

    items: pl.DataFrame
    facts: pl.DataFrame
    places: Places


def assess(items: pl.DataFrame, model: Model | None = None) -> Assessed:
    """Measure admitted items. ``model``: another than the shipped one."""
    from portreeve.signals.text import measure

    measured = measure(
        items["text"],
        items["links"],
        items["disclosed"],
        model,
        picture_texts=items["picture_text"],
        codes=items["codes"],
    )
    facts = measured.signals.hstack(
        [
            items["surface"],
            _filled(items["standing"], "person"),
            _filled(items["licence"], "none"),
            items["audience"],
            _filled(items["disclosed"], False),
        ]
    )
    return Assessed(items, facts, measured.places)


def _filled(column: pl.Series, value: str | bool) -> pl.Series:
    if not column.null_count():
        return column
    # by way of Arrow: a call of polars' own costs an online service more than the rest of a batch
    given = column.to_arrow(compat_level=pl.CompatLevel.oldest())
    filled = pc.fill_null(given, pa.scalar(value, given.type))
    return pl.Series(column.name, pl.from_arrow(filled))


def judge(
    assessed: Assessed,
    policy: Policy,
    remembered: pl.DataFrame | None = None,
    *,
    published: bool = False,
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Decisions of a policy on measured items, and every signal, the policy's own included.

    ``remembered``: signals of memory and counters of the policy, a column each, a row an item. What
    the policy asks for and nobody gives is NULL.
    """
    facts = assessed.facts
    if remembered is not None or policy.remembered:
        facts = _with_memory(facts, policy.remembered, remembered)
    holding = policy.holding(facts)
    signals = facts.hstack([holding.goods_tier, holding.protected_sale])
    decisions = assemble(
        assessed.items, signals, assessed.places, holding, policy, published=published
    )
    return decisions, signals


def _with_memory(
    facts: pl.DataFrame, asked: Iterable[str], remembered: pl.DataFrame | None
) -> pl.DataFrame:
    """The facts, what is remembered beside them, and what is asked for as NULL where it is not."""
    known = {} if remembered is None else {column.name: column for column in remembered}
    columns = []
    for name in dict.fromkeys([*known, *asked]):
        kind, column = column_type(name), known.get(name)
        if column is None:
            column = pl.Series(name, [None], dtype=kind).new_from_index(0, len(facts))
        columns.append(column if column.dtype == kind else column.cast(kind))
    return facts.hstack(columns)


def decide(
    items: pl.DataFrame,
    policy: Policy,
    *,
    published: bool = False,
    signals: bool = False,
    model: Model | None = None,
    remembered: pl.DataFrame | None = None,
) -> pl.DataFrame:
    """Decide admitted items: measure, evaluate the policy, assemble the decisions."""
    assessed = assess(items, model)
    return decide_assessed(assessed, policy, remembered, published=published, signals=signals)


def decide_assessed(
    assessed: Assessed,
    policy: Policy,
    remembered: pl.DataFrame | None = None,
    *,
    published: bool = False,
    signals: bool = False,
) -> pl.DataFrame:
    """Decide items that are measured; see :func:`screen` for what comes out."""
    decisions, facts = judge(assessed, policy, remembered, published=published)
    if signals:
        wanted = [*CATALOG, *policy.counters]
        lacking = [name for name in wanted if name not in facts.columns]
        told = _with_memory(facts, lacking, None)
        decisions = decisions.with_columns(signals=pl.struct(told.select(wanted)))
    return decisions
