"""Pictures: sent beforehand, named by the items that show them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from msgspec import Meta

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
