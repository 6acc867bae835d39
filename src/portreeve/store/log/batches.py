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
    # is slow to wake. The schema is taken over as it is: to make another costs more than to write
    batch = pa.RecordBatchReader.from_stream(signals.rechunk()).read_next_batch()
    names = batch.schema.names
    if not CATALOG.keys() >= set(names):
        batch = batch.select([name for name in names if name in CATALOG])
    batch = batch.add_column(0, "item", pa.array(items, _TEXT))
    batch = batch.add_column(0, "decision", pa.array(decisions, _TEXT))
    stream = pa.BufferOutputStream()
    with pa.ipc.new_stream(stream, batch.schema, options=_LZ4) as writer:
        writer.write_batch(batch)
    packed: bytes = stream.getvalue().to_pybytes()
    return packed


def unpack(columns: bytes) -> pl.DataFrame:
    """What :func:`pack` wrote: ``decision``, ``item`` and the signals."""
    return pl.read_ipc_stream(columns)
