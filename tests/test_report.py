"""The report: counts, samples, marks, and a page that is safe to open."""

from __future__ import annotations

import html.parser
import itertools
import re
from datetime import UTC, datetime

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portreeve.engine import screen
from portreeve.model import Decision, columns
from portreeve.policy import load
from portreeve.report import Facts, Report, Tally, pieces, wilson
from portreeve.report.highlight import EXCERPT
from portreeve.report.samples import ALLOWED, NEAR, Samples

HOSTILE = '<script>alert(1)</script> 面膜89元一盒 加微信 abc12345 下单 " onmouseover="x'
POSTS = pl.DataFrame({
    "id": [f"p{i}" for i in range(8)],
    "text": [
        "面膜89元一盒 加微信 abc12345 下单",
        "今天的晚霞真好看",
        HOSTILE,
        "招代理 日入三百 加微信 agent0001 一级代理拿货价",
        None,
        "家里旧沙发九成新，三百块自提",
        "the cat sleeps in the sun",
        "早上好",
    ],
    "surface": ["moments"] * 6 + ["comment", "group"],
})  # fmt: skip
FACTS = Facts(
    inputs=["posts.jsonl"],
    made=datetime(2026, 11, 1, 8, 0, tzinfo=UTC),
    rejected=2,
    seconds=1.5,
    cpu_seconds=1.25,
    ended_early=["a.jsonl.gz: cut off"],
)


@pytest.fixture(scope="module")
def decisions() -> pl.DataFrame:
    return screen(POSTS, "acquaintance", signals=True)


@pytest.fixture(scope="module")
def page(decisions: pl.DataFrame) -> str:
    report = Report(load("acquaintance"))
    report.add(POSTS, decisions)
    return report.html(FACTS)


class Tags(html.parser.HTMLParser):
    """Every tag of a page with its attributes, and the tags that were never closed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in ("meta", "input", "br"):
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


# The page


def test_the_page_runs_no_script_and_loads_nothing(page: str) -> None:
    tags = Tags(page)
    assert tags.open == []
    names = {name for name, _ in tags.tags}
    assert not names & {"script", "img", "link", "iframe", "object", "embed", "form", "base"}
    attributes = {name for _, attrs in tags.tags for name in attrs}
    assert not {name for name in attributes if name.startswith("on")}
    assert not attributes & {"src", "srcset", "action", "xlink:href"}
    targets = [attrs["href"] or "" for _, attrs in tags.tags if "href" in attrs]
    assert all(target.startswith("#") for target in targets)
    assert "url(" not in page
    assert "@import" not in page
    policy = next(a["content"] for n, a in tags.tags if a.get("http-equiv"))
    assert policy == (
        "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
    )


def test_hostile_text_is_shown_as_text(page: str) -> None:
    assert "<script" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert 'onmouseover="x' not in page


def test_the_page_tells_the_run_and_marks_the_evidence(page: str) -> None:
    for said in (
        "acquaintance@",
        "posts.jsonl",
        "2026-11-01 08:00 UTC",
        "a.jsonl.gz: cut off",
        "rows set aside: </span>",
        "moments.no-product-promotion",
        'data-zh="微信 abc12345"',
    ):
        assert said in page
    marked = re.findall(r'<mark class="(\w+)"[^>]*>([^<]*)</mark>', page)
    assert ("money", "89元") in marked
    assert any(kind == "contact" and "abc12345" in text for kind, text in marked)


def test_every_text_for_people_is_in_both_languages(page: str) -> None:
    assert page.count('class="en"') == page.count('class="zh"')


def test_a_page_about_nothing(decisions: pl.DataFrame) -> None:
    report = Report(load("acquaintance"))
    report.add(POSTS.clear(), decisions.clear())
    assert "No rule held for any post." in report.html(FACTS)


# Counts


def decided(rows: list[dict[str, object]]) -> pl.DataFrame:
    plain = {
        "id": "1",
        "surface": "moments",
        "verdict": "allow",
        "lawful": True,
        "permitted": True,
        "rules": [],
        "clauses": [],
        "contacts": [],
        "prices": [],
        "links": [],
        "evidence": [],
        "policy": "p@1",
    }
    return pl.DataFrame([plain | row for row in rows], schema=columns(Decision))


def test_the_tally_counts() -> None:
    tally = Tally()
    tally.add(
        decided(
            [
                {"promotion": 0.02},
                {
                    "verdict": "refuse",
                    "lawful": False,
                    "promotion": 1.0,
                    "rules": ["a", "b"],
                    "intent": "recruitment",
                    "goods_tier": "grey",
                    "contacts": ["wechat:abc12345", "qq:10000"],
                },
            ]
        )
    )
    tally.add(decided([{"surface": "comment", "verdict": "refuse", "rules": ["a"]}]))
    assert tally.rows == 3
    assert tally.verdicts == {"allow": 1, "refuse": 2}
    assert tally.surfaces == {"moments": {"allow": 1, "refuse": 1}, "comment": {"refuse": 1}}
    assert tally.rules == {"a": 2, "b": 1}
    assert tally.rules_by_hits == [("a", 2), ("b", 1)]
    assert tally.by_surface() == {"comment": {"refuse": 1}, "moments": {"allow": 1, "refuse": 1}}
    assert (tally.unlawful, tally.unscored) == (1, 1)
    assert tally.intents == {"recruitment": 1}
    assert tally.tiers == {"grey": 1}
    assert tally.contacts == {"wechat": 1, "qq": 1}
    assert tally.promotion["allow"].tolist() == [1, *[0] * 19]
    assert tally.promotion["refuse"].tolist() == [*[0] * 19, 1]
    assert [verdict.value for verdict in tally.verdicts_met] == ["allow", "refuse"]


def test_the_tally_counts_obfuscation_when_signals_are_there(decisions: pl.DataFrame) -> None:
    tally = Tally()
    tally.add(decisions)
    assert tally.plain + int(tally.obfuscation.sum()) == len(POSTS)


# Samples

STREAM = decided([
    {"rules": ["often"] if i % 2 else ["often", "seldom"] if i % 50 == 0 else [],
     "promotion": i / 1000}
    for i in range(1000)
])  # fmt: skip
ITEMS = pl.DataFrame({"id": STREAM["id"], "text": [f"post {i % 900}" for i in range(1000)]})


@settings(deadline=None)
@given(st.lists(st.integers(0, 1000), max_size=12))
def test_a_sample_is_the_same_however_the_stream_is_cut(cuts: list[int]) -> None:
    whole = Samples(5, seed=3)
    whole.add(ITEMS, STREAM)
    edges = [0, *sorted(cuts), 1000]
    cut = Samples(5, seed=3)
    for start, end in itertools.pairwise(edges):
        cut.add(ITEMS[start:end], STREAM[start:end])
    for group in ("often", "seldom", ALLOWED, NEAR):
        assert [s.row for s in cut.of(group)] == [s.row for s in whole.of(group)]


def test_samples_are_of_their_group_and_no_text_comes_twice() -> None:
    samples = Samples(5)
    samples.add(ITEMS, STREAM)
    assert all("seldom" in s.decision["rules"] for s in samples.of("seldom"))
    assert all(s.decision["rules"] == [] for s in samples.of(ALLOWED))
    assert [s.row for s in samples.of(NEAR)] == [998, 996, 994, 992, 990]
    assert len({s.item["text"] for s in samples.of("often")}) == 5
    same = Samples(5)
    same.add(ITEMS.with_columns(text=pl.lit("copy")), STREAM)
    assert len(same.of("often")) == 1
    assert samples.of("no such rule") == []


def test_samples_are_spread_over_the_stream() -> None:
    rows = []
    for seed in range(200):
        samples = Samples(5, seed=seed)
        samples.add(ITEMS, STREAM)
        rows += [sample.row for sample in samples.of("often")]
    # the mean of 1000 uniform draws from 0 to 999; 4 standard errors are 36
    assert abs(sum(rows) / len(rows) - 499.5) < 37


# Marks


def test_places_that_overlap_are_named_together() -> None:
    evidence = [
        {"field": "text", "start": 0, "end": 3, "what": "contact.wechat"},
        {"field": "text", "start": 2, "end": 5, "what": "contact wechat:cd"},
        {"field": "links.0", "start": 0, "end": 5, "what": "link a.example"},
        {"field": "text", "start": 5, "end": 99, "what": "price 1.0 CNY"},
        {"field": "text", "start": 7, "end": 7, "what": "nothing"},
    ]
    found = [(piece.text, piece.whats, piece.kind) for piece in pieces("abcdefg", evidence)]
    assert found == [
        ("ab", ("contact.wechat",), "contact"),
        ("c", ("contact.wechat", "contact wechat:cd"), "contact"),
        ("de", ("contact wechat:cd",), "contact"),
        ("fg", ("price 1.0 CNY",), "money"),
    ]


def test_a_long_text_is_shown_around_its_evidence() -> None:
    text = "a" * 1000 + "加微信 abc12345" + "b" * 1000
    shown = pieces(text, [{"field": "text", "start": 1000, "end": 1012, "what": "contact.wechat"}])
    assert shown[0].text == "… "
    assert shown[-1].text == " …"
    assert ("加微信 abc12345", ("contact.wechat",)) in shown
    assert sum(len(piece.text) for piece in shown[1:-1]) == EXCERPT


@given(
    st.text(max_size=600),
    st.lists(st.tuples(st.integers(-5, 700), st.integers(-5, 700)), max_size=6),
)
def test_marking_changes_no_text(text: str, spans: list[tuple[int, int]]) -> None:
    evidence = [
        {"field": "text", "start": start, "end": end, "what": "sell.order"} for start, end in spans
    ]
    joined = "".join(piece.text for piece in pieces(text, evidence))
    assert joined.removeprefix("… ").removesuffix(" …") in text


# Intervals


@given(st.integers(1, 10_000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_an_interval_holds_its_share(counts: tuple[int, int]) -> None:
    share, low, high = wilson(*counts)
    assert 0 <= low <= share <= high <= 1


@pytest.mark.parametrize("counts", [(0, 0), (3, 2), (-1, 2)])
def test_no_share_of_nothing(counts: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match=r"hits of \d+ are no share"):
        wilson(*counts)


def test_every_class_of_the_lexicon_has_words_for_the_person_who_wrote_it():
    from portreeve.report.word_classes import WORD_CLASSES
    from portreeve.report.words import _classes, evidence

    last_parts = {name.rsplit(".")[-1].replace("_", " ") for name in _classes()}
    assert last_parts == set(WORD_CLASSES)
    assert evidence("order word").zh == "提到出售或下单"
    assert evidence("invite word, contact wechat:abc1").en == "invites to make contact; WeChat abc1"
