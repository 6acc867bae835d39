"""What cannot be decided in time: answered by the surface's fail policy, and never lost."""

from __future__ import annotations

import logging
import threading
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from portreeve.service.calls import Pending, fallback, finish
from portreeve.service.context import Context
from portreeve.service.errors import ServiceError
from portreeve.service.lot_writing import Outcome
from portreeve.service.lots import PolicyTimes
from portreeve.service.metrics import Metrics
from portreeve.service.spool import Entry, Spool
from portreeve.store import micros

PROMISED_SECONDS = 0.5
"""How long a deadline waits for what was taken to be decided, at most: that takes a fraction."""
COMMIT_SECONDS = 2.0
"""How long it waits for a commit: longer only takes one to a database that hangs."""
_log = logging.getLogger("portreeve.screening")


class Lateness:
    """Keeps what was answered before it was decided.

    Each submission is answered in one of two ways: by its decision, or by the fail policy, and
    then its decision is announced. A lock decides which: what is being written is not answered by
    the fail policy, and what was answered by it is written as late.
    """

    def __init__(self, context: Context, policies: PolicyTimes, metrics: Metrics | None) -> None:
        self._context = context
        self._policies = policies
        self._metrics = metrics
        self._spool = Spool(context.folder / "spool", context.vault.derived("spool"))
        self._lock = threading.Lock()

    def __len__(self) -> int:
        """How many submissions were answered for and are not decided yet."""
        return len(self._spool)

    def left_behind(self) -> Iterator[tuple[int, Entry]]:
        """What an earlier process answered for and did not decide, with its tickets."""
        yield from self._spool.left_behind()

    def close(self) -> None:
        """Leave what is not decided to the next process."""
        self._spool.close()

    def miss(self, pendings: Iterable[Pending], *, deciding: bool = False) -> list[Pending]:
        """Put submissions in the spool and answer their calls by the fail policy.

        ``deciding``: also of what is being decided, since that takes too long by now. What comes
        back is left: it was taken to be decided just now, or is being committed.
        """
        with self._lock:
            due = [p for p in pendings if _is_open(p) and (deciding or not p.captured)]
            now = time.monotonic()
            left = [pending for pending in due if now < pending.promised]
            late = [pending for pending in due if now >= pending.promised]
            for pending in late:
                pending.missed, pending.overtaken = True, pending.captured
        if late:
            self._answer(late)
        return left

    def _answer(self, late: list[Pending]) -> None:
        if self._metrics is not None:
            for surface, count in Counter(p.submission.surface.value for p in late).items():
                self._metrics.missed.labels(surface).inc(count)
        calls = {id(p.call): p.call for p in late if p.call is not None}
        try:
            tickets = self._spool.add(
                [Entry(p.submission, p.accepted, p.actor, p.then) for p in late]
            )
        except OSError as error:
            _log.error("spool fails", extra={"facts": {"error": type(error).__name__}})
            for pending in late:
                pending.missed, pending.given_up = False, True
            refusal = ServiceError(
                "unavailable", "Neither the database nor the spool takes the item. Try again."
            )
            for call in calls.values():
                call.error = refusal
            finish(calls.values())
            return
        with self._lock:
            decided = []
            for pending, ticket in zip(late, tickets, strict=True):
                if pending.resolved:
                    decided.append(ticket)
                else:
                    pending.ticket = ticket
            self._spool.done(decided)
        done = [
            p.call
            for p in late
            if p.call is not None and p.call.answer(p.place, fallback(p, self._label(p)))
        ]
        finish(done)

    def _label(self, pending: Pending) -> str:
        policy = self._policies.at(pending.network, pending.accepted)
        return policy.policy_for(pending.submission.account).label

    def capture(self, pendings: Iterable[Pending]) -> None:
        """They are being decided: from here on their deadlines wait a little, and for
        ``PROMISED_SECONDS`` none is answered by the fail policy.
        """
        with self._lock:
            until = time.monotonic() + PROMISED_SECONDS
            for pending in pendings:
                pending.captured, pending.promised = True, until

    def may_commit(self, pendings: Sequence[Pending]) -> bool:
        """Whether none of them was answered by the fail policy since they were captured.

        If one was, what was decided must not be committed as it is: it is late now. If none was,
        none is while the commit lasts, for ``COMMIT_SECONDS`` at most.
        """
        with self._lock:
            if any(pending.overtaken for pending in pendings):
                return False
            until = time.monotonic() + COMMIT_SECONDS
            for pending in pendings:
                pending.promised = until
            return True

    def release(self, pendings: list[Pending]) -> None:
        """They could not be decided: deadlines count again."""
        with self._lock:
            for pending in pendings:
                pending.captured = pending.overtaken = pending.resolved = False
                pending.promised = 0.0

    def settle(self, outcomes: Iterable[Outcome]) -> None:
        """Announce decisions that came after their deadline, and take them out of the spool.

        Raises:
            StoreUnavailableError: they cannot be announced; they stay in the spool.
        """
        with self._lock:
            late = []
            for outcome in outcomes:
                outcome.pending.resolved = True
                if outcome.pending.missed:
                    late.append(outcome)
        if not late:
            return
        with self._context.database.write() as tx:
            for outcome in late:
                if outcome.refusal is not None:
                    _log.error("an item that was answered for cannot be decided", extra={"facts": {
                        "item": str(outcome.pending.submission.id), "code": outcome.refusal.code,
                    }})  # fmt: skip
                    continue
                tx.announce_once(
                    self._event_id(outcome.pending),
                    "decision.late",
                    outcome.written.decision or outcome.written.repeated or "",
                    item=str(outcome.pending.submission.id),
                    verdict=outcome.verdict,
                    state=outcome.state,
                    answered=outcome.pending.then,
                )
        with self._lock:
            self._spool.done([o.pending.ticket for o in late if o.pending.ticket is not None])

    def _event_id(self, pending: Pending) -> str:
        """The same for the same answer, so that a crash does not announce its decision twice."""
        return "evt_" + self._context.vault.digest(
            str(pending.submission.id), b"decision.late %d" % micros(pending.accepted)
        )


def _is_open(pending: Pending) -> bool:
    return not (pending.resolved or pending.missed or pending.given_up)
