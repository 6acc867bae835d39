"""A progress bar on standard error, when a person looks at it."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from portreeve.cli.run import Watch

if TYPE_CHECKING:
    from portreeve.report.tally import Tally


@contextlib.contextmanager
def progress(*, shown: bool, what: str = "rows") -> Iterator[Watch | None]:
    """A bar with rows, rows a second and verdicts; None when standard error is no terminal."""
    if not shown or not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

    bar = Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=24),
        TaskProgressColumn(),
        TextColumn("{task.fields[rows]}", markup=False),
        TimeElapsedColumn(),
        TextColumn("{task.fields[verdicts]}", markup=False),
        console=Console(stderr=True),
        transient=True,
    )
    with bar:
        task = bar.add_task("reading", total=None, rows="", verdicts="")

        def watch(name: str, done: float | None, tally: Tally) -> None:
            spent = bar.tasks[task].elapsed or 0.0
            speed = f", {tally.rows / spent:,.0f} a second" if spent else ""
            bar.update(
                task,
                description=Path(name).name,
                total=None if done is None else 1.0,
                completed=done or 0.0,
                rows=f"{tally.rows:,} {what}{speed}",
                verdicts="  ".join(
                    f"{verdict.value} {tally.verdicts[verdict]:,}" for verdict in tally.verdicts_met
                ),
            )

        yield watch


@contextlib.contextmanager
def reading(
    *, shown: bool, what: str = "rows"
) -> Iterator[Callable[[str, float | None, int], None] | None]:
    """A bar with the rows read, or what else; None when standard error is no terminal."""
    with progress(shown=shown, what=what) as watch:
        if watch is None:
            yield None
            return
        from portreeve.report.tally import Tally

        tally = Tally()

        def tell(name: str, done: float | None, rows: int) -> None:
            tally.rows = rows
            watch(name, done, tally)

        yield tell
