"""Scopes by published criteria: what an app does decides, never its name."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from commerce.rule_files import changed, complaint
from portreeve.commerce.partners import Facts, decide, partner_rules

RULES = partner_rules()
GOOD = Facts(
    entity_verified=True, privacy_policy=True, asks_people=True, passes_data_on=False,
    sells_goods=False, keeps_days=30, violation_free_days=90,
)  # fmt: skip
FEED = ("feed.read", "feed.write")
ALL = tuple(RULES.scopes)


@pytest.mark.parametrize(
    ("reason", "facts", "refused"),
    [
        ("an app that meets every criterion", {}, {}),
        ("a marketplace: no feed, no friends, but links", {"sells_goods": True},
         {"friends.read": ["O2.7"], "feed.read": ["O2.7"], "feed.write": ["O2.7"]}),
        ("nobody knows who is behind it", {"entity_verified": False},
         {scope: ["O2.1"] for scope in ALL}),
        ("a violation 89 days ago", {"violation_free_days": 89},
         {scope: ["O2.3"] for scope in ALL}),
        ("it keeps the feed for 31 days", {"keeps_days": 31},
         {"friends.read": ["O2.5"], "feed.read": ["O2.5"]}),
        ("it passes data on", {"passes_data_on": True},
         {scope: ["O2.6"] for scope in ("profile.read", "friends.read", "feed.read")}),
        ("it sells, and asks nobody", {"sells_goods": True, "asks_people": False},
         {"profile.read": ["O2.4"], "friends.read": ["O2.4", "O2.7"],
          "feed.read": ["O2.4", "O2.7"], "feed.write": ["O2.4", "O2.7"]}),
    ],
)  # fmt: skip
def test_which_scopes_are_refused_and_why(reason, facts, refused):
    found = decide(msgspec.structs.replace(GOOD, **facts), ALL, RULES)
    assert {scope: [one.clause for one in why] for scope, why in found.items()} == refused


facts = st.builds(
    Facts, entity_verified=st.booleans(), privacy_policy=st.booleans(), asks_people=st.booleans(),
    passes_data_on=st.booleans(), sells_goods=st.booleans(), keeps_days=st.integers(0, 400),
    violation_free_days=st.integers(0, 400),
)  # fmt: skip


@given(facts, st.lists(st.sampled_from(ALL), unique=True), st.lists(st.sampled_from(ALL)))
def test_a_scope_is_decided_the_same_whatever_else_is_asked_for(app, asked, more):
    alone = decide(app, asked, RULES)
    together = decide(app, [*asked, *more], RULES)
    assert {scope: together.get(scope) for scope in asked if scope in together} == alone


@given(facts)
def test_a_criterion_that_fails_is_always_named(app):
    named = {one.id for why in decide(app, ALL, RULES).values() for one in why}
    assert named == {one.id for one in RULES.criteria if not one.met(app)}


def test_no_fact_is_a_name_a_party_or_a_stake():
    assert set(Facts.__struct_fields__) == {
        "entity_verified", "privacy_policy", "asks_people", "passes_data_on", "sells_goods",
        "keeps_days", "violation_free_days",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("reason", "old", "new", "message", "remedy"),
    [
        ("a criterion cannot name a party", "fact: entity_verified", "fact: party",
         "`party` is not a fact", "It is one of: entity_verified"),
        ("a number is not true", "fact: keeps_days\n    at_most: 30",
         "fact: keeps_days\n    must: true", "`keeps_days` is tested by must",
         "Give `at_most` or `at_least`, once."),
        ("two tests", "at_most: 30", "at_most: 30\n    at_least: 1",
         "tested by at_most and at_least", "once."),
        ("no test", "    must: true\n", "", "tested by nothing", "Give `must`, once."),
        ("a scope that there is not", "scopes: [friends.read, feed.read]",
         "scopes: [friends.read, feed.raed]", "there is no scope `feed.raed`",
         "Did you mean `feed.read`?"),
        ("one name twice", "id: privacy-policy", "id: verified-entity",
         "two criteria are called `verified-entity`", "Rename one of the two."),
    ],
)  # fmt: skip
def test_what_is_wrong_with_the_criteria(reason, old, new, message, remedy, tmp_path):
    said = complaint(partner_rules, changed(tmp_path, "partners", old, new))
    assert message in said
    assert remedy in said
    assert "partners.yaml:" in said
