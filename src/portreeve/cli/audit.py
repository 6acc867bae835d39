"""``portreeve audit``: verify the audit log, and write it into a file that others can verify."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from portreeve.cli.terminal import printable

if TYPE_CHECKING:
    import sqlalchemy as sa

    from portreeve.store.chain import Chain

app = typer.Typer(
    name="audit",
    help="Verify the audit log, and write it into a file that others can verify.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
)

Store = Annotated[
    str | None,
    typer.Argument(
        help="A data folder, the address of a database, or a file of entries; the service's own "
        "store when left out.",
        metavar="STORE",
        show_default=False,
    ),
]


@app.callback()
def main() -> None:
    """Verify the audit log, and write it into a file that others can verify."""


@app.command()
def verify(
    store: Store = None,
    head: Annotated[
        str | None,
        typer.Option(
            help="Number and hash of an entry, as noted earlier, such as 42:9f86d0....",
            show_default=False,
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Machine-readable output.")] = False,
) -> None:
    """Follow the hash chain from the first entry to the last, and name the first broken one.

    Nothing is written and no service need run. A file alone cannot show that entries were cut
    off its end: for that give --head, as an earlier verification printed it. The head may be one
    that the log has long passed.

    Example: portreeve audit verify portreeve-data

    Exit code: 0 intact; 1 broken; 2 the store cannot be read.
    """
    chain = _verified(store, _head(head))
    if as_json:
        facts = {"intact": chain.intact, "entries": chain.entries, "head": chain.head,
                 "broken": chain.broken, "what": chain.what}  # fmt: skip
        typer.echo(json.dumps(facts, ensure_ascii=False, indent=2))
    elif chain.intact:
        typer.echo(f"intact: {chain.entries} entries")
        typer.echo(f"  head: {chain.entries}:{chain.head}")
    else:
        typer.echo(printable(f"broken at entry {chain.broken}: {chain.what}"), err=True)
        typer.echo(f"  {chain.entries} entries before it are as they were written", err=True)
    if not chain.intact:
        raise typer.Exit(1)


@app.command()
def export(
    out: Annotated[Path, typer.Option(help="The file to write, one entry a line, as JSON.")],
    store: Store = None,
) -> None:
    """Write all entries into a file that `portreeve audit verify` and anyone else can verify.

    Example: portreeve audit export portreeve-data --out audit.jsonl
    """
    from portreeve.store import chain

    with _connected(store) as connection, out.open("xb") as file:
        try:
            count = chain.write(chain.stored(connection), file)
        except ValueError as error:
            _fail(f"{error}. `portreeve audit verify` tells more.")
    typer.echo(f"{count} entries in {out}")


def _verified(store: str | None, head: tuple[int, str] | None) -> Chain:
    from portreeve.store import chain

    if store is not None and Path(store).is_file():
        with Path(store).open("rb") as file:
            return chain.verify(chain.read(file), noted=head)
    with _connected(store) as connection:
        return chain.verify_database(connection, noted=head)


def _head(text: str | None) -> tuple[int, str] | None:
    if text is None:
        return None
    number, _, hash = text.partition(":")
    if not number.isdecimal() or len(hash) != 64:
        _fail("--head is no number and hash. Write it as `verify` prints it, such as 42:9f86....")
    return int(number), hash


@contextmanager
def _connected(store: str | None) -> Iterator[sa.Connection]:
    """A snapshot of the database meant by a folder, an address, or the settings."""
    from portreeve.service.context import missing_file, open_database
    from portreeve.service.settings import from_environment

    if store is not None and "://" in store:
        settings = from_environment({"PORTREEVE_DATABASE": store})
    elif store is not None:
        settings = from_environment({"PORTREEVE_DATA": store})
    else:
        settings = from_environment(os.environ)
    missing = missing_file(settings)
    if missing is not None:
        _fail(f"there is no {missing}. Name a data folder, the address of a database, or a file.")
    database = open_database(settings)
    try:
        with database.snapshot() as connection:
            yield connection
    finally:
        database.close()


def _fail(message: str) -> NoReturn:
    typer.echo(printable(f"portreeve: {message}"), err=True)
    raise typer.Exit(2)
