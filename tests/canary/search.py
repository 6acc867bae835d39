"""Looking for words in everything that a service leaves behind, however it is encoded."""

from __future__ import annotations

import base64
import gzip
import io
import re
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path

import pyarrow.parquet as pq

WORD = re.compile(rb"canary[0-9a-f]{12}")
"""All canaries look like this, so that one pass finds them all."""


def found_in(data: bytes) -> set[str]:
    """The canaries in some bytes: as they are, in UTF-16, in base64 and in hex, packed or not."""
    return {word.decode() for form in _forms(data) for word in WORD.findall(form)}


def found_below(folders: Iterable[Path]) -> dict[str, set[str]]:
    """The canaries in every file below some folders, by the file's name."""
    found = {}
    for folder in folders:
        for path in sorted(folder.rglob("*")):
            if path.is_file() and (words := _found_in_file(path)):
                found[path.relative_to(folder).as_posix()] = words
    return found


def _found_in_file(path: Path) -> set[str]:
    data = path.read_bytes()
    words = found_in(path.name.encode()) | found_in(data)
    if data[:4] == b"PAR1":
        words |= found_in(repr(pq.read_table(io.BytesIO(data)).to_pydict()).encode())
    return words


def _forms(data: bytes) -> Iterator[bytes]:
    yield data
    yield data.replace(b"\0", b"")
    lower = data.lower()
    if lower != data:
        yield lower
    for run in re.findall(rb"[0-9A-Fa-f]{36,}", data):
        for start in (0, 1):
            part = run[start : len(run) - (len(run) - start) % 2]
            yield bytes.fromhex(part.decode())
    for run in re.findall(rb"[A-Za-z0-9+/_-]{24,}", data):
        plain = run.replace(b"-", b"+").replace(b"_", b"/")
        for start in range(4):
            part = plain[start:]
            yield base64.b64decode(part[: len(part) // 4 * 4])
    yield from _unpacked(data)


def _unpacked(data: bytes) -> Iterator[bytes]:
    for magic in re.finditer(rb"\x1f\x8b\x08", data):
        try:
            yield gzip.GzipFile(fileobj=io.BytesIO(data[magic.start() :])).read1(1 << 24)
        except (OSError, EOFError, zlib.error):
            continue
    for magic in re.finditer(rb"\x78[\x01\x5e\x9c\xda]", data):
        try:
            yield zlib.decompressobj().decompress(data[magic.start() :], 1 << 24)
        except zlib.error:
            continue
