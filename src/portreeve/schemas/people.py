"""People who sign in to the console: their roles, preferences and sessions."""

from __future__ import annotations

import enum
from datetime import datetime
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from portreeve.schemas.access import NAME, Scope
from portreeve.schemas.base import Answer, Request


class Role(enum.StrEnum):
    """What a person does here; what each may do stands in ``portreeve.service.roles``."""

    reviewer = "reviewer"
    senior = "senior"
    policy_author = "policy-author"
    approver = "approver"
    analyst = "analyst"
    auditor = "auditor"
    administrator = "administrator"


PersonName = Annotated[
    str,
    Meta(
        description="the audit log knows them by this name: 1 to 100 letters, digits and "
        ". _ @ + : -, where capitals count as small letters",
        pattern=NAME,
    ),
]
ShownName = Annotated[str, Meta(min_length=1, max_length=100)]
Email = Annotated[str, Meta(pattern=r"^[^@\s]{1,64}@[^@\s]{1,190}$(?!\n)")]


class Care(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What makes the work of a reviewer bearable."""

    blur: Annotated[
        bool, Meta(description="what cases of black goods show is blurred until it is asked for")
    ] = True
    blur_pictures: Annotated[
        bool, Meta(description="every picture is blurred until it is asked for")
    ] = False
    grey: Annotated[bool, Meta(description="pictures are shown without colour")] = False
    mute: Annotated[bool, Meta(description="sound is off until it is asked for")] = True
    black_in_a_row: Annotated[
        int,
        Meta(description="cases of black goods in a row before others come; 0: no limit", ge=0,
             le=1000),
    ] = 10  # fmt: skip
    break_minutes: Annotated[
        int, Meta(description="minutes of work after which a break is due; 0: never", ge=0, le=480)
    ] = 60


class Preferences(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How a person wants to have the console."""

    language: Annotated[
        Literal["en", "zh"] | None, Meta(description="null: as the browser asks")
    ] = None
    theme: Annotated[
        Literal["light", "dark", "auto"], Meta(description="auto: as the system has it")
    ] = "auto"
    zone: Annotated[str, Meta(description="IANA name of the time zone", max_length=64)] = "UTC"
    care: Care = Care()


class SignedIn(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who is signed in, as a page needs them."""

    name: str
    shown: str
    roles: tuple[Role, ...]
    scopes: frozenset[Scope]
    preferences: Preferences
    session: str
    """The session's id."""
    csrf: str
    """What a form must send along."""


class Person(Answer, frozen=True, kw_only=True):
    """Somebody who may sign in, without any secret of theirs."""

    name: PersonName
    shown: Annotated[str, Meta(description="their name as others see it")]
    email: Annotated[str | None, Meta(description="their address, if they gave one")]
    roles: Annotated[list[Role], Meta(description="what they do here")]
    roles_from: Annotated[
        Literal["portreeve", "oidc"], Meta(description="who gives the roles: oidc at each sign-in")
    ]
    password: Annotated[bool, Meta(description="they have a password")]
    second_factor: Annotated[bool, Meta(description="they have a second factor")]
    recovery_codes: Annotated[int, Meta(description="how many recovery codes are left")]
    identities: Annotated[list[str], Meta(description="the providers they sign in with")]
    created: Annotated[datetime, Meta(description="when they were added")]
    created_by: Annotated[str, Meta(description="by whom")]
    disabled: Annotated[datetime | None, Meta(description="since when they may not sign in")]
    signed_in: Annotated[datetime | None, Meta(description="when they last did")]


class NewPerson(Request, frozen=True, kw_only=True):
    """Somebody to be added."""

    name: PersonName
    shown: Annotated[ShownName | None, Meta(description="the name, if not given")] = None
    email: Annotated[Email | None, Meta(description="their address")] = None
    roles: Annotated[list[Role], Meta(description="what they do here", min_length=1, max_length=7)]


class Link(Answer, frozen=True, kw_only=True):
    """A one-time link, with its secret, which is shown this once and kept nowhere."""

    secret: Annotated[str, Meta(description="the part of the address that lets in")]
    purpose: Literal["first", "invitation", "recovery"]
    person: Annotated[str | None, Meta(description="whom it lets in")]
    expires: Annotated[datetime, Meta(description="until when it can be used")]


class Session(Answer, frozen=True, kw_only=True):
    """Where somebody is signed in."""

    id: Annotated[str, Meta(description="its id")]
    method: Annotated[
        Literal["password", "link", "oidc"], Meta(description="how they proved who they are")
    ]
    agent: Annotated[str, Meta(description="browser and system, such as Firefox on Linux")]
    created: Annotated[datetime, Meta(description="when they signed in")]
    used: Annotated[datetime, Meta(description="when it was last used, to within some minutes")]
    expires: Annotated[datetime, Meta(description="when it ends, however much it is used")]
