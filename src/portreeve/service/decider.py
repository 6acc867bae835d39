"""Deciding a lot: judged, written and answered for, in one step."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple, Protocol

import sqlalchemy as sa

from portreeve.service.calls import Pending
from portreeve.service.context import Context
from portreeve.service.lot_writing import LotWriter, Outcome
from portreeve.service.lots import Judge, JudgedLot
from portreeve.service.worker import place
from portreeve.store import StoreConflictError, StoreUnavailableError


class OvertakenError(Exception):
    """Something in the lot was answered by the fail policy meanwhile. Nothing was written."""


class DeciderGoneError(Exception):
    """Who decides has ended meanwhile; nobody knows whether something was written."""


class FaultError(Exception):
    """A fault of ours.

    ``kind`` and ``where`` name the error and its place in the code, as the log does; ``judging``:
    it was found before anything was to be written, so that the lot's parts can be tried at once;
    ``known``: it is known that nothing was written.
    """

    def __init__(self, kind: str, where: str, *, judging: bool, known: bool = True) -> None:
        super().__init__(f"{kind} at {where}")
        self.kind = kind
        self.where = where
        self.judging = judging
        self.known = known

    @classmethod
    def of(cls, error: BaseException, *, judging: bool) -> FaultError:
        """What is told of an error: nothing of its words, which may hold content."""
        known = not isinstance(error, DeciderGoneError)
        return cls(type(error).__name__, place(error), judging=judging, known=known)


class Decided(NamedTuple):
    """What became of a lot. ``follows``: whether consequences are to be drawn."""

    outcomes: list[Outcome]
    follows: bool


class Decider(Protocol):
    """Decides lots, one at a time."""

    @property
    def trouble(self) -> str | None:
        """What keeps it from deciding; None when all is well."""

    def warm(self) -> None:
        """Load and compile what the first decision needs."""

    def decide(self, taken: Sequence[Pending], may_commit: Callable[[], bool]) -> Decided:
        """Decide submissions: all or none of them is written.

        ``may_commit`` is asked once all is written, right before the commit.

        Raises:
            OvertakenError: it may not.
            StoreConflictError: another process wrote some of the same; at once again it may go
                well.
            StoreUnavailableError: the database does not answer.
            DeciderGoneError: it has ended; the next call finds another one.
            FaultError: something that should not.
        """


class LocalDecider:
    """Decides in this process, in the thread that asks."""

    def __init__(self, context: Context, judge: Judge, writer: LotWriter) -> None:
        self._context = context
        self._judge = judge
        self._writer = writer

    @property
    def trouble(self) -> str | None:
        """Nothing: it is there as long as the process is."""
        return None

    def warm(self) -> None:
        """Load and compile what the first decision needs, for the network used by default."""
        self._judge.warm(self._context.settings.network)

    def decide(self, taken: Sequence[Pending], may_commit: Callable[[], bool]) -> Decided:
        """See :class:`Decider`."""
        try:
            lots = self._judge.judge(taken)
        except StoreUnavailableError:
            raise
        except Exception as error:
            raise FaultError.of(error, judging=True) from error
        try:
            return self._written(lots, may_commit)
        except (OvertakenError, StoreUnavailableError):
            raise
        except sa.exc.IntegrityError as error:
            # what another process wrote is seen now
            raise StoreConflictError(type(error).__name__) from error
        except Exception as error:
            raise FaultError.of(error, judging=False) from error

    def _written(self, lots: list[JudgedLot], may_commit: Callable[[], bool]) -> Decided:
        with self._context.database.write() as tx:
            self._writer.lock(tx, lots)
            written = [self._writer.write(tx, judged) for judged in lots]
            if not may_commit():
                raise OvertakenError
        outcomes = [
            outcome
            for judged, of in zip(lots, written, strict=True)
            for outcome in self._writer.outcomes(judged, of)
        ]
        return Decided(outcomes, any(map(self._writer.has_consequences, lots, written)))
