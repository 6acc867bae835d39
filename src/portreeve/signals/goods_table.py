"""The project's table of goods and services for governance."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import resources
from typing import Any

import yaml

from portreeve.model import Tier


@dataclass(frozen=True)
class Goods:
    """One category of goods or services.

    ``tier`` is the default, which a policy's overlay may change; ``shopify`` and ``iab`` are the
    ids it corresponds to in the Shopify Standard Product Taxonomy and the IAB Ad Product Taxonomy.
    """

    id: str
    tier: Tier
    en: str
    zh: str
    shopify: tuple[str, ...] = ()
    iab: tuple[str, ...] = ()
    words: tuple[str, ...] = field(default=(), repr=False)
    weak: tuple[str, ...] = field(default=(), repr=False)
    exceptions: tuple[str, ...] = field(default=(), repr=False)


def load_table(name: str) -> Any:
    """One of the package's data tables, parsed."""
    text = resources.files("portreeve.data").joinpath(name).read_text("utf-8")
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return yaml.load(text, Loader=loader)


@functools.cache
def goods_table() -> Mapping[str, Goods]:
    """All categories by id, in the table's order.

    >>> goods_table()["facial_masks"].zh
    '面膜'
    """
    rows = load_table("goods.yaml")
    return {
        row["id"]: Goods(
            id=row["id"],
            tier=row["tier"],
            en=row["en"],
            zh=row["zh"],
            shopify=tuple(row.get("shopify") or ()),
            iab=tuple(row.get("iab") or ()),
            words=both_languages(row.get("words")),
            weak=both_languages(row.get("weak")),
            exceptions=both_languages(row.get("except")),
        )
        for row in rows
    }


def both_languages(words: Mapping[str, list[str]] | None) -> tuple[str, ...]:
    """The words of a ``{zh: [...], en: [...]}`` entry as one tuple."""
    return tuple(word for listed in (words or {}).values() for word in listed or ())
