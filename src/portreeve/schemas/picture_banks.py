"""Banks of known pictures: hashes by which a picture is found again, without the picture."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from portreeve.schemas.base import Answer, Request

BankName = Annotated[str, Meta(min_length=1, max_length=100, pattern=r"^\S(.*\S)?$(?!\n)")]
BankWords = Annotated[str, Meta(max_length=1_000)]
Pdq = Annotated[str, Meta(pattern=r"^[0-9a-fA-F]{64}$(?!\n)")]
Label = Annotated[str, Meta(max_length=200)]
Tags = Annotated[
    list[Annotated[str, Meta(min_length=1, max_length=100)]],
    Meta(description="words by which pictures are told apart", max_length=20),
]
Quality = Annotated[int, Meta(ge=0, le=100)]
BankFormat = Literal["text", "csv", "json", "hma"]
Source = Literal["picture", "file", "hash", "import"]


class NewPictureBank(Request, frozen=True, kw_only=True):
    """A bank, empty and enabled."""

    name: Annotated[BankName, Meta(description="what it is called; no other bank is called so")]
    words: Annotated[BankWords, Meta(description="what it holds, and why")] = ""


class PictureBankChange(Request, frozen=True, kw_only=True):
    """What to change of a bank; what is not given stays."""

    words: Annotated[BankWords | UnsetType, Meta(description="what it holds, and why")] = UNSET
    enabled: Annotated[
        bool | UnsetType, Meta(description="whether pictures are held against it")
    ] = UNSET


class PictureBank(Answer, frozen=True, kw_only=True):
    """A bank of known pictures."""

    id: Annotated[str, Meta(description="its id")]
    name: Annotated[str, Meta(description="what it is called")]
    words: Annotated[str, Meta(description="what it holds, and why")]
    enabled: Annotated[bool, Meta(description="whether pictures are held against it")]
    pictures: Annotated[int, Meta(description="how many pictures it holds")]
    by: Annotated[str, Meta(description="who made it")]
    created: Annotated[datetime, Meta(description="when it was made")]


class NewBankPicture(Request, frozen=True, kw_only=True):
    """A picture for a bank: one of `picture`, `data` and `pdq` says which. Its hash is kept."""

    picture: Annotated[
        Annotated[str, Meta(max_length=100)] | None,
        Meta(description="the id of a picture that an item showed"),
    ] = None
    data: Annotated[
        bytes | None, Meta(description="a file, in base64; it is hashed, and not kept")
    ] = None
    pdq: Annotated[Pdq | None, Meta(description="its PDQ hash, in hex")] = None
    quality: Annotated[Quality | None, Meta(description="of the hash in `pdq`, if known")] = None
    label: Annotated[Label, Meta(description="what to call the picture")] = ""
    tags: Tags = msgspec.field(default_factory=list)


class BankPicture(Answer, frozen=True, kw_only=True):
    """A picture in a bank, by its hash alone."""

    id: Annotated[str, Meta(description="its id")]
    pdq: Annotated[str, Meta(description="its PDQ hash, in hex")]
    label: Annotated[str, Meta(description="what it is called")]
    tags: Annotated[list[str], Meta(description="words by which pictures are told apart")]
    quality: Annotated[int | None, Meta(description="of the hash, 0 to 100; null if not known")]
    source: Annotated[
        Source,
        Meta(
            description="whence its hash: of a picture that an item showed, of a file, given as it "
            "is, or imported"
        ),
    ]
    added: Annotated[datetime, Meta(description="when it was added")]
    by: Annotated[str, Meta(description="who added it")]


class BankFile(Request, frozen=True, kw_only=True):
    """A file of hashes; its format is told by its beginning."""

    data: Annotated[bytes, Meta(description="the file, in base64")]


class LeftOutRow(Answer, frozen=True, kw_only=True):
    """A row of a file that is not in the bank."""

    row: Annotated[int, Meta(description="its number, from 1")]
    why: Annotated[
        Literal["another kind", "no hash", "not harmful", "withdrawn", "not readable"],
        Meta(description="the reason, in a word or two"),
    ]
    remedy: Annotated[str, Meta(description="what to do")]


class BankImport(Answer, frozen=True, kw_only=True):
    """What became of a file."""

    added: Annotated[int, Meta(description="pictures that are new in the bank")]
    known: Annotated[
        int, Meta(description="pictures that were there already, and stay as they are")
    ]
    left_out: Annotated[int, Meta(description="rows that are not in the bank")]
    rows: Annotated[list[LeftOutRow], Meta(description="the first hundred of these")]


class ExportQuery(Request, frozen=True, kw_only=True):
    """How a bank is written."""

    format: Annotated[
        BankFormat,
        Meta(
            description="json: a page of ThreatExchange's /threat_updates; text: lines for "
            "python-threatexchange; hma: a body for HMA on each line; csv: a table"
        ),
    ] = "json"


class BankExport(Answer, frozen=True, kw_only=True):
    """A bank as a file."""

    name: Annotated[str, Meta(description="a name for the file")]
    format: Annotated[BankFormat, Meta(description="how it is written")]
    data: Annotated[bytes, Meta(description="the file, in base64")]
