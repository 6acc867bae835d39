"""Calls in flight: who waits for which answers."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime

import msgspec

from portreeve.model import Verdict
from portreeve.schemas.screening import ItemState, Screened, Stage, Submission
from portreeve.service.deadlines import FailPolicy
from portreeve.service.errors import ServiceError

_ENCODE = msgspec.json.Encoder().encode
_FALLBACK: dict[FailPolicy, tuple[Verdict, ItemState]] = {
    "allow": (Verdict.allow, "published"),
    "hold": (Verdict.hold, "held"),
    "refuse": (Verdict.refuse, "refused"),
}


@dataclass(eq=False, slots=True)
class Pending:
    """One submission on its way to a decision."""

    submission: Submission
    network: str
    accepted: datetime
    actor: str
    then: FailPolicy
    call: Call | None = None
    place: int = 0
    missed: bool = False
    """It was answered by the fail policy of its surface."""
    ticket: int | None = None
    """Where it stands in the spool."""
    captured: bool = False
    """It is being decided: its answer comes in a moment, unless that fails."""
    overtaken: bool = False
    """It was answered by the fail policy while it was being decided."""
    promised: float = 0.0
    """Until when its decision goes before the fail policy; by the monotonic clock."""
    resolved: bool = False
    given_up: bool = False
    """Its call was refused: neither database nor spool took it."""
    tries: int = 0
    """How often it could not be written, with others or alone."""

    @property
    def published(self) -> bool:
        """Whether people may see it already, so that refusing it means removing it."""
        return self.submission.published or (self.missed and self.then == "allow")

    @property
    def stage(self) -> Stage:
        """How it comes to be decided."""
        if self.missed:
            return "late"
        return "after" if self.submission.published else "before"


@dataclass(eq=False)
class Call:
    """Submissions that came together and are answered together.

    Either ``future`` (with its ``loop``) or ``event`` is told when all answers are there.
    """

    pendings: list[Pending]
    answers: list[bytes | None]
    left: int
    refusals: dict[int, ServiceError] = field(default_factory=dict)
    """By place, why a submission has no answer; its answer is empty."""
    future: asyncio.Future[None] | None = None
    loop: asyncio.AbstractEventLoop | None = None
    event: threading.Event | None = None
    error: Exception | None = None
    timer: asyncio.TimerHandle | None = field(default=None, repr=False)

    def answer(self, place: int, answer: bytes) -> bool:
        """Note an answer; whether it was the last one missing."""
        if self.answers[place] is None:
            self.answers[place] = answer
            self.left -= 1
            return self.left == 0
        return False

    def refuse(self, place: int, refusal: ServiceError) -> bool:
        """Note why there is no answer; whether it was the last one missing."""
        if self.answers[place] is None:
            self.refusals[place] = refusal
        return self.answer(place, b"")


def finish(calls: Iterable[Call]) -> None:
    """Tell those who wait that their answers are there; one wake-up per event loop."""
    by_loop: dict[asyncio.AbstractEventLoop, list[Call]] = {}
    for call in calls:
        if call.event is not None:
            call.event.set()
        elif call.loop is not None:
            by_loop.setdefault(call.loop, []).append(call)
    for loop, done in by_loop.items():
        with suppress(RuntimeError):  # a loop that is closed: nobody waits there any more
            loop.call_soon_threadsafe(_settle, done)


def _settle(calls: list[Call]) -> None:
    for call in calls:
        if call.timer is not None:
            call.timer.cancel()
        if call.future is not None and not call.future.done():
            if call.error is not None:
                call.future.set_exception(call.error)
            else:
                call.future.set_result(None)


def fallback(pending: Pending, policy: str) -> bytes:
    """The answer of the fail policy, until the decision follows."""
    verdict, state = _FALLBACK[pending.then]
    s = pending.submission
    return _ENCODE(
        Screened(
            id=s.id,
            decision=None,
            revision=0,
            state=state,
            stage=pending.stage,
            surface=s.surface,
            verdict=verdict,
            lawful=True,
            permitted=verdict is not Verdict.refuse,
            rules=[],
            clauses=[],
            reasons=[],
            promotion=None,
            intent=None,
            goods_category=None,
            goods_tier=None,
            contacts=[],
            prices=[],
            links=[],
            evidence=[],
            policy=policy,
            provisional=True,
        )
    )
