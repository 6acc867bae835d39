"""The commands, put together."""

from __future__ import annotations

import importlib
from importlib.metadata import EntryPoint, entry_points
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from portreeve.cli import backup, campaigns, demo, doctor, pictures, screen, serve, train

GROUPS = {
    "keys": "Make, list and revoke API keys in the store itself.",
    "people": "Add people who may sign in to the console, and make one-time links for them.",
    "links": "Find links in posts, and follow short ones to where they lead.",
    "policy": "Check, test, explain and compare written policies.",
    "audit": "Verify the audit log, and write it into a file that others can verify.",
    "franking": "Verify what recipients of encrypted messages report.",
}
"""Commands with commands below them; each is a module here, with an ``app``."""


FURTHER = "portreeve.commands"
"""Entry points of other packages: the name of a command, and the typer app that is it.

Its module is loaded for ``portreeve --help`` too, so it imports what is heavy where it is needed.
"""


class _Commands(TyperGroup):
    """Commands of which groups are loaded when they are called, not when they are listed."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        if args and args[0] in GROUPS:
            return args[0], group(args[0]), args[1:]
        return super().resolve_command(ctx, args)

    def list_commands(self, ctx: Any) -> list[str]:
        return [*super().list_commands(ctx), *further()]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        found = super().get_command(ctx, cmd_name)
        if found is None and cmd_name in (others := further()):
            return typer.main.get_command(others[cmd_name].load())
        return found


def further() -> dict[str, EntryPoint]:
    """The commands that other packages bring."""
    return {found.name: found for found in sorted(entry_points(group=FURTHER))}


def group(name: str) -> Any:
    """The commands below one of ``GROUPS``."""
    return typer.main.get_command(importlib.import_module(f"portreeve.cli.{name}").app)


app = typer.Typer(
    cls=_Commands,
    name="portreeve",
    help="""Commerce governance for social networks: decide posts by a written policy.

    Start with: portreeve screen posts.jsonl --out decisions.parquet --report report.html

    Or serve the HTTP API: portreeve serve
    """,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
app.command("screen")(screen.screen)
app.command("campaigns")(campaigns.campaigns)
app.command("pictures")(pictures.pictures)
for _name, _help in GROUPS.items():
    app.command(_name, help=_help)(lambda: None)
app.command("serve")(serve.serve)
app.command("doctor")(doctor.doctor)
app.command("backup")(backup.backup)
app.command("restore")(backup.restore)
app.command("train")(train.train)
app.command("demo")(demo.demo)


def _print_version(asked: bool) -> None:
    if asked:
        from importlib.metadata import version

        typer.echo(f"portreeve {version('portreeve')}")
        raise typer.Exit


@app.callback()
def _options(
    _: Annotated[
        bool,
        typer.Option(
            "--version", help="Show the version and leave.", callback=_print_version, is_eager=True
        ),
    ] = False,
) -> None:
    """Options before the command."""
