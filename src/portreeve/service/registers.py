"""What is known of accounts beside their items: what they are, and which licences they hold here.

What the host says with an item comes first, then what is registered here, then what the host said
of the account. Whether it is a member of the campus that an item is for tells the proof that was
shown here, where there is one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property

import msgspec
import polars as pl
import sqlalchemy as sa

from portreeve.commerce.enrolment import Enrolment, campus_of
from portreeve.commerce.licences import Licences, Registered, licence_for, licence_rules
from portreeve.engine import Assessed
from portreeve.model import TIERS, Licence
from portreeve.schemas.screening import Submission
from portreeve.service.bulk import fetch_in
from portreeve.service.context import Context
from portreeve.signals.goods_table import goods_table
from portreeve.store import moment
from portreeve.store.rows import rows_by_key
from portreeve.store.tables.core import accounts
from portreeve.store.tables.trade import enrolments

_REGISTERED = msgspec.json.Decoder(Registered)
_ENROLLED = ("account", "result", "campus", "expires")
_MERCHANTS = ("merchant", "verified_merchant")


@dataclass(frozen=True)
class Registers:
    """What accounts are, as the host said (``told``), and what they are registered as here.

    ``enrolled``: what proofs of enrolment showed, of accounts whose items are for one campus.
    """

    rules: Licences
    now: datetime
    told: Mapping[str, str] = field(default_factory=dict)
    registered: Mapping[str, Registered] = field(default_factory=dict)
    enrolled: Mapping[str, Enrolment] = field(default_factory=dict)

    def standing(self, submission: Submission) -> str:
        """What the account of an item is."""
        if submission.standing is not None:
            return submission.standing
        known = self._standings.get(submission.account or "", "person")
        shown = self.enrolled.get(submission.account or "")
        campus = campus_of(submission.audience)
        if shown is None or campus is None or known in _MERCHANTS:
            return known
        return "campus_member" if shown.is_member(campus, self.now) else "person"

    @cached_property
    def _standings(self) -> dict[str, str]:
        """What each account is, for items that do not say."""
        here = {account: found.standing(self.now) for account, found in self.registered.items()}
        return {**self.told, **here}

    def licence(self, account: str | None, category: str | None) -> Licence:
        """Whether an account holds a licence for goods of a category here, and a verified one."""
        found = self.registered.get(account or "")
        return licence_for(self.rules, category, found.licences if found else (), self.now)

    def completed(self, assessed: Assessed, given: Sequence[Submission]) -> Assessed:
        """What was measured, with what is known beside the words.

        The goods that an account declares count where its words name none, or goods of a milder
        tier: nobody talks themselves out of a stricter one.
        """
        if not self.registered and not any(s.category for s in given):
            return assessed
        seen = assessed.facts["goods_category"].to_list()
        goods = [stricter(s.category, found) for s, found in zip(given, seen, strict=True)]
        licences = [
            s.licence or self.licence(s.account, category)
            for s, category in zip(given, goods, strict=True)
        ]
        facts = assessed.facts.with_columns(
            pl.Series("goods_category", goods, dtype=pl.String),
            pl.Series("licence", licences, dtype=pl.String),
        )
        return replace(assessed, facts=facts)


def registers(
    context: Context,
    rows: Iterable[tuple[str, str | None, str | None]],
    now: datetime,
    enrolled: Mapping[str, Enrolment] | None = None,
) -> Registers:
    """From raw rows of ``accounts``: id, standing, registered; and from :func:`enrolled_of`."""
    told: dict[str, str] = {}
    registered: dict[str, Registered] = {}
    for id, standing, found in rows:
        if standing:
            told[id] = standing
        if found:
            registered[id] = _REGISTERED.decode(found)
    rules = licence_rules(context.settings.commerce_folder)
    return Registers(rules, now, told, registered, enrolled or {})


def enrolled_of(
    connection: sa.Connection, submissions: Iterable[Submission]
) -> dict[str, Enrolment]:
    """What proofs of enrolment showed of the accounts whose items are for one campus."""
    named = {s.account for s in submissions if s.account and campus_of(s.audience) is not None}
    if not named:
        return {}
    rows = rows_by_key(connection, enrolments, _ENROLLED, named)
    return {
        account: Enrolment(result, campus, moment(expires))
        for account, result, campus, expires in map(tuple, rows)
    }


def registers_of(
    context: Context,
    connection: sa.Connection,
    named: Iterable[str],
    now: datetime,
    submissions: Iterable[Submission] = (),
) -> Registers:
    """What is known of some accounts; ``submissions``: and of their campus, where it counts."""
    a = accounts.c
    wanted = sa.select(a.id, a.standing, sa.type_coerce(a.registered, sa.Text).label("registered"))
    rows = fetch_in(connection, wanted, a.id, named)
    return registers(
        context,
        ((row["id"], row["standing"], row["registered"]) for row in rows),
        now,
        enrolled_of(connection, submissions),
    )


def stricter(declared: str | None, seen: str | None) -> str | None:
    """Of two categories the one of the stricter tier in the table of goods; else what is seen.

    >>> stricter("hospitals", "shoes"), stricter("shoes", "hospitals"), stricter("shoes", None)
    ('hospitals', 'hospitals', 'shoes')
    """
    if declared is None or seen is None:
        return declared or seen
    goods = goods_table()
    tiers = {name: TIERS.index(goods[name].tier) for name in (declared, seen)}
    return declared if tiers[declared] > tiers[seen] else seen
