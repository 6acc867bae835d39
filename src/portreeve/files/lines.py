"""Blocks of whole lines from a file, compressed or not, or from standard input."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any, NamedTuple

import pyarrow as pa

from portreeve.files.errors import InputError

BLOCK = 8 << 20
LONGEST_LINE = 32 << 20

_CODECS = {".gz": "gzip", ".zst": "zstd"}
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")


class Block(NamedTuple):
    """Some whole lines of a file."""

    first: int
    """Number of the first line, from 1."""
    data: bytes
    """The lines, each with its line end; the last line of a file may have none."""
    too_long: bool = False
    """One line that is longer than :data:`LONGEST_LINE`; ``data`` is empty."""


class Lines:
    """The lines of one text input, in blocks of about 8 MiB.

    ``ended_early`` is None until the blocks are used up; then it says why the input stopped before
    its end, if it did. The lines before that place have been given; the broken one has not.

    >>> import tempfile
    >>> posts = Path(tempfile.mkdtemp()) / "posts.jsonl"
    >>> _ = posts.write_bytes(b'{"text": "a"}\\n{"text": "b"}\\n')
    >>> with Lines(posts) as lines:
    ...     [(block.first, len(block.data)) for block in lines.blocks()]
    [(1, 28)]
    """

    def __init__(self, path: Path | None, *, longest: int = LONGEST_LINE) -> None:
        self.path = path
        self.name = "standard input" if path is None else str(path)
        self.longest = longest
        self.ended_early: str | None = None
        self.next_line = 1
        self._position = 0
        self._codec = None if path is None else _CODECS.get(path.suffix)
        self._size = 0
        self._file: IO[bytes]
        self._stream: Any
        self._open()

    def __enter__(self) -> Lines:
        return self

    def __exit__(self, *_: object) -> None:
        if self.path is not None:
            self._file.close()

    def done(self) -> float | None:
        """The share of the file that has been read, 0 to 1; None where its size is unknown."""
        if not self._size or self.path is None:
            return None
        # the decompressor reads a little ahead; for a progress bar that is exact enough
        return min(1.0, self._file.tell() / self._size)

    def blocks(self) -> Iterator[Block]:
        """The lines in order, cut at line ends. An over-long line is given as its number only."""
        carry = b""
        too_long = False
        for chunk in self._chunks():
            data = carry + chunk
            if too_long:
                _, newline, data = data.partition(b"\n")
                if not newline:
                    continue
                yield self._too_long()
                too_long = False
            end = data.rfind(b"\n") + 1
            if end:
                yield self._block(data[:end])
            carry = data[end:]
            if len(carry) > self.longest:
                carry, too_long = b"", True
        if too_long:
            yield self._too_long()
        elif carry and self.ended_early is None:
            yield self._block(carry)

    def _too_long(self) -> Block:
        self.next_line += 1
        return Block(self.next_line - 1, b"", too_long=True)

    def _block(self, data: bytes) -> Block:
        block = Block(self.next_line, data)
        self.next_line += data.count(b"\n")
        return block

    def _chunks(self) -> Iterator[bytes]:
        first = True
        while chunk := self._read():
            if first:
                if chunk.startswith(_UTF_16):
                    raise InputError(
                        self.name,
                        "the file is in UTF-16.",
                        "Turn it into UTF-8, such as by `iconv -f utf-16 -t utf-8`.",
                    )
                chunk = chunk.removeprefix(_BYTE_ORDER_MARK)
                first = False
            if chunk:
                yield chunk

    def _open(self) -> None:
        if self.path is None:
            self._file = self._stream = sys.stdin.buffer
            return
        try:
            self._file = self._stream = self.path.open("rb")
        except OSError as error:
            raise unreadable(self.name, error) from None
        self._size = self.path.stat().st_size
        if self._codec:
            self._decompress(self.path)

    def _decompress(self, path: Path, skip: int = 0) -> None:
        """Read the compressed file from its start, less the first ``skip`` bytes of its text."""
        # a stream that failed closes its file, so each has its own
        self._file = path.open("rb")
        self._stream = pa.CompressedInputStream(pa.PythonFile(self._file, "r"), self._codec)
        while skip:
            skip -= len(self._stream.read(min(skip, BLOCK)))

    def _read(self) -> bytes:
        if self.ended_early is not None:
            return b""
        try:
            chunk: bytes = self._stream.read(BLOCK)
        except OSError as error:
            if self._codec is None or self.path is None:
                raise unreadable(self.name, error) from None
            chunk = self._salvage(self.path)
            self.ended_early = (
                f"the compressed file is damaged or cut off ({error}), "
                f"after {self._position + len(chunk):,} bytes of text"
            )
            if not self._position and not chunk:
                raise InputError(
                    self.name,
                    f"the file cannot be decompressed ({error}).",
                    f"Is it a {self._codec} file?",
                ) from None
        self._position += len(chunk)
        return chunk

    def _salvage(self, path: Path) -> bytes:
        """What can still be had before the damaged place: a failed read gives nothing at all."""
        saved = bytearray()
        for step in (1 << 16, 1 << 8, 1):
            self._decompress(path, skip=self._position + len(saved))
            with contextlib.suppress(OSError):
                while chunk := self._stream.read(step):
                    saved += chunk
        return bytes(saved)


def unreadable(name: str, error: OSError) -> InputError:
    """The error for an input that the operating system does not let us read."""
    remedy = {
        FileNotFoundError: "Check the path.",
        PermissionError: "Check who may read it.",
        IsADirectoryError: "Name the files in it, such as folder/*.jsonl.",
    }.get(type(error), "")
    return InputError(name, f"cannot be read: {error.strerror or type(error).__name__}.", remedy)
