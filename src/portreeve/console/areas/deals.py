"""Group buying: deals and how far they are, who may join and why not, who attests for schools."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import quote

import msgspec
from markupsafe import Markup
from msgspec import Meta

from portreeve.console import trade_words
from portreeve.console.desk import Desk
from portreeve.console.routes import Pages
from portreeve.console.trade_charts import progress
from portreeve.console.words import Words
from portreeve.http.call import Reply
from portreeve.schemas.access import Scope
from portreeve.schemas.base import Paging
from portreeve.schemas.commerce.group_buying import (
    Campus,
    DealQuery,
    DealState,
    GroupDeal,
    NewChecker,
)
from portreeve.service.errors import ServiceError

pages = Pages("deals")

_ROWS = 50
_MEMBERS = 100
_STYLES: dict[DealState, str] = {
    "open": "v-label", "completed": "v-allow", "refunding": "v-hold", "refunded": "v-hold",
}  # fmt: skip

Account = Annotated[str, Meta(max_length=512)]


class DealsQuery(msgspec.Struct, frozen=True, kw_only=True):
    """Which deals."""

    state: DealState | None = None
    campus: Campus | None = None
    cursor: str | None = None


class OneDealQuery(msgspec.Struct, frozen=True, kw_only=True):
    """Which members, and of whom it is asked whether they may join."""

    account: Account | None = None
    cursor: str | None = None


class CheckersQuery(msgspec.Struct, frozen=True, kw_only=True):
    """Which part of the checkers."""

    cursor: str | None = None


class CheckerForm(msgspec.Struct, frozen=True, kw_only=True):
    """A checker to be trusted."""

    campus: str = ""
    public_key: str = ""


@pages.get("/console/deals", Scope.group_buying)
def list_deals(desk: Desk, query: DealsQuery) -> Reply:
    """Group-buying deals by their id, of a state or of a campus, and how far each is."""
    wanted = DealQuery(state=query.state, campus=query.campus, cursor=query.cursor, limit=_ROWS)
    found = desk.service.deals.list(desk.actor, wanted)
    asked = {"state": query.state, "campus": query.campus}
    return desk.page(
        "deals/deals.html.j2",
        deals=found.items,
        next=found.next,
        query=query,
        asked={name: value for name, value in asked.items() if value is not None},
        path=_path,
        bar=lambda deal: _bar(desk, deal),
        trade=trade_words,
    )


@pages.get("/console/deals/{id}", Scope.group_buying)
def show_deal(desk: Desk, id: str, query: OneDealQuery) -> Reply:
    """A deal: how far it is, who is in, whose money went back; why somebody may not join."""
    deals = desk.service.deals
    deal = deals.get(desk.actor, id)
    members = deals.members(desk.actor, id, Paging(cursor=query.cursor, limit=_MEMBERS))
    asked = (query.account or "").strip()
    return desk.page(
        "deals/deal.html.j2",
        deal=deal,
        bar=_bar(desk, deal),
        members=members.items,
        next=members.next,
        account=asked,
        answer=deals.admits(desk.actor, id, asked) if asked else None,
        refusals=deals.refusals(desk.actor),
        here=_path(id),
        trade=trade_words,
    )


@pages.get("/console/checkers", Scope.group_buying)
def list_checkers(desk: Desk, query: CheckersQuery) -> Reply:
    """Who attests that people are enrolled: checkers that are trusted, or were."""
    return _checkers(desk, query.cursor)


@pages.post("/console/checkers", Scope.admin)
def trust_checker(desk: Desk, form: CheckerForm) -> Reply:
    """Trust the key of a school's checker, for its campus."""
    sent = {"campus": form.campus.strip(), "public_key": form.public_key.strip()}
    try:
        desk.service.enrolments.trust(desk.actor, msgspec.convert(sent, NewChecker))
    except msgspec.ValidationError as wrong:
        return _checkers(desk, None, form, _wrong(wrong))
    except ServiceError as error:
        return _checkers(desk, None, form, error)
    return desk.go("/console/checkers", done=Words("It is trusted.", "已设为可信。"))


@pages.post("/console/checkers/{id}/revoke", Scope.admin)
def distrust_checker(desk: Desk, id: str) -> Reply:
    """Trust a checker no more."""
    desk.service.enrolments.distrust(desk.actor, id)
    done = Words("Its proofs count no more.", "其证明不再有效。")
    return desk.go("/console/checkers", done=done)


def _checkers(
    desk: Desk,
    cursor: str | None,
    form: CheckerForm | None = None,
    error: ServiceError | None = None,
) -> Reply:
    found = desk.service.enrolments.checkers(desk.actor, Paging(cursor=cursor, limit=_ROWS))
    return desk.page(
        "deals/checkers.html.j2",
        status=200 if error is None else error.kind.status,
        checkers=found.items,
        next=found.next,
        form=form or CheckerForm(),
        error=error,
    )


def _bar(desk: Desk, deal: GroupDeal) -> Markup:
    """How many have joined of how many that complete it."""
    words = desk.t(
        f"{deal.joined} of {deal.threshold} have joined",
        f"已有{deal.joined}人，{deal.threshold}人成团",
    )
    return progress(deal.joined, deal.threshold, words, _STYLES[deal.state])


def _wrong(error: msgspec.ValidationError) -> ServiceError:
    if "public_key" in str(error):
        return ServiceError(
            "invalid", "A key is 32 bytes in base64: 44 signs, the last of them =.",
            field="public_key", zh="公钥为32字节的 Base64，共44个字符，以 = 结尾。",
        )  # fmt: skip
    return ServiceError(
        "invalid", "A campus is named by small letters, digits and . _ - alone.",
        field="campus", zh="校区名只能含小写字母、数字和 . _ -。",
    )  # fmt: skip


def _path(id: str) -> str:
    return f"/console/deals/{quote(id, safe='')}"
