"""What somebody tries who should not: each test is an attack that once worked, or nearly did."""

import asyncio
import threading
import time

import httpx
import pyotp
import pytest

from portreeve.console import app, cookies
from portreeve.console.areas import concerned
from portreeve.console.desk import Desk
from portreeve.console.rates import Rate
from portreeve.schemas.people import Role
from portreeve.service import people_records
from portreeve.service.passwords import Passwords
from service.door import HERE, PASSWORD, QUICK

from .house import opened

SECONDS = 1.0
"""What none of these may take, on a slow machine either."""


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    with opened(tmp_path_factory.mktemp("house") / "data") as house:
        house.first()
        house.add("bob", Role.reviewer)
        yield house


def took(work):
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def session_of(reply):
    """The secret that a reply gives to the browser."""
    [given] = [one for one in reply.headers.get_list("set-cookie") if "portreeve_session=" in one]
    return given.split("=", 1)[1].split(";")[0]


def test_a_password_of_a_megabyte_is_no_work():
    # to normalise 150,000 accents in the wrong order takes Python most of a minute
    passwords = Passwords(QUICK)
    kept = passwords.hashed(PASSWORD)
    long = PASSWORD + "\u0301\u0327" * 75_000
    assert took(lambda: passwords.match(kept, long)) < SECONDS
    assert took(lambda: passwords.match(None, long)) < SECONDS
    assert not passwords.match(kept, PASSWORD + "x" * 300)
    assert passwords.match(kept, PASSWORD)


def test_cookies_are_read_in_no_time():
    # Python's own reader took seconds for these: CVE-2024-7592
    assert took(lambda: cookies.read(b'a="' + rb"\a" * 30_000 + b'"')) < 0.2
    assert took(lambda: cookies.read(b"a=b;" * 16_000)) < 0.2


@pytest.mark.parametrize(
    "other", [b'j={"a":1,"b":2}', b"a[b]=1", b"x", b'q="a b"', b"=", b"\xff=1"]
)
def test_a_cookie_of_another_program_signs_nobody_out(other):
    jar = cookies.read(other + b"; portreeve_session=s3; portreeve_language=zh")
    assert (jar["portreeve_session"], jar["portreeve_language"]) == ("s3", "zh")


def test_the_wrong_code_of_a_new_factor_changes_nothing(house):
    service, secret = house.service, house.add("cleo", Role.reviewer)
    cleo = service.sessions.find(secret)
    old = pyotp.TOTP(service.profiles.offer_factor(cleo).secret)
    with house.open(secret) as client:
        form = {"csrf": cleo.csrf, "current": PASSWORD, "code": old.now()}
        changed = client.post("/console/me/factor", data=form)
        assert changed.status_code == 200
        secret = session_of(changed)
    # a telephone that is offered, and seen by a thief over the shoulder, but never confirmed
    seen = pyotp.TOTP(service.profiles.offer_factor(service.sessions.find(secret)).secret)
    with house.open() as thief:
        thief.post("/console/login", data={"name": "cleo", "password": PASSWORD})
        refused = thief.post("/console/login/factor", data={"code": seen.now()})
        assert refused.status_code == 401
        with service.context.database.read() as connection:
            row = people_records.row_of(connection, "cleo")
        assert service.signing_in._factor._opened("cleo", row.totp) == old.secret


def test_a_flood_on_the_public_pages_keeps_no_staff_waiting(house, monkeypatch):
    service, secret = house.service, house.add("emil", Role.reviewer)
    begun, go_on = threading.Semaphore(0), threading.Event()
    networks = service.public_policies.networks

    def slow():
        begun.release()
        go_on.wait(30)
        return networks()

    monkeypatch.setattr(service.public_policies, "networks", slow)

    async def flood():
        limits = httpx.Limits(max_connections=None)
        async with httpx.AsyncClient(base_url=house.url, timeout=60, limits=limits) as crowd:
            asked = [asyncio.create_task(crowd.get("/policy")) for _ in range(201)]
            done, waiting = await asyncio.wait(asked, return_when=asyncio.FIRST_COMPLETED)
            assert [begun.acquire(timeout=5) for _ in range(3)] == [True] * 3
            assert not begun.acquire(blocking=False)
            cookies = {"portreeve_session": secret}
            async with httpx.AsyncClient(base_url=house.url, cookies=cookies) as staff:
                mine = await staff.get("/console/me", timeout=10)
            login = await crowd.get("/console/login", timeout=10)
            script = await crowd.get("/policy", headers={"portreeve-part": "main"})
            go_on.set()
            later = [(await one).status_code for one in waiting]
            return [one.result() for one in done], mine, login, script, later

    refused, mine, login, script, later = asyncio.run(flood())
    assert (mine.status_code, login.status_code, later) == (200, 200, [200] * 200)
    (page,) = refused
    assert (page.status_code, page.headers["retry-after"]) == (503, "5")
    assert "Wait a little and load the page again." in page.text
    assert "请稍候重新加载页面" in page.text
    assert (script.status_code, script.headers["retry-after"]) == (503, "5")
    assert script.json()["code"] == "unavailable"


def test_an_address_that_no_proxy_of_ours_says_counts_for_nothing(tmp_path):
    # no proxy is trusted: from one address comes all of it, whatever the header says
    with opened(tmp_path / "data") as house, house.open() as client:
        house.first()
        said = [
            client.post(
                "/console/login",
                data={"name": f"nobody-{number}", "password": "wrong wrong wrong"},
                headers={"x-forwarded-for": f"198.51.100.{number}"},
            ).status_code
            for number in range(33)
        ]
        assert 429 in said


def test_nobody_uses_up_the_codes_of_somebody_whose_password_they_lack(house):
    service = house.service
    secret = house.add("dora", Role.reviewer)
    dora = service.sessions.find(secret)
    totp = pyotp.TOTP(service.profiles.offer_factor(dora).secret)
    _, codes = service.profiles.confirm_factor(dora, PASSWORD, totp.now(), HERE)
    for number in range(6):
        with house.open() as stranger:
            form = {"name": "dora code", "password": f"wrong {number}"}
            stranger.post("/console/login", data=form)
    with house.open() as client:
        begun = service.signing_in.with_password("dora", PASSWORD, HERE)
        client.cookies.set("portreeve_session", begun.secret)
        assert client.post("/console/login/code", data={"code": codes[0]}).status_code == 303


def test_invalid_links_use_up_nothing_of_valid_ones(house, monkeypatch):
    monkeypatch.setattr(concerned, "APPEALING", Rate(each=1 / 60, at_once=5, all=20.0))
    monkeypatch.setattr(concerned, "READING", Rate(each=1.0, at_once=20, all=30.0))
    links = house.service.concerned._links
    valid = links.token("dec_" + "ab" * 16)
    with house.open() as client:
        for number in range(60):
            client.get(f"/d/{'a' * 50}{number:02d}")
            client.post(f"/d/{'a' * 50}{number:02d}/appeal", data={"words": "x"})
        # there is no such decision, but the link is one of ours
        assert client.get(f"/d/{valid}").status_code == 404
        assert client.post(f"/d/{valid}/appeal", data={"words": "x"}).status_code == 404


def test_an_address_to_go_on_to_holds_no_header():
    reply = Desk.go(_desk(), "/console/x\r\nset-cookie: a=b\r\n\r\n<b>中</b>")
    [(_, where)] = [header for header in reply.headers if header[0] == b"location"]
    assert where == b"/console/x%0D%0Aset-cookie:%20a=b%0D%0A%0D%0A%3Cb%3E%E4%B8%AD%3C/b%3E"


def _desk():
    desk = object.__new__(Desk)
    desk.headers = []
    return desk


def test_a_stream_ends_with_the_session(house, monkeypatch):
    monkeypatch.setattr(app, "LOOK_AGAIN_SECONDS", 0.3)
    secret = house.session("bob")
    with house.open(secret) as client, client.stream("GET", "/console/live") as reply:
        lines = reply.iter_raw()
        assert next(lines).startswith(b": hello")
        house.service.sessions.end(house.service.sessions.find(secret).session)
        assert list(lines) == []


def test_one_person_has_so_many_streams(house, monkeypatch):
    monkeypatch.setattr(app, "STREAMS_EACH", 2)
    secret = house.session("bob")
    with (
        house.open(secret) as client,
        client.stream("GET", "/console/live") as one,
        client.stream("GET", "/console/live") as two,
    ):
        assert (one.status_code, two.status_code) == (200, 200)
        assert client.get("/console/live").status_code == 503
        with house.open(house.session("ada")) as other, other.stream("GET", "/console/live") as own:
            assert own.status_code == 200


def test_nobody_reads_a_case_that_is_none(house):
    with house.open(house.session("bob")) as client:
        assert client.get(f"/console/cases/{'x' * 5000}/here").status_code == 404
    assert house.service.readers.everybody() == {}
