"""Commands that take input leave nothing of a private chat: not in files, not on the terminal."""

import gzip
import json
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest

from canary.barrage import CHAT, Canaries
from canary.search import found_below, found_in
from faults.process import portreeve
from franking_cases import GENUINE, KEYS

SURFACE = "private_chat"


@pytest.fixture
def canaries():
    return Canaries()


def chats(canaries, count=3):
    """Rows of a private chat, with a canary in every field."""
    return [
        {
            "id": canaries.new("id"), "surface": SURFACE, "account": canaries.new("account"),
            "audience": canaries.new("audience"), "time": canaries.new("time"),
            "standing": canaries.new("standing"), "text": f"{canaries.new('text')} {CHAT}",
            "links": [f"https://{canaries.new('link')}.example/"], "chat": canaries.new("chat"),
        }
        for _ in range(count)
    ]  # fmt: skip


def written(path, rows):
    """The rows in a file of the kind its name says."""
    if path.suffix == ".parquet":
        pl.DataFrame(rows).write_parquet(path)
    elif path.suffix == ".csv":
        flat = [{**row, "links": " ".join(row["links"])} for row in rows]
        pl.DataFrame(flat).write_csv(path)
    else:
        lines = "\n".join(json.dumps(row, ensure_ascii=False) for row in rows).encode()
        path.write_bytes(gzip.compress(lines) if path.suffix == ".gz" else lines)
    return path


@pytest.mark.parametrize("name", ["in.jsonl", "in.jsonl.gz", "in.csv", "in.parquet"])
def test_screen_sets_chats_aside_without_a_word_of_them(canaries, tmp_path, name):
    given, made = tmp_path / "given", tmp_path / "made"
    given.mkdir()
    made.mkdir()
    rows = chats(canaries)
    path = written(given / name, rows)
    done = portreeve(
        "screen", str(path), "--out", str(made / "out.parquet"), "--signals",
        "--rejects", str(made / "rejects.jsonl"), "--report", str(made / "report.html"),
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert len((made / "rejects.jsonl").read_text().splitlines()) == 3
    assert found_below([made]) == {}
    assert found_in((done.stdout + done.stderr).encode()) == set()


def test_a_torn_file_is_not_quoted(canaries, tmp_path):
    path = tmp_path / "in.jsonl"
    path.write_text(f'{{"surface": "{SURFACE}", "text": "{canaries.new("torn")}')
    done = portreeve("screen", str(path), "--out", str(tmp_path / "decided.jsonl"))
    assert found_in((done.stdout + done.stderr).encode()) == set()


def test_a_report_is_verified_or_refused_without_its_message(canaries, tmp_path):
    keys = tmp_path / "keys.json"
    keys.write_bytes(KEYS.to_json())
    report = json.loads(GENUINE.to_json())
    for field in ("message", "opening_key", "reporter", "unknown"):
        path = tmp_path / "report.json"
        path.write_text(json.dumps({**report, field: f"{canaries.new(field)} {CHAT}"}))
        done = portreeve("franking", "verify", str(path), "--keys", str(keys))
        assert done.returncode in (1, 2)
        assert found_in((done.stdout + done.stderr).encode()) == set()


def test_an_audit_file_that_is_none_is_not_quoted(canaries, tmp_path):
    path = tmp_path / "audit.jsonl"
    path.write_text(f'{{"seq": "{canaries.new("audit")}", "{canaries.new("audit")}": 1}}\n')
    done = portreeve("audit", "verify", str(path))
    assert done.returncode == 1
    assert found_in((done.stdout + done.stderr).encode()) == set()


def test_a_backup_that_is_none_is_not_quoted(canaries, tmp_path):
    source = tmp_path / "backup"
    source.mkdir()
    (source / "manifest.json").write_text(json.dumps({"format": canaries.new("manifest")}))
    done = portreeve("restore", str(source), "--data", str(tmp_path / "data"))
    assert done.returncode == 2
    assert found_in((done.stdout + done.stderr).encode()) == set()


def test_a_fault_in_a_command_does_not_quote_what_it_worked_on(canaries, tmp_path):
    path = written(tmp_path / "in.jsonl", [{"id": "1", "text": canaries.new("fault")}])
    program = tmp_path / "faulty.py"
    program.write_text(
        "import portreeve.cli.run as run\n"
        "def fails(items, *_, **__): raise RuntimeError(str(items.to_dicts()))\n"
        "run.decide = fails\n"
        "from portreeve.cli import main; main()\n"
    )
    done = subprocess.run(
        [sys.executable, str(program), "screen", str(path)],
        capture_output=True, check=False, cwd=Path.cwd(),
    )  # fmt: skip
    assert done.returncode == 70
    assert found_in(done.stdout + done.stderr) == set()
