"""What all requests and answers share."""

from __future__ import annotations

from typing import Annotated, Generic, TypeVar

import msgspec
from msgspec import Meta

T = TypeVar("T")

LONGEST_NAME = 512
"""How many characters a name may have that the host gives: of an account, of an item."""

HostName = Annotated[str, Meta(min_length=1, max_length=LONGEST_NAME)]
NetworkName = Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9_.-]{0,99}$(?!\n)")]
"""As policies are named; so nobody can put words where they are kept for good."""


class Request(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Something asked of the service; a field that it does not know is refused."""


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """Something the service says."""


class Page(Answer, Generic[T], frozen=True, kw_only=True):
    """Some records of a longer list."""

    items: Annotated[list[T], Meta(description="the records of this page")]
    next: Annotated[
        str | None, Meta(description="give it as `cursor` for the page after; null at the end")
    ] = None


class Paging(Request, frozen=True, kw_only=True):
    """Which page of a list."""

    cursor: Annotated[
        str | None, Meta(description="`next` of the page before; the first page without it")
    ] = None
    limit: Annotated[int, Meta(description="how many records a page has", ge=1, le=500)] = 50
