"""Words, numbers and times as a person reads them: their language, their time zone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from markupsafe import Markup

from portreeve.policy import Words
from portreeve.report.words import percent

__all__ = [
    "LANGUAGES", "Language", "Words", "absolute", "accepted", "number", "percent", "relative",
    "span", "time_tag", "zone",
]  # fmt: skip

Language = Literal["en", "zh"]
LANGUAGES: dict[Language, str] = {"en": "English", "zh": "中文"}


def accepted(header: bytes) -> Language:
    """The language that a browser asks for: Chinese if it comes before English, else English.

    >>> accepted(b"zh-CN,zh;q=0.9,en;q=0.8"), accepted(b"de,en;q=0.5,zh;q=0.3"), accepted(b"")
    ('zh', 'en', 'en')
    """
    weighted = []
    for place, part in enumerate(header.decode("latin-1").lower().split(",")):
        name, _, weight = part.strip().partition(";q=")
        weighted.append((-_weight(weight), place, name))
    for _, _, name in sorted(weighted):
        if name.startswith("zh"):
            return "zh"
        if name.startswith("en"):
            return "en"
    return "en"


def _weight(text: str) -> float:
    try:
        return float(text) if text else 1.0
    except ValueError:
        return 0.0


def zone(name: str | None) -> ZoneInfo:
    """A time zone by its name; UTC where there is none of that name."""
    try:
        return ZoneInfo(name or "UTC")
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return ZoneInfo("UTC")


def number(value: float) -> str:
    """A number with its thousands apart.

    >>> number(1234567), number(0.5)
    ('1,234,567', '0.5')
    """
    return f"{value:,}"


def absolute(moment: datetime, zone: ZoneInfo, *, seconds: bool = False) -> str:
    """A moment in a zone, with the zone's offset where it is not UTC.

    >>> absolute(datetime(2026, 11, 27, 1, 2, tzinfo=UTC), ZoneInfo("Asia/Shanghai"))
    '2026-11-27 09:02 +08:00'
    >>> absolute(datetime(2026, 11, 27, 1, 2, tzinfo=UTC), ZoneInfo("UTC"))
    '2026-11-27 01:02 UTC'
    """
    local = moment.astimezone(zone)
    offset = local.utcoffset() or timedelta()
    shown = local.strftime("%Y-%m-%d %H:%M:%S" if seconds else "%Y-%m-%d %H:%M")
    return f"{shown} {_offset(offset) if offset else 'UTC'}"


def _offset(offset: timedelta) -> str:
    minutes = round(offset.total_seconds() / 60)
    sign = "-" if minutes < 0 else "+"
    return f"{sign}{abs(minutes) // 60:02d}:{abs(minutes) % 60:02d}"


def relative(moment: datetime, now: datetime, language: Language) -> str:
    """How long ago, or in how long, in one unit.

    >>> now = datetime(2026, 11, 27, 12, 0, tzinfo=UTC)
    >>> relative(now - timedelta(minutes=3), now, "en")
    '3 min ago'
    >>> relative(now + timedelta(days=2), now, "zh")
    '2 天后'
    """
    seconds = (now - moment).total_seconds()
    size = abs(seconds)
    if size < 1:
        return "now" if language == "en" else "刚刚"
    told = span(size, language)
    if language == "en":
        return f"{told} ago" if seconds > 0 else f"in {told}"
    return f"{told}前" if seconds > 0 else f"{told}后"


_EN = {"s": "s", "m": "min", "h": "h", "d": "d", "mo": "months", "y": "years"}
_ZH = {"s": "秒", "m": "分钟", "h": "小时", "d": "天", "mo": "个月", "y": "年"}


def span(seconds: float, language: Language) -> str:
    """A length of time in one unit.

    >>> span(190, "en"), span(5_400, "zh"), span(200 * 86_400, "en")
    ('3 min', '1 小时', '6 months')
    """
    unit, size = next(
        (
            (unit, size)
            for unit, size in (
                ("y", 365 * 86_400), ("mo", 30 * 86_400), ("d", 86_400), ("h", 3_600), ("m", 60),
            )
            if seconds >= (2 if unit in ("mo", "y") else 1) * size
        ),
        ("s", 1),
    )  # fmt: skip
    return f"{int(seconds // size)} {(_EN if language == 'en' else _ZH)[unit]}"


def time_tag(moment: datetime, text: str, title: str) -> Markup:
    """A moment as HTML that programs can read too."""
    return Markup('<time datetime="{}" title="{}">{}</time>').format(
        moment.astimezone(UTC).isoformat(timespec="seconds"), title, text
    )
