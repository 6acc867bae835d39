"""Shadows: what they would have decided otherwise is counted and can be asked for."""

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from portreeve.schemas.policies import ShadowQuery, ShadowSwitch
from portreeve.service.errors import ServiceError
from portreeve.service.policies import KEPT, Policies
from portreeve.service.shadow import SAMPLES
from portreeve.store.tables.policies import policy_shadow_counts, policy_shadow_samples
from service.policy_cases import ANN, DAN, in_force, mild, proposed, strict


@pytest.fixture
def policies(context, clock):
    """Version 1 in force, version 2 in its shadow, half past noon."""
    clock.set(datetime(2014, 6, 1, 12, 30, tzinfo=UTC))
    policies = Policies(context)
    in_force(policies, clock, mild("1"))
    proposed(policies, strict("2"))
    policies.changes.shadow(ANN, "sample", "2", ShadowSwitch())
    clock.advance(seconds=1)
    return policies


def rows(count, verdict, other, rules=(), other_rules=(), surface="moments", first=0):
    """Decisions of one kind, as screening tells of them."""
    return [
        (f"dec_{verdict}_{other}_{surface}_{n}", surface, "baker", verdict, other,
         list(rules), list(other_rules))
        for n in range(first, first + count)
    ]  # fmt: skip


def note(policies, *noted):
    with policies._context.database.write() as tx:
        policies.note_shadow(tx, "sample", "sample@2", [row for part in noted for row in part])


def told(report):
    return [
        (d.surface, d.verdict, d.other_verdict, d.rule, d.other_rule, d.items, len(d.samples))
        for d in report.differences
    ]


def test_differences_by_surface_verdicts_and_rules(policies):
    note(
        policies,
        rows(90, "allow", "allow"),
        rows(10, "allow", "refuse", (), ("no-selling",)),
        rows(4, "refuse", "refuse", ("no-selling",), ("no-selling",), surface="comment"),
        rows(1, "hold", "refuse", ("look",), ("no-selling", "look"), surface="comment"),
    )
    note(policies, rows(30, "allow", "refuse", (), ("no-selling",), first=10))
    report = policies.shadows.report(DAN, "sample", ShadowQuery())
    assert (report.shadow, report.items, report.same) == ("sample@2", 135, 94)
    assert told(report) == [
        ("moments", "allow", "refuse", None, "no-selling", 40, SAMPLES),
        ("comment", "hold", "refuse", "look", "no-selling", 1, 1),
    ]
    assert report.differences[0].share == 40 / 130
    assert set(report.differences[0].samples) < {f"dec_allow_refuse_moments_{n}" for n in range(40)}
    assert report.differences[1].samples == ["dec_hold_refuse_comment_0"]


def test_the_same_verdict_by_another_rule_is_a_difference(policies):
    note(policies, rows(3, "refuse", "refuse", ("old-rule",), ("no-selling",)))
    report = policies.shadows.report(DAN, "sample", ShadowQuery())
    assert told(report) == [("moments", "refuse", "refuse", "old-rule", "no-selling", 3, 3)]
    assert report.same == 0


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"surface": "comment"}, [("comment", 1)]),
        ({"rule": "look"}, [("comment", 1)]),
        ({"rule": "no-selling"}, [("moments", 10), ("comment", 1)]),
        ({"verdict": "allow"}, [("moments", 10)]),
        ({"other_verdict": "remove"}, []),
        ({"verdict": "hold", "other_verdict": "refuse"}, [("comment", 1)]),
    ],
)
def test_a_part_of_the_differences(policies, query, found):
    note(
        policies,
        rows(10, "allow", "refuse", (), ("no-selling",)),
        rows(1, "hold", "refuse", ("look",), ("no-selling",), surface="comment"),
    )
    report = policies.shadows.report(DAN, "sample", ShadowQuery(**query))
    assert [(d.surface, d.items) for d in report.differences] == found


def test_counts_are_by_the_hour(policies, clock):
    note(policies, rows(10, "allow", "refuse"))
    clock.advance(hours=1)
    note(policies, rows(1, "allow", "refuse", first=10))
    one_hour = ShadowQuery(since=clock() - timedelta(minutes=20))
    assert policies.shadows.report(DAN, "sample", one_hour).items == 1
    assert policies.shadows.report(DAN, "sample", ShadowQuery()).items == 11
    earlier = ShadowQuery(until=datetime(2014, 6, 1, 13, tzinfo=UTC))
    assert policies.shadows.report(DAN, "sample", earlier).items == 10


def test_two_processes_count_into_one_report(policies, context):
    other = Policies(context)
    note(policies, rows(2, "allow", "refuse"))
    note(other, rows(3, "allow", "refuse", first=2))
    report = policies.shadows.report(DAN, "sample", ShadowQuery())
    assert told(report) == [("moments", "allow", "refuse", None, None, 5, 5)]


def test_nothing_is_counted_when_the_decisions_are_not_written(policies):
    def note_and_fail():
        with policies._context.database.write() as tx:
            policies.note_shadow(tx, "sample", "sample@2", rows(1, "allow", "refuse"))
            raise ConnectionError

    with pytest.raises(ConnectionError):
        note_and_fail()
    assert policies.shadows.report(DAN, "sample", ShadowQuery()).items == 0


def test_a_shadow_that_has_ended_is_named(policies, clock):
    note(policies, rows(1, "allow", "refuse"))
    policies.changes.shadow(ANN, "sample", "2", ShadowSwitch(on=False))
    clock.advance(seconds=1)
    with pytest.raises(ServiceError) as raised:
        policies.shadows.report(DAN, "sample", ShadowQuery())
    assert raised.value.detail == (
        "There is no shadow on 'sample' now. Name in `version` one that there was."
    )
    assert policies.shadows.report(DAN, "sample", ShadowQuery(version="2")).items == 1


def test_old_counts_are_forgotten(policies, clock, database):
    note(policies, rows(2, "allow", "refuse"))
    clock.time += KEPT + timedelta(hours=2)
    policies.watch()
    with database.read() as connection:
        for table in (policy_shadow_counts, policy_shadow_samples):
            assert connection.execute(sa.select(table)).all() == []
