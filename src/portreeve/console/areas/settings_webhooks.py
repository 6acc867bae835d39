"""Settings: webhooks, what they are told, whether it arrived, and telling it again."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any, Literal, TypeVar

import msgspec
from msgspec import Meta

from portreeve.console.desk import Desk
from portreeve.console.event_words import by_group, event_words, group_words
from portreeve.console.routes import Pages
from portreeve.console.words import Words
from portreeve.http.call import Reply
from portreeve.schemas.access import Scope
from portreeve.schemas.base import Paging
from portreeve.schemas.webhooks import (
    DeliveryFilter,
    DeliveryState,
    MadeWebhook,
    NewWebhook,
    Replay,
    Rotation,
    WebhookChange,
)
from portreeve.service.errors import ServiceError

pages = Pages("settings")

T = TypeVar("T", bound=msgspec.Struct)

_ROWS = 50
_HOME = "/console/settings/webhooks"

ERRORS: dict[str, Words] = {
    "refused": Words("nobody listens there", "无人监听"),
    "timeout": Words("no answer in time", "超时"),
    "tls": Words("no valid certificate", "证书无效"),
    "dns": Words("the name is not known", "域名无法解析"),
    "address": Words("an address that webhooks may not go to", "不允许的地址"),
    "protocol": Words("the answer is no HTTP", "响应不是 HTTP"),
}
"""Why a try got no answer."""


class HooksQuery(msgspec.Struct, frozen=True, kw_only=True):
    """Which part of the webhooks."""

    cursor: str | None = None


class HookQuery(msgspec.Struct, frozen=True, kw_only=True):
    """Which deliveries, and which of them in full."""

    state: DeliveryState | None = None
    cursor: str | None = None
    delivery: str | None = None


class HookForm(msgspec.Struct, frozen=True, kw_only=True):
    """A webhook to be made, or changed."""

    url: str = ""
    description: Annotated[str, Meta(max_length=500)] = ""
    types: list[str] = []
    enabled: bool = False


class RotateForm(msgspec.Struct, frozen=True, kw_only=True):
    """How to change the secret."""

    overlap_hours: float = 24.0


class ReplayForm(msgspec.Struct, frozen=True, kw_only=True):
    """What to deliver again: one delivery, those given up, or all since a time of the reader's."""

    delivery: str | None = None
    since: datetime | None = None
    what: Literal["one", "since"] = "one"


class DeleteForm(msgspec.Struct, frozen=True, kw_only=True):
    """That it is meant."""

    sure: bool = False


@pages.get("/console/settings/webhooks", Scope.webhooks)
def list_webhooks(desk: Desk, query: HooksQuery) -> Reply:
    """Webhooks: who is told of what, and whether it arrives."""
    return _listed(desk, query.cursor)


@pages.post("/console/settings/webhooks", Scope.webhooks)
def make_webhook(desk: Desk, form: HookForm) -> Reply:
    """Add a webhook; its secret is on the page that follows, and nowhere else."""
    try:
        new = NewWebhook(url=form.url, types=form.types, description=form.description)
        made = desk.service.webhooks.create(desk.actor, _checked(new))
    except ServiceError as error:
        if error.code not in ("invalid", "conflict"):
            raise
        return _listed(desk, None, error=error, form=form)
    return _shown(desk, made.id, HookQuery(), made=made)


@pages.get("/console/settings/webhooks/{id}", Scope.webhooks)
def show_webhook(desk: Desk, id: str, query: HookQuery) -> Reply:
    """A webhook with its deliveries; one of them with its tries and what was sent."""
    return _shown(desk, id, query)


@pages.post("/console/settings/webhooks/{id}/change", Scope.webhooks)
def change_webhook(desk: Desk, id: str, form: HookForm) -> Reply:
    """Change where it goes, what it is told, and whether it is told anything."""
    change = WebhookChange(
        url=form.url, types=form.types, description=form.description, enabled=form.enabled
    )
    try:
        desk.service.webhooks.change(desk.actor, id, _checked(change))
    except ServiceError as error:
        if error.code != "invalid":
            raise
        return _shown(desk, id, HookQuery(), error=error, form=form)
    return desk.go(f"{_HOME}/{id}", done=Words("Changed.", "已修改。"))


@pages.post("/console/settings/webhooks/{id}/rotate", Scope.webhooks)
def rotate_secret(desk: Desk, id: str, form: RotateForm) -> Reply:
    """Give it a new secret; for a while both sign."""
    rotation = _checked(Rotation(overlap_hours=form.overlap_hours))
    made = desk.service.webhooks.rotate(desk.actor, id, rotation)
    return _shown(desk, id, HookQuery(), made=made)


@pages.post("/console/settings/webhooks/{id}/test", Scope.webhooks)
def test_webhook(desk: Desk, id: str) -> Reply:
    """Send it an event that nobody else hears."""
    desk.service.webhooks.test(desk.actor, id)
    done = Words("A test event is on its way.", "测试事件已发出。")
    return desk.go(f"{_HOME}/{id}#deliveries", done=done)


@pages.post("/console/settings/webhooks/{id}/replay", Scope.webhooks)
def replay_deliveries(desk: Desk, id: str, form: ReplayForm) -> Reply:
    """Deliver again: one delivery, or every event since a time."""
    since = None if form.since is None else form.since.replace(tzinfo=desk.zone).astimezone(UTC)
    if form.what == "since" and since is None:
        error = ServiceError(
            "invalid", "Say from which time on.", field="since", zh="请填写起始时间。"
        )
        return _shown(desk, id, HookQuery(), error=error)
    wanted = [] if form.delivery is None else [form.delivery]
    replay = Replay(since=since) if form.what == "since" else Replay(deliveries=wanted)
    count = desk.service.webhooks.replay(desk.actor, id, replay).deliveries
    done = Words(f"{count} will be delivered again.", f"将重新发送{count}条。")
    return desk.go(f"{_HOME}/{id}#deliveries", done=done)


@pages.post("/console/settings/webhooks/{id}/delete", Scope.webhooks)
def delete_webhook(desk: Desk, id: str, form: DeleteForm) -> Reply:
    """Delete it with its deliveries."""
    if not form.sure:
        return desk.go(f"{_HOME}/{id}")
    desk.service.webhooks.delete(desk.actor, id)
    return desk.go(_HOME, done=Words("The webhook is deleted.", "Webhook 已删除。"))


def _listed(
    desk: Desk,
    cursor: str | None,
    *,
    error: ServiceError | None = None,
    form: HookForm | None = None,
) -> Reply:
    found = desk.service.webhooks.list(desk.actor, Paging(cursor=cursor, limit=_ROWS))
    return desk.page(
        "settings/webhooks.html.j2",
        status=200 if error is None else error.kind.status,
        webhooks=found.items,
        next=found.next,
        form=form or HookForm(types=["*"]),
        error=error,
        **_events(),
    )


def _shown(
    desk: Desk,
    id: str,
    query: HookQuery,
    *,
    made: MadeWebhook | None = None,
    error: ServiceError | None = None,
    form: HookForm | None = None,
) -> Reply:
    hooks = desk.service.webhooks
    webhook = hooks.get(desk.actor, id)
    wanted = DeliveryFilter(state=query.state, cursor=query.cursor, limit=_ROWS)
    found = hooks.deliveries(desk.actor, id, wanted)
    chosen = None if query.delivery is None else hooks.delivery(desk.actor, id, query.delivery)
    return desk.page(
        "settings/webhook.html.j2",
        status=200 if error is None else error.kind.status,
        webhook=webhook,
        deliveries=found.items,
        next=found.next,
        query=query,
        chosen=chosen,
        sent=None if chosen is None else _pretty(chosen.body),
        made=made,
        error=error,
        form=form
        or HookForm(
            url=webhook.url,
            description=webhook.description,
            types=webhook.types,
            enabled=webhook.enabled,
        ),
        errors=ERRORS,
        **_events(),
    )


def _events() -> dict[str, Any]:
    return {"groups": by_group(), "group_words": group_words, "event_words": event_words}


def _pretty(body: dict[str, Any] | None) -> str | None:
    return None if body is None else msgspec.json.format(msgspec.json.encode(body)).decode()


def _checked(given: T) -> T:
    """A struct with values of a form, held against its own rules.

    Raises:
        ServiceError: ``invalid``.
    """
    try:
        return msgspec.convert(msgspec.to_builtins(given), type(given))
    except msgspec.ValidationError as error:
        if "types" in str(error):
            raise ServiceError(
                "invalid", "Choose at least one kind of event.", field="types",
                zh="请至少选择一类事件。",
            ) from None  # fmt: skip
        if "url" in str(error):
            raise ServiceError(
                "invalid", "Give the address, of at most 2,000 characters.", field="url",
                zh="请填写地址，最多2000个字符。",
            ) from None  # fmt: skip
        raise ServiceError(
            "invalid", "The old secret may sign for 0 to 720 hours more.", field="overlap_hours",
            zh="旧密钥可继续使用0到720小时。",
        ) from None  # fmt: skip
