"""Links found in texts, as the signals find them, with the address a browser would ask."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

import msgspec
import polars as pl

from portreeve.links.web_address import normal_form
from portreeve.signals.spans import LINK, SHARE_CODE
from portreeve.signals.text import measure


class FoundLink(msgspec.Struct, frozen=True, kw_only=True):
    """An address or a share code in a text, or an address attached to it."""

    row: int
    field: str
    """``text``, or ``links.N`` for the Nth attached address, from 0."""
    start: int
    end: int
    """Characters of the field: from ``start`` to before ``end``."""
    kind: str
    """``link`` or ``share_code``."""
    url: str | None
    """In the normal form of browsers; None for a share code, and for what is no web address."""
    host: str | None
    host_class: str | None
    registrable: str | None


def extract(texts: pl.Series, links: pl.Series | None = None) -> Iterator[FoundLink]:
    """The links of texts, and of the addresses attached to them.

    >>> [found.url for found in extract(pl.Series(["看这里 T.cn/A6abcde，还有 example.com"]))]
    ['http://t.cn/A6abcde', 'http://example.com/']
    """
    places = measure(texts, links).spans.filter(pl.col("kind").is_in([LINK, SHARE_CODE]))
    columns = ("row", "field", "start", "end", "kind", "host", "host_class", "registrable")
    for row, field, start, end, kind, host, host_class, registrable in places.select(
        columns
    ).iter_rows():
        whole = texts[row] if field == "text" else links[row][int(field[6:])]  # type: ignore[index]
        yield FoundLink(
            row=row, field=field, start=start, end=end,
            kind="link" if kind == LINK else "share_code",
            url=_url(whole[start:end]) if kind == LINK else None,
            host=host, host_class=host_class, registrable=registrable,
        )  # fmt: skip


def _url(written: str) -> str | None:
    written = _FULL_WIDTH.sub(lambda found: unicodedata.normalize("NFKC", found[0]), written)
    written = written.replace("\u3002", ".")
    return normal_form(written if "://" in written else f"http://{written}")


_FULL_WIDTH = re.compile("[\uff01-\uff5e]")
"""Full-width forms: a colon or a slash among them is one of the address."""
