"""One rule: how often it holds, how right it is, what it goes with, how it changed; and alarms."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import msgspec
from markupsafe import Markup

from portreeve.console import charts
from portreeve.console.desk import Desk
from portreeve.console.policy_words import HOW, condition, named_by, version_path
from portreeve.console.routes import Pages
from portreeve.console.words import Words, percent
from portreeve.http.call import Reply
from portreeve.policy.sqltext import quoted
from portreeve.report.words import SURFACES, VERDICTS
from portreeve.schemas.access import Scope
from portreeve.schemas.base import Paging
from portreeve.schemas.policies import Acknowledgement
from portreeve.schemas.rule_facts import Measured, RuleQuery, RuleReport
from portreeve.service.errors import ServiceError
from portreeve.service.rule_facts import by_surface, hits_by_step

pages = Pages("rules")

SPANS = (1, 7, 30, 90)
"""Days that can be looked at."""


class AlarmsQuery(msgspec.Struct, frozen=True, kw_only=True):
    """Which alarms."""

    network: str | None = None
    all: bool = False
    cursor: str | None = None


class NoteForm(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody found."""

    note: str = ""
    back: str = "/console/alarms"


@pages.get("/console/rules/{network}/{rule}", Scope.policies_read)
def show_rule(desk: Desk, network: str, rule: str, query: RuleQuery) -> Reply:
    """A rule: its hits over time, its precision, overlap, changes, alarms."""
    return _page(desk, network, rule, query)


@pages.post("/console/rules/{network}/{rule}", Scope.policies_read)
def read_rule_samples(desk: Desk, network: str, rule: str, form: RuleQuery) -> Reply:
    """The newest posts on which a rule held, to be read; the reading is in the audit log."""
    return _page(desk, network, rule, form, read=True)


@pages.get("/console/alarms", Scope.policies_read)
def list_alarms(desk: Desk, query: AlarmsQuery) -> Reply:
    """Rules that suddenly hold more often than before."""
    alarms = desk.service.policies.alarms.page(
        desk.actor,
        query.network,
        Paging(cursor=query.cursor, limit=50),
        is_open=not query.all,
    )
    return desk.page("rules/alarms.html.j2", alarms=alarms, query=query, version_path=version_path)


@pages.post("/console/alarms/{id}", Scope.policies_propose)
def acknowledge_alarm(desk: Desk, id: str, form: NoteForm) -> Reply:
    """Take note of an alarm; the rule is then quiet for a day."""
    acknowledgement = Acknowledgement(note=form.note)
    desk.service.policies.alarms.acknowledge(desk.actor, id, acknowledgement)
    done = Words("Noted. The rule is quiet for a day.", "已处理。该规则一天内不再告警。")
    return desk.go(desk.local(form.back), done)


def _page(desk: Desk, network: str, id: str, query: RuleQuery, *, read: bool = False) -> Reply:
    facts = desk.service.rule_facts
    policy, rule = facts.rule(desk.actor, network, id)
    report = facts.report(desk.actor, network, id, query)
    samples: list[Any] | None = None
    refused = False
    if read:
        try:
            samples = facts.read(desk.actor, network, id)
        except ServiceError as error:
            if error.code != "forbidden":
                raise
            refused = True
    way = policy.ways_out.get(rule.way_out) if rule.way_out else None
    return desk.page(
        "rules/rule.html.j2",
        network=network,
        rule=rule,
        policy=policy,
        way=way,
        report=report,
        query=query,
        spans=SPANS,
        pieces_of=condition(rule.when, named_by(policy)),
        chart=_chart(desk, report, query),
        surfaces=_surfaces(desk, report),
        precision=_precision(desk, report.precision),
        appeals=report.appeals,
        changes=facts.changes(desk.actor, network, id),
        alarms=desk.service.policies.alarms.page(
            desk.actor, network, Paging(limit=20), rule=id
        ).items,
        samples=samples,
        refused=refused,
        search=_search(desk, network, id, query),
        version_path=version_path,
        HOW=HOW,
    )


def _chart(desk: Desk, report: RuleReport, query: RuleQuery) -> Markup:
    step = timedelta(hours=1) if query.days == 1 else timedelta(days=1)
    starts, counted = hits_by_step(report, step)
    series = [
        charts.Series(desk.t(VERDICTS[verdict].en, VERDICTS[verdict].zh), f"v-{verdict}", values)
        for verdict, values in counted.items()
    ]
    return charts.time_columns(
        desk.t("Hits, by what was decided (UTC)", "命中数，按处理结果（UTC）"),
        starts,
        series or [charts.Series(desk.t("hits", "命中"), "s-1", [0] * len(starts))],
        unit="hour" if query.days == 1 else "day",
        language=desk.language,
    )


def _surfaces(desk: Desk, report: RuleReport) -> Markup:
    rows = [
        charts.Bar(desk.t(SURFACES[surface].en, SURFACES[surface].zh), sum(of.values()))
        for surface, of in by_surface(report.counts)
    ]
    return charts.bars(
        desk.t("By surface", "按位置"),
        rows,
        heads=(desk.t("Surface", "位置"), desk.t("hits", "命中")),
    )


def _precision(desk: Desk, found: Measured | None) -> Markup | None:
    if found is None:
        return None
    name = desk.t("judged hits that were right", "经判断正确的命中")
    return charts.bars(
        desk.t("Precision, with its 95 % interval", "准确率及 95% 置信区间"),
        [
            charts.Bar(
                f"{found.right} / {found.judged}",
                found.share,
                "s-3",
                low=found.low,
                high=found.high,
                shown=percent(found.share),
            )
        ],
        heads=(name, desk.t("share", "占比")),
        most=1.0,
    )


def _search(desk: Desk, network: str, id: str, query: RuleQuery) -> str | None:
    if not desk.may(Scope.log):
        return None
    where = f"network = {quoted(network)} AND list_contains(rules, {quoted(id)})"
    return "/console/search?" + urlencode({"where": where, "range": f"{query.days}d"})
