"""Links: refresh, cache, quota, addresses, the command line; without any network."""

from __future__ import annotations

import asyncio
import json
import time
from pathlib import Path

import pytest
from typer.testing import CliRunner

from portreeve.cli.app import app
from portreeve.links import REFUSALS, Limits, Memo, Unwrapped, Unwrapper
from portreeve.links.fetch import Answer, Fetcher
from portreeve.links.refresh import page_sends_on, sent_on
from portreeve.links.refusals import RefusedError


@pytest.fixture
def answers(monkeypatch):
    """What each address answers; an exception is raised. ``asked`` lists what was asked."""
    table: dict[str, Answer | Exception] = {}
    asked: list[str] = []

    async def ask(_self, address):
        asked.append(address.url)
        answer = table.get(address.url, Answer(200))
        if isinstance(answer, Exception):
            raise answer
        return answer

    monkeypatch.setattr(Fetcher, "ask", ask)
    return table, asked


def followed(memo: Memo, *urls: str, **limits: float) -> list[Unwrapped]:
    async def run():
        return [one async for one in Unwrapper(memo, Limits(**limits)).unwrap_all(urls)]

    return asyncio.run(run())


def test_an_answer_is_kept_until_it_expires(answers):
    table, asked = answers
    table["http://t.example.com/a"] = Answer(302, "location", "https://shop.example.com/1#top")
    now = [1_000.0]
    memo = Memo(clock=lambda: now[0])
    (first,) = followed(memo, "http://t.example.com/a")
    (again,) = followed(memo, "HTTP://T.example.com:80/a")
    assert (first.target, first.cached) == ("https://shop.example.com/1", False)
    assert (again.target, again.cached) == ("https://shop.example.com/1", True)
    assert len(asked) == 2
    now[0] += 86_401
    assert [one.cached for one in followed(memo, "http://t.example.com/a")] == [False]


def test_a_refusal_that_may_pass_is_kept_for_minutes(answers):
    table, _ = answers
    table["http://t.example.com/"] = RefusedError("dns")
    now = [1_000.0]
    memo = Memo(clock=lambda: now[0])
    assert [one.refusal for one in followed(memo, "http://t.example.com/")] == ["dns"]
    now[0] += 599
    assert [one.cached for one in followed(memo, "http://t.example.com/")] == [True]
    now[0] += 2
    assert [one.cached for one in followed(memo, "http://t.example.com/")] == [False]


def test_a_domain_has_a_quota_that_sub_domains_share_and_files_keep(answers, tmp_path):
    _, asked = answers
    urls = [f"http://{name}.example.com/" for name in ("one", "two", "three")]
    with Memo(tmp_path / "links.sqlite") as memo:
        found = followed(memo, *urls, per_domain=2, at_once=1)
    assert [one.refusal for one in found] == [None, None, "quota"]
    assert len(asked) == 2
    with Memo(tmp_path / "links.sqlite") as memo:
        found = followed(memo, urls[2], "http://other.example.org/", per_domain=2)
    assert [one.refusal for one in found] == ["quota", None]
    assert (tmp_path / "links.sqlite").stat().st_mode & 0o077 == 0


def test_a_page_that_reloads_itself_is_the_end(answers):
    table, _ = answers
    table["http://news.example.com/"] = Answer(200, "refresh", "/")
    assert [one.target for one in followed(Memo(), "http://news.example.com/")] == [
        "http://news.example.com/"
    ]


@pytest.mark.parametrize(
    ("page", "found"),
    [
        ("<script>'<meta http-equiv=refresh content=0;/no>'</script>", None),
        ("<title><meta http-equiv=refresh content=0;/no></title>", None),
        ("<!-- <meta http-equiv=refresh content=0;/no>", None),
        ("<meta http-equiv='refresh' content='0;URL=&#x2f;yes'>", ("/yes", None)),
        ("<base href=//b.example/><meta content='1, /x' http-equiv=refresh>",
         ("/x", "//b.example/")),
        ("<meta name=refresh content=0;/no>", None),
    ],
)  # fmt: skip
def test_what_a_page_says_is_read_as_browsers_do(page, found):
    assert page_sends_on(page) == found


@pytest.mark.parametrize("part", ["<meta ", "<script>", "<meta a=", "<!--", "<meta a='", " "])
def test_no_page_is_slow_to_read(part):
    begin = time.perf_counter()
    page_sends_on(part * (65_536 // len(part)))
    sent_on(part * 8_000)
    assert time.perf_counter() - begin < 0.5


def test_refusals_on_the_command_line_have_code_and_sentence(tmp_path):
    command = ["links", "unwrap", "--json", "--cache", str(tmp_path / "c"), "http://0x7f.1/a"]
    result = CliRunner().invoke(app, command)
    assert result.exit_code == 1
    told = json.loads(result.stdout)
    assert (told["refusal"], told["refused_at"], told["why"]) == (
        "address", "http://127.0.0.1/a",
        "The host leads to an address that is not of the public internet.",
    )  # fmt: skip


def test_links_of_a_file_on_the_command_line(tmp_path):
    file = tmp_path / "posts.jsonl"
    post = {"id": "p1", "text": "看 T.cn/A6abcde 和 taobao。com", "links": ["https://例子.中国/x"]}
    file.write_text(json.dumps(post), "utf-8")
    result = CliRunner().invoke(app, ["links", "extract", str(file)])
    found = [json.loads(line) for line in result.stdout.splitlines()]
    assert [(one["id"], one["field"], one["url"], one["host_class"]) for one in found] == [
        ("p1", "text", "http://t.cn/A6abcde", "shortener"),
        ("p1", "text", "http://taobao.com/", "marketplace"),
        ("p1", "links.0", "https://xn--fsqu00a.xn--fiqs8s/x", None),
    ]


def test_every_refusal_stands_on_its_page():
    page = (Path(__file__).parents[2] / "docs" / "links.md").read_text("utf-8")
    rows = [line for line in page.splitlines() if line.startswith("| `")]
    assert rows == [
        f"| `{code}` | {why.en} | {'some minutes' if why.passing else 'a day'} |"
        for code, why in REFUSALS.items()
    ]
