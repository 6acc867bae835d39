"""Verifying the audit log: from a database, or offline from a file of its entries.

The file holds one entry a line, as JSON; docs/audit.md says how anyone can verify it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO

import msgspec
import sqlalchemy as sa

from portreeve.store.audit import GENESIS, entry_hash
from portreeve.store.columns import moment
from portreeve.store.tables.core import audit, audit_head

_AT_ONCE = 5_000


class Line(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One entry of the audit log, as a line of a file. ``time`` is in microseconds since 1970."""

    seq: int
    time: int
    actor: str
    action: str
    subject: str
    detail: dict[str, Any]
    previous: str
    hash: str

    def own_hash(self) -> str:
        """The hash that the entry must have."""
        return entry_hash({**msgspec.structs.asdict(self), "time": moment(self.time)})


@dataclass(frozen=True)
class Chain:
    """What came of verifying. ``broken`` is the number of the first entry that is not as it was."""

    entries: int
    """How many entries are whole, from the first on."""
    head: str
    """Hash of the last of them."""
    broken: int | None = None
    what: str | None = None
    """What is wrong with that entry."""

    @property
    def intact(self) -> bool:
        """Whether the whole log is as it was written."""
        return self.broken is None


@dataclass(frozen=True)
class Unreadable:
    """Something that stands where an entry should, and what is wrong with it."""

    seq: int | None
    what: str


def verify(
    lines: Iterable[Line | Unreadable],
    head: tuple[int, str] | None = None,
    *,
    noted: tuple[int, str] | None = None,
) -> Chain:
    """Follow the chain from its first entry to the first that is broken.

    ``head``: number and hash of the last entry; without it entries removed from the end cannot be
    noticed. ``noted``: number and hash of an entry, noted elsewhere some time ago: the log must
    still have it, and may have grown since.

    >>> verify([]).intact
    True
    """
    seq, previous = 0, GENESIS
    for line in lines:
        what = _wrong(line, seq + 1, previous)
        if what is not None:
            return Chain(seq, previous, seq + 1, what)
        assert isinstance(line, Line)
        seq, previous = line.seq, line.hash
        if noted is not None and noted[0] == seq and noted[1] != previous:
            return Chain(seq - 1, line.previous, *_end(seq, previous, noted))
    if noted is not None and seq < noted[0]:
        return Chain(seq, previous, *_end(seq, previous, noted))
    if head is not None and head != (seq, previous):
        return Chain(seq, previous, *_end(seq, previous, head))
    return Chain(seq, previous)


def verify_database(
    connection: sa.Connection,
    *,
    noted: tuple[int, str] | None = None,
    passed: Callable[[int], None] = lambda _: None,
) -> Chain:
    """Verify the audit log of a database, its end included; read in one snapshot.

    ``passed`` is told the number of every entry that is come to.
    """
    head = connection.execute(sa.select(audit_head.c.seq, audit_head.c.hash)).first()
    if head is None:
        return Chain(0, GENESIS, 1, "the row that says where the log ends is missing")
    return verify(_watched(stored(connection), passed), (head.seq, head.hash), noted=noted)


def _watched(
    lines: Iterable[Line | Unreadable], passed: Callable[[int], None]
) -> Iterator[Line | Unreadable]:
    for number, line in enumerate(lines, 1):
        passed(number)
        yield line


def stored(connection: sa.Connection, after: int = 0) -> Iterator[Line | Unreadable]:
    """The entries of a database after one of them, in order."""
    as_kept = {"time": sa.BigInteger, "detail": sa.Text}
    raw = [
        sa.type_coerce(audit.c[name], as_kept[name]) if name in as_kept else audit.c[name]
        for name in Line.__struct_fields__
    ]
    while True:
        wanted = sa.select(*raw).where(audit.c.seq > after).order_by(audit.c.seq)
        rows = connection.execute(wanted.limit(_AT_ONCE)).all()
        for row in rows:
            yield _from_row(dict(zip(Line.__struct_fields__, row, strict=True)))
        if len(rows) < _AT_ONCE:
            return
        after = rows[-1][0]


def read(file: BinaryIO) -> Iterator[Line | Unreadable]:
    """The entries of a file, one a line; empty lines are passed over.

    A line must be written as :func:`write` does: another way, such as a field that comes twice,
    could tell a reader what the hash does not cover.
    """
    for number, text in enumerate(file, 1):
        if not text.strip():
            continue
        try:
            line = msgspec.json.decode(text, type=Line)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            yield Unreadable(None, f"line {number} is no entry: {error}")
            continue
        if msgspec.json.encode(line) != text.strip():
            yield Unreadable(line.seq, f"line {number} is not written as it was exported")
        else:
            yield line


def write(lines: Iterable[Line | Unreadable], file: BinaryIO) -> int:
    """Write entries into a file, one a line; how many.

    Raises:
        ValueError: an entry of the database is no entry any more.
    """
    count = 0
    for line in lines:
        if isinstance(line, Unreadable):
            raise ValueError(f"entry {line.seq}: {line.what}")  # noqa: TRY004
        file.write(msgspec.json.encode(line) + b"\n")
        count += 1
    return count


def _from_row(row: dict[str, Any]) -> Line | Unreadable:
    text = row["detail"]
    try:
        line = msgspec.convert({**row, "detail": msgspec.json.decode(text)}, Line)
    except (msgspec.DecodeError, msgspec.ValidationError) as error:
        return Unreadable(row["seq"], f"it was changed: {error}")
    if msgspec.json.encode(line.detail).decode() != text:
        return Unreadable(row["seq"], "its detail was changed: it is not written as it was")
    return line


def _wrong(line: Line | Unreadable, seq: int, previous: str) -> str | None:
    if isinstance(line, Unreadable):
        missing = line.seq is not None and line.seq != seq
        return f"it is missing: entry {line.seq} comes next" if missing else line.what
    if line.seq != seq:
        return f"it is missing: entry {line.seq} comes next"
    if line.previous != previous:
        return "it does not follow the entry before it: that one's hash is another"
    if line.own_hash() != line.hash:
        return "it was changed: what it says does not give its hash"
    return None


def _end(seq: int, hash: str, head: tuple[int, str]) -> tuple[int, str]:
    if seq < head[0]:
        return seq + 1, f"it is missing: the log ended with entry {head[0]}"
    if seq > head[0]:
        return head[0] + 1, f"it should not be there: the log ended with entry {head[0]}"
    return seq, f"it was replaced: its hash was {head[1]}, here it is {hash}"
