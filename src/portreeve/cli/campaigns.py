"""``portreeve campaigns``: who acts together in a dump of posts."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from portreeve.cli.screen import _rows
from portreeve.cli.terminal import printable

if TYPE_CHECKING:
    from portreeve.cli.campaign_dump import Dump, Found

KEPT_POSTS = 1 << 20
"""So many posts are compared with each other, if nothing else is asked for."""
_ENDED_EARLY = 1


def campaigns(
    inputs: Annotated[
        list[str],
        typer.Argument(
            metavar="INPUT",
            help="JSONL, CSV, TSV (also .gz, .zst) or Parquet; - is standard input.",
            show_default=False,
        ),
    ],
    out: Annotated[
        Path,
        typer.Option(
            help="Folder for campaigns.parquet, accounts.parquet, hubs.parquet, "
            "campaigns.graphml and campaigns.html."
        ),
    ] = Path("campaigns"),
    rejects: Annotated[
        Path | None,
        typer.Option(
            help="Where rows that cannot be used go, as JSONL. [default: rejected.jsonl in the "
            "folder --out; written only when there are any]",
            show_default=False,
        ),
    ] = None,
    policy: Annotated[
        str, typer.Option(help="Name of a shipped policy, or a policy file.")
    ] = "acquaintance",
    surface: Annotated[str, typer.Option(help="Surface of rows that name none.")] = "moments",
    format: Annotated[
        str | None,
        typer.Option(
            help="jsonl, csv, tsv or parquet. [default: by the name; jsonl for -]",
            show_default=False,
        ),
    ] = None,
    text_column: Annotated[str, typer.Option(help="The column with the text.")] = "text",
    id_column: Annotated[str, typer.Option(help="The column with the id.")] = "id",
    shared_copies: Annotated[
        int, typer.Option(min=1, help="Near copies that two accounts share before they are joined.")
    ] = 4,
    copy_hours: Annotated[
        int, typer.Option(min=1, help="Hours that those may lie apart, each.")
    ] = 12,
    hub_accounts: Annotated[
        int, typer.Option(min=2, help="What more accounts show is listed and joins nobody.")
    ] = 500,
    behaviour_alone: Annotated[
        bool,
        typer.Option(
            "--behaviour-alone",
            help="Do not ask whether copied texts trade: copying again and again is enough.",
        ),
    ] = False,
    kept_posts: Annotated[
        int,
        typer.Option(
            min=1024,
            max=1 << 24,
            help="So many posts, the newest, are compared with each other at a time; "
            "some 700 bytes of memory each.",
        ),
    ] = KEPT_POSTS,
    as_json: Annotated[bool, typer.Option("--json", help="Print a summary as JSON.")] = False,
    quiet: Annotated[
        bool, typer.Option("--quiet", "-q", help="No progress, no summary, no notes.")
    ] = False,
) -> None:
    """Find campaigns and trees of agents in a dump of posts.

    Columns read: text, account, time, and if there: id, surface, links. Rows that cannot be used
    are set aside with reason and remedy.

    Example: portreeve campaigns posts.jsonl --out build/campaigns

    Exit code: 0 done; 1 an input ended early (what came before is used); 2 wrong usage, or an input
    or policy that cannot be used.
    """
    from portreeve.cli.campaign_dump import Dump
    from portreeve.cli.progress import reading
    from portreeve.cli.screen import _check, _note, _options, _silent
    from portreeve.files import RejectWriter
    from portreeve.memory.campaigns import CampaignSettings
    from portreeve.memory.trees import TreeSettings
    from portreeve.policy import load

    options = _options(surface, format, text_column, id_column, 50_000, _silent if quiet else _note)
    aside = rejects or out / "rejected.jsonl"
    _check(inputs, {"--rejects": aside if rejects or out.is_dir() else None}, options)
    out.mkdir(parents=True, exist_ok=True)
    settings = CampaignSettings(
        shared_copies=shared_copies,
        copy_lag=copy_hours * 3600,
        hub_accounts=hub_accounts,
        trading_posts=0 if behaviour_alone else CampaignSettings.trading_posts,
    )
    trees = (
        TreeSettings(trading_share=0.0, least_trading=0.0) if behaviour_alone else TreeSettings()
    )
    dump = Dump(load(policy), options)
    with (
        reading(shown=not quiet) as watch,
        RejectWriter(aside, always=rejects is not None) as dump.rejects,
    ):
        dump.read(inputs, watch)
        found = dump.found(settings, trees, kept_posts, watch)
    summary = _write(dump, found, settings, trees, inputs, out)
    if as_json:
        typer.echo(json.dumps(summary, ensure_ascii=False))
    elif not quiet:
        typer.echo(printable(_told(summary)), err=True)
    if dump.ended_early:
        raise typer.Exit(_ENDED_EARLY)


def _write(
    dump: Dump, found: Found, settings: Any, trees: Any, inputs: list[str], out: Path
) -> dict[str, Any]:
    """Write the files; what is in them."""
    from portreeve.report import campaign_files as files
    from portreeve.report.campaign_page import PageFacts, page

    accounts = files.accounts_frame(found.graph, found.forest, found.accounts)
    campaigns = files.campaigns_frame(found.graph, found.forest, found.keys)
    hubs = files.hubs_frame(found.graph, settings, found.keys)
    accounts.write_parquet(out / "accounts.parquet")
    campaigns.write_parquet(out / "campaigns.parquet")
    hubs.write_parquet(out / "hubs.parquet")
    files.write_graphml(
        out / "campaigns.graphml", found.graph, found.forest, found.accounts, found.keys
    )
    facts = PageFacts(
        inputs=[Path(name).name for name in inputs],
        made=datetime.now().astimezone(),
        rows=dump.rows,
        settings=settings,
        tree_settings=trees,
        ended_early=dump.ended_early,
    )
    (out / "campaigns.html").write_text(
        page(
            facts, found.posts, found.graph, found.forest, found.accounts, found.keys,
            campaigns, accounts, hubs,
        ),
        encoding="utf-8",
    )  # fmt: skip
    return {
        "inputs": inputs,
        "rows": dump.rows,
        "rejected": dump.rejected,
        "rejects": str(dump.rejects.path) if dump.rejects and dump.rejects.written else None,
        "first_reject": _first(dump),
        "ended_early": dump.ended_early,
        "without_time": dump.untimed,
        "without_account": dump.nameless,
        "warnings": _warnings(dump),
        "campaigns": len(campaigns),
        "accounts": len(accounts),
        "hubs": len(hubs),
        "trees": len(found.forest.trees),
        "refer": int(found.forest.trees["refer"].sum()),
        "forgotten": found.forgotten,
        "seconds": {name: round(value, 3) for name, value in dump.seconds.items()},
        "out": str(out),
    }


def _warnings(dump: Dump) -> list[str]:
    """What the rows lack, what cannot be found for want of it, and what to do."""
    found = []
    if dump.untimed:
        found.append(
            f"{_rows(dump.untimed)} of {dump.rows:,} without a time: no near copies are looked for "
            "among them, and all are taken as of the moment of this run. If the times stand in "
            "another column, rename it to `time`."
        )
    if dump.nameless:
        joined = "nothing can be joined" if dump.nameless == dump.rows else "they join nobody"
        found.append(
            f"{_rows(dump.nameless)} of {dump.rows:,} without an account: {joined}. If the "
            "accounts stand in another column, rename it to `account`."
        )
    return found


def _first(dump: Dump) -> dict[str, Any] | None:
    """Where the first reject stands, why it is one, and what to do; not its content."""
    first = dump.first_reject
    if first is None:
        return None
    return {name: getattr(first, name) for name in ("file", "row", "line", "reason", "remedy")}


def _told(summary: dict[str, Any]) -> str:
    lines = [
        f"{summary['rows']:,} posts in {sum(summary['seconds'].values()):.1f} s",
        f"  {summary['campaigns']:>10,}  campaigns of {summary['accounts']:,} accounts",
        f"  {summary['trees']:>10,}  trees, {summary['refer']:,} to be referred",
        f"  {summary['hubs']:>10,}  keys listed, not joined",
        f"see {Path(summary['out']) / 'campaigns.html'}",
    ]
    if first := summary["first_reject"]:
        where = first["file"] if first["row"] is None else f"{first['file']}, row {first['row']:,}"
        lines.append(f"set aside: {_rows(summary['rejected'])}, see {summary['rejects']}")
        lines.append(f"  the first, {where}: {first['reason']}. {first['remedy']}")
    gone = summary["forgotten"]
    if any(gone.values()):
        lines.append(
            "forgotten before the end, for want of room: "
            + ", ".join(f"{many:,} {what}" for what, many in gone.items())
            + "; --kept-posts gives more"
        )
    lines += [f"warning: {why}" for why in (*summary["warnings"], *summary["ended_early"])]
    return "\n".join(lines)
