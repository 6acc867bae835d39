"""Evidence: who reads it, what sealed cases need, what the audit log says of it."""

import pytest
import sqlalchemy as sa

from portreeve.schemas.access import Scope
from portreeve.schemas.appeals import FileAppeal
from portreeve.schemas.base import Paging
from portreeve.schemas.cases import RequestRelease
from portreeve.service.actor import Actor
from portreeve.service.decisions import PersonDecisions
from portreeve.store.tables import core
from portreeve.store.vault import Content
from service.desk import ANN, BEN, CAM, FIRST, Desk, refusal
from service.factories import Shipped, decision

REVIEWER = Actor("rea", frozenset({Scope.cases}))
WHY = RequestRelease(reason="canary-why: to decide the case", minutes=30)
DRUGS = "冰毒现货 加微信 abc12345 同城送货"


@pytest.fixture
def desk(context):
    return Desk(context)


@pytest.fixture
def mask(desk):
    """A case of ordinary goods."""
    content = Content(text="面膜89元一盒 加微信 abc12345", links=["a.example"])
    decision(desk.database, "p-1", "hold", context=desk.context, content=content)
    [case] = desk.open()
    return case


@pytest.fixture
def drugs(desk):
    """A sealed case; its item stays refused meanwhile."""
    decision(
        desk.database, "p-drugs", "refuse", context=desk.context, content=Content(text=DRUGS),
        goods_tier="black", goods_category="narcotics",
    )  # fmt: skip
    [case] = desk.open()
    return case


def test_reading_evidence_is_in_the_audit_log(desk, mask):
    found = desk.evidence.read(BEN, mask, FIRST)
    assert [(one.item, one.text, one.links, one.erased) for one in found.items] == [
        ("p-1", "面膜89元一盒 加微信 abc12345", ["a.example"], False)
    ]
    decided = found.items[0].decision
    assert desk.audit("case.evidence-read") == [
        ("ben", "case.evidence-read", mask,
         {"decisions": [decided], "reports": [], "release": None}),
    ]  # fmt: skip


def test_evidence_needs_a_scope_of_its_own(desk, mask):
    assert refusal(lambda: desk.evidence.read(REVIEWER, mask, FIRST)) == (
        "forbidden",
        "'rea' lacks the scope `evidence` (read what an item said). "
        "Ask an administrator for a key that has it.",
    )
    assert desk.audit("case.evidence-read") == []


def test_evidence_comes_in_pages(desk):
    for number in range(5):
        decision(desk.database, f"p-{number}", "hold", context=desk.context)
    [case] = desk.open()
    first = desk.evidence.read(BEN, case, Paging(limit=3))
    rest = desk.evidence.read(BEN, case, Paging(limit=3, cursor=first.next))
    assert [one.item for one in first.items + rest.items] == [f"p-{n}" for n in range(5)]
    assert rest.next is None


def test_erased_content_is_said_to_be_gone(desk, mask):
    with desk.database.write() as tx:
        desk.context.vault.destroy(tx, "baker")
    [found] = desk.evidence.read(BEN, mask, FIRST).items
    assert (found.erased, found.text) == (True, None)


def test_after_a_person_s_decision_the_content_is_still_found(desk, mask):
    desk.decide(BEN, mask, "remove", "moments.no-product-promotion")
    decided = desk.cases.get(ANN, mask)
    assert desk.evidence.read(CAM, decided.id, FIRST).items[0].erased is False


def test_a_sealed_case_opens_only_for_two_people_and_for_a_while(desk, drugs, clock):
    sealed = (
        "forbidden",
        f"The evidence of the case {drugs} is sealed. Ask for a release, and have another person "
        "grant it.",
    )
    assert refusal(lambda: desk.evidence.read(BEN, drugs, FIRST)) == sealed
    asked = desk.evidence.request_release(BEN, drugs, WHY)
    assert (asked.requested_by, asked.granted_by, asked.until) == ("ben", None, None)
    assert refusal(lambda: desk.evidence.read(BEN, drugs, FIRST)) == sealed
    assert refusal(lambda: desk.evidence.grant_release(BEN, drugs, asked.id)) == (
        "same-person",
        f"'ben' asked for the release {asked.id}. Another person must grant it.",
    )
    granted = desk.evidence.grant_release(CAM, drugs, asked.id)
    assert (granted.granted_by, (granted.until - clock()).total_seconds()) == ("cam", 1800.0)
    assert [one.text for one in desk.evidence.read(BEN, drugs, FIRST).items] == [DRUGS]
    assert [one.text for one in desk.evidence.read(CAM, drugs, FIRST).items] == [DRUGS]
    # released to these two, not to everybody
    assert refusal(lambda: desk.evidence.read(ANN, drugs, FIRST)) == sealed
    assert refusal(lambda: desk.evidence.grant_release(ANN, drugs, asked.id)) == (
        "conflict",
        f"The release {asked.id} was granted already.",
    )
    clock.advance(minutes=30)
    assert refusal(lambda: desk.evidence.read(BEN, drugs, FIRST)) == sealed
    assert desk.state("p-drugs") == "refused"
    actions = ("case.release-requested", "case.release-granted", "case.evidence-read")
    assert [(actor, action) for actor, action, _, _ in desk.audit(*actions)] == [
        ("ben", "case.release-requested"),
        ("cam", "case.release-granted"),
        ("ben", "case.evidence-read"),
        ("cam", "case.evidence-read"),
    ]
    assert "canary-why" not in str(desk.audit(*actions))
    assert desk.cases.history(ANN, drugs).items[1].note == "canary-why: to decide the case"
    assert [one.id for one in desk.evidence.releases(ANN, drugs).items] == [asked.id]


def test_what_is_not_sealed_needs_no_release(desk, mask):
    assert refusal(lambda: desk.evidence.request_release(BEN, mask, WHY)) == (
        "conflict",
        f"The case {mask} is not sealed. Read its evidence directly.",
    )


def test_a_release_is_of_its_case(desk, drugs):
    asked = desk.evidence.request_release(BEN, drugs, WHY)
    assert refusal(lambda: desk.evidence.grant_release(CAM, "cas_other", asked.id)) == (
        "not-found",
        f"There is no release {asked.id!r}.",
    )


def test_an_appeal_of_black_goods_is_as_sealed_as_its_case(desk, drugs):
    decided = desk.cases.get(ANN, drugs).contents[0].decision
    appeal = desk.appeals.file(ANN, FileAppeal(decision=decided, words="It was sugar."))
    assert refusal(lambda: desk.evidence.read_for_appeal(BEN, appeal.id))[0] == "forbidden"
    asked = desk.evidence.request_release(BEN, drugs, WHY)
    desk.evidence.grant_release(CAM, drugs, asked.id)
    assert desk.evidence.read_for_appeal(BEN, appeal.id).text == DRUGS
    assert desk.audit("appeal.evidence-read") == [
        ("ben", "appeal.evidence-read", appeal.id, {"decision": decided, "release": asked.id})
    ]


def test_an_appeal_of_a_second_word_on_black_goods_is_as_sealed(desk, drugs):
    """A person decided, then another one anew: the case still holds the machine's decision."""
    with desk.database.write() as tx:
        for reviewer, verdict in (("cam", "remove"), ("dee", "limit")):
            item = tx.execute(sa.select(core.items)).one()
            last = PersonDecisions(desk.context, Shipped()).person_decision(
                tx, reviewer, item, verdict, ["law.narcotics"], ["1"], "I looked."
            )
    appeal = desk.appeals.file(ANN, FileAppeal(decision=last, words="It was sugar."))
    assert refusal(lambda: desk.evidence.read_for_appeal(BEN, appeal.id))[0] == "forbidden"
    asked = desk.evidence.request_release(BEN, drugs, WHY)
    desk.evidence.grant_release(CAM, drugs, asked.id)
    assert desk.evidence.read_for_appeal(BEN, appeal.id).text == DRUGS
