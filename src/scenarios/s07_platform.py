"""Scenario 7: a marketplace and an app the company has invested in ask for the feed."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import httpx

from portreeve.client import Client
from portreeve.model import Surface
from portreeve.schemas.access import Scope
from portreeve.schemas.commerce.links import LinkCheck
from portreeve.schemas.commerce.partners import NewInterest, ParityRequest, Partner
from scenarios.chats import Chatter
from scenarios.findings import Findings, Scenario
from scenarios.people import Person
from scenarios.stage import Stage
from square.pages import platform
from square.web import ROUTES

_SHOP = "https://item.taobao.com/item.htm?id=100"
_SHORT = "http://t.cn/abc1234"
_SCOPES = ["feed.read", "feed.write", "share.link"]


def _play(stage: Stage, found: Findings) -> None:
    register = stage.client("register-keeper", Scope.interests, Scope.partners)
    begins = datetime.now(UTC)
    register.register_interest(NewInterest(party="mall ltd", kind="invested", begins=begins))
    owners = {name: stage.person(f"{name}-owner") for name in ("market", "mall", "diary")}
    stage.say("apps apply")
    apps = {}
    for name, owner in owners.items():
        stage.business(owner, "business")
        apps[name] = register.get_partner(_apply(owner, name, sells=name != "diary"))
    _decided(register, apps, found)
    _routes(stage, owners, apps, found)
    _links(stage, found)


def _apply(owner: Person, name: str, *, sells: bool) -> str:
    fields: dict[str, str | list[str]] = {
        "name": name, "party": f"{name} ltd", "scopes": _SCOPES, "privacy_policy": "yes",
        "asks_people": "yes", "keeps_days": "7", "since": "2013-01-01",
    }  # fmt: skip
    page = owner.form("/apps", **fields, **({"sells_goods": "yes"} if sells else {}))
    return str(re.findall(r'<article class="card" id="(app-[^"]+)"', page)[0])


def _decided(register: Client, apps: dict[str, Partner], found: Findings) -> None:
    market, mall = apps["market"], apps["mall"]
    published = {one.clause for one in register.get_partner_criteria().criteria}
    clauses = {
        reason.clause for app in (market, mall) for one in app.refused for reason in one.reasons
    }
    for name, app in (("the marketplace", market), ("the app it has a stake in", mall)):
        found(f"refused to {name}", [one.scope for one in app.refused], f"granted {app.granted}")
    found("the register names its party", [market.interest, mall.interest], "market, mall")
    found("for the same reasons", market.refused == mall.refused, ", ".join(sorted(clauses)))
    found("every reason is a published criterion", clauses <= published, market.rules)
    parity = register.compare_partners(ParityRequest(first=market.id, second=mall.id))
    found("names and parties swapped, the same comes out", parity.same)


def _routes(
    stage: Stage, owners: dict[str, Person], apps: dict[str, Partner], found: Findings
) -> None:
    stage.say("every route of the feed")
    routes = [
        (method, route.path.replace("{post}", "p-1"))
        for route in ROUTES
        if route.path.startswith(platform.PREFIX)
        for method in sorted((route.methods or set()) - {"HEAD"})
    ]
    tokens = {name: _token(owners[name], app) for name, app in apps.items()}
    genuine = tokens["diary"]
    forged = genuine[:-1] + ("A" if genuine[-1] != "A" else "B")
    reader = stage.person("app-user")
    page = reader.form(f"/apps/{apps['diary'].id}/allow")
    consent = re.findall(r'<code id="code">([^<]+)</code>', page)[0]
    shown = {
        "a forged token": forged,
        "the marketplace's token": tokens["market"],
        "the token of the app it has a stake in": tokens["mall"],
        "no token": "",
    }
    with httpx.Client(base_url=stage.square(), timeout=30) as http:
        for who, token in shown.items():
            answers = [_status(http, route, token, consent) for route in routes]
            found(f"routes that refuse {who}", answers.count(403), f"{len(routes)} in all")
        open_to = [_status(http, route, genuine, consent) for route in routes]
    found("of its feed, routes in all", len(routes), ", ".join(map(" ".join, routes)))
    found(
        "routes that refuse an app that was granted them", open_to.count(403),
        ", ".join(map(str, open_to)),
    )  # fmt: skip


def _token(owner: Person, app: Partner) -> str:
    page = owner.form(f"/apps/{app.id}/token")
    return str(re.findall(r'<code id="made">([^<]+)</code>', page)[0])


def _status(http: httpx.Client, route: tuple[str, str], token: str, consent: str) -> int:
    headers = {"Square-Consent": consent}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    return http.request(*route, headers=headers).status_code


def _links(stage: Stage, found: Findings) -> None:
    stage.say("links")
    ann, ben = stage.person("linker"), stage.person("linkee")
    ann.befriend(ben)
    written = ann.share(f"这件外套好看 {_SHOP}")
    found("a marketplace link in Moments", written.state, f"clause {written.clauses[0]}")
    photos = ann.share(f"毕业照都放在这里了 {_SHORT}")
    answer = ben.http.get(f"/links/{photos.id}/0")
    found("a short link, opened in Moments", answer.status_code, f"/links/{photos.id}/0")
    for what, chain in (("as it is", []), ("followed to the marketplace", [_SHOP])):
        checked = stage.host.check_link(
            LinkCheck(surface=Surface.moments, link=_SHORT, chain=chain)
        )
        found(f"a short link {what} opens in Moments", checked.open, checked.reasons[0].clause)
    chats = Chatter(ann), Chatter(ben)
    chats[0].send(chats[1], _SHOP)
    got = [message.text for message in chats[1].received(chats[0])]
    found("the same link in a chat arrives", got, "sealed, judged by the client alone")
    classes = {one.name: one.opens for one in stage.host.get_link_classes().classes}
    found("and opens there", classes["marketplace"], "the classes that the client is given")


SCENARIO = Scenario(
    number=7,
    title="A marketplace and an app of the company's own ask for the feed",
    expected={
        "refused to the marketplace": ["feed.read", "feed.write"],
        "refused to the app it has a stake in": ["feed.read", "feed.write"],
        "the register names its party": [False, True],
        "for the same reasons": True,
        "every reason is a published criterion": True,
        "names and parties swapped, the same comes out": True,
        "of its feed, routes in all": 6,
        "routes that refuse a forged token": 6,
        "routes that refuse the marketplace's token": 6,
        "routes that refuse the token of the app it has a stake in": 6,
        "routes that refuse no token": 6,
        "routes that refuse an app that was granted them": 0,
        "a marketplace link in Moments": "refused",
        "a short link, opened in Moments": 403,
        "a short link as it is opens in Moments": False,
        "a short link followed to the marketplace opens in Moments": False,
        "the same link in a chat arrives": [_SHOP],
        "and opens there": True,
    },
    play=_play,
)
