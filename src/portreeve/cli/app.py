"""The commands, put together."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from portreeve.cli import demo, screen, train


class _Commands(TyperGroup):
    """Commands of which ``policy`` is loaded when it is called, not when it is listed."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        if args and args[0] == "policy":
            return "policy", policy_commands(), args[1:]
        return super().resolve_command(ctx, args)


def policy_commands() -> Any:
    """The commands below ``portreeve policy``."""
    from portreeve.cli import policy

    return typer.main.get_command(policy.app)


app = typer.Typer(
    cls=_Commands,
    name="portreeve",
    help="""Commerce governance for social networks: decide posts by a written policy.

    Start with: portreeve screen posts.jsonl --out decisions.parquet --report report.html
    """,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
app.command("screen")(screen.screen)
app.command("policy", help="Check, test, explain and compare written policies.")(lambda: None)
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
