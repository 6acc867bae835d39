"""Live sales: a cream at 99 yuan proves fake, and two ledgers are kept apart."""

import dataclasses
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import msgspec
import pytest
import sqlalchemy as sa

from portreeve.policy import Policy, load
from portreeve.schemas.access import Scope
from portreeve.schemas.base import Paging
from portreeve.schemas.commerce import live_sales as schemas
from portreeve.schemas.commerce.ledger import LedgerQuery
from portreeve.schemas.enforcement import Lift
from portreeve.service.actor import Actor
from portreeve.service.commerce.book import Book
from portreeve.service.commerce.live_harms import LiveHarms
from portreeve.service.commerce.live_ledgers import LiveLedgers
from portreeve.service.commerce.live_sales import LiveSales
from portreeve.service.errors import ServiceError
from portreeve.service.notices import Notices
from portreeve.service.retention import Retention
from portreeve.service.sanctions import Sanctions
from portreeve.store.tables import trade
from service.desk import race, refusal
from service.factories import ANN, Shipped, account, events

NOON = datetime(2014, 6, 1, 12, tzinfo=UTC)
EVENING = datetime(2014, 6, 1, 20, tzinfo=UTC)
HOUR = timedelta(hours=1)
DIGEST = "a" * 64
WHY = "The cream proved fake."


class InForce(NamedTuple):
    policy: Policy


class Law:
    """The shipped policy of acquaintances, over another law."""

    def __init__(self, name):
        self.in_force = InForce(dataclasses.replace(load("acquaintance"), law=f"{name}@1"))

    def at(self, _network, _time):
        return self.in_force


class Room:
    """A live room that offers a cream, and everything about it."""

    def __init__(self, context, law="default"):
        self.context = context
        self.database = context.database
        self.book = Book(context)
        self.sanctions = Sanctions(context)
        self.sales = LiveSales(context)
        self.harms = LiveHarms(context, Law(law), self.book, self.sanctions)
        self.ledgers = LiveLedgers(context, self.harms, self.sanctions)
        self.notices = Notices(context, Shipped())
        for name in ("mei", "factory", "room-boss"):
            account(self.database, name, language="en")
        self.sales.register(ANN, "cream", FACTS)

    def praise(self, id="show-1", time=NOON, reach=5_000, by="mei"):
        self.sales.promote(ANN, "cream", schemas.Praise(id=id, account=by, time=time, reach=reach))

    def tell(self, kind, time=NOON - HOUR, id="t-1", to="mei"):
        self.sales.tell(ANN, "cream", schemas.Telling(id=id, account=to, kind=kind, time=time))

    def order(self, id="order-1", promotion="show-1", time=NOON + HOUR, paid=9_900, buyer="lin"):
        order = schemas.NewOrder(id=id, promotion=promotion, buyer=buyer, time=time, paid=paid)
        self.sales.order(ANN, "cream", order)

    def show_seller(self, begins=NOON, ends=None):
        shown = schemas.SellerShown(seller="factory", begins=begins, ends=ends)
        return self.sales.disclose(ANN, "cream", shown)

    def prove(self, *orders):
        return self.harms.prove(ANN, "cream", proof(*orders))

    def sanction(self):
        return self.ledgers.sanction(ANN, "cream", schemas.Sanctioning(reason=WHY))

    def show(self, profile=None):
        return self.ledgers.show(ANN, "cream", profile)

    def owes(self):
        legal = self.show().legal
        return {duty.role: duty.owes.minor for duty in legal.duties}

    def balances(self, of):
        return {one.purpose: one.amount.minor for one in self.book.balances(ANN, of).items}


FACTS = schemas.LiveSaleFacts(
    room="room-7", operator="room-boss", anchor="mei", maker="factory", platform="square",
    currency="CNY",
)  # fmt: skip


def proof(*orders, kind="test_report"):
    listed = list(orders) or ["order-1"]
    return schemas.ProofOfFake(orders=listed, proof=kind, digest=DIGEST, found=EVENING)


@pytest.fixture
def room(context):
    return Room(context)


@pytest.fixture
def fake(room):
    """The cream at 99 yuan, praised to 5,000 people after a laboratory had reported."""
    room.tell("test_report")
    room.praise()
    room.order()
    room.proved = room.prove()
    return room


@pytest.mark.parametrize(
    ("reason", "law", "shown", "maker", "operator"),
    [
        ("the maker refunds one and pays three, at least 500", "default", False, 59_900, 0),
        ("whoever was shown", "default", True, 59_900, 0),
        ("nobody was shown to sell: the room pays", "cn-2022", False, 0, 59_900),
        ("the maker was shown to sell", "cn-2022", True, 59_900, 0),
    ],
)
def test_the_legal_ledger(reason, law, shown, maker, operator, context):
    room = Room(context, law)
    if shown:
        room.show_seller()
    room.praise()
    room.order()
    room.prove()
    assert room.owes() == {"maker": maker, "operator": operator, "anchor": 0, "platform": 0}
    [claim] = room.show().legal.claims
    assert (claim.paid.shown, claim.refund.shown, claim.damages.shown) == (
        "99.00 CNY", "99.00 CNY", "500.00 CNY",
    )  # fmt: skip
    payer = "factory" if maker else "room-boss"
    assert claim.payer == payer
    assert room.balances(payer) == {"owes": -59_900}
    assert room.balances("lin") == {"refund_due": 9_900, "damages_due": 50_000}
    [(_, subject, told)] = events(room.database, "claim.opened")
    assert (subject, told["payer"], told["refund"], told["damages"]) == (
        claim.entry, payer, 9_900, 50_000,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("reason", "begins", "ends", "payer"),
    [
        ("shown before and since", NOON, None, "factory"),
        ("shown from that moment on", NOON + HOUR, None, "factory"),
        ("shown too late", NOON + HOUR + timedelta(seconds=1), None, "room-boss"),
        ("no longer shown", NOON, NOON + HOUR, "room-boss"),
    ],
)
def test_what_counts_is_what_the_room_showed_when_the_order_was_placed(
    reason, begins, ends, payer, context
):
    room = Room(context, "cn-2022")
    room.show_seller(begins, ends)
    room.praise()
    room.order()
    room.prove()
    assert room.show().legal.claims[0].payer == payer


def test_a_disclosure_after_the_proof_is_not_believed(fake):
    assert refusal(fake.show_seller)[0] == "conflict"


def test_the_chain_from_promotion_over_order_to_harm(fake):
    fake.order("order-2", time=NOON + 2 * HOUR, buyer="wei")
    trace = fake.sales.trace(ANN, "cream")
    first, second = trace.steps
    assert (first.promotion, first.promoter, first.reach, first.order, first.buyer) == (
        "show-1", "mei", 5_000, "order-1", "lin",
    )  # fmt: skip
    assert first.promoted < first.ordered < first.found
    assert (first.harm, first.proof) == (fake.proved.id, "test_report")
    assert (second.order, second.harm) == ("order-2", None)


def test_the_moral_ledger_leads_to_a_sanction_with_a_notice(fake, clock):
    [promoter] = fake.show().moral.promoters
    assert (promoter.account, promoter.knowledge, promoter.clause, promoter.people) == (
        "mei", "knew", "M1.1", 5_000,
    )  # fmt: skip
    assert (promoter.consequence, promoter.days, promoter.sanction) == ("suspend", 90, None)
    assert [(one.kind, one.time) for one in promoter.heard] == [("test_report", NOON - HOUR)]
    [promoter] = fake.sanction().promoters
    sanction = fake.sanctions.get(ANN, promoter.sanction)
    assert (sanction.account, sanction.kind, sanction.state) == ("mei", "suspend", "in_force")
    assert sanction.ends == clock() + timedelta(days=90)
    [notice] = fake.notices.list(ANN, "mei", Paging()).items
    assert WHY in notice.text
    assert fake.sanction().promoters[0].sanction == sanction.id, "done again, nothing changes"
    assert len(events(fake.database, "sanction.started")) == 1


def test_the_sanction_can_be_lifted_by_hand(fake):
    id = fake.sanction().promoters[0].sanction
    assert fake.sanctions.lift(ANN, id, Lift(reason="Enough.")).state == "lifted"
    fake.harms.withdraw(ANN, fake.proved.id, schemas.HarmWithdrawal(reason="It was genuine."))
    assert fake.sanctions.get(ANN, id).state == "lifted"


def test_a_proof_taken_back_takes_everything_back(fake):
    id = fake.sanction().promoters[0].sanction
    back = schemas.HarmWithdrawal(reason="The laboratory mixed up the samples.")
    harm = fake.harms.withdraw(ANN, fake.proved.id, back)
    assert harm.withdrawn is not None
    assert fake.sanctions.get(ANN, id).state == "reversed"
    assert fake.show().legal.claims == []
    assert fake.show().moral.promoters == []
    assert fake.owes() == {"maker": 0, "operator": 0, "anchor": 0, "platform": 0}
    assert fake.balances("factory") == fake.balances("lin") == {}
    entries = fake.book.entries(ANN, LedgerQuery(subject="live-sale:cream")).items
    assert [entry.reverses for entry in entries] == [entries[1].key, None]
    trial = fake.book.trial(ANN)
    assert (trial.entries, trial.balanced) == (2, True)
    assert [e[0] for e in events(fake.database, "claim.withdrawn", "sanction.lifted")] == [
        "claim.withdrawn", "sanction.lifted",
    ]  # fmt: skip
    texts = [notice.text for notice in fake.notices.list(ANN, "mei", Paging()).items]
    assert "The laboratory mixed up the samples." in texts[0]
    code, _ = refusal(lambda: fake.harms.withdraw(ANN, fake.proved.id, back))
    assert code == "conflict"
    fake.prove()
    assert fake.owes()["maker"] == 59_900, "another proof may be filed"


def test_a_warning_can_be_taken_back_too(room):
    room.praise(reach=2_000)
    room.order()
    harm = room.prove()
    [promoter] = room.sanction().promoters
    assert (promoter.knowledge, promoter.consequence) == ("unaware", "warn")
    room.harms.withdraw(ANN, harm.id, schemas.HarmWithdrawal(reason="It was genuine."))
    assert room.sanctions.get(ANN, promoter.sanction).state == "reversed"


def test_who_reached_few_in_good_faith_is_not_sanctioned(room):
    room.praise(reach=10)
    room.order()
    room.prove()
    [promoter] = room.sanction().promoters
    assert (promoter.consequence, promoter.sanction) == ("none", None)
    assert events(room.database, "sanction.started") == []


def test_more_that_comes_to_light_takes_the_place_of_what_was_imposed(room):
    room.praise(reach=2_000)
    room.order()
    room.prove()
    first = room.sanction().promoters[0].sanction
    room.tell("authority_notice")
    [promoter] = room.sanction().promoters
    assert (promoter.knowledge, promoter.consequence) == ("knew", "suspend")
    assert room.sanctions.get(ANN, first).state == "reversed"
    assert room.sanctions.get(ANN, promoter.sanction).state == "in_force"


def test_only_promoters_in_the_chain_answer(fake):
    account(fake.database, "bo", language="en")
    fake.praise("show-2", by="bo", reach=900_000)
    assert [one.account for one in fake.show().moral.promoters] == ["mei"]


def test_the_ledgers_are_not_mixed(fake, context):
    """Ten times the price changes no consequence; ten times the reach changes no sum."""
    before = fake.show()
    fake.order("order-2", paid=990_000)
    fake.prove("order-2")
    dearer = fake.show()
    assert dearer.moral == before.moral
    assert dearer.legal != before.legal
    fake.tell("complaint", id="t-2")
    fake.praise("show-2", reach=1_000_000)
    fake.order("order-3", "show-2", paid=1)
    assert fake.show().legal == dearer.legal
    moral = {column.name for column in trade.live_judgements.columns}
    legal = {column.name for column in trade.live_claims.columns}
    assert moral & {"paid", "refund", "damages", "payer"} == set()
    assert legal & {"knowledge", "reach", "people", "sanction"} == set()
    fields = set(schemas.MoralLedger.__struct_fields__) | set(schemas.Answerable.__struct_fields__)
    assert fields & {"paid", "refund", "damages", "owes", "amount"} == set()


def test_another_profile_can_be_looked_at_without_effect(fake):
    other = fake.show("cn-2022").legal
    assert (other.profile, other.claims[0].payer, other.claims[0].entry) == (
        "cn-2022", "room-boss", None,
    )  # fmt: skip
    assert fake.owes()["maker"] == 59_900
    code, detail = refusal(lambda: fake.show("cn-2020"))
    assert (code, detail) == ("invalid", "`profile` is unknown. Did you mean `cn-2022`?")


@pytest.mark.parametrize(
    ("reason", "call", "code", "field"),
    [
        ("an unknown telling", lambda r: r.tell("gossip"), "invalid", "kind"),
        ("an order of no promotion", lambda r: r.order("o-9", "show-9"), "invalid", "promotion"),
        ("an order before the promotion", lambda r: r.order("o-9", time=NOON - HOUR), "invalid",
         "time"),
        ("an order told otherwise", lambda r: r.order(paid=1), "conflict", "id"),
        ("a promotion told otherwise", lambda r: r.praise(reach=1), "conflict", "id"),
        ("an unknown proof", lambda r: r.harms.prove(ANN, "cream", proof(kind="rumour")),
         "invalid", "proof"),
        ("a proof of no order", lambda r: r.prove("order-9"), "invalid", "orders[0]"),
        ("a proof of what is proved", lambda r: r.prove("order-1"), "conflict", "orders[0]"),
        ("no such sale", lambda r: r.sales.trace(ANN, "soap"), "not-found", None),
        ("a disclosure that ends first", lambda r: r.show_seller(NOON, NOON), "invalid", "ends"),
    ],
)  # fmt: skip
def test_what_is_refused(reason, call, code, field, fake):
    with pytest.raises(ServiceError) as refused:
        call(fake)
    assert (refused.value.code, refused.value.field) == (code, field)


def test_nothing_is_sanctioned_before_a_proof(room):
    room.praise()
    assert refusal(room.sanction)[0] == "conflict"


def test_told_again_it_counts_once(fake):
    fake.praise()
    fake.order()
    fake.tell("test_report")
    assert len(fake.sales.trace(ANN, "cream").steps) == 1


def test_who_stands_behind_goods_does_not_change_after_an_order(room):
    other = msgspec.structs.replace(FACTS, maker="another")
    assert room.sales.register(ANN, "cream", other).maker == "another"
    room.sales.register(ANN, "cream", FACTS)
    room.praise()
    room.order()
    assert refusal(lambda: room.sales.register(ANN, "cream", other))[0] == "conflict"
    assert room.sales.register(ANN, "cream", FACTS).maker == "factory"


def test_a_law_without_a_profile_says_so(context):
    room = Room(context, "utopia")
    room.praise()
    room.order()
    code, detail = refusal(room.prove)
    assert code == "invalid"
    assert "There are: default, cn-2022; add it to liability.yaml." in detail
    with room.database.read() as connection:
        assert connection.execute(sa.select(trade.live_harms)).all() == []


def test_of_two_who_prove_the_same_one_does(room):
    room.praise()
    room.order()
    outcomes = race(room.prove, room.prove)
    assert sorted(isinstance(one, schemas.Harm) for one in outcomes) == [False, True]
    assert "conflict" in outcomes
    assert room.balances("factory") == {"owes": -59_900}


def test_scopes(room):
    nobody = Actor("eve", frozenset())
    host = Actor("host", frozenset({Scope.live_sales}))
    calls = [
        lambda: room.sales.register(nobody, "x", FACTS),
        lambda: room.sales.trace(nobody, "cream"),
        lambda: room.harms.prove(nobody, "cream", proof()),
        lambda: room.harms.get(nobody, "x"),
        lambda: room.ledgers.show(nobody, "cream"),
        lambda: room.ledgers.sanction(host, "cream", schemas.Sanctioning(reason=WHY)),
        lambda: room.book.trial(host),
        lambda: room.book.balances(host, "lin"),
        lambda: room.book.entries(host, LedgerQuery()),
    ]
    assert [refusal(call)[0] for call in calls] == ["forbidden"] * len(calls)


def test_orders_are_kept_for_three_years_and_claims_that_stand_for_good(fake, clock):
    fake.praise("show-2")
    fake.order("order-2", "show-2", time=NOON + 2 * HOUR)
    retention = Retention(fake.context)
    clock.set(NOON + timedelta(days=1096))
    assert "live_orders" not in retention.sweep()
    clock.advance(days=1)
    swept = retention.sweep()
    assert (swept["live_orders"], swept["live_promotions"]) == (1, 1)
    assert [step.order for step in fake.sales.trace(ANN, "cream").steps] == ["order-1"]
    assert fake.owes()["maker"] == 59_900
    assert fake.show().moral.promoters[0].knowledge == "knew"


def test_the_trial_balance_finds_what_was_changed_by_hand(fake):
    p = trade.ledger_postings
    with fake.database.write() as tx:
        tx.execute(sa.update(p).where(p.c.purpose == "owes").values(minor=-1))
    trial = fake.book.trial(ANN)
    assert (trial.balanced, len(trial.unbalanced)) == (False, 1)


def test_sales_and_claims_are_listed(context):
    room = Room(context)
    room.praise()
    room.order()
    room.order("order-2")
    harm = room.prove("order-1")
    [sale] = room.sales.list(ANN, schemas.LiveSaleQuery(room="room-7")).items
    assert (sale.id, sale.orders, sale.fakes) == ("cream", 2, 1)
    assert room.sales.list(ANN, schemas.LiveSaleQuery(room="x")).items == []
    [claim] = room.harms.claims(ANN, schemas.ClaimQuery(payer="factory")).items
    assert (claim.order, claim.buyer, claim.room, claim.role) == (
        "order-1", "lin", "room-7", "maker",
    )  # fmt: skip
    assert (claim.refund.shown, claim.damages.shown) == ("99.00 CNY", "500.00 CNY")
    assert room.harms.claims(ANN, schemas.ClaimQuery(withdrawn=True)).items == []
    room.harms.withdraw(ANN, harm.id, schemas.HarmWithdrawal(reason=WHY))
    assert room.sales.list(ANN, schemas.LiveSaleQuery()).items[0].fakes == 0
    [gone] = room.harms.claims(ANN, schemas.ClaimQuery(withdrawn=True)).items
    assert gone.withdrawn is not None
    terms = room.harms.terms(ANN)
    assert [one.name for one in terms.profiles] == ["default", "cn-2022"]
    assert [one.clause for one in terms.proofs] == ["V1.1", "V1.2", "V1.3"]
    grades = room.ledgers.grades(ANN)
    table = {(one.knowledge, one.reach): (one.consequence, one.days) for one in grades.consequences}
    assert table["unaware", "few"] == ("none", None)
    assert table["knew", "many"] == ("suspend", 90)
    assert [one.at_least for one in grades.reach] == [0, 1_000, 100_000]
