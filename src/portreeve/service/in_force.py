"""Which version decides on a network at a time: a lookup that every micro-batch makes.

Each process keeps all changes in memory and looks for new ones every quarter of a second
(``LOOK_EVERY``). A change takes effect at the earliest three quarters of a second after it was
made (``LEAD``). So every process knows a change before its moment comes, and all begin to apply it
at the same one, exactly. What a process knows stays valid while the database does not answer.

A change is applied only if its signed decision record verifies, is of this change, and is of the
text that is stored. Whoever writes into the tables by hand puts nothing in force.
"""

from __future__ import annotations

import functools
import logging
import threading
import time as clocks
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import msgspec
import sqlalchemy as sa

from portreeve.enforcement.rollout import WHOLE, takes_in
from portreeve.enforcement.timeline import Change, Standing, place_at, standings
from portreeve.policy import Policy, PolicyError
from portreeve.schemas.policies import RecordBody
from portreeve.service.context import Context
from portreeve.service.errors import ServiceError
from portreeve.service.policy_records import RecordError, record_of, verify_record
from portreeve.service.policy_texts import PolicyTexts, sha256
from portreeve.store import StoreUnavailableError
from portreeve.store.tables.policies import (
    policy_changes,
    policy_networks,
    policy_records,
    policy_sources,
    policy_versions,
)

LOOK_EVERY = 0.25
"""Seconds after which a process looks for changes that another has made."""

LEAD = timedelta(seconds=0.75)
"""How long after it is made a change takes effect at the earliest."""

_AFTER_FAILURE = 5.0
_log = logging.getLogger("portreeve.policies")


@dataclass(frozen=True)
class InForce:
    """What decides on a network, from ``since`` until ``until`` (None: as far as is known).

    ``candidate`` decides instead of ``policy`` for ``percent`` of the accounts. ``shadow`` decides
    beside them, without effect.
    """

    network: str
    policy: Policy
    change: str
    since: datetime
    until: datetime | None
    candidate: Policy | None
    share: int
    """Of the accounts, in ten-thousandths."""
    shadow: Policy | None

    @property
    def percent(self) -> float:
        """Of the accounts, for which the candidate decides."""
        return self.share * 100 / WHOLE

    def in_rollout(self, account: str | None) -> bool:
        """Whether the candidate decides for the account."""
        return self.candidate is not None and takes_in(account, self.candidate.label, self.share)

    def policy_for(self, account: str | None) -> Policy:
        """The version that decides for an account."""
        if self.candidate is not None and self.in_rollout(account):
            return self.candidate
        return self.policy


@dataclass(frozen=True)
class Known:
    """What is known of one network. ``refused``: changes whose record does not verify."""

    changes: int
    standings: list[Standing]
    refused: frozenset[str]
    _made: dict[int, InForce] = field(default_factory=dict)


class Lookup:
    """The versions in force, on all networks."""

    def __init__(self, context: Context, texts: PolicyTexts) -> None:
        self._context = context
        self._texts = texts
        self._known: dict[str, Known] = {}
        self._looking = threading.Lock()
        self._next_look = 0.0
        self._is_kept = False

    def at(self, network: str, time: datetime) -> InForce:
        """What decides on a network at a time.

        Raises:
            ServiceError: ``not-found``, when nothing was in force there at that time.
            StoreUnavailableError: the database does not answer, and never did.
        """
        self._look()
        known = self._known.get(network)
        place = place_at(known.standings, time) if known else -1
        if known is None or place < 0:
            there = ", ".join(sorted(self._known)) or "none"
            raise ServiceError(
                "not-found",
                f"No policy is in force on the network {network!r} at {time.isoformat()}. "
                f"Networks with a policy: {there}.",
                field="network",
            )
        found = known._made.get(place)
        if found is None:
            found = known._made[place] = self._in_force(network, known, place)
        return found

    def networks(self) -> list[str]:
        """All networks that a policy governs."""
        self._look()
        return sorted(self._known)

    def refused(self, network: str) -> frozenset[str]:
        """Changes on a network that are never applied, because their record does not verify."""
        known = self._known.get(network)
        return known.refused if known else frozenset()

    def expire(self) -> None:
        """Look for changes at the next call."""
        self._next_look = 0.0

    def kept(self) -> None:
        """A worker looks for changes from now on, so that no call of :meth:`at` waits for it."""
        self._is_kept = True

    def refresh(self) -> None:
        """Look for changes now, and compile what will be needed.

        Raises:
            StoreUnavailableError: the database does not answer.
        """
        with self._looking:
            self._refresh()

    def _look(self) -> None:
        """Look for changes if it is time; while one thread looks, others use what is known."""
        if self._known and (self._is_kept or clocks.monotonic() < self._next_look):
            return
        if not self._looking.acquire(blocking=not self._known):
            return
        try:
            self._refresh()
        except StoreUnavailableError:
            self._next_look = clocks.monotonic() + _AFTER_FAILURE
            if not self._known:
                raise
        finally:
            self._looking.release()

    def _refresh(self) -> None:
        self._next_look = clocks.monotonic() + LOOK_EVERY
        with self._context.database.read() as connection:
            counted = connection.execute(sa.select(policy_networks)).all()
            news = {
                row.network: self._read(connection, row.network, row.changes)
                for row in counted
                if row.network not in self._known or self._known[row.network].changes != row.changes
            }
        if news:
            for network, known in news.items():
                self._compile(network, known)
            self._known = {**self._known, **news}

    def _read(self, connection: sa.Connection, network: str, changes: int) -> Known:
        applied, refused = read_changes(connection, network, self._trusted)
        return Known(changes, standings(applied), refused)

    @functools.cached_property
    def _trusted(self) -> frozenset[str]:
        return trusted_keys(self._context)

    def _compile(self, network: str, known: Known) -> None:
        """Compile what is in force now and later, so that no request waits for it."""
        now = self._context.now()
        for place in range(max(0, place_at(known.standings, now)), len(known.standings)):
            try:
                known._made[place] = self._in_force(network, known, place)
            except PolicyError:
                label = known.standings[place].policy
                _log.exception("policy does not load", extra={"facts": {"policy": label}})

    def _in_force(self, network: str, known: Known, place: int) -> InForce:
        standing = known.standings[place]
        following = known.standings[place + 1 : place + 2]
        named = self._texts.named
        return InForce(
            network=network,
            policy=named(standing.policy),
            change=standing.change,
            since=standing.since,
            until=following[0].since if following else None,
            candidate=named(standing.candidate) if standing.candidate else None,
            share=standing.share,
            shadow=named(standing.shadow) if standing.shadow else None,
        )


def trusted_keys(context: Context) -> frozenset[str]:
    """The public keys whose records count: the service's own, and those the settings name."""
    former = (context.settings.former_signing_keys or "").split(",")
    return frozenset({context.signer.public_key, *(key.strip() for key in former if key.strip())})


def read_changes(
    connection: sa.Connection, network: str, trusted: frozenset[str]
) -> tuple[list[Change], frozenset[str]]:
    """The changes on a network that count, oldest first, and the ids of those that do not."""
    rows = connection.execute(
        sa.select(
            policy_changes,
            policy_records.c.body,
            policy_records.c.signature,
            policy_records.c.key_id,
            policy_records.c.public_key,
        )
        .join_from(
            policy_changes,
            policy_records,
            policy_changes.c.record == policy_records.c.id,
            isouter=True,
        )
        .where(policy_changes.c.network == network)
        .order_by(policy_changes.c.seq)
    ).all()
    stored = _stored(connection, {row.label for row in rows if row.label is not None})
    applied, refused = [], set()
    for row in rows:
        wrong = _wrong(row, stored, trusted)
        if wrong is None:
            applied.append(_change(row))
        else:
            refused.add(row.id)
            _log.error("policy change refused", extra={"facts": {"change": row.id, "why": wrong}})
    return applied, frozenset(refused)


def _stored(connection: sa.Connection, labels: set[str]) -> dict[str, tuple[str, dict[str, str]]]:
    """For each version the SHA-256 of what is stored, computed anew: of its text, of its bases."""
    version, source = policy_versions.c, policy_sources.c
    rows = connection.execute(
        sa.select(version.label, version.text, version.bases).where(version.label.in_(labels))
    ).all()
    wanted = {sha for row in rows for sha in row.bases.values()}
    texts = connection.execute(
        sa.select(source.sha256, source.text).where(source.sha256.in_(wanted))
    )
    found = {sha: sha256(text) for sha, text in texts}
    return {
        row.label: (
            sha256(row.text),
            {name: found.get(sha, "") for name, sha in row.bases.items()},
        )
        for row in rows
    }


def _wrong(
    row: Any, stored: Mapping[str, tuple[str, dict[str, str]]], trusted: frozenset[str]
) -> str | None:
    """Why a change does not count; None when it does."""
    if row.kind == "shadow":
        return None if row.label is None or row.label in stored else "no such version"
    if row.body is None:
        return "it has no decision record"
    try:
        said = verify_record(record_of(row), trusted)
    except (RecordError, msgspec.MsgspecError) as error:
        return type(error).__name__
    if (said.sha256, said.bases) != stored.get(row.label):
        return "the record is of another text"
    return None if _is_of(said, row) else "the record is of another change"


def _is_of(said: RecordBody, row: Any) -> bool:
    facts = (said.kind, said.network, said.policy, said.effective, said.share, said.withdraws)
    return facts == (row.kind, row.network, row.label, row.effective, row.share, row.withdraws)


def _change(row: Any) -> Change:
    return Change(
        seq=row.seq,
        id=row.id,
        kind=row.kind,
        effective=row.effective,
        policy=row.label,
        share=row.share,
        withdraws=row.withdraws,
    )
