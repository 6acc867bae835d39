"""Links found in posts, against what is usually done: `python -m bench.links [FOLDER]`.

The same texts go, in one process, through `portreeve.links.extract`, through a regular expression
with `urllib.parse`, and through linkify-it. The posts are invented, a form of writing addresses
after the other, so that what is right is known; the addresses lead nowhere. With FOLDER its
`weibo_read.parquet` is read too, where nothing says what is right: it is only counted there where
the three differ. ``--page`` writes the figures into docs/links.md.
"""

from __future__ import annotations

import argparse
import random
import re
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

import polars as pl
from linkify_it import LinkifyIt
from rich.console import Console

from bench import machine
from bench.page import Section, median_and_range, put_figures
from bench.speed import ROOT
from portreeve.links import extract
from portreeve.links.web_address import normal_form

PAGE = ROOT / "docs" / "links.md"
_SEED = 20_140_415
_RUNS = 5
Finder = Callable[[Sequence[str]], list[set[str]]]
"""The addresses of each text, in the normal form of browsers."""


class Form(NamedTuple):
    """A way to write an address, and what there is to say of it. ``{}``: host and path."""

    name: str
    pattern: str
    is_link: bool
    why: str


FORMS = (
    Form("http, spaces around", "看看 http://{} 很好", True, "Nobody has trouble."),
    Form("http, Chinese before", "链接http://{} 很好", True,
         "linkify wants a mark or a space before a scheme."),
    Form("http, Chinese after", "看看 http://{}这家不错", True,
         "A path may hold Chinese by the standard; people write on without a space."),
    Form("http, Chinese comma after", "看看 http://{}，这家不错", True,
         "linkify ends a host at full-width marks, not a path."),
    Form("no scheme, spaces around", "看看 {} 很好", True,
         "Nothing but the top-level domain tells it; apps link it."),
    Form("no scheme, Chinese before", "复制{} 打开", True,
         "linkify takes the words before for an internationalised host."),
    Form("no scheme, Chinese after", "看看 {}复制打开", True, "The same, on the other side."),
    Form("in brackets", "（{}）是我家", True, "The same with full-width brackets."),
    Form("capitals", "看看 HTTP://{upper} 很好", True, "Hosts have no case."),
    Form("a Chinese full stop as dot", "看看 {stop} 很好", True,
         "A reader types it as a dot; browsers' addresses hold it as one."),
    Form("full-width letters", "看看 {wide} 很好", True, "A browser reads them as plain ones."),
    Form("a rare top-level domain", "看看 http://{name}.boutique/a 很好", True,
         "Behind a scheme any name counts; without one Portreeve knows some hundred and ten."),
    Form("a Chinese name", "看看 http://{name}.中国/a 很好", True,
         "Behind a scheme a known Chinese domain ends the host, whatever touches it."),
    Form("Chinese in the path", "看看 http://{host}/上海 很好", True,
         "Behind a slash or an equals sign a short name goes on; words to the reader do not."),
    Form("a number for a host", "看看 http://93.184.216.{n}/a 很好", True,
         "Behind a scheme four numbers with dots are a host; without one they are none."),
    Form("mail address", "写信到 ann@{host} 谢谢", False, "It is a contact, no link."),
    Form("a stock's number", "买了 60{n}61.sh，又跌了", False,
         "linkify takes every country's top-level domain where a mark or a space stands before."),
    Form("price, version, file name", "跑完{n}.{n}公里，升级到3.{n}.2，照片在IMG_{n}.jpg", False,
         "Dots are no hosts."),
)  # fmt: skip
_TOP = ("com", "cn", "net", "shop", "top", "com.cn")
_PATHS = ("", "/", "/a{}", "/item?id={}", "/s/{}/x.html")


class Post(NamedTuple):
    """A text, the form of what is in it, and its addresses."""

    text: str
    form: Form
    right: frozenset[str]


def invented(each: int) -> list[Post]:
    """Posts, ``each`` of a form, in turn."""
    chance = random.Random(_SEED)
    made = []
    for _ in range(each):
        for form in FORMS:
            name = "".join(chance.choices("bcdfghjkmpqrstvwxz", k=chance.randint(5, 9)))
            host = f"{name}.{chance.choice(_TOP)}"
            number = chance.randint(10, 99)
            address = host + chance.choice(_PATHS).format(number)
            said = form.pattern.format(
                address, upper=host.upper() + address[len(host) :], host=host, name=name, n=number,
                stop=address.replace(".", "。", 1), wide=_wide(host) + address[len(host) :],
            )  # fmt: skip
            spaced = re.search(r"http://(\S+) ", said)
            if "{}" not in form.pattern and spaced:
                address = spaced[1]
            right = normal_form(f"http://{address}") if form.is_link else None
            before, after = chance.choice(_LIFE), chance.choice(_LIFE)
            text = f"{before}。{said}。{after}"
            made.append(Post(text, form, frozenset([right] if right else [])))
    return made


_LIFE = (
    "今天和妈妈去公园散步，风很大", "周末加班，晚上想吃面", "孩子第一次自己骑车，摔了也不哭",
    "Went hiking with friends, tired but happy", "奶奶做的饺子太好吃了", "地铁上人真多",
)  # fmt: skip


def _wide(text: str) -> str:
    return "".join(chr(ord(char) + 0xFEE0) if char.isalnum() else char for char in text)


def ours(texts: Sequence[str]) -> list[set[str]]:
    """By Portreeve, with every other signal, as they are measured in one pass."""
    found: list[set[str]] = [set() for _ in texts]
    for link in extract(pl.Series("text", texts, dtype=pl.String)):
        if link.url is not None:
            found[link.row].add(link.url)
    return found


def by_expression(texts: Sequence[str]) -> list[set[str]]:
    """By the expression of a hundred answers on the web, its host checked by urllib."""
    return [{_normal(each) for each in _HTTP.findall(text) if _has_host(each)} for text in texts]


_HTTP = re.compile(r"https?://\S+", re.IGNORECASE)


def _has_host(address: str) -> bool:
    try:
        return bool(urlsplit(address).hostname)
    except ValueError:
        return False


def by_linkify(texts: Sequence[str]) -> list[set[str]]:
    """By linkify-it as it comes, mail addresses left out."""
    linkify = LinkifyIt()
    return [
        {_normal(m.url) for m in linkify.match(text) or () if m.schema != "mailto:"}
        for text in texts
    ]


def _normal(address: str) -> str:
    return normal_form(address) or address


FINDERS: dict[str, Finder] = {
    "Portreeve": ours,
    "expression and urllib": by_expression,
    "linkify-it": by_linkify,
}


def cpu_seconds(texts: Sequence[str]) -> dict[str, list[float]]:
    """CPU seconds of each finder, run by run, in turn."""
    spent: dict[str, list[float]] = {name: [] for name in FINDERS}
    for _ in range(_RUNS):
        for name, finder in FINDERS.items():
            began = time.process_time()
            finder(texts)
            spent[name].append(time.process_time() - began)
    return spent


def speed(titled: dict[str, Sequence[str]]) -> Section:
    """CPU time of the three on each set of texts."""
    rows = []
    for title, texts in titled.items():
        for name, seconds in cpu_seconds(texts).items():
            micros = [1e6 * each / len(texts) for each in seconds]
            links = sum(map(len, FINDERS[name](texts)))
            middle, spread = median_and_range(micros)
            rows.append((f"{name}, {title}", f"{len(texts):,}", middle, spread, f"{links:,}"))
    return Section(
        "CPU microseconds a text",
        ("by", "texts", "median", "range", "links found"),
        tuple(rows),
        (f"{_RUNS} runs each in turn, one process, one thread. Portreeve's time is that of all its "
         "signals, which come of one pass; the others find links only.",
         f"Machine: {machine.description()}.",
         machine.versions(("linkify-it-py", "ada-url", "numba", "polars")) + "."),
    )  # fmt: skip


def by_form(posts: Sequence[Post]) -> Section:
    """How often exactly the right addresses are found, by how they are written."""
    texts = [post.text for post in posts]
    right: dict[str, Counter[str]] = {}
    for name, finder in FINDERS.items():
        right[name] = Counter(
            post.form.name
            for post, found in zip(posts, finder(texts), strict=True)
            if found == post.right
        )
    each = len(posts) // len(FORMS)
    example = {form.name: posts[at].text.split("。", 1)[1] for at, form in enumerate(FORMS)}
    rows = [
        (f"{form.name}: `{example[form.name].rsplit('。', 1)[0]}`",
         *(f"{right[name][form.name]:,}" for name in FINDERS))
        for form in FORMS
    ]  # fmt: skip
    return Section(
        f"Exactly the right addresses, of {each:,} posts a form",
        ("written", *FINDERS),
        tuple(rows),
        ("Right is the whole address in its normal form, and nothing beside it; of the last three "
         "forms, that nothing is found. Posts and addresses are invented.",
         *(f"{form.name}: {form.why}" for form in FORMS)),
    )  # fmt: skip


def differences(texts: Sequence[str]) -> Section:
    """Where the three differ on posts of which nobody said what is right, by cause."""
    found = {name: finder(texts) for name, finder in FINDERS.items()}
    rows = []
    for other in list(FINDERS)[1:]:
        causes: Counter[str] = Counter()
        for text, mine, theirs in zip(texts, found["Portreeve"], found[other], strict=True):
            if mine != theirs:
                causes[cause(text, mine, theirs)] += 1
        both = sum(
            bool(m) and m == t for m, t in zip(found["Portreeve"], found[other], strict=True)
        )
        rows.append((f"{other}: the same links", f"{both:,}"))
        rows += [(f"{other}: {why}", f"{count:,}") for why, count in causes.most_common()]
    return Section(
        f"Where they differ from Portreeve, on {len(texts):,} Weibo posts",
        ("cause", "posts"),
        tuple(rows),
        ("Posts of `weibo_read`, chosen for other reasons, not quoted here. Causes are told by "
         "rules from the addresses; the examples of the table above show each.",),
    )  # fmt: skip


def cause(text: str, mine: set[str], theirs: set[str]) -> str:
    """Why a text's links differ.

    >>> cause("t.cn/a", {"http://t.cn/a"}, set())
    'written without a scheme'
    >>> cause("http://t.cn/a好", {"http://t.cn/a"}, {"http://t.cn/a%E5%A5%BD"})
    'what touches the address is taken for a part of it'
    """
    mine, theirs = mine - theirs, theirs - mine
    if any("%" in one or "xn--" in one or any(map(one.startswith, mine)) for one in theirs):
        return "what touches the address is taken for a part of it"
    if not theirs:
        bare = any(one.split("://", 1)[1].rstrip("/") in text for one in mine)
        if bare and not any(one.rstrip("/") in text for one in mine):
            return "written without a scheme"
        return "found by Portreeve alone: words touch the scheme, or the dot is written otherwise"
    if not mine:
        return "found by the other alone: a rare top-level domain, a number, or no link at all"
    return "the address ends elsewhere"


def main() -> None:
    """Measure, print, and write the page when asked."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, help="Holds weibo_read.parquet.")
    parser.add_argument("--each", type=int, default=1_000, help="Invented posts of every form.")
    parser.add_argument("--page", action="store_true", help="Write the figures into the docs.")
    asked = parser.parse_args()
    posts = invented(asked.each)
    titled: dict[str, Sequence[str]] = {"invented posts": [post.text for post in posts]}
    file = None if asked.folder is None else asked.folder / "weibo_read.parquet"
    if file is not None and file.exists():
        titled["Weibo posts"] = pl.read_parquet(file, columns=["text"])["text"].to_list()
    ours(titled["invented posts"][:100])
    made = [speed(titled), by_form(posts)]
    if "Weibo posts" in titled:
        made.append(differences(titled["Weibo posts"]))
    console = Console(width=150)
    for section in made:
        section.show(console)
    if asked.page:
        put_figures(PAGE, made)


if __name__ == "__main__":
    main()
