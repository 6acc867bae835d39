"""What is known of short links: found in submissions, and put into them before they are judged."""

from __future__ import annotations

import functools
import hashlib
import re
from collections.abc import Iterable, Sequence
from datetime import timedelta

import polars as pl
import sqlalchemy as sa

from portreeve.links.extract import extract
from portreeve.schemas.screening import Submission
from portreeve.service.bulk import fetch_in
from portreeve.service.context import Context
from portreeve.service.leads import HIDING, LedSubmission
from portreeve.signals.goods_table import load_table
from portreeve.store.tables.links import followed_links

MOST = 5
"""Links of one item that are followed, so that no post sends us to hundreds of places."""
FRESH = timedelta(days=1)
"""How long an answer is good: whoever shortened a link may change where it leads."""
_F = followed_links.c


class LinkFacts:
    """Reads what is known of short links."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._key = context.vault.derived("addresses of short links")

    def digest(self, url: str) -> str:
        """What an address is kept under; without the master key it tells nothing."""
        return hashlib.blake2b(url.encode(), digest_size=16, key=self._key).hexdigest()

    @staticmethod
    def hidden(submissions: Sequence[Submission]) -> list[list[str]]:
        """The short links that each submission shows, in normal form."""
        texts = ["\n".join(filter(None, (s.text, s.picture_text))) for s in submissions]
        links = [[*s.links, *s.codes] for s in submissions]
        found: list[dict[str, None]] = [{} for _ in submissions]
        for link in extract(
            pl.Series("text", texts, dtype=pl.String),
            pl.Series("links", links, dtype=pl.List(pl.String)),
        ):
            if link.host_class == HIDING and link.url and len(found[link.row]) < MOST:
                found[link.row][link.url] = None
        return [list(urls) for urls in found]

    def leads(self, urls: Iterable[str], *, fresh: bool = False) -> dict[str, str | None]:
        """Where links lead, of those that were followed; ``fresh``: not long ago."""
        named = {self.digest(url): url for url in urls}
        if not named:
            return {}
        wanted = sa.select(_F.digest, _F.leads)
        if fresh:
            wanted = wanted.where(_F.followed > self._context.now() - FRESH)
        with self._context.database.read() as connection:
            rows = list(fetch_in(connection, wanted, _F.digest, sorted(named)))
        return {named[row["digest"]]: row["leads"] for row in rows}

    def shown(self, submissions: Sequence[Submission]) -> Sequence[Submission]:
        """Submissions with where their short links lead, as far as that is known.

        A quick look leaves out most; a short link that it overlooks, since its host is disguised,
        is found once the item is decided (see :mod:`portreeve.service.link_following`).
        """
        asked = [at for at, s in enumerate(submissions) if _may_hide(s)]
        if not asked:
            return submissions
        urls = self.hidden([submissions[at] for at in asked])
        known = self.leads({url for each in urls for url in each})
        filled = list(submissions)
        for at, each in zip(asked, urls, strict=True):
            leads = dict.fromkeys(led for url in each if (led := known.get(url)))
            if leads:
                filled[at] = LedSubmission.of(filled[at], list(leads))
        return filled


def _may_hide(s: Submission) -> bool:
    said = (s.text, s.picture_text, *s.links, *s.codes)
    return any(text and _quick().search(text.replace("。", ".")) for text in said)


@functools.cache
def _quick() -> re.Pattern[str]:
    hosts = [host for host, kind in load_table("hosts.yaml")["hosts"].items() if kind == HIDING]
    return re.compile("|".join(map(re.escape, hosts)), re.IGNORECASE)
