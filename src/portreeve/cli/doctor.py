"""``portreeve doctor``: what may be wrong, and what to do."""

from __future__ import annotations

import json
import os
from typing import Annotated

import typer

from portreeve.cli.terminal import printable


def doctor(
    data: Annotated[
        str | None,
        typer.Option(
            help="The service's data folder.  [default: portreeve-data]", show_default=False
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Machine-readable output.")] = False,
) -> None:
    """Check the store and what the service needs; every finding says what to do.

    Nothing is made or changed, and the service may run meanwhile.

    Example: portreeve doctor --data portreeve-data

    Exit code: 0 nothing is wrong (there may be warnings); 1 something is.
    """
    from portreeve.service.doctor import examine
    from portreeve.service.settings import from_environment

    given = {} if data is None else {"PORTREEVE_DATA": data}
    findings = examine(from_environment({**os.environ, **given}))
    if as_json:
        said = [{"id": one.id, **one.said("en")} for one in findings]
        typer.echo(json.dumps(said, ensure_ascii=False, indent=2))
    else:
        for finding in findings:
            typer.echo(printable(f"{finding.state:<5} {finding.check.en}: {finding.found.en}"))
            if finding.remedy is not None:
                typer.echo(printable(f"      {finding.remedy.en}"))
    if any(finding.state == "fail" for finding in findings):
        raise typer.Exit(1)
