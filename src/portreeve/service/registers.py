"""What is known of accounts beside their items: what they are, and which licences they hold here.

What the host says with an item comes first, then what is registered here, then what the host said
of the account.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property

import msgspec
import polars as pl
import sqlalchemy as sa

from portreeve.commerce.licences import Licences, Registered, licence_for, licence_rules
from portreeve.engine import Assessed
from portreeve.model import TIERS, Licence
from portreeve.schemas.screening import Submission
from portreeve.service.bulk import fetch_in
from portreeve.service.context import Context
from portreeve.signals.goods_table import goods_table
from portreeve.store.tables.core import accounts

_REGISTERED = msgspec.json.Decoder(Registered)


@dataclass(frozen=True)
class Registers:
    """What accounts are, as the host said (``told``), and what they are registered as here."""

    rules: Licences
    now: datetime
    told: Mapping[str, str] = field(default_factory=dict)
    registered: Mapping[str, Registered] = field(default_factory=dict)

    @cached_property
    def standings(self) -> dict[str, str]:
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
) -> Registers:
    """From raw rows of ``accounts``: id, standing, registered."""
    told: dict[str, str] = {}
    registered: dict[str, Registered] = {}
    for id, standing, found in rows:
        if standing:
            told[id] = standing
        if found:
            registered[id] = _REGISTERED.decode(found)
    return Registers(licence_rules(context.settings.commerce_folder), now, told, registered)


def registers_of(
    context: Context, connection: sa.Connection, named: Iterable[str], now: datetime
) -> Registers:
    """What is known of some accounts."""
    a = accounts.c
    wanted = sa.select(a.id, a.standing, sa.type_coerce(a.registered, sa.Text).label("registered"))
    rows = fetch_in(connection, wanted, a.id, named)
    return registers(
        context, ((row["id"], row["standing"], row["registered"]) for row in rows), now
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
