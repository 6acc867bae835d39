"""``portreeve demo``: the main job on real posts, shown."""

from __future__ import annotations

import json
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
    from portreeve.policy import Policy
    from portreeve.policy.explain import Finding
    from portreeve.report.samples import Sample, Samples

_REAL = ("dev.parquet", "weibo_read.parquet")
_EXAMPLES = Path("examples/posts.jsonl")
_BATCH = 50_000
_TOP_RULES = 15

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
    as_json: Annotated[
        bool, typer.Option("--json", help="Print a summary as JSON instead.")
    ] = False,
) -> None:
    """Decide real posts and show what comes of it; ends by itself.

    Takes dev.parquet and weibo_read.parquet in a folder shared/data beside or above this one, else
    the example posts of the repository.

    Example: portreeve demo --out build/demo

    Exit code: 0 done; 2 no posts were found.
    """
    from rich.console import Console

    from portreeve.cli.run import Run
    from portreeve.files import Options, RejectWriter, open_output
    from portreeve.policy import load
    from portreeve.report import Facts, Report
    from portreeve.report.samples import Samples

    console = Console(quiet=as_json, highlight=False)
    paths = _posts()
    loaded = load(policy)
    out.mkdir(parents=True, exist_ok=True)
    page, labels, picks = Report(loaded), _Labels(), Samples(size=12, seed=1)
    run = Run(loaded, Options(), sinks=[page, labels, picks])
    _introduce(console, paths, loaded)
    run.prepare()
    with (
        open_output(out / "decisions.parquet", console.print) as run.output,
        RejectWriter(out / "rejected.jsonl", always=False) as run.rejects,
    ):
        _decide(run, paths, labels)
    facts = Facts(
        inputs=[path.name for path in paths],
        made=datetime.now().astimezone(),
        rejected=run.rejected,
        seconds=run.seconds,
        cpu_seconds=run.cpu_seconds,
    )
    report = out / "report.html"
    report.write_text(page.html(facts), encoding="utf-8")
    if as_json:
        typer.echo(json.dumps(_summary(run, paths, labels, report), ensure_ascii=False))
        return
    for part in _shown(run, labels, picks):
        console.print(part)
    console.print(
        f"\n[bold]Report[/bold] {report}    [bold]Decisions[/bold] {out}/decisions.parquet"
    )


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


def _introduce(console: Console, paths: list[Path], policy: Policy) -> None:
    from rich.panel import Panel

    names = ", ".join(path.name for path in paths)
    console.print(
        Panel(
            f"{policy.title.en} · {policy.title.zh}\n"
            f"policy [bold]{policy.label}[/bold], {len(policy.rules)} rules, "
            f"law layer {policy.law}\nposts  {printable(names)}",
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

    def of(self, label: str, categories: tuple[str, ...] = ()) -> tuple[int, int]:
        """How many with this label (and category) were held or refused, and how many there are."""
        chosen = [
            counts
            for (given, category), counts in self.counts.items()
            if given == label and (not categories or category in categories)
        ]
        return sum(acted for acted, _ in chosen), sum(total for _, total in chosen)


def _shown(run: Run, labels: _Labels, picks: Samples) -> Iterator[RenderableType]:
    yield _verdicts(run)
    yield _rules(run)
    yield from _explained(run.policy, picks, run)
    yield from _figures(run, labels)


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


def _rules(run: Run) -> RenderableType:
    from rich.table import Table

    table = Table(title="Rules that held most", title_justify="left")
    for name in ("rule", "verdict", "clause"):
        table.add_column(name)
    table.add_column("posts", justify="right")
    table.add_column("because")
    for id_, hits in run.tally.rules.most_common(_TOP_RULES):
        rule = run.policy.rule(id_)
        verdict = rule.verdict.value
        table.add_row(
            id_, f"[{_COLOURS[verdict]}]{verdict}[/]", rule.clause, f"{hits:,}", rule.because.zh
        )
    return table


def _explained(policy: Policy, picks: Samples, run: Run) -> Iterator[RenderableType]:
    """A refused, a held and an allowed post, each with its reasons."""
    for sample, rule in _three(policy, picks, run):
        yield _decision(policy, sample, rule)


def _three(policy: Policy, picks: Samples, run: Run) -> list[tuple[Sample, str]]:
    from portreeve.report.samples import NEAR

    chosen: list[tuple[Sample, str]] = []
    for verdict in ("refuse", "hold"):
        for id_, _ in run.tally.rules.most_common():
            best = [
                s
                for s in picks.of(id_)
                if s.decision["verdict"] == verdict and s.decision["rules"][0] == id_
            ]
            if best:
                chosen.append((max(best, key=_plainness), id_))
                break
    refusing = next((id_ for _, id_ in chosen), None)
    for sample in picks.of(NEAR):
        if refusing and sample.decision["surface"] in policy.rule(refusing).surfaces:
            chosen.append((sample, refusing))
            break
    return chosen


def _plainness(sample: Sample) -> tuple[bool, int]:
    """Posts that make good reading: not long, with evidence of several kinds."""
    kinds = {place["what"].split(" ")[0] for place in sample.decision["evidence"]}
    return len(sample.item["text"]) <= 160, len(kinds)


def _decision(policy: Policy, sample: Sample, rule_id: str) -> RenderableType:
    from rich.console import Group
    from rich.panel import Panel
    from rich.text import Text

    from portreeve.policy.explain import explain
    from portreeve.report import pieces

    decision, rule = sample.decision, policy.rule(rule_id)
    verdict = decision["verdict"]
    text = Text()
    for piece in pieces(sample.item["text"], decision["evidence"]):
        text.append(printable(piece.text), style=_EVIDENCE.get(piece.kind, ""))
    parts: list[RenderableType] = [text, Text()]
    for what in dict.fromkeys(place["what"] for place in decision["evidence"]):
        parts.append(Text(f"  evidence  {printable(what)}", style="dim"))
    if verdict == "allow":
        parts.append(Text(f"Allowed. Why {rule_id} does not hold:"))
    else:
        parts += _reasons(policy, rule_id)
    explanation = explain(policy, decision["signals"], rule_id)
    for finding in explanation.findings:
        parts += [Text(line) for line in _lines(finding, 1)]
    title = Text(f"{verdict}  {rule.id}  clause {rule.clause}", style=_COLOURS[verdict])
    return Panel(Group(*parts), title=title, title_align="left", border_style=_COLOURS[verdict])


def _reasons(policy: Policy, rule_id: str) -> list[RenderableType]:
    from rich.text import Text

    rule = policy.rule(rule_id)
    parts: list[RenderableType] = [
        Text.assemble(("Because    ", "bold"), rule.because.en),
        Text(f"           {rule.because.zh}"),
    ]
    if rule.comply:
        parts.append(Text.assemble(("To comply  ", "bold"), rule.comply.en))
    if rule.way_out:
        way = policy.ways_out[rule.way_out]
        parts.append(Text.assemble(("Way out    ", "bold"), f"{way.title.en}: {way.how.en}"))
    parts.append(Text("The condition, part by part:", style="bold"))
    return parts


def _lines(finding: Finding, depth: int) -> Iterator[str]:
    """A finding and its parts; of a definition only its words, unless it is what failed."""
    from portreeve.policy.explain import show

    mark = {True: "✓", False: "✗", None: "?"}[finding.holds]
    said = finding.words.en if finding.words else finding.text
    values = ", ".join(f"{name} = {show(value)}" for name, value in finding.values.items())
    note = finding.note.en if finding.note else values
    yield f"{'  ' * depth}{mark} {finding.text if finding.words else said}" + (
        f"  [{note}]" if note else ""
    )
    if finding.words:
        yield f"{'  ' * depth}  {said}"
        return
    for part in finding.parts:
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
        "surfaces": {name: dict(counts) for name, counts in sorted(run.tally.surfaces.items())},
        "rules": dict(run.tally.rules.most_common()),
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
