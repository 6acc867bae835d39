"""Verifying the whole audit log in the background: a long one takes longer than a page may."""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass
from datetime import datetime

import msgspec
import sqlalchemy as sa

from portreeve.schemas.access import Scope
from portreeve.schemas.audit import AuditCheck, AuditVerification
from portreeve.service.actor import Actor
from portreeve.service.audit import as_verification
from portreeve.service.context import Context
from portreeve.store import StoreUnavailableError
from portreeve.store.chain import verify_database
from portreeve.store.tables.core import audit_head

_AT_ONCE_SECONDS = 0.4
"""A short log is verified within one page."""
_log = logging.getLogger("portreeve.audit")


@dataclass
class _Run:
    total: int
    started: datetime
    by: str
    entries: int = 0
    finished: datetime | None = None
    result: AuditVerification | None = None
    failed: bool = False


class AuditChecks:
    """Verifications of the audit log by this process: one at a time, the last one remembered."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._run: _Run | None = None
        self._beginning = threading.Lock()
        self._thread: threading.Thread | None = None

    def begin(self, actor: Actor) -> AuditCheck:
        """Begin to verify, unless it is under way; the result is there at once for a short log."""
        actor.need(Scope.audit)
        with self._beginning:
            if self._thread is None or not self._thread.is_alive():
                with self._context.database.read() as connection:
                    total = connection.execute(sa.select(audit_head.c.seq)).scalar() or 0
                run = self._run = _Run(total, self._context.now(), actor.name)
                self._thread = threading.Thread(
                    target=self._verify, args=(run,), name="portreeve-audit-check", daemon=True
                )
                self._thread.start()
        self._thread.join(_AT_ONCE_SECONDS)
        return self._told(self._run)

    def last(self, actor: Actor) -> AuditCheck | None:
        """How the last one stands; None when this process has verified nothing yet."""
        actor.need(Scope.audit)
        return None if self._run is None else self._told(self._run)

    def _told(self, run: _Run | None) -> AuditCheck:
        assert run is not None
        return AuditCheck(
            running=run.finished is None,
            entries=run.entries,
            total=run.total,
            started=run.started,
            started_by=run.by,
            finished=run.finished,
            result=run.result,
            failed=run.failed,
        )

    def _verify(self, run: _Run) -> None:
        def passed(number: int) -> None:
            run.entries = number

        try:
            with self._context.database.snapshot() as connection:
                run.result = as_verification(verify_database(connection, passed=passed))
        except (StoreUnavailableError, sa.exc.SQLAlchemyError, msgspec.MsgspecError):
            run.failed = True
            _log.exception("the audit log could not be verified")
        finally:
            run.finished = self._context.now()
