"""The overview: what needs a person, and what happened."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple
from urllib.parse import urlencode

from markupsafe import Markup

from portreeve.console import charts
from portreeve.console.desk import Desk
from portreeve.console.routes import SIGNED_IN, Pages
from portreeve.console.words import Words, percent
from portreeve.http.call import Reply
from portreeve.model import TIERS, Surface, Verdict
from portreeve.report.words import SURFACES, TIER_WORDS, VERDICTS
from portreeve.schemas.access import Scope
from portreeve.schemas.overview import Counted, Figures

pages = Pages("overview")


@pages.get("/console", SIGNED_IN)
def show_overview(desk: Desk) -> Reply:
    """What needs a person, and what happened today and in the last two weeks."""
    overview = desk.service.overview.now(desk.actor, desk.zone)
    drawn = None if overview.figures is None else _Drawn.of(desk, overview.figures)
    return desk.page("overview/overview.html.j2", overview=overview, drawn=drawn)


class Change(NamedTuple):
    """A figure of today, and how it compares with the same time of day a week ago."""

    verdict: str
    now: int
    before: int
    change: str
    href: str | None


class _Drawn(NamedTuple):
    """The figures, as they are shown."""

    total: Change
    today: list[Change]
    days: Markup
    verdicts: Markup
    surfaces: Markup
    tiers: Markup
    rules: Markup

    @classmethod
    def of(cls, desk: Desk, figures: Figures) -> _Drawn:
        """Draw them in the reader's language."""
        today = {one.name: one for one in figures.today}
        ordered = [today[verdict] for verdict in reversed(Verdict) if verdict in today]
        total = sum(one.count for one in ordered)
        before = sum(one.before for one in ordered)
        return cls(
            total=Change("", total, before, _change(total, before), None),
            today=[
                Change(
                    one.name, one.count, one.before, _change(one.count, one.before),
                    _search(desk, f"verdict = '{one.name}'", "today"),
                )
                for one in ordered
            ],
            days=_days(desk, figures),
            verdicts=charts.share(
                desk.t("By verdict", "按处理结果"),
                [
                    charts.Bar(
                        _named(desk, VERDICTS, one.name), one.count, f"v-{one.name}",
                        _search(desk, f"verdict = '{one.name}'"),
                    )
                    for one in _sorted(figures.verdicts, [*map(str, reversed(Verdict))])
                ],
                language=desk.language,
            ),
            surfaces=_bars(
                desk, desk.t("By surface", "按位置"), figures.surfaces, list(Surface),
                lambda name: (_named(desk, SURFACES, name), "s-1", f"surface = '{name}'"),
            ),
            tiers=_bars(
                desk, desk.t("By tier of goods", "按商品分级"), figures.tiers, list(TIERS),
                lambda name: (
                    _named(desk, TIER_WORDS, name), f"t-{name}", f"goods_tier = '{name}'",
                ),
            ),
            rules=_bars(
                desk, desk.t("By rule", "按规则"), figures.rules, [],
                lambda name: (name, "s-3", f"list_contains(rules, '{name}')"),
            ),
        )  # fmt: skip


def _days(desk: Desk, figures: Figures) -> Markup:
    met = {name for day in figures.days for name in day.verdicts}
    return charts.time_columns(
        desk.t("Decisions of the last 14 days, by verdict", "最近 14 天的决定，按处理结果"),
        [day.start for day in figures.days],
        [
            charts.Series(
                _named(desk, VERDICTS, verdict.value),
                f"v-{verdict.value}",
                [day.verdicts.get(verdict.value, 0) for day in figures.days],
            )
            for verdict in Verdict
            if verdict.value in met
        ],
        unit="day",
        language=desk.language,
        zone=desk.zone,
    )


def _bars(
    desk: Desk,
    title: str,
    counted: Sequence[Counted],
    order: Sequence[str],
    drawn: Callable[[str], tuple[str, str, str]],
) -> Markup:
    """Bars of a week's counts, each with how it changed against the week before."""
    rows = []
    for one in _sorted(counted, order):
        label, style, where = drawn(one.name)
        shown = f"{one.count:,} ({_change(one.count, one.before)})"
        rows.append(charts.Bar(label, one.count, style, _search(desk, where), shown=shown))
    heads = (title, desk.t("7 days (change)", "7 天（变化）"))
    return charts.bars(title, rows, heads=heads, caption=False)


def _sorted(counted: Sequence[Counted], order: Sequence[str]) -> list[Counted]:
    places = {name: place for place, name in enumerate(order)}
    return sorted(counted, key=lambda one: (places.get(one.name, -1), -one.count, one.name))


def _named(desk: Desk, names: dict[str, Words], name: str) -> str:
    words = names.get(name)
    return name if words is None else desk.t(words.en, words.zh)


def _change(count: int, before: int) -> str:
    """How a count changed.

    >>> _change(150, 100), _change(50, 100), _change(100, 100), _change(5, 0)
    ('+50.0 %', '−50.0 %', '±0 %', '+5')
    """
    if count == before:
        return "±0 %"
    if not before:
        return f"+{count:,}"
    sign = "+" if count > before else "−"
    return sign + percent(abs(count - before) / before)


def _search(desk: Desk, where: str, span: str = "7d") -> str | None:
    """The search that shows what a figure counts, for whoever may search."""
    if not desk.may(Scope.log):
        return None
    return "/console/search?" + urlencode({"where": where, "range": span})
