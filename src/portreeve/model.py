"""The words everybody uses: surfaces, items, accounts, relation events, verdicts, decisions.

Each field is defined once, here, as a typed and described attribute of a struct. The Arrow
schema (:func:`columns`), the JSON schema (:func:`json_schema`), the checks on input and the docs
page all derive from these definitions.
"""

from __future__ import annotations

import enum
import functools
import types
import typing
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, Literal

import msgspec
from msgspec import Meta

if TYPE_CHECKING:
    import polars as pl


class SealedSurfaceError(ValueError):
    """Content was sent to a sealed surface. The message names the surface, never the content."""

    def __init__(self, surface: str) -> None:
        super().__init__(
            f"surface {str(surface)!r} is sealed: its items have no content. "
            f"Leave out {', '.join(CONTENT_FIELDS)}."
        )


class SurfaceState(enum.StrEnum):
    """What a policy says of a surface."""

    governed = "governed"
    sealed = "sealed"
    off = "off"


class Surface(enum.StrEnum):
    """A place where something appears.

    >>> Surface("moments").meaning
    "the friends' feed"
    >>> Surface.private_chat.sealed
    True
    """

    moments = "moments"
    comment = "comment"
    profile = "profile"
    group = "group"
    private_chat = "private_chat"
    public_account = "public_account"
    search_ad = "search_ad"
    live = "live"
    share_api = "share_api"
    group_buy = "group_buy"
    short_video = "short_video"

    @property
    def meaning(self) -> str:
        return _SURFACES[self]

    @property
    def sealed(self) -> bool:
        """Whether no content of this surface may ever reach Portreeve, whatever a policy says."""
        return self is Surface.private_chat


_SURFACES = {
    Surface.moments: "the friends' feed",
    Surface.comment: "a comment under a post",
    Surface.profile: "name, signature and pinned text of an account",
    Surface.group: "a post in an open group",
    Surface.private_chat: "a chat between people; sealed: its items have no content",
    Surface.public_account: "a channel people choose to follow",
    Surface.search_ad: "an advertisement beside search results",
    Surface.live: "title, pinned text and announcements of a live room",
    Surface.share_api: "a link or card shared from another application",
    Surface.group_buy: "a group-buying deal",
    Surface.short_video: "title and caption of a short video",
}


class Verdict(enum.StrEnum):
    """What happens to an item, in rising order of severity.

    ``refuse`` and ``remove`` are one step: refused before publication, removed after it.

    >>> Verdict.strongest(["label", "hold", "allow"])
    <Verdict.hold: 'hold'>
    """

    allow = "allow"
    label = "label"
    limit = "limit"
    hold = "hold"
    refuse = "refuse"
    remove = "remove"

    @property
    def rank(self) -> int:
        """Place in the lattice, 0 (allow) to 4 (refuse and remove)."""
        return min(list(Verdict).index(self), 4)

    @property
    def meaning(self) -> str:
        return _VERDICTS[self]

    @classmethod
    def strongest(cls, verdicts: typing.Iterable[str]) -> Verdict:
        """The strongest of several verdicts; ``allow`` when there is none."""
        return max((cls(v) for v in verdicts), key=lambda v: v.rank, default=cls.allow)


_VERDICTS = {
    Verdict.allow: "appears as it is",
    Verdict.label: "appears with a label",
    Verdict.limit: "appears to fewer people",
    Verdict.hold: "waits until a person decides",
    Verdict.refuse: "does not appear (decided before publication)",
    Verdict.remove: "is taken down (decided after publication)",
}

Layer = Literal["law", "house"]
Tier = Literal["white", "grey", "grey-strict", "black"]
TIERS: tuple[str, ...] = typing.get_args(Tier)
Standing = Literal["person", "merchant", "verified_merchant", "campus_member"]
Licence = Literal["none", "claimed", "verified"]
PriceKind = Literal["price", "discount", "coupon", "commission"]
Intent = Literal[
    "micro_business",
    "recruitment",
    "coupon_affiliate",
    "funnel",
    "brand",
    "illicit",
    "disguised_medical",
    "soft_ad",
]
INTENTS: tuple[str, ...] = typing.get_args(Intent)
RelationKind = Literal[
    "friend_requested",
    "friend_added",
    "follower_added",
    "group_joined",
    "room_entered",
    "group_owned",
    "room_opened",
]
RELATION_KINDS: tuple[str, ...] = typing.get_args(RelationKind)
ABOUT_A_PLACE = frozenset({"group_owned", "room_opened"})
"""Relation events that say nothing without the group or room."""


class _Envelope(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is known of an item from outside, without looking into it."""

    id: Annotated[str | int, Meta(description="the host's own name of the item")]
    surface: Annotated[Surface, Meta(description="where it appears")] = Surface.moments
    account: Annotated[str | None, Meta(description="who publishes it")] = None
    audience: Annotated[
        str | None, Meta(description="who can see it, in the host's own words (friends, campus:a)")
    ] = None
    time: Annotated[
        datetime | None, Meta(description="when, with offset; UTC when it has none")
    ] = None
    standing: Annotated[
        Standing | None, Meta(description="what the account is, as the host knows it")
    ] = None
    licence: Annotated[
        Licence | None,
        Meta(
            description="whether a licence of the account for these goods is on file, and verified"
        ),
    ] = None


class SealedItem(_Envelope, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One thing published on a sealed surface: it has no content field at all.

    >>> msgspec.convert({"id": "7", "surface": "private_chat"}, SealedItem).surface
    <Surface.private_chat: 'private_chat'>
    """


class Item(_Envelope, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One thing published by an account on a governed surface, to an audience.

    >>> Item(id="1", text="猫睡着了").surface
    <Surface.moments: 'moments'>
    """

    text: Annotated[str | None, Meta(description="the words, as people see them")] = None
    links: Annotated[
        list[str], Meta(description="addresses attached to it beside those in the text")
    ] = msgspec.field(default_factory=list)
    disclosed: Annotated[
        bool | None, Meta(description="the account declared it as advertising")
    ] = None
    codes: Annotated[
        list[str], Meta(description="what the QR and bar codes in its pictures say")
    ] = msgspec.field(default_factory=list)
    picture_text: Annotated[str | None, Meta(description="the words read in its pictures")] = None

    def __post_init__(self) -> None:
        if Surface(self.surface).sealed:
            raise SealedSurfaceError(self.surface)


class Account(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who publishes."""

    id: Annotated[str, Meta(description="the host's own name of the account")]
    standing: Annotated[Standing, Meta(description="what the account is")] = "person"
    created: Annotated[datetime | None, Meta(description="when it was opened")] = None
    friends: Annotated[
        Annotated[int, Meta(ge=0)] | None, Meta(description="how many mutual friends")
    ] = None
    followers: Annotated[
        Annotated[int, Meta(ge=0)] | None, Meta(description="how many followers")
    ] = None


class RelationEvent(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A change between accounts, as metadata only: it has no content field."""

    kind: Annotated[
        RelationKind,
        Meta(
            description="what happened; group_owned: the account owns the group `other` from now "
            "on; room_opened: the account opened the live room `other`"
        ),
    ]
    account: Annotated[str, Meta(description="the account it happened to, or that did it")]
    other: Annotated[
        str | None, Meta(description="the group or room, never the other person of a pair")
    ] = None
    time: Annotated[datetime, Meta(description="when, with offset")]


class Price(msgspec.Struct, frozen=True, kw_only=True):
    """An amount of money, or of percent, named in the text."""

    amount: Annotated[
        float, Meta(description="in major units of the currency; percent for a discount")
    ]
    currency: Annotated[str, Meta(description="ISO 4217 code; % for a share of the price")]
    kind: Annotated[PriceKind, Meta(description="what the amount is")]


class Evidence(msgspec.Struct, frozen=True, kw_only=True):
    """One place in the item that the decision rests on."""

    field: Annotated[str, Meta(description="text, links.N, picture_text or codes.N")]
    start: Annotated[int, Meta(description="first character, counted in Unicode code points", ge=0)]
    end: Annotated[int, Meta(description="one past the last character", ge=0)]
    what: Annotated[str, Meta(description="what stands there, such as contact wechat:abc12345")]


class Decision(msgspec.Struct, frozen=True, kw_only=True):
    """What was decided of one item, and why. One row per item, in the order of the items."""

    id: Annotated[str | int, Meta(description="the item's id, unchanged")]
    surface: Annotated[Surface, Meta(description="where it appears")]
    verdict: Annotated[Verdict, Meta(description="the strongest verdict of the rules that hold")]
    lawful: Annotated[bool, Meta(description="no rule of the law layer refuses it")]
    permitted: Annotated[bool, Meta(description="no rule of either layer refuses or removes it")]
    rules: Annotated[list[str], Meta(description="ids of all rules that hold, strongest first")]
    clauses: Annotated[list[str], Meta(description="the clauses those rules enforce, same order")]
    promotion: Annotated[
        float | None, Meta(description="probability that it sells, promotes, recruits or solicits")
    ]
    intent: Annotated[
        Intent | None,
        Meta(
            description="the likeliest intent; null when promotion is below 0.5 or none reaches 0.1"
        ),
    ]
    goods_category: Annotated[str | None, Meta(description="id in the table of goods and services")]
    goods_tier: Annotated[Tier | None, Meta(description="the policy's tier of that category")]
    contacts: Annotated[
        list[str], Meta(description="handles, one key each, such as wechat:abc12345")
    ]
    prices: Annotated[list[Price], Meta(description="amounts named in the text")]
    links: Annotated[list[str], Meta(description="hosts of the links, and share codes")]
    evidence: Annotated[list[Evidence], Meta(description="places the decision rests on")]
    policy: Annotated[str, Meta(description="policy name and version")]


CONTENT_FIELDS: tuple[str, ...] = tuple(
    name for name in Item.__struct_fields__ if name not in SealedItem.__struct_fields__
)

STRUCTS: tuple[type[msgspec.Struct], ...] = (
    Item,
    SealedItem,
    Account,
    RelationEvent,
    Decision,
    Price,
    Evidence,
)


class FieldInfo(typing.NamedTuple):
    """One field of a struct: its name, its Python type as text, and its meaning."""

    name: str
    type: str
    meaning: str


def fields(struct: type[msgspec.Struct]) -> list[FieldInfo]:
    """The fields of a struct in order, with type and meaning.

    >>> fields(Evidence)[0]
    FieldInfo(name='field', type='str', meaning='text, links.N, picture_text or codes.N')
    """
    hints = typing.get_type_hints(struct, include_extras=True)
    return [
        FieldInfo(name, _type_name(hints[name]), _meaning(hints[name]))
        for name in struct.__struct_fields__
    ]


def columns(struct: type[msgspec.Struct]) -> dict[str, pl.DataType]:
    """The struct's Arrow columns: field name to polars type.

    >>> columns(Evidence)["start"]
    Int64
    """
    return dict(_columns(struct))


@functools.cache
def _columns(struct: type[msgspec.Struct]) -> tuple[tuple[str, pl.DataType], ...]:
    hints = typing.get_type_hints(struct)
    return tuple((name, _column_type(hints[name])) for name in struct.__struct_fields__)


def json_schema(struct: type[msgspec.Struct]) -> dict[str, Any]:
    """The struct's JSON schema (draft 2020-12), with the meanings as descriptions."""
    return msgspec.json.schema(struct)


def _meaning(hint: Any) -> str:
    for extra in getattr(hint, "__metadata__", ()):
        if isinstance(extra, Meta) and extra.description:
            return extra.description
    raise TypeError(f"a field without a description: {hint!r}")


def _bare(hint: Any) -> Any:
    """The type itself: without its description, and without None."""
    if typing.get_origin(hint) is Annotated:
        hint = typing.get_args(hint)[0]
    if typing.get_origin(hint) in (typing.Union, types.UnionType):
        options = [a for a in typing.get_args(hint) if a is not type(None)]
        # an id may be text or a number; text holds both
        return str if str in options else options[0]
    return hint


def _type_name(hint: Any) -> str:
    if typing.get_origin(hint) is Annotated:
        hint = typing.get_args(hint)[0]
    if isinstance(hint, type) and not typing.get_args(hint):
        return hint.__name__
    if typing.get_origin(hint) is Literal:
        return " | ".join(typing.get_args(hint))
    if typing.get_origin(hint) in (typing.Union, types.UnionType):
        return " | ".join(_type_name(a) for a in typing.get_args(hint)).replace("NoneType", "null")
    if typing.get_origin(hint) is list:
        return f"list of {_type_name(typing.get_args(hint)[0])}"
    raise TypeError(f"no name for the type {hint!r}")


def _column_type(hint: Any) -> pl.DataType:
    import polars as pl

    kind = _bare(hint)
    if typing.get_origin(kind) is list:
        return pl.List(_column_type(typing.get_args(kind)[0]))
    if typing.get_origin(kind) is Literal:
        return pl.String()
    if issubclass(kind, str):
        return pl.String()
    if issubclass(kind, bool):
        return pl.Boolean()
    if issubclass(kind, int):
        return pl.Int64()
    if issubclass(kind, float):
        return pl.Float64()
    if issubclass(kind, datetime):
        return pl.Datetime("us", "UTC")
    if issubclass(kind, msgspec.Struct):
        return pl.Struct(columns(kind))
    raise TypeError(f"no column type for {hint!r}")
