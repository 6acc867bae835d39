"""Accounts and relation events."""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest
import sqlalchemy as sa

from portreeve.schemas.access import Scope
from portreeve.schemas.accounts import AccountFacts, RelationEvents
from portreeve.service.accounts import Accounts
from portreeve.service.actor import Actor
from portreeve.service.enforcement import Enforcement
from portreeve.service.errors import ServiceError
from portreeve.store.tables import core, enforcement
from service.factories import ANN, SELLING, NoCases, Shipped, account, decision, published


@pytest.fixture
def accounts(context):
    return Accounts(context)


def events(*ids, **more):
    listed = [
        {"id": id, "kind": "follower_added", "account": "baker", "time": "2014-06-01T00:00:00Z"}
        | more
        for id in ids
    ]
    return msgspec.convert({"events": listed}, RelationEvents)


def test_what_the_host_says_of_an_account_is_replaced_whole(accounts, clock):
    accounts.put(ANN, "baker", AccountFacts(standing="merchant", language="en", friends=200))
    clock.advance(days=1)
    found = accounts.put(ANN, "baker", AccountFacts(followers=7))
    assert (found.standing, found.language, found.friends, found.followers) == (
        "person", "zh", None, 7,
    )  # fmt: skip
    assert found.first_seen == datetime(2014, 6, 1, tzinfo=UTC)
    assert accounts.get(ANN, "baker") == found


def test_standing_says_strikes_sanctions_and_counts(accounts, context, database, clock):
    account(database)
    published(database, "cat")
    for item in ("post-1", "post-2"):
        decision(database, item)
    Enforcement(context, Shipped(), NoCases()).follow()
    found = accounts.get(ANN, "baker")
    assert sorted((s.item, s.rule, s.clause, s.count) for s in found.strikes) == [
        ("post-1", SELLING, "3.1", 1), ("post-2", SELLING, "3.1", 1),
    ]  # fmt: skip
    assert [(s.kind, s.state, s.step) for s in found.sanctions] == [("mute", "in_force", 2)]
    assert found.sanctions[0].ends == clock() + timedelta(days=7)
    assert found.counts.items == {"published": 1, "refused": 2}
    assert found.counts.strikes == {"acquaintance/promotion": 2}
    clock.advance(days=180)
    later = accounts.get(ANN, "baker")
    assert (later.strikes, later.sanctions, later.counts.strikes) == ([], [], {})


def test_an_event_with_an_id_counts_once(accounts, database):
    assert accounts.relate(ANN, events("e1", "e2", "e1")).new == 2
    again = accounts.relate(ANN, events("e2", "e3", None, None))
    assert (again.new, again.repeated) == (3, 1)
    with database.read() as connection:
        count = sa.select(sa.func.count()).select_from(enforcement.relations)
        assert connection.execute(count).scalar() == 5


def test_ten_thousand_events_at_once(accounts):
    assert accounts.relate(ANN, events(*(f"e{number}" for number in range(10_000)))).new == 10_000


def test_relation_events_have_no_field_for_content():
    with pytest.raises(msgspec.ValidationError, match="unknown field `text`"):
        events("e1", text="CANARY")
    names = {column.name for column in enforcement.relations.columns}
    assert names == {"seq", "id", "kind", "account", "other", "time", "received"}


@pytest.mark.parametrize("kind", ["group_owned", "room_opened"])
def test_what_is_about_a_place_names_it(accounts, kind):
    assert accounts.relate(ANN, events("e1", kind=kind, other="place")).new == 1
    with pytest.raises(ServiceError) as error:
        accounts.relate(ANN, events("e2", kind=kind))
    assert (error.value.code, error.value.field, error.value.detail) == (
        "invalid", "events[0].other", f"`{kind}` needs `other`: which group or room it is about.",
    )  # fmt: skip


@pytest.mark.parametrize("field", ["account", "other", "id"])
def test_what_is_no_name_is_refused(accounts, field):
    told = events("e1").events + events("e2").events
    told[1] = msgspec.structs.replace(told[1], **{field: "x" * 513})
    with pytest.raises(ServiceError) as error:
        accounts.relate(ANN, RelationEvents(events=told))
    assert (error.value.code, error.value.field, error.value.detail) == (
        "invalid", f"events[1].{field}",
        f"`events[1].{field}` must have at most 512 characters.",
    )  # fmt: skip
    with pytest.raises(ServiceError, match="`id` must have at most 512 characters"):
        accounts.put(ANN, "x" * 513, AccountFacts())


def test_an_erased_account_is_gone(accounts, database):
    account(database)
    with database.write() as tx:
        tx.execute(sa.update(core.accounts).values(erased=tx.time))
    with pytest.raises(ServiceError) as error:
        accounts.put(ANN, "baker", AccountFacts())
    assert (error.value.code, error.value.detail) == (
        "gone", "The person of account 'baker' was erased.",
    )  # fmt: skip


def test_who_is_unknown_and_who_may_not_ask(accounts):
    with pytest.raises(ServiceError) as error:
        accounts.get(ANN, "nobody")
    assert error.value.detail == "There is no account 'nobody'."
    with pytest.raises(ServiceError) as error:
        accounts.put(ANN, "", AccountFacts())
    assert (error.value.field, error.value.detail) == ("id", "The account's id is empty. Give one.")
    with pytest.raises(ServiceError) as error:
        accounts.get(Actor("host", frozenset({Scope.screen})), "baker")
    assert error.value.code == "forbidden"
