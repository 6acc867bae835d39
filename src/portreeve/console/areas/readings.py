"""Second readings: a case read again without knowing what was decided, and how far two agree."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from portreeve.console import case_view
from portreeve.console.desk import Desk
from portreeve.console.reasons import REASONS, USUAL, written
from portreeve.console.reviewing import Work, minded
from portreeve.console.routes import Pages
from portreeve.console.words import Words
from portreeve.http.call import Reply
from portreeve.schemas.access import Scope
from portreeve.schemas.readings import Reading, SubmitReading
from portreeve.service.errors import ServiceError

pages = Pages("readings")


class ReadingsQuery(msgspec.Struct, frozen=True, kw_only=True):
    """Which readings are counted."""

    network: str | None = None


class ReadForm(msgspec.Struct, frozen=True, kw_only=True):
    """What the reader would have decided."""

    reading: str
    verdict: Literal["allow", "label", "limit", "refuse"]
    reason: str | None = None
    own: Annotated[str, Meta(max_length=3000)] | None = None


@pages.get("/console/readings", Scope.cases)
def show_readings(desk: Desk, query: ReadingsQuery) -> Reply:
    """The case that the reader holds, blind; and how far reviewers agree."""
    return _shown(desk, query)


@pages.post("/console/readings/next", Scope.cases)
def take_next_reading(desk: Desk) -> Reply:
    """Claim the oldest case that waits for a second reader who has not worked on it."""
    return _next(desk, None)


@pages.post("/console/readings/read", Scope.cases)
def submit_reading(desk: Desk, form: ReadForm) -> Reply:
    """Give one's verdict, and go on with the next."""
    request = SubmitReading(
        reading=form.reading,
        verdict=form.verdict,
        reason=written(form.reason, form.own, form.verdict, desk.language),
    )
    try:
        result = desk.service.readings.submit(desk.actor, request)
    except ServiceError as refusal:
        if refusal.code not in ("claimed", "conflict", "not-found"):
            raise
        return _shown(desk, ReadingsQuery(), error=refusal)
    if result.agreed:
        done = Words("Both of you agree.", "两次判断一致。")
    elif result.reopened:
        done = Words(
            "You differ: a third reviewer decides the case.", "两次判断不一致：由第三位审核员决定。"
        )
    else:
        done = Words("You differ; the case is open already.", "两次判断不一致；本案已重新开启。")
    return _next(desk, done)


def _next(desk: Desk, done: Words | None) -> Reply:
    try:
        desk.service.readings.next(desk.actor)
    except ServiceError as refusal:
        if refusal.code != "not-found":
            raise
        none = Words("No case waits for you to be read again.", "没有等待您复核的案件。")
        done = none if done is None else Words(f"{done.en} {none.en}", f"{done.zh}{none.zh}")
    return desk.go("/console/readings", done=done)


def _shown(desk: Desk, query: ReadingsQuery, *, error: ServiceError | None = None) -> Reply:
    readings = desk.service.readings
    held = readings.held(desk.actor)
    return desk.page(
        "readings/readings.html.j2",
        status=200 if error is None else 409,
        query=query,
        agreement=readings.agreement(desk.actor, query.network),
        networks=desk.service.policies.lookup.networks(),
        mind=minded(desk),
        error=error,
        reading=held,
        **({} if held is None else _blind(desk, held)),
    )


def _blind(desk: Desk, reading: Reading) -> dict[str, object]:
    """The case as its first reviewer found it."""
    seen = case_view.Opened()
    if desk.may(Scope.evidence):
        seen = case_view.opened(desk, reading.case, None, sealed=reading.sealed)
    items = [] if seen.evidence is None else seen.evidence.items
    return {
        "seen": seen,
        "texts": {item.item: item for item in items},
        "legend": case_view.legend(items),
        "reasons": case_view.reasons(desk, reading.network, reading.contents),
        "strongest": case_view.verdict_words(reading.contents),
        "presets": REASONS,
        "usual": USUAL,
        "work": Work(),
    }
