"""``portreeve campaigns``: a dump to tables, a graph and a page."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from portreeve.cli.app import app
from portreeve.cli.trace_file import TraceFile
from portreeve.memory.traces import KEY, TRACE, Traces

_TEXTS = (
    "祛斑美白面膜新货到啦，七天见效不反弹，敏感肌也能放心用，89元一盒",
    "诚招全国代理，一件代发零门槛，跟着我做月入过万不是梦，名额有限",
    "这款精华液回购了五次，补水保湿效果特别好，今天特价99元两瓶包邮",
    "老顾客反馈又来了，斑点淡了好多，想变美的姐妹赶紧下单，168元一套",
    "囤货节最后一天，洗面奶买二送一，59元到手，错过再等一年别后悔",
)
_LINKED = "出售手工皂现货，39元一块，加微信 shared_{} 下单"


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, object]]:
    """What came of a dump: ada's posts passed on by ben and cleo, and two who share a handle."""
    folder = tmp_path_factory.mktemp("campaigns")
    rows = []
    for day, text in enumerate(_TEXTS, 1):
        for minute, (account, more) in enumerate(
            [("ada", " 加微信 ada_77881"), ("ben", " 加微信 ben_90210"), ("cleo", "，私信我")]
        ):
            time = f"2014-05-{day:02d}T10:{minute * 9 + 1:02d}:00Z"
            rows.append({"id": len(rows), "account": account, "time": time, "text": text + more})
    for account in ("<dan>", "eve"):
        text = _LINKED.format("8812")
        rows.append({"id": len(rows), "account": account, "time": "2014-05-09T10:00:00Z",
                     "text": text})  # fmt: skip
    rows.append({"id": len(rows), "account": "fay", "time": "2014-05-09T11:00:00Z",
                 "text": "今天和家人去爬山，风景真好"})  # fmt: skip
    file = folder / "posts.jsonl"
    file.write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")
    result = CliRunner().invoke(
        app, ["campaigns", str(file), "--out", str(folder / "out"), "--json", "--quiet"]
    )
    assert result.exit_code == 0, result.output
    return folder / "out", json.loads(result.stdout)


def test_campaigns_and_accounts_are_in_parquet(
    written: tuple[Path, dict[str, object]],
) -> None:
    folder, summary = written
    assert {name: summary[name] for name in ("rows", "campaigns", "accounts", "trees")} == {
        "rows": 18, "campaigns": 2, "accounts": 5, "trees": 1,
    }  # fmt: skip
    campaigns = pl.read_parquet(folder / "campaigns.parquet")
    assert campaigns["accounts"].to_list() == [3, 2]
    assert campaigns["shown"].to_list()[1] == ["wechat:shared_8812"]
    accounts = pl.read_parquet(folder / "accounts.parquet")
    uplines = dict(accounts.select("account", "upline").iter_rows())
    assert uplines["ada"] is uplines["eve"] is None
    assert uplines["ben"] == "ada"
    assert uplines["cleo"] in ("ada", "ben")


def test_the_graph_is_xml_that_names_accounts_and_handles(
    written: tuple[Path, dict[str, object]],
) -> None:
    root = ElementTree.parse(written[0] / "campaigns.graphml").getroot()
    names = {data.text for data in root.iter() if data.get("key") == "name"}
    assert {"ada", "<dan>", "wechat:shared_8812"} <= names
    assert "fay" not in names
    relations = [data.text for data in root.iter() if data.get("key") == "relation"]
    assert relations.count("upline") == 2


def test_the_page_stands_alone_in_both_languages_and_escapes_names(
    written: tuple[Path, dict[str, object]],
) -> None:
    page = (written[0] / "campaigns.html").read_text(encoding="utf-8")
    assert "&lt;dan&gt;" in page
    assert "<dan>" not in page
    assert '<svg class="tree"' in page
    assert "代理树" in page
    assert "http" not in page.replace("http-equiv", "")


def test_an_empty_dump_has_no_campaigns(tmp_path: Path) -> None:
    file = tmp_path / "posts.jsonl"
    file.write_text('{"text": "hello"}', encoding="utf-8")
    result = CliRunner().invoke(app, ["campaigns", str(file), "--out", str(tmp_path), "--json"])
    assert result.exit_code == 0
    assert json.loads(result.stdout)["campaigns"] == 0
    assert pl.read_parquet(tmp_path / "accounts.parquet").is_empty()


def test_rows_that_cannot_be_used_are_set_aside_with_the_reason(tmp_path: Path) -> None:
    file, out = tmp_path / "posts.jsonl", tmp_path / "out"
    rows = [{"account": "a", "text": "早上好", "time": when} for when in ("", "yesterday", "noon")]
    file.write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")
    asked = ["campaigns", str(file), "--out", str(out)]
    told = CliRunner().invoke(app, asked)
    aside = out / "rejected.jsonl"
    assert told.exit_code == 0, told.output
    assert f"set aside: 3 rows, see {aside}\n" in told.stderr
    reason = "time is not a date and time in RFC 3339"
    assert f"the first, {file}, row 1: {reason}" in told.stderr
    kept = [json.loads(line) for line in aside.read_text("utf-8").splitlines()]
    assert [(one["row"], one["reason"]) for one in kept] == [(n, reason) for n in (1, 2, 3)]
    assert kept[0]["remedy"] == "Write it like 2014-06-01T08:00:00+08:00."
    found = json.loads(CliRunner().invoke(app, [*asked, "--json", "-q"]).stdout)
    assert (found["rejected"], found["rejects"]) == (3, str(aside))
    assert found["first_reject"] == {
        "file": str(file), "row": 1, "line": 1, "reason": reason, "remedy": kept[0]["remedy"],
    }  # fmt: skip
    file.write_text(json.dumps({"account": "a", "text": "早上好"}), encoding="utf-8")
    assert CliRunner().invoke(app, asked).exit_code == 0
    assert not aside.exists()


@pytest.mark.parametrize(("time", "joined"), [("time", 1), ("timestamp", 0)])
def test_rows_without_a_time_are_counted_and_are_no_near_copies(
    tmp_path: Path, time: str, joined: int
) -> None:
    file = tmp_path / "posts.jsonl"
    rows = [
        {"account": account, "text": text, time: f"2014-05-{day:02d}T10:00:00Z"}
        for day, text in enumerate(_TEXTS, 1)
        for account in ("ada", "ben")
    ]
    file.write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")
    asked = ["campaigns", str(file), "--out", str(tmp_path / "out")]
    found = json.loads(CliRunner().invoke(app, [*asked, "--json", "-q"]).stdout)
    assert found["campaigns"] == joined
    assert (found["without_time"], found["without_account"]) == (0 if joined else 10, 0)
    told = CliRunner().invoke(app, asked).stderr
    warning = "warning: 10 rows of 10 without a time: no near copies are looked for among them"
    assert (warning in told) is not bool(joined)


def test_a_dump_without_accounts_says_that_nothing_can_be_joined(tmp_path: Path) -> None:
    file = tmp_path / "posts.jsonl"
    file.write_text(
        '{"text": "早上好", "user": "a", "time": "2014-05-01T10:00:00Z"}', encoding="utf-8"
    )
    told = CliRunner().invoke(app, ["campaigns", str(file), "--out", str(tmp_path / "out")])
    assert (
        "warning: 1 row of 1 without an account: nothing can be joined. If the accounts stand in "
        "another column, rename it to `account`.\n"
    ) in told.stderr


def _many(folder: Path) -> Path:
    """Two who show one handle, and before them 1,100 posts of others; the latest stands first."""
    rows = [
        {"id": f"sold-{account}", "account": account, "time": "2014-05-09T10:00:00Z",
         "text": _LINKED.format("8812")}
        for account in ("dan", "eve")
    ]  # fmt: skip
    rows += [
        {"id": f"day-{n}", "account": f"other-{n}", "text": f"今天走了{n}步，回家给家人做了饭",
         "time": f"2014-05-{1 + n // 200:02d}T{n % 24:02d}:{n % 60:02d}:00Z"}
        for n in range(1_100)
    ]  # fmt: skip
    file = folder / "many.jsonl"
    file.write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")
    return file


def test_a_dump_of_more_posts_than_are_kept_passes_by_and_says_what_had_to_go(
    tmp_path: Path,
) -> None:
    asked = ["campaigns", str(_many(tmp_path)), "--out", str(tmp_path / "out")]
    result = CliRunner().invoke(app, [*asked, "--kept-posts", "1024", "--json", "--quiet"])
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)
    assert (found["rows"], found["campaigns"]) == (1_102, 1)
    assert found["forgotten"]["posts"] == 78
    accounts = pl.read_parquet(tmp_path / "out" / "accounts.parquet")
    assert sorted(accounts["account"]) == ["dan", "eve"]
    told = CliRunner().invoke(app, [*asked, "--kept-posts", "1024"])
    assert "forgotten before the end, for want of room: 78 posts" in told.stderr
    whole = CliRunner().invoke(app, [*asked, "--json", "--quiet"])
    assert json.loads(whole.stdout)["forgotten"] == {"posts": 0, "accounts and keys": 0}
    assert json.loads(whole.stdout)["campaigns"] == 1


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 3)), max_size=30), st.integers(1, 9))
def test_traces_come_back_from_their_file_by_time_with_their_keys(
    shown: list[tuple[int, int]], size: int
) -> None:
    rows = np.zeros(len(shown), TRACE)
    rows["item"] = np.arange(1, len(shown) + 1)
    rows["time"] = [time for time, _ in shown]
    keys = np.zeros(sum(many for _, many in shown), KEY)
    keys["row"] = np.repeat(np.arange(len(shown)), [many for _, many in shown])
    keys["key"] = np.arange(1, len(keys) + 1)
    file, cut = TraceFile(), len(shown) // 2
    whole = Traces(rows, keys)
    for part in (range(cut), range(cut, len(shown))):
        file.add(whole.take(np.array(part, np.int64)))
    wanted = whole.take(np.argsort(rows["time"], kind="stable"))
    parts = list(file.by_time(size))
    assert all(len(part) <= size for part in parts)
    told = [int(item) for part in parts for item in part.rows["item"]]
    assert told == wanted.rows["item"].tolist()
    of = [
        (int(part.rows["item"][key["row"]]), int(key["key"])) for part in parts for key in part.keys
    ]
    assert of == [(int(wanted.rows["item"][key["row"]]), int(key["key"])) for key in wanted.keys]
    assert file.whole().keys.tolist() == keys.tolist()


def _pairs(traces: Traces) -> list[tuple[int, int]]:
    """Items with the keys that they show."""
    return [(int(traces.rows["item"][key["row"]]), int(key["key"])) for key in traces.keys]
