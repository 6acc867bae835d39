"""Search ads: submitted, decided by the same engine as everything else, admitted or not.

What is bid for an ad is told elsewhere (:mod:`portreeve.service.commerce.ad_market`), which this
module cannot import: a contract of the import linter says so.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from portreeve.commerce.licences import licence_rules
from portreeve.model import Licence, Surface, Tier, Verdict
from portreeve.schemas.access import Scope
from portreeve.schemas.base import Page
from portreeve.schemas.commerce.ads import (
    AdDecision,
    AdGoods,
    AdLicences,
    AdQuery,
    AdSummary,
    CoveringLicence,
    LicenceKind,
    NewAd,
)
from portreeve.schemas.screening import Reason, Screened, Submission, Text
from portreeve.service.actor import Actor
from portreeve.service.bulk import fetch_in
from portreeve.service.commerce.merchant_records import held
from portreeve.service.context import Context
from portreeve.service.errors import ServiceError, not_found
from portreeve.service.reasons import appeal_until, reasons_of
from portreeve.service.registers import registers_of
from portreeve.service.screening import Screening
from portreeve.service.standing import PolicyBook
from portreeve.signals.goods_table import goods_table
from portreeve.store import Transaction, micros
from portreeve.store.statements import upsert
from portreeve.store.tables.commerce import ads, merchants
from portreeve.store.tables.core import decisions, items

Row = sa.Row[Any]


class Ads:
    """Takes ads, and says how they stand."""

    def __init__(self, context: Context, screening: Screening, policies: PolicyBook) -> None:
        self._context = context
        self._screening = screening
        self._policies = policies

    def submit(self, actor: Actor, ad: NewAd) -> AdDecision:
        """Decide an ad. The same ad again has the same decision, unless a licence for its goods was
        verified or has lapsed since: then it is decided anew.

        Raises:
            ServiceError: ``invalid`` for an unknown category; ``conflict`` when the id is another
                item's, or another advertiser's ad.
        """
        actor.need(Scope.ads)
        network = ad.network or self._context.settings.network
        submission = as_submission(ad)
        self._screening.check(submission)
        with self._context.database.write() as tx:
            _need_own(tx, ad, network)
            self._decide_anew(tx, actor, ad)
        screener = Actor(actor.name, frozenset({Scope.screen}))
        [decided] = self._screening.screen(screener, [submission])
        with self._context.database.write() as tx:
            licence = self._licence(tx.connection, ad.account, decided.goods_category)
            before = tx.execute(sa.select(ads).where(ads.c.id == ad.id)).first()
            row = {
                "id": ad.id, "network": network, "account": ad.account,
                "submitted": tx.time if before is None else before.submitted,
                "submitted_by": actor.name if before is None else before.submitted_by,
                "licensed": licence == "verified",
            }  # fmt: skip
            upsert(tx, ads, [row])
            if before is None or not decided.repeated:
                tx.audit(actor.name, "ad.submit", ad.id, account=ad.account, network=network)
        return _as_answer(decided, ad, network, licence)

    def get(self, actor: Actor, id: str) -> AdDecision:
        """How an ad stands, after appeals and whatever else was decided since.

        Raises:
            ServiceError: ``not-found``.
        """
        _need_reader(actor)
        with self._context.database.read() as connection:
            row = next(iter(stored(connection, [id])), None)
            if row is None:
                raise not_found("ad", id)
            licence = self._licence(connection, row["account"], row["goods_category"])
        undone = row["undone"] is not None
        rules = [] if undone else row["rules"]
        reasons = reasons_of(self._policies.named(row["policy"]), rules)
        verdict = Verdict.allow if undone else Verdict(row["verdict"])
        days = self._context.settings.appeal_days
        return AdDecision(
            id=id,
            decision=row["decision"],
            network=row["network"],
            account=row["account"],
            verdict=verdict,
            state=row["state"],
            lawful=undone or row["lawful"],
            permitted=undone or row["permitted"],
            law=_of_layer(reasons, "law"),
            house=_of_layer(reasons, "house"),
            goods=_goods(row["goods_category"], row["goods_tier"]),
            licence=licence,
            appeal_until=appeal_until(verdict, row["decided"], days),
            policy=row["policy"],
        )

    def list(self, actor: Actor, query: AdQuery) -> Page[AdSummary]:
        """Ads as they stand now, the last submitted first.

        Raises:
            ServiceError: ``invalid`` for an unknown category, or a cursor that is none.
        """
        _need_reader(actor)
        if query.category is not None and query.category not in goods_table():
            raise ServiceError(
                "invalid", f"There is no category {query.category!r} in the table of goods.",
                field="category", zh="商品表中没有这一类别。",
            )  # fmt: skip
        with self._context.database.read() as connection:
            rows = connection.execute(_listed(query)).mappings().all()
        shown = rows[: query.limit]
        return Page(
            items=[_summary(row) for row in shown],
            next=_cursor(shown[-1]) if len(rows) > query.limit else None,
        )

    def licences(self, actor: Actor, id: str) -> AdLicences:
        """Which licences were looked for with an ad, and what its advertiser has of them.

        Raises:
            ServiceError: ``not-found``.
        """
        _need_reader(actor)
        rules, now = licence_rules(self._context.settings.commerce_folder), self._context.now()
        m = merchants.c
        with self._context.database.read() as connection:
            row = next(iter(stored(connection, [id])), None)
            if row is None:
                raise not_found("ad", id)
            registered = connection.execute(
                sa.select(m.account).where(m.account == row["account"], m.ended.is_(None))
            ).first()
            on_file = held(connection, row["account"])
        covering = sorted(rules.covering(row["goods_category"]))
        return AdLicences(
            submitted=row["submitted"],
            submitted_by=row["submitted_by"],
            registered=registered is not None,
            covering=[
                LicenceKind(kind=name, title=Text(en=title.en, zh=title.zh))
                for name in covering
                for title in [rules.kinds[name].title]
            ],
            held=[
                CoveringLicence(
                    kind=one.kind, state=one.state, expires=one.expires, in_force=one.in_force(now)
                )
                for one in on_file
                if one.kind in covering
            ],
        )

    def _licence(self, connection: sa.Connection, account: str, category: str | None) -> Licence:
        found = registers_of(self._context, connection, [account], self._context.now())
        return found.licence(account, category)

    def _decide_anew(self, tx: Transaction, actor: Actor, ad: NewAd) -> None:
        """Where a licence has changed since an ad was decided, forget what tells it from an edit.

        The item then counts as edited, so that the same words are decided again.
        """
        row = next(iter(stored(tx.connection, [ad.id])), None)
        if row is None:
            return
        licence = self._licence(tx.connection, row["account"], row["goods_category"])
        if (licence == "verified") != row["licensed"]:
            tx.execute(sa.update(items).where(items.c.id == ad.id).values(digest=""))
            tx.audit(actor.name, "ad.licence-changed", ad.id, licence=licence)


def as_submission(ad: NewAd) -> Submission:
    """An ad as the engine is given it: its words, where it leads, and what it is said to be for."""
    return Submission(
        id=ad.id,
        surface=Surface.search_ad,
        account=ad.account,
        text=f"{ad.title}\n{ad.text}" if ad.text else ad.title,
        links=[ad.landing],
        disclosed=True,
        category=ad.category,
        network=ad.network,
    )


def _need_reader(actor: Actor) -> None:
    """See that somebody may read how ads stand: who submits them, or who searches the log, where
    the same decisions are.
    """
    if not actor.may(Scope.log):
        actor.need(Scope.ads)


def _stored() -> sa.Select[Any]:
    """Ads with their items and the decisions in force."""
    d = decisions.c
    return (
        sa.select(
            ads,
            items.c.state,
            items.c.decision,
            *(d.verdict, d.lawful, d.permitted, d.rules, d.goods_category, d.goods_tier),
            *(d.policy, d.decided, d.undone),
        )
        .join(items, items.c.id == ads.c.id)
        .join(decisions, d.id == items.c.decision)
    )


def _listed(query: AdQuery) -> sa.Select[Any]:
    """The ads that a query means, and one more where there are more."""
    d, undone = decisions.c, decisions.c.undone.is_not(None)
    wanted = _stored().order_by(ads.c.submitted.desc(), ads.c.id.desc()).limit(query.limit + 1)
    if query.cursor is not None:
        submitted, id = _after(query.cursor)
        wanted = wanted.where(
            sa.or_(
                ads.c.submitted < submitted,
                sa.and_(ads.c.submitted == submitted, ads.c.id < id),
            )
        )
    for column, value in (
        (ads.c.network, query.network),
        (ads.c.account, query.account),
        (d.goods_category, query.category),
        (items.c.state, query.state),
    ):
        if value is not None:
            wanted = wanted.where(column == value)
    for answer, asked in ((d.lawful, query.lawful), (d.permitted, query.permitted)):
        if asked is not None:
            # what was undone refuses nothing
            wanted = wanted.where(sa.or_(answer, undone) if asked else sa.and_(~answer, ~undone))
    return wanted


def _summary(row: sa.RowMapping) -> AdSummary:
    undone = row["undone"] is not None
    return AdSummary(
        id=row["id"],
        network=row["network"],
        account=row["account"],
        submitted=row["submitted"],
        verdict=Verdict.allow if undone else Verdict(row["verdict"]),
        state=row["state"],
        lawful=undone or row["lawful"],
        permitted=undone or row["permitted"],
        goods=_goods(row["goods_category"], row["goods_tier"]),
    )


def _cursor(row: sa.RowMapping) -> str:
    return f"{micros(row['submitted'])}.{row['id']}"


def _after(cursor: str) -> tuple[datetime, str]:
    time, dot, id = cursor.partition(".")
    if not dot or not time.isascii() or not time.isdigit() or len(time) > 17:
        raise ServiceError("invalid", "The cursor is none of ours.", field="cursor")
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=int(time)), id


def stored(connection: sa.Connection, ids: Iterable[str]) -> Iterable[sa.RowMapping]:
    """Ads by their ids, with their items and the decisions in force."""
    return fetch_in(connection, _stored(), ads.c.id, ids)


def _need_own(tx: Transaction, ad: NewAd, network: str) -> None:
    """See that an ad's id is not the name of something else.

    Raises:
        ServiceError: ``conflict``.
    """
    i = items.c
    wanted = sa.select(i.surface, i.account, i.network).where(i.id == ad.id)
    found = tx.execute(wanted).first()
    if found is None:
        return
    if found.surface != Surface.search_ad.value or found.network != network:
        raise ServiceError(
            "conflict", f"{ad.id!r} is the id of another item. Give the ad one of its own.",
            field="id",
        )  # fmt: skip
    if found.account != ad.account:
        raise ServiceError(
            "conflict", f"The ad {ad.id!r} is another advertiser's.", field="account"
        )


def _as_answer(decided: Screened, ad: NewAd, network: str, licence: Licence) -> AdDecision:
    return AdDecision(
        id=ad.id,
        decision=decided.decision,
        network=network,
        account=ad.account,
        verdict=decided.verdict,
        state=decided.state,
        lawful=decided.lawful,
        permitted=decided.permitted,
        law=_of_layer(decided.reasons, "law"),
        house=_of_layer(decided.reasons, "house"),
        goods=_goods(decided.goods_category, decided.goods_tier),
        licence=licence,
        appeal_until=decided.appeal_until,
        policy=decided.policy,
        repeated=decided.repeated,
        provisional=decided.provisional,
    )


def _of_layer(reasons: Iterable[Reason], layer: str) -> list[Reason]:
    return [one for one in reasons if one.layer == layer]


def _goods(category: str | None, tier: Tier | None) -> AdGoods | None:
    if category is None or tier is None:
        return None
    goods = goods_table()[category]
    return AdGoods(
        category=category, title=Text(en=goods.en, zh=goods.zh), tier=tier, iab=list(goods.iab)
    )
