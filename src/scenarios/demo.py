"""``make demo``: the scenarios played, posts decided and explained, one page with both.

The scenarios come from here, the posts from ``portreeve demo``, which is run as any reader would
run it: Portreeve knows nothing of scenarios, and they nothing of its inside.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from scenarios.cli import perform
from scenarios.pair import NotStartedError
from scenarios.registry import SCENARIOS
from scenarios.table import as_json, summary

if TYPE_CHECKING:
    from rich.console import Console

    from scenarios.findings import Outcome

PLAYED = "scenarios.json"


def demo(out: Path, numbers: Sequence[int] = ()) -> bool:
    """Play, decide, explain, and say where the page lies; whether all is as it should be."""
    from rich.console import Console

    console = Console(highlight=False)
    began = time.monotonic()
    out.mkdir(parents=True, exist_ok=True)
    outcomes = _played(console, numbers)
    (out / PLAYED).write_text(
        json.dumps(as_json(outcomes), ensure_ascii=False, indent=2), encoding="utf-8"
    )
    decided = _decided(out)
    console.print()
    console.print(summary(outcomes))
    good = decided and _good(outcomes)
    minutes, seconds = divmod(round(time.monotonic() - began), 60)
    said = "All came out as expected" if good else "[bold red]Something differs[/]"
    console.print(f"\n{said}, in {minutes} min {seconds} s.")
    console.print(f"[bold]Report page[/]  {out / 'report.html'}", soft_wrap=True)
    return good


def _played(console: Console, numbers: Sequence[int]) -> list[Outcome]:
    wanted = [SCENARIOS[number] for number in numbers or SCENARIOS]
    console.print(
        f"{len(wanted)} scenarios: Portreeve and Square, a friends' network, are started with "
        "fresh stores,\nand used as people and programs use them.\n"
    )
    try:
        return perform(numbers, console, summed_up=False)
    except NotStartedError as error:
        console.print(f"portreeve: {error}", markup=False, style="bold red")
        return []


def _good(outcomes: Sequence[Outcome]) -> bool:
    return bool(outcomes) and all(outcome.ok for outcome in outcomes)


def _decided(out: Path) -> bool:
    """Posts are decided, three of them explained, and the page is written."""
    command = [sys.executable, "-m", "portreeve", "demo", "--out", str(out)]
    sys.stdout.flush()
    return subprocess.run([*command, "--scenarios", str(out / PLAYED)], check=False).returncode == 0


def main() -> None:
    """Read the options, and end with 0 or 1."""
    parser = argparse.ArgumentParser(prog="python -m scenarios.demo", description=__doc__)
    parser.add_argument("--out", default="build/demo", type=Path, help="folder of the page")
    parser.add_argument(
        "--only", nargs="+", type=int, default=[], metavar="N", choices=SCENARIOS,
        help="numbers of scenarios; all if none are named",
    )  # fmt: skip
    given = parser.parse_args()
    sys.exit(0 if demo(given.out, given.only) else 1)


if __name__ == "__main__":
    main()
