"""The page about a decision for the person concerned: what, why, what it costs, how to appeal.

Whoever has the link (:mod:`portreeve.service.decision_links`) may read it and appeal. The page
says nothing of who reported, reviewed or answered.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta, tzinfo
from typing import Any

import sqlalchemy as sa

from portreeve.enforcement import notice as words
from portreeve.model import Surface, Verdict
from portreeve.schemas.access import Scope
from portreeve.schemas.appeals import FileAppeal
from portreeve.schemas.concerned import AppealSteps, DecisionPage, Withheld, WordsOfAppeal
from portreeve.schemas.enforcement import Language
from portreeve.service.actor import LINK_HOLDER, SCREEN, Actor
from portreeve.service.appeals import Appeals
from portreeve.service.context import Context
from portreeve.service.decision_links import OPEN_AFTER, DecisionLinks
from portreeve.service.errors import ServiceError, not_found
from portreeve.service.notice_facts import SEALED_TIER, DecisionFacts, telling
from portreeve.service.reasons import appeal_until, reasons_of
from portreeve.service.standing import PolicyBook
from portreeve.store.tables import cases, core, enforcement
from portreeve.store.vault import NOBODY, Content

_NONE = "dec_" + "0" * 32
"""Looked up for a link that is none, so that it takes as long as one that is closed."""

Row = Mapping[Any, Any]


class Concerned:
    """What the person concerned sees, and may do, by the link of a decision."""

    def __init__(self, context: Context, policies: PolicyBook, appeals: Appeals) -> None:
        self._context = context
        self._policies = policies
        self._appeals = appeals
        self._links = DecisionLinks(context.vault, context.settings)

    def link(self, actor: Actor, decision: str) -> str:
        """The link of a decision, to be given to the person concerned and to nobody else.

        Behind it stands what the person wrote: that somebody asked for it is noted as a reading.

        Raises:
            ServiceError: ``forbidden``; ``not-found``.
        """
        actor.need(Scope.accounts)
        d = core.decisions.c
        with self._context.database.write() as tx:
            row = tx.execute(sa.select(d.account).where(d.id == decision)).first()
            if row is None:
                raise not_found("decision", decision)
            tx.audit(
                actor.name, "evidence.read", row.account or NOBODY, use="link", decisions=[decision]
            )
        return self._links.link(decision)

    def is_link(self, token: str) -> bool:
        """Whether a link was made here, be its page open or not; quick."""
        return self._links.decision(token) is not None

    def page(self, token: str, language: Language | None = None) -> DecisionPage:
        """The page of a link, in a language or else the account's; that it was read is noted.

        Raises:
            ServiceError: ``not-found``, in the same words whether there is no such link, its time
                is over, or its person was erased.
        """
        with self._context.database.snapshot() as connection:
            about = self._about(connection, token)
            spoken = language or ("en" if about["language"] == "en" else "zh")
            page = self._page(connection, about, spoken)
            unread = _unread(connection, about["id"])
        if unread:
            self._note(about["id"])
        return page

    def appeal(self, token: str, request: WordsOfAppeal) -> None:
        """Contest the decision of a link, once, free of charge.

        Raises:
            ServiceError: ``not-found`` as :meth:`page`; ``conflict`` when there is nothing to
                appeal, or it was appealed before; ``gone`` when the time is over.
        """
        with self._context.database.read() as connection:
            about = self._about(connection, token)
        self._appeals.file(LINK_HOLDER, FileAppeal(decision=about["id"], words=request.words))

    def _about(self, connection: sa.Connection, token: str) -> Row:
        """The decision of a link that is open, with its account's language and its appeal."""
        d, a, p = core.decisions, core.accounts, cases.appeals
        found = connection.execute(
            sa.select(
                d, a.c.language, a.c.erased, p.c.id.label("appeal"),
                p.c.state.label("appeal_state"), p.c.filed, p.c.due, p.c.claimed_until,
                p.c.decided.label("answered"), p.c.words, p.c.reply,
            )
            .join_from(d, a, a.c.id == d.c.account, isouter=True)
            .join(p, p.c.decision == d.c.id, isouter=True)
            .where(d.c.id == (self._links.decision(token) or _NONE))
        ).mappings().first()  # fmt: skip
        if found is None or found["erased"] is not None or self._closed(found):
            raise ServiceError(
                "not-found", "There is no page here, or it is open no longer.",
                zh="这里没有页面，或者页面已经关闭。",
            )  # fmt: skip
        return found

    def _closed(self, about: Row) -> bool:
        if about["appeal_state"] == "open":
            return False
        days = timedelta(days=self._context.settings.appeal_days)
        last = max(about["decided"] + days, about["answered"] or about["decided"])
        return bool(self._context.now() >= last + OPEN_AFTER)

    def _page(self, connection: sa.Connection, about: Row, language: Language) -> DecisionPage:
        id = about["id"]
        policy = self._policies.named(about["policy"])
        zone = policy.effective.tzinfo
        assert zone is not None
        facts = DecisionFacts(connection, about["account"], [id])
        content, withheld = self._content(connection, facts, about)
        reasons = telling(about["verdict"], reasons_of(policy, about["rules"]))
        until = appeal_until(about["verdict"], about["decided"], self._context.settings.appeal_days)
        contested = about["appeal"] is not None or about["undone"] is not None
        is_over = until is not None and until <= self._context.now()
        return DecisionPage(
            decision=id,
            network=about["network"],
            policy=policy.label,
            surface=Surface(about["surface"]),
            verdict=Verdict(about["verdict"]),
            decided=about["decided"].astimezone(zone),
            automatic=about["by"] == SCREEN,
            language=language,
            title=words.title(about["verdict"], about["surface"], language),
            text=content.text,
            links=content.links,
            codes=content.codes,
            picture_text=content.picture_text,
            evidence=content.evidence,
            withheld=withheld,
            grounds=[words.ground(reason, language) for reason in reasons],
            consequences=facts.consequences(id, language, zone),
            appeal_until=None if contested or is_over else _local(until, zone),
            appeal_over=is_over and not contested,
            appeal=self._steps(connection, about, zone) if about["appeal"] else None,
            reversed=_local(about["undone"], zone),
            put_right=facts.put_right(id, language) if about["undone"] else [],
            later=self._later(connection, id),
        )

    def _content(
        self, connection: sa.Connection, facts: DecisionFacts, about: Row
    ) -> tuple[Content, Withheld | None]:
        if about["surface"] == Surface.private_chat:
            return Content(), "private"
        if about["goods_tier"] == SEALED_TIER:
            return Content(), "sealed"
        row = facts.contents(connection, [about["id"]]).get(about["id"])
        if row is None:
            return Content(), "deleted"
        opened = self._context.vault.open_many(
            connection, [row["account"] or NOBODY], [row["sealed"]], [row["decision"]]
        )[0]
        return (Content(), "deleted") if opened is None else (Content.from_bytes(opened), None)

    def _steps(self, connection: sa.Connection, about: Row, zone: tzinfo) -> AppealSteps:
        said = self._context.vault.open_many(
            connection,
            [about["account"] or NOBODY] * 2,
            [about["words"] or b"", about["reply"] or b""],
            [f"{about['appeal']}/words", f"{about['appeal']}/reply"],
        )
        claimed = about["claimed_until"]
        return AppealSteps(
            state=about["appeal_state"],
            filed=about["filed"].astimezone(zone),
            looked_at=claimed is not None and claimed > self._context.now(),
            due=about["due"].astimezone(zone),
            decided=_local(about["answered"], zone),
            words=None if said[0] is None else said[0].decode(),
            reply=None if said[1] is None else said[1].decode(),
        )

    def _later(self, connection: sa.Connection, id: str) -> str | None:
        """The link of the decision that took this one's place, when it stands."""
        d = core.decisions.c
        wanted = sa.select(d.id).where(d.supersedes == id, d.undone.is_(None))
        found = connection.execute(wanted.order_by(d.seq.desc()).limit(1)).scalar()
        return None if found is None else self._links.token(found)

    def _note(self, decision: str) -> None:
        """Note that the notices of a decision were read; the first time counts."""
        n = enforcement.notices.c
        with self._context.database.write() as tx:
            mine = sa.select(n.id).where(n.decision == decision, n.read.is_(None))
            for id in tx.execute(mine).scalars().all():
                tx.execute(sa.update(enforcement.notices).where(n.id == id).values(read=tx.time))
                tx.audit(LINK_HOLDER.name, "notice.read", id, decision=decision)


def _unread(connection: sa.Connection, decision: str) -> bool:
    n = enforcement.notices.c
    wanted = sa.select(n.id).where(n.decision == decision, n.read.is_(None)).limit(1)
    return connection.execute(wanted).first() is not None


def _local(time: datetime | None, zone: tzinfo) -> datetime | None:
    return None if time is None else time.astimezone(zone)
