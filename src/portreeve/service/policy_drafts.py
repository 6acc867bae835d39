"""Drafts: policy texts that people write, keep, check and try before they propose them."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from portreeve.policy import Policy
from portreeve.schemas.access import Scope
from portreeve.schemas.base import Page, Paging
from portreeve.schemas.policies import PolicyVersion, Proposal
from portreeve.schemas.policy_drafts import (
    DraftOrigin,
    PolicyDraft,
    ProposeDraft,
    SaveDraft,
)
from portreeve.service.actor import Actor
from portreeve.service.context import Context
from portreeve.service.errors import ServiceError, not_found
from portreeve.service.policies import Policies
from portreeve.service.policy_checking import CheckedText, check_policy_text
from portreeve.service.policy_skeletons import (
    extends_shipped,
    extension,
    next_version,
    renamed,
    with_rule,
)
from portreeve.store import Transaction, new_id
from portreeve.store.tables.policies import policy_drafts, policy_versions

_DRAFT = policy_drafts.c

MOST = 100
"""Drafts that one person may keep."""


class Drafts:
    """The drafts of a store. Each is seen by its writer alone."""

    def __init__(self, context: Context, policies: Policies) -> None:
        self._context = context
        self._policies = policies

    def begin(self, actor: Actor, origin: DraftOrigin) -> PolicyDraft:
        """A text to begin with. Nothing is kept until it is saved: its ``id`` is empty.

        A version that is a shipped policy is extended, so that the draft says only what changes;
        of another one, or where ``whole`` asks for it, the draft is a copy with a new name.

        Raises:
            ServiceError: ``not-found``.
        """
        actor.need(Scope.policies_propose)
        now = self._context.now()
        stored = self._begins_from(actor, origin)
        policy = self._policies.named(stored.policy)
        with self._context.database.read() as connection:
            taken = set(
                connection.execute(
                    sa.select(policy_versions.c.version).where(
                        policy_versions.c.network == origin.network
                    )
                ).scalars()
            )
        name = next_version(now, taken)
        text = stored.text or ""
        if extends_shipped(origin.network, text) and not origin.whole:
            text = extension(policy, name, now)
        else:
            text = renamed(text, name)
        if origin.when is not None:
            text = with_rule(text, policy, origin.when)
        return PolicyDraft(
            id="",
            network=origin.network,
            base=stored.policy,
            text=text,
            rationale="",
            revision=0,
            created=now,
            changed=now,
        )

    def would_extend(self, actor: Actor, origin: DraftOrigin) -> bool:
        """Whether :meth:`begin` has a choice: to extend a shipped policy, or to copy it whole."""
        actor.need(Scope.policies_propose)
        stored = self._begins_from(actor, origin)
        return extends_shipped(origin.network, stored.text or "")

    def save(self, actor: Actor, draft: SaveDraft, id: str | None = None) -> PolicyDraft:
        """Keep a new draft, or one of one's own as it stands now.

        Raises:
            ServiceError: ``conflict``, when it was saved since ``revision``, or one has too many.
        """
        actor.need(Scope.policies_propose)
        with self._context.database.write() as tx:
            if id is None:
                id = self._insert(tx, actor, draft)
            else:
                _update(tx, actor, draft, id)
            return _draft(_row(tx.connection, actor, id))

    def get(self, actor: Actor, id: str) -> PolicyDraft:
        """One of one's own drafts.

        Raises:
            ServiceError: ``not-found``, when it is another person's too.
        """
        actor.need(Scope.policies_propose)
        with self._context.database.read() as connection:
            return _draft(_row(connection, actor, id))

    def page(
        self, actor: Actor, network: str | None = None, paging: Paging | None = None
    ) -> Page[PolicyDraft]:
        """One's own drafts, those changed last first."""
        actor.need(Scope.policies_propose)
        asked = paging or Paging()
        wanted = sa.select(policy_drafts).where(_DRAFT.by == actor.name)
        if network is not None:
            wanted = wanted.where(_DRAFT.network == network)
        with self._context.database.read() as connection:
            if asked.cursor is not None:
                last = _row(connection, actor, asked.cursor)
                together = (_DRAFT.changed == last.changed) & (_DRAFT.seq < last.seq)
                wanted = wanted.where((_DRAFT.changed < last.changed) | together)
            rows = connection.execute(
                wanted.order_by(_DRAFT.changed.desc(), _DRAFT.seq.desc()).limit(asked.limit + 1)
            ).all()
        shown = [_draft(row) for row in rows[: asked.limit]]
        return Page(items=shown, next=shown[-1].id if len(rows) > asked.limit else None)

    def drop(self, actor: Actor, id: str) -> None:
        """Throw one of one's own drafts away.

        Raises:
            ServiceError: ``not-found``.
        """
        actor.need(Scope.policies_propose)
        with self._context.database.write() as tx:
            row = _row(tx.connection, actor, id)
            tx.execute(sa.delete(policy_drafts).where(_DRAFT.id == id))
            tx.audit(actor.name, "policy.draft-drop", id, network=row.network)

    def check(self, actor: Actor, text: str) -> CheckedText:
        """What is wrong with a text, and what comes out for each of its examples."""
        actor.need(Scope.policies_propose)
        return check_policy_text(text)

    def compiled(self, actor: Actor, id: str) -> Policy:
        """The policy that a draft makes.

        Raises:
            ServiceError: ``policy-errors``, when it does not load.
        """
        checked = self.check(actor, self.get(actor, id).text)
        if checked.policy is None:
            raise ServiceError(
                "policy-errors",
                "The draft does not load, so it decides nothing yet. Mend its errors first.",
                field="text",
                problems=list(checked.problems),
            )
        return checked.policy

    def propose(self, actor: Actor, id: str, proposal: ProposeDraft) -> PolicyVersion:
        """Let a draft become a version, which others can approve; the draft is gone then.

        Raises:
            ServiceError: as for :meth:`portreeve.service.policy_versions.Versions.propose`.
        """
        actor.need(Scope.policies_propose)
        draft = self.get(actor, id)
        version = self._policies.versions.propose(
            actor,
            Proposal(text=draft.text, rationale=proposal.rationale, effective=proposal.effective),
        )
        with self._context.database.write() as tx:
            tx.execute(sa.delete(policy_drafts).where(_DRAFT.id == id))
        return version

    def _begins_from(self, actor: Actor, origin: DraftOrigin) -> PolicyVersion:
        version = origin.version
        if version is None:
            version = self._policies.at(origin.network, self._context.now()).policy.version
        return self._policies.versions.get(actor, origin.network, version)

    def _insert(self, tx: Transaction, actor: Actor, draft: SaveDraft) -> str:
        mine = sa.select(sa.func.count()).where(_DRAFT.by == actor.name)
        if tx.execute(mine).scalar_one() >= MOST:
            raise ServiceError(
                "conflict", f"You keep {MOST} drafts already. Throw some of them away first."
            )
        id = new_id("dft")
        tx.execute(
            sa.insert(policy_drafts).values(
                id=id,
                by=actor.name,
                network=draft.network,
                base=draft.base,
                text=draft.text,
                rationale=draft.rationale,
                revision=1,
                created=tx.time,
                changed=tx.time,
            )
        )
        tx.audit(actor.name, "policy.draft", id, network=draft.network)
        return id


def _update(tx: Transaction, actor: Actor, draft: SaveDraft, id: str) -> None:
    row = _row(tx.connection, actor, id)
    seen = row.revision if draft.revision is None else draft.revision
    changed = tx.execute(
        sa.update(policy_drafts)
        .where(_DRAFT.id == id, _DRAFT.revision == seen)
        .values(
            text=draft.text,
            rationale=draft.rationale,
            revision=_DRAFT.revision + 1,
            changed=tx.time,
        )
    )
    if changed.rowcount == 0:
        raise ServiceError(
            "conflict",
            "The draft was changed in another window since. Load the page again to see it; what "
            "you wrote here is not saved.",
            field="revision",
        )


def _row(connection: sa.Connection, actor: Actor, id: str) -> Any:
    mine = sa.select(policy_drafts).where(_DRAFT.id == id, _DRAFT.by == actor.name)
    row = connection.execute(mine).one_or_none()
    if row is None:
        raise not_found("draft of yours", id)
    return row


def _draft(row: Any) -> PolicyDraft:
    return PolicyDraft(
        id=row.id,
        network=row.network,
        base=row.base,
        text=row.text,
        rationale=row.rationale,
        revision=row.revision,
        created=row.created,
        changed=row.changed,
    )
