"""The process is asked to end: what was accepted is answered, and the next one goes on."""

import time

from faults import scenes
from faults.load import Load
from faults.process import Service
from faults.truth import check


def test_a_stop_under_load_answers_what_was_accepted(service):
    with scenes.serving(service):
        load = Load([service], name="d").start()
        for _ in range(2):
            time.sleep(1.0)
            assert service.stop() == 0
            service.start()
        time.sleep(0.5)
        load.stop()
        assert service.stop() == 0
    found = check(service, load)
    assert found.provisional == 0
    assert found.answers > 50


def test_it_ends_while_the_database_stands_still(server, address, tmp_path):
    service = Service(
        tmp_path / "data", database=address, deadlines=scenes.DEADLINES, drain_seconds="2"
    )
    with scenes.serving(service):
        load = Load([service], name="z").start()
        scenes.warm(load)
        server.freeze()
        try:
            time.sleep(1.0)
            began = time.monotonic()
            assert service.stop() == 0
            took = time.monotonic() - began
        finally:
            server.thaw()
        service.start()
        time.sleep(0.5)
        load.stop()
        assert service.stop() == 0
    assert took < 15
    assert check(service, load).provisional > 0
