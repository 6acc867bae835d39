"""Reading any input in batches."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Protocol, Self

from portreeve.files.batch import Batch
from portreeve.files.delimited import Delimited
from portreeve.files.errors import InputError
from portreeve.files.jsonl import JsonLines
from portreeve.files.lines import Lines
from portreeve.files.options import FORMATS, Options
from portreeve.files.parquet import ParquetFile

_SUFFIXES = {
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "jsonl",
    ".csv": "csv",
    ".tsv": "tsv",
    ".parquet": "parquet",
    ".pq": "parquet",
}


class Reader(Protocol):
    """An input being read. ``rows_read`` and ``ended_early`` are final when the batches are."""

    name: str

    @property
    def rows_read(self) -> int:
        """Rows met so far, those set aside included."""
        ...

    @property
    def ended_early(self) -> str | None:
        """Why the input stopped before its end; None when it did not."""
        ...

    def batches(self) -> Iterator[Batch]:
        """The batches in order."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(self, *_: object) -> None: ...


def open_input(name: str, options: Options, first_id: int = 1) -> Reader:
    """Open an input: a path, or ``-`` for standard input.

    Args:
        name: JSONL, CSV, TSV (each also as .gz and .zst) or Parquet.
        options: how to read it.
        first_id: the id of the first row, when the input has no ids.

    Raises:
        InputError: it cannot be opened, or its format cannot be told or is not known.

    >>> import tempfile
    >>> posts = Path(tempfile.mkdtemp()) / "posts.jsonl"
    >>> _ = posts.write_text('{"id": 7, "text": "the cat sleeps"}')
    >>> with open_input(str(posts), Options()) as reader:
    ...     [batch.frame["id"].to_list() for batch in reader.batches()]
    [[7]]
    """
    format_ = options.format or format_of(name)
    if format_ not in FORMATS:
        raise InputError(name, f"there is no format {format_!r}.", f"Use {', '.join(FORMATS)}.")
    if format_ == "parquet":
        if name == "-":
            raise InputError(
                "standard input", "Parquet cannot be read from a pipe.", "Name the file."
            )
        return ParquetFile(Path(name), options, first_id)
    source = Lines(None if name == "-" else Path(name))
    if format_ == "jsonl":
        return JsonLines(source, options, first_id)
    return Delimited(source, options, first_id, "\t" if format_ == "tsv" else ",")


def format_of(name: str) -> str:
    """The format that a file's name tells.

    >>> format_of("posts.csv.gz"), format_of("-")
    ('csv', 'jsonl')

    Raises:
        InputError: the name tells none.
    """
    if name == "-":
        return "jsonl"
    path = Path(name)
    suffix = path.suffix.lower()
    if suffix in (".gz", ".zst"):
        suffix = Path(path.stem).suffix.lower()
        if _SUFFIXES.get(suffix) == "parquet":
            raise InputError(name, "a compressed Parquet file is not read.", "Decompress it.")
    if suffix not in _SUFFIXES:
        raise InputError(
            name, "the name does not tell the format.", f"Add --format {'|'.join(FORMATS)}."
        )
    return _SUFFIXES[suffix]
