"""Campaigns drawn as SVG: trees by levels, accounts around what joins them, posts by day."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
from markupsafe import Markup, escape
from numpy.typing import NDArray

from portreeve.memory.campaigns import KINDS, Graph
from portreeve.memory.components import JOINING
from portreeve.memory.trees import Forest

MOST = 400
"""Most accounts that are drawn of a tree or a campaign."""
DAYS = 90
"""Days of a timeline."""
_STEP, _ROW, _SIDE = 22, 74, 26
_SIZE, _RING, _KEYS = 640, 290, 24
_DAY = 86_400_000_000


def tree(forest: Forest, number: int, names: Mapping[int, str]) -> Markup:
    """A tree, its leader on top, one row a level; the surer an edge, the darker."""
    nodes = forest.nodes
    places = np.flatnonzero(nodes["tree"] == number)[:MOST].tolist()
    below: dict[int, list[int]] = {at: [] for at in places}
    for at in places[1:]:
        below[int(nodes["parent"][at])].append(at)
    across = _spread(places[0], below)
    width = int(_SIDE * 2 + _STEP * max(across.values()))
    height = _SIDE * 2 + _ROW * (int(nodes["level"][places].max()) - 1)
    lines, dots = [], []
    for at in places:
        x, y = _SIDE + _STEP * across[at], _SIDE + _ROW * (int(nodes["level"][at]) - 1)
        name = names.get(int(nodes["account"][at]), "?")
        told = f"{name}: {int(nodes['below'][at])}"
        above = int(nodes["parent"][at])
        if above >= 0:
            sure = float(nodes["confidence"][at])
            told += f", {sure:.0%}, {int(nodes['copies'][at])}/{int(nodes['copied'][at])}"
            lines.append(
                f'<line x1="{_SIDE + _STEP * across[above]:.1f}" y1="{y - _ROW}" x2="{x:.1f}" '
                f'y2="{y}" stroke-opacity="{0.2 + 0.8 * sure:.2f}"/>'
            )
        size = 4 + 2 * math.log1p(float(nodes["below"][at]))
        kind = "leader" if above < 0 else "member"
        dots.append(
            f'<circle class="{kind}" cx="{x:.1f}" cy="{y}" r="{size:.1f}">'
            f"<title>{escape(told)}</title></circle>"
        )
    return _svg("tree", width, height, lines + dots)


def _spread(leader: int, below: Mapping[int, Sequence[int]]) -> dict[int, float]:
    """Where each stands across: leaves side by side, the others amid what is below them."""
    across: dict[int, float] = {}
    leaves = 0
    waiting = [(leader, False)]
    while waiting:
        at, done = waiting.pop()
        if not below[at]:
            across[at] = float(leaves)
            leaves += 1
        elif done:
            across[at] = (across[below[at][0]] + across[below[at][-1]]) / 2
        else:
            waiting.append((at, True))
            waiting += [(one, False) for one in reversed(below[at])]
    return across


def web(graph: Graph, names: Mapping[int, str], key_names: Mapping[int, str]) -> Markup:
    """The accounts of a campaign in a ring, and within it the keys that join most of them."""
    many = min(len(graph.accounts), MOST)
    middle = _SIZE / 2
    joins = np.flatnonzero((graph.keys["state"] == JOINING) & (graph.keys["accounts"] > 1))
    joins = joins[np.argsort(-graph.keys["accounts"][joins], kind="stable")][:_KEYS]
    edges = graph.edges[np.isin(graph.edges["key"], joins) & (graph.edges["account"] < many)]
    angle = 2 * math.pi * np.arange(many) / max(1, many)
    x, y = middle + _RING * np.cos(angle), middle + _RING * np.sin(angle)
    lines, dots = [], []
    for turn, key in enumerate(joins.tolist()):
        around = edges["account"][edges["key"] == key]
        if not len(around):
            continue
        # amid its accounts, drawn to the middle, and turned a little so that none hides another
        kx = middle + 0.55 * (x[around].mean() - middle) + 34 * math.cos(2.4 * turn)
        ky = middle + 0.55 * (y[around].mean() - middle) + 34 * math.sin(2.4 * turn)
        lines += [
            f'<line x1="{kx:.1f}" y1="{ky:.1f}" x2="{x[at]:.1f}" y2="{y[at]:.1f}"/>'
            for at in around.tolist()
        ]
        kind = KINDS[graph.keys["kind"][key]]
        told = key_names.get(int(graph.keys["key"][key]), kind)
        dots.append(
            f'<rect class="k-{kind}" x="{kx - 5:.1f}" y="{ky - 5:.1f}" width="10" height="10" '
            f'rx="2"><title>{escape(told)}: {int(graph.keys["accounts"][key])}</title></rect>'
        )
    for at in range(many):
        name = names.get(int(graph.accounts["account"][at]), "?")
        told = f"{name}: {int(graph.accounts['posts'][at])}"
        dots.append(
            f'<circle class="member" cx="{x[at]:.1f}" cy="{y[at]:.1f}" r="5">'
            f"<title>{escape(told)}</title></circle>"
        )
    return _svg("web", _SIZE, _SIZE, lines + dots)


def timeline(times: NDArray[np.int64]) -> tuple[Markup, int, int] | None:
    """Posts of the last :data:`DAYS` days as columns, with the first and last time that they
    stand for; None without posts."""
    if not len(times):
        return None
    last = int(times.max())
    times = times[times > last - DAYS * _DAY]
    first = int(times.min())
    bins = (last - first) // _DAY + 1
    counts = np.bincount(
        np.minimum((times - first) * bins // max(1, last - first + 1), bins - 1), minlength=bins
    )
    top, wide = max(1, int(counts.max())), 600 / bins
    columns = [
        f'<rect class="fill" x="{at * wide:.1f}" y="{60 - 60 * count / top:.1f}" '
        f'width="{max(1.0, wide - 1):.1f}" height="{60 * count / top:.1f}">'
        f"<title>{count:,}</title></rect>"
        for at, count in enumerate(counts.tolist())
        if count
    ]
    return _svg("days", 600, 60, columns), first, last


def _svg(kind: str, width: int, height: int, parts: Sequence[str]) -> Markup:
    # what stands in the parts is numbers, classes of ours and text that was escaped
    return Markup(
        f'<svg class="{kind}" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        f'preserveAspectRatio="{"none" if kind == "days" else "xMidYMid"}" aria-hidden="true">'
        f"{''.join(parts)}</svg>"
    )
