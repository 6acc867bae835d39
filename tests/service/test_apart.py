"""Screening in a process of its own: the same answers, and nothing lost when it ends."""

from __future__ import annotations

import asyncio
import errno
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import numpy as np
import pytest
import sqlalchemy as sa

from portreeve.model import Surface
from portreeve.schemas.access import Scope
from portreeve.schemas.accounts import RelationEvent
from portreeve.schemas.privacy import ErasureReason
from portreeve.schemas.screening import Screened, Submission
from portreeve.service.actor import Actor
from portreeve.service.apart import process
from portreeve.service.apart.process import ProcessEndedError, ScreeningProcess
from portreeve.service.errors import ServiceError
from portreeve.service.service import Service
from portreeve.service.settings import Settings
from portreeve.store import StoreUnavailableError
from portreeve.store.tables import core

HOST = Actor("host", frozenset({Scope.screen}))
SALE = "补水面膜一盒89元，三盒包邮，现货当天发，要的加微信 maskshop88，数量不多先到先得"
LIFE = "晚饭后散步，河边的风很凉快"
NETWORK = "acquaintance"
TIME = datetime(2026, 3, 1, tzinfo=UTC)


def eventually(is_so: Callable[[], bool]) -> None:
    """Wait until something is so, on a busy machine too."""
    end = time.monotonic() + 60
    while not is_so():
        assert time.monotonic() < end
        time.sleep(0.02)


def stop(pid: int) -> None:
    """Let a process hang."""
    os.kill(pid, signal.SIGSTOP)
    eventually(lambda: Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "T")


class Apart:
    """A service whose screening is a process of its own."""

    def __init__(self, folder: Path) -> None:
        self.process = ScreeningProcess()
        settings = Settings(data=str(folder), deadlines="moments=20000:hold comment=300:allow")
        self.service = Service.open(settings, self.process)
        self.service.start()
        self.number = 0

    def screen(self, *texts: str) -> list[Screened]:
        """Screen posts, each of another account."""
        posts = []
        for text in texts:
            self.number += 1
            id, account = f"p-{self.number}", f"a-{self.number}"
            posts.append(Submission(id=id, account=account, text=text, time=TIME))
        return self.service.screening.screen(HOST, posts)

    def decided(self) -> dict[str, int]:
        """How many decisions each item has."""
        d = core.decisions.c
        with self.service.context.database.read() as connection:
            rows = connection.execute(sa.select(d.item, sa.func.count()).group_by(d.item)).all()
        return {item: count for item, count in rows}  # noqa: C416

    def kill(self) -> None:
        """End the process as a fault would."""
        pid = self.process.pid
        assert pid is not None
        os.kill(pid, signal.SIGKILL)


@pytest.fixture(scope="module")
def apart(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Apart]:
    """One for all tests here: it takes seconds to start."""
    apart = Apart(tmp_path_factory.mktemp("apart") / "data")
    yield apart
    apart.service.stop()
    assert apart.process.pid is None


def test_it_answers_as_a_service_in_one_process_does(apart, tmp_path):
    alone = Service.open(Settings(data=str(tmp_path / "data")))
    alone.start()
    posts = [
        Submission(id=7, account="same", text=SALE, time=TIME),
        Submission(id="8", account="same", text=LIFE, time=TIME, published=True),
        Submission(id="x", text=LIFE, time=TIME, surface=Surface.group),
    ]
    told = []
    for service in (alone, apart.service):
        answers = service.screening.screen(HOST, posts)
        assert len({a.decision for a in answers}) == 3
        told.append([
            msgspec.structs.replace(a, decision="d", link="l", appeal_until=None) for a in answers
        ])  # fmt: skip
    alone.stop()
    assert told[0] == told[1]
    assert [(a.id, a.verdict.value, a.state, a.stage, a.revision) for a in told[1]] == [
        (7, "refuse", "refused", "before", 1),
        ("8", "allow", "published", "after", 1),
        ("x", "allow", "published", "before", 1),
    ]


def test_what_is_sent_again_has_its_decision_and_an_id_taken_is_refused(apart):
    post = Submission(id="again", account="ann", text=LIFE)
    [first] = apart.service.screening.screen(HOST, [post])
    [second] = apart.service.screening.screen(HOST, [post])
    assert (second.decision, second.repeated) == (first.decision, True)
    other = msgspec.structs.replace(post, network="stranger")
    with pytest.raises(ServiceError) as refused:
        apart.service.screening.screen(HOST, [other])
    assert (refused.value.code, refused.value.field) == ("conflict", "id")


def test_its_memory_is_told_and_asked(apart):
    before = apart.service.remembering.graph(NETWORK)
    apart.screen(SALE, SALE + "哦", SALE + "呀")
    memory = apart.service.remembering
    graph = memory.graph(NETWORK)
    assert len(graph.accounts) == len(before.accounts) + 3
    one, other = memory.numbers([f"a-{apart.number - 1}", f"a-{apart.number}"]).tolist()
    assert memory.why(NETWORK, one, other)
    assert NETWORK in memory.networks
    assert memory.forest(NETWORK) is memory.forest(NETWORK)
    grown = memory.grow(NETWORK)
    assert np.array_equal(memory.forest(NETWORK).nodes, grown.nodes)
    memory.forget(f"a-{apart.number}")
    assert len(memory.graph(NETWORK).accounts) == len(graph.accounts) - 1
    assert (memory.trouble, memory.state(NETWORK).trouble) == (None, None)


def test_relations_reach_its_memory(apart):
    """A live room that the people of six groups enter within minutes is told as a crowd."""
    opened = datetime.now(UTC) - timedelta(hours=2)
    before = opened - timedelta(days=2)
    told = [("group_owned", "anchor", f"g{n}", before) for n in range(6)]
    told += [("group_joined", f"m{n}", f"g{n % 6}", before) for n in range(90)]
    told += [("room_opened", "anchor", "room", opened)]
    told += [("room_entered", f"m{n}", "room", opened + timedelta(seconds=n)) for n in range(60)]
    memory = apart.service.remembering
    assert len(memory.crowds(NETWORK)) == 0
    memory.hear(
        [
            RelationEvent(kind=kind, account=account, other=other, time=time)
            for kind, account, other, time in told
        ],
        datetime.now(UTC),
    )
    assert memory.crowds(NETWORK)["groups"].tolist() == [6]


def test_metrics_count_what_it_decides(apart):
    [_] = apart.screen(LIFE)
    reader = Actor("reader", frozenset({Scope.metrics}))
    page = apart.service.measured(reader).decode()
    assert 'portreeve_decisions_total{network="acquaintance",stage="before"' in page


def test_when_it_ends_under_load_every_item_is_decided_once(apart):
    async def load() -> list[Screened]:
        calls = [
            apart.service.screening.submit(
                HOST, [Submission(id=f"load-{n}", account=f"b-{n}", text=LIFE)]
            )
            for n in range(200)
        ]
        threading.Timer(0.01, apart.kill).start()
        answers = await asyncio.gather(*calls)
        return [msgspec.json.decode(answer[0], type=Screened) for answer in answers]

    answers = asyncio.run(load())
    assert {a.verdict.value for a in answers} == {"allow"}
    assert not any(a.provisional for a in answers)
    made = apart.decided()
    assert [made[f"load-{n}"] for n in range(200)] == [1] * 200
    assert apart.service.screening.trouble is None


def test_while_it_is_down_that_is_said_and_memory_is_unavailable(apart):
    memory = apart.service.remembering
    down = "the screening process does not run; it is started again"
    with apart.process._starting:  # so that it is not started again meanwhile
        apart.kill()
        eventually(lambda: apart.service.ready()["screening"] == down)
        with pytest.raises(ServiceError) as refused:
            memory.graph(NETWORK)
        assert (refused.value.code, refused.value.detail) == (
            "unavailable", f"{down.capitalize()}. Try again.",
        )  # fmt: skip
        assert memory.trouble == f"{down.capitalize()}. Try again."
        assert (memory.networks, memory.evicted()) == ([], {})
    [answer] = apart.screen(LIFE)
    assert answer.verdict.value == "allow"
    eventually(lambda: memory.trouble is None)
    assert len(memory.graph(NETWORK).accounts) > 3


def test_what_the_fail_policy_answers_while_it_is_down_is_decided_as_late(apart):
    comment = Submission(id="late", account="cat", text=SALE, surface=Surface.comment)

    async def asked() -> Screened:
        with apart.process._starting:
            apart.kill()
            [answer] = await apart.service.screening.submit(HOST, [comment])
        return msgspec.json.decode(answer, type=Screened)

    answer = asyncio.run(asked())
    assert (answer.provisional, answer.state) == (True, "published")
    eventually(lambda: apart.decided().get("late") == 1)
    d = core.decisions.c
    with apart.service.context.database.read() as connection:
        found = connection.execute(sa.select(d.stage, d.verdict).where(d.item == "late")).one()
    assert tuple(found) == ("late", "remove")


def test_what_memory_is_told_while_it_is_down_it_is_told_later(apart):
    memory = apart.service.remembering
    eventually(lambda: apart.process.trouble is None)
    known = len(memory.graph(NETWORK).accounts)
    with apart.process._starting:
        apart.kill()
        eventually(lambda: apart.process.trouble is not None)
        memory.forget(f"a-{apart.number}")
    eventually(lambda: apart.process.trouble is None)
    memory.advance()
    assert len(memory.graph(NETWORK).accounts) == known - 1


def test_nothing_of_an_erased_account_is_sealed_by_either_process(apart):
    apart.service.screening.screen(HOST, [Submission(id="e-1", account="gone", text=LIFE)])
    officer = Actor("officer", frozenset({Scope.privacy}))
    apart.service.privacy.erase(officer, "gone", ErasureReason.person)
    apart.service.screening.screen(HOST, [Submission(id="e-2", account="gone", text=LIFE)])
    c = core.contents.c
    with apart.service.context.database.read() as connection:
        found = connection.execute(sa.select(c.item, c.sealed).where(c.account == "gone")).all()
    assert [tuple(row) for row in found] == [("e-2", b"")]


def test_one_that_ends_while_nothing_comes_is_started_again(apart):
    old = apart.process.pid
    forest = apart.service.remembering.forest(NETWORK)
    apart.kill()
    eventually(lambda: apart.process.pid not in {old, None} and apart.process.trouble is None)
    # what it grows is told as new, though it counts anew
    assert apart.service.remembering.forest(NETWORK) is not forest


def test_one_that_hangs_is_unavailable_and_ended(apart, monkeypatch):
    monkeypatch.setattr(process, "_ANSWER_SECONDS", 0.5)
    eventually(lambda: apart.process.trouble is None)
    old = apart.process.pid
    stop(old)
    with pytest.raises(ServiceError) as refused:
        apart.service.remembering.graph(NETWORK)
    assert refused.value.code == "unavailable"
    eventually(lambda: apart.process.pid not in {old, None} and apart.process.trouble is None)


def test_a_lot_that_takes_for_ever_ends_it_and_is_decided_by_the_next(apart, monkeypatch):
    monkeypatch.setattr(process, "_LOT_SECONDS", 1.0)
    monkeypatch.setattr(process, "_SLOW_SECONDS", 0.1)
    apart.screen(LIFE)
    stop(apart.process.pid)
    answers = []
    asking = threading.Thread(target=lambda: answers.extend(apart.screen(LIFE)))
    asking.start()
    eventually(lambda: apart.service.screening.trouble is not None)
    asking.join(30)
    assert [a.verdict.value for a in answers] == ["allow"]


def test_one_that_cannot_be_forked_is_tried_again(apart, monkeypatch):
    def no_memory(*_, **__):
        raise OSError(errno.ENOMEM, os.strerror(errno.ENOMEM))

    monkeypatch.setattr(process.subprocess, "Popen", no_memory)
    apart.kill()
    eventually(lambda: apart.process.pid is None)
    [answer] = apart.screen(LIFE)
    assert (answer.provisional, answer.verdict.value) == (True, "hold")
    monkeypatch.undo()
    eventually(lambda: apart.decided().get(f"p-{apart.number}") == 1)


def test_one_that_cannot_start_is_tried_again_after_a_pause(tmp_path):
    one = ScreeningProcess()
    one.serve(Settings(data=str(tmp_path), database="postgresql://127.0.0.1:9/nothing"))
    with pytest.raises(StoreUnavailableError):
        one.need()
    with pytest.raises(ProcessEndedError) as ended:
        one.need()
    assert str(ended.value) == "the screening process does not run; it is started again"
    one.close()
    assert one.pid is None


def test_what_is_refused_over_there_is_refused_here(apart):
    eventually(lambda: apart.process.trouble is None)
    journal = apart.service.context.folder / "memory" / "community.db"
    journal.mkdir()
    with pytest.raises(ServiceError) as refused:
        apart.service.remembering.graph("community")
    assert refused.value.code == "not-found"
    trouble = apart.service.remembering.trouble
    assert trouble == "the journal of memory cannot be opened: unable to open database file"
    journal.rmdir()
    assert len(apart.service.remembering.graph("community").accounts) == 0
    assert apart.service.remembering.trouble is None
