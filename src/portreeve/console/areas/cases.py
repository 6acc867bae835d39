"""One case: read, decided by one key, handed over, given back, taken back."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from portreeve.console import case_view
from portreeve.console.areas.campaigns import path_of
from portreeve.console.areas.queue import nothing_left
from portreeve.console.desk import Desk
from portreeve.console.log_words import values
from portreeve.console.reasons import REASONS, USUAL, read, written
from portreeve.console.reviewing import Work, just_decided, minded, place_of, queue_of, take_next
from portreeve.console.routes import Pages
from portreeve.console.words import Words
from portreeve.http.call import Reply
from portreeve.schemas.access import NAME, Scope
from portreeve.schemas.campaigns import InNetwork
from portreeve.schemas.cases import AddNote, CaseRecord, DecideCase, Handover, RequestRelease
from portreeve.schemas.review import TakeBack
from portreeve.service.errors import ServiceError

pages = Pages("cases")

Own = Annotated[str, Meta(max_length=3000)]

_TAKEN_BACK = Words("Taken back by the reviewer.", "审核员撤回。")


class CaseQuery(Work, frozen=True, kw_only=True):
    """What is shown of a case."""

    evidence: bool = False
    """Open the evidence of a case that is decided."""
    cursor: str | None = None


class DecideForm(Work, frozen=True, kw_only=True):
    """A verdict, by one key."""

    verdict: Literal["allow", "label", "limit", "refuse"]
    revision: int
    reason: str | None = None
    """The key of a preset; the usual reason of the verdict when none is chosen."""
    own: Own | None = None
    rules: list[str] = msgspec.field(default_factory=list)


class NoteForm(Work, frozen=True, kw_only=True):
    """Something for other reviewers."""

    note: Annotated[str, Meta(min_length=1, max_length=4000)]


class HandoverForm(Work, frozen=True, kw_only=True):
    """To whom a case goes."""

    to: Annotated[str, Meta(pattern=NAME)]
    note: Annotated[str, Meta(max_length=4000)] | None = None


class AskForm(Work, frozen=True, kw_only=True):
    """Leave to read a sealed case."""

    reason: Annotated[str, Meta(min_length=1, max_length=4000)]
    minutes: Annotated[int, Meta(ge=1, le=240)] = 60


@pages.get("/console/cases/{id}", Scope.cases)
def show_case(desk: Desk, id: str, query: CaseQuery) -> Reply:
    """A case; its evidence is opened once the reader holds it, which the audit log notes."""
    return _shown(desk, id, query, evidence=query.evidence, cursor=query.cursor)


@pages.post("/console/cases/{id}/claim", Scope.cases)
def claim_case(desk: Desk, id: str, form: Work) -> Reply:
    """Hold the case for 15 minutes, or 15 minutes longer."""
    desk.service.cases.claim(desk.actor, id)
    return desk.go(place_of(id, form))


@pages.post("/console/cases/{id}/decide", Scope.cases)
def decide_case(desk: Desk, id: str, form: DecideForm) -> Reply:
    """Decide the case, claim the next and show it, all in one step."""
    request = DecideCase(
        verdict=form.verdict,
        reason=written(form.reason, form.own, form.verdict, desk.language),
        rules=[] if form.verdict == "allow" else form.rules,
        revision=form.revision,
    )
    try:
        desk.service.cases.decide(desk.actor, id, request)
    except ServiceError as refusal:
        if refusal.code not in ("conflict", "claimed", "invalid"):
            raise
        return _shown(desk, id, form, error=refusal)
    return _go_on(desk, form)


@pages.post("/console/cases/{id}/skip", Scope.cases)
def skip_case(desk: Desk, id: str, form: Work) -> Reply:
    """Give the case back undecided, and go on with the next."""
    desk.service.cases.release(desk.actor, id)
    return _go_on(desk, form)


@pages.post("/console/cases/{id}/handover", Scope.cases)
def hand_over_case(desk: Desk, id: str, form: HandoverForm) -> Reply:
    """Give the case to a colleague, and go on with the next."""
    try:
        _need_colleague(desk, form.to)
        desk.service.cases.hand_over(desk.actor, id, Handover(to=form.to, note=form.note))
    except ServiceError as refusal:
        if refusal.code not in ("conflict", "claimed", "invalid", "same-person"):
            raise
        return _shown(desk, id, form, error=refusal)
    return _go_on(desk, form)


@pages.post("/console/cases/{id}/note", Scope.cases)
def note_on_case(desk: Desk, id: str, form: NoteForm) -> Reply:
    """Write something down for other reviewers."""
    desk.service.cases.note(desk.actor, id, AddNote(note=form.note))
    return desk.go(place_of(id, form), done=Words("Noted.", "备注已保存。"))


@pages.post("/console/cases/{id}/undo", Scope.cases)
def undo_case(desk: Desk, id: str, form: Work) -> Reply:
    """Take the decision of the case back, with all it did, and show the case again."""
    reason = TakeBack(reason=desk.t(_TAKEN_BACK.en, _TAKEN_BACK.zh))
    desk.service.cases.take_back(desk.actor, id, reason)
    done = Words("The decision is taken back.", "已撤回该决定。")
    return desk.go(place_of(id, form), done=done)


@pages.post("/console/cases/{id}/ask", Scope.evidence)
def ask_for_release(desk: Desk, id: str, form: AskForm) -> Reply:
    """Ask for leave to read a sealed case; somebody else must grant it."""
    request = RequestRelease(reason=form.reason, minutes=form.minutes)
    desk.service.evidence.request_release(desk.actor, id, request)
    done = Words("Asked. Another person must grant it.", "已提交申请，需由另一人批准。")
    return desk.go(place_of(id, form), done=done)


@pages.post("/console/cases/{id}/grant/{release}", Scope.evidence)
def grant_release(desk: Desk, id: str, release: str, form: Work) -> Reply:
    """Grant what another person asked for; its time begins now."""
    desk.service.evidence.grant_release(desk.actor, id, release)
    done = Words("Granted: both of you may read it now.", "已批准：您和申请人现在均可查看。")
    return desk.go(place_of(id, form), done=done)


@pages.get("/console/cases/{id}/here", Scope.cases)
def note_reader(desk: Desk, id: str) -> Reply:
    """Say that the case is open in front of the reader; who else reads it."""
    desk.service.readers.enter(desk.actor, id)
    return desk.json({"readers": _others(desk, id)})


def _go_on(desk: Desk, work: Work) -> Reply:
    """The next case of the work: in the same answer where our script asks."""
    found = take_next(desk, work)
    if found.case is None:
        return nothing_left(desk, work, found)
    if desk.part:
        return _shown(desk, found.case.id, work)
    return desk.go(place_of(found.case.id, work))


def _shown(
    desk: Desk,
    id: str,
    work: Work,
    *,
    error: ServiceError | None = None,
    evidence: bool = False,
    cursor: str | None = None,
) -> Reply:
    service, actor = desk.service, desk.actor
    record = service.cases.get(actor, id)
    if _is_blind(desk, record):
        return desk.go("/console/readings")
    campaign = _campaign(desk, record) if error is None else None
    if campaign is not None:
        return desk.go(campaign)
    mine = record.claimed_by == actor.name
    opens = desk.may(Scope.evidence) and (mine or (evidence and record.state == "decided"))
    seen = (
        case_view.opened(desk, id, cursor, sealed=record.sealed)
        if opens
        else case_view.Opened(releases=_releases(desk, record))
    )
    items = [] if seen.evidence is None else seen.evidence.items
    return desk.page(
        "cases/case.html.j2",
        status=200 if error is None else 409 if error.code != "invalid" else 422,
        address=place_of(id, work),
        queue_address=queue_of(work),
        case=record,
        work=work,
        mine=mine,
        seen=seen,
        texts={item.item: item for item in items},
        legend=case_view.legend(items),
        reasons=case_view.reasons(desk, record.network, record.contents),
        account=case_view.account(desk, record),
        standings=values("standing"),
        strongest=case_view.verdict_words(record.contents),
        history=_history(desk, record),
        similar=service.likeness.similar(actor, id).items,
        alike=service.picture_viewing.similar(actor, id),
        recent=service.likeness.recent(actor, id),
        readers=_others(desk, id),
        colleagues=service.review.colleagues(actor) if mine else [],
        presets=REASONS,
        usual=USUAL,
        last=just_decided(desk),
        mind=minded(desk),
        error=error,
        grown=error is not None and error.field == "revision",
        may_take_back=record.decided_by == actor.name or desk.may(Scope.sanctions),
    )


def _need_colleague(desk: Desk, name: str) -> None:
    if name.lower() not in desk.service.review.colleagues(desk.actor):
        raise ServiceError(
            "invalid", f"{name!r} is no reviewer here. Choose a colleague.", field="to"
        )


def _is_blind(desk: Desk, record: CaseRecord) -> bool:
    """Whether the reader must not know what was decided."""
    if record.state != "decided" or record.verdict is not None:
        return False
    held = desk.service.readings.held(desk.actor)
    return held is not None and held.case == record.id


def _campaign(desk: Desk, record: CaseRecord) -> str | None:
    """The page of the campaign that a case is about; None where there is none any more."""
    if record.origin != "campaign":
        return None
    campaigns = desk.service.campaigns
    try:
        network, id = campaigns.of_case(desk.actor, record.id)
        campaigns.get(desk.actor, id, InNetwork(network=network))
    except ServiceError as refusal:
        if refusal.code != "not-found":
            raise
        return None
    return path_of(id, network)


def _releases(desk: Desk, record: CaseRecord) -> Any:
    if not record.sealed:
        return ()
    return desk.service.evidence.releases(desk.actor, record.id).items


def _history(desk: Desk, record: CaseRecord) -> list[Any]:
    """The steps of a case, the latest first; notes in the reader's language where they are ours."""
    steps = desk.service.cases.history(desk.actor, record.id).items
    return [
        msgspec.structs.replace(
            step, note=None if step.note is None else read(step.note, desk.language)
        )
        for step in reversed(steps)
    ]


def _others(desk: Desk, case: str) -> list[str]:
    """Who else reads a case now."""
    names = desk.service.readers.of(desk.actor, [case]).get(case, [])
    return [name for name in names if name != desk.actor.name]
