"""``portreeve town``: an invented town into files."""

from __future__ import annotations

import contextlib
import enum
import json
import sys
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from town.town import LEAST, MOST, UNTIL, Town


class Sellers(enum.StrEnum):
    """Which generator of sellers."""

    first = "first"
    second = "second"


class Format(enum.StrEnum):
    """Format of the files."""

    jsonl = "jsonl"
    parquet = "parquet"


app = typer.Typer(name="town", rich_markup_mode=None, pretty_exceptions_enable=False)


@app.command("town")
def town(
    folder: Annotated[Path, typer.Argument(help="Where the files go.", show_default=False)],
    accounts: Annotated[int, typer.Option(min=LEAST, max=MOST, help="How many accounts.")] = 1000,
    days: Annotated[int, typer.Option(min=1, max=366, help="How many days of posts.")] = 28,
    seed: Annotated[int, typer.Option(min=0, help="The same seed gives the same bytes.")] = 1,
    until: Annotated[str, typer.Option(help="The day after the last one.")] = UNTIL,
    sellers: Annotated[
        Sellers,
        typer.Option(help="Generator of sellers; second is never used for tuning."),
    ] = Sellers.first,
    format: Annotated[Format, typer.Option(help="Format of the files.")] = Format.jsonl,
    as_json: Annotated[bool, typer.Option("--json", help="Print the figures as JSON.")] = False,
) -> None:
    """Write an invented town: people, relations and posts, and the truth apart from them.

    The folder gets people, relations and posts, which a network and Portreeve may see; and in
    truth/ what the accounts and posts really are, which they never see.

    Example: portreeve town build/town --accounts 1000 --days 28 --seed 1
    """
    from town.files import write

    try:
        date.fromisoformat(until)
    except ValueError:
        raise typer.BadParameter("write it as 2014-06-01", param_hint="--until") from None
    made = Town(accounts=accounts, days=days, seed=seed, sellers=sellers.value, until=until)
    with _progress(accounts) as tell:
        done = write(made, folder, format.value, tell)
    if as_json:
        typer.echo(json.dumps(msgspec.structs.asdict(done)))
        return
    typer.echo(
        f"{done.accounts:,} accounts, {done.relations:,} relations, {done.posts:,} posts in "
        f"{folder}; the truth of {done.selling:,} posts that sell, or nearly do, in "
        f"{folder / 'truth'}\n"
        f"{done.seconds:.1f} s, {done.accounts_a_second:,} accounts a second, "
        f"{done.peak_mib} MiB at most"
    )


@contextlib.contextmanager
def _progress(accounts: int) -> Iterator[Callable[[int], None] | None]:
    """A bar on standard error, when a person looks at it."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("accounts", total=accounts)
        yield lambda done: bar.update(task, completed=done)


def main() -> None:
    """Run the command."""
    app()
