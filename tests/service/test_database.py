"""Transactions, on both databases."""

import secrets

import pytest
import sqlalchemy as sa

from portreeve.store import StoreLimitError, StoreUnavailableError
from portreeve.store.database import Database
from portreeve.store.tables import core
from service.support import START


def test_a_transaction_writes_entries_and_events_together(database):
    with database.write() as tx:
        tx.audit("ann", "key.create", "key_1", scopes=["screen"])
        tx.announce("key.created", "key_1", scopes=["screen"])
    with database.read() as connection:
        entry = connection.execute(sa.select(core.audit)).mappings().one()
        event = connection.execute(sa.select(core.events)).mappings().one()
    assert (entry["seq"], entry["actor"], entry["detail"]) == (1, "ann", {"scopes": ["screen"]})
    assert entry["time"].isoformat() == "2014-06-01T00:00:00+00:00"
    assert (event["type"], event["subject"], event["data"]) == (
        "key.created", "key_1", {"scopes": ["screen"]},
    )  # fmt: skip


def test_nothing_stays_of_a_transaction_that_fails(database):
    def fail():
        with database.write() as tx:
            tx.announce("key.created", "key_1")
            tx.audit("ann", "key.create", "key_1")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    with database.read() as connection:
        assert connection.execute(sa.select(sa.func.count()).select_from(core.events)).scalar() == 0
        assert connection.execute(sa.select(core.audit_head.c.seq)).scalar() == 0


def test_a_database_that_does_not_answer_is_named_without_its_password():
    database = Database("postgresql://portreeve:secret@127.0.0.1:1/none")
    with pytest.raises(StoreUnavailableError) as error, database.read():
        pass
    assert "secret" not in str(error.value)


def test_an_error_of_the_database_shows_no_values(database):
    with pytest.raises(sa.exc.DBAPIError) as error, database.engine.connect() as connection:
        connection.execute(sa.text("SELECT :value FROM none"), {"value": "canary-7f3a"})
    assert "canary" not in str(error.value) + repr(error.value)


def test_a_value_that_is_too_long_is_no_outage(database):
    """Random letters: equal ones are packed before they are too long."""
    row = {"account": secrets.token_hex(6_000), "created": START}
    insert = sa.insert(core.person_keys).values(**row)
    if database.dialect == "sqlite":
        with database.write() as tx:
            tx.execute(insert)
        return
    with pytest.raises(StoreLimitError), database.write() as tx:
        tx.execute(insert)
