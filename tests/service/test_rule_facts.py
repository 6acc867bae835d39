"""What is known of one rule: hits, precision, overlap, changes, samples."""

from datetime import UTC, datetime, timedelta

import pytest

from portreeve.model import Surface, Verdict
from portreeve.schemas.access import Scope
from portreeve.schemas.policies import Activation, Approval, Proposal
from portreeve.schemas.rule_facts import HitCount, Overlap, RuleQuery
from portreeve.service import judging
from portreeve.service.actor import PORTREEVE, Actor
from portreeve.service.audit import AuditLog
from portreeve.service.errors import ServiceError
from portreeve.service.evidence import EvidenceRoom
from portreeve.service.in_force import LEAD
from portreeve.service.policies import Policies
from portreeve.service.rule_facts import RuleFacts, by_surface, hits_by_step
from portreeve.store.vault import Content
from service import factories
from service.policy_cases import ANN, BOB, DAN, MASK

RULE = factories.SELLING
OTHER = "moments.likely-selling-waits"
READER = Actor("rea", frozenset({Scope.policies_read, Scope.evidence}))
NARROWER = """\
extends: acquaintance
policy: acquaintance
version: "2014-07"
effective: 2014-06-01T00:00:00+08:00
definitions:
  possible_selling:
    words: { en: More likely than not., zh: 多半是。 }
    when: promotion >= 0.65
"""


@pytest.fixture
def policies(context):
    found = Policies(context)
    found.seed()
    return found


@pytest.fixture
def facts(context, policies):
    return RuleFacts(context, policies, EvidenceRoom(context))


@pytest.fixture
def decided(database, context, clock):
    """Three hits on two days, one of them of black goods, and a post that no rule holds for."""
    content = {"context": context, "content": Content(text=MASK)}
    ids = [factories.decision(database, "one", "refuse", (RULE, OTHER), **content)]
    clock.advance(days=1, hours=2)
    ids.append(factories.decision(database, "two", "refuse", (RULE,), **content))
    ids.append(
        factories.decision(
            database, "three", "remove", (RULE, OTHER), goods_tier="black", **content
        )
    )
    factories.decision(database, "four", "hold", (OTHER,))
    factories.published(database, "five")
    clock.advance(hours=1)
    return ids


def test_hits_are_counted_by_day_surface_and_verdict(facts, decided):
    found = facts.report(DAN, "acquaintance", RULE, RuleQuery(days=7))
    day = datetime(2014, 6, 1, tzinfo=UTC)
    assert found.counts == [
        HitCount(start=day, surface=Surface.moments, verdict=Verdict.refuse, hits=1),
        HitCount(
            start=day + timedelta(days=1), surface=Surface.moments, verdict=Verdict.refuse, hits=1
        ),
        HitCount(
            start=day + timedelta(days=1), surface=Surface.moments, verdict=Verdict.remove, hits=1
        ),
    ]
    assert (found.hits, found.decided, found.alone) == (3, 5, 1)
    starts, series = hits_by_step(found, timedelta(days=1))
    assert (starts[0], len(starts)) == (datetime(2014, 5, 26, tzinfo=UTC), 8)
    assert series == {
        Verdict.refuse: [0, 0, 0, 0, 0, 0, 1, 1],
        Verdict.remove: [0, 0, 0, 0, 0, 0, 0, 1],
    }
    assert by_surface(found.counts) == [(Surface.moments, {"refuse": 2, "remove": 1})]
    last = facts.report(DAN, "acquaintance", RULE, RuleQuery(days=1))
    assert (last.hits, last.since.hour) == (2, 3)


def test_rules_that_hold_together(facts, decided):
    found = facts.report(DAN, "acquaintance", RULE, RuleQuery(days=7))
    assert found.overlaps == [Overlap(rule=OTHER, both=2, other=3, jaccard=0.5)]


def test_precision_and_appeals(facts, decided, database):
    assert facts.report(DAN, "acquaintance", RULE, RuleQuery()).precision is None
    with database.write() as tx:
        for at, (id, upheld, source) in enumerate(
            zip(decided, ([RULE], [RULE], []), ("case", "case", "appeal"), strict=True)
        ):
            judged = judging.Judged(id, "acquaintance", [RULE])
            judging.record(tx, [judged], upheld, source=source, record=f"r{at}", actor="ben")
    found = facts.report(DAN, "acquaintance", RULE, RuleQuery())
    assert (found.precision.right, found.precision.judged) == (2, 3)
    assert (round(found.precision.low, 3), round(found.precision.high, 3)) == (0.208, 0.939)
    assert (found.appeals.right, found.appeals.judged) == (0, 1)


def test_samples_leave_black_goods_sealed_and_are_written_down(facts, decided, context):
    listed = facts.samples(DAN, "acquaintance", RULE)
    assert [(one.item, one.sealed) for one in listed] == [
        ("three", True), ("two", False), ("one", False),
    ]  # fmt: skip
    read = facts.read(READER, "acquaintance", RULE)
    assert [(one.item, said.text) for one, said in read] == [("two", MASK), ("one", MASK)]
    [entry] = AuditLog(context).entries(PORTREEVE, action="rule.evidence-read").items
    assert entry.subject == f"acquaintance/{RULE}"
    assert entry.detail == {"decisions": [decided[1], decided[0]]}
    with pytest.raises(ServiceError) as raised:
        facts.read(DAN, "acquaintance", RULE)
    assert raised.value.code == "forbidden"


def test_a_rule_changes_with_the_definitions_that_it_uses(facts, policies, clock):
    version = policies.versions.propose(ANN, Proposal(text=NARROWER, rationale="Milder."))
    [waiting, first] = facts.changes(DAN, "acquaintance", RULE)
    assert (waiting.policy, waiting.since) == ("acquaintance@2014-07", None)
    assert waiting.what[0] == (
        "changed", "possible_selling when", "promotion >= 0.6", "promotion >= 0.65",
    )  # fmt: skip
    assert (first.policy, first.what) == (
        "acquaintance@2014-06", [("added", RULE, None, None)],
    )  # fmt: skip
    policies.versions.approve(BOB, "acquaintance", "2014-07", Approval(sha256=version.sha256))
    policies.changes.activate(BOB, "acquaintance", "2014-07", Activation())
    clock.time += LEAD
    assert facts.changes(DAN, "acquaintance", RULE)[0].since == clock.time
    policy, rule = facts.rule(DAN, "acquaintance", RULE)
    assert (policy.label, rule.id) == ("acquaintance@2014-07", RULE)


def test_a_rule_that_is_nowhere(facts):
    with pytest.raises(ServiceError) as raised:
        facts.rule(DAN, "acquaintance", "moments.nothing")
    assert raised.value.code == "not-found"


def test_alarms_about_one_rule_and_open_ones(policies):
    assert policies.alarms.page(DAN, "acquaintance", rule=RULE, is_open=True).items == []
