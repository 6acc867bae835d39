"""Decisions that people make."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Protocol

import sqlalchemy as sa

from portreeve.enforcement.consequences import PERSON
from portreeve.model import Verdict
from portreeve.policy import Policy
from portreeve.service.context import Context
from portreeve.service.settling import decided_by_item, settle
from portreeve.service.standing import PolicyBook, lock
from portreeve.store import Transaction, new_id
from portreeve.store.tables import core
from portreeve.store.vault import NOBODY


class InForce(Protocol):
    """What governs a network at a time."""

    @property
    def policy(self) -> Policy:
        """The policy in force."""


class PoliciesInForce(PolicyBook, Protocol):
    """Finds policies by label, and by what is in force."""

    def at(self, network: str, time: datetime) -> InForce:
        """What governs a network at a time."""


class PersonDecisions:
    """Writes the decisions of people."""

    def __init__(
        self,
        context: Context,
        policies: PoliciesInForce,
        *,
        decided: Callable[[], None] = lambda: None,
    ) -> None:
        """``decided`` is called when a decision is committed, so that what follows is drawn."""
        self._context = context
        self._policies = policies
        self.decided = decided
        """To be called when what a decision leads to is to be drawn."""

    def person_decision(
        self,
        tx: Transaction,
        actor_name: str,
        item: sa.Row[Any],
        verdict: str,
        rules: Sequence[str],
        clauses: Sequence[str],
        reason: str,
        *,
        instead_of: str | None = None,
    ) -> str:
        """Decide an item anew, in place of the decision in force; the new decision's id.

        The item has its new state when this returns; strikes, sanctions and notices follow when
        the decision is followed up. ``item``: a row of the table ``items``. ``rules``: those that
        the person finds to hold, strongest first, with their ``clauses``; they are rules of the
        policy by which the item was decided last, or else of the one in force. ``reason`` is kept
        sealed. ``instead_of``: the decision to take the place of, when it is one on an earlier
        revision; strikes follow from it, and the item stays as it is.
        """
        lock(tx)
        d = core.decisions
        last = tx.execute(sa.select(d).where(d.c.id == (instead_of or item.decision))).one()
        id = new_id("dec")
        sealed = self._context.vault.seal_many(
            tx, [last.account or NOBODY], [reason.encode()], [f"{id}.reason"]
        )
        policy = self._policy(last, rules, tx.time)
        refused = Verdict(verdict).rank >= Verdict.refuse.rank
        law = {rule.id for rule in policy.rules if rule.layer == "law"}
        kept = ("promotion", "recruits", "goods_category", "goods_tier", "grade")
        row = {name: getattr(last, name) for name in kept} | {
            # of whom and where the decision was: the item may be another's by now
            "id": id, "item": item.id, "revision": last.revision, "account": last.account,
            "network": last.network, "surface": last.surface, "stage": PERSON,
            "decided": tx.time, "verdict": verdict, "permitted": not refused,
            "lawful": not refused or law.isdisjoint(rules), "policy": policy.label,
            "rules": list(rules), "clauses": list(clauses), "supersedes": last.id,
            "by": actor_name, "reason": sealed[0], "followed": False,
        }  # fmt: skip
        tx.execute(sa.insert(d), row)
        settle(tx, decided_by_item(tx, [item.id]))
        tx.audit(
            actor_name, "decision.make", id,
            item=item.id, verdict=verdict, rules=list(rules), clauses=list(clauses),
            supersedes=last.id,
        )  # fmt: skip
        tx.then(self.decided)
        return id

    def _policy(self, last: sa.Row[Any], rules: Sequence[str], time: datetime) -> Policy:
        policy = self._policies.named(last.policy)
        if {rule.id for rule in policy.rules}.issuperset(rules):
            return policy
        return self._policies.at(last.network, time).policy
