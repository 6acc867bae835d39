"""Plays scenarios, one after the other, on one pair of systems."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from scenarios.findings import Findings, Outcome, Scenario
from scenarios.pair import Pair
from scenarios.stage import Stage

Say = Callable[[str], None]


def play(scenarios: Iterable[Scenario], folder: Path, say: Say) -> Iterator[Outcome]:
    """Start both systems in an empty folder, play, and stop them.

    Raises:
        NotStartedError: one of them does not come up.
    """
    say("starting Portreeve and Square")
    with Pair(folder) as pair:
        yield from play_on(pair, scenarios, say)


def play_on(pair: Pair, scenarios: Iterable[Scenario], say: Say) -> Iterator[Outcome]:
    """As :func:`play`, on systems that run already."""
    with Stage(pair) as stage:
        for scenario in scenarios:
            stage.say = _prefixed(f"scenario {scenario.number}: ", say)
            yield play_one(scenario, stage)


def play_one(scenario: Scenario, stage: Stage) -> Outcome:
    """Play one scenario to its end, or to what kept it from that."""
    findings = Findings(scenario.expected)
    began, broken = time.monotonic(), None
    stage.say(scenario.title)
    try:
        scenario.play(stage, findings)
    except Exception as fault:
        # whatever it was, the others are still played
        broken = f"{type(fault).__name__}: {fault}"
    seconds = time.monotonic() - began
    return Outcome(scenario, findings.checks(), findings.notes, seconds, broken)


def _prefixed(prefix: str, say: Say) -> Say:
    return lambda words: say(prefix + words)
