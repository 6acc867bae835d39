"""``portreeve links``: find links in posts, and see where short ones lead."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from portreeve.cli.terminal import printable

if TYPE_CHECKING:
    from portreeve.links import Limits, Memo, Unwrapped

app = typer.Typer(
    name="links",
    help="Find links in posts, and follow short ones to where they lead.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
)
_REFUSED = 1


@app.command()
def extract(
    file: Annotated[
        str,
        typer.Argument(
            metavar="FILE",
            help="JSONL, CSV, TSV (also .gz, .zst) or Parquet; - is standard input.",
            show_default=False,
        ),
    ],
    text_column: Annotated[str, typer.Option(help="The column with the text.")] = "text",
    id_column: Annotated[str, typer.Option(help="The column with the id.")] = "id",
) -> None:
    """Print the links and share codes of posts, one a line of JSON. Nothing is asked of anybody.

    Example: portreeve links extract posts.jsonl
    """
    import msgspec

    from portreeve.files import Options, open_input
    from portreeve.links import extract as found_in

    options = Options(text_column=text_column, id_column=id_column)
    with open_input(file, options) as reader:
        for batch in reader.batches():
            frame = batch.frame
            links = frame["links"] if "links" in frame.columns else None
            ids = frame["id"].to_list()
            for found in found_in(frame["text"], links):
                line = {"id": ids[found.row], **msgspec.to_builtins(found)}
                del line["row"]
                typer.echo(msgspec.json.encode(line).decode())
        if reader.ended_early:
            typer.echo(printable(f"warning: {reader.ended_early}"), err=True)
            raise typer.Exit(1)


@app.command()
def unwrap(
    urls: Annotated[list[str], typer.Argument(metavar="URL", help="Links.", show_default=False)],
    as_json: Annotated[
        bool, typer.Option("--json", help="Print each answer as a line of JSON.")
    ] = False,
    cache: Annotated[
        Path | None,
        typer.Option(
            help="File that keeps answers and counts requests. [default: in the cache folder]",
            show_default=False,
        ),
    ] = None,
    fresh: Annotated[bool, typer.Option("--fresh", help="Ask again what is kept.")] = False,
    hops: Annotated[int, typer.Option(min=0, max=20, help="Redirects that are followed.")] = 10,
    seconds: Annotated[float, typer.Option(min=0.1, max=60, help="Time for each link.")] = 10.0,
    per_domain: Annotated[
        int, typer.Option(min=1, help="Requests an hour to one registrable domain.")
    ] = 120,
) -> None:
    """Follow links to where they lead. This asks the servers that they name.

    Only public addresses are asked, each checked as it is connected to. The servers learn this
    machine's address and that somebody looks; a link that works once may be used up.

    Example: portreeve links unwrap https://t.cn/A6abcde --json

    Exit code: 0 all were followed; 1 some were refused: the output says why; 2 wrong usage.
    """
    from portreeve.links import Limits, Memo

    limits = Limits(hops=hops, seconds=seconds, per_domain=per_domain)
    with Memo(cache or _cache_file()) as memo:
        refused = asyncio.run(_unwrap(urls, memo, limits, fresh=fresh, as_json=as_json))
    if refused:
        raise typer.Exit(_REFUSED)


async def _unwrap(
    urls: list[str], memo: Memo, limits: Limits, *, fresh: bool, as_json: bool
) -> bool:
    """Print what comes of each link; whether one was refused."""
    import msgspec

    from portreeve.links import Unwrapper

    refused = False
    async for answer in Unwrapper(memo, limits, fresh=fresh).unwrap_all(urls):
        refused = refused or answer.refusal is not None
        if as_json:
            line = msgspec.to_builtins(answer) | {"why": answer.why}
            typer.echo(msgspec.json.encode(line).decode())
        else:
            typer.echo(printable(_told(answer)))
    return refused


def _told(answer: Unwrapped) -> str:
    steps = [f"  {hop.status} {hop.url}" for hop in answer.hops]
    if answer.refusal is not None:
        steps.append(f"  refused ({answer.refusal}): {answer.refused_at}\n    {answer.why}")
    return "\n".join([answer.url, *steps])


def _cache_file() -> Path:
    import os

    import platformdirs

    folder = os.environ.get("PORTREEVE_CACHE") or platformdirs.user_cache_dir("portreeve")
    return Path(folder) / "links.sqlite"
