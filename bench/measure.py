"""Measurements of Portreeve itself, each in a fresh process with one thread.

``python -m bench.measure NAME ARGUMENT...`` prints one JSON object. `bench.speed` calls it with
the threads pinned in the environment, as they are counted when polars and numba are imported.
"""

from __future__ import annotations

import importlib.metadata
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path

import polars as pl

import portreeve
from bench import stages
from portreeve.policy import load

POLICY = Path(__file__).parent / "rules.policy.yaml"
ONE_POST = "手工皂现货，39元一块，加微信 demo_soap88 下单"
WARM_UP = 2_000
BATCH = 50_000


def throughput(posts: str, runs: str) -> dict[str, object]:
    """Posts per CPU-second of `portreeve.screen` over a Parquet file, each run; and the rules.

    The posts go in batches of 50,000, as from ``portreeve screen``. ``held`` names the rules that
    hold for each post.
    """
    frame = pl.read_parquet(posts)
    policy = load(POLICY)
    portreeve.screen(frame.head(WARM_UP), policy)
    rates = []
    held: list[list[str]] = []
    for _ in range(int(runs)):
        began = time.process_time()
        screened = [portreeve.screen(batch, policy) for batch in frame.iter_slices(BATCH)]
        rates.append(len(frame) / (time.process_time() - began))
        held = pl.concat(screened)["rules"].to_list()
    version = f"Portreeve {importlib.metadata.version('portreeve')}"
    return {"version": version, "posts_per_second": rates, "held": held}


def stage(posts: str, runs: str) -> dict[str, object]:
    """CPU seconds of each stage a post, run by run; and the bytes a post."""
    frame = pl.read_parquet(posts).head(2 * BATCH)
    policy = load(POLICY)
    stages.stage_seconds(frame.head(WARM_UP), policy)
    measured = [stages.stage_seconds(frame, policy) for _ in range(int(runs))]
    return {
        "seconds": {name: [run[name] / len(frame) for run in measured] for name in measured[0]},
        "bytes": int(frame["text"].str.len_bytes().sum()) / len(frame),
    }


def single(posts: str, calls: str) -> dict[str, object]:
    """Seconds for one post at a time, call by call, in a warm process: by the clock and of CPU."""
    wanted = int(calls)
    frame = pl.read_parquet(posts, n_rows=wanted)
    policy = load(POLICY)
    portreeve.screen(frame.head(WARM_UP), policy)
    wall, cpu = [], []
    for row in range(wanted):
        one = frame.slice(row % len(frame), 1)
        began, used = time.perf_counter(), time.process_time()
        portreeve.screen(one, policy)
        wall.append(time.perf_counter() - began)
        cpu.append(time.process_time() - used)
    return {"wall": wall, "cpu": cpu}


def first(started: str) -> dict[str, object]:
    """Seconds from the process's start (monotonic clock) to its first decision; and the second.

    By the clock and of CPU.
    """
    one = pl.DataFrame({"id": ["1"], "text": [ONE_POST]})
    policy = load(POLICY)
    portreeve.screen(one, policy)
    fresh = time.monotonic() - float(started), time.process_time()
    began, used = time.perf_counter(), time.process_time()
    portreeve.screen(one, policy)
    warm = time.perf_counter() - began, time.process_time() - used
    return {"fresh": fresh, "warm": warm}


MEASUREMENTS: dict[str, Callable[..., dict[str, object]]] = {
    "throughput": throughput,
    "stage": stage,
    "single": single,
    "first": first,
}

if __name__ == "__main__":
    print(json.dumps(MEASUREMENTS[sys.argv[1]](*sys.argv[2:])))
