"""``portreeve demo``: the main job on real posts, shown."""

from __future__ import annotations

import json
import textwrap
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Self

import typer

from portreeve.cli.terminal import printable

if TYPE_CHECKING:
    import polars as pl
    from rich.console import Console, RenderableType

    from portreeve.cli.run import Run
    from portreeve.files import Batch
    from portreeve.policy import Policy, Rule
    from portreeve.policy.explain import Finding
    from portreeve.report import Played
    from portreeve.report.samples import Sample

_REAL = ("dev.parquet", "weibo_read.parquet")
_EXAMPLES = Path("examples/posts.jsonl")
_BATCH = 50_000
_TOP_RULES = 15
_SHORT = 160

# where the posts of the data files come from, as the surface nearest to it
_SURFACES = {"comment": "comment", "review": "comment", "telegram_group": "group"}

_COLOURS = {
    "allow": "green",
    "label": "blue",
    "limit": "magenta",
    "hold": "yellow",
    "refuse": "red",
    "remove": "red",
}
_EVIDENCE = {
    "contact": "black on yellow",
    "money": "black on green",
    "link": "black on cyan",
    "word": "black on magenta",
}
_ACTED = ("hold", "refuse", "remove")


def demo(
    out: Annotated[Path, typer.Option(help="Folder for the report and the decisions.")] = Path(
        "build/demo"
    ),
    policy: Annotated[
        str, typer.Option(help="Name of a shipped policy, or a policy file.")
    ] = "acquaintance",
    played: Annotated[
        Path | None,
        typer.Option(
            "--scenarios",
            help="What `portreeve scenarios --json` printed, to be on the report page too.",
            show_default=False,
        ),
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print a summary as JSON instead.")
    ] = False,
) -> None:
    """Decide real posts and show what comes of it; ends by itself.

    Takes dev.parquet and weibo_read.parquet in a folder shared/data beside or above this one, else
    the example posts of the repository. `make demo` plays the scenarios before it.

    Example: portreeve demo --out build/demo

    Exit code: 0 done; 2 no posts were found, or wrong usage.
    """
    from rich.console import Console

    from portreeve.cli.progress import progress
    from portreeve.cli.run import Run
    from portreeve.files import Options, RejectWriter, open_output
    from portreeve.policy import load
    from portreeve.report import Facts, Report

    console = Console(quiet=as_json, highlight=False)
    stories = _played(played)
    paths = _posts()
    loaded = load(policy)
    out.mkdir(parents=True, exist_ok=True)
    page, labels = Report(loaded), _Labels()
    picks = _Picks(labels)
    run = Run(loaded, Options(), sinks=[page, labels, picks])
    _introduce(console, paths, loaded)
    with (
        progress(shown=not as_json) as run.watch,
        open_output(out / "decisions.parquet", console.print) as run.output,
        RejectWriter(out / "rejected.jsonl", always=False) as run.rejects,
    ):
        run.prepare()
        _decide(run, paths, labels)
    facts = Facts(
        inputs=[path.name for path in paths],
        made=datetime.now().astimezone(),
        rejected=run.rejected,
        seconds=run.seconds,
        cpu_seconds=run.cpu_seconds,
    )
    report = out / "report.html"
    report.write_text(page.html(facts, stories), encoding="utf-8")
    if as_json:
        typer.echo(json.dumps(_summary(run, paths, labels, report), ensure_ascii=False))
        return
    for part in _shown(run, labels, picks, console.width):
        console.print(part)
    console.print(f"\n[bold]Report[/bold]    {report}")
    console.print(f"[bold]Decisions[/bold] {out / 'decisions.parquet'}")


def _posts() -> list[Path]:
    """The real posts, or the example posts."""
    from portreeve.files import InputError

    here = Path.cwd()
    for folder in (here, *here.parents):
        found = [folder / "shared/data" / name for name in _REAL]
        if all(path.is_file() for path in found):
            return found
    source = Path(__file__).parents[3]
    for folder in (here, *here.parents, source):
        if (folder / _EXAMPLES).is_file():
            return [folder / _EXAMPLES]
    raise InputError("demo", "no posts were found.", "Run it inside the repository.")


def _played(path: Path | None) -> Played | None:
    """What was played before, to be shown as well."""
    from portreeve.report import PlayedError
    from portreeve.report.played import read

    try:
        return None if path is None else read(path)
    except PlayedError as error:
        raise typer.BadParameter(str(error), param_hint="--scenarios") from None


def _introduce(console: Console, paths: list[Path], policy: Policy) -> None:
    from rich.markup import escape
    from rich.panel import Panel

    names = ", ".join(path.name for path in paths)
    console.print(
        Panel(
            f"{escape(policy.title.en)} · {escape(policy.title.zh)}\n"
            f"policy [bold]{policy.label}[/bold], {len(policy.rules)} rules, "
            f"law layer {policy.law}\nposts  {escape(printable(names))}",
            title="Portreeve",
            expand=False,
        )
    )


def _decide(run: Run, paths: list[Path], labels: _Labels) -> None:
    import polars as pl

    for path in paths:
        if path.suffix != ".parquet":
            run.over([str(path)])
            continue
        begin, cpu = time.perf_counter(), time.process_time()
        posts = pl.read_parquet(path, columns=["id", "text", "surface_hint", "label", "category"])
        surface = pl.col("surface_hint").replace_strict(_SURFACES, default="moments")
        labels.expect(posts.select("id", "label", "category"))
        with _Frame(str(path), posts.select("id", "text", surface=surface)) as reader:
            run.one(reader)
        run.seconds += time.perf_counter() - begin
        run.cpu_seconds += time.process_time() - cpu


@dataclass
class _Frame:
    """A frame as an input."""

    name: str
    frame: pl.DataFrame
    rows_read: int = 0
    ended_early: str | None = None

    def batches(self) -> Iterator[Batch]:
        from portreeve.files import Batch

        for start in range(0, len(self.frame), _BATCH):
            part = self.frame.slice(start, _BATCH)
            rows = range(start + 1, start + 1 + len(part))
            self.rows_read += len(part)
            yield Batch(self.name, part, rows, lines=None, raw=None)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        return None


@dataclass
class _Labels:
    """Counts verdicts by the label that people gave, where there are labels."""

    counts: dict[tuple[str, str], list[int]] = field(default_factory=dict)
    _expected: pl.DataFrame | None = None

    def expect(self, labelled: pl.DataFrame) -> None:
        """Learn the labels of the posts that come next."""
        self._expected = labelled

    def add(self, items: pl.DataFrame, decisions: pl.DataFrame) -> None:
        import polars as pl

        del items
        if self._expected is None:
            return
        joined = decisions.select("id", acted=pl.col("verdict").is_in(_ACTED)).join(
            self._expected, on="id"
        )
        counted = joined.group_by("label", pl.col("category").fill_null("")).agg(
            pl.col("acted").sum(), total=pl.len()
        )
        for label, category, acted, total in counted.iter_rows():
            counts = self.counts.setdefault((label, category), [0, 0])
            counts[0] += acted
            counts[1] += total

    def promoting(self) -> list[str]:
        """Ids of the posts, of those at hand, that people labelled as promotion."""
        import polars as pl

        if self._expected is None:
            return []
        return self._expected.filter(pl.col("label") == "promo")["id"].to_list()

    def of(self, label: str, categories: tuple[str, ...] = ()) -> tuple[int, int]:
        """How many with this label (and category) were held or refused, and how many there are."""
        chosen = [
            counts
            for (given, category), counts in self.counts.items()
            if given == label and (not categories or category in categories)
        ]
        return sum(acted for acted, _ in chosen), sum(total for _, total in chosen)


def _shown(run: Run, labels: _Labels, picks: _Picks, width: int) -> Iterator[RenderableType]:
    yield _verdicts(run)
    yield _rules(run, width)
    for sample, rule in picks.three(run):
        yield _decision(run.policy, sample, rule)
    yield from _figures(run, labels)


class _Picks:
    """Looks for three decisions worth explaining: refused, held, and allowed though it sells."""

    def __init__(self, labels: _Labels) -> None:
        from portreeve.report.samples import Samples

        self._labels = labels
        self._samples = Samples(size=8, seed=1)
        self._ordinary: Sample | None = None

    def add(self, items: pl.DataFrame, decisions: pl.DataFrame) -> None:
        """Look at a batch."""
        import polars as pl

        from portreeve.report.samples import Sample

        self._samples.add(items, decisions)
        protected = decisions.with_row_index("_at").filter(
            pl.col("verdict") == "allow",
            pl.col("signals").struct.field("protected_sale"),
            pl.col("promotion").is_not_null(),
            items["text"].str.len_chars() <= _SHORT,
            ~pl.col("id").is_in(self._labels.promoting()),
        )
        for decision in protected.top_k(1, by="promotion").iter_rows(named=True):
            at = decision.pop("_at")
            found = Sample(-decision["promotion"], at, items.row(at, named=True), decision)
            self._ordinary = min(found, self._ordinary or found)

    def three(self, run: Run) -> list[tuple[Sample, str]]:
        """The posts, each with the rule to explain it by."""
        chosen = [found for verdict in ("refuse", "hold") if (found := self._decided(run, verdict))]
        if self._ordinary is not None:
            surface = self._ordinary.decision["surface"]
            rules = [rule for _, rule in chosen if surface in run.policy.rule(rule).surfaces]
            chosen += [(self._ordinary, rule) for rule in rules[:1]]
        return chosen

    def _decided(self, run: Run, verdict: str) -> tuple[Sample, str] | None:
        """The best post of the commonest rule with this verdict."""
        for rule, _ in run.tally.rules_by_hits:
            found = [
                sample
                for sample in self._samples.of(rule)
                if sample.decision["verdict"] == verdict and sample.decision["rules"][0] == rule
            ]
            if found:
                return max(found, key=_telling), rule
        return None


def _telling(sample: Sample) -> tuple[bool, int]:
    """Posts that make good reading: not long, with evidence of several kinds."""
    kinds = {place["what"].split(" ")[0] for place in sample.decision["evidence"]}
    return len(sample.item["text"]) <= _SHORT, len(kinds)


def _verdicts(run: Run) -> RenderableType:
    from rich.table import Table

    table = Table(title="Verdicts by surface", title_justify="left")
    table.add_column("surface")
    met = run.tally.verdicts_met
    for verdict in met:
        table.add_column(verdict.value, justify="right", style=_COLOURS[verdict])
    table.add_column("all", justify="right")
    rows = sorted(run.tally.surfaces.items(), key=lambda pair: -pair[1].total())
    for name, counts in [*rows, ("all", run.tally.verdicts)]:
        cells = [f"{counts[verdict]:,}" for verdict in met]
        table.add_row(name, *cells, f"{counts.total():,}", style="bold" if name == "all" else "")
    return table


def _rules(run: Run, width: int) -> RenderableType:
    from rich.markup import escape
    from rich.table import Table

    rules = run.tally.rules_by_hits[:_TOP_RULES]
    # what identifies a rule is never cut; its reason takes the room that is left
    others = max((len(id_) for id_, _ in rules), default=0) + len("verdict clause  posts") + 17
    table = Table(title="Rules that held most", title_justify="left")
    for name in ("rule", "verdict", "clause"):
        table.add_column(name, no_wrap=True)
    table.add_column(" posts", no_wrap=True, justify="right")
    table.add_column("because", no_wrap=True)
    for id_, hits in rules:
        rule = run.policy.rule(id_)
        verdict = rule.verdict.value
        because = textwrap.shorten(rule.because.en, max(width - others, 12), placeholder=" …")
        table.add_row(
            id_, f"[{_COLOURS[verdict]}]{verdict}[/]", rule.clause, f"{hits:,}", escape(because)
        )
    return table


def _decision(policy: Policy, sample: Sample, rule_id: str) -> RenderableType:
    from rich.console import Group
    from rich.padding import Padding
    from rich.panel import Panel
    from rich.text import Text

    from portreeve.policy.explain import explain
    from portreeve.report import pieces
    from portreeve.report.words import VERDICTS

    decision, rule = sample.decision, policy.rule(rule_id)
    verdict = decision["verdict"]
    post = Text()
    for piece in pieces(sample.item["text"], decision["evidence"]):
        post.append(printable(piece.text), style=_EVIDENCE.get(piece.kind, ""))
    allowed = verdict == "allow"
    parts: list[RenderableType] = [
        post,
        Text(),
        _facts(policy, decision, None if allowed else rule),
    ]
    said = f"Why {rule_id} does not hold:" if allowed else "The condition, part by part:"
    parts.append(Text(said, style="bold"))
    for finding in explain(policy, decision["signals"], rule_id).findings:
        parts += [Padding(Text(line), (0, 0, 0, depth)) for depth, line in _lines(finding, 1)]
    said = VERDICTS[verdict].en
    title = f"{said}, though near {rule.id}" if allowed else f"{said} by {rule.id}"
    return Panel(
        Group(*parts),
        title=Text(f"{title}, clause {rule.clause}", style=f"bold {_COLOURS[verdict]}"),
        title_align="left",
        border_style=_COLOURS[verdict],
    )


def _facts(policy: Policy, decision: dict[str, Any], rule: Rule | None) -> RenderableType:
    """Evidence, reason and remedies, side by side with their names."""
    from rich.table import Table
    from rich.text import Text

    from portreeve.report.words import evidence

    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="bold", no_wrap=True)
    grid.add_column(overflow="fold")
    whats = dict.fromkeys(place["what"] for place in decision["evidence"] if place["what"])
    if whats:
        named = " · ".join(evidence(what).en for what in whats)
        grid.add_row("Evidence", Text(printable(named), style="dim"))
    if rule is None:
        return grid
    grid.add_row("Because", Text(f"{rule.because.en}\n{rule.because.zh}"))
    if rule.comply:
        grid.add_row("To comply", Text(f"{rule.comply.en}\n{rule.comply.zh}"))
    if rule.way_out:
        way = policy.ways_out[rule.way_out]
        grid.add_row("Way out", Text(f"{way.title.en}: {way.how.en}\n{way.title.zh}：{way.how.zh}"))
    return grid


def _lines(finding: Finding, depth: int) -> Iterator[tuple[int, str]]:
    """A finding and what it rests on, each with its indent; of a definition its first sentence."""
    from portreeve.policy.explain import show

    mark = {True: "✓", False: "✗", None: "?"}[finding.holds]
    values = ", ".join(f"{name} = {show(value)}" for name, value in finding.values.items())
    note = finding.note.en if finding.note else values
    if finding.words:
        note = finding.words.en.split(". ")[0].rstrip(".").split(": ")[0]
    yield 2 * depth, f"{mark} {finding.label()}" + (f"   [{note}]" if note else "")
    if finding.words and depth > 1:
        return
    for part in finding.parts:
        # of a definition and of alternatives, those that made it what it is
        if part.holds is finding.holds or finding.kind not in ("definition", "any"):
            yield from _lines(part, depth + 1)


def _figures(run: Run, labels: _Labels) -> Iterator[RenderableType]:
    from portreeve.report import wilson

    rows = run.tally.rows
    yield (
        f"\n[bold]Speed[/bold]  {rows / max(run.deciding_seconds, 1e-9):,.0f} posts per CPU-second "
        f"decided; {rows / max(run.cpu_seconds, 1e-9):,.0f} with reading, writing and the report. "
        f"{rows:,} posts in {run.seconds:.1f} s, after {run.start_seconds:.1f} s to start."
    )
    for label, categories, said in (
        ("ham", (), "posts that people labelled as ordinary appear (allowed, labelled or limited)"),
        ("promo", (), "posts labelled as promotion are refused or held"),
        ("promo", ("micro_business", "recruitment"), "of these, micro-business and recruitment"),
    ):
        acted, total = labels.of(label, categories)
        if not total:
            continue
        hits = total - acted if label == "ham" else acted
        share, low, high = wilson(hits, total)
        yield f"[bold]Labels[/bold] {share:.1%} of {total:,} {said} ({low:.1%} to {high:.1%})"
    if labels.counts:
        yield (
            "       The shipped model has learnt from some of these posts; "
            "figures on posts it has never seen are in docs/model-card.md."
        )


def _summary(run: Run, paths: list[Path], labels: _Labels, report: Path) -> dict[str, Any]:
    return {
        "policy": run.policy.label,
        "inputs": [path.name for path in paths],
        "rows": run.tally.rows,
        "rejected": run.rejected,
        "verdicts": {v.value: run.tally.verdicts[v] for v in run.tally.verdicts_met},
        "surfaces": run.tally.by_surface(),
        "rules": dict(run.tally.rules_by_hits),
        "labels": [
            {"label": label, "category": category, "held_or_refused": acted, "posts": total}
            for (label, category), (acted, total) in sorted(labels.counts.items())
        ],
        "seconds": round(run.seconds, 3),
        "cpu_seconds": round(run.cpu_seconds, 3),
        "deciding_cpu_seconds": round(run.deciding_seconds, 3),
        "start_seconds": round(run.start_seconds, 3),
        "report": str(report),
    }
