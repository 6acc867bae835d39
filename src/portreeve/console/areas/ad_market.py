"""What refusing search ads costs, what a page of results may hold, and how a market compares.

Bids are known here. Whoever decides on ads has neither scope, so that no bid reaches a decision.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from typing import Annotated, NamedTuple

import msgspec
from markupsafe import Markup
from msgspec import Meta

from portreeve.commerce.money import Money, MoneyError, decimals
from portreeve.console import charts
from portreeve.console.desk import Desk
from portreeve.console.routes import Pages
from portreeve.console.words import Words, percent
from portreeve.http.call import Reply
from portreeve.schemas.access import Scope
from portreeve.schemas.commerce.ad_market import (
    CompareMarket,
    EngineRevenue,
    EngineSearches,
    ForgoneQuery,
    ForgoneReport,
    MarketComparison,
)
from portreeve.schemas.commerce.ads import AdQuery, ComposedPage, ComposePage, PageSlot
from portreeve.service.errors import ServiceError

pages = Pages("ad_market")

_MOST_ADS = 100
_FEWEST_MONTHS, _MOST_MONTHS = 6, 60

REFUSED_BY = {
    True: Words("by the house alone", "仅平台拒绝"),
    False: Words("by the law", "法律禁止"),
}
"""By whether it is lawful, what refused an ad."""

_STYLES = {True: "v-hold", False: "v-refuse"}

LEFT_OUT: dict[str, Words] = {
    "unknown": Words("not known on this network", "此网络没有这则广告"),
    "not-admitted": Words("not admitted", "未获准投放"),
    "sanctioned": Words("its account is sanctioned", "账号正受处罚"),
    "licence-lapsed": Words("its licence has lapsed", "许可已失效"),
    "no-room": Words("no room within the share", "超出广告比例"),
}
"""Why an ad is not on a page."""


class ForgoneLook(msgspec.Struct, frozen=True, kw_only=True):
    """Ads of which days; both are days of the reader's zone, the last one included."""

    since: date | None = None
    until: date | None = None


class PageLook(msgspec.Struct, frozen=True, kw_only=True):
    """How many results a page has, and which ads fit the search."""

    results: Annotated[int, Meta(ge=0, le=100)] = 10
    ads: Annotated[str, Meta(max_length=20_000)] = ""


class MarketForm(msgspec.Struct, frozen=True, kw_only=True):
    """Figures of a market, as they are typed."""

    ours: str = ""
    theirs: str = ""
    currency: str = "CNY"
    searches: str = ""
    revenue: str = ""
    forgone: str = ""


class Place(NamedTuple):
    """A place of a page, and how much of the page is paid for down to it."""

    slot: PageSlot
    share: float


@pages.get("/console/ad-market", Scope.ads, Scope.ledger)
def show_forgone(desk: Desk, query: ForgoneLook) -> Reply:
    """Revenue forgone: what refused ads would have paid, by month and by category."""
    report = desk.service.ad_market.forgone(desk.actor, _asked(desk, query), desk.zone)
    dates = {"since": query.since, "until": query.until}
    return desk.page(
        "ad_market/forgone.html.j2",
        report=report,
        query=query,
        asked={name: day.isoformat() for name, day in dates.items() if day is not None},
        months=_months(desk, report),
        categories=_categories(desk, report),
        money=money,
        REFUSED_BY=REFUSED_BY,
    )


@pages.get("/console/ad-market/forgone.csv", Scope.ads, Scope.ledger)
def export_forgone(desk: Desk, query: ForgoneLook) -> Reply:
    """The same figures by category, as CSV; that they were taken stands in the audit log."""
    written = desk.service.ad_market.export(desk.actor, _asked(desk, query))
    return desk.file(written, "text/csv; charset=utf-8", "revenue-forgone.csv")


@pages.get("/console/ad-market/page", Scope.ads, Scope.ledger)
def show_ad_page(desk: Desk, query: PageLook) -> Reply:
    """How much of a page of results is paid for, and which ads find no room."""
    named = list(dict.fromkeys(query.ads.split()))[:1000] or _admitted(desk)
    results = [str(number) for number in range(1, query.results + 1)]
    page = desk.service.ad_market.page(desk.actor, ComposePage(results=results, ads=named))
    return desk.page(
        "ad_market/page.html.j2",
        query=query,
        page=page,
        places=_places(page),
        most_ads=_MOST_ADS,
        LEFT_OUT=LEFT_OUT,
    )


@pages.get("/console/ad-market/comparison", Scope.ads, Scope.ledger)
def show_comparison(desk: Desk) -> Reply:
    """A form for the figures of a market, to compare two search engines."""
    report = desk.service.ad_market.forgone(desk.actor, ForgoneQuery())
    forgone = _plain(report.house["CNY"], "CNY") if "CNY" in report.house else ""
    return _compared(desk, MarketForm(forgone=forgone))


@pages.post("/console/ad-market/comparison", Scope.ads, Scope.ledger)
def compare_market(desk: Desk, form: MarketForm) -> Reply:
    """Compare two search engines by the figures that were typed; nothing is kept."""
    try:
        found = desk.service.ad_market.compare(desk.actor, _figures(form))
    except ServiceError as error:
        if error.code != "invalid":
            raise
        return _compared(desk, form, error=error)
    return _compared(desk, form, found=found)


def _compared(
    desk: Desk,
    form: MarketForm,
    *,
    found: MarketComparison | None = None,
    error: ServiceError | None = None,
) -> Reply:
    return desk.page(
        "ad_market/comparison.html.j2",
        status=200 if error is None else error.kind.status,
        form=form,
        found=found,
        error=error,
        drawn=None if found is None else _shares(desk, form, found),
        money=money,
    )


def money(minor: int, currency: str) -> str:
    """A sum as people read it.

    >>> money(123_456_789, "CNY"), money(-500, "JPY")
    ('1,234,567.89 CNY', '-500 JPY')
    """
    return f"{minor / 10 ** decimals(currency):,.{decimals(currency)}f} {currency}"


def _plain(minor: int, currency: str) -> str:
    """A sum as a form takes it: without its currency."""
    return str(Money(minor, currency)).partition(" ")[0]


def _asked(desk: Desk, query: ForgoneLook) -> ForgoneQuery:
    return ForgoneQuery(
        since=None if query.since is None else _begin(desk, query.since),
        until=None if query.until is None else _begin(desk, query.until, days=1),
    )


def _begin(desk: Desk, day: date, days: int = 0) -> datetime:
    """When a day began in the reader's zone, or some days later; no later than dates go."""
    at = date.fromordinal(min(day.toordinal() + days, date.max.toordinal() - 1))
    at = max(at, date(2, 1, 1))
    return datetime.combine(at, time.min, desk.zone).astimezone(UTC)


def _months(desk: Desk, report: ForgoneReport) -> list[Markup]:
    """What was forgone by month, a chart for each currency."""
    drawn = []
    for currency in dict.fromkeys(one.currency for one in report.months):
        amounts = {
            (one.month, one.lawful): one.amount / 10 ** decimals(currency)
            for one in report.months
            if one.currency == currency
        }
        starts = _every_month(desk, min(month for month, _ in amounts), max(m for m, _ in amounts))
        title = desk.t(f"Revenue forgone by month, {currency}", f"每月放弃的收入，{currency}")
        series = [
            charts.Series(
                desk.t(REFUSED_BY[lawful].en, REFUSED_BY[lawful].zh),
                _STYLES[lawful],
                [amounts.get((start, lawful), 0) for start in starts],
            )
            for lawful in (True, False)
        ]
        drawn.append(
            charts.time_columns(
                title, starts, series, unit="month", language=desk.language, zone=desk.zone
            )
        )
    return drawn


def _every_month(desk: Desk, first: datetime, last: datetime) -> list[datetime]:
    """When each month began, from the first to the last: 6 at least, 60 at most."""
    local, end = first.astimezone(desk.zone), last.astimezone(desk.zone)
    begin, until = 12 * local.year + local.month - 1, 12 * end.year + end.month
    begin = max(min(begin, until - _FEWEST_MONTHS), until - _MOST_MONTHS)
    return [
        datetime(month // 12, month % 12 + 1, 1, tzinfo=desk.zone).astimezone(UTC)
        for month in range(begin, until)
    ]


def _categories(desk: Desk, report: ForgoneReport) -> Markup | None:
    """What was forgone by category and by what refused it."""
    if not report.categories:
        return None
    rows = []
    for one in report.categories:
        goods = desk.t("not recognised", "未识别")
        if one.title is not None:
            goods = desk.t(one.title.en, one.title.zh)
        by = REFUSED_BY[one.lawful]
        label = f"{goods} ({by.en})" if desk.language == "en" else f"{goods}（{by.zh}）"
        shown = money(one.amount, one.currency)
        rows.append(charts.Bar(label, one.amount, _STYLES[one.lawful], shown=shown))
    title = desk.t("By category of goods", "按商品类别")
    heads = (desk.t("Goods", "商品类别"), desk.t("Forgone", "放弃的收入"))
    return charts.bars(title, rows, heads=heads, caption=False)


def _admitted(desk: Desk) -> list[str]:
    """The admitted ads of this service's own network, the last submitted first."""
    network = desk.service.context.settings.network
    asked = AdQuery(state="published", network=network, limit=_MOST_ADS)
    return [one.id for one in desk.service.ads.list(desk.actor, asked).items]


def _places(page: ComposedPage) -> list[Place]:
    places, paid = [], 0
    for at, slot in enumerate(page.slots, 1):
        paid += slot.kind == "ad"
        places.append(Place(slot, paid / at))
    return places


def _figures(form: MarketForm) -> CompareMarket:
    """What was typed, as the service takes it.

    Raises:
        ServiceError: ``invalid``, naming the field and the line.
    """
    currency = form.currency.strip().upper()
    searches = [
        EngineSearches(engine=engine, device=device, searches=_count(count, "searches", at))
        for at, (engine, device, count) in _lines(form.searches, "searches", 3)
    ]
    revenue = [
        EngineRevenue(engine=engine, amount=_amount(sum, currency, "revenue", at))
        for at, (engine, sum) in _lines(form.revenue, "revenue", 2)
    ]
    typed = form.forgone.strip()
    forgone = _amount(typed, currency, "forgone", 1) if typed else None
    given = CompareMarket(
        ours=form.ours.strip(), theirs=form.theirs.strip(), currency=currency, searches=searches,
        revenue=revenue, forgone=forgone,
    )  # fmt: skip
    try:
        return msgspec.convert(msgspec.to_builtins(given), CompareMarket)
    except msgspec.ValidationError as error:
        raise ServiceError(
            "invalid", f"The figures cannot be used: {error}.", zh="填写的数据无法使用，请检查。"
        ) from None


def _lines(text: str, field: str, parts: int) -> list[tuple[int, list[str]]]:
    """The lines of a text that are not empty, with their numbers, each cut at its commas."""
    found = []
    for at, line in enumerate(text.splitlines(), 1):
        cells = [cell.strip() for cell in line.replace("，", ",").split(",")]
        if not any(cells):
            continue
        if len(cells) != parts or not all(cells):
            raise _wrong(field, at, f"needs {parts} parts with commas between them",
                         f"需要{parts}项，用逗号分隔")  # fmt: skip
        found.append((at, cells))
    if not found:
        raise ServiceError("invalid", "Give at least one line.", field=field, zh="请至少填写一行。")
    return found


def _count(text: str, field: str, at: int) -> int:
    if not (text.isascii() and text.isdigit()) or len(text) > 12:
        raise _wrong(field, at, "needs a whole number", "需要填写整数")
    return int(text)


def _amount(text: str, currency: str, field: str, at: int) -> int:
    try:
        found = Money.parse(f"{text} {currency}").minor
    except MoneyError:
        found = -1
    if not 0 <= found <= 10**12:
        raise _wrong(field, at, "needs a sum such as 6000000.00", "需要填写金额，例如 6000000.00")
    return found


def _wrong(field: str, at: int, en: str, zh: str) -> ServiceError:
    return ServiceError("invalid", f"Line {at} {en}.", field=field, zh=f"第{at}行{zh}。")


def _shares(desk: Desk, form: MarketForm, found: MarketComparison) -> Markup:
    """The shares of both engines by device."""
    rows = []
    for one in found.devices:
        for engine, value, style in (
            (form.ours.strip(), one.ours, "s-1"),
            (form.theirs.strip(), one.theirs, "s-3"),
        ):
            rows.append(charts.Bar(f"{one.device} · {engine}", value, style, shown=percent(value)))
    title = desk.t("Share of all searches, by device", "各设备上的搜索份额")
    heads = (desk.t("Device and engine", "设备与搜索引擎"), desk.t("Share", "份额"))
    return charts.bars(title, rows, heads=heads, most=1.0, caption=False)
