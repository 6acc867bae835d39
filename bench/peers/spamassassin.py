"""SpamAssassin (Debian package ``spamassassin``), its Perl API in one process, these rules only."""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

from bench.peers.base import NotInstalledError, PeerRun
from bench.peers.message import message
from bench.rules import ATOMS, NAMES, RULES

SCRIPT = Path(__file__).parent / "spamassassin.pl"
WARM_UP = 200


def source() -> str:
    """The rules in SpamAssassin's language: one body rule an atom, one meta rule each."""
    lines = [
        "loadplugin Mail::SpamAssassin::Plugin::Check",
        "use_bayes 0",
        "use_auto_welcomelist 0",
        "skip_rbl_checks 1",
        "dns_available no",
    ]
    for name, atom in ATOMS.items():
        lines.append(f"body {_atom(name)} /{_slashed(atom.pattern)}/i")
        if atom.at_least > 1:
            lines.append(f"tflags {_atom(name)} multiple maxhits={atom.at_least}")
    for number, rule in enumerate(RULES):
        tests = [f"({_atom(name)} >= {ATOMS[name].at_least})" for name in rule.found]
        tests += [f"!{_atom(name)}" for name in rule.absent]
        lines.append(f"meta {_rule(number)} ({' && '.join(tests)})")
        lines.append(f"score {_rule(number)} 1")
    return "\n".join(lines) + "\n"


def run(texts: Sequence[str]) -> PeerRun:
    """Evaluates the rules; raises `NotInstalledError` where SpamAssassin is missing."""
    if shutil.which("perl") is None or not _installed():
        raise NotInstalledError("bench/peers/install.sh spamassassin")
    with tempfile.TemporaryDirectory() as folder:
        rules, posts = Path(folder, "rules.cf"), Path(folder, "posts")
        rules.write_text(source(), encoding="utf-8")
        posts.write_bytes(b"".join(message(text).replace(b"\0", b"") + b"\0" for text in texts))
        done = subprocess.run(
            ["perl", str(SCRIPT), str(rules), str(posts), str(WARM_UP), folder],
            capture_output=True, text=True, check=True,
        )  # fmt: skip
    answer = json.loads(done.stdout)
    numbers = {_rule(number): number for number in range(len(NAMES))}
    return PeerRun(
        version=f"SpamAssassin {answer['version']}, Perl {answer['perl']}",
        cpu_seconds=float(answer["cpu_seconds"]),
        hits=[
            sorted(numbers[name] for name in names.split(",") if name in numbers)
            for names in answer["hits"]
        ],
    )


def _installed() -> bool:
    done = subprocess.run(
        ["perl", "-MMail::SpamAssassin", "-e", "1"], capture_output=True, check=False
    )
    return done.returncode == 0


def _slashed(pattern: str) -> str:
    # In Perl a bare @ in a pattern starts an array, and # begins a comment in a rules file.
    return pattern.replace("/", r"\/").replace("@", r"\@").replace("#", r"\#")


def _atom(name: str) -> str:
    return "__PB_" + name.upper()


def _rule(number: int) -> str:
    return f"PB_RULE_{number:02d}"
