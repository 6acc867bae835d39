"""What must hold of every page, whatever it shows."""

from __future__ import annotations

import ast
import functools
import re
from pathlib import Path
from typing import Any

import httpx
from playwright.sync_api import Page

from portreeve.console import assets
from portreeve.policy import load

from .browser import AXE

MOST_BYTES = 150_000
"""A page with its style sheet and its script, as they are sent."""

HERE = Path(__file__).parent

_STANDARDS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]

_INLINE = re.compile(
    r"<style|<script(?![^>]*\bsrc=)|<[a-z][^>]*\s(?:style|on[a-z]+)=|javascript:", re.IGNORECASE
)
_SAME = """
portreeve api oidc totp sql csv parquet http json yaml url webhook webhooks sha utc openid connect
postgresql sqlite wilson kappa cohen english chromium firefox safari linux windows macos on freeotp
aegis and or not
"""
_EVERYWHERE = frozenset(_SAME.split())
"""Words that are the same in Chinese."""

_WORD = re.compile(r"[A-Za-z][A-Za-z'’]+[.,:;!?]?")


def axe(page: Page) -> list[str]:
    """What the accessibility checker finds, a line each."""
    page.evaluate(_axe_source())
    found: dict[str, Any] = page.evaluate(
        "(tags) => axe.run(document, {runOnly: {type: 'tag', values: tags}, "
        "resultTypes: ['violations']})",
        _STANDARDS,
    )
    return [
        f"{one['id']}: {one['help']}: {node['html'][:160]} {node['failureSummary'][:200]}"
        for one in found["violations"]
        for node in one["nodes"][:3]
    ]


@functools.cache
def _axe_source() -> str:
    return AXE.read_text("utf-8")


def frame(page: Page, language: str) -> list[str]:
    """Language, title, heading, and that the page does not run over its sides."""
    facts: dict[str, Any] = page.evaluate(
        """() => {
            const width = document.documentElement.clientWidth;
            const scrolls = (one) => {
                for (let up = one.parentElement; up; up = up.parentElement)
                    if (["auto", "scroll"].includes(getComputedStyle(up).overflowX)) return true;
                return false;
            };
            const over = [...document.querySelectorAll("body *")].filter((one) => {
                const box = one.getBoundingClientRect();
                return box.width && box.right > width + 1 && !scrolls(one)
                    && getComputedStyle(one).position !== "fixed";
            });
            return {
                lang: document.documentElement.lang,
                title: document.title,
                headings: document.querySelectorAll("h1").length,
                wide: document.documentElement.scrollWidth - width,
                over: over.slice(0, 3).map((one) => one.outerHTML.slice(0, 120)),
            };
        }"""
    )
    wrong = []
    if facts["lang"] != {"en": "en", "zh": "zh-Hans"}[language]:
        wrong.append(f"lang is {facts['lang']}")
    if not facts["title"].removesuffix(" · Portreeve").strip():
        wrong.append(f"no title: {facts['title']!r}")
    if facts["headings"] != 1:
        wrong.append(f"{facts['headings']} headings of the first rank")
    if facts["wide"] > 0:
        wrong.append(f"{facts['wide']} pixels too wide: {facts['over']}")
    return wrong


def english_left(page: Page) -> list[str]:
    """English words in a row on a Chinese page, beside code, names and what people wrote."""
    texts: list[str] = page.evaluate(
        """() => {
            const out = [];
            const skip = "code, pre, kbd, time, svg title, .code, .who, .post, [lang=en], "
                + "[translate=no], script, textarea, option[lang], .notranslate";
            const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
            for (let node; (node = walker.nextNode()); ) {
                const parent = node.parentElement;
                if (parent && !parent.closest(skip)) out.push(node.textContent);
            }
            for (const one of document.querySelectorAll("[aria-label], [title], [placeholder]"))
                if (!one.closest("[lang=en]"))
                    for (const name of ["aria-label", "title", "placeholder"])
                        out.push(one.getAttribute(name) ?? "");
            return out;
        }"""
    )
    return sorted({" ".join(text.split())[:100] for text in texts if _is_english(text)})


def _is_english(text: str) -> bool:
    """Whether two words in a row are English; what has digits, dots or the like within is code."""
    before = False
    for part in re.split(r"[\s，。：；、（）“”]+", _without_known(text)):
        is_word = _WORD.fullmatch(part) is not None and part.strip(".,:;!?").lower() not in (
            _EVERYWHERE
        )
        if is_word and before:
            return True
        before = is_word
    return False


def _without_known(text: str) -> str:
    flat = " ".join(text.split())
    for known in _written():
        flat = flat.replace(known, " ")
    return flat


@functools.cache
def _written() -> list[str]:
    """What people of the invented world wrote, their names, and what policies give as examples;
    the longest first.
    """
    found = {
        " ".join(one.text.split()) for rule in load("acquaintance").rules for one in rule.examples
    }
    for name in ("posts.py", "staff.py", "story.py"):
        for node in ast.walk(ast.parse((HERE / name).read_text("utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and " " in node.value:
                found |= {" ".join(line.split()) for line in node.value.splitlines()}
                found.add(" ".join(node.value.split()))
    return sorted((one for one in found if len(one) > 3), key=len, reverse=True)


def unreachable(page: Page) -> list[str]:
    """Controls that Tab does not reach, or that show no focus."""
    page.keyboard.press("Tab")
    found: list[str] = page.evaluate(
        """() => {
            const wanted = "a[href], button, input:not([type=hidden]), select, textarea, summary, "
                + "[tabindex]:not([tabindex='-1'])";
            const shown = (one) => one.checkVisibility({visibilityProperty: true})
                && !one.disabled && !one.closest("dialog:not([open])");
            const looks = (one) => {
                const style = getComputedStyle(one);
                return [style.outlineStyle, style.outlineWidth, style.outlineColor, style.boxShadow,
                    style.borderColor, style.backgroundColor].join("|");
            };
            const wrong = [];
            for (const one of document.querySelectorAll(wanted)) {
                if (!shown(one)) continue;
                const group = one.type === "radio" && one.name;
                const before = looks(one.type === "radio" ? one.closest("label") ?? one : one);
                one.focus();
                if (document.activeElement !== one) {
                    wrong.push("not reached: " + one.outerHTML.slice(0, 120));
                    continue;
                }
                const style = getComputedStyle(one);
                const outlined = style.outlineStyle !== "none"
                    && parseFloat(style.outlineWidth) > 0;
                const after = looks(one.type === "radio" ? one.closest("label") ?? one : one);
                const what = one.outerHTML.slice(0, 120);
                if (!outlined && after === before && !group) wrong.push("focus not seen: " + what);
                if (one.tabIndex < 0) wrong.push("not in the order: " + what);
            }
            document.activeElement?.blur();
            return wrong;
        }"""
    )
    return found


def inline(html: str) -> list[str]:
    """Scripts and styles that stand in the page itself."""
    return [match.group()[:120] for match in _INLINE.finditer(html)]


def weight(http: httpx.Client, sent: httpx.Response) -> int:
    """Bytes of a page with its style sheet and its script, as they are sent: packed."""
    files = (http.get(assets.address(name)) for name in ("console.css", "console.js"))
    return sent.num_bytes_downloaded + sum(file.num_bytes_downloaded for file in files)
