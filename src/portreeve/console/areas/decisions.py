"""A decision: what was decided, by which rules and why, and what became of it."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated
from urllib.parse import urljoin

import msgspec
from msgspec import Meta

from portreeve.console import doors
from portreeve.console.desk import Desk
from portreeve.console.log_words import values
from portreeve.console.names import APPEAL_STATES, ITEM_STATES, STAGES
from portreeve.console.routes import Pages
from portreeve.console.searching import SearchQuery
from portreeve.console.signal_words import telling
from portreeve.console.words import Words
from portreeve.http.call import Reply
from portreeve.policy.explain import Finding
from portreeve.schemas.access import Scope
from portreeve.schemas.enforcement import UndoRequest
from portreeve.schemas.review import Measured
from portreeve.service.errors import ServiceError
from portreeve.service.reasons import SANCTION_RULE

pages = Pages("decisions")


class UndoForm(msgspec.Struct, frozen=True, kw_only=True):
    """Why a decision was wrong."""

    reason: Annotated[str, Meta(max_length=4_000)] = ""


@pages.get("/console/decisions/{id}", Scope.log, Scope.cases)
def show_decision(desk: Desk, id: str) -> Reply:
    """A decision with its reasons, its signals and what became of it; no content."""
    return _decision_page(desk, id)


@pages.post("/console/decisions/{id}/undo", Scope.sanctions)
def undo_decision(desk: Desk, id: str, form: UndoForm) -> Reply:
    """Take a decision back, with everything it caused."""
    if not form.reason.strip():
        error = ServiceError("invalid", "Say why.", zh="请填写理由。", field="reason")
        return _decision_page(desk, id, error)
    try:
        desk.service.undo.reverse(desk.actor, id, UndoRequest(reason=form.reason.strip()))
    except ServiceError as error:
        if error.code != "conflict":
            raise
        return _decision_page(desk, id, error)
    done = Words("Undone, with all it caused.", "已撤销，其后果一并撤回。")
    return desk.go(f"/console/decisions/{id}", done=done)


@pages.post("/console/decisions/{id}/link", Scope.accounts)
def show_link(desk: Desk, id: str) -> Reply:
    """Show the link of the page for the person concerned, to be given to them."""
    link = desk.service.concerned.link(desk.actor, id)
    return _decision_page(desk, id, link=urljoin(doors.base(desk), link))


def _decision_page(
    desk: Desk, id: str, error: ServiceError | None = None, *, link: str | None = None
) -> Reply:
    facts = desk.service.decision_room.facts(desk.actor, id)
    measured = desk.service.measurements.of(desk.actor, [id]).get(id)
    return desk.page(
        "decisions/decision.html.j2",
        status=200 if error is None else error.kind.status,
        facts=facts,
        one=facts.record,
        found=_findings(desk, measured, [reason.rule for reason in facts.record.reasons]),
        measured=measured,
        signals=[] if measured is None else telling(measured.signals),
        goods=values("goods_category").get(facts.record.goods_category or ""),
        others=SearchQuery(range="all").narrowed("item", facts.record.item),
        error=error,
        link=link,
        sanction=SANCTION_RULE,
        STAGES=STAGES,
        ITEM_STATES=ITEM_STATES,
        APPEAL_STATES=APPEAL_STATES,
    )


def _findings(
    desk: Desk, measured: Measured | None, rules: list[str]
) -> dict[str, tuple[Finding, ...]]:
    """By rule, why it held."""
    if measured is None:
        return {}
    explained = desk.service.measurements.explain(measured, rules)
    return {
        one.rule: tuple(_brief(finding) for finding in one.findings)
        for one in explained
        if one.findings
    }


def _brief(finding: Finding, *, defined: bool = False) -> Finding:
    """A finding without what definitions within definitions consist of: the page stays light."""
    if defined and finding.kind == "definition":
        return replace(finding, parts=())
    within = defined or finding.kind == "definition"
    return replace(finding, parts=tuple(_brief(p, defined=within) for p in finding.parts))
