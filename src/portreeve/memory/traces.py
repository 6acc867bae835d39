"""Traces: what memory is told of items, in numbers and without content.

A trace is one fixed record an item, and one record for each key (a handle, a link) that it shows.
Names are numbers made with a secret key (:mod:`portreeve.memory.hashing`); texts are prints that
tell near copies and nothing else (:mod:`portreeve.memory.prints`).
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from portreeve.memory.hashing import HashKey, key_of, numbers
from portreeve.memory.prints import PRINT, prints
from portreeve.model import TIERS, Surface
from portreeve.signals.goods_table import goods_table
from portreeve.signals.spans import CODE, CONTACT, CONTACT_KINDS, LINK, SHARE_CODE

if TYPE_CHECKING:
    from portreeve.policy import Policy
    from portreeve.signals.places import Places

SELLS, RECRUITS, REWARDS, INVITES = (1 << bit for bit in range(4))
"""Flags of a trace: it sells or promotes (``promotion`` at least 0.6); it has words of recruiting
or of a downline; it gives coupons or gifts; it invites to make contact or shows a handle."""
SELLING = 0.6

CONTACT_KEY, LINK_KEY, CODE_KEY, QR_KEY, PICTURE_KEY = range(5)
KEY_KINDS = ("contact", "link", "share_code", "qr", "picture")
"""Kinds of keys by their numbers."""

TRACE = np.dtype(
    [
        ("item", np.uint64),
        ("account", np.uint64),
        ("audience", np.uint64),
        ("time", np.int64),
        ("category", np.uint16),
        ("surface", np.uint8),
        ("tier", np.uint8),
        ("flags", np.uint16),
        ("promotion", np.float32),
        ("print", PRINT),
    ],
    align=True,
)
"""``time`` in microseconds since 1970, UTC; ``surface``: place in :class:`Surface`; ``category``: 0
without one, else its place in the table of goods from 1; ``tier``: 0 without one, else its place in
:data:`~portreeve.model.TIERS` from 1, as the policy had it. 0 for names that were not given."""

KEY = np.dtype([("key", np.uint64), ("row", np.uint32), ("kind", np.uint8)])
"""A key that an item shows: which of :data:`KEY_KINDS`, in which row of the traces."""


@dataclass(frozen=True)
class Traces:
    """Traces of a batch: records of :data:`TRACE`, and of :data:`KEY` in the order of rows, each
    key of a row once."""

    rows: NDArray[np.void]
    keys: NDArray[np.void]

    def __len__(self) -> int:
        return len(self.rows)

    def take(self, chosen: NDArray[np.int64]) -> Traces:
        """Some of the rows, in another order if so given; none twice."""
        place = np.full(len(self.rows), -1, dtype=np.int64)
        place[chosen] = np.arange(len(chosen))
        keys = self.keys[place[self.keys["row"]] >= 0].copy()
        keys["row"] = place[keys["row"]]
        return Traces(self.rows[chosen], keys[np.argsort(keys["row"], kind="stable")])


@dataclass(frozen=True)
class Secret:
    """The keys that names become numbers with, all made from one secret."""

    item: HashKey
    account: HashKey
    audience: HashKey
    contact: HashKey
    link: HashKey
    picture: HashKey
    text: HashKey

    @classmethod
    def of(cls, secret: bytes) -> Secret:
        """The keys made from a secret of up to 64 bytes."""
        return cls(**{name: key_of(secret, name) for name in cls.__dataclass_fields__})


def trace(
    items: pl.DataFrame,
    facts: pl.DataFrame,
    places: Places,
    policy: Policy,
    secret: Secret,
    now: datetime,
    alike: Sequence[Sequence[str]] = (),
) -> Traces:
    """Traces of measured items.

    ``items``: fields of :class:`~portreeve.model.Item`; ``facts``: their signals; ``now``: the time
    of items that do not say one, and the latest time that is believed; ``alike``: for each item the
    names of its pictures that others share which look like them, where any has pictures.
    """
    rows = np.zeros(len(items), dtype=TRACE)
    known = {name: facts.get_column(name).to_numpy() for name in _COUNTS}
    rows["item"] = numbers(_names(items["id"]), secret.item)
    rows["account"] = numbers(_names(items["account"]), secret.account)
    rows["audience"] = numbers(_names(items["audience"]), secret.audience)
    latest = int(now.timestamp() * 1_000_000)
    told = _arrow(items["time"]).cast(pa.int64()).fill_null(latest).to_numpy(zero_copy_only=False)
    rows["time"] = np.minimum(told, latest)
    rows["surface"] = _coded(_arrow(items["surface"]), _surfaces())
    rows["category"] = _coded(_arrow(facts["goods_category"]), _categories()) + 1
    rows["tier"] = _tiers(policy)[rows["category"]]
    promotion = np.nan_to_num(facts.get_column("promotion").to_numpy())
    rows["promotion"] = promotion
    rows["flags"] = _flags(known, promotion)
    rows["print"] = prints(items["text"], secret.text)
    return Traces(rows, _keys(places, secret, alike))


def _arrow(column: pl.Series) -> pa.Array:
    # columns of a batch one by one, without polars: its calls cost more than all that is done here
    return column.to_arrow(compat_level=pl.CompatLevel.oldest())


def _names(column: pl.Series) -> pa.LargeStringArray:
    return _arrow(column).cast(pa.large_string())


def _coded(column: pa.Array, names: pa.Array) -> NDArray[np.int64]:
    """The place of each name; -1 for NULL and for what is no such name."""
    places = pc.index_in(column.cast(pa.large_string()), value_set=names)
    coded: NDArray[np.int64] = places.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int64)
    return coded


@functools.cache
def _surfaces() -> pa.Array:
    return pa.array([surface.value for surface in Surface], pa.large_string())


@functools.cache
def _categories() -> pa.Array:
    return pa.array(list(goods_table()), pa.large_string())


def _tiers(policy: Policy) -> NDArray[np.uint8]:
    """The number of the policy's tier by the number of a category."""
    return _tier_numbers(tuple(policy.tiers.values()))


@functools.lru_cache(maxsize=16)
def _tier_numbers(tiers: tuple[str, ...]) -> NDArray[np.uint8]:
    return np.array([0, *(TIERS.index(tier) + 1 for tier in tiers)], dtype=np.uint8)


def _flags(
    known: dict[str, NDArray[np.int32]], promotion: NDArray[np.float32]
) -> NDArray[np.uint16]:
    flags = np.zeros(len(promotion), dtype=np.uint16)
    for flag, names in _COUNTED.items():
        for name in names:
            flags[known[name] > 0] |= flag
    flags[promotion >= SELLING] |= SELLS
    return flags


RECRUITING = ("recruit_words", "downline_words")
"""Signals that count words of recruiting: a post with any of them recruits."""
_COUNTED = {
    RECRUITS: RECRUITING,
    REWARDS: ("coupons", "giveaway_words"),
    INVITES: ("contacts", "contact_invites", "im_links"),
}
_COUNTS = tuple(name for names in _COUNTED.values() for name in names)


_KEY_KIND = np.zeros(7, dtype=np.uint8)
_KEY_KIND[[CONTACT, LINK, SHARE_CODE, CODE]] = CONTACT_KEY, LINK_KEY, CODE_KEY, QR_KEY
_KEYED = np.isin(np.arange(7), [CONTACT, LINK, SHARE_CODE, CODE])


def named_keys(places: Places, secret: Secret) -> tuple[NDArray[np.void], pa.LargeStringArray]:
    """Handles, links, share codes and pictures' codes as keys, and the name each was made of.

    A handle's kind is part of its name.
    """
    chosen = np.flatnonzero(_KEYED[places.kind])
    found = np.zeros(len(chosen), dtype=KEY)
    kinds = places.kind[chosen]
    names = places.keys.take(pa.array(chosen)).to_pylist()
    for at in np.flatnonzero(kinds == CONTACT).tolist():
        names[at] = f"{CONTACT_KINDS[places.records['sub'][chosen[at]]]}:{names[at]}"
    whole = pa.array(names, pa.large_string())
    found["row"] = places.row[chosen]
    found["kind"] = _KEY_KIND[kinds]
    found["key"] = np.where(
        kinds == CONTACT, numbers(whole, secret.contact), numbers(whole, secret.link)
    )
    return found, whole


def _picture_keys(alike: Sequence[Sequence[str]], secret: Secret) -> NDArray[np.void]:
    pairs = [(row, name) for row, names in enumerate(alike) for name in names]
    found = np.zeros(len(pairs), dtype=KEY)
    found["row"] = [row for row, _ in pairs]
    found["kind"] = PICTURE_KEY
    found["key"] = numbers(pa.array([name for _, name in pairs], pa.large_string()), secret.picture)
    return found


def _keys(places: Places, secret: Secret, alike: Sequence[Sequence[str]]) -> NDArray[np.void]:
    """The keys of a batch in the order of rows, each of a row once."""
    found, _ = named_keys(places, secret)
    if any(alike):
        found = np.concatenate([found, _picture_keys(alike, secret)])
    if len(found) < 2:
        return found
    found = found[np.lexsort((found["key"], found["kind"], found["row"]))]
    again = np.zeros(len(found), dtype=bool)
    again[1:] = found[1:] == found[:-1]
    return found[~again]
