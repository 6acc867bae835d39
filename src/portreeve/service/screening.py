"""Screening online: many small calls become few columnar ones, and nothing accepted is lost.

Calls put their submissions in a queue. One thread takes what has gathered there and judges it; a
second writes the decisions of one or more judged lots in one transaction and answers the calls.
So the engine works on the next submissions while the last ones are synced to disk.

Each surface has a deadline. When it passes, or when the database does not answer, a call is
answered by the surface's fail policy, after its submissions are safe in the spool.
"""

from __future__ import annotations

import asyncio
import logging
import queue
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any, NamedTuple, Protocol

import msgspec

from portreeve.model import Surface, SurfaceState, Verdict
from portreeve.schemas.access import Scope
from portreeve.schemas.screening import Screened, Submission
from portreeve.service.actor import Actor
from portreeve.service.calls import Call, Pending, fallback, finish
from portreeve.service.context import Context
from portreeve.service.deadlines import read_deadlines
from portreeve.service.errors import ServiceError
from portreeve.service.in_force import InForce
from portreeve.service.judged import Judged, judge_all
from portreeve.service.metrics import Metrics
from portreeve.service.reasons import ReasonBook
from portreeve.service.records import Lot, Recorder, Written
from portreeve.service.spool import Entry, Spool
from portreeve.service.stored import Stored
from portreeve.service.worker import place
from portreeve.store import StoreUnavailableError, Transaction, micros
from portreeve.store.rows import rows_by_key
from portreeve.store.tables.core import accounts
from portreeve.store.tables.enforcement import sanctions

MOST_AT_ONCE = 1_000
"""Submissions judged in one columnar call."""
MOST_WAITING = 100_000
"""Submissions that may wait; beyond, calls are refused."""
_LONGEST_ID = 512
_BARRED: dict[str, Verdict] = {
    "suspend": Verdict.refuse, "ban": Verdict.refuse, "mute": Verdict.refuse,
    "limit": Verdict.limit,
}  # fmt: skip
"""What a sanction of the account asks for whatever it publishes."""
_PROBE_EVERY = 0.5
_ENCODE = msgspec.json.Encoder().encode
_log = logging.getLogger("portreeve.screening")


class PoliciesInForce(Protocol):
    """Which version decides, and what the versions' keepers want to know of decisions."""

    def at(self, network: str, time: datetime) -> InForce:
        """What decides on a network at a time."""

    def note_shadow(self, tx: Transaction, network: str, shadow: str, rows: Sequence[Any]) -> None:
        """Differences between the version in force and its shadow."""

    def note_hits(
        self, tx: Transaction, network: str, policy: str, counts: dict[str, int], total: int
    ) -> None:
        """How often rules held."""


class Restriction(NamedTuple):
    """A sanction in force; moments in microseconds."""

    account: str
    network: str
    kind: str
    begins: int
    ends: int | None


_RESTRICTION = Restriction._fields
Group = tuple[str, str, bool]
"""Submissions are judged together that share network, policy and whether they are published."""


class Screening:
    """Judges submissions and writes what was decided."""

    def __init__(
        self,
        context: Context,
        policies: PoliciesInForce,
        stored: Stored,
        *,
        metrics: Metrics | None = None,
        decided: Callable[[], None] = lambda: None,
    ) -> None:
        """``decided`` is called after each commit that has consequences to draw."""
        self._context = context
        self._policies = policies
        self._stored = stored
        self._decided = decided
        self._recorder = Recorder(context.vault)
        self._deadlines = read_deadlines(context.settings.deadlines)
        self._spool = Spool(context.folder / "spool", context.vault.derived("spool"))
        self._books: dict[str, ReasonBook] = {}
        self._waiting: deque[Pending] = deque()
        self._parked: deque[Pending] = deque()
        self._arrived = threading.Event()
        self._judged: queue.Queue[list[tuple[Lot, list[Pending], InForce]]] = queue.Queue(maxsize=2)
        self._lock = threading.Lock()
        self._away = False
        self._stopping = threading.Event()
        self._spooling = ThreadPoolExecutor(1, thread_name_prefix="portreeve-spool")
        self._threads: list[threading.Thread] = []
        self._metrics = metrics

    # --- asking -----------------------------------------------------------------------------------

    async def submit(self, actor: Actor, submissions: Sequence[Submission]) -> list[bytes]:
        """The decisions on submissions, each the JSON of a
        :class:`~portreeve.schemas.screening.Screened`.

        Raises:
            ServiceError: ``forbidden``; ``invalid`` or ``sealed-surface`` for a submission that
                cannot be decided; ``unavailable`` when nothing can be promised.
        """
        call = self._accepted(actor, submissions)
        if not call.pendings:
            return []
        loop = asyncio.get_running_loop()
        call.loop, call.future = loop, loop.create_future()
        slowest = max(self._deadlines[p.submission.surface].ms for p in call.pendings)
        call.timer = loop.call_later(slowest / 1000, self._miss_later, call)
        self._enter(call)
        await call.future
        return _complete(call)

    def screen(self, actor: Actor, submissions: Sequence[Submission]) -> list[Screened]:
        """The same for a caller that can wait, without a deadline."""
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
        network = submission.network or self._context.settings.network
        in_force = self._policies.at(network, self._context.now())
        state = in_force.policy.surfaces.get(submission.surface)
        if state is not None and state is not SurfaceState.governed:
            raise _closed(submission.surface, state, in_force.policy.label)
        id = str(submission.id)
        if not id or len(id) > _LONGEST_ID or "\x00" in id:
            raise ServiceError(
                "invalid",
                f"`id` must have 1 to {_LONGEST_ID} characters, none of them NUL.",
                field="id",
            )
        for name in ("account", "parent", "audience"):
            value = getattr(submission, name)
            if value is not None and ("\x00" in value or len(value) > _LONGEST_ID):
                raise ServiceError(
                    "invalid",
                    f"`{name}` must have at most {_LONGEST_ID} characters, none of them NUL.",
                    field=name,
                )

    @property
    def waiting(self) -> int:
        """How many submissions are not decided yet."""
        return len(self._waiting) + len(self._parked)

    @property
    def spooled(self) -> int:
        """How many submissions were answered for and are not decided yet."""
        return len(self._spool)

    @property
    def trouble(self) -> str | None:
        """What is wrong; None when all is well."""
        if self._away:
            return "the database does not answer; items are answered by their surface's fail policy"
        if any(not thread.is_alive() for thread in self._threads):
            return "a screening thread has ended"
        return None

    # --- running ----------------------------------------------------------------------------------

    def start(self) -> None:
        """Start the threads, and decide what an earlier process left in the spool."""
        self._stopping.clear()
        for ticket, entry in self._spool.left_behind():
            pending = self._pending(entry.submission, entry.actor, entry.accepted)
            pending.missed, pending.ticket = True, ticket
            self._waiting.append(pending)
        self._threads = [
            threading.Thread(target=loop, name=f"portreeve-{name}", daemon=True)
            for name, loop in (("judge", self._judge_loop), ("write", self._write_loop))
        ]
        for thread in self._threads:
            thread.start()
        self._arrived.set()

    def stop(self) -> None:
        """Decide what waits, then end; what cannot be decided now stays in the spool."""
        self._stopping.set()
        self._arrived.set()
        for thread in self._threads:
            thread.join(self._context.settings.drain_seconds)
        self._threads = []
        self._spooling.shutdown()
        self._spool.close()

    def warm(self) -> None:
        """Load and compile what the first decision needs, for the network used by default."""
        in_force = self._policies.at(self._context.settings.network, self._context.now())
        submissions = [Submission(id=1, text="早安 good morning"), Submission(id=2, text="")]
        judge_all(
            submissions, self._book(in_force.policy), published=False, standings={}, barred={}
        )

    def _accepted(self, actor: Actor, submissions: Sequence[Submission]) -> Call:
        actor.need(Scope.screen)
        for at, submission in enumerate(submissions):
            try:
                self.check(submission)
            except ServiceError as error:
                place = f"items[{at}].{error.field}" if len(submissions) > 1 else error.field
                raise ServiceError(error.code, error.detail, field=place) from None
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

    def _judge_loop(self) -> None:
        while True:
            self._arrived.wait()
            if not self._waiting:
                self._arrived.clear()
                if self._waiting:
                    continue
                if self._stopping.is_set():
                    self._judged.put([])
                    return
                self._arrived.wait()
                continue
            if len(self._waiting) < MOST_AT_ONCE and not self._stopping.is_set():
                time.sleep(self._context.settings.gather_ms / 1000)
            taken = [self._waiting.popleft() for _ in range(min(len(self._waiting), MOST_AT_ONCE))]
            if self._away:
                self._park(taken)
                continue
            for lots in self._judged_or_failed(taken):
                self._judged.put(lots)

    def _judged_or_failed(
        self, taken: list[Pending]
    ) -> Iterator[list[tuple[Lot, list[Pending], InForce]]]:
        """Judge submissions; where some cannot be judged, find them, so that the others are."""
        try:
            yield self._judge(taken)
        except StoreUnavailableError:
            self._park(taken)
        except Exception as error:
            if len(taken) == 1:
                self._fail(taken, error)
                return
            half = len(taken) // 2
            yield from self._judged_or_failed(taken[:half])
            yield from self._judged_or_failed(taken[half:])

    def _judge(self, taken: list[Pending]) -> list[tuple[Lot, list[Pending], InForce]]:
        now = self._context.now()
        groups: dict[Group, list[Pending]] = {}
        books: dict[Group, tuple[ReasonBook, InForce]] = {}
        in_force = {
            network: self._policies.at(network, now) for network in {p.network for p in taken}
        }
        for pending in taken:
            found = in_force[pending.network]
            account = pending.submission.account
            policy = found.policy if found.candidate is None else found.policy_for(account)
            group = (pending.network, policy.label, pending.published)
            if group not in groups:
                groups[group] = []
                books[group] = (self._book(policy), found)
            groups[group].append(pending)
        named = {p.submission.account for p in taken if p.submission.account}
        standings, restrictions = self._standings(named, now)
        lots = []
        for group, pendings in groups.items():
            network, _, published = group
            book, found = books[group]
            submissions = [p.submission for p in pendings]
            judged = judge_all(
                submissions,
                book,
                published=published,
                standings=standings,
                barred=_barred(submissions, network, restrictions),
                shadow=found.shadow,
            )
            lot = Lot(judged, network, [p.stage for p in pendings], [p.accepted for p in pendings])
            lots.append((lot, pendings, found))
        return lots

    def _standings(
        self, named: set[str], now: datetime
    ) -> tuple[dict[str, str], dict[str, list[Restriction]]]:
        """What accounts are, as the host said, and what restricts them."""
        if not named:
            return {}, {}
        with self._context.database.read() as connection:
            known = rows_by_key(connection, accounts, ("id", "standing"), named)
            found = rows_by_key(connection, sanctions, _RESTRICTION, named, where="open")
        restrictions: dict[str, list[Restriction]] = {}
        for row in found:
            one = Restriction._make(row)
            if one.begins <= micros(now) and (one.ends is None or micros(now) < one.ends):
                restrictions.setdefault(one.account, []).append(one)
        standings = {row._mapping["id"]: row._mapping["standing"] for row in known}
        return {id: standing for id, standing in standings.items() if standing}, restrictions

    def _book(self, policy: Any) -> ReasonBook:
        book = self._books.get(policy.label)
        if book is None or book.policy is not policy:
            book = self._books[policy.label] = ReasonBook(policy)
        return book

    # --- writing ----------------------------------------------------------------------------------

    def _write_loop(self) -> None:
        while True:
            lots = self._judged.get()
            while lots and sum(len(p) for _, p, _ in lots) < MOST_AT_ONCE:
                try:
                    more = self._judged.get_nowait()
                except queue.Empty:
                    break
                if not more:
                    self._judged.put(more)
                    break
                lots += more
            if not lots:
                return
            pendings = [pending for _, of, _ in lots for pending in of]
            try:
                self._write(lots)
            except StoreUnavailableError as error:
                _log.warning("store away", extra={"facts": {"error": str(error)}})
                self._release(pendings)
                self._park(pendings)
            except Exception as error:
                self._release(pendings)
                self._fail(pendings, error)

    def _write(self, lots: list[tuple[Lot, list[Pending], InForce]]) -> None:
        consequences = False
        outcome: list[tuple[Lot, list[Pending], list[Written]]] = []
        with self._context.database.write() as tx:
            self._capture(lots)
            for lot, pendings, in_force in lots:
                keys = dict(Counter(p.actor for p in pendings))
                written = self._recorder.write(tx, lot, audited={"keys": keys})
                self._note(tx, lot, in_force, written)
                outcome.append((lot, pendings, written))
                consequences = consequences or any(
                    w.decision and lot.judged.verdict[at] not in ("allow", "label")
                    for at, w in enumerate(written)
                )
        finished: list[Call] = []
        again: list[Pending] = []
        for lot, pendings, written in outcome:
            answers = self._answers(lot, pendings, written)
            for pending, answer in zip(pendings, answers, strict=True):
                if answer is None:
                    again.append(pending)
                elif pending.call is not None and pending.call.answer(pending.place, answer):
                    finished.append(pending.call)
            self._count(lot, written)
        self._settle_late(outcome, again)
        finish(finished)
        if again:
            self._waiting.extendleft(reversed(again))
            self._arrived.set()
        if consequences:
            self._decided()

    def _capture(self, lots: list[tuple[Lot, list[Pending], InForce]]) -> None:
        """From here on no deadline is missed; what was missed since it was judged is late."""
        with self._lock:
            for lot, pendings, _ in lots:
                for at, pending in enumerate(pendings):
                    pending.captured = True
                    if pending.missed and lot.stages[at] != "late":
                        lot.make_late(at, published=pending.published)

    def _release(self, pendings: list[Pending]) -> None:
        with self._lock:
            for pending in pendings:
                pending.captured = False

    def _count(self, lot: Lot, written: list[Written]) -> None:
        if self._metrics is None:
            return
        self._metrics.batch.observe(len(written))
        made = Counter(
            (submission.surface.value, verdict, stage)
            for submission, verdict, stage, w in zip(
                lot.judged.submissions, lot.judged.verdict, lot.stages, written, strict=True
            )
            if w.decision
        )
        for (surface, verdict, stage), count in made.items():
            self._metrics.decisions.labels(lot.network, surface, verdict, stage).inc(count)

    def _note(self, tx: Transaction, lot: Lot, in_force: InForce, written: list[Written]) -> None:
        """Tell the keepers of policies how often rules held, and where a shadow differs."""
        judged = lot.judged
        fresh = [at for at, w in enumerate(written) if w.decision]
        hits = Counter(rule for at in fresh for rule in judged.rules[at])
        self._policies.note_hits(tx, lot.network, judged.policy.label, dict(hits), len(fresh))
        if judged.shadow is not None and in_force.shadow is not None:
            rows = [
                (
                    written[at].decision, judged.submissions[at].surface.value,
                    judged.submissions[at].account, judged.verdict[at], judged.shadow[at][0],
                    judged.rules[at], judged.shadow[at][1],
                )
                for at in fresh
            ]  # fmt: skip
            self._policies.note_shadow(tx, lot.network, in_force.shadow.label, rows)

    def _answers(
        self, lot: Lot, pendings: list[Pending], written: list[Written]
    ) -> list[bytes | None]:
        """The answer to each submission; None for one that must be judged once more."""
        judged = lot.judged
        answers: list[bytes | None] = []
        repeats: list[tuple[int, str]] = []
        for at, (pending, w) in enumerate(zip(pendings, written, strict=True)):
            if w.decision is not None:
                answers.append(_answer(judged, at, pending, w))
            elif w.repeated is not None and w.revision:
                repeats.append((at, w.repeated))
                answers.append(None)
            else:
                answers.append(None)
        if repeats:
            given = [(decision, judged.submissions[at].id) for at, decision in repeats]
            with self._context.database.read() as connection:
                found = self._stored.screened(connection, given)
            for at, decision in repeats:
                answers[at] = _ENCODE(found[decision])
        return answers

    def _settle_late(
        self, outcome: list[tuple[Lot, list[Pending], list[Written]]], again: list[Pending]
    ) -> None:
        """Announce decisions that come after their deadline, and take them out of the spool."""
        waiting = set(map(id, again))
        late: list[tuple[Lot, int, Pending, Written]] = []
        with self._lock:
            for lot, pendings, written in outcome:
                for at, (pending, w) in enumerate(zip(pendings, written, strict=True)):
                    if id(pending) in waiting:
                        continue
                    pending.resolved = True
                    if pending.missed:
                        late.append((lot, at, pending, w))
        if not late:
            return
        with self._context.database.write() as tx:
            for lot, at, pending, w in late:
                tx.announce(
                    "decision.late",
                    w.decision or w.repeated or "",
                    item=pending.submission.id,
                    verdict=lot.judged.verdict[at],
                    state=lot.judged.state(at),
                    answered=pending.then,
                )
        with self._lock:
            self._spool.done([p.ticket for _, _, p, _ in late if p.ticket is not None])

    # --- when it takes too long -------------------------------------------------------------------

    def _miss_later(self, call: Call) -> None:
        if self._stopping.is_set():
            return
        self._spooling.submit(self._miss, call.pendings)

    def _miss(self, pendings: Iterable[Pending]) -> None:
        """Put submissions in the spool and answer their calls by the fail policy."""
        with self._lock:
            late = [p for p in pendings if not (p.resolved or p.missed or p.captured)]
            for pending in late:
                pending.missed = True
        if not late:
            return
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

    def _park(self, pendings: list[Pending]) -> None:
        """Keep submissions until the database is back."""
        self._miss(pendings)
        with self._lock:
            self._parked.extend(pendings)
            first, self._away = not self._away, True
        if first:
            threading.Thread(target=self._wait_for_store, daemon=True).start()

    def _wait_for_store(self) -> None:
        while not self._stopping.wait(_PROBE_EVERY):
            try:
                with self._context.database.write():
                    pass
            except StoreUnavailableError:
                continue
            _log.warning("store back", extra={"facts": {"parked": len(self._parked)}})
            with self._lock:
                self._waiting.extendleft(reversed(self._parked))
                self._parked.clear()
                self._away = False
            self._arrived.set()
            return

    def _fail(self, pendings: list[Pending], error: Exception) -> None:
        """Something that should not: whoever waits is told, and nothing was written."""
        _log.error(
            "screening fails",
            extra={"facts": {"error": type(error).__name__, "place": place(error)}},
        )
        calls = {id(p.call): p.call for p in pendings if p.call is not None}
        for call in calls.values():
            call.error = ServiceError(
                "internal", "The item could not be decided. Nothing was written; try again."
            )
        finish(calls.values())


def _complete(call: Call) -> list[bytes]:
    if call.error is not None:
        raise call.error
    return [answer for answer in call.answers if answer is not None]


def _answer(judged: Judged, at: int, pending: Pending, written: Written) -> bytes:
    reach = judged.reach[at]
    return b'{"id":%b,"decision":"%b","revision":%d,"state":"%b","stage":"%b","reach":%b,%b' % (
        _ENCODE(judged.submissions[at].id),
        (written.decision or "").encode(),
        written.revision,
        judged.state(at).encode(),
        pending.stage.encode(),
        b"null" if reach is None else _ENCODE(reach),
        judged.answer[at],
    )


def _barred(
    submissions: list[Submission], network: str, restrictions: dict[str, list[Restriction]]
) -> dict[int, tuple[str, Verdict]]:
    """What sanctions of the accounts ask for, by place."""
    found: dict[int, tuple[str, Verdict]] = {}
    if not restrictions:
        return found
    for at, submission in enumerate(submissions):
        for sanction in restrictions.get(submission.account or "", ()):
            least = _BARRED.get(sanction.kind)
            if sanction.kind == "block_links" and submission.links:
                least = Verdict.refuse
            if least is None or sanction.network != network:
                continue
            if at not in found or least.rank > found[at][1].rank:
                found[at] = (sanction.kind, least)
    return found


def _closed(surface: Surface, state: SurfaceState, label: str) -> ServiceError:
    if state is SurfaceState.sealed:
        return ServiceError(
            "sealed-surface",
            f"Surface {surface.value!r} is sealed in policy {label}: nothing of it is screened. "
            "Leave these items out.",
            field="surface",
        )
    return ServiceError(
        "invalid",
        f"Surface {surface.value!r} is off in policy {label}. "
        "Leave these items out until the policy's entry conditions hold.",
        field="surface",
    )
