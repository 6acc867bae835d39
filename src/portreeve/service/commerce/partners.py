"""Partners: apps ask for scopes, and published criteria answer.

The decision is made from what an app does. The register of conflicts of interest is read after it,
to be shown beside it, and the comparison of two apps goes the way every application goes.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec
import sqlalchemy as sa

from portreeve.commerce.partners import Criterion, Facts, PartnerRules, decide, partner_rules
from portreeve.policy.errors import suggest
from portreeve.schemas.access import Scope
from portreeve.schemas.base import Page
from portreeve.schemas.commerce import partners as schemas
from portreeve.schemas.screening import as_text
from portreeve.service.actor import Actor
from portreeve.service.commerce.interests import Interests
from portreeve.service.context import Context
from portreeve.service.errors import ServiceError, not_found
from portreeve.store.columns import Json
from portreeve.store.statements import upsert
from portreeve.store.tables.trade import partner_tokens, partners

Row = sa.Row[Any]
_NO_SCOPE, _NO_REFUSAL = sa.literal([], Json()), sa.literal({}, Json())


class Partners:
    """The apps of the open platform."""

    def __init__(self, context: Context, interests: Interests) -> None:
        self._context = context
        self._interests = interests

    @property
    def _rules(self) -> PartnerRules:
        return partner_rules(self._context.settings.commerce_folder)

    def criteria(self, actor: Actor) -> schemas.PublishedCriteria:
        """The scopes and criteria as they are published."""
        actor.need(Scope.partners)
        rules = self._rules
        return schemas.PublishedCriteria(
            rules=rules.head.label,
            scopes=[
                schemas.PublishedScope(scope=name, clause=one.clause, title=_words(one.title))
                for name, one in rules.scopes.items()
            ],
            criteria=[
                schemas.Criterion(
                    criterion=one.id,
                    clause=one.clause,
                    scopes=[name for name in rules.scopes if name in one.scopes],
                    fact=one.fact,
                    must=one.must,
                    at_most=one.at_most,
                    at_least=one.at_least,
                    because=_words(one.because),
                    comply=as_text(one.comply),
                )
                for one in rules.criteria
            ],
        )

    def apply(
        self, actor: Actor, id: str, application: schemas.PartnerApplication
    ) -> schemas.Partner:
        """Decide an application; it takes the place of the app's earlier one.

        Raises:
            ServiceError: ``invalid`` for a scope that there is not.
        """
        actor.need(Scope.partners)
        if not id:
            raise ServiceError("invalid", "The app's id is empty. Give one.", field="id")
        rules = self._rules
        _need_scopes(rules, application.scopes)
        row = {
            "id": id, "name": application.name, "party": application.party,
            "facts": msgspec.to_builtins(application.facts),
            "asked": list(dict.fromkeys(application.scopes)), **_decided(application, rules),
            "rules": rules.head.label, "filed_by": actor.name,
        }  # fmt: skip
        with self._context.database.write() as tx:
            upsert(tx, partners, [row | {"decided": tx.time}])
            tx.audit(actor.name, "partner.decide", id, granted=row["granted"],
                     refused=row["refused"], rules=row["rules"])  # fmt: skip
            tx.announce("partner.decided", id, granted=row["granted"], refused=row["refused"])
            return self._shown(tx.connection, partner_row(tx.connection, id))

    def get(self, actor: Actor, id: str) -> schemas.Partner:
        """An app and what it may do.

        Raises:
            ServiceError: ``not-found``.
        """
        actor.need(Scope.partners)
        with self._context.database.read() as connection:
            return self._shown(connection, partner_row(connection, id))

    def list(self, actor: Actor, query: schemas.PartnerQuery) -> Page[schemas.Partner]:
        """Apps by their id."""
        actor.need(Scope.partners)
        wanted = sa.select(partners).order_by(partners.c.id).limit(query.limit + 1)
        if query.state is not None:
            wanted = wanted.where(*_in_state(query.state))
        if query.cursor is not None:
            wanted = wanted.where(partners.c.id > query.cursor)
        with self._context.database.snapshot() as connection:
            rows = connection.execute(wanted).all()
            shown = [self._shown(connection, row) for row in rows[: query.limit]]
        return Page(items=shown, next=shown[-1].id if len(rows) > query.limit else None)

    def outcome(self, actor: Actor, id: str) -> schemas.PartnerOutcome:
        """What each criterion, as it is now, says of what an app has stated.

        Raises:
            ServiceError: ``not-found``.
        """
        actor.need(Scope.partners)
        with self._context.database.read() as connection:
            row = partner_row(connection, id)
        rules = self._rules
        facts = msgspec.convert(row.facts, Facts)
        return schemas.PartnerOutcome(
            rules=rules.head.label,
            criteria=[
                schemas.CriterionOutcome(
                    criterion=one.id,
                    clause=one.clause,
                    scopes=[scope for scope in row.asked if scope in one.scopes],
                    fact=one.fact,
                    value=getattr(facts, one.fact),
                    must=one.must,
                    at_most=one.at_most,
                    at_least=one.at_least,
                    met=one.met(facts),
                    because=_words(one.because),
                    comply=as_text(one.comply),
                )
                for one in rules.criteria
            ],
        )

    def end(self, actor: Actor, id: str, request: schemas.EndPartner) -> schemas.Partner:
        """Take all scopes from an app: its tokens allow nothing any more. It may apply again.

        Raises:
            ServiceError: ``not-found``; ``conflict`` when it has no scope.
        """
        actor.need(Scope.partners)
        p, t = partners, partner_tokens
        with self._context.database.write() as tx:
            wanted = sa.select(p).where(p.c.id == id).with_for_update()
            row = tx.execute(wanted).first() or partner_row(tx.connection, id)
            if not row.granted:
                raise ServiceError("conflict", f"The app {id!r} has no scope to be taken.")
            nothing: dict[str, Any] = {"granted": [], "refused": {}, "decided": tx.time}
            tx.execute(sa.update(p).where(p.c.id == id).values(**nothing))
            tx.execute(
                sa.update(t).where(t.c.partner == id, t.c.revoked.is_(None)).values(revoked=tx.time)
            )
            tx.audit(actor.name, "partner.end", id, reason=request.reason, had=row.granted)
            tx.announce("partner.decided", id, granted=[], refused={})
            return self._shown(tx.connection, partner_row(tx.connection, id))

    def compare(self, actor: Actor, request: schemas.ParityRequest) -> schemas.Parity:
        """Decide two apps anew, each as itself and under the other's name and party.

        Raises:
            ServiceError: ``not-found``.
        """
        actor.need(Scope.partners)
        rules = self._rules
        with self._context.database.snapshot() as connection:
            rows = [partner_row(connection, id) for id in (request.first, request.second)]
            listed = self._interests.parties(connection, self._context.now())
        filed = [_application(row) for row in rows]
        cases = []
        for row, own, other in zip(rows, filed, reversed(filed), strict=True):
            swapped = msgspec.structs.replace(own, name=other.name, party=other.party)
            cases.append(
                schemas.ParityCase(
                    partner=row.id,
                    granted=_decided(own, rules)["granted"],
                    swapped=_decided(swapped, rules)["granted"],
                    interest=row.party in listed,
                )
            )
        return schemas.Parity(cases=cases, same=all(one.granted == one.swapped for one in cases))

    def figures(self, actor: Actor) -> schemas.ParityFigures:
        """How much was asked for and granted, by whether the company has a stake in the party."""
        actor.need(Scope.partners)
        p = partners.c
        counts = {True: [0, 0], False: [0, 0]}
        with self._context.database.snapshot() as connection:
            listed = self._interests.parties(connection, self._context.now())
            for row in connection.execute(sa.select(p.party, p.asked, p.granted)):
                of = counts[row.party in listed]
                of[0] += len(row.asked)
                of[1] += len(row.granted)
        return schemas.ParityFigures(
            listed_asked=counts[True][0],
            listed_granted=counts[True][1],
            others_asked=counts[False][0],
            others_granted=counts[False][1],
        )

    def _shown(self, connection: sa.Connection, row: Row) -> schemas.Partner:
        known = {one.id: one for one in self._rules.criteria}
        return schemas.Partner(
            id=row.id,
            name=row.name,
            party=row.party,
            facts=msgspec.convert(row.facts, schemas.AppFacts),
            granted=row.granted,
            refused=[
                schemas.RefusedScope(scope=scope, reasons=_unmet(why, known))
                for scope, why in row.refused.items()
            ],
            state=_state(row),
            rules=row.rules,
            decided=row.decided,
            interest=row.party in self._interests.parties(connection, self._context.now()),
        )


def partner_row(connection: sa.Connection, id: str) -> Row:
    """An app.

    Raises:
        ServiceError: ``not-found``.
    """
    row = connection.execute(sa.select(partners).where(partners.c.id == id)).first()
    if row is None:
        raise not_found("partner", id)
    return row


def _state(row: Row) -> schemas.PartnerState:
    if row.granted:
        return "partly" if row.refused else "granted"
    return "refused" if row.refused else "ended"


def _in_state(state: schemas.PartnerState) -> tuple[sa.ColumnElement[bool], ...]:
    p = partners.c
    none, all = p.granted == _NO_SCOPE, p.refused == _NO_REFUSAL
    return (
        none if state in ("refused", "ended") else sa.not_(none),
        all if state in ("granted", "ended") else sa.not_(all),
    )


def _decided(application: schemas.PartnerApplication, rules: PartnerRules) -> dict[str, Any]:
    """What is granted and what refused: the one way in which applications are decided."""
    facts = msgspec.convert(application.facts, Facts, from_attributes=True)
    asked = list(dict.fromkeys(application.scopes))
    refused = decide(facts, asked, rules)
    return {
        "granted": [scope for scope in asked if scope not in refused],
        "refused": {scope: [one.id for one in why] for scope, why in refused.items()},
    }


def _application(row: Row) -> schemas.PartnerApplication:
    facts = msgspec.convert(row.facts, schemas.AppFacts)
    return schemas.PartnerApplication(name=row.name, party=row.party, facts=facts, scopes=row.asked)


def _unmet(ids: Iterable[str], known: dict[str, Criterion]) -> list[schemas.UnmetCriterion]:
    """Criteria in words; one that the rules have no more is left out."""
    return [
        schemas.UnmetCriterion(
            criterion=id,
            clause=known[id].clause,
            because=_words(known[id].because),
            comply=as_text(known[id].comply),
        )
        for id in ids
        if id in known
    ]


def _need_scopes(rules: PartnerRules, asked: Iterable[str]) -> None:
    for at, scope in enumerate(asked):
        if scope not in rules.scopes:
            help = suggest(scope, rules.scopes) or f"There are: {', '.join(rules.scopes)}."
            raise ServiceError(
                "invalid", f"There is no scope `{scope}`. {help}", field=f"scopes[{at}]"
            )


def _words(words: object) -> Any:
    said = as_text(words)
    assert said is not None  # the rules give all words
    return said
