"""Lots decided by the screening process, as if it were done here."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from portreeve.service.apart import wire
from portreeve.service.apart.process import ProcessEndedError, ScreeningProcess
from portreeve.service.calls import Pending
from portreeve.service.decider import Decided, DeciderGoneError, FaultError, OvertakenError
from portreeve.service.errors import ServiceError
from portreeve.service.lateness import PROMISED_SECONDS
from portreeve.service.lot_writing import Outcome
from portreeve.service.records import Written
from portreeve.store import StoreConflictError, StoreUnavailableError


class RemoteDecider:
    """Sends lots to the screening process and waits for what becomes of them."""

    def __init__(self, process: ScreeningProcess) -> None:
        self._process = process

    @property
    def trouble(self) -> str | None:
        """What is wrong with the process."""
        return self._process.trouble

    def warm(self) -> None:
        """Wait until the process is ready.

        Raises:
            StoreUnavailableError: the database does not answer it.
            ServiceError: ``unavailable``: it does not start.
        """
        try:
            self._process.need()
        except ProcessEndedError as error:
            raise ServiceError(
                "unavailable",
                f"Screening cannot begin: {error}. The lines above say more; with "
                "PORTREEVE_SCREEN_APART=false it runs in the service's own process.",
            ) from None

    def decide(self, taken: Sequence[Pending], may_commit: Callable[[], bool]) -> Decided:
        """See :class:`portreeve.service.decider.Decider`."""
        # a decision takes part of the time that its commit has: none is late while that lasts
        sure = min(pending.promised for pending in taken) - PROMISED_SECONDS / 2
        lot = wire.encode_lot(wire.Lot([_sent(pending) for pending in taken], sure))
        try:
            said = self._process.decide(lot, may_commit)
        except ProcessEndedError as error:
            # nothing can be decided for some time, as when the database is away
            raise StoreUnavailableError(str(error)) from None
        except EOFError as error:
            if self._process.closed:
                raise StoreUnavailableError("the service stops") from None
            raise DeciderGoneError(str(error)) from None
        if said[:1] == wire.WRONG:
            raise _error(wire.decode_wrong(said[1:]))
        decided = wire.decode_said(said[1:])
        return Decided([_outcome(one, taken[one.at]) for one in decided.said], decided.follows)


def _sent(pending: Pending) -> wire.Sent:
    return wire.Sent(
        pending.submission, pending.network, pending.accepted, pending.actor, pending.then,
        pending.missed,
    )  # fmt: skip


def _outcome(said: wire.Said, pending: Pending) -> Outcome:
    written = Written(
        said.decision, said.revision, said.repeated, said.taken, said.decided, said.foreign
    )
    refusal = None
    if said.refusal is not None:
        refusal = ServiceError(said.refusal.code, said.refusal.detail, field=said.refusal.field)
    return Outcome(pending, said.stage, written, said.answer, said.verdict, said.state, refusal)


def _error(wrong: wire.Wrong) -> Exception:
    if wrong.error == "overtaken":
        return OvertakenError()
    if wrong.error == "conflict":
        return StoreConflictError(wrong.words)
    if wrong.error == "away":
        return StoreUnavailableError(wrong.words)
    return FaultError(wrong.words, wrong.where, judging=wrong.judging)
