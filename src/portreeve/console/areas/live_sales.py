"""Live sales: who stands behind goods, the chain to a harm, and the two ledgers side by side."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any, Literal
from urllib.parse import quote

import msgspec
from markupsafe import Markup
from msgspec import Meta

from portreeve.console import trade_words
from portreeve.console.desk import Desk
from portreeve.console.routes import Pages
from portreeve.console.trade_charts import Link, chain
from portreeve.console.words import Words, absolute, number
from portreeve.http import problems
from portreeve.http.call import Reply
from portreeve.schemas.access import Scope
from portreeve.schemas.commerce.live_sales import (
    ClaimQuery,
    HarmWithdrawal,
    LiveSaleQuery,
    Name,
    ProofOfFake,
    Sanctioning,
    Step,
)
from portreeve.service.errors import ServiceError, not_found

pages = Pages("live_sales")

_ROWS = 50
_CHAINS = 4
_ORDERS = 200

Named = Annotated[str, Meta(max_length=512)]


class SalesQuery(msgspec.Struct, frozen=True, kw_only=True):
    """Which live sales."""

    room: Named | None = None
    cursor: str | None = None


class ClaimsQuery(msgspec.Struct, frozen=True, kw_only=True):
    """Which claims."""

    payer: Named | None = None
    state: Literal["holds", "withdrawn"] | None = None
    cursor: str | None = None


class LawQuery(msgspec.Struct, frozen=True, kw_only=True):
    """By which law, as a what-if."""

    profile: Name | None = None


class ReasonForm(msgspec.Struct, frozen=True, kw_only=True):
    """Why something is done."""

    reason: str = ""


class ProofForm(msgspec.Struct, frozen=True, kw_only=True):
    """A proof that the goods of an order are fake."""

    proof: str = ""
    digest: str = ""


@pages.get("/console/live-sales", Scope.live_sales)
def list_sales(desk: Desk, query: SalesQuery) -> Reply:
    """Goods that live rooms offer, with their orders and how many proved fake."""
    wanted = LiveSaleQuery(
        room=(query.room or "").strip() or None, cursor=query.cursor, limit=_ROWS
    )
    found = desk.service.live_sales.list(desk.actor, wanted)
    return desk.page(
        "live_sales/sales.html.j2",
        sales=found.items,
        next=found.next,
        room=wanted.room,
        path=_path,
        trade=trade_words,
    )


@pages.get("/console/live-claims", Scope.live_sales)
def list_claims(desk: Desk, query: ClaimsQuery) -> Reply:
    """Claims of buyers whose goods proved fake, the newest first: who pays whom, by which law."""
    wanted = ClaimQuery(
        payer=(query.payer or "").strip() or None,
        withdrawn=None if query.state is None else query.state == "withdrawn",
        cursor=query.cursor,
        limit=_ROWS,
    )
    found = desk.service.live_harms.claims(desk.actor, wanted)
    asked = {"payer": wanted.payer, "state": query.state}
    return desk.page(
        "live_sales/claims.html.j2",
        claims=found.items,
        next=found.next,
        asked={name: value for name, value in asked.items() if value is not None},
        path=_path,
        order_path=_order_path,
        trade=trade_words,
    )


@pages.get("/console/live-sales/{id}", Scope.live_sales)
def show_sale(desk: Desk, id: str, query: LawQuery) -> Reply:
    """A live sale: roles, disclosure, the chains to harm, who pays and who answers for it."""
    return _sale(desk, id, profile=query.profile)


@pages.post("/console/live-sales/{id}/sanctions", Scope.sanctions)
def sanction_promoters(desk: Desk, id: str, form: ReasonForm) -> Reply:
    """Sanction the promoters as the moral ledger says; each is told, with the reason."""
    try:
        wanted = msgspec.convert({"reason": form.reason.strip()}, Sanctioning)
        desk.service.live_ledgers.sanction(desk.actor, id, wanted)
    except msgspec.ValidationError:
        return _sale(desk, id, error=_NO_REASON)
    except ServiceError as error:
        if error.code != "conflict" or not desk.may(Scope.live_sales):
            raise
        return _sale(desk, id, error=error)
    return desk.go(_path(id), done=Words("Done; they are told.", "已执行，并通知本人。"))


@pages.get("/console/live-sales/{id}/orders/{order}", Scope.live_sales)
def show_order(desk: Desk, id: str, order: str) -> Reply:
    """One order: what led to it, what came of it, who pays by law, and who answers for it."""
    return _order(desk, id, order)


@pages.post("/console/live-sales/{id}/orders/{order}/prove", Scope.live_sales)
def prove_fake(desk: Desk, id: str, order: str, form: ProofForm) -> Reply:
    """File proof that the goods of an order are fake: somebody owes at once."""
    sent = {
        "orders": [order], "proof": form.proof, "digest": form.digest.strip().lower(),
        "found": desk.now.astimezone(UTC),
    }  # fmt: skip
    try:
        desk.service.live_harms.prove(desk.actor, id, msgspec.convert(sent, ProofOfFake))
    except msgspec.ValidationError as wrong:
        error = problems.invalid(wrong, ProofOfFake)
        zh = "SHA-256 为64位十六进制数。" if error.field == "digest" else None
        told = ServiceError(error.code, error.detail, field=error.field, zh=zh)
        return _order(desk, id, order, form=form, error=told)
    except ServiceError as error:
        if error.code == "not-found":
            raise
        return _order(desk, id, order, form=form, error=error)
    done = Words("Filed: a claim is opened.", "已提交，索赔已立案。")
    return desk.go(_order_path(id, order), done=done)


@pages.post("/console/live-harms/{id}/withdraw", Scope.live_sales)
def withdraw_proof(desk: Desk, id: str, form: ReasonForm) -> Reply:
    """Take a proof back: its claims are reversed, and sanctions that it bore are too."""
    harm = desk.service.live_harms.get(desk.actor, id)
    try:
        wanted = msgspec.convert({"reason": form.reason.strip()}, HarmWithdrawal)
    except msgspec.ValidationError:
        return _sale(desk, harm.sale, error=_NO_REASON)
    desk.service.live_harms.withdraw(desk.actor, id, wanted)
    done = Words("Taken back; its claims are reversed.", "已收回，相关索赔已冲销。")
    return desk.go(_path(harm.sale), done=done)


_NO_REASON = ServiceError(
    "invalid",
    "Give a reason of 1 to 2,000 characters: whoever is concerned reads it.",
    field="reason",
    zh="请填写理由（1至2000字），当事人会看到。",
)


def _sale(
    desk: Desk, id: str, *, profile: str | None = None, error: ServiceError | None = None
) -> Reply:
    ledgers, harms = desk.service.live_ledgers, desk.service.live_harms
    trace = desk.service.live_sales.trace(desk.actor, id)
    both = ledgers.show(desk.actor, id, profile)
    fakes = [step for step in trace.steps if step.harm is not None]
    return desk.page(
        "live_sales/sale.html.j2",
        status=200 if error is None else error.kind.status,
        sale=trace.sale,
        disclosures=trace.disclosures,
        steps=trace.steps[:_ORDERS],
        count=len(trace.steps),
        fakes=len(fakes),
        chains=[(step.order, _chain(desk, step, _proofs(desk))) for step in fakes[:_CHAINS]],
        legal=both.legal,
        moral=both.moral,
        profile=profile,
        terms=harms.terms(desk.actor),
        error=error,
        here=_path(id),
        order_path=_order_path,
        **_grades(desk),
    )


def _order(
    desk: Desk,
    id: str,
    order: str,
    *,
    form: ProofForm | None = None,
    error: ServiceError | None = None,
) -> Reply:
    ledgers = desk.service.live_ledgers
    trace = desk.service.live_sales.trace(desk.actor, id)
    step = next((one for one in trace.steps if one.order == order), None)
    if step is None:
        raise not_found("order", order)
    both = ledgers.show(desk.actor, id)
    claim = next((one for one in both.legal.claims if one.order == order), None)
    legal = both.legal
    if claim is not None and claim.profile != legal.profile:
        legal = ledgers.show(desk.actor, id, claim.profile).legal
    return desk.page(
        "live_sales/order.html.j2",
        status=200 if error is None else error.kind.status,
        sale=trace.sale,
        step=step,
        drawn=_chain(desk, step, _proofs(desk)),
        claim=claim,
        legal=legal,
        promoters=[one for one in both.moral.promoters if one.account == step.promoter],
        terms=desk.service.live_harms.terms(desk.actor),
        form=form or ProofForm(),
        error=error,
        back=_path(id),
        here=_order_path(id, order),
        **_grades(desk),
    )


def _grades(desk: Desk) -> dict[str, Any]:
    """The table of consequences, and the words that both pages need."""
    grades = desk.service.live_ledgers.grades(desk.actor)
    cells = {(one.knowledge, one.reach): one for one in grades.consequences}
    return {"grades": grades, "cells": cells, "trade": trade_words}


def _proofs(desk: Desk) -> dict[str, str]:
    proofs = desk.service.live_harms.terms(desk.actor).proofs
    return {one.name: desk.t(one.title.en, one.title.zh) for one in proofs}


def _chain(desk: Desk, step: Step, proofs: dict[str, str]) -> Markup:
    """From praise over order to harm; where nothing proved fake, the end says so."""

    def at(moment: datetime) -> str:
        return absolute(moment, desk.zone)

    who = Markup('<span class="who">{}</span>').format
    reach = number(step.reach)
    promoted = Link(
        desk.t("Promotion", "推荐"),
        [
            who(step.promoter),
            desk.t(f"seen by {reach}", f"{reach}人看到"),
            at(step.promoted),
            Markup("<code>{}</code>").format(step.promotion),
        ],
    )
    shown = (
        desk.t("the room showed who sells", "直播间已标明销售者")
        if step.seller_shown
        else desk.t("who sells was not shown", "未标明销售者")
    )
    ordered = Link(
        desk.t("Order", "订单"),
        [
            who(step.buyer),
            shown,
            at(step.ordered),
            Markup("<code>{}</code>").format(step.order),
        ],
    )
    if step.harm is None or step.found is None:
        harm = Link(
            desk.t("No harm", "未见损害"), [desk.t("not proved fake", "未被证实为假货")], "none"
        )
    else:
        kind = step.proof or ""
        harm = Link(
            desk.t("Harm: a fake", "损害：假货"), [proofs.get(kind, kind), at(step.found)], "bad"
        )
    label = desk.t("From promotion over order to harm", "从推荐、订单到损害")
    return chain([promoted, ordered, harm], label)


def _path(id: str) -> str:
    return f"/console/live-sales/{quote(id, safe='')}"


def _order_path(id: str, order: str) -> str:
    return f"{_path(id)}/orders/{quote(order, safe='')}"
