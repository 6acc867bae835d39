"""``portreeve screen --remember``: what earlier rows tell of later ones."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from portreeve.cli import recalling
from portreeve.cli.app import app
from portreeve.policy.samples import sample_text

POLICY = """\
counters:
  offers_today:
    words: { en: Offers of the account today, zh: 该账号一天内的卖货内容 }
    count: posts
    by: account
    over: 1d
    when: promotion >= 0.6
rules:
  - id: many-offers
    clause: "1"
    when: offers_today > 2
    verdict: hold
    because: { en: Many offers in a day., zh: 一天之内卖货太多。 }
    examples: { hold: [{ text: 面膜89元一盒 加微信 abc12345, counted: { offers_today: 3 } }] }
  - id: passed-on
    clause: "2"
    when: campaign_accounts > 2
    verdict: refuse
    because: { en: Many sell this together., zh: 多人一起卖。 }
    examples:
      refuse: [{ text: 面膜89元一盒 加微信 abc12345, remembered: { campaign_accounts: 3 } }]"""
POSTS = [
    ("ann", "手工皂 30元一块 现货 加微信 soap-ann", "2026-05-01T08:00:00Z"),
    ("ann", "羊毛围巾 120元 现货 加微信 soap-ann", "2026-05-01T09:00:00Z"),
    ("ann", "竹编篮子 45元 现货 加微信 soap-ann", "2026-05-01T10:00:00Z"),
    ("ann", "蜂蜡蜡烛 25元 现货 加微信 soap-ann", "2026-05-03T10:00:00Z"),
    ("ben", "保温杯 60元 现货 加微信 soap-ann", "2026-05-03T11:00:00Z"),
    ("cat", "雨伞 50元 现货 加微信 soap-ann", "2026-05-03T12:00:00Z"),
    (None, "今天的晚霞真好看", "2026-05-03T13:00:00Z"),
]


@pytest.fixture
def files(tmp_path: Path) -> tuple[str, str]:
    policy, posts = tmp_path / "sample.yaml", tmp_path / "posts.jsonl"
    policy.write_text(sample_text(POLICY), "utf-8")
    rows = [{"account": who, "text": text, "time": when} for who, text, when in POSTS]
    posts.write_text("\n".join(json.dumps(row) for row in rows), "utf-8")
    return str(posts), str(policy)


def screened(posts: str, policy: str, *options: str) -> list[dict[str, Any]]:
    told = CliRunner().invoke(app, ["screen", posts, "--policy", policy, "-q", *options])
    assert told.exit_code == 0, told.output
    return [json.loads(line) for line in told.stdout.splitlines()]


@pytest.mark.parametrize("rows", ["1", "3", "100"])
def test_rules_see_what_earlier_rows_tell(files: tuple[str, str], rows: str) -> None:
    decided = screened(*files, "--remember", "--batch-rows", rows)
    assert [one["rules"] for one in decided] == [
        [], [], ["many-offers"], [], [], ["passed-on"], [],
    ]  # fmt: skip


def test_the_counters_stand_among_the_signals(files: tuple[str, str]) -> None:
    decided = screened(*files, "--remember", "--signals")
    assert [one["signals"]["offers_today"] for one in decided] == [1, 2, 3, 1, 1, 1, None]
    assert [one["signals"]["campaign_accounts"] for one in decided] == [0, 0, 0, 0, 2, 3, 0]


def test_each_row_stands_by_itself_without_the_option(files: tuple[str, str]) -> None:
    decided = screened(*files, "--signals")
    assert [one["rules"] for one in decided] == [[]] * 7
    assert {one["signals"]["offers_today"] for one in decided} == {None}


TREES = """\
rules:
  - id: in-a-tree
    clause: "1"
    when: tree_people >= 3
    verdict: hold
    because: { en: A tree of sellers., zh: 代理树。 }
    examples: { hold: [{ text: 面膜89元一盒, remembered: { tree_people: 3 } }] }"""
COPIED = (
    "祛斑美白面膜新货到啦，七天见效不反弹，敏感肌也能放心用，89元一盒",
    "诚招全国代理，一件代发零门槛，跟着我做月入过万不是梦，名额有限",
    "这款精华液回购了五次，补水保湿效果特别好，今天特价99元两瓶包邮",
    "老顾客反馈又来了，斑点淡了好多，想变美的姐妹赶紧下单，168元一套",
    "囤货节最后一天，洗面奶买二送一，59元到手，错过再等一年别后悔",
)


@pytest.mark.parametrize("batch_rows", ["4", "100"])
def test_trees_grow_after_a_count_of_rows_and_not_of_batches(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, batch_rows: str
) -> None:
    monkeypatch.setattr(recalling, "GROWN_ROWS", 15)
    policy, posts = tmp_path / "sample.yaml", tmp_path / "posts.jsonl"
    policy.write_text(sample_text(TREES), "utf-8")
    rows = [
        {"account": who, "text": text + more, "time": f"2026-05-{day:02d}T10:{minute:02d}:00Z"}
        for day, text in enumerate(COPIED, 1)
        for minute, (who, more) in enumerate(
            [("ada", " 加微信 ada_77881"), ("ben", " 加微信 ben_90210"), ("cleo", "，私信我")]
        )
    ]
    rows += [
        {"account": who, "text": "早上好", "time": "2026-05-09T10:00:00Z"}
        for who in ("ada", "ben", "cleo", "fay")
    ]
    posts.write_text("\n".join(json.dumps(row) for row in rows), "utf-8")
    told = screened(str(posts), str(policy), "--remember", "--signals", "--batch-rows", batch_rows)
    assert [one["signals"]["tree_people"] for one in told] == [0] * 15 + [3, 3, 3, 0]
    assert [one["rules"] for one in told[15:]] == [["in-a-tree"]] * 3 + [[]]
