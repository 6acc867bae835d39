"""What is bid for ads: their order on a page once they are admitted, and what refusing some costs.

Nothing that decides can see this module. It reads what was decided, and writes bids.
"""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from datetime import UTC, datetime, tzinfo
from typing import Any, Literal

import sqlalchemy as sa

from portreeve.commerce.ad_page import compose
from portreeve.commerce.ad_rules import AdRules, ad_rules
from portreeve.commerce.forgone import Forgone, Told, forgone, forgone_by_month
from portreeve.commerce.market import Earned, NoComparisonError, Traffic, compare
from portreeve.commerce.ranking import Offer, rank
from portreeve.schemas.access import Scope
from portreeve.schemas.commerce.ad_market import (
    AdBid,
    CompareMarket,
    DeviceComparison,
    ForgoneMonth,
    ForgoneOf,
    ForgoneQuery,
    ForgoneReport,
    MarketComparison,
    PutBid,
)
from portreeve.schemas.commerce.ads import ComposedPage, ComposePage, LeftOut, PageSlot
from portreeve.schemas.screening import Text
from portreeve.service.actor import Actor
from portreeve.service.bulk import fetch_in
from portreeve.service.commerce.ads import stored
from portreeve.service.context import Context
from portreeve.service.errors import ServiceError, not_found
from portreeve.service.registers import registers_of
from portreeve.signals.goods_table import goods_table
from portreeve.store.tables.commerce import ad_bids, ads
from portreeve.store.tables.core import decisions, items
from portreeve.store.tables.enforcement import sanctions

_CLOSED = ("suspend", "ban", "mute")
"""Sanctions under which an account advertises nothing."""

Why = Literal["unknown", "not-admitted", "sanctioned", "licence-lapsed", "no-room"]


class AdMarket:
    """Bids, pages, and the revenue that is forgone."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def bid(self, actor: Actor, ad: str, request: PutBid) -> AdBid:
        """Tell what is offered for a click on an ad; what was told before stays on record.

        Raises:
            ServiceError: ``not-found``; ``invalid`` for another currency than the rules'.
        """
        actor.need(Scope.ads)
        currency = self._rules().currency
        if request.currency != currency:
            raise ServiceError(
                "invalid", f"Bids are in {currency}. Give the amount in {currency}.",
                field="currency",
            )  # fmt: skip
        with self._context.database.write() as tx:
            if tx.execute(sa.select(ads.c.id).where(ads.c.id == ad)).first() is None:
                raise not_found("ad", ad)
            row = {
                "ad": ad, "amount": request.amount, "currency": currency,
                "clicks": request.clicks, "told": tx.time, "told_by": actor.name,
            }  # fmt: skip
            tx.execute(sa.insert(ad_bids), row)
            tx.audit(actor.name, "ad.bid", ad)
            return AdBid(ad=ad, amount=request.amount, currency=currency, clicks=request.clicks,
                         told=tx.time)  # fmt: skip

    def page(self, actor: Actor, request: ComposePage) -> ComposedPage:
        """Results with ads between them: admitted ones only, the highest bid first, each marked,
        and never more of them than the rules allow, however far somebody reads.
        """
        _need_figures(actor)
        rules = self._rules()
        network = request.network or self._context.settings.network
        wanted = list(dict.fromkeys(request.ads))
        with self._context.database.read() as connection:
            left_out, offers = self._admitted(connection, network, wanted)
        ranked = rank(offers)
        slots = compose(request.results, ranked, rules.load.share)
        placed = {slot.id for slot in slots if slot.is_ad}
        left_out |= {ad: "no-room" for ad in ranked if ad not in placed}
        label = Text(en=rules.mark.text.en, zh=rules.mark.text.zh)
        return ComposedPage(
            slots=[
                PageSlot(id=slot.id, kind="ad", label=label)
                if slot.is_ad
                else PageSlot(id=slot.id, kind="result")
                for slot in slots
            ],
            share=len(placed) / len(slots) if slots else 0.0,
            most=float(rules.load.share),
            clause=rules.load.clause,
            left_out=[LeftOut(id=ad, why=left_out[ad]) for ad in wanted if ad in left_out],
        )

    def forgone(self, actor: Actor, query: ForgoneQuery, zone: tzinfo = UTC) -> ForgoneReport:
        """What refused ads would have paid: bid times expected clicks, as told, by category, and by
        the month of ``zone``.

        What the law refuses nobody may earn; what the house alone refuses is its price.
        """
        _need_figures(actor)
        with self._context.database.read() as connection:
            rows = connection.execute(_refused(query)).all()
            bids = _latest(connection, [row.id for row in rows])
        told = [
            Told(row.goods_category, row.lawful, bids[row.id].currency, bids[row.id].amount,
                 bids[row.id].clicks, _month(row.submitted, zone))
            for row in rows if row.id in bids
        ]  # fmt: skip
        found = forgone(told)
        return ForgoneReport(
            categories=[_forgone(one) for one in found],
            months=[
                ForgoneMonth(
                    month=one.month,
                    lawful=one.lawful,
                    ads=one.ads,
                    amount=one.amount,
                    currency=one.currency,
                )
                for one in forgone_by_month(told)
            ],
            house=_sums([one for one in found if one.lawful]),
            law=_sums([one for one in found if not one.lawful]),
            without_bid=len(rows) - len(told),
        )

    def export(self, actor: Actor, query: ForgoneQuery) -> bytes:
        """What refused ads would have paid by category, as CSV. That it was taken is noted."""
        report = self.forgone(actor, query)
        file = io.StringIO()
        write = csv.writer(file)
        write.writerow(
            ["category", "title_en", "title_zh", "iab", "refused_by", "ads", "clicks",
             "amount_minor", "currency"]
        )  # fmt: skip
        for one in report.categories:
            title = one.title or Text(en="not recognised", zh="未识别")
            write.writerow(
                [one.category or "", title.en, title.zh, " ".join(one.iab),
                 "house" if one.lawful else "law", one.ads, one.clicks, one.amount, one.currency]
            )  # fmt: skip
        with self._context.database.write() as tx:
            tx.audit(actor.name, "ad.forgone.export", "ads", rows=len(report.categories))
        # the mark by which spreadsheets know that it is UTF-8
        return file.getvalue().encode("utf-8-sig")

    def compare(self, actor: Actor, request: CompareMarket) -> MarketComparison:
        """Shares of two engines by device, and what they earn, from figures that are given.

        Raises:
            ServiceError: ``invalid`` when figures of an engine are missing.
        """
        _need_figures(actor)
        traffic = [Traffic(one.engine, one.device, one.searches) for one in request.searches]
        earned = [Earned(one.engine, one.amount) for one in request.revenue]
        try:
            found = compare(traffic, earned, request.ours, request.theirs)
        except NoComparisonError as error:
            raise ServiceError("invalid", str(error)) from None
        known = request.forgone is not None and found.gap > 0
        return MarketComparison(
            devices=[
                DeviceComparison(
                    device=one.device,
                    ours=float(one.ours),
                    theirs=float(one.theirs),
                    points=float(one.points),
                )
                for one in found.devices
            ],
            revenue=float(found.revenue),
            gap=found.gap,
            forgone=(request.forgone or 0) / found.gap if known else None,
            currency=request.currency,
        )

    def _rules(self) -> AdRules:
        return ad_rules(self._context.settings.commerce_folder)

    def _admitted(
        self, connection: sa.Connection, network: str, wanted: list[str]
    ) -> tuple[dict[str, Why], list[Offer]]:
        """Why ads cannot be served now, and what is offered for the others."""
        now = self._context.now()
        rows = {row["id"]: row for row in stored(connection, wanted) if row["network"] == network}
        accounts = {row["account"] for row in rows.values()}
        known = registers_of(self._context, connection, accounts, now)
        s = sanctions.c
        closed = sa.select(s.account).where(
            s.network == network, s.open, s.kind.in_(_CLOSED), s.begins <= now,
            sa.or_(s.ends.is_(None), s.ends > now),
        )  # fmt: skip
        sanctioned = {row["account"] for row in fetch_in(connection, closed, s.account, accounts)}
        bids = _latest(connection, rows)
        left_out: dict[str, Why] = {}
        offers = []
        for ad in wanted:
            row = rows.get(ad)
            if row is None:
                left_out[ad] = "unknown"
            elif row["state"] != "published":
                left_out[ad] = "not-admitted"
            elif row["account"] in sanctioned:
                left_out[ad] = "sanctioned"
            elif row["licensed"] and (
                known.licence(row["account"], row["goods_category"]) != "verified"
            ):
                left_out[ad] = "licence-lapsed"
            else:
                amount = bids[ad].amount if ad in bids else 0
                offers.append(Offer(ad, amount, row["submitted"]))
        return left_out, offers


def _need_figures(actor: Actor) -> None:
    """See that somebody may read what is bid and what it comes to: who tells of bids, or who reads
    the ledger. Whoever decides on ads has neither.
    """
    if not actor.may(Scope.ledger):
        actor.need(Scope.ads)


def _month(time: datetime, zone: tzinfo) -> datetime:
    """When the month of a moment began."""
    first = time.astimezone(zone).replace(day=1, hour=0, minute=0, second=0, microsecond=0, fold=0)
    return first.astimezone(UTC)


def _latest(connection: sa.Connection, ids: Any) -> dict[str, sa.Row[Any]]:
    """The latest bid for each ad."""
    b = ad_bids.c
    last = sa.select(sa.func.max(b.seq)).group_by(b.ad)
    found: dict[str, Any] = {}
    listed = list(ids)
    wanted = sa.select(b.ad, b.amount, b.currency, b.clicks)
    for start in range(0, len(listed), 5_000):
        some = b.ad.in_(listed[start : start + 5_000])
        for row in connection.execute(wanted.where(b.seq.in_(last.where(some)))):
            found[row.ad] = row
    return found


def _refused(query: ForgoneQuery) -> sa.Select[Any]:
    d = decisions.c
    wanted = (
        sa.select(ads.c.id, ads.c.submitted, d.goods_category, d.lawful)
        .join(items, items.c.id == ads.c.id)
        .join(decisions, d.id == items.c.decision)
        .where(items.c.state.in_(["refused", "removed"]), d.undone.is_(None))
    )
    if query.network is not None:
        wanted = wanted.where(ads.c.network == query.network)
    if query.since is not None:
        wanted = wanted.where(ads.c.submitted >= query.since)
    if query.until is not None:
        wanted = wanted.where(ads.c.submitted < query.until)
    return wanted


def _forgone(one: Forgone) -> ForgoneOf:
    goods = goods_table().get(one.category or "")
    return ForgoneOf(
        category=one.category,
        title=None if goods is None else Text(en=goods.en, zh=goods.zh),
        iab=[] if goods is None else list(goods.iab),
        lawful=one.lawful,
        ads=one.ads,
        clicks=one.clicks,
        amount=one.amount,
        currency=one.currency,
    )


def _sums(found: list[Forgone]) -> dict[str, int]:
    sums: dict[str, int] = defaultdict(int)
    for one in found:
        sums[one.currency] += one.amount
    return dict(sums)
