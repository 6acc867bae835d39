"""The database goes away: each surface's fail policy answers in time, and nothing is lost."""

import pytest

from faults import scenes
from faults.conftest import AWAY
from faults.process import Service


@pytest.mark.parametrize("killed", [False, True], ids=["alive", "killed"])
@pytest.mark.parametrize("fault", [scenes.frozen, scenes.stopped], ids=["frozen", "stopped"])
def test_every_surface_is_answered_by_its_fail_policy(server, address, tmp_path, fault, killed):
    service = Service(tmp_path / "data", database=address, deadlines=scenes.DEADLINES)
    seen = scenes.outage(service, AWAY, *fault(server), killed=killed)
    assert seen.found.provisional > 10
