"""What is deleted when its time is over: content first, decisions and all about them later."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Literal

import sqlalchemy as sa

from portreeve.commerce.merchant_rules import merchant_rules
from portreeve.schemas.access import Scope
from portreeve.schemas.health import KeptFor, RetentionReport
from portreeve.service.actor import Actor
from portreeve.service.context import Context
from portreeve.store.columns import Json
from portreeve.store.log import LogExporter
from portreeve.store.log.export import FOLDER
from portreeve.store.tables import campaigns, commerce, core, enforcement, trade
from portreeve.store.tables import cases as c
from portreeve.store.tables.links import followed_links, link_items
from portreeve.store.tables.pictures import item_pictures, pictures

_AT_ONCE = 2_000
"""Rows in one transaction, so that nobody who writes waits long."""
SWEEP_EVERY = timedelta(hours=1)
"""How often a worker looks what is over."""
_SWEEP = "retention.sweep"
_GONE = b""
"""What stands where sealed words were: that there were some stays known."""

Period = Literal["content", "decision", "trader"]
Cutoffs = dict[Period, datetime]


@dataclass(frozen=True)
class Kept:
    """How long the rows of a table are kept: ``period`` counts from ``since``.

    ``words``: columns whose sealed words go, while the row stays. ``unless``: rows that stay
    longer, whatever their age.
    """

    table: sa.Table
    since: sa.Column[datetime]
    period: Period
    words: tuple[str, ...] = ()
    unless: Callable[[Cutoffs], sa.ColumnElement[bool]] | None = None

    @property
    def name(self) -> str:
        """The table, or ``table.words`` where only words go."""
        return f"{self.table.name}.words" if self.words else self.table.name


def _under_review(decision: sa.Column[str]) -> sa.ColumnElement[bool]:
    """A person still has to see it: its case or its appeal is open."""
    cases = sa.select(c.case_items.c.decision).join(c.cases, c.cases.c.id == c.case_items.c.case)
    appeals = sa.select(c.appeals.c.decision).where(c.appeals.c.state == "open")
    return decision.in_(cases.where(c.cases.c.state == "open")) | decision.in_(appeals)


def _in_open_case(case: sa.Column[str]) -> sa.ColumnElement[bool]:
    return case.in_(sa.select(c.cases.c.id).where(c.cases.c.state == "open"))


def _shown_under_review() -> sa.ColumnElement[bool]:
    """An item that shows the picture still has to be seen by a person."""
    shown = sa.select(item_pictures.c.picture).join(
        core.items, core.items.c.id == item_pictures.c.item
    )
    return pictures.c.id.in_(shown.where(_under_review(core.items.c.decision)))


def _with_decision(decision: sa.Column[str]) -> sa.ColumnElement[bool]:
    return decision.in_(sa.select(core.decisions.c.id))


def _of_a_merchant(merchant: sa.Column[str]) -> sa.ColumnElement[bool]:
    return merchant.in_(sa.select(commerce.merchants.c.account))


def _has_scopes() -> sa.ColumnElement[bool]:
    """The decision about an app is in force as long as it has a scope."""
    return trade.partners.c.granted != sa.literal([], Json())


def _has_token() -> sa.ColumnElement[bool]:
    return trade.partners.c.id.in_(sa.select(trade.partner_tokens.c.partner))


RETENTION: tuple[Kept, ...] = (
    Kept(core.contents, core.contents.c.stored, "content",
         unless=lambda _: _under_review(core.contents.c.decision)),
    Kept(pictures, pictures.c.stored, "content", unless=lambda _: _shown_under_review()),
    Kept(item_pictures, item_pictures.c.shown, "content",
         unless=lambda _: item_pictures.c.picture.in_(sa.select(pictures.c.id))),
    Kept(followed_links, followed_links.c.followed, "content"),
    Kept(link_items, link_items.c.due, "content"),
    Kept(core.decisions, core.decisions.c.decided, "content", words=("reason",),
         unless=lambda _: _under_review(core.decisions.c.id)),
    Kept(c.case_actions, c.case_actions.c.time, "content", words=("note",),
         unless=lambda _: _in_open_case(c.case_actions.c.case)),
    Kept(c.past_prints, c.past_prints.c.decided, "content"),
    Kept(c.appeals, c.appeals.c.decided, "content", words=("words", "reply")),
    Kept(c.reports, c.reports.c.resolved, "content", words=("words", "message")),
    Kept(enforcement.sanctions, enforcement.sanctions.c.ended, "content",
         words=("reason", "ended_reason")),
    Kept(enforcement.reversals, enforcement.reversals.c.time, "content", words=("reason",)),
    Kept(enforcement.relations, enforcement.relations.c.received, "content"),
    Kept(core.events, core.events.c.time, "content"),
    Kept(core.decisions, core.decisions.c.decided, "decision",
         unless=lambda _: _under_review(core.decisions.c.id)),
    Kept(core.items, core.items.c.updated, "decision",
         unless=lambda _: _with_decision(core.items.c.decision)),
    Kept(enforcement.strikes, enforcement.strikes.c.expires, "decision"),
    Kept(enforcement.sanctions, enforcement.sanctions.c.ended, "decision"),
    Kept(enforcement.notices, enforcement.notices.c.created, "decision"),
    Kept(enforcement.reversals, enforcement.reversals.c.time, "decision"),
    Kept(c.case_actions, c.case_actions.c.time, "decision",
         unless=lambda _: _in_open_case(c.case_actions.c.case)),
    Kept(c.case_items, c.case_items.c.added, "decision",
         unless=lambda _: _in_open_case(c.case_items.c.case)),
    Kept(c.evidence_releases, c.evidence_releases.c.requested, "decision"),
    Kept(c.second_readings, c.second_readings.c.decided, "decision"),
    Kept(c.cases, c.cases.c.decided, "decision"),
    Kept(campaigns.campaign_cases, campaigns.campaign_cases.c.opened, "decision",
         unless=lambda _: campaigns.campaign_cases.c.case.in_(sa.select(c.cases.c.id))),
    Kept(campaigns.campaign_decisions, campaigns.campaign_decisions.c.decided, "content",
         words=("reason",)),
    Kept(campaigns.campaign_decisions, campaigns.campaign_decisions.c.decided, "decision"),
    Kept(campaigns.campaign_referrals, campaigns.campaign_referrals.c.made, "decision"),
    Kept(c.appeals, c.appeals.c.decided, "decision"),
    Kept(c.reports, c.reports.c.resolved, "decision"),
    Kept(c.judgements, c.judgements.c.time, "decision"),
    Kept(commerce.merchant_outcomes, commerce.merchant_outcomes.c.time, "content"),
    Kept(commerce.merchant_broadcasts, commerce.merchant_broadcasts.c.time, "content"),
    Kept(commerce.merchants, commerce.merchants.c.ended, "trader"),
    Kept(commerce.merchant_licences, commerce.merchant_licences.c.filed, "trader",
         unless=lambda _: _of_a_merchant(commerce.merchant_licences.c.merchant)),
    Kept(commerce.merchant_staff, commerce.merchant_staff.c.joined, "trader",
         unless=lambda _: _of_a_merchant(commerce.merchant_staff.c.merchant)),
    Kept(commerce.merchant_customers, commerce.merchant_customers.c.added, "trader",
         unless=lambda _: _of_a_merchant(commerce.merchant_customers.c.merchant)),
    Kept(commerce.merchant_tagged, commerce.merchant_tagged.c.time, "trader",
         unless=lambda _: _of_a_merchant(commerce.merchant_tagged.c.merchant)),
    Kept(commerce.merchant_tags, commerce.merchant_tags.c.created, "trader",
         unless=lambda _: _of_a_merchant(commerce.merchant_tags.c.merchant)),
    Kept(commerce.ads, commerce.ads.c.submitted, "decision",
         unless=lambda _: commerce.ads.c.id.in_(sa.select(core.items.c.id))),
    Kept(commerce.ad_bids, commerce.ad_bids.c.told, "decision",
         unless=lambda _: commerce.ad_bids.c.ad.in_(sa.select(commerce.ads.c.id))),
    Kept(trade.live_claims, trade.live_claims.c.withdrawn, "decision"),
    Kept(trade.live_judgements, trade.live_judgements.c.withdrawn, "decision"),
    Kept(trade.live_orders, trade.live_orders.c.time, "decision",
         unless=lambda _: trade.live_orders.c.id.in_(sa.select(trade.live_claims.c.order))),
    Kept(trade.live_harms, trade.live_harms.c.withdrawn, "decision",
         unless=lambda _: trade.live_harms.c.id.in_(sa.select(trade.live_claims.c.harm))),
    Kept(trade.live_promotions, trade.live_promotions.c.time, "decision",
         unless=lambda _: trade.live_promotions.c.id.in_(sa.select(trade.live_orders.c.promotion))),
    Kept(trade.live_tellings, trade.live_tellings.c.time, "decision",
         unless=lambda _: trade.live_tellings.c.sale.in_(sa.select(trade.live_promotions.c.sale))),
    Kept(trade.live_disclosures, trade.live_disclosures.c.begins, "decision",
         unless=lambda _: trade.live_disclosures.c.sale.in_(sa.select(trade.live_orders.c.sale))),
    Kept(trade.live_sales, trade.live_sales.c.registered, "decision",
         unless=lambda _: trade.live_sales.c.id.in_(sa.select(trade.live_promotions.c.sale))),
    Kept(trade.enrolments, trade.enrolments.c.expires, "content"),
    Kept(trade.deals, trade.deals.c.ended, "decision"),
    Kept(trade.deal_members, trade.deal_members.c.joined, "decision",
         unless=lambda _: trade.deal_members.c.deal.in_(sa.select(trade.deals.c.id))),
    Kept(trade.checkers, trade.checkers.c.revoked, "decision"),
    Kept(trade.partner_tokens, trade.partner_tokens.c.expires, "content"),
    Kept(trade.partners, trade.partners.c.decided, "decision",
         unless=lambda _: sa.or_(_has_scopes(), _has_token())),
)  # fmt: skip
"""What is kept for how long. A row whose ``since`` is NULL, such as an open appeal, stays.

The audit log, policies and their records, and the keys of persons are kept for good; so are the
ids of messages that were reported with proof, lest one be reported again, the ledger of money with
the claims that stand in it, the register of interests, and banks of known pictures: hashes that do
not say who showed what.
"""


class Retention:
    """Deletes what its time is over for; a worker calls ``sweep`` once an hour."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._exporter = LogExporter(context.database, context.folder / FOLDER)
        self._swept: datetime | None = None

    def report(self, actor: Actor) -> RetentionReport:
        """What is kept for how long, and when it was last seen to.

        Raises:
            ServiceError: ``forbidden``.
        """
        actor.need(Scope.admin)
        settings = self._context.settings
        trader = merchant_rules(settings.commerce_folder).kept_after_end.time
        days = {
            "content": settings.content_days,
            "decision": settings.decision_days,
            "trader": trader.days,
        }
        a = core.audit.c
        with self._context.database.read() as connection:
            last = connection.execute(
                sa.select(a.time, a.detail)
                .where(a.action == _SWEEP)
                .order_by(a.seq.desc())
                .limit(1)
            ).first()
        return RetentionReport(
            kept=[
                KeptFor(
                    what=kept.name,
                    days=days[kept.period],
                    period=kept.period,
                    longer=kept.unless is not None,
                )
                for kept in RETENTION
            ],
            swept=self._swept,
            next=None if self._swept is None else self._swept + SWEEP_EVERY,
            deleted=None if last is None else last.time,
            counts={} if last is None else last.detail,
        )

    def sweep(self) -> dict[str, int]:
        """Delete what is over; table (or ``table.words``, or ``log_files``) -> how many.

        Decisions go by whole UTC days, in the database and in the log alike.
        """
        cutoffs = self._cutoffs()
        swept: dict[str, int] = {}
        for kept in RETENTION:
            count = sum(self._delete(kept, cutoffs))
            if count:
                swept[kept.name] = swept.get(kept.name, 0) + count
        files = self._exporter.drop_before(cutoffs["decision"].strftime("%Y-%m-%d"))
        if files:
            swept["log_files"] = files
        if swept:
            with self._context.database.write() as tx:
                tx.audit("portreeve", _SWEEP, "store", **swept)
            self._context.database.scrub(core.person_keys)
        self._swept = self._context.now()
        return swept

    def _cutoffs(self) -> Cutoffs:
        now, settings = self._context.now(), self._context.settings
        day = (now - timedelta(days=settings.decision_days)).astimezone(UTC).date()
        trader = merchant_rules(settings.commerce_folder).kept_after_end.time
        return {
            "trader": now - trader,
            "content": now - timedelta(days=settings.content_days),
            "decision": datetime.combine(day, time.min, UTC),
        }

    def _delete(self, kept: Kept, cutoffs: Cutoffs) -> Iterator[int]:
        """Delete in small transactions; how many rows in each."""
        table = kept.table
        over = [kept.since < cutoffs[kept.period]]
        if kept.words:
            over.append(sa.or_(*(table.c[word] != _GONE for word in kept.words)))
        if kept.unless is not None:
            over.append(sa.not_(kept.unless(cutoffs)))
        keys = list(table.primary_key)
        while True:
            with self._context.database.write(wipe=True) as tx:
                chosen = tx.execute(sa.select(*keys).where(*over).limit(_AT_ONCE)).all()
                if chosen:
                    these = sa.tuple_(*keys).in_([tuple(row) for row in chosen])
                    tx.execute(_change(kept).where(these))
            yield len(chosen)
            if len(chosen) < _AT_ONCE:
                return


def _change(kept: Kept) -> sa.Delete | sa.Update:
    if not kept.words:
        return sa.delete(kept.table)
    empty = {
        word: sa.case((kept.table.c[word].is_not(None), _GONE), else_=None) for word in kept.words
    }
    return sa.update(kept.table).values(empty)
