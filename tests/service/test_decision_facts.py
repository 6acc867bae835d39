"""One decision with all that belongs to it."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from portreeve.schemas.access import Scope
from portreeve.schemas.decision_facts import StrikeGiven
from portreeve.service.actor import Actor
from portreeve.service.decision_facts import DecisionRoom
from portreeve.service.errors import ServiceError
from portreeve.store.tables.cases import appeals, case_items, second_readings
from portreeve.store.tables.enforcement import strikes
from service.factories import SELLING, Shipped, decision

ANALYST = Actor("ana", frozenset({Scope.log}))


def test_a_decision_with_what_followed_and_what_took_its_place(context, clock):
    room = DecisionRoom(context, Shipped())
    first = decision(context.database, "post")
    with context.database.write() as tx:
        tx.execute(
            sa.insert(strikes),
            {"seq": 1, "id": "s", "account": "baker", "network": "acquaintance", "item": "post",
             "revision": 1, "ladder": "promotion", "rule": SELLING, "clause": "3.1",
             "policy": "acquaintance@2014-06", "count": 1, "given": tx.time, "expires": None,
             "decision": first},
        )  # fmt: skip
        tx.execute(
            sa.insert(appeals),
            {"id": "apl", "decision": first, "item": "post", "network": "acquaintance",
             "state": "open", "filed": tx.time, "due": tx.time, "words": b""},
        )  # fmt: skip
    assert room.facts(ANALYST, first).in_force is True
    clock.advance(hours=1)
    second = decision(context.database, "post", "allow", (), by="ben", stage="person")

    facts = room.facts(ANALYST, first)
    assert (facts.record.verdict, facts.record.reasons[0].clause) == ("refuse", "3.1")
    assert (facts.in_force, facts.state) == (False, "published")
    assert [(one.id, one.by, one.verdict) for one in facts.others] == [(second, "ben", "allow")]
    assert (facts.case, facts.appeal, facts.appeal_state) == (None, "apl", "open")
    assert facts.strikes == [
        StrikeGiven(ladder="promotion", rule=SELLING, count=1, expires=None, withdrawn=None)
    ]
    assert room.facts(ANALYST, second).in_force is True


def test_who_may_not(context):
    room = DecisionRoom(context, Shipped())
    with pytest.raises(ServiceError, match="There is no decision 'dec_x'"):
        room.facts(ANALYST, "dec_x")
    with pytest.raises(ServiceError, match="lacks the scope `cases`"):
        room.facts(Actor("x"), "dec_x")


def test_whoever_reads_a_case_again_does_not_learn_what_was_decided(context):
    room = DecisionRoom(context, Shipped())
    first = decision(context.database, "post")
    with context.database.write() as tx:
        tx.execute(
            sa.insert(case_items),
            {"case": "cas", "item": "post", "decision": first, "added": tx.time},
        )
        tx.execute(
            sa.insert(second_readings),
            {"id": "rdg", "case": "cas", "network": "acquaintance", "sampled": tx.time,
             "first_by": "ben", "first_verdict": "refuse", "state": "open", "claimed_by": "ana",
             "claimed_until": tx.time},
        )  # fmt: skip
    with pytest.raises(ServiceError, match="Its decisions open once your reading"):
        room.facts(ANALYST, first)
    assert room.facts(Actor("ben", frozenset({Scope.cases})), first).record.verdict == "refuse"
