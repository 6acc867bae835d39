"""``make bench``: prints the speed tables and writes docs/benchmarks.md.

Everything is measured in this one run, on the same posts: Portreeve, its stages, its start and its
memory, and the same twenty rules in other engines. Each figure is the median of several runs.
"""

from __future__ import annotations

import argparse
import datetime
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl
from rich.console import Console

from bench import machine, posts
from bench.page import Section, median_and_range, number
from bench.peers import columns, plain, rspamd, spamassassin, sqrl
from bench.peers.base import NotInstalledError, PeerRun

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "benchmarks.md"
POLICY = Path(__file__).parent / "rules.policy.yaml"
PINNED = {
    "POLARS_MAX_THREADS": "1",
    "NUMBA_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
}


@dataclass(frozen=True)
class Plan:
    """How much to measure."""

    rows: int = 200_000
    runs: int = 5
    peer_runs: int = 3
    single_calls: int = 2_000
    starts: int = 5
    memory_rows: tuple[int, ...] = (1_000_000, 10_000_000)


QUICK = Plan(
    rows=50_000, runs=3, peer_runs=1, single_calls=300, starts=3, memory_rows=(200_000, 1_000_000)
)


@dataclass(frozen=True)
class Peer:
    """An engine of the comparison and how many posts one timed run of it takes."""

    name: str
    run: Callable[[Sequence[str]], PeerRun]
    rows: int


PEERS = (
    Peer("Plain Python, `re`, post lower-cased first", plain.run, 50_000),
    Peer("Plain Python, `re.IGNORECASE`", lambda texts: plain.run(texts, "ignorecase"), 25_000),
    Peer("SQRL", sqrl.run, 10_000),
    Peer("Rspamd", rspamd.run, 10_000),
    Peer("SpamAssassin", spamassassin.run, 2_000),
    Peer("Polars expressions (the rules alone)", columns.run, 100_000),
)


@dataclass(frozen=True)
class Bench:
    """One run: the plan, the posts it works on and a folder for its files."""

    plan: Plan
    folder: Path
    pool: Path | None
    machine: str

    @property
    def posts(self) -> Path:
        return self.folder / "posts.parquet"

    def texts(self, rows: int) -> list[str]:
        return pl.read_parquet(self.posts, columns=["text"], n_rows=rows)["text"].to_list()

    def measure(self, name: str, *arguments: str, **environment: str) -> dict[str, Any]:
        """Runs a measurement of `bench.measure` in a fresh process with one thread."""
        command = [sys.executable, "-m", "bench.measure", name, *arguments]
        done = subprocess.run(
            command, capture_output=True, text=True, check=False, cwd=ROOT,
            env={**os.environ, **PINNED, **environment},
        )  # fmt: skip
        if done.returncode != 0:
            raise RuntimeError(f"measurement {name} failed:\n{done.stderr[-3000:]}")
        answer: dict[str, Any] = json.loads(done.stdout)
        return answer


def comparison(bench: Bench, note: Callable[[str], None]) -> Section:
    """Portreeve and its peers, in posts per CPU-second of one core."""
    note("Portreeve")
    own = bench.measure("throughput", str(bench.posts), str(bench.plan.runs))
    own_rates = own["posts_per_second"]
    own_median = sorted(own_rates)[len(own_rates) // 2]
    expected = plain.run(bench.texts(bench.plan.rows)).hits
    rows = [
        (
            "**Portreeve, all text signals and 20 rules**",
            own["version"],
            *median_and_range(own_rates),
            "",
            _own_agreement(own["held"], expected),
        )
    ]
    for peer in PEERS:
        note(peer.name)
        texts = bench.texts(min(peer.rows, bench.plan.rows))
        try:
            runs = [peer.run(texts) for _ in range(bench.plan.peer_runs)]
        except NotInstalledError as missing:
            rows.append((peer.name, f"not installed: `{missing}`", "", "", "", ""))
            continue
        except (RuntimeError, OSError, subprocess.SubprocessError) as error:
            # One engine that does not come up must not cost the figures of the others.
            reason = (str(error).splitlines() or ["no reason given"])[0]
            rows.append((peer.name, f"did not run: {reason}", "", "", "", ""))
            continue
        rates = [run.posts_per_second for run in runs]
        same = sum(a == b for a, b in zip(runs[0].hits, expected, strict=False)) / len(texts)
        times = own_median / sorted(rates)[len(rates) // 2]
        rows.append(
            (
                peer.name,
                runs[0].version,
                *median_and_range(rates),
                number(times) + " ×",
                f"{same:.2%}",
            )
        )
    return Section(
        title="Posts per CPU-second, one core",
        columns=(
            "engine",
            "version",
            "posts/s",
            "range",
            "Portreeve against it",
            "same rules",
        ),
        rows=tuple(rows),
        notes=COMPARISON_NOTES,
    )


COMPARISON_NOTES = (
    "CPU seconds are user and system time of the process that does the work; set-up, warm-up and "
    "the client that feeds a service are left out.",
    "*Same rules*: share of the posts for which the engine finds exactly the rules that plain "
    "Python finds. Portreeve has no regular expressions in its conditions: its twenty rules ask "
    "for the same things through signals (`bench/rules.policy.yaml`), so its hits differ. Its "
    "figure is the share of the posts on which both find some rule or both find none and, in "
    "brackets, the share of the posts with a rule in plain Python that have one in Portreeve too.",
    "Portreeve computes all its text signals (fold, calibrated scores, contacts, money, links, "
    "goods, evidence places) and then the rules; the peers evaluate the rules alone. The last row "
    "shows what the bare rules cost in columns.",
    "The mail filters get each post as a minimal message; that is what they are made for and "
    "includes reading the message. SpamAssassin is not compiled with `sa-compile`.",
    "SQRL has no regular expressions in the npm package; `regexTest` is registered by the "
    "benchmark with the meaning of its text package.",
)


def _own_agreement(found: list[list[str]], expected: list[list[int]]) -> str:
    either = sum(bool(a) == bool(b) for a, b in zip(found, expected, strict=True))
    known = [bool(a) for a, b in zip(found, expected, strict=True) if b]
    return f"{either / len(found):.2%} ({sum(known) / max(1, len(known)):.1%})"


def stages(bench: Bench, note: Callable[[str], None]) -> Section:
    """Where the time goes, and how fast that is beside copying the bytes."""
    note("stages")
    measured = bench.measure("stage", str(bench.posts), str(bench.plan.runs))
    seconds: dict[str, list[float]] = measured["seconds"]
    totals = [sum(run) for run in zip(*seconds.values(), strict=True)]
    whole = statistics.median(totals)
    rows = []
    for name, values in {**seconds, "all": totals}.items():
        middle = statistics.median(values)
        rows.append(
            (STAGES[name], *median_and_range([v * 1e6 for v in values], " µs"),
             f"{middle / whole:.0%}", f"{measured['bytes'] / middle / 1e6:,.0f} MB/s")
        )  # fmt: skip
    copied = machine.memcpy_bytes_per_second()
    share = measured["bytes"] / whole / copied
    return Section(
        title="Stage by stage, CPU time a post",
        columns=("stage", "median", "range", "share", "text bytes"),
        rows=tuple(rows),
        notes=(
            f"`memcpy` on this machine: {copied / 1e9:.1f} GB/s, one thread, 256 MiB. All stages "
            f"together run at {share:.1%} of it, folding alone at "
            f"{measured['bytes'] / statistics.median(seconds['fold']) / copied:.1%}.",
            "The steps of the text kernel are timed by running growing parts of it over the same "
            "posts; the others in place. Timing apart costs a little, so the sum differs from the "
            "whole above.",
        ),
    )


STAGES = {
    "admit": "admit: check and type the columns",
    "fold": "fold: decode and fold the text",
    "score": "score: promotion and intents",
    "match": "match: the lexicon",
    "extract": "extract: contacts, money, links",
    "signals": "signals: link classes, share codes, columns",
    "rules": "rules: the twenty",
    "assemble": "assemble: verdict, evidence, decision",
    "all": "**all**",
}


def latency(bench: Bench, note: Callable[[str], None]) -> Section:
    """One post at a time, and how long the first decision takes."""
    note("one post at a time")
    calls = bench.measure("single", str(bench.posts), str(bench.plan.single_calls))
    note("portreeve --help")
    helps = [_usage([*portreeve_command(), "--help"]) for _ in range(bench.plan.starts)]
    note("first compilation")
    kernels = {"PORTREEVE_CACHE": str(bench.folder / "kernels")}
    ever = bench.measure("first", str(time.monotonic()), **kernels)["fresh"]
    note("first decision of a fresh process")
    starts = [
        bench.measure("first", str(time.monotonic()), **kernels) for _ in range(bench.plan.starts)
    ]
    rows = [
        _quantile_row(calls, 0.50),
        _quantile_row(calls, 0.99),
        _wall_and_cpu("`portreeve --help`", [(h.wall, h.cpu) for h in helps]),
        _wall_and_cpu("first decision of a warm process", [s["warm"] for s in starts]),
        _wall_and_cpu(
            "first decision of a fresh process, kernels cached", [s["fresh"] for s in starts]
        ),
        _wall_and_cpu("first decision ever, kernels compiled", [ever]),
    ]
    return Section(
        title="Latency and start",
        columns=("what", "by the clock", "range", "CPU"),
        rows=tuple(rows),
        notes=(
            f"One post: {len(calls['wall']):,} calls of `portreeve.screen` with one row each.",
            "A fresh process counts from its start, with the interpreter and all imports. Warm: "
            "the next decision in that process, with the policy loaded.",
        ),
    )


def _quantile_row(calls: dict[str, list[float]], quantile: float) -> tuple[str, str, str, str]:
    wall, cpu = (sorted(calls[kind])[int(len(calls[kind]) * quantile)] for kind in ("wall", "cpu"))
    name = f"one post, warm process, p{quantile * 100:.0f}"
    return name, number(wall * 1000) + " ms", "", number(cpu * 1000) + " ms"


def _wall_and_cpu(what: str, pairs: Sequence[Sequence[float]]) -> tuple[str, str, str, str]:
    wall, cpu = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    unit, times = (" ms", 1000.0) if max(wall) < 0.25 else (" s", 1.0)
    middle, spread = median_and_range([value * times for value in wall], unit)
    used = number(statistics.median(cpu) * times) + unit
    return what, middle, spread if len(pairs) > 1 else "", used


def memory(bench: Bench, note: Callable[[str], None]) -> Section:
    """Peak resident memory of ``portreeve screen`` over files of growing size."""
    rows = []
    for count in bench.plan.memory_rows:
        note(f"memory at {count:,} posts")
        source, out = bench.folder / f"{count}.parquet", bench.folder / f"{count}.out.parquet"
        posts.write(source, count, pool=bench.pool)
        command = [*portreeve_command(), "screen", str(source), "--out", str(out)]
        used = _usage([*command, "--policy", str(POLICY)])
        written = pl.scan_parquet(out).select(pl.len()).collect().item()
        if written != count:
            raise RuntimeError(f"{count:,} rows in, {written:,} out")
        rows.append(
            (f"{count:,}", f"{used.peak / 2**20:,.0f} MiB", number(used.cpu) + " s",
             number(used.wall) + " s", number(count / used.cpu))
        )  # fmt: skip
        source.unlink()
        out.unlink()
    return Section(
        title="Memory of `portreeve screen FILE.parquet --out OUT.parquet`",
        columns=("posts", "peak resident memory", "CPU", "wall", "posts per CPU-second"),
        rows=tuple(rows),
        notes=("Whole process with start, reading and writing; one thread.",),
    )


def portreeve_command() -> list[str]:
    """The installed command of this interpreter."""
    script = Path(sys.executable).with_name("portreeve")
    return [str(script)] if script.exists() else [sys.executable, "-m", "portreeve"]


@dataclass(frozen=True)
class Usage:
    """What a finished command used: seconds by the clock, CPU seconds, peak resident bytes."""

    wall: float
    cpu: float
    peak: float


def _usage(command: list[str]) -> Usage:
    began = time.perf_counter()
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(
            command, stdout=said, stderr=said, env={**os.environ, **PINNED}, cwd=ROOT
        )
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != 0:
            said.seek(0)
            raise RuntimeError(f"{command[-1]}: {said.read()[-2000:].decode(errors='replace')}")
    wall = time.perf_counter() - began
    return Usage(wall, used.ru_utime + used.ru_stime, used.ru_maxrss * 1024.0)


def page(sections: Sequence[Section], bench: Bench, command: str) -> str:
    """The benchmark page."""
    shape = posts.shape(pl.read_parquet(bench.posts)["text"])
    today = datetime.datetime.now(tz=datetime.UTC).date().isoformat()
    kind = f"texts of a file given with `--pool`: {shape}" if bench.pool else str(shape)
    head = f"""# Benchmarks

Written by `{command}`. Do not edit: run it again.

- Date: {today}
- Machine: {bench.machine}
- Versions: {machine.versions()}
- Posts: {kind}. {"" if bench.pool else MIX}
- Every figure of Portreeve is for one thread: the median of {bench.plan.runs} runs
  ({bench.plan.starts} starts), with the range. Runs of every other engine: {bench.plan.peer_runs}.

To install the other engines: `bench/peers/install.sh`. A missing one is said to be missing.
"""
    return head + "\n" + "\n\n".join(section.markdown() for section in sections) + "\n"


MIX = (
    "They are invented by `bench/posts.py` from the project's own templates: 92 % ordinary life, "
    "3 % that names a price, a link or a shop without selling, 5 % selling with contacts, prices "
    "and links, a fifth of those disguised."
)
PARTS: dict[str, Callable[[Bench, Callable[[str], None]], Section]] = {
    "comparison": comparison,
    "stages": stages,
    "latency": latency,
    "memory": memory,
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.speed", description=__doc__)
    parser.add_argument("--pool", type=Path, help="Parquet file with a `text` column to use")
    parser.add_argument("--quick", action="store_true", help="fewer posts and runs; no page")
    parser.add_argument("--only", choices=PARTS, action="append", help="some parts; no page")
    parser.add_argument("--out", type=Path, help=f"page to write (default {PAGE.name})")
    args = parser.parse_args()
    console = Console(width=None if sys.stdout.isatty() else 140)
    with tempfile.TemporaryDirectory(prefix="portreeve-bench-") as folder:
        bench = Bench(
            QUICK if args.quick else Plan(), Path(folder), args.pool, machine.description()
        )
        posts.write(bench.posts, bench.plan.rows, pool=args.pool)
        command = "python -m bench.speed --quick" if args.quick else "make bench"
        out = args.out or (None if args.quick or args.only else PAGE)
        sections = []
        for name in args.only or PARTS:
            section = PARTS[name](bench, lambda what: console.print(f"  ... {what}", style="dim"))
            section.show(console)
            sections.append(section)
            if out is not None:
                # After each part, so that a run that is cut short leaves what it has measured.
                out.write_text(page(sections, bench, command), encoding="utf-8")
        if out is not None:
            console.print(f"written: {out}")


if __name__ == "__main__":
    main()
