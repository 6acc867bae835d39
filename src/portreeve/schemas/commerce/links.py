"""Links when somebody opens one: open or closed, and why."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from portreeve.model import Surface, Verdict
from portreeve.schemas.base import Answer, HostName, NetworkName, Request
from portreeve.schemas.screening import Reason, Text

Address = Annotated[str, Meta(min_length=1, max_length=4_096)]


class LinkCheck(Request, frozen=True, kw_only=True):
    """A link on a public surface that somebody is about to open. It is not kept."""

    network: Annotated[
        NetworkName | None, Meta(description="the network; the service's default")
    ] = None
    surface: Annotated[
        Surface, Meta(description="where the link stands; a private chat is sealed and has none")
    ]
    link: Annotated[Address, Meta(description="an address, or a share code with its words")]
    chain: Annotated[
        list[Address],
        Meta(description="the addresses it is passed on to, as the host found", max_length=50),
    ] = msgspec.field(default_factory=list)
    account: Annotated[
        HostName | None, Meta(description="who published it, whose links may be blocked")
    ] = None


class LinkChecked(Answer, frozen=True, kw_only=True):
    """Whether a link opens."""

    open: Annotated[bool, Meta(description="let it open")]
    leads_to: Annotated[
        str | None, Meta(description="the class of the place it leads to; null where none is known")
    ]
    label: Annotated[Text | None, Meta(description="what is shown before it opens")] = None
    reasons: Annotated[
        list[Reason], Meta(description="why, with clauses, the strongest first; empty: nothing")
    ]


class SurfaceLinks(Answer, frozen=True, kw_only=True):
    """What holds for the links of one class on one surface, whatever stands around them."""

    surface: Annotated[Surface, Meta(description="the surface")]
    open: Annotated[bool, Meta(description="such a link opens")]
    verdict: Annotated[Verdict, Meta(description="the verdict of the strongest rule")]
    clause: Annotated[str | None, Meta(description="its clause; null: no rule holds")]
    because: Annotated[Text | None, Meta(description="its reason")]


class ClassOnSurfaces(Answer, frozen=True, kw_only=True):
    """A class of links, and where it opens."""

    name: Annotated[str, Meta(description="the class")]
    title: Annotated[Text, Meta(description="what such a link does")]
    example: Annotated[str, Meta(description="an address of the class, of which this was found")]
    surfaces: Annotated[list[SurfaceLinks], Meta(description="every surface that is governed")]


class LinksQuery(Request, frozen=True, kw_only=True):
    """Of which network."""

    network: Annotated[
        NetworkName | None, Meta(description="the network; the service's default")
    ] = None


class OneToOneLinks(Answer, frozen=True, kw_only=True):
    """What holds for links in a chat between two people, where its client judges by itself."""

    clause: Annotated[str, Meta(description="the clause")]
    because: Annotated[Text, Meta(description="the reason")]
    shown_first: Annotated[
        list[str], Meta(description="classes of which the client shows first where they lead")
    ]


class LinkSurfaces(Answer, frozen=True, kw_only=True):
    """Which links open where, by the policy in force."""

    policy: Annotated[str, Meta(description="name and version of the policy")]
    classes: Annotated[list[ClassOnSurfaces], Meta(description="every class of links")]
    one_to_one: Annotated[OneToOneLinks, Meta(description="what holds in a private chat")]


class LinkClass(Answer, frozen=True, kw_only=True):
    """A class of links, and what holds for it one to one."""

    name: Annotated[str, Meta(description="the class")]
    title: Annotated[Text, Meta(description="what such a link does")]
    opens: Annotated[bool, Meta(description="it opens in a chat between two people")]
    shown_first: Annotated[bool, Meta(description="the client shows first where it leads")]


class ShareCodeShape(Answer, frozen=True, kw_only=True):
    """A shape of share codes, as a regular expression over the text as it was written."""

    id: Annotated[str, Meta(description="its name")]
    link_class: Annotated[str, Meta(description="the class of what it opens")]
    regex: Annotated[str, Meta(description="the shape")]
    needs: Annotated[list[str], Meta(description="each must be found in what the shape finds")]


class LinkClasses(Answer, frozen=True, kw_only=True):
    """All that a client needs to judge a link by itself, so that no link of a chat leaves it."""

    version: Annotated[str, Meta(description="changes whenever anything here does")]
    clause: Annotated[str, Meta(description="the clause for links one to one")]
    because: Annotated[Text, Meta(description="the reason")]
    classes: Annotated[list[LinkClass], Meta(description="every class")]
    hosts: Annotated[
        dict[str, str],
        Meta(
            description="class by registrable domain, host, or host with the beginning of a path; "
            "the longest that fits counts"
        ),
    ]
    schemes: Annotated[dict[str, str], Meta(description="class by scheme of an app link")]
    address_words: Annotated[
        dict[str, list[str]], Meta(description="whole words of an address, by the class they tell")
    ]
    share_codes: Annotated[list[ShareCodeShape], Meta(description="shapes of share codes")]
