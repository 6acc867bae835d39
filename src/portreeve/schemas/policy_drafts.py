"""Drafts of policies: texts that somebody writes, checks and tries before proposing them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import Meta

from portreeve.model import Surface
from portreeve.schemas.base import Answer, NetworkName, Request
from portreeve.schemas.policies import Effective, Why

Text = Annotated[str, Meta(description="the policy, in YAML", max_length=4_194_304)]
Rationale = Annotated[str, Meta(description="why, so far", max_length=10_000)]


class DraftOrigin(Request, frozen=True, kw_only=True):
    """What a draft begins from."""

    network: Annotated[NetworkName, Meta(description="the policy")]
    version: Annotated[
        str | None, Meta(description="the version; the one in force when left out")
    ] = None
    whole: Annotated[
        bool,
        Meta(description="copy the whole text, even where a text that extends it would do"),
    ] = False
    when: Annotated[
        str | None,
        Meta(description="the condition of a new rule, in SQL", max_length=8_000),
    ] = None


class SaveDraft(Request, frozen=True, kw_only=True):
    """A draft as it stands now."""

    network: Annotated[NetworkName, Meta(description="the policy that it was begun for")]
    base: Annotated[
        Annotated[str, Meta(pattern="^.+@.+$")] | None,
        Meta(description="name and version of what it was begun from"),
    ] = None
    text: Text
    rationale: Rationale = ""
    revision: Annotated[
        int | None,
        Meta(description="the revision that was seen last; a draft saved since is not overwritten"),
    ] = None


class ProposeDraft(Request, frozen=True, kw_only=True):
    """Let a draft become a version."""

    rationale: Why
    effective: Effective = None


class TryPost(Request, frozen=True, kw_only=True):
    """A post that nobody published, to see what a text decides of it."""

    text: Annotated[str, Meta(description="its words", min_length=1, max_length=20_000)]
    surface: Annotated[Surface, Meta(description="where")] = Surface.moments
    standing: Annotated[str, Meta(description="what its account is")] = "person"
    licence: Annotated[str, Meta(description="its seller's licence")] = "none"
    disclosed: Annotated[bool, Meta(description="declared as advertising")] = False
    known: Annotated[
        dict[str, float | bool],
        Meta(description="what counters and signals of memory tell of it, by name; else NULL"),
    ] = msgspec.field(default_factory=dict)
    rule: Annotated[str | None, Meta(description="a rule to explain, whether it holds or not")] = (
        None
    )


class PolicyDraft(Answer, frozen=True, kw_only=True):
    """A draft, its writer's alone."""

    id: Annotated[str, Meta(description="unguessable name")]
    network: Annotated[str, Meta(description="the policy that it was begun for")]
    base: Annotated[str | None, Meta(description="the version that it was begun from")]
    text: Annotated[str, Meta(description="the policy so far, in YAML")]
    rationale: Annotated[str, Meta(description="why it will be proposed, so far")]
    revision: Annotated[int, Meta(description="how often it was saved")]
    created: Annotated[datetime, Meta(description="when it was begun")]
    changed: Annotated[datetime, Meta(description="when it was saved last")]
