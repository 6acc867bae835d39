"""The quick scenarios, on one pair. ``portreeve scenarios`` plays 1 and 2 as well, which wait for
the clock and for 200 people to join."""

import pytest

from scenarios.play import play_one
from scenarios.registry import SCENARIOS
from scenarios.stage import StageError

QUICK = [3, 6, 7, 10, 11, 12, 14, 15]


@pytest.mark.parametrize("number", QUICK)
def test_it_comes_out_as_expected(number, stage):
    outcome = play_one(SCENARIOS[number], stage)
    assert outcome.broken is None
    differing = [check for check in outcome.checks if check.ok is False]
    assert differing == []
    assert outcome.ok


def test_what_does_not_happen_ends_the_wait(stage):
    with pytest.raises(StageError, match="rain: not within 0 seconds"):
        stage.until("rain", lambda: None, seconds=0)
