"""The rules of enterprise accounts: data, with their clauses."""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass
from datetime import timedelta, timezone
from pathlib import Path
from typing import Literal

from portreeve.commerce.rulebook import (
    Head,
    Limit,
    Reader,
    Table,
    limits,
    read_rules,
    required,
)
from portreeve.policy import Words
from portreeve.policy.source import Map, Node

Refusal = Literal[
    "ended", "unverified", "unpaid", "not_on_staff", "day_used", "not_a_customer", "opted_out",
    "month_used",
]  # fmt: skip
"""Why a customer is not written to; the first that applies is said."""

REFUSALS: dict[Refusal, bool] = {
    "ended": False,
    "unverified": False,
    "unpaid": False,
    "not_on_staff": False,
    "day_used": True,
    "not_a_customer": False,
    "opted_out": False,
    "month_used": True,
}
"""Every refusal in the order in which they are looked for, and whether it counts something."""

_CUSTOMERS = {"unverified": True, "verified": True}


@dataclass(frozen=True)
class Kept:
    """How long something is kept."""

    clause: str
    time: timedelta
    because: Words


@dataclass(frozen=True)
class MerchantRules:
    """The rules of enterprise accounts."""

    head: Head
    zone: timezone
    customers: dict[str, Limit]
    refusals: dict[str, Limit]
    kept_after_end: Kept

    def room(self, *, verified: bool) -> int:
        """How many customers there may be: of one member of staff once verified, before of all."""
        return _most(self.customers["verified" if verified else "unverified"])

    def most(self, refusal: Refusal) -> int:
        """How often something may happen before it is refused."""
        return _most(self.refusals[refusal])


def _most(limit: Limit) -> int:
    assert limit.most is not None  # the reader saw to it
    return limit.most


_KEPT = Table(
    "kept_after_end",
    "The time that something is kept",
    (
        required("clause", "the clause it stands in"),
        required("time", "how long"),
        required("because", "the reason"),
    ),
)


@functools.cache
def merchant_rules(folder: Path | None = None) -> MerchantRules:
    """The rules of enterprise accounts, of ``merchants.yaml``.

    Raises:
        PolicyError: the file has errors.

    >>> merchant_rules().most("month_used"), merchant_rules().room(verified=False)
    (4, 200)
    """
    keys = (
        required("zone", "the offset from UTC at whose midnight days and months begin"),
        required("customers", "how many customers there may be"),
        required("refusals", "why a customer is not written to"),
        required("kept_after_end", "how long a merchant is known after the end"),
    )
    return read_rules("merchants", keys, _build, folder)


def _build(reader: Reader, root: Map, head: Head) -> MerchantRules | None:
    zone = _zone(reader, root.get("zone"))
    customers = limits(reader, root.get("customers"), _CUSTOMERS, "The limits of customers")
    refusals = limits(reader, root.get("refusals"), REFUSALS, "The refusals")
    kept = _kept(reader, root.get("kept_after_end"))
    if zone is None or customers is None or refusals is None or kept is None:
        return None
    return MerchantRules(head, zone, customers, refusals, kept)


def _zone(reader: Reader, node: Node | None) -> timezone | None:
    text = reader.text(node, "an offset from UTC")
    if text is None or node is None:
        return None
    found = re.fullmatch(r"([+-])([01][0-9]):([0-5][0-9])", text)
    if found is None:
        reader.problems.add(
            "P007", f"`{text}` is not an offset", node.span, 'Write hours and minutes: "+08:00".'
        )
        return None
    offset = timedelta(hours=int(found[2]), minutes=int(found[3]))
    return timezone(offset if found[1] == "+" else -offset)


def _kept(reader: Reader, node: Node | None) -> Kept | None:
    found = None if node is None else reader.table(node, _KEPT)
    if found is None:
        return None
    clause, because = reader.text(found.get("clause")), reader.words(found.get("because"))
    time = reader.duration(found.get("time"))
    if clause is None or because is None or time is None:
        return None
    return Kept(clause, time, because)
