"""What is said in chats is nowhere: in no file, log or dump of Square or Portreeve, nor in memory.

What people say in chats is typed into a browser, and sealed by a program too. Both servers log all
they can, Square fails in the middle of a delivery and is ended in the middle of another.
"""

import base64
import resource
import secrets
import sqlite3
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from chatter import Program
from plaza import Person, free_port, until

from canary.search import found_below
from faults.process import Service
from square.database import Database


class SquareProcess:
    """Square as a process of its own, with faults on demand; a person sees it as a network."""

    def __init__(self, folder, service):
        self.folder = folder
        self._port = free_port()
        self.url = f"http://127.0.0.1:{self._port}"
        self.database = Database(folder / "square")
        self._command = [
            sys.executable, str(Path(__file__).with_name("failing.py")),
            "--portreeve", f"http://127.0.0.1:{service.port}",
            "--key-file", str(service.data / "admin.key"), "--data", str(folder / "square"),
            "--port", str(self._port),
        ]  # fmt: skip

    def start(self):
        with (self.folder / "square.log").open("ab") as log:
            self.process = subprocess.Popen(
                self._command, stdout=log, stderr=subprocess.STDOUT, cwd=self.folder
            )
        until(self._answers, 60)

    def _answers(self):
        try:
            return httpx.get(f"{self.url}/sign-in").status_code == 200
        except httpx.TransportError:
            return False

    def fault(self, name, wanted):
        (self.folder / name).touch() if wanted else (self.folder / name).unlink()


@pytest.fixture
def town(tmp_path):
    """Portreeve and Square as processes that may write their memory down when they end."""
    soft, hard = resource.getrlimit(resource.RLIMIT_CORE)
    resource.setrlimit(resource.RLIMIT_CORE, (hard, hard))
    service = Service(tmp_path / "portreeve", log_level="debug")
    service.start()
    square = SquareProcess(tmp_path, service)
    square.start()
    yield service, square
    square.process.kill()
    square.process.wait()
    service.close()
    resource.setrlimit(resource.RLIMIT_CORE, (soft, hard))


def memory(process):
    """All memory of a process that it can write to, as a debugger would dump it."""
    maps = Path(f"/proc/{process.pid}/maps").read_text().splitlines()
    with Path(f"/proc/{process.pid}/mem").open("rb", 0) as whole:
        for line in maps:
            place, rights, *_ = line.split()
            begin, end = (int(part, 16) for part in place.split("-"))
            if rights.startswith("rw"):
                whole.seek(begin)
                try:
                    yield whole.read(end - begin)
                except OSError:
                    continue


def in_memory(process, words):
    """Which of some words are in a process: as they are, in UTF-16, base64 or hexadecimal."""
    beginnings = list(_written("canary"))
    needles = {word: list(_written(word)) for word in words}
    found = set()
    for region in memory(process):
        if any(form in region for form in beginnings):
            found |= {w for w, forms in needles.items() if any(form in region for form in forms)}
    return found


def _written(word):
    yield word.encode()
    yield word.encode("utf-16-le")
    yield word.encode().hex().encode()
    for lead in range(3):  # wherever it begins within a group of three bytes
        whole = base64.b64encode(bytes(lead) + word.encode()).rstrip(b"=")
        yield whole[(0, 2, 3)[lead] : len(whole) - 1]


def canary():
    return f"canary{secrets.token_hex(6)}"


def test_what_is_said_in_chats_is_found_nowhere(town, tmp_path, chromium):
    service, square = town
    typed, sent, failed, ended, open_one, reported = (canary() for _ in range(6))
    ann, bob = (Person(square, name, "zh", "") for name in ("ann", "bob"))
    ann.post(f"/friends/{bob.id}")
    bob.post(f"/friends/{ann.id}")
    ann.share(f"{open_one} 猫睡着了")
    in_browsers(chromium, square, ann, bob, typed)
    left, right = Program(ann), Program(bob)
    assert left.send(bob, f"{sent} 面膜89元一盒").status_code == 200
    assert left.send(bob, f"{reported} 冰毒有货，加微信 abc12345").status_code == 200
    (_, _), (offer, stamp) = right.read(ann)
    assert in_memory(square.process, {typed, sent, reported, open_one}) == {open_one}
    assert in_memory(service.process, {typed, sent, reported}) == set()
    assert right.report(ann, offer, stamp).json() == {"reported": True}
    square.fault("fails", True)
    assert right.send(ann, f"{failed} 出错").status_code == 500
    square.fault("fails", False)
    assert in_memory(square.process, {typed, sent, failed}) == set()
    square.fault("ends", True)
    with pytest.raises(httpx.TransportError):
        right.send(ann, f"{ended} 终止")
    assert square.process.wait(30) == -6
    square.fault("ends", False)
    square.start()
    assert len(right.read(ann)) == 2
    assert in_memory(service.process, {typed, sent, failed, ended}) == set()
    dumped(tmp_path)
    assert not list(tmp_path.rglob("core*")), "the memory of a process was written down"
    found = found_below([tmp_path])
    everywhere = set().union(*found.values())
    assert everywhere == {open_one}, "a chat was found, or the search is blind"
    assert "dump.sql" in found
    log = (tmp_path / "square.log").read_bytes()
    assert b"cannot stamp" in log


def in_browsers(chromium, square, ann, bob, said):
    """Two people chat in browsers."""
    pages = []
    for one, other in ((ann, bob), (bob, ann)):
        context = chromium.new_context(base_url=square.url, locale="zh-CN")
        context.add_cookies([{"name": "square_session", "value": one.cookie, "url": square.url}])
        page = context.new_page()
        page.goto(f"/chats/{other.name}")
        page.get_by_text("加密").or_(page.get_by_text("打开过一次私聊")).first.wait_for()
        pages.append(page)
    pages[0].get_by_text("端到端加密").wait_for()
    pages[0].locator("#say textarea").fill(f"{said} 晚上吃什么")
    pages[0].get_by_role("button", name="发送").click()
    pages[1].get_by_text(said).wait_for()
    for page in pages:
        page.context.close()


def dumped(folder):
    """Square's database as text."""
    with sqlite3.connect(folder / "square" / "square.db") as connection:
        (folder / "dump.sql").write_text("\n".join(connection.iterdump()), encoding="utf-8")
