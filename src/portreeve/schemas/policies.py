"""Policies in force: versions, opinions, signed records, changes, shadows, passes, alarms."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from portreeve.model import Surface, Verdict
from portreeve.schemas.base import Answer, Request

RECORD_TYPE = "portreeve.policy-record/1"
"""Says what is signed, so that a signature under something else never passes for a record."""

VersionState = Literal["proposed", "approved", "scheduled", "rollout", "in_force", "past"]
RecordKind = Literal["default", "activation", "rollback", "rollout", "withdrawal"]
ChangeKind = Literal["default", "activation", "rollback", "rollout", "shadow", "withdrawal"]
PassState = Literal["listing", "listed", "running", "done", "stopped"]
PassItemState = Literal["listed", "done", "skipped"]

Why = Annotated[str, Meta(description="why, for those who read it later", min_length=1,
                          max_length=10_000)]  # fmt: skip
Moment = Annotated[datetime, Meta(tz=True)]
"""A time with its offset."""

Effective = Annotated[
    Moment | None,
    Meta(description="from when on, with offset; as early as can be when not given"),
]
Sha256 = Annotated[str, Meta(description="SHA-256 in hex", pattern="^[0-9a-f]{64}$")]


# --- asked --------------------------------------------------------------------------------------


class Proposal(Request, frozen=True, kw_only=True):
    """A new version of a policy."""

    text: Annotated[str, Meta(description="the policy, in YAML", max_length=4_194_304)]
    rationale: Why
    effective: Effective = None


class Approval(Request, frozen=True, kw_only=True):
    """Consent to exactly one text."""

    sha256: Annotated[
        str, Meta(description="SHA-256 of the text that was read", pattern="^[0-9a-f]{64}$")
    ]


class Dissent(Request, frozen=True, kw_only=True):
    """Disagreement, to be kept in the record."""

    words: Why


class Activation(Request, frozen=True, kw_only=True):
    """Put a version in force."""

    effective: Effective = None


class Rollback(Request, frozen=True, kw_only=True):
    """Go back to a version that was in force."""

    to: Annotated[
        str | None,
        Meta(description="the version, without the name; the one in force before if not given"),
    ] = None
    rationale: Why
    effective: Effective = None


class Rollout(Request, frozen=True, kw_only=True):
    """Let a version decide for a part of the accounts."""

    percent: Annotated[
        float,
        Meta(description="of the accounts, to two decimals; 0 ends the roll-out", ge=0, le=100),
    ]
    effective: Effective = None


class ShadowSwitch(Request, frozen=True, kw_only=True):
    """Let a version decide beside the one in force, without effect."""

    on: Annotated[bool, Meta(description="false ends the shadow")] = True


class Withdrawal(Request, frozen=True, kw_only=True):
    """Take back a change before it takes effect."""

    change: Annotated[str, Meta(description="the change")]
    rationale: Why


class Selection(Request, frozen=True, kw_only=True):
    """Which stored items are meant."""

    since: Annotated[Moment | None, Meta(description="first screened at this time or later")] = None
    until: Annotated[
        Moment | None, Meta(description="first screened before this time; now if not given")
    ] = None
    surfaces: Annotated[list[Surface], Meta(description="on these surfaces; on all when empty")] = (
        msgspec.field(default_factory=list)
    )


class PreviewOrder(Selection, frozen=True, kw_only=True):
    """What a version would decide of stored items: the newest first."""

    limit: Annotated[int, Meta(description="how many items at most", ge=1, le=10_000)] = 1000


class Acknowledgement(Request, frozen=True, kw_only=True):
    """Somebody looked at an alarm."""

    note: Annotated[str, Meta(description="what they found", max_length=4000)] = ""


# --- versions and records -----------------------------------------------------------------------


class Bilingual(msgspec.Struct, frozen=True, kw_only=True):
    """One text in two languages."""

    en: Annotated[str, Meta(description="in English")]
    zh: Annotated[str, Meta(description="in Chinese")]


class Approved(msgspec.Struct, frozen=True, kw_only=True):
    """An approval that counts."""

    who: Annotated[str, Meta(description="who approved")]
    time: Annotated[datetime, Meta(description="when")]


class Dissented(msgspec.Struct, frozen=True, kw_only=True):
    """A dissent that is kept."""

    who: Annotated[str, Meta(description="who disagreed")]
    words: Annotated[str, Meta(description="in their words")]
    time: Annotated[datetime, Meta(description="when")]


class PolicyProblem(Answer, frozen=True, kw_only=True):
    """Something wrong with a policy text."""

    code: Annotated[str, Meta(description="stable code; docs/errors-policy.md explains each")]
    severity: Annotated[Literal["error", "warning"], Meta(description="an error refuses the text")]
    file: Annotated[str | None, Meta(description="the text, or what it builds on")]
    line: Annotated[int | None, Meta(description="line, from 1")]
    column: Annotated[int | None, Meta(description="column, from 1")]
    message: Annotated[str, Meta(description="what is wrong")]
    mend: Annotated[str, Meta(description="what to do about it")]


class PolicyVersion(Answer, frozen=True, kw_only=True):
    """One version of a policy."""

    policy: Annotated[str, Meta(description="name and version, such as acquaintance@2014-06")]
    network: Annotated[str, Meta(description="the network that it governs: its name")]
    version: Annotated[str, Meta(description="the version")]
    state: Annotated[VersionState, Meta(description="how far it has come")]
    sha256: Sha256
    bases: Annotated[
        dict[str, str], Meta(description="what it builds on, and the SHA-256 of each text")
    ]
    rationale: Annotated[str, Meta(description="why it was proposed")]
    proposer: Annotated[str, Meta(description="who proposed it")]
    proposed: Annotated[datetime, Meta(description="when")]
    effective: Annotated[datetime, Meta(description="not in force before this")]
    approvals: Annotated[list[Approved], Meta(description="who approved exactly this text")]
    dissent: Annotated[list[Dissented], Meta(description="who disagreed")]
    missing: Annotated[
        list[str], Meta(description="what its decision record still lacks; nothing when empty")
    ]
    records: Annotated[list[str], Meta(description="its signed decision records, oldest first")]
    text: Annotated[
        str | None, Meta(description="the policy, in YAML; only where one version is asked for")
    ] = None
    announcement: Annotated[
        Bilingual | None,
        Meta(description="what people are told; only where one version is asked for"),
    ] = None
    warnings: Annotated[list[PolicyProblem], Meta(description="what its author should look at")] = (
        msgspec.field(default_factory=list)
    )


class RecordBody(msgspec.Struct, frozen=True, kw_only=True):
    """What a decision record says; its canonical JSON is what is signed."""

    type: Annotated[str, Meta(description="always portreeve.policy-record/1")] = RECORD_TYPE
    id: Annotated[str, Meta(description="unguessable name")]
    kind: Annotated[RecordKind, Meta(description="what was decided")]
    network: Annotated[str, Meta(description="where")]
    policy: Annotated[str, Meta(description="the version")]
    sha256: Sha256
    bases: Annotated[
        dict[str, str], Meta(description="what it builds on, and the SHA-256 of each text")
    ]
    proposer: Annotated[str, Meta(description="who proposed this")]
    approvers: Annotated[list[Approved], Meta(description="who approved exactly this text")]
    dissent: Annotated[list[Dissented], Meta(description="who disagreed")]
    rationale: Annotated[str, Meta(description="why")]
    announcement: Annotated[
        Bilingual, Meta(description="what people are told, made from the text that is enforced")
    ]
    effective: Annotated[datetime, Meta(description="from when on")]
    share: Annotated[
        int, Meta(description="for how many ten-thousandths of the accounts; 10000 is all")
    ]
    replaces: Annotated[
        str | None, Meta(description="the version in force when it was signed, if any")
    ]
    earlier: Annotated[
        str | None, Meta(description="of a rollback: the record that first put it in force")
    ] = None
    withdraws: Annotated[
        str | None, Meta(description="of a withdrawal: the change that shall not take effect")
    ] = None
    signed_for: Annotated[str, Meta(description="who asked for the record")]
    signed: Annotated[datetime, Meta(description="when")]


class PolicyRecord(Answer, frozen=True, kw_only=True):
    """A signed decision record; anyone can verify it offline."""

    body: Annotated[RecordBody, Meta(description="what was decided")]
    signature: Annotated[
        str, Meta(description="base64 of Ed25519 over the canonical JSON of the body")
    ]
    key_id: Annotated[str, Meta(description="which key signed")]
    public_key: Annotated[str, Meta(description="base64 of the key's public half, 32 bytes")]


# --- in force -----------------------------------------------------------------------------------


class PolicyChange(Answer, frozen=True, kw_only=True):
    """A change to what decides on a network."""

    id: Annotated[str, Meta(description="unguessable name")]
    network: Annotated[str, Meta(description="where")]
    kind: Annotated[ChangeKind, Meta(description="what changes")]
    policy: Annotated[str | None, Meta(description="the version; null where a shadow ends")]
    effective: Annotated[datetime, Meta(description="from when on")]
    percent: Annotated[float | None, Meta(description="of a roll-out: of the accounts")]
    record: Annotated[str | None, Meta(description="its signed decision record; null for a shadow")]
    withdraws: Annotated[str | None, Meta(description="of a withdrawal: the change taken back")]
    withdrawn: Annotated[bool, Meta(description="it was taken back and never takes effect")]
    verified: Annotated[
        bool, Meta(description="its record verifies; a change without one is never applied")
    ]
    by: Annotated[str, Meta(description="who made it")]
    made: Annotated[datetime, Meta(description="when it was made")]


class PolicyInForce(Answer, frozen=True, kw_only=True):
    """What decides on a network at a time."""

    network: Annotated[str, Meta(description="where")]
    time: Annotated[datetime, Meta(description="at this time")]
    policy: Annotated[str, Meta(description="the version in force")]
    since: Annotated[datetime, Meta(description="this has been so since")]
    change: Annotated[str, Meta(description="the change that put it in force")]
    record: Annotated[str, Meta(description="its signed decision record")]
    candidate: Annotated[str | None, Meta(description="a version that is being rolled out")]
    percent: Annotated[float, Meta(description="of the accounts, for which the candidate decides")]
    shadow: Annotated[str | None, Meta(description="a version that decides without effect")]
    until: Annotated[datetime | None, Meta(description="when this changes, as far as is known")]
    announcement: Annotated[Bilingual, Meta(description="what people are told")]


# --- shadow and preview -------------------------------------------------------------------------


class Difference(Answer, frozen=True, kw_only=True):
    """How often one verdict would be another, for one pair of rules on one surface."""

    surface: Annotated[Surface, Meta(description="where")]
    verdict: Annotated[Verdict, Meta(description="the verdict that counted")]
    other_verdict: Annotated[Verdict, Meta(description="the other version's")]
    rule: Annotated[str | None, Meta(description="the strongest rule that counted")]
    other_rule: Annotated[str | None, Meta(description="the strongest of the other version")]
    items: Annotated[int, Meta(description="how many items")]
    share: Annotated[float, Meta(description="of all items on this surface")]
    samples: Annotated[
        list[str],
        Meta(description="some of them: decisions for a shadow, items for a preview"),
    ]


class ShadowQuery(Request, frozen=True, kw_only=True):
    """Which part of a shadow's differences."""

    version: Annotated[
        str | None, Meta(description="the shadow, without the name; the present one if not given")
    ] = None
    since: Annotated[
        Moment | None, Meta(description="from the hour of this time on; a day back if not given")
    ] = None
    until: Annotated[Moment | None, Meta(description="before this time")] = None
    surface: Annotated[Surface | None, Meta(description="only there")] = None
    rule: Annotated[
        str | None, Meta(description="only where this is the strongest rule of one of the two")
    ] = None
    verdict: Annotated[Verdict | None, Meta(description="only where this verdict counted")] = None
    other_verdict: Annotated[
        Verdict | None, Meta(description="only where this is the shadow's verdict")
    ] = None


class ShadowReport(Answer, frozen=True, kw_only=True):
    """How a shadow compares with what was decided."""

    network: Annotated[str, Meta(description="where")]
    shadow: Annotated[str, Meta(description="the version that decided without effect")]
    since: Annotated[datetime, Meta(description="counted from the hour of this time on")]
    until: Annotated[datetime, Meta(description="up to this time")]
    items: Annotated[int, Meta(description="how many items both decided")]
    same: Annotated[int, Meta(description="of these, with the same verdict by the same rule")]
    differences: Annotated[list[Difference], Meta(description="the others, most frequent first")]


class Preview(Answer, frozen=True, kw_only=True):
    """What a version would decide of stored items. Nothing was changed."""

    policy: Annotated[str, Meta(description="the version")]
    items: Annotated[int, Meta(description="how many stored items were decided again")]
    unreadable: Annotated[
        int, Meta(description="how many could not be: their content is gone by now")
    ]
    changed: Annotated[int, Meta(description="how many verdicts would be other")]
    accounts: Annotated[int, Meta(description="whose items those are: how many accounts")]
    differences: Annotated[list[Difference], Meta(description="which, most frequent first")]


# --- retroactive pass ---------------------------------------------------------------------------


class RetroactivePass(Answer, frozen=True, kw_only=True):
    """A version in force applied to what was published before."""

    id: Annotated[str, Meta(description="unguessable name")]
    policy: Annotated[str, Meta(description="the version")]
    state: Annotated[
        PassState, Meta(description="listing, listed (waits for `run`), running, done, stopped")
    ]
    since: Annotated[datetime, Meta(description="items first screened at this time or later")]
    until: Annotated[datetime, Meta(description="items first screened before this time")]
    surfaces: Annotated[list[Surface], Meta(description="on these surfaces")]
    by: Annotated[str, Meta(description="who began it")]
    created: Annotated[datetime, Meta(description="when")]
    run_by: Annotated[str | None, Meta(description="who let it take down")]
    started: Annotated[datetime | None, Meta(description="when it began to take down")]
    finished: Annotated[datetime | None, Meta(description="when it was done or stopped")]
    examined: Annotated[int, Meta(description="how many items were looked at so far")]
    unreadable: Annotated[int, Meta(description="of these, content gone by now")]
    left_to_people: Annotated[
        int, Meta(description="of these, decided by a person and left as they are")
    ]
    listed: Annotated[int, Meta(description="how many items are to be taken down in all")]
    accounts: Annotated[int, Meta(description="whose items those are: how many accounts")]
    taken_down: Annotated[int, Meta(description="how many have been taken down so far")]
    skipped: Annotated[int, Meta(description="how many had changed since and were left")]


class PassItem(Answer, frozen=True, kw_only=True):
    """One item that a pass takes down."""

    item: Annotated[str, Meta(description="the item")]
    surface: Annotated[Surface, Meta(description="where it appears")]
    account: Annotated[str | None, Meta(description="who published it")]
    before: Annotated[Verdict, Meta(description="the verdict in force when it was listed")]
    verdict: Annotated[Verdict, Meta(description="the verdict of the version")]
    rules: Annotated[list[str], Meta(description="the rules that hold, strongest first")]
    state: Annotated[PassItemState, Meta(description="listed, done, or skipped")]
    decision: Annotated[str | None, Meta(description="the decision that took it down")]


# --- alarms -------------------------------------------------------------------------------------


class Alarm(Answer, frozen=True, kw_only=True):
    """A rule holds much more often than before."""

    id: Annotated[str, Meta(description="unguessable name")]
    network: Annotated[str, Meta(description="where")]
    rule: Annotated[str, Meta(description="the rule")]
    policy: Annotated[str, Meta(description="the version in force then")]
    window_start: Annotated[datetime, Meta(description="start of the time in which it jumped")]
    window_end: Annotated[datetime, Meta(description="end of that time")]
    hits: Annotated[int, Meta(description="items on which the rule held in that time")]
    total: Annotated[int, Meta(description="items it was asked about in that time")]
    baseline_hits: Annotated[int, Meta(description="items on which it held in the time before")]
    baseline_total: Annotated[int, Meta(description="items it was asked about in the time before")]
    ratio: Annotated[
        float | None, Meta(description="the rate by that before; null when it never held before")
    ]
    dispersion: Annotated[float, Meta(description="by what factor its hits vary beyond chance")]
    chance: Annotated[float, Meta(description="how likely so many hits are if nothing changed")]
    raised: Annotated[datetime, Meta(description="when the alarm was raised")]
    acknowledged: Annotated[datetime | None, Meta(description="when somebody took note")]
    acknowledged_by: Annotated[str | None, Meta(description="who")]
    note: Annotated[str | None, Meta(description="what they found")]
