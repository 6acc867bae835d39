"""From rules that hold to decisions: the verdict, its clauses, and the places it rests on."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa
from numpy.typing import NDArray

from portreeve.model import Decision, Evidence, Price, Verdict
from portreeve.policy import Policy
from portreeve.policy.document import Holding
from portreeve.signals import spans as numbers
from portreeve.signals.lexicon import lexicon
from portreeve.signals.parts import part_name
from portreeve.signals.places import Places
from portreeve.signals.spans import (
    CODE,
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

_CONTACTS, _MONEY, _LINKS, _GOODS, _CODES = 1, 2, 4, 8, 16
_FIRST_WORD_TOPIC = 5
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
    "qr_codes": _CODES,
}
"""Signal -> kind of place that is evidence for it; words of the lexicon are added by class."""


def assemble(
    items: pl.DataFrame,
    facts: pl.DataFrame,
    places: Places,
    holding: Holding,
    policy: Policy,
    *,
    published: bool = False,
) -> pl.DataFrame:
    """One decision a row, with the columns of :class:`~portreeve.model.Decision`.

    ``facts``: the signals; ``places``: what was found; ``holding``: which rules hold.
    """
    size = len(items)
    rows, at = holding.rows, holding.at
    rules, ranks, law = holding.candidates
    verdicts = np.zeros(size, dtype=np.int8)
    np.maximum.at(verdicts, rows, ranks[at])
    refused = Verdict.refuse.rank
    lawful = np.ones(size, dtype=bool)
    lawful[rows[law[at] & (ranks[at] == refused)]] = False
    built: dict[str, pa.Array] = {
        "verdict": _VERDICTS[published].take(pa.array(verdicts)),
        "lawful": pa.array(lawful),
        "permitted": pa.array(verdicts < refused),
        "rules": _texts([rule.id for rule in rules], rows, at, size),
        "clauses": _texts([rule.clause for rule in rules], rows, at, size),
        "contacts": _contacts(places, size),
        "prices": _prices(places, size),
        "links": _links(places, size),
        "evidence": _evidence(places, _chosen(places, holding, policy, size), size),
        "policy": pa.repeat(pa.scalar(policy.label, pa.large_string()), size),
    }
    frame = pl.DataFrame(pa.RecordBatch.from_arrays(list(built.values()), names=list(built)))
    given = {"id": items["id"], "surface": items["surface"]}
    for name in ("promotion", "intent", "goods_category", "goods_tier"):
        given[name] = facts[name]
    given["promotion"] = given["promotion"].cast(pl.Float64)
    return pl.DataFrame([given.get(name, frame.get_column(name, default=None)) for name in _NAMES])


_NAMES = tuple(Decision.__struct_fields__)
_VERDICTS = {
    published: pa.array(
        [v.value for v in Verdict if v is not (Verdict.refuse if published else Verdict.remove)],
        pa.large_string(),
    )
    for published in (False, True)
}


def _texts(
    names: list[str], rows: NDArray[np.int64], at: NDArray[np.int64], size: int
) -> pa.LargeListArray:
    """A list column: the names chosen by ``at``, gathered under their rows."""
    return _listed(pa.array(names, pa.large_string()).take(pa.array(at)), rows, size)


def _listed(values: pa.Array, rows: NDArray[np.integer[Any]], size: int) -> pa.LargeListArray:
    """A list column from values in row order."""
    offsets = np.zeros(size + 1, dtype=np.int64)
    np.cumsum(np.bincount(rows, minlength=size), out=offsets[1:])
    return pa.LargeListArray.from_arrays(pa.array(offsets), values)


def _contacts(places: Places, size: int) -> pa.LargeListArray:
    """The keys of handles, such as wechat:abc12345, each once a row."""
    chosen = places.of(CONTACT)
    chosen = chosen[np.argsort(places.row[chosen], kind="stable")]
    seen = dict.fromkeys(
        (row, f"{CONTACT_KINDS[places.records['sub'][at]]}:{key}")
        for row, at, key in places.keyed(chosen)
    )
    keys = pa.array([key for _, key in seen], pa.large_string())
    return _listed(keys, np.array([row for row, _ in seen], dtype=np.int64), size)


def _prices(places: Places, size: int) -> pa.LargeListArray:
    """The amounts named."""
    chosen = places.of(MONEY)
    money = places.records[chosen]
    amounts = pa.StructArray.from_arrays(
        [
            pa.array(np.ascontiguousarray(money["amount"])),
            _CURRENCIES.take(pa.array(money["currency"])),
            _MONEY_KINDS.take(pa.array(money["sub"])),
        ],
        names=list(Price.__struct_fields__),
    )
    return _listed(amounts, places.row[chosen], size)


_CURRENCIES = pa.array(CURRENCIES, pa.large_string())
_MONEY_KINDS = pa.array(MONEY_KINDS, pa.large_string())


def _links(places: Places, size: int) -> pa.LargeListArray:
    """The hosts of links, and share codes."""
    chosen = places.of(LINK, SHARE_CODE)
    chosen = chosen[np.argsort(places.row[chosen], kind="stable")]
    names = [places.targets[places.leads[at]].host or key for _, at, key in places.keyed(chosen)]
    return _listed(pa.array(names, pa.large_string()), places.row[chosen], size)


def _chosen(places: Places, holding: Holding, policy: Policy, size: int) -> NDArray[np.int64]:
    """The places that the holding rules' conditions speak of, in the order of rows and text."""
    asked = policy.signals_asked
    wanted = np.array(
        [_wanted(asked[rule.id]) for rule in holding.candidates.rules] or [0], dtype=np.int64
    )
    by_row = np.zeros(size, dtype=np.int64)
    np.bitwise_or.at(by_row, holding.rows, wanted[holding.at])
    chosen = np.flatnonzero((by_row[places.row] & _topics_of(places)) != 0)
    if not len(chosen):
        return chosen
    chosen = chosen[~_announces(places, chosen)]
    starts = places.records["start"][chosen]
    return chosen[np.lexsort((starts, places.link[chosen], places.row[chosen]))]


def _announces(places: Places, chosen: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Which are words that lie in a handle's place, such as the one that announces it."""
    records = places.records
    contacts = chosen[places.kind[chosen] == CONTACT]
    contacts = contacts[np.argsort(places.row[contacts], kind="stable")]
    handles, parts = records[contacts], places.link[contacts]
    rows, starts, ends = (records[name][chosen] for name in ("row", "start", "end"))
    first = np.searchsorted(handles["row"], rows, side="left")
    beyond = np.searchsorted(handles["row"], rows, side="right")
    inside = np.zeros(len(chosen), dtype=bool)
    for nth in range(int((beyond - first).max(initial=0))):
        at = np.minimum(first + nth, len(handles) - 1)
        within = (starts >= handles["start"][at]) & (ends <= handles["end"][at])
        inside |= within & (parts[at] == places.link[chosen]) & (first + nth < beyond)
    words: NDArray[np.bool_] = inside & (places.kind[chosen] == WORD)
    return words


def _evidence(places: Places, chosen: NDArray[np.int64], size: int) -> pa.LargeListArray:
    """The places as evidence."""
    kind = places.kind[chosen]
    said = np.flatnonzero((kind != WORD) & (kind != GOODS))
    what = np.maximum(places.records["word"][chosen], 0)
    what[said] = len(_word_meanings()) + np.arange(len(said))
    meanings = [_word_meanings(), pa.array(_sayings(places, chosen[said]), pa.large_string())]
    fields = {int(link): part_name(int(link)) for link in np.unique(places.link[chosen])}
    structs = pa.StructArray.from_arrays(
        [
            pa.array([fields[link] for link in places.link[chosen].tolist()], pa.large_string()),
            pa.array(places.records["start"][chosen].astype(np.int64)),
            pa.array(places.records["end"][chosen].astype(np.int64)),
            pa.concat_arrays(meanings).take(pa.array(what)) if len(said)
            else _word_meanings().take(pa.array(what)),
        ],
        names=list(Evidence.__struct_fields__),
    )  # fmt: skip
    return _listed(structs, places.row[chosen], size)


def _sayings(places: Places, chosen: NDArray[np.int64]) -> list[str]:
    """What stands in places that are no words of the lexicon."""
    said = []
    for _, at, key in places.keyed(chosen):
        record = places.records[at]
        match places.kind[at]:
            case numbers.CONTACT:
                said.append(f"contact {CONTACT_KINDS[record['sub']]}:{key}")
            case numbers.MONEY:
                kind, currency = MONEY_KINDS[record["sub"]], CURRENCIES[record["currency"]]
                said.append(f"{kind} {round(float(record['amount']), 2)} {currency}")
            case numbers.LINK:
                said.append(f"link {places.targets[places.leads[at]].host or ''}")
            case numbers.CODE:
                said.append("code in a picture")
            case _:
                said.append(f"share code {key}")
    return said


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


def _topics_of(places: Places) -> NDArray[np.int64]:
    """The topics of each place, as a bit set."""
    word = places.records["word"]
    said = np.where(word >= 0, _said_by_word()[np.maximum(word, 0)], 0)
    topics: NDArray[np.int64] = _BY_KIND[places.kind] | said
    return topics


_BY_KIND = np.zeros(7, dtype=np.int64)
_BY_KIND[[CONTACT, MONEY, LINK, SHARE_CODE, CODE]] = _CONTACTS, _MONEY, _LINKS, _LINKS, _CODES


@functools.cache
def _said_by_word() -> NDArray[np.int64]:
    trie = lexicon().trie
    said: NDArray[np.int64] = (trie.classes << _FIRST_WORD_TOPIC) | np.where(
        trie.goods >= 0, _GOODS, 0
    )
    return said


@functools.cache
def _word_meanings() -> pa.LargeStringArray:
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
    return pa.array(meanings, pa.large_string())
