"""Colours: every pair that stands together has its contrast, in both themes (WCAG 2.2, AA)."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from portreeve import console

CSS = Path(console.__file__).parent / "static" / "css"
TOKENS = (CSS / "00-tokens.css").read_text("utf-8")
COLOURS = {
    name: values
    for name, *values in re.findall(
        r"--([\w-]+): light-dark\(#([0-9a-f]{6}), #([0-9a-f]{6})\);", TOKENS
    )
}
GROUNDS = ("paper", "card", "sunk")
VERDICTS = ("allow", "label", "limit", "hold", "refuse", "remove")

TEXT = {
    *((ink, ground) for ink in ("ink", "quiet", "accent") for ground in GROUNDS),
    *((ink, ground) for ink in ("good", "warn", "bad") for ground in ("paper", "card")),
    *((state, f"{state}-soft") for state in ("good", "warn", "bad")),
    *((f"{verdict}-ink", f"{verdict}-soft") for verdict in VERDICTS),
    *(("mark-ink", mark) for mark in ("contact", "money", "link", "word")),
    ("accent-ink", "accent"), ("accent", "accent-soft"), ("ink", "accent-soft"), ("paper", "ink"),
}  # fmt: skip
"""Words on a ground: 4.5 to 1."""

MARKS = {
    *((mark, ground) for mark in ("edge", "focus") for ground in ("paper", "card")),
    *((verdict, "card") for verdict in VERDICTS),
    *((f"series-{number}", "card") for number in range(1, 7)),
}
"""Borders of controls, the focus, and shapes of charts: 3 to 1."""


def luminance(colour: str) -> float:
    parts = (int(colour[at : at + 2], 16) / 255 for at in (0, 2, 4))
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """
    >>> round(contrast("ffffff", "000000"), 1), round(contrast("767676", "ffffff"), 2)
    (21.0, 4.54)
    """
    brighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (brighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize(("pairs", "least"), [(TEXT, 4.5), (MARKS, 3.0)], ids=["text", "marks"])
def test_contrast(theme, pairs, least):
    low = {
        f"{one} on {ground}": round(contrast(COLOURS[one][theme], COLOURS[ground][theme]), 2)
        for one, ground in sorted(pairs)
        if contrast(COLOURS[one][theme], COLOURS[ground][theme]) < least
    }
    assert low == {}


def test_nothing_but_the_tokens_names_a_colour():
    named = [
        f"{path.name}: {found}"
        for path in sorted(CSS.glob("*.css"))
        if path.name != "00-tokens.css"
        for found in re.findall(
            r"#[0-9a-fA-F]{3,8}\b(?=[^{}]*[;}])|\brgba?\([^)]*\)", path.read_text()
        )
    ]
    assert named == []


def test_every_token_that_is_used_is_defined():
    styles = {path.name: path.read_text("utf-8") for path in CSS.glob("*.css")}
    defined = set(re.findall(r"(--[\w-]+)\s*:", "".join(styles.values())))
    used = {
        (name, token)
        for name, text in styles.items()
        for token in re.findall(r"var\((--[\w-]+)", text)
    }
    assert {(name, token) for name, token in used if token not in defined} == set()
