"""Campaigns as memory knows them now: found by their names, and told with the names of people."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from portreeve.memory.campaigns import KINDS, Graph, Numbers
from portreeve.memory.components import HUB, JOINING, campaigns_of
from portreeve.memory.trees import Forest
from portreeve.report.campaign_files import campaign_name
from portreeve.schemas.campaigns import (
    CampaignAccount,
    CampaignKey,
    CampaignLink,
    CampaignTree,
    KeyKind,
    KeyState,
    Role,
)
from portreeve.service.errors import not_found
from portreeve.store import moment

MOST_MEMBERS = 2_000
"""Accounts of a campaign that are listed; a decision takes in all."""
MOST_LINKS = 20_000
"""Pairs of account and key that are listed."""
KIND_NAMES = cast(tuple[KeyKind, ...], KINDS)
"""Kinds of keys by their numbers, as they are told."""
_STATES: tuple[KeyState, ...] = ("quiet", "joining", "hub")
_UNDER = ("copies", "copied", "handles")

Names = Mapping[int, str]


def number_of(campaign: str) -> int:
    """A campaign's number, from the name that people write.

    Raises:
        ServiceError: ``not-found``, when it is none.
    """
    digits = campaign.removeprefix("c-")
    try:
        number = int(digits, 16)
    except ValueError:
        raise not_found("campaign", campaign) from None
    if campaign != campaign_name(number) or number == 0:
        raise not_found("campaign", campaign)
    return number


def now_named(graph: Graph, campaigns: Iterable[int]) -> dict[int, int]:
    """What campaigns are called now: one that merged into an older one bears that one's name.

    A campaign is named after its oldest account: where that is now, the campaign is.
    """
    wanted = np.array(sorted(set(campaigns)), dtype=np.uint64)
    is_current = np.isin(wanted, graph.campaign)
    found = {number: number for number in wanted[is_current].tolist()}
    if not is_current.all():
        named = _named_after(graph.accounts["account"])
        at = np.flatnonzero(np.isin(named, wanted[~is_current]) & (graph.campaign != 0))
        found |= zip(named[at].tolist(), graph.campaign[at].tolist(), strict=True)
    return found


def named_after(account: int) -> int:
    """The campaign whose oldest account this is."""
    return int(_named_after(np.array([account], dtype=np.uint64))[0])


def _named_after(accounts: Numbers) -> Numbers:
    found = np.empty(len(accounts), dtype=np.uint64)
    campaigns_of(np.ascontiguousarray(accounts), found)
    return found


def largest_of(graph: Graph, accounts: Iterable[int]) -> int | None:
    """The campaign in which most of these accounts are; None when they are in none."""
    here = np.isin(graph.accounts["account"], np.array(list(accounts), dtype=np.uint64))
    found, counts = np.unique(graph.campaign[here & (graph.campaign != 0)], return_counts=True)
    return int(found[counts.argmax()]) if len(found) else None


@dataclass(frozen=True)
class View:
    """One campaign: its part of the graph, and which nodes of the forest are its accounts'."""

    number: int
    part: Graph
    forest: Forest
    nodes: NDArray[np.int64]
    """By account of the part: the place of its node in the forest, -1 for none."""

    @property
    def id(self) -> str:
        """Its name."""
        return campaign_name(self.number)

    @property
    def accounts(self) -> list[int]:
        """Memory's numbers of its accounts."""
        numbers: list[int] = self.part.accounts["account"].tolist()
        return numbers

    @property
    def leaders(self) -> list[int]:
        """Memory's numbers of those who lead its trees."""
        inside = self.nodes[self.nodes >= 0]
        nodes = self.forest.nodes[inside]
        leading: list[int] = nodes["account"][nodes["parent"] < 0].tolist()
        return leading

    def foremost(self, names: Names) -> str | None:
        """A leader, or else whoever posts most, by whose key words about the whole are sealed."""
        most = np.argsort(-self.part.accounts["posts"].astype(np.int64), kind="stable")
        ordered = [*self.leaders, *self.part.accounts["account"][most].tolist()]
        return next((names[number] for number in ordered if number in names), None)

    @property
    def trees(self) -> list[int]:
        """The numbers of its trees."""
        numbers: list[int] = np.unique(
            self.forest.nodes["tree"][self.nodes[self.nodes >= 0]]
        ).tolist()
        return numbers

    @property
    def refer(self) -> bool:
        """Whether one of them has the levels and the people to be referred."""
        return bool(self.forest.trees["refer"][self.trees].any())


def view(graph: Graph, forest: Forest, campaign: str) -> View:
    """A campaign by its name, or by one that it had before it merged.

    Raises:
        ServiceError: ``not-found``.
    """
    number = now_named(graph, [number_of(campaign)]).get(number_of(campaign))
    if number is None:
        raise not_found("campaign", campaign)
    part = graph.of(number)
    return View(number, part, forest, _nodes(part, forest))


def _nodes(part: Graph, forest: Forest) -> NDArray[np.int64]:
    known = np.ascontiguousarray(forest.nodes["account"])
    found = np.full(len(part.accounts), -1, dtype=np.int64)
    if len(known):
        order = np.argsort(known, kind="stable")
        wanted = part.accounts["account"]
        near = order[np.minimum(np.searchsorted(known, wanted, sorter=order), len(known) - 1)]
        found = np.where(known[near] == wanted, near, found)
    return found


def members(
    seen: View,
    names: Names,
    restricted: Mapping[str, Sequence[str]],
    among: Container[int] | None = None,
) -> tuple[list[CampaignAccount], list[int]]:
    """The accounts of a campaign, by tree and level, and their places in its part of the graph.

    The first :data:`MOST_MEMBERS`; or all that are ``among`` some.
    """
    accounts, nodes = seen.part.accounts, seen.forest.nodes
    of = seen.nodes
    inside = of >= 0
    tree, level = np.full(len(of), np.iinfo(np.int32).max), np.zeros(len(of), dtype=np.int64)
    tree[inside], level[inside] = nodes["tree"][of[inside]], nodes["level"][of[inside]]
    order = np.lexsort((accounts["first"], -accounts["posts"].astype(np.int64), level, tree))
    numbers = seen.accounts
    chosen = order[:MOST_MEMBERS].tolist()
    if among is not None:
        chosen = [at for at in order.tolist() if numbers[at] in among]
    place = {numbers[at]: where for where, at in enumerate(chosen)}
    told = []
    for where, at in enumerate(chosen):
        row = accounts[at]
        name = names.get(numbers[at])
        told.append(
            CampaignAccount(
                place=where,
                account=name,
                posts=int(row["posts"]),
                selling=int(row["selling"]),
                recruiting=int(row["recruiting"]),
                first=moment(int(row["first"])),
                last=moment(int(row["last"])),
                restricted=list(restricted.get(name, ())) if name is not None else [],
                **_in_tree(nodes, int(of[at]), names, place),
            )
        )
    return told, chosen


def _in_tree(nodes: Any, at: int, names: Names, place: Mapping[int, int]) -> dict[str, Any]:
    """An account's place in its tree, and what speaks for the edge to its upline."""
    role: Role = "member"
    if at < 0:
        return {"role": role}
    node = nodes[at]
    found = {
        "role": "leader", "tree": int(node["tree"]), "level": int(node["level"]),
        "below": int(node["below"]),
    }  # fmt: skip
    if node["parent"] >= 0:
        above = int(nodes["account"][node["parent"]])
        found |= {
            "role": "agent", "upline": names.get(above), "upline_place": place.get(above),
            "confidence": round(float(node["confidence"]), 4),
            "lag_seconds": round(float(node["lag"]), 1),
            **{name: int(node[name]) for name in _UNDER},
        }  # fmt: skip
    return found


def keys_and_links(
    seen: View, chosen: Sequence[int]
) -> tuple[list[CampaignKey], list[CampaignLink]]:
    """What the listed accounts show that joins or is a hub, the most shared first; who shows it."""
    keys, edges = seen.part.keys, seen.part.edges
    place = np.full(len(seen.part.accounts), -1, dtype=np.int64)
    place[list(chosen)] = np.arange(len(chosen))
    listed = edges[place[edges["account"]] >= 0]
    here = np.bincount(listed["key"], minlength=len(keys))
    telling = (keys["state"] == HUB) | ((keys["state"] == JOINING) & (here > 1))
    order = np.lexsort((keys["key"], -here))
    order = order[telling[order] & (here[order] > 0)]
    rank = np.full(len(keys), -1, dtype=np.int64)
    rank[order] = np.arange(len(order))
    listed = listed[rank[listed["key"]] >= 0]
    listed = listed[np.lexsort((place[listed["account"]], rank[listed["key"]]))][:MOST_LINKS]
    links = [
        CampaignLink(
            account=int(place[edge["account"]]),
            key=int(rank[edge["key"]]),
            posts=int(edge["posts"]),
            first=moment(int(edge["first"])),
        )
        for edge in listed
    ]
    most = int(rank[listed["key"]].max()) + 1 if len(listed) else 0
    told = [_key(keys[at], where) for where, at in enumerate(order[:most].tolist())]
    return told, links


def _key(key: Any, place: int) -> CampaignKey:
    return CampaignKey(
        place=place,
        key=key_name(int(key["key"])),
        kind=KIND_NAMES[key["kind"]],
        state=_STATES[key["state"]],
        accounts=int(key["accounts"]),
        posts=int(key["posts"]),
        trading=int(key["trading"]),
    )


def key_name(number: int) -> str:
    """Memory's number of a handle or the like, as people write it."""
    return f"{number:016x}"


def trees(forest: Forest, chosen: Iterable[int], names: Names) -> list[CampaignTree]:
    """Trees by their numbers, the largest first."""
    return [
        CampaignTree(
            tree=at,
            leader=names.get(int(forest.trees["leader"][at])),
            people=int(forest.trees["people"][at]),
            levels=int(forest.trees["levels"][at]),
            trading=round(float(forest.trees["trading"][at]), 4),
            confidence=round(float(forest.trees["confidence"][at]), 4),
            refer=bool(forest.trees["refer"][at]),
        )
        for at in sorted(chosen)
    ]
