"""Notices to accounts: made in their language from what was decided, each time they are read."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from portreeve.enforcement import notice as words
from portreeve.model import Verdict
from portreeve.schemas.access import Scope
from portreeve.schemas.base import Page, Paging
from portreeve.schemas.enforcement import Appealing, Language, Notice, Quote
from portreeve.schemas.screening import Reason
from portreeve.service.actor import Actor
from portreeve.service.bulk import fetch_in
from portreeve.service.context import Context
from portreeve.service.errors import not_found
from portreeve.service.reasons import reasons_of
from portreeve.service.sanctions import sequence
from portreeve.service.standing import PolicyBook
from portreeve.store import Transaction
from portreeve.store.tables import core, enforcement
from portreeve.store.vault import NOBODY, Content

_SEALED_TIER = "black"
"""Goods whose evidence two people must release; a notice does not quote it."""

Row = sa.RowMapping


class Notices:
    """What accounts were told."""

    def __init__(self, context: Context, policies: PolicyBook) -> None:
        self._context = context
        self._policies = policies

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
        facts = _Facts(tx, rows)
        quotes = self._quotes(tx, actor, facts)
        said = []
        for row in rows:
            about = facts.decisions.get(row["decision"])
            if row["kind"] == "decision" and about is not None:
                parts = self._decision(about, facts, quotes.get(about["id"], []), language)
            elif row["kind"] == "correction" and about is not None:
                parts = _correction(about, facts, language)
            else:
                parts = self._by_hand(tx, row, facts, language)
            reason = parts.pop("reason", None)
            named = ("id", "account", "kind", "decision", "sanction", "created", "read")
            said.append(
                Notice(
                    **{name: row[name] for name in named},
                    item=about["item"] if about else None,
                    language=language,
                    text=words.plain(language=language, reason=reason, **parts),
                    **_EMPTY | parts,
                )
            )
        return said

    def _decision(
        self, about: Row, facts: _Facts, evidence: Sequence[Quote], language: Language
    ) -> dict[str, Any]:
        policy = self._policies.named(about["policy"])
        reasons = _telling(about, reasons_of(policy, about["rules"]))
        follows = [
            words.strike(strike["count"], strike["expires"], language)
            for strike in facts.strikes[about["id"]]
        ]
        follows += [
            words.sanction(one["kind"], one["ends"], language)
            for one in facts.sanctions_of[about["id"]]
        ]
        if about["undone"] is not None:
            follows = [words.reversed_on(about["undone"], language)]
        return {
            "title": words.title(about["verdict"], about["surface"], language),
            "grounds": [words.ground(reason, language) for reason in reasons],
            "evidence": evidence,
            "consequences": follows,
            "appeal": self._appeal(about),
        }

    def _appeal(self, about: Row) -> Appealing | None:
        until = about["decided"] + timedelta(days=self._context.settings.appeal_days)
        nothing = about["verdict"] in (Verdict.allow, Verdict.hold) or about["undone"] is not None
        if nothing or until <= self._context.now():
            return None
        base = self._context.settings.public_url
        url = f"{base.rstrip('/')}/appeal/{about['id']}" if base else None
        return Appealing(decision=about["id"], until=until, url=url)

    def _by_hand(
        self, tx: Transaction, row: Row, facts: _Facts, language: Language
    ) -> dict[str, Any]:
        one = facts.sanctions[row["sanction"]]
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

    def _quotes(self, tx: Transaction, actor: Actor, facts: _Facts) -> dict[str, Sequence[Quote]]:
        """What decisions rest on, opened from the vault; nothing of what was erased."""
        stored = facts.contents(tx)
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
                found[id] = words.quotes(said.text, said.links, said.evidence)
        if found:
            tx.audit(
                actor.name, "evidence.read", facts.account, use="notice", decisions=sorted(found)
            )
        return found


def _telling(about: Row, reasons: Sequence[Reason]) -> Sequence[Reason]:
    """The reasons that explain a decision: a stronger rule settles what another would only hold.

    A notice that named both would say in one breath that it is decided and that it will be.
    """
    if about["verdict"] == Verdict.hold:
        return reasons
    return [reason for reason in reasons if reason.verdict is not Verdict.hold] or reasons


_EMPTY: dict[str, Any] = {"grounds": [], "evidence": [], "consequences": [], "appeal": None}


class _Facts:
    """What notices are about, fetched for all of them together."""

    def __init__(self, tx: Transaction, rows: Sequence[Row]) -> None:
        d, k, s, r = (
            core.decisions,
            enforcement.strikes,
            enforcement.sanctions,
            enforcement.reversals,
        )
        named = {row["decision"] for row in rows if row["decision"]}
        by_hand = {row["sanction"] for row in rows if row["sanction"]}
        read = tx.connection
        self.account = rows[0]["account"] if rows else ""
        self.quoting = {row["decision"] for row in rows if row["kind"] == "decision"}
        self.decisions = {row["id"]: row for row in fetch_in(read, sa.select(d), d.c.id, named)}
        self.reversals = {
            row["decision"]: row["facts"]
            for row in fetch_in(read, sa.select(r), r.c.decision, named)
        }
        i = core.items.c
        named_items = {row["item"] for row in self.decisions.values()}
        self.states = {
            row["id"]: row["state"]
            for row in fetch_in(read, sa.select(i.id, i.state), i.id, named_items)
        }
        self.strikes: dict[str, list[Row]] = defaultdict(list)
        for row in fetch_in(read, sa.select(k).where(k.c.withdrawn.is_(None)), k.c.decision, named):
            self.strikes[row["decision"]].append(row)
        self.sanctions_of: dict[str, list[Row]] = defaultdict(list)
        standing = sa.or_(s.c.outcome.is_(None), s.c.outcome == "expired")
        # by account: what a decision brought is its own account's, and they are indexed so
        brought = sa.select(s).where(s.c.account == self.account, standing).order_by(s.c.seq)
        for row in fetch_in(read, brought, s.c.decision, named):
            self.sanctions_of[row["decision"]].append(row)
        self.sanctions = {row["id"]: row for row in fetch_in(read, sa.select(s), s.c.id, by_hand)}

    def contents(self, tx: Transaction) -> dict[str, Row]:
        """The sealed content of each decision that is quoted: a person's is what was screened.

        Sealed evidence is left out.
        """
        d, c = core.decisions.c, core.contents.c
        wanted = {
            id: (row["item"], row["revision"])
            for id, row in self.decisions.items()
            if id in self.quoting and row["goods_tier"] != _SEALED_TIER
        }
        statement = sa.select(
            c.decision, c.account, c.sealed, d.item, d.revision
        ).join_from(core.contents, core.decisions, c.decision == d.id).order_by(d.seq)  # fmt: skip
        latest, own = {}, {}
        items = {item for item, _ in wanted.values()}
        for row in fetch_in(tx.connection, statement, d.item, items):
            latest[row["item"], row["revision"]] = row
            own[row["decision"]] = row
        found = {id: own.get(id) or latest.get(where) for id, where in wanted.items()}
        return {id: row for id, row in found.items() if row is not None}


def _correction(about: Row, facts: _Facts, language: Language) -> dict[str, Any]:
    undone = facts.reversals.get(about["id"])
    if undone is None:
        shown = facts.states.get(about["item"]) == "published"
        follows = [words.appears(language)] if shown else []
    else:
        follows = _reversed(undone, language)
    return {"title": words.correction(about["surface"], language), "consequences": follows}


def _reversed(undone: dict[str, Any], language: Language) -> list[str]:
    """What an undo reversed, in words."""
    follows = []
    if undone["state"] == "published" != undone["state_before"]:
        follows.append(words.appears(language))
    if undone["strikes_withdrawn"]:
        follows.append(words.withdrawn(undone["strikes_withdrawn"], language))
    kinds = dict.fromkeys(one["kind"] for one in undone["sanctions_lifted"])
    return follows + [words.lifted(kind, language) for kind in kinds]
