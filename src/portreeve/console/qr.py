"""QR codes as SVG in a page."""

from __future__ import annotations

from collections.abc import Iterable

import segno
from markupsafe import Markup


def qr(text: str, label: str) -> Markup:
    """A QR code; its colours are those of the style sheet.

    >>> drawn = qr("otpauth://totp/Portreeve:ann?secret=ABC", "QR code")
    >>> drawn[:72]
    Markup('<svg class="qr" role="img" aria-label="QR code" viewBox="0 0 37 37"><pat')
    """
    code = segno.make(text, error="m", micro=False)
    size, _ = code.symbol_size()
    # one line for each run of dark squares, by rows
    path = "".join(
        f"M{start} {y}h{end - start}v1h-{end - start}z"
        for y, row in enumerate(code.matrix_iter())
        for start, end in _runs(row)
    )
    return Markup(
        '<svg class="qr" role="img" aria-label="{}" viewBox="0 0 {} {}"><path d="{}"/></svg>'
    ).format(label, size, size, path)


def _runs(row: Iterable[int]) -> list[tuple[int, int]]:
    """Where dark squares in a row begin and end."""
    runs, start = [], None
    for x, dark in enumerate([*row, 0]):
        if dark and start is None:
            start = x
        elif not dark and start is not None:
            runs.append((start, x))
            start = None
    return runs
