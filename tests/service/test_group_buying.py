"""Group buying: campus A completes at the threshold; below it everybody is refunded, once."""

import base64
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from portreeve.commerce.enrolment import Enrolment, Statement, sign
from portreeve.commerce.licences import licence_rules
from portreeve.model import Surface
from portreeve.schemas.access import Scope
from portreeve.schemas.base import Paging
from portreeve.schemas.commerce import group_buying as schemas
from portreeve.schemas.privacy import ErasureReason
from portreeve.schemas.screening import Submission
from portreeve.service.actor import Actor
from portreeve.service.commerce.book import Book
from portreeve.service.commerce.deals import Deals
from portreeve.service.commerce.enrolments import Enrolments
from portreeve.service.errors import ServiceError
from portreeve.service.privacy import Privacy
from portreeve.service.registers import Registers
from portreeve.service.retention import Retention
from portreeve.store.tables import core, trade
from service.desk import race, refusal
from service.factories import ANN, account, events, published
from service.shop import HOST

START = datetime(2014, 6, 1, tzinfo=UTC)
DEADLINE = START + timedelta(days=7)
NORTH, SOUTH = (Ed25519PrivateKey.from_private_bytes(bytes([n]) * 32) for n in (1, 2))


def public(key):
    return base64.b64encode(key.public_key().public_bytes_raw()).decode()


class Campus:
    """Two campuses with their checkers, and a deal of the first."""

    def __init__(self, context, *, threshold=3, at_once=2):
        self.context, self.database = context, context.database
        self.book = Book(context)
        self.enrolments = Enrolments(context)
        self.deals = Deals(context, self.book, refunded_at_once=at_once)
        for campus, key in (("north", NORTH), ("south", SOUTH)):
            new = schemas.NewChecker(campus=campus, public_key=public(key))
            self.checker = self.enrolments.trust(ANN, new)
        self.publish("noodles")
        self.deals.open(ANN, "noodles", facts(threshold=threshold))

    def publish(self, item, organiser="wok"):
        published(self.database, item, account=organiser)
        with self.database.write() as tx:
            tx.execute(sa.update(core.items).where(core.items.c.id == item).values(
                surface="group_buy"))  # fmt: skip

    def attest(self, account, campus="north", result="enrolled", expires=DEADLINE, key=None):
        said = Statement(
            account=account, campus=campus, result=result, issued=START, expires=expires
        )
        proof = sign(said, key or {"north": NORTH, "south": SOUTH}[campus])
        return self.enrolments.show(ANN, account, schemas.EnrolmentProof(proof=proof))

    def join(self, account, deal="noodles"):
        return self.deals.join(ANN, deal, schemas.JoinDeal(account=account))

    def students(self, count):
        names = [f"student-{at:02}" for at in range(count)]
        for name in names:
            self.attest(name)
        return names

    def held(self, of):
        return {one.purpose: one.amount.minor for one in self.book.balances(ANN, of).items}

    def finish(self):
        while self.deals.advance():
            pass


def facts(**other):
    given = {
        "organiser": "wok", "campus": "north", "price": 1_200, "currency": "CNY",
        "threshold": 3, "deadline": DEADLINE,
    }  # fmt: skip
    return schemas.DealFacts(**given | other)


@pytest.fixture
def campus(context):
    return Campus(context)


def test_campus_a_completes_at_the_threshold(campus):
    names = campus.students(4)
    assert [campus.join(name).deal.state for name in names[:3]] == ["open", "open", "completed"]
    late = campus.join(names[3])
    assert (late.joined, late.refusal.code, late.refusal.clause) == (False, "completed", "G2.1")
    assert late.deal.joined == 3
    assert campus.held("wok") == {"organiser": 3_600}
    assert campus.held("noodles") == {}
    assert [campus.held(name) for name in names] == [{"buyer": -1_200}] * 3 + [{}]
    [(_, _, told)] = events(campus.database, "deal.completed")
    assert (told["joined"], told["organiser"]) == (3, "wok")
    campus.finish()
    assert campus.deals.get(ANN, "noodles").state == "completed"


@pytest.mark.parametrize(
    ("reason", "attested", "code", "clause", "says"),
    [
        ("a student of campus B", {"campus": "south"}, "other_campus", "G3.5", "another campus"),
        ("an outsider", None, "not_checked", "G3.1", "No school has attested"),
        ("known to be no student", {"result": "unknown"}, "not_enrolled", "G3.2", "not know you"),
        ("a graduate", {"result": "graduated"}, "graduated", "G3.3", "You have graduated"),
        ("expired", {"expires": START + timedelta(days=1)}, "expired", "G3.4", "has expired"),
    ],
)
def test_others_are_refused_with_reasons(reason, attested, code, clause, says, campus, clock):
    if attested is not None:
        campus.attest("lin", **attested)
    clock.advance(days=2)
    answer = campus.join("lin")
    assert (answer.joined, answer.refusal.code, answer.refusal.clause) == (False, code, clause)
    assert says in answer.refusal.because.en
    assert answer.refusal.because.zh
    assert answer.deal.joined == 0
    assert campus.held("lin") == {}


def test_only_result_campus_and_expiry_are_stored(campus):
    found = campus.attest("lin")
    assert (found.result, found.campus, found.expires) == ("enrolled", "north", DEADLINE)
    assert {column.name for column in trade.enrolments.columns} == {
        "account", "result", "campus", "expires",
    }  # fmt: skip
    proof = sign(
        Statement(account="lin", campus="north", result="enrolled", issued=START, expires=DEADLINE),
        NORTH,
    )
    payload, _, signature = proof.partition(".")
    with campus.database.read() as connection:
        for table in sorted(trade.enrolments.metadata.tables.values(), key=lambda t: t.name):
            for row in connection.execute(sa.select(table)):
                assert payload[:40] not in str(row), table.name
                assert signature[:40] not in str(row), table.name


def test_a_proof_is_refused_with_a_reason(campus):
    code, detail = refusal(lambda: campus.attest("lin", key=SOUTH))
    assert (code, detail) == ("forbidden", "Who signed the proof may not attest for this campus.")
    stranger = Ed25519PrivateKey.from_private_bytes(bytes(32))
    code, detail = refusal(lambda: campus.attest("lin", key=stranger))
    assert (code, detail) == ("forbidden", "No checker that is known here has signed the proof.")
    assert refusal(lambda: campus.enrolments.get(ANN, "lin"))[0] == "not-found"


def test_a_checker_that_is_trusted_no_more_proves_nothing(campus):
    assert [one.campus for one in campus.enrolments.checkers(ANN, Paging()).items] == [
        "south", "north",
    ]  # fmt: skip
    campus.enrolments.distrust(ANN, campus.checker.id)
    assert refusal(lambda: campus.attest("lin", "south"))[0] == "forbidden"
    again = schemas.NewChecker(campus="north", public_key=public(NORTH))
    assert refusal(lambda: campus.enrolments.trust(ANN, again))[0] == "conflict"


def test_an_old_proof_does_not_take_the_place_of_a_newer_one(campus):
    old = campus.attest("lin", expires=DEADLINE)
    assert campus.attest("lin", expires=DEADLINE) == old
    campus.attest("lin", result="graduated", expires=DEADLINE + timedelta(days=1))
    assert refusal(lambda: campus.attest("lin", expires=DEADLINE))[0] == "conflict"
    assert campus.join("lin").refusal.code == "graduated"


def test_below_the_threshold_everybody_is_refunded(campus, clock):
    names = campus.students(2)
    for name in names:
        campus.join(name)
    assert campus.held("noodles") == {"held": 2_400}
    campus.finish()
    assert campus.deals.get(ANN, "noodles").state == "open"
    clock.set(DEADLINE)
    assert campus.join("student-00").joined, "who is in stays in"
    campus.finish()
    deal = campus.deals.get(ANN, "noodles")
    assert (deal.state, deal.joined, deal.refunded) == ("refunded", 2, 2)
    assert [campus.held(of) for of in (*names, "noodles", "wok")] == [{}] * 4
    refunded = [told["accounts"] for _, _, told in events(campus.database, "deal.refunded")]
    assert refunded == [names]
    campus.finish()
    trial = campus.book.trial(ANN)
    assert (trial.entries, trial.balanced) == (4, True)


def test_at_the_deadline_nobody_comes_in_before_the_worker_does(campus, clock):
    campus.students(1)
    with campus.database.write() as tx:
        tx.execute(sa.update(trade.enrolments).values(expires=DEADLINE + timedelta(days=9)))
    clock.set(DEADLINE)
    answer = campus.join("student-00")
    assert (answer.joined, answer.refusal.code) == (False, "over")


def test_to_join_again_changes_nothing(campus):
    campus.students(1)
    assert campus.join("student-00") == campus.join("student-00")
    assert campus.held("student-00") == {"buyer": -1_200}


def test_exactly_the_threshold_gets_in_however_many_come_at_once(context):
    campus = Campus(context, threshold=5)
    names = campus.students(12)
    answers = race(*(lambda name=name: campus.join(name) for name in names))
    assert sum(answer.joined for answer in answers) == 5
    assert {answer.refusal.code for answer in answers if not answer.joined} == {"completed"}
    deal = campus.deals.get(ANN, "noodles")
    assert (deal.joined, deal.state) == (5, "completed")
    assert len(events(campus.database, "deal.completed")) == 1
    assert campus.held("wok") == {"organiser": 6_000}
    assert campus.held("noodles") == {}


def test_one_who_comes_many_times_at_once_pays_once(campus):
    campus.students(1)
    answers = race(*[lambda: campus.join("student-00")] * 6)
    assert all(answer.joined for answer in answers)
    assert campus.held("student-00") == {"buyer": -1_200}


def test_several_who_refund_at_once_refund_once(context, clock):
    campus = Campus(context, threshold=20, at_once=3)
    names = campus.students(10)
    for name in names:
        campus.join(name)
    clock.set(DEADLINE)
    race(*[campus.finish] * 4)
    campus.finish()
    told = [a for _, _, data in events(campus.database, "deal.refunded") for a in data["accounts"]]
    assert sorted(told) == names
    assert campus.held("noodles") == {}
    assert campus.book.trial(ANN).entries == 20


def test_a_refund_that_fails_half_way_leaves_nothing_behind(context, clock, monkeypatch):
    campus = Campus(context, threshold=20, at_once=3)
    names = campus.students(5)
    for name in names:
        campus.join(name)
    clock.set(DEADLINE)
    post, calls = campus.book.post, []

    def breaking(tx, entries, **more):
        done = post(tx, entries, **more)
        calls.append(done)
        if len(calls) == 2:
            raise RuntimeError("pulled the plug")
        return done

    monkeypatch.setattr(campus.book, "post", breaking)
    with pytest.raises(RuntimeError):
        campus.finish()
    assert campus.deals.get(ANN, "noodles").refunded == 3
    assert campus.held("noodles") == {"held": 2_400}
    campus.finish()
    assert campus.deals.get(ANN, "noodles").state == "refunded"
    assert campus.held("noodles") == {}
    told = [a for _, _, data in events(campus.database, "deal.refunded") for a in data["accounts"]]
    assert sorted(told) == names


KILLED = """
import os, sys
from pathlib import Path
sys.path.insert(0, {tests!r})
from datetime import UTC, datetime
from portreeve.store import Database
from portreeve.service.commerce.book import Book
from portreeve.service.commerce.deals import Deals
from service.support import FakeClock, make_context
database = Database({url!r}, clock=FakeClock(datetime(2014, 6, 8, tzinfo=UTC)))
book = Book(make_context(database, Path({folder!r})))
deals = Deals(book._context, book, refunded_at_once=2)
post, calls = book.post, []
def dying(tx, entries, **more):
    post(tx, entries, **more)
    calls.append(1)
    if len(calls) == 3:
        os._exit(9)
book.post = dying
while deals.advance():
    pass
"""


def test_a_process_killed_in_the_midst_of_refunding_refunds_nobody_twice(
    context, clock, database_url, tmp_path
):
    campus = Campus(context, threshold=20, at_once=2)
    names = campus.students(7)
    for name in names:
        campus.join(name)
    script = KILLED.format(
        tests=str(Path(__file__).parents[1]), url=database_url, folder=str(tmp_path)
    )
    dead = subprocess.run([sys.executable, "-c", script], env=dict(os.environ), check=False)
    assert dead.returncode == 9
    assert campus.deals.get(ANN, "noodles").refunded == 4
    clock.set(DEADLINE)
    campus.finish()
    told = [a for _, _, data in events(campus.database, "deal.refunded") for a in data["accounts"]]
    assert sorted(told) == names
    assert [campus.held(name) for name in names] == [{}] * 7
    assert campus.held("noodles") == {}
    assert campus.book.trial(ANN).entries == 14


@pytest.mark.parametrize(
    ("reason", "id", "other", "code", "says"),
    [
        ("no item", "soup", {}, "conflict", "(clause G1.3)"),
        ("another's item", "noodles", {"organiser": "eve"}, "conflict", "(clause G1.3)"),
        ("open already", "noodles", {}, "conflict", "open or over already"),
        ("too many people", "noodles", {"threshold": 10_001}, "invalid", "(clause G1.1)"),
        ("too long", "noodles", {"deadline": START + timedelta(days=31)}, "invalid",
         "(clause G1.2)"),
        ("past", "noodles", {"deadline": START}, "invalid", "in the past"),
    ],
)  # fmt: skip
def test_deals_that_are_not_opened(reason, id, other, code, says, campus):
    refused = refusal(lambda: campus.deals.open(ANN, id, facts(**other)))
    assert refused[0] == code
    assert says in refused[1]


def test_a_deal_whose_item_was_taken_down_takes_nobody_in(campus):
    campus.students(1)
    with campus.database.write() as tx:
        tx.execute(sa.update(core.items).values(state="removed"))
    assert campus.join("student-00").refusal.code == "taken_down"


def test_deals_are_listed(campus):
    campus.publish("tea")
    campus.deals.open(ANN, "tea", facts(campus="south"))
    query = schemas.DealQuery
    assert [deal.id for deal in campus.deals.list(ANN, query()).items] == ["noodles", "tea"]
    assert [deal.id for deal in campus.deals.list(ANN, query(campus="south")).items] == ["tea"]
    first = campus.deals.list(ANN, query(limit=1, state="open"))
    assert (len(first.items), first.next) == (1, "noodles")
    assert campus.deals.list(ANN, query(limit=1, cursor=first.next)).items[0].id == "tea"


def test_who_is_erased_leaves_no_enrolment(campus):
    account(campus.database, "lin")
    campus.attest("lin")
    Privacy(campus.context).erase(ANN, "lin", ErasureReason.person)
    assert refusal(lambda: campus.enrolments.get(ANN, "lin"))[0] == "not-found"
    assert refusal(lambda: campus.attest("lin"))[0] == "gone"


def test_results_are_forgotten_when_their_time_is_over(campus, clock):
    campus.students(2)
    retention = Retention(campus.context)
    clock.set(DEADLINE + timedelta(days=183))
    assert "enrolments" not in retention.sweep()
    clock.advance(days=1)
    assert retention.sweep()["enrolments"] == 2


def test_another_port_can_be_asked(context):
    class Registry:
        def check(self, _account, proof, now):
            return Enrolment("enrolled", proof, now + timedelta(days=1))

    found = Enrolments(context, Registry()).show(ANN, "lin", schemas.EnrolmentProof(proof="north"))
    assert (found.campus, found.result) == ("north", "enrolled")


def test_scopes(campus):
    host = Actor("host", frozenset({Scope.group_buying}))
    nobody = Actor("eve", frozenset())
    new = schemas.NewChecker(campus="x", public_key=public(NORTH))
    calls = [
        lambda: campus.enrolments.trust(host, new),
        lambda: campus.enrolments.distrust(host, campus.checker.id),
        lambda: campus.enrolments.checkers(nobody, Paging()),
        lambda: campus.enrolments.get(nobody, "x"),
        lambda: campus.enrolments.show(nobody, "x", schemas.EnrolmentProof(proof="x")),
        lambda: campus.deals.open(nobody, "x", facts()),
        lambda: campus.deals.get(nobody, "noodles"),
        lambda: campus.deals.list(nobody, schemas.DealQuery()),
        lambda: campus.deals.join(nobody, "noodles", schemas.JoinDeal(account="x")),
    ]
    assert [refusal(call)[0] for call in calls] == ["forbidden"] * len(calls)
    with pytest.raises(ServiceError, match="There is no deal 'soup'"):
        campus.join("lin", "soup")


def test_who_may_join_is_said_without_joining(context):
    campus = Campus(context)
    lin, *_ = campus.students(1)
    campus.attest("ann", "south")

    def asked(who):
        found = campus.deals.admits(ANN, "noodles", who)
        return found.member, found.refusal and found.refusal.clause, found.enrolment is not None

    assert asked(lin) == (False, None, True)
    assert asked("ann") == (False, "G3.5", True)
    assert asked("eve") == (False, "G3.1", False)
    assert campus.deals.get(ANN, "noodles").joined == 0
    campus.join(lin)
    assert asked(lin) == (True, None, True)
    assert refusal(lambda: campus.deals.admits(ANN, "x", lin))[0] == "not-found"
    clauses = [one.clause for one in campus.deals.refusals(ANN)]
    assert clauses == ["G2.1", "G2.2", "G2.3", "G3.1", "G3.2", "G3.3", "G3.4", "G3.5"]


def test_members_are_listed_with_their_refunds(context, clock):
    campus = Campus(context)
    for name in campus.students(2):
        campus.join(name)
    first = campus.deals.members(ANN, "noodles", Paging(limit=1))
    assert ([one.account for one in first.items], first.next) == (["student-00"], "student-00")
    assert first.items[0].enrolment.expires == DEADLINE
    assert first.items[0].refunded is None
    clock.advance(days=8)
    campus.finish()
    rest = campus.deals.members(ANN, "noodles", Paging(cursor=first.next)).items
    assert [(one.account, one.refunded) for one in rest] == [("student-01", clock())]
    assert refusal(lambda: campus.deals.members(ANN, "x", Paging()))[0] == "not-found"


def test_a_checker_that_is_trusted_no_more_goes_in_time(context, clock):
    campus = Campus(context)
    campus.enrolments.distrust(ANN, campus.checker.id)
    clock.advance(days=context.settings.decision_days + 2)
    assert Retention(context).sweep()["checkers"] == 1
    left = campus.enrolments.checkers(ANN, Paging()).items
    assert [one.campus for one in left] == ["north"]


# --- what screening knows of members --------------------------------------------------------------


@pytest.mark.parametrize(
    ("audience", "told", "proof", "said", "found"),
    [
        ("campus:north", None, ("enrolled", "north"), None, "campus_member"),
        ("campus:south", "campus_member", ("enrolled", "north"), None, "person"),
        ("campus:north", "campus_member", ("graduated", "north"), None, "person"),
        ("campus:north", "campus_member", None, None, "campus_member"),  # the host alone knows
        ("friends", "campus_member", ("enrolled", "north"), None, "campus_member"),
        (None, None, ("enrolled", "north"), None, "person"),
        ("campus:south", "merchant", ("enrolled", "north"), None, "merchant"),
        ("campus:south", None, ("enrolled", "north"), "campus_member", "campus_member"),
    ],
)
def test_who_is_a_member_of_the_campus_an_item_is_for(audience, told, proof, said, found):
    shown = {} if proof is None else {"lin": Enrolment(*proof, DEADLINE)}
    known = Registers(licence_rules(), START, {"lin": told} if told else {}, {}, shown)
    post = Submission(id="p", text="", account="lin", audience=audience, standing=said)
    assert known.standing(post) == found


def test_a_proof_that_is_over_makes_nobody_a_member():
    known = Registers(
        licence_rules(), DEADLINE, enrolled={"lin": Enrolment("enrolled", "north", DEADLINE)}
    )
    assert known.standing(Submission(id="p", account="lin", audience="campus:north")) == "person"


def test_a_deal_is_screened_by_its_organisers_proof(campus, shop):
    campus.attest("lin")

    def rules(id, account, audience):
        post = Submission(
            id=id, account=account, audience=audience, surface=Surface.group_buy,
            text="水果拼团，20斤脐橙59元，满30人成团",
        )  # fmt: skip
        return shop.screening.screen(HOST, [post])[0].rules

    assert "group-buy.organiser-known" not in rules("home", "lin", "campus:north")
    assert "group-buy.organiser-known" in rules("away", "lin", "campus:south")
    assert "group-buy.organiser-known" in rules("unknown", "eve", "campus:north")
