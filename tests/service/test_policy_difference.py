"""What a version would change, over stored posts, beside the version in force."""

import pytest

from portreeve.model import Verdict
from portreeve.schemas.access import Scope
from portreeve.schemas.policies import PreviewOrder
from portreeve.schemas.policy_drafts import SaveDraft
from portreeve.service.actor import PORTREEVE, Actor
from portreeve.service.audit import AuditLog
from portreeve.service.errors import ServiceError
from portreeve.service.policies import Policies
from portreeve.service.policy_comparison import Group, Part
from portreeve.service.policy_difference import Differences
from portreeve.service.policy_drafts import Drafts
from portreeve.service.rescreening import Rescreening
from portreeve.store.vault import Content
from service import factories
from service.policy_cases import ANN, BOB, DAN, MASK, SOFT, proposed

CAKES = "Wedding cakes to order from 60 euros, message me for dates."
ZONGZI = "端午的粽子包好了，15元一个，楼下自取"
STRICTER = """\
extends: acquaintance
policy: acquaintance
version: "9"
effective: 2014-06-01T00:00:00+08:00
rules:
  - id: prices-wait
    clause: "16.1"
    surfaces: [moments]
    when: price_max IN (15, 60)
    verdict: hold
    because: { en: A price is named., zh: 写了价格。 }
"""
READER = Actor("rea", frozenset({Scope.policies_approve, Scope.policies_read, Scope.evidence}))
ORDER = PreviewOrder(limit=100)


@pytest.fixture
def policies(context):
    found = Policies(context)
    found.seed()
    return found


@pytest.fixture
def drafts(context, policies):
    return Drafts(context, policies)


@pytest.fixture
def differences(context, policies, drafts):
    return Differences(context, policies, drafts, Rescreening(context))


@pytest.fixture
def posts(context, database, policies):
    """Four posts that can be read, one that cannot."""
    for id, text, verdict, facts in (
        ("mask", MASK, "refuse", {}),
        ("cakes", CAKES, "allow", {"account": "anna"}),
        ("zongzi", ZONGZI, "remove", {"stage": "person", "by": "ben", "goods_tier": "black"}),
        ("soft", SOFT, "allow", {}),
    ):
        factories.decision(
            database, id, verdict, context=context, content=Content(text=text), **facts
        )
    factories.decision(database, "gone", "allow")
    return policies


def subject(differences, drafts):
    kept = drafts.save(ANN, SaveDraft(network="acquaintance", text=STRICTER))
    return differences.draft(ANN, kept.id)


def test_both_versions_decide_the_same_posts(differences, drafts, posts):
    found = differences.compare(ANN, subject(differences, drafts), ORDER)
    assert (found.before, found.after) == ("acquaintance@2014-06", "acquaintance@9")
    assert (found.asked, found.unreadable, found.items) == (5, 1, 4)
    assert (found.changed, found.accounts) == (2, 2)
    assert found.flows() == [
        [1, 0, 0, 2, 0],
        [0, 0, 0, 0, 0],
        [0, 0, 0, 0, 0],
        [0, 0, 0, 0, 0],
        [0, 0, 0, 0, 1],
    ]
    assert found.groups() == [
        Group("moments", None, "other", "allow", "hold", 1, 1, None, "prices-wait"),
        Group("moments", None, "zh", "allow", "hold", 1, 1, None, "prices-wait"),
    ]


def test_a_part_is_counted_by_itself(differences, drafts, posts):
    found = differences.compare(ANN, subject(differences, drafts), ORDER)
    chinese = found.part(Part(language="zh"))
    assert (chinese.items, chinese.changed) == (3, 1)
    assert found.part(Part(before="refuse")).items == 1
    assert found.part(Part(rule="prices-wait")).changed == 2
    assert found.part(Part(surface="comment")).groups() == []


def test_what_people_decided_stands_beside_it(differences, drafts, posts):
    found = differences.compare(ANN, subject(differences, drafts), ORDER).agreement()
    assert found == (1, 0, 0, 1)


def test_samples_are_read_by_whoever_may_and_it_is_written_down(
    differences, drafts, posts, policies, context
):
    proposed(policies, STRICTER)
    version = differences.version("acquaintance", "9")
    [sample] = differences.samples(READER, version, ORDER, Part())
    assert (sample.item, sample.text, sample.person) == ("cakes", CAKES, None)
    assert (sample.before.verdict, sample.before.rules) == (Verdict.allow, ())
    assert (sample.after.verdict, sample.after.rules[0].id) == (Verdict.hold, "prices-wait")
    assert sample.after.explained.holds
    assert [place.what for place in sample.evidence] == ["price 60.0 EUR"]
    [entry] = AuditLog(context).entries(PORTREEVE, action="policy.evidence-read").items
    assert (entry.actor, entry.subject) == ("rea", "acquaintance@9")
    assert entry.detail == {"decisions": [sample.decision]}


def test_black_goods_stay_sealed(differences, drafts, posts):
    found = differences.compare(ANN, subject(differences, drafts), ORDER)
    assert found.part(Part(language="zh", after="hold")).samples(10) == []


def test_who_may_compare_and_who_may_read(differences, drafts, posts, policies):
    proposed(policies, STRICTER)
    version = differences.version("acquaintance", "9")
    assert differences.compare(BOB, version, ORDER).items == 4
    for call, actor, args in (
        (differences.compare, DAN, (version, ORDER)),
        (differences.samples, BOB, (version, ORDER, Part())),
    ):
        with pytest.raises(ServiceError) as raised:
            call(actor, *args)
        assert raised.value.code == "forbidden"
