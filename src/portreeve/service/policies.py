"""Policies in force: everything about them in one place.

What people do is in the parts: ``versions`` (propose, approve, disagree), ``changes`` (activate,
roll back, roll out, shadow, take back), ``shadows`` (differences) and ``alarms``. What the
screening path asks for are the methods.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta

import sqlalchemy as sa

from portreeve.policy import Policy
from portreeve.policy.files import read, shipped_folder, shipped_names
from portreeve.service.actor import PORTREEVE
from portreeve.service.alarms import Alarms
from portreeve.service.context import Context
from portreeve.service.in_force import InForce, Lookup
from portreeve.service.policy_changes import Changes
from portreeve.service.policy_texts import PolicyTexts, bases_of, compiled
from portreeve.service.policy_versions import Versions, insert_version
from portreeve.service.shadow import ShadowRow, Shadows
from portreeve.store import Transaction
from portreeve.store.statements import insert_missing
from portreeve.store.tables.policies import policy_networks, policy_versions

KEPT = timedelta(days=35)
"""How long counts of hits and of shadows are kept."""

_WHY = "Shipped with Portreeve: in force until people decide otherwise."


class Policies:
    """The policies of a store, and what is in force."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self.texts = PolicyTexts(context.database)
        self.lookup = Lookup(context, self.texts)
        self.versions = Versions(context, self.texts)
        self.changes = Changes(context, self.lookup)
        self.shadows = Shadows(context, self.lookup)
        self.alarms = Alarms(context, self.texts, self.lookup)
        self._tidied: date | None = None

    def seed(self) -> None:
        """Put the shipped policies in force on networks that nothing governs yet.

        Each gets a decision record, made by ``portreeve``, which says that it is the shipped
        default. They are in force from the time their text says, or from now if that is earlier. A
        newer release never changes what is in force.
        """
        governed = sa.select(policy_networks.c.network).where(policy_networks.c.changes > 0)
        with self._context.database.read() as connection:
            there = set(connection.execute(governed).scalars())
        for name in shipped_names():
            if "/" not in name and name not in there:
                self._seed(name)
        self.lookup.refresh()

    def at(self, network: str, time: datetime) -> InForce:
        """What decides on a network at a time; microseconds, for every micro-batch.

        Raises:
            ServiceError: ``not-found``, when nothing was in force there at that time.
            StoreUnavailableError: the database does not answer, and never did.
        """
        return self.lookup.at(network, time)

    def named(self, label: str) -> Policy:
        """Any stored version, to explain what it decided.

        Raises:
            ServiceError: ``not-found``.
        """
        return self.texts.named(label)

    def refresh(self) -> None:
        """Look for changes made by other processes; a worker calls it every ``LOOK_EVERY``.

        Raises:
            StoreUnavailableError: the database does not answer.
        """
        self.lookup.refresh()

    def note_shadow(
        self, tx: Transaction, network: str, shadow: str, rows: Iterable[ShadowRow]
    ) -> None:
        """Count what a shadow on ``network`` decided beside the version that counted.

        ``rows``: decision id, surface, account, verdict, the shadow's verdict, rules (strongest
        first), the shadow's rules; of all items, those that come out alike too.
        """
        if not shadow.startswith(f"{network}@"):
            raise ValueError(f"{shadow} is no version of {network}")
        self.shadows.note(tx, shadow, rows)

    def note_hits(
        self, tx: Transaction, network: str, policy: str, counts: Mapping[str, int], total: int
    ) -> None:
        """Count on how many of ``total`` items each rule held, for the alarms."""
        self.alarms.note(tx, network, policy, counts, total)

    def watch(self) -> int:
        """Raise alarms about the time that has just ended; how many were raised.

        A worker calls it every few seconds. Once a day it also forgets counts older than ``KEPT``.
        """
        today = self._context.now().date()
        if today != self._tidied:
            for part in (self.alarms, self.shadows):
                part.tidy(self._context.now() - KEPT)
            self._tidied = today
        return self.alarms.watch()

    def _seed(self, name: str) -> None:
        text = read(shipped_folder() / f"{name}.yaml").source.text
        policy = compiled(text, tuple(sorted(bases_of(text).items())))
        mine = policy_networks.c.network == name
        with self._context.database.write() as tx:
            insert_missing(tx, policy_networks, [{"network": name, "changes": 0}])
            changes = tx.execute(
                sa.select(policy_networks.c.changes).where(mine).with_for_update()
            ).scalar_one()
            if changes:
                return
            label = policy_versions.c.label
            there = tx.execute(sa.select(label).where(label == policy.label)).first()
            effective = min(policy.effective.astimezone(UTC), tx.time)
            if there is None:
                insert_version(
                    tx,
                    policy,
                    text,
                    rationale=_WHY,
                    proposer=PORTREEVE.name,
                    effective=effective,
                )
            self.changes.put_default(tx, PORTREEVE, policy.label, effective)
