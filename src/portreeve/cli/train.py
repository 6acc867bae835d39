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
            "category.",
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
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the figures as JSON on standard output.")
    ] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress.")] = False,
) -> None:
    """Rebuild the model from data files, and write its card with every figure.

    Example: portreeve train labelled.parquet --pool unlabelled.parquet --out model.npz

    Exit code: 0 done; 2 wrong usage, or a file that cannot be used.
    """
    from portreeve.files import InputError

    for path in (*inputs, *([pool] if pool else [])):
        if not path.is_file():
            raise InputError(str(path), "there is no such file.", "Check the path.")
    from portreeve.training import train as rebuild

    def told(message: str) -> None:
        if not quiet:
            typer.echo(printable(message), err=True)

    figures = rebuild(
        inputs, pool=pool, out=out, card=card, seed=seed, folds_out=folds_out, progress=told
    )
    if as_json:
        typer.echo(json.dumps(figures, ensure_ascii=False, default=str))
    else:
        told(f"model: {out}\ncard:  {card}")
