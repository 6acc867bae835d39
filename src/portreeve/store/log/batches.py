"""The signals of decisions made together, as one value of the table ``batches``."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl
import pyarrow as pa

from portreeve.signals.catalog import CATALOG

_TEXT = pa.large_string()
_LZ4 = pa.ipc.IpcWriteOptions(compression="lz4", use_threads=False)


def pack(decisions: Sequence[str], items: Sequence[str], signals: pl.DataFrame) -> bytes:
    """An Arrow IPC stream: ids of decisions, ids of items, and the signals, row by row.

    Of ``signals`` only columns of the catalog are kept: none of them holds content.
    """
    # by way of Arrow's C interface: polars' own conversion goes through its pool of threads, which
    # is slow to wake
    given = pa.table(signals)
    kept = [name for name in given.column_names if name in CATALOG]
    table = pa.Table.from_arrays(
        [pa.array(decisions, _TEXT), pa.array(items, _TEXT), *(given[name] for name in kept)],
        names=["decision", "item", *kept],
    )
    stream = pa.BufferOutputStream()
    with pa.ipc.new_stream(stream, table.schema, options=_LZ4) as writer:
        writer.write_table(table)
    packed: bytes = stream.getvalue().to_pybytes()
    return packed


def unpack(columns: bytes) -> pl.DataFrame:
    """What :func:`pack` wrote: ``decision``, ``item`` and the signals."""
    return pl.read_ipc_stream(columns)
