"""Merchants: who they are, what they may do, and their licences, which a person verifies."""

from __future__ import annotations

from typing import Annotated, Literal
from urllib.parse import quote

import msgspec
from msgspec import Meta

from portreeve.console.desk import Desk
from portreeve.console.routes import Pages
from portreeve.console.trade_words import INTERESTS
from portreeve.console.words import Words
from portreeve.http.call import Reply
from portreeve.schemas.access import Scope
from portreeve.schemas.base import Paging
from portreeve.schemas.commerce.merchants import (
    DecideLicence,
    Merchant,
    MerchantQuery,
    Standing,
)
from portreeve.schemas.commerce.partners import Interest, InterestQuery
from portreeve.service.errors import ServiceError

pages = Pages("merchants")

STANDINGS: dict[Standing, Words] = {
    "unverified": Words("not verified", "未核实"),
    "verified": Words("verified", "已核实"),
    "unpaid": Words("plan not paid", "套餐未付费"),
    "expiring": Words("licence expires within 30 days", "许可30天内到期"),
    "ended": Words("closed", "已终止"),
}
"""What merchants are listed by."""

LICENCE_STATES: dict[str, Words] = {
    "claimed": Words("waits for a person", "待核实"),
    "verified": Words("verified", "已核实"),
    "refused": Words("refused", "未通过"),
    "revoked": Words("revoked", "已撤销"),
}
"""How far a licence got."""

_WAYS: dict[str, Words] = {
    "qr": Words("scanned a code", "扫码"),
    "form": Words("filled in a form", "填写表单"),
    "follow": Words("followed", "关注"),
    "order": Words("ordered", "下单"),
}
_DONE: dict[str, Words] = {
    "verified": Words("Verified, and the merchant is told.", "已核实，并已通知商家。"),
    "refused": Words("Refused, and the merchant is told why.", "未予通过，理由已通知商家。"),
    "revoked": Words("Revoked, and the merchant is told why.", "已撤销核实，理由已通知商家。"),
}


class MerchantsQuery(msgspec.Struct, frozen=True, kw_only=True):
    """Which merchants."""

    q: Annotated[str, Meta(max_length=512)] = ""
    standing: Standing | None = None
    cursor: str | None = None


class LicencesQuery(msgspec.Struct, frozen=True, kw_only=True):
    """Which part of the licences that wait."""

    cursor: str | None = None


class MerchantLook(msgspec.Struct, frozen=True, kw_only=True):
    """Where somebody comes from."""

    back: Literal["licences"] | None = None


class LicenceForm(msgspec.Struct, frozen=True, kw_only=True):
    """What a person found of a licence."""

    state: Literal["verified", "refused", "revoked"]
    reason: str = ""
    back: Literal["licences"] | None = None


@pages.get("/console/merchants", Scope.merchants)
def list_merchants(desk: Desk, query: MerchantsQuery) -> Reply:
    """Merchants by account, or by how they stand."""
    text = query.q.strip()
    found = desk.service.merchants.list(
        desk.actor,
        MerchantQuery(cursor=query.cursor, standing=query.standing, begins=text or None),
    )
    return desk.page(
        "merchants/merchants.html.j2",
        found=found,
        q=text,
        standing=query.standing,
        asked={name: value for name, value in (("q", text), ("standing", query.standing)) if value},
        STANDINGS=STANDINGS,
        path=_path,
    )


@pages.get("/console/licences", Scope.merchants_verify)
def list_licences(desk: Desk, query: LicencesQuery) -> Reply:
    """Licences that nobody has decided on, the oldest first."""
    found = desk.service.merchants.waiting(desk.actor, Paging(cursor=query.cursor))
    return desk.page("merchants/licences.html.j2", found=found, path=_path)


@pages.get("/console/merchants/{account}", Scope.merchants)
def show_merchant(desk: Desk, account: str, query: MerchantLook) -> Reply:
    """A merchant: registration, licences, plan, staff, and its customers in figures."""
    return _shown(desk, account, query.back)


@pages.post("/console/merchants/{account}/licences/{id}", Scope.merchants_verify)
def decide_licence(desk: Desk, account: str, id: str, form: LicenceForm) -> Reply:
    """Verify a licence, refuse it or revoke the verification; the merchant is told."""
    try:
        request = msgspec.convert(
            {"state": form.state, "reason": form.reason.strip() or None}, DecideLicence
        )
        desk.service.merchants.decide_licence(desk.actor, account, id, request)
    except msgspec.ValidationError:
        error = ServiceError(
            "invalid", "The reason is too long: at most 2,000 characters.", field="reason",
            zh="理由过长，最多2000个字符。",
        )  # fmt: skip
        return _shown(desk, account, form.back, error, id, form)
    except ServiceError as error:
        if error.code not in ("invalid", "same-person", "conflict"):
            raise
        return _shown(desk, account, form.back, error, id, form)
    where = "/console/licences" if form.back else f"{_path(account)}#licences"
    return desk.go(where, done=_DONE[form.state])


def _shown(
    desk: Desk,
    account: str,
    back: str | None,
    error: ServiceError | None = None,
    failed: str = "",
    form: LicenceForm | None = None,
) -> Reply:
    """The page; ``failed`` names the licence whose form is shown again, with what was in it."""
    merchant = desk.service.merchants.get(desk.actor, account)
    return desk.page(
        "merchants/merchant.html.j2",
        status=200 if error is None else error.kind.status,
        merchant=merchant,
        file=desk.service.merchant_files.read(desk.actor, account),
        conflicts=_conflicts(desk, merchant),
        back=back,
        error=error,
        failed=failed,
        form=form,
        here=_path(account),
        LICENCE_STATES=LICENCE_STATES,
        WAYS=_WAYS,
        INTERESTS=INTERESTS,
    )


def _conflicts(desk: Desk, merchant: Merchant) -> list[Interest] | None:
    """What the register of conflicts of interest says of a merchant, by any of its names; None for
    whoever may not read the register.
    """
    if not desk.may(Scope.partners):
        return None
    found: dict[str, Interest] = {}
    for party in (merchant.account, merchant.public_account, merchant.name):
        if party is not None:
            listed = desk.service.interests.list(desk.actor, InterestQuery(party=party))
            found |= {one.id: one for one in listed.items}
    return list(found.values())


def _path(account: str) -> str:
    return f"/console/merchants/{quote(account, safe='')}"
