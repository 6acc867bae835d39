"""What one picture may cost."""

from __future__ import annotations

import msgspec

_MIB = 1024 * 1024


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """What one picture may cost; the bounds are enforced before or outside its decoder.

    ``bytes``: of the file. ``side``: pixels of the longer side, and ``pixels``: of all frames that
    are read together; both are known before a frame is decoded. ``frames``: those that are read of
    an animation or of many pages, spread from the first to the last. ``frames_passed``: those that
    may lie before the last one read, since an animation has to be played to get there.
    ``seconds``: from sending the file to a worker to its answer. ``memory``: bytes of address space
    of the worker. ``codes``: of one picture. ``code_characters``: of one code.
    """

    bytes: int = 32 * _MIB
    side: int = 32_000
    pixels: int = 50_000_000
    frames: int = 8
    frames_passed: int = 240
    seconds: float = 10.0
    memory: int = 1024 * _MIB
    codes: int = 64
    code_characters: int = 8_192
