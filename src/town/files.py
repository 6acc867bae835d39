"""A town into files, streaming: what the network sees, and the truth in a folder of its own."""

from __future__ import annotations

import contextlib
import resource
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import IO, Any, Literal, Protocol, Self

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from town.people import Person
from town.posts import Post, Truth
from town.ties import Relation
from town.town import AccountTruth, Town

Format = Literal["jsonl", "parquet"]
SEEN: dict[str, type[msgspec.Struct]] = {"people": Person, "relations": Relation, "posts": Post}
"""What the network, and so Portreeve, may see."""
HIDDEN: dict[str, type[msgspec.Struct]] = {"accounts": AccountTruth, "posts": Truth}
"""What nobody but the judge of a test may see: files in the folder ``truth``."""
_ROWS = 50_000


class Summary(msgspec.Struct):
    """What was written, and what it took."""

    accounts: int
    relations: int = 0
    posts: int = 0
    selling: int = 0
    seconds: float = 0.0
    accounts_a_second: int = 0
    peak_mib: int = 0


class _Sink(Protocol):
    def __enter__(self) -> Self: ...
    def __exit__(self, *_: object) -> None: ...
    def add(self, rows: Iterable[msgspec.Struct]) -> int:
        """Write rows; how many there were."""


def write(
    town: Town, folder: Path, kind: Format = "jsonl", tell: Callable[[int], None] | None = None
) -> Summary:
    """Write a town; ``tell`` hears after each district how many accounts are done."""
    begun = time.monotonic()
    done = Summary(accounts=0)
    (folder / "truth").mkdir(parents=True, exist_ok=True)
    with contextlib.ExitStack() as stack:
        seen = {
            name: stack.enter_context(_sink(folder / f"{name}.{kind}", row))
            for name, row in SEEN.items()
        }
        hidden = {
            name: stack.enter_context(_sink(folder / "truth" / f"{name}.{kind}", row))
            for name, row in HIDDEN.items()
        }
        for district in town.districts():
            done.accounts += seen["people"].add(town.people(district))
            done.relations += seen["relations"].add(town.relations(district))
            hidden["accounts"].add(town.truth(district))
            for day in town.posts(district):
                done.posts += seen["posts"].add(post for post, _ in day)
                done.selling += hidden["posts"].add(truth for _, truth in day if truth is not None)
            if tell is not None:
                tell(done.accounts)
    done.seconds = round(time.monotonic() - begun, 2)
    done.accounts_a_second = int(done.accounts / max(done.seconds, 0.001))
    done.peak_mib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    return done


def _sink(path: Path, row: type[msgspec.Struct]) -> _Sink:
    return _Lines(path) if path.suffix == ".jsonl" else _Parquet(path, row)


class _Lines:
    """JSON lines."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._encoder = msgspec.json.Encoder()

    def __enter__(self) -> Self:
        self._file: IO[bytes] = self._path.open("wb")
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def add(self, rows: Iterable[msgspec.Struct]) -> int:
        """Write rows; how many there were."""
        written = 0
        for row in rows:
            self._file.write(self._encoder.encode(row) + b"\n")
            written += 1
        return written


class _Parquet:
    """Parquet, in groups of rows."""

    def __init__(self, path: Path, row: type[msgspec.Struct]) -> None:
        self._path = path
        self._names = row.__struct_fields__
        whole = {"level"}
        self._schema = pa.schema(
            [(name, pa.int64() if name in whole else pa.string()) for name in self._names]
        )
        self._waiting: list[dict[str, Any]] = []

    def __enter__(self) -> Self:
        self._writer = pq.ParquetWriter(self._path, self._schema, compression="zstd")
        return self

    def __exit__(self, *_: object) -> None:
        self._flush()
        self._writer.close()

    def add(self, rows: Iterable[msgspec.Struct]) -> int:
        """Write rows; how many there were."""
        new = [msgspec.structs.asdict(row) for row in rows]
        self._waiting += new
        if len(self._waiting) >= _ROWS:
            self._flush()
        return len(new)

    def _flush(self) -> None:
        if self._waiting:
            self._writer.write_table(pa.Table.from_pylist(self._waiting, self._schema))
            self._waiting = []
