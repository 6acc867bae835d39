"""What can go wrong with an input: the whole input, or one row of it."""

from __future__ import annotations

from dataclasses import dataclass


class InputError(ValueError):
    """An input, or an option that describes it, cannot be used at all.

    The message says which file, what is wrong and what to do. It never holds content of a row.

    >>> str(InputError("posts.csv", "there is no column 'text'.", "Name it with --text-column."))
    "posts.csv: there is no column 'text'. Name it with --text-column."
    """

    def __init__(self, where: str, what: str, remedy: str) -> None:
        super().__init__(f"{where}: {what} {remedy}".rstrip())
        self.where = where
        self.what = what
        self.remedy = remedy


@dataclass(frozen=True, slots=True)
class Reject:
    """One row that was set aside, or one place where an input ended too early.

    ``raw`` holds at most :data:`RAW_CHARACTERS` characters of the row, and only when its surface
    could be read and is not sealed: content of a sealed surface is never written anywhere.
    """

    file: str
    row: int | None
    """Number of the row in its file, from 1; None when it is not one row."""
    line: int | None
    """Number of the line where the row begins, from 1; None for Parquet."""
    reason: str
    remedy: str
    raw: str | None = None


RAW_CHARACTERS = 200
