"""Search ads: which were submitted, and how law and house answered, each with its clauses."""

from __future__ import annotations

from typing import Annotated, Literal
from urllib.parse import quote

import msgspec
from msgspec import Meta

from portreeve.console.areas.merchants import LICENCE_STATES
from portreeve.console.desk import Desk
from portreeve.console.log_words import values
from portreeve.console.names import APPEAL_STATES, ITEM_STATES
from portreeve.console.routes import Pages
from portreeve.console.words import Words
from portreeve.http.call import Reply
from portreeve.schemas.access import Scope
from portreeve.schemas.cases import ItemEvidence
from portreeve.schemas.commerce.ads import AdQuery
from portreeve.schemas.screening import ItemState

pages = Pages("ads")

Answer = Literal["admitted", "house", "law"]

ANSWERS: dict[Answer, Words] = {
    "admitted": Words("lawful and permitted", "合法且允许"),
    "house": Words("lawful, not permitted", "合法但不允许"),
    "law": Words("not lawful", "不合法"),
}
"""The two answers together: law, and house."""

_ASKED: dict[Answer | None, tuple[bool | None, bool | None]] = {
    None: (None, None),
    "admitted": (None, True),
    "house": (True, False),
    "law": (False, None),
}
"""By answer, whether ads are lawful, and whether they are permitted."""

_LICENCES: dict[str, Words] = {
    "none": Words("none for these goods", "没有适用的许可"),
    "claimed": Words("claimed, not verified", "已提交，未核实"),
    "verified": Words("verified", "已核实"),
}


class AdsQuery(msgspec.Struct, frozen=True, kw_only=True):
    """Which ads."""

    answer: Answer | None = None
    state: ItemState | None = None
    category: Annotated[str, Meta(max_length=100)] | None = None
    account: Annotated[str, Meta(max_length=512)] | None = None
    cursor: str | None = None


@pages.get("/console/ads", Scope.ads, Scope.log)
def list_ads(desk: Desk, query: AdsQuery) -> Reply:
    """Search ads as they stand now, the last submitted first."""
    account = (query.account or "").strip() or None
    lawful, permitted = _ASKED[query.answer]
    asked = AdQuery(
        cursor=query.cursor, state=query.state, category=query.category, account=account,
        lawful=lawful, permitted=permitted,
    )  # fmt: skip
    given = {
        "answer": query.answer, "state": query.state, "category": query.category,
        "account": account,
    }  # fmt: skip
    return desk.page(
        "ads/ads.html.j2",
        found=desk.service.ads.list(desk.actor, asked),
        query=query,
        asked={name: value for name, value in given.items() if value is not None},
        goods=values("goods_category"),
        ANSWERS=ANSWERS,
        ITEM_STATES=ITEM_STATES,
        path=_path,
    )


@pages.get("/console/ads/{id}", Scope.ads, Scope.log)
def show_ad(desk: Desk, id: str) -> Reply:
    """An ad: both answers with their clauses, its goods, the licences looked for, the words."""
    ad = desk.service.ads.get(desk.actor, id)
    facts = None
    if ad.decision is not None and desk.may(Scope.log):
        facts = desk.service.decision_room.facts(desk.actor, ad.decision)
    said, sealed = _said(desk, id, ad.decision)
    return desk.page(
        "ads/ad.html.j2",
        ad=ad,
        licences=desk.service.ads.licences(desk.actor, id),
        facts=facts,
        said=said,
        sealed=sealed,
        APPEAL_STATES=APPEAL_STATES,
        LICENCE_STATES=LICENCE_STATES,
        LICENCES=_LICENCES,
    )


def _said(desk: Desk, id: str, decision: str | None) -> tuple[ItemEvidence | None, bool]:
    """What the ad says, for whoever may read evidence, which is noted; and whether it is sealed."""
    if decision is None or not desk.may(Scope.evidence):
        return None, False
    found = desk.service.evidence.read_decisions(desk.actor, [decision], "ad.evidence-read", id)
    return (found[0], False) if found else (None, True)


def _path(id: str) -> str:
    return f"/console/ads/{quote(id, safe='')}"
