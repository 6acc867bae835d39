"""What the pages about client, webhooks and operation show is run."""

import json
import re
import shlex
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from portreeve.service.webhooks.schedule import PAUSES
from service.receiver import Receiver, until

DOCS = Path(__file__).parents[2] / "docs"


def examples(page):
    return re.findall(r"^```python\n(.*?)^```", (DOCS / page).read_text("utf-8"), re.S | re.M)


@pytest.fixture
def environment(url, admin_key, monkeypatch):
    monkeypatch.setenv("PORTREEVE_URL", url)
    monkeypatch.setenv("PORTREEVE_KEY", admin_key)


def test_client_page(environment, client, capsys):
    names = {}
    for example in examples("client.md"):
        exec(compile(example, "client.md", "exec"), names)
        # the client of the first example is closed by then
        names["client"] = client
    said = capsys.readouterr().out.splitlines()
    assert said[0] == "refuse 3.1"
    assert said[2] == "['allow', 'allow']"
    assert said[3] == "not-found There is no decision 'dec_1'."
    assert said[4].startswith("portreeve key.create key_")


def test_webhooks_page(environment, capsys):
    noted = []
    with Receiver() as receiver:
        names = {
            "url": receiver.url,
            "yesterday": datetime.now(UTC) - timedelta(days=1),
            "note": lambda *facts: noted.append(facts),
        }
        for example in examples("webhooks.md"):
            exec(compile(example, "webhooks.md", "exec"), names)
            if "create_webhook" in example:
                until(lambda: receiver.received)
        names["secret"] = names["webhook"].secret
        request = receiver.received[0]
        assert names["receive"](request.headers, request.body) == 204
        assert noted[0][1:] == ("webhook.test", {"subject": names["webhook"].id})
        assert names["receive"](request.headers, request.body + b" ") == 400
    assert capsys.readouterr().out.startswith("whsec_")


def test_the_page_has_the_pauses_as_they_are():
    page = " ".join((DOCS / "webhooks.md").read_text("utf-8").split())
    assert f"is tried {len(PAUSES) + 1} times" in page
    assert "5 s, 30 s, 2 min, 10 min, 30 min, 1 h, 3 h, 6 h, 12 h and twice 24 h" in page
    assert [pause.total_seconds() for pause in PAUSES] == [
        5, 30, 120, 600, 1800, 3600, 10_800, 21_600, 43_200, 86_400, 86_400,
    ]  # fmt: skip


def test_operations_page_lists_the_metrics_that_there_are(http):
    page = (DOCS / "operations-http.md").read_text("utf-8")
    listed = set(re.findall(r"^\| `(portreeve_\w+)`", page, re.MULTILINE))
    kinds = dict(re.findall(r"^# TYPE (portreeve_\w+) (\w+)$", http.get("/metrics").text, re.M))
    assert listed == {name for name in kinds if not name.endswith("_created")}


def test_commands_of_the_operations_page(service, tmp_path):
    page = (DOCS / "operations-http.md").read_text("utf-8")
    commands = re.findall(r"^    portreeve (keys .*)$", page, re.MULTILINE)
    assert len(commands) == 2
    for command in commands:
        arguments = shlex.split(command.replace("portreeve-data", str(service.context.folder)))
        done = subprocess.run(
            [sys.executable, "-m", "portreeve", *arguments],
            capture_output=True, text=True, check=True, timeout=60,
        )  # fmt: skip
    listed = [json.loads(line)["name"] for line in done.stdout.splitlines()]
    assert listed[0] == "square"


@pytest.mark.parametrize("page", ["client.md", "webhooks.md", "operations-http.md"])
def test_links_lead_somewhere(page):
    text = (DOCS / page).read_text("utf-8")
    for link in re.findall(r"\]\((?!https?:)([^)#]+)", text):
        assert (DOCS / link).exists(), link


def test_every_error_code_has_its_page(url):
    codes = re.findall(
        r"^\| `([a-z-]+)` \|", (DOCS / "errors-service.md").read_text("utf-8"), re.MULTILINE
    )
    assert len(codes) > 20
    for code in codes:
        assert httpx.get(f"{url}/errors/{code}").status_code == 200
