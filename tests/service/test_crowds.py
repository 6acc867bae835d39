"""Crowds in the service: counts with the names of accounts, to those who may see accounts."""

from __future__ import annotations

from datetime import timedelta

import pytest

from portreeve.schemas.access import Scope
from portreeve.schemas.accounts import AccountFacts, RelationEvent, RelationEvents
from portreeve.service.accounts import Accounts
from portreeve.service.actor import Actor
from portreeve.service.context import Context
from portreeve.service.crowds import CrowdRoom
from portreeve.service.errors import ServiceError
from portreeve.service.remembering import Remembering

HOST = Actor("square", frozenset({Scope.accounts}))


def test_a_room_that_fills_is_told_with_its_owner(context: Context):
    memory = Remembering(context)
    accounts, crowds = Accounts(context, related=memory.hear), CrowdRoom(context, memory)
    accounts.put(HOST, "anchor", AccountFacts())
    opened = context.now() - timedelta(hours=2)
    before = opened - timedelta(days=2)
    events = [
        RelationEvent(kind="group_owned", account="anchor", other=f"g{n}", time=before)
        for n in range(6)
    ]
    events += [
        RelationEvent(kind="group_joined", account=f"m{n}", other=f"g{n % 6}", time=before)
        for n in range(90)
    ]
    events += [RelationEvent(kind="room_opened", account="anchor", other="room", time=opened)]
    events += [
        RelationEvent(
            kind="room_entered", account=who, other="room", time=opened + timedelta(seconds=2 * at)
        )
        for at, who in enumerate([f"m{n}" for n in range(60)] + [f"s{n}" for n in range(20)])
    ]
    accounts.relate(HOST, RelationEvents(events=events))
    told = crowds.read(HOST)
    [room] = told.rooms
    assert (room.account, room.opened, room.groups, room.raised) == ("anchor", opened, 6, False)
    assert abs(room.arrivals - 80) <= 5
    assert room.low is not None
    assert room.high is not None
    assert room.low <= 60 <= room.high
    assert {(one.kind, one.account) for one in told.windows} == {("room_entered", "anchor")}
    assert (told.least, told.days, told.minutes) == (20, 14, 10)
    memory.close()


def test_who_may_not_see_accounts_sees_no_crowd(context: Context):
    with pytest.raises(ServiceError, match="accounts"):
        CrowdRoom(context, Remembering(context)).read(Actor("x", frozenset()))
