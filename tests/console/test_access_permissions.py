"""Every page of the console, and every role: who may see it does, nobody else does."""

import re

import pytest

from portreeve.console.table import PAGES
from portreeve.schemas.people import Role
from portreeve.service.roles import scopes_of
from service.door import ADMIN

from .house import opened

NAMED = [page for page in PAGES if page.needs.signed_in]
CHANGES = [page for page in NAMED if page.method == "POST"]


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    with opened(tmp_path_factory.mktemp("house") / "data") as house:
        house.first()
        for role in Role:
            house.add(role.value, role)
        yield house


def address(page):
    """The address of a page about something that is not there."""
    return re.sub(r"\{\w+\}", "nothing-there", page.path)


def status(client, page, form=None):
    """What is answered; of what goes on, only the beginning."""
    with client.stream(page.method, address(page), data=form) as reply:
        return reply.status_code


@pytest.mark.parametrize("role", Role)
def test_a_role_opens_its_pages_and_no_others(house, role):
    scopes = scopes_of([role])
    wrong = []
    for page in NAMED:
        secret = house.session(role.value)
        with house.open(secret) as client:
            form = {"csrf": house.csrf(secret)} if page.method == "POST" else None
            found = status(client, page, form)
        allowed = page.needs.met(lambda scope: scope in scopes or role == Role.administrator)
        if (found == 403) == allowed or found >= 500:
            wrong.append((page.method, page.path, allowed, found))
    assert wrong == []
    assert house.service.people.get(ADMIN, role.value).disabled is None


def test_whoever_is_not_signed_in_is_sent_to_the_login(house):
    with house.open() as client:
        for page in NAMED:
            reply = client.request(page.method, address(page))
            if page.method == "GET" and page.kind == "page":
                assert reply.headers["location"].startswith("/console/login?next=%2Fconsole")
            else:
                assert reply.status_code == 401, page.path


@pytest.mark.parametrize("given", [None, "", "of another session"])
def test_no_form_is_taken_without_the_session_s_own_mark(house, given):
    secret = house.session(Role.administrator.value)
    form = {} if given is None else {"csrf": given}
    with house.open(secret) as client:
        for page in CHANGES:
            assert status(client, page, form) == 403, page.path
    assert house.service.sessions.find(secret) is not None


@pytest.mark.parametrize("header", ["sec-fetch-site: cross-site", "origin: https://x.example"])
def test_no_form_is_taken_from_another_site(house, header):
    name, _, value = header.partition(": ")
    secret = house.session(Role.administrator.value)
    form = {"csrf": house.csrf(secret)}
    with house.open(secret) as client:
        client.headers[name] = value
        for page in CHANGES:
            assert status(client, page, form) == 403, page.path
    with house.open() as client:
        client.headers[name] = value
        for page in PAGES:
            if not page.needs.signed_in and page.method == "POST":
                assert status(client, page, {}) == 403, page.path
