"""One name for pictures that look alike, whoever takes them in."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Event

import sqlalchemy as sa

from portreeve.service.context import Context
from portreeve.service.picture_likeness import PictureLikeness
from portreeve.store import Transaction
from portreeve.store.tables.pictures import pictures

POSTER = "0123456789abcdef" * 4
ANOTHER = "f0e1d2c3b4a59687" * 4


def keep(tx: Transaction, likeness: PictureLikeness, id: str, pdq: str) -> str | None:
    """Keep a picture under the name that it is given."""
    name = likeness.name(tx, pdq, 100)
    row = {
        "id": id, "account": id, "format": "JPEG", "width": 640, "height": 480, "frames": 1,
        "bytes": 1, "codes": 0, "pdq": pdq, "quality": 100, "alike": name, "sealed": b"",
        "facts": b"", "words": "unwanted", "urgency": 0.0, "stored": tx.time,
    }  # fmt: skip
    tx.execute(sa.insert(pictures), row)
    return name


def test_a_new_poster_that_comes_twice_at_once_gets_one_name(context: Context) -> None:
    ours, theirs = PictureLikeness(context), PictureLikeness(context)
    begun, named = Event(), Event()

    def take_in() -> tuple[str | None, str | None]:
        begun.set()
        with context.database.write() as tx:
            same = keep(tx, theirs, "second", POSTER)
            named.set()
            return same, keep(tx, theirs, "third", ANOTHER)

    with ThreadPoolExecutor(1) as other:
        with context.database.write() as tx:
            first = keep(tx, ours, "first", POSTER)
            waiting = other.submit(take_in)
            assert begun.wait(10)
            # nobody names a picture before what this transaction keeps can be seen
            assert not named.wait(0.3)
        second, third = waiting.result(10)
    assert first is not None
    assert (second == first, third == first) == (True, False)
