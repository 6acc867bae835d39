"""What values a signal can have, beyond its type: the limits the checks reason with."""

from __future__ import annotations

import typing

from portreeve.model import INTENTS, TIERS, Licence, Standing, Surface
from portreeve.signals.catalog import CATALOG, MEMORY_SIGNALS
from portreeve.signals.goods_table import goods_table

LAW = "law."
"""What names of the law layer begin with where the house has the same name."""

_NULL_REASONS: dict[str, tuple[str, str]] = {
    "audience": ("the host did not say who can see it", "宿主没有说明谁能看到"),
    "price_max": ("no amount was named", "没有写金额"),
    "intent": ("promotion is below 0.5", "推广概率低于 0.5"),
    "goods_category": ("no goods were named", "没有写商品"),
    "goods_tier": ("no goods were named", "没有写商品"),
}
_NULL_REASONS |= {
    "unread_pictures": ("nobody here reads its pictures", "没有在这里读取图片"),
    "known_pictures": ("no bank of known pictures is at hand", "没有可用的已知图片库"),
}
_NULL_REASONS |= dict.fromkeys(
    MEMORY_SIGNALS, ("no memory is at hand for it", "没有可用的记忆数据")
)
_NOT_COUNTED = (
    "it cannot be counted: no memory is at hand, or the item has nothing to count by",
    "无法计数：没有可用的记忆数据，或者内容没有可计数的对象",
)
_NO_TEXT = ("the item has no text", "没有文字")
_UNMEASURED = ("it was not measured", "没有测量")


def from_model(name: str) -> bool:
    """Whether a signal is a score of the model, which is NULL when the item has no text."""
    return name in CATALOG and CATALOG[name].group == "model"


def from_memory(name: str) -> bool:
    """Whether it is a signal of memory, which is NULL where no memory is at hand."""
    return name in CATALOG and CATALOG[name].group == "memory"


def nullable(name: str) -> bool:
    """Whether a signal may be NULL in ordinary use."""
    return name.removeprefix(LAW) in _NULL_REASONS or from_model(name)


def null_reason(name: str, *, counter: bool = False) -> tuple[str, str]:
    """What it means that a signal (or a counter) is NULL, in English and Chinese.

    >>> null_reason("price_max")[0]
    'no amount was named'
    """
    if counter:
        return _NOT_COUNTED
    missing = _NO_TEXT if from_model(name) else _UNMEASURED
    return _NULL_REASONS.get(name.removeprefix(LAW), missing)


def names(name: str) -> tuple[str, ...] | None:
    """All values of a text signal, or None when they are not known beforehand."""
    if name == "goods_category":
        return tuple(goods_table())
    return {
        "surface": tuple(s.value for s in Surface),
        "standing": typing.get_args(Standing),
        "licence": typing.get_args(Licence),
        "intent": INTENTS,
        "goods_tier": TIERS,
    }.get(name.removeprefix(LAW))


def limits(name: str) -> tuple[float, float]:
    """The smallest and largest value of a numeric signal; a counter is 0 or more.

    >>> limits("promotion")
    (0.0, 1.0)
    """
    signal = CATALOG.get(name)
    if signal is not None and signal.unit in ("probability", "0 to 1"):
        return 0.0, 1.0
    return 0.0, float("inf")
