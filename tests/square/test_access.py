"""Everybody can use Square: axe finds nothing on its pages, light or dark, in either language."""

import pytest
from plaza import SELLS, fits

from console.browser import AXE
from console.page_checks import axe


@pytest.fixture(scope="module")
def people(plaza):
    """Two friends with something to see on every page."""
    ann, bob = plaza.join("zh", "小安"), plaza.join("en", "Bob")
    plaza.friends(ann, bob)
    ann.share("猫睡着了，一下午没有动")
    bob.post(f"/posts/{ann.latest()}/comments", text="what a cat")
    ann.post("/places", kind="public_account", name="山脚茶铺", about="喝茶聊天")
    place = plaza.database.one("SELECT id FROM places WHERE name = '山脚茶铺'")["id"]
    ann.post(f"/places/{place}/posts", text="今天下雨，店里很安静")
    bob.post(f"/places/{place}/members")
    for one in (ann, bob):
        one.share(SELLS)
    return ann, bob, place


@pytest.mark.skipif(not AXE.exists(), reason="axe-core is not installed")
@pytest.mark.parametrize(("language", "theme"), [("zh", "dark"), ("en", "light")])
def test_axe_finds_nothing(people, phone, language, theme):
    ann, bob, place = people
    one, other = (ann, bob) if language == "zh" else (bob, ann)
    stranger = phone(language=language)
    page = phone(one, language)
    seen = [(stranger, path) for path in ("/join", "/sign-in")]
    seen += [
        (page, path)
        for path in (
            "/", "/people", "/chats", f"/chats/{other.name}", "/places", f"/places/{place}",
            "/notices", f"/people/{one.name}", f"/people/{other.name}", "/people/nobody",
            "/search", "/ads", "/deals", "/live", "/videos", "/apps",
        )
    ]  # fmt: skip
    found = {}
    for window, path in seen:
        window.emulate_media(color_scheme=theme)
        window.goto(path)
        window.evaluate("document.querySelectorAll('details').forEach((one) => one.open = true)")
        found[path] = axe(window) + ([] if fits(window) else ["scrolls sideways"])
    assert {path: told for path, told in found.items() if told} == {}
