"""Pictures of Square's pages, for people who change them, and the few that the docs show.

Everything lands in ``screenshots/square/``; the best go to ``docs/images/``. The people, their
lives and their pictures are invented here, and drawn here.

    python tests/square/screenshots.py           # all pages: English and light, Chinese and dark
    python tests/square/screenshots.py --docs    # only what the docs show
"""

from __future__ import annotations

import io
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "tests"))

from PIL import Image, ImageDraw  # noqa: E402
from playwright.sync_api import Browser, Page  # noqa: E402
from plaza import SELLS, Person, Plaza, answer, until  # noqa: E402

from console import browser  # noqa: E402
from portreeve.client import Client  # noqa: E402
from portreeve.schemas.commerce.merchants import DecideLicence  # noqa: E402

FOLDER = ROOT / "screenshots" / "square"
IMAGES = ROOT / "docs" / "images"
WIDTHS = {"wide": 1000, "phone": 390}
_TALLEST = 4_000
_WORDS: dict[str, dict[str, Any]] = {
    "en": {
        "moment": "First frost on the reeds this morning. Tea afterwards, and a long breakfast.",
        "comment": "Next time wake me up",
        "other": "The cat slept all afternoon and regrets nothing.",
        "sells": "Face masks 89 yuan a box, add my WeChat abc12345 to order",
        "because": "It is a line from the novel that I am translating.",
        "share": "Share with friends", "refused": "This is not published.",
        "wrong": "That is wrong: appeal", "free": "Appeal, free of charge",
        "filed": "Your appeal is filed.",
        "search": "walk", "channel": "Slow walks", "about": "On foot, and why",
        "posts": (
            "Three short walks for October", "A walk of an hour, with tea halfway",
            "On a walk in the rain, an old umbrella is enough", "Who walks knows every tree",
        ),
        "ads": ("Walking shoes that last thirty years", "A cure for every wrinkle, one walk-in"),
        "room": "How to keep an ivy alive",
        "goods": "Tonight: two wool sweaters 99 yuan, order now",
    },
    "zh": {
        "moment": "今早芦苇上结了第一场霜。回来泡茶，早饭吃了很久很久。",
        "comment": "下次叫上我",
        "other": "猫睡了一下午，毫无悔意。",
        "sells": SELLS,
        "because": "这是我在翻译的小说里的一句话。",
        "share": "发布", "refused": "这条没有发布。",
        "wrong": "判断有误？申诉", "free": "免费申诉",
        "filed": "申诉已提交",
        "search": "走路", "channel": "慢慢走路", "about": "走走看看",
        "posts": (
            "秋天走路的三条小路", "走路一小时，歇在茶铺", "雨天走路，带一把旧伞",
            "走路的人认得每棵树",
        ),
        "ads": ("走路鞋，合脚三十年", "走路久了长斑？祛斑针一次见效"),
        "room": "今晚聊聊怎么养绿萝",
        "goods": "今晚直播间福利，羊毛衫99元两件，现货秒发，直接拍下单",
    },
}  # fmt: skip


@dataclass(frozen=True)
class Cast:
    """The people of the pictures, all of whom read one language."""

    reader: Person
    friend: Person
    buyer: Person
    search: str
    room: str
    sale: str


LOOKS = (
    ("moments", "reader", "/"),
    ("person", "reader", "/people/{reader.name}"),
    ("notices", "reader", "/notices"),
    ("people", "reader", "/people"),
    ("chat", "reader", "/chats/{friend.name}"),
    ("channels", "reader", "/places"),
    ("search", "reader", "/search?q={search}"),
    ("ads", "friend", "/ads"),
    ("deals", "reader", "/deals"),
    ("rooms", "reader", "/live"),
    ("room", "buyer", "/live/{room}"),
    ("sale", "buyer", "/live/{room}/sales/{sale}"),
    ("videos", "reader", "/videos"),
    ("apps", "reader", "/apps"),
)
"""Pages, and who looks at them."""

BEST = {
    # file: page, language, theme, width, height of what is shown
    "square-moments": ("moments", "en", "light", "wide", 1_080),
    "square-refused-zh": ("refused", "zh", "light", "phone", 1_000),
    "square-appeal": ("appeal", "en", "light", "phone", 1_000),
    "square-filed-zh": ("filed", "zh", "dark", "phone", 1_000),
    "square-sale": ("sale", "en", "light", "wide", 1_150),
    "square-search": ("search", "en", "light", "wide", 700),
}
"""What the docs show."""


class Studio:
    """Takes pictures of what people see."""

    def __init__(self, browser: Browser, plaza: Plaza, all_of_them: bool) -> None:
        self._browser = browser
        self._plaza = plaza
        self._all = all_of_them
        self.taken = 0

    @contextmanager
    def window(self, person: Person, language: str, theme: str, width: str) -> Iterator[Page]:
        """A browser of somebody's."""
        context = self._browser.new_context(
            base_url=self._plaza.url, viewport={"width": WIDTHS[width], "height": 844},
            locale={"zh": "zh-CN", "en": "en-GB"}[language],
            color_scheme="dark" if theme == "dark" else "light", reduced_motion="reduce",
        )  # fmt: skip
        context.add_cookies(
            [{"name": "square_session", "value": person.cookie, "url": self._plaza.url}]
        )
        yield context.new_page()
        context.close()

    def take(self, page: Page, name: str, language: str, theme: str, width: str) -> None:
        """Keep a picture of a page, and the one for the docs if it is the best."""
        if self._all:
            tall = min(page.evaluate("document.documentElement.scrollHeight"), _TALLEST)
            page.set_viewport_size({"width": WIDTHS[width], "height": max(tall, 844)})
            page.screenshot(path=FOLDER / f"{name}.{language}.{theme}.{width}.png")
            self.taken += 1
        for file, (best, *how, height) in BEST.items():
            if (best, *how) == (name, language, theme, width):
                page.set_viewport_size({"width": WIDTHS[width], "height": height})
                _write_small(page.screenshot(), IMAGES / f"{file}.png")
        page.set_viewport_size({"width": WIDTHS[width], "height": 844})


def main(words: list[str]) -> None:
    """Make the pictures."""
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True)
    with tempfile.TemporaryDirectory() as folder, browser.browser() as started:
        plaza = Plaza(Path(folder))
        studio = Studio(started, plaza, words != ["--docs"])
        for language, theme in (("en", "light"), ("zh", "dark")):
            cast = _cast(plaza, language)
            for width in WIDTHS:
                _pages(studio, cast, language, theme, width)
        for language in _WORDS:
            for theme in ("light", "dark"):
                _walk(studio, plaza.join(language), language, theme)
        plaza.close()
    print(f"{studio.taken} pictures in screenshots/square/, {len(BEST)} of the docs")


def _pages(studio: Studio, cast: Cast, language: str, theme: str, width: str) -> None:
    for name, who, where in LOOKS:
        with studio.window(getattr(cast, who), language, theme, width) as page:
            page.goto(where.format(**vars(cast)))
            page.wait_for_load_state("networkidle")
            studio.take(page, name, language, theme, width)


def _walk(studio: Studio, visitor: Person, language: str, theme: str) -> None:
    """Somebody is refused where they write, and appeals."""
    words, how = _WORDS[language], (language, theme, "phone")
    with studio.window(visitor, *how) as page:
        page.goto("/")
        page.locator("textarea[name=text]").fill(words["sells"])
        page.get_by_role("button", name=words["share"]).click()
        page.get_by_text(words["refused"]).wait_for()
        studio.take(page, "refused", *how)
        page.get_by_text(words["wrong"]).click()
        page.locator("textarea[name=words]").fill(words["because"])
        page.get_by_role("button", name=words["free"]).scroll_into_view_if_needed()
        studio.take(page, "appeal", *how)
        page.get_by_role("button", name=words["free"]).click()
        page.get_by_text(words["filed"]).wait_for()
        studio.take(page, "filed", *how)


def _cast(plaza: Plaza, language: str) -> Cast:
    """People who have lived a little, so that every page has something to show."""
    words = _WORDS[language]
    names = {
        "en": ("Hannah", "Tom", "Ruth", "Wool Barn", "Mei", "Hill Mill"),
        "zh": ("小荷", "阿远", "林霖", "山羊毛衣铺", "小梅", "南坡毛纺厂"),
    }[language]
    reader, friend, buyer, shop, anchor, maker = (
        plaza.join(language, shown=name) for name in names
    )
    plaza.friends(reader, friend)
    friend.share(words["other"])
    friend.post("/moments", files={"picture": _morning()}, text=words["moment"])
    reader.post(f"/posts/{friend.latest()}/comments", text=words["comment"])
    refused = reader.share(SELLS)
    row = plaza.database.one("SELECT decision FROM posts WHERE id = ?", refused)
    reader.post("/appeals", decision=row["decision"] if row else "", words=words["because"])
    with plaza.reviewer(f"answers {reader.name}") as reviewer:
        answer(reviewer, refused, "overturned")
        until(lambda: reader.state(refused) == "published")
        reader.post(f"/posts/{refused}/delete")
        _trade(friend, shop, reviewer, names[3], words)
    reader.share(words["sells"])
    room, sale = _live(shop, anchor, maker, buyer, names[5], words)
    return Cast(reader, friend, buyer, words["search"], room, sale)


def _trade(owner: Person, shop: Person, reviewer: Client, name: str, words: dict[str, Any]) -> None:
    """A channel about walks, and a shop that advertises beside it."""
    owner.post("/places", kind="public_account", name=words["channel"], about=words["about"])
    row = owner.plaza.database.one("SELECT id FROM places WHERE owner = ?", owner.id)
    assert row is not None
    for text in words["posts"]:
        owner.post(f"/places/{row['id']}/posts", text=text)
    for person in (owner, shop):
        person.post("/ads/business", kind="business", name=name, contact="desk", authority="Office")
        [licence] = reviewer.get_merchant(person.id).licences
        reviewer.decide_licence(person.id, licence.id, DecideLicence(state="verified"))
    for title in words["ads"]:
        owner.post(
            "/ads", title=title, text="", landing="https://shop.example/", bid="1.20", clicks="10"
        )


def _live(
    shop: Person, anchor: Person, maker: Person, buyer: Person, seller: str, words: dict[str, Any]
) -> tuple[str, str]:
    """A room in which somebody bought what is no wool, and proved it; then bought again."""
    shop.post("/live", text=words["room"], seller=seller, anchor=anchor.name)
    row = shop.plaza.database.one("SELECT id FROM rooms WHERE operator = ?", shop.id)
    assert row is not None
    room = str(row["id"])
    shop.post(f"/live/{room}/shelf", text=words["goods"], price="99", maker=maker.name)
    sale = shop.latest()
    buyer.post(f"/live/{room}/enter")
    anchor.post(f"/live/{room}/sales/{sale}/praise")
    buyer.post(f"/live/{room}/sales/{sale}/order")
    proof = {"document": b"No wool was found."}
    buyer.post(f"/live/{room}/sales/{sale}/proof", proof, kind="test_report")
    buyer.post(f"/live/{room}/sales/{sale}/order")
    return room, sale


def _morning() -> bytes:
    """A morning by the river, drawn."""
    size = (1_200, 680)
    image = Image.new("RGB", size)
    draw = ImageDraw.Draw(image)
    for y in range(size[1]):
        share = y / size[1]
        draw.line((0, y, size[0], y), (240 - int(60 * share), 214 - int(30 * share), 190))
    draw.ellipse((820, 150, 940, 270), (255, 238, 205))
    draw.polygon([(0, 430), (300, 300), (620, 420), (940, 280), (1_200, 420), (1_200, 680),
                  (0, 680)], (139, 155, 152))  # fmt: skip
    draw.rectangle((0, 470, 1_200, 680), (172, 190, 196))
    for x in range(20, 1_200, 26):
        tall = 90 + (x * 37) % 110
        draw.line((x, 680, x + (x % 17) - 8, 680 - tall), (108, 94, 70), 4)
        draw.ellipse((x - 7, 660 - tall, x + 9, 700 - tall), (150, 128, 92))
    made = io.BytesIO()
    image.save(made, "PNG")
    return made.getvalue()


def _write_small(picture: bytes, path: Path) -> None:
    """A picture with a palette: text and flat colours need no more."""
    image = Image.open(io.BytesIO(picture)).convert("RGB")
    image.quantize(200, dither=Image.Dither.NONE).save(path, optimize=True)


if __name__ == "__main__":
    main(sys.argv[1:])
