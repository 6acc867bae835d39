"""Many picture files, read and listed: what is in each, and which are alike."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

import msgspec
import polars as pl

from portreeve.pictures.index import LEAST_QUALITY, WITHIN, Index
from portreeve.pictures.reader import PictureRead, PictureReader, SetAside, aside
from portreeve.pictures.structs import Fault
from portreeve.pictures.text_reader import TextReader
from portreeve.pictures.texts import PictureText

_SUFFIXES = {".jpg", ".jpeg", ".png", ".webp", ".gif", ".bmp", ".tif", ".tiff"}

Tell = Callable[[str, int], None]


class Similar(msgspec.Struct, frozen=True):
    """Another picture that is alike, and in how many bits of its hash it differs."""

    file: str
    distance: int


class Listed(msgspec.Struct, frozen=True, kw_only=True):
    """A file, and either what is in it or why it was set aside.

    ``written``: the words in it, or why they were not read; None where nobody asked.
    """

    file: str
    picture: PictureRead | None = None
    written: PictureText | Fault | None = None
    similar: tuple[Similar, ...] = ()
    set_aside: SetAside | None = None


def files_of(paths: Iterable[Path]) -> list[Path]:
    """Files as they are; of folders, the pictures in them by their names, at any depth."""
    found: dict[Path, None] = {}
    for path in paths:
        if path.is_dir():
            inside = (one for one in path.rglob("*") if one.suffix.lower() in _SUFFIXES)
            found.update(dict.fromkeys(sorted(one for one in inside if one.is_file())))
        else:
            found[path] = None
    return list(found)


def list_pictures(
    files: Sequence[Path],
    reader: PictureReader,
    *,
    within: int = WITHIN,
    texts: TextReader | None = None,
    tell: Tell | None = None,
) -> list[Listed]:
    """Read files, in their order, and their words if there is a reader of ``texts``.

    ``tell`` hears each file's name and how many are done.
    """
    answers: list[PictureRead | SetAside] = []
    written: list[PictureText | Fault | None] = []
    closed: set[int] = set()
    for answer in reader.read_all(_contents(files, reader.limits.bytes, closed)):
        file = files[len(answers)]
        answers.append(aside("no_file") if len(answers) in closed else answer)
        decoded = isinstance(answers[-1], PictureRead)
        written.append(_written(file, texts) if decoded and texts is not None else None)
        if tell is not None:
            tell(str(files[len(answers) - 1]), len(answers))
    alike = _alike(answers, within)
    return [
        Listed(file=str(file), set_aside=answer)
        if isinstance(answer, SetAside)
        else Listed(
            file=str(file),
            picture=answer,
            written=words,
            similar=tuple(Similar(str(files[other]), distance) for other, distance in others),
        )
        for file, answer, words, others in zip(files, answers, written, alike, strict=True)
    ]


def _contents(files: Sequence[Path], most: int, closed: set[int]) -> Iterator[bytes]:
    """The bytes of each file, one more than the most where there are more; none if unreadable."""
    for number, file in enumerate(files):
        try:
            with file.open("rb") as opened:
                data = opened.read(most + 1)
        except OSError:
            data = b""
            closed.add(number)
        yield data


def _written(file: Path, texts: TextReader) -> PictureText | Fault:
    """The words of a file that could be decoded; read again, so that few are held at a time."""
    try:
        return texts.read(file.read_bytes())
    except OSError:
        return Fault("no_file")


def _alike(answers: Sequence[PictureRead | SetAside], within: int) -> list[list[tuple[int, int]]]:
    """For each file the others that are alike and their distances, the nearest first."""
    hashed = [
        (at, one.pdq.hex)
        for at, one in enumerate(answers)
        if isinstance(one, PictureRead) and one.pdq.quality >= LEAST_QUALITY
    ]
    alike: list[list[tuple[int, int]]] = [[] for _ in answers]
    for first, second, distance in Index(hash_ for _, hash_ in hashed).pairs(within):
        one, other = hashed[first][0], hashed[second][0]
        alike[one].append((other, distance))
        alike[other].append((one, distance))
    for others in alike:
        others.sort(key=lambda other: (other[1], other[0]))
    return alike


_STRUCT = pl.Struct
_LEADS_TO = _STRUCT(
    {
        "kind": pl.String,
        "service": pl.String,
        "contacts": pl.List(_STRUCT({"kind": pl.String, "key": pl.String})),
        "links": pl.List(
            _STRUCT(dict.fromkeys(("key", "host", "host_class", "registrable"), pl.String))
        ),
    }
)
_SCHEMA: dict[str, pl.DataType | type[pl.DataType]] = {
    "file": pl.String, "sha256": pl.String, "format": pl.String, "width": pl.Int32,
    "height": pl.Int32, "frames": pl.Int32, "frames_read": pl.Int32, "cut_off": pl.Boolean,
    "codes": pl.List(
        _STRUCT(
            {
                "kind": pl.String, "text": pl.String, "box": pl.List(pl.List(pl.Int32)),
                "frame": pl.Int32, "leads_to": _LEADS_TO,
            }
        )
    ),
    "pdq": _STRUCT({"hex": pl.String, "quality": pl.Int32}),
    "similar": pl.List(_STRUCT({"file": pl.String, "distance": pl.Int32})),
    "text": pl.String,
    "lines": pl.List(
        _STRUCT(
            {
                "text": pl.String, "start": pl.Int32, "confidence": pl.Float64,
                "box": pl.List(pl.List(pl.Int32)), "frame": pl.Int32,
            }
        )
    ),
    "text_set_aside": pl.String,
    "set_aside": pl.String, "reason": pl.String, "remedy": pl.String,
}  # fmt: skip


def rows(listing: Sequence[Listed]) -> Iterator[dict[str, object]]:
    """One flat row a file: what is in the picture, or ``set_aside`` with reason and remedy."""
    for one in listing:
        if one.picture is not None:
            row = msgspec.to_builtins(one.picture)
            del row["type"]
            row |= {"similar": msgspec.to_builtins(one.similar), **_words(one.written)}
            yield {"file": one.file, **row}
        elif one.set_aside is not None:
            told = one.set_aside
            yield {
                "file": one.file,
                "sha256": told.sha256,
                "set_aside": told.kind,
                "reason": told.reason,
                "remedy": told.remedy,
            }


def _words(written: PictureText | Fault | None) -> dict[str, object]:
    if written is None:
        return {}
    if isinstance(written, Fault):
        return {"text_set_aside": written.kind}
    return {"text": written.text, "lines": msgspec.to_builtins(written.lines)}


def frame(listing: Sequence[Listed]) -> pl.DataFrame:
    """The rows as a table."""
    return pl.DataFrame(list(rows(listing)), schema=_SCHEMA)
