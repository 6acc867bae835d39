"""Group-buying deals: whether somebody may join, by rules that are data.

What decides is the deal's campus and state, and what a check of enrolment found. Neither a name nor
a price is among it.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Literal

from portreeve.commerce.enrolment import Enrolment
from portreeve.commerce.rulebook import Head, Limit, Reader, Table, limits, read_rules, required
from portreeve.policy.source import Map, Node

DealState = Literal["open", "completed", "refunding", "refunded"]
Refusal = Literal["completed", "over", "taken_down", "not_checked", "not_enrolled", "graduated",
                  "expired", "other_campus"]  # fmt: skip
_REFUSALS: dict[Refusal, bool] = {
    "completed": False,
    "over": False,
    "taken_down": False,
    "not_checked": False,
    "not_enrolled": False,
    "graduated": False,
    "expired": False,
    "other_campus": False,
}
_DEALS = {"threshold": True, "days": True, "screened": False}


@dataclass(frozen=True)
class DealRules:
    """The rules of group buying."""

    head: Head
    longest: timedelta
    """How long a proof may be relied on from when it was signed."""
    deals: dict[str, Limit]
    refusals: dict[str, Limit]

    def most(self, name: Literal["threshold", "days"]) -> int:
        """The upper limit of a deal's threshold, or of the days that it is open."""
        found = self.deals[name].most
        assert found is not None  # the reader saw to it
        return found


@dataclass(frozen=True)
class Deal:
    """Of a deal what decides who may join."""

    campus: str
    state: DealState
    deadline: datetime
    published: bool


def refuses(deal: Deal, enrolment: Enrolment | None, now: datetime) -> Refusal | None:
    """Why somebody may not join, if so: the first reason that applies.

    >>> noon, later = datetime(2014, 6, 1, 12), datetime(2014, 6, 2)
    >>> north = Deal("north", "open", later, published=True)
    >>> refuses(north, Enrolment("enrolled", "north", later), noon) is None
    True
    >>> refuses(north, Enrolment("enrolled", "south", later), noon), refuses(north, None, noon)
    ('other_campus', 'not_checked')
    """
    if deal.state == "completed":
        return "completed"
    if deal.state != "open" or now >= deal.deadline:
        return "over"
    if not deal.published:
        return "taken_down"
    if enrolment is None:
        return "not_checked"
    if enrolment.result == "unknown":
        return "not_enrolled"
    if enrolment.result == "graduated":
        return "graduated"
    if now >= enrolment.expires:
        return "expired"
    return None if enrolment.campus == deal.campus else "other_campus"


@functools.cache
def deal_rules(folder: Path | None = None) -> DealRules:
    """The rules of ``group_buying.yaml``.

    Raises:
        PolicyError: the file has errors.

    >>> deal_rules().most("threshold"), deal_rules().longest.days
    (10000, 400)
    """
    keys = tuple(required(name, "") for name in ("proof", "deals", "refusals"))
    return read_rules("group_buying", keys, _build, folder)


_PROOF = Table(
    "proof",
    "Proofs of enrolment",
    (required("longest", "how long one may hold"),),
)


def _build(reader: Reader, root: Map, head: Head) -> DealRules | None:
    proof = _proof(reader, root.get("proof"))
    deals = limits(reader, root.get("deals"), _DEALS, "The limits of deals")
    refusals = limits(reader, root.get("refusals"), _REFUSALS, "The refusals")
    if proof is None or deals is None or refusals is None:
        return None
    return DealRules(head, proof, deals, refusals)


def _proof(reader: Reader, node: Node | None) -> timedelta | None:
    found = None if node is None else reader.table(node, _PROOF)
    return None if found is None else reader.duration(found.get("longest"))
