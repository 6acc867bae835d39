"""The policies as everybody may read them: in force, in words, and how they came to be."""

import msgspec
import pytest
import sqlalchemy as sa

from portreeve.policy import load
from portreeve.schemas.base import Paging
from portreeve.schemas.policies import Activation, Approval, Dissent, ShadowSwitch
from portreeve.service.errors import ServiceError
from portreeve.service.policies import Policies
from portreeve.service.policy_differences import differences, pieces
from portreeve.service.policy_reading import read_policy
from portreeve.service.policy_records import verify_record
from portreeve.service.public_policies import PublicPolicies
from portreeve.store.tables.policies import policy_records
from service.policy_cases import ANN, BOB, CAT, approved, in_force, mild, proposed, strict

NETWORK = "sample"


@pytest.fixture
def policies(context):
    return Policies(context)


@pytest.fixture
def public(context, policies):
    return PublicPolicies(context, policies)


def missing(call, *args):
    with pytest.raises(ServiceError) as raised:
        call(*args)
    return raised.value.code


def test_a_shipped_policy_reads_as_a_document():
    reading = read_policy(load("acquaintance"))
    assert [chapter.number for chapter in reading.chapters] == [
        *(str(number) for number in range(3, 16)), "17", "L1", "L2", "L3", "L4",
    ]  # fmt: skip
    assert reading.chapters[3].opening.en == "This recruits agents or part-timers among friends"
    assert reading.chapters[3].opening.zh == "这是在朋友中间招代理、招兼职"
    [selling] = reading.chapters[0].clauses[0].rules
    assert (reading.chapters[0].clauses[0].number, selling.verdict) == ("3.1", "refuse")
    assert selling.because.zh.startswith("这条内容是在向朋友卖货。")
    assert (selling.way_out.title.en, selling.strike, selling.ladder) == (
        "Enterprise account", 1, "promotion",
    )  # fmt: skip
    assert {"selling", "merchant", "protected_sale", "trade_evidence"} <= set(selling.terms)
    assert reading.merchant.words.en.startswith("A merchant is anyone who sells goods")
    assert reading.allowed[0].verdict == "allow"
    assert reading.refused[0].verdict == "refuse"
    assert [place.surface for place in reading.by_surface["sealed"]] == ["private_chat"]
    black = reading.chapters[1].clauses[3]
    assert (black.number, len(black.rules), len(black.rules[0].ids)) == ("4.4", 1, 7)
    assert black.rules[0].goods == ["black"]
    assert {row.name: len(row.cells) for row in reading.table.rows} == {
        "white": 7, "grey": 7, "grey-strict": 7, "black": 7, "protected": 7, "medical": 7,
    }  # fmt: skip
    assert [goods.en for goods in reading.table.rows[-1].goods][:1] == [
        "Hospitals, clinics and dental care"
    ]
    ladder = reading.ladders[1]
    assert (ladder.title.en, [step.at for step in ladder.steps]) == (
        "Selling and recruiting", [1, 2, 4, 6],
    )  # fmt: skip
    assert (ladder.expire_days, ladder.steps[1].days) == (180.0, 7.0)


@pytest.mark.parametrize("name", ["acquaintance", "stranger", "community"])
def test_every_rule_of_a_shipped_policy_is_in_its_document(name):
    policy = load(name)
    reading = read_policy(policy)
    shown = [
        id for chapter in reading.chapters for clause in chapter.clauses for rule in clause.rules
        for id in rule.ids
    ]  # fmt: skip
    assert sorted(shown) == sorted(rule.id for rule in policy.rules)
    assert all(ladder.title.zh != ladder.name for ladder in reading.ladders)


def test_what_a_version_changed_stands_by_clause_in_both_languages():
    found = differences(load("acquaintance"), load("stranger"))
    assert (found[0].where.en, found[0].what.en, found[0].language) == (
        "The document", "title", "en",
    )  # fmt: skip
    clauses = [one.clause for one in found if one.clause is not None]
    assert (clauses[0], clauses[-1]) == ("3.1", "17.4")
    [new] = [one for one in found if one.id == "stranger.money-waits"]
    assert (new.clause, new.how, new.what) == ("16.4", "added", None)
    assert all(one.what is None or one.what.zh for one in found)


def test_the_differences_of_two_texts_are_marked_by_character_in_chinese():
    assert [(one.edit, one.text) for one in pieces("不得卖货", "可以卖货")] == [
        ("removed", "不得"), ("added", "可以"), ("same", "卖货"),
    ]  # fmt: skip


def test_the_change_log_shows_each_signed_decision_and_its_timing(public, policies, clock, context):
    in_force(policies, clock, mild())
    proposed(policies, strict())
    policies.versions.dissent(CAT, NETWORK, "2", Dissent(words="It asks too much."))
    sha256 = policies.versions.get(ANN, NETWORK, "2").sha256
    policies.versions.approve(BOB, NETWORK, "2", Approval(sha256=sha256))
    later = clock().replace(year=2014, month=9)
    policies.changes.activate(BOB, NETWORK, "2", Activation(effective=later))
    log = public.changes(NETWORK, Paging())
    assert [(one.version, one.kind, one.timing, one.verified) for one in log.changes] == [
        ("2", "activation", "coming", True), ("1", "activation", "in_force", True),
    ]  # fmt: skip
    body = log.changes[0].record.body
    assert (body.proposer, [one.words for one in body.dissent]) == ("ann", ["It asks too much."])
    assert (
        verify_record(msgspec.json.encode(log.changes[0].record), [context.signer.public_key])
        == body
    )
    [change] = [one for one in log.differences[log.changes[0].id] if one.clause is not None]
    assert (change.clause, change.how) == ("1", "changed")
    assert log.differences[log.changes[1].id] == []
    assert public.reading(NETWORK).version == "1"
    assert public.reading(NETWORK, "2").effective == later
    clock.set(later)
    assert public.reading(NETWORK).version == "2"
    assert [one.timing for one in public.changes(NETWORK, Paging()).changes] == [
        "in_force", "past",
    ]  # fmt: skip


def test_what_was_only_proposed_or_tried_in_the_shadow_is_not_public(public, policies, clock):
    in_force(policies, clock, mild())
    approved(policies, strict())
    policies.changes.shadow(ANN, NETWORK, "2", ShadowSwitch())
    clock.advance(seconds=2)
    assert missing(public.reading, NETWORK, "2") == "not-found"
    assert missing(public.text, NETWORK, "2") == "not-found"
    assert [one.version for one in public.changes(NETWORK, Paging()).changes] == ["1"]
    assert missing(public.reading, "nowhere") == "not-found"
    assert missing(public.changes, "nowhere", Paging()) == "not-found"


def test_a_change_whose_record_was_tampered_with_is_void(public, policies, clock, context):
    in_force(policies, clock, mild(), strict())
    with context.database.write() as tx:
        r = policy_records
        tx.execute(sa.update(r).where(r.c.label == f"{NETWORK}@2").values(signature="AAAA"))
    log = public.changes(NETWORK, Paging())
    assert [(one.version, one.timing, one.verified) for one in log.changes] == [
        ("2", "void", False), ("1", "in_force", True),
    ]  # fmt: skip
    with context.database.write() as tx:
        tx.execute(sa.update(r).where(r.c.label == f"{NETWORK}@2").values(body="{}"))
    assert public.changes(NETWORK, Paging()).changes[0].record is None


def test_the_text_is_the_one_that_the_record_signs(public, policies, clock):
    in_force(policies, clock, mild())
    text = public.text(NETWORK)
    [change] = public.changes(NETWORK, Paging()).changes
    assert (text.policy, text.sha256) == (f"{NETWORK}@1", change.record.body.sha256)
    assert text.text == mild()
