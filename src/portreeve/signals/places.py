"""Places: what was found in texts and in the links beside them, as arrays.

A place is one handle, amount, link, share code or word. The kernel writes most of them; attached
links and the rarer share codes are added here, and every link is looked up once.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import numpy as np
import polars as pl
import pyarrow as pa
from numpy.typing import NDArray

from portreeve.signals.hosts import Target, target
from portreeve.signals.share_codes import ShareCode
from portreeve.signals.spans import LINK, SHARE_CODE, SPAN

_IN_TEXT = -1
_MARKETPLACE = Target(None, "marketplace", None)


@dataclass(frozen=True)
class Places:
    """The places of a batch, those of the texts first, each part in the order of rows.

    ``records``: :data:`~portreeve.signals.spans.SPAN`; ``keys``: the handle, address or code, one
    per record, empty for others; ``link``: which attached link it lies in, -1 for the text;
    ``leads``: for links and share codes an index into ``targets``, else -1.
    """

    records: NDArray[np.void]
    keys: pa.LargeStringArray
    link: NDArray[np.int32]
    leads: NDArray[np.int32]
    targets: tuple[Target, ...]
    kind: NDArray[np.uint8] = field(repr=False)
    row: NDArray[np.int32] = field(repr=False)

    def of(self, *kinds: int) -> NDArray[np.int64]:
        """Which places are of some kinds."""
        return np.flatnonzero(np.isin(self.kind, kinds))

    def keyed(self, chosen: NDArray[np.int64]) -> Iterator[tuple[int, int, str]]:
        """``(row, place, key)`` of chosen places."""
        keys = self.keys.take(pa.array(chosen)).to_pylist()
        return zip(self.row[chosen].tolist(), chosen.tolist(), keys, strict=True)

    def frame(self) -> pl.DataFrame:
        """The places as columns: those of a record, ``key``, ``field`` (text, or links.N), and
        ``host``, ``host_class`` and ``registrable`` for links."""
        columns: dict[str, object] = {
            name: np.ascontiguousarray(self.records[name])
            for name in SPAN.names or ()
            if name != "key"
        }
        columns["key"] = pl.from_arrow(self.keys)
        columns["field"] = [field_name(at) for at in self.link.tolist()]
        nowhere = Target(None, None, None)
        found = [self.targets[at] if at >= 0 else nowhere for at in self.leads.tolist()]
        for at, name in enumerate(Target._fields):
            columns[name] = pl.Series([t[at] for t in found], dtype=pl.String)
        schema = {"field": pl.String}
        return pl.DataFrame(columns, schema_overrides=schema)


def field_name(link: int) -> str:
    """The field of an item that a place lies in.

    >>> field_name(-1), field_name(2)
    ('text', 'links.2')
    """
    return "text" if link == _IN_TEXT else f"links.{link}"


def gather(
    spans: NDArray[np.void],
    keys: NDArray[np.uint8],
    attached: Iterable[tuple[int, int, str]],
    codes: Iterable[ShareCode],
) -> Places:
    """All places of a batch.

    ``spans`` and ``keys`` as the kernel wrote them; ``attached``: row, position and address of
    links beside the texts; ``codes``: share codes found in the texts.
    """
    links = list(attached)
    shares = list(codes)
    text = _keys(spans, keys)
    of_link = np.full(len(spans) + len(links) + len(shares), _IN_TEXT, dtype=np.int32)
    if links or shares:
        of_link[len(spans) : len(spans) + len(links)] = [place for _, place, _ in links]
        more = [_link_key(address) for _, _, address in links] + [code.key for code in shares]
        text = pa.concat_arrays([text, pa.array(more, pa.large_string())])
        spans = np.concatenate([spans, _records(links, shares)])
    kind = np.ascontiguousarray(spans["kind"])
    leads, targets = _leads(kind, text)
    for code, at in zip(shares, range(len(spans) - len(shares), len(spans)), strict=True):
        leads[at] = len(targets)
        targets.append(Target(None, code.host_class, None))
    row = np.ascontiguousarray(spans["row"])
    return Places(spans, text, of_link, leads, tuple(targets), kind, row)


def _keys(spans: NDArray[np.void], keys: NDArray[np.uint8]) -> pa.LargeStringArray:
    offsets = np.zeros(len(spans) + 1, dtype=np.int64)
    np.cumsum(spans["size"], out=offsets[1:])
    # the kernel writes keys one after the other, in the order of the spans
    used = np.ascontiguousarray(keys[: offsets[-1]])
    return pa.LargeStringArray.from_buffers(len(spans), pa.py_buffer(offsets), pa.py_buffer(used))


def _records(links: list[tuple[int, int, str]], codes: list[ShareCode]) -> NDArray[np.void]:
    """Links beside the text, over the whole address, and share codes, as the kernel's records."""
    records = np.zeros(len(links) + len(codes), dtype=SPAN)
    records["row"] = [row for row, _, _ in links] + [code.row for code in codes]
    records["start"] = [0] * len(links) + [code.start for code in codes]
    records["end"] = [len(address) for _, _, address in links] + [code.end for code in codes]
    records["kind"] = [LINK] * len(links) + [SHARE_CODE] * len(codes)
    records["word"] = -1
    return records


def _link_key(address: str) -> str:
    return address.strip().lower().removeprefix("https://").removeprefix("http://")


def _leads(
    kind: NDArray[np.uint8], keys: pa.LargeStringArray
) -> tuple[NDArray[np.int32], list[Target]]:
    """Where each link and share code leads; an address is looked up once."""
    leads = np.full(len(kind), -1, dtype=np.int32)
    leads[kind == SHARE_CODE] = 0
    targets = [_MARKETPLACE]
    links = np.flatnonzero(kind == LINK)
    if len(links):
        known: dict[str, int] = {}
        for at, key in zip(links.tolist(), keys.take(pa.array(links)).to_pylist(), strict=True):
            if key not in known:
                known[key] = len(targets)
                targets.append(target(key))
            leads[at] = known[key]
    return leads, targets
