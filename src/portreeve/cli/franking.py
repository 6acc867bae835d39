"""``portreeve franking``: verify what recipients of encrypted messages report."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

from portreeve.cli.terminal import printable

if TYPE_CHECKING:
    from portreeve.franking import Franked, FrankingError, Verifier

app = typer.Typer(
    name="franking",
    help="Verify what recipients of encrypted messages report.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
)


@app.callback()
def main() -> None:
    """Verify what recipients of encrypted messages report."""


@app.command()
def verify(
    report: Annotated[
        Path, typer.Argument(help="A report, as JSON.", metavar="REPORT", show_default=False)
    ],
    keys: Annotated[
        Path, typer.Option(help="The platform's public keys, as JSON.", show_default=False)
    ],
    at: Annotated[
        str | None,
        typer.Option(
            help="Verify as of this time, such as 2014-06-02T12:00:00Z. [default: now]",
            show_default=False,
        ),
    ] = None,
    max_age_days: Annotated[
        int, typer.Option(min=1, max=36_500, help="How long a message can be reported.")
    ] = 90,
    as_json: Annotated[bool, typer.Option("--json", help="Machine-readable output.")] = False,
) -> None:
    """Verify one report: what it proves, or why it is refused. The message is not printed.

    The command remembers nothing: whether the message was reported before is not checked.

    Example: portreeve franking verify report.json --keys keys.json

    Exit code: 0 verified; 1 refused; 2 wrong usage, or a file that cannot be read or keys that
    cannot be used.
    """
    from portreeve.franking import FrankingError, Report

    verifier = _verifier(keys, at, max_age_days)
    data = _read(report)
    try:
        franked = verifier.verify(Report.from_json(data))
    except FrankingError as error:
        _tell_refused(error, as_json)
        raise typer.Exit(1) from None
    _tell_verified(franked, as_json)


def _verifier(keys: Path, at: str | None, max_age_days: int) -> Verifier:
    from portreeve.franking import FrankingError, InMemorySeen, KeySet, Verifier

    time = _time(at)
    data = _read(keys)
    try:
        return Verifier(
            KeySet.from_json(data).keys,
            InMemorySeen(),
            now=lambda: time,
            max_age=timedelta(days=max_age_days),
        )
    except FrankingError as error:
        _fail(f"{keys}: {error}")


def _time(at: str | None) -> datetime:
    if at is None:
        return datetime.now(UTC)
    try:
        time = datetime.fromisoformat(at)
    except ValueError:
        time = None
    if time is None or time.utcoffset() is None:
        _fail("--at is no time with offset. Write it such as 2014-06-02T12:00:00Z.")
    return time


def _read(path: Path) -> bytes:
    """The file, or one byte more than the format allows, so that a huge one is not read whole."""
    from portreeve.franking.refusals import REPORT_BYTES

    with path.open("rb") as file:
        return file.read(REPORT_BYTES + 1)


def _tell_verified(franked: Franked, as_json: bool) -> None:
    facts = {
        "message_id": franked.message_id,
        "sender": franked.sender,
        "recipient": franked.recipient,
        "time": franked.time.isoformat(timespec="milliseconds"),
        "key_id": franked.key_id,
        "message_bytes": len(franked.message),
        "grade": franked.grade.value,
    }
    if as_json:
        _print_json({"verified": True, **facts})
        return
    typer.echo("verified")
    for name, value in facts.items():
        typer.echo(printable(f"  {name}: {value}"))
    typer.echo(f"{franked.grade.value}: {franked.grade.meaning}.")


def _tell_refused(error: FrankingError, as_json: bool) -> None:
    refusal = error.refusal
    if as_json:
        why = {
            "code": refusal.value,
            "field": error.field,
            "meaning": refusal.meaning,
            "remedy": refusal.remedy,
        }
        _print_json({"verified": False, "refusal": why})
    else:
        typer.echo(f"refused[{refusal.value}]: {error}", err=True)


def _print_json(value: dict[str, Any]) -> None:
    typer.echo(json.dumps(value, ensure_ascii=False, indent=2))


def _fail(message: str) -> NoReturn:
    typer.echo(printable(f"portreeve: {message}"), err=True)
    raise typer.Exit(2)
