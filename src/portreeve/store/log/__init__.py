"""The decision log: every decision with every signal, as Parquet files by day, read by DuckDB.

What was decided a moment ago is still in the database's table ``batches``; readers see both, and
what people decided and undid since.
"""

from portreeve.store.log.batches import pack, unpack
from portreeve.store.log.columns import LOG, LogColumn, LogType
from portreeve.store.log.condition import ConditionError, checked
from portreeve.store.log.export import LogExporter
from portreeve.store.log.reading import (
    NEWEST_FIRST,
    LogLimitError,
    LogRangeError,
    LogReader,
    Query,
)

__all__ = [
    "LOG",
    "NEWEST_FIRST",
    "ConditionError",
    "LogColumn",
    "LogExporter",
    "LogLimitError",
    "LogRangeError",
    "LogReader",
    "LogType",
    "Query",
    "checked",
    "pack",
    "unpack",
]
