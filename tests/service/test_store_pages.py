"""The pages about store, log, audit log and operation: what they show comes out so."""

import doctest
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from portreeve.cli import main
from portreeve.schemas.access import Scope
from portreeve.schemas.log import LogSearch
from portreeve.service.actor import Actor
from portreeve.service.context import open_context
from portreeve.service.log import Log
from portreeve.service.settings import Settings
from service.log_support import decide_by_person, write_batch
from service.support import make_context

DOCS = Path(__file__).parents[2] / "docs"
RULE = "moments.no-product-promotion"


def test_the_page_of_the_log_is_right(database, tmp_path):
    log = Log(make_context(database, tmp_path))
    refused = {"verdict": "refuse", "rules": [RULE]}
    first, _, _ = write_batch(
        database,
        {**refused, "item": "p-1", "rules": [RULE, "moments.copied"]},
        {**refused, "item": "p-2", "contacts": 1, "promotion": 0.97},
        {"item": "p-3"},
    )
    log.exporter.export()
    decide_by_person(database, "reviewer-7", item="p-1", verdict="allow", supersedes=first)
    analyst = Actor("analyst", frozenset({Scope.log}))
    names = {"log": log, "analyst": analyst, "LogSearch": LogSearch}
    text = (DOCS / "log.md").read_text("utf-8")
    examples = doctest.DocTestParser().get_doctest(text, names, "log.md", "log.md", 0)
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS)
    runner.run(examples)
    assert runner.summarize(verbose=False).failed == 0
    assert len(examples.examples) >= 5


@pytest.fixture
def store(tmp_path, monkeypatch):
    """The current folder, with a store in ``portreeve-data``."""
    monkeypatch.chdir(tmp_path)
    for name in ("PORTREEVE_DATA", "PORTREEVE_DATABASE"):
        monkeypatch.delenv(name, raising=False)
    context = open_context(Settings(data="portreeve-data"))
    for number in range(3):
        with context.database.write() as tx:
            tx.audit("安", "case.claim", f"cas_{number}", number=number, share=0.5, b=None, a=[])
    context.database.close()


def commands(page):
    found = re.findall(r"^    (portreeve .*)$", (DOCS / page).read_text("utf-8"), re.MULTILINE)
    return [shlex.split(line)[1:] for line in found]


def test_the_commands_of_the_page_of_operation_run_as_written(store, tmp_path, capsys):
    listed = commands("operations.md")
    assert len(listed) == 6
    for command in listed:
        with pytest.raises(SystemExit) as left:
            main(command)
        assert not left.value.code, (command, capsys.readouterr())
    assert (tmp_path / "portreeve-new" / "keys" / "master.key").exists()


def test_anyone_can_verify_with_the_program_on_the_page(store, tmp_path, capsys):
    verify, _with_head, export = commands("audit.md")
    for command in (verify, export):
        with pytest.raises(SystemExit) as left:
            main(command)
        assert not left.value.code
    head = capsys.readouterr().out.split("head: 3:")[1].split()[0]
    text = (DOCS / "audit.md").read_text("utf-8")
    (tmp_path / "verify.py").write_text(re.findall(r"```python\n(.*?)```", text, re.DOTALL)[0])

    def run():
        arguments = [sys.executable, "verify.py", "audit.jsonl"]
        return subprocess.run(arguments, capture_output=True, text=True, check=False)

    assert run().stdout == f"intact, head {head}\n"
    whole = (tmp_path / "audit.jsonl").read_text("utf-8")
    (tmp_path / "audit.jsonl").write_text(whole.replace("cas_1", "cas_9"), "utf-8")
    assert (run().returncode, run().stderr) == (1, "broken at entry 2\n")
