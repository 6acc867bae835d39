"""Which accounts are joined: the tables of campaigns, and the kernels that keep them.

Accounts and keys (a handle, a link, a near-copy group) are the two sides of a graph; an edge says
that an account showed a key. Accounts that show one joining key are one component; by near copies
only those two that share several groups, in each of them soon one after the other. No pair is
kept: what two accounts share is counted from their edges when it matters. Components are a
union-find over accounts; when a key joins no more, the one component that it held together is
walked again and falls apart into what its other keys still join.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from portreeve.memory.traces import KEY_KINDS
from portreeve.signals.compiled import inlined, kernel

COPY_KEY = len(KEY_KINDS)
"""The kind of a key that is a group of near copies."""

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
        ("told", np.int64),
        ("account", np.int32),
        ("key", np.int32),
        ("next_of_account", np.int32),
        ("next_of_key", np.int32),
        ("posts", np.uint32),
    ],
    align=True,
)
"""An account showed a key: how often, when first, and the time of the post that was told first:
the same, but for posts that come late. What joined once is not undone by those."""

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
def _shared(one, other, copying, keys, edges, accounts, edge_at):
    """Whether two accounts share as many near-copy groups as join them."""
    lag, wanted = copying
    edge = accounts[one].edges
    while edge >= 0:
        key = edges[edge].key
        if keys[key].kind == COPY_KEY and keys[key].state == JOINING:
            theirs = edge_at[_edge_place(other, key, edges, edge_at)]
            if theirs >= 0 and abs(edges[theirs].told - edges[edge].told) <= lag:
                wanted -= 1
                if wanted == 0:
                    return True
        edge = edges[edge].next_of_account
    return False


@kernel
def _unite_copiers(edge, copying, keys, edges, accounts, edge_at):
    """Unite an account with those whose near copies stand soon before or after its own."""
    one, other = edges[edge].account, keys[edges[edge].key].edges
    while other >= 0:
        near = edges[other].account
        if (
            abs(edges[other].told - edges[edge].told) <= copying[0]
            and _root(one, accounts) != _root(near, accounts)
            and _shared(one, near, copying, keys, edges, accounts, edge_at)
        ):
            _unite(one, near, accounts)
        other = edges[other].next_of_key


@kernel
def _count_copiers(one, copying, keys, edges, accounts, shared, others):
    """Which accounts share enough near-copy groups with one; how many there are."""
    lag, wanted = copying
    known = 0
    edge = accounts[one].edges
    while edge >= 0:
        key = edges[edge].key
        if keys[key].kind == COPY_KEY and keys[key].state == JOINING:
            other = keys[key].edges
            while other >= 0:
                near = edges[other].account
                if near != one and abs(edges[other].told - edges[edge].told) <= lag:
                    if shared[near] == 0:
                        others[known] = near
                        known += 1
                    shared[near] += 1
                other = edges[other].next_of_key
        edge = edges[edge].next_of_account
    enough = 0
    for at in range(known):
        near = others[at]
        if shared[near] >= wanted:
            others[enough] = near
            enough += 1
        shared[near] = 0
    return enough


@kernel
def _split(key, copying, accounts, keys, edges, walk):
    """Walk the component of a key that joins no more, and make a component of each part."""
    queue, met, passed, shared, others, stamp = walk
    stamp[0] += 1
    edge = keys[key].edges
    while edge >= 0:
        seed = edges[edge].account
        edge = edges[edge].next_of_key
        if met[seed] == stamp[0]:
            continue
        met[seed] = stamp[0]
        _alone(seed, accounts)
        queue[0] = seed
        waiting = 1
        while waiting > 0:
            waiting -= 1
            one = queue[waiting]
            near = _count_copiers(one, copying, keys, edges, accounts, shared, others)
            for at in range(near):
                waiting = _meet(seed, others[at], accounts, queue, waiting, met, stamp[0])
            shown = accounts[one].edges
            while shown >= 0:
                through = edges[shown].key
                shown = edges[shown].next_of_account
                if (
                    passed[through] == stamp[0]
                    or keys[through].state != JOINING
                    or keys[through].kind == COPY_KEY
                ):
                    continue
                passed[through] = stamp[0]
                other = keys[through].edges
                while other >= 0:
                    near = edges[other].account
                    waiting = _meet(seed, near, accounts, queue, waiting, met, stamp[0])
                    other = edges[other].next_of_key


@inlined
def _meet(seed, other, accounts, queue, waiting, met, stamp):
    """Take an account into the part that is walked, unless it is there; how many now wait."""
    if met[other] != stamp:
        met[other] = stamp
        _alone(other, accounts)
        _unite(seed, other, accounts)
        queue[waiting] = other
        waiting += 1
    return waiting


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
            _split(at, copying, accounts, keys, edges, walk)
    elif shown.state == QUIET:
        if shown.trading >= trading_posts:
            shown.state = JOINING
            edge = shown.edges
            if shown.kind != COPY_KEY:
                _unite_all(at, accounts, keys, edges)
                edge = _NONE
            while edge >= 0:
                _unite_copiers(edge, copying, keys, edges, accounts, edge_at)
                edge = edges[edge].next_of_key
    elif new and shown.kind == COPY_KEY:
        _unite_copiers(shown.edges, copying, keys, edges, accounts, edge_at)
    elif new and edges[shown.edges].next_of_key >= 0:
        _unite(edges[shown.edges].account, edges[edges[shown.edges].next_of_key].account, accounts)


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
                _show(at, COPY_KEY, group, one.time, trades, limits, tables, counts, walk)
        _tell(row, at, trades, shown, bounds, group, least, tables, facts)
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
def _tell(row, at, trades, shown, bounds, group, least, tables, facts):
    """The facts of a row. A post that neither trades nor is a copy of what does has no campaign."""
    accounts, keys, edges, _account_at, key_at, _edge_at = tables
    joined = trades
    through = _NONE
    for key in range(bounds[row], bounds[row + 1] + 1):
        kind, number = np.uint8(COPY_KEY), group
        if key < bounds[row + 1]:
            kind, number = shown[key].kind, shown[key].key
        if number == np.uint64(0):
            continue
        found = key_at[_key_place(kind, number, keys, key_at)]
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
    root = _root(at, accounts)
    if accounts[root].members >= least:
        facts[row].campaign = mixed(accounts[accounts[root].oldest].account)
        facts[row].accounts = accounts[root].members
        facts[row].posts = accounts[root].all_posts
        facts[row].selling = accounts[root].all_selling


@kernel
def rebuild(tables: Any, counts: NDArray[np.int64], limits: Any, walk: Any) -> None:
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
        if keys[at].state == JOINING and keys[at].kind != COPY_KEY:
            _unite_all(at, accounts, keys, edges)
    _, _, _, shared, others, _ = walk
    copying = (limits[2], limits[3])
    for at in range(counts[ACCOUNTS]):
        near = _count_copiers(at, copying, keys, edges, accounts, shared, others)
        for other in range(near):
            _unite(at, others[other], accounts)


@kernel
def names_of(accounts: Any, count: int, least: int, found: NDArray[np.uint64]) -> None:
    """The campaign of each account; 0 where fewer than ``least`` are together."""
    for at in range(count):
        root = _root(at, accounts)
        found[at] = np.uint64(0)
        if accounts[root].members >= least:
            found[at] = mixed(accounts[accounts[root].oldest].account)
