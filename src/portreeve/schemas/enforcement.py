"""Strikes, sanctions, notices, and what an undo reversed."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from msgspec import Meta

from portreeve.schemas.base import Answer, HostName, NetworkName, Request

SanctionKind = Literal["warn", "limit", "mute", "disgorge", "block_links", "suspend", "ban"]
ByHand = Literal["warn", "limit", "mute", "block_links", "suspend", "ban"]
SanctionState = Literal["in_force", "done", "expired", "lifted", "reversed"]
NoticeKind = Literal[
    "decision", "correction", "sanction", "lifted",
    "licence-verified", "licence-refused", "licence-revoked",
]  # fmt: skip
Language = Literal["en", "zh"]

Words = Annotated[str, Meta(min_length=1, max_length=2000)]


class Strike(Answer, frozen=True, kw_only=True):
    """What a decision cost an account."""

    decision: Annotated[str, Meta(description="the decision that gave it")]
    item: Annotated[str, Meta(description="the item decided")]
    network: Annotated[str, Meta(description="the network in which it counts")]
    ladder: Annotated[str, Meta(description="the ladder on which it counts")]
    rule: Annotated[str, Meta(description="the rule that costs it")]
    clause: Annotated[str, Meta(description="the clause of that rule")]
    count: Annotated[int, Meta(description="how many strikes it is")]
    given: Annotated[datetime, Meta(description="when the decision was made")]
    expires: Annotated[datetime | None, Meta(description="when it is forgotten; null for never")]


class Sanction(Answer, frozen=True, kw_only=True):
    """What an account may not do, and until when."""

    id: Annotated[str, Meta(description="its unguessable id")]
    account: Annotated[str, Meta(description="who is sanctioned")]
    network: Annotated[str, Meta(description="the network in which it holds")]
    kind: Annotated[SanctionKind, Meta(description="what it is")]
    state: Annotated[
        SanctionState,
        Meta(
            description="in_force; done (a warning, or followers taken back); expired by time; "
            "lifted by hand; reversed with the decision that caused it"
        ),
    ]
    ladder: Annotated[
        str | None, Meta(description="the ladder that brought it; null for one by hand")
    ]
    step: Annotated[int | None, Meta(description="the number of strikes of the ladder's step")]
    decision: Annotated[
        str | None, Meta(description="the decision whose strike brought it; null for one by hand")
    ]
    begins: Annotated[datetime, Meta(description="when it takes effect")]
    ends: Annotated[
        datetime | None, Meta(description="when its time is over; null for what has no end")
    ]
    imposed_by: Annotated[str, Meta(description="portreeve, or the person")]
    ended: Annotated[
        datetime | None, Meta(description="when it expired, was lifted or was reversed")
    ]
    ended_by: Annotated[str | None, Meta(description="who ended it")]


class Imposition(Request, frozen=True, kw_only=True):
    """A sanction by a person's hand."""

    account: Annotated[HostName, Meta(description="who is sanctioned")]
    network: Annotated[
        NetworkName | None, Meta(description="the network in which it holds; the service's default")
    ] = None
    kind: Annotated[ByHand, Meta(description="what it is")]
    days: Annotated[
        Annotated[float, Meta(gt=0, le=3660)] | None,
        Meta(
            description="for how many days: limit, mute and suspend need it; block_links can have "
            "it; warn and ban cannot"
        ),
    ] = None
    reason: Annotated[Words, Meta(description="why; the account reads it in its notice")]


class Lift(Request, frozen=True, kw_only=True):
    """The end of a sanction before its time, by a person's hand."""

    reason: Annotated[Words, Meta(description="why; the account reads it in its notice")]


class UndoRequest(Request, frozen=True, kw_only=True):
    """The wish to undo a decision."""

    reason: Annotated[Words, Meta(description="why the decision was wrong")]


class Span(Answer, frozen=True, kw_only=True):
    """A span of time."""

    begins: Annotated[datetime, Meta(description="its first moment")]
    ends: Annotated[datetime, Meta(description="the moment after its last")]


class Undone(Answer, frozen=True, kw_only=True):
    """What undoing a decision reversed."""

    decision: Annotated[str, Meta(description="the decision undone")]
    item: Annotated[str, Meta(description="its item")]
    account: Annotated[str | None, Meta(description="who published it")]
    time: Annotated[datetime, Meta(description="when it was undone")]
    by: Annotated[str, Meta(description="by whom")]
    state_before: Annotated[
        str | None, Meta(description="the item's state before; null when it is not on record")
    ]
    state: Annotated[
        str | None,
        Meta(
            description="the item's state now: as it was, when another decision is in force or the "
            "host deleted it"
        ),
    ]
    in_force: Annotated[
        str | None, Meta(description="the decision in force on the item now; null when none is")
    ]
    comments_restored: Annotated[list[str], Meta(description="comments that appear again")]
    comments_hidden: Annotated[
        list[str], Meta(description="comments that are hidden, when an older decision holds again")
    ]
    strikes_withdrawn: Annotated[int, Meta(description="how many strikes count no more")]
    sanctions_lifted: Annotated[list[Sanction], Meta(description="what was reversed")]
    sanctions_started: Annotated[
        list[Sanction],
        Meta(description="what the remaining strikes bring instead, such as an earlier step"),
    ]
    freed: Annotated[
        list[str],
        Meta(
            description="decisions undone along, because they rested on nothing but a sanction "
            "that was lifted, such as a post refused for a mute"
        ),
    ]
    followers_restored: Annotated[
        int, Meta(description="how many followers the host is asked to give back")
    ]
    windows: Annotated[
        list[Span], Meta(description="when the followers to be given back had been won")
    ]
    notice: Annotated[
        str | None, Meta(description="the notice that corrects the first; null when none was given")
    ]


class Quote(Answer, frozen=True, kw_only=True):
    """A place in the item that the decision rests on, in the item's own words."""

    field: Annotated[str, Meta(description="text, links.N, picture_text or codes.N")]
    words: Annotated[str, Meta(description="what stands there")]
    what: Annotated[str, Meta(description="what it is taken for, such as a contact")]


class Ground(Answer, frozen=True, kw_only=True):
    """A rule that a decision rests on, in the language of the notice."""

    rule: Annotated[str, Meta(description="id of the rule")]
    clause: Annotated[str, Meta(description="the clause that it enforces")]
    because: Annotated[str, Meta(description="the reason")]
    comply: Annotated[str | None, Meta(description="how to put it right")] = None
    way_out: Annotated[str | None, Meta(description="where it has its place")] = None
    how: Annotated[str | None, Meta(description="how to get there")] = None


class Appealing(Answer, frozen=True, kw_only=True):
    """How to appeal."""

    decision: Annotated[str, Meta(description="the decision's id, which an appeal names")]
    until: Annotated[datetime, Meta(description="the last moment for it")]
    url: Annotated[
        str | None, Meta(description="where; null when the service has no public address")
    ]


class Notice(Answer, frozen=True, kw_only=True):
    """What an account is told, in its language."""

    id: Annotated[str, Meta(description="its unguessable id")]
    account: Annotated[str, Meta(description="who is told")]
    kind: Annotated[
        NoticeKind,
        Meta(
            description="decision; correction (it was undone); sanction by hand; lifted by hand; "
            "what a person found of a merchant's licence"
        ),
    ]
    decision: Annotated[str | None, Meta(description="the decision it is about")]
    sanction: Annotated[str | None, Meta(description="the sanction by hand it is about")]
    licence: Annotated[str | None, Meta(description="the merchant's licence it is about")] = None
    item: Annotated[str | None, Meta(description="the item it is about")]
    link: Annotated[
        str | None,
        Meta(
            description="the page about the decision, for the person concerned: whoever has the "
            "link can read it and appeal, so give it to nobody else; only a path while the service "
            "has no `public_url`; null where no decision is"
        ),
    ]
    language: Annotated[Language, Meta(description="the language of its words")]
    title: Annotated[str, Meta(description="what happened, in one sentence")]
    grounds: Annotated[list[Ground], Meta(description="the rules, strongest first")]
    evidence: Annotated[
        list[Quote],
        Meta(description="what the decision rests on; empty once the content is deleted"),
    ]
    consequences: Annotated[list[str], Meta(description="what follows for the account")]
    appeal: Annotated[
        Appealing | None, Meta(description="how to appeal; null when there is nothing to appeal")
    ]
    text: Annotated[str, Meta(description="the whole notice as plain text")]
    created: Annotated[datetime, Meta(description="when it was given")]
    read: Annotated[datetime | None, Meta(description="when the account read it")]
