"""Sellers as the town knows them first: what they sell, how they write, how they hide.

``--sellers second`` puts :mod:`town.second` in its place; whatever has :class:`Sellers`' three
methods can stand here.
"""

from __future__ import annotations

import itertools
from typing import Protocol

import msgspec

from town.chance import Chance
from town.grammar import Grammar
from town.words import trade

_CIRCLED = str.maketrans("0123456789", "⓪①②③④⑤⑥⑦⑧⑨")
_LETTERS = "abcdefghjkmnpqrstuvwxyz"


class Trade(msgspec.Struct, frozen=True):
    """What somebody sells, and their habits in it."""

    kind: str
    goods: str
    handle: str
    phone: str
    price: int
    disguise: str
    a_day: float
    """Selling posts on a day."""
    recruits: bool


class Said(msgspec.Struct, frozen=True):
    """A post of a seller's, with the truth of it."""

    text: str
    truth: str
    """sale, recruitment, show_off or cure."""


class Sellers(Protocol):
    """A generator of sellers."""

    def trade(self, chance: Chance, *, recruits: bool | None = None) -> Trade:
        """A trade for one who begins."""

    def say(self, chance: Chance, trade: Trade) -> Said:
        """A post that sells."""

    def copy(self, chance: Chance, text: str, upline: Trade, own: Trade) -> str:
        """An upline's post as an agent passes it on."""


class First:
    """The first generator; detectors may be tuned while looking at it."""

    grammar = Grammar(trade.RULES)
    _kinds = tuple(trade.WEIGHTS)
    _weights = tuple(itertools.accumulate(trade.WEIGHTS.values()))

    def trade(self, chance: Chance, *, recruits: bool | None = None) -> Trade:
        """A trade for one who begins."""
        kind = "cosmetics" if recruits else chance.weighed(self._kinds, self._weights)
        goods = chance.pick(trade.GOODS[kind].split("|"))
        handle = _handle(chance)
        return Trade(
            kind=kind,
            goods=goods,
            handle=handle,
            phone=f"1{chance.pick('3578')}000{chance.below(10**6):06d}",
            price=chance.pick((19, 29, 39, 58, 68, 88, 99, 128, 168, 198, 299, 399)),
            disguise=chance.pick(trade.DISGUISES),
            a_day=chance.between(5, 30) / 10,
            recruits=chance.hit(0.25) if recruits is None else recruits,
        )

    def say(self, chance: Chance, trade: Trade) -> Said:
        """A post that sells."""
        rule, truth = "sell", "sale"
        if trade.kind == "part_time":
            rule, truth = "part_time", "recruitment"
        elif trade.kind == "medicine":
            rule, truth = "cure", "cure"
        elif trade.recruits and chance.hit(0.3):
            rule, truth = "recruit", "recruitment"
        elif chance.hit(0.15):
            rule, truth = "show_off", "show_off"
        return Said(self.grammar.say(chance, rule, values(chance, trade, self.grammar)), truth)

    def copy(self, chance: Chance, text: str, upline: Trade, own: Trade) -> str:
        """An upline's post as an agent passes it on: their own handle, a word more or less."""
        text = text.replace(upline.handle, own.handle).replace(upline.phone, own.phone)
        text = text.replace(" ".join(upline.handle), " ".join(own.handle))
        text = text.replace(_circled(upline), _circled(own))
        change = chance.below(5)
        if change == 0:
            text = text.replace("！", "!").replace("，", " ")
        elif change == 1:
            text += self.grammar.say(chance, "spark")
        elif change == 2:
            text = self.grammar.say(chance, "call") + "，" + text
        elif change == 3:
            upline_words = self.grammar.say(chance, "uplift", {"upline": "老大"})
            text = f"{text} {upline_words}".strip()
        return text


def values(chance: Chance, trade: Trade, grammar: Grammar) -> dict[str, str]:
    """The words of one seller, for one post."""
    words = {
        "goods": trade.goods,
        "price": str(trade.price),
        "price2": str(trade.price * 2 - trade.price // 5),
        "handle": trade.handle,
        "phone": trade.phone,
        "spaced": " ".join(trade.handle),
        "circled": _circled(trade),
    }
    rule = "contact" if trade.disguise == "open" else f"contact_{trade.disguise}"
    words["contact"] = grammar.say(chance, rule, words)
    return words


def _circled(trade: Trade) -> str:
    return trade.phone[2:].translate(_CIRCLED)


def _handle(chance: Chance) -> str:
    letters = "".join(chance.pick(_LETTERS) for _ in range(chance.between(3, 5)))
    return f"town_{letters}{chance.between(10, 9999)}"
