"""Small policies and people, for the tests of policies in force."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import polars as pl
import sqlalchemy as sa

from portreeve import screen
from portreeve.model import Verdict
from portreeve.policy import Policy
from portreeve.policy.samples import sample_text
from portreeve.schemas.access import Scope
from portreeve.schemas.policies import Activation, Approval, PolicyVersion, Proposal
from portreeve.service.actor import Actor
from portreeve.service.in_force import LEAD
from portreeve.service.policies import Policies
from portreeve.store import Database
from portreeve.store.tables import core
from service import factories
from service.support import FakeClock

MASK = "面膜89元一盒 加微信 abc12345 下单"
"""Sells a mask: the strict sample policy refuses it in Moments, the mild one does not."""

SOFT = "这个面膜敷完脸真的很软"
"""Says that a mask feels soft: nobody refuses it."""

ANN = Actor("ann", frozenset({Scope.policies_propose, Scope.policies_read}))
BOB = Actor("bob", frozenset({Scope.policies_approve, Scope.policies_read}))
CAT = Actor("cat", frozenset({Scope.policies_approve, Scope.policies_read}))
DAN = Actor("dan", frozenset({Scope.policies_read}))

_RULES = """\
rules:
  - id: no-selling
    clause: "1"
    surfaces: [{surfaces}]
    when: promotion >= 0.9 AND NOT protected_sale
    verdict: refuse
    because: {{ en: No selling., zh: 不卖货。 }}
    examples: {{ refuse: [{{ text: {text}, surface: comment }}] }}"""


def mild(version: str = "1", **header: str) -> str:
    """A policy that refuses selling in comments only."""
    return _text(version, "comment", header)


def strict(version: str = "2", **header: str) -> str:
    """A policy that refuses selling in comments and in Moments."""
    return _text(version, "comment, moments", header)


def _text(version: str, surfaces: str, header: dict[str, str]) -> str:
    keys = [f'version: "{version}"', *(f"{key}: {value}" for key, value in header.items())]
    return sample_text("\n".join([*keys, _RULES.format(surfaces=surfaces, text=MASK)]))


def proposed(policies: Policies, text: str, **facts: Any) -> PolicyVersion:
    """Ann proposes a text."""
    proposal = Proposal(text=text, rationale="Friends asked for it.", **facts)
    return policies.versions.propose(ANN, proposal)


def approved(policies: Policies, text: str, **facts: Any) -> PolicyVersion:
    """Ann proposes a text, Bob approves it."""
    version = proposed(policies, text, **facts)
    approval = Approval(sha256=version.sha256)
    return policies.versions.approve(BOB, version.network, version.version, approval)


def in_force(policies: Policies, clock: FakeClock, *texts: str) -> None:
    """Put texts in force one after another, and let the clock pass the moment of each."""
    for text in texts:
        version = approved(policies, text)
        policies.changes.activate(BOB, version.network, version.version, Activation())
        clock.time += LEAD


def decide(policy: Policy, text: str = MASK, surface: str = "moments") -> Verdict:
    """What a policy decides of one post."""
    posts = pl.DataFrame({"id": ["1"], "text": [text], "surface": [surface]})
    return Verdict(screen(posts, policy)["verdict"][0])


class Stored:
    """Stored posts with their words, and a rescreen over them."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._texts: dict[str, str] = {}
        self.asked: list[tuple[str, ...]] = []
        self.breaks_after: int | None = None
        """Raise once this many items were decided and written, as a crash would."""

    def add(self, id: str, text: str = MASK, **facts: Any) -> None:
        """A post in Moments that was allowed."""
        _published(self._database, id, **facts)
        self._texts[id] = text

    def forget(self, id: str) -> None:
        """Its content is gone."""
        del self._texts[id]

    def rescreen(
        self, item_ids: Sequence[str], policy: Policy, *, stage: str, by: str, dry: bool
    ) -> list[tuple[str, str, str, str | None, list[str]]]:
        """Decide stored posts again; those whose words are gone are left out."""
        ids = [id for id in item_ids if id in self._texts]
        if not ids:
            return []
        posts = pl.DataFrame({"id": ids, "text": [self._texts[id] for id in ids]})
        found = []
        for row in screen(posts, policy, published=True).iter_rows(named=True):
            decision = None
            if not dry:
                decision = _decided(self._database, policy, row, stage, by)
                self._count()
            found.append((row["id"], "allow", row["verdict"], decision, row["rules"]))
        if not dry:
            self.asked.append(tuple(ids))
        return found

    def _count(self) -> None:
        if self.breaks_after is not None:
            self.breaks_after -= 1
            if self.breaks_after == 0:
                self.breaks_after = None
                raise ConnectionError("the power went out")


def _published(database: Database, id: str, account: str = "baker", **facts: Any) -> str:
    policy = facts.pop("policy", "sample@1")
    received = timedelta(hours=facts.pop("hours_ago", 1))
    made = factories.published(
        database, id, account=account, policy=policy, **{"stage": "before"} | facts
    )
    with database.write() as tx:
        tx.execute(
            sa.update(core.items)
            .where(core.items.c.id == id)
            .values(network="sample", received=tx.time - received)
        )
        tx.execute(
            sa.update(core.decisions).where(core.decisions.c.id == made).values(network="sample")
        )
    return made


def _decided(database: Database, policy: Policy, row: dict[str, Any], stage: str, by: str) -> str:
    made = factories.decision(
        database, row["id"], row["verdict"], (), stage=stage, policy=policy.label, by=by
    )
    with database.write() as tx:
        tx.execute(
            sa.update(core.decisions)
            .where(core.decisions.c.id == made)
            .values(network="sample", rules=row["rules"])
        )
    return made
