"""``portreeve policy``: check, test, explain and compare policies; list the signals."""

from __future__ import annotations

import json
from typing import Annotated, Any

import typer

app = typer.Typer(
    name="policy",
    help="Check, test, explain and compare written policies.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

_Json = Annotated[bool, typer.Option("--json", help="Machine-readable output.")]


@app.callback()
def main() -> None:
    """Check, test, explain and compare written policies."""


@app.command()
def check(
    files: Annotated[list[str], typer.Argument(help="Policy files, or names of shipped policies.")],
    as_json: _Json = False,
) -> None:
    """Check policies: every mistake with its line, and the remedy.

    Example: portreeve policy check policies/acquaintance.yaml

    Exit code 1 when there is an error; warnings alone give 0.
    """
    from portreeve import policy

    found: list[policy.Problem] = []
    good: list[dict[str, Any]] = []
    for name in files:
        loaded, problems = policy.check(name)
        found += [problem for problem in problems if problem not in found]
        if loaded is not None:
            good.append({"policy": loaded.label, "file": name, "rules": len(loaded.rules)})
    failed = any(problem.severity == "error" for problem in found)
    if as_json:
        _print_json({"ok": not failed, "policies": good, "problems": [p.to_dict() for p in found]})
    else:
        if found:
            typer.echo(policy.report(found), err=True)
        for entry in good:
            typer.echo(f"{entry['file']}: {entry['policy']}, {entry['rules']} rules, no errors")
    raise typer.Exit(1 if failed else 0)


def _print_json(value: Any) -> None:
    typer.echo(json.dumps(value, ensure_ascii=False, indent=2))
