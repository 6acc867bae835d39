"""How campaigns learn: the kernels that take posts into the tables, and tell what is known."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from portreeve.memory.components import (
    COPY_KEY,
    HUB,
    JOINING,
    NOTHING,
    QUIET,
    account_place,
    alone,
    campaign_of,
    edge_place,
    key_place,
    root_of,
    split,
    those_enough,
    unite,
    unite_all,
    unite_copiers,
)
from portreeve.signals.compiled import kernel

FACT = np.dtype(
    [
        ("campaign", np.uint64),
        ("accounts", np.uint32),
        ("posts", np.uint32),
        ("selling", np.uint32),
        ("hubs", np.uint32),
    ],
    align=True,
)
"""What is known of a row: its campaign, 0 for none; how many accounts that has, how many posts that
trade, and of them how many that sell; and how many of the row's keys are hubs."""

ACCOUNTS, KEYS, EDGES, ARRIVED = range(4)
"""Places in the counts."""
WAYS = 8
"""Items kept in one set of those that were seen."""


@kernel
def _seen_before(item, items, turns):
    """Whether an item was seen lately; it is from now on. In a full set the oldest gives way."""
    if item == np.uint64(0):
        return False
    at = item & np.uint64(turns.size - 1)
    for way in range(WAYS):
        if items[at, way] == item:
            return True
    items[at, turns[at]] = item
    turns[at] = (turns[at] + 1) % WAYS
    return False


@kernel
def _account(number, time, accounts, account_at, counts):
    """The place of an account, new if need be."""
    place = account_place(number, accounts, account_at)
    at = account_at[place]
    if at < 0:
        at = np.int32(counts[ACCOUNTS])
        counts[ACCOUNTS] += 1
        account_at[place] = at
        new = accounts[at]
        new.account = number
        new.arrived = counts[ARRIVED]
        counts[ARRIVED] += 1
        new.first = time
        new.last = time
        new.posts = 0
        new.selling = 0
        new.recruiting = 0
        new.edges = NOTHING
        alone(at, accounts)
    one = accounts[at]
    one.first = min(one.first, time)
    one.last = max(one.last, time)
    return at


@kernel
def _key(kind, number, time, keys, key_at, counts):
    """The place of a key, new if need be."""
    place = key_place(kind, number, keys, key_at)
    at = key_at[place]
    if at < 0:
        at = np.int32(counts[KEYS])
        counts[KEYS] += 1
        key_at[place] = at
        new = keys[at]
        new.key = number
        new.kind = kind
        new.last = time
        new.posts = 0
        new.trading = 0
        new.accounts = 0
        new.edges = NOTHING
        new.state = QUIET
    return at


@kernel
def _show(account, kind, number, time, trades, limits, tables, counts, walk):
    """A post of an account shows a key; -1: a post of nobody."""
    accounts, keys, edges, _account_at, key_at, edge_at = tables
    at = _key(kind, number, time, keys, key_at, counts)
    shown = keys[at]
    shown.posts += 1
    shown.trading += trades
    shown.last = max(shown.last, time)
    if shown.state == HUB:
        return
    new = False
    if account >= 0:
        place = edge_place(account, at, edges, edge_at)
        edge = edge_at[place]
        new = edge < 0
        if new:
            edge = np.int32(counts[EDGES])
            counts[EDGES] += 1
            edge_at[place] = edge
            edges[edge].first = time
            edges[edge].told = time
            edges[edge].account = account
            edges[edge].key = at
            edges[edge].posts = 0
            edges[edge].next_of_account = accounts[account].edges
            edges[edge].next_of_key = shown.edges
            accounts[account].edges = edge
            shown.edges = edge
            shown.accounts += 1
        edges[edge].posts += 1
        edges[edge].first = min(edges[edge].first, time)
    _turn(at, new, limits, tables, walk)


@kernel
def _turn(at, new, limits, tables, walk):
    """What a key does now that it was shown once more."""
    accounts, keys, edges, _account_at, _key_at, edge_at = tables
    hub_accounts, trading_posts, lag, wanted = limits
    copying = (lag, wanted)
    shown = keys[at]
    if shown.accounts > hub_accounts:
        joined = shown.state == JOINING
        shown.state = HUB
        if joined:
            split(at, copying, accounts, keys, edges, walk)
    elif shown.state == QUIET:
        if shown.trading >= trading_posts:
            shown.state = JOINING
            edge = shown.edges
            if shown.kind != COPY_KEY:
                unite_all(at, accounts, keys, edges)
                edge = NOTHING
            while edge >= 0:
                unite_copiers(edge, copying, keys, edges, accounts, edge_at)
                edge = edges[edge].next_of_key
    elif new and shown.kind == COPY_KEY:
        unite_copiers(shown.edges, copying, keys, edges, accounts, edge_at)
    elif new and edges[shown.edges].next_of_key >= 0:
        unite(edges[shown.edges].account, edges[edges[shown.edges].next_of_key].account, accounts)


@kernel
def see_rows(
    start: int, rows: Any, shown: Any, bounds: Any, groups: Any, flags: Any,
    limits: Any, least: int, tables: Any, items: Any, turns: Any, counts: Any, walk: Any,
    facts: Any,
) -> int:  # fmt: skip
    """Learn rows from ``start`` on; the first row for which there is no room, or all of them."""
    accounts, keys, edges, account_at, _key_at, _edge_at = tables
    trading, sells, recruits = flags
    for row in range(start, rows.size):
        many = bounds[row + 1] - bounds[row] + 1
        if (
            counts[ACCOUNTS] + 1 > accounts.size
            or counts[KEYS] + many > keys.size
            or counts[EDGES] + many > edges.size
        ):
            return row
        one = rows[row]
        trades = (one.flags & trading) != 0
        group = groups[row]
        at = NOTHING
        again = _seen_before(one.item, items, turns)
        if one.account != np.uint64(0):
            if again:
                at = account_at[account_place(one.account, accounts, account_at)]
            elif trades or group != np.uint64(0):
                at = _account(one.account, one.time, accounts, account_at, counts)
        if not again:
            if at >= 0 and trades:
                _count_post(at, (one.flags & sells) != 0, (one.flags & recruits) != 0, accounts)
            if trades:
                for key in range(bounds[row], bounds[row + 1]):
                    _show(at, shown[key].kind, shown[key].key, one.time, True, limits, tables,
                          counts, walk)  # fmt: skip
            if group != np.uint64(0):
                _show(at, COPY_KEY, group, one.time, trades, limits, tables, counts, walk)
        _tell(row, at, trades, shown, bounds, group, least, tables, facts)
    return rows.size


@kernel
def _count_post(at, sells, recruits, accounts):
    accounts[at].posts += 1
    accounts[at].selling += sells
    accounts[at].recruiting += recruits
    root = root_of(at, accounts)
    accounts[root].all_posts += 1
    accounts[root].all_selling += sells


@kernel
def _tell(row, at, trades, shown, bounds, group, least, tables, facts):
    """The facts of a row. A post that neither trades nor is a copy of what does has no campaign."""
    accounts, keys, edges, _account_at, key_at, _edge_at = tables
    joined = trades
    through = NOTHING
    for key in range(bounds[row], bounds[row + 1] + 1):
        kind, number = np.uint8(COPY_KEY), group
        if key < bounds[row + 1]:
            kind, number = shown[key].kind, shown[key].key
        if number == np.uint64(0):
            continue
        found = key_at[key_place(kind, number, keys, key_at)]
        if found < 0:
            continue
        if keys[found].state == HUB:
            facts[row].hubs += 1
        elif keys[found].state == JOINING and (trades or kind == COPY_KEY):
            joined = True
            if kind != COPY_KEY and keys[found].edges >= 0:
                through = edges[keys[found].edges].account
    if not joined:
        return
    if at < 0:
        at = through
    if at < 0:
        return
    root = root_of(at, accounts)
    if accounts[root].members >= least:
        facts[row].campaign = campaign_of(accounts[accounts[root].oldest].account)
        facts[row].accounts = accounts[root].members
        facts[row].posts = accounts[root].all_posts
        facts[row].selling = accounts[root].all_selling


@kernel
def rebuild(tables: Any, counts: NDArray[np.int64], limits: Any, walk: Any, by_key: Any) -> None:
    """Make from the records alone what is derived of them: places, lists of edges, components.

    ``by_key``: the places of the edges by key, and of one key by time told; and of each edge the
    place among those.
    """
    accounts, keys, edges, account_at, key_at, edge_at = tables
    account_at[:] = NOTHING
    key_at[:] = NOTHING
    edge_at[:] = NOTHING
    for at in range(counts[ACCOUNTS]):
        account_at[account_place(accounts[at].account, accounts, account_at)] = at
        accounts[at].edges = NOTHING
        alone(at, accounts)
    for at in range(counts[KEYS]):
        key_at[key_place(keys[at].kind, keys[at].key, keys, key_at)] = at
        keys[at].edges = NOTHING
    for at in range(counts[EDGES]):
        edge = edges[at]
        edge_at[edge_place(edge.account, edge.key, edges, edge_at)] = at
        edge.next_of_account = accounts[edge.account].edges
        edge.next_of_key = keys[edge.key].edges
        accounts[edge.account].edges = at
        keys[edge.key].edges = at
    for at in range(counts[KEYS]):
        if keys[at].state == JOINING and keys[at].kind != COPY_KEY:
            unite_all(at, accounts, keys, edges)
    _, _, _, shared, others, _ = walk
    order, place_of = by_key
    for at in range(counts[ACCOUNTS]):
        near = _near_copiers(at, limits, accounts, keys, edges, order, place_of, shared, others)
        for other in range(near):
            unite(at, others[other], accounts)


@kernel
def _near_copiers(one, limits, accounts, keys, edges, order, place_of, shared, others):
    """What :func:`count_copiers` tells, found among those alone that stand near in time."""
    known = 0
    edge = accounts[one].edges
    while edge >= 0:
        key = edges[edge].key
        if keys[key].kind == COPY_KEY and keys[key].state == JOINING:
            for step in (-1, 1):
                place = place_of[edge] + step
                while 0 <= place < order.size:
                    other = edges[order[place]]
                    if other.key != key or abs(other.told - edges[edge].told) > limits[2]:
                        break
                    if shared[other.account] == 0:
                        others[known] = other.account
                        known += 1
                    shared[other.account] += 1
                    place += step
        edge = edges[edge].next_of_account
    return those_enough(known, limits[3], shared, others)


@kernel
def names_of(accounts: Any, count: int, least: int, found: NDArray[np.uint64]) -> None:
    """The campaign of each account; 0 where fewer than ``least`` are together."""
    for at in range(count):
        root = root_of(at, accounts)
        found[at] = np.uint64(0)
        if accounts[root].members >= least:
            found[at] = campaign_of(accounts[accounts[root].oldest].account)
