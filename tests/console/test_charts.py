"""Charts: what a browser gets, to the letter."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

from portreeve.console.charts import Bar, Note, Series, bars, matrix, share, time_columns

DAY = datetime.fromisoformat("2014-06-01T00:00:00+08:00")
ZONE = timezone(timedelta(hours=8))


def test_columns_stack_from_the_foot_and_their_text_is_not_scaled():
    chart = time_columns(
        "Decisions",
        [DAY, DAY + timedelta(days=1)],
        [Series("allowed", "v-allow", [30, 0]), Series("held", "v-hold", [10, 5])],
        unit="day",
        language="en",
        zone=ZONE,
        height=100,
    )
    assert str(chart) == (
        '<figure class="chart over-time"><figcaption>Decisions</figcaption>'
        '<ul class="legend" aria-hidden="true">'
        '<li><svg class="swatch" width="10" height="10" aria-hidden="true">'
        '<rect class="v-allow" width="10" height="10" rx="2"/></svg>allowed</li>'
        '<li><svg class="swatch" width="10" height="10" aria-hidden="true">'
        '<rect class="v-hold" width="10" height="10" rx="2"/></svg>held</li></ul>'
        '<div class="plot" role="img" aria-label="Decisions. Sun 1 Jun to Mon 2 Jun: 45 in all, '
        'most at Sun 1 Jun: 40."><svg width="40" height="130">'
        '<text x="36" y="112" text-anchor="end">0</text>'
        '<text x="36" y="87" text-anchor="end">10</text>'
        '<text x="36" y="62" text-anchor="end">20</text>'
        '<text x="36" y="37" text-anchor="end">30</text>'
        '<text x="36" y="12" text-anchor="end">40</text></svg>'
        '<svg class="stretch" width="100%" height="130">'
        '<line class="axis" x1="0" x2="100%" y1="108" y2="108"/>'
        '<line class="grid" x1="0" x2="100%" y1="83" y2="83"/>'
        '<line class="grid" x1="0" x2="100%" y1="58" y2="58"/>'
        '<line class="grid" x1="0" x2="100%" y1="33" y2="33"/>'
        '<line class="grid" x1="0" x2="100%" y1="8" y2="8"/>'
        '<svg y="8" width="100%" height="100" viewBox="0 0 100 100" preserveAspectRatio="none">'
        '<path class="v-allow" d="M4 100v-75h42V100z"/>'
        '<path class="v-hold" d="M4 25v-25h42V25zM54 100v-12.5h42V100z"/>'
        '<g class="column"><title>Sun 1 Jun\nallowed: 30\nheld: 10</title>'
        '<rect x="0" width="50" height="100"/></g>'
        '<g class="column"><title>Mon 2 Jun\nheld: 5</title>'
        '<rect x="50" width="50" height="100"/></g></svg>'
        '<text class="tick" x="25%" y="124" text-anchor="middle">1 Jun</text>'
        '<text class="tick fine" x="75%" y="124" text-anchor="middle">2 Jun</text></svg></div>'
        '<details class="values"><summary>Values as a table</summary>'
        '<div class="scroll" tabindex="0" role="region" aria-label="Decisions">'
        '<table class="table"><thead><tr><th scope="col">Day</th><th scope="col">allowed</th>'
        '<th scope="col">held</th></tr></thead><tbody>'
        '<tr><th scope="row">Sun 1 Jun</th><td class="num">30</td><td class="num">10</td></tr>'
        '<tr><th scope="row">Mon 2 Jun</th><td class="num">0</td><td class="num">5</td></tr>'
        "</tbody></table></div></details></figure>"
    )


def test_a_column_leads_to_what_is_in_it_from_the_table_too():
    chart = time_columns(
        "决定", [DAY], [Series("决定", "s-1", [3])], unit="day", language="zh", zone=ZONE,
        links=["/console/search?day=1&x=2"],
    )  # fmt: skip
    assert '<div class="plot leads" role="img"' in chart
    assert '<a href="/console/search?day=1&amp;x=2">6月1日 周日</a>' in chart
    assert 'aria-label="决定. 6月1日 周日至6月1日 周日，共3；最多的是6月1日 周日，3。"' in chart


def test_nothing_to_show_is_said():
    chart = time_columns("Decisions", [], [], unit="day", language="en")
    assert 'aria-label="Decisions. No data."' in chart


def test_names_are_text_not_markup():
    chart = bars("<b>", [Bar("<i>", 1, href='/x?"')], heads=("<s>", "n"))
    assert "<b>" not in chart
    assert "<i>" not in chart
    assert "<s>" not in chart
    assert '<a href="/x?&#34;">&lt;i&gt;</a>' in chart


def test_a_bar_has_its_interval_drawn_and_said():
    chart = bars(
        "Precision", [Bar("r1", 0.5, "s-2", low=0.25, high=0.75)], heads=("Rule", "Precision"),
        most=1.0,
    )  # fmt: skip
    assert str(chart) == (
        '<table class="bars"><caption>Precision</caption><thead class="hidden"><tr>'
        '<th scope="col">Rule</th><td></td><th scope="col">Precision</th></tr></thead><tbody>'
        '<tr><th scope="row">r1</th><td><svg width="100%" height="16" aria-hidden="true">'
        '<rect class="s-2" x="0" y="3" width="50%" height="10" rx="2"/>'
        '<line class="interval" x1="25%" x2="75%" y1="8" y2="8"/>'
        '<line class="interval" x1="25%" x2="25%" y1="4" y2="12"/>'
        '<line class="interval" x1="75%" x2="75%" y1="4" y2="12"/></svg></td>'
        '<td class="num">0.5 <span class="quiet">0.25–0.75</span></td></tr></tbody></table>'
    )


def test_parts_of_a_whole():
    chart = share(
        "Verdicts", [Bar("held", 1, "v-hold"), Bar("allowed", 3, "v-allow")], language="en"
    )
    assert (
        'aria-label="Verdicts. held: 1 (25.0 %); allowed: 3 (75.0 %)">'
        '<rect class="v-hold" x="0%" y="0" width="25%" height="100%">'
        "<title>held: 1 (25.0 %)</title></rect>"
        '<rect class="v-allow" x="25%" y="0" width="75%" height="100%">'
        "<title>allowed: 3 (75.0 %)</title></rect></svg>"
    ) in chart


def test_what_became_stricter_is_told_from_what_became_milder():
    chart = matrix(
        "Difference", ["allowed", "held"], [[90, 10], [0, 5]], heads=("before", "after"),
        links=[["/a", "/b"], ["/c", "/d"]],
    )  # fmt: skip
    assert (
        '<tr><th scope="row">allowed</th><td class="num same"><a href="/a">90</a></td>'
        '<td class="num stricter h-4"><a href="/b">10</a></td></tr>'
        '<tr><th scope="row">held</th><td class="num none">0</td>'
        '<td class="num same"><a href="/d">5</a></td></tr>'
    ) in chart


def test_what_happened_in_a_column_is_drawn_over_it_and_said():
    chart = time_columns(
        "Goods", [DAY, DAY + timedelta(days=7)], [Series("grey", "t-grey", [2, 3])], unit="week",
        language="en", zone=ZONE, notes=[Note(1, "<alarm>")],
    )  # fmt: skip
    assert 'most at 8 Jun 2014: 3. 8 Jun 2014: &lt;alarm&gt;."' in chart
    assert (
        '<g class="note"><title>8 Jun 2014: &lt;alarm&gt;</title>'
        '<line x1="75%" x2="75%" y1="8" y2="168"/><circle cx="75%" cy="8" r="4"/></g>'
    ) in chart
    assert '<th scope="row">8 Jun 2014 (&lt;alarm&gt;)</th>' in chart
