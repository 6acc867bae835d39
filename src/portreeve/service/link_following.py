"""Following the short links of items that appear: later, behind the guard, where it is wanted.

What a link leads to is put into the items that show it, and these are decided again, only ever more
strictly. The queue names items; addresses are read from their content, and not kept.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

import sqlalchemy as sa

from portreeve.links import REFUSALS, Limits, Memo, Unwrapped, Unwrapper
from portreeve.service.context import Context
from portreeve.service.deciding_again import DecidingAgain
from portreeve.service.leads import lead
from portreeve.service.link_facts import LinkFacts
from portreeve.service.lots import JudgedLot
from portreeve.service.metrics import Metrics
from portreeve.service.records import Written
from portreeve.service.rescreening import Rescreening
from portreeve.store import Transaction
from portreeve.store.statements import upsert
from portreeve.store.tables.links import followed_links, link_items

MOST_WAITING = 10_000
"""Items that may wait; of more, those that waited longest are given up, and counted."""
AT_ONCE = 16
LEASE = timedelta(minutes=5)
"""How long a process has for items before another may take them over."""
AGAIN = timedelta(minutes=10)
"""After what time a link is tried again that failed for a reason that may pass."""
MOST_TRIES = 3
_I = link_items.c
_log = logging.getLogger("portreeve.links")


class _Claimed(NamedTuple):
    item: str
    tries: int
    due: datetime
    """Until when this process has it."""


class LinkFollowing:
    """The queue of items whose short links are to be followed, and the following."""

    def __init__(
        self,
        context: Context,
        facts: LinkFacts,
        rescreening: Rescreening,
        deciding: DecidingAgain,
        *,
        metrics: Metrics | None = None,
        decided: Callable[[], None] = lambda: None,
    ) -> None:
        self._context = context
        self._facts = facts
        self._rescreening = rescreening
        self._deciding = deciding
        self._metrics = metrics
        self._decided = decided
        self._memo: Memo | None = None
        # the store is what keeps answers; the memo counts requests
        self._limits = Limits(
            per_domain=context.settings.follow_per_domain, kept_seconds=0, passing_seconds=0
        )
        self.waiting = 0
        """How many items waited when it was last looked."""

    def note(self, tx: Transaction, judged: JudgedLot, written: Sequence[Written]) -> None:
        """Which items that appear show short links."""
        of = judged.lot.judged
        short = of.signals["short_links"].to_list()
        rows = {
            str(s.id): {"item": str(s.id), "due": tx.time, "tries": 0}
            for at, (s, w) in enumerate(zip(of.submissions, written, strict=True))
            if short[at] and w.decision and of.state(at) == "published"
        }
        upsert(tx, link_items, [rows[item] for item in sorted(rows)])

    def advance(self) -> bool:
        """Follow the links of some items; whether there were any. Of one thread only."""
        self._shed()
        claimed = self._claim()
        if not claimed:
            return False
        found, _ = self._rescreening.stored([one.item for one in claimed])
        urls = dict(
            zip((str(s.id) for s in found), self._facts.hidden(found), strict=True)
        )  # fmt: skip
        named = {url for each in urls.values() for url in each}
        known = self._facts.leads(named, fresh=True)
        answers = self._follow(sorted(named - known.keys()))
        passing = {a.url: a.refusal for a in answers if a.refusal and REFUSALS[a.refusal].passing}
        tried_out = {
            url
            for one in claimed if one.tries + 1 >= MOST_TRIES
            for url in urls.get(one.item, ()) if passing.get(url) not in (None, "quota")
        }  # fmt: skip
        kept = [a for a in answers if a.url not in passing or a.url in tried_out]
        self._keep(kept)
        led = known | {answer.url: lead(answer) for answer in kept}
        shown = [item for item, each in urls.items() if any(led.get(url) for url in each)]
        if shown and self._deciding.again(shown):
            self._decided()
        self._finish(claimed, urls, {url: passing[url] for url in passing.keys() - tried_out})
        return True

    def _shed(self) -> None:
        """Give up those of too many that waited longest, and say so."""
        with self._context.database.read() as connection:
            counted = connection.execute(sa.select(sa.func.count()).select_from(link_items))
            self.waiting = int(counted.scalar_one())
        if self.waiting <= MOST_WAITING:
            return
        least = sa.select(_I.item).order_by(_I.due).limit(self.waiting - MOST_WAITING)
        with self._context.database.write() as tx:
            gone = tx.execute(sa.delete(link_items).where(_I.item.in_(least))).rowcount
        _log.warning("links not followed", extra={"facts": {"items": gone, "most": MOST_WAITING}})
        self._count({"shed": gone})
        self.waiting = MOST_WAITING

    def _claim(self) -> list[_Claimed]:
        """Some items that are due, for this process alone until the lease ends."""
        with self._context.database.write() as tx:
            until = tx.time + LEASE
            rows = tx.execute(
                sa.select(_I.item, _I.tries).where(_I.due <= tx.time)
                .order_by(_I.due).limit(AT_ONCE).with_for_update(skip_locked=True)
            ).all()  # fmt: skip
            taken = [row.item for row in rows]
            tx.execute(sa.update(link_items).where(_I.item.in_(taken)).values(due=until))
        return [_Claimed(row.item, row.tries, until) for row in rows]

    def _follow(self, urls: Sequence[str]) -> list[Unwrapped]:
        """What comes of links; the guard is in :mod:`portreeve.links`."""
        if not urls:
            return []
        memo = self._memo = self._memo or Memo()

        async def run() -> list[Unwrapped]:
            return [one async for one in Unwrapper(memo, self._limits).unwrap_all(urls)]

        answers = asyncio.run(run())
        self._count(Counter(answer.refusal or "followed" for answer in answers))
        return answers

    def _keep(self, answers: Sequence[Unwrapped]) -> None:
        with self._context.database.write() as tx:
            rows = [
                {"digest": self._facts.digest(answer.url), "leads": lead(answer),
                 "refusal": answer.refusal, "followed": tx.time}
                for answer in answers
            ]  # fmt: skip
            upsert(tx, followed_links, sorted(rows, key=lambda row: str(row["digest"])))

    def _finish(
        self, claimed: Sequence[_Claimed], urls: dict[str, list[str]], left: dict[str, str]
    ) -> None:
        """Items are done with, unless links of theirs are ``left`` to be tried again.

        Those that were edited meanwhile are due anew, and stay so.
        """
        with self._context.database.write() as tx:
            for one in claimed:
                ours = (_I.item == one.item) & (_I.due == one.due)
                why = {left[url] for url in urls.get(one.item, ()) if url in left}
                if why:
                    tries = one.tries + (why != {"quota"})
                    later = {"due": tx.time + AGAIN, "tries": tries}
                    tx.execute(sa.update(link_items).where(ours).values(later))
                else:
                    tx.execute(sa.delete(link_items).where(ours))

    def _count(self, outcomes: dict[str, int]) -> None:
        if self._metrics is not None:
            for outcome, many in outcomes.items():
                self._metrics.links_followed.labels(outcome).inc(many)
