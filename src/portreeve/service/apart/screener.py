"""The screening process, as it runs: started by the service, with its ends of two pipes.

It ends when they do. What it is told to do it does through the same objects as a service in one
process.
"""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from multiprocessing.connection import Connection
from typing import Any

import msgspec

from portreeve.service import logs, steadiness
from portreeve.service.apart import wire
from portreeve.service.calls import Pending
from portreeve.service.claim import FolderClaim
from portreeve.service.decider import Decider, FaultError, OvertakenError
from portreeve.service.errors import ServiceError
from portreeve.service.lot_writing import Outcome
from portreeve.service.service import Service
from portreeve.service.settings import Settings
from portreeve.store import StoreConflictError, StoreUnavailableError

_GRACE_SECONDS = 1.0
"""How long the lot at hand may take when the service has gone."""
_LAST_LOT_SECONDS = 10.0
"""How long one process waits for another, whose service has ended, to finish its lot."""


def main(lots: Connection[bytes, bytes], memory: Connection[Any, Any]) -> None:
    """Get ready, then decide lots until the service goes."""
    settings = msgspec.json.decode(lots.recv_bytes()[len(wire.GO) :], type=Settings)
    logs.configure(settings.log_level)
    try:
        service = Service.open(settings)
        if service.context.database.dialect == "sqlite":
            # until this process ends
            FolderClaim(service.context.folder, "screening.lock", wait=_LAST_LOT_SECONDS)
        service.start_deciding()
    except Exception as error:
        lots.send_bytes(wire.WRONG + wire.encode(_wrong(error)))
        return
    steadiness.steady()
    asked = threading.Thread(target=_answer, args=(memory, service), daemon=True)
    asked.start()
    lots.send_bytes(wire.READY)
    _decide(lots, service.screening.decider)


def _decide(lots: Connection[bytes, bytes], decider: Decider) -> None:
    while True:
        lot = wire.decode_lot(lots.recv_bytes()[len(wire.LOT) :])

        def may_commit(sure: float = lot.sure) -> bool:
            if time.monotonic() < sure:
                return True
            lots.send_bytes(wire.MAY_COMMIT)
            return lots.recv_bytes() == wire.YES

        taken = [_pending(at, one) for at, one in enumerate(lot.sent)]
        try:
            decided = decider.decide(taken, may_commit)
        except Exception as error:
            lots.send_bytes(wire.WRONG + wire.encode(_wrong(error)))
        else:
            said = wire.LotSaid([_said(one) for one in decided.outcomes], decided.follows)
            lots.send_bytes(wire.DECIDED + wire.encode(said))


def _answer(memory: Connection[Any, Any], service: Service) -> None:
    """Answer questions to memory, until the service goes."""
    remembering = service.remembering
    while True:
        try:
            what, given = memory.recv()
        except (EOFError, OSError):
            time.sleep(_GRACE_SECONDS)
            os._exit(0)  # what is decided is committed, what is remembered is in the journal
        try:
            if what == "trouble":
                told: Any = service.deciding_trouble()
            else:
                told = getattr(remembering, what)
                told = told(*given) if callable(told) else told
            answer: Sequence[Any] = ("told", told)
        except ServiceError as error:
            answer = ("refused", error.code, error.detail, error.field)
        except StoreUnavailableError as error:
            answer = ("away", str(error))
        except Exception as error:
            fault = FaultError.of(error, judging=False)
            answer = ("fault", fault.kind, fault.where)
        memory.send(answer)
        if what == "close":
            os._exit(0)


def _pending(at: int, sent: wire.Sent) -> Pending:
    return Pending(
        sent.submission, sent.network, sent.accepted, sent.actor, sent.then,
        place=at, missed=sent.missed,
    )  # fmt: skip


def _said(outcome: Outcome) -> wire.Said:
    w, refused = outcome.written, outcome.refusal
    refusal = None if refused is None else wire.Refusal(refused.code, refused.detail, refused.field)
    return wire.Said(
        outcome.pending.place, outcome.stage, w.decision, w.revision, w.repeated, w.taken,
        w.decided, w.foreign, outcome.answer, outcome.verdict, outcome.state, refusal,
    )  # fmt: skip


def _wrong(error: Exception) -> wire.Wrong:
    if isinstance(error, OvertakenError):
        return wire.Wrong("overtaken")
    if isinstance(error, StoreConflictError):
        return wire.Wrong("conflict", str(error))
    if isinstance(error, StoreUnavailableError):
        return wire.Wrong("away", str(error))
    if isinstance(error, ServiceError):
        return wire.Wrong("fault", error.detail)
    fault = error if isinstance(error, FaultError) else FaultError.of(error, judging=False)
    return wire.Wrong("fault", fault.kind, fault.where, fault.judging)


def run(lots: int, memory: int) -> None:
    """Screen, by the numbers of the pipes, until the service goes."""
    # the service decides when this ends: what is sent to all of its processes is for it
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    with suppress(EOFError, OSError):
        main(Connection(lots), Connection(memory))
    os._exit(0)
