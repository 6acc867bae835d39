"""The signals of decisions, from the database and from the log's files."""

import pytest

from portreeve.schemas.review import Measured
from portreeve.service.measured import Measurements
from portreeve.store.log import LogExporter
from portreeve.store.log.export import FOLDER
from service.factories import ANN, SELLING, Shipped
from service.log_support import decide_by_person, write_batch


@pytest.fixture
def measurements(context):
    return Measurements(context, Shipped())


def test_signals_are_read_before_and_after_they_move_into_files(context, clock, measurements):
    first, other = write_batch(context.database, {"contacts": 2, "promotion": 0.5}, {"contacts": 1})
    assert measurements.of(ANN, [first])[first].signals == {
        "promotion": 0.5,
        "contacts": 2,
        "audience": None,
    }
    assert LogExporter(context.database, context.folder / FOLDER).export() == 2
    clock.advance(days=1)
    later = write_batch(context.database, {"contacts": 7})[0]
    LogExporter(context.database, context.folder / FOLDER).export()
    found = measurements.of(ANN, [other, later, "dec_unknown"])
    assert {id: one.signals["contacts"] for id, one in found.items()} == {other: 1, later: 7}
    assert found[other].policy == "acquaintance@2014-06"


def test_a_person_s_decision_goes_back_to_what_the_machine_measured(context, measurements):
    machine = write_batch(context.database, {"contacts": 3})[0]
    first = decide_by_person(context.database, "ben", supersedes=machine)
    second = decide_by_person(context.database, "cam", supersedes=first)
    own = decide_by_person(context.database, "cam")
    found = measurements.of(ANN, [second, own])
    assert {id: (one.decision, one.signals["contacts"]) for id, one in found.items()} == {
        second: (machine, 3)
    }


def test_without_signals_nothing_is_explained(context, measurements):
    none = Measured(decision="dec_1", policy="acquaintance@2014-06")
    assert measurements.explain(none, [SELLING]) == []
