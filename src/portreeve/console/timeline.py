"""What happened to an account over time, as HTML and SVG made here: marks and spans in tracks.

As with :mod:`portreeve.console.charts`, colours come from classes and text is never scaled.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta, tzinfo
from typing import Literal, NamedTuple

from markupsafe import Markup

from portreeve.console.words import Language

Fill = Literal["full", "faded", "hollow"]
"""full: it counts; faded: its time is over; hollow: it was taken back."""

_HEIGHT, _MIDDLE = 26, 13
_TICKS = 4
_LEAST_PERCENT = 0.8
"""A span is drawn at least so wide, so that a short one can be seen."""


class Mark(NamedTuple):
    """Something that happened at a moment."""

    at: datetime
    words: str
    fill: Fill = "full"
    style: str = "v-refuse"


class Span(NamedTuple):
    """Something that lasts; without ``ends`` it goes on."""

    begins: datetime
    ends: datetime | None
    words: str
    fill: Fill = "full"
    style: str = "v-hold"


class Track(NamedTuple):
    """One line of the timeline."""

    name: str
    marks: Sequence[Mark] = ()
    spans: Sequence[Span] = ()


def timeline(
    title: str,
    tracks: Sequence[Track],
    *,
    begin: datetime,
    now: datetime,
    language: Language,
    zone: tzinfo,
) -> Markup:
    """Tracks under each other over one axis, from ``begin`` until a little after everything ends.

    What it shows must stand in words beside it: the drawing says only how many there are.
    """
    scale = _Scale.of(tracks, begin, now)
    rows = Markup("").join(
        Markup('<div class="track"><span class="track-name">{}</span>{}</div>').format(
            track.name, _drawn(track, scale, now)
        )
        for track in tracks
    )
    return Markup(
        '<figure class="timeline" role="img" aria-label="{}">{}'
        '<div class="track axis"><span class="track-name"></span>{}</div></figure>'
    ).format(_said(title, tracks, language), rows, _axis(scale, language, zone))


class _Scale(NamedTuple):
    begin: datetime
    end: datetime

    @classmethod
    def of(cls, tracks: Sequence[Track], begin: datetime, now: datetime) -> _Scale:
        """From the first thing to the last, with room on both sides."""
        starts = [mark.at for track in tracks for mark in track.marks]
        starts += [span.begins for track in tracks for span in track.spans]
        ends = [span.ends for track in tracks for span in track.spans if span.ends is not None]
        first, last = min([begin, *starts]), max([now, *ends])
        room = max((last - first) * 0.03, timedelta(hours=6))
        return cls(first - room, last + room)

    @property
    def years(self) -> bool:
        """Whether it is so long that years must be named."""
        return self.end - self.begin > timedelta(days=300)

    def percent(self, time: datetime) -> float:
        """Where a time stands, in percent of the width."""
        return 100 * ((time - self.begin) / (self.end - self.begin))

    def at(self, share: float) -> datetime:
        """The time that stands at a share of the width."""
        return self.begin + (self.end - self.begin) * share


def _drawn(track: Track, scale: _Scale, now: datetime) -> Markup:
    shapes = Markup('<line class="rail-line" x1="0" x2="100%" y1="{0}" y2="{0}"/>').format(_MIDDLE)
    shapes += Markup('<line class="now-line" x1="{0}" x2="{0}" y1="0" y2="{1}"/>').format(
        _percent(scale.percent(now)), _HEIGHT
    )
    for span in track.spans:
        left = scale.percent(span.begins)
        right = 100.0 if span.ends is None else scale.percent(span.ends)
        shapes += Markup(
            '<g class="happened"><title>{}</title>'
            '<rect class="{} {}" x="{}" y="{}" width="{}" height="10" rx="3"/></g>'
        ).format(
            span.words, span.style, span.fill, _percent(left), _MIDDLE - 5,
            _percent(max(right - left, _LEAST_PERCENT)),
        )  # fmt: skip
    for mark in track.marks:
        shapes += Markup(
            '<g class="happened"><title>{}</title>'
            '<circle class="{} {}" cx="{}" cy="{}" r="5.5"/></g>'
        ).format(mark.words, mark.style, mark.fill, _percent(scale.percent(mark.at)), _MIDDLE)
    return Markup('<svg width="100%" height="{}" aria-hidden="true">{}</svg>').format(
        _HEIGHT, shapes
    )


def _axis(scale: _Scale, language: Language, zone: tzinfo) -> Markup:
    texts = Markup("")
    for number in range(_TICKS + 1):
        share = number / _TICKS
        anchor = "start" if number == 0 else "end" if number == _TICKS else "middle"
        texts += Markup('<text class="tick{}" x="{}" y="14" text-anchor="{}">{}</text>').format(
            " fine" if number in (1, 3) else "",
            _percent(100 * share),
            anchor,
            _day(scale.at(share).astimezone(zone), language, year=scale.years),
        )
    return Markup('<svg width="100%" height="18" aria-hidden="true">{}</svg>').format(texts)


def _day(time: datetime, language: Language, *, year: bool) -> str:
    if language == "zh":
        return f"{time.year}年{time.month}月" if year else f"{time.month}月{time.day}日"
    return f"{time:%b %Y}" if year else f"{time.day} {time:%b}"


def _said(title: str, tracks: Sequence[Track], language: Language) -> str:
    counts = [(track.name, len(track.marks) + len(track.spans)) for track in tracks]
    if language == "zh":
        return f"{title}：" + "，".join(f"{name} {count}" for name, count in counts)
    return f"{title}: " + ", ".join(f"{name} {count}" for name, count in counts)


def _percent(value: float) -> str:
    return f"{value:.2f}%"
