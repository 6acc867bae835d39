"""From rules that hold to decisions: the verdict, its clauses, and the places it rests on."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa
from numpy.typing import NDArray

from portreeve.model import Decision, Verdict, columns
from portreeve.policy import Policy, Rule
from portreeve.signals.lexicon import lexicon
from portreeve.signals.spans import (
    CONTACT,
    CONTACT_KINDS,
    CURRENCIES,
    GOODS,
    LINK,
    MONEY,
    MONEY_KINDS,
    SHARE_CODE,
    WORD,
)
from portreeve.signals.text import LINK_SIGNALS, WORD_SIGNALS

_CONTACTS, _MONEY, _LINKS, _GOODS = 1, 2, 4, 8
_FIRST_WORD_TOPIC = 4
_TOPICS = {
    "contacts": _CONTACTS,
    "hidden_contacts": _CONTACTS,
    "prices": _MONEY,
    "price_max": _MONEY,
    "discounts": _MONEY,
    "coupons": _MONEY,
    "commissions": _MONEY,
    "links": _LINKS,
    **dict.fromkeys(LINK_SIGNALS, _LINKS),
    "goods_category": _GOODS,
    "goods_tier": _GOODS,
    "goods_words": _GOODS,
}
"""Signal -> kind of place that is evidence for it; words of the lexicon are added by class."""


def assemble(
    items: pl.DataFrame,
    facts: pl.DataFrame,
    spans: pl.DataFrame,
    held: pl.DataFrame,
    policy: Policy,
    *,
    published: bool = False,
) -> pl.DataFrame:
    """One decision a row, with the columns of :class:`~portreeve.model.Decision`.

    ``facts``: the signals; ``spans``: the places found; ``held``: a Boolean column per rule, NULL
    where it cannot be known, which does not hold.
    """
    rules = policy.strongest_first
    rows, at = _holding(held, rules)
    ranks = np.array([Verdict(rule.verdict).rank for rule in rules], dtype=np.int8)
    verdicts = np.zeros(len(items), dtype=np.int8)
    np.maximum.at(verdicts, rows, ranks[at])
    evidence = _evidence_places(spans, rows, at, rules, policy, len(items))
    refused = Verdict.refuse.rank
    unlawful = np.array([rule.layer == "law" for rule in rules], dtype=bool)
    lawful = np.ones(len(items), dtype=bool)
    lawful[rows[unlawful[at] & (ranks[at] == refused)]] = False
    names = [Verdict(v).value for v in Verdict if v is not Verdict.remove]
    if published:
        names[refused] = Verdict.remove.value
    built: dict[str, Any] = {
        "id": items["id"],
        "surface": items["surface"],
        "verdict": pl.Series(names, dtype=pl.String).gather(verdicts),
        "lawful": lawful,
        "permitted": verdicts < refused,
        "rules": _texts([rule.id for rule in rules], rows, at, len(items)),
        "clauses": _texts([rule.clause for rule in rules], rows, at, len(items)),
        "promotion": facts["promotion"],
        "intent": facts["intent"],
        "goods_category": facts["goods_category"],
        "goods_tier": facts["goods_tier"],
        "contacts": _lists("contacts", _of(spans, CONTACT), _contact_keys, len(items)),
        "prices": _lists("prices", _of(spans, MONEY), _prices, len(items)),
        "links": _lists("links", _of(spans, LINK, SHARE_CODE), _link_names, len(items)),
        "evidence": _lists("evidence", evidence, _evidence_structs, len(items)),
        "policy": pl.Series([policy.label], dtype=pl.String).new_from_index(0, len(items)),
    }
    return pl.DataFrame(
        [
            pl.Series(name, built[name])
            if name == "id"
            else pl.Series(name, built[name]).cast(kind)
            for name, kind in columns(Decision).items()
        ]
    )


def _holding(
    held: pl.DataFrame, rules: tuple[Rule, ...]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """(row, rule) of every rule that holds, by row, within a row in the order of the rules."""
    known = held.select(pl.col(rule.id).fill_null(False) for rule in rules)
    rows = [np.flatnonzero(column.to_numpy()) for column in known]
    flat = np.concatenate([*rows, np.empty(0, dtype=np.int64)])
    at = np.repeat(np.arange(len(rules)), [len(r) for r in rows])
    order = np.argsort(flat, kind="stable")
    return flat[order], at[order]


def _texts(
    names: list[str], rows: NDArray[np.int64], at: NDArray[np.int64], size: int
) -> pl.Series:
    """A list column: the names chosen by ``at``, gathered under their rows."""
    values = pl.Series(names, dtype=pl.String).gather(at)
    return _listed(values, rows, size)


def _listed(values: pl.Series, rows: NDArray[np.int64], size: int) -> pl.Series:
    """A list column from values in row order."""
    offsets = np.zeros(size + 1, dtype=np.int64)
    np.cumsum(np.bincount(rows, minlength=size), out=offsets[1:])
    array = values.to_arrow(compat_level=pl.CompatLevel.oldest())
    if isinstance(array, pa.ChunkedArray):
        array = array.combine_chunks()
    listed = pa.LargeListArray.from_arrays(pa.array(offsets), array)
    return pl.Series(pl.from_arrow(listed))


def _of(spans: pl.DataFrame, *kinds: int) -> pl.DataFrame:
    """The places of some kinds."""
    chosen = np.isin(spans["kind"].to_numpy(), kinds)
    return spans.filter(pl.Series(chosen)) if chosen.any() else spans.clear()


def _lists(
    name: str, spans: pl.DataFrame, values: Callable[[pl.DataFrame], pl.DataFrame], size: int
) -> pl.Series:
    """A list column of a decision: what ``values`` makes of places (``row``, ``value``), by row."""
    if spans.is_empty():
        # Most posts have none, and one post at a time is what a feed asks for.
        return pl.Series([[]], dtype=columns(Decision)[name]).new_from_index(0, size)
    part = values(spans)
    return _listed(part["value"], part["row"].to_numpy(), size)


def contact_key() -> pl.Expr:
    """The key of a contact span, such as wechat:abc12345."""
    return pl.concat_str(_named("sub", CONTACT_KINDS), "key", separator=":")


def _contact_keys(spans: pl.DataFrame) -> pl.DataFrame:
    return spans.select("row", contact_key().alias("value")).unique(maintain_order=True)


def _named(column: str, names: Iterable[str]) -> pl.Expr:
    return pl.col(column).replace_strict(dict(enumerate(names)), return_dtype=pl.String)


def _prices(spans: pl.DataFrame) -> pl.DataFrame:
    return spans.select(
        "row",
        pl.struct(
            amount="amount",
            currency=_named("currency", CURRENCIES),
            kind=_named("sub", MONEY_KINDS),
        ).alias("value"),
    )


def _link_names(spans: pl.DataFrame) -> pl.DataFrame:
    return spans.sort("row", maintain_order=True).select(
        "row", pl.coalesce("host", "key").alias("value")
    )


def _evidence_places(
    spans: pl.DataFrame,
    rows: NDArray[np.int64],
    at: NDArray[np.int64],
    rules: tuple[Rule, ...],
    policy: Policy,
    size: int,
) -> pl.DataFrame:
    """The places that the holding rules' conditions speak of."""
    asked = policy.signals_asked
    wanted = np.array([_wanted(asked[rule.id]) for rule in rules] or [0], dtype=np.int64)
    by_row = np.zeros(size, dtype=np.int64)
    np.bitwise_or.at(by_row, rows, wanted[at])
    chosen = (by_row[spans["row"].to_numpy()] & _span_topics(spans)) != 0
    if not chosen.any():
        return spans.clear()
    return _without_announcements(spans.filter(pl.Series(chosen)))


def _evidence_structs(spans: pl.DataFrame) -> pl.DataFrame:
    """The places as evidence structs, in the order of rows and text."""
    words = pl.Series(_word_meanings(), dtype=pl.String)
    what = (
        pl.when(pl.col("kind") == CONTACT)
        .then(pl.lit("contact ") + contact_key())
        .when(pl.col("kind") == MONEY)
        .then(
            pl.concat_str(
                _named("sub", MONEY_KINDS),
                pl.col("amount").round(2),
                _named("currency", CURRENCIES),
                separator=" ",
            )
        )
        .when(pl.col("kind") == LINK)
        .then(pl.lit("link ") + pl.col("host").fill_null(""))
        .when(pl.col("kind") == SHARE_CODE)
        .then(pl.lit("share code ") + pl.col("key"))
    )
    known = spans.with_columns(
        _what=pl.when(pl.col("kind").is_in([WORD, GOODS]))
        .then(words.gather(spans["word"].clip(0).fill_null(0)))
        .otherwise(what)
    )
    return known.sort("row", "field", "start", maintain_order=True).select(
        pl.col("row"),
        pl.struct(
            field="field",
            start=pl.col("start").cast(pl.Int64),
            end=pl.col("end").cast(pl.Int64),
            what="_what",
        ).alias("value"),
    )


def _without_announcements(spans: pl.DataFrame) -> pl.DataFrame:
    """Leave out words that lie in a contact's span, such as the one that announces it."""
    contacts = spans.filter(pl.col("kind") == CONTACT).select("row", "start", "end")
    inside = (
        spans.with_row_index("_at")
        .filter(pl.col("kind") == WORD)
        .join(contacts, on="row", suffix="_of")
        .filter(pl.col("start") >= pl.col("start_of"), pl.col("end") <= pl.col("end_of"))
    )
    return spans.with_row_index("_at").join(inside, on="_at", how="anti").drop("_at")


@functools.cache
def _wanted(signals: frozenset[str]) -> int:
    """The kinds of places that are evidence for signals, as a bit set."""
    wanted = 0
    for name in signals:
        wanted |= _TOPICS.get(name, 0) | _word_topics().get(name, 0)
    return wanted


@functools.cache
def _word_topics() -> dict[str, int]:
    words = lexicon()
    topics = {
        name: words.bit(*classes) << _FIRST_WORD_TOPIC for name, classes in WORD_SIGNALS.items()
    }
    contact = [c for c in words.classes if c.startswith("contact.") and c != "contact.add"]
    topics |= {
        "contact_invites": words.bit(*contact) << _FIRST_WORD_TOPIC,
        "discounts": words.bit("money.discount") << _FIRST_WORD_TOPIC,
        "coupons": words.bit("money.coupon") << _FIRST_WORD_TOPIC,
        "commissions": words.bit("money.commission") << _FIRST_WORD_TOPIC,
        "disclosure": words.bit("disclosure") << _FIRST_WORD_TOPIC,
    }
    return topics


def _span_topics(spans: pl.DataFrame) -> NDArray[np.int64]:
    """The topics of each span, as a bit set."""
    trie = lexicon().trie
    kind = spans["kind"].to_numpy()
    by_kind = np.zeros(6, dtype=np.int64)
    by_kind[[CONTACT, MONEY, LINK, SHARE_CODE]] = _CONTACTS, _MONEY, _LINKS, _LINKS
    word = spans["word"].fill_null(-1).to_numpy()
    at = np.maximum(word, 0)
    said = (trie.classes[at] << _FIRST_WORD_TOPIC) | np.where(trie.goods[at] >= 0, _GOODS, 0)
    topics: NDArray[np.int64] = by_kind[kind] | np.where(word >= 0, said, 0)
    return topics


@functools.cache
def _word_meanings() -> list[str]:
    """What a word of the lexicon is evidence of, by pattern."""
    words = lexicon()
    trie = words.trie
    meanings = []
    for bits, goods in zip(trie.classes.tolist(), trie.goods.tolist(), strict=True):
        named = [
            f"{name.rsplit('.')[-1].replace('_', ' ')} word"
            for bit, name in enumerate(words.classes)
            if bits >> bit & 1
        ]
        named += [f"goods {words.goods[goods]}"] if goods >= 0 else []
        meanings.append(", ".join(named))
    return meanings
