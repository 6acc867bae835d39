"""Signing in as people do: by keyboard, in both languages, with and without script."""

import re

import pyotp
import pytest

from portreeve.schemas.people import Role
from service.door import ADMIN, PASSWORD

from .house import opened
from .page_checks import axe


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    with opened(tmp_path_factory.mktemp("house") / "data") as house:
        house.first()
        yield house


@pytest.fixture
def browse(chromium):
    """A page of a new browser."""
    contexts = []

    def open_page(locale="en-GB", **more):
        context = chromium.new_context(locale=locale, **more)
        context.set_default_timeout(15_000)
        contexts.append(context)
        return context.new_page()

    yield open_page
    for context in contexts:
        context.close()


def sound(page):
    assert axe(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_the_first_administrator_begins_by_keyboard_on_a_telephone(browse, tmp_path):
    with opened(tmp_path / "data") as house:
        link = house.service.joining.first_link().secret
        page = browse(
            "zh-CN", timezone_id="Asia/Shanghai", color_scheme="dark",
            viewport={"width": 390, "height": 844},
        )  # fmt: skip
        page.goto(f"{house.url}/console/first?token={link}")
        assert page.locator("h1").inner_text() == "首位管理员"
        sound(page)
        for text in ("ada", "林艾达", PASSWORD):
            page.keyboard.type(text)
            page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        page.wait_for_url(f"{house.url}/console")
        page.goto(f"{house.url}/console/me")
        assert page.locator("h1").inner_text() == "林艾达"
        assert page.input_value("input[name=zone]") == "Asia/Shanghai"
        assert page.input_value("select[name=language]") == "zh"


def test_somebody_is_invited_and_sets_up_a_second_factor(house, browse):
    page = browse()
    page.goto(f"{house.url}/console/people")
    page.keyboard.type("ada")
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(f"{house.url}/console/people")
    page.fill("input[name=name]", "bob")
    page.fill("input[name=shown]", "Bob <i>O</i>")
    page.check("input[value=reviewer]")
    page.click("button:has-text('Invite')")
    link = page.locator("#given").inner_text()
    sound(page)

    theirs = browse()
    theirs.goto(link)
    assert theirs.locator("h1").inner_text() == "Welcome, Bob <i>O</i>"
    theirs.fill("input[name=password]", PASSWORD)
    theirs.click("button:has-text('Set the password')")
    theirs.wait_for_url(f"{house.url}/console")
    theirs.goto(f"{house.url}/console/me")
    theirs.click("button:has-text('Set it up')")
    theirs.wait_for_url(f"{house.url}/console/me/factor")
    assert theirs.locator("text=Confirm it within 15 min").count() == 1
    theirs.click("text=It cannot be scanned?")
    app = pyotp.TOTP(theirs.locator(".secret").inner_text().replace(" ", ""))
    theirs.fill("input[name=code]", "000000")
    theirs.fill("input[name=current]", PASSWORD)
    theirs.click("button:has-text('Confirm')")
    assert theirs.locator(".error").inner_text().startswith("The code does not fit.")
    sound(theirs)
    theirs.fill("input[name=code]", app.now())
    theirs.fill("input[name=current]", PASSWORD)
    theirs.click("button:has-text('Confirm')")
    codes = theirs.locator(".codes li").all_inner_texts()
    assert len(codes) == 10
    sound(theirs)
    theirs.click("text=I have kept them")
    theirs.wait_for_url(f"{house.url}/console/me")
    sound(theirs)

    again = browse()
    again.goto(f"{house.url}/console/me?language=zh")
    again.fill("input[name=name]", "bob")
    again.fill("input[name=password]", PASSWORD)
    again.click("button:has-text('登录')")
    again.wait_for_url(re.compile("/console/login/code"))
    assert again.locator("h1").inner_text() == "两步验证"
    sound(again)
    again.keyboard.type(codes[0])
    again.keyboard.press("Enter")
    again.wait_for_url(re.compile(r"/console/me"))
    assert house.service.people.get(ADMIN, "bob").recovery_codes == 9


def test_everything_works_without_script(house, browse):
    house.add("cleo", Role.analyst)
    page = browse(java_script_enabled=False)
    page.goto(f"{house.url}/console/login")
    page.fill("input[name=name]", "cleo")
    page.fill("input[name=password]", "wrong")
    page.click("button:has-text('Sign in')")
    assert page.locator("[role=alert]").inner_text() == "The name or the password is not right."
    assert page.input_value("input[name=name]") == "cleo"
    page.fill("input[name=password]", PASSWORD)
    page.click("button:has-text('Sign in')")
    page.goto(f"{house.url}/console/me")
    page.select_option("select[name=language]", "zh")
    page.click("form[action='/console/me/preferences'] button")
    assert page.locator(".message").inner_text() == "已保存。"
    page.click("button:has-text('退出')")
    page.wait_for_url(f"{house.url}/console/login")


def test_a_password_is_changed_and_sessions_are_ended(house, browse):
    secret = house.add("drew", Role.auditor)
    house.session("drew")
    page = browse()
    page.context.add_cookies([{"name": "portreeve_session", "value": secret, "url": house.url}])
    page.goto(f"{house.url}/console/me")
    page.locator("button:has-text('End'):not(:has-text('all'))").first.click()
    assert page.locator(".message").inner_text() == "The session is ended."
    assert len(house.service.sessions.of("drew")) == 1
    page.fill("input[name=current]", PASSWORD)
    page.fill("input[name=password]", "drew-drew-12")
    page.click("button:has-text('Change the password')")
    assert page.locator(".error").inner_text() == (
        "The password is made of your name. Take another."
    )
    page.fill("input[name=current]", PASSWORD)
    page.fill("input[name=password]", "nine loud geese")
    page.click("button:has-text('Change the password')")
    assert page.locator(".message").inner_text() == (
        "The password is changed; other sessions are ended."
    )
