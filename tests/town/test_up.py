"""``make up`` on free ports: one page of each, stopped by Ctrl+C, and again with what is there."""

import re
import signal
import subprocess
import sys
import threading
from pathlib import Path

import httpx

ROOT = Path(__file__).parents[2]


def start(folder):
    return subprocess.Popen(
        [sys.executable, "-m", "town.up", "--data", str(folder), "--port", "0",
         "--square-port", "0", "--accounts", "100"],
        stdout=subprocess.PIPE, text=True, cwd=ROOT / "src",
    )  # fmt: skip


def told(process):
    watch = threading.Timer(60, process.kill)
    watch.start()
    said = ""
    for line in process.stdout:
        said += line
        if "Ctrl+C stops" in line:
            break
    watch.cancel()
    return said


def stop(process):
    process.send_signal(signal.SIGINT)
    watch = threading.Timer(40, process.kill)
    watch.start()
    rest = process.stdout.read()
    assert process.wait(20) == 0
    watch.cancel()
    assert "Stopped." in rest


def test_everything_comes_up_and_stops_and_comes_up_again(tmp_path):
    process = start(tmp_path)
    try:
        said = told(process)
        square = re.search(r"(http://\S+)/sign-in", said)[1]
        name, password = re.search(r"as a reader +(\S+) +(\S+)", said).groups()
        for address in re.findall(r"http://\S+", said):
            assert httpx.get(address, follow_redirects=True).status_code == 200
        with httpx.Client(base_url=square, follow_redirects=True) as reader:
            page = reader.post("/sign-in", data={"name": name, "password": password})
            assert page.status_code == 200
            assert 'id="p-' in page.text
    finally:
        stop(process)
    process = start(tmp_path)
    try:
        again = told(process)
    finally:
        stop(process)
    assert "moves in" not in again
    assert password in again
