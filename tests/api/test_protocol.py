"""What comes before the application: heads without an end."""

import socket
from urllib.parse import urlsplit

import pytest

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
