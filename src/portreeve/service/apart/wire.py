"""What the two processes say to each other about lots."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec

from portreeve.schemas.screening import ItemState, Stage, Submission
from portreeve.service.deadlines import FailPolicy

GO, LOT, YES, NO = b"g", b"l", b"y", b"n"
"""What the service begins a message with: settings; a lot; whether it may be committed."""

READY, MAY_COMMIT, DECIDED, WRONG = b"r", b"m", b"d", b"w"
"""What the screener begins one with: it is ready; it asks whether it may commit the lot; what
became of it; what went wrong."""


class Sent(msgspec.Struct, frozen=True, array_like=True):
    """A submission, on its way; the fields of :class:`portreeve.service.calls.Pending`."""

    submission: Submission
    network: str
    accepted: datetime
    actor: str
    then: FailPolicy
    missed: bool


class Lot(msgspec.Struct, frozen=True, array_like=True):
    """Submissions to be decided.

    ``sure``: until when they may be committed without asking, by the monotonic clock, which is the
    same in both processes.
    """

    sent: list[Sent]
    sure: float


class Refusal(msgspec.Struct, frozen=True, array_like=True):
    """A :class:`portreeve.service.errors.ServiceError`."""

    code: str
    detail: str
    field: str | None


class Said(msgspec.Struct, frozen=True, array_like=True):
    """What became of the submission at a place of the lot: an
    :class:`portreeve.service.lot_writing.Outcome`."""

    at: int
    stage: Stage
    decision: str | None
    revision: int
    repeated: str | None
    taken: str | None
    decided: datetime | None
    foreign: bool
    answer: bytes | None
    verdict: str
    state: ItemState
    refusal: Refusal | None


class LotSaid(msgspec.Struct, frozen=True, array_like=True):
    """What became of a lot: a :class:`portreeve.service.decider.Decided`."""

    said: list[Said]
    follows: bool


class Wrong(msgspec.Struct, frozen=True, array_like=True):
    """Why nothing was decided: an error of :meth:`portreeve.service.decider.Decider.decide`.

    ``words``: of an error of the store, or the kind of a fault; ``where``: a fault's place.
    """

    error: Literal["overtaken", "conflict", "away", "fault"]
    words: str = ""
    where: str = ""
    judging: bool = False


encode_lot = msgspec.json.Encoder().encode
decode_lot = msgspec.json.Decoder(Lot).decode
"""Submissions come as JSON from hosts too: there is nothing in them that JSON cannot hold."""

encode = msgspec.msgpack.Encoder().encode
decode_said = msgspec.msgpack.Decoder(LotSaid).decode
decode_wrong = msgspec.msgpack.Decoder(Wrong).decode
