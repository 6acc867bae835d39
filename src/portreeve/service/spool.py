"""The spool: items that were answered before they were decided, kept on disk until they are.

An item is spooled when its deadline passes, or when the database does not answer. Whoever was
answered by a surface's fail policy can rely on it: the item is on disk, synced, before the answer
goes out; it is decided when the database is back, or by the next start after a crash.

Entries are sealed with a key derived from the master key. A file holds the entries of one stretch
of time; it is deleted when all of them are decided.
"""

from __future__ import annotations

import fcntl
import itertools
import os
import struct
import threading
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from portreeve.schemas.screening import Submission
from portreeve.service.deadlines import FailPolicy

_LENGTH = struct.Struct(">I")
_NONCE = 12
_BINDING = b"portreeve spool 1"
_LARGEST = 64 * 1024 * 1024


class Entry(msgspec.Struct, frozen=True, array_like=True):
    """An item that was answered for: what came, when, from whom, and what was answered."""

    submission: Submission
    accepted: datetime
    actor: str
    answered: FailPolicy


class Spool:
    """A folder of sealed entries.

    >>> import tempfile
    >>> from datetime import UTC
    >>> folder = Path(tempfile.mkdtemp())
    >>> june = datetime(2014, 6, 1, tzinfo=UTC)
    >>> entry = Entry(Submission(id="p-1", text="猫"), june, "host", "allow")
    >>> spool = Spool(folder, bytes(32))
    >>> tickets = spool.add([entry])
    >>> spool.close()
    >>> later = Spool(folder, bytes(32))
    >>> [found.submission.id for _, found in later.left_behind()]
    ['p-1']
    >>> later.done(tickets); len(later)
    0
    """

    def __init__(self, folder: Path, key: bytes) -> None:
        """``key``: 32 bytes. Each process writes in a place of its own below ``folder``."""
        self._box = AESGCM(key)
        self._lock = threading.Lock()
        self._root = folder
        self._folder, self._claim = _claimed(folder)
        self._number = 1 + max((int(path.stem) for path in _files(self._folder)), default=0)
        self._file: int | None = None
        self._open: dict[int, int] = {}
        """Number of a file -> how many of its entries are not decided."""

    def __len__(self) -> int:
        """How many entries of this process are not decided yet."""
        return sum(self._open.values())

    def add(self, entries: Sequence[Entry]) -> list[int]:
        """Write entries and wait until they are on disk; gives a ticket for each.

        Raises:
            OSError: the disk does not take them; nothing can be promised then.
        """
        sealed = b"".join(self._sealed(entry) for entry in entries)
        with self._lock:
            if self._file is None:
                path = self._path(self._number)
                self._file = os.open(path, os.O_CREAT | os.O_WRONLY | os.O_APPEND, 0o600)
                self._open[self._number] = 0
                _sync_folder(self._folder)
            self._append(self._file, sealed)
            self._open[self._number] += len(entries)
            return [self._number] * len(entries)

    def done(self, tickets: Sequence[int]) -> None:
        """The entries of these tickets are decided."""
        with self._lock:
            for number in tickets:
                self._open[number] -= 1
            for number in [n for n, left in self._open.items() if left == 0]:
                if number == self._number:
                    self._close()
                del self._open[number]
                self._path(number).unlink(missing_ok=True)

    def left_behind(self) -> list[tuple[int, Entry]]:
        """Entries that an earlier process did not see decided, each with a ticket.

        The end of a file may be torn by a crash: an entry that is not whole was not answered for.
        """
        found: list[tuple[int, Entry]] = []
        with self._lock:
            self._adopt()
            for path in _files(self._folder):
                number = int(path.stem)
                if number in self._open:
                    continue
                entries = list(self._read(path))
                if entries:
                    self._open[number] = len(entries)
                    found += [(number, entry) for entry in entries]
                else:
                    path.unlink(missing_ok=True)
        return found

    def close(self) -> None:
        """Leave the place to others; what is not decided stays for them."""
        with self._lock:
            self._close()
            os.close(self._claim)

    def _adopt(self) -> None:
        """Move here what processes left that are no more."""
        for place in sorted(self._root.iterdir()):
            claim = None if place == self._folder else _try_claim(place)
            if claim is not None:
                for path in _files(place):
                    path.rename(self._path(self._number))
                    self._number += 1
                os.close(claim)

    def _append(self, file: int, data: bytes) -> None:
        """Write all of it, or leave the file as it was."""
        before = os.fstat(file).st_size
        try:
            written = os.write(file, data)
            os.fdatasync(file)
        except OSError:
            os.ftruncate(file, before)
            raise
        if written != len(data):
            os.ftruncate(file, before)
            raise OSError("the disk is full")

    def _close(self) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None
            self._number += 1

    def _path(self, number: int) -> Path:
        return self._folder / f"{number:012d}.spool"

    def _sealed(self, entry: Entry) -> bytes:
        nonce = os.urandom(_NONCE)
        sealed = nonce + self._box.encrypt(nonce, msgspec.msgpack.encode(entry), _BINDING)
        return _LENGTH.pack(len(sealed)) + sealed

    def _read(self, path: Path) -> Iterator[Entry]:
        data = path.read_bytes()
        at = 0
        while at + _LENGTH.size <= len(data):
            (size,) = _LENGTH.unpack_from(data, at)
            sealed = data[at + _LENGTH.size : at + _LENGTH.size + size]
            at += _LENGTH.size + size
            if size > _LARGEST or len(sealed) < size:
                return
            try:
                plain = self._box.decrypt(sealed[:_NONCE], sealed[_NONCE:], _BINDING)
            except InvalidTag:
                return
            yield msgspec.msgpack.decode(plain, type=Entry)


def _files(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.spool"))


def _claimed(folder: Path) -> tuple[Path, int]:
    """The first place below a folder that no living process has, and the lock on it."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for number in itertools.count():
        place = folder / str(number)
        place.mkdir(mode=0o700, exist_ok=True)
        claim = _try_claim(place)
        if claim is not None:
            return place, claim
    raise AssertionError("there is always another number")


def _try_claim(place: Path) -> int | None:
    claim = os.open(place / "lock", os.O_CREAT | os.O_RDWR, 0o600)
    try:
        fcntl.flock(claim, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(claim)
        return None
    return claim


def _sync_folder(folder: Path) -> None:
    """Make a new file's name last as well as its bytes."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
