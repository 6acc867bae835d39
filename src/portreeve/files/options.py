"""How an input is to be read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from portreeve.model import Surface

FORMATS = ("jsonl", "csv", "tsv", "parquet")


def _silent(_: str) -> None:
    return None


@dataclass(frozen=True)
class Options:
    """How an input is to be read.

    >>> Options(text_column="body").field_of("body")
    'text'
    """

    surface: str = Surface.moments.value
    """The surface of rows that name none."""
    text_column: str = "text"
    id_column: str = "id"
    format: str | None = None
    """One of :data:`FORMATS`; None tells by the file's name."""
    batch_rows: int = 50_000
    """Most rows in a batch. A batch ends earlier at 8 MiB of input, so that memory is bounded."""
    sealed: frozenset[str] = field(
        default_factory=lambda: frozenset(s.value for s in Surface if s.sealed)
    )
    """Names of the sealed surfaces, those that the policy seals included."""
    note: Callable[[str], None] = _silent
    """Is told once of what the reader decided by itself, such as ignored columns."""

    def may_quote(self, surface: str | None) -> bool:
        """Whether content of a row on this surface may be written to a file of rejects.

        Only when the name is that of a surface which is not sealed: an unknown name may be a
        misspelt private chat.

        >>> Options().may_quote("moments"), Options().may_quote("private chat")
        (True, False)
        """
        name = self.surface if surface is None else surface
        return name in Surface.__members__ and name not in self.sealed

    def column_of(self, name: str) -> str:
        """The input's column for an item field."""
        return {"text": self.text_column, "id": self.id_column}.get(name, name)

    def field_of(self, column: str) -> str:
        """The item field that an input's column holds."""
        if column == self.text_column:
            return "text"
        return "id" if column == self.id_column else column
