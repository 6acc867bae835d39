"""What is known of the log's files without reading their rows."""

from __future__ import annotations

import math
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pyarrow.parquet as pq
import sqlalchemy as sa

from portreeve.store.log.columns import EMPTY
from portreeve.store.tables.log import log_files


@dataclass(frozen=True)
class LogFile:
    """A file of the log."""

    path: Path
    rows: int
    current: bool
    """It has exactly the columns that this version writes."""
    last_seq: float
    """The highest running number in it; infinite where the file does not say."""


class LogFiles:
    """The files of a log, the newest rows first."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder.resolve()
        self._known: dict[str, LogFile] = {}
        self._learning = threading.Lock()

    def listed(
        self, connection: sa.Connection, since: datetime | None, until: datetime | None
    ) -> list[LogFile]:
        """The files that may have decisions of a time range."""
        wanted = sa.select(log_files.c.path, log_files.c.day).where(log_files.c.replaced.is_(None))
        listed = {row.path: row.day for row in connection.execute(wanted)}
        known = self._learn(listed)
        first = None if since is None else _day(since)
        last = None if until is None else _day(until)
        chosen = [
            known[path]
            for path, day in listed.items()
            if (first is None or day >= first) and (last is None or day <= last)
        ]
        return sorted(chosen, key=lambda file: (-file.last_seq, file.path))

    def _learn(self, listed: dict[str, str]) -> dict[str, LogFile]:
        """What is known of the listed files; those not met before are looked at now."""
        with self._learning:
            known = {path: self._known.get(path) or self._look(path) for path in listed}
            self._known = known
            return known

    def _look(self, path: str) -> LogFile:
        where = self._folder / path
        metadata = pq.read_metadata(where)
        return LogFile(
            path=where,
            rows=metadata.num_rows,
            current=metadata.schema.to_arrow_schema().equals(EMPTY.schema),
            last_seq=_last_seq(metadata),
        )


def in_rounds(files: Sequence[LogFile], first: int, times: int) -> list[list[LogFile]]:
    """The files in rounds, each of about so many times the rows of the one before."""
    rounds: list[list[LogFile]] = []
    room = 0
    for file in files:
        if room <= 0:
            rounds.append([])
            room = first * times ** (len(rounds) - 1)
        rounds[-1].append(file)
        room -= file.rows
    return rounds


def _last_seq(metadata: pq.FileMetaData) -> float:
    at = metadata.schema.names.index("seq") if "seq" in metadata.schema.names else None
    if at is None:
        return math.inf
    highest = 0
    for number in range(metadata.num_row_groups):
        found = metadata.row_group(number).column(at).statistics
        if found is None or not found.has_min_max:
            return math.inf
        highest = max(highest, found.max)
    return highest


def _day(time: datetime) -> str:
    return time.astimezone(UTC).strftime("%Y-%m-%d")
