"""Memory as a whole, and its journals: what survives, what is shared, what never counts twice."""

from __future__ import annotations

import sqlite3
import time
import warnings
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from portreeve.admission import admit
from portreeve.engine import assess
from portreeve.memory.campaigns import CampaignSettings
from portreeve.memory.copies import CopySettings
from portreeve.memory.events import EventError, Forgotten, Heard, Items, decode, encode
from portreeve.memory.hashing import numbers
from portreeve.memory.journals import (
    EmbeddedJournal,
    Journal,
    JournalAwayError,
    packed,
    restored,
)
from portreeve.memory.keeping import Keeper
from portreeve.memory.memory import Memory, MemorySettings
from portreeve.memory.redis_journal import RedisJournal
from portreeve.memory.relations import EVENT, FRIEND, RelationSettings
from portreeve.memory.traces import Secret, trace
from portreeve.memory.trajectories import TrajectorySettings
from portreeve.policy import Counter, Words, load

from . import redis_server

SECRET = Secret.of(b"a secret of these tests")
NOW = datetime(2026, 11, 27, tzinfo=UTC)
SMALL = MemorySettings(
    copies=CopySettings(capacity=256),
    campaigns=CampaignSettings(accounts=256, keys=256, edges=1024, items=256),
    trajectories=TrajectorySettings(sellers=64),
    relations=RelationSettings(windows=64, accounts=64, groups=64, owners=16, rooms=16, events=256),
    keys=64,
    items=1_024,
)
DAY = Counter("posts_today", Words("posts of a day", "一天的条数"), "posts", "account",
              timedelta(days=1), None, None, "house", "", 1, None)  # fmt: skip
MASK = "补水面膜一盒89元，三盒包邮，现货当天发，要的加微信 maskshop88，数量不多先到先得"
COPY = "补水面膜一盒 89 元，三盒包邮，现货当天发！要的加薇信 maskshop88，数量不多，先到先得哦"


def items(*posts: tuple[str, str, str]) -> Items:
    """Posts (id, account, text) as memory is told of them, a minute apart."""
    policy = load("acquaintance")
    frame = pl.DataFrame(
        [(id, account, text, NOW) for id, account, text in posts],
        schema=["id", "account", "text", "time"], orient="row",
    )  # fmt: skip
    assessed = assess(admit(frame, policy).items)
    traces = trace(assessed.items, assessed.facts, assessed.places, policy, SECRET, NOW)
    traces.rows["time"] += np.arange(len(posts)) * 60_000_000
    return Items(traces, {DAY.identity: np.ones(len(posts), dtype=bool)})


@pytest.fixture(scope="module")
def redis_url() -> Iterator[str]:
    program = redis_server.program()
    if program is None:
        warnings.warn(redis_server.MISSING, stacklevel=1)
        pytest.skip(redis_server.MISSING)
    server = redis_server.Server(program)
    redis_servers.append(server)
    yield server.url
    server.stop()


redis_servers: list[redis_server.Server] = []
Open = Callable[[], Journal]


@pytest.fixture(params=["embedded", "redis"])
def open_journal(request: pytest.FixtureRequest, tmp_path: Path) -> Open:
    """Opens one journal, again and again."""
    if request.param == "embedded":
        return lambda: EmbeddedJournal(tmp_path / "memory.db")
    url = request.getfixturevalue("redis_url")
    return lambda: RedisJournal(url, name=str(tmp_path), timeout=2)


def keeper(journal: Journal) -> Keeper:
    return Keeper(journal, SMALL, [DAY])


def told(frame: pl.DataFrame | None, *names: str) -> list[tuple[object, ...]]:
    assert frame is not None
    return frame.select(*names).rows()


# --- memory ---------------------------------------------------------------------------------------


def test_what_is_remembered_of_posts() -> None:
    memory = Memory(SMALL, [DAY])
    found = memory.apply(items(("a", "ann", MASK), ("b", "ben", COPY), ("c", "ann", "猫睡着了")))
    assert told(found, "copies", "copy_accounts", "first_copy") == [
        (0, 0, True), (1, 1, False), (None, None, None)
    ]  # fmt: skip
    assert told(found, "campaign_accounts", "campaign_posts", "sliding", "mobilised") == [
        (0, 0, False, 0), (2, 2, False, 0), (0, 0, False, 0)
    ]  # fmt: skip
    assert told(found, DAY.identity) == [(1,), (1,), (2,)]


def test_an_erased_account_leaves_no_number_behind_and_the_rest_stands() -> None:
    memory = Memory(SMALL, [DAY])
    memory.apply(items(("a", "ann", MASK), ("b", "ben", COPY), ("c", "cat", MASK)))
    ben = numbers(["ben"], SECRET.account)
    assert any((array == ben[0]).any() for array in plain(memory))
    memory.apply(Forgotten(ben))
    assert not any((array == ben[0]).any() for array in plain(memory))
    found = memory.apply(items(("d", "dan", MASK)))
    assert told(found, "copies", "campaign_accounts") == [(2, 3)]


def plain(memory: Memory) -> list[np.ndarray]:
    """All arrays, the fields of records one by one."""
    return [
        part
        for array in memory.arrays().values()
        for part in ([array[name] for name in array.dtype.names] if array.dtype.names else [array])
        if part.dtype.kind in "ui"
    ]


def test_events_are_read_as_they_were_written() -> None:
    written = items(("a", "ann", MASK), ("b", "ben", "猫"))
    read = decode(encode(written))
    assert isinstance(read, Items)
    assert read.traces.rows.tobytes() == written.traces.rows.tobytes()
    assert read.traces.keys.tobytes() == written.traces.keys.tobytes()
    assert {name: flags.tolist() for name, flags in read.counted.items()} == {
        DAY.identity: [True, True]
    }
    assert b"maskshop88" not in encode(written)
    with pytest.raises(EventError, match="an event of the journal cannot be read"):
        decode(b"\x05" + bytes(20))


# --- journals -------------------------------------------------------------------------------------


def test_a_journal_keeps_events_in_order_and_a_snapshot_in_place_of_them(
    open_journal: Open,
) -> None:
    journal = open_journal()
    first, second, third = (journal.append(data) for data in (b"one", b"two", b"three"))
    assert first < second < third
    assert list(journal.after(first)) == [(second, b"two"), (third, b"three")]
    assert journal.kept() is None
    one = keeper(open_journal())
    assert one.unread == 3
    journal.keep(one.snapshot())
    assert list(journal.after(0)) == []
    kept = journal.kept()
    assert kept is not None
    assert kept.position == third
    assert kept.arrays.keys() == one.memory.arrays().keys()
    journal.append(b"four")
    assert [data for _, data in journal.after(third)] == [b"four"]


def test_memory_survives_the_end_of_its_process(open_journal: Open) -> None:
    one = keeper(open_journal())
    one.remember(items(("a", "ann", MASK)))
    journal = open_journal()
    journal.keep(one.snapshot())
    one.remember(items(("b", "ben", COPY)))
    again = keeper(open_journal())
    found = again.remember(items(("c", "cat", MASK)))
    assert told(found, "copies", "campaign_accounts") == [(2, 3)]
    assert told(again.remember(items(("d", "ann", "早"))), DAY.identity) == [(2,)]


def test_an_item_that_is_told_twice_counts_once_also_after_a_restart(open_journal: Open) -> None:
    one = keeper(open_journal())
    one.remember(items(("a", "ann", MASK), ("b", "ben", COPY)))
    again = keeper(open_journal())
    found = again.remember(items(("b", "ben", COPY)))
    assert told(found, "copies", "campaign_posts", DAY.identity) == [(1, 2, 1)]


def test_other_sizes_begin_anew_and_take_in_what_is_still_kept(open_journal: Open) -> None:
    one = keeper(open_journal())
    one.remember(items(("a", "ann", MASK)))
    open_journal().keep(one.snapshot())
    one.remember(items(("b", "ben", COPY)))
    larger = Keeper(open_journal(), MemorySettings(keys=128, items=64), [DAY])
    assert told(larger.remember(items(("c", "cat", MASK))), "copies") == [(1,)]


def test_a_snapshot_in_the_form_of_another_version_is_told_without_arrays() -> None:
    array = np.arange(2_000, dtype=np.uint64)
    whole = restored(7, b"sizes", {"a": packed(array)})
    assert (whole.position, whole.settings, whole.arrays["a"].tolist()) == (
        7, "sizes", list(range(2_000)),
    )  # fmt: skip
    for other in (b"", b"\x40\x3e\0\0\0\0\0\0" + packed(array)[12:], packed(array)[:-9]):
        found = restored(7, b"sizes", {"a": other})
        assert (found.position, found.settings, found.arrays) == (7, "", {})


def test_two_processes_remember_the_same(redis_url: str, tmp_path: Path) -> None:
    one, two = (keeper(RedisJournal(redis_url, str(tmp_path))) for _ in range(2))
    one.remember(items(("a", "ann", MASK)))
    assert told(two.remember(items(("b", "ben", COPY))), "copies") == [(1,)]
    friends = np.zeros(30, dtype=EVENT)
    friends["event"], friends["account"], friends["kind"] = np.arange(1, 31), 7, FRIEND
    two.remember(Heard(friends))
    one.hear()
    states = [keeper.memory.arrays() for keeper in (one, two)]
    assert all((states[0][name] == states[1][name]).all() for name in states[0])


def test_while_redis_is_away_each_goes_on_and_nothing_counts_twice_after(
    redis_url: str, tmp_path: Path
) -> None:
    server = redis_servers[-1]
    one, two = (keeper(RedisJournal(redis_url, str(tmp_path), timeout=0.5)) for _ in range(2))
    one.remember(items(("a", "ann", MASK)))
    two.hear()
    server.freeze()
    try:
        assert told(one.remember(items(("b", "ben", COPY))), "copies") == [(1,)]
        assert told(two.remember(items(("c", "cat", MASK))), "copies") == [(1,)]
        assert one.trouble == "Redis does not answer: TimeoutError"
    finally:
        server.thaw()
    end = time.monotonic() + 20
    for side in (one, two, one):
        side.hear()
        while side.trouble is not None and time.monotonic() < end:
            side.hear()  # it has just been thawed
    assert one.trouble is None
    assert told(one.remember(items(("d", "dan", MASK))), "copies", "campaign_accounts") == [(3, 4)]
    assert told(two.remember(items(("e", "eve", MASK))), "copies", "campaign_accounts") == [(4, 5)]


def test_a_journal_that_never_answers_is_named(tmp_path: Path) -> None:
    with pytest.raises(JournalAwayError, match="Redis does not answer: ConnectionError"):
        keeper(RedisJournal(f"unix://{tmp_path}/nothing.sock"))


def test_a_file_that_another_holds_is_away_and_opens_later(tmp_path: Path) -> None:
    path = tmp_path / "memory.db"
    with sqlite3.connect(path, isolation_level=None) as other:
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(JournalAwayError, match="cannot be opened: database is locked"):
            EmbeddedJournal(path)
        other.execute("COMMIT")
    assert EmbeddedJournal(path).append(b"one") == 1


def test_a_file_that_is_no_journal_is_named(tmp_path: Path) -> None:
    path = tmp_path / "memory.db"
    path.write_bytes(b"not a database, whatever its name says" * 100)
    with pytest.raises(JournalAwayError, match="cannot be opened: file is not a database"):
        EmbeddedJournal(path)
    with pytest.raises(JournalAwayError, match="cannot be opened: unable to open database file"):
        EmbeddedJournal(tmp_path / "nowhere" / "memory.db")
