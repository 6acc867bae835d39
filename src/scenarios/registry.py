"""All scenarios that can be played, in the order in which they are."""

from __future__ import annotations

from scenarios import (
    s01_policy,
    s02_moments_and_chat,
    s03_hard_negatives,
    s04_evasions,
    s05_tree,
    s06_search_ads,
    s07_platform,
    s08_funnel,
    s09_mobilisation,
    s10_enterprise,
    s11_group_buying,
    s12_live_sale,
    s13_slide,
    s14_franked,
    s15_appeal,
)
from scenarios.findings import Scenario

_MODULES = (
    s01_policy, s02_moments_and_chat, s03_hard_negatives, s04_evasions, s05_tree,
    s06_search_ads, s07_platform, s08_funnel, s09_mobilisation,
    s10_enterprise, s11_group_buying, s12_live_sale, s13_slide, s14_franked, s15_appeal,
)  # fmt: skip

SCENARIOS: dict[int, Scenario] = {module.SCENARIO.number: module.SCENARIO for module in _MODULES}
