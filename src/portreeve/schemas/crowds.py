"""Crowds called into live rooms, and rushes of people, in counts: who they are is kept nowhere."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from msgspec import Meta

from portreeve.model import RelationKind
from portreeve.schemas.base import Answer


class Crowd(Answer, frozen=True, kw_only=True):
    """A live room and who arrived in its first ten minutes."""

    account: Annotated[
        str | None, Meta(description="who opened it; null when it is not on record")
    ] = None
    opened: Annotated[datetime, Meta(description="when")]
    groups: Annotated[int, Meta(description="how many groups its account owns; 0: not known")]
    arrivals: Annotated[int, Meta(description="how many people arrived, estimated")]
    mobilised: Annotated[
        int | None,
        Meta(
            description="how many of them are members of those groups; null: too few groups or "
            "people to tell"
        ),
    ] = None
    low: Annotated[int | None, Meta(description="where its 95 % interval begins")] = None
    high: Annotated[int | None, Meta(description="where it ends")] = None
    raised: Annotated[bool, Meta(description="this was a mobilisation")]


class Rush(Answer, frozen=True, kw_only=True):
    """Ten minutes in which at least twenty people came to one account, group or room."""

    kind: Annotated[RelationKind, Meta(description="what happened")]
    account: Annotated[
        str | None,
        Meta(description="the account, the group's owner or who opened the room; null: not known"),
    ] = None
    begins: Annotated[datetime, Meta(description="when it began")]
    people: Annotated[int, Meta(description="how many people, estimated")]


class Crowds(Answer, frozen=True, kw_only=True):
    """What relation events tell of crowds, the newest first."""

    network: Annotated[str, Meta(description="whose memory this is")]
    least: Annotated[int, Meta(description="nothing is told of fewer people")]
    days: Annotated[int, Meta(description="for how many days it is kept")]
    minutes: Annotated[int, Meta(description="how long a window is")]
    rooms: Annotated[list[Crowd], Meta(description="live rooms; 200 at most")]
    windows: Annotated[list[Rush], Meta(description="windows; 500 at most")]
