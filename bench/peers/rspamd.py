"""Rspamd (Debian package ``rspamd``), one worker on loopback, these rules only, over HTTP.

The worker closes every connection after its answer, whatever is asked of it, so each post is a
connection of its own. Only the worker's own CPU time is counted, not the client's. Its non-MIME
mode is not used: there the rules find nothing.
"""

from __future__ import annotations

import http.client
import json
import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from bench.peers.base import NotInstalledError, PeerRun
from bench.peers.message import message
from bench.rules import ATOMS, RULES, Atom

WARM_UP = 500
CLIENTS = 4
START_SECONDS = 300.0
SUFFIX_LIST = Path("/usr/share/rspamd/effective_tld_names.dat")


def source() -> str:
    """The rules in Rspamd's Lua: one regexp expression each, over the decoded text parts."""
    lines = ["config['regexp'] = {}"]
    for number, rule in enumerate(RULES):
        tests = [_expression(ATOMS[name]) for name in rule.found]
        tests += ["!" + _expression(ATOMS[name]) for name in rule.absent]
        lines.append(
            f"config['regexp']['{_symbol(number)}'] = "
            f"{{ re = [==[{' & '.join(tests)}]==], score = 0.1, one_shot = true }}"
        )
    return "\n".join(lines) + "\n"


def _expression(atom: Atom) -> str:
    pattern = atom.pattern.replace("/", r"\/")
    if atom.at_least > 1:
        pattern = f"(?:{pattern}[^\\x00]*?){{{atom.at_least}}}"
    return f"/{pattern}/iu{{mime}}"


def _symbol(number: int) -> str:
    return f"PB_RULE_{number:02d}"


def _settings(folder: Path, port: int) -> str:
    return f"""
options {{
  filters = "regexp";
  pidfile = "{folder}/rspamd.pid";
  cache_file = "{folder}/symbols.cache";
  history_file = "{folder}/history";
  history_rows = 1;
  control_socket = "{folder}/control.sock mode=0600";
  hs_cache_dir = "{folder}/";
  stats_file = "{folder}/stats.ucl";
  url_tld = "{SUFFIX_LIST}";
  dns {{ nameserver = ["127.0.0.1:1"]; }}
  explicit_modules = [];
  check_all_filters = true;
}}
logging {{ type = "file"; filename = "{folder}/rspamd.log"; level = "error"; }}
worker "normal" {{ bind_socket = "127.0.0.1:{port}"; count = 1; }}
actions {{ reject = 10000; }}
modules {{ path = []; }}
lua = "{folder}/rules.lua";
"""


def run(texts: Sequence[str]) -> PeerRun:
    """Evaluates the rules; raises `NotInstalledError` where Rspamd is missing."""
    if shutil.which("rspamd") is None or not SUFFIX_LIST.is_file():
        raise NotInstalledError("bench/peers/install.sh rspamd")
    messages = [message(text) for text in texts]
    with (
        tempfile.TemporaryDirectory() as folder,
        _service(Path(folder)) as (port, worker),
        ThreadPoolExecutor(CLIENTS) as clients,
    ):
        list(clients.map(lambda raw: _check(port, raw), messages[:WARM_UP]))
        before = _cpu_seconds(worker)
        answers = list(clients.map(lambda raw: _check(port, raw), messages))
        used = _cpu_seconds(worker) - before
    return PeerRun(version=_version(), cpu_seconds=used, hits=[_hits(raw) for raw in answers])


@contextmanager
def _service(folder: Path) -> Iterator[tuple[int, int]]:
    """A running service: its port and the process id of its worker."""
    port = _free_port()
    Path(folder, "rules.lua").write_text(source(), encoding="utf-8")
    Path(folder, "rspamd.conf").write_text(_settings(folder, port), encoding="utf-8")
    command = ["rspamd", "-f", "-c", str(folder / "rspamd.conf")]
    if os.geteuid() == 0:
        command.append("--insecure")
    with Path(folder, "output").open("wb") as output:
        service = subprocess.Popen(command, stdout=output, stderr=output)
    try:
        yield port, _await_worker(service, folder, port)
    finally:
        service.terminate()
        service.wait(timeout=20)


def _await_worker(service: subprocess.Popen[bytes], folder: Path, port: int) -> int:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if service.poll() is not None:
            break
        worker = _worker(service.pid)
        # The compiled Hyperscan database is on disk a second before the worker is told of it.
        if worker is not None and any(folder.glob("*.hs")) and _answers(port):
            time.sleep(4.0)
            return worker
        time.sleep(0.2)
    raise RuntimeError(f"rspamd did not start: {Path(folder, 'output').read_text()[-2000:]}")


def _worker(parent: int) -> int | None:
    children = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
    for child in children:
        if b"normal process" in Path(f"/proc/{child}/cmdline").read_bytes():
            return int(child)
    return None


def _answers(port: int) -> bool:
    try:
        _check(port, message("hello"))
    except OSError:
        return False
    return True


def _check(port: int, raw: bytes) -> bytes:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request("POST", "/checkv2", body=raw)
    body = connection.getresponse().read()
    connection.close()
    return body


def _hits(raw: bytes) -> list[int]:
    return sorted(int(symbol.removeprefix("PB_RULE_")) for symbol in json.loads(raw)["symbols"])


def _cpu_seconds(process: int) -> float:
    fields = Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def _version() -> str:
    done = subprocess.run(["rspamd", "--version"], capture_output=True, text=True, check=True)
    return "Rspamd " + done.stdout.split("version")[-1].strip()
