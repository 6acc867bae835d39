"""Campaigns drawn as SVG: trees by levels, accounts around what joins them, posts by day."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

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


class Dot(NamedTuple):
    """An account of a tree: the place of its upline among the dots, -1 for the leader, which comes
    first; ``confidence`` of the edge to it."""

    parent: int
    level: int
    below: int
    confidence: float
    words: str


class Knot(NamedTuple):
    """What joins accounts: its kind, and the places of the accounts."""

    kind: str
    words: str
    accounts: Sequence[int]


def tree(forest: Forest, number: int, names: Mapping[int, str]) -> Markup:
    """A tree of a forest, see :func:`levels`."""
    nodes = forest.nodes
    places = np.flatnonzero(nodes["tree"] == number)[:MOST].tolist()
    at = {place: order for order, place in enumerate(places)}
    return levels([_dot(nodes[place], at, names) for place in places])


def _dot(node: np.void, at: Mapping[int, int], names: Mapping[int, str]) -> Dot:
    told = f"{names.get(int(node['account']), '?')}: {int(node['below'])}"
    above, sure = int(node["parent"]), float(node["confidence"])
    if above >= 0:
        told += f", {sure:.0%}, {int(node['copies'])}/{int(node['copied'])}"
    return Dot(at.get(above, -1), int(node["level"]), int(node["below"]), sure, told)


def levels(dots: Sequence[Dot], said: str = "") -> Markup:
    """A tree, its leader on top, one row a level; the surer an edge, the darker.

    ``said``: what it shows, in words; without them it is hidden from those who cannot see it.
    """
    below: list[list[int]] = [[] for _ in dots]
    for at, dot in enumerate(dots):
        if dot.parent >= 0:
            below[dot.parent].append(at)
    across = _spread(0, below)
    width = int(_SIDE * 2 + _STEP * max(across.values()))
    height = _SIDE * 2 + _ROW * (max(dot.level for dot in dots) - 1)
    lines, circles = [], []
    for at, dot in enumerate(dots):
        x, y = _SIDE + _STEP * across[at], _SIDE + _ROW * (dot.level - 1)
        if dot.parent >= 0:
            lines.append(
                f'<line x1="{_SIDE + _STEP * across[dot.parent]:.1f}" y1="{y - _ROW}" '
                f'x2="{x:.1f}" y2="{y}" stroke-opacity="{0.2 + 0.8 * dot.confidence:.2f}"/>'
            )
        kind = "leader" if dot.parent < 0 else "member"
        circles.append(
            f'<circle class="{kind}" cx="{x:.1f}" cy="{y}" r="{4 + 2 * math.log1p(dot.below):.1f}">'
            f"<title>{escape(dot.words)}</title></circle>"
        )
    return _svg("tree", width, height, lines + circles, said)


def _spread(leader: int, below: Sequence[Sequence[int]]) -> dict[int, float]:
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
    """The accounts of a campaign, and the keys that join most of them, see :func:`ring`."""
    many = min(len(graph.accounts), MOST)
    joins = np.flatnonzero((graph.keys["state"] == JOINING) & (graph.keys["accounts"] > 1))
    joins = joins[np.argsort(-graph.keys["accounts"][joins], kind="stable")][:_KEYS]
    edges = graph.edges[np.isin(graph.edges["key"], joins) & (graph.edges["account"] < many)]
    knots = []
    for key in joins.tolist():
        kind = KINDS[graph.keys["kind"][key]]
        told = key_names.get(int(graph.keys["key"][key]), kind)
        around = edges["account"][edges["key"] == key].tolist()
        knots.append(Knot(kind, f"{told}: {int(graph.keys['accounts'][key])}", around))
    accounts = graph.accounts[:many][["account", "posts"]].tolist()
    return ring([f"{names.get(number, '?')}: {posts}" for number, posts in accounts], knots)


def ring(accounts: Sequence[str], knots: Sequence[Knot], said: str = "") -> Markup:
    """Accounts in a ring, given by what is said of each, and within it what joins them.

    ``said``: as for :func:`levels`.
    """
    middle = _SIZE / 2
    angle = 2 * math.pi * np.arange(len(accounts)) / max(1, len(accounts))
    x, y = middle + _RING * np.cos(angle), middle + _RING * np.sin(angle)
    lines, dots = [], []
    for turn, knot in enumerate(knots):
        around = list(knot.accounts)
        if not around:
            continue
        # amid its accounts, drawn to the middle, and turned a little so that none hides another
        kx = middle + 0.55 * (x[around].mean() - middle) + 34 * math.cos(2.4 * turn)
        ky = middle + 0.55 * (y[around].mean() - middle) + 34 * math.sin(2.4 * turn)
        lines += [
            f'<line x1="{kx:.1f}" y1="{ky:.1f}" x2="{x[at]:.1f}" y2="{y[at]:.1f}"/>'
            for at in around
        ]
        dots.append(
            f'<rect class="k-{knot.kind}" x="{kx - 5:.1f}" y="{ky - 5:.1f}" width="10" height="10" '
            f'rx="2"><title>{escape(knot.words)}</title></rect>'
        )
    dots += [
        f'<circle class="member" cx="{x[at]:.1f}" cy="{y[at]:.1f}" r="5">'
        f"<title>{escape(told)}</title></circle>"
        for at, told in enumerate(accounts)
    ]
    return _svg("web", _SIZE, _SIZE, lines + dots, said)


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


def _svg(kind: str, width: int, height: int, parts: Sequence[str], said: str = "") -> Markup:
    # what stands in the parts is numbers, classes of ours and text that was escaped
    shown = f'role="img" aria-label="{escape(said)}"' if said else 'aria-hidden="true"'
    return Markup(
        f'<svg class="{kind}" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        f'preserveAspectRatio="{"none" if kind == "days" else "xMidYMid"}" {shown}>'
        f"{''.join(parts)}</svg>"
    )
