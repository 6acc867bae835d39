"""What codes say, parsed into the contacts and links of texts.

They are measured as the codes of an item are, see :mod:`portreeve.signals.payloads`, so that what
is shown of a code is what a post that shows it is judged by.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import msgspec
import polars as pl

from portreeve.signals.payloads import read_payload
from portreeve.signals.spans import CONTACT, CONTACT_KINDS, LINK, SHARE_CODE
from portreeve.signals.text import measure

Kind = Literal["contact", "group", "payment", "link", "text", "number"]


class Contact(msgspec.Struct, frozen=True):
    """A handle: what it is of (as in texts), and its key."""

    kind: str
    key: str


class Link(msgspec.Struct, frozen=True):
    """Where a link or a share code leads: key, host, class of the place, registered domain."""

    key: str
    host: str | None = None
    host_class: str | None = None
    registrable: str | None = None


class LeadsTo(msgspec.Struct, frozen=True):
    """What a code says. ``service``: whose code it is, where its address tells.

    ``kind``: a person's or shop's account, a group to join, a payment, another address, words, or
    the number of a product or parcel.
    """

    kind: Kind
    service: str | None = None
    contacts: tuple[Contact, ...] = ()
    links: tuple[Link, ...] = ()


_READ_AS_TEXT = ("Aztec", "Data Matrix", "PDF417", "QR Code")
"""Formats that hold words; the others hold numbers of goods and parcels."""


def parse(payloads: Sequence[tuple[str, str]]) -> list[LeadsTo]:
    """What codes say, given format and text of each.

    >>> parse([("QR Code", "https://t.me/some_shop")])[0].contacts
    (Contact(kind='telegram', key='some_shop'),)
    """
    if not payloads:
        return []
    said = [text if format_.startswith(_READ_AS_TEXT) else None for format_, text in payloads]
    codes = [[] if text is None else [text] for text in said]
    places = measure(
        pl.Series([""] * len(said), dtype=pl.String),
        codes=pl.Series(codes, dtype=pl.List(pl.String)),
    ).places
    contacts: list[dict[Contact, None]] = [{} for _ in said]
    for row, at, key in places.keyed(places.of(CONTACT)):
        contacts[row][Contact(CONTACT_KINDS[places.records["sub"][at]], key)] = None
    links: list[dict[Link, None]] = [{} for _ in said]
    for row, at, key in places.keyed(places.of(LINK, SHARE_CODE)):
        links[row][Link(key, *places.targets[places.leads[at]])] = None
    return [
        LeadsTo(*_told(text), contacts=tuple(held), links=tuple(led))
        for text, held, led in zip(said, contacts, links, strict=True)
    ]


def _told(text: str | None) -> tuple[Kind, str | None]:
    if text is None:
        return "number", None
    told = read_payload(text)
    return told.kind, told.service
