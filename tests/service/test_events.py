"""Every kind of event is listed, and every kind that is listed happens."""

from pathlib import Path

import pytest

import portreeve.service
from portreeve.schemas.events import EVENTS
from portreeve.store import Database

SOURCE = "".join(
    path.read_text("utf-8") for path in Path(portreeve.service.__file__).parent.rglob("*.py")
)


@pytest.mark.parametrize("type", EVENTS)
def test_what_is_listed_is_announced(type):
    written_out = f'"{type}"' in SOURCE
    by_state = 'f"policy.retroactive.{state}"' in SOURCE and type.startswith("policy.retroactive.")
    assert written_out or by_state


def test_what_is_not_listed_cannot_be_announced():
    database = Database("sqlite://")
    database.create()
    with (
        pytest.raises(KeyError, match=r"case\.lost is not in portreeve\.schemas\.events"),
        database.write() as tx,
    ):
        tx.announce("case.lost", "cas_1")
