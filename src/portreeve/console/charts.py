"""Charts as HTML and SVG made here, coloured by classes of the style sheet.

Text in a chart is never scaled: what stretches with the page is given in percent, what must stay
readable in pixels. Every chart says in words what it shows, and carries its values as a table.

``language`` is ``en`` or ``zh``; titles and labels come in that language.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import UTC, datetime, tzinfo
from typing import NamedTuple

from markupsafe import Markup, escape

from portreeve.console.chart_times import Unit, labels
from portreeve.console.words import percent

HEIGHT = 160
"""Pixels between the axis and the highest line of a chart of columns."""

_TOP, _FOOT = 8, 22
_STEP, _GAP, _WIDE = 50, 4, 42
_SHADES = 4


class Series(NamedTuple):
    """One colour of a chart of columns: a value for every column."""

    name: str
    style: str
    """Its CSS class: ``v-hold``, ``t-black``, ``s-1`` ..."""
    values: Sequence[float]


class Note(NamedTuple):
    """Something that happened in one of the columns over time."""

    column: int
    words: str


class Bar(NamedTuple):
    """One bar, or one part of a share."""

    label: str
    value: float
    style: str = "s-1"
    href: str | None = None
    low: float | None = None
    """Where the interval of the value begins; drawn with ``high``."""
    high: float | None = None
    shown: str | None = None
    """The value in words; the number itself when left out."""


def ticks(highest: float, most: int = 4) -> list[float]:
    """Round numbers for an axis from nought to at least ``highest``, in about ``most`` steps.

    >>> ticks(7), ticks(1234), ticks(0.62)
    ([0, 2, 4, 6, 8], [0, 500, 1000, 1500], [0, 0.2, 0.4, 0.6, 0.8])
    >>> ticks(0)
    [0, 1]
    """
    if highest <= 0:
        return [0, 1]
    power = 10.0 ** math.floor(math.log10(highest / most))
    step = next(power * n for n in (1, 2, 5, 10) if power * n * most >= highest * (1 - 1e-9))
    if highest >= 1 and step < 1:
        step = 1.0
    count = math.ceil(highest / step - 1e-9)
    return [_whole(round(step * i, 10)) for i in range(count + 1)]


def compact(value: float, language: str) -> str:
    """A number as short as an axis wants it.

    >>> compact(1500, "en"), compact(2_000_000, "en"), compact(20_000, "zh"), compact(1500, "zh")
    ('1.5k', '2M', '2万', '1,500')
    """
    units = [(1e8, "亿"), (1e4, "万")] if language == "zh" else [(1e9, "B"), (1e6, "M"), (1e3, "k")]
    for size, unit in units:
        if value >= size:
            return f"{value / size:.4g}{unit}"
    return exact(value)


def exact(value: float) -> str:
    """A number as a table shows it.

    >>> exact(1234), exact(0.3333)
    ('1,234', '0.333')
    """
    return f"{value:,.0f}" if float(value).is_integer() else f"{value:,.3g}"


def time_columns(
    title: str,
    starts: Sequence[datetime],
    series: Sequence[Series],
    *,
    unit: Unit,
    language: str,
    zone: tzinfo = UTC,
    links: Sequence[str] | None = None,
    notes: Sequence[Note] = (),
    height: int = HEIGHT,
) -> Markup:
    """Columns over time, the first series at the foot.

    ``starts``: where the columns begin, one ``unit`` apart. ``links``: an address for every
    column, to see what is in it; the table has them as links. ``notes`` are drawn as lines over
    their columns, and said in words with them.
    """
    times = labels([start.astimezone(zone) for start in starts], unit, language)
    totals = [sum(one.values[i] for one in series) for i in range(len(starts))]
    said = _said_of_times([time.long for time in times], totals, language)
    said += "".join(_said_of_note(note, times[note.column].long, language) for note in notes)
    scale = ticks(max(totals, default=0))
    names = [
        _tick(time.short, 100 * (i + 0.5) / len(times), height, coarse=time.coarse)
        for i, time in enumerate(times)
        if time.short
    ]
    said_of = [
        _lines(time.long, [(one.name, one.values[i]) for one in series])
        for i, time in enumerate(times)
    ]
    drawn = _stacks(series, said_of, height, scale[-1])
    drawn += "".join(_noted(note, times[note.column].long, len(times), height) for note in notes)
    noted = {note.column: note.words for note in notes}
    return _figure(
        "over-time",
        title,
        _legend([(one.name, one.style) for one in series]) if len(series) > 1 else Markup(""),
        _plot(
            f"{title}. {said}", scale, height, drawn, "".join(names), language, leads=bool(links)
        ),
        _table(
            title,
            [_NAMES[unit][language == "zh"], *(one.name for one in series)],
            [
                [_linked(_with_note(time.long, noted.get(i)), links[i] if links else None)]
                + [exact(one.values[i]) for one in series]
                for i, time in enumerate(times)
            ],
            language,
        ),
    )


def bars(
    title: str,
    rows: Sequence[Bar],
    *,
    heads: tuple[str, str],
    most: float | None = None,
    caption: bool = True,
) -> Markup:
    """Horizontal bars with their values, as the table that they are.

    ``heads``: what the labels are, and what the values are. ``most``: the value of a full bar; the
    greatest one when left out. An interval is drawn as a line over its bar, and said in numbers.
    """
    whole = most or max((max(row.value, row.high or 0) for row in rows), default=0) or 1
    drawn = Markup("").join(_bar(row, whole) for row in rows)
    return Markup(
        '<table class="bars"><caption{}>{}</caption><thead class="hidden"><tr>'
        '<th scope="col">{}</th><td></td><th scope="col">{}</th></tr></thead>'
        "<tbody>{}</tbody></table>"
    ).format(Markup("") if caption else Markup(' class="hidden"'), title, *heads, drawn)


def share(title: str, parts: Sequence[Bar], *, language: str) -> Markup:
    """Parts of a whole side by side in one bar, and what each is beneath it."""
    whole = sum(part.value for part in parts)
    drawn, items, said, x = Markup(""), Markup(""), [], 0.0
    for part in parts:
        width = 100 * part.value / whole if whole else 0.0
        words = f"{part.label}: {part.shown or exact(part.value)} ({percent(width / 100)})"
        said.append(words)
        if width:
            drawn += Markup(
                '<rect class="{}" x="{}" y="0" width="{}" height="100%"><title>{}</title></rect>'
            ).format(part.style, _percent(x), _percent(width), words)
        items += _PART.format(
            _swatch(part.style), _linked(part.label, part.href),
            part.shown or exact(part.value), percent(width / 100),
        )  # fmt: skip
        x += width
    ending = "；" if language == "zh" else "; "
    return Markup(
        '<figure class="chart share"><figcaption>{}</figcaption>'
        '<svg class="share-bar" role="img" width="100%" height="18" aria-label="{}">{}</svg>'
        '<ul class="legend">{}</ul></figure>'
    ).format(title, f"{title}. {ending.join(said)}", drawn, items)


def sparkline(title: str, values: Sequence[float], *, style: str = "s-1") -> Markup:
    """A line as small as a word, for a cell of a table; the title says what it is.

    >>> print(sparkline("Hits a day", [0, 2, 1]))
    <svg class="sparkline" role="img" width="96" height="20" viewBox="0 0 100 20"
    preserveAspectRatio="none" aria-label="Hits a day: 0, 2, 1"><polyline class="line s-1"
    points="0,19 50,1 100,10"/></svg>
    """
    most = max(values, default=0) or 1
    step = 100 / max(len(values) - 1, 1)
    points = " ".join(
        f"{_whole(round(i * step, 1))},{_whole(round(19 - 18 * value / most, 1))}"
        for i, value in enumerate(values)
    )
    return Markup(
        '<svg class="sparkline" role="img" width="96" height="20" viewBox="0 0 100 20"'
        ' preserveAspectRatio="none" aria-label="{}"><polyline class="line {}" points="{}"/></svg>'
    ).format(f"{title}: {', '.join(exact(value) for value in values)}", style, points)


def matrix(
    title: str,
    names: Sequence[str],
    values: Sequence[Sequence[int]],
    *,
    heads: tuple[str, str],
    links: Sequence[Sequence[str | None]] | None = None,
) -> Markup:
    """How many went from each of ``names`` (rows) to each of them (columns), milder ones first.

    ``heads``: what the rows are and what the columns are. What became stricter, what became milder
    and what stayed have colours of their own; the more, the stronger.
    """
    most = max((n for r, row in enumerate(values) for c, n in enumerate(row) if r != c), default=0)
    columns = Markup("").join(Markup('<th scope="col">{}</th>').format(name) for name in names)
    body = Markup("")
    for r, name in enumerate(names):
        cells = Markup("").join(
            Markup('<td class="num {}">{}</td>').format(
                _heat(r, c, count, most),
                _linked(exact(count), links[r][c] if links and count else None),
            )
            for c, count in enumerate(values[r])
        )
        body += Markup('<tr><th scope="row">{}</th>{}</tr>').format(name, cells)
    return Markup(
        '<div class="scroll" tabindex="0" role="region" aria-label="{}"><table class="matrix">'
        "<caption>{}</caption><thead><tr><td>{} → {}</td>{}</tr></thead>"
        "<tbody>{}</tbody></table></div>"
    ).format(title, title, *heads, columns, body)


def _stacks(series: Sequence[Series], titles: Sequence[str], height: int, most: float) -> str:
    """The columns, in a frame of their own that is stretched: there is no text in it.

    All of a series is one path; what can be pointed at lies over it.
    """
    feet = [float(height)] * len(titles)
    paths = ""
    for one in series:
        drawn = ""
        for i, value in enumerate(one.values):
            if value > 0:
                size = max(1.0, height * value / most)
                foot = _short(feet[i])
                drawn += f"M{i * _STEP + _GAP} {foot}v-{_short(size)}h{_WIDE}V{foot}z"
                feet[i] -= size
        if drawn:
            paths += f'<path class="{one.style}" d="{drawn}"/>'
    points = "".join(
        f'<g class="column"><title>{escape(title)}</title>'
        f'<rect x="{i * _STEP}" width="{_STEP}" height="{height}"/></g>'
        for i, title in enumerate(titles)
    )
    frame = f'y="{_TOP}" width="100%" height="{height}"'
    box = f'viewBox="0 0 {max(len(titles), 1) * _STEP} {height}" preserveAspectRatio="none"'
    return f"<svg {frame} {box}>{paths}{points}</svg>"


def _noted(note: Note, time: str, columns: int, height: int) -> str:
    """A line over the middle of a column, with a head that can be pointed at."""
    at, foot = _percent(100 * (note.column + 0.5) / columns), _TOP + height
    return (
        f'<g class="note"><title>{escape(f"{time}: {note.words}")}</title>'
        f'<line x1="{at}" x2="{at}" y1="{_TOP}" y2="{foot}"/>'
        f'<circle cx="{at}" cy="{_TOP}" r="4"/></g>'
    )


def _with_note(time: str, note: str | None) -> str:
    return time if note is None else f"{time} ({note})"


def _short(value: float) -> str:
    """A length to a tenth of a pixel."""
    return f"{value:.1f}".removesuffix(".0")


def _tick(text: str, at: float, height: int, *, coarse: bool) -> str:
    anchor = "start" if at < 4 else "end" if at > 96 else "middle"
    place = f'x="{_percent(at)}" y="{_TOP + height + 16}" text-anchor="{anchor}"'
    return f'<text class="tick{"" if coarse else " fine"}" {place}>{escape(text)}</text>'


def _plot(
    said: str,
    scale: Sequence[float],
    height: int,
    drawn: str,
    ticks: str,
    language: str,
    *,
    leads: bool,
) -> Markup:
    """The axis of values beside the columns, which take the width that is left.

    ``leads``: a column leads where its row in the table of values does.
    """
    names, grid = Markup(""), Markup("")
    for value in scale:
        y = _whole(round(_TOP + height * (1 - value / scale[-1]), 1))
        names += Markup('<text x="36" y="{}" text-anchor="end">{}</text>').format(
            y + 4, compact(value, language)
        )
        grid += Markup('<line class="{}" x1="0" x2="100%" y1="{}" y2="{}"/>').format(
            "grid" if value else "axis", y, y
        )
    size = height + _TOP + _FOOT
    return Markup(
        '<div class="plot{}" role="img" aria-label="{}"><svg width="40" height="{}">{}</svg>'
        '<svg class="stretch" width="100%" height="{}">{}{}{}</svg></div>'
    ).format(" leads" if leads else "", said, size, names, size, grid, Markup(drawn), Markup(ticks))


def _bar(row: Bar, whole: float) -> Markup:
    drawn = Markup('<rect class="{}" x="0" y="3" width="{}" height="10" rx="2"/>').format(
        row.style, _percent(100 * max(row.value, 0) / whole)
    )
    between = Markup("")
    if row.low is not None and row.high is not None:
        low, high = _percent(100 * row.low / whole), _percent(100 * row.high / whole)
        drawn += Markup(
            '<line class="interval" x1="{}" x2="{}" y1="8" y2="8"/>'
            '<line class="interval" x1="{}" x2="{}" y1="4" y2="12"/>'
            '<line class="interval" x1="{}" x2="{}" y1="4" y2="12"/>'
        ).format(low, high, low, low, high, high)
        between = Markup(' <span class="quiet">{}–{}</span>').format(
            exact(row.low), exact(row.high)
        )
    return Markup(
        '<tr><th scope="row">{}</th><td><svg width="100%" height="16" aria-hidden="true">{}</svg>'
        '</td><td class="num">{}{}</td></tr>'
    ).format(_linked(row.label, row.href), drawn, row.shown or exact(row.value), between)


def _figure(style: str, title: str, legend: Markup, plot: Markup, table: Markup) -> Markup:
    return Markup('<figure class="chart {}"><figcaption>{}</figcaption>{}{}{}</figure>').format(
        style, title, legend, plot, table
    )


def _legend(entries: Sequence[tuple[str, str]]) -> Markup:
    items = Markup("").join(
        Markup("<li>{}{}</li>").format(_swatch(style), name) for name, style in entries
    )
    return Markup('<ul class="legend" aria-hidden="true">{}</ul>').format(items)


def _swatch(style: str) -> Markup:
    return Markup(
        '<svg class="swatch" width="10" height="10" aria-hidden="true">'
        '<rect class="{}" width="10" height="10" rx="2"/></svg>'
    ).format(style)


def _table(
    title: str, heads: Sequence[str], rows: Sequence[Sequence[str | Markup]], language: str
) -> Markup:
    """The values of a chart, for whoever cannot see it or wants to know exactly."""
    head = "".join(f'<th scope="col">{escape(name)}</th>' for name in heads)
    body = "".join(
        f'<tr><th scope="row">{escape(row[0])}</th>'
        + "".join(f'<td class="num">{escape(cell)}</td>' for cell in row[1:])
        + "</tr>"
        for row in rows
    )
    return Markup(
        '<details class="values"><summary>{}</summary>'
        '<div class="scroll" tabindex="0" role="region" aria-label="{}"><table class="table">'
        "<thead><tr>{}</tr></thead><tbody>{}</tbody></table></div></details>"
    ).format(
        "数值表" if language == "zh" else "Values as a table", title, Markup(head), Markup(body)
    )


def _linked(label: str, href: str | None) -> Markup:
    if href is None:
        return escape(label)
    return Markup(f'<a href="{escape(href)}">{escape(label)}</a>')


def _heat(row: int, column: int, count: int, most: int) -> str:
    if row == column:
        return "same"
    if not count or not most:
        return "none"
    shade = math.ceil(_SHADES * math.log1p(count) / math.log1p(most))
    return f"{'stricter' if column > row else 'milder'} h-{min(shade, _SHADES)}"


def _said_of_times(names: Sequence[str], totals: Sequence[float], language: str) -> str:
    if not names:
        return "没有数据。" if language == "zh" else "No data."
    whole, highest = sum(totals), max(totals)
    at = names[totals.index(highest)]
    if language == "zh":
        return f"{names[0]}至{names[-1]}，共{exact(whole)}；最多的是{at}，{exact(highest)}。"
    return f"{names[0]} to {names[-1]}: {exact(whole)} in all, most at {at}: {exact(highest)}."


def _said_of_note(note: Note, time: str, language: str) -> str:
    return f"{time}：{note.words}。" if language == "zh" else f" {time}: {note.words}."


def _lines(first: str, values: Sequence[tuple[str, float]]) -> str:
    return "\n".join([first, *(f"{name}: {exact(value)}" for name, value in values if value)])


def _percent(value: float) -> str:
    return f"{_whole(round(value, 3))}%"


def _whole(value: float) -> float:
    """A number without ``.0``."""
    return int(value) if float(value).is_integer() else value


_PART = Markup('<li>{}{} <b class="num">{}</b> <span class="quiet num">{}</span></li>')
_NAMES: dict[Unit, tuple[str, str]] = {
    "minute": ("Time", "时间"),
    "hour": ("Hour", "小时"),
    "day": ("Day", "日期"),
    "week": ("Week from", "周（起始日）"),
    "month": ("Month", "月份"),
}
