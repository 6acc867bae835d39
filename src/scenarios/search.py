"""Looking for words in all that two systems leave behind: their files and their memory."""

from __future__ import annotations

import base64
import gzip
import hashlib
import io
import re
import resource
import zlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq

_BLOCK = 1 << 24
_PAGE = resource.getpagesize()
_REGION = re.compile(r"([0-9a-f]+)-([0-9a-f]+) rw")
_TOUCHED = re.compile(r"(?:Rss|Swap): +(\d+) kB")


def needles(words: str) -> list[bytes]:
    """A text in every form in which it could be kept.

    >>> [needle[:6] for needle in needles("canary")][:3]
    [b'canary', b'c\\x00a\\x00n\\x00', b'\\x00c\\x00a\\x00n']
    """
    plain = words.encode()
    forms = [plain, words.encode("utf-16-le"), words.encode("utf-16-be"), plain.hex().encode()]
    for before in range(3):
        # the letters that are the same wherever in the text the words begin
        encoded = base64.b64encode(b"\0" * before + plain)[4 if before else 0 :]
        forms.append(encoded[: len(encoded) // 4 * 4 - 4])
    return forms


def digests(words: str) -> list[bytes]:
    """The common digests of a text: a hash of it would tell who guesses it that it was said."""
    found = []
    for name in ("sha256", "sha1", "md5", "blake2b", "sha512"):
        digest = hashlib.new(name, words.encode()).digest()
        found += [digest, digest.hex().encode(), base64.b64encode(digest)[:24]]
    return found


def in_files(folder: Path, wanted: list[bytes]) -> list[str]:
    """The files below a folder that hold one of these, packed or not, by name."""
    return [
        path.relative_to(folder).as_posix()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and _holds(path, wanted)
    ]


def in_memory(pid: int, wanted: list[bytes]) -> bool:
    """Whether a running process holds one of these anywhere in its memory.

    That is more than a crash file of it would show.

    Raises:
        OSError: this system does not let one look.
    """
    longest = max(map(len, wanted))
    with Path(f"/proc/{pid}/mem").open("rb", buffering=0) as memory:
        for start, end in _regions(pid):
            for at in range(start, end, _BLOCK - longest):
                try:
                    memory.seek(at)
                    block = memory.read(min(_BLOCK, end - at))
                except OSError:
                    # pages of devices cannot be read
                    break
                if any(needle in block for needle in wanted):
                    return True
    return False


def _regions(pid: int) -> Iterator[tuple[int, int]]:
    """What a process can write to and has touched: nothing else can hold what it was told.

    Whole areas by ``smaps``, and of these the pages that are in memory, or swapped, by ``pagemap``.
    """
    area: tuple[int, int] | None = None
    with Path(f"/proc/{pid}/pagemap").open("rb", buffering=0) as pages:
        for line in Path(f"/proc/{pid}/smaps").read_text().splitlines():
            if (begins := _REGION.match(line)) is not None:
                area = (int(begins[1], 16), int(begins[2], 16))
            elif area is not None and (size := _TOUCHED.match(line)) is not None and size[1] != "0":
                start, end = area
                pages.seek(start // _PAGE * 8)
                kept = np.frombuffer(pages.read((end - start) // _PAGE * 8), np.uint64) >> 62 != 0
                edges = np.flatnonzero(np.diff(kept, prepend=False, append=False)) * _PAGE + start
                yield from zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True)
                area = None


def _holds(path: Path, wanted: list[bytes]) -> bool:
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        # a journal that was there a moment ago
        return False
    return any(needle in form for form in _forms(data) for needle in wanted)


def _forms(data: bytes) -> Iterator[bytes]:
    yield data
    # one that is being written has no end yet
    if data[:4] == data[-4:] == b"PAR1":
        yield repr(pq.read_table(io.BytesIO(data)).to_pydict()).encode()
    for magic in re.finditer(rb"\x1f\x8b\x08", data):
        try:
            yield gzip.decompress(data[magic.start() :])
        except (OSError, EOFError, zlib.error):
            continue
    for magic in re.finditer(rb"\x78[\x01\x5e\x9c\xda]", data):
        try:
            yield zlib.decompressobj().decompress(data[magic.start() :], _BLOCK)
        except zlib.error:
            continue
