"""Banks of known pictures, read from and written to the formats that others exchange.

What ThreatExchange, python-threatexchange and HMA (Hasher-Matcher-Actioner) read and write:

``text``: lines ``pdq <hash>``, a ``local_file`` exchange of python-threatexchange and HMA; a hash
alone is read too. ``csv``: what ``threatexchange dataset --csv`` prints. ``json``: a page of
ThreatExchange's ``/threat_updates``. ``hma``: lines of JSON, each the body of a
``POST /c/bank/<bank>/signal``. Hashes of other kinds in the same file are counted and left.
"""

from __future__ import annotations

import contextlib
import csv
import io
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Literal

import msgspec

from portreeve.pictures.index import KnownPicture

Format = Literal["text", "csv", "json", "hma"]
_INDICATOR = "HASH_PDQ"
_SIGNAL = "pdq"
_CSV = ("signal_type", "signal_str", "collab", "category", "tags")
_NOT_HARMFUL = {"NEGATIVE_CLASS", "INVESTIGATION_SEED"}
_HASH = re.compile(r"[0-9a-fA-F]{64}")


class LeftOut(msgspec.Struct, frozen=True):
    """A row that is not in the bank: its number from 1, and why."""

    row: int
    why: Literal["another kind", "no hash", "not harmful", "withdrawn", "not readable"]


class Read(msgspec.Struct, frozen=True):
    """What a file held: each picture once, with the tags of all its rows, and the rows left out."""

    known: tuple[KnownPicture, ...]
    left_out: tuple[LeftOut, ...]


_Row = KnownPicture | str


def read(data: bytes, bank: str) -> Read:
    """A bank from a file; the format is told by its beginning. Raises :class:`ValueError`.

    >>> found = read(b"pdq " + b"f8" * 32 + b"\\nvideo_md5 " + b"a" * 32, "masks")
    >>> found.known[0].pdq[:4], found.left_out[0].why
    ('f8f8', 'another kind')
    """
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ValueError("it is not a text file in UTF-8") from None
    known: dict[str, KnownPicture] = {}
    left_out = []
    for number, row in enumerate(_reader(text)(text), 1):
        if isinstance(row, str):
            left_out.append(msgspec.convert({"row": number, "why": row}, LeftOut))
            continue
        before = known.get(row.pdq)
        tags = dict.fromkeys((*(before.tags if before else ()), *row.tags))
        label = before.label if before and before.label else row.label
        known[row.pdq] = msgspec.structs.replace(row, bank=bank, label=label, tags=tuple(tags))
    return Read(tuple(known.values()), tuple(left_out))


def write(known: Sequence[KnownPicture], format_: Format) -> bytes:
    """A bank as a file."""
    return "".join(_WRITERS[format_](known)).encode()


def _reader(text: str) -> Callable[[str], Iterator[_Row]]:
    begun = text.lstrip()
    if begun.startswith(("{", "[")):
        return _rows_of_json
    header = begun.partition("\n")[0].strip().split(",")
    return _rows_of_csv if {"signal_type", "signal_str"} <= set(header) else _rows_of_text


def _row(kind: str, hash_: str, label: str = "", tags: Iterable[str] = ()) -> _Row:
    if kind not in {_SIGNAL, _INDICATOR}:
        return "another kind"
    if not _HASH.fullmatch(hash_):
        return "no hash"
    return KnownPicture(pdq=hash_.lower(), label=label, tags=tuple(tags))


def _rows_of_text(text: str) -> Iterator[_Row]:
    for line in filter(None, map(str.strip, text.splitlines())):
        kind, _, hash_ = line.rpartition(" ")
        yield _row(kind.strip() or _SIGNAL, hash_)


def _rows_of_csv(text: str) -> Iterator[_Row]:
    for row in csv.DictReader(io.StringIO(text)):
        if row.get("category") in _NOT_HARMFUL:
            yield "not harmful"
        else:
            tags = (row.get("tags") or "").split()
            yield _row(row["signal_type"], row.get("signal_str") or "", tags=tags)


class _Many(msgspec.Struct):
    """Values in the envelope in which ThreatExchange answers lists."""

    data: list[msgspec.Raw] = []


_WHOLE: msgspec.json.Decoder[_Many | list[msgspec.Raw]] = msgspec.json.Decoder(
    _Many | list[msgspec.Raw]
)


class _Descriptor(msgspec.Struct):
    """One member's opinion of an indicator."""

    status: str = ""
    tags: object = None


class _Update(msgspec.Struct):
    """An indicator of ``/threat_updates``, or a body for HMA, which has ``pdq`` only."""

    id: str | int = ""
    indicator: str = ""
    type: str = ""
    should_delete: bool = False
    descriptors: _Many | None = None
    pdq: str | None = None


def _rows_of_json(text: str) -> Iterator[_Row]:
    for raw in _values(text):
        try:
            yield _update(msgspec.json.decode(raw, type=_Update))
        except msgspec.MsgspecError:
            yield "not readable"


def _values(text: str) -> Iterator[bytes | msgspec.Raw]:
    """The values of a page or a list, or of lines that are a value each."""
    found: list[msgspec.Raw] = []
    with contextlib.suppress(msgspec.MsgspecError):
        whole = _WHOLE.decode(text)
        found = whole.data if isinstance(whole, _Many) else whole
    if found:
        yield from found
        return
    yield from (line.encode() for line in text.splitlines() if line.strip())


def _update(update: _Update) -> _Row:
    if update.pdq is not None:
        return _row(_SIGNAL, update.pdq)
    if update.should_delete:
        return "withdrawn"
    opinions = [
        msgspec.json.decode(raw, type=_Descriptor)
        for raw in (update.descriptors.data if update.descriptors else ())
    ]
    if opinions and all(one.status == "NON_MALICIOUS" for one in opinions):
        return "not harmful"
    tags = [tag for one in opinions for tag in _tags(one.tags)]
    return _row(update.type, update.indicator, str(update.id), tags)


def _tags(tags: object) -> Iterator[str]:
    """Tags are a list of words, or an envelope of objects with ``text``."""
    if isinstance(tags, dict):
        tags = tags.get("data")
    for tag in tags if isinstance(tags, list) else ():
        word = tag.get("text") if isinstance(tag, dict) else tag
        if isinstance(word, str):
            yield word


def _as_text(known: Sequence[KnownPicture]) -> Iterator[str]:
    yield from (f"{_SIGNAL} {one.pdq}\n" for one in known)


def _as_csv(known: Sequence[KnownPicture]) -> Iterator[str]:
    into = io.StringIO()
    writer = csv.writer(into, lineterminator="\n")
    writer.writerow(_CSV)
    for one in known:
        tags = " ".join(tag.replace(" ", "_") for tag in one.tags)
        writer.writerow((_SIGNAL, one.pdq, one.bank, "POSITIVE_CLASS", tags))
    yield into.getvalue()


def _as_json(known: Sequence[KnownPicture]) -> Iterator[str]:
    updates = [
        {
            "id": str(number),
            "indicator": one.pdq,
            "type": _INDICATOR,
            "last_updated": 0,
            "should_delete": False,
            "descriptors": {
                "data": [
                    {
                        "id": str(number),
                        "owner": {"id": "0"},
                        "status": "MALICIOUS",
                        "added_on": "1970-01-01T00:00:00+0000",
                        "tags": list(one.tags),
                    }
                ]
            },
        }
        for number, one in enumerate(known, 1)
    ]
    yield msgspec.json.encode({"data": updates}).decode() + "\n"


def _as_hma(known: Sequence[KnownPicture]) -> Iterator[str]:
    yield from (msgspec.json.encode({_SIGNAL: one.pdq}).decode() + "\n" for one in known)


_WRITERS: dict[Format, Callable[[Sequence[KnownPicture]], Iterator[str]]] = {
    "text": _as_text,
    "csv": _as_csv,
    "json": _as_json,
    "hma": _as_hma,
}
