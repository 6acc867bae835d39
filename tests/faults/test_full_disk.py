"""The database is away and the disk is full: nothing is promised that is not kept."""

import time

from faults import scenes
from faults.load import Load
from faults.process import Service
from faults.truth import check


def test_what_cannot_be_kept_is_refused(server, address, tmp_path):
    service = Service(
        tmp_path / "data", database=address, deadlines=scenes.DEADLINES, file_limit=60_000
    )
    with scenes.serving(service):
        load = Load([service], name="x", pause=0.0).start()
        scenes.warm(load)
        server.halt()
        try:
            scenes.wait(lambda: len(load.refused) > 20, 20.0)
        finally:
            server.start()
        scenes.wait(lambda: service.request("GET", "/health/ready")[0] == 200, 30.0)
        time.sleep(1.0)
        load.stop()
        assert service.stop() == 0
    assert {status for _, status, _ in load.refused} == {503}
    assert max(seconds for _, _, seconds in load.refused) < 0.5 + scenes.LITTLE
    assert check(service, load).provisional > 10
