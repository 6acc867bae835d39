"""Campaigns of a dump as tables and as a graph for other programs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from xml.sax.saxutils import escape

import numpy as np
import polars as pl

from portreeve.memory.campaigns import KINDS, CampaignSettings, Graph, hubs
from portreeve.memory.components import COPY_KEY, JOINING
from portreeve.memory.trees import Forest

Names = Mapping[int, str]
_OF_EDGE = ("confidence", "copies", "copied", "handles", "lag")
_MOMENT = pl.Datetime("us", "UTC")


def campaign_name(number: int) -> str:
    """A campaign as people write it.

    >>> campaign_name(255)
    'c-00000000000000ff'
    """
    return f"c-{number:016x}"


def accounts_frame(graph: Graph, forest: Forest, names: Names) -> pl.DataFrame:
    """One row per account in a campaign: what it posted, and its place in a tree if it has one."""
    joined = graph.part(graph.campaign != 0)
    accounts, nodes = joined.accounts, forest.nodes
    inside = nodes["parent"] >= 0
    upline = np.where(inside, nodes["account"][nodes["parent"]], np.uint64(0))
    tree = pl.DataFrame(
        {
            "number": nodes["account"].copy(),
            "tree": nodes["tree"].copy(),
            "level": nodes["level"].copy(),
            "below": nodes["below"].copy(),
            "upline": [names.get(number) for number in upline.tolist()],
            "inside": inside,
            **{name: nodes[name].copy() for name in _OF_EDGE},
        },
        schema_overrides={"upline": pl.String},
    ).with_columns(pl.when("inside").then(pl.col(name)).alias(name) for name in _OF_EDGE)
    frame = pl.DataFrame(
        {
            "number": accounts["account"].copy(),
            "account": [names.get(number) for number in accounts["account"].tolist()],
            "campaign": [campaign_name(number) for number in joined.campaign.tolist()],
            **{name: accounts[name].copy() for name in ("posts", "selling", "recruiting")},
            **{name: accounts[name].copy() for name in ("first", "last")},
        },
        schema_overrides={"account": pl.String, "campaign": pl.String},
    )
    times = [pl.col(name).cast(_MOMENT) for name in ("first", "last")]
    return (
        frame.join(tree, on="number", how="left", maintain_order="left")
        .with_columns(times)
        .rename({"lag": "lag_seconds", "handles": "upline_handles"})
        .sort("campaign", "tree", "level", "posts", descending=[False, False, False, True])
        .drop("number", "inside")
    )


def campaigns_frame(graph: Graph, forest: Forest, key_names: Names) -> pl.DataFrame:
    """One row per campaign, the largest first."""
    joined = graph.part(graph.campaign != 0)
    each = pl.DataFrame(
        {
            "number": joined.campaign,
            **{name: joined.accounts[name].copy() for name in ("posts", "selling", "recruiting")},
            **{name: joined.accounts[name].copy() for name in ("first", "last")},
        }
    )
    trees = pl.DataFrame(
        {name: forest.trees[name].copy() for name in ("campaign", "people", "levels", "refer")}
    )
    frame = (
        each.group_by("number")
        .agg(
            pl.len().alias("accounts"),
            pl.col("posts", "selling", "recruiting").sum(),
            pl.col("first").min().cast(_MOMENT),
            pl.col("last").max().cast(_MOMENT),
        )
        .join(_keys_of(joined, key_names), on="number", how="left")
        .join(
            trees.group_by(number="campaign").agg(
                pl.len().alias("trees"),
                pl.col("people").max().alias("largest_tree"),
                pl.col("levels").max(),
                pl.col("refer").any(),
            ),
            on="number",
            how="left",
        )
        .with_columns(
            pl.col("trees", "largest_tree", "levels", "near_copies").fill_null(0),
            pl.col("refer").fill_null(False),
            pl.col("shown").fill_null([]),
        )
        .sort("accounts", "posts", "number", descending=[True, True, False])
    )
    named = pl.Series("campaign", map(campaign_name, frame["number"].to_list()), pl.String)
    return frame.drop("number").insert_column(0, named)


def _keys_of(joined: Graph, names: Names) -> pl.DataFrame:
    """What joins each campaign: the names of handles, links and the like, and near-copy groups."""
    edges = joined.edges[(joined.keys["state"] == JOINING)[joined.edges["key"]]]
    keys = joined.keys[edges["key"]]
    pairs = pl.DataFrame(
        {
            "number": joined.campaign[edges["account"]],
            "key": keys["key"].copy(),
            "copy": keys["kind"] == COPY_KEY,
        }
    ).unique(maintain_order=True)
    shown = [names.get(number) for number in pairs["key"].to_list()]
    return (
        pairs.with_columns(name=pl.Series(shown, dtype=pl.String))
        .group_by("number")
        .agg(
            pl.col("name").filter(~pl.col("copy")).drop_nulls().sort().alias("shown"),
            pl.col("copy").sum().alias("near_copies"),
        )
    )


def hubs_frame(graph: Graph, settings: CampaignSettings, names: Names) -> pl.DataFrame:
    """Keys that too many accounts show: listed, not joined."""
    found = hubs(graph.keys, settings)
    return pl.DataFrame(
        {
            "kind": [KINDS[kind] for kind in found["kind"].tolist()],
            "key": [names.get(n, f"{n:016x}") for n in found["key"].tolist()],
            "accounts": found["accounts"].copy(),
            "posts": found["posts"].copy(),
        },
        schema_overrides={"kind": pl.String, "key": pl.String},
    ).sort("accounts", descending=True)


def write_graphml(path: Path, graph: Graph, forest: Forest, names: Names, keys: Names) -> None:
    """Accounts, what they show, and who is above whom, as GraphML (for Gephi, yEd, networkx)."""
    with path.open("w", encoding="utf-8") as file:
        file.writelines(_graphml(graph.part(graph.campaign != 0), forest, names, keys))


def _graphml(graph: Graph, forest: Forest, names: Names, keys: Names) -> Iterator[str]:
    yield '<?xml version="1.0" encoding="UTF-8"?>\n'
    yield '<graphml xmlns="http://graphml.graphdrawing.org/xmlns">\n'
    for id, side, kind in (
        ("kind", "node", "string"), ("name", "node", "string"), ("campaign", "node", "string"),
        ("posts", "node", "int"), ("relation", "edge", "string"), ("weight", "edge", "double"),
    ):  # fmt: skip
        yield f'<key id="{id}" for="{side}" attr.name="{id}" attr.type="{kind}"/>\n'
    yield '<graph edgedefault="directed">\n'
    account_ids = graph.accounts["account"].tolist()
    for at, number in enumerate(account_ids):
        campaign = campaign_name(int(graph.campaign[at]))
        name = names.get(number, f"{number:016x}")
        yield _node(f"a{number:x}", "account", name, int(graph.accounts["posts"][at]), campaign)
    joins = graph.keys["state"] == JOINING
    for at in np.flatnonzero(joins).tolist():
        key = graph.keys[at]
        name = keys.get(int(key["key"]), f"{int(key['key']):016x}")
        yield _node(f"k{key['kind']}{key['key']:x}", KINDS[key["kind"]], name, int(key["posts"]))
    for edge in graph.edges[joins[graph.edges["key"]]]:
        key = graph.keys[edge["key"]]
        source = f"a{account_ids[edge['account']]:x}"
        yield _edge(source, f"k{key['kind']}{key['key']:x}", "shows", float(edge["posts"]))
    for node in forest.nodes[forest.nodes["parent"] >= 0]:
        upline = forest.nodes["account"][node["parent"]]
        yield _edge(f"a{upline:x}", f"a{node['account']:x}", "upline", float(node["confidence"]))
    yield "</graph>\n</graphml>\n"


def _node(id: str, kind: str, name: str, posts: int, campaign: str | None = None) -> str:
    data = f'<data key="kind">{kind}</data><data key="name">{escape(_legal(name))}</data>'
    data += f'<data key="posts">{posts}</data>'
    if campaign is not None:
        data += f'<data key="campaign">{campaign}</data>'
    return f'<node id="{id}">{data}</node>\n'


def _legal(text: str) -> str:
    """Text without the control characters that XML has no way to write."""
    return "".join(c if c >= " " or c in "\t\n" else "\ufffd" for c in text)


def _edge(source: str, target: str, relation: str, weight: float) -> str:
    return (
        f'<edge source="{source}" target="{target}"><data key="relation">{relation}</data>'
        f'<data key="weight">{weight:.4g}</data></edge>\n'
    )
