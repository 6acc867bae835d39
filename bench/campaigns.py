"""Campaigns and trees: how good on invented towns, and how fast.

``python -m bench.campaigns quality [--sellers second] [--accounts N] [--seed N]`` makes a town and
compares what is found with its truth; ``speed FILE...`` reads a dump; ``online`` gives the time a
post in batches of 64. Each prints one JSON object. Towns are synthetic: their figures say how the
method does on copying as the town's generator has it, nothing about a real network. The second
generator was never used for tuning.
"""

from __future__ import annotations

import argparse
import json
import resource
import tempfile
import time
from collections import Counter
from pathlib import Path

import numpy as np
import polars as pl

from portreeve.cli.campaign_dump import Dump, Found
from portreeve.cli.campaigns import KEPT_POSTS
from portreeve.files import Options
from portreeve.memory.campaigns import Campaigns, CampaignSettings
from portreeve.memory.traces import KEY, SELLS, TRACE, Traces
from portreeve.memory.trees import TreeSettings
from portreeve.policy import load
from portreeve.report.estimates import wilson
from town.files import write
from town.town import Town

BATCH = 64


def quality(sellers: str, accounts: int, seed: int, kept_posts: int) -> dict[str, object]:
    """Purity of campaigns and accuracy of uplines: with texts read, and by behaviour alone.

    By behaviour alone, whether posts trade is not asked: texts count only as copies of each other.
    """
    with tempfile.TemporaryDirectory() as folder:
        town = Town(accounts=accounts, days=28, seed=seed, sellers=sellers)
        write(town, Path(folder), "parquet")
        dump = Dump(load("acquaintance"), Options(note=lambda _: None))
        dump.read([f"{folder}/posts.parquet"])
        truth = pl.read_parquet(f"{folder}/truth/accounts.parquet")
    asked = {
        "texts_read": (CampaignSettings(), TreeSettings()),
        "behaviour_alone": (
            CampaignSettings(trading_posts=0),
            TreeSettings(trading_share=0.0, least_trading=0.0),
        ),
    }
    return {
        "sellers": sellers,
        "accounts": accounts,
        "seed": seed,
        "posts": dump.rows,
        **{
            name: _compared(dump.found(*settings, kept_posts), truth)
            for name, settings in asked.items()
        },
    }


def _compared(found: Found, truth: pl.DataFrame) -> dict[str, object]:
    """A campaign's truth is the tree that most of its accounts are of; who is in none is alone."""
    tree = dict(truth.select("account", "tree").drop_nulls().iter_rows())
    upline = dict(truth.filter(pl.col("role") == "agent").select("account", "upline").iter_rows())
    graph, nodes = found.graph, found.forest.nodes
    members: dict[int, list[str]] = {}
    for number, campaign in zip(
        graph.accounts["account"].tolist(), graph.campaign.tolist(), strict=True
    ):
        if campaign:
            members.setdefault(campaign, []).append(found.accounts[number])
    pure = together = 0
    largest: Counter[str] = Counter()
    for accounts in members.values():
        of = Counter(tree[account] for account in accounts if account in tree)
        best = of.most_common(1)
        pure += best[0][1] if best else 1
        together += len(accounts)
        for name, many in best:
            largest[name] = max(largest[name], many)
    edges = [
        (
            found.accounts[int(node["account"])],
            found.accounts[int(nodes["account"][node["parent"]])],
        )
        for node in nodes
        if node["parent"] >= 0
    ]
    right = sum(upline.get(child) == above for child, above in edges)
    under = sum(above is not None for above in upline.values())
    referred = found.forest.trees["leader"][found.forest.trees["refer"]].tolist()
    leaders = {account for account, above in upline.items() if above is None}
    return {
        "campaigns": len(members),
        "purity": _share(pure, together),
        "agents_in_their_trees_campaign": _share(sum(largest.values()), len(tree)),
        "uplines_right_of_told": _share(right, len(edges)),
        "uplines_right_of_all": _share(right, under),
        "referred": len(referred),
        "referred_that_are_trees": sum(found.accounts[n] in leaders for n in referred),
        "trees": len(leaders),
    }


def _share(hits: int, total: int) -> dict[str, object]:
    if not total:
        return {"n": 0}
    share, low, high = wilson(hits, total)
    return {"n": total, "share": round(share, 4), "interval": [round(low, 4), round(high, 4)]}


def speed(files: list[str], kept_posts: int) -> dict[str, object]:
    """Seconds of each part over a dump, and the peak memory: after reading, and in all."""
    dump = Dump(load("acquaintance"), Options(note=lambda _: None))
    begun, used = time.perf_counter(), time.process_time()
    dump.read(files)
    peak_reading = _peak()
    found = dump.found(CampaignSettings(), TreeSettings(), kept_posts)
    return {
        "posts": dump.rows,
        "seconds": round(time.perf_counter() - begun, 2),
        "cpu_seconds": round(time.process_time() - used, 2),
        "parts": {name: round(value, 2) for name, value in dump.seconds.items()},
        "campaigns": len(np.unique(found.graph.campaign)) - 1,
        "forgotten": found.forgotten,
        "peak_mib_reading": peak_reading,
        "peak_mib": _peak(),
    }


def _peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def online(posts: int = 400_000, seed: int = 1) -> dict[str, object]:
    """Microseconds of CPU a post, in batches of 64, as memory fills.

    Three posts in ten sell; three in ten are copies, of heavy-tailed groups; four in ten of those
    that sell show a handle, of 50,000.
    """
    chance = np.random.default_rng(seed)
    rows = np.zeros(posts, TRACE)
    rows["item"] = chance.integers(1, 2**63, posts, dtype=np.uint64)
    many = chance.integers(1, 2**63, 100_000, dtype=np.uint64)
    rows["account"] = many[(chance.random(posts) ** 2 * len(many)).astype(int)]
    rows["time"] = np.arange(posts) * 1_000_000
    sells = chance.random(posts) < 0.3
    rows["flags"] = sells * SELLS
    groups = chance.integers(1, 2**63, posts, dtype=np.uint64)
    copied = chance.random(posts) < 0.3
    groups[copied] = groups[(chance.random(posts) ** 3 * posts / 2).astype(int)[copied]]
    shown = np.flatnonzero(sells & (chance.random(posts) < 0.4))
    keys = np.zeros(len(shown), KEY)
    keys["row"] = shown
    handles = chance.integers(1, 2**63, 50_000, dtype=np.uint64)
    keys["key"] = handles[(chance.random(len(shown)) ** 2 * len(handles)).astype(int)]
    batches = []
    for first in range(0, posts, BATCH):
        part = keys[slice(*np.searchsorted(keys["row"], [first, first + BATCH]))].copy()
        part["row"] -= first
        batches.append((Traces(rows[first : first + BATCH], part), groups[first : first + BATCH]))
    Campaigns().see(*batches[0])
    known = Campaigns()
    used = time.process_time()
    for batch in batches:
        known.see(*batch)
    seconds = time.process_time() - used
    return {"posts": posts, "batch": BATCH, "microseconds": round(seconds / posts * 1e6, 2)}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    quality_of = commands.add_parser("quality")
    quality_of.add_argument("--sellers", choices=["first", "second"], default="second")
    quality_of.add_argument("--accounts", type=int, default=5000)
    quality_of.add_argument("--seed", type=int, default=21)
    quality_of.add_argument("--kept-posts", type=int, default=KEPT_POSTS)
    speed_of = commands.add_parser("speed")
    speed_of.add_argument("files", nargs="+")
    speed_of.add_argument("--kept-posts", type=int, default=KEPT_POSTS)
    commands.add_parser("online")
    given = vars(parser.parse_args())
    run = {"quality": quality, "speed": speed, "online": online}[given.pop("command")]
    print(json.dumps(run(**given)))
