"""What the pages of reviewers share: what one works through, care, the last decision."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple
from urllib.parse import quote, urlencode

import msgspec

from portreeve.console.desk import Desk
from portreeve.schemas.cases import CaseQueue
from portreeve.schemas.people import Care
from portreeve.schemas.review import NextAnswer, NextCase, OwnDecision

UNDO = timedelta(seconds=60)
"""How long the last decision stands on the page with a key to take it back."""


class Work(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody works through: one queue or all, one network or all."""

    queue: CaseQueue | None = None
    network: str | None = None


class Minded(NamedTuple):
    """How a reviewer is cared for now."""

    care: Care
    since: datetime | None
    decided: int
    due: datetime | None
    """When a break is due; None for never, or when there is no work without a break."""
    over: bool
    """It is due by now."""


def place_of(case: str, work: Work) -> str:
    """The address of a case, as part of the work.

    >>> place_of("cas_1", Work(queue="medical"))
    '/console/cases/cas_1?queue=medical'
    """
    return _with(f"/console/cases/{quote(case, safe='')}", work)


def queue_of(work: Work) -> str:
    """The address of the queue that somebody works through."""
    return _with("/console/queue", work)


def _with(path: str, work: Work) -> str:
    chosen = {"queue": work.queue, "network": work.network}
    query = urlencode({name: value for name, value in chosen.items() if value is not None})
    return f"{path}?{query}" if query else path


def take_next(desk: Desk, work: Work) -> NextAnswer:
    """Claim the next case of the work, as the reviewer's care has it."""
    limit = care_of(desk).black_in_a_row or None
    request = NextCase(queue=work.queue, network=work.network, black_in_a_row=limit)
    return desk.service.review.next(desk.actor, request)


def care_of(desk: Desk) -> Care:
    """What the reviewer asked for."""
    return Care() if desk.person is None else desk.person.preferences.care


def minded(desk: Desk) -> Minded:
    """Since when the reviewer works, and whether a break is due."""
    care = care_of(desk)
    pace = desk.service.review.pace(desk.actor)
    due = None
    if pace.since is not None and care.break_minutes:
        due = pace.since + timedelta(minutes=care.break_minutes)
    return Minded(care, pace.since, pace.decided, due, due is not None and due <= desk.now)


def just_decided(desk: Desk) -> OwnDecision | None:
    """The reviewer's last decision, while it is to be taken back by one key."""
    last = desk.service.review.own(desk.actor, 1)
    return last[0] if last and desk.now - last[0].decided < UNDO else None
