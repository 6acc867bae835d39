"""``portreeve scenarios``: both systems started, the stories played, a table of what came out."""

from __future__ import annotations

import contextlib
import json
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from rich.console import Console

    from scenarios.findings import Outcome

app = typer.Typer(name="scenarios", rich_markup_mode=None, pretty_exceptions_enable=False)


@app.command("scenarios")
def scenarios(
    numbers: Annotated[
        list[int] | None,
        typer.Argument(metavar="N", help="Numbers of scenarios; all that there are if not given."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the outcome as JSON.")] = False,
    keep: Annotated[
        Path | None,
        typer.Option(help="Keep both stores and their logs in this new folder."),
    ] = None,
) -> None:
    """Play the scenarios against a real host and the real service, and print what came out.

    Starts `portreeve serve` and Square on free ports with fresh stores, plays through HTTP and
    Square's pages, and stops both. What each scenario proves is in docs/scenarios.md.

    Example: portreeve scenarios 3 1 --keep build/scenarios

    Exit code: 0 everything came out as expected; 1 something differs, or does not start; 2 wrong
    usage.
    """
    from rich.console import Console

    from scenarios.pair import NotStartedError
    from scenarios.registry import SCENARIOS
    from scenarios.table import as_json as to_json

    for number in numbers or []:
        if number not in SCENARIOS:
            there = ", ".join(map(str, sorted(SCENARIOS)))
            raise typer.BadParameter(f"{number}: there is none. There are {there}.")
    if keep is not None and keep.exists() and any(keep.iterdir()):
        raise typer.BadParameter(f"{keep} is not empty.")
    try:
        outcomes = perform(numbers, Console(highlight=False, quiet=as_json), keep)
    except NotStartedError as error:
        typer.echo(f"portreeve: {error}", err=True)
        raise typer.Exit(1) from None
    if as_json:
        typer.echo(json.dumps(to_json(outcomes), ensure_ascii=False, indent=2))
    if not all(outcome.ok for outcome in outcomes):
        raise typer.Exit(1)


def perform(
    numbers: Sequence[int] | None,
    console: Console,
    keep: Path | None = None,
    *,
    summed_up: bool = True,
) -> list[Outcome]:
    """Play scenarios, all that there are if none are named, and print what comes out.

    ``summed_up``: print a table of all at the end too.

    Raises:
        NotStartedError: one of the two systems does not come up.
    """
    from scenarios.play import play
    from scenarios.registry import SCENARIOS
    from scenarios.table import summary, tables

    chosen = [SCENARIOS[number] for number in numbers or SCENARIOS]
    outcomes = []
    with _folder(keep) as folder, _watched() as say:
        for outcome in play(chosen, folder, say):
            outcomes.append(outcome)
            for part in tables(outcome):
                console.print(part)
            console.print()
    if summed_up:
        console.print(summary(outcomes))
    return outcomes


@contextlib.contextmanager
def _folder(keep: Path | None) -> Iterator[Path]:
    """The folder of both stores: one to be kept, or one that is gone afterwards."""
    if keep is not None:
        keep.mkdir(parents=True, exist_ok=True)
        yield keep
        return
    with tempfile.TemporaryDirectory(prefix="portreeve-scenarios-") as folder:
        yield Path(folder)


@contextlib.contextmanager
def _watched() -> Iterator[Callable[[str], None]]:
    """A line on standard error that says what happens, when a person looks at it."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console
    from rich.markup import escape

    with Console(stderr=True).status("") as status:
        yield lambda words: status.update(escape(words))
