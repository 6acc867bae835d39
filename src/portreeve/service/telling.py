"""What hosts and accounts are told of decisions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import sqlalchemy as sa

from portreeve.enforcement.reach import reach
from portreeve.model import Verdict
from portreeve.policy import Rule
from portreeve.service.bulk import Event, announce_all
from portreeve.service.reasons import SANCTION_RULE
from portreeve.service.standing import PolicyBook
from portreeve.store import Transaction, new_id
from portreeve.store.tables import enforcement

Row = sa.Row[Any]

_EVENTS = {
    "allow": "item.restored",
    "label": "item.labelled",
    "limit": "item.limited",
    "hold": "item.held",
    "refuse": "item.refused",
    "remove": "item.removed",
}
"""What a host is told to do with an item, when the decision was not the answer to its own call."""


_ACCOUNT_LIMITED = f"{SANCTION_RULE}limit"
"""Stands among a decision's rules when its account is under the sanction ``limit``."""


def rules_of(rows: Iterable[Row], policies: PolicyBook) -> dict[str, list[Rule]]:
    """The rules that hold, by decision, as the decision's policy has them."""
    known: dict[str, dict[str, Rule]] = {}
    found = {}
    for row in rows:
        label = row.policy
        if label not in known:
            known[label] = {rule.id: rule for rule in policies.named(label).rules}
        found[row.id] = [known[label][id] for id in row.rules if id in known[label]]
    return found


def item_event(row: Row, rules: Sequence[Rule]) -> Event:
    """What a host is to do with an item by a decision in force; ``rules``: those that hold."""
    facts = {"decision": row.id, "account": row.account, "network": row.network}
    if row.verdict == Verdict.limit:
        facts["reach"] = reach(rules, account_limited=_ACCOUNT_LIMITED in row.rules)
    return _EVENTS[row.verdict], row.item, facts


def give_notices(tx: Transaction, notices: Iterable[dict[str, Any]]) -> list[str]:
    """Write notices to accounts and announce them; their ids. Nobody is told where no account is.

    Each names ``account``, ``kind``, and ``decision``, ``sanction`` or ``licence``.
    """
    rows = [
        {
            "id": new_id("ntc"), "decision": None, "sanction": None, "licence": None,
            "created": tx.time,
        }
        | notice
        for notice in notices
        if notice["account"] is not None
    ]  # fmt: skip
    if rows:
        tx.execute(sa.insert(enforcement.notices), rows)
    names = ("account", "kind", "decision", "sanction", "licence")
    announce_all(
        tx, (("notice.created", row["id"], {name: row[name] for name in names}) for row in rows)
    )
    return [row["id"] for row in rows]
