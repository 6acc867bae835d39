"""What everybody may know of the policies: which is in force, and how it came to be."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from portreeve.schemas.base import Answer
from portreeve.schemas.enforcement import Language
from portreeve.schemas.policies import Bilingual, PolicyRecord, RecordKind

ChangeTiming = Literal["coming", "in_force", "past", "withdrawn", "void"]
Edit = Literal["same", "added", "removed"]


class PublicNetwork(Answer, frozen=True, kw_only=True):
    """A network and what governs it."""

    name: Annotated[str, Meta(description="the name of the policy that governs it")]
    title: Annotated[Bilingual, Meta(description="what it is called")]
    network: Annotated[Bilingual | None, Meta(description="what kind of network it is")]
    policy: Annotated[str, Meta(description="the version in force")]
    since: Annotated[datetime, Meta(description="since when")]


class Piece(msgspec.Struct, frozen=True):
    """A stretch of a text that changed."""

    edit: Annotated[Edit, Meta(description="same, added or removed")]
    text: Annotated[str, Meta(description="the stretch")]


class Difference(Answer, frozen=True, kw_only=True):
    """One thing that a version changed."""

    clause: Annotated[str | None, Meta(description="the clause it stands in, if it is in one")]
    where: Annotated[Bilingual, Meta(description="clause, definition, or part of the document")]
    id: Annotated[str, Meta(description="its name in the policy")]
    what: Annotated[Bilingual | None, Meta(description="what of it; null when it came or went")]
    how: Annotated[Literal["added", "removed", "changed"], Meta(description="how it changed")]
    language: Annotated[Language | None, Meta(description="of which language the text is")]
    code: Annotated[bool, Meta(description="it is a condition, no prose")]
    before: Annotated[str | None, Meta(description="as it was")]
    after: Annotated[str | None, Meta(description="as it is")]
    pieces: Annotated[list[Piece], Meta(description="both, with what came and went marked")]


class PublicChange(Answer, frozen=True, kw_only=True):
    """A decision that changed what is in force, as it was signed."""

    id: Annotated[str, Meta(description="its name")]
    kind: Annotated[RecordKind, Meta(description="what was decided")]
    policy: Annotated[str, Meta(description="the version")]
    version: Annotated[str, Meta(description="the version, without the policy's name")]
    effective: Annotated[datetime, Meta(description="from when on")]
    percent: Annotated[float | None, Meta(description="of a roll-out: of the accounts")]
    timing: Annotated[
        ChangeTiming,
        Meta(description="coming, in_force, past, withdrawn; void: its record does not verify"),
    ]
    verified: Annotated[
        bool, Meta(description="its record is signed with a key of this service, for this text")
    ]
    record: Annotated[
        PolicyRecord | None,
        Meta(description="the signed record, to be verified by anyone; null when it was destroyed"),
    ]


class ChangeLog(Answer, frozen=True, kw_only=True):
    """How the policy of a network came to be what it is, the latest change first."""

    name: Annotated[str, Meta(description="the name of the policy")]
    title: Annotated[Bilingual, Meta(description="what it is called")]
    changes: Annotated[list[PublicChange], Meta(description="the changes of this page")]
    differences: Annotated[
        dict[str, list[Difference]],
        Meta(description="by change: what the version changed of the one that was in force"),
    ]
    next: Annotated[str | None, Meta(description="`cursor` of the page after")]


class PublicText(Answer, frozen=True, kw_only=True):
    """The text of a version, as it is enforced."""

    policy: Annotated[str, Meta(description="name and version")]
    text: Annotated[str, Meta(description="the policy, in YAML")]
    sha256: Annotated[str, Meta(description="SHA-256 of the text, as the records name it")]
