"""Second readings: drawn, blind, compared."""

import pytest
import sqlalchemy as sa

from portreeve.schemas.access import Scope
from portreeve.schemas.appeals import FileAppeal
from portreeve.schemas.cases import CaseQuery
from portreeve.schemas.readings import SubmitReading
from portreeve.service.actor import Actor
from portreeve.service.readings_drawn import drawn
from portreeve.store import new_id
from portreeve.store.tables import core
from service.desk import ANN, BEN, CAM, DEE, FIRST, Desk, refusal
from service.factories import SELLING, decision
from service.support import make_context


@pytest.fixture
def desk(database, tmp_path):
    """A desk where every decided case is read again."""
    return Desk(make_context(database, tmp_path, second_reading_rate=1.0))


@pytest.fixture
def decided(desk):
    """A case that ben decided: refused."""
    decision(desk.database, "p-1", "hold", context=desk.context)
    [case] = desk.open()
    desk.decide(BEN, case, "refuse", SELLING)
    return case


def submit(desk, actor, verdict):
    reading = desk.readings.next(actor)
    request = SubmitReading(reading=reading.id, verdict=verdict, reason="I looked.")
    return desk.readings.submit(actor, request)


def test_the_sample_has_the_size_that_is_set(database, tmp_path):
    context = make_context(database, tmp_path)
    ids = [new_id("cas") for _ in range(10_000)]
    sample = [id for id in ids if drawn(context, id)]
    assert 400 < len(sample) < 600
    assert [id for id in ids if drawn(context, id)] == sample
    none = make_context(database, tmp_path, second_reading_rate=0.0)
    assert not any(drawn(none, id) for id in ids)


def test_the_reader_does_not_see_the_first_verdict(desk, decided):
    reading = desk.readings.next(CAM)
    assert (reading.case, [one.state for one in reading.contents]) == (decided, ["held"])
    seen = desk.cases.get(CAM, decided)
    assert (seen.verdict, seen.decided_by) == (None, None)
    assert [one.state for one in seen.contents] == ["held"]
    [listed] = desk.cases.list(CAM, CaseQuery(state="decided")).items
    assert (listed.verdict, listed.decided_by) == (None, None)
    assert refusal(lambda: desk.cases.history(CAM, decided)) == (
        "forbidden",
        f"You read the case {decided} without knowing what was decided. Its history opens once "
        "your reading is in.",
    )
    assert desk.evidence.read(CAM, decided, FIRST).items[0].text is not None
    # everybody else sees it
    assert desk.cases.get(ANN, decided).verdict == "refuse"


def test_agreeing_leaves_the_case_alone(desk, decided):
    # refusing and removing are one step
    result = submit(desk, CAM, "remove")
    assert (result.agreed, result.reopened) == (True, False)
    assert desk.cases.get(CAM, decided).state == "decided"
    assert desk.precision() == {SELLING: (1, 0)}


def test_disagreeing_reopens_the_case_for_a_third(desk, decided):
    result = submit(desk, CAM, "allow")
    assert (result.agreed, result.reopened) == (False, True)
    reopened = desk.cases.get(ANN, decided)
    assert (reopened.state, reopened.queue) == ("open", "senior")
    # the item stays as it is, the rule's judgement is open
    assert (desk.state("p-1"), desk.precision()) == ("refused", {})
    for actor in (BEN, CAM):
        assert refusal(lambda a=actor: desk.cases.claim(a, decided)) == (
            "same-person",
            f"{actor.name!r} has judged the case {decided} already. A third reviewer must decide "
            "it.",
        )
    desk.decide(DEE, decided, "allow")
    assert (desk.state("p-1"), desk.precision()) == ("published", {SELLING: (0, 1)})
    # read twice is enough
    assert refusal(lambda: desk.readings.next(ANN))[0] == "not-found"


def test_a_senior_may_confirm(desk, decided):
    submit(desk, CAM, "allow")
    desk.decide(DEE, decided, "refuse", SELLING)
    assert (desk.state("p-1"), desk.precision()) == ("refused", {SELLING: (1, 0)})


def test_a_senior_may_restore_the_machine_s_verdict(desk):
    decision(desk.database, "p-1", "refuse", goods_tier="black")
    [case] = desk.open()
    desk.decide(BEN, case, "allow")
    submit(desk, CAM, "refuse")
    desk.decide(DEE, case, "refuse", SELLING)
    # people saw it in between
    desk.open()
    assert (desk.state("p-1"), desk.precision()) == ("removed", {SELLING: (1, 0)})


def test_nobody_reads_what_they_worked_on(desk, decided):
    assert refusal(lambda: desk.readings.next(BEN)) == (
        "not-found",
        "There is no second reading that waits for 'ben'.",
    )


def test_a_reading_is_one_reader_s_for_a_while(desk, decided, clock):
    reading = desk.readings.next(CAM)
    assert desk.readings.next(CAM).id == reading.id
    assert refusal(lambda: desk.readings.next(DEE))[0] == "not-found"
    late = SubmitReading(reading=reading.id, verdict="allow", reason="I looked.")
    assert refusal(lambda: desk.readings.submit(DEE, late))[0] == "claimed"
    clock.advance(minutes=15)
    assert refusal(lambda: desk.readings.submit(CAM, late)) == (
        "conflict",
        f"You do not hold the reading {reading.id}. Claim it first.",
    )
    assert desk.readings.next(DEE).id == reading.id


def test_agreement_is_computed_with_intervals(desk):
    verdicts = ["remove", "remove", "remove", "allow", "allow", "remove"]
    for number in range(6):
        decision(desk.database, f"p-{number}", "hold")
        [case] = desk.open()
        first = ("allow",) if number in (3, 4) else ("remove", SELLING)
        desk.decide(BEN, case, *first)
        submit(desk, CAM, "allow" if number == 5 else verdicts[number])
        if number == 5:
            desk.decide(DEE, case, "allow")
    found = desk.readings.agreement(ANN)
    assert (found.readings, found.agreed, found.waiting) == (6, 5, 0)
    assert [round(value, 3) for value in (found.share, found.share_low, found.share_high)] == [
        0.833, 0.436, 0.97,
    ]  # fmt: skip
    assert [round(value, 3) for value in (found.kappa, found.kappa_low, found.kappa_high)] == [
        0.667, 0.104, 1.0,
    ]  # fmt: skip
    empty = desk.readings.agreement(ANN, network="stranger")
    assert (empty.readings, empty.share, empty.kappa) == (0, None, None)


def test_reading_needs_its_scope(desk):
    host = Actor("host", frozenset({Scope.screen}))
    assert refusal(lambda: desk.readings.next(host))[0] == "forbidden"


def test_nobody_who_judged_a_case_answers_the_appeal_of_its_last_word(desk, decided):
    submit(desk, CAM, "label")
    desk.open()
    desk.decide(DEE, decided, "limit", SELLING)
    desk.open()
    with desk.database.read() as connection:
        last = connection.execute(sa.select(core.items.c.decision)).scalar_one()
    appeal = desk.appeals.file(ANN, FileAppeal(decision=last, words="It was a gift.")).id
    for judge in (BEN, CAM, DEE):
        assert refusal(lambda j=judge: desk.appeals.claim(j, appeal))[0] == "same-person"
    assert desk.appeals.claim(ANN, appeal).claimed_by == "ann"


def test_the_reading_one_holds_is_found_again(desk, decided, clock):
    assert desk.readings.held(CAM) is None
    given = desk.readings.next(CAM)
    assert desk.readings.held(CAM) == given
    assert desk.readings.held(DEE) is None
    clock.advance(minutes=15)
    assert desk.readings.held(CAM) is None
