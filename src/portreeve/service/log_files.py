"""Writing decisions of the log into a file, table by table."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO, Literal

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet

from portreeve.files.cells import cells

Format = Literal["parquet", "csv"]


@contextmanager
def writing(file: BinaryIO, format: Format) -> Iterator[Callable[[pa.Table], None]]:
    """What takes the tables, all of the same columns; at least one must come.

    >>> import io
    >>> with writing(file := io.BytesIO(), "csv") as write:
    ...     write(pa.table({"item": ["a", "=A1"], "rules": [["x", "y"], []]}))
    >>> print(file.getvalue().decode())
    "item","rules"
    "a","x y"
    "'=A1",""
    """
    writer: Any = None
    schema: pa.Schema | None = None

    def write(table: pa.Table) -> None:
        nonlocal writer, schema
        shown = _flat(table) if format == "csv" else table
        if writer is None:
            schema = shown.schema
            writer = (
                pa.parquet.ParquetWriter(file, schema, compression="zstd")
                if format == "parquet"
                else pa.csv.CSVWriter(file, schema)
            )
        writer.write_table(shown.cast(schema))

    try:
        yield write
    finally:
        if writer is not None:
            writer.close()


def _flat(table: pa.Table) -> pa.Table:
    """Lists as text, which CSV has not, and no cell that a spreadsheet would reckon with."""
    columns = [
        cells(pc.binary_join(column, " ") if pa.types.is_list(column.type) else column)
        for column in table.columns
    ]
    return pa.table(columns, names=table.column_names)
