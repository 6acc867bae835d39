"""Cells of CSV that stay text in a spreadsheet.

A name or an id that somebody chose may begin as a formula does; opened in a spreadsheet it would be
reckoned, and may send away what stands in the cells beside it. Such a cell begins with an
apostrophe, by which spreadsheets know text (OWASP, CSV injection).
"""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""How a cell begins that a spreadsheet would reckon with."""
_PATTERN = f"^[{''.join(chr(92) + one for one in _FORMULA[:4])}\t\r]"


def cell(text: str) -> str:
    """A cell that is text to every spreadsheet.

    >>> cell("lin"), cell("=1+1")
    ('lin', "'=1+1")
    """
    return f"'{text}" if text.startswith(_FORMULA) else text


def cells(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """A column of such cells; what is no text stays as it is.

    >>> cells(pa.chunked_array([["lin", "=1+1", None]])).to_pylist()
    ['lin', "'=1+1", None]
    """
    kind = column.type
    if not (pa.types.is_string(kind) or pa.types.is_large_string(kind)):
        return column
    mark = pa.scalar("'", kind)
    marked = pc.binary_join_element_wise(mark, column, pa.scalar("", kind))
    return pc.if_else(pc.match_substring_regex(column, _PATTERN), marked, column)
