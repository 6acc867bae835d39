"""The process that decodes pictures, and nothing else: ``python -m portreeve.pictures.worker``.

It is started by :mod:`portreeve.pictures.pool` with a socket and limits, holds no secret, opens
nothing after its start, and answers each file with a :class:`Picture` or a :class:`Fault`.
"""

from __future__ import annotations

from portreeve.pictures import codes, decoding, hashing
from portreeve.pictures.limits import Limits
from portreeve.pictures.serving import serve
from portreeve.pictures.structs import Code, Fault, FaultError, Picture


def read(data: bytes, limits: Limits) -> Picture | Fault:
    """What is in a picture."""
    try:
        decoded = decoding.decode(data, limits)
        found = _codes(decoded.frames, limits)
        first = decoded.frames[0][1].shown
        hash_, quality = hashing.pdq(first.convert("L"))
    except FaultError as error:
        return Fault(error.kind)
    except MemoryError:
        return Fault("out_of_memory")
    return Picture(
        format=decoded.format,
        width=first.width,
        height=first.height,
        frames=decoded.count,
        frames_read=len(decoded.frames),
        cut_off=decoded.cut_off,
        codes=found,
        pdq=hash_,
        quality=quality,
    )


def _codes(frames: list[tuple[int, decoding.Frame]], limits: Limits) -> tuple[Code, ...]:
    """The codes of all frames; one that stays from frame to frame is told once."""
    found: dict[tuple[str, str], Code] = {}
    for number, frame in frames:
        for view in (frame.shown, frame.on_black):
            if view is None:
                continue
            for code in codes.read(view.convert("L"), number, limits):
                place = "" if len(frames) > 1 else str(_middle(code))
                found.setdefault((code.text, place), code)
    return tuple(found.values())[: limits.codes]


def _middle(code: Code) -> tuple[int, int]:
    """The part of the picture, of about 16 pixels, in which a code's middle lies."""
    return (
        sum(x for x, _ in code.box) // 64,
        sum(y for _, y in code.box) // 64,
    )


if __name__ == "__main__":
    serve(read)
