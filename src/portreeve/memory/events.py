"""Events: all that memory is ever told, and how they stand in a journal."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from portreeve.memory.hashing import Numbers
from portreeve.memory.relations import EVENT
from portreeve.memory.traces import KEY, TRACE, Traces

_FORM = 1
_LARGEST = 1 << 28


class EventError(ValueError):
    """What stands in a journal is no event that this version can read."""


@dataclass(frozen=True)
class Items:
    """Items as they were screened. ``counted``: by a counter's identity, for which of them its
    condition holds; a counter that is not named counts none."""

    traces: Traces
    counted: dict[str, NDArray[np.bool_]]


@dataclass(frozen=True)
class Heard:
    """Relation events, records of :data:`~portreeve.memory.relations.EVENT`."""

    events: NDArray[np.void]


@dataclass(frozen=True)
class Forgotten:
    """Accounts whose people were erased."""

    accounts: Numbers


Event = Items | Heard | Forgotten


class _Written(msgspec.Struct, array_like=True):
    """An event as it stands in a journal; arrays as their bytes. ``layout`` tells the records'
    layout: what another version wrote is not misread."""

    form: int
    kind: str
    layout: str
    parts: list[bytes]
    names: list[str]


_LAYOUTS = {
    "items": f"{TRACE.descr}{KEY.descr}",
    "heard": f"{EVENT.descr}",
    "forgotten": "u8",
}
_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(_Written)


def encode(event: Event) -> bytes:
    """An event as bytes, compressed."""
    match event:
        case Items(traces, counted):
            held = [np.packbits(flags).tobytes() for flags in counted.values()]
            kind, names = "items", list(counted)
            parts = [traces.rows.tobytes(), traces.keys.tobytes(), *held]
        case Heard(events):
            kind, names, parts = "heard", [], [events.tobytes()]
        case Forgotten(accounts):
            kind, names, parts = "forgotten", [], [accounts.tobytes()]
    plain = _encoder.encode(_Written(_FORM, kind, _LAYOUTS[kind], parts, names))
    packed: bytes = pa.compress(plain, codec="lz4", asbytes=True)
    return len(plain).to_bytes(8, "little") + packed


def decode(data: bytes) -> Event:
    """The event that :func:`encode` wrote.

    Raises:
        EventError: it was written by a version with other records, or is broken.
    """
    size = int.from_bytes(data[:8], "little")
    if size > _LARGEST:
        raise EventError("an event of the journal cannot be read: it is none")
    try:
        written = _decoder.decode(pa.decompress(data[8:], size, codec="lz4", asbytes=True))
    except (msgspec.MsgspecError, OSError, ValueError) as error:
        raise EventError(f"an event of the journal cannot be read: {error}") from None
    if written.form != _FORM or _LAYOUTS.get(written.kind) != written.layout:
        raise EventError(
            f"an event of the journal, {written.kind!r}, has the records of another version"
        )
    match written.kind:
        case "items":
            rows = np.frombuffer(written.parts[0], TRACE)
            traces = Traces(rows, np.frombuffer(written.parts[1], KEY))
            held = [
                np.unpackbits(np.frombuffer(part, np.uint8), count=len(rows)).astype(np.bool_)
                for part in written.parts[2:]
            ]
            return Items(traces, dict(zip(written.names, held, strict=True)))
        case "heard":
            return Heard(np.frombuffer(written.parts[0], EVENT))
        case _:
            return Forgotten(np.frombuffer(written.parts[0], np.uint64))
