"""Signing in over HTTP: cookies, links, waiting, second factors, where one goes on to."""

import re
import threading

import httpx
import pyotp
import pytest

from portreeve.cli import main
from portreeve.schemas.people import Role
from portreeve.server import Server
from portreeve.service.service import Service
from portreeve.service.settings import Settings
from service.door import ADMIN, PASSWORD

from .house import House, opened, text_of


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    with opened(tmp_path_factory.mktemp("house") / "data", trusted_proxies=1) as house:
        house.first()
        house.add("bob", Role.reviewer)
        yield house


def log_in(client, name="bob", password=PASSWORD, *, address="192.0.2.1", next=None):
    form = {"name": name, "password": password} | ({} if next is None else {"next": next})
    return client.post("/console/login", data=form, headers={"x-forwarded-for": address})


def cookie(reply):
    [set_cookie] = [
        one for one in reply.headers.get_list("set-cookie") if "portreeve_session" in one
    ]
    return set_cookie


def test_the_first_administrator_comes_by_the_printed_link(tmp_path):
    with opened(tmp_path / "data") as house, house.open() as client:
        link = house.service.joining.first_link().secret
        assert client.get("/console").headers["location"] == "/console/login?next=%2Fconsole"
        for _ in range(2):
            page = client.get(f"/console/first?token={link}&language=zh")
            assert "首位管理员" in page.text
        form = {"token": link, "name": "ada", "password": "short", "zone": "Asia/Shanghai"}
        refused = client.post("/console/first", data=form)
        assert (refused.status_code, text_of(refused, "error")) == (
            422, "密码只有 5 个字符，至少需要 12 个，可以用几个词组成。",
        )  # fmt: skip
        done = client.post("/console/first", data=form | {"password": PASSWORD})
        assert (done.status_code, done.headers["location"]) == (303, "/console")
        assert "ada" in client.get("/console").text
        [ada] = house.service.people.list(ADMIN)
        assert ada.roles == [Role.administrator]
        signed_in = house.service.sessions.find(client.cookies["portreeve_session"])
        assert (signed_in.preferences.language, signed_in.preferences.zone) == (
            "zh", "Asia/Shanghai",
        )  # fmt: skip
    with opened(tmp_path / "data") as house, house.open() as client:
        assert house.service.joining.first_link() is None
        assert client.get(f"/console/first?token={link}").status_code == 410
        again = client.post("/console/first", data=form | {"name": "eve", "password": PASSWORD})
        assert again.status_code == 410


def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(house):
    with house.open() as client:
        parts = cookie(log_in(client)).split("; ")
    name, _, secret = parts[0].partition("=")
    assert (name, len(secret)) == ("portreeve_session", 43)
    assert parts[1:] == ["Path=/", "HttpOnly", "SameSite=Lax"]


def test_where_people_come_by_https_the_cookie_is_bound_to_host_and_https(tmp_path):
    with opened(tmp_path / "data", public_url="https://portreeve.example") as house:
        house.first()
        with house.open() as client:
            parts = cookie(log_in(client, "ada")).split("; ")
            assert parts[0].startswith("__Host-portreeve_session=")
            assert parts[1:] == ["Path=/", "HttpOnly", "SameSite=Lax", "Secure"]
            secret = parts[0].partition("=")[2]
            for name, status in (("__Host-portreeve_session", 200), ("portreeve_session", 303)):
                reply = httpx.get(f"{house.url}/console", headers={"cookie": f"{name}={secret}"})
                assert reply.status_code == status


def test_a_session_that_somebody_brings_along_is_never_used(house):
    planted = "x" * 43
    with house.open(planted) as client:
        reply = log_in(client)
        assert planted not in cookie(reply)
        secret = cookie(reply).partition("=")[2].partition(";")[0]
    with house.open(planted) as client:
        assert client.get("/console").status_code == 303
    with house.open(secret) as client:
        again = client.post(
            "/console/login",
            data={"name": "bob", "password": PASSWORD, "csrf": house.csrf(secret)},
        )
        assert secret not in cookie(again)


@pytest.mark.parametrize(
    ("wanted", "location"),
    [
        ("/console/queue?tier=black", "/console/queue?tier=black"),
        ("https://elsewhere.example/console", "/console"),
        ("//elsewhere.example", "/console"),
        ("/\\elsewhere.example", "/console"),
        ("/console/../policy", "/console"),
        ("/console\r\nx: y", "/console"),
        ("javascript:alert(1)", "/console"),
        ("/policy", "/console"),
        ("", "/console"),
    ],
)
def test_one_goes_on_to_the_console_s_own_pages_only(house, wanted, location):
    with house.open() as client:
        reply = log_in(client, next=wanted)
        assert (reply.status_code, reply.headers["location"]) == (303, location)
    with house.open(house.session("bob")) as client:
        shown = client.get("/console/login", params={"next": wanted})
        assert shown.headers["location"] == location


def test_wrong_and_strange_names_are_answered_alike(house):
    with house.open() as client:
        bodies = set()
        for name, password in (("bob", "wrong"), ("nobody-here", PASSWORD)):
            reply = log_in(client, name, password, address="192.0.2.9")
            assert reply.status_code == 401
            assert text_of(reply, "problem") == "The name or the password is not right."
            bodies.add(reply.text.replace(name, "NAME"))
            assert "set-cookie" not in reply.headers
    assert len(bodies) == 1


def test_whoever_fails_often_waits(house):
    house.add("carl", Role.analyst)
    with house.open() as client:
        for _ in range(5):
            assert log_in(client, "carl", "wrong", address="192.0.2.2").status_code == 401
        reply = log_in(client, "carl", address="192.0.2.3")
        assert reply.status_code == 429
        assert text_of(reply, "problem").startswith("Too many attempts failed. Try again in ")


def test_an_address_is_the_one_that_the_trusted_proxy_saw(house):
    with house.open() as client:
        for at in range(30):
            made_up = f"198.51.100.{at}, 192.0.2.77"
            assert log_in(client, f"name-{at}", address=made_up).status_code == 401
        assert log_in(client, address="192.0.2.77").status_code == 429
        assert log_in(client, address="192.0.2.77, 192.0.2.78").status_code == 303


def test_a_second_factor_is_asked_for(house):
    secret = house.add("dora", Role.auditor)
    with house.open(secret) as client:
        page = client.get("/console/me/factor")
        key = re.search(r'class="secret">([^<]+)<', page.text)[1].replace(" ", "").strip()
        app = pyotp.TOTP(key)
        form = {"csrf": house.csrf(secret), "current": PASSWORD, "code": app.now()}
        shown = client.post("/console/me/factor", data=form)
        codes = re.findall(r"<li><code>([a-z2-7-]{19})</code>", shown.text)
        assert (shown.status_code, len(codes)) == (200, 10)
        assert client.get("/console/me").status_code == 200
    assert house.service.sessions.find(secret) is None
    with house.open() as client:
        reply = log_in(client, "dora", next="/console/audit")
        assert reply.headers["location"] == "/console/login/code?next=%2Fconsole%2Faudit"
        assert client.get("/console/me").status_code == 303
        half = client.cookies["portreeve_session"]
        page = client.get(reply.headers["location"])
        assert 'autocomplete="one-time-code"' in page.text
        wrong = client.post("/console/login/code", data={"code": "000000"})
        assert (wrong.status_code, text_of(wrong, "error")) == (
            401, "The code is not right, or was used already. Take the one that the app shows now.",
        )  # fmt: skip
        replayed = client.post("/console/login/code", data={"code": form["code"]})
        assert replayed.status_code == 401
        done = client.post("/console/login/code", data={"code": codes[0], "next": "/console/audit"})
        assert (done.status_code, done.headers["location"]) == (303, "/console/audit")
        assert client.cookies["portreeve_session"] != half
        assert client.get("/console/audit").status_code == 200
    with house.open(half) as client:
        assert client.get("/console/audit").status_code == 303


def test_signing_out_ends_the_session_and_forgets_the_cookie(house):
    secret = house.session("bob")
    with house.open(secret) as client:
        reply = client.post("/console/sign-out", data={"csrf": house.csrf(secret)})
        assert reply.headers["location"] == "/console/login"
        assert "Max-Age=0" in cookie(reply)
    with house.open(secret) as client:
        assert client.get("/console").status_code == 303


def test_an_invitation_is_used_once(house):
    secret = house.session("ada")
    with house.open(secret) as client:
        form = {"csrf": house.csrf(secret), "name": "finn", "roles": ["analyst", "auditor"]}
        page = client.post("/console/people", data=form)
        link = re.search(r'<code id="given">([^<]+)</code>', page.text)[1]
        again = client.post("/console/people", data=form)
        assert (again.status_code, text_of(again, "error")) == (
            409, "There is somebody called &#39;finn&#39; already. Give another name.",
        )  # fmt: skip
    assert link.startswith(f"{house.url}/console/link?token=")
    with house.open() as client:
        assert "finn" in client.get(link).text
        token = link.partition("token=")[2]
        form = {"token": token, "password": "finn-finn-12"}
        refused = client.post("/console/link", data=form)
        assert text_of(refused, "error") == "The password is made of your name. Take another."
        done = client.post("/console/link", data=form | {"password": PASSWORD})
        assert (done.status_code, done.headers["location"]) == (303, "/console")
    with house.open() as client:
        assert client.get(link).status_code == 410
        again = client.post("/console/link", data=form | {"password": "nine loud geese"})
        assert again.status_code == 410


def test_one_s_own_roles_are_changed_and_one_stays_in(house):
    secret = house.add("gus", Role.administrator)
    with house.open(secret) as client:
        form = {"csrf": house.csrf(secret), "roles": ["administrator", "auditor"]}
        reply = client.post("/console/people/gus/roles", data=form)
        assert secret not in cookie(reply)
        assert client.get("/console/people/gus").status_code == 200
    with house.open(secret) as client:
        assert client.get("/console").status_code == 303


def test_a_password_is_changed_on_one_s_own_page(house):
    secret, other = house.add("hal", Role.analyst), house.session("hal")
    with house.open(secret) as client:
        form = {"csrf": house.csrf(secret), "current": "wrong", "password": "nine loud geese"}
        refused = client.post("/console/me/password", data=form)
        assert text_of(refused, "error") == "This is not your password."
        done = client.post("/console/me/password", data=form | {"current": PASSWORD})
        assert done.status_code == 303
        assert client.get("/console/me").status_code == 200
    for old in (secret, other):
        assert house.service.sessions.find(old) is None


def test_no_address_of_a_browser_and_no_whole_user_agent_is_kept(house):
    with house.open() as client:
        log_in(client, address="203.0.113.200")
    listed = house.service.sessions.of("bob")
    assert {one.agent for one in listed} == {"Firefox, Linux"}


def test_a_required_second_factor_is_set_up_at_the_first_sign_in(tmp_path):
    with opened(tmp_path / "data", require_totp=True) as house, house.open() as client:
        link = house.service.joining.first_link().secret
        form = {"token": link, "name": "ada", "password": PASSWORD}
        done = client.post("/console/first", data=form)
        assert done.headers["location"] == "/console/login/code"
        assert client.get("/console").status_code == 303
        page = client.get("/console/login/code")
        key = re.search(r'class="secret">([^<]+)<', page.text)[1].replace(" ", "").strip()
        code = {"code": pyotp.TOTP(key).now()}
        shown = client.post("/console/login/factor", data=code)
        assert len(re.findall(r"<li><code>([a-z2-7-]{19})</code>", shown.text)) == 10
        assert client.get("/console").status_code == 200


def test_serve_prints_the_link_and_people_link_makes_another(tmp_path, capsys):
    data = str(tmp_path / "data")
    service = Service.open(Settings(data=data, port=0))
    ready = threading.Event()
    server = Server(service, ready=ready.set)
    server.start()
    assert ready.wait(120)
    house = House(service, server.url)
    house.first()

    def run(*arguments):
        with pytest.raises(SystemExit) as left:
            main(["people", *arguments, "--data", data])
        return left.value.code, capsys.readouterr().out.strip()

    code, url = run("link", "ada")
    address, _, token = url.partition("?token=")
    assert (code, address) == (0, "http://127.0.0.1:8014/console/link")
    with house.open() as client:
        form = {"token": token, "password": "nine loud geese"}
        assert client.post("/console/link", data=form).status_code == 303
        assert client.get("/console/people").status_code == 200
    assert run("add", "kim", "--role", "reviewer,boss")[0] == 2
    code, told = run("add", "kim", "--role", "reviewer, analyst", "--json")
    assert (code, '"person":"kim","purpose":"invitation"' in told) == (0, True)
    assert '"roles":["reviewer","analyst"]' in run("list")[1]
    server.stop()
