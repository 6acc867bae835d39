"""Appeals: claimed, read beside the first decision, answered by another reviewer."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from portreeve.console import case_view
from portreeve.console.desk import Desk
from portreeve.console.reasons import REPLIES, read
from portreeve.console.reviewing import minded
from portreeve.console.routes import Pages
from portreeve.console.words import Words
from portreeve.http.call import Reply
from portreeve.schemas.access import Scope
from portreeve.schemas.appeals import (
    AppealDossier,
    AppealQuery,
    AppealState,
    DecideAppeal,
    NextAppeal,
)
from portreeve.schemas.cases import CaseItem, ItemEvidence
from portreeve.service.errors import ServiceError

pages = Pages("appeals")


class AppealsQuery(msgspec.Struct, frozen=True, kw_only=True):
    """Which appeals to list."""

    state: AppealState = "open"
    network: str | None = None
    cursor: str | None = None


class AnswerForm(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to an appeal."""

    outcome: Literal["upheld", "overturned"]
    reply: Annotated[str, Meta(max_length=10_000)] | None = None


@pages.get("/console/appeals", Scope.cases)
def show_appeals(desk: Desk, query: AppealsQuery) -> Reply:
    """The appeals, the first due first; one's own decisions are marked."""
    appeals = desk.service.appeals
    page = appeals.list(
        desk.actor, AppealQuery(state=query.state, network=query.network, cursor=query.cursor)
    )
    return desk.page(
        "appeals/appeals.html.j2",
        appeals=page,
        own=appeals.own(desk.actor, [one.id for one in page.items]),
        query=query,
        networks=desk.service.policies.lookup.networks(),
        mind=minded(desk),
    )


@pages.post("/console/appeals/next", Scope.cases)
def take_next_appeal(desk: Desk) -> Reply:
    """Claim the appeal that is due first and that the reviewer may answer, and show it."""
    return _next(desk, None)


@pages.get("/console/appeals/{id}", Scope.cases)
def show_appeal(desk: Desk, id: str) -> Reply:
    """An appeal: the person's words and what was written open to whoever holds it."""
    return _shown(desk, id)


@pages.post("/console/appeals/{id}/claim", Scope.cases)
def claim_appeal(desk: Desk, id: str) -> Reply:
    """Hold the appeal for 15 minutes."""
    try:
        desk.service.appeals.claim(desk.actor, id)
    except ServiceError as refusal:
        if refusal.code not in ("claimed", "same-person", "conflict"):
            raise
        return _shown(desk, id, error=refusal)
    return desk.go(f"/console/appeals/{id}")


@pages.post("/console/appeals/{id}/release", Scope.cases)
def release_appeal(desk: Desk, id: str) -> Reply:
    """Give the appeal back unanswered."""
    desk.service.appeals.release(desk.actor, id)
    return desk.go("/console/appeals", done=Words("Given back.", "已退回。"))


@pages.post("/console/appeals/{id}/decide", Scope.cases)
def answer_appeal(desk: Desk, id: str, form: AnswerForm) -> Reply:
    """Answer the appeal, claim the next and show it."""
    language = desk.service.appeals.dossier(desk.actor, id).language
    usual = REPLIES[form.outcome][0].words
    reply = (form.reply or "").strip() or (usual.zh if language == "zh" else usual.en)
    try:
        request = DecideAppeal(outcome=form.outcome, reply=reply)
        desk.service.appeals.decide(desk.actor, id, request)
    except ServiceError as refusal:
        if refusal.code not in ("claimed", "same-person", "conflict"):
            raise
        return _shown(desk, id, error=refusal)
    upheld = Words("Answered: the decision stands.", "已答复：维持原决定。")
    overturned = Words("Answered: the decision is reversed.", "已答复：原决定已撤销。")
    return _next(desk, overturned if form.outcome == "overturned" else upheld)


def _next(desk: Desk, done: Words | None) -> Reply:
    id = desk.service.appeals.next(desk.actor, NextAppeal())
    if id is not None:
        return desk.go(f"/console/appeals/{id}", done=done)
    none = Words("No appeal waits for you.", "没有等待您处理的申诉。")
    said = none if done is None else Words(f"{done.en} {none.en}", f"{done.zh}{none.zh}")
    return desk.go("/console/appeals", done=said)


def _shown(desk: Desk, id: str, *, error: ServiceError | None = None) -> Reply:
    appeal = desk.service.appeals.dossier(desk.actor, id)
    mine = appeal.claimed_by == desk.actor.name
    item, sealed_in = _said(desk, appeal) if mine else (None, None)
    reasons = case_view.reasons(desk, appeal.network, [_as_item(appeal)])
    return desk.page(
        "appeals/appeal.html.j2",
        status=200 if error is None else 409,
        appeal=appeal,
        mine=mine,
        item=item,
        sealed_in=sealed_in,
        legend=[] if item is None else case_view.legend([item]),
        reasons=reasons,
        first_reason=read(appeal.first_reason or "", desk.language),
        replies=REPLIES,
        error=error,
        mind=minded(desk),
    )


def _said(desk: Desk, appeal: AppealDossier) -> tuple[ItemEvidence | None, str | None]:
    """What the item said; or the sealed case that a release must open first."""
    if not desk.may(Scope.evidence):
        return None, None
    try:
        return desk.service.evidence.read_for_appeal(desk.actor, appeal.id), None
    except ServiceError as refusal:
        if refusal.code not in ("forbidden", "conflict"):
            raise
        return None, str(refusal.more.get("case", ""))


def _as_item(appeal: AppealDossier) -> CaseItem:
    """The contested decision, as a case shows one."""
    return CaseItem(
        item=appeal.item,
        account=appeal.account,
        surface=appeal.surface,
        state=appeal.item_state or "deleted",
        decision=appeal.decision,
        verdict=appeal.verdict,
        rules=appeal.rules,
        clauses=appeal.clauses,
        goods_category=None,
        goods_tier=None,
    )
