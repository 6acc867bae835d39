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

_ZH: dict[Scope, str] = {
    Scope.screen: "送审、修改、删除内容",
    Scope.accounts: "上报账号与关系，查看状态和引用原文的通知",
    Scope.reports: "提交举报",
    Scope.cases: "处理案件",
    Scope.evidence: "查看内容原文",
    Scope.appeals: "代用户申诉，查看进度",
    Scope.sanctions: "处罚、解除处罚、撤销决定",
    Scope.policies_read: "查看规则及其记录",
    Scope.policies_propose: "提出规则版本，预览效果",
    Scope.policies_approve: "批准、启用、回退规则版本",
    Scope.log: "检索决定日志",
    Scope.audit: "查看审计日志",
    Scope.webhooks: "管理 Webhook",
    Scope.privacy: "抹除用户数据",
    Scope.ads: "提交搜索广告及出价，编排页面，查看放弃的收入",
    Scope.merchants: "登记商家及其许可、员工、顾客，申请群发",
    Scope.merchants_verify: "核实商家的许可",
    Scope.live_sales: "上报直播销售、订单和假货证明，查看两本台账",
    Scope.group_buying: "发起团购，提交学籍证明，参团",
    Scope.partners: "提交应用申请，签发和校验令牌",
    Scope.interests: "维护利益冲突登记",
    Scope.ledger: "查看资金台账",
    Scope.on_behalf: "以请求头 Portreeve-Actor 中的人的名义操作",
    Scope.metrics: "查看运行指标",
    Scope.admin: "全部权限，包括管理 API 密钥",
}


def scope_words(scope: Scope) -> Words:
    """What a scope allows."""
    return Words(scope.meaning, _ZH.get(scope, scope.meaning))


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
        scopes={scope: scope_words(scope) for scope in Scope},
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
