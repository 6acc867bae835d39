"""``make faults``: kills, outages and starts of the real service; writes docs/reliability.md.

The same scenes as in ``tests/faults``, longer. Each one ends with a check of the whole store; a
promise that was not kept ends the run with what was broken.
"""

from __future__ import annotations

import argparse
import datetime
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from bench import machine
from bench.page import Section, median_and_range, number

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from faults import scenes  # noqa: E402 - the scenes are the tests'
from faults.load import Load  # noqa: E402
from faults.process import Service  # noqa: E402
from service import postgres  # noqa: E402

PAGE = ROOT / "docs" / "reliability.md"
DURABLE = {"fsync": "on", "full_page_writes": "on", "synchronous_commit": "on"}
MIB = 1024 * 1024
LIMITS = "start ≤ 5 s, memory ≤ 500 MB, which is 477 MiB; what is more is marked *missed*"
MOST_MIB = 500e6 / MIB


@dataclass(frozen=True)
class Plan:
    """How long to do it."""

    kills: int = 50
    ends: int = 20
    """Kills of the process that screens."""
    away: float = 30.0
    starts: int = 5
    load_seconds: float = 60.0


QUICK = Plan(kills=3, ends=2, away=4.0, starts=2, load_seconds=5.0)


class Bench:
    """One run: the plan, a PostgreSQL server, and new stores for each part."""

    def __init__(self, plan: Plan, folder: Path) -> None:
        self.plan = plan
        self._folder = folder
        self._stores = 0
        bin = postgres.programs()
        if bin is None:
            raise SystemExit(postgres.MISSING)
        self.server = postgres.Server(bin, **DURABLE)

    def service(self, kind: str, **settings: str) -> Service:
        """A service over a new store of its kind, not started."""
        self._stores += 1
        name = f"store_{self._stores}"
        database = None
        if kind == "PostgreSQL":
            self.server.run(f"CREATE DATABASE {name}")
            database = self.server.url(name)
        return Service(self._folder / name, database=database, **settings)


def kills(bench: Bench, note: Callable[[str], None]) -> Section:
    """kill -9 under load, again and again."""
    rows = []
    kinds = [(kind, what) for kind in ("SQLite", "PostgreSQL") for what in ("all", "screening")]
    for seed, (kind, what) in enumerate(kinds):
        count = bench.plan.kills if what == "all" else bench.plan.ends
        note(f"{count} kills of {what} on {kind}")
        kill = scenes.kill_all if what == "all" else scenes.kill_screening
        seen = scenes.kills(bench.service(kind), count, kill, seed=seed)
        found = seen.found
        rows.append(
            (
                kind, what, str(seen.kills), f"{found.answers:,}", f"{seen.broken:,}",
                f"{found.items:,}", f"{found.decisions:,}", f"{found.in_files:,}",
                f"{found.audit_entries:,}", median_and_range(seen.starts, " s")[0],
                number(max(seen.starts)) + " s",
            )
        )  # fmt: skip
    return Section(
        "kill -9 under load",
        ("store", "killed", "kills", "answers", "requests cut off", "items", "decisions",
         "in Parquet", "audit entries", "restart, median", "longest"),
        tuple(rows),
        (
            "Killed at a random moment of the 2 seconds after it is ready. The host sends each "
            "item again until it is answered, and a tenth of the answered ones once more.",
            "*Screening*: only the process that screens, which the other starts again; until then "
            "the surface's fail policy answers, and *restart* counts until it is ready.",
            "Found after the last restart: every answered item has exactly one decision, the one "
            "that was answered; the decision log holds each once; the audit chain verifies; the "
            "spool is empty. Anything else ends the run with an error.",
        ),
    )  # fmt: skip


def outages(bench: Bench, note: Callable[[str], None]) -> Section:
    """PostgreSQL goes away under load."""
    rows = []
    for name, fault in (("frozen", scenes.frozen), ("stopped", scenes.stopped)):
        for killed in (False, True):
            what = f"{name}, service killed meanwhile" if killed else name
            note(f"PostgreSQL {what} for {bench.plan.away:g} s")
            service = bench.service("PostgreSQL", deadlines=scenes.DEADLINES)
            seen = scenes.outage(service, bench.plan.away, *fault(bench.server), killed=killed)
            rows += _outage_rows(what, seen)
    return Section(
        f"PostgreSQL away for {bench.plan.away:g} s under load",
        ("fault, surface", "deadline", "then", "answers", "median", "p99", "longest",
         "ready again after"),
        tuple(rows),
        (
            "*Frozen*: SIGSTOP to all of the server, which keeps connections and answers nothing. "
            "*Stopped*: a shutdown and a new start.",
            "Answers: those to requests sent and answered while it was away; every one was "
            "provisional, and what the surface's fail policy says. Each was followed by exactly "
            "one decision and one `decision.late` event, also where the service was killed; "
            "anything else ends the run with an error.",
            "*Before*: the surfaces together, while the database was there.",
        ),
    )  # fmt: skip


def _outage_rows(what: str, seen: scenes.Outage) -> Iterator[tuple[str, ...]]:
    yield (f"**{what}**: before", "", "", *_times(seen.normal), "")
    for surface in scenes.OPEN_SURFACES:
        deadline = scenes.deadline_of(surface)
        yield (
            f"{what}: {surface}", f"{deadline.ms} ms", deadline.then,
            *_times(seen.seconds[surface]), number(seen.back) + " s",
        )  # fmt: skip


def _times(seconds: list[float]) -> tuple[str, str, str, str]:
    ordered = sorted(1000 * value for value in seconds)
    p99 = ordered[min(len(ordered) - 1, int(0.99 * len(ordered)))]
    return (
        f"{len(ordered):,}", f"{number(statistics.median(ordered))} ms", f"{number(p99)} ms",
        f"{number(ordered[-1])} ms",
    )  # fmt: skip


def starts(bench: Bench, note: Callable[[str], None]) -> Section:
    """How long a start takes and how much memory the process has."""
    rows = []
    for kind in ("SQLite", "PostgreSQL"):
        note(f"starts on {kind}")
        service = bench.service(kind)
        service.start()
        service.stop()
        took, ready = [], []
        for _ in range(bench.plan.starts):
            took.append(service.start())
            ready.append(service.resident_bytes() / MIB)
            service.stop()
        note(f"memory under load on {kind}")
        with scenes.serving(service):
            load = Load([service], pause=0.0).start()
            time.sleep(bench.plan.load_seconds)
            load.stop()
            peak = service.resident_bytes() / MIB
            rate = len(load.answers) / bench.plan.load_seconds
            assert service.stop() == 0
        rows.append(
            (kind, *median_and_range(took, " s"), f"{number(max(ready))} MiB",
             f"{number(peak)} MiB{' (missed)' if peak > MOST_MIB else ''}", number(rate))
        )  # fmt: skip
    return Section(
        "Start and memory",
        ("store", "start, median", "range", "memory when ready", "memory after load", "items/s"),
        tuple(rows),
        (
            f"Goal: {LIMITS}. A start counts from the process's own start until it prints "
            "`Ready.`, with all imports, on a store that is there, kernels cached.",
            "Memory: of both processes; what they share counts once. After load: after "
            f"{bench.plan.load_seconds:g} s of single items as quickly as 6 connections send them.",
        ),
    )


PARTS: dict[str, Callable[[Bench, Callable[[str], None]], Section]] = {
    "kills": kills,
    "outages": outages,
    "starts": starts,
}


def page(sections: list[Section], described: str) -> str:
    """The page, with what it was measured on."""
    today = datetime.datetime.now(datetime.UTC).date()
    head = [
        "# Reliability",
        "",
        "Written by `make faults`. Do not edit: run it again.",
        "",
        f"- Date: {today}",
        f"- Machine: {described}",
        f"- Versions: {machine.versions(('sqlalchemy', 'psycopg', 'uvicorn', 'polars'))}",
        "- The service runs as `portreeve serve`, a process of its own; host, service and database "
        "share the machine. PostgreSQL syncs to disk, as does SQLite (`synchronous = FULL`).",
        "- Shorter forms of the same scenes, and others (two processes on one database, a full "
        "disk, the end of a process), are tests: `pytest tests/faults`.",
    ]
    return "\n\n".join(["\n".join(head), *(section.markdown() for section in sections)]) + "\n"


@contextmanager
def _bench(plan: Plan) -> Iterator[Bench]:
    with tempfile.TemporaryDirectory(prefix="portreeve-faults-") as folder:
        bench = Bench(plan, Path(folder))
        try:
            yield bench
        finally:
            bench.server.thaw()
            bench.server.stop()


def main() -> None:
    """Run the parts and write the page."""
    parser = argparse.ArgumentParser(prog="python -m bench.faults", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer and shorter; no page")
    parser.add_argument("--only", choices=PARTS, action="append", help="some parts; no page")
    args = parser.parse_args()
    plan = QUICK if args.quick else Plan()
    described = machine.description()
    console = Console(width=None if sys.stdout.isatty() else 140)
    sections = []
    with _bench(plan) as bench:
        for name in args.only or PARTS:
            section = PARTS[name](bench, lambda what: console.print(f"  ... {what}", style="dim"))
            section.show(console)
            sections.append(section)
    if not (args.quick or args.only):
        PAGE.write_text(page(sections, described), encoding="utf-8")
        console.print(f"written: {PAGE}")


if __name__ == "__main__":
    main()
