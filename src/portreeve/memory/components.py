"""Which accounts are joined: the tables of campaigns, and the kernels that keep them.

Accounts and keys (a handle, a link, a near-copy group) are the two sides of a graph; an edge says
that an account showed a key. Accounts that show one joining key are one component; by near copies
only those two that share several groups, in each of them soon one after the other. No pair is
kept: what two accounts share is counted from their edges when it matters. Components are a
union-find over accounts; when a key joins no more, the one component that it held together is
walked again and falls apart into what its other keys still join.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from portreeve.memory.slots import mixed
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

NOTHING = np.int32(-1)
"""No account, no edge."""


@inlined
def campaign_of(oldest):
    """The number of the campaign whose oldest account this is; numbers are one for one."""
    return mixed(oldest, 0)


@kernel
def campaigns_of(oldest: NDArray[np.uint64], found: NDArray[np.uint64]) -> None:
    """The numbers of the campaigns whose oldest accounts these are."""
    for at in range(oldest.size):
        found[at] = campaign_of(oldest[at])


@inlined
def account_place(number, accounts, account_at):
    mask = np.uint64(account_at.size - 1)
    place = mixed(number, 0) & mask
    while account_at[place] >= 0 and accounts[account_at[place]].account != number:
        place = (place + np.uint64(1)) & mask
    return place


@inlined
def key_place(kind, number, keys, key_at):
    mask = np.uint64(key_at.size - 1)
    place = mixed(number + np.uint64(kind), 0) & mask
    while key_at[place] >= 0 and (
        keys[key_at[place]].key != number or keys[key_at[place]].kind != kind
    ):
        place = (place + np.uint64(1)) & mask
    return place


@inlined
def edge_place(account, key, edges, edge_at):
    mask = np.uint64(edge_at.size - 1)
    place = mixed((np.uint64(account) << np.uint64(32)) | np.uint64(key), 0) & mask
    while edge_at[place] >= 0 and (
        edges[edge_at[place]].account != account or edges[edge_at[place]].key != key
    ):
        place = (place + np.uint64(1)) & mask
    return place


@inlined
def root_of(at, accounts):
    while accounts[at].parent != at:
        accounts[at].parent = accounts[accounts[at].parent].parent
        at = accounts[at].parent
    return at


@kernel
def alone(at, accounts):
    """Make an account a component of its own."""
    one = accounts[at]
    one.parent = at
    one.members = 1
    one.all_posts = one.posts
    one.all_selling = one.selling
    one.oldest = at


@kernel
def unite(one, other, accounts):
    one, other = root_of(one, accounts), root_of(other, accounts)
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
def unite_all(key, accounts, keys, edges):
    """Unite all accounts that showed a key."""
    edge = keys[key].edges
    if edge < 0:
        return
    first = edges[edge].account
    while edge >= 0:
        unite(first, edges[edge].account, accounts)
        edge = edges[edge].next_of_key


@kernel
def _shared(one, other, copying, keys, edges, accounts, edge_at):
    """Whether two accounts share as many near-copy groups as join them."""
    lag, wanted = copying
    edge = accounts[one].edges
    while edge >= 0:
        key = edges[edge].key
        if keys[key].kind == COPY_KEY and keys[key].state == JOINING:
            theirs = edge_at[edge_place(other, key, edges, edge_at)]
            if theirs >= 0 and abs(edges[theirs].told - edges[edge].told) <= lag:
                wanted -= 1
                if wanted == 0:
                    return True
        edge = edges[edge].next_of_account
    return False


@kernel
def unite_copiers(edge, copying, keys, edges, accounts, edge_at):
    """Unite an account with those whose near copies stand soon before or after its own."""
    one, other = edges[edge].account, keys[edges[edge].key].edges
    while other >= 0:
        near = edges[other].account
        if (
            abs(edges[other].told - edges[edge].told) <= copying[0]
            and root_of(one, accounts) != root_of(near, accounts)
            and _shared(one, near, copying, keys, edges, accounts, edge_at)
        ):
            unite(one, near, accounts)
        other = edges[other].next_of_key


@kernel
def those_enough(known, wanted, shared, others):
    """Keep of the first ``known`` accounts those that share enough; how many. Clears ``shared``."""
    enough = 0
    for at in range(known):
        near = others[at]
        if shared[near] >= wanted:
            others[enough] = near
            enough += 1
        shared[near] = 0
    return enough


@kernel
def count_copiers(one, copying, keys, edges, accounts, shared, others):
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
    return those_enough(known, wanted, shared, others)


@kernel
def split(key, copying, accounts, keys, edges, walk):
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
        alone(seed, accounts)
        queue[0] = seed
        waiting = 1
        while waiting > 0:
            waiting -= 1
            one = queue[waiting]
            near = count_copiers(one, copying, keys, edges, accounts, shared, others)
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
        alone(other, accounts)
        unite(seed, other, accounts)
        queue[waiting] = other
        waiting += 1
    return waiting
