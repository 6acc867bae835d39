"""Partners: apps that ask for scopes, held against the published criteria, and their tokens."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import quote

import msgspec
from msgspec import Meta

from portreeve.console import trade_words
from portreeve.console.desk import Desk
from portreeve.console.routes import Pages
from portreeve.console.words import Words
from portreeve.http import problems
from portreeve.http.call import Reply
from portreeve.schemas.access import Scope
from portreeve.schemas.base import Paging
from portreeve.schemas.commerce.partners import (
    AppFacts,
    EndPartner,
    MadePartnerToken,
    NewPartnerToken,
    ParityRequest,
    Partner,
    PartnerApplication,
    PartnerQuery,
    PartnerState,
)
from portreeve.service.errors import ServiceError

pages = Pages("partners")

_ROWS = 50
_TOKENS = 20
_OTHERS = 100
_YES_NO = ("entity_verified", "privacy_policy", "asks_people", "passes_data_on", "sells_goods")


class AppsQuery(msgspec.Struct, frozen=True, kw_only=True):
    """Which apps."""

    state: PartnerState | None = None
    cursor: str | None = None


class AppQuery(msgspec.Struct, frozen=True, kw_only=True):
    """With which other app one is compared."""

    beside: Annotated[str, Meta(max_length=512)] | None = None


class ApplicationForm(msgspec.Struct, frozen=True, kw_only=True):
    """What an application states."""

    id: str = ""
    name: str = ""
    party: str = ""
    scopes: list[str] = []
    entity_verified: bool = False
    privacy_policy: bool = False
    asks_people: bool = False
    passes_data_on: bool = False
    sells_goods: bool = False
    keeps_days: int | None = None
    violation_free_days: int | None = None


class TokenForm(msgspec.Struct, frozen=True, kw_only=True):
    """For how long a token holds."""

    days: int = 30


@pages.get("/console/partners", Scope.partners)
def list_partners(desk: Desk, query: AppsQuery) -> Reply:
    """Apps that asked for scopes, by state; the criteria that decide about all of them."""
    return _apps(desk, query)


@pages.post("/console/partners", Scope.partners)
def apply_for_scopes(desk: Desk, form: ApplicationForm) -> Reply:
    """File an application; the published criteria answer it at once."""
    return _decide(desk, form.id.strip(), form, lambda error: _apps(desk, AppsQuery(), form, error))


@pages.get("/console/partners/{id}", Scope.partners)
def show_partner(desk: Desk, id: str, query: AppQuery) -> Reply:
    """An app held against each criterion; its scopes, its tokens; the same under another name."""
    return _app(desk, id, beside=query.beside)


@pages.post("/console/partners/{id}/decide", Scope.partners)
def decide_again(desk: Desk, id: str, form: ApplicationForm) -> Reply:
    """State the facts of an app as somebody has checked them; the criteria decide anew."""
    return _decide(desk, id, form, lambda error: _app(desk, id, form=form, error=error))


@pages.post("/console/partners/{id}/end", Scope.partners)
def end_partner(desk: Desk, id: str, form: EndPartner) -> Reply:
    """Take all scopes from an app; its tokens allow nothing from then on."""
    desk.service.partners.end(desk.actor, id, form)
    return desk.go(_path(id), done=Words("It has no scope any more.", "该应用已没有任何权限。"))


@pages.post("/console/partners/{id}/tokens", Scope.partners)
def make_token(desk: Desk, id: str, form: TokenForm) -> Reply:
    """Make a token for an app, shown this once."""
    try:
        new = msgspec.convert({"days": form.days}, NewPartnerToken)
        made = desk.service.partner_tokens.make(desk.actor, id, new)
    except msgspec.ValidationError as wrong:
        return _app(desk, id, error=problems.invalid(wrong, NewPartnerToken))
    except ServiceError as error:
        if error.code == "not-found":
            raise
        return _app(desk, id, error=error)
    return _app(desk, id, made=made)


@pages.post("/console/partners/{id}/tokens/{token}/revoke", Scope.partners)
def revoke_token(desk: Desk, id: str, token: str) -> Reply:
    """Let a token allow nothing any more, at once."""
    desk.service.partner_tokens.revoke(desk.actor, token)
    return desk.go(_path(id), done=Words("The token is revoked.", "令牌已吊销。"))


def _decide(desk: Desk, id: str, form: ApplicationForm, again: Any) -> Reply:
    facts = {name: getattr(form, name) for name in AppFacts.__struct_fields__}
    sent = {
        "name": form.name.strip(), "party": form.party.strip(), "scopes": form.scopes,
        "facts": {name: value for name, value in facts.items() if value is not None},
    }  # fmt: skip
    try:
        application = msgspec.convert(sent, PartnerApplication)
        found = desk.service.partners.apply(desk.actor, id, application)
    except msgspec.ValidationError as wrong:
        reply: Reply = again(_beside_field(problems.invalid(wrong, PartnerApplication)))
        return reply
    except ServiceError as error:
        refused: Reply = again(error)
        return refused
    return desk.go(_path(found.id), done=_DECIDED[found.state])


_DECIDED: dict[PartnerState, Words] = {
    "granted": Words("Decided: all it asked for is granted.", "已决定：申请的权限全部授予。"),
    "partly": Words("Decided: granted in part.", "已决定：部分授予。"),
    "refused": Words("Decided: refused, with reasons.", "已决定：拒绝，理由见下。"),
    "ended": Words("Decided.", "已决定。"),
}

_FIELD_ZH = {
    "name": "请填写应用名称。",
    "party": "请填写所属主体。",
    "scopes": "请至少选择一项权限。",
    "keeps_days": "请填写0到36500之间的天数。",
    "violation_free_days": "请填写0到36500之间的天数。",
}


def _beside_field(error: ServiceError) -> ServiceError:
    """The error with the field as the form names it."""
    field = (error.field or "").removeprefix("facts.")
    return ServiceError(error.code, error.detail, field=field or None, zh=_FIELD_ZH.get(field))


def _apps(
    desk: Desk,
    query: AppsQuery,
    form: ApplicationForm | None = None,
    error: ServiceError | None = None,
) -> Reply:
    partners = desk.service.partners
    wanted = PartnerQuery(state=query.state, cursor=query.cursor, limit=_ROWS)
    found = partners.list(desk.actor, wanted)
    return desk.page(
        "partners/partners.html.j2",
        status=200 if error is None else error.kind.status,
        apps=found.items,
        next=found.next,
        query=query,
        criteria=partners.criteria(desk.actor),
        figures=partners.figures(desk.actor),
        form=form or ApplicationForm(),
        error=error,
        path=_path,
        trade=trade_words,
        yes_no=_YES_NO,
    )


def _app(
    desk: Desk,
    id: str,
    *,
    beside: str | None = None,
    form: ApplicationForm | None = None,
    error: ServiceError | None = None,
    made: MadePartnerToken | None = None,
) -> Reply:
    partners = desk.service.partners
    app = partners.get(desk.actor, id)
    others = [
        one for one in partners.list(desk.actor, PartnerQuery(limit=_OTHERS)).items if one.id != id
    ]
    # what tells most: one whose party stands otherwise in the register
    telling = sorted(others, key=lambda one: (one.state == "ended", one.interest == app.interest))
    other = beside or next((one.id for one in telling), None)
    parity, unknown = None, None
    if other is not None and other != id:
        try:
            parity = partners.compare(desk.actor, ParityRequest(first=id, second=other))
        except ServiceError as missing:
            unknown = ServiceError(missing.code, missing.detail, zh="没有这个应用。")
    tokens = desk.service.partner_tokens.list(desk.actor, id, Paging(limit=_TOKENS))
    return desk.page(
        "partners/partner.html.j2",
        status=200 if error is None else error.kind.status,
        app=app,
        outcome=partners.outcome(desk.actor, id),
        published=partners.criteria(desk.actor),
        others=[one.id for one in others],
        other=other,
        parity=parity,
        unknown=unknown,
        tokens=tokens.items,
        form=form or _as_form(app),
        error=error,
        made=made,
        here=_path(id),
        path=_path,
        trade=trade_words,
        yes_no=_YES_NO,
    )


def _as_form(app: Partner) -> ApplicationForm:
    facts = {name: getattr(app.facts, name) for name in AppFacts.__struct_fields__}
    asked = [*app.granted, *(one.scope for one in app.refused)]
    return ApplicationForm(id=app.id, name=app.name, party=app.party, scopes=asked, **facts)


def _path(id: str) -> str:
    return f"/console/partners/{quote(id, safe='')}"
