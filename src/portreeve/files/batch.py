"""A stretch of rows of one input, as the engine takes them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import polars as pl

from portreeve.files.errors import RAW_CHARACTERS, Reject


@dataclass(frozen=True)
class Batch:
    """Rows of one input, in its order, with what is needed to say where each came from."""

    file: str
    frame: pl.DataFrame
    """One row per readable row: ``id`` and the item columns, in the types of ``model.columns``,
    except that ``id`` keeps the type it has in the input (numbers stay numbers)."""
    rows: Sequence[int]
    """Number of each row in its file, from 1."""
    lines: Sequence[int] | None
    """Number of the line where each row begins, from 1; None for Parquet."""
    raw: Callable[[int], bytes] | None
    """The row at a position of the frame as it stands in the file; None for Parquet."""
    rejects: list[Reject] = field(default_factory=list)
    """Rows of this stretch that could not be read."""
    numeric_ids: Sequence[bool] | None = None
    """Which ids are numbers in the input, where the batch has both numbers and text."""
    done: float | None = None
    """The share of the input that has been read, 0 to 1; None when its size is unknown."""

    def reject(self, position: int, reason: str, remedy: str, *, quote: bool) -> Reject:
        """The reject for the row at this position of the frame.

        ``quote`` says whether its content may be shown (``Options.may_quote``).
        """
        raw: str | None = None
        if quote and self.raw is not None:
            raw = excerpt(self.raw(position))
        elif quote and "text" in self.frame.columns:
            text = self.frame["text"][position]
            raw = None if text is None else str(text)[:RAW_CHARACTERS]
        line = None if self.lines is None else self.lines[position]
        return Reject(self.file, self.rows[position], line, reason, remedy, raw)


def excerpt(line: bytes) -> str:
    """The first characters of a line, with U+FFFD for bytes that are not UTF-8.

    >>> excerpt(b"caf\\xe9 89\\r\\n")
    'caf\ufffd 89'
    """
    # a character has at most 4 bytes
    text = line[: RAW_CHARACTERS * 4].decode("utf-8", errors="replace")
    return text.rstrip("\r\n")[:RAW_CHARACTERS]
