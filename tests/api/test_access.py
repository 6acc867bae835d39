"""Who may: every route of the table is tried without a key and with a key of other scopes."""

import re
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from portreeve.api.app import SHARE, THREADS
from portreeve.api.table import ROUTES
from portreeve.schemas.access import Scope
from portreeve.schemas.keys import NewKey
from portreeve.service.actor import PORTREEVE
from portreeve.service.keys import Keys

CLOSED = [route for route in ROUTES if route.scope is not None]
OPEN = [route for route in ROUTES if route.scope is None]


def address(route):
    return re.sub(r"\{\w+\}", "x", route.path)


def bearer(secret):
    return {"Authorization": f"Bearer {secret}"}


@pytest.fixture(scope="module")
def all_but(new_key):
    """Makes a key with every scope but one, and not that of administrators."""
    made = {}

    def make(scope):
        if scope not in made:
            others = [other for other in Scope if other not in (scope, Scope.admin)]
            made[scope] = new_key(*others, name="other")
        return made[scope]

    return make


@pytest.mark.parametrize("route", CLOSED, ids=lambda route: route.operation)
def test_no_key(url, route):
    answer = httpx.request(route.method, url + address(route))
    assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")


@pytest.mark.parametrize("route", CLOSED, ids=lambda route: route.operation)
def test_key_without_the_scope(url, route, all_but):
    headers = bearer(all_but(route.scope))
    answer = httpx.request(route.method, url + address(route), headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")
    assert f"`{route.scope}`" in answer.json()["detail"]


def test_what_needs_no_key():
    assert {route.path for route in OPEN} == {
        "/", "/health/live", "/health/ready", "/openapi.json", "/errors/{code}",
    }  # fmt: skip


@pytest.mark.parametrize("path", ["/", "/health/live", "/health/ready", "/openapi.json"])
def test_open_routes(url, path):
    assert httpx.get(url + path).status_code == 200


def test_the_scope_lets_in(url, new_key):
    headers = bearer(new_key("webhooks"))
    assert httpx.get(f"{url}/v1/webhooks", headers=headers).status_code == 200


def test_a_revoked_key_is_refused_within_two_seconds(url, client):
    made = client.create_key(NewKey(name="gone", scopes=[Scope.webhooks]))
    assert httpx.get(f"{url}/v1/webhooks", headers=bearer(made.secret)).status_code == 200
    client.revoke_key(made.id)
    time.sleep(2)
    assert httpx.get(f"{url}/v1/webhooks", headers=bearer(made.secret)).status_code == 401


def test_a_key_made_by_another_process_works_at_once(service, url):
    key = Keys(service.context).create(
        PORTREEVE, NewKey(name="new", scopes=[Scope.webhooks])
    ).secret  # fmt: skip
    time.sleep(0.15)
    assert httpx.get(f"{url}/v1/webhooks", headers=bearer(key)).status_code == 200


def test_many_unknown_keys_read_the_store_once(service, url, monkeypatch):
    """They come while the store is slow."""
    reading, go_on, refresh = threading.Semaphore(0), threading.Event(), service.keys.refresh

    def slow():
        if threading.current_thread().name.startswith("portreeve-"):
            return refresh()
        reading.release()
        go_on.wait(30)
        return refresh()

    monkeypatch.setattr(service.keys, "refresh", slow)
    monkeypatch.setattr(type(service.keys), "stale", True)

    def ask(number):
        return httpx.get(f"{url}/v1/webhooks", headers=bearer(f"no-{number}"), timeout=60)

    with ThreadPoolExecutor(20) as threads:
        asked = [threads.submit(ask, number) for number in range(20)]
        assert reading.acquire(timeout=30)
        time.sleep(0.5)
        assert not reading.acquire(blocking=False)
        go_on.set()
        assert {one.result().status_code for one in asked} == {401}


def test_one_key_does_not_keep_others_waiting(service, url, new_key, monkeypatch):
    begun, go_on = threading.Semaphore(0), threading.Event()
    listed = service.webhooks.list

    def slow(actor, paging):
        if actor.name == "greedy":
            begun.release()
            go_on.wait(30)
        return listed(actor, paging)

    monkeypatch.setattr(service.webhooks, "list", slow)
    greedy, modest = new_key("webhooks", name="greedy"), new_key("webhooks", name="modest")

    def ask(key):
        return httpx.get(f"{url}/v1/webhooks", headers=bearer(key), timeout=60).status_code

    with ThreadPoolExecutor(THREADS) as threads:
        asked = [threads.submit(ask, greedy) for _ in range(THREADS)]
        assert all(begun.acquire(timeout=30) for _ in range(SHARE))
        assert not begun.acquire(timeout=0.5)
        assert ask(modest) == 200
        go_on.set()
        assert {one.result() for one in asked} == {200}


def test_who_acts_on_behalf_is_in_the_audit_log(client):
    made = client.acting_for("reviewer-7").create_key(NewKey(name="x", scopes=[Scope.screen]))
    assert made.created_by == "reviewer-7"
    entries = list(client.each(client.list_audit_entries))
    assert [entry.actor for entry in entries if entry.subject == made.id] == ["reviewer-7"]


def test_the_key_through_which_somebody_acts_is_in_the_audit_log(client, url, new_key):
    secret = new_key("admin", name="console")
    keys = {key.name: key.id for key in client.list_keys().items}
    made = []
    for actor in ({}, {"Portreeve-Actor": "Reviewer-7"}, {"Portreeve-Actor": "Console"}):
        body = {"name": "x", "scopes": ["screen"]}
        answer = httpx.post(f"{url}/v1/keys", headers=bearer(secret) | actor, json=body)
        made.append(answer.json()["id"])
    entries = {entry.subject: entry for entry in client.each(client.list_audit_entries)}
    assert [(entries[id].actor, entries[id].detail.get("through")) for id in made] == [
        ("console", None), ("reviewer-7", keys["console"]), ("console", None),
    ]  # fmt: skip


def test_nobody_is_two_people_by_capitals(client, http, new_key):
    assert client.acting_for("Ann").create_key(
        NewKey(name="x", scopes=[Scope.screen])
    ).created_by == "ann"  # fmt: skip
    headers = bearer(new_key("admin", name="BEN"))
    made = http.post("/v1/keys", headers=headers, json={"name": "x", "scopes": ["screen"]})
    assert made.json()["created_by"] == "ben"


@pytest.mark.parametrize("header", ["Authorization", "Portreeve-Actor", "Idempotency-Key"])
def test_who_asks_is_said_once(url, admin_key, header):
    headers = [("Authorization", f"Bearer {admin_key}"), (header, "one"), (header, "two")]
    answer = httpx.get(f"{url}/v1/keys", headers=headers)
    assert (answer.status_code, answer.json()["field"]) == (400, header)


def test_ids_may_hold_any_character(http):
    answer = http.get("/v1/items/at%3A%2F%2Fdid%3Aplc%3Ax%2Fpost%2F%E7%8C%AB")
    assert (answer.status_code, answer.json()["detail"]) == (
        404,
        "There is no item 'at://did:plc:x/post/猫'.",
    )


def test_every_answer_has_an_id_and_is_not_kept_by_browsers(http):
    answer = http.get("/health/live", headers={"X-Request-Id": "trace-1234"})
    assert answer.headers["x-request-id"] == "trace-1234"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-security-policy"] == (
        "default-src 'none'; frame-ancestors 'none'"
    )
    assert "server" not in answer.headers
    made = http.get("/health/live", headers={"X-Request-Id": "no good id!"})
    assert re.fullmatch("req_[0-9a-f]{20}", made.headers["x-request-id"])


def test_an_error_of_a_head_request_has_no_body(http):
    answer = http.head("/v1/keys")
    assert (answer.status_code, answer.content) == (405, b"")
