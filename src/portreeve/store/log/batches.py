"""The signals of decisions made together, as one value of the table ``batches``."""

from __future__ import annotations

import io
from collections.abc import Sequence

import polars as pl

from portreeve.signals.catalog import CATALOG


def pack(decisions: Sequence[str], items: Sequence[str], signals: pl.DataFrame) -> bytes:
    """An Arrow IPC stream: ids of decisions, ids of items, and the signals, row by row.

    Of ``signals`` only columns of the catalog are kept: none of them holds content.
    """
    kept = [name for name in signals.columns if name in CATALOG]
    frame = signals.select(
        pl.Series("decision", decisions, dtype=pl.String),
        pl.Series("item", items, dtype=pl.String),
        *kept,
    )
    stream = io.BytesIO()
    frame.write_ipc_stream(stream, compression="lz4")
    return stream.getvalue()


def unpack(columns: bytes) -> pl.DataFrame:
    """What :func:`pack` wrote: ``decision``, ``item`` and the signals."""
    return pl.read_ipc_stream(columns)
