"""``portreeve backup`` and ``portreeve restore``."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from portreeve.service.backup import Manifest
    from portreeve.service.settings import Settings

Data = Annotated[
    str | None,
    typer.Option(help="The service's data folder.  [default: portreeve-data]", show_default=False),
]
AsJson = Annotated[bool, typer.Option("--json", help="Machine-readable output.")]


def backup(
    target: Annotated[
        Path, typer.Argument(help="A folder that is not there yet.", metavar="TARGET")
    ],
    data: Data = None,
    with_keys: Annotated[
        bool,
        typer.Option("--with-keys", help="Put the keys in too: whoever has it can read it all."),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Back up database and decision log as of one moment, whether the service runs or not.

    Without the keys nobody can read from the backup what people wrote: keep a copy of the folder
    keys elsewhere. PostgreSQL is backed up with pg_dump; PORTREEVE_DATABASE names it.

    Example: portreeve backup backups/2014-06-01 --data portreeve-data
    """
    from portreeve.service import backup as service

    _tell("backed up", service.backup(_settings(data), target, with_keys=with_keys), as_json)


def restore(
    source: Annotated[Path, typer.Argument(help="A folder that `backup` made.", metavar="BACKUP")],
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """Put a backup into an empty data folder, and database; nothing is overwritten.

    Every file is checked against the backup's manifest first. Keys that the backup does not hold
    must be put into the folder keys before the service starts.

    Example: portreeve restore backups/2014-06-01 --data portreeve-data
    """
    from portreeve.service import backup as service

    _tell("restored", service.restore(_settings(data), source), as_json)


def _tell(done: str, manifest: Manifest, as_json: bool) -> None:
    import msgspec

    if as_json:
        facts = msgspec.to_builtins(manifest)
        typer.echo(json.dumps(facts, ensure_ascii=False, indent=2))
        return
    typer.echo(f"{done}: {len(manifest.files)} files of {manifest.made:%Y-%m-%d %H:%M:%S} UTC")
    typer.echo(f"  audit log: {manifest.entries}:{manifest.head}")
    if not manifest.keys:
        typer.echo("  the keys are not in it: without them nobody can read what people wrote")


def _settings(data: str | None) -> Settings:
    from portreeve.service.settings import from_environment

    given = {} if data is None else {"PORTREEVE_DATA": data}
    return from_environment({**os.environ, **given})
