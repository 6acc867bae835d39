"""The open platform over HTTP: scopes by criteria, and one guard before every route of the feed."""

import re
from importlib import import_module
from pkgutil import iter_modules

import httpx
import pytest
from plaza import SELLS, fits, until, words_of

from portreeve.schemas.commerce.merchants import DecideLicence
from square import pages, web

APP = {
    "party": "diary ltd", "keeps_days": "7", "since": "2010-01-01", "privacy_policy": "yes",
    "asks_people": "yes", "scopes": ["feed.read", "feed.write", "share.link"],
}  # fmt: skip
for module in iter_modules(pages.__path__):
    import_module(f"{pages.__name__}.{module.name}")
FEED = sorted(
    (method, route.path)
    for route in web.ROUTES
    if route.path.startswith("/api")
    for method in route.methods - {"HEAD"}
)
"""Every route that apps may call, as Square declares them."""


@pytest.fixture(scope="module")
def platform(plaza):
    """Owners of a diary and of a marketplace, and a reader with a friend."""
    owners = [plaza.join("en") for _ in range(2)]
    for one in owners:
        one.post(
            "/ads/business", kind="business", name="A company", contact="desk", authority="Office"
        )
    with plaza.reviewer("companies") as reviewer:
        for one in owners:
            [licence] = reviewer.get_merchant(one.id).licences
            reviewer.decide_licence(one.id, licence.id, DecideLicence(state="verified"))
    ann, bob = plaza.join("en"), plaza.join("en")
    plaza.friends(ann, bob)
    diary, market = owners
    return diary, market, ann, bob


def apply(person, name, **more):
    person.post("/apps", name=name, **APP | more)
    row = person.plaza.database.one("SELECT id FROM apps WHERE owner = ?", person.id)
    return row["id"]


def said(page, id):
    return re.search(f'id="{id}">([^<]+)<', page)[1]


@pytest.fixture(scope="module")
def keys(platform):
    """A token of the diary, one of the marketplace, and the reader's code for the diary."""
    diary, market, ann, _ = platform
    apps = apply(diary, "Diary"), apply(market, "Market", party="market ltd", sells_goods="yes")
    tokens = [
        said(one.post(f"/apps/{app}/token"), "made")
        for one, app in zip((diary, market), apps, strict=True)
    ]
    return *tokens, said(ann.post(f"/apps/{apps[0]}/allow"), "code"), apps[0]


def call(plaza, method, path, token, code="", **data):
    headers = {"authorization": f"Bearer {token}", "square-consent": code}
    sent = {"data": data} if data else {}
    return httpx.request(method, plaza.url + path, headers=headers, timeout=30, **sent)


def test_scopes_are_refused_by_published_criteria_with_reasons(platform, keys):
    diary, market, *_ = platform
    assert "Granted: feed.read feed.write share.link" in words_of(diary.get("/apps"))
    read = words_of(market.get("/apps"))
    assert "Granted: share.link" in read
    assert "Refused: feed.read Rule O2.7" in read


def test_these_are_all_routes_of_the_feed():
    assert FEED == [
        ("DELETE", "/api/feed/{post}"),
        ("GET", "/api/feed"),
        ("GET", "/api/feed/{post}"),
        ("GET", "/api/feed/{post}/comments"),
        ("POST", "/api/feed"),
        ("POST", "/api/feed/{post}/comments"),
    ]


@pytest.mark.parametrize("route", FEED, ids=" ".join)
def test_every_route_is_closed_to_forged_tokens_sellers_and_uninvited_apps(
    route, plaza, platform, keys
):
    method, path = route[0], route[1].format(post=platform[2].share("早安"))
    diary, market, code, _ = keys
    forged = diary[:-1] + ("A" if diary[-1] != "A" else "B")
    for token, shown, error in (
        (forged, code, "unknown"),
        ("none", code, "unknown"),
        (market, code, "not_granted"),
        (diary, "", "no_consent"),
        (diary, "another", "no_consent"),
    ):
        answer = call(plaza, method, path, token, shown)
        assert (answer.status_code, answer.json()["error"]) == (403, error)
        assert answer.json()["because"]["zh"]
    signed_in = {"cookie": f"square_session={platform[2].cookie}"}
    assert httpx.request(method, plaza.url + path, headers=signed_in).status_code == 403
    assert platform[2].state(platform[2].latest()) == "published"


def test_an_app_reads_and_writes_for_whoever_allowed_it(plaza, platform, keys):
    *_, bob = platform
    token, _, code, _ = keys
    post = bob.share("猫睡着了")
    found = call(plaza, "GET", "/api/feed", token, code).json()["posts"]
    assert found[0] == {
        "id": post, "author": bob.name, "text": "猫睡着了", "written": found[0]["written"],
        "comments": [],
    }  # fmt: skip
    said = call(plaza, "POST", f"/api/feed/{post}/comments", token, code, text="so soft")
    assert (said.status_code, said.json()["state"]) == (201, "published")
    found = call(plaza, "GET", f"/api/feed/{post}/comments", token, code).json()
    assert [one["text"] for one in found["comments"]] == ["so soft"]
    made = call(plaza, "POST", "/api/feed", token, code, text="早安").json()
    assert bob.sees(made["id"])
    assert call(plaza, "GET", f"/api/feed/{made['id']}", token, code).json()["text"] == "早安"
    assert call(plaza, "DELETE", f"/api/feed/{made['id']}", token, code).status_code == 204
    assert call(plaza, "DELETE", f"/api/feed/{post}", token, code).status_code == 404
    until(lambda: not bob.sees(made["id"]))


def test_what_an_app_publishes_is_governed_like_everything(plaza, platform, keys):
    token, _, code, _ = keys
    answer = call(plaza, "POST", "/api/feed", token, code, text=SELLS).json()
    assert answer["state"] == "refused"
    assert answer["reasons"][0]["clause"] == "3.1"


@pytest.mark.parametrize("language", ["zh", "en"])
def test_it_fits_a_phone(language, phone, platform, keys):
    page = phone(platform[0], language)
    for path in ("/apps", f"/apps/{keys[3]}"):
        page.goto(path)
        assert fits(page)


def test_consent_is_withdrawn_at_once(plaza, platform, keys):
    token, _, code, app = keys
    platform[2].post(f"/apps/{app}/withdraw")
    assert call(plaza, "GET", "/api/feed", token, code).json()["error"] == "no_consent"
