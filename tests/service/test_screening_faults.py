"""Screening when something fails that should not: what can be decided is."""

import asyncio
from collections import Counter

import msgspec
import pytest

from portreeve.schemas.access import Scope
from portreeve.schemas.screening import Submission
from portreeve.service.actor import Actor
from portreeve.service.decider import DeciderGoneError
from portreeve.service.errors import ServiceError
from portreeve.service.policies import Policies
from portreeve.service.records import Recorder
from portreeve.service.screening import Screening
from portreeve.service.stored import Stored
from portreeve.store.tables import core
from service.support import make_context

HOST = Actor("host", frozenset({Scope.screen}))
POISON = "这一条写不进去"


@pytest.fixture
def context(database, tmp_path):
    """With a deadline that no machine misses."""
    return make_context(database, tmp_path, deadlines="moments=60000:hold")


@pytest.fixture
def screening(context, monkeypatch):
    """Screening that cannot write one text."""
    write = Recorder.write

    def writing(self, tx, lot, **more):
        if any(s.text == POISON for s in lot.judged.submissions):
            raise RuntimeError(POISON)
        return write(self, tx, lot, **more)

    monkeypatch.setattr(Recorder, "write", writing)
    policies = Policies(context)
    policies.seed()
    screening = Screening(context, policies, Stored(context, policies))
    screening.warm()
    screening.start()
    yield screening
    screening.stop()


def test_one_item_that_cannot_be_written_holds_up_no_other(screening, context):
    async def all_at_once():
        texts = [POISON if n == 17 else f"早安 {n}" for n in range(40)]
        calls = [
            screening.submit(HOST, [Submission(id=f"p-{n}", account="ann", text=text)])
            for n, text in enumerate(texts)
        ]
        return await asyncio.gather(*calls, return_exceptions=True)

    answers = asyncio.run(all_at_once())
    refused = [answer for answer in answers if isinstance(answer, Exception)]
    assert [str(error) for error in refused] == [
        str(ServiceError("internal",
                         "The item could not be decided. Nothing was written; try again."))
    ]  # fmt: skip
    decided = [msgspec.json.decode(answer[0]) for answer in answers if isinstance(answer, list)]
    assert not any(answer.get("provisional") for answer in decided)
    with context.database.read() as connection:
        made = Counter(connection.execute(core.decisions.select()).columns("item").scalars())
    assert made == {f"p-{n}": 1 for n in range(40) if n != 17}


class Ending:
    """Ends whenever it meets one text, as a process does that a fault of its libraries ends."""

    trouble = None

    def __init__(self, decider):
        self.decider, self.ends = decider, 0

    def warm(self):
        self.decider.warm()

    def decide(self, taken, may_commit):
        if any(pending.submission.text == POISON for pending in taken):
            self.ends += 1
            raise DeciderGoneError
        return self.decider.decide(taken, may_commit)


def test_an_item_that_ends_who_decides_does_so_twice_and_holds_up_no_other(context):
    policies = Policies(context)
    policies.seed()
    screening = Screening(context, policies, Stored(context, policies))
    screening.decider = ending = Ending(screening.decider)
    screening.warm()
    screening.start()

    async def all_at_once():
        calls = [
            screening.submit(HOST, [Submission(id=f"p-{n}", account="ann", text=text)])
            for n, text in enumerate([*(f"早安 {n}" for n in range(9)), POISON])
        ]
        return await asyncio.gather(*calls, return_exceptions=True)

    answers = asyncio.run(all_at_once())
    screening.stop()
    assert [answer.code for answer in answers if isinstance(answer, Exception)] == ["internal"]
    assert ending.ends == 2
    with context.database.read() as connection:
        made = Counter(connection.execute(core.decisions.select()).columns("item").scalars())
    assert made == {f"p-{n}": 1 for n in range(9)}
