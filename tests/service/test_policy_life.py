"""The life of a version: proposed, approved, activated at a time, rolled back."""

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from portreeve.model import Verdict
from portreeve.schemas.base import Paging
from portreeve.schemas.policies import (
    Activation,
    Approval,
    Dissent,
    Proposal,
    Rollback,
    Rollout,
    ShadowSwitch,
    Withdrawal,
)
from portreeve.service.actor import Actor
from portreeve.service.errors import ServiceError
from portreeve.service.policies import Policies
from portreeve.store.tables import core
from service.policy_cases import (
    ANN,
    BOB,
    CAT,
    DAN,
    MASK,
    SOFT,
    approved,
    decide,
    in_force,
    mild,
    proposed,
    strict,
)
from service.support import START, make_context

SECOND = timedelta(seconds=1)


@pytest.fixture
def policies(context):
    return Policies(context)


def refused(call, *args):
    """The error that a call is refused with."""
    with pytest.raises(ServiceError) as raised:
        call(*args)
    return raised.value


def test_shipped_policies_are_in_force_on_a_new_store(policies):
    policies.seed()
    assert policies.lookup.networks() == ["acquaintance", "community", "stranger"]
    found = policies.changes.in_force(ANN, "acquaintance")
    record = policies.versions.record(ANN, found.record).body
    assert found.policy == "acquaintance@2014-06"
    assert found.since == datetime(2014, 5, 31, 16, tzinfo=UTC)
    assert (record.kind, record.proposer, record.approvers) == ("default", "portreeve", [])
    assert record.rationale == ("Shipped with Portreeve: in force until people decide otherwise.")
    assert sorted(record.bases) == ["law/default"]
    assert decide(policies.at("acquaintance", START).policy) is Verdict.refuse
    assert policies.named("stranger@2014-06").label == "stranger@2014-06"
    policies.seed()
    assert len(policies.changes.history(ANN, "acquaintance").items) == 1


def test_a_network_that_nothing_governs(policies):
    assert refused(policies.at, "sample", START).detail == (
        "No policy is in force on the network 'sample' at 2014-06-01T00:00:00+00:00. "
        "Networks with a policy: none."
    )


def test_the_same_post_is_allowed_a_second_before_and_refused_a_second_after(policies, clock):
    in_force(policies, clock, mild())
    moment = datetime(2014, 6, 2, 9, 30, 15, tzinfo=UTC)
    version = approved(policies, strict(), effective=moment)
    change = policies.changes.activate(CAT, "sample", "2", Activation())
    assert change.effective == moment
    assert version.effective == moment
    before = policies.at("sample", moment - SECOND)
    after = policies.at("sample", moment + SECOND)
    assert decide(before.policy) is Verdict.allow
    assert decide(after.policy) is Verdict.refuse
    assert decide(after.policy, SOFT) is Verdict.allow
    assert before.until == after.since == moment
    assert policies.at("sample", moment).policy.label == "sample@2"
    assert policies.at("sample", moment - timedelta(microseconds=1)).policy.label == "sample@1"


def test_without_approval_there_is_no_record_and_no_activation(policies):
    version = proposed(policies, strict())
    assert (version.state, version.missing) == (
        "proposed", ["approval by one person other than the proposer 'ann'"],
    )  # fmt: skip
    for call, request in (
        (policies.changes.activate, Activation()),
        (policies.changes.rollout, Rollout(percent=1)),
    ):
        error = refused(call, BOB, "sample", "2", request)
        assert error.code == "no-record"
        assert error.detail == (
            "sample@2 has no decision record: it lacks approval by one person other than the "
            "proposer 'ann'."
        )
    assert policies.changes.history(ANN, "sample").items == []


def test_more_approvals_may_be_asked_for(database, tmp_path):
    policies = Policies(make_context(database, tmp_path, policy_approvals=2))
    version = approved(policies, strict())
    assert version.missing == ["approval by one person other than the proposer 'ann'"]
    approval = Approval(sha256=version.sha256)
    version = policies.versions.approve(CAT, "sample", "2", approval)
    assert (version.state, version.missing) == ("approved", [])
    assert [a.who for a in version.approvals] == ["bob", "cat"]


def test_an_approval_is_of_exactly_one_text(policies):
    version = proposed(policies, strict())
    error = refused(policies.versions.approve, BOB, "sample", "2", Approval(sha256="0" * 64))
    assert (error.code, error.field) == ("invalid", "sha256")
    assert error.detail == (
        "`sha256` is not of the text of sample@2. Read the text again, and approve the one whose "
        f"SHA-256 is {version.sha256}."
    )


def test_the_proposer_does_not_approve(policies):
    both = Actor("ann", ANN.scopes | BOB.scopes)
    version = proposed(policies, strict())
    approval = Approval(sha256=version.sha256)
    error = refused(policies.versions.approve, both, "sample", "2", approval)
    assert (error.code, error.detail) == (
        "same-person",
        "'ann' proposed sample@2, and cannot give an opinion on it too. Ask somebody else.",
    )


def test_one_opinion_each(policies):
    version = approved(policies, strict())
    error = refused(policies.versions.approve, BOB, "sample", "2", Approval(sha256=version.sha256))
    assert (error.code, error.detail) == (
        "conflict",
        "'bob' has given an opinion on sample@2 before: approval. It stands.",
    )


def test_dissent_is_kept_in_the_record(policies, database):
    approved(policies, strict())
    policies.versions.dissent(DAN, "sample", "2", Dissent(words="It is too strict for farmers."))
    change = policies.changes.activate(BOB, "sample", "2", Activation())
    record = policies.versions.record(DAN, change.record).body
    assert [(d.who, d.words) for d in record.dissent] == [("dan", "It is too strict for farmers.")]
    assert [a.who for a in record.approvers] == ["bob"]
    assert record.rationale == "Friends asked for it."
    with database.read() as connection:
        told = connection.execute(sa.select(core.audit.c.action, core.audit.c.detail)).all()
        events = connection.execute(sa.select(core.events.c.data)).scalars().all()
    assert [row.action for row in told] == [
        "policy.propose", "policy.approve", "policy.dissent", "policy.activate",
    ]  # fmt: skip
    assert "farmers" not in repr(told)
    assert "farmers" not in repr(events)


def test_the_announcement_is_made_from_the_text_that_is_enforced(policies, clock):
    in_force(policies, clock, strict(announcement="{ en: Sell elsewhere., zh: 别处卖。 }"))
    found = policies.changes.in_force(DAN, "sample")
    record = policies.versions.record(DAN, found.record).body
    assert found.announcement == record.announcement
    assert found.announcement.en == (
        "A sample\n\nSell elsewhere.\n\nIn force from 2014-06-01 08:00:00+08:00 (sample@2)"
    )
    assert found.announcement.zh == (
        "示例\n\n别处卖。\n\n生效时间 2014-06-01 08:00:00+08:00 (sample@2)"
    )


def test_a_text_that_does_not_load_is_refused_with_all_its_problems(policies):
    text = strict().replace("promotion >= 0.9", "promotoin >= 0.9")
    error = refused(policies.versions.propose, ANN, Proposal(text=text, rationale="x"))
    assert (error.code, error.field) == ("policy-errors", "text")
    problem = error.more["problems"][0]
    assert (problem.code, problem.line, problem.column) == ("P021", 7, 11)
    assert problem.mend == "Did you mean `promotion`?"


def test_a_text_whose_own_examples_fail_is_refused(policies):
    text = strict().replace(f"text: {MASK}", f"text: {SOFT}")
    error = refused(policies.versions.propose, ANN, Proposal(text=text, rationale="x"))
    assert (error.code, [p.code for p in error.more["problems"]]) == (
        "policy-errors", ["example"],
    )  # fmt: skip
    assert error.detail.startswith("Examples of the text fail: example of `no-selling`: ")
    assert SOFT not in error.detail


def test_a_law_file_governs_nothing(policies):
    text = "policy: mine\nversion: '1'\nlayer: law\nextends: default\neffective: 2014-06-01\n"
    text = text.replace("2014-06-01\n", "2014-06-01T00:00:00+08:00\n")
    error = refused(policies.versions.propose, ANN, Proposal(text=text, rationale="x"))
    assert error.detail == (
        "The text is a law file. It is in force only under a house policy: propose one that "
        "names it with `law`."
    )


def test_a_policy_builds_on_shipped_ones_and_keeps_their_texts(policies, clock):
    text = 'policy: square\nextends: stranger\nversion: "1"\neffective: 2014-06-01T00:00:00+08:00\n'
    in_force(policies, clock, text)
    version = policies.versions.get(DAN, "square", "1")
    assert sorted(version.bases) == ["acquaintance", "law/default", "stranger"]
    policy = policies.at("square", clock()).policy
    assert decide(policy) is Verdict.refuse
    assert {rule.file for rule in policy.rules} == {
        "policies/acquaintance.yaml", "policies/stranger.yaml", "policies/law/default.yaml",
    }  # fmt: skip


def test_versions_never_change(policies):
    proposed(policies, strict())
    error = refused(policies.versions.propose, ANN, Proposal(text=strict(), rationale="x"))
    assert (error.code, error.detail) == (
        "conflict",
        "There is a version sample@2 already, and versions never change. "
        "Give the text another `version`.",
    )


def test_effective_is_never_before_the_text_or_the_proposal_says(policies):
    later = "2014-07-01T00:00:00+08:00"
    early = Proposal(text=strict(effective=later), rationale="x", effective=START)
    assert refused(policies.versions.propose, ANN, early).detail == (
        f"`effective` is before {later}, from which the text says it is effective. "
        "Give that time or a later one, or change the text."
    )
    approved(policies, strict(effective=later))
    tomorrow = Activation(effective=START + timedelta(days=1))
    assert refused(policies.changes.activate, BOB, "sample", "2", tomorrow).detail == (
        "`effective` is before 2014-06-30T16:00:00+00:00, the time that was proposed and "
        "approved. Give that time or a later one, or propose another version."
    )
    change = policies.changes.activate(BOB, "sample", "2", Activation())
    assert change.effective == datetime(2014, 6, 30, 16, tzinfo=UTC)
    assert policies.versions.get(DAN, "sample", "2").state == "scheduled"


def test_no_change_takes_effect_before_other_processes_can_know_it(policies, clock):
    approved(policies, strict())
    error = refused(
        policies.changes.activate, BOB, "sample", "2", Activation(effective=START + SECOND / 2)
    )
    assert (error.code, error.detail) == (
        "invalid",
        "`effective` is past, or less than 0.75 seconds ahead. Give a later time, or leave it "
        "out to begin as early as can be.",
    )
    change = policies.changes.activate(BOB, "sample", "2", Activation())
    assert change.effective == START + 0.75 * SECOND


def test_a_version_in_force_is_not_activated_again(policies, clock):
    in_force(policies, clock, mild())
    assert refused(policies.changes.activate, BOB, "sample", "1", Activation()).detail == (
        "sample@1 is in force already."
    )


def test_rollback_to_the_version_before_and_to_any_other(policies, clock):
    in_force(policies, clock, mild("1"), strict("2"), mild("3"))
    why = "It refused a charity sale."
    change = policies.changes.rollback(BOB, "sample", Rollback(rationale=why))
    assert change.policy == "sample@2"
    assert policies.at("sample", change.effective - SECOND / 10).policy.label == "sample@3"
    assert policies.at("sample", change.effective).policy.label == "sample@2"
    record = policies.versions.record(DAN, change.record).body
    first = policies.versions.get(DAN, "sample", "2").records[0]
    assert (record.kind, record.proposer, record.rationale) == ("rollback", "bob", why)
    assert (record.earlier, record.replaces) == (first, "sample@3")
    clock.advance(seconds=2)
    change = policies.changes.rollback(CAT, "sample", Rollback(to="1", rationale=why))
    assert policies.at("sample", change.effective).policy.label == "sample@1"
    states = {v.policy: v.state for v in policies.versions.page(DAN, "sample").items}
    assert states == {"sample@1": "past", "sample@2": "in_force", "sample@3": "past"}


def test_rollback_only_to_what_was_in_force(policies, clock):
    in_force(policies, clock, mild("1"))
    approved(policies, strict("2"))
    rollback = policies.changes.rollback
    assert refused(rollback, BOB, "sample", Rollback(to="2", rationale="x")).detail == (
        "sample@2 was never in force on 'sample'. Activate it instead."
    )
    assert refused(rollback, BOB, "sample", Rollback(to="1", rationale="x")).detail == (
        "sample@1 is in force already. Activate another version."
    )
    assert refused(rollback, BOB, "sample", Rollback(rationale="x")).detail == (
        "sample@1 is the first version that was in force on 'sample'. Activate another version."
    )


def test_a_scheduled_change_can_be_taken_back_until_its_moment(policies, clock):
    in_force(policies, clock, mild("1"))
    moment = START + timedelta(days=1)
    approved(policies, strict("2"))
    change = policies.changes.activate(BOB, "sample", "2", Activation(effective=moment))
    assert policies.at("sample", moment).policy.label == "sample@2"
    withdrawal = Withdrawal(change=change.id, rationale="The farmers were not heard.")
    made = policies.changes.withdraw(CAT, "sample", withdrawal)
    assert policies.at("sample", moment).policy.label == "sample@1"
    assert policies.versions.record(DAN, made.record).body.withdraws == change.id
    assert [(c.kind, c.withdrawn) for c in policies.changes.history(DAN, "sample").items] == [
        ("withdrawal", False), ("activation", True), ("activation", False),
    ]  # fmt: skip
    first = policies.changes.history(DAN, "sample").items[-1]
    late = Withdrawal(change=first.id, rationale="x")
    assert refused(policies.changes.withdraw, CAT, "sample", late).detail == (
        f"{first.id} takes effect at 2014-06-01T00:00:00.750000+00:00: too late to take it back. "
        "Roll back to another version instead."
    )


def test_roll_out_to_a_part_of_the_accounts(policies, clock):
    in_force(policies, clock, mild("1"))
    approved(policies, strict("2"))
    accounts = [f"account-{n}" for n in range(2000)]
    taken: list[set[str]] = []
    for percent in (1, 10, 50, 100):
        policies.changes.rollout(BOB, "sample", "2", Rollout(percent=percent))
        clock.advance(seconds=1)
        found = policies.at("sample", clock())
        assert (found.policy.label, found.percent) == ("sample@1", percent)
        taken.append({a for a in accounts if found.policy_for(a).label == "sample@2"})
        assert found.policy_for(None).label == "sample@1"
    assert taken[0] < taken[1] < taken[2] < taken[3] == set(accounts)
    assert 150 < len(taken[1]) < 250
    assert policies.versions.get(DAN, "sample", "2").state == "rollout"
    assert refused(
        policies.changes.rollback, BOB, "sample", Rollback(rationale="It refuses too much.")
    ).detail == (
        "sample@1 is the first version that was in force on 'sample'. "
        "To end the roll-out of sample@2, set its percent to 0."
    )
    policies.changes.rollout(BOB, "sample", "2", Rollout(percent=0))
    clock.advance(seconds=1)
    assert policies.at("sample", clock()).candidate is None


def test_roll_out_refuses_what_makes_no_sense(policies, clock):
    approved(policies, strict("2"))
    rollout = policies.changes.rollout
    assert refused(rollout, BOB, "sample", "2", Rollout(percent=5)).detail == (
        "Nothing is in force on 'sample' that a roll-out could take the place of. "
        "Activate the version."
    )
    in_force(policies, clock, mild("1"))
    assert refused(rollout, BOB, "sample", "2", Rollout(percent=0)).detail == (
        "sample@2 is not being rolled out."
    )
    assert refused(rollout, BOB, "sample", "2", Rollout(percent=0.125)).detail == (
        "`percent` has more than two decimals. Give it to two."
    )
    change = rollout(BOB, "sample", "2", Rollout(percent=0.07))
    assert change.percent == 0.07


def test_a_shadow_decides_beside_and_changes_nothing(policies, clock):
    in_force(policies, clock, mild("1"))
    proposed(policies, strict("2"))
    policies.changes.shadow(ANN, "sample", "2", ShadowSwitch())
    clock.advance(seconds=1)
    found = policies.at("sample", clock())
    assert (found.policy.label, found.shadow.label) == ("sample@1", "sample@2")
    assert found.policy_for("ann").label == "sample@1"
    policies.changes.shadow(ANN, "sample", "2", ShadowSwitch(on=False))
    clock.advance(seconds=1)
    assert policies.at("sample", clock()).shadow is None


def test_pages(policies, clock):
    in_force(policies, clock, mild("1"), strict("2"), mild("3"))
    first = policies.versions.page(DAN, None, Paging(limit=2))
    rest = policies.versions.page(DAN, None, Paging(limit=2, cursor=first.next))
    assert [v.version for v in first.items] == ["1", "2"]
    assert ([v.version for v in rest.items], rest.next) == (["3"], None)
    newest = policies.changes.history(DAN, "sample", Paging(limit=2))
    oldest = policies.changes.history(DAN, "sample", Paging(limit=2, cursor=newest.next))
    assert [c.policy for c in newest.items] == ["sample@3", "sample@2"]
    assert ([c.policy for c in oldest.items], oldest.next) == (["sample@1"], None)


@pytest.mark.parametrize(
    ("part", "method", "actor", "args"),
    [
        ("versions", "propose", DAN, (Proposal(text="", rationale="x"),)),
        ("versions", "approve", ANN, ("sample", "2", Approval(sha256="0" * 64))),
        ("changes", "activate", ANN, ("sample", "2", Activation())),
        ("changes", "rollback", ANN, ("sample", Rollback(rationale="x"))),
        ("changes", "rollout", ANN, ("sample", "2", Rollout(percent=1))),
        ("changes", "shadow", DAN, ("sample", "2", ShadowSwitch())),
        ("changes", "withdraw", ANN, ("sample", Withdrawal(change="x", rationale="x"))),
    ],
)
def test_scopes(policies, part, method, actor, args):
    assert refused(getattr(getattr(policies, part), method), actor, *args).code == "forbidden"
