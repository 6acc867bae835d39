"""Campaigns: accounts joined by what their posts show, as posts come in and over a whole dump.

Posts that trade (sell, recruit, reward) join their accounts by contact handles, QR payloads, links,
pictures. Near copies, of which enough must trade, join two accounts that posted the same several
texts, each soon after the other: sellers who happen to use one text, and people who pass on one
post, stay apart. A key that more than ``hub_accounts`` accounts show (a hotline, an official
account) is listed and joins nobody: what it had joined falls apart again. Both ways,
:class:`Campaigns` and :func:`campaigns`, give the same.

Late posts are taken as any other: first and last times are the least and the greatest. What depends
on the order is a campaign's name, which is that of the account that came first, and, where one
account shows a text again, which of its posts is compared in time: the one that was told first.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from portreeve.memory.components import ACCOUNT, COPY_KEY, EDGE, HUB, JOINING, KEYED
from portreeve.memory.joining import (
    ACCOUNTS,
    ARRIVED,
    EDGES,
    FACT,
    KEYS,
    WAYS,
    names_of,
    rebuild,
    see_rows,
)
from portreeve.memory.traces import KEY_KINDS, RECRUITS, REWARDS, SELLS, Traces

KINDS = (*KEY_KINDS, "near_copy")
"""Kinds of keys by their numbers: those that an item shows, and the group of its near copies."""

Records = NDArray[np.void]
Numbers = NDArray[np.uint64]
_BEGIN = 1 << 10


@dataclass(frozen=True)
class CampaignSettings:
    """What joins, and how much is remembered."""

    hub_accounts: int = 500
    """A key that more accounts than these show joins nobody."""
    trading_posts: int = 2
    """A key joins when so many posts that show it trade."""
    shared_copies: int = 4
    """Two accounts are joined by so many near-copy groups that they share,"""
    copy_lag: int = 12 * 3600
    """where their posts are at most so many seconds apart."""
    least_accounts: int = 2
    """Fewer accounts are no campaign."""
    trading: int = SELLS | RECRUITS | REWARDS
    """Flags of traces, of which one makes a post trade."""
    accounts: int = 1 << 19
    """Most accounts that are remembered; then a quarter goes, first those in no campaign, of them
    the longest silent."""
    keys: int = 1 << 20
    """Most keys; then a quarter goes, first those that join nobody, of them the longest unseen."""
    edges: int = 1 << 21
    """Most pairs of account and key; then keys go as above."""
    items: int = 1 << 20
    """So many items are known again when they come twice."""

    def limits(self) -> tuple[int, int, int, int]:
        """As the kernels take them."""
        return (
            self.hub_accounts, self.trading_posts, self.copy_lag * 1_000_000, self.shared_copies,
        )  # fmt: skip


@dataclass(frozen=True)
class Graph:
    """Accounts, the keys that they show, and which showed which.

    Records of :data:`ACCOUNT`, :data:`KEYED` and :data:`EDGE` (the edges' ``account`` and ``key``
    are places in the other two); ``campaign``: of each account, 0 for none.
    """

    accounts: Records
    keys: Records
    edges: Records
    campaign: Numbers

    def of(self, campaign: int) -> Graph:
        """The part of one campaign, with the keys that its accounts show."""
        return self.part(self.campaign == np.uint64(campaign))

    def part(self, chosen: NDArray[np.bool_]) -> Graph:
        """The part of some accounts."""
        edges = self.edges[chosen[self.edges["account"]]].copy()
        shown = np.zeros(len(self.keys), dtype=bool)
        shown[edges["key"]] = True
        edges["account"] = (np.cumsum(chosen) - 1)[edges["account"]]
        edges["key"] = (np.cumsum(shown) - 1)[edges["key"]]
        return Graph(self.accounts[chosen], self.keys[shown], edges, self.campaign[chosen])


class Step(NamedTuple):
    """Two accounts that a key joins; of near copies, ``shared`` groups do, of which it is one."""

    account: int
    kind: str
    key: int
    other: int
    shared: int


class Campaigns:
    """Campaigns as posts come in. See the module's text for what joins."""

    def __init__(self, settings: CampaignSettings | None = None) -> None:
        self.settings = settings or CampaignSettings()
        self.evicted = 0
        """Accounts and keys that were forgotten for want of room."""
        sets = 1 << max(0, (self.settings.items // WAYS - 1).bit_length())
        self._items = np.zeros((sets, WAYS), dtype=np.uint64)
        self._turns = np.zeros(sets, dtype=np.uint8)
        self._counts = np.zeros(4, dtype=np.int64)
        self._set(np.zeros(0, ACCOUNT), np.zeros(0, KEYED), np.zeros(0, EDGE))

    def see(self, traces: Traces, groups: Numbers) -> Records:
        """Learn posts, and tell what is known of each: records of :data:`FACT`.

        ``groups``: the near-copy group of each, 0 for none.
        """
        settings = self.settings
        facts = np.zeros(len(traces), dtype=FACT)
        bounds = np.searchsorted(traces.keys["row"], np.arange(len(traces) + 1))
        flags = (np.uint16(settings.trading), np.uint16(SELLS), np.uint16(RECRUITS))
        done = 0
        while done < len(traces):
            done = see_rows(
                done, traces.rows, traces.keys, bounds, groups, flags, settings.limits(),
                settings.least_accounts, self._tables, self._items, self._turns, self._counts,
                self._walk, facts,
            )  # fmt: skip
            if done < len(traces):
                self._make_room(int(bounds[done + 1] - bounds[done]) + 1)
        return facts

    def forget(self, accounts: Numbers) -> None:
        """Forget accounts, and the keys that only they showed; the rest stands."""
        all_accounts, keys, edges = self._records()
        gone = np.isin(all_accounts["account"], accounts)
        if not gone.any():
            return
        theirs = np.zeros(len(keys), dtype=bool)
        theirs[edges["key"][gone[edges["account"]]]] = True
        theirs[edges["key"][~gone[edges["account"]]]] = False
        # a hub's edges are not all there: others may have shown it
        self._keep(~gone, ~theirs | (keys["state"] == HUB))

    def arrays(self) -> dict[str, NDArray[Any]]:
        """The whole state."""
        accounts, keys, edges = self._records()
        return {
            "accounts": accounts.copy(), "keys": keys.copy(), "edges": edges.copy(),
            "items": self._items.copy(), "turns": self._turns.copy(),
            "arrived": self._counts[ARRIVED:].copy(), "evicted": np.array([self.evicted]),
        }  # fmt: skip

    @classmethod
    def of(
        cls, arrays: Mapping[str, NDArray[Any]], settings: CampaignSettings | None = None
    ) -> Self:
        """The state that :meth:`arrays` gave, under the same settings."""
        found = cls(settings)
        found._items, found._turns = arrays["items"].copy(), arrays["turns"].copy()
        found._counts[ARRIVED] = arrays["arrived"][0]
        found.evicted = int(arrays["evicted"][0])
        found._set(arrays["accounts"], arrays["keys"], arrays["edges"])
        return found

    def graph(self) -> Graph:
        """All that is known."""
        accounts, keys, edges = self._records()
        names = np.zeros(len(accounts), dtype=np.uint64)
        names_of(self._accounts, len(accounts), self.settings.least_accounts, names)
        return Graph(accounts.copy(), keys.copy(), edges.copy(), names)

    @property
    def sizes(self) -> tuple[int, int, int]:
        """How many accounts, keys and pairs of both are remembered."""
        return tuple(int(n) for n in self._counts[:ARRIVED])  # type: ignore[return-value]

    def hubs(self) -> Records:
        """Keys that trade and that too many accounts show: listed, not joined."""
        return hubs(self._records()[1], self.settings)

    def why(self, one: int, other: int) -> list[Step]:
        """The shortest way from one account to another by joining keys; empty if there is none."""
        return why(self.graph(), one, other, self.settings)

    def _records(self) -> tuple[Records, Records, Records]:
        counts = self._counts
        return (
            self._accounts[: counts[ACCOUNTS]],
            self._keys[: counts[KEYS]],
            self._edges[: counts[EDGES]],
        )

    def _set(self, accounts: Records, keys: Records, edges: Records) -> None:
        """Take records as all that is known, with room for more."""
        most = self.settings
        self._counts[[ACCOUNTS, KEYS, EDGES]] = len(accounts), len(keys), len(edges)
        self._accounts = _roomy(accounts, most.accounts)
        self._keys = _roomy(keys, most.keys)
        self._edges = _roomy(edges, most.edges)
        self._tables = (
            self._accounts, self._keys, self._edges,
            _places(self._accounts), _places(self._keys), _places(self._edges),
        )  # fmt: skip
        self._walk = _walk(self._accounts, self._keys)
        rebuild(self._tables, self._counts, most.limits(), self._walk, _by_key(edges))

    def _make_room(self, keys: int) -> None:
        """Grow what is full; where it may not, forget."""
        accounts, known, edges = self._records()
        most = self.settings
        kept_accounts = np.ones(len(accounts), dtype=bool)
        kept_keys = np.ones(len(known), dtype=bool)
        if len(accounts) + 1 > most.accounts:
            names = np.zeros(len(accounts), dtype=np.uint64)
            names_of(self._accounts, len(accounts), most.least_accounts, names)
            kept_accounts[_least(names != 0, accounts["last"])] = False
        if len(known) + keys > most.keys or len(edges) + keys > most.edges:
            joining = (known["state"] == JOINING) & (known["accounts"] > 1)
            kept_keys[_least(joining, known["last"])] = False
        self.evicted += int((~kept_accounts).sum() + (~kept_keys).sum())
        self._keep(kept_accounts, kept_keys)

    def _keep(self, accounts: NDArray[np.bool_], keys: NDArray[np.bool_]) -> None:
        """Keep some accounts and keys, and the edges between them."""
        all_accounts, all_keys, all_edges = self._records()
        edges = all_edges[accounts[all_edges["account"]] & keys[all_edges["key"]]].copy()
        edges["account"] = (np.cumsum(accounts) - 1)[edges["account"]]
        edges["key"] = (np.cumsum(keys) - 1)[edges["key"]]
        left = all_keys[keys].copy()
        left["accounts"] = np.bincount(edges["key"], minlength=len(left))
        self._set(all_accounts[accounts].copy(), left, edges)


def _roomy(records: Records, most: int) -> Records:
    """Records with room for at least as many more, up to ``most``."""
    room = np.zeros(max(len(records), min(most, max(_BEGIN, 2 * len(records)))), records.dtype)
    room[: len(records)] = records
    return room


def _places(records: Records) -> NDArray[np.int32]:
    """An empty table of places, never more than half full."""
    return np.zeros(1 << (2 * len(records) - 1).bit_length(), dtype=np.int32)


def _walk(accounts: Records, keys: Records) -> tuple[NDArray[Any], ...]:
    """What the kernels need to walk components: who waits, who and what was met, who shares how
    much with whom, and the number of the walk."""
    many = len(accounts)
    return (
        np.zeros(many, np.int32), np.zeros(many, np.int64), np.zeros(len(keys), np.int64),
        np.zeros(many, np.int32), np.zeros(many, np.int32), np.zeros(1, np.int64),
    )  # fmt: skip


def _by_key(edges: Records) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The places of edges by key, and of one key by time told; and where each edge stands there."""
    order = np.lexsort((edges["told"], edges["key"]))
    place_of = np.empty_like(order)
    place_of[order] = np.arange(len(order))
    return order, place_of


def _least(worth: NDArray[np.bool_], last: NDArray[np.int64]) -> NDArray[np.int64]:
    """The quarter that is worth least, of it the oldest."""
    return np.lexsort((last, worth))[: max(1, len(last) // 4)]


def hubs(keys: Records, settings: CampaignSettings) -> Records:
    """Those of some keys that trade and that too many accounts show."""
    chosen: Records = keys[(keys["state"] == HUB) & (keys["trading"] >= settings.trading_posts)]
    return chosen.copy()


def why(graph: Graph, one: int, other: int, settings: CampaignSettings | None = None) -> list[Step]:
    """The shortest way from one account to another by joining keys; empty if there is none."""
    place = {int(number): at for at, number in enumerate(graph.accounts["account"])}
    if one not in place or other not in place or one == other:
        return []
    near = _Near(graph, settings or CampaignSettings())
    came: dict[int, tuple[int, int, int]] = {place[one]: (-1, -1, 0)}
    waiting = deque([place[one]])
    while waiting and place[other] not in came:
        at = waiting.popleft()
        for beyond, key, shared in near.of(at):
            if beyond not in came:
                came[beyond] = (at, key, shared)
                waiting.append(beyond)
    steps: list[Step] = []
    at = place[other]
    while at in came and came[at][0] >= 0:
        before, key, shared = came[at]
        first, last = graph.accounts["account"][[before, at]].tolist()
        kind, number = KINDS[graph.keys["kind"][key]], int(graph.keys["key"][key])
        steps.append(Step(first, kind, number, last, shared))
        at = before
    return steps[::-1]


class _Near:
    """Who is joined with an account directly, and by what."""

    def __init__(self, graph: Graph, settings: CampaignSettings) -> None:
        self._settings = settings
        self._kinds = graph.keys["kind"]
        joins = graph.edges[(graph.keys["state"] == JOINING)[graph.edges["key"]]]
        self._keys: dict[int, list[tuple[int, int]]] = {}
        self._accounts: dict[int, list[tuple[int, int]]] = {}
        for account, key, told in joins[["account", "key", "told"]].tolist():
            self._keys.setdefault(account, []).append((key, told))
            self._accounts.setdefault(key, []).append((account, told))

    def of(self, account: int) -> list[tuple[int, int, int]]:
        """Account, key and how many groups are shared; handles and the like come first."""
        found: list[tuple[int, int, int]] = []
        shared: dict[int, list[int]] = {}
        for key, told in self._keys.get(account, ()):
            for other, theirs in self._accounts[key]:
                if other == account:
                    continue
                if self._kinds[key] != COPY_KEY:
                    found.append((other, key, 1))
                elif abs(theirs - told) <= self._settings.copy_lag * 1_000_000:
                    shared.setdefault(other, []).append(key)
        return found + [
            (other, keys[0], len(keys))
            for other, keys in shared.items()
            if len(keys) >= self._settings.shared_copies
        ]


def campaigns(traces: Traces, groups: Numbers, settings: CampaignSettings | None = None) -> Graph:
    """Campaigns of a whole dump: connected components, with what :class:`Campaigns` would know.

    ``groups``: the near-copy group of each row, 0 for none.
    """
    settings = settings or CampaignSettings()
    rows, keys, groups = _once(traces, groups)
    trades = (rows["flags"] & settings.trading) != 0
    accounts = _accounts(rows, trades, (trades | (groups != 0)) & (rows["account"] != 0))
    place = np.full(len(rows), -1, dtype=np.int64)
    known = rows["account"] != 0
    place[known] = _places_in(accounts["account"], rows["account"][known])
    keys = keys[trades[keys["row"]]]
    copies = np.flatnonzero(groups)
    row = np.concatenate([keys["row"].astype(np.int64), copies])
    kind = np.concatenate([keys["kind"], np.full(len(copies), COPY_KEY, np.uint8)])
    number = np.concatenate([keys["key"], groups[copies]])
    found, of_key = _grouped(kind, number)
    shown = np.zeros(len(found), dtype=KEYED)
    shown["kind"], shown["key"] = kind[found], number[found]
    shown["posts"] = np.bincount(of_key, minlength=len(shown))
    shown["trading"] = np.bincount(of_key, trades[row], minlength=len(shown))
    shown["last"] = np.iinfo(np.int64).min
    np.maximum.at(shown["last"], of_key, rows["time"][row])
    edges = _edges(place[row], of_key, rows["time"][row], row)
    shown["accounts"] = np.bincount(edges["key"], minlength=len(shown))
    shown["state"] = np.where(shown["trading"] >= settings.trading_posts, JOINING, 0)
    shown["state"][shown["accounts"] > settings.hub_accounts] = HUB
    counts = np.array([len(accounts), len(shown), len(edges), len(accounts)])
    tables = (accounts, shown, edges, _places(accounts), _places(shown), _places(edges))
    rebuild(tables, counts, settings.limits(), _walk(accounts, shown), _by_key(edges))
    names = np.zeros(len(accounts), dtype=np.uint64)
    names_of(accounts, len(accounts), settings.least_accounts, names)
    return Graph(accounts, shown, edges, names)


def _once(traces: Traces, groups: Numbers) -> tuple[Records, Records, Numbers]:
    """Each item once; rows without an item number are all kept."""
    items = traces.rows["item"]
    _, first = np.unique(items, return_index=True)
    chosen = np.union1d(first, np.flatnonzero(items == 0))
    if len(chosen) == len(items):
        return traces.rows, traces.keys, groups
    kept = traces.take(chosen)
    return kept.rows, kept.keys, groups[chosen]


def _accounts(rows: Records, trades: NDArray[np.bool_], met: NDArray[np.bool_]) -> Records:
    """The accounts of the rows that were ``met``, in the order in which they came."""
    at = np.flatnonzero(met)
    numbers, first, of = np.unique(rows["account"][at], return_index=True, return_inverse=True)
    order = np.argsort(first)
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = np.arange(len(order))
    of = rank[of]
    accounts = np.zeros(len(order), dtype=ACCOUNT)
    accounts["account"] = numbers[order]
    accounts["arrived"] = np.arange(len(order))
    accounts["first"], accounts["last"] = np.iinfo(np.int64).max, np.iinfo(np.int64).min
    np.minimum.at(accounts["first"], of, rows["time"][at])
    np.maximum.at(accounts["last"], of, rows["time"][at])
    flags = rows["flags"][at]
    for name, counted in (
        ("posts", trades[at]),
        ("selling", trades[at] & ((flags & SELLS) != 0)),
        ("recruiting", trades[at] & ((flags & RECRUITS) != 0)),
    ):
        accounts[name] = np.bincount(of, counted, minlength=len(order))
    return accounts


def _places_in(numbers: Numbers, wanted: Numbers) -> NDArray[np.int64]:
    """The place of each wanted number; -1 where it is not there."""
    if not len(numbers):
        return np.full(len(wanted), -1, dtype=np.int64)
    order = np.argsort(numbers)
    near = order[np.minimum(np.searchsorted(numbers, wanted, sorter=order), len(numbers) - 1)]
    return np.where(numbers[near] == wanted, near, -1)


def _grouped(
    kind: NDArray[np.uint8], number: Numbers
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Where each different key stands first, and which key each row has."""
    order = np.lexsort((kind, number))
    new = np.ones(len(order), dtype=bool)
    new[1:] = (kind[order][1:] != kind[order][:-1]) | (number[order][1:] != number[order][:-1])
    of = np.empty(len(order), dtype=np.int64)
    of[order] = np.cumsum(new) - 1
    return order[new], of


def _edges(
    account: NDArray[np.int64],
    key: NDArray[np.int64],
    time: NDArray[np.int64],
    row: NDArray[np.int64],
) -> Records:
    """Each pair of account and key once, with its posts and its times."""
    known = account >= 0
    account, key, time, row = account[known], key[known], time[known], row[known]
    order = np.lexsort((row, account, key))
    account, key, time = account[order], key[order], time[order]
    new = np.ones(len(order), dtype=bool)
    new[1:] = (account[1:] != account[:-1]) | (key[1:] != key[:-1])
    at = np.flatnonzero(new)
    edges = np.zeros(len(at), dtype=EDGE)
    edges["account"], edges["key"], edges["told"] = account[at], key[at], time[at]
    if len(at):
        edges["first"] = np.minimum.reduceat(time, at)
    edges["posts"] = np.diff(np.append(at, len(order)))
    return edges
