"""``portreeve train``: rebuild the model from data files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from portreeve.cli.terminal import printable


def train(
    inputs: Annotated[
        list[Path],
        typer.Argument(
            metavar="INPUT",
            help="Parquet files of labelled posts: id, lang, source, text, label (promo or ham), "
            "category. A file whose name begins with dev is tested on and not learnt from.",
            show_default=False,
        ),
    ],
    out: Annotated[Path, typer.Option(help="Where the model goes.")] = Path("model.npz"),
    card: Annotated[Path, typer.Option(help="Where the model card goes.")] = Path("model-card.md"),
    pool: Annotated[
        Path | None,
        typer.Option(help="Parquet file of unlabelled posts, to learn from.", show_default=False),
    ] = None,
    folds_out: Annotated[
        Path | None,
        typer.Option(
            help="Folder for the model of each fold, and which post is in which fold.",
            show_default=False,
        ),
    ] = None,
    seed: Annotated[int, typer.Option(help="Seed; the same seed gives the same model.")] = 0,
    quick: Annotated[
        bool,
        typer.Option("--quick", help="Leave out the cross-source table and most repeats."),
    ] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the figures as JSON on standard output.")
    ] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress.")] = False,
) -> None:
    """Rebuild the model from data files, and write its card with every figure.

    Example: portreeve train labelled.parquet --pool unlabelled.parquet --out model.npz

    Exit code: 0 done; 2 wrong usage, or a file that cannot be used.
    """
    _check([*inputs, *([pool] if pool else [])], [out, card])
    try:
        from portreeve.training import train as rebuild
        from portreeve.training.corpus import CorpusError
    except ModuleNotFoundError as error:
        typer.echo(
            f"portreeve: training needs {error.name}, which is not installed. "
            "Install it by `pip install portreeve[train]`.",
            err=True,
        )
        raise typer.Exit(2) from None

    def told(message: str) -> None:
        if not quiet:
            typer.echo(printable(message), err=True)

    try:
        figures = rebuild(
            inputs,
            pool=pool,
            out=out,
            card=card,
            seed=seed,
            folds_out=folds_out,
            progress=told,
            quick=quick,
        )
    except CorpusError as error:
        typer.echo(printable(f"portreeve: {error}"), err=True)
        raise typer.Exit(2) from None
    if as_json:
        typer.echo(json.dumps(figures, ensure_ascii=False, default=str))
    else:
        told(f"model: {out}\ncard:  {card}")


def _check(inputs: list[Path], outputs: list[Path]) -> None:
    """Find what cannot work before half an hour is spent."""
    from portreeve.files import InputError

    for path in inputs:
        if not path.is_file():
            raise InputError(str(path), "there is no such file.", "Check the path.")
    for path in outputs:
        if not path.resolve().parent.is_dir():
            raise InputError(str(path), "its folder is not there.", "Make it, or name another.")
