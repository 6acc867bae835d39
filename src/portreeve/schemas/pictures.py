"""Pictures: sent beforehand, named by the items that show them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from portreeve.model import Surface, Verdict
from portreeve.schemas.base import Answer, HostName, Request

Words = Literal["unwanted", "waiting", "reading", "read", "none", "shed", "failed"]


class PictureUpload(Request, frozen=True, kw_only=True):
    """A picture that an item is going to show."""

    account: Annotated[
        HostName | None, Meta(description="who publishes it; its key seals the picture")
    ] = None
    data: Annotated[bytes, Meta(description="the file, in base64")]


class PictureRecord(Answer, frozen=True, kw_only=True):
    """What is known of a picture, without what it shows."""

    id: Annotated[str, Meta(description="the name by which items show it")]
    format: Annotated[str, Meta(description="as what it was decoded, such as JPEG")]
    width: Annotated[int, Meta(description="pixels, as it is shown")]
    height: Annotated[int, Meta(description="pixels, as it is shown")]
    frames: Annotated[int, Meta(description="frames or pages of the file")]
    codes: Annotated[int, Meta(description="how many QR and bar codes are in it")]
    words: Annotated[
        Words,
        Meta(
            description="whether its words are read: waiting or reading; read; none, when a cheap "
            "test saw no text; shed, when too many pictures waited; failed; unwanted, when words "
            "in pictures are not read here"
        ),
    ]
    known: Annotated[
        list[str], Meta(description="the banks that hold a picture which looks like it")
    ]
    stored: Annotated[datetime, Meta(description="when it came")]


class PictureBox(Answer, frozen=True, kw_only=True):
    """A part of a picture: a quadrangle, turned as what stands there is turned."""

    frame: Annotated[int, Meta(description="which frame or page, from 0", ge=0)]
    corners: Annotated[
        list[int],
        Meta(
            description="x and y of its four corners in turn, in pixels of the picture as it is "
            "shown",
            min_length=8,
            max_length=8,
        ),
    ]


class PictureCode(Answer, frozen=True, kw_only=True):
    """A QR or bar code in a picture, and what it leads to."""

    kind: Annotated[str, Meta(description="what it is by itself, such as QR Code")]
    text: Annotated[str, Meta(description="what it says")]
    box: Annotated[PictureBox, Meta(description="where it is")]
    leads_to: Annotated[
        Literal["contact", "group", "payment", "link", "text", "number"],
        Meta(description="a person's or shop's account, a group, a payment, an address, words, or "
             "the number of a product"),
    ]  # fmt: skip
    service: Annotated[
        str | None, Meta(description="whose code it is, such as wechat, where its address tells")
    ] = None
    contacts: Annotated[
        list[str], Meta(description="handles it leads to, such as wechat:abc12345")
    ] = msgspec.field(default_factory=list)


class PictureLine(Answer, frozen=True, kw_only=True):
    """A line of words in a picture."""

    text: Annotated[str, Meta(description="the words")]
    box: Annotated[PictureBox, Meta(description="where they stand")]


class PicturePlace(Answer, frozen=True, kw_only=True):
    """A place in a picture that the decision rests on."""

    field: Annotated[
        Literal["text", "code"],
        Meta(description="text: in the words read in the picture; code: a whole code"),
    ]
    start: Annotated[int, Meta(description="first character, in the picture's words or the code")]
    end: Annotated[int, Meta(description="one past the last character")]
    what: Annotated[str, Meta(description="what stands there, such as contact wechat:abc12345")]
    boxes: Annotated[list[PictureBox], Meta(description="where that is, a line at a time")]


class ItemPicture(Answer, frozen=True, kw_only=True):
    """A picture that an item shows, as whoever decides sees it."""

    id: Annotated[str, Meta(description="the picture")]
    gone: Annotated[bool, Meta(description="it was deleted, or its person erased")] = False
    width: Annotated[int, Meta(description="pixels, as it is shown")] = 0
    height: Annotated[int, Meta(description="pixels, as it is shown")] = 0
    frames: Annotated[int, Meta(description="frames or pages of the file")] = 1
    words: Annotated[Words, Meta(description="whether its words are read")] = "unwanted"
    text: Annotated[str, Meta(description="the words read in it")] = ""
    lines: Annotated[list[PictureLine], Meta(description="the same line by line")] = msgspec.field(
        default_factory=list
    )
    codes: Annotated[list[PictureCode], Meta(description="QR and bar codes in it")] = msgspec.field(
        default_factory=list
    )
    evidence: Annotated[
        list[PicturePlace], Meta(description="places in it that the decision rests on")
    ] = msgspec.field(default_factory=list)


class SimilarPicture(Answer, frozen=True, kw_only=True):
    """An item that shows a picture which looks like one of a case."""

    item: Annotated[str, Meta(description="the item")]
    surface: Annotated[Surface, Meta(description="where it appears")]
    account: Annotated[str | None, Meta(description="who published it")]
    state: Annotated[str, Meta(description="published, held, refused, removed or deleted")]
    decision: Annotated[str, Meta(description="the decision in force")]
    verdict: Annotated[Verdict, Meta(description="what it is")]
    by: Annotated[str, Meta(description="screen, or the reviewer")]
    decided: Annotated[datetime, Meta(description="when")]
    case: Annotated[str | None, Meta(description="the latest case that holds it")]
    bits: Annotated[int, Meta(description="of 256 bits how many differ; up to 31 look the same")]
    same_account: Annotated[bool, Meta(description="of the account whose case it is")]
