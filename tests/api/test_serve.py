"""``portreeve serve`` as people run it: a process, a key in a file, a graceful end."""

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import httpx
import pytest

from portreeve.client import Client
from portreeve.schemas.screening import Submission

SELLS = "面膜89元一盒 加微信 abc12345 下单"

ALONE = {"PORTREEVE_SCREEN_APART": "false"}
"""In one process, which is there sooner."""


def run(*arguments, cwd=None, **environment):
    return subprocess.Popen(
        [Path(sys.executable).parent / "portreeve", *arguments],
        cwd=cwd,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, **environment},
    )


class Served:
    """A running ``portreeve serve``."""

    def __init__(self, data, cwd=None, **environment):
        self.process = run("serve", "--port", "0", "--data", str(data), cwd=cwd, **environment)
        self.said = []
        while not self.said or self.said[-1] != "Ready.":
            line = self.process.stdout.readline()
            assert line, self.process.stderr.read()
            self.said.append(line.strip())
        self.url = re.search(r"http://\S+", self.said[0])[0]

    def children(self):
        """The processes that it started."""
        tasks = Path(f"/proc/{self.process.pid}/task").iterdir()
        return [int(pid) for task in tasks for pid in (task / "children").read_text().split()]

    def end(self):
        self.process.send_signal(signal.SIGTERM)
        out, err = self.process.communicate(timeout=60)
        assert out == "Stopped.\n"
        return self.process.returncode, [json.loads(line) for line in err.splitlines()]


@pytest.fixture
def data(tmp_path):
    return tmp_path / "data"


def test_it_serves_at_once_and_ends_well(data):
    served = Served(data)
    assert served.said[0].startswith("Portreeve ")
    assert f"API    {served.url}/openapi.json" in served.said
    assert (
        f"key    {data / 'admin.key'} (an administrator's, made now: keep it safe)" in served.said
    )
    assert httpx.get(f"{served.url}/health/ready").json()["status"] == "ready"
    secret = (data / "admin.key").read_text().strip()
    with Client(served.url, secret) as client:
        screened = client.screen(Submission(id="p-1", account="ann", text=SELLS))
        assert screened.verdict == "refuse"
        with pytest.raises(Exception, match="not-found"):
            client.get_item("p-2")
    code, log = served.end()
    assert code == 0
    requests = [line for line in log if line["event"] == "request"]
    assert [(line["route"], line["status"], line["key"], line["code"]) for line in requests] == [
        ("/v1/items/{id}", 404, "admin", "not-found")
    ]
    everything = json.dumps(log, ensure_ascii=False)
    assert secret not in everything + "".join(served.said)
    assert "abc12345" not in everything


def test_nothing_of_it_goes_on_when_it_is_killed(data):
    served = Served(data)
    [child] = served.children()
    served.process.kill()
    served.process.communicate()
    end = time.monotonic() + 20
    while Path(f"/proc/{child}").exists() and time.monotonic() < end:
        time.sleep(0.05)
    assert not Path(f"/proc/{child}").exists()


def test_it_ends_though_its_screening_hangs(data, tmp_path):
    """And though what is in the folder where it was started has a name of what it imports."""
    (tmp_path / "polars.py").write_text("raise SystemExit(3)")
    served = Served(data, cwd=tmp_path, PORTREEVE_DRAIN_SECONDS="1")
    [child] = served.children()
    os.kill(child, signal.SIGSTOP)
    secret = (data / "admin.key").read_text().strip()
    asking = threading.Thread(
        target=lambda: httpx.get(
            f"{served.url}/metrics", headers={"Authorization": f"Bearer {secret}"}, timeout=60
        )
    )
    asking.start()
    time.sleep(0.5)
    served.process.send_signal(signal.SIGTERM)
    assert served.process.wait(40) == 0
    asking.join()
    assert not Path(f"/proc/{child}").exists()


def test_it_can_be_one_process(data):
    served = Served(data, **ALONE)
    assert served.children() == []
    secret = (data / "admin.key").read_text().strip()
    with Client(served.url, secret) as client:
        screened = client.screen(Submission(id="p-1", account="ann", text=SELLS))
    assert screened.verdict == "refuse"
    assert served.end()[0] == 0


def test_what_was_decided_is_there_after_the_next_start(data):
    served = Served(data, **ALONE)
    secret = (data / "admin.key").read_text().strip()
    with Client(served.url, secret) as client:
        first = client.screen(Submission(id="p-1", account="ann", text=SELLS))
    assert served.end()[0] == 0
    again = Served(data, **ALONE)
    assert f"key    {data / 'admin.key'}" in again.said
    with Client(again.url, secret) as client:
        assert client.get_item("p-1").decision == first.decision
    assert again.end()[0] == 0


def test_what_is_under_way_is_finished_before_the_end(data):
    served = Served(data)
    secret = (data / "admin.key").read_text().strip()
    answered = []

    def send(name):
        with Client(served.url, secret, retries=0) as client:
            for number in range(10_000):
                try:
                    screened = client.screen(Submission(id=f"{name}-{number}", text=SELLS))
                except Exception:
                    return
                answered.append((screened.id, screened.decision))

    threads = [threading.Thread(target=send, args=(name,)) for name in "abcd"]
    for thread in threads:
        thread.start()
    time.sleep(1)
    code, _ = served.end()
    for thread in threads:
        thread.join()
    assert code == 0
    assert len(answered) > 10
    again = Served(data)
    with Client(again.url, secret) as client:
        for id, decision in answered[-20:]:
            assert client.get_item(id).decision == decision
    again.end()


def test_a_key_can_be_made_beside_a_running_service(data):
    served = Served(data, **ALONE)
    made = run("keys", "create", "bob", "--scope", "webhooks", "--data", str(data))
    secret = made.communicate(timeout=60)[0].strip()
    assert made.returncode == 0
    time.sleep(2)
    with Client(served.url, secret) as client:
        assert client.list_webhooks().items == []
    listed = run("keys", "list", "--data", str(data))
    keys = [json.loads(line) for line in listed.communicate(timeout=60)[0].splitlines()]
    assert [(key["name"], key["scopes"]) for key in keys] == [
        ("bob", ["webhooks"]),
        ("admin", ["admin"]),
    ]
    assert run("keys", "revoke", keys[0]["id"], "--data", str(data)).wait(60) == 0
    time.sleep(2)
    assert httpx.get(
        f"{served.url}/v1/webhooks", headers={"Authorization": f"Bearer {secret}"}
    ).status_code == 401  # fmt: skip
    served.end()


def test_a_port_that_is_taken(data):
    served = Served(data, **ALONE)
    port = served.url.rpartition(":")[2]
    other = run("serve", "--port", port, "--data", str(data) + "-2")
    _, err = other.communicate(timeout=60)
    assert other.returncode == 2
    assert err == (
        f"portreeve: Port {port} of 127.0.0.1 cannot be taken: Address already in use. "
        "Give another with --port, or 0 for any that is free.\n"
    )
    served.end()


@pytest.mark.parametrize(
    ("environment", "words"),
    [
        ({"PORTREEVE_PORT": "many"}, "portreeve: PORTREEVE_PORT must be a whole number.\n"),
        (
            {"PORTREEVE_MASTER_KEY": "c2hvcnQ="},
            "portreeve: PORTREEVE_MASTER_KEY is not base64 of 32 bytes. Restore it from a backup; "
            "for a new service make one with `openssl rand -base64 32`.\n",
        ),
    ],
)
def test_a_setting_that_is_wrong(data, environment, words):
    wrong = run("serve", "--data", str(data), **environment)
    _, err = wrong.communicate(timeout=60)
    assert (wrong.returncode, err) == (2, words)


def test_a_database_that_is_away(data):
    wrong = run("serve", "--data", str(data), PORTREEVE_DATABASE="postgresql://127.0.0.1:9/x")
    _, err = wrong.communicate(timeout=60)
    assert wrong.returncode == 2
    assert err.startswith("portreeve: ")
    assert "onnection" in err
