"""Search: the decision log by a SQL condition, as a table, over time, and in groups."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import msgspec
from markupsafe import Markup
from msgspec import Meta
from msgspec.structs import replace

from portreeve.console import charts, log_words
from portreeve.console.desk import Desk
from portreeve.console.policy_problems import ZH
from portreeve.console.routes import Pages
from portreeve.console.searching import (
    GROUPS,
    PATH,
    ROWS,
    SPANS,
    Period,
    SearchQuery,
    both,
    comparison,
    period,
    saved_query,
)
from portreeve.console.sent_file import FileReply
from portreeve.console.words import Words
from portreeve.http.call import Reply
from portreeve.model import Verdict
from portreeve.report.words import VERDICTS
from portreeve.schemas.access import Scope
from portreeve.schemas.base import Page
from portreeve.schemas.log import LogExport, LogSearch, LogTimeline, Timeline
from portreeve.schemas.saved_searches import SaveSearch
from portreeve.service.errors import ServiceError
from portreeve.store.log import LOG

pages = Pages("search")

AT_ONCE = 500_000
"""Of more decisions the chart is drawn after the table is shown."""

_SPAN_WORDS = {
    "today": Words("Today", "今天"),
    "7d": Words("7 days", "7 天"),
    "30d": Words("30 days", "30 天"),
    "all": Words("All time", "全部"),
    "dates": Words("From … to", "起止日期"),
}
GROUPED_BY = (
    "verdict", "surface", "rules", "account", "goods_category", "goods_tier", "intent", "stage",
    "network", "policy", "decided_by", "day",
)  # fmt: skip
"""What groups are offered; the address takes any column."""

_KINDS = {
    "decision": Words("The decision", "决定"),
    "signal": Words("Signals", "信号"),
}
_DECISION = (
    "seq", "decision", "item", "revision", "account", "network", "surface", "stage", "decided",
    "verdict", "lawful", "permitted", "rules", "clauses", "promotion", "goods_category",
    "goods_tier", "policy", "supersedes", "decided_by", "day", "undone", "undone_by",
    "superseded_by", "in_force",
)  # fmt: skip
_MEDIA = {"csv": "text/csv; charset=utf-8", "parquet": "application/vnd.apache.parquet"}


class SaveForm(SearchQuery, frozen=True, kw_only=True):
    """A search and the name under which to keep it."""

    name: Annotated[str, Meta(max_length=100)] = ""
    shared: bool = False


class ExportForm(SearchQuery, frozen=True, kw_only=True):
    """A search and the kind of file."""

    format: Literal["csv", "parquet"] = "csv"


class CheckForm(msgspec.Struct, frozen=True, kw_only=True):
    """A condition as it stands in the box."""

    where: str = ""


@dataclass(frozen=True)
class Fault:
    """What is wrong with a condition: the text cut at the place, and the remedy."""

    message: str
    help: str
    before: str
    wrong: str
    after: str
    detail: str | None = None
    """The checker's own words, where ``message`` is a translation."""


@dataclass(frozen=True)
class Found:
    """What a search found; ``error`` where it could not be asked."""

    page: Page[dict[str, Any]] | None = None
    timeline: Timeline | None = None
    later: bool = False
    """The chart is asked for once the table is there."""
    fault: Fault | None = None
    error: ServiceError | None = None


# --- pages --------------------------------------------------------------------------------------


@pages.get(PATH, Scope.log)
def show_search(desk: Desk, query: SearchQuery) -> Reply:
    """The decision log: a condition, its decisions, how many over time and in groups."""
    return _search_page(desk, query, _asked(desk, query))


@pages.get("/console/search/chart", Scope.log)
def show_chart(desk: Desk, query: SearchQuery) -> Reply:
    """The chart of a search over so many decisions that the table is shown before it."""
    found = _asked(desk, query, charted=True)
    return _search_page(desk, query, found)


@pages.get("/console/search/catalog", Scope.log)
def list_catalog(desk: Desk) -> Reply:
    """Columns, values and functions, for completion."""
    policies = desk.service.policies
    in_force = [policies.at(name, desk.now).policy for name in policies.lookup.networks()]
    return desk.json(log_words.catalog(in_force, desk.language))


@pages.post("/console/search/check", Scope.log)
def check_condition(desk: Desk, form: CheckForm) -> Reply:
    """Whether a condition can be asked, while it is written."""
    if not form.where.strip():
        return desk.json({"fault": None})
    try:
        desk.service.log.check(desk.actor, form.where)
    except ServiceError as error:
        return desk.json({"fault": _fault(desk, form.where, error)})
    return desk.json({"fault": None})


@pages.post("/console/search/saved", Scope.log)
def save_search(desk: Desk, form: SaveForm) -> Reply:
    """Keep a search under a name."""
    query = _query(form)
    try:
        _need_name(form)
        saved = desk.service.saved_searches.save(
            desk.actor,
            SaveSearch(name=" ".join(form.name.split()), search=query.words(), shared=form.shared),
        )
    except ServiceError as error:
        if error.code not in ("invalid", "conflict"):
            raise
        return _search_page(desk, query, _asked(desk, query), refused=error)
    return desk.go(
        query.address(), done=Words(f"Saved as “{saved.name}”.", f"已保存为“{saved.name}”。")
    )


@pages.post("/console/search/saved/{id}/remove", Scope.log)
def remove_search(desk: Desk, id: str, form: SearchQuery) -> Reply:
    """Keep a search no longer."""
    desk.service.saved_searches.remove(desk.actor, id)
    return desk.go(form.address(), done=Words("Removed.", "已删除。"))


@pages.post("/console/search/export", Scope.log)
def export_search(desk: Desk, form: ExportForm) -> Reply:
    """The decisions as a file, with the columns shown, or all; the audit log notes it."""
    query = _query(form)
    try:
        span = period(query, desk.now, desk.zone)
        request = LogExport(
            where=query.condition,
            since=span.since,
            until=span.until,
            columns=query.shown if query.columns else None,
        )
        # on the disk of the data, and without a name there: gone when it is sent
        file = tempfile.TemporaryFile(dir=desk.service.context.folder)  # noqa: SIM115
        desk.service.log.export(desk.actor, request, file, form.format)
    except ServiceError as error:
        if desk.part or error.code not in ("invalid", "too-much", "rate-limited"):
            raise
        return _search_page(desk, query, _asked(desk, query), refused=error)
    name = f"decisions-{desk.now:%Y%m%d-%H%M%S}.{form.format}"
    return FileReply.of(file, _MEDIA[form.format], name)


# --- asking -------------------------------------------------------------------------------------


def _asked(desk: Desk, query: SearchQuery, *, charted: bool = False) -> Found:
    """Ask the log. ``charted``: for the chart too, however long that takes."""
    try:
        span = period(query, desk.now, desk.zone)
        asked = LogSearch(
            where=query.condition,
            since=span.since,
            until=span.until,
            order=query.order,
            cursor=query.cursor,
        )
        if query.group:
            wanted = replace(asked, group_by=query.group, limit=GROUPS)
        else:
            needed = _needed(query.shown)
            wanted = replace(asked, columns=needed, limit=ROWS)
        page = desk.service.log.search(desk.actor, wanted)
        if query.cursor is None and not charted:
            charted = desk.service.log.size(desk.actor, span.since, span.until) <= AT_ONCE
            if not charted:
                return Found(page=page, later=True)
        return Found(page=page, timeline=_timeline(desk, query, span))
    except ServiceError as error:
        if error.code not in ("invalid", "too-much", "rate-limited"):
            raise
        if error.field == "where" and query.condition is not None:
            return Found(fault=_fault(desk, query.where or "", error))
        return Found(error=error)


def _timeline(desk: Desk, query: SearchQuery, span: Period) -> Timeline | None:
    """How many over time; on later pages the first page's chart is not drawn again."""
    if query.cursor is not None:
        return None
    asked = LogTimeline(where=query.condition, since=span.since, until=span.until)
    now = None if query.range in ("all", "dates") else desk.now
    return desk.service.log.timeline(desk.actor, asked, desk.zone, now=now)


def _needed(shown: Sequence[str]) -> list[str]:
    """The columns shown, and those that links need."""
    return list(dict.fromkeys([*shown, "decision", "network"]))


def _need_name(form: SaveForm) -> None:
    if not form.name.strip():
        raise ServiceError("invalid", "Give it a name.", zh="请填写名称。", field="name")


def _query(form: SearchQuery) -> SearchQuery:
    """The search that a form holds."""
    return SearchQuery(**{name: getattr(form, name) for name in SearchQuery.__struct_fields__})


def _fault(desk: Desk, where: str, error: ServiceError) -> Fault:
    """Where a condition is wrong, in the reader's language as far as it goes."""
    problems: Any = error.more.get("problems") or [{}]
    problem = problems[0]
    start, end = problem.get("start"), problem.get("end")
    if start is None:
        start = end = len(where)
    message, help, detail = problem.get("message", error.detail), problem.get("help", ""), None
    if desk.language == "zh":
        known = _ZH.get(problem.get("code", ""))
        if suggested := _SUGGESTED.match(help):
            help = f"您是不是想写 {suggested[1]}？"
        elif known:
            help = known[1]
        message, detail = (known[0], message) if known else (message, None)
    return Fault(message, help, where[:start], where[start:end], where[end:], detail)


_SUGGESTED = re.compile(r"^Did you mean `([^`]+)`\?")
_ZH = ZH | {
    "P020": ("条件无法识别", "请写成用 AND 或 OR 连接的比较；引号要成对。"),
    "P021": ("没有这一列", "输入时会提示可用的列。文本要用单引号括起来。"),
}


# --- showing ------------------------------------------------------------------------------------


def _search_page(
    desk: Desk, query: SearchQuery, found: Found, refused: ServiceError | None = None
) -> Reply:
    network = desk.service.context.settings.network
    return desk.page(
        "search/search.html.j2",
        status=422 if found.fault or found.error or refused else 200,
        query=query,
        found=found,
        refused=refused,
        chart=None if found.timeline is None else _chart(desk, query, found.timeline),
        groups=_groups(desk, query, found.page) if query.group and found.page else None,
        saved=[
            (one, saved_query(one.search)) for one in desk.service.saved_searches.list(desk.actor)
        ],
        spans=[(span, _SPAN_WORDS[span]) for span in SPANS],
        kinds=[
            (_KINDS["decision"], [name for name in LOG if name in _DECISION]),
            (_KINDS["signal"], [name for name in LOG if name not in _DECISION]),
        ],
        grouped_by=list(dict.fromkeys([*GROUPED_BY, *(n for n in query.group if n in LOG)])),
        head=lambda name: log_words.head(name, desk.language),
        meaning=lambda name: log_words.meaning(name, desk.language),
        kind=lambda name: LOG[name].type,
        rule_network=network,
        LOG=LOG,
    )


def _chart(desk: Desk, query: SearchQuery, timeline: Timeline) -> Markup:
    by_verdict = {one.value: one.counts for one in timeline.series}
    ends = [*timeline.starts[1:], timeline.end]
    return charts.time_columns(
        desk.t("Decisions over time, by verdict", "决定数随时间的变化，按处理结果"),
        timeline.starts,
        [
            charts.Series(
                desk.t(VERDICTS[verdict].en, VERDICTS[verdict].zh),
                f"v-{verdict.value}",
                by_verdict[verdict.value],
            )
            for verdict in Verdict
            if verdict.value in by_verdict
        ],
        unit=timeline.unit,
        language=desk.language,
        zone=desk.zone,
        height=120,
        links=[
            query.address(
                range="dates",
                start=start.astimezone(desk.zone).strftime("%Y-%m-%dT%H:%M"),
                end=None if end is None else end.astimezone(desk.zone).strftime("%Y-%m-%dT%H:%M"),
            )
            for start, end in zip(timeline.starts, ends, strict=False)
        ],
    )


def _groups(desk: Desk, query: SearchQuery, page: Page[dict[str, Any]]) -> Markup:
    """Bars of the groups; each leads to its decisions."""
    heads = [log_words.head(name, desk.language) for name in query.group if name in LOG]
    rows = []
    for row in page.items:
        narrowed = query
        for name in query.group:
            where = both(narrowed.condition, comparison(name, row[name]))
            narrowed = replace(narrowed, where=where)
        label = " · ".join(_value(desk, name, row[name]) for name in query.group)
        style = f"v-{row['verdict']}" if query.group == ["verdict"] else "s-1"
        rows.append(charts.Bar(label, row["count"], style, narrowed.address(group=[], order=None)))
    return charts.bars(
        desk.t("Decisions by ", "决定数，按") + " · ".join(heads),
        rows,
        heads=(" · ".join(heads), desk.t("decisions", "决定")),
    )


def _value(desk: Desk, name: str, value: Any) -> str:
    """A value in words, where it has some."""
    if value is None:
        return desk.t("none", "无")
    if isinstance(value, bool):
        return desk.t("yes", "是") if value else desk.t("no", "否")
    words = log_words.values(name).get(str(value))
    return str(value) if words is None else desk.t(words.en, words.zh)
