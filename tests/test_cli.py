"""The command line as a whole: help, start, the page of commands, the demo."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from portreeve.cli import main, reference
from portreeve.cli.progress import progress
from portreeve.cli.terminal import printable
from portreeve.report import Tally

ROOT = Path(__file__).parents[1]
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT / "src")}


def run(*arguments: str) -> int:
    with pytest.raises(SystemExit) as left:
        main(list(arguments))
    code = left.value.code
    return code if isinstance(code, int) else 0


def test_the_page_of_commands_is_current() -> None:
    assert (ROOT / reference.PAGE).read_text(encoding="utf-8") == reference.page(), (
        "run `python -m portreeve.cli.reference`"
    )


def test_a_file_in_the_way_of_a_folder_is_told_with_a_remedy(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    post, taken = tmp_path / "a.jsonl", tmp_path / "taken"
    post.write_text('{"id": 1, "text": "早安"}')
    taken.touch()
    assert run("campaigns", str(post), "--out", str(taken)) == 2
    assert capsys.readouterr().err == (
        f"portreeve: {taken}: File exists. A file is there: name a folder, or another place.\n"
    )


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys\nfrom portreeve.cli import main\n"
        "try:\n    main(['--help'])\nexcept SystemExit:\n    pass\n"
        "heavy = {'numba', 'numpy', 'polars', 'pyarrow', 'rich', 'sqlglot', 'yaml', 'jinja2'}\n"
        "heavy.add('cryptography')\n"
        "print(sorted(heavy & set(sys.modules)), file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=ENVIRONMENT, check=True
    )
    assert done.stderr.strip() == "[]"
    for command in ("screen", "policy", "franking", "train", "demo"):
        assert f"\n  {command} " in done.stdout


@pytest.mark.parametrize(
    "command",
    [
        ["screen"],
        ["train"],
        ["demo"],
        ["policy", "check"],
        ["policy", "test"],
        ["policy", "explain"],
        ["policy", "diff"],
        ["policy", "signals"],
        ["franking", "verify"],
    ],
)
def test_every_command_has_help_with_an_example_and_json(
    capfd: pytest.CaptureFixture[str], command: list[str]
) -> None:
    assert run(*command, "--help") == 0
    out = capfd.readouterr().out
    assert f"Example: portreeve {' '.join(command)}" in " ".join(out.split())
    assert "--json" in out


def test_both_modules_run() -> None:
    for module in ("portreeve", "portreeve.cli"):
        done = subprocess.run(
            [sys.executable, "-m", module, "--help"],
            capture_output=True,
            text=True,
            env=ENVIRONMENT,
            check=True,
        )
        assert done.stdout.startswith("Usage: portreeve [OPTIONS] COMMAND [ARGS]...")


def test_a_command_that_does_not_exist(capfd: pytest.CaptureFixture[str]) -> None:
    assert run("scren") == 2
    assert "No such command 'scren'" in capfd.readouterr().err


def test_training_needs_its_files(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert run("train", str(tmp_path / "none.parquet")) == 2
    assert capfd.readouterr().err == (
        f"portreeve: {tmp_path / 'none.parquet'}: there is no such file. Check the path.\n"
    )


def test_training_says_at_once_what_cannot_work(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    data = tmp_path / "data.parquet"
    data.write_bytes(b"not Parquet")
    assert run("train", str(data), "--out", str(tmp_path / "none/model.npz")) == 2
    assert capfd.readouterr().err == (
        f"portreeve: {tmp_path / 'none/model.npz'}: its folder is not there. "
        "Make it, or name another.\n"
    )
    names = ["--out", str(tmp_path / "model.npz"), "--card", str(tmp_path / "card.md")]
    assert run("train", str(data), *names) == 2
    assert capfd.readouterr().err.startswith(f"portreeve: {data}: ")
    assert list(tmp_path.iterdir()) == [data]


def test_printable_text() -> None:
    assert printable("plain 朋友圈 😀") == "plain 朋友圈 😀"
    assert printable("a\x1b[31mb\x00\x9b\u202ec\n\td") == "a\ufffd[31mb\ufffd\ufffd\ufffdc\n\td"


class Screen(io.StringIO):
    """A terminal that remembers what it was shown."""

    def isatty(self) -> bool:
        return True


def test_a_person_sees_progress_and_a_file_does_not(monkeypatch: pytest.MonkeyPatch) -> None:
    tally = Tally()
    tally.rows = 1234
    tally.verdicts.update({"allow": 1200, "hold": 34})
    monkeypatch.setenv("COLUMNS", "120")
    monkeypatch.setenv("TERM", "xterm")
    shown = Screen()
    monkeypatch.setattr(sys, "stderr", shown)
    with progress(shown=True) as watch:
        assert watch is not None
        watch("-", None, tally)
        watch("folder/[posts].jsonl", 0.25, tally)
    assert "[posts].jsonl" in shown.getvalue()
    assert "25%" in shown.getvalue()
    assert "1,234 rows" in shown.getvalue()
    assert "allow 1,200  hold 34" in shown.getvalue()
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    with progress(shown=True) as watch:
        assert watch is None


# The demo, on the example posts: a folder without shared/data above it


@pytest.fixture
def alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_demo_shows_decisions_and_ends(
    alone: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "120")
    assert run("demo") == 0
    out = capfd.readouterr().out
    for said in (
        "posts.jsonl",
        "Verdicts by surface",
        "Rules that held most",
        "refused by ",
        "Because",
        "Way out",
        "The condition, part by part:",
        "allowed, though near ",
        "posts per CPU-second",
        "build/demo/report.html",
    ):
        assert said in out
    assert sorted(path.name for path in (alone / "build/demo").iterdir()) == [
        "decisions.parquet",
        "report.html",
    ]


def test_the_demo_for_programs(alone: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert run("demo", "--json", "--out", str(alone / "out")) == 0
    summary = json.loads(capfd.readouterr().out)
    rows = len((ROOT / "examples/posts.jsonl").read_text(encoding="utf-8").splitlines())
    assert (summary["rows"], summary["rejected"]) == (rows, 0)
    assert summary["inputs"] == ["posts.jsonl"]
    assert sum(summary["verdicts"].values()) == rows


def test_the_demo_says_what_is_no_account_of_scenarios(
    alone: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (alone / "played.json").write_text('{"ok": 1}')
    assert run("demo", "--scenarios", "played.json") == 2
    assert "--scenarios" in capfd.readouterr().err
    assert not (alone / "build").exists()


def test_the_demo_takes_real_posts_with_labels_when_they_are_there(
    alone: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    import polars as pl

    folder = alone / "shared/data"
    folder.mkdir(parents=True)
    frame = pl.DataFrame({
        "id": ["a", "b", "c"],
        "text": ["面膜89元一盒 加微信 abc12345 下单", "今天的晚霞真好看", "早上好"],
        "surface_hint": ["weibo", "comment", "telegram_group"],
        "label": ["promo", "ham", "ham"],
        "category": ["micro_business", "none", None],
    })  # fmt: skip
    frame.write_parquet(folder / "dev.parquet")
    frame.write_parquet(folder / "weibo_read.parquet")
    (alone / "below").mkdir()
    os.chdir(alone / "below")
    assert run("demo", "--json") == 0
    summary = json.loads(capfd.readouterr().out)
    assert summary["inputs"] == ["dev.parquet", "weibo_read.parquet"]
    assert sorted(summary["surfaces"]) == ["comment", "group", "moments"]
    assert summary["labels"] == [
        {"label": "ham", "category": "", "held_or_refused": 0, "posts": 2},
        {"label": "ham", "category": "none", "held_or_refused": 0, "posts": 2},
        {"label": "promo", "category": "micro_business", "held_or_refused": 2, "posts": 2},
    ]
