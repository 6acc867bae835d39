"""What comes before the application: heads without an end."""

import socket
import time
from urllib.parse import urlsplit

import pytest

from portreeve.http import protocol
from portreeve.http.call import HELD
from portreeve.http.protocol import MOST_HEAD_BYTES

GET = b"GET /health/live HTTP/1.1\r\nHost: x\r\n"
CHUNKED = b"POST /v1/keys HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n{\r\n0\r\n"
PART = b"a" * 60_000


def connected(url):
    place = urlsplit(url)
    wire = socket.create_connection((place.hostname, place.port))
    wire.settimeout(10)
    return wire


def sent(url, first, *parts):
    """What comes back, and how many of the parts could be sent."""
    taken = 0
    with connected(url) as wire:
        try:
            wire.sendall(first)
            for part in parts:
                wire.sendall(part)
                taken += 1
            answer = b""
            while block := wire.recv(65_536):
                answer += block
        except OSError:
            answer = b"broken"
    return answer, taken


@pytest.mark.parametrize(
    ("first", "part"),
    [
        (b"GET /", PART),
        (GET + b"X-A: ", PART),
        (GET, b"X-A: " + PART + b"\r\n"),
        (CHUNKED, b"X-A: " + PART + b"\r\n"),
    ],
    ids=["first line", "one header", "many headers", "trailers"],
)
def test_what_has_no_end_is_cut_off(url, first, part):
    _, taken = sent(url, first, *[part] * 1_000)
    assert taken < 1_000


def test_a_head_that_is_too_long_is_told_so(url):
    answer, _ = sent(url, GET + b"X-A: ", b"a" * (MOST_HEAD_BYTES + 1))
    assert answer.startswith(b"HTTP/1.1 431 Request Header Fields Too Large\r\n")


def test_a_long_head_and_a_body_in_small_pieces_are_taken(url, http):
    answer = http.get("/health/live", headers={"X-A": "a" * 60_000})
    assert answer.status_code == 200
    body = iter([b'{"name": "', *[b"a"] * 90, b'", "scopes": ["cases"]}', b" " * 70_000])
    answer = http.post("/v1/keys", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 200


@pytest.fixture
def impatient(monkeypatch):
    monkeypatch.setattr(protocol, "HEAD_SECONDS", 0.3)
    monkeypatch.setattr(protocol, "WHOLE_SECONDS", 0.6)


@pytest.mark.parametrize(
    "first",
    [b"", GET, b"GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n" + GET],
    ids=["nothing", "half a head", "half of a second head"],
)
def test_a_head_that_does_not_come_is_not_waited_for(url, impatient, first):
    answer, _ = sent(url, first)
    assert answer.count(b"HTTP/1.1 408 Request Timeout\r\n") == 1
    assert answer.endswith(b"The request did not come in time. Send it anew, and faster.")


def test_a_body_that_does_not_come_is_not_waited_for(url, admin_key, impatient):
    head = b"POST /v1/keys HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\nAuthorization: Bearer "
    answer, _ = sent(url, head + admin_key.encode() + b"\r\n\r\n{")
    assert answer == b""


def test_a_body_that_does_not_come_ends_what_was_refused_without_it(url, impatient):
    answer, _ = sent(url, b"POST /v1/keys HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n{")
    assert answer.startswith(b"HTTP/1.1 401 ")
    assert b"408" not in answer


def test_a_connection_that_was_answered_is_kept_for_the_next_request(url, impatient):
    whole = b"GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n"
    with connected(url) as wire:
        wire.sendall(whole)
        assert wire.recv(65_536).startswith(b"HTTP/1.1 200")
        time.sleep(0.8)
        wire.sendall(whole)
        assert wire.recv(65_536).startswith(b"HTTP/1.1 200")


def test_more_bodies_at_once_than_there_is_room_for(url, http, monkeypatch):
    monkeypatch.setattr(HELD, "_most", 150_000)
    body = b'{"name": "a", "scopes": ["cases"]}' + b" " * 90_000
    head = b"POST /v1/keys HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n" % len(body)
    head += b"Authorization: " + http.headers["authorization"].encode() + b"\r\n"
    head += b"Content-Type: application/json\r\n\r\n"
    json = {"Content-Type": "application/json"}
    with connected(url) as wire:
        wire.sendall(head + body[:-1])
        while not HELD._bytes:
            time.sleep(0.01)
        refused = http.post("/v1/keys", content=body, headers=json)
        assert refused.status_code == 503
        assert refused.json()["detail"] == "Too much is sent at once. Try again in a moment."
        wire.sendall(body[-1:])
        assert wire.recv(65_536).startswith(b"HTTP/1.1 200")
    assert http.post("/v1/keys", content=iter([body]), headers=json).status_code == 200
    assert HELD._bytes == 0
