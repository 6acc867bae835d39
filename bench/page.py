"""Sections of the benchmark page: one table each, printed and written from the same rows."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table


@dataclass(frozen=True)
class Section:
    """A table with a heading and notes. The first column is text, the others are figures."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    notes: tuple[str, ...] = ()

    def show(self, console: Console) -> None:
        """Prints the table to a terminal."""
        table = Table(title=self.title, title_justify="left", title_style="bold")
        for number, column in enumerate(self.columns):
            table.add_column(column, justify="right" if number else "left", overflow="fold")
        for row in self.rows:
            table.add_row(*(cell.replace("**", "") for cell in row))
        console.print(table)
        for note in self.notes:
            console.print(f"  {note}", style="dim", highlight=False)
        console.print()

    def markdown(self) -> str:
        """The section as Markdown.

        >>> section = Section("Speed", ("engine", "posts/s"), (("a|b", "1"),), ("One run.",))
        >>> print(section.markdown())
        ## Speed
        <BLANKLINE>
        | engine | posts/s |
        |:--|--:|
        | a\\|b | 1 |
        <BLANKLINE>
        - One run.
        """
        lines = [f"## {self.title}", "", _line(self.columns)]
        lines.append(
            "|" + "|".join(["--:" if n else ":--" for n in range(len(self.columns))]) + "|"
        )
        lines += [_line(row) for row in self.rows]
        if self.notes:
            lines += ["", *(f"- {note}" for note in self.notes)]
        return "\n".join(lines)


MARK = "<!-- Figures: made by the command above; edit what is measured, not what follows. -->"


def put_figures(page: Path, sections: list[Section]) -> None:
    """Write the sections into a page, in place of all that follows :data:`MARK` there."""
    written, mark, _ = page.read_text("utf-8").partition(MARK)
    assert mark, f"{page.name} has no place for figures"
    made = "\n\n".join(section.markdown().strip() for section in sections)
    page.write_text(f"{written}{MARK}\n\n{made}\n", "utf-8")


def _line(cells: tuple[str, ...]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def median_and_range(values: list[float], unit: str = "") -> tuple[str, str]:
    """The median and the range of some figures, to three significant digits or whole.

    >>> median_and_range([3.0, 1.0, 2.0], " s")
    ('2.00 s', '1.00–3.00 s')
    """
    ordered = sorted(values)
    middle = ordered[len(ordered) // 2]
    if len(ordered) % 2 == 0:
        middle = (middle + ordered[len(ordered) // 2 - 1]) / 2
    return number(middle) + unit, f"{number(ordered[0])}–{number(ordered[-1])}{unit}"


def number(value: float) -> str:
    """A figure for reading.

    >>> [number(v) for v in (1234.5, 123.4, 12.34, 1.234, 0.1234)]
    ['1,234', '123', '12.3', '1.23', '0.123']
    """
    if abs(value) >= 100:
        return f"{value:,.0f}"
    for limit, digits in ((10, 1), (1, 2)):
        if abs(value) >= limit:
            return f"{value:.{digits}f}"
    return f"{value:.3f}"
