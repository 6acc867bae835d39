"""Which accounts are joined: the tables of campaigns, and the kernels that keep them.

Accounts and keys (a handle, a link, a near-copy group) are the two sides of a graph; an edge says
that an account showed a key. Accounts that show one joining key are one component. Components are
a union-find over accounts; when a key joins no more, the one component that it held together is
walked again and falls apart into what its other keys still join.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from portreeve.signals.compiled import inlined, kernel

QUIET, JOINING, HUB = range(3)
"""States of a key: not yet shown by enough posts that trade; joins; shown by too many to join."""

ACCOUNT = np.dtype(
    [
        ("account", np.uint64),
        ("arrived", np.int64),
        ("first", np.int64),
        ("last", np.int64),
        ("posts", np.uint32),
        ("selling", np.uint32),
        ("recruiting", np.uint32),
        ("edges", np.int32),
        ("parent", np.int32),
        ("members", np.int32),
        ("all_posts", np.uint32),
        ("all_selling", np.uint32),
        ("oldest", np.int32),
    ],
    align=True,
)
"""``posts``: those that trade, and of them ``selling`` and ``recruiting``; ``first`` and ``last``
are of posts that trade or show a key. ``edges``: the first of its edges, -1 for none; ``parent``:
of the union-find; a root has what its component has together, and its oldest account."""

KEYED = np.dtype(
    [
        ("key", np.uint64),
        ("last", np.int64),
        ("posts", np.uint32),
        ("trading", np.uint32),
        ("accounts", np.int32),
        ("edges", np.int32),
        ("kind", np.uint8),
        ("state", np.uint8),
    ],
    align=True,
)
"""``posts`` that show the key and those of them that are ``trading``; ``accounts`` that do."""

EDGE = np.dtype(
    [
        ("first", np.int64),
        ("account", np.int32),
        ("key", np.int32),
        ("next_of_account", np.int32),
        ("next_of_key", np.int32),
        ("posts", np.uint32),
    ],
    align=True,
)
"""An account showed a key: how often, and when first."""

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

_NONE = np.int32(-1)


@inlined
def mixed(value):
    """A number with its bits well mixed, one for one (the finaliser of splitmix64)."""
    value = (value ^ (value >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    value = (value ^ (value >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return value ^ (value >> np.uint64(31))


@inlined
def _account_place(number, accounts, account_at):
    mask = np.uint64(account_at.size - 1)
    place = mixed(number) & mask
    while account_at[place] >= 0 and accounts[account_at[place]].account != number:
        place = (place + np.uint64(1)) & mask
    return place


@inlined
def _key_place(kind, number, keys, key_at):
    mask = np.uint64(key_at.size - 1)
    place = mixed(number + np.uint64(kind)) & mask
    while key_at[place] >= 0 and (
        keys[key_at[place]].key != number or keys[key_at[place]].kind != kind
    ):
        place = (place + np.uint64(1)) & mask
    return place


@inlined
def _edge_place(account, key, edges, edge_at):
    mask = np.uint64(edge_at.size - 1)
    place = mixed((np.uint64(account) << np.uint64(32)) | np.uint64(key)) & mask
    while edge_at[place] >= 0 and (
        edges[edge_at[place]].account != account or edges[edge_at[place]].key != key
    ):
        place = (place + np.uint64(1)) & mask
    return place


@inlined
def _root(at, accounts):
    while accounts[at].parent != at:
        accounts[at].parent = accounts[accounts[at].parent].parent
        at = accounts[at].parent
    return at


@kernel
def _alone(at, accounts):
    """Make an account a component of its own."""
    one = accounts[at]
    one.parent = at
    one.members = 1
    one.all_posts = one.posts
    one.all_selling = one.selling
    one.oldest = at


@kernel
def _unite(one, other, accounts):
    one, other = _root(one, accounts), _root(other, accounts)
    if one == other:
        return
    if accounts[one].members < accounts[other].members:
        one, other = other, one
    large, small = accounts[one], accounts[other]
    small.parent = one
    large.members += small.members
    large.all_posts += small.all_posts
    large.all_selling += small.all_selling
    if accounts[small.oldest].arrived < accounts[large.oldest].arrived:
        large.oldest = small.oldest


@kernel
def _unite_all(key, accounts, keys, edges):
    """Unite all accounts that showed a key."""
    edge = keys[key].edges
    if edge < 0:
        return
    first = edges[edge].account
    while edge >= 0:
        _unite(first, edges[edge].account, accounts)
        edge = edges[edge].next_of_key


@kernel
def _split(key, accounts, keys, edges, queue, met, passed, stamp):
    """Walk the component of a key that joins no more, and make a component of each part.

    ``met`` and ``passed`` hold for each account and key the last walk that came by, numbered
    by ``stamp``.
    """
    edge = keys[key].edges
    while edge >= 0:
        seed = edges[edge].account
        edge = edges[edge].next_of_key
        if met[seed] == stamp:
            continue
        met[seed] = stamp
        _alone(seed, accounts)
        queue[0] = seed
        waiting = 1
        while waiting > 0:
            waiting -= 1
            shown = accounts[queue[waiting]].edges
            while shown >= 0:
                through = edges[shown].key
                shown = edges[shown].next_of_account
                if passed[through] == stamp or keys[through].state != JOINING:
                    continue
                passed[through] = stamp
                others = keys[through].edges
                while others >= 0:
                    other = edges[others].account
                    others = edges[others].next_of_key
                    if met[other] != stamp:
                        met[other] = stamp
                        _alone(other, accounts)
                        _unite(seed, other, accounts)
                        queue[waiting] = other
                        waiting += 1


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
    place = _account_place(number, accounts, account_at)
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
        new.edges = _NONE
        _alone(at, accounts)
    one = accounts[at]
    one.first = min(one.first, time)
    one.last = max(one.last, time)
    return at


@kernel
def _key(kind, number, time, keys, key_at, counts):
    """The place of a key, new if need be."""
    place = _key_place(kind, number, keys, key_at)
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
        new.edges = _NONE
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
        place = _edge_place(account, at, edges, edge_at)
        edge = edge_at[place]
        new = edge < 0
        if new:
            edge = np.int32(counts[EDGES])
            counts[EDGES] += 1
            edge_at[place] = edge
            edges[edge].first = time
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
    _turn(at, new, limits, accounts, keys, edges, walk)


@kernel
def _turn(at, new, limits, accounts, keys, edges, walk):
    """What a key does now that it was shown once more."""
    hub_accounts, trading_posts = limits
    shown = keys[at]
    if shown.accounts > hub_accounts:
        joined = shown.state == JOINING
        shown.state = HUB
        if joined:
            queue, met, passed, stamp = walk
            stamp[0] += 1
            _split(at, accounts, keys, edges, queue, met, passed, stamp[0])
    elif shown.state == QUIET:
        if shown.trading >= trading_posts:
            shown.state = JOINING
            _unite_all(at, accounts, keys, edges)
    elif new and edges[shown.edges].next_of_key >= 0:
        _unite(edges[shown.edges].account, edges[edges[shown.edges].next_of_key].account, accounts)


@kernel
def see_rows(
    start: int, rows: Any, shown: Any, bounds: Any, groups: Any, group_kind: Any, flags: Any,
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
        at = _NONE
        again = _seen_before(one.item, items, turns)
        if one.account != np.uint64(0):
            if again:
                at = account_at[_account_place(one.account, accounts, account_at)]
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
                _show(at, group_kind, group, one.time, trades, limits, tables, counts, walk)
        _tell(row, at, trades, shown, bounds, group_kind, group, least, tables, facts)
    return rows.size


@kernel
def _count_post(at, sells, recruits, accounts):
    accounts[at].posts += 1
    accounts[at].selling += sells
    accounts[at].recruiting += recruits
    root = _root(at, accounts)
    accounts[root].all_posts += 1
    accounts[root].all_selling += sells


@kernel
def _tell(row, at, trades, shown, bounds, group_kind, group, least, tables, facts):
    """The facts of a row. A post that neither trades nor is a copy of what does has no campaign."""
    accounts, keys, edges, _account_at, key_at, _edge_at = tables
    joined = trades
    through = _NONE
    for key in range(bounds[row], bounds[row + 1] + 1):
        kind, number = group_kind, group
        if key < bounds[row + 1]:
            kind, number = shown[key].kind, shown[key].key
        if number == np.uint64(0):
            continue
        found = key_at[_key_place(kind, number, keys, key_at)]
        if found < 0:
            continue
        if keys[found].state == HUB:
            facts[row].hubs += 1
        elif keys[found].state == JOINING and (trades or kind == group_kind):
            joined = True
            if keys[found].edges >= 0:
                through = edges[keys[found].edges].account
    if not joined:
        return
    if at < 0:
        at = through
    if at < 0:
        return
    root = _root(at, accounts)
    if accounts[root].members >= least:
        facts[row].campaign = mixed(accounts[accounts[root].oldest].account)
        facts[row].accounts = accounts[root].members
        facts[row].posts = accounts[root].all_posts
        facts[row].selling = accounts[root].all_selling


@kernel
def rebuild(tables: Any, counts: NDArray[np.int64]) -> None:
    """Make from the records alone what is derived of them: places, lists of edges, components."""
    accounts, keys, edges, account_at, key_at, edge_at = tables
    account_at[:] = _NONE
    key_at[:] = _NONE
    edge_at[:] = _NONE
    for at in range(counts[ACCOUNTS]):
        account_at[_account_place(accounts[at].account, accounts, account_at)] = at
        accounts[at].edges = _NONE
        _alone(at, accounts)
    for at in range(counts[KEYS]):
        key_at[_key_place(keys[at].kind, keys[at].key, keys, key_at)] = at
        keys[at].edges = _NONE
    for at in range(counts[EDGES]):
        edge = edges[at]
        edge_at[_edge_place(edge.account, edge.key, edges, edge_at)] = at
        edge.next_of_account = accounts[edge.account].edges
        edge.next_of_key = keys[edge.key].edges
        accounts[edge.account].edges = at
        keys[edge.key].edges = at
    for at in range(counts[KEYS]):
        if keys[at].state == JOINING:
            _unite_all(at, accounts, keys, edges)


@kernel
def names_of(accounts: Any, count: int, least: int, found: NDArray[np.uint64]) -> None:
    """The campaign of each account; 0 where fewer than ``least`` are together."""
    for at in range(count):
        root = _root(at, accounts)
        found[at] = np.uint64(0)
        if accounts[root].members >= least:
            found[at] = mixed(accounts[accounts[root].oldest].account)
