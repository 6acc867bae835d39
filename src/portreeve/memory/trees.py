"""Trees of agents: who is above whom in a campaign, from public posts alone.

Friendship between two people is not known, by schema. What is: an agent passes on what somebody
above posted, again and again and soon after, shows that one's handle, and those above have lines
that recruit. An account has at most one upline: the one who explains its copies best
(:mod:`portreeve.memory.uplines`).

What makes a campaign is trade. Who copies whom in it shows in all that its people pass on: texts
alone seldom tell what is meant to sell.

A family that re-posts one caption, a class, colleagues with one notice are no tree: an edge wants
copies of several posts. Neither is a fan club that copies every day: a tree wants that what is
copied trades.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from portreeve.memory.campaigns import Graph, Records
from portreeve.memory.components import COPY_KEY, HUB, JOINING
from portreeve.memory.traces import CONTACT_KEY
from portreeve.memory.uplines import BEST, CANDIDATE, weigh

_SECOND = 1_000_000


@dataclass(frozen=True)
class TreeSettings:
    """What makes a tree."""

    least_copies: int = 3
    """An edge wants copies of so many different posts."""
    least_share: float = 0.3
    """And that they are this share of all that the account copied."""
    longest_lag: int = 3 * 24 * 3600
    """Seconds after which a copy is no copy of that post any more."""
    predecessors: int = 64
    """So many posts before a copy are looked at."""
    trading_share: float = 0.5
    """Share of the copied posts that trade (of all in groups that join), for the whole tree,"""
    least_trading: float = 0.2
    """and of those in all groups that its people share: friends who once sold something together
    and copy each other every day are no tree."""
    levels: int = 3
    """A tree is referred from so many levels on, its leader's among them,"""
    people: int = 30
    """and from so many people on."""
    explained: float = 3.0
    """What a copy explained is worth beside its lag, in nats."""
    handle: float = 3.0
    """What it is worth that an account shows somebody's handle."""
    recruit: float = 0.5
    """What it is worth that somebody recruits."""
    doubt: float = 8.0
    """By how much scores are divided before they become a confidence: copies of one day hang
    together, so their evidence is less than its sum."""


NODE = np.dtype(
    [
        ("account", np.uint64),
        ("parent", np.int32),
        ("tree", np.int32),
        ("level", np.int32),
        ("below", np.int32),
        ("copies", np.int32),
        ("copied", np.int32),
        ("handles", np.int32),
        ("recruiting", np.uint32),
        ("confidence", np.float32),
        ("lag", np.float32),
    ],
    align=True,
)
"""An account in a tree. ``parent``: place of its upline among the nodes, -1 for the leader;
``level`` from 1, the leader's; ``below``: how many are under it. Of the edge to its upline:
``copies`` of the upline's posts among ``copied`` in all, how many of the upline's ``handles`` it
shows, ``confidence`` that it is this one and nobody else, mean ``lag`` in seconds."""

TREE = np.dtype(
    [
        ("leader", np.uint64),
        ("campaign", np.uint64),
        ("people", np.int32),
        ("levels", np.int32),
        ("trading", np.float32),
        ("confidence", np.float32),
        ("refer", np.bool_),
    ],
    align=True,
)
"""A tree: ``trading``: share of its copied posts that trade; ``confidence``: of its edges, on
average; ``refer``: it has the levels and the people that the law names."""


@dataclass(frozen=True)
class Forest:
    """Trees, the largest first, and their nodes: records of :data:`TREE` and :data:`NODE`."""

    trees: Records
    nodes: Records

    def of(self, campaign: int) -> list[int]:
        """Numbers of the trees of a campaign."""
        found: list[int] = np.flatnonzero(self.trees["campaign"] == np.uint64(campaign)).tolist()
        return found


def grow(graph: Graph, settings: TreeSettings | None = None) -> Forest:
    """The trees of some campaigns."""
    settings = settings or TreeSettings()
    found, copied = _candidates(graph, settings)
    parent, which = _chosen(found, copied, settings)
    return _forest(graph, found, copied, parent, which, settings)


def _candidates(graph: Graph, settings: TreeSettings) -> tuple[Records, NDArray[np.int32]]:
    """The best candidates of each account, and how many posts each copied."""
    many = len(graph.accounts)
    copies = _shared(graph)
    copies = copies[np.lexsort((copies["account"], copies["first"], copies["key"]))]
    places = np.lexsort((copies["first"], copies["account"]))
    shower, owner = _owners(graph)
    found = np.zeros((many, BEST), dtype=CANDIDATE)
    copied = np.zeros(many, dtype=np.int32)
    room = (
        np.zeros(many, np.int32), np.zeros(many, np.float64), np.zeros(many, np.float64),
        np.zeros(many, np.int32), np.zeros(many, np.int32), places,
    )  # fmt: skip
    weigh(
        copies,
        np.searchsorted(copies["key"], np.arange(len(graph.keys) + 1)),
        np.ascontiguousarray(copies["first"][places]),
        np.searchsorted(copies["account"][places], np.arange(many + 1)),
        owner,
        np.searchsorted(shower, np.arange(many + 1)),
        np.ascontiguousarray(graph.accounts["recruiting"]),
        np.ascontiguousarray(graph.campaign),
        (settings.predecessors, settings.longest_lag * _SECOND),
        (settings.explained, settings.handle, settings.recruit),
        room,
        found,
        copied,
    )
    return found, copied


def _shared(graph: Graph) -> Records:
    """Edges to near-copy groups that two accounts of one campaign share.

    What makes a campaign is trade; who copies whom in it shows as well in what its people pass on
    beside.
    """
    near = (graph.keys["kind"] == COPY_KEY) & (graph.keys["state"] != HUB)
    edges = graph.edges[near[graph.edges["key"]] & (graph.campaign != 0)[graph.edges["account"]]]
    campaign = graph.campaign[edges["account"]]
    order = np.lexsort((edges["account"], campaign, edges["key"]))
    edges, campaign = edges[order], campaign[order]
    same = (edges["key"][1:] == edges["key"][:-1]) & (campaign[1:] == campaign[:-1])
    beside = np.zeros(len(edges), dtype=np.bool_)
    beside[1:] |= same
    beside[:-1] |= same
    shared: Records = edges[beside]
    return shared


def _copies(graph: Graph) -> Records:
    """Edges to near-copy groups that join."""
    joins = (graph.keys["kind"] == COPY_KEY) & (graph.keys["state"] == JOINING)
    edges: Records = graph.edges[joins[graph.edges["key"]]]
    return edges


def _owners(graph: Graph) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Accounts that show another's handle, in order, and whose.

    A handle is whose posts showed it most; of several, the first.
    """
    handles = (graph.keys["kind"] == CONTACT_KEY) & (graph.keys["state"] == JOINING)
    edges = graph.edges[handles[graph.edges["key"]]]
    edges = edges[np.lexsort((edges["first"], -edges["posts"].astype(np.int64), edges["key"]))]
    _, first, of = np.unique(edges["key"], return_index=True, return_inverse=True)
    owner = edges["account"][first][of]
    others = np.flatnonzero(owner != edges["account"])
    others = others[np.argsort(edges["account"][others], kind="stable")]
    return edges["account"][others], owner[others]


def _chosen(
    found: Records, copied: NDArray[np.int32], settings: TreeSettings
) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """The upline of each account, -1 for none, and which of its candidates that is.

    The surest come first; who is under an account already is not put above it.
    """
    parent = np.full(len(found), -1, dtype=np.int32)
    which = np.full(len(found), -1, dtype=np.int32)
    fit = (
        (found["copies"] >= settings.least_copies)
        & (found["copies"] >= settings.least_share * copied[:, None])
        & (found["score"] > 0)
    )
    account, place = np.nonzero(fit)
    order = np.lexsort((place, account, -found["score"][account, place]))
    for at in order.tolist():
        child, above = account[at], int(found["above"][account[at], place[at]])
        if parent[child] >= 0:
            continue
        higher = above
        while higher >= 0 and higher != child:
            higher = parent[higher]
        if higher != child:
            parent[child], which[child] = above, place[at]
    return parent, which


def _forest(
    graph: Graph,
    found: Records,
    copied: NDArray[np.int32],
    parent: NDArray[np.int32],
    which: NDArray[np.int32],
    settings: TreeSettings,
) -> Forest:
    leader, level = _leaders(parent)
    inside = (parent >= 0) | (np.bincount(parent[parent >= 0], minlength=len(parent)) > 0)
    share = _trading(graph, _copies(graph), leader, inside)
    of_all = _trading(graph, _shared(graph), leader, inside)
    inside &= (share >= settings.trading_share)[leader]
    inside &= (of_all >= settings.least_trading)[leader]
    numbers, people = np.unique(leader[inside], return_counts=True)
    order = np.lexsort((numbers, -people))
    numbers, people = numbers[order], people[order]
    trees = np.zeros(len(numbers), dtype=TREE)
    tree_of = np.full(len(parent), -1, dtype=np.int32)
    tree_of[numbers] = np.arange(len(numbers))
    chosen = np.flatnonzero(inside)
    chosen = chosen[np.lexsort((chosen, level[chosen], tree_of[leader[chosen]]))]
    place = np.full(len(parent) + 1, -1, dtype=np.int32)
    place[chosen] = np.arange(len(chosen))
    nodes = np.zeros(len(chosen), dtype=NODE)
    nodes["account"] = graph.accounts["account"][chosen]
    nodes["recruiting"] = graph.accounts["recruiting"][chosen]
    nodes["parent"] = place[parent[chosen]]
    nodes["tree"] = tree_of[leader[chosen]]
    nodes["level"] = level[chosen]
    nodes["copied"] = copied[chosen]
    _tell_edges(nodes, found[chosen], which[chosen], settings)
    for at in range(len(nodes) - 1, -1, -1):
        if nodes["parent"][at] >= 0:
            nodes["below"][nodes["parent"][at]] += nodes["below"][at] + 1
    trees["leader"] = graph.accounts["account"][numbers]
    trees["campaign"] = graph.campaign[numbers]
    trees["people"] = people
    np.maximum.at(trees["levels"], nodes["tree"], nodes["level"])
    trees["trading"] = share[numbers]
    under = nodes["parent"] >= 0
    sums = np.bincount(nodes["tree"][under], nodes["confidence"][under], minlength=len(trees))
    trees["confidence"] = sums / np.maximum(1, people - 1)
    trees["refer"] = (trees["levels"] >= settings.levels) & (people >= settings.people)
    return Forest(trees, nodes)


def _tell_edges(
    nodes: Records, found: Records, which: NDArray[np.int32], settings: TreeSettings
) -> None:
    """What speaks for each node's edge. The confidence weighs it against the other candidates and
    against nobody."""
    under = np.flatnonzero(which >= 0)
    best = found[under, which[under]]
    for name in ("copies", "handles", "lag"):
        nodes[name][under] = best[name]
    scores = np.where(found[under]["copies"] > 0, found[under]["score"], -np.inf)
    against = np.exp(np.minimum(0, scores - best["score"][:, None]) / settings.doubt)
    nobody = np.exp(-best["score"] / settings.doubt)
    nodes["confidence"][under] = 1 / (against.sum(axis=1) + nobody)


def _leaders(parent: NDArray[np.int32]) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """The leader over each account, and its level from 1."""
    leader = np.arange(len(parent), dtype=np.int32)
    level = np.ones(len(parent), dtype=np.int32)
    higher = parent.copy()
    while (up := higher >= 0).any():
        leader[up] = higher[up]
        level[up] += 1
        higher[up] = parent[higher[up]]
    return leader, level


def _trading(
    graph: Graph, edges: Records, leader: NDArray[np.int32], inside: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """By leader: the share of trading posts in those of some groups that the tree's accounts
    copy."""
    edges = edges[inside[edges["account"]]]
    top, many = leader[edges["account"]], len(leader)
    all_posts = np.bincount(top, graph.keys["posts"][edges["key"]], minlength=many)
    trading = np.bincount(top, graph.keys["trading"][edges["key"]], minlength=many)
    share: NDArray[np.float64] = trading / np.maximum(1, all_posts)
    return share
