"""API keys: made once, recognised from memory, revoked within two seconds."""

import threading
from datetime import timedelta

import msgspec
import pytest
import sqlalchemy as sa

from portreeve.schemas.access import Scope
from portreeve.schemas.base import Paging
from portreeve.schemas.keys import NewKey
from portreeve.service.actor import Actor
from portreeve.service.errors import ServiceError
from portreeve.service.keys import Keys
from portreeve.store import Database, StoreUnavailableError
from portreeve.store.tables.core import audit
from service.receiver import until

ADMIN = Actor("admin", frozenset({Scope.admin}))
START = "2014-06-01T00:00:00+00:00"


@pytest.fixture
def keys(context):
    return Keys(context)


def made(keys, **fields):
    fields = {"name": "host", "scopes": [Scope.screen]} | fields
    return keys.create(ADMIN, NewKey(**fields))


def test_a_key_is_recognised_by_its_secret(keys):
    key = made(keys, scopes=[Scope.reports, Scope.screen], rate=50.0)
    assert key.secret.startswith(f"ptr_{key.id.removeprefix('key_')}_")
    known = keys.known(key.secret)
    assert (known.id, known.name, known.rate) == (key.id, "host", 50.0)
    assert known.scopes == {Scope.screen, Scope.reports}
    assert keys.known(key.secret + "x") is None


@pytest.mark.parametrize("name", ["portreeve", "screen", "Screen"])
def test_no_key_has_a_name_of_the_service_s_own(keys, name):
    with pytest.raises(ServiceError, match=f"'{name}' is the service's own name. Give another."):
        made(keys, name=name)


@pytest.mark.parametrize("name", ["ann\n", "ann ", "", "änn", "x" * 101])
def test_a_name_is_letters_digits_and_few_signs(name):
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"name": name, "scopes": ["screen"]}, NewKey)


def test_a_key_without_a_rate_has_the_service_s(keys, context):
    assert keys.known(made(keys).secret).rate == context.settings.rate_limit


def test_the_secret_is_in_no_table(keys, context):
    secret = made(keys).secret
    with context.database.read() as connection:
        stored = connection.execute(sa.text("SELECT * FROM api_keys")).all()
        entries = connection.execute(sa.select(audit.c.action, audit.c.detail)).all()
    assert secret not in f"{stored}{entries}"
    assert entries == [
        ("key.create", {"name": "host", "scopes": ["screen"], "expires": None}),
    ]


def test_a_revoked_key_stops_to_work(keys):
    key = made(keys)
    assert keys.revoke(ADMIN, key.id).revoked.isoformat() == START
    assert keys.known(key.secret) is None
    assert keys.revoke(ADMIN, key.id).revoked.isoformat() == START


def test_a_key_expires(keys, clock):
    key = made(keys, expires=clock() + timedelta(hours=1))
    assert keys.known(key.secret) is not None
    clock.advance(hours=1)
    assert keys.known(key.secret) is None
    keys.refresh()
    assert keys.known(key.secret) is None


def test_what_another_process_does_counts_within_two_seconds(keys, context):
    other = Keys(context)
    other.start()
    key = made(keys)
    until(lambda: other.known(key.secret), seconds=2)
    keys.revoke(ADMIN, key.id)
    until(lambda: other.known(key.secret) is None, seconds=2)
    other.stop()


def test_known_keys_work_while_the_database_is_away(keys, context, monkeypatch):
    key = made(keys)

    def away(_):
        raise StoreUnavailableError("gone")

    monkeypatch.setattr(Database, "_connected", away)
    with pytest.raises(StoreUnavailableError):
        keys.refresh()
    assert keys.known(key.secret) is not None


def test_the_first_key_is_written_for_its_owner_only(keys, context):
    path = keys.first_key()
    assert path == context.folder / "admin.key"
    assert path.stat().st_mode & 0o777 == 0o600
    assert keys.known(path.read_text().strip()).scopes == {Scope.admin}
    assert keys.first_key() is None


def test_of_two_processes_one_makes_the_first_key(context):
    pair = [Keys(context), Keys(context)]
    found = []
    threads = [
        threading.Thread(target=lambda keys=keys: found.append(keys.first_key())) for keys in pair
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(path is None for path in found) == [False, True]
    secret = (context.folder / "admin.key").read_text().strip()
    pair[0].refresh()
    assert pair[0].known(secret) is not None


def test_the_last_administrator_stays(keys):
    key = made(keys, scopes=[Scope.admin])
    with pytest.raises(ServiceError) as caught:
        keys.revoke(ADMIN, key.id)
    assert str(caught.value) == (
        "This is the last key with the scope `admin`. Make another one first."
    )
    made(keys, scopes=[Scope.admin])
    assert keys.revoke(ADMIN, key.id).revoked is not None


def test_use_is_noted(keys, clock):
    key = made(keys)
    assert keys.get(ADMIN, key.id).last_used is None
    keys.known(key.secret)
    keys.stop()
    assert keys.get(ADMIN, key.id).last_used == clock()


def test_keys_are_listed_in_pages(keys):
    ids = {made(keys).id for _ in range(3)}
    first = keys.list(ADMIN, Paging(limit=2))
    second = keys.list(ADMIN, Paging(limit=2, cursor=first.next))
    assert {key.id for key in first.items + second.items} == ids
    assert second.next is None


def test_only_administrators_manage_keys(keys):
    with pytest.raises(ServiceError, match="lacks the scope `admin`"):
        keys.create(Actor("bob", frozenset({Scope.screen})), NewKey(name="x", scopes=[Scope.admin]))
