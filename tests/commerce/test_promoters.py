"""The moral ledger: by knowledge and reach, never by money or by name."""

import dataclasses
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commerce.rule_files import changed, complaint
from portreeve.commerce.promoters import (
    KNOWLEDGE,
    Promotion,
    Told,
    judge,
    knew,
    promoter_rules,
)

RULES = promoter_rules()
NOON = datetime(2014, 6, 1, 12)
MINUTE = timedelta(minutes=1)


def told(*kinds, before=True):
    """Tellings, one after another, before noon or after it."""
    first = NOON - timedelta(hours=1) if before else NOON + timedelta(hours=1)
    return [Told(kind, first + at * MINUTE) for at, kind in enumerate(kinds)]


@pytest.mark.parametrize(
    ("reason", "heard", "people", "knowledge", "reach", "kind", "days"),
    [
        ("nothing heard, few reached", [], 999, "unaware", "few", "none", None),
        ("nothing heard, many reached", [], 1_000, "unaware", "many", "warn", None),
        ("nothing heard, a mass", [], 100_000, "unaware", "mass", "limit", 7),
        ("one complaint", told("complaint"), 5_000, "warned", "many", "limit", 7),
        ("parcels came back thrice", told("returns", "complaint", "returns"), 5_000,
         "should_have_known", "many", "mute", 14),
        ("a report of a laboratory", told("test_report"), 5_000, "knew", "many", "suspend", 90),
        ("a report, before a mass", told("test_report"), 200_000, "knew", "mass", "ban", None),
        ("what was told afterwards", told("test_report", before=False), 5_000,
         "unaware", "many", "warn", None),
        ("what was told that very moment", [Told("test_report", NOON)], 10, "unaware", "few",
         "none", None),
    ],
)  # fmt: skip
def test_grades(reason, heard, people, knowledge, reach, kind, days):
    grade = judge([Promotion(NOON, people)], heard, RULES)
    assert (grade.knowledge, grade.reach, grade.people) == (knowledge, reach, people)
    assert tuple(grade.consequence) == (kind, days)


def test_who_promoted_nothing_that_did_harm_answers_for_nothing():
    assert judge([], told("test_report"), RULES) is None


def test_what_was_said_before_and_after_the_report_is_weighed_apart():
    """A mass reached in good faith, and a few knowingly: the harder of the two counts."""
    before, after = Promotion(NOON - 2 * MINUTE, 500_000), Promotion(NOON, 10)
    grade = judge([before, after], [Told("test_report", NOON - MINUTE)], RULES)
    assert (grade.knowledge, grade.people, tuple(grade.consequence)) == ("knew", 10, ("mute", 30))


times = st.integers(0, 600).map(lambda minutes: NOON + minutes * MINUTE)
promotions = st.lists(st.builds(Promotion, times, st.integers(0, 10**6)), min_size=1, max_size=6)
tellings = st.lists(
    st.builds(Told, st.sampled_from(sorted(RULES.tellings)), times), max_size=6
)  # fmt: skip


def severity(said, heard):
    return judge(said, heard, RULES).consequence.severity


@given(promotions, tellings, tellings)
def test_to_have_been_told_more_is_never_milder(said, heard, more):
    assert severity(said, heard) <= severity(said, heard + more)


@given(promotions, promotions, tellings)
def test_to_have_said_more_is_never_milder(said, more, heard):
    assert severity(said, heard) <= severity(said + more, heard)


@given(promotions, tellings, st.integers(2, 50))
def test_many_small_promotions_weigh_as_one_large_one(said, heard, parts):
    small = [
        Promotion(one.time, one.reach // parts + (at < one.reach % parts))
        for one in said
        for at in range(parts)
    ]
    assert judge(small, heard, RULES) == judge(said, heard, RULES)


@given(promotions.flatmap(lambda p: st.tuples(st.just(p), st.permutations(p))), tellings)
def test_order_does_not_matter(both, heard):
    assert judge(both[0], heard, RULES) == judge(both[1], heard[::-1], RULES)


@given(times, tellings)
def test_every_level_can_be_told(when, heard):
    assert knew(heard, when, RULES) in KNOWLEDGE


def test_neither_money_nor_a_name_is_an_input():
    assert Promotion._fields == ("time", "reach")
    assert Told._fields == ("kind", "time")
    fields = {field.name for field in dataclasses.fields(RULES)}
    assert fields == {"head", "tellings", "knowledge", "reach", "consequences"}


@pytest.mark.parametrize(
    ("reason", "old", "new", "message", "remedy"),
    [
        ("who knew fares better", "mass: ban", "mass: warn", "`knew`, `mass` is milder than",
         "Let consequences rise"),
        ("a sanction without a length", "{sanction: limit, for: 7d}", "limit",
         "the length of `limit` does not fit", "last for days"),
        ("a ban with a length", "mass: ban", "mass: {sanction: ban, for: 7d}",
         "the length of `ban` does not fit", "last for days"),
        ("a telling that nobody defines", "told: [complaint, returns]", "told: [complaints]",
         "there is no telling `complaints`", "Did you mean `complaint`?"),
        ("bands that do not rise", "at_least: 100000", "at_least: 900", "`mass` begins at 900",
         "each later one higher"),
        ("people below every band", 'clause: "M2.1", at_least: 0', 'clause: "M2.1", at_least: 5',
         "`few` begins at 5", "Let the first band begin at 0"),
        ("a level without its tellings", "    told: [complaint, returns]\n    at_least: 3\n", "",
         "`told` and `at_least` are missing", "Add `told: ...`."),
    ],
)  # fmt: skip
def test_what_is_wrong_with_the_rules(reason, old, new, message, remedy, tmp_path):
    said = complaint(promoter_rules, changed(tmp_path, "promoters", old, new))
    assert message in said
    assert remedy in said
    assert "promoters.yaml:" in said
