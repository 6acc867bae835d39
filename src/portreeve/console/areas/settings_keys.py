"""Settings: API keys, made with what they allow, shown once, revoked."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import msgspec

from portreeve.console.desk import Desk
from portreeve.console.routes import Pages
from portreeve.console.words import Words
from portreeve.http.call import Reply
from portreeve.schemas.access import Scope
from portreeve.schemas.base import Paging
from portreeve.schemas.keys import MadeKey, NewKey
from portreeve.service.errors import ServiceError

pages = Pages("settings")

_ROWS = 50

SCOPES: dict[Scope, Words] = {
    Scope.screen: Words("screen items, edit and delete them", "送审、修改、删除内容"),
    Scope.accounts: Words(
        "tell of accounts, read their standing and their notices", "上报账号信息，查看状态和通知"
    ),
    Scope.reports: Words("file reports", "提交举报"),
    Scope.cases: Words("work on cases", "处理案件"),
    Scope.evidence: Words("read what an item said", "查看内容原文"),
    Scope.appeals: Words("file appeals for people, read their progress", "代用户申诉，查看进度"),
    Scope.sanctions: Words("impose and lift sanctions, undo decisions", "处罚、解除处罚、撤销决定"),
    Scope.policies_read: Words("read policies and their records", "查看规则及其记录"),
    Scope.policies_propose: Words("propose a policy version", "提出规则版本"),
    Scope.policies_approve: Words(
        "approve, activate and roll back policies", "批准、启用、回退规则"
    ),
    Scope.log: Words("search the decision log", "检索决定日志"),
    Scope.audit: Words("read the audit log", "查看审计日志"),
    Scope.webhooks: Words("manage webhooks", "管理 Webhook"),
    Scope.privacy: Words("erase a person", "抹除用户数据"),
    Scope.on_behalf: Words("act in the name of a person", "以某人的名义操作"),
    Scope.metrics: Words("read metrics", "查看运行指标"),
    Scope.admin: Words("everything", "全部权限"),
}
"""What a key may be allowed, in the order in which scopes are declared."""


class KeysQuery(msgspec.Struct, frozen=True, kw_only=True):
    """Which part of the keys."""

    cursor: str | None = None


class KeyForm(msgspec.Struct, frozen=True, kw_only=True):
    """A key to be made."""

    name: str = ""
    scopes: list[str] = []
    rate: float | None = None
    expires: date | None = None


@pages.get("/console/settings/keys", Scope.admin)
def list_keys(desk: Desk, query: KeysQuery) -> Reply:
    """API keys: who may call the service, and for what."""
    return _shown(desk, query.cursor)


@pages.post("/console/settings/keys", Scope.admin)
def make_key(desk: Desk, form: KeyForm) -> Reply:
    """Make a key; its secret is on the page that follows, and nowhere else."""
    try:
        new = msgspec.convert(
            {
                "name": form.name,
                "scopes": form.scopes,
                "rate": form.rate,
                "expires": _end_of(desk, form.expires),
            },
            NewKey,
        )
        made = desk.service.keys.create(desk.actor, new)
    except msgspec.ValidationError as error:
        return _shown(desk, None, error=_wrong(error), form=form)
    except ServiceError as error:
        if error.code != "invalid":
            raise
        return _shown(desk, None, error=error, form=form)
    return _shown(desk, None, made=made)


@pages.post("/console/settings/keys/{id}/revoke", Scope.admin)
def revoke_key(desk: Desk, id: str) -> Reply:
    """Stop a key from working, for good."""
    desk.service.keys.revoke(desk.actor, id)
    return desk.go("/console/settings/keys", done=Words("The key is revoked.", "密钥已吊销。"))


def _shown(
    desk: Desk,
    cursor: str | None,
    *,
    error: ServiceError | None = None,
    form: KeyForm | None = None,
    made: MadeKey | None = None,
) -> Reply:
    keys = desk.service.keys.list(desk.actor, Paging(cursor=cursor, limit=_ROWS))
    return desk.page(
        "settings/keys.html.j2",
        status=200 if error is None else error.kind.status,
        keys=keys.items,
        next=keys.next,
        scopes=SCOPES,
        form=form or KeyForm(),
        error=error,
        made=made,
        rate=desk.service.context.settings.rate_limit,
    )


def _end_of(desk: Desk, day: date | None) -> datetime | None:
    """The end of a day of the reader's."""
    if day is None:
        return None
    return (datetime.combine(day, time.min, desk.zone) + timedelta(days=1)).astimezone(UTC)


def _wrong(error: msgspec.ValidationError) -> ServiceError:
    """What is wrong with the form, beside its field."""
    if "scopes" in str(error):
        return ServiceError(
            "invalid", "Choose at least one thing that the key allows.", field="scopes",
            zh="请至少选择一项权限。",
        )  # fmt: skip
    if "rate" in str(error):
        return ServiceError(
            "invalid", "Requests a second must be more than 0, and at most 1,000,000.",
            field="rate", zh="每秒请求数须大于0，且不超过1000000。",
        )  # fmt: skip
    return ServiceError(
        "invalid", "A name has 1 to 100 letters, digits and . _ @ + : - and no space.",
        field="name", zh="名称为1到100个字母、数字或 . _ @ + : -，不含空格。",
    )  # fmt: skip
