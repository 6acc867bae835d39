"""Notices to accounts: made in their language from what was decided, each time they are read."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from portreeve.commerce.licences import licence_rules
from portreeve.enforcement import notice as words
from portreeve.model import Verdict
from portreeve.schemas.access import Scope
from portreeve.schemas.base import Page, Paging
from portreeve.schemas.enforcement import Appealing, Language, Notice, Quote
from portreeve.schemas.screening import Text
from portreeve.service.actor import Actor
from portreeve.service.bulk import fetch_in
from portreeve.service.commerce.licence_records import licence_reason
from portreeve.service.context import Context
from portreeve.service.decision_links import DecisionLinks
from portreeve.service.errors import not_found
from portreeve.service.notice_facts import DecisionFacts, telling
from portreeve.service.reasons import reasons_of
from portreeve.service.sanctions import sequence
from portreeve.service.standing import PolicyBook
from portreeve.store import Transaction
from portreeve.store.tables import core, enforcement
from portreeve.store.tables.commerce import merchant_licences
from portreeve.store.vault import NOBODY, Content

Row = sa.RowMapping


class Notices:
    """What accounts were told."""

    def __init__(self, context: Context, policies: PolicyBook) -> None:
        self._context = context
        self._policies = policies
        self._links = DecisionLinks(context.vault, context.settings)

    def list(self, actor: Actor, account: str, paging: Paging) -> Page[Notice]:
        """The notices of an account, the newest first. What is quoted in them is noted as read.

        Raises:
            ServiceError: ``forbidden``, ``not-found``.
        """
        actor.need(Scope.accounts)
        n = enforcement.notices
        wanted = sa.select(n).where(n.c.account == account).order_by(n.c.seq.desc())
        if paging.cursor is not None:
            wanted = wanted.where(n.c.seq < sequence(paging.cursor))
        with self._context.database.write() as tx:
            language = self._language(tx, account)
            if language is None:
                raise not_found("account", account)
            rows = tx.execute(wanted.limit(paging.limit + 1)).mappings().all()
            shown = rows[: paging.limit]
            items = [*self._say(tx, actor, shown, language)]
        more = len(rows) > paging.limit
        return Page(items=items, next=str(shown[-1]["seq"]) if more else None)

    def of_decision(self, actor: Actor, decision: str, language: Language | None = None) -> Notice:
        """The latest notice of a decision: its id is the token of the link that people get.

        Raises:
            ServiceError: ``forbidden``, ``not-found``.
        """
        actor.need(Scope.accounts)
        n = enforcement.notices
        with self._context.database.write() as tx:
            row = tx.execute(
                sa.select(n).where(n.c.decision == decision).order_by(n.c.seq.desc()).limit(1)
            ).mappings().first()  # fmt: skip
            if row is None:
                raise not_found("notice of decision", decision)
            spoken = language or self._language(tx, row["account"]) or "zh"
            return self._say(tx, actor, [row], spoken)[0]

    def mark_read(self, actor: Actor, id: str) -> Notice:
        """Note that the account read a notice; the first time counts.

        Raises:
            ServiceError: ``forbidden``, ``not-found``.
        """
        actor.need(Scope.accounts)
        n = enforcement.notices
        with self._context.database.write() as tx:
            tx.execute(sa.update(n).where(n.c.id == id, n.c.read.is_(None)).values(read=tx.time))
            row = tx.execute(sa.select(n).where(n.c.id == id)).mappings().first()
            if row is None:
                raise not_found("notice", id)
            spoken = self._language(tx, row["account"]) or "zh"
            return self._say(tx, actor, [row], spoken)[0]

    def _language(self, tx: Transaction, account: str) -> Language | None:
        """The account's language; None when nothing is known of it."""
        a = core.accounts.c
        spoken = tx.execute(sa.select(a.language).where(a.id == account)).scalar()
        return spoken if spoken in ("en", None) else "zh"

    def _say(
        self, tx: Transaction, actor: Actor, rows: Sequence[Row], language: Language
    ) -> Sequence[Notice]:
        account = rows[0]["account"] if rows else ""
        facts = DecisionFacts(
            tx.connection, account, (r["decision"] for r in rows if r["decision"])
        )
        by_hand = _by_hand_of(tx.connection, rows)
        licences = _licences_of(tx.connection, rows)
        quotes = self._quotes(tx, actor, account, rows, facts)
        said = []
        for row in rows:
            about = facts.decisions.get(row["decision"])
            if row["kind"] == "decision" and about is not None:
                parts = self._decision(about, facts, quotes.get(about["id"], []), language)
            elif row["kind"] == "correction" and about is not None:
                parts = {
                    "title": words.correction(about["surface"], language),
                    "consequences": facts.put_right(about["id"], language),
                }
            elif row["licence"] is not None:
                parts = self._licence(tx, row, licences.get(row["licence"]), language)
            else:
                parts = self._by_hand(tx, row, by_hand[row["sanction"]], language)
            reason = parts.pop("reason", None)
            named = ("id", "account", "kind", "decision", "sanction", "licence", "created", "read")
            said.append(
                Notice(
                    **{name: row[name] for name in named},
                    item=about["item"] if about else None,
                    link=self._links.link(about["id"]) if about else None,
                    language=language,
                    text=words.plain(language=language, reason=reason, **parts),
                    **_EMPTY | parts,
                )
            )
        return said

    def _decision(
        self, about: Row, facts: DecisionFacts, evidence: Sequence[Quote], language: Language
    ) -> dict[str, Any]:
        policy = self._policies.named(about["policy"])
        reasons = telling(about["verdict"], reasons_of(policy, about["rules"]))
        return {
            "title": words.title(about["verdict"], about["surface"], language),
            "grounds": [words.ground(reason, language) for reason in reasons],
            "evidence": evidence,
            "consequences": facts.consequences(about["id"], language),
            "appeal": self._appeal(about),
        }

    def _appeal(self, about: Row) -> Appealing | None:
        until = about["decided"] + timedelta(days=self._context.settings.appeal_days)
        nothing = about["verdict"] in (Verdict.allow, Verdict.hold) or about["undone"] is not None
        if nothing or until <= self._context.now():
            return None
        url = self._links.link(about["id"]) if self._context.settings.public_url else None
        return Appealing(decision=about["id"], until=until, url=url)

    def _by_hand(self, tx: Transaction, row: Row, one: Row, language: Language) -> dict[str, Any]:
        lifted = row["kind"] == "lifted"
        sealed, name = ("ended_reason", "ended") if lifted else ("reason", "reason")
        [opened] = self._context.vault.open_many(
            tx.connection, [row["account"]], [one[sealed] or b""], [f"{one['id']}.{name}"]
        )
        return {
            "title": words.lifted(one["kind"], language)
            if lifted
            else words.sanction(one["kind"], one["ends"], language),
            "reason": opened.decode() if opened else None,
        }

    def _licence(
        self, tx: Transaction, row: Row, licence: Row | None, language: Language
    ) -> dict[str, Any]:
        """What was found of a licence. Why is said for as long as it stands so."""
        kinds = licence_rules(self._context.settings.commerce_folder).kinds
        kind = None if licence is None else kinds.get(licence["kind"])
        title = None if kind is None else Text(en=kind.title.en, zh=kind.title.zh)
        reason = None
        if licence is not None and row["kind"] == f"licence-{licence['state']}":
            reason = licence_reason(self._context, tx.connection, licence)
        return {
            "title": words.licence(row["kind"], title, language),
            "reason": reason,
            "consequences": [words.licence_follows(row["kind"], language)],
        }

    def _quotes(
        self, tx: Transaction, actor: Actor, account: str, rows: Sequence[Row], facts: DecisionFacts
    ) -> dict[str, Sequence[Quote]]:
        """What decisions rest on, opened from the vault; nothing of what was erased."""
        quoting = {row["decision"] for row in rows if row["kind"] == "decision"}
        stored = facts.contents(tx.connection, quoting)
        opened = self._context.vault.open_many(
            tx.connection,
            [row["account"] or NOBODY for row in stored.values()],
            [row["sealed"] for row in stored.values()],
            [row["decision"] for row in stored.values()],
        )
        found: dict[str, Sequence[Quote]] = {}
        for id, plain in zip(stored, opened, strict=True):
            if plain is not None:
                said = Content.from_bytes(plain)
                found[id] = words.quotes(said, said.evidence)
        if found:
            tx.audit(actor.name, "evidence.read", account, use="notice", decisions=sorted(found))
        return found


_EMPTY: dict[str, Any] = {"grounds": [], "evidence": [], "consequences": [], "appeal": None}


def _licences_of(connection: sa.Connection, rows: Sequence[Row]) -> dict[str, Row]:
    """The licences that notices are about, as they stand now."""
    named = {row["licence"] for row in rows if row["licence"]}
    wanted = sa.select(merchant_licences)
    found = fetch_in(connection, wanted, merchant_licences.c.id, named)
    return {row["id"]: row for row in found}


def _by_hand_of(connection: sa.Connection, rows: Sequence[Row]) -> dict[str, Row]:
    """The sanctions by hand that notices are about."""
    s = enforcement.sanctions
    named = {row["sanction"] for row in rows if row["sanction"]}
    return {row["id"]: row for row in fetch_in(connection, sa.select(s), s.c.id, named)}
