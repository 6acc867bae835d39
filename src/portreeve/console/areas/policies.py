"""Policies: what is in force, each version as a document, and what people do about it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any, Literal

import msgspec

from portreeve.console.desk import Desk
from portreeve.console.policy_words import (
    CHANGES,
    HOW,
    PASSES,
    SECTIONS,
    STATES,
    Refusal,
    condition,
    conditions_of,
    moment,
    named_by,
    refusal,
    version_path,
)
from portreeve.console.routes import Pages
from portreeve.console.words import Words
from portreeve.http.call import Reply
from portreeve.policy import ExampleResult, diff
from portreeve.schemas.access import Scope
from portreeve.schemas.base import Paging
from portreeve.schemas.policies import (
    Activation,
    Approval,
    Dissent,
    PolicyRecord,
    PolicyVersion,
    Rollback,
    Rollout,
    Selection,
    ShadowQuery,
    ShadowSwitch,
    Withdrawal,
)
from portreeve.service.errors import ServiceError
from portreeve.service.policy_reading import read_policy

pages = Pages("policies")

View = Literal["document", "changes", "text", "record"]
_VIEWS: tuple[tuple[View, Words], ...] = (
    ("document", Words("Document", "正文")),
    ("changes", Words("What it changes", "改动")),
    ("text", Words("Text", "源文本")),
    ("record", Words("Decision record", "决定记录")),
)
_WORDS: dict[str, Any] = {
    "STATES": STATES,
    "CHANGES": CHANGES,
    "PASSES": PASSES,
    "HOW": HOW,
    "SECTIONS": SECTIONS,
}
_MOST = 200


class VersionQuery(msgspec.Struct, frozen=True, kw_only=True):
    """Which side of a version is looked at."""

    view: View = "document"


class NetworkQuery(msgspec.Struct, frozen=True, kw_only=True):
    """Which page of the changes."""

    cursor: str | None = None


class ApproveForm(msgspec.Struct, frozen=True, kw_only=True):
    """Consent to the text that was read."""

    sha256: str


class WordsForm(msgspec.Struct, frozen=True, kw_only=True):
    """Disagreement."""

    words: str = ""


class ActivateForm(msgspec.Struct, frozen=True, kw_only=True):
    """From when on."""

    effective: str | None = None


class RolloutForm(msgspec.Struct, frozen=True, kw_only=True):
    """For which part of the accounts, from when on."""

    percent: float
    effective: str | None = None


class ShadowForm(msgspec.Struct, frozen=True, kw_only=True):
    """Whether it decides beside the one in force."""

    on: bool = False


class RollbackForm(msgspec.Struct, frozen=True, kw_only=True):
    """To which version, and why."""

    to: str
    rationale: str = ""


class WithdrawForm(msgspec.Struct, frozen=True, kw_only=True):
    """Which change is taken back, and why."""

    change: str
    rationale: str = ""


class PassForm(msgspec.Struct, frozen=True, kw_only=True):
    """What a pass looks back at."""

    since: str | None = None
    until: str | None = None


# --- pages --------------------------------------------------------------------------------------


@pages.get("/console/policies", Scope.policies_read)
def list_policies(desk: Desk) -> Reply:
    """The networks: what is in force, what waits for whom, what sounds an alarm."""
    policies = desk.service.policies
    networks = [_network(desk, network) for network in policies.lookup.networks()]
    governed = {one["name"] for one in networks}
    waiting = [v for v in _versions(desk) if v.state in ("proposed", "approved", "scheduled")]
    drafts = (
        desk.service.drafts.page(desk.actor, paging=Paging(limit=_MOST)).items
        if desk.may(Scope.policies_propose)
        else []
    )
    return desk.page(
        "policies/policies.html.j2",
        networks=networks,
        waiting=waiting,
        elsewhere=[v for v in waiting if v.network not in governed],
        drafts=drafts,
        needed=policies.versions.approvals_needed,
        version_path=version_path,
        **_WORDS,
    )


@pages.get("/console/policies/{name}", Scope.policies_read)
def show_network(desk: Desk, name: str, query: NetworkQuery) -> Reply:
    """One network: what decides there, its versions, and every change of what decides."""
    return _network_page(desk, name, query)


@pages.get("/console/policies/{name}/{version}", Scope.policies_read)
def show_version(desk: Desk, name: str, version: str, query: VersionQuery) -> Reply:
    """A version, to be read as a document, as a text, as a change, or by its record."""
    return _version_page(desk, name, version, query.view)


@pages.get("/console/policies/{name}/{version}/shadow", Scope.policies_read)
def show_shadow(desk: Desk, name: str, version: str, query: ShadowQuery) -> Reply:
    """What a shadow has decided otherwise than what counted."""
    asked = msgspec.structs.replace(query, version=version)
    report = desk.service.policies.shadows.report(desk.actor, name, asked)
    return desk.page(
        "policies/shadow.html.j2",
        report=report,
        stored=desk.service.policies.versions.get(desk.actor, name, version),
        query=query,
        version_path=version_path,
        **_WORDS,
    )


# --- what people do -----------------------------------------------------------------------------


@pages.post("/console/policies/{name}/{version}/approve", Scope.policies_approve)
def approve_version(desk: Desk, name: str, version: str, form: ApproveForm) -> Reply:
    """Consent to exactly the text that was read."""

    def act() -> None:
        approval = Approval(sha256=form.sha256)
        desk.service.policies.versions.approve(desk.actor, name, version, approval)

    return _on_version(desk, name, version, act, Words("Approved.", "已批准。"))


@pages.post("/console/policies/{name}/{version}/dissent", Scope.policies_read)
def dissent_from_version(desk: Desk, name: str, version: str, form: WordsForm) -> Reply:
    """Disagree, in words that stand in the record for good."""

    def act() -> None:
        _need(form.words, "words", "Say what you disagree with.")
        dissent = Dissent(words=form.words)
        desk.service.policies.versions.dissent(desk.actor, name, version, dissent)

    done = Words("Your dissent is recorded.", "您的异议已记录在案。")
    return _on_version(desk, name, version, act, done)


@pages.post("/console/policies/{name}/{version}/activate", Scope.policies_approve)
def activate_version(desk: Desk, name: str, version: str, form: ActivateForm) -> Reply:
    """Put a version in force, at once or from a chosen second on."""

    def act() -> None:
        activation = Activation(effective=moment(desk, form.effective))
        desk.service.policies.changes.activate(desk.actor, name, version, activation)

    done = Words("The record is signed; the change is made.", "决定记录已签名，变更已登记。")
    return _on_version(desk, name, version, act, done)


@pages.post("/console/policies/{name}/{version}/rollout", Scope.policies_approve)
def roll_version_out(desk: Desk, name: str, version: str, form: RolloutForm) -> Reply:
    """Let a version decide for a part of the accounts, or end that with 0."""

    def act() -> None:
        rollout = Rollout(percent=form.percent, effective=moment(desk, form.effective))
        desk.service.policies.changes.rollout(desk.actor, name, version, rollout)

    done = Words("The roll-out is changed.", "灰度比例已变更。")
    return _on_version(desk, name, version, act, done)


@pages.post("/console/policies/{name}/{version}/shadow", Scope.policies_propose)
def switch_shadow(desk: Desk, name: str, version: str, form: ShadowForm) -> Reply:
    """Let a version decide beside the one in force, without effect, or end that."""

    def act() -> None:
        switch = ShadowSwitch(on=form.on)
        desk.service.policies.changes.shadow(desk.actor, name, version, switch)

    done = (
        Words(
            "It decides beside the one in force now, without effect.", "影子已开启，不影响任何人。"
        )
        if form.on
        else Words("The shadow has ended.", "影子已关闭。")
    )
    return _on_version(desk, name, version, act, done, view="document")


@pages.post("/console/policies/{name}/{version}/retroactive", Scope.policies_propose)
def begin_pass(desk: Desk, name: str, version: str, form: PassForm) -> Reply:
    """Begin to list what the version in force would take down of what is published."""
    try:
        selection = Selection(since=moment(desk, form.since), until=moment(desk, form.until))
        begun = desk.service.retroactive.begin(desk.actor, name, version, selection)
    except ServiceError as error:
        return _version_page(desk, name, version, "record", refusal(error))
    return desk.go(f"/console/passes/{begun.id}", Words("The listing has begun.", "已开始列举。"))


@pages.post("/console/policies/{name}/rollback", Scope.policies_approve)
def roll_back(desk: Desk, name: str, form: RollbackForm) -> Reply:
    """Go back to a version that was in force."""

    def act() -> None:
        _need(form.rationale, "rationale", "Say why.")
        rollback = Rollback(to=form.to, rationale=form.rationale)
        desk.service.policies.changes.rollback(desk.actor, name, rollback)

    return _on_network(desk, name, act, Words("Rolled back.", "已回退。"))


@pages.post("/console/policies/{name}/withdraw", Scope.policies_approve)
def withdraw_change(desk: Desk, name: str, form: WithdrawForm) -> Reply:
    """Take back a change before it takes effect."""

    def act() -> None:
        _need(form.rationale, "rationale", "Say why.")
        withdrawal = Withdrawal(change=form.change, rationale=form.rationale)
        desk.service.policies.changes.withdraw(desk.actor, name, withdrawal)

    return _on_network(desk, name, act, Words("Taken back.", "已撤回。"))


# --- parts --------------------------------------------------------------------------------------


def _on_version(
    desk: Desk,
    name: str,
    version: str,
    act: Callable[[], None],
    done: Words,
    view: View = "record",
) -> Reply:
    """Do something about a version; a refusal is explained on its page."""
    try:
        act()
    except ServiceError as error:
        return _version_page(desk, name, version, view, refusal(error))
    return desk.go(f"{version_path(f'{name}@{version}')}?view={view}", done)


def _on_network(desk: Desk, name: str, act: Callable[[], None], done: Words) -> Reply:
    try:
        act()
    except ServiceError as error:
        return _network_page(desk, name, NetworkQuery(), refusal(error))
    return desk.go(f"/console/policies/{version_path(name).rpartition('/')[2]}", done)


def _need(text: str, field: str, remedy: str) -> None:
    if not text.strip():
        raise ServiceError("invalid", f"`{field}` is empty. {remedy}", field=field)


def _versions(desk: Desk, network: str | None = None) -> list[PolicyVersion]:
    """Versions of a network or of all, those proposed last first."""
    page = desk.service.policies.versions.page(desk.actor, network, Paging(limit=_MOST))
    return sorted(page.items, key=lambda version: version.proposed, reverse=True)


def _network(desk: Desk, name: str) -> dict[str, Any]:
    """What decides on a network, and what will."""
    policies = desk.service.policies
    in_force = policies.changes.in_force(desk.actor, name)
    history = policies.changes.history(desk.actor, name, Paging(limit=50))
    return {
        "name": name,
        "now": in_force,
        "title": policies.named(in_force.policy).title,
        "rules": len(policies.named(in_force.policy).rules),
        "coming": [
            change
            for change in history.items
            if change.effective > desk.now and not change.withdrawn and change.kind != "withdrawal"
        ],
        "alarms": policies.alarms.page(desk.actor, name, Paging(limit=50), is_open=True).items,
    }


def _network_page(
    desk: Desk, name: str, query: NetworkQuery, refused: Refusal | None = None
) -> Reply:
    policies = desk.service.policies
    shown = _network(desk, name)
    history = policies.changes.history(desk.actor, name, Paging(cursor=query.cursor, limit=50))
    versions = _versions(desk, name)
    now = shown["now"].policy
    forced = {
        change.policy
        for change in history.items
        if change.kind in ("default", "activation", "rollback")
        and change.effective <= desk.now
        and not change.withdrawn
    }
    return desk.page(
        "policies/network.html.j2",
        status=200 if refused is None else 422,
        network=shown,
        versions=versions,
        history=history,
        earlier=[v for v in versions if v.policy in forced and v.policy != now],
        passes=desk.service.retroactive.passes(desk.actor, name, Paging(limit=20)).items,
        needed=policies.versions.approvals_needed,
        refused=refused,
        version_path=version_path,
        **_WORDS,
    )


def _version_page(
    desk: Desk, name: str, version: str, view: View, refused: Refusal | None = None
) -> Reply:
    policies = desk.service.policies
    stored = policies.versions.get(desk.actor, name, version)
    policy = policies.named(stored.policy)
    in_force = _in_force(desk, name)
    values: dict[str, Any] = {}
    if view == "document":
        examples = policies.texts.examples(stored.policy)
        values = {
            "reading": read_policy(policy, stored.effective),
            "conditions": conditions_of(policy),
            "table_when": condition(policy.matrix.when, named_by(policy)) if policy.matrix else [],
            **_origins(desk, stored.policy),
            "failing": _failing(examples),
            "good": sum(one.passed for one in examples),
            "tested": len(examples),
            "appeal_days": desk.service.context.settings.appeal_days,
        }
    elif view == "changes" and in_force is not None:
        values = {"changes": diff(policies.named(in_force.policy), policy)}
    elif view == "record":
        records = [policies.versions.record(desk.actor, id) for id in reversed(stored.records)]
        values = {"records": [(record, _verified(desk, record)) for record in records]}
    return desk.page(
        "policies/version.html.j2",
        status=200 if refused is None else 422,
        stored=stored,
        title=policy.title,
        view=view,
        views=_VIEWS,
        now=in_force,
        needed=policies.versions.approvals_needed,
        opinion=_opinion(desk, stored),
        refused=refused,
        version_path=version_path,
        **values,
        **_WORDS,
    )


def _origins(desk: Desk, label: str) -> dict[str, Any]:
    """Where the parts of a version come from, and from where those that nothing is said of."""
    texts = desk.service.policies.texts
    origins = texts.origins(label)
    counted = Counter(one.file for one in origins.values() if one.how == "inherited")
    inherits = counted.most_common(1)[0][0] if counted else None
    there = inherits is not None and texts.has(inherits)
    return {
        "origins": origins,
        "inherits": inherits,
        "inherits_path": version_path(inherits) if inherits is not None and there else None,
    }


def _failing(examples: Iterable[ExampleResult]) -> dict[str, set[str]]:
    """For each rule the texts of its examples that come out otherwise than it says."""
    found: dict[str, set[str]] = {}
    for one in examples:
        if not one.passed:
            found.setdefault(one.rule, set()).add(one.example.text)
    return found


def _in_force(desk: Desk, name: str) -> Any:
    """What decides on a network now; None where nothing does yet."""
    try:
        return desk.service.policies.changes.in_force(desk.actor, name)
    except ServiceError as error:
        if error.code != "not-found":
            raise
        return None


def _opinion(desk: Desk, stored: PolicyVersion) -> str | None:
    """What whoever looks has said of a version: that it is theirs, an approval, a dissent."""
    name = desk.actor.name
    if stored.proposer == name:
        return "proposed"
    if any(one.who == name for one in stored.approvals):
        return "approved"
    return "dissented" if any(one.who == name for one in stored.dissent) else None


def _verified(desk: Desk, record: PolicyRecord) -> bool:
    """Whether a record is signed by a key that is trusted, and unchanged."""
    return desk.service.policies.versions.verified(record)
