"""What a case or an appeal is about: opened for reviewers, and every opening is in the audit log.

Black goods are sealed: their evidence opens only while a release stands that one person asked for
and another granted, and only for these two.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import msgspec
import sqlalchemy as sa

from portreeve.model import Surface
from portreeve.schemas.access import Scope
from portreeve.schemas.base import Page, Paging
from portreeve.schemas.cases import (
    CaseEvidence,
    ItemEvidence,
    Release,
    ReportEvidence,
    RequestRelease,
)
from portreeve.schemas.pictures import ItemPicture
from portreeve.service import case_steps
from portreeve.service.actor import Actor
from portreeve.service.case_opening import SEALED_TIER
from portreeve.service.case_records import Row, case_row, facts
from portreeve.service.case_steps import Step
from portreeve.service.context import Context
from portreeve.service.errors import ServiceError, not_found
from portreeve.service.picture_facts import PictureFacts
from portreeve.service.picture_places import pictures_of
from portreeve.store import Transaction, new_id
from portreeve.store.tables.cases import appeals, case_items, cases, evidence_releases, reports
from portreeve.store.tables.core import contents, decisions, items
from portreeve.store.vault import NOBODY, Content


def words_name(report: str) -> str:
    """The name under which a report's words are sealed."""
    return f"{report}/words"


def message_name(report: str) -> str:
    """The name under which a reported message is sealed."""
    return f"{report}/message"


class EvidenceRoom:
    """Opens evidence, and the releases that sealed evidence needs."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._facts = PictureFacts(context)

    def read(self, actor: Actor, case: str, paging: Paging) -> CaseEvidence:
        """What the items of a case said, a page at a time, and what its reports say.

        Raises:
            ServiceError: ``forbidden`` when the case is sealed and no release lets the actor in.
        """
        actor.need(Scope.evidence)
        with self._context.database.write() as tx:
            row = case_row(tx.connection, case)
            release = self._release_needed(tx, row, actor) if row.sealed else None
            members, after = _members(tx, case, paging)
            told = [] if paging.cursor else self._reports(tx, case)
            found = CaseEvidence(
                case=case, items=self._items(tx, members), reports=told, next=after
            )
            detail = {
                "decisions": [member.decision for member in members],
                "reports": [report.report for report in told],
                "release": release,
            }
            case_steps.write(tx, [Step(case, actor.name, "evidence-read", detail)])
            return found

    def read_for_appeal(self, actor: Actor, appeal: str) -> ItemEvidence:
        """What the item of an appealed decision said.

        Raises:
            ServiceError: ``forbidden`` for black goods when no release of the case that holds the
                decision lets the actor in.
        """
        actor.need(Scope.evidence)
        with self._context.database.write() as tx:
            row = tx.execute(
                sa.select(
                    appeals.c.id, appeals.c.item, appeals.c.decision, appeals.c.account,
                    decisions.c.goods_tier, decisions.c.revision,
                )
                .join(decisions, decisions.c.id == appeals.c.decision)
                .where(appeals.c.id == appeal)
            ).first()  # fmt: skip
            if row is None:
                raise not_found("appeal", appeal)
            release = None
            if row.goods_tier == SEALED_TIER:
                release = self._release_needed(tx, _case_of(tx, row), actor)
            tx.audit(
                actor.name, "appeal.evidence-read", appeal, decision=row.decision, release=release
            )
            return self._items(tx, [row])[0]

    def read_decisions(
        self, actor: Actor, wanted: Sequence[str], action: str, subject: str
    ) -> list[ItemEvidence]:
        """What the items of some decisions said; ``action`` and ``subject`` stand in the audit log.

        Black goods are sealed and private chats have no content: both are left out.
        """
        actor.need(Scope.evidence)
        with self._context.database.write() as tx:
            rows = tx.execute(
                sa.select(decisions.c.id.label("decision"), decisions.c.item, decisions.c.account)
                .where(
                    decisions.c.id.in_(wanted),
                    decisions.c.goods_tier.is_distinct_from(SEALED_TIER),
                    decisions.c.surface != Surface.private_chat,
                )
                .order_by(decisions.c.seq.desc())
            ).all()
            tx.audit(actor.name, action, subject, decisions=[row.decision for row in rows])
            return self._items(tx, rows)

    def open_decision(
        self, tx: Transaction, actor: Actor, decision: str
    ) -> tuple[Content | None, str | None]:
        """What the item of a decision said, None when it is gone, and the release that lets the
        actor in where one is needed. The caller writes that it was read into the audit log.

        Raises:
            ServiceError: ``not-found``, for private chats too: they have no content; ``forbidden``
                for black goods when no release of the case that holds the decision lets the actor
                in.
        """
        actor.need(Scope.evidence)
        d = decisions.c
        row = tx.execute(
            sa.select(
                d.item, d.id.label("decision"), d.account, d.goods_tier, d.revision, d.surface
            ).where(d.id == decision)
        ).first()
        if row is None or row.surface == Surface.private_chat:
            raise not_found("decision", decision)
        release = None
        if row.goods_tier == SEALED_TIER:
            release = self._release_needed(tx, _case_of(tx, row), actor)
        return self._opened(tx, [row]).get(decision), release

    def request_release(self, actor: Actor, case: str, request: RequestRelease) -> Release:
        """Ask for leave to read a sealed case. Somebody else must grant it.

        Raises:
            ServiceError: ``conflict`` when the case is not sealed.
        """
        actor.need(Scope.evidence)
        with self._context.database.write() as tx:
            row = case_row(tx.connection, case)
            if not row.sealed:
                raise ServiceError(
                    "conflict", f"The case {case} is not sealed. Read its evidence directly."
                )
            release = {
                "id": new_id("rel"),
                "case": case,
                "requested_by": actor.name,
                "requested": tx.time,
                "minutes": request.minutes,
            }
            tx.execute(sa.insert(evidence_releases), release)
            detail = {"release": release["id"], "minutes": request.minutes}
            step = Step(case, actor.name, "release-requested", detail)
            case_steps.write_noted(tx, self._context, step, row.account, request.reason)
            tx.announce("case.release-requested", case, release=release["id"])
            return _release(tx, str(release["id"]))

    def grant_release(self, actor: Actor, case: str, release: str) -> Release:
        """Grant what another person asked for; the time begins now.

        Raises:
            ServiceError: ``same-person`` for whoever asked; ``conflict`` when it was granted.
        """
        actor.need(Scope.evidence)
        with self._context.database.write() as tx:
            wanted = _release(tx, release)
            if wanted.case != case:
                raise not_found("release", release)
            if wanted.requested_by == actor.name:
                raise ServiceError(
                    "same-person",
                    f"{actor.name!r} asked for the release {release}. Another person must "
                    "grant it.",
                )
            granted = tx.execute(
                sa.update(evidence_releases)
                .where(evidence_releases.c.id == release, evidence_releases.c.granted_by.is_(None))
                .values(
                    granted_by=actor.name,
                    granted=tx.time,
                    until=tx.time + timedelta(minutes=wanted.minutes),
                )
            )
            if granted.rowcount == 0:
                raise ServiceError("conflict", f"The release {release} was granted already.")
            detail = {"release": release, "requested_by": wanted.requested_by}
            case_steps.write(tx, [Step(case, actor.name, "release-granted", detail)])
            return _release(tx, release)

    def releases(self, actor: Actor, case: str) -> Page[Release]:
        """The releases of a case, the latest first."""
        actor.need(Scope.cases)
        with self._context.database.read() as connection:
            case_row(connection, case)
            rows = connection.execute(
                sa.select(evidence_releases)
                .where(evidence_releases.c.case == case)
                .order_by(evidence_releases.c.id.desc())
            )
            return Page(items=msgspec.convert([facts(row) for row in rows], list[Release]))

    def _release_needed(self, tx: Transaction, case: Row, actor: Actor) -> str:
        """The release that lets the actor read a sealed case now."""
        c = evidence_releases.c
        found = tx.execute(
            sa.select(c.id).where(
                c.case == case.id,
                c.until > tx.time,
                sa.or_(c.requested_by == actor.name, c.granted_by == actor.name),
            )
        ).first()
        if found is None:
            raise ServiceError(
                "forbidden",
                f"The evidence of the case {case.id} is sealed. Ask for a release, and have "
                "another person grant it.",
                case=case.id,
            )
        return str(found.id)

    def _items(self, tx: Transaction, members: Sequence[Row]) -> list[ItemEvidence]:
        """What the items said that are named by ``item``, ``decision`` and ``account``."""
        plain = self._opened(tx, members)
        shown = dict(
            zip(plain, pictures_of(self._facts, tx.connection, list(plain.values())), strict=True)
        )
        return [
            _item_evidence(member, plain.get(member.decision), shown.get(member.decision, []))
            for member in members
        ]

    def _opened(self, tx: Transaction, members: Sequence[Row]) -> dict[str, Content]:
        """By decision what its item said; what is gone is left out."""
        said = _sealed_contents(tx, members)
        opened = self._context.vault.open_many(
            tx.connection,
            [row.account for row in said.values()],
            [row.sealed for row in said.values()],
            [row.decision for row in said.values()],
        )
        return {
            decision: Content.from_bytes(plain)
            for decision, plain in zip(said, opened, strict=True)
            if plain is not None
        }

    def _reports(self, tx: Transaction, case: str) -> list[ReportEvidence]:
        rows = tx.execute(
            sa.select(reports).where(reports.c.case == case).order_by(reports.c.id)
        ).all()
        words = self._context.vault.open_many(
            tx.connection,
            [row.reporter for row in rows],
            [row.words or b"" for row in rows],
            [words_name(row.id) for row in rows],
        )
        messages = self._context.vault.open_many(
            tx.connection,
            [row.account or NOBODY for row in rows],
            [row.message or b"" for row in rows],
            [message_name(row.id) for row in rows],
        )
        return [
            ReportEvidence(
                report=row.id,
                grade=row.grade,
                erased=(row.words is not None and said is None)
                or (row.message is not None and message is None),
                words=None if said is None else said.decode(),
                message=None if message is None else message.decode(errors="replace"),
            )
            for row, said, message in zip(rows, words, messages, strict=True)
        ]


def _members(tx: Transaction, case: str, paging: Paging) -> tuple[Sequence[Row], str | None]:
    """Items of a case with the decisions on them, in the order of their ids.

    A reported message of a chat is no content of an item: it stands in its report.
    """
    c = case_items.c
    wanted = (
        sa.select(c.item, c.decision, c.account)
        .join(items, items.c.id == c.item)
        .where(c.case == case, items.c.surface != Surface.private_chat)
        .order_by(c.item)
        .limit(paging.limit + 1)
    )
    if paging.cursor is not None:
        wanted = wanted.where(c.item > paging.cursor)
    rows = tx.execute(wanted).all()
    shown = rows[: paging.limit]
    return shown, shown[-1].item if len(rows) > paging.limit else None


def _sealed_contents(tx: Transaction, members: Sequence[Row]) -> dict[str, Row]:
    """The sealed content of each decision; of a person's, that of the decision it replaced."""
    asked = {member.decision: member.decision for member in members}
    d = decisions.c
    left = set(asked)
    found: dict[str, Row] = {}
    while left:
        stored = tx.execute(sa.select(contents).where(contents.c.decision.in_(left))).all()
        by_decision = {row.decision: row for row in stored}
        found |= {name: by_decision[at] for name, at in asked.items() if at in by_decision}
        before = tx.execute(
            sa.select(d.id, d.supersedes).where(
                d.id.in_(left - by_decision.keys()), d.stage == "person", d.supersedes.is_not(None)
            )
        ).all()
        step = {row.id: row.supersedes for row in before}
        asked = {name: step[at] for name, at in asked.items() if at in step}
        left = set(asked.values())
    return found


def _item_evidence(member: Row, said: Content | None, shown: list[ItemPicture]) -> ItemEvidence:
    named = {"item": member.item, "decision": member.decision, "account": member.account}
    if said is None:
        return ItemEvidence(**named, erased=True)
    return ItemEvidence(
        **named,
        erased=False,
        text=said.text,
        links=said.links,
        codes=said.codes,
        picture_text=said.picture_text,
        pictures=shown,
        contacts=said.contacts,
        prices=said.prices,
        evidence=said.evidence,
    )


def _case_of(tx: Transaction, appealed: Row) -> Row:
    """The sealed case that holds an appealed decision, or one before it on the same content."""
    d = decisions.c
    made = sa.select(d.id).where(d.item == appealed.item, d.revision == appealed.revision)
    found = tx.execute(
        sa.select(case_items.c.case)
        .join(cases, cases.c.id == case_items.c.case)
        .where(case_items.c.decision.in_(made), cases.c.sealed)
        .order_by(case_items.c.case.desc())
    ).first()
    if found is None:
        raise ServiceError(
            "conflict",
            f"The evidence of the decision {appealed.decision} is sealed, and its case is not "
            "open yet. Try again in a moment.",
        )
    return case_row(tx.connection, found.case)


def _release(tx: Transaction, id: str) -> Release:
    row = tx.execute(sa.select(evidence_releases).where(evidence_releases.c.id == id)).first()
    if row is None:
        raise not_found("release", id)
    return msgspec.convert(facts(row), Release)
