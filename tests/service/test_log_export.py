"""Moving decisions into Parquet: no row twice, none lost, whenever a process dies."""

import multiprocessing
import os
import random
import signal
import time

import polars as pl
import pytest
import sqlalchemy as sa

from portreeve.store import Database
from portreeve.store.log import LogExporter, LogReader, Query
from portreeve.store.tables.core import batches
from portreeve.store.tables.log import log_files
from service.log_support import write_batch

EXPORT_STEPS = ["read", "written", "placed", "written", "placed", "listed"]


@pytest.fixture
def exporter(database, tmp_path):
    return LogExporter(database, tmp_path / "log", rows=100, small=1000, many=3)


@pytest.fixture
def reader(database, tmp_path):
    return LogReader(database, tmp_path / "log")


def seen(reader):
    """The ids of all decisions of the log, sorted."""
    return sorted(reader.ask(Query(select=("decision",), limit=100_000))["decision"].to_pylist())


def files(database):
    """Day and rows of the files that belong to the log."""
    with database.read() as connection:
        listed = sa.select(log_files.c.day, log_files.c.rows).where(log_files.c.replaced.is_(None))
        return sorted(tuple(row) for row in connection.execute(listed))


def on_disk(tmp_path):
    return sorted(path.name for path in (tmp_path / "log").glob("*/*"))


def test_batches_become_one_file_a_day(database, clock, exporter, reader, tmp_path):
    ids = write_batch(database, {}, {"verdict": "refuse"})
    clock.advance(days=1)
    ids += write_batch(database, {})
    before = seen(reader)
    assert exporter.export() == 3
    assert exporter.export() == 0
    assert files(database) == [("2014-06-01", 2), ("2014-06-02", 1)]
    assert before == seen(reader) == sorted(ids)
    with database.read() as connection:
        assert connection.execute(sa.select(batches)).all() == []
    written = pl.concat([pl.read_parquet(path) for path in (tmp_path / "log").glob("*/*.parquet")])
    assert sorted(written["decision"]) == sorted(ids)
    assert "text" not in written.columns


def test_a_number_is_not_used_again_when_all_batches_are_moved(database, exporter, reader):
    first = write_batch(database, {"item": "a"})
    exporter.export()
    second = write_batch(database, {"item": "b"})
    exporter.export()
    rows = reader.ask(Query(select=("decision", "item"), order="seq")).to_pylist()
    assert rows == [{"decision": first[0], "item": "a"}, {"decision": second[0], "item": "b"}]


@pytest.mark.parametrize("last", range(1, len(EXPORT_STEPS) + 1))
def test_an_export_that_dies_after_any_step_loses_and_doubles_nothing(
    database, clock, exporter, reader, last
):
    ids = write_batch(database, {}, {})
    clock.advance(days=1)
    ids += write_batch(database, {}, {})
    steps = exporter.exporting()
    assert [next(steps)[0] for _ in range(last)] == EXPORT_STEPS[:last]
    assert seen(reader) == sorted(ids)
    assert exporter.export() == (0 if last == len(EXPORT_STEPS) else 4)
    assert seen(reader) == sorted(ids)


def test_small_files_of_a_day_become_one(database, clock, exporter, reader, tmp_path):
    ids = []
    for _ in range(3):
        ids += write_batch(database, {}, {})
        exporter.export()
    assert exporter.compact()
    assert files(database) == [("2014-06-01", 6)]
    assert seen(reader) == sorted(ids)
    assert len(on_disk(tmp_path)) == 4
    assert exporter.tidy() == 0
    clock.advance(minutes=11)
    assert exporter.tidy() == 3
    assert len(on_disk(tmp_path)) == 1
    assert seen(reader) == sorted(ids)


def test_a_day_that_is_over_is_compacted_early(database, clock, exporter):
    for _ in range(2):
        write_batch(database, {})
        exporter.export()
    assert not exporter.compact()
    clock.advance(days=1)
    assert exporter.compact()
    assert files(database) == [("2014-06-01", 2)]
    assert not exporter.compact()


@pytest.mark.parametrize("last", [1, 2, 3])
def test_a_compaction_that_dies_after_any_step_loses_and_doubles_nothing(
    database, exporter, reader, last
):
    ids = []
    for _ in range(3):
        ids += write_batch(database, {})
        exporter.export()
    steps = exporter.compacting()
    assert [next(steps) for _ in range(last)] == ["written", "placed", "listed"][:last]
    assert seen(reader) == sorted(ids)
    exporter.compact()
    assert seen(reader) == sorted(ids)
    assert files(database) == [("2014-06-01", 3)]


def test_what_is_left_behind_is_removed_after_an_hour(database, exporter, tmp_path):
    write_batch(database, {})
    steps = exporter.exporting()
    for _ in range(3):
        next(steps, None)
    (left,) = (tmp_path / "log").glob("*/*")
    assert exporter.tidy() == 0
    os.utime(left, (time.time() - 3700,) * 2)
    assert exporter.tidy() == 1
    assert on_disk(tmp_path) == []


def test_of_two_exporters_one_moves_the_rows(database, exporter, reader, tmp_path):
    ids = write_batch(database, {}, {})
    other = LogExporter(database, tmp_path / "log")
    slow = exporter.exporting()
    next(slow)
    assert other.export() == 2
    assert [step for step, _ in slow] == ["written", "placed"]
    assert files(database) == [("2014-06-01", 2)]
    assert seen(reader) == sorted(ids)


def test_of_two_compactions_one_counts(database, exporter, reader, tmp_path):
    ids = []
    for _ in range(3):
        ids += write_batch(database, {})
        exporter.export()
    slow = exporter.compacting()
    next(slow)
    assert LogExporter(database, tmp_path / "log", many=3).compact()
    assert list(slow) == ["placed"]
    assert seen(reader) == sorted(ids)


def test_a_file_of_an_older_version_lacks_columns_and_is_read_and_merged(
    database, exporter, reader, tmp_path
):
    ids = []
    for _ in range(3):
        ids += write_batch(database, {"contacts": 2})
        exporter.export()
    oldest = min((tmp_path / "log").glob("*/*.parquet"))
    pl.read_parquet(oldest).drop("contacts").with_columns(retired=pl.lit(7)).write_parquet(oldest)
    for _ in range(2):
        counts = reader.ask(Query(select=("contacts",), order="seq"))["contacts"].to_pylist()
        assert counts == [None, 2, 2]
        exporter.compact()
    merged = max((tmp_path / "log").glob("*/*.parquet"))
    assert pl.read_parquet(merged)["retired"].to_list() == [7, None, None]


def test_a_day_that_is_dropped_is_no_part_of_the_log(database, clock, exporter, reader):
    write_batch(database, {})
    clock.advance(days=1)
    kept = write_batch(database, {})
    exporter.export()
    assert exporter.drop_before("2014-06-02") == 1
    assert seen(reader) == kept


def _work_for_ever(url, folder, began):
    exporter = LogExporter(Database(url), folder, rows=30, small=100, many=3)
    began.set()
    while True:
        exporter.work()


def test_killed_again_and_again_at_random_nothing_is_lost_or_doubled(
    database, database_url, reader, tmp_path
):
    chance = random.Random(7)
    spawn = multiprocessing.get_context("spawn")
    ids = []
    for _ in range(3):
        began = spawn.Event()
        worker = spawn.Process(target=_work_for_ever, args=(database_url, tmp_path / "log", began))
        worker.start()
        while not began.wait(0.01):
            ids += write_batch(database, *[{}] * 10)
        end = time.monotonic() + 0.5 + chance.random()
        while time.monotonic() < end:
            ids += write_batch(database, *[{}] * 10)
            time.sleep(0.01)
        os.kill(worker.pid, signal.SIGKILL)
        worker.join()
        assert seen(reader) == sorted(ids)
    assert files(database)
