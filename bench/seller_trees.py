"""Trees of scenario 5 drawn again and again: how many uplines are right, beyond the one played.

``python -m bench.seller_trees [--draws N] [--first N]`` prints one JSON object. The texts are those
of :mod:`scenarios.sellers`, which sell softly: few of them are read as trade. Chances and changes
are drawn anew with each seed.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl

from portreeve.cli.campaign_dump import Dump
from portreeve.files import Options
from portreeve.memory.campaigns import CampaignSettings
from portreeve.memory.trees import TreeSettings
from portreeve.policy import load
from portreeve.report.estimates import wilson
from scenarios import sellers

_BEGIN = datetime(2026, 11, 1, tzinfo=UTC)


def drawn(seed: int) -> Counter[str]:
    """One draw: agents whose upline is right, who are told one, who are in the campaign."""
    posts = [(one.hours, f"s{one.who}", one.text) for one in sellers.history(seed)]
    posts += [(hours, account, text) for account, hours, text in sellers.innocents(seed)]
    posts += [(480 + n / 5, f"family{n}", sellers.CAPTION) for n in range(8)]
    posts.sort()
    frame = pl.DataFrame(
        {
            "id": [f"p{n}" for n in range(len(posts))],
            "account": [account for _, account, _ in posts],
            "text": [text for _, _, text in posts],
            "time": [_BEGIN + timedelta(hours=hours) for hours, _, _ in posts],
        }
    )
    dump = Dump(load("acquaintance"), Options(note=lambda _: None))
    with tempfile.TemporaryDirectory() as folder:
        frame.write_parquet(Path(folder) / "posts.parquet")
        dump.read([f"{folder}/posts.parquet"])
    found = dump.found(CampaignSettings(), TreeSettings())
    nodes = found.forest.nodes
    told = {
        found.accounts[int(node["account"])]: found.accounts[int(nodes["account"][node["parent"]])]
        for node in nodes
        if node["parent"] >= 0
    }
    inside = found.graph.accounts["account"][found.graph.campaign != 0].tolist()
    return Counter(
        right=sum(told.get(f"s{n}") == f"s{sellers.above(n)}" for n in range(1, sellers.SELLERS)),
        told=len(told),
        all=sellers.SELLERS - 1,
        joined=sum(found.accounts[n].startswith("s") for n in inside),
        others_joined=sum(not found.accounts[n].startswith("s") for n in inside),
        referred=int(found.forest.trees["refer"].sum()),
    )


def main() -> None:
    """Read the options, and print."""
    parser = argparse.ArgumentParser(prog="python -m bench.seller_trees", description=__doc__)
    parser.add_argument("--draws", type=int, default=20)
    parser.add_argument("--first", type=int, default=100)
    given = parser.parse_args()
    total: Counter[str] = Counter()
    for seed in range(given.first, given.first + given.draws):
        total += drawn(seed)
    figures = {
        "draws": given.draws,
        **total,
        "right_of_told": [round(x, 4) for x in wilson(total["right"], total["told"])],
        "right_of_all": [round(x, 4) for x in wilson(total["right"], total["all"])],
        "joined_of_all": [
            round(x, 4) for x in wilson(total["joined"], given.draws * sellers.SELLERS)
        ],
    }
    print(json.dumps(figures, indent=1))


if __name__ == "__main__":
    main()
