"""Places: what was found in texts, in the links beside them and in pictures, as arrays.

A place is one handle, amount, link, share code or word, or a code in a picture. The kernel writes
most of them; attached links, the rarer share codes and the codes of pictures are added here, and
every link is looked up once.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import polars as pl
import pyarrow as pa
from numpy.typing import NDArray

from portreeve.signals.hosts import Target, target
from portreeve.signals.parts import TEXT, Whole, part_name, placed
from portreeve.signals.share_codes import ShareCode
from portreeve.signals.spans import CODE, LINK, SHARE_CODE, SPAN


class Beside(NamedTuple):
    """A place that is a whole part beside the text; ``sub`` as in a record."""

    kind: int
    row: int
    part: int
    size: int
    key: str
    sub: int = 0


_MARKETPLACE = Target(None, "marketplace", None)


@dataclass(frozen=True)
class Places:
    """The places of a batch, those of the texts first, each part in the order of rows.

    ``records``: :data:`~portreeve.signals.spans.SPAN`; ``keys``: the handle, address or code, one
    per record, empty for others; ``link``: the part of the item that it lies in, see
    :mod:`portreeve.signals.parts`;
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
        """The places as columns: those of a record, ``key``, ``field`` (such as text or links.0),
        and ``host``, ``host_class`` and ``registrable`` for links."""
        columns: dict[str, object] = {
            name: np.ascontiguousarray(self.records[name])
            for name in SPAN.names or ()
            if name != "key"
        }
        columns["key"] = pl.from_arrow(self.keys)
        columns["field"] = [part_name(at) for at in self.link.tolist()]
        nowhere = Target(None, None, None)
        found = [self.targets[at] if at >= 0 else nowhere for at in self.leads.tolist()]
        for at, name in enumerate(Target._fields):
            columns[name] = pl.Series([t[at] for t in found], dtype=pl.String)
        schema = {"field": pl.String}
        return pl.DataFrame(columns, schema_overrides=schema)


def gather(
    spans: NDArray[np.void],
    keys: NDArray[np.uint8],
    attached: Iterable[tuple[int, int, str]],
    handles: Iterable[Beside],
    shared: Iterable[ShareCode],
    whole: Whole,
) -> Places:
    """All places of a batch.

    ``spans`` and ``keys`` as the kernel wrote them; ``attached``: row, position and address of
    links beside the texts; ``handles``: the contacts that codes stand for; ``shared``: share codes
    found in the texts; ``whole``: what the texts are made of.
    """
    beside = [
        Beside(LINK, row, part, len(address), _link_key(address))
        for row, part, address in [*attached, *whole.addresses]
    ]
    beside += [
        Beside(CODE, code.row, code.part, len(code.text), _link_key(code.text))
        for code in whole.codes
    ]
    beside += sorted(handles)
    shares = list(shared)
    text = _keys(spans, keys)
    of_part = np.full(len(spans) + len(beside) + len(shares), TEXT, dtype=np.int32)
    if beside or shares:
        of_part[len(spans) : len(spans) + len(beside)] = [one.part for one in beside]
        more = [one.key for one in beside] + [code.key for code in shares]
        text = pa.concat_arrays([text, pa.array(more, pa.large_string())])
        spans = np.concatenate([spans, _records(beside, shares)])
    placed(spans, of_part, whole.parts)
    kind = np.ascontiguousarray(spans["kind"])
    leads, targets = _leads(kind, text)
    for code, at in zip(shares, range(len(spans) - len(shares), len(spans)), strict=True):
        leads[at] = len(targets)
        targets.append(Target(None, code.host_class, None))
    row = np.ascontiguousarray(spans["row"])
    return Places(spans, text, of_part, leads, tuple(targets), kind, row)


def _keys(spans: NDArray[np.void], keys: NDArray[np.uint8]) -> pa.LargeStringArray:
    offsets = np.zeros(len(spans) + 1, dtype=np.int64)
    np.cumsum(spans["size"], out=offsets[1:])
    # the kernel writes keys one after the other, in the order of the spans
    used = np.ascontiguousarray(keys[: offsets[-1]])
    return pa.LargeStringArray.from_buffers(len(spans), pa.py_buffer(offsets), pa.py_buffer(used))


def _records(beside: list[Beside], codes: list[ShareCode]) -> NDArray[np.void]:
    """What is beside the text, over its whole length, and share codes, as the kernel's records."""
    records = np.zeros(len(beside) + len(codes), dtype=SPAN)
    records["row"] = [one.row for one in beside] + [code.row for code in codes]
    records["start"] = [0] * len(beside) + [code.start for code in codes]
    records["end"] = [one.size for one in beside] + [code.end for code in codes]
    records["kind"] = [one.kind for one in beside] + [SHARE_CODE] * len(codes)
    records["sub"] = [one.sub for one in beside] + [0] * len(codes)
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
