"""Health, metrics, traces and logs: all that is to be seen from outside, and nothing of content."""

import io
import json
import logging
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest

from portreeve.schemas.screening import Submission
from portreeve.service import logs
from portreeve.service.settings import Settings
from portreeve.store import StoreUnavailableError
from service.receiver import until

CANARY = "canary-51c0"
SELLS = f"面膜89元一盒 {CANARY} 加微信 abc12345 下单"


class Collector:
    """An OpenTelemetry collector that keeps what it is sent."""

    def __init__(self):
        self.spans = []
        collector = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                assert self.path == "/v1/traces"
                body = json.loads(self.rfile.read(int(self.headers["content-length"])))
                for resource in body["resourceSpans"]:
                    for scope in resource["scopeSpans"]:
                        collector.spans += scope["spans"]
                self.send_response(200)
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, *_):
                """Quiet."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_port}"


@pytest.fixture(scope="module")
def collector():
    collector = Collector()
    yield collector
    collector.server.shutdown()


@pytest.fixture(scope="module")
def settings(tmp_path_factory, collector):
    folder = str(tmp_path_factory.mktemp("data"))
    return Settings(data=folder, port=0, traces=collector.url)


def test_it_lives_and_is_ready(http):
    assert http.get("/health/live").json() == {"status": "live"}
    ready = http.get("/health/ready").json()
    assert ready["status"] == "ready"
    assert {"database", "engine", "screening", "webhooks"} <= set(ready["checks"])
    assert set(ready["checks"].values()) == {"ok"}


def test_it_is_not_ready_without_its_database(http, service, monkeypatch):
    monkeypatch.setattr(service._probe, "state", lambda: "connection refused")
    answer = http.get("/health/ready")
    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
    assert answer.json()["more"]["database"] == "connection refused"
    assert http.get("/health/live").status_code == 200


def test_metrics(http, client):
    client.screen(Submission(id="m-1", account="acc-canary", text=SELLS))
    answer = http.get("/metrics")
    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    found = dict(re.findall(r"^(portreeve_[^ ]+) ([0-9.e+]+)$", answer.text, re.MULTILINE))
    screen = 'portreeve_requests_total{method="POST",route="/v1/screen",status="200"}'
    assert float(found[screen]) >= 1
    assert any(
        name.startswith("portreeve_decisions_total") and 'verdict="refuse"' in name
        for name in found
    )
    for name in (
        "portreeve_queue_items", "portreeve_spool_items", "portreeve_open_cases",
        'portreeve_webhook_deliveries{state="pending"}',
    ):  # fmt: skip
        assert name in found
    assert CANARY not in answer.text
    assert "acc-canary" not in answer.text


def test_metrics_do_not_grow_with_addresses(http):
    for number in range(5):
        http.get(f"/nothing-{number}")
        http.get(f"/v1/items/m-{number}")
    text = http.get("/metrics").text
    assert "nothing-" not in text
    assert 'route="unmatched"' in text
    assert 'route="/v1/items/{id}"' in text


def test_metrics_need_their_scope(http, new_key):
    headers = {"Authorization": f"Bearer {new_key('screen')}"}
    assert http.get("/metrics", headers=headers).status_code == 403


def test_traces_carry_ids_and_no_content(http, collector):
    trace = "0af7651916cd43dd8448eb211c80319c"
    headers = {"traceparent": f"00-{trace}-b7ad6b7169203331-01", "X-Request-Id": "request-77"}
    http.post("/v1/screen", json={"id": "t-1", "account": "ann", "text": SELLS}, headers=headers)

    def mine():
        return [span for span in collector.spans if span["traceId"] == trace]

    until(mine, 15)
    span = mine()[0]
    assert (span["name"], span["kind"]) == ("POST /v1/screen", 2)
    assert span["parentSpanId"] == "b7ad6b7169203331"
    facts = {one["key"]: next(iter(one["value"].values())) for one in span["attributes"]}
    assert facts == {
        "http.request.method": "POST",
        "http.route": "/v1/screen",
        "http.response.status_code": "200",
        "portreeve.request": "request-77",
        "portreeve.key": "admin",
    }
    assert CANARY not in json.dumps(collector.spans, ensure_ascii=False)


@pytest.fixture
def log():
    root, own = logging.getLogger(), logging.getLogger("portreeve")
    before = root.handlers, root.level, own.level
    stream = io.StringIO()
    logs.configure("info", stream)
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    root.handlers, root.level = before[0], before[1]
    own.setLevel(before[2])


def test_requests_are_logged_without_content(http, log):
    http.get(f"/v1/items/x-{CANARY}?y={CANARY}", headers={"X-Request-Id": "request-78"})
    until(log)
    line = log()[-1]
    assert (line["level"], line["event"]) == ("info", "request")
    assert {k: line[k] for k in ("request", "method", "route", "status", "key", "code")} == {
        "request": "request-78",
        "method": "GET",
        "route": "/v1/items/{id}",
        "status": 422,
        "key": "admin",
        "code": "invalid",
    }
    assert CANARY not in json.dumps(log())


def test_a_fault_is_logged_by_kind_and_place(http, service, log, monkeypatch):
    def fail(*_):
        raise RuntimeError(CANARY)

    monkeypatch.setattr(service.webhooks, "list", fail)
    http.get("/v1/webhooks")
    until(lambda: len(log()) >= 2)
    first, second = log()[-2:]
    assert (first["event"], first["error"]) == ("unexpected error", "RuntimeError")
    assert first["place"].startswith("test_watching.py:")
    assert (second["level"], second["status"]) == ("warning", 500)
    assert CANARY not in json.dumps(log())


def test_other_packages_are_logged_without_their_words(log):
    try:
        int(CANARY)
    except ValueError:
        logging.getLogger("asyncio").exception("Task exception: %s", CANARY)
    line = log()[-1]
    assert (line["event"], line["error"]) == ("log of asyncio", "ValueError")
    assert CANARY not in json.dumps(line)


def test_what_is_asked_while_it_starts(settings, tmp_path):
    from portreeve.server import Server
    from portreeve.service.service import Service

    service = Service.open(Settings(data=str(tmp_path / "data"), port=0))
    go_on, ready = threading.Event(), threading.Event()
    start = service.start
    service.start = lambda: (go_on.wait(), start())
    server = Server(service, ready=ready.set)
    server.start()
    until(lambda: _answers(server.url))
    assert httpx.get(f"{server.url}/health/ready").status_code == 503
    answer = httpx.get(f"{server.url}/v1/items/x")
    assert (answer.status_code, answer.json()["detail"]) == (
        503,
        "The service is starting. Try again in a moment.",
    )
    go_on.set()
    assert ready.wait(60)
    assert httpx.get(f"{server.url}/health/ready").status_code == 200
    server.stop()


def _answers(url):
    try:
        return httpx.get(f"{url}/health/live").status_code == 200
    except httpx.TransportError:
        return False


def test_metrics_are_there_while_the_database_is_away(http, service, monkeypatch):
    def away(*_):
        raise StoreUnavailableError("gone")

    monkeypatch.setattr(service.webhooks, "backlog", away)
    assert http.get("/metrics").status_code == 200
