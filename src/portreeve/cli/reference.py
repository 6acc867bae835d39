"""The page of all commands: ``python -m portreeve.cli.reference`` writes docs/cli.md."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer

from portreeve.cli.app import GROUPS, app, further, group

PAGE = Path("docs/cli.md")

_HEAD = """# Commands

<!-- Made by `python -m portreeve.cli.reference`; edit the commands instead. -->

`portreeve --help` and `portreeve COMMAND --help` say the same. Every command that gives figures has
`--json`. Errors name the file or field and what to do; a traceback appears only with
`PORTREEVE_DEBUG=1`. Compiled kernels are kept in the user's cache folder; `PORTREEVE_CACHE` names
another. How files are read and written: [input-output.md](input-output.md).

| exit code | means |
|--|--|
| 0 | done |
| 1 | done, and something is wrong in what was read: the command says what |
| 2 | wrong usage, or an input or policy that cannot be used; nothing was written |
| 70 | a fault of the program |
| 130 | stopped by Ctrl-C; nothing was written |
"""


def page() -> str:
    """The page, in Markdown."""
    commands: Any = typer.main.get_command(app)
    parts = [_HEAD]
    for name, command in commands.commands.items():
        if name in GROUPS:
            for below, command_below in group(name).commands.items():
                parts.append(_section(f"portreeve {name} {below}", command_below))
        else:
            parts.append(_section(f"portreeve {name}", command))
    for name, brought in further().items():
        if brought.dist is not None and brought.dist.name == "portreeve":
            command = typer.main.get_command(brought.load())
            parts.append(_section(f"portreeve {name}", command))
    return "\n".join(parts)


def _section(name: str, command: Any) -> str:
    usage = " ".join(part for part in _usage(command) if part)
    lines = [f"## {name}\n", f"    {name} {usage}\n", *_prose(command.help or "")]
    rows = [row for parameter in command.params if (row := _row(parameter))]
    if rows:
        lines += ["| parameter | default | what it does |", "|--|--|--|", *rows, ""]
    return "\n".join(lines)


def _usage(command: Any) -> Iterator[str]:
    for parameter in command.params:
        if parameter.param_type_name == "argument":
            name = (parameter.metavar or parameter.name).upper()
            shown = f"{name}..." if parameter.nargs == -1 else name
            yield shown if parameter.required else f"[{shown}]"
    yield "[OPTIONS]"


def _prose(text: str) -> list[str]:
    """The paragraphs of a command's help, its example as code."""
    lines: list[str] = []
    for paragraph in inspect.cleandoc(text).split("\n\n"):
        joined = " ".join(paragraph.split())
        if joined.startswith("Example: "):
            joined = f"Example: `{joined.removeprefix('Example: ')}`"
        lines.append(joined + "\n")
    return lines


def _row(parameter: Any) -> str | None:
    if parameter.name == "help":
        return None
    if parameter.param_type_name == "argument":
        name = (parameter.metavar or parameter.name).upper()
    else:
        name = ", ".join(f"`{flag}`" for flag in parameter.opts)
    help_, _, stated = (parameter.help or "").partition(" [default: ")
    default = stated.rstrip("]") if stated else _default(parameter)
    return f"| {name} | {default} | {help_} |".replace("  |", " |")


def _default(parameter: Any) -> str:
    value = parameter.default
    if parameter.param_type_name == "argument" or value in (None, False, (), []) or callable(value):
        return ""
    return f"`{value}`"


def main() -> None:
    """Write the page."""
    PAGE.write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main()
