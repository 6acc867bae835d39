"""From word lists and families to the patterns of the matcher.

A word may name families in angle brackets: ``<微><信>`` stands for 微信 and for every spelling made
of the families' members. Members are *known* (unambiguous) or *possible* (they say nothing unless
a handle or an amount stands with them).
"""

from __future__ import annotations

import functools
import itertools
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from portreeve.signals.compiled import cached_arrays
from portreeve.signals.fold import fold
from portreeve.signals.goods_table import Goods, both_languages, goods_table, load_table
from portreeve.signals.matcher import Pattern, Trie, build
from portreeve.signals.spans import CONTACT_KINDS, MONEY_KINDS

_MOST_SPELLINGS = 4000
_PIECE = re.compile(r"<([^<>]+)>|([^<>]+)")
NAMING, SUGGESTING = 2, 1
GRAVEST = 2.0


@dataclass(frozen=True)
class _Spelling:
    symbols: str
    variant: bool = False
    needs_handle: bool = False


@dataclass(frozen=True)
class Lexicon:
    """The compiled lexicon.

    ``classes``: class ids, by bit; ``trie``: its patterns; ``contact_kind`` and
    ``money_kind``: int32 per pattern, the kind it stands for or -1; ``adds``: uint8 per pattern,
    whether it is a verb of adding; ``goods``: category ids, by index; ``severity``: float32 per
    category, by its default tier.
    """

    classes: tuple[str, ...]
    trie: Trie
    contact_kind: NDArray[np.int32]
    money_kind: NDArray[np.int32]
    adds: NDArray[np.uint8]
    goods: tuple[str, ...]
    severity: NDArray[np.float32]

    def bit(self, *classes: str) -> int:
        """The bit set of some classes."""
        return sum(1 << self.classes.index(name) for name in classes)


@functools.cache
def lexicon() -> Lexicon:
    """The shipped lexicon, compiled once and kept in the cache folder."""
    words = load_table("lexicon.yaml")
    classes = tuple(words)
    table = goods_table()
    arrays = cached_arrays("lexicon", lambda: _compile(words, table))
    trie = Trie(**{name: arrays[name] for name in Trie.__dataclass_fields__})
    return Lexicon(
        classes=classes,
        trie=trie,
        contact_kind=_kind_of(trie.classes, classes, "contact", CONTACT_KINDS),
        money_kind=_kind_of(trie.classes, classes, "money", MONEY_KINDS),
        adds=(trie.classes >> classes.index("contact.add") & 1).astype(np.uint8),
        goods=tuple(table),
        severity=np.array([_SEVERITY[row.tier] for row in table.values()], dtype=np.float32),
    )


_SEVERITY = {"white": 1.0, "grey": 1.0, "grey-strict": 1.5, "black": GRAVEST}
"""Of several kinds of goods in a post the graver one counts, unless another is named more often."""


def _compile(
    words: Mapping[str, Mapping[str, list[str]]], table: Mapping[str, Goods]
) -> dict[str, NDArray[np.generic]]:
    trie = build(list(_patterns(words, table)))
    return {name: getattr(trie, name) for name in Trie.__dataclass_fields__}


def _patterns(
    words: Mapping[str, Mapping[str, list[str]]], table: Mapping[str, Goods]
) -> Iterable[Pattern]:
    families = load_table("families.yaml")
    merged: dict[str, Pattern] = {}
    for bit, entry in enumerate(words.values()):
        for spelling in _spellings(both_languages(_languages(entry)), families):
            _merge(merged, spelling, classes=1 << bit)
        for spelling in _spellings(both_languages(entry.get("except")), families):  # type: ignore[arg-type]
            _merge(merged, spelling)
    for index, goods in enumerate(table.values()):
        for spelling in _spellings(goods.words, families):
            _merge(merged, spelling, goods=index, weight=NAMING)
        for spelling in _spellings(goods.weak, families):
            _merge(merged, spelling, goods=index, weight=SUGGESTING)
        for spelling in _spellings(goods.exceptions, families):
            _merge(merged, spelling)
    return merged.values()


def _languages(entry: Mapping[str, list[str]]) -> dict[str, list[str]]:
    return {language: entry.get(language) or [] for language in ("zh", "en")}


def _merge(
    merged: dict[str, Pattern],
    spelling: _Spelling,
    classes: int = 0,
    goods: int = -1,
    weight: int = 0,
) -> None:
    """Add a spelling to those known; a word of several lists tells all of them."""
    known = merged.get(spelling.symbols)
    if known is None:
        merged[spelling.symbols] = Pattern(
            spelling.symbols, classes, goods, weight, spelling.variant, spelling.needs_handle
        )
        return
    if known.needs_handle and not spelling.needs_handle:
        # a plain word of its own outweighs a disguised spelling of another
        merged[spelling.symbols] = Pattern(
            spelling.symbols, classes, goods, weight, spelling.variant, False
        )
    elif spelling.needs_handle == known.needs_handle:
        merged[spelling.symbols] = Pattern(
            spelling.symbols,
            known.classes | classes,
            known.goods if known.goods >= 0 else goods,
            known.weight if known.goods >= 0 else weight,
            known.variant and spelling.variant,
            known.needs_handle,
        )


def _spellings(words: Iterable[str], families: Mapping[str, object]) -> Iterator[_Spelling]:
    for word in words:
        if "<" in word:
            yield from _family_spellings(word, families)
        elif symbols := match_form(word):
            yield _Spelling(symbols)


def _family_spellings(word: str, families: Mapping[str, object]) -> Iterator[_Spelling]:
    """Every spelling of a word with families: (members, and whether each is plain or known)."""
    members: Mapping[str, Mapping[str, list[str]]] = families["families"]  # type: ignore[assignment]
    composed: Mapping[str, Mapping[str, list[str]]] = families.get("composed") or {}  # type: ignore[assignment]
    slots: list[list[tuple[str, int]]] = []
    for name, literal in _PIECE.findall(word):
        if literal:
            slots.append([(literal, 0)])
            continue
        family = members[name]
        slots.append(
            [(name, 0)]
            + [(member, 1) for member in family.get("known") or ()]
            + [(member, 2) for member in family.get("possible") or ()]
        )
    known = {match_form(text) for text in (composed.get(word) or {}).get("known") or ()}
    seen: set[str] = set()
    for count, parts in enumerate(itertools.product(*slots)):
        if count >= _MOST_SPELLINGS:
            raise ValueError(f"the word {word!r} has more than {_MOST_SPELLINGS} spellings")
        symbols = match_form("".join(text for text, _ in parts))
        certainty = max(level for _, level in parts)
        if not symbols or symbols in seen:
            continue
        seen.add(symbols)
        plain = certainty == 0
        needs_handle = symbols not in known and (
            certainty == 2 or (certainty == 1 and word in composed)
        )
        yield _Spelling(symbols, variant=not plain, needs_handle=needs_handle)
    for symbols in sorted(known - seen):
        yield _Spelling(symbols, variant=True)


def match_form(word: str) -> str:
    """A word as the matcher meets it: folded, without blanks beside Chinese characters.

    >>> match_form("Work-from home"), match_form("加 微信"), match_form("+V")
    ('work from home', '加微信', '+v')
    """
    text = fold(word).strip()
    text = re.sub(r"(?<=[a-z0-9])[^a-z0-9\u3400-\u9fff]+(?=[a-z0-9])", " ", text)
    return re.sub(r"\s*([^a-z0-9 ])\s*", r"\1", text)


def _kind_of(
    pattern_classes: NDArray[np.int64],
    classes: tuple[str, ...],
    prefix: str,
    kinds: tuple[str, ...],
) -> NDArray[np.int32]:
    found = np.full(pattern_classes.size, -1, dtype=np.int32)
    for index, kind in reversed(list(enumerate(kinds))):
        if f"{prefix}.{kind}" in classes:
            bit = classes.index(f"{prefix}.{kind}")
            found[(pattern_classes >> bit & 1).astype(bool)] = index
    return found
