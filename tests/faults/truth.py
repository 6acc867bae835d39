"""What must hold of a store whatever happened to the service, read from the store itself."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

import polars as pl
import sqlalchemy as sa

from faults.load import Load
from faults.process import Service, portreeve
from portreeve.service.context import DATABASE_FILE
from portreeve.store import Database
from portreeve.store.log.batches import unpack
from portreeve.store.tables.core import batches, contents, decisions, events, items
from portreeve.store.tables.log import log_files


@dataclass(frozen=True)
class Found:
    """What was counted while it was checked."""

    items: int
    decisions: int
    answers: int
    provisional: int
    audit_entries: int
    in_files: int
    """Decisions that stand in a Parquet file; the others are in the database still."""


def check(service: Service, load: Load) -> Found:
    """See that everything promised was kept, once; the service must have been stopped.

    Raises:
        AssertionError: it was not; the message says what.
    """
    answers, broken = load.answers, load.broken
    database = Database(service.database or f"sqlite:///{service.data / DATABASE_FILE}")
    try:
        with database.snapshot() as connection:
            made = connection.execute(sa.select(decisions)).all()
            known = {row.id: row for row in connection.execute(sa.select(items))}
            sealed = set(connection.execute(sa.select(contents.c.decision)).scalars())
            late = connection.execute(
                sa.select(events.c.data).where(events.c.type == "decision.late")
            ).scalars()
            told = Counter(data["item"] for data in late)
            in_files, logged = _logged(connection, service)
    finally:
        database.close()
    by_id = {row.id: row for row in made}
    _each_once((row.item, row.revision) for row in made)
    _each_once(logged)
    assert set(logged) == set(by_id), "the decision log does not hold every decision"
    assert sealed == set(by_id), "a decision has no content"
    assert all(row.decision in by_id for row in known.values())
    provisional = Counter(answer.item for answer in answers if answer.provisional)
    for answer in answers:
        assert answer.item in known, f"{answer.item} was answered and is not there"
        if answer.decision is not None:
            row = by_id[answer.decision]
            assert (row.item, row.verdict) == (answer.item, answer.verdict)
    for item in told.keys() | provisional.keys():
        # of a request that broke off nobody knows whether its answer was under way
        most = provisional[item] + broken[item]
        assert provisional[item] <= told[item] <= most, (
            f"{item}: {provisional[item]} provisional answers, {told[item]} of decision.late"
        )
    assert not list((service.data / "spool").rglob("*.spool")), "the spool is not empty"
    return Found(
        items=len(known),
        decisions=len(made),
        answers=len(answers),
        provisional=sum(provisional.values()),
        audit_entries=audit_entries(service),
        in_files=in_files,
    )


def audit_entries(service: Service) -> int:
    """Verify the audit chain with the command; how many entries are whole."""
    done = portreeve("audit", "verify", service.database or str(service.data))
    assert done.returncode == 0, done.stderr
    return int(done.stdout.split()[1])


def _logged(connection: sa.Connection, service: Service) -> tuple[int, list[str]]:
    """Ids of decisions in the decision log: how many are in files, and all of them."""
    listed = connection.execute(
        sa.select(log_files.c.path).where(log_files.c.replaced.is_(None))
    ).scalars()
    found: list[str] = []
    for path in listed:
        found += pl.read_parquet(service.data / "log" / path, columns=["decision"])[
            "decision"
        ].to_list()
    in_files = len(found)
    for columns in connection.execute(sa.select(batches.c.columns)).scalars():
        found += unpack(columns)["decision"].to_list()
    return in_files, found


def _each_once(found: Iterable[object]) -> None:
    twice = [name for name, count in Counter(found).items() if count > 1]
    assert not twice, f"twice: {twice[:5]}"
