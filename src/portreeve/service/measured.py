"""What the machine measured of items that a person judges, to show why a rule holds."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Sequence

import sqlalchemy as sa

from portreeve.enforcement.consequences import PERSON
from portreeve.policy.explain import Explanation, explain
from portreeve.schemas.access import Scope
from portreeve.schemas.review import Measured
from portreeve.service.actor import Actor
from portreeve.service.bulk import fetch_in
from portreeve.service.context import Context
from portreeve.service.standing import PolicyBook
from portreeve.store.log.export import FOLDER
from portreeve.store.log.signals import Wanted, signals_of
from portreeve.store.tables.core import decisions

_REMEMBERED = 2_000
"""Signals never change; those that were read are kept for whoever opens the case next."""


class Measurements:
    """Reads the signals of decisions, and explains rules by them."""

    def __init__(self, context: Context, policies: PolicyBook) -> None:
        self._context = context
        self._policies = policies
        self._known: OrderedDict[str, Measured] = OrderedDict()
        self._lock = threading.Lock()

    def of(self, actor: Actor, ids: Sequence[str]) -> dict[str, Measured]:
        """What was measured for decisions, by decision.

        For a person's decision it is what the machine had measured before. Signals hold no
        content; where nothing was measured, as of a message in a report, there are none.
        """
        if not actor.may(Scope.log):
            actor.need(Scope.cases)
        with self._lock:
            known = {id: self._known[id] for id in ids if id in self._known}
        asked = [id for id in ids if id not in known]
        if asked:
            known |= self._read(asked)
            self._remember({id: known[id] for id in asked if id in known})
        return known

    def explain(self, measured: Measured, rules: Sequence[str]) -> list[Explanation]:
        """Why rules hold, part by part with the values; of rules that the policy has."""
        if not measured.signals:
            return []
        policy = self._policies.named(measured.policy)
        known = {rule.id for rule in policy.rules}
        return [explain(policy, measured.signals, rule) for rule in rules if rule in known]

    def _read(self, ids: Sequence[str]) -> dict[str, Measured]:
        with self._context.database.read() as connection:
            machine = _machine(connection, ids)
            wanted = [
                Wanted(row["id"], row["seq"], row["batch"], row["decided"])
                for row in machine.values()
                if row["batch"] is not None
            ]
            folder = self._context.folder / FOLDER
            found = signals_of(connection, folder, wanted) if wanted else {}
        return {
            id: Measured(decision=row["id"], policy=row["policy"], signals=found.get(row["id"], {}))
            for id, row in machine.items()
        }

    def _remember(self, found: dict[str, Measured]) -> None:
        with self._lock:
            self._known |= {id: one for id, one in found.items() if one.signals}
            while len(self._known) > _REMEMBERED:
                self._known.popitem(last=False)


def _machine(connection: sa.Connection, ids: Sequence[str]) -> dict[str, sa.RowMapping]:
    """For each decision the one of the machine that it goes back to; none for a person's own."""
    d = decisions.c
    columns = (d.id, d.seq, d.batch, d.decided, d.policy, d.stage, d.supersedes)
    asked = {id: id for id in ids}
    found: dict[str, sa.RowMapping] = {}
    while asked:
        rows = {
            row["id"]: row
            for row in fetch_in(connection, sa.select(*columns), d.id, asked.values())
        }
        found |= {
            id: rows[at] for id, at in asked.items() if at in rows and rows[at]["stage"] != PERSON
        }
        asked = {
            id: rows[at]["supersedes"]
            for id, at in asked.items()
            if id not in found and at in rows and rows[at]["supersedes"] is not None
        }
    return found
