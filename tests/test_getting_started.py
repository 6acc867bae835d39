"""The page for newcomers, walked from its first command to its last against a real server.

Blocks ``bash server`` run in the background until the end, all others in one shell, in the page's
order and in an empty folder. What a block prints, on either stream, must be the block ``text`` that
follows it, and nothing where none follows; ``…`` stands for anything within a line. The ports are
replaced by free ones.
"""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "getting-started.md").read_text("utf-8")
CHINESE = (ROOT / "docs" / "getting-started.zh.md").read_text("utf-8")
README = (ROOT / "README.md").read_text("utf-8")
END_OF_BLOCK = "=== end of block ==="
SECONDS_TO_START = 120
SECONDS_FOR_ALL = 180


class Block(NamedTuple):
    """Commands, and what they print."""

    kind: str
    commands: str
    shown: str


def blocks(page):
    found = re.findall(r"^```(\w[^\n]*)\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    for at, (kind, body) in enumerate(found):
        if kind.startswith("bash"):
            follows = found[at + 1] if at + 1 < len(found) else ("", "")
            yield Block(kind, body, follows[1] if follows[0] == "text" else "")


def readme_block():
    """The service's section of the README: a command, and its answer."""
    command, answer = re.findall(
        r"^    \$ (curl [^\n]*\n(?:    [^\n]+\n)*)\n((?:    [^\n]+\n)+)", README, re.MULTILINE
    )[0]
    answer = re.sub(r"\s*\n\s*", "", answer.strip())
    return Block("bash", re.sub(r"^    ", "", command, flags=re.MULTILINE), answer)


def fits(shown, printed):
    """Whether what was printed is what the page shows."""
    return re.fullmatch(".+".join(map(re.escape, shown.split("…"))), printed) is not None


def free_ports(count):
    held = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [one.getsockname()[1] for one in held]
    for one in held:
        one.close()
    return ports


@pytest.fixture
def walk(tmp_path):
    """Runs blocks; what each has printed, the server's first."""
    served, received = free_ports(2)
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = {name: v for name, v in os.environ.items() if not name.startswith("PORTREEVE_")}
    environment |= {"PATH": path, "PORTREEVE_PORT": str(served), "COLUMNS": "100"}
    if "PORTREEVE_CACHE" in os.environ:
        environment["PORTREEVE_CACHE"] = os.environ["PORTREEVE_CACHE"]
    servers = []

    def ported(text):
        return text.replace("8014", str(served)).replace("8015", str(received))

    def start(block):
        out, log = tmp_path / "server.out", tmp_path / "server.log"
        with out.open("w") as to, log.open("w") as errors:
            server = subprocess.Popen(
                ["bash", "-c", f"exec {block.commands}"],
                cwd=tmp_path, env=environment, stdout=to, stderr=errors,
            )  # fmt: skip
        servers.append(server)
        end = time.monotonic() + SECONDS_TO_START
        while not out.read_text().endswith(ported(block.shown).splitlines()[-1] + "\n"):
            assert server.poll() is None, log.read_text()
            assert time.monotonic() < end, log.read_text()
            time.sleep(0.1)
        return out.read_text()

    def run(blocks):
        blocks = [block._replace(commands=ported(block.commands)) for block in blocks]
        printed = [start(block) for block in blocks if block.kind == "bash server"]
        script = "".join(
            f"{block.commands}\necho; echo '{END_OF_BLOCK}'\n"
            for block in blocks if block.kind == "bash"
        )  # fmt: skip
        done = subprocess.run(
            ["bash", "-c", script], cwd=tmp_path, env=environment, text=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            timeout=SECONDS_FOR_ALL, check=False,
        )  # fmt: skip
        printed += done.stdout.split(f"\n{END_OF_BLOCK}\n")[:-1]
        return [(ported(block.shown), text) for block, text in zip(blocks, printed, strict=True)]

    yield run
    for server in servers:
        server.terminate()
        assert server.wait(30) == 0
    log = (tmp_path / "server.log").read_text()
    assert [line for line in log.splitlines() if '"level":"error"' in line] == []


def test_the_page_says_what_happens(walk):
    walked = walk([*blocks(PAGE), readme_block()])
    assert len(walked) > 15
    for shown, printed in walked:
        assert fits(shown, printed), f"--- the page shows\n{shown}\n--- it came out\n{printed}"


def test_the_page_in_chinese_has_the_same_commands():
    assert list(blocks(CHINESE)) == list(blocks(PAGE))


def test_both_pages_have_the_same_sections():
    assert len(re.findall("^## ", CHINESE, re.MULTILINE)) == len(
        re.findall("^## ", PAGE, re.MULTILINE)
    )


@pytest.mark.parametrize(
    ("shown", "printed", "fit"),
    [
        ("a\nb\n", "a\nb\n", True),
        ("id: …\n", "id: dec_1\n", True),
        ("id: …\n", "id: \n", False),
        ("id: …\n", "id: dec_1\nmore\n", False),
        ("", "error\n", False),
        ("a+\n", "aa\n", False),
    ],
)
def test_what_fits(shown, printed, fit):
    assert fits(shown, printed) is fit
