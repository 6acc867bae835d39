"""Screening online: many small calls become few columnar ones, and nothing accepted is lost.

Calls put their submissions in a queue. One thread takes what has gathered there, lets it be decided
in one transaction, here or in a process of its own, and answers the calls. Until it begins the next
lot submissions gather, some milliseconds at least, so the lots grow with the load. A second thread,
to judge while the first one writes, made answers slower: the two spent their time on waiting for
Python's lock.

Each surface has a deadline. When it passes, or when the database does not answer, a call is
answered by the surface's fail policy, after its submissions are safe in the spool.
"""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import datetime
from functools import partial
from typing import NamedTuple, Protocol

import msgspec

from portreeve.schemas.access import Scope
from portreeve.schemas.screening import Screened, Submission
from portreeve.service.actor import Actor
from portreeve.service.calls import Call, Pending, finish
from portreeve.service.checking import Checks
from portreeve.service.context import Context
from portreeve.service.deadlines import read_deadlines
from portreeve.service.decider import (
    Decider,
    DeciderGoneError,
    FaultError,
    LocalDecider,
    OvertakenError,
)
from portreeve.service.errors import ServiceError
from portreeve.service.lateness import Lateness
from portreeve.service.lot_writing import LotWriter, Note, Outcome, PolicyCounts
from portreeve.service.lots import Judge, PolicyTimes
from portreeve.service.metrics import Metrics
from portreeve.service.more_known import MoreKnown
from portreeve.service.pictures import Pictures
from portreeve.service.remembering import Remembering
from portreeve.service.stored import Stored
from portreeve.store import StoreConflictError, StoreUnavailableError

MOST_AT_ONCE = 1_000
"""Submissions judged in one columnar call."""
MOST_WAITING = 100_000
"""Submissions that may wait; beyond, calls are refused."""
_PROBE_EVERY = 0.5
_LOOK_SECONDS = 0.1
"""After so long it is looked again whether what was being decided at its deadline is late now."""
_MOST_TRIES = 5
"""How often a decision is written anew when another process was in the way."""
_MOST_ENDS = 2
"""How often who decides may end over an item; it is tried alone after the first time."""
_MOST_NAMED = 10
_NOTHING = "The item could not be decided. Nothing was written; try again."
_PERHAPS = (
    "The item could not be decided, as far as is known. Send it again: if it was decided after "
    "all, that decision is the answer."
)
_log = logging.getLogger("portreeve.screening")


class PoliciesInForce(PolicyTimes, PolicyCounts, Protocol):
    """What screening needs of the policies."""


class FoundOut(NamedTuple):
    """What screening needs of those who find out more of items than their host says."""

    known: MoreKnown
    pictures: Pictures
    notes: Sequence[Note]


class Screening:
    """Judges submissions and writes what was decided."""

    def __init__(
        self,
        context: Context,
        policies: PoliciesInForce,
        stored: Stored,
        *,
        metrics: Metrics | None = None,
        remembering: Remembering | None = None,
        decided: Callable[[], None] = lambda: None,
        found_out: FoundOut | None = None,
        decider: Decider | None = None,
    ) -> None:
        """``decided`` is called after each commit that has consequences to draw; ``decider``: who
        decides instead of this process."""
        self._context = context
        self._policies = policies
        self._decided = decided
        self._checks = Checks(context, policies)
        self._metrics = metrics
        known = None if found_out is None else found_out.known
        notes = () if found_out is None else found_out.notes
        self.decider = decider or LocalDecider(
            context,
            Judge(context, policies, remembering, known),
            LotWriter(context, policies, stored, notes),
        )
        self._room = None if found_out is None else found_out.pictures
        self._late = Lateness(context, policies, metrics)
        self._deadlines = read_deadlines(context.settings.deadlines)
        self._waiting: deque[Pending] = deque()
        self._parked: deque[Pending] = deque()
        self._arrived = threading.Event()
        self._parking = threading.Lock()
        self._away = False
        self._begun = 0.0
        self._stopping = threading.Event()
        self._missing: deque[tuple[Call, bool]] = deque()
        self._spooling = ThreadPoolExecutor(1, thread_name_prefix="portreeve-spool")
        self._thread: threading.Thread | None = None

    # --- asking -----------------------------------------------------------------------------------

    async def submit(self, actor: Actor, submissions: Sequence[Submission]) -> list[bytes]:
        """The decisions on submissions, each the JSON of a
        :class:`~portreeve.schemas.screening.Screened`.

        Raises:
            ServiceError: ``forbidden``; ``invalid`` or ``sealed-surface`` for a submission that
                cannot be decided; ``unavailable`` when nothing can be promised.
        """
        if self._room is not None and any(s.pictures for s in submissions):
            await asyncio.to_thread(self._room.need, submissions)
        return await self._decided_online(self._accepted(actor, submissions))

    async def submit_sound(
        self, actor: Actor, submissions: Sequence[Submission]
    ) -> tuple[list[bytes], dict[int, ServiceError]]:
        """The same, but those that cannot be decided are set aside: by place, what is wrong.

        Raises:
            ServiceError: ``forbidden``; ``unavailable`` when nothing can be promised.
        """
        actor.need(Scope.screen)
        wrong = dict(self._checks.wrong(submissions))
        if self._room is not None and any(s.pictures for s in submissions):
            wrong |= dict(await asyncio.to_thread(self._room.wrong, submissions))
        sound = [at for at in range(len(submissions)) if at not in wrong]
        call = self._call(actor, [submissions[at] for at in sound])
        await self._settled_online(call)
        wrong |= {sound[at]: refusal for at, refusal in call.refusals.items()}
        call.refusals.clear()
        return [answer for answer in _complete(call) if answer], wrong

    def screen(self, actor: Actor, submissions: Sequence[Submission]) -> list[Screened]:
        """The same for a caller that can wait, without a deadline."""
        if self._room is not None:
            self._room.need(submissions)
        call = self._accepted(actor, submissions)
        if not call.pendings:
            return []
        call.event = threading.Event()
        self._enter(call)
        call.event.wait()
        if call.error is not None:
            raise call.error
        return [msgspec.json.decode(answer, type=Screened) for answer in _complete(call)]

    def check(self, submission: Submission) -> None:
        """See that a submission can be decided.

        Raises:
            ServiceError: ``invalid`` or ``sealed-surface``, naming the field and the remedy.
        """
        for _, error in self._checks.wrong([submission]):
            raise error

    @property
    def waiting(self) -> int:
        """How many submissions are not decided yet."""
        return len(self._waiting) + len(self._parked)

    @property
    def spooled(self) -> int:
        """How many submissions were answered for and are not decided yet."""
        return len(self._late)

    @property
    def trouble(self) -> str | None:
        """What is wrong; None when all is well."""
        if self.decider.trouble is not None:
            return self.decider.trouble
        if self._away:
            return "the database does not answer; items are answered by their surface's fail policy"
        if self._thread is None or not self._thread.is_alive():
            return "the screening thread does not run"
        return None

    # --- running ----------------------------------------------------------------------------------

    def start(self) -> None:
        """Start the thread, and decide what an earlier process left in the spool."""
        self._stopping.clear()
        for ticket, entry in self._late.left_behind():
            pending = self._pending(entry.submission, entry.actor, entry.accepted)
            pending.missed, pending.ticket, pending.then = True, ticket, entry.answered
            self._waiting.append(pending)
        self._thread = threading.Thread(target=self._loop, name="portreeve-screening", daemon=True)
        self._thread.start()
        self._arrived.set()

    def stop(self) -> None:
        """Decide what waits, then end; what cannot be decided now stays in the spool."""
        self._stopping.set()
        self._arrived.set()
        if self._thread is not None:
            self._thread.join(self._context.settings.drain_seconds)
            self._thread = None
        self._spooling.shutdown()
        self._late.close()

    def warm(self) -> None:
        """Load and compile what the first decision needs."""
        self.decider.warm()

    async def _decided_online(self, call: Call) -> list[bytes]:
        """The answers of a call, within the deadline of its slowest surface."""
        await self._settled_online(call)
        return _complete(call)

    async def _settled_online(self, call: Call) -> None:
        if not call.pendings:
            return
        loop = asyncio.get_running_loop()
        call.loop, call.future = loop, loop.create_future()
        slowest = max(self._deadlines[p.submission.surface].ms for p in call.pendings)
        call.timer = loop.call_later(slowest / 1000, self._miss_later, call)
        self._enter(call)
        await call.future

    def _accepted(self, actor: Actor, submissions: Sequence[Submission]) -> Call:
        actor.need(Scope.screen)
        for at, error in self._checks.wrong(submissions):
            raise _placed(error, at, len(submissions))
        return self._call(actor, submissions)

    def _call(self, actor: Actor, submissions: Sequence[Submission]) -> Call:
        if self.waiting > MOST_WAITING or self._stopping.is_set():
            raise ServiceError(
                "unavailable",
                "More items wait than can be held. Nothing was accepted; try again in a moment.",
            )
        now = self._context.now()
        pendings = [self._pending(s, actor.name, now) for s in submissions]
        call = Call(pendings, [None] * len(pendings), len(pendings))
        for at, pending in enumerate(pendings):
            pending.call, pending.place = call, at
        return call

    def _pending(self, submission: Submission, actor: str, accepted: datetime) -> Pending:
        network = submission.network or self._context.settings.network
        then = self._deadlines[submission.surface].then
        return Pending(submission, network, accepted, actor, then)

    def _enter(self, call: Call) -> None:
        self._waiting.extend(call.pendings)
        self._arrived.set()

    # --- judging ----------------------------------------------------------------------------------

    def _loop(self) -> None:
        while True:
            self._arrived.wait()
            if not self._waiting:
                if self._stopping.is_set():
                    return
                self._arrived.clear()
                if self._waiting or self._stopping.is_set():
                    self._arrived.set()
                continue
            self._gather()
            taken = self._next()
            if self._away:
                self._park(taken)
                continue
            self._decide(taken)

    def _gather(self) -> None:
        """Let submissions gather since the last lot was begun; after a pause there is no wait.

        A lot costs some milliseconds however small it is: without this, the lots of a busy service
        were small and took all of its time.
        """
        rest = self._begun + self._context.settings.gather_ms / 1000 - time.monotonic()
        if rest > 0 and len(self._waiting) < MOST_AT_ONCE:
            self._stopping.wait(rest)
        self._begun = time.monotonic()

    def _next(self) -> list[Pending]:
        """What is judged together: all that waits, or alone what could not be written before."""
        count = 1 if self._waiting[0].tries else min(len(self._waiting), MOST_AT_ONCE)
        return [self._waiting.popleft() for _ in range(count)]

    def _decide(self, taken: list[Pending]) -> None:
        """Decide submissions; where some cannot be decided, find them, so that the others are."""
        self._late.capture(taken)
        try:
            decided = self.decider.decide(taken, partial(self._late.may_commit, taken))
            self._settle(decided.outcomes)
            if decided.follows:
                self._decided()
        except OvertakenError:
            self._again(taken)
        except StoreConflictError as error:
            self._try_again(taken, FaultError.of(error, judging=False), _MOST_TRIES)
        except DeciderGoneError as error:
            self._try_again(taken, FaultError.of(error, judging=False), _MOST_ENDS)
        except StoreUnavailableError as error:
            _log.warning("store away", extra={"facts": {"error": str(error)}})
            self._late.release(taken)
            self._park(taken)
        except FaultError as error:
            self._apart(taken, error)
        except Exception as error:
            self._apart(taken, FaultError.of(error, judging=False))

    def _apart(self, taken: list[Pending], error: FaultError) -> None:
        """One of these it is: what cannot be judged is looked for by halves, what cannot be written
        by writing each alone."""
        if len(taken) > 1 and error.judging:
            self._late.release(taken)
            half = len(taken) // 2
            self._decide(taken[:half])
            self._decide(taken[half:])
        else:
            self._try_again(taken, error, 1 if len(taken) == 1 else _MOST_TRIES)

    def _settle(self, outcomes: list[Outcome]) -> None:
        """Say what became of submissions."""
        self._count(outcomes)
        self._late.settle(outcome for outcome in outcomes if outcome.is_settled)
        again = _answer_all(outcomes)
        if again:
            self._again(again)

    def _count(self, outcomes: list[Outcome]) -> None:
        if self._metrics is None:
            return
        self._metrics.batch.observe(len(outcomes))
        made = Counter(
            (o.pending.network, o.pending.submission.surface.value, o.verdict, o.stage)
            for o in outcomes
            if o.written.decision
        )
        for facts, count in made.items():
            self._metrics.decisions.labels(*facts).inc(count)

    def _again(self, pendings: list[Pending]) -> None:
        """Judge submissions once more, before all others."""
        self._late.release(pendings)
        self._waiting.extendleft(reversed(pendings))
        self._arrived.set()

    def _try_again(self, pendings: list[Pending], error: FaultError, most: int) -> None:
        for pending in pendings:
            pending.tries += 1
        hopeless = [pending for pending in pendings if pending.tries >= most]
        self._again([pending for pending in pendings if pending.tries < most])
        if hopeless:
            self._late.release(hopeless)
            self._fail(hopeless, error)

    # --- when it takes too long -------------------------------------------------------------------

    def _miss_later(self, call: Call) -> None:
        """The deadline of a call has passed; what is being decided has a little longer."""
        self._miss_soon(call, deciding=False)
        self._miss_in_a_while(call)

    def _miss_in_a_while(self, call: Call) -> None:
        if call.loop is not None:
            call.timer = call.loop.call_later(
                _LOOK_SECONDS, partial(self._miss_soon, call, deciding=True)
            )

    def _miss_soon(self, call: Call, *, deciding: bool) -> None:
        if not self._stopping.is_set():
            self._missing.append((call, deciding))
            self._spooling.submit(self._miss_gathered)

    def _miss_gathered(self) -> None:
        """Spool what has gathered together, so that many deadlines at once wait for one sync."""
        taken = [self._missing.popleft() for _ in range(len(self._missing))]
        for deciding in (False, True):
            calls = [call for call, is_deciding in taken if is_deciding is deciding]
            left = self._late.miss([p for call in calls for p in call.pendings], deciding=deciding)
            for call in {id(p.call): p.call for p in left}.values() if deciding else ():
                if call is not None and call.loop is not None:
                    with suppress(RuntimeError):  # a loop that is closed: nobody waits any more
                        call.loop.call_soon_threadsafe(self._miss_in_a_while, call)

    def _park(self, pendings: list[Pending]) -> None:
        """Keep submissions until the database is back."""
        self._late.miss(pendings)
        with self._parking:
            self._parked.extend(p for p in pendings if not p.given_up)
            first, self._away = not self._away, True
        if first:
            threading.Thread(target=self._wait_for_store, daemon=True).start()

    def _wait_for_store(self) -> None:
        while not self._stopping.wait(_PROBE_EVERY):
            if self.decider.trouble is not None:
                continue
            try:
                with self._context.database.write():
                    pass
            except StoreUnavailableError:
                continue
            _log.warning("store back", extra={"facts": {"parked": len(self._parked)}})
            with self._parking:
                self._waiting.extendleft(reversed(self._parked))
                self._parked.clear()
                self._away = False
            self._arrived.set()
            return

    def _fail(self, pendings: list[Pending], error: FaultError) -> None:
        """Something that should not: whoever waits is told, and nothing was written."""
        _log.error("screening fails", extra={"facts": {"error": error.kind, "place": error.where}})
        calls = {id(p.call): p.call for p in pendings if p.call is not None}
        for call in calls.values():
            call.error = ServiceError("internal", _NOTHING if error.known else _PERHAPS)
        finish(calls.values())


def _answer_all(outcomes: list[Outcome]) -> list[Pending]:
    """Answer calls; gives the submissions that must be judged once more."""
    finished: list[Call] = []
    again: list[Pending] = []
    for outcome in outcomes:
        pending = outcome.pending
        if outcome.refusal is not None:
            call = pending.call
            if call is not None and call.refuse(pending.place, outcome.refusal):
                finished.append(call)
        elif outcome.answer is None:
            again.append(pending)
        elif pending.call is not None and pending.call.answer(pending.place, outcome.answer):
            finished.append(pending.call)
    finish(finished)
    return again


def _complete(call: Call) -> list[bytes]:
    """The answers of a call of which nothing is refused."""
    if call.error is not None:
        raise call.error
    for at, refusal in sorted(call.refusals.items()):
        raise _placed(refusal, at, len(call.pendings))
    return [answer for answer in call.answers if answer is not None]


def _placed(error: ServiceError, at: int, count: int) -> ServiceError:
    """An error that names which of several submissions it is of."""
    place = f"items[{at}].{error.field}" if count > 1 else error.field
    return ServiceError(error.code, error.detail, field=place)
