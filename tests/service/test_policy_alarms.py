"""Alarms: hits are counted as decisions are written, and a jump is told of once."""

import time
from dataclasses import replace
from datetime import timedelta

import pytest

from portreeve.schemas.base import Paging
from portreeve.schemas.policies import Acknowledgement, Activation
from portreeve.service.alarms import BUCKET, GRACE
from portreeve.service.errors import ServiceError
from portreeve.service.policies import Policies
from portreeve.service.settings import Settings
from service.factories import events
from service.policy_cases import ANN, BOB, DAN, approved, in_force, mild, strict
from service.support import START

RULE = "no-selling"


@pytest.fixture
def policies(context, clock):
    policies = Policies(context)
    in_force(policies, clock, mild("1"))
    return policies


def buckets(policies, clock, *hits, total=1000, policy="sample@1"):
    """Five minutes each, in which the rule held so often."""
    for count in hits:
        with policies._context.database.write() as tx:
            policies.note_hits(tx, "sample", policy, {RULE: count} if count else {}, total)
        clock.time += BUCKET


def watched(policies, clock):
    """The alarms that are raised once the last bucket is over."""
    clock.time += GRACE
    raised = policies.watch()
    clock.time -= GRACE
    return raised


def test_a_jump_raises_one_alarm(policies, clock, database):
    buckets(policies, clock, *[10] * 24, 90)
    assert watched(policies, clock) == 1
    alarm = policies.alarms.page(DAN, "sample").items[0]
    assert (alarm.rule, alarm.policy, alarm.hits, alarm.total) == (RULE, "sample@1", 90, 1000)
    assert (alarm.baseline_hits, alarm.baseline_total, alarm.ratio) == (240, 24_000, 9.0)
    assert (alarm.window_start, alarm.window_end) == (START + 24 * BUCKET, START + 25 * BUCKET)
    assert alarm.chance < 1e-6
    assert events(database, "alarm.raised") == [
        ("alarm.raised", alarm.id,
         {"network": "sample", "rule": RULE, "hits": 90, "total": 1000, "policy": "sample@1",
          "ratio": 9.0}),
    ]  # fmt: skip
    assert watched(policies, clock) == 0, "the same five minutes"
    assert watched(Policies(policies._context), clock) == 0, "another process"
    buckets(policies, clock, 90)
    assert watched(policies, clock) == 0, "the alarm is open"


def test_steady_traffic_raises_none(policies, clock):
    buckets(policies, clock, *[10, 14, 7, 11] * 8, 12)
    assert watched(policies, clock) == 0


def test_thresholds_are_settings(context, policies, clock):
    buckets(policies, clock, *[10] * 24, 90)
    for name, value in (("alarm_hits", 91), ("alarm_ratio", 9.1), ("alarm_chance", 1e-60)):
        stricter = replace(context, settings=Settings(**{name: value}))
        assert watched(Policies(stricter), clock) == 0
    assert watched(policies, clock) == 1


def test_after_an_acknowledgement_the_rule_is_quiet_for_a_day(policies, clock):
    buckets(policies, clock, *[10] * 24, 90)
    watched(policies, clock)
    alarm = policies.alarms.page(DAN).items[0]
    done = policies.alarms.acknowledge(ANN, alarm.id, Acknowledgement(note="A holiday."))
    assert (done.acknowledged_by, done.note) == ("ann", "A holiday.")
    with pytest.raises(ServiceError) as raised:
        policies.alarms.acknowledge(ANN, alarm.id, Acknowledgement())
    assert raised.value.detail == f"{alarm.id} is acknowledged already."
    buckets(policies, clock, 90)
    assert watched(policies, clock) == 0
    clock.advance(days=1)
    buckets(policies, clock, *[90] * 24, 900)
    assert watched(policies, clock) == 1
    assert policies.alarms.page(DAN).items[0].ratio == 10.0


def test_hits_of_all_processes_count(policies, context, clock):
    other = Policies(context)
    for _ in range(24):
        buckets(policies, clock, 5)
        clock.time -= BUCKET
        buckets(other, clock, 5)
    buckets(policies, clock, 45)
    clock.time -= BUCKET
    buckets(other, clock, 45)
    assert watched(policies, clock) == 1
    alarm = policies.alarms.page(DAN).items[0]
    assert (alarm.hits, alarm.total, alarm.baseline_hits) == (90, 2000, 240)


def test_a_new_rule_is_no_jump_from_nothing(policies, clock):
    """Only versions that have the rule count as asked."""
    buckets(policies, clock, *[0] * 24)
    text = strict("2").replace("id: no-selling", "id: new-rule")
    version = approved(policies, text)
    policies.changes.activate(BOB, "sample", version.version, Activation())
    clock.time += timedelta(seconds=1)
    for _ in range(2):
        with policies._context.database.write() as tx:
            policies.note_hits(tx, "sample", "sample@2", {"new-rule": 90}, 1000)
        clock.time += BUCKET
        assert watched(policies, clock) == 0


def test_a_jump_that_comes_with_a_new_version_is_told(policies, clock):
    buckets(policies, clock, *[10] * 24)
    in_force(policies, clock, strict("2"))
    buckets(policies, clock, 90, policy="sample@2")
    assert watched(policies, clock) == 1
    assert policies.alarms.page(DAN).items[0].policy == "sample@2"


def test_pages(policies, clock):
    for rule in ("a", "b", "c"):
        text = mild(rule).replace("id: no-selling", f"id: rule-{rule}")
        in_force(policies, clock, text)
    clock.set(START)
    for hits in (*[10] * 24, 90):
        for rule in ("a", "b", "c"):
            with policies._context.database.write() as tx:
                policies.note_hits(tx, "sample", f"sample@{rule}", {f"rule-{rule}": hits}, 1000)
        clock.time += BUCKET
    assert watched(policies, clock) == 3
    first = policies.alarms.page(DAN, None, Paging(limit=2))
    rest = policies.alarms.page(DAN, None, Paging(limit=2, cursor=first.next))
    assert [alarm.rule for alarm in first.items] == ["rule-c", "rule-b"]
    assert ([alarm.rule for alarm in rest.items], rest.next) == (["rule-a"], None)


def test_counting_is_cheap(policies):
    """It is part of every transaction that writes decisions."""
    counts = {f"rule-{n}": n + 1 for n in range(20)}
    with policies._context.database.write() as tx:
        policies.note_hits(tx, "sample", "sample@1", counts, 100)
        began = time.perf_counter()
        for _ in range(20):
            policies.note_hits(tx, "sample", "sample@1", counts, 100)
        assert (time.perf_counter() - began) / 20 < 0.02
