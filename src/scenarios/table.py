"""What came out of the scenarios, as tables for people and as JSON for programs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from scenarios.findings import Outcome, shown

if TYPE_CHECKING:
    from rich.console import RenderableType

_MARKS = {True: "[green]ok[/]", False: "[bold red]differs[/]", None: "[yellow]left out[/]"}


def tables(outcome: Outcome) -> list[RenderableType]:
    """One scenario: its table, and what is to be said besides."""
    from rich.markup import escape
    from rich.table import Table

    scenario = outcome.scenario
    table = Table(
        title=f"{scenario.number}. {escape(scenario.title)} ({outcome.seconds:.1f} s)",
        title_justify="left",
        title_style="bold",
        expand=True,
    )
    table.add_column("what", ratio=5, overflow="fold")
    table.add_column("expected", ratio=4, overflow="fold")
    table.add_column("came out", ratio=4, overflow="fold")
    table.add_column("evidence", ratio=5, overflow="fold", style="dim")
    table.add_column("", no_wrap=True)
    for check in outcome.checks:
        cells = (check.what, shown(check.expected), shown(check.found), check.evidence)
        table.add_row(*map(escape, map(_plain, cells)), _MARKS[check.ok])
    parts: list[RenderableType] = [table]
    if outcome.broken is not None:
        parts.append(f"[bold red]It broke off[/]: {escape(_plain(outcome.broken))}")
    parts += [f"  · {escape(_plain(note))}" for note in outcome.notes]
    return parts


def summary(outcomes: Sequence[Outcome]) -> RenderableType:
    """All scenarios, a line each."""
    from rich.markup import escape
    from rich.table import Table

    table = Table(title="Scenarios", title_justify="left", title_style="bold")
    for name in ("no.", "scenario", "checks", "seconds", ""):
        table.add_column(name, justify="right" if name in ("no.", "seconds", "checks") else "left")
    for one in outcomes:
        good = sum(check.ok is True for check in one.checks)
        left_out = sum(check.ok is None for check in one.checks)
        table.add_row(
            str(one.scenario.number), escape(one.scenario.title), f"{good}/{len(one.checks)}",
            f"{one.seconds:.1f}", _MARKS[one.ok] + (f", {left_out} left out" if left_out else ""),
        )  # fmt: skip
    return table


def as_json(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """The same for programs."""
    return {
        "ok": all(one.ok for one in outcomes),
        "seconds": round(sum(one.seconds for one in outcomes), 1),
        "scenarios": [
            {
                "number": one.scenario.number,
                "title": one.scenario.title,
                "ok": one.ok,
                "seconds": round(one.seconds, 1),
                "broken": one.broken,
                "checks": [
                    {
                        "what": check.what,
                        "expected": shown(check.expected),
                        "found": shown(check.found),
                        "evidence": check.evidence,
                        "ok": check.ok,
                    }
                    for check in one.checks
                ],
                "notes": one.notes,
            }
            for one in outcomes
        ],
    }


def _plain(text: str) -> str:
    """Without characters that steer a terminal."""
    return "".join(letter if letter.isprintable() else " " for letter in text)
