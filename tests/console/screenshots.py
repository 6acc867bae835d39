"""``make screenshots``: every page in both languages and themes, wide and narrow, as pictures.

They lie in ``screenshots/`` with ``index.html`` to look through them. The ones that the README and
the docs show are written to ``docs/images/``.

``python -m tests.console.screenshots queue cases`` makes those of paths that contain a word only,
``--docs`` those of the docs only.
"""

from __future__ import annotations

import html
import io
import itertools
import shutil
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Page

from portreeve.console.table import PAGES

from . import addresses, browser, world
from .conftest import PHONE, WIDE, Window, served

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "screenshots"
IMAGES = ROOT / "docs" / "images"
LANGUAGES, THEMES, WIDTHS = ("en", "zh"), ("light", "dark"), (WIDE, PHONE)
TALLEST = 6_000
"""Pixels of a picture; a longer page is cut."""

BEST = {
    # file: path of the page, language, theme, width, height of what is shown
    "console-overview": ("/console", "en", "light", WIDE, 800),
    "console-queue": ("/console/queue", "en", "light", WIDE, 640),
    "console-case": ("/console/cases/{id}", "en", "light", WIDE, 900),
    "console-case-zh-dark": ("/console/cases/{id}", "zh", "dark", WIDE, 900),
    "console-search": ("/console/search", "en", "light", WIDE, 860),
    "console-policy": ("/console/policies/{name}/{version}", "en", "light", WIDE, 860),
    "console-difference": ("/console/drafts/{id}/difference", "en", "light", WIDE, 900),
    "decision-phone-zh": ("/d/{token}", "zh", "light", PHONE, 844),
}
"""What the docs show."""


def main(words: list[str]) -> None:
    """Make the pictures of the pages whose path contains one of the words; of all without any."""
    for_docs_only = words == ["--docs"]
    words = [] if for_docs_only else words
    paths = sorted({page.path for page in PAGES if addresses.is_shown(page)})
    wanted = [path for path in paths if not words or any(word in path for word in words)]
    if not words and not for_docs_only:
        shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        template = Path(folder) / "template"
        template.mkdir(mode=0o700)
        world.make(template)
        with served(template, Path(folder) / "data") as console, browser.browser() as started:
            window = Window(started, console)
            made = [] if for_docs_only else list(_pictures(window, wanted))
            _best(window, wanted)
            window.close()
    _contact_sheet(sorted(FOLDER.glob("*.png")))
    print(f"{len(made)} pictures in {FOLDER.name}/, to be looked through in index.html")


def _pictures(window: Window, paths: list[str]) -> list[Path]:
    made = []
    looks = [look for path in paths for look in addresses.looks(path, window.console.ids)]
    for language, theme, width in itertools.product(LANGUAGES, THEMES, WIDTHS):
        pages: dict[str | None, Page] = {}
        for at, look in enumerate(looks):
            if look.who not in pages:
                pages[look.who] = (
                    window.open(language, theme, width)
                    if look.who is None
                    else window.sign_in(look.who, language, theme, width)
                )
            if not _is_html(pages[look.who], look.address):
                continue
            path = FOLDER / f"{look.name}.{at}.{language}.{theme}.{width}.png"
            _take(pages[look.who], path, width)
            made.append(path)
        window.close()
    return made


def _take(page: Page, path: Path, width: int) -> None:
    """The whole page, as a window so tall would show it."""
    height = page.evaluate("document.documentElement.scrollHeight")
    before = page.viewport_size
    page.set_viewport_size({"width": width, "height": min(height, TALLEST)})
    page.screenshot(path=path)
    if before is not None:
        page.set_viewport_size(before)


def _is_html(page: Page, address: str) -> bool:
    """Go there; whether it is a page and no file."""
    kind = page.context.request.get(address).headers.get("content-type", "")
    if not kind.startswith("text/html"):
        return False
    page.goto(address)
    return True


def _best(window: Window, paths: list[str]) -> None:
    IMAGES.mkdir(exist_ok=True)
    for name, (path, language, theme, width, height) in BEST.items():
        if path not in paths:
            continue
        [look, *_] = addresses.looks(path, window.console.ids)
        page = (
            window.open(language, theme, width)
            if look.who is None
            else window.sign_in(look.who, language, theme, width)
        )
        page.set_viewport_size({"width": width, "height": height})
        page.goto(look.address)
        if path == "/console/cases/{id}":
            page.keyboard.press("c")  # what was written opens to whoever has taken the case
            page.locator(".content .post").first.wait_for()
        _write_small(page.screenshot(), IMAGES / f"{name}.png")
    window.close()


def _write_small(picture: bytes, path: Path) -> None:
    """A picture with a palette: text and flat colours need no more."""
    from PIL import Image

    image = Image.open(io.BytesIO(picture)).convert("RGB")
    image.quantize(224, dither=Image.Dither.NONE).save(path, optimize=True)


def _contact_sheet(pictures: list[Path]) -> None:
    groups = itertools.groupby(pictures, lambda path: path.name.rsplit(".", 4)[0])
    parts = []
    for name, shown in groups:
        images = "".join(
            f'<a href="{html.escape(one.name)}"><img loading="lazy" alt="{html.escape(one.stem)}" '
            f'src="{html.escape(one.name)}"></a>'
            for one in shown
        )
        parts.append(f"<h2>{html.escape(name)}</h2><div>{images}</div>")
    (FOLDER / "index.html").write_text(
        '<!doctype html><html lang="en"><meta charset="utf-8"><title>Screenshots</title>'
        "<style>body{font:14px system-ui;margin:2rem;background:#888}"
        "div{display:flex;flex-wrap:wrap;gap:8px}img{height:420px;border:1px solid #333}</style>"
        f"<h1>Screenshots</h1>{''.join(parts)}</html>",
        "utf-8",
    )


if __name__ == "__main__":
    main(sys.argv[1:])
