"""Writing a policy: drafts, checked as they are typed, tried on a post, proposed."""

from __future__ import annotations

import re
import time
from typing import Any, NamedTuple

import msgspec

from portreeve.console.desk import Desk
from portreeve.console.policy_problems import Shown, all_problems, as_json
from portreeve.console.policy_words import (
    HOW,
    SECTIONS,
    STATES,
    Refusal,
    moment,
    refusal,
    version_path,
)
from portreeve.console.routes import Pages
from portreeve.console.signal_words import NAMES
from portreeve.console.words import Words
from portreeve.http.call import Reply
from portreeve.model import Surface
from portreeve.policy import Policy, diff
from portreeve.report.words import SURFACES
from portreeve.schemas.access import Scope
from portreeve.schemas.policy_drafts import (
    DraftOrigin,
    PolicyDraft,
    ProposeDraft,
    SaveDraft,
    TryPost,
)
from portreeve.service.errors import ServiceError
from portreeve.service.policy_checking import CheckedText
from portreeve.service.policy_trying import Tried, try_post
from portreeve.signals.catalog import CATALOG

pages = Pages("drafts")

_PROPOSE = Scope.policies_propose


class Answer(NamedTuple):
    """What one side, ``draft`` or ``now``, makes of a post."""

    side: str
    tried: Tried


NEW = "new"
"""The id of a draft that is not kept yet."""

_STANDINGS = ("person", "merchant", "verified_merchant", "campus_member")


class EditQuery(msgspec.Struct, frozen=True, kw_only=True):
    """Whether the whole text is copied, and the condition of a new rule."""

    whole: bool = False
    when: str | None = None


class DraftForm(msgspec.Struct, frozen=True, kw_only=True):
    """Everything in the editor: the draft as it stands, and a post to be tried."""

    network: str
    base: str | None = None
    text: str = ""
    rationale: str = ""
    revision: int | None = None
    effective: str | None = None
    post: str = ""
    surface: Surface = Surface.moments
    standing: str = "person"
    disclosed: bool = False
    known: str = ""
    rule: str | None = None


@pages.get("/console/policies/{name}/draft", _PROPOSE)
def draft_rule(desk: Desk, name: str, query: EditQuery) -> Reply:
    """A new rule with a given condition, in a draft on the version in force."""
    return _begun(desk, DraftOrigin(network=name, whole=query.whole, when=query.when))


@pages.get("/console/policies/{name}/{version}/edit", _PROPOSE)
def edit_version(desk: Desk, name: str, version: str, query: EditQuery) -> Reply:
    """A new draft that extends a version, or copies its whole text."""
    origin = DraftOrigin(network=name, version=version, whole=query.whole, when=query.when)
    return _begun(desk, origin)


@pages.get("/console/drafts/words", _PROPOSE)
def list_words(desk: Desk) -> Reply:
    """The names that a condition may use, for completion."""
    return desk.json(condition_names(desk))


@pages.get("/console/drafts/{id}", _PROPOSE)
def show_draft(desk: Desk, id: str) -> Reply:
    """A draft in the editor, with what is wrong with it."""
    return _editor(desk, desk.service.drafts.get(desk.actor, id))


@pages.post("/console/drafts/{id}", _PROPOSE)
def save_draft(desk: Desk, id: str, form: DraftForm) -> Reply:
    """Keep a draft as it stands, or a ``new`` one, and say what is wrong with it."""
    try:
        saved = _kept(desk, id, form)
    except ServiceError as error:
        if desk.part:
            raise
        return _editor(desk, _typed(desk, form, id), form=form, refused=refusal(error))
    if desk.part:
        return desk.json(_found(desk, saved))
    done = Words("Saved and checked.", "已保存并检查。")
    return desk.go(f"/console/drafts/{saved.id}#found", done)


@pages.post("/console/drafts/{id}/try", _PROPOSE)
def try_draft(desk: Desk, id: str, form: DraftForm) -> Reply:
    """What a draft decides of a post that nobody published, beside what is in force."""
    draft = _typed(desk, form, id) if desk.part else _kept(desk, id, form)
    tried = _tried(desk, draft, form) if form.post.strip() else None
    if desk.part:
        return desk.page("drafts/answer.html.j2", tried=tried, form=form)
    return _editor(desk, draft, form=form, tried=tried)


@pages.post("/console/drafts/{id}/propose", _PROPOSE)
def propose_draft(desk: Desk, id: str, form: DraftForm) -> Reply:
    """Let a draft become a version that others can approve."""
    draft = _kept(desk, id, form)
    try:
        _need_why(form)
        proposal = ProposeDraft(rationale=form.rationale, effective=moment(desk, form.effective))
        version = desk.service.drafts.propose(desk.actor, draft.id, proposal)
    except ServiceError as error:
        return _editor(desk, draft, form=form, refused=refusal(error))
    done = Words(
        "Proposed. Now somebody else reads and approves it.", "已提交，接下来由其他人阅读并批准。"
    )
    return desk.go(version_path(version.policy, "difference"), done)


@pages.post("/console/drafts/{id}/drop", _PROPOSE)
def drop_draft(desk: Desk, id: str) -> Reply:
    """Throw a draft away."""
    desk.service.drafts.drop(desk.actor, id)
    return desk.go("/console/policies", Words("The draft is gone.", "草稿已删除。"))


# --- parts --------------------------------------------------------------------------------------


def _begun(desk: Desk, origin: DraftOrigin) -> Reply:
    """The editor with a text to begin with, and a way to the whole text where it extends one."""
    drafts = desk.service.drafts
    offers_whole = not origin.whole and drafts.would_extend(desk.actor, origin)
    return _editor(desk, drafts.begin(desk.actor, origin), offers_whole=offers_whole)


def condition_names(desk: Desk) -> list[dict[str, str]]:
    """Signals and surfaces as conditions name them, each with its meaning."""
    signals = [
        {"name": s.name, "kind": s.type, "words": _meaning(desk, s.name)} for s in CATALOG.values()
    ]
    surfaces = [
        {"name": f"'{name}'", "kind": "text", "words": desk.t(words.en, words.zh)}
        for name, words in SURFACES.items()
    ]
    return [*signals, *surfaces]


def _meaning(desk: Desk, name: str) -> str:
    words = NAMES.get(name)
    return words.zh if desk.language == "zh" and words is not None else CATALOG[name].meaning


def _kept(desk: Desk, id: str, form: DraftForm) -> PolicyDraft:
    """Save what stands in the editor."""
    saving = SaveDraft(
        network=form.network,
        base=form.base,
        text=form.text,
        rationale=form.rationale,
        revision=None if id == NEW else form.revision,
    )
    return desk.service.drafts.save(desk.actor, saving, None if id == NEW else id)


def _typed(desk: Desk, form: DraftForm, id: str) -> PolicyDraft:
    """What stands in the editor, not saved."""
    return PolicyDraft(
        id="" if id == NEW else id,
        network=form.network,
        base=form.base,
        text=form.text,
        rationale=form.rationale,
        revision=form.revision or 0,
        created=desk.now,
        changed=desk.now,
    )


def _need_why(form: DraftForm) -> None:
    if not form.rationale.strip():
        raise ServiceError("invalid", "`rationale` is empty. Say why.", field="rationale")


def _found(desk: Desk, draft: PolicyDraft) -> dict[str, Any]:
    """What was found about a draft, for our script."""
    started = time.perf_counter()
    checked = desk.service.drafts.check(desk.actor, draft.text)
    return {
        "id": draft.id,
        "revision": draft.revision,
        "milliseconds": round(1000 * (time.perf_counter() - started)),
        "problems": as_json(all_problems(checked, desk.language)),
        "definitions": _definitions(desk, checked.policy),
        "summary": _summary(desk, checked),
        "good": checked.good,
    }


def _summary(desk: Desk, checked: CheckedText) -> str:
    """What came out of a check, in a line."""
    passed = len(checked.examples) - len(checked.failed)
    if checked.policy is None:
        count = len(checked.errors)
        return desk.t("1 error" if count == 1 else f"{count} errors", f"{count} 处错误")
    rules = len(checked.policy.rules)
    return desk.t(
        f"{checked.policy.label}: {rules} rules; {passed} of {len(checked.examples)} examples pass",
        f"{checked.policy.label}：{rules} 条规则；例子 {len(checked.examples)} 个，"
        f"通过 {passed} 个",
    )


def _definitions(desk: Desk, policy: Policy | None) -> list[dict[str, str]]:
    if policy is None:
        return []
    return [
        {"name": one.name, "kind": kind, "words": one.words.said(desk.language)}
        for kind, named in (("word", policy.definitions), ("counter", policy.counters))
        for one in named.values()
    ]


def _editor(
    desk: Desk,
    draft: PolicyDraft,
    *,
    form: DraftForm | None = None,
    tried: list[Answer] | None = None,
    refused: Refusal | None = None,
    offers_whole: bool = False,
) -> Reply:
    checked = desk.service.drafts.check(desk.actor, draft.text)
    problems: list[Shown] = all_problems(checked, desk.language)
    return desk.page(
        "drafts/draft.html.j2",
        status=200 if refused is None else 422,
        draft=draft,
        checked=checked,
        problems=problems,
        summary=_summary(desk, checked),
        definitions=_definitions(desk, checked.policy),
        changes=_changes(desk, draft, checked),
        form=form or DraftForm(network=draft.network),
        tried=tried,
        standings=_STANDINGS,
        refused=refused,
        offers_whole=offers_whole,
        version_path=version_path,
        NEW=NEW,
        HOW=HOW,
        SECTIONS=SECTIONS,
        STATES=STATES,
    )


def _changes(desk: Desk, draft: PolicyDraft, checked: CheckedText) -> list[Any] | None:
    """What a draft changes on paper, against what is in force; None where that is not known."""
    before = _before(desk, draft)
    if checked.policy is None or before is None:
        return None
    return diff(before, checked.policy)


_KNOWN = re.compile(r"([a-z][a-z0-9_]*)\s*[=＝:：]\s*(true|false|[0-9]{1,9}(?:\.[0-9]{1,6})?)")


def _known(written: str) -> dict[str, float | bool]:
    """What memory is to tell of a post, as somebody wrote it: names and values.

    >>> _known("sales_today = 12, first_copy = true")
    {'sales_today': 12.0, 'first_copy': True}
    """
    return {
        name: value == "true" if value in ("true", "false") else float(value)
        for name, value in _KNOWN.findall(written)
    }


def _before(desk: Desk, draft: PolicyDraft) -> Policy | None:
    """What is in force on the network of a draft."""
    try:
        return desk.service.policies.at(draft.network, desk.now).policy
    except ServiceError as error:
        if error.code != "not-found":
            raise
        return None


def _tried(desk: Desk, draft: PolicyDraft, form: DraftForm) -> list[Answer]:
    """What the draft and the version in force decide of a post; the draft's first, if it loads."""
    drafted = desk.service.drafts.check(desk.actor, draft.text).policy
    before = _before(desk, draft)
    post = TryPost(
        text=form.post,
        surface=form.surface,
        standing=form.standing,
        disclosed=form.disclosed,
        known=_known(form.known),
        rule=form.rule,
    )
    sides = [("draft", drafted), ("now", before)]
    known = [(side, policy) for side, policy in sides if policy is not None]
    answers = try_post(post, *(policy for _, policy in known))
    return [Answer(side, one) for (side, _), one in zip(known, answers, strict=True)]
