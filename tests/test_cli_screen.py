"""``portreeve screen`` from the outside: files in, files out, messages, exit codes."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from portreeve.cli import main
from portreeve.model import Decision

ROOT = Path(__file__).parents[1]
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT / "src"), "POLARS_MAX_THREADS": "1"}
CANARY = "zanzibar-canary-7f3a"
SELLS = "面膜89元一盒 加微信 abc12345 下单"
POSTS = [
    {"id": "007", "text": SELLS},
    {"id": "8", "text": "今天的晚霞真好看"},
    {"id": "9", "text": "the cat sleeps", "surface": "comment"},
]


def screen(*arguments: object) -> int:
    """Run the command; its exit code."""
    with pytest.raises(SystemExit) as left:
        main(["screen", *map(str, arguments)])
    code = left.value.code
    return code if isinstance(code, int) else 0


def lines(path: Path, rows: Sequence[object]) -> Path:
    text = [row if isinstance(row, str) else json.dumps(row, ensure_ascii=False) for row in rows]
    path.write_text("\n".join(text) + "\n", encoding="utf-8")
    return path


def read(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


@pytest.fixture
def posts(tmp_path: Path) -> Path:
    return lines(tmp_path / "posts.jsonl", POSTS)


def test_decisions_as_parquet_and_jsonl(
    tmp_path: Path, posts: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert screen(posts, "--out", tmp_path / "d.parquet") == 0
    frame = pl.read_parquet(tmp_path / "d.parquet")
    assert frame.columns == list(Decision.__struct_fields__)
    assert frame.select("id", "surface", "verdict").rows() == [
        ("007", "moments", "refuse"),
        ("8", "moments", "allow"),
        ("9", "comment", "allow"),
    ]
    assert screen(posts, "--out", tmp_path / "d.jsonl") == 0
    assert [row["id"] for row in read(tmp_path / "d.jsonl")] == ["007", "8", "9"]
    assert read(tmp_path / "d.jsonl")[0]["contacts"] == ["wechat:abc12345"]
    out, err = capfd.readouterr()
    assert out == ""
    assert "3 rows in" in err
    assert "  refuse              1   33.33%\n" in err
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "d.jsonl",
        "d.parquet",
        "posts.jsonl",
    ]


def test_every_format_gives_the_same_decisions(tmp_path: Path, posts: Path) -> None:
    frame = pl.DataFrame(POSTS, schema=["id", "text", "surface"])
    frame.write_csv(tmp_path / "p.csv")
    frame.write_parquet(tmp_path / "p.parquet")
    (tmp_path / "p.jsonl.gz").write_bytes(gzip.compress(posts.read_bytes()))
    results = []
    for name in ("posts.jsonl", "p.csv", "p.parquet", "p.jsonl.gz"):
        assert screen(tmp_path / name, "--out", tmp_path / "d.jsonl", "--quiet") == 0
        results.append(read(tmp_path / "d.jsonl"))
    assert results[0] == results[1] == results[2] == results[3]


def test_standard_input_to_standard_output_through_a_pipe(tmp_path: Path) -> None:
    text = "".join(json.dumps({"text": text}) + "\n" for text in (SELLS, "早上好"))
    done = subprocess.run(
        [sys.executable, "-m", "portreeve", "screen", "-", "--json"],
        input=text,
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env=ENVIRONMENT,
        check=True,
    )
    decisions = [json.loads(line) for line in done.stdout.splitlines()]
    assert [(row["id"], row["verdict"]) for row in decisions] == [(1, "refuse"), (2, "allow")]
    summary = json.loads(done.stderr.splitlines()[-1])
    assert summary["rows"] == 2
    assert summary["verdicts"] == {"allow": 1, "refuse": 1}
    assert list(tmp_path.iterdir()) == []


def test_a_reader_that_goes_away_is_no_fault(tmp_path: Path) -> None:
    path = lines(tmp_path / "many.jsonl", [{"text": "早上好"}] * 20_000)
    command = f"{sys.executable} -m portreeve screen {path} --quiet | head -1"
    done = subprocess.run(
        command,
        shell=True,
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env=ENVIRONMENT,
        check=True,
    )
    assert json.loads(done.stdout)["id"] == 1
    assert "Traceback" not in done.stderr
    assert "unexpected" not in done.stderr


def test_rows_without_ids_are_numbered_over_all_inputs(tmp_path: Path) -> None:
    first = lines(tmp_path / "a.jsonl", [{"text": "a"}, "{", {"text": "b"}])
    second = lines(tmp_path / "b.jsonl", [{"text": "c"}])
    assert screen(first, second, "--out", tmp_path / "d.jsonl", "--quiet") == 0
    assert [row["id"] for row in read(tmp_path / "d.jsonl")] == [1, 3, 4]


def test_mixed_ids_come_back_as_they_were(tmp_path: Path) -> None:
    path = lines(
        tmp_path / "a.jsonl",
        [
            {"id": 7, "text": "a"},
            {"id": "07", "text": "b", "surface": "nowhere"},
            {"id": "x", "text": "c"},
            {"id": 8, "text": "d"},
        ],
    )
    assert screen(path, "--out", tmp_path / "d.jsonl", "--quiet") == 0
    assert [row["id"] for row in read(tmp_path / "d.jsonl")] == [7, "x", 8]


def test_bad_rows_are_set_aside_and_the_others_decided(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = lines(
        tmp_path / "a.jsonl",
        [
            {"id": 1, "text": "早上好"},
            '{"id": 2, "text": ',
            {"id": 3, "text": "a", "surface": "nowhere"},
            {"id": 4, "text": "a", "surface": "short_video"},
            {"id": 5, "text": "a", "standing": "king"},
            {"id": 6, "text": SELLS},
        ],
    )
    assert screen(path, "--out", tmp_path / "d.parquet") == 0
    assert pl.read_parquet(tmp_path / "d.parquet")["id"].to_list() == [1, 6]
    rejects = read(tmp_path / "d.rejected.jsonl")
    assert [(r["row"], r["line"], r["reason"]) for r in rejects] == [
        (2, 2, "not valid JSON: the line ends too early"),
        (3, 3, "surface 'nowhere' is not known"),
        (4, 4, rejects[2]["reason"]),
        (5, 5, "standing is not one of the known names"),
    ]
    assert rejects[2]["reason"].startswith("surface 'short_video' is off in policy acquaintance@")
    assert all(reject["remedy"] for reject in rejects)
    assert [reject["raw"] is None for reject in rejects] == [True, True, False, False]
    err = capfd.readouterr().err
    assert f"set aside: 4 rows, see {tmp_path / 'd.rejected.jsonl'}" in err

    assert screen(path, "--out", tmp_path / "d.parquet", "--strict", "--quiet") == 1
    good = lines(tmp_path / "good.jsonl", POSTS)
    assert screen(good, "--out", tmp_path / "d.parquet", "--strict", "--quiet") == 0
    # what an earlier run set aside is not left to be taken for this run's
    assert not (tmp_path / "d.rejected.jsonl").exists()


def test_content_of_a_sealed_surface_is_written_nowhere(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "in"
    folder.mkdir()
    sealed = {"surface": "private_chat", "text": CANARY}
    lines(
        folder / "a.jsonl",
        [
            {"id": "1", "text": "早上好"},
            {"id": "2", **sealed},
            json.dumps({"id": "3", **sealed})[:-2],
            {"id": "4", "text": CANARY, "surface": "privatechat"},
            {"id": "5", "surface": "private_chat"},
            {"id": "6", "surface": "private_chat", "links": [f"https://{CANARY}.example"]},
            {"id": "7", **sealed, "time": "noon"},
        ],
    )
    (folder / "b.csv").write_text(
        f'id,text,surface\n1,hello,\n2,{CANARY},private_chat\n3,"{CANARY}\n4,{CANARY}\n'
    )
    pq.write_table(
        pa.table({"text": [CANARY, "a"], "surface": ["private_chat", None]}), folder / "c.parquet"
    )
    inputs = sorted(folder.iterdir())
    for extra in ([], ["--json", "--signals"]):
        code = screen(*inputs, "--out", "d.jsonl", "--report", "report.html", *extra)
        assert code == 0
    out, err = capfd.readouterr()
    written = [path for path in tmp_path.iterdir() if path.is_file()]
    assert sorted(path.name for path in written) == ["d.jsonl", "d.rejected.jsonl", "report.html"]
    assert all(CANARY.encode() not in path.read_bytes() for path in written)
    assert CANARY not in out + err
    reasons = {r["reason"] for r in read(Path("d.rejected.jsonl")) if r["row"] == 2}
    assert "surface 'private_chat' is sealed: its items have no content" in reasons


def test_a_truncated_gzip_is_decided_up_to_its_end(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    rows = b"".join(b'{"text": "%x"}\n' % pow(3, i, 1 << 521) for i in range(3000))
    whole = gzip.compress(rows)
    path = tmp_path / "a.jsonl.gz"
    path.write_bytes(whole[: len(whole) // 2])
    assert screen(path, "--out", tmp_path / "d.jsonl", "--json") == 1
    decided = len(read(tmp_path / "d.jsonl"))
    assert 1000 < decided < 3000
    summary = json.loads(capfd.readouterr().out)
    assert summary["rows"] == decided
    assert summary["complete"] is False
    assert "cut off (Truncated compressed stream)" in summary["ended_early"][0]
    (reject,) = read(tmp_path / "d.rejected.jsonl")
    assert (reject["row"], reject["line"]) == (None, None)
    assert reject["remedy"] == "Get the whole file; the rows before this place have been decided."


def test_the_summary_for_programs(
    tmp_path: Path, posts: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    out, report = tmp_path / "d.parquet", tmp_path / "r.html"
    assert screen(posts, "--out", out, "--report", report, "--json") == 0
    summary = json.loads(capfd.readouterr().out)
    assert list(summary) == [
        "policy",
        "inputs",
        "rows",
        "rejected",
        "complete",
        "ended_early",
        "verdicts",
        "unlawful",
        "surfaces",
        "rules",
        "seconds",
        "cpu_seconds",
        "deciding_cpu_seconds",
        "rows_per_cpu_second",
        "start_seconds",
        "out",
        "rejects",
        "report",
    ]
    assert summary["surfaces"] == {
        "comment": {"allow": 1},
        "moments": {"allow": 1, "refuse": 1},
    }
    assert summary["rules"]["moments.no-product-promotion"] == 1
    assert (summary["out"], summary["rejects"], summary["report"]) == (str(out), None, str(report))
    assert "abc12345" in report.read_text(encoding="utf-8")


def test_published_posts_are_removed(tmp_path: Path, posts: Path) -> None:
    assert screen(posts, "--out", tmp_path / "d.jsonl", "--published", "--quiet") == 0
    assert [row["verdict"] for row in read(tmp_path / "d.jsonl")] == ["remove", "allow", "allow"]


def test_signals_on_demand_even_with_a_report(tmp_path: Path, posts: Path) -> None:
    page = ["--report", tmp_path / "r.html", "--quiet"]
    assert screen(posts, "--out", tmp_path / "d.parquet", *page) == 0
    assert "signals" not in pl.read_parquet_schema(tmp_path / "d.parquet")
    assert screen(posts, "--out", tmp_path / "d.parquet", *page, "--signals") == 0
    signals = pl.read_parquet(tmp_path / "d.parquet")["signals"][0]
    assert (signals["prices"], signals["contacts"]) == (1, 1)


def test_batches_change_nothing(tmp_path: Path) -> None:
    path = lines(tmp_path / "a.jsonl", [{"text": f"{SELLS} {i}"} for i in range(50)])
    for rows, name in ((50_000, "whole.jsonl"), (7, "cut.jsonl")):
        assert screen(path, "--out", tmp_path / name, "--batch-rows", rows, "--quiet") == 0
    assert (tmp_path / "whole.jsonl").read_bytes() == (tmp_path / "cut.jsonl").read_bytes()


def test_other_column_names_and_another_surface(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(f"nr,body\n007,{SELLS}\n", encoding="utf-8")
    names = ["--text-column", "body", "--id-column", "nr", "--surface", "comment", "--quiet"]
    assert screen(path, "--out", tmp_path / "d.jsonl", *names) == 0
    (row,) = read(tmp_path / "d.jsonl")
    assert (row["id"], row["surface"]) == ("007", "comment")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ["none.jsonl"],
            "portreeve: none.jsonl: cannot be read: No such file or directory. Check the path.",
        ),
        (
            ["no-text.jsonl"],
            "portreeve: no-text.jsonl: there is no column 'text'. Columns found: id, Text. "
            "Name the right one with --text-column Text.",
        ),
        (
            ["posts.jsonl", "--out", "d.xlsx"],
            "portreeve: d.xlsx: the name does not tell the format. End it in .parquet or .jsonl.",
        ),
        (
            ["posts.jsonl", "--out", "none/d.jsonl"],
            "portreeve: none/d.jsonl: its folder is not there. Make it, or name another.",
        ),
        (
            ["posts.jsonl", "--out", "posts.jsonl"],
            "portreeve: posts.jsonl: --out would overwrite this input. Name another --out.",
        ),
        (
            ["d.rejected.jsonl", "--out", "d.parquet"],
            "portreeve: d.rejected.jsonl: --rejects would overwrite this input. "
            "Name another --rejects.",
        ),
        (
            ["posts.jsonl", "--out", "d.jsonl", "--rejects", "d.jsonl"],
            "portreeve: d.jsonl: --out and --rejects name one file. Name two.",
        ),
        (
            ["-", "-"],
            "portreeve: standard input: it is named twice. It can be read once.",
        ),
    ],
)
def test_what_cannot_be_done_is_said_in_one_message(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    arguments: list[str],
    message: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    lines(tmp_path / "posts.jsonl", POSTS)
    lines(tmp_path / "d.rejected.jsonl", POSTS)
    lines(tmp_path / "no-text.jsonl", [{"id": 1, "Text": "a"}])
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    assert screen(*arguments) == 2
    out, err = capfd.readouterr()
    assert (out, err.strip()) == ("", message)
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_wrong_names_in_options_are_answered_with_the_right_ones(
    posts: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert screen(posts, "--surface", "moment") == 2
    assert screen(posts, "--format", "xls") == 2
    errors = [line for line in capfd.readouterr().err.splitlines() if line.startswith("Error:")]
    assert errors == [
        "Error: Invalid value for --surface: there is no surface 'moment'. Use one of moments, "
        "comment, profile, group, private_chat, public_account, search_ad, live, share_api, "
        "group_buy, short_video.",
        "Error: Invalid value for --format: there is no format 'xls'. "
        "Use one of jsonl, csv, tsv, parquet.",
    ]


def test_a_policy_with_errors_is_shown_as_policy_check_shows_it(
    tmp_path: Path, posts: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert screen(posts, "--policy", tmp_path / "none.yaml") == 2
    err = capfd.readouterr().err
    assert err.startswith("portreeve: error[")
    assert "Traceback" not in err


def test_a_fault_of_ours_names_its_place_and_no_content(
    posts: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError(CANARY)

    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("PORTREEVE_DEBUG", raising=False)
    monkeypatch.setattr("portreeve.cli.run.decide", broken)
    assert screen(posts) == 70
    err = capfd.readouterr().err
    assert err.startswith("portreeve: unexpected RuntimeError at test_cli_screen.py:")
    assert CANARY not in err
    assert list(tmp_path.iterdir()) == [posts]


def test_ctrl_c_leaves_the_old_file(
    tmp_path: Path, posts: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stopped(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    (tmp_path / "d.jsonl").write_text("old")
    monkeypatch.setattr("portreeve.cli.run.decide", stopped)
    assert screen(posts, "--out", tmp_path / "d.jsonl") == 130
    assert (tmp_path / "d.jsonl").read_text() == "old"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["d.jsonl", "posts.jsonl"]


def test_terminals_are_not_steered_by_names_in_files(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = lines(tmp_path / "a.jsonl", [{"text": "a", "\x1b[2Jlikes": 1}])
    assert screen(path, "--out", tmp_path / "d.jsonl") == 0
    err = capfd.readouterr().err
    assert "\x1b" not in err
    assert "columns not used: �[2Jlikes" in err


def test_memory_does_not_grow_with_the_rows(tmp_path: Path) -> None:
    """Ten times the rows, and the peak of memory stays where it was."""
    code = (
        "import resource, sys\nfrom portreeve.cli import main\n"
        "try:\n    main(sys.argv[1:])\nfinally:\n"
        "    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)"
    )
    peaks = []
    for rows in (15_000, 150_000):
        path = tmp_path / f"{rows}.jsonl"
        with path.open("w", encoding="utf-8") as file:
            for i in range(rows):
                file.write(f'{{"id": {i}, "text": "今天的晚霞真好看 {i}"}}\n')
        arguments = ["--out", str(tmp_path / "d.parquet"), "--batch-rows", "5000", "--quiet"]
        done = subprocess.run(
            [sys.executable, "-c", code, "screen", str(path), *arguments],
            capture_output=True,
            text=True,
            env=ENVIRONMENT,
            check=True,
        )
        peaks.append(int(done.stdout))
    assert peaks[1] < peaks[0] * 1.3


def test_the_first_run_of_the_docs(tmp_path: Path) -> None:
    page = (ROOT / "docs/input-output.md").read_text(encoding="utf-8")
    rows = [line.strip() for line in page.splitlines() if line.startswith('    {"id": ')]
    path = lines(tmp_path / "posts.jsonl", rows)
    outputs = ["--out", tmp_path / "decisions.parquet", "--report", tmp_path / "report.html"]
    assert screen(path, *outputs, "--quiet") == 0
    decided = pl.read_parquet(tmp_path / "decisions.parquet")
    assert decided["id"].to_list() == ["a1", "a2", "a3"]
    assert decided["verdict"][1] == "refuse"
