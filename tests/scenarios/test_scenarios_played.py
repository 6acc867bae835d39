"""All scenarios that there are, on one pair."""

import pytest

from scenarios.play import play_one
from scenarios.registry import SCENARIOS
from scenarios.stage import StageError


@pytest.mark.parametrize("number", sorted(SCENARIOS))
def test_it_comes_out_as_expected(number, stage):
    outcome = play_one(SCENARIOS[number], stage)
    assert outcome.broken is None
    differing = [check for check in outcome.checks if check.ok is False]
    assert differing == []
    assert outcome.ok


def test_what_does_not_happen_ends_the_wait(stage):
    with pytest.raises(StageError, match="rain: not within 0 seconds"):
        stage.until("rain", lambda: None, seconds=0)
