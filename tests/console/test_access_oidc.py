"""Single sign-on in the browser, at two providers that others wrote."""

import socket
import subprocess
from contextlib import contextmanager

import pytest
from oidc_provider_mock import User, run_server_in_thread

from portreeve.schemas.people import Role
from service.door import ADMIN

from . import browser as browsers
from .house import opened

CALLBACK = "/console/login/oidc/callback"
SETTINGS = {
    "oidc_client_id": "portreeve", "oidc_client_secret": "a-secret",
    "oidc_roles": "trust-safety=reviewer",
}  # fmt: skip


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return taken.getsockname()[1]


@contextmanager
def npm_provider(port, redirect):
    """The package ``oidc-provider``, which asks for consent and tells roles as user information."""
    if "npm packages of tests/console/node" in browsers.install():
        pytest.skip(browsers.say_missing(["npm packages of tests/console/node"]))
    command = ["node", "provider.mjs", str(port), redirect]
    with subprocess.Popen(
        command, cwd=browsers.NODE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        try:
            assert "ready\n" in process.stdout
            yield
        finally:
            process.kill()


@pytest.fixture
def page(chromium):
    context = chromium.new_context(locale="en-GB")
    context.set_default_timeout(15_000)
    yield context.new_page()
    context.close()


def log_in_there(page, name):
    """Log in at the npm provider, and agree."""
    page.fill("input[name=login]", name)
    page.fill("input[name=password]", "not looked at")
    page.click("button[type=submit]")
    page.click("button[type=submit]")


def test_at_oidc_provider_from_npm(page, tmp_path):
    issuer_port, port = free_port(), free_port()
    url = f"http://localhost:{port}"
    settings = SETTINGS | {
        "oidc_issuer": f"http://localhost:{issuer_port}", "public_url": url,
        "oidc_scopes": "openid profile groups",
    }  # fmt: skip
    with (
        npm_provider(issuer_port, url + CALLBACK),
        opened(tmp_path / "data", **settings, at=port) as house,
    ):
        page.goto(f"{url}/console/login?next=/console/me")
        page.click("text=Single sign-on")
        log_in_there(page, "mia")
        page.wait_for_url(f"{url}/console/me")
        assert page.locator("h1").inner_text() == "mia of the provider"
        mia = house.service.people.get(ADMIN, "mia")
        assert (mia.roles, mia.roles_from) == ([Role.reviewer], "oidc")
        page.click("text=Sign out")
        page.wait_for_url(f"{url}/console/login")
        page.click("text=Single sign-on")
        page.wait_for_url(f"{url}/console")

        house.add("bob", Role.senior)
        page.context.clear_cookies()
        page.context.add_cookies(
            [{"name": "portreeve_session", "value": house.session("bob"), "url": url}]
        )
        page.goto(f"{url}/console/me")
        page.click("button:has-text('Connect')")
        page.click("text=Go to localhost")
        log_in_there(page, "robert")
        page.wait_for_url(f"{url}/console/me")
        assert "Connected." in page.locator(".message").inner_text()
        assert house.service.people.get(ADMIN, "bob").identities == [settings["oidc_issuer"]]


def test_at_oidc_provider_mock(page, tmp_path):
    claims = {"preferred_username": "noa", "name": "Noa", "groups": ["trust-safety"]}
    users = [User(sub="n-1", claims=claims), User(sub="x-1", claims={"preferred_username": "x"})]
    with run_server_in_thread(user_claims=users) as server:
        issuer = f"http://localhost:{server.server_port}"
        with opened(tmp_path / "data", **SETTINGS, oidc_issuer=issuer) as house:
            link = house.service.joining.first_link().secret
            page.goto(f"{house.url}/console/first?token={link}")
            page.click("text=Use single sign-on")
            page.fill("input[name=sub]", "n-1")
            page.click("button:has-text('Authorize')")
            page.wait_for_url(f"{house.url}/console")
            assert house.service.people.get(ADMIN, "noa").roles == [Role.administrator]
            page.click("text=Sign out")
            page.goto(f"{house.url}/console/login")
            page.click("text=Single sign-on")
            page.fill("input[name=sub]", "x-1")
            page.click("button:has-text('Authorize')")
            said = page.locator("[role=alert]").inner_text()
            assert said == "You have no role here. Ask an administrator to give you one."
