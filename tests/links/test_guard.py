"""The guard against server-side request forgery, tried by a real host in a network of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest
from tests.links.host import CASES, DIRECT, INNER, PUBLIC, PUBLIC_6, REDIRECTS

_APART = ("unshare", "--user", "--map-root-user", "--net", "--mount")
_OTHERS = {
    "userinfo": "userinfo", "userinfo-public": "userinfo", "localhost": "name",
    "localhost-below": "name", "single-label": "name", "file": "scheme", "gopher": "scheme",
    "javascript": "scheme", "data": "scheme", "mail-port": "port", "not-an-address": "url",
    "nowhere": "dns", "rebind-now": "address", "meta-metadata": "address",
    "meta-decimal": "address", "refresh-loopback": "address", "loop-a": "loop", "long-1": "hops",
    "slow-head": "time", "drip-head": "time", "slow-body": "time", "huge-header": "protocol",
    "many-headers": "protocol", "not-http": "protocol",
}  # fmt: skip
ENDS = {
    "page": "http://short.example.com/end",
    "relative": "http://short.example.com/end",
    "six-public": "http://six.example.com/end",
    "idn": "http://xn--fsqu00a.example.com/end",
    "good-meta": "http://short.example.com/end",
    "endless-body": "http://short.example.com/endless-body",
    "endless-chunks": "http://short.example.com/endless-chunks",
    "gzip-bomb": "http://short.example.com/gzip-bomb",
}
REFUSED = {name: _OTHERS.get(name, "address") for name in CASES if name not in ENDS}


@pytest.fixture(scope="module")
def played() -> dict[str, Any]:
    """Everything the host played, and where it was asked."""
    if subprocess.run([*_APART, "true"], capture_output=True, check=False).returncode:
        pytest.skip("THE GUARD IS NOT PROVED HERE: this machine allows no network namespace")
    told = subprocess.run(
        [*_APART, sys.executable, "-m", "tests.links.host"],
        capture_output=True, check=True, timeout=60,
    )  # fmt: skip
    return json.loads(told.stdout)


def test_the_traps_are_real(played):
    assert played["control"] == 200
    assert played["caught"] == [PUBLIC, "169.254.169.254"]
    assert "169.254.169.254" in INNER


def test_only_public_addresses_were_asked(played):
    assert set(played["hits"]) == {PUBLIC, PUBLIC_6}


def test_every_trick_is_refused_with_its_code(played):
    assert {name: played["answers"][name]["refusal"] for name in REFUSED} == REFUSED


def test_what_is_harmless_is_followed_to_its_end(played):
    assert {name: played["answers"][name]["target"] for name in ENDS} == ENDS


def test_every_trick_is_refused_also_where_it_is_given_directly(played):
    wanted = {url: REFUSED[name] for name, url in REDIRECTS.items()}
    wanted["//127.0.0.1/"] = "url"
    wanted |= dict.fromkeys(DIRECT[-2:], "connection")
    assert {one["url"]: one["refusal"] for one in played["direct"]} == wanted


def test_a_name_is_resolved_once_for_each_connection(played):
    hops = [hop["url"] for hop in played["answers"]["rebind-now"]["hops"]]
    assert hops == ["http://short.example.com/rebind-now", "http://rebind.example.com/again"]
    assert played["rebind"] == 2


def test_nothing_tells_who_asks(played):
    asked = {
        line.partition(":")[0] for one in played["requests"] for line in one.split("\r\n")[1:-2]
    }
    assert asked == {"Host", "User-Agent", "Accept", "Accept-Encoding", "Connection"}
