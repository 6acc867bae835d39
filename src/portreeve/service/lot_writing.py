"""Writing what was judged, and answering for it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

import msgspec

from portreeve.model import Verdict
from portreeve.schemas.screening import ItemState, Screened, Stage, Submission
from portreeve.service.calls import Pending
from portreeve.service.context import Context
from portreeve.service.decision_links import DecisionLinks
from portreeve.service.errors import ServiceError
from portreeve.service.in_force import InForce
from portreeve.service.judged import Judged
from portreeve.service.lots import JudgedLot
from portreeve.service.reasons import appeal_until
from portreeve.service.records import Lot, Recorder, Written
from portreeve.service.stored import Stored
from portreeve.store import Transaction
from portreeve.store.rows import rows_by_key
from portreeve.store.tables.core import items

_APPEARS = ("allow", "label")
_ENCODE = msgspec.json.Encoder().encode


class PolicyCounts(Protocol):
    """What the keepers of policies want to know of decisions."""

    def note_shadow(self, tx: Transaction, network: str, shadow: str, rows: Sequence[Any]) -> None:
        """Differences between the version in force and its shadow."""

    def note_hits(
        self, tx: Transaction, network: str, policy: str, counts: Mapping[str, int], total: int
    ) -> None:
        """How often rules held."""


Note = Callable[[Transaction, JudgedLot, Sequence[Written]], None]
"""Notes what is to be found out of items that were decided now."""


class Outcome(NamedTuple):
    """What became of one submission: an answer, a refusal, or neither: judge it once more."""

    pending: Pending
    stage: Stage
    written: Written
    answer: bytes | None
    verdict: str
    state: ItemState
    refusal: ServiceError | None = None

    @property
    def is_settled(self) -> bool:
        """Whether nothing is left to be done but to say it."""
        return self.answer is not None or self.refusal is not None


class LotWriter:
    """Writes judged lots."""

    def __init__(
        self,
        context: Context,
        policies: PolicyCounts,
        stored: Stored,
        notes: Sequence[Note] = (),
    ) -> None:
        """``notes`` are called with what was written, in the same transaction."""
        self._context = context
        self._policies = policies
        self._stored = stored
        self._notes = notes
        self._recorder = Recorder(context.vault)
        self._links = DecisionLinks(context.vault, context.settings)

    @staticmethod
    def lock(tx: Transaction, lots: Sequence[JudgedLot]) -> None:
        """Keep the items of lots that are written together from being decided by others.

        And the items that they answer: what is taken down meanwhile would not hide them. A lot
        locks its own items in order; these together must be in one order too, so that two processes
        never wait for each other in a ring. SQLite has one writer at a time anyway.
        """
        given = [submission for judged in lots for submission in judged.lot.judged.submissions]
        parents = {submission.parent for submission in given if submission.parent}
        if (parents or len(lots) > 1) and tx.connection.dialect.name == "postgresql":
            named = parents | {str(submission.id) for submission in given}
            rows_by_key(tx.connection, items, ("id",), sorted(named), lock=True)

    def write(self, tx: Transaction, judged: JudgedLot) -> list[Written]:
        """Write a lot in the caller's transaction."""
        lot = judged.lot
        keys = dict(Counter(pending.actor for pending in judged.pendings))
        written = self._recorder.write(tx, lot, audited={"keys": keys})
        self._note(tx, lot, judged.in_force, written)
        for note in self._notes:
            note(tx, judged, written)
        return written

    def outcomes(self, judged: JudgedLot, written: list[Written]) -> list[Outcome]:
        """What became of each submission, after the commit.

        Raises:
            StoreUnavailableError: the decision on a repeated item cannot be read.
        """
        of = judged.lot.judged
        repeated = self._repeated(of, written)
        days = self._context.settings.appeal_days
        found = []
        for at, (pending, w) in enumerate(zip(judged.pendings, written, strict=True)):
            stage, stands = judged.lot.stages[at], repeated.get(at)
            if stands is not None:
                verdict = stands.verdict.value
                found.append(Outcome(pending, stage, w, _ENCODE(stands), verdict, stands.state))
            else:
                link = self._link(of.verdict[at], w)
                answer = None if w.decision is None else _answer(of, at, pending, w, days, link)
                refusal = None if w.taken is None else _id_taken(of.submissions[at], w)
                found.append(
                    Outcome(pending, stage, w, answer, of.verdict[at], of.state(at), refusal)
                )
        return found

    @staticmethod
    def has_consequences(judged: JudgedLot, written: list[Written]) -> bool:
        """Whether something follows from a lot's new decisions."""
        verdicts = judged.lot.judged.verdict
        return any(
            w.decision and verdict not in _APPEARS
            for w, verdict in zip(written, verdicts, strict=True)
        )

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

    def _repeated(self, judged: Judged, written: list[Written]) -> dict[int, Screened]:
        """By place, the decision that stands where a submission brought nothing new."""
        given = [
            (at, w.repeated)
            for at, w in enumerate(written)
            if w.decision is None and w.repeated is not None and w.revision
        ]
        if not given:
            return {}
        with self._context.database.read() as connection:
            found = self._stored.screened(
                connection, [(decision, judged.submissions[at].id) for at, decision in given]
            )
        return {at: screened for (at, _), screened in zip(given, found, strict=True)}

    def _link(self, verdict: str, written: Written) -> str | None:
        """The page for the person concerned, where there is something to be concerned about."""
        if written.decision is None or verdict == Verdict.allow:
            return None
        return self._links.link(written.decision)


def _id_taken(submission: Submission, written: Written) -> ServiceError:
    if written.foreign:
        return ServiceError(
            "conflict",
            f"Item {str(submission.id)!r} is another account's. An id names one item of one "
            "account: give this one another.",
            field="id",
        )
    return ServiceError(
        "conflict",
        f"Item {str(submission.id)!r} is on the network {written.taken!r}. An id names one item on "
        "all networks: give this one another, such as with the network's name before it.",
        field="id",
    )


def _answer(
    judged: Judged, at: int, pending: Pending, written: Written, days: int, link: str | None
) -> bytes:
    reach, until = judged.reach[at], None
    if written.decided is not None:
        until = appeal_until(judged.verdict[at], written.decided, days)
    return (
        b'{"id":%b,"decision":"%b","revision":%d,"state":"%b","stage":"%b","reach":%b,'
        b'"appeal_until":%b,"link":%b,%b'
    ) % (
        _ENCODE(judged.submissions[at].id),
        (written.decision or "").encode(),
        written.revision,
        judged.state(at).encode(),
        pending.stage.encode(),
        b"null" if reach is None else _ENCODE(reach),
        b"null" if until is None else _ENCODE(until),
        b"null" if link is None else _ENCODE(link),
        judged.answer[at],
    )
