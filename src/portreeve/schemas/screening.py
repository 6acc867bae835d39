"""Screening: items in, decisions out."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from portreeve.model import Decision, Item, Layer, SealedItem, Surface, Verdict
from portreeve.schemas.base import Answer, Request

Stage = Literal["before", "after", "late", "retroactive", "person"]
ItemState = Literal["published", "held", "refused", "removed", "deleted"]
MESSAGE_ITEM = "message:"
"""What the ids of reported private messages begin with; no other item's do."""
MOST_PICTURES = 30
"""Pictures that one item may show."""
MOST_ITEMS = 10_000
"""Items in one batch."""


class Submission(Item, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An item to be screened, before or after publication.

    The same id with the same content is the same item: its decision is given again. With other
    content it is an edit: a new revision. An id names one item, of one account, on all networks of
    a service; it does not begin with ``message:``.

    >>> Submission(id="p-1", text="猫睡着了").published
    False
    """

    network: Annotated[
        str | None, Meta(description="name of the policy that governs it; the service's default")
    ] = None
    parent: Annotated[str | None, Meta(description="id of the item it answers, for a comment")] = (
        None
    )
    category: Annotated[
        str | None,
        Meta(
            description="the goods or service that its account says it is, an id of the table of "
            "goods; it counts where the words name none, or one of a milder tier"
        ),
    ] = None
    pictures: Annotated[
        list[Annotated[str, Meta(max_length=64)]],
        Meta(
            description="pictures that it shows, by the names that `POST /v1/pictures` gave them; "
            "what they show is read here, so `codes` and `picture_text` are left out",
            max_length=MOST_PICTURES,
        ),
    ] = msgspec.field(default_factory=list)
    published: Annotated[
        bool, Meta(description="it is out already, so that refusing it means removing it")
    ] = False


class Text(Answer, frozen=True, kw_only=True):
    """The same in both languages."""

    en: Annotated[str, Meta(description="in English")]
    zh: Annotated[str, Meta(description="in Chinese")]


class Destination(Answer, frozen=True, kw_only=True):
    """Where people can do properly what a rule refuses."""

    name: Annotated[str, Meta(description="its name in the policy")]
    title: Annotated[Text, Meta(description="what it is called")]
    how: Annotated[Text, Meta(description="how to get there")]


class Reason(Answer, frozen=True, kw_only=True):
    """Why: one rule that holds."""

    rule: Annotated[str, Meta(description="id of the rule")]
    clause: Annotated[str, Meta(description="the clause that it enforces")]
    layer: Annotated[Layer, Meta(description="law or house")]
    verdict: Annotated[Verdict, Meta(description="what the rule asks for")]
    because: Annotated[Text, Meta(description="the reason, for the person concerned")]
    comply: Annotated[Text | None, Meta(description="how to put it right")] = None
    way_out: Annotated[Destination | None, Meta(description="where it has its place")] = None
    label: Annotated[Text | None, Meta(description="what a label says")] = None


class Screened(Decision, frozen=True, kw_only=True):
    """The decision on a submission, with its reasons. ``id`` is the item's, unchanged."""

    decision: Annotated[
        str | None, Meta(description="the decision's own, unguessable id; null while provisional")
    ]
    revision: Annotated[int, Meta(description="which revision of the item was decided")]
    state: Annotated[ItemState, Meta(description="what is to be done with the item now")]
    stage: Annotated[Stage, Meta(description="before or after publication, or late")]
    reach: Annotated[
        float | None, Meta(description="share of the audience that a `limit` leaves")
    ] = None
    reasons: Annotated[list[Reason], Meta(description="the rules that hold, strongest first")]
    appeal_until: Annotated[
        datetime | None,
        Meta(
            description="until when the person can appeal, free, naming the decision; null when "
            "the item is allowed, or waits until a person decides"
        ),
    ] = None
    link: Annotated[
        str | None,
        Meta(
            description="the page about the decision, for the person concerned and nobody else; "
            "only a path while the service has no `public_url`; null when the item is allowed"
        ),
    ] = None
    repeated: Annotated[
        bool, Meta(description="the same item with the same content was decided before")
    ] = False
    provisional: Annotated[
        bool,
        Meta(
            description="the deadline was missed, or the store is away: the surface's fail policy "
            "speaks; the decision follows as an event"
        ),
    ] = False


class Batch(Request, frozen=True, kw_only=True):
    """Many items at once."""

    items: Annotated[
        list[Submission], Meta(description="the items, at most 10,000", max_length=MOST_ITEMS)
    ]


class BatchRow(Submission, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An item of a batch as it is read. One of a sealed surface is read too, so that it alone is
    set aside, but its content is dropped at once.

    >>> msgspec.convert({"id": "7", "surface": "private_chat", "text": "你好"}, BatchRow).text
    """

    def __post_init__(self) -> None:
        if self.surface.sealed:
            for name in _BEYOND_A_SEALED_ITEM:
                msgspec.structs.force_setattr(self, name, getattr(_EMPTY, name))


_EMPTY = Submission(id="")
_BEYOND_A_SEALED_ITEM = [
    name for name in Submission.__struct_fields__ if name not in SealedItem.__struct_fields__
]


class BatchRows(Batch, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A batch as it is read."""

    items: Annotated[list[BatchRow], Meta(max_length=MOST_ITEMS)]  # type: ignore[assignment]


class Rejected(Answer, frozen=True, kw_only=True):
    """An item of a batch that cannot be decided; the others are."""

    index: Annotated[int, Meta(description="its place in the batch, from 0")]
    field: Annotated[str | None, Meta(description="the field that is wrong")]
    code: Annotated[str, Meta(description="the kind of error")]
    detail: Annotated[str, Meta(description="what is wrong, and how to mend it")]


class BatchAnswer(Answer, frozen=True, kw_only=True):
    """The decisions on a batch, in the order of its items, and the items set aside."""

    items: Annotated[list[Screened], Meta(description="the decisions")]
    rejected: Annotated[list[Rejected], Meta(description="what could not be decided, and why")]


class ItemRecord(Answer, frozen=True, kw_only=True):
    """What is known of an item, without its content."""

    id: Annotated[str, Meta(description="the host's own name of the item")]
    network: Annotated[str, Meta(description="name of the policy that governs it")]
    surface: Annotated[Surface, Meta(description="where it appears")]
    account: Annotated[str | None, Meta(description="who published it")]
    parent: Annotated[str | None, Meta(description="the item it answers")]
    revision: Annotated[int, Meta(description="how often its content came")]
    state: Annotated[ItemState, Meta(description="published, held, refused, removed or deleted")]
    hidden_by: Annotated[
        str | None, Meta(description="the decision on its parent that took it down along")
    ]
    decision: Annotated[str, Meta(description="the decision in force")]
    received: Annotated[datetime, Meta(description="when it was first screened")]
    updated: Annotated[datetime, Meta(description="when its state last changed")]


class DecisionRecord(Answer, frozen=True, kw_only=True):
    """A decision as it stands in the store, without the item's content."""

    id: Annotated[str, Meta(description="the decision's own id")]
    item: Annotated[str, Meta(description="the item decided")]
    revision: Annotated[int, Meta(description="which revision of it")]
    account: Annotated[str | None, Meta(description="who published it")]
    network: Annotated[str, Meta(description="name of the policy")]
    surface: Annotated[Surface, Meta(description="where it appears")]
    stage: Annotated[Stage, Meta(description="how it came to be decided")]
    decided: Annotated[datetime, Meta(description="when")]
    by: Annotated[str, Meta(description="who decided: screen, or a reviewer")]
    verdict: Annotated[Verdict, Meta(description="what happens to the item")]
    lawful: Annotated[bool, Meta(description="no rule of the law layer refuses it")]
    permitted: Annotated[bool, Meta(description="no rule of either layer refuses it")]
    promotion: Annotated[float | None, Meta(description="probability that it sells")]
    goods_category: Annotated[str | None, Meta(description="goods or service")]
    goods_tier: Annotated[str | None, Meta(description="tier of the goods")]
    reasons: Annotated[list[Reason], Meta(description="the rules that hold, strongest first")]
    policy: Annotated[str, Meta(description="policy name and version")]
    supersedes: Annotated[str | None, Meta(description="the decision it takes the place of")]
    undone: Annotated[datetime | None, Meta(description="when it was undone")]
    undone_by: Annotated[str | None, Meta(description="by whom")]


def as_text(words: object) -> Text | None:
    """A policy's words as an answer; None stays None."""
    return None if words is None else msgspec.convert(words, Text, from_attributes=True)
