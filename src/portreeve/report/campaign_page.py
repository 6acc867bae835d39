"""The page on the campaigns of a dump: one HTML file, no script, nothing loaded from elsewhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import jinja2
import numpy as np
import polars as pl
from markupsafe import Markup
from numpy.typing import NDArray

from portreeve.memory.campaigns import CampaignSettings, Graph
from portreeve.memory.trees import Forest, TreeSettings
from portreeve.policy import Words
from portreeve.report import campaign_drawing as drawing
from portreeve.report.campaign_files import campaign_name

LARGEST = 20
"""Campaigns that the page shows."""
_ROWS = 60
_SHOWN = 12

KIND_WORDS = {
    "contact": Words("handle", "联系方式"),
    "link": Words("link", "链接"),
    "share_code": Words("share code", "分享口令"),
    "qr": Words("QR code", "二维码"),
    "picture": Words("picture", "图片"),
    "near_copy": Words("near copy", "近似文案"),
}


@dataclass(frozen=True)
class PageFacts:
    """What a page is about."""

    inputs: Sequence[str]
    made: datetime
    rows: int
    settings: CampaignSettings
    tree_settings: TreeSettings
    ended_early: Sequence[str] = ()


@dataclass(frozen=True)
class _Card:
    name: str
    row: dict[str, object]
    accounts: list[dict[str, object]]
    more: int
    trees: list[tuple[dict[str, object], Markup]]
    web: Markup
    days: tuple[Markup, str, str] | None
    shown: list[str]


def page(
    facts: PageFacts,
    posts: NDArray[np.void],
    graph: Graph,
    forest: Forest,
    names: Mapping[int, str],
    key_names: Mapping[int, str],
    campaigns: pl.DataFrame,
    accounts: pl.DataFrame,
    hubs: pl.DataFrame,
) -> str:
    """The page, in English and Chinese; the tables are those of the files beside it.

    ``posts``: ``account``, ``time`` and ``flags`` of the posts of those who are in a campaign.
    """
    largest = campaigns.head(LARGEST)
    by_name = {campaign_name(n): n for n in np.unique(graph.campaign).tolist() if n}
    times = _times(posts, graph, [by_name[name] for name in largest["campaign"].to_list()], facts)
    cards = [
        _card(row, by_name[row["campaign"]], graph, forest, names, key_names, accounts, times)
        for row in largest.iter_rows(named=True)
    ]
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("portreeve.report"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    environment.filters["number"] = "{:,}".format
    return environment.get_template("campaigns.html.j2").render(
        facts=facts,
        cards=cards,
        many=len(campaigns),
        joined=len(accounts),
        trees=len(forest.trees),
        refer=int(forest.trees["refer"].sum()),
        hubs=hubs.head(_ROWS).to_dicts(),
        kinds=KIND_WORDS,
    )


def _times(
    posts: NDArray[np.void], graph: Graph, wanted: list[int], facts: PageFacts
) -> dict[int, np.ndarray[tuple[int], np.dtype[np.int64]]]:
    """When the accounts of some campaigns posted what trades."""
    chosen = np.isin(graph.campaign, np.array(wanted, dtype=np.uint64))
    order = np.argsort(graph.accounts["account"][chosen])
    numbers = graph.accounts["account"][chosen][order]
    campaign = graph.campaign[chosen][order]
    if not len(numbers):
        return {}
    trading = posts[(posts["flags"] & facts.settings.trading) != 0]
    place = np.minimum(np.searchsorted(numbers, trading["account"]), len(numbers) - 1)
    inside = numbers[place] == trading["account"]
    of, when = campaign[place[inside]], trading["time"][inside]
    return {number: when[of == np.uint64(number)] for number in wanted}


def _card(
    row: dict[str, object],
    number: int,
    graph: Graph,
    forest: Forest,
    names: Mapping[int, str],
    key_names: Mapping[int, str],
    accounts: pl.DataFrame,
    times: Mapping[int, np.ndarray[tuple[int], np.dtype[np.int64]]],
) -> _Card:
    theirs = accounts.filter(pl.col("campaign") == row["campaign"])
    line = drawing.timeline(times.get(number, np.zeros(0, np.int64)))
    shown = row["shown"]
    assert isinstance(shown, list)
    return _Card(
        name=campaign_name(number),
        row=row,
        accounts=theirs.head(_ROWS).to_dicts(),
        more=max(0, len(theirs) - _ROWS),
        trees=[
            (
                {name: forest.trees[name][at].item() for name in ("people", "levels", "refer")}
                | {"leader": names.get(int(forest.trees["leader"][at]), "?")}
                | {"confidence": float(forest.trees["confidence"][at])},
                drawing.tree(forest, at, names),
            )
            for at in forest.of(number)[:3]
        ],
        web=drawing.web(graph.of(number), names, key_names),
        days=None if line is None else (line[0], _day(line[1]), _day(line[2])),
        shown=shown[:_SHOWN],
    )


def _day(microseconds: int) -> str:
    return datetime.fromtimestamp(microseconds / 1e6, UTC).strftime("%Y-%m-%d")
