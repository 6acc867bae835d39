"""``portreeve screen``: decide the posts of files."""

from __future__ import annotations

import contextlib
import json
import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from portreeve.cli.terminal import printable

if TYPE_CHECKING:
    from portreeve.cli.run import Run
    from portreeve.files import Options
    from portreeve.report import Report

_BAD_ROWS = 1


def screen(
    inputs: Annotated[
        list[str],
        typer.Argument(
            metavar="INPUT",
            help="JSONL, CSV, TSV (also .gz, .zst) or Parquet; - is standard input.",
            show_default=False,
        ),
    ],
    policy: Annotated[
        str, typer.Option(help="Name of a shipped policy, or a policy file.")
    ] = "acquaintance",
    surface: Annotated[str, typer.Option(help="Surface of rows that name none.")] = "moments",
    out: Annotated[
        Path | None,
        typer.Option(
            help="Where decisions go: *.parquet or *.jsonl. [default: JSONL to standard output]",
            show_default=False,
        ),
    ] = None,
    rejects: Annotated[
        Path | None,
        typer.Option(
            help="Where rows that cannot be decided go, as JSONL. [default: beside --out, "
            "*.rejected.jsonl; written only when there are any]",
            show_default=False,
        ),
    ] = None,
    report: Annotated[
        Path | None,
        typer.Option(help="Also write a page with charts and sample posts.", show_default=False),
    ] = None,
    published: Annotated[
        bool, typer.Option("--published", help="The posts are out: say remove, not refuse.")
    ] = False,
    signals: Annotated[
        bool, typer.Option("--signals", help="Add every signal, as the column signals.")
    ] = False,
    remember: Annotated[
        bool,
        typer.Option(
            "--remember",
            help="Remember the rows before, in their order: for rules that ask for counters, "
            "copies, campaigns, trees, slides.",
        ),
    ] = False,
    format: Annotated[
        str | None,
        typer.Option(
            help="jsonl, csv, tsv or parquet. [default: by the name; jsonl for -]",
            show_default=False,
        ),
    ] = None,
    text_column: Annotated[str, typer.Option(help="The column with the text.")] = "text",
    id_column: Annotated[str, typer.Option(help="The column with the id.")] = "id",
    batch_rows: Annotated[
        int, typer.Option(min=1, help="Most rows decided at once; bounds the memory.")
    ] = 50_000,
    strict: Annotated[
        bool, typer.Option("--strict", help="Leave with 1 when a row was set aside.")
    ] = False,
    as_json: Annotated[
        bool,
        typer.Option(
            "--json", help="Print a summary as JSON: on standard error when decisions go out."
        ),
    ] = False,
    quiet: Annotated[
        bool, typer.Option("--quiet", "-q", help="No progress, no summary, no notes.")
    ] = False,
) -> None:
    """Decide posts by a policy, one decision per row.

    Columns read: text, and if there: id, surface, account, audience, time, standing, licence,
    links, disclosed; of its pictures codes (what their QR codes say) and picture_text (words in
    them). Rows that cannot be decided are set aside with reason and remedy.

    Example: portreeve screen posts.jsonl --out decisions.parquet --report report.html

    Exit code: 0 done; 1 an input ended early (what came before is decided and written), or with
    --strict a row was set aside; 2 wrong usage, or an input or policy that cannot be used.
    """
    from portreeve.cli.progress import progress
    from portreeve.cli.run import Run
    from portreeve.files import RejectWriter, open_output
    from portreeve.policy import load
    from portreeve.report import Report

    note = _silent if quiet else _note
    options = _options(surface, format, text_column, id_column, batch_rows, note)
    aside = rejects or _rejects_path(out)
    _check(inputs, {"--out": out, "--rejects": aside, "--report": report}, options)
    loaded = load(policy)
    page = Report(loaded) if report else None
    run = Run(loaded, options, published=published, signals=signals)
    run.sinks = [page] if page else []
    if remember:
        from portreeve.cli.recalling import Recalling

        run.recalling = Recalling(loaded)
    with contextlib.ExitStack() as stack:
        run.output = stack.enter_context(open_output(out, note))
        run.rejects = stack.enter_context(RejectWriter(aside, always=rejects is not None))
        run.prepare()
        run.watch = stack.enter_context(progress(shown=not quiet and (out is not None or _piped())))
        run.over(inputs)
    if page and report:
        _write_report(page, run, inputs, report)
    if as_json:
        summary = _summary(run, inputs, out, report)
        typer.echo(json.dumps(summary, ensure_ascii=False), err=out is None)
    elif not quiet:
        typer.echo(printable(_told(run, out, report)), err=True)
    if run.ended_early or (strict and run.rejected):
        raise typer.Exit(_BAD_ROWS)


def _note(text: str) -> None:
    typer.echo(printable(f"note: {text}"), err=True)


def _silent(_: str) -> None:
    return None


def _piped() -> bool:
    return not sys.stdout.isatty()


def _options(
    surface: str,
    format: str | None,
    text_column: str,
    id_column: str,
    batch_rows: int,
    note: Callable[[str], None],
) -> Options:
    from portreeve.files import Options
    from portreeve.files.options import FORMATS
    from portreeve.model import Surface

    if surface not in Surface.__members__:
        raise typer.BadParameter(
            f"there is no surface {surface!r}. Use one of {', '.join(Surface)}.",
            param_hint="--surface",
        )
    if format is not None and format not in FORMATS:
        raise typer.BadParameter(
            f"there is no format {format!r}. Use one of {', '.join(FORMATS)}.",
            param_hint="--format",
        )
    return Options(
        surface=surface,
        text_column=text_column,
        id_column=id_column,
        format=format,
        batch_rows=batch_rows,
        note=note,
    )


def _check(inputs: list[str], outputs: dict[str, Path | None], options: Options) -> None:
    """Find what cannot work before hours are spent on what can."""
    from dataclasses import replace

    from portreeve.files import InputError, open_input

    if inputs.count("-") > 1:
        raise InputError("standard input", "it is named twice.", "It can be read once.")
    written: dict[Path, str] = {}
    for flag, path in outputs.items():
        if path is None:
            continue
        if written.setdefault(path.resolve(), flag) != flag:
            raise InputError(
                str(path), f"{written[path.resolve()]} and {flag} name one file.", "Name two."
            )
        if not path.resolve().parent.is_dir():
            raise InputError(str(path), "its folder is not there.", "Make it, or name another.")
    for name in inputs:
        overwriting = None if name == "-" else written.get(Path(name).resolve())
        if overwriting is not None:
            raise InputError(
                name, f"{overwriting} would overwrite this input.", f"Name another {overwriting}."
            )
        with open_input(name, replace(options, note=_silent)):
            pass


def _rejects_path(out: Path | None) -> Path:
    return Path("portreeve.rejected.jsonl") if out is None else out.with_suffix(".rejected.jsonl")


def _write_report(page: Report, run: Run, inputs: list[str], path: Path) -> None:
    from portreeve.report import Facts

    facts = Facts(
        inputs=[Path(name).name for name in inputs],
        made=datetime.now().astimezone(),
        rejected=run.rejected,
        seconds=run.seconds,
        cpu_seconds=run.cpu_seconds,
        ended_early=run.ended_early,
    )
    path.write_text(page.html(facts), encoding="utf-8")


def _summary(run: Run, inputs: list[str], out: Path | None, report: Path | None) -> dict[str, Any]:
    tally = run.tally
    rejects = run.rejects.path if run.rejects and run.rejects.written else None
    return {
        "policy": run.policy.label,
        "inputs": inputs,
        "rows": tally.rows,
        "rejected": run.rejected,
        "complete": not run.ended_early,
        "ended_early": run.ended_early,
        "verdicts": {verdict.value: tally.verdicts[verdict] for verdict in tally.verdicts_met},
        "unlawful": tally.unlawful,
        "surfaces": tally.by_surface(),
        "rules": dict(tally.rules_by_hits),
        "seconds": round(run.seconds, 3),
        "cpu_seconds": round(run.cpu_seconds, 3),
        "deciding_cpu_seconds": round(run.deciding_seconds, 3),
        "rows_per_cpu_second": _speed(run),
        "start_seconds": round(run.start_seconds, 3),
        "out": None if out is None else str(out),
        "rejects": None if rejects is None else str(rejects),
        "report": None if report is None else str(report),
    }


def _speed(run: Run) -> int | None:
    return round(run.tally.rows / run.cpu_seconds) if run.cpu_seconds > 0 else None


def _told(run: Run, out: Path | None, report: Path | None) -> str:
    tally = run.tally
    lines = [
        f"{run.policy.label}: {tally.rows:,} rows in {run.seconds:.1f} s, "
        f"{_speed(run) or 0:,} rows per CPU-second with reading and writing "
        f"(and {run.start_seconds:.1f} s to start)"
    ]
    lines += [
        f"  {verdict.value:<8} {tally.verdicts[verdict]:>12,}"
        f"  {tally.verdicts[verdict] / tally.rows:>7.2%}"
        for verdict in tally.verdicts_met
    ]
    if out:
        lines.append(f"decisions: {out}")
    if report:
        lines.append(f"report:    {report}")
    if run.rejected and run.rejects:
        lines.append(f"set aside: {_rows(run.rejected)}, see {run.rejects.path}")
    lines += [f"warning: {why}" for why in run.ended_early]
    return "\n".join(lines)


def _rows(count: int) -> str:
    return f"{count:,} row{'' if count == 1 else 's'}"
