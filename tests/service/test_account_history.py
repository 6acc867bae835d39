"""What an account did and what happened to it."""

import pytest
import sqlalchemy as sa

from portreeve.schemas.access import Scope
from portreeve.schemas.appeals import FileAppeal
from portreeve.schemas.base import Paging
from portreeve.schemas.enforcement import Imposition, UndoRequest
from portreeve.service.account_history import AccountHistories
from portreeve.service.actor import Actor
from portreeve.service.errors import ServiceError
from portreeve.service.sanctions import Sanctions
from portreeve.service.undo import Undo
from portreeve.store.tables import core
from service.desk import ANN, Desk
from service.factories import Shipped, account, decision, published

ANALYST = Actor("lin", frozenset({Scope.accounts}))


@pytest.fixture
def desk(context):
    return Desk(context)


@pytest.fixture
def histories(context):
    return AccountHistories(context)


def test_a_history_has_strikes_that_count_and_that_count_no_more(desk, histories, clock):
    account(desk.database)
    first = decision(desk.database, "p-1", goods_tier="grey")
    desk.open()
    clock.advance(days=8)
    second = decision(desk.database, "p-2", goods_tier="white")
    desk.open()
    Undo(desk.context, Shipped()).reverse(ANN, second, UndoRequest(reason="Wrong."))
    clock.advance(days=173)
    found = histories.history(ANN, "baker")
    assert [(one.decision, one.state, one.clause) for one in found.strikes] == [
        (first, "expired", "3.1"), (second, "withdrawn", "3.1"),
    ]  # fmt: skip
    assert [(one.kind, one.state) for one in found.sanctions] == [
        ("warn", "done"), ("mute", "reversed"),
    ]  # fmt: skip
    assert [(one.week.date().isoformat(), one.tier, one.posts) for one in found.tiers] == [
        ("2014-05-26", "grey", 1), ("2014-06-09", "white", 1),
    ]  # fmt: skip
    assert (found.counted, found.unread, len(found.notices)) == (2, 3, 3)


def test_what_the_host_said_beside_items(desk, histories, clock):
    account(desk.database)
    for number, (standing, licence) in enumerate(
        [("person", None), ("merchant", None), ("merchant", "verified"), ("merchant", "verified")]
    ):
        published(desk.database, f"p-{number}")
        with desk.database.write() as tx:
            i = core.items
            tx.execute(
                sa.update(i)
                .where(i.c.id == f"p-{number}")
                .values(standing=standing, licence=licence)
            )
        clock.advance(days=1)
    assert [
        (one.standing, one.licence, one.first.day, one.last.day, one.items)
        for one in histories.history(ANN, "baker").registrations
    ] == [("merchant", "verified", 3, 4, 2), ("merchant", None, 2, 2, 1), ("person", None, 1, 1, 1)]


def test_decisions_come_in_pages_with_their_case_and_appeal(desk, histories):
    account(desk.database)
    refused = decision(desk.database, "p-1")
    held = decision(desk.database, "p-2", "hold", ("moments.likely-selling-waits",))
    [case] = desk.open()
    appeal = desk.appeals.file(ANN, FileAppeal(decision=refused, words="No.")).id
    page = histories.decisions(ANN, "baker", Paging(limit=1))
    assert [(one.id, one.verdict, one.case, one.clauses) for one in page.items] == [
        (held, "hold", case, ["3.2"])
    ]
    rest = histories.decisions(ANN, "baker", Paging(limit=1, cursor=page.next))
    assert [(one.id, one.appeal, one.case) for one in rest.items] == [(refused, appeal, None)]
    assert rest.next is None
    assert [one.id for one in histories.history(ANN, "baker").appeals] == [appeal]


def test_appeals_are_for_those_who_work_on_cases(desk, histories):
    account(desk.database)
    id = decision(desk.database, "p-1")
    desk.appeals.file(ANN, FileAppeal(decision=id, words="No."))
    assert histories.history(ANALYST, "baker").appeals == []


def test_accounts_are_found_by_the_beginning_of_their_id_or_their_last_sanction(desk, histories):
    for name in ("baker", "bakery_1", "bakery%2", "shop"):
        account(desk.database, name)
    sanctions = Sanctions(desk.context)
    sanctions.impose(ANN, Imposition(account="shop", kind="mute", days=1.0, reason="Spam."))
    sanctions.impose(ANN, Imposition(account="baker", kind="warn", reason="Spam."))
    assert [one.id for one in histories.find(ANALYST, "bakery")] == ["bakery%2", "bakery_1"]
    assert [one.id for one in histories.find(ANALYST, "bakery%")] == ["bakery%2"]
    assert [(one.id, one.restricted) for one in histories.find(ANALYST)] == [
        ("baker", []), ("shop", ["mute"]),
    ]  # fmt: skip


def test_an_unknown_account_and_one_who_may_not_look(histories):
    nobody = Actor("nobody", frozenset({Scope.cases}))
    for actor, code in ((ANN, "not-found"), (nobody, "forbidden")):
        with pytest.raises(ServiceError) as raised:
            histories.history(actor, "baker")
        assert raised.value.code == code
    for call in (histories.find, lambda actor: histories.decisions(actor, "baker", Paging())):
        with pytest.raises(ServiceError):
            call(nobody)
