"""SQRL (npm package ``sqrl``), in one Node process, one execution a post."""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

from bench.peers.base import NotInstalledError, PeerRun
from bench.rules import ATOMS, NAMES, RULES

FOLDER = Path(__file__).parent / "sqrl"
WARM_UP = 3_000


def source() -> str:
    """The rules in SQRL: one feature an atom, computed at most once; one rule each."""
    lines = ["LET Text := input();"]
    for name, atom in ATOMS.items():
        pattern = json.dumps(atom.pattern, ensure_ascii=False)
        if atom.at_least == 1:
            lines.append(f"LET {_camel(name)} := regexTest({pattern}, Text);")
        else:
            lines.append(f"LET {_camel(name)} := regexCount({pattern}, Text) >= {atom.at_least};")
    for rule in RULES:
        tests = [_camel(name) for name in rule.found]
        tests += [f"NOT {_camel(name)}" for name in rule.absent]
        lines.append(f"CREATE RULE {_camel(rule.name)}Rule WHERE {' AND '.join(tests)};")
    lines.append(f"WHEN {', '.join(_camel(name) + 'Rule' for name in NAMES)} THEN flag();")
    return "\n".join(lines) + "\n"


def run(texts: Sequence[str]) -> PeerRun:
    """Evaluates the rules; raises `NotInstalledError` where Node or the package is missing."""
    if shutil.which("node") is None or not (FOLDER / "node_modules" / "sqrl").is_dir():
        raise NotInstalledError("bench/peers/install.sh sqrl")
    with tempfile.TemporaryDirectory() as folder:
        rules, posts = Path(folder, "rules.sqrl"), Path(folder, "posts.json")
        rules.write_text(source(), encoding="utf-8")
        posts.write_text(json.dumps(list(texts)), encoding="utf-8")
        done = subprocess.run(
            ["node", str(FOLDER / "run.js"), str(rules), str(posts), str(WARM_UP)],
            capture_output=True, text=True, check=True, cwd=FOLDER,
        )  # fmt: skip
    answer = json.loads(done.stdout)
    numbers = {_camel(name) + "Rule": number for number, name in enumerate(NAMES)}
    return PeerRun(
        version=f"SQRL {answer['version']}, {_node_version()}",
        cpu_seconds=float(answer["cpu_seconds"]),
        hits=[sorted(numbers[name] for name in names) for names in answer["hits"]],
    )


def _node_version() -> str:
    done = subprocess.run(["node", "--version"], capture_output=True, text=True, check=True)
    return "Node " + done.stdout.strip().lstrip("v")


def _camel(name: str) -> str:
    return "".join(part.capitalize() for part in name.split("_"))
