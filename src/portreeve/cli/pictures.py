"""``portreeve pictures``: the codes in picture files, and which pictures are alike."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from portreeve.cli.terminal import printable

if TYPE_CHECKING:
    from portreeve.pictures.listing import Listed
    from portreeve.pictures.reader import CodeRead, PictureRead

_SET_ASIDE = 1
_SHOWN = 100
_TABLES = (".jsonl", ".parquet")


def pictures(
    inputs: Annotated[
        list[Path],
        typer.Argument(
            metavar="FILE",
            help="JPEG, PNG, WebP, GIF, BMP or TIFF; of a folder, the pictures in it.",
            show_default=False,
        ),
    ],
    out: Annotated[
        Path | None,
        typer.Option(
            help="Write one row a file: .jsonl or .parquet, by its name.", show_default=False
        ),
    ] = None,
    within: Annotated[
        int,
        typer.Option(min=0, max=256, help="Bits of the PDQ hash in which similar pictures differ."),
    ] = 31,
    workers: Annotated[
        int | None,
        typer.Option(
            min=1,
            max=64,
            help="Processes that decode. [default: one a core, at most 8]",
            show_default=False,
        ),
    ] = None,
    text: Annotated[
        bool,
        typer.Option(
            "--text", help="Read the words in pictures too: some 0.2 seconds of CPU for each."
        ),
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one row a file as JSON.")] = False,
    quiet: Annotated[
        bool, typer.Option("--quiet", "-q", help="No progress, no summary, no notes.")
    ] = False,
) -> None:
    """Read the QR and bar codes of pictures, hash them, and find those that are alike.

    Codes are parsed into the contacts and links that texts have. With --text, Chinese and English
    words are read too. Each file is decoded in a process of its own with limits of memory and time;
    one that cannot be read is set aside, with the reason and what to do.

    Example: portreeve pictures poster.jpg screenshots/ --out build/pictures.parquet

    Exit code: 0 done; 1 a file was set aside; 2 wrong usage, or what pictures need is not
    installed.
    """
    _check(inputs, out, text=text)
    from contextlib import ExitStack

    import msgspec

    from portreeve.cli.progress import reading
    from portreeve.pictures.listing import files_of, frame, list_pictures, rows
    from portreeve.pictures.reader import PictureReader
    from portreeve.pictures.text_reader import TextReader

    files = files_of(inputs)
    began = time.monotonic()
    with ExitStack() as closing:
        watch = closing.enter_context(reading(shown=not quiet, what="pictures"))
        reader = closing.enter_context(
            PictureReader(workers=workers or min(8, os.cpu_count() or 1))
        )
        texts = closing.enter_context(TextReader()) if text else None

        def tell(name: str, done: int) -> None:
            if watch is not None:
                watch(name, done / len(files), done)

        listing = list_pictures(files, reader, within=within, texts=texts, tell=tell)
    if out is not None and out.suffix == ".parquet":
        frame(listing).write_parquet(out)
    elif out is not None:
        with out.open("wb") as into:
            into.writelines(msgspec.json.encode(row) + b"\n" for row in rows(listing))
    if as_json:
        for row in rows(listing):
            typer.echo(msgspec.json.encode(row).decode())
    elif not quiet:
        for line in _told(listing, time.monotonic() - began):
            typer.echo(printable(line))
    if any(one.set_aside for one in listing):
        raise typer.Exit(_SET_ASIDE)


def _check(inputs: list[Path], out: Path | None, *, text: bool) -> None:
    """Find what cannot work before anything is read."""
    from portreeve.files import InputError
    from portreeve.pictures import reader, text_reader

    lacking = reader.missing() or (text_reader.missing() if text else None)
    if lacking is not None:
        typer.echo(
            f"portreeve: pictures need {lacking}, which is not installed. "
            "Install it by `pip install 'portreeve[pictures]'`.",
            err=True,
        )
        raise typer.Exit(2)
    for path in inputs:
        if not path.exists():
            raise InputError(str(path), "there is no such file.", "Check the path.")
    if out is None:
        return
    if out.suffix not in _TABLES:
        raise InputError(
            str(out), "its name does not tell its format.", "End it in .jsonl or .parquet."
        )
    if not out.resolve().parent.is_dir():
        raise InputError(str(out), "its folder is not there.", "Make it, or name another.")


def _told(listing: list[Listed], seconds: float) -> list[str]:
    """The summary, and the pictures that have something to say."""
    pictures = [(one, one.picture) for one in listing if one.picture is not None]
    telling = [
        (one, picture) for one, picture in pictures if picture.codes or one.similar or one.written
    ]
    lines: list[str] = []
    for one, picture in telling[:_SHOWN]:
        lines += [_picture_line(one.file, picture), *map(_code_line, picture.codes)]
        lines += _written_lines(one)
        lines += [f"    like {other.file} ({other.distance} bits)" for other in one.similar[:5]]
    if len(telling) > _SHOWN:
        lines.append(f"... and {len(telling) - _SHOWN:,} more; --json or --out has all")
    for one in listing:
        if one.set_aside is not None:
            lines.append(f"{one.file}: set aside, {one.set_aside.reason}; {one.set_aside.remedy}")
    lines.append(
        f"{len(pictures):,} pictures in {seconds:.1f} s: "
        f"{sum(bool(picture.codes) for _, picture in pictures):,} with codes, "
        f"{sum(bool(one.similar) for one, _ in pictures):,} like another, "
        f"{len(listing) - len(pictures):,} files set aside"
    )
    return lines


def _picture_line(file: str, one: PictureRead) -> str:
    notes = [f"{one.format} {one.width}×{one.height}"]
    if one.frames > 1:
        read = "" if one.frames_read == one.frames else f", {one.frames_read} of them read"
        notes.append(f"{one.frames} frames{read}")
    if one.cut_off:
        notes.append("cut off")
    return f"{file}: {', '.join(notes)}"


def _written_lines(one: Listed) -> list[str]:
    from portreeve.pictures.structs import FAULTS, Fault

    if one.written is None:
        return []
    if isinstance(one.written, Fault):
        return [f"    its words were not read: {FAULTS[one.written.kind].reason}"]
    return [f"    “{line}”" for line in one.written.text.splitlines()]


def _code_line(code: CodeRead) -> str:
    xs, ys = [x for x, _ in code.box], [y for _, y in code.box]
    where = f"{min(xs)},{min(ys)}–{max(xs)},{max(ys)}"
    leads = code.leads_to
    said = [f"{contact.kind}:{contact.key}" for contact in leads.contacts]
    said += [
        f"{link.key} ({link.host_class})" if link.host_class else link.key for link in leads.links
    ]
    what = " ".join(filter(None, (leads.service, leads.kind)))
    return f"    {code.kind} at {where}, {what}: {', '.join(said) or code.text[:80]}"
