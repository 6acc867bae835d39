"""Cases: what waits for a person, how it is claimed, read and decided."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from msgspec import Meta, field

from portreeve.model import Evidence, Price, Surface, Verdict
from portreeve.schemas.access import NAME
from portreeve.schemas.base import Answer, Paging, Request
from portreeve.schemas.pictures import ItemPicture
from portreeve.schemas.screening import ItemState

CaseState = Literal["open", "decided"]
CaseQueue = Literal["black-goods", "medical", "reports", "default", "senior"]
CaseOrigin = Literal["decision", "report", "franked", "claim", "campaign"]
PersonVerdict = Literal["allow", "label", "limit", "refuse", "remove"]
"""What a person can decide; refusing and removing are one step: the item's state says which."""

Note = Annotated[str, Meta(description="words for other reviewers", min_length=1, max_length=4000)]


class Case(Answer, frozen=True, kw_only=True):
    """One case, without content."""

    id: Annotated[str, Meta(description="unguessable name")]
    network: Annotated[str, Meta(description="name of the policy")]
    origin: Annotated[CaseOrigin, Meta(description="what opened it")]
    queue: Annotated[CaseQueue, Meta(description="the queue it waits in")]
    state: Annotated[CaseState, Meta(description="open or decided")]
    sealed: Annotated[bool, Meta(description="its content needs a release by two people")]
    severity: Annotated[float, Meta(description="weight of what is suspected, 1 to 16")]
    reach: Annotated[int, Meta(description="how many people its items reach")]
    reports: Annotated[int, Meta(description="how many different people reported it")]
    priority: Annotated[
        float, Meta(description="severity x (1 + reach) x (1 + reports) x 2^(age / 6 hours)")
    ]
    items: Annotated[int, Meta(description="how many items it holds")]
    revision: Annotated[
        int, Meta(description="one more with each item that joins; give it back when deciding")
    ]
    opened: Annotated[datetime, Meta(description="when it was opened")]
    due: Annotated[datetime, Meta(description="when it should be decided")]
    claimed_by: Annotated[str | None, Meta(description="the reviewer who holds it")]
    claimed_until: Annotated[datetime | None, Meta(description="when the claim ends")]
    decided: Annotated[datetime | None, Meta(description="when it was decided last")]
    decided_by: Annotated[str | None, Meta(description="by whom; null for its blind reader")]
    verdict: Annotated[
        Verdict | None, Meta(description="what was decided; null for its blind reader")
    ]


class CaseItem(Answer, frozen=True, kw_only=True):
    """An item of a case, without its content."""

    item: Annotated[str, Meta(description="the item")]
    account: Annotated[str | None, Meta(description="who published it")]
    surface: Annotated[Surface, Meta(description="where it appears")]
    state: Annotated[ItemState, Meta(description="what became of it so far")]
    decision: Annotated[str, Meta(description="the decision that is judged")]
    verdict: Annotated[Verdict, Meta(description="its verdict")]
    rules: Annotated[list[str], Meta(description="the rules that held")]
    clauses: Annotated[list[str], Meta(description="the clauses they enforce")]
    goods_category: Annotated[str | None, Meta(description="goods or service")]
    goods_tier: Annotated[str | None, Meta(description="tier of the goods")]


class CaseRecord(Case, frozen=True, kw_only=True):
    """A case with its items."""

    contents: Annotated[list[CaseItem], Meta(description="the items; the first 1,000")]


class CaseQuery(Paging, frozen=True, kw_only=True):
    """Which cases to list."""

    state: Annotated[CaseState, Meta(description="open or decided")] = "open"
    queue: Annotated[CaseQueue | None, Meta(description="of one queue only")] = None
    network: Annotated[str | None, Meta(description="of one network only")] = None
    claimed_by: Annotated[str | None, Meta(description="held by this reviewer now")] = None


class CaseStep(Answer, frozen=True, kw_only=True):
    """One thing that happened to a case."""

    id: Annotated[str, Meta(description="unguessable name")]
    time: Annotated[datetime, Meta(description="when")]
    actor: Annotated[str, Meta(description="who")]
    action: Annotated[str, Meta(description="what, such as claimed")]
    detail: Annotated[dict[str, object], Meta(description="the facts")]
    note: Annotated[
        str | None, Meta(description="the reviewer's words; null without any, or once erased")
    ]


class Handover(Request, frozen=True, kw_only=True):
    """Give a case one holds to another reviewer."""

    to: Annotated[str, Meta(description="name of the reviewer", pattern=NAME)]
    note: Annotated[Note | None, Meta(description="what the other should know")] = None


class AddNote(Request, frozen=True, kw_only=True):
    """Write something down."""

    note: Note


class DecideCase(Request, frozen=True, kw_only=True):
    """A verdict on all items of a case."""

    verdict: Annotated[PersonVerdict, Meta(description="what happens to the items")]
    reason: Annotated[Note, Meta(description="why; kept sealed, for reviewers")]
    rules: Annotated[
        list[str],
        Meta(
            description="the rules that are rightly applied; the case's other rules count as wrong",
            max_length=100,
        ),
    ] = field(default_factory=list)
    revision: Annotated[
        int, Meta(description="the case's revision that was seen; refused if it has grown since")
    ]


class ItemEvidence(Answer, frozen=True, kw_only=True):
    """What an item said."""

    item: Annotated[str, Meta(description="the item")]
    decision: Annotated[str, Meta(description="the decision made on it")]
    account: Annotated[str | None, Meta(description="who published it")]
    erased: Annotated[bool, Meta(description="the content is gone: too old, or erased")]
    text: Annotated[str | None, Meta(description="the words")] = None
    links: Annotated[list[str], Meta(description="addresses attached to it")] = field(
        default_factory=list
    )
    codes: Annotated[
        list[str], Meta(description="what the QR and bar codes in its pictures say")
    ] = field(default_factory=list)
    picture_text: Annotated[str | None, Meta(description="the words read in its pictures")] = None
    pictures: Annotated[
        list[ItemPicture], Meta(description="the pictures it shows, in order, and what is in them")
    ] = field(default_factory=list)
    contacts: Annotated[list[str], Meta(description="handles found in it")] = field(
        default_factory=list
    )
    prices: Annotated[list[Price], Meta(description="amounts found in it")] = field(
        default_factory=list
    )
    evidence: Annotated[list[Evidence], Meta(description="places the decision rests on")] = field(
        default_factory=list
    )


class ReportEvidence(Answer, frozen=True, kw_only=True):
    """What a report says."""

    report: Annotated[str, Meta(description="the report")]
    grade: Annotated[
        Literal["attested_public", "franked", "reporters_claim"],
        Meta(description="how far it can be relied on"),
    ]
    erased: Annotated[bool, Meta(description="words or message are gone")]
    words: Annotated[str | None, Meta(description="the reporter's words")] = None
    message: Annotated[str | None, Meta(description="the one message that was opened")] = None


class CaseEvidence(Answer, frozen=True, kw_only=True):
    """What a case is about. That it was read stands in the audit log."""

    case: Annotated[str, Meta(description="the case")]
    items: Annotated[list[ItemEvidence], Meta(description="what the items said")]
    reports: Annotated[list[ReportEvidence], Meta(description="what the reports say")]
    next: Annotated[str | None, Meta(description="give it as `cursor` for the items after")] = None


class RequestRelease(Request, frozen=True, kw_only=True):
    """Ask for leave to read a sealed case."""

    reason: Annotated[Note, Meta(description="what it is needed for; kept sealed")]
    minutes: Annotated[int, Meta(description="for how long", ge=1, le=240)] = 60


class Release(Answer, frozen=True, kw_only=True):
    """Leave to read a sealed case: both people may, until it ends."""

    id: Annotated[str, Meta(description="unguessable name")]
    case: Annotated[str, Meta(description="the case")]
    requested_by: Annotated[str, Meta(description="who asked")]
    requested: Annotated[datetime, Meta(description="when")]
    minutes: Annotated[int, Meta(description="for how long")]
    granted_by: Annotated[str | None, Meta(description="who granted it")]
    granted: Annotated[datetime | None, Meta(description="when")]
    until: Annotated[datetime | None, Meta(description="when it ends")]


class Precision(Answer, frozen=True, kw_only=True):
    """How often a rule's hits were found right, of those that people judged."""

    network: Annotated[str, Meta(description="name of the policy")]
    rule: Annotated[str, Meta(description="the rule")]
    confirmed: Annotated[int, Meta(description="hits found right")]
    overturned: Annotated[int, Meta(description="hits found wrong")]
    precision: Annotated[float, Meta(description="share found right")]
    low: Annotated[float, Meta(description="lower bound of Wilson's 95 % interval")]
    high: Annotated[float, Meta(description="upper bound")]
