"""All scenarios that can be played, in the order in which they are."""

from __future__ import annotations

from scenarios import s01_policy, s03_hard_negatives
from scenarios.findings import Scenario

SCENARIOS: dict[int, Scenario] = {
    scenario.number: scenario for scenario in (s01_policy.SCENARIO, s03_hard_negatives.SCENARIO)
}

NOT_YET = {
    4: "evasions",
    5: "a tree of sellers rebuilt",
    8: "strangers who become acquaintances",
    9: "mobilisation by a live room",
    13: "a seller who slides to black goods",
}
"""Scenarios that need the memory between items, or text in pictures."""
