"""What servers leave behind that end by a fault: tracebacks, but nothing that was said in chats."""

import os
import resource
import secrets
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from scenarios.chats import Chatter
from scenarios.pair import Pair
from scenarios.search import digests, in_files, needles
from scenarios.stage import Stage

PATTERN = Path("/proc/sys/kernel/core_pattern")


@pytest.fixture
def cores(monkeypatch):
    """Processes may write their memory down when they end, and say where they were."""
    soft, hard = resource.getrlimit(resource.RLIMIT_CORE)
    resource.setrlimit(resource.RLIMIT_CORE, (hard, hard))
    monkeypatch.setenv("PYTHONFAULTHANDLER", "1")
    yield
    resource.setrlimit(resource.RLIMIT_CORE, (soft, hard))


def test_a_crash_leaves_nothing_of_a_chat(cores, tmp_path):
    canary = f"canary{secrets.token_hex(8)}"
    with Pair(tmp_path) as pair, Stage(pair) as stage:
        ann, bob = stage.person("ann"), stage.person("bob")
        ann.befriend(bob)
        ann.share("河边的芦苇白了")
        Chatter(ann).send(Chatter(bob), f"面膜89元一盒 {canary}")
        for process in pair.processes.values():
            os.kill(process.pid, signal.SIGABRT)
        pair.stop()
        left = {path.name for path in tmp_path.rglob("*") if path.is_file()}
    assert not {name for name in left if name.startswith("core")}
    for name in ("portreeve", "square-acquaintance"):
        assert "Fatal Python error: Aborted" in (tmp_path / f"{name}.log").read_text()
    assert in_files(tmp_path, needles(canary) + digests(canary)) == []
    assert in_files(tmp_path, needles("河边的芦苇白了"))


def test_another_process_would_have_left_its_memory(cores, tmp_path):
    if (
        PATTERN.read_text().startswith(("|", "/"))
        or not resource.getrlimit(resource.RLIMIT_CORE)[1]
    ):
        pytest.skip("this system keeps no core files in the folder of a process")
    canary = secrets.token_hex(16)
    code = f"import os; kept = '{canary}'; os.abort()"
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, check=False, capture_output=True)
    assert [name[:4] for name in in_files(tmp_path, needles(canary))] == ["core"]
