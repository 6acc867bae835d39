"""The two ledgers of a live sale, side by side: who pays by law, and what promoters answer for.

They share the orders that proved fake, and nothing else: no sum goes into the one and no knowledge
into the other.
"""

from __future__ import annotations

from typing import cast

import sqlalchemy as sa

from portreeve.commerce.liability import ROLES, LiabilityRules, Profile, Role, liability_rules
from portreeve.commerce.money import Money, total
from portreeve.commerce.promoters import KNOWLEDGE, REACH, PromoterRules, promoter_rules
from portreeve.policy.errors import suggest
from portreeve.schemas.access import Scope
from portreeve.schemas.commerce import live_sales as schemas
from portreeve.schemas.enforcement import ByHand, Imposition
from portreeve.schemas.screening import Text, as_text
from portreeve.service.actor import Actor
from portreeve.service.commerce.book import amount
from portreeve.service.commerce.live_harms import LiveHarms, drop, judgements
from portreeve.service.commerce.live_records import (
    Answering,
    Records,
    Row,
    as_sale,
    locked,
    records,
)
from portreeve.service.context import Context
from portreeve.service.errors import ServiceError
from portreeve.service.sanctions import Sanctions
from portreeve.service.standing import lock
from portreeve.store import Transaction, new_id
from portreeve.store.tables.trade import live_judgements


class LiveLedgers:
    """Shows both ledgers, and has promoters sanctioned as the moral one says."""

    def __init__(self, context: Context, harms: LiveHarms, sanctions: Sanctions) -> None:
        self._context = context
        self._harms = harms
        self._sanctions = sanctions

    def show(self, actor: Actor, sale: str, profile: str | None = None) -> schemas.TwoLedgers:
        """Both ledgers. ``profile``: the legal one as another law would have it, a what-if.

        Raises:
            ServiceError: ``not-found``; ``invalid`` for an unknown profile.
        """
        actor.need(Scope.live_sales)
        legal_rules = liability_rules(self._context.settings.commerce_folder)
        moral_rules = promoter_rules(self._context.settings.commerce_folder)
        _need_profile(legal_rules, profile)
        with self._context.database.snapshot() as connection:
            found = records(connection, sale)
            sanctioned = _sanctioned(connection, sale)
        return schemas.TwoLedgers(
            sale=as_sale(found.sale),
            legal=self._legal(legal_rules, found, profile),
            moral=_moral(moral_rules, found, sanctioned),
        )

    def grades(self, actor: Actor) -> schemas.PromoterTerms:
        """What promoters answer for, by what they knew and how many they reached."""
        actor.need(Scope.live_sales)
        rules = promoter_rules(self._context.settings.commerce_folder)
        return schemas.PromoterTerms(
            rules=rules.head.label,
            knowledge=[
                schemas.KnowledgeLevel(
                    name=name,
                    clause=rules.knowledge[name].clause,
                    because=_text(rules.knowledge[name].because),
                )
                for name in KNOWLEDGE
            ],
            reach=[
                schemas.ReachBand(
                    name=name, clause=rules.reach[name].clause, at_least=rules.reach[name].at_least
                )
                for name in REACH
            ],
            consequences=[
                schemas.GradedConsequence(
                    knowledge=level, reach=band, consequence=one.kind, days=one.days
                )
                for level in KNOWLEDGE
                for band in REACH
                for one in [rules.consequences[level][band]]
            ],
        )

    def sanction(
        self, actor: Actor, sale: str, request: schemas.Sanctioning
    ) -> schemas.MoralLedger:
        """Sanction the promoters as the moral ledger says, each with a notice.

        Done again it changes nothing; when a promoter answers for something else since, that takes
        the place of what was imposed before. Each can be lifted, and falls with the proof.

        Raises:
            ServiceError: ``not-found``, when the sale or a promoter's account is unknown;
                ``conflict`` when nothing proved fake.
        """
        actor.need(Scope.sanctions)
        rules = promoter_rules(self._context.settings.commerce_folder)
        with self._context.database.write() as tx:
            lock(tx)
            locked(tx, sale)
            found = records(tx.connection, sale)
            if not found.claims:
                raise ServiceError(
                    "conflict", "Nothing of this live sale has proved fake. File a proof first."
                )
            before = {row.account: row for row in judgements(tx.connection, sale)}
            for account, answering in found.promoters(rules).items():
                self._judge(
                    tx, actor, found.sale, rules, account, answering, before.get(account), request
                )
            return _moral(rules, found, _sanctioned(tx.connection, sale))

    def _judge(
        self, tx: Transaction, actor: Actor, sale: Row, rules: PromoterRules, account: str,
        answering: Answering, before: Row | None, request: schemas.Sanctioning,
    ) -> None:  # fmt: skip
        grade = answering.grade
        if before is not None:
            if (before.knowledge, before.reach) == (grade.knowledge, grade.reach):
                return
            drop(tx, self._sanctions, actor, before, request.reason)
        sanction = None
        if grade.consequence.kind != "none":
            sanction = self._sanctions.impose_in(
                tx,
                actor,
                Imposition(
                    account=account,
                    network=sale.network,
                    kind=cast(ByHand, grade.consequence.kind),
                    days=grade.consequence.days,
                    reason=request.reason,
                ),
            ).id
        id = new_id("jdg")
        tx.execute(
            sa.insert(live_judgements),
            {
                "id": id, "sale": sale.id, "account": account, "knowledge": grade.knowledge,
                "reach": grade.reach, "people": min(grade.people, schemas.MOST_PEOPLE),
                "rules": rules.head.label,
                "sanction": sanction, "time": tx.time, "by": actor.name,
            },
        )  # fmt: skip
        tx.audit(
            actor.name, "live-sale.judge", id, sale=sale.id, account=account,
            knowledge=grade.knowledge, reach=grade.reach, sanction=sanction,
        )  # fmt: skip

    def _legal(
        self, rules: LiabilityRules, found: Records, named: str | None
    ) -> schemas.LegalLedger:
        profile = rules.profiles[named] if named else self._profile(rules, found)
        currency = found.sale.currency
        claims = []
        owes: dict[Role, list[Money]] = {role: [] for role in ROLES}
        for row in found.claims:
            order = found.orders[row.order]
            if named is None:
                role, refund, damages = row.role, row.refund, row.damages
            else:
                costs = self._harms.reckon(profile, found, order)
                role, refund, damages = costs.payer, costs.refund.minor, costs.damages.minor
            owes[role].append(Money(refund + damages, currency))
            claims.append(
                schemas.Claim(
                    order=order.id,
                    buyer=order.buyer,
                    profile=row.profile if named is None else named,
                    paid=amount(Money(order.paid, currency)),
                    refund=amount(Money(refund, currency)),
                    damages=amount(Money(damages, currency)),
                    role=role,
                    payer=found.sale._mapping[role],
                    entry=row.id if named is None else None,
                )
            )
        return schemas.LegalLedger(
            profile=profile.name,
            title=_text(profile.title),
            claims=claims,
            duties=[
                schemas.Duty(
                    role=role,
                    account=found.sale._mapping[role],
                    owes=amount(total(owes[role], currency)),
                    clause=profile.parties[role].clause,
                    because=_text(profile.parties[role].because),
                    source=profile.parties[role].source,
                )
                for role in ROLES
            ],
        )

    def _profile(self, rules: LiabilityRules, found: Records) -> Profile:
        """The profile under which the latest order was placed; of none, the one of today."""
        fakes = [found.orders[claim.order] for claim in found.claims]
        latest = max(fakes or found.orders.values(), key=lambda order: order.time, default=None)
        return self._harms.profile_at(rules, found, latest.time if latest else self._context.now())


def _moral(
    rules: PromoterRules, found: Records, sanctioned: dict[str, str | None]
) -> schemas.MoralLedger:
    return schemas.MoralLedger(
        rules=rules.head.label,
        promoters=[
            schemas.Answerable(
                account=account,
                knowledge=one.grade.knowledge,
                clause=rules.knowledge[one.grade.knowledge].clause,
                because=_text(rules.knowledge[one.grade.knowledge].because),
                heard=[
                    schemas.Heard(
                        kind=told.kind, title=_text(rules.tellings[told.kind]), time=told.time
                    )
                    for told in one.heard
                ],
                promotions=one.promotions,
                people=one.grade.people,
                reach=one.grade.reach,
                reach_clause=rules.reach[one.grade.reach].clause,
                consequence=one.grade.consequence.kind,
                days=one.grade.consequence.days,
                sanction=sanctioned.get(account),
            )
            for account, one in found.promoters(rules).items()
        ],
    )


def _sanctioned(connection: sa.Connection, sale: str) -> dict[str, str | None]:
    return {row.account: row.sanction for row in judgements(connection, sale)}


def _need_profile(rules: LiabilityRules, profile: str | None) -> None:
    if profile is not None and profile not in rules.profiles:
        help = suggest(profile, rules.profiles) or f"There are: {', '.join(rules.profiles)}."
        raise ServiceError("invalid", f"`profile` is unknown. {help}", field="profile")


def _text(words: object) -> Text:
    said = as_text(words)
    assert said is not None  # the rules give all words
    return said
