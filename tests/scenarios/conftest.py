"""Both systems, started once for all scenarios that are played here."""

from __future__ import annotations

import pytest

from scenarios.pair import Pair
from scenarios.stage import Stage


@pytest.fixture(scope="session")
def stage(tmp_path_factory):
    """A stage over a pair of its own."""
    with Pair(tmp_path_factory.mktemp("scenarios")) as pair, Stage(pair) as stage:
        yield stage
