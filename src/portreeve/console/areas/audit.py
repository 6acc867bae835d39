"""The audit log: who did what, whether it is as it was written, and a file for others to verify."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from portreeve.console.desk import Desk
from portreeve.console.routes import Pages
from portreeve.console.words import Words
from portreeve.http.call import Reply
from portreeve.schemas.access import Scope
from portreeve.service.audit import EXPORTED

pages = Pages("audit")

_ROWS = 60
_LONG = 12
_DIGEST = re.compile(r"[0-9a-f]{64}")

AREAS: dict[str, Words] = {
    "case.*": Words("cases", "案件"),
    "decision.*": Words("decisions", "决定"),
    "appeal.*": Words("appeals", "申诉"),
    "report.*": Words("reports", "举报"),
    "evidence.*": Words("evidence read", "查看证据"),
    "sanction.*": Words("sanctions", "处罚"),
    "policy.*": Words("policies", "规则"),
    "account.*": Words("accounts", "账号"),
    "notice.*": Words("notices", "通知"),
    "person.*": Words("persons", "个人"),
    "partner.*": Words("partners' apps", "合作应用"),
    "interest.*": Words("conflicts of interest", "利益关系"),
    "deal.*": Words("group buying", "团购"),
    "checker.*": Words("who attests enrolment", "学籍核验方"),
    "live-sale.*": Words("live sales", "直播销售"),
    "ledger.*": Words("the ledger of money", "资金台账"),
    "key.*": Words("API keys", "API 密钥"),
    "webhook.*": Words("webhooks", "Webhook"),
    "session.*": Words("sign-in", "登录"),
    "retention.*": Words("retention", "保留"),
    "audit.*": Words("the log itself", "日志本身"),
}
"""What the filter offers; any other action can be typed."""

Named = Annotated[str, Meta(max_length=200)]


class EntriesQuery(msgspec.Struct, frozen=True, kw_only=True):
    """Which entries. Days are the reader's own."""

    by: Named | None = None
    action: Named | None = None
    subject: Annotated[str, Meta(max_length=600)] | None = None
    since: date | None = None
    until: date | None = None
    cursor: str | None = None


class ExportQuery(msgspec.Struct, frozen=True, kw_only=True):
    """After which entry the file begins."""

    after: Annotated[int, Meta(ge=0)] = 0


@pages.get("/console/audit", Scope.audit)
def show_audit(desk: Desk, query: EntriesQuery) -> Reply:
    """Who did what, the newest first, by person, action, subject and time."""
    page = desk.service.audit_log.entries(
        desk.actor,
        by=query.by,
        action=query.action,
        subject=query.subject,
        since=_day(desk, query.since),
        until=_day(desk, query.until, after=True),
        cursor=query.cursor,
        limit=_ROWS,
        newest=True,
    )
    asked = {
        name: str(value)
        for name, value in msgspec.structs.asdict(query).items()
        if value is not None and name != "cursor"
    }
    return desk.page(
        "audit/audit.html.j2",
        entries=page.items,
        next=page.next,
        query=query,
        asked=asked,
        check=desk.service.audit_checks.last(desk.actor),
        areas=AREAS,
        facts=_facts,
        at_once=EXPORTED,
    )


@pages.post("/console/audit/verify", Scope.audit)
def verify_audit(desk: Desk) -> Reply:
    """Follow the chain from the first entry to the last; a long log takes a while."""
    desk.service.audit_checks.begin(desk.actor)
    return desk.go("/console/audit#verified")


@pages.get("/console/audit/export", Scope.audit)
def export_audit(desk: Desk, query: ExportQuery) -> Reply:
    """Entries as lines of JSON, for `portreeve audit verify`; of a long log, a part."""
    part = desk.service.audit_log.export(desk.actor, query.after)
    return desk.file(part.lines, "application/x-ndjson", f"audit-{part.first}-{part.last}.jsonl")


def _day(desk: Desk, day: date | None, *, after: bool = False) -> datetime | None:
    """When a day begins for the reader, or the one after it."""
    if day is None:
        return None
    begins = datetime.combine(day, time.min, desk.zone) + timedelta(days=after)
    return begins.astimezone(UTC)


def _facts(detail: dict[str, Any]) -> list[tuple[str, str]]:
    """The facts of an entry: lists joined, digests cut, what is empty left out."""
    return [(name, _said(value)) for name, value in detail.items() if value not in (None, [], "")]


def _said(value: Any) -> str:
    if isinstance(value, list):
        shown = ", ".join(_said(one) for one in value[:_LONG])
        more = len(value) - _LONG
        return shown + (f", … (+{more})" if more > 0 else "")
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict):
        return "; ".join(f"{name} {_said(one)}" for name, one in value.items())
    text = str(value)
    return f"{text[:12]}…" if _DIGEST.fullmatch(text) else text
