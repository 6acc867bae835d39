"""Drafts: begun, kept, checked, tried, proposed; each is its writer's alone."""

from datetime import timedelta

import pytest

from portreeve.model import Surface, Verdict
from portreeve.policy.files import read, shipped_folder
from portreeve.schemas.base import Paging
from portreeve.schemas.policy_drafts import DraftOrigin, ProposeDraft, SaveDraft, TryPost
from portreeve.service.actor import PORTREEVE
from portreeve.service.audit import AuditLog
from portreeve.service.errors import ServiceError
from portreeve.service.policies import Policies
from portreeve.service.policy_checking import check_policy_text
from portreeve.service.policy_drafts import Drafts
from portreeve.service.policy_origins import origins_of
from portreeve.service.policy_trying import try_post
from service.policy_cases import ANN, BOB, DAN, MASK, SOFT, approved, mild, strict

EXTENDED = """\
extends: acquaintance
policy: acquaintance
version: "{version}"
effective: 2014-06-01T00:00:00+08:00
"""
RULE = """\

rules:
  - id: new-rule
    clause: "18.1"
    when: >-
      hashtags > 5
      AND prices > 0
    verdict: hold
    because:
      en: Say why, to the person whose post it is.
      zh: 写明理由，给发布这条内容的人看。
"""


@pytest.fixture
def policies(context):
    found = Policies(context)
    found.seed()
    return found


@pytest.fixture
def drafts(context, policies):
    return Drafts(context, policies)


def saving(text: str, **facts) -> SaveDraft:
    return SaveDraft(network="acquaintance", base="acquaintance@2014-06", text=text, **facts)


def refused(call, *args) -> ServiceError:
    with pytest.raises(ServiceError) as raised:
        call(*args)
    return raised.value


def test_a_shipped_policy_is_extended_and_another_one_is_copied(drafts, policies):
    begun = drafts.begin(ANN, DraftOrigin(network="acquaintance"))
    assert begun.text == EXTENDED.format(version="2014-06-01")
    assert (begun.id, begun.base) == ("", "acquaintance@2014-06")
    assert drafts.would_extend(ANN, DraftOrigin(network="acquaintance"))
    whole = drafts.begin(ANN, DraftOrigin(network="acquaintance", whole=True))
    shipped = read(shipped_folder() / "acquaintance.yaml").source.text
    assert whole.text == shipped.replace('version: "2014-06"', 'version: "2014-06-01"')
    approved(policies, mild())
    own = DraftOrigin(network="sample", version="1")
    assert not drafts.would_extend(ANN, own)
    assert drafts.begin(ANN, own).text == mild("2014-06")


def test_a_draft_begins_with_a_rule_that_has_the_condition_of_a_search(drafts):
    origin = DraftOrigin(network="acquaintance", when="hashtags > 5\nAND prices > 0")
    begun = drafts.begin(ANN, origin)
    assert begun.text == EXTENDED.format(version="2014-06-01") + RULE
    checked = drafts.check(ANN, begun.text)
    assert checked.good
    assert [problem.code for problem in checked.problems] == ["P060"]
    whole = drafts.begin(ANN, DraftOrigin(network="acquaintance", whole=True, when="prices > 9"))
    found = drafts.check(ANN, whole.text).policy
    assert (found.rules[-1].from_matrix, found.rule("new-rule").when) == (True, "prices > 9")


def test_a_draft_is_kept_and_seen_by_its_writer_alone(drafts, clock):
    first = drafts.save(ANN, saving("policy: half"))
    clock.time += timedelta(minutes=1)
    second = drafts.save(ANN, saving("policy: other", rationale="Because."))
    assert [one.id for one in drafts.page(ANN).items] == [second.id, first.id]
    page = drafts.page(ANN, paging=Paging(limit=1))
    assert [one.id for one in drafts.page(ANN, paging=Paging(cursor=page.next)).items] == [first.id]
    assert drafts.page(ANN, "stranger").items == []
    other = type(ANN)("zoe", ANN.scopes)
    assert refused(drafts.get, other, first.id).code == "not-found"
    assert refused(drafts.drop, other, first.id).code == "not-found"
    assert drafts.page(other).items == []
    assert refused(drafts.page, DAN).code == "forbidden"
    drafts.drop(ANN, first.id)
    assert [one.id for one in drafts.page(ANN).items] == [second.id]


def test_what_was_saved_since_is_not_overwritten(drafts):
    kept = drafts.save(ANN, saving("one"))
    again = drafts.save(ANN, saving("two", revision=kept.revision), kept.id)
    assert (again.text, again.revision) == ("two", 2)
    error = refused(drafts.save, ANN, saving("three", revision=1), kept.id)
    assert (error.code, error.field) == ("conflict", "revision")
    assert drafts.get(ANN, kept.id).text == "two"


def test_a_draft_becomes_a_version_and_is_gone(drafts, policies, context):
    kept = drafts.save(ANN, saving(EXTENDED.format(version="7") + RULE))
    version = drafts.propose(ANN, kept.id, ProposeDraft(rationale="It was time."))
    assert (version.policy, version.state) == ("acquaintance@7", "proposed")
    assert version.proposer == "ann"
    assert drafts.page(ANN).items == []
    actions = [entry.action for entry in AuditLog(context).entries(PORTREEVE, by="ann").items]
    assert actions == ["policy.draft", "policy.propose"]


def test_a_draft_with_errors_is_not_proposed_and_stays(drafts):
    kept = drafts.save(ANN, saving(EXTENDED.format(version="7") + RULE.replace("hashtags", "hash")))
    error = refused(drafts.propose, ANN, kept.id, ProposeDraft(rationale="It was time."))
    assert error.code == "policy-errors"
    assert drafts.get(ANN, kept.id).revision == 1
    assert refused(drafts.compiled, ANN, kept.id).code == "policy-errors"


def test_a_mistake_is_found_at_its_place_with_what_to_do():
    text = EXTENDED.format(version="7") + RULE.replace("hashtags", "hashtag")
    [problem] = [one for one in check_policy_text(text).problems if one.severity == "error"]
    assert (problem.code, problem.line, problem.column) == ("P021", 10, 7)
    assert problem.message == "unknown signal `hashtag`"
    assert problem.mend == "Did you mean `hashtags`?"


def test_examples_that_come_out_otherwise_are_no_errors_of_the_loader():
    checked = check_policy_text(
        strict().replace("surfaces: [comment, moments]", "surfaces: [group]")
    )
    assert checked.policy is None
    checked = check_policy_text(
        strict().replace("promotion >= 0.9", "promotion >= 0.9 AND links > 3")
    )
    assert (checked.errors, checked.good) == ((), False)
    [failed] = checked.failed
    assert (failed.rule, failed.verdict) == ("no-selling", Verdict.allow)


def test_a_post_is_tried_on_two_policies(policies):
    drafted = check_policy_text(EXTENDED.format(version="7") + RULE).policy
    in_force = policies.named("acquaintance@2014-06")
    first, second = try_post(TryPost(text=MASK, rule="new-rule"), drafted, in_force)
    assert (first.verdict, second.verdict) == (Verdict.refuse, Verdict.refuse)
    assert first.explained[0].rule == "new-rule"
    assert first.explained[0].holds is False
    assert second.rules[0].id == "moments.no-product-promotion"
    assert [place.what for place in first.evidence][:2] == ["goods facial_masks", "price 89.0 CNY"]
    [calm] = try_post(TryPost(text=SOFT, surface=Surface.comment), in_force)
    assert (calm.verdict, calm.rules, calm.explained) == (Verdict.allow, (), ())


def test_a_post_is_tried_with_what_memory_would_tell(policies):
    counted = (
        EXTENDED.format(version="9")
        + "counters:\n  daily:\n    words: { en: Posts a day., zh: 每天发帖。 }\n"
        + "    count: posts\n    by: account\n    over: 1d\n"
        + RULE.replace("hashtags > 5", "daily > 9 AND first_copy")
    )
    drafted = check_policy_text(counted).policy
    in_force = policies.named("acquaintance@2014-06")
    post = TryPost(text=SOFT, known={"daily": 10.0, "first_copy": True}, rule="new-rule")
    first, second = try_post(post, drafted, in_force)
    assert (first.signals["daily"], first.signals["first_copy"]) == (10.0, True)
    assert [finding.holds for finding in first.explained[0].findings][1:3] == [True, True]
    assert "daily" not in second.signals
    [unknown] = try_post(TryPost(text=SOFT, rule="new-rule"), drafted)
    assert [finding.holds for finding in unknown.explained[0].findings][1:3] == [None, None]


def test_where_each_part_of_a_version_comes_from(policies):
    text = (
        EXTENDED.format(version="8")
        + "remove: [moments.no-recruiting]\ndefinitions:\n  possible_selling:\n"
        + "    words: { en: Likely., zh: 可能。 }\n    when: promotion >= 0.65\n"
        + RULE
    )
    found = origins_of(
        text, {"acquaintance": read(shipped_folder() / "acquaintance.yaml").source.text}
    )
    assert found["definitions/possible_selling"] == ("changed", "acquaintance@2014-06")
    assert found["rules/new-rule"] == ("added", None)
    assert found["definitions/merchant"] == ("inherited", "acquaintance@2014-06")
    assert found["matrix/grey.friends_feed"] == ("inherited", "acquaintance@2014-06")
    assert "rules/moments.no-recruiting" not in found
    assert policies.texts.origins("acquaintance@2014-06") == {}
    assert all(one.passed for one in policies.texts.examples("acquaintance@2014-06"))


def test_whoever_approves_cannot_write_drafts(drafts):
    assert refused(drafts.begin, BOB, DraftOrigin(network="acquaintance")).code == "forbidden"
    assert refused(drafts.save, BOB, saving("x")).code == "forbidden"
    assert refused(drafts.check, BOB, "x").code == "forbidden"
