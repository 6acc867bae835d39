"""``portreeve policy``: what it prints, in words and as JSON, and its exit codes."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from policy_support import rule
from portreeve.cli.policy import app
from portreeve.policy.samples import sample_text


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "120")

    def call(*arguments):
        return CliRunner().invoke(app, list(arguments))

    return call


def write(name, fragment):
    Path(name).write_text(sample_text(fragment), "utf-8")


def test_check_a_good_and_a_bad_file(run):
    write("good.yaml", "")
    write("bad.yaml", rule("promotoin > 0.5"))
    good = run("check", "good.yaml")
    assert (good.exit_code, good.stdout) == (0, "good.yaml: sample@1, 1 rules, no errors\n")
    bad = run("check", "good.yaml", "bad.yaml")
    assert bad.exit_code == 1
    assert "  --> bad.yaml:15:11" in bad.output.replace("   -->", "  -->")
    assert "Found 1 error." in bad.output
    assert "good.yaml: sample@1" in bad.output


def test_check_as_json(run):
    write("bad.yaml", rule("promotoin > 0.5"))
    result = run("check", "--json", "bad.yaml", "no-such-policy")
    found = json.loads(result.stdout)
    assert (result.exit_code, found["ok"], found["policies"]) == (1, False, [])
    assert [(p["code"], p["line"], p["column"]) for p in found["problems"]] == [
        ("P021", 15, 11),
        ("P010", None, None),
    ]


def test_a_warning_is_no_failure(run):
    write("warned.yaml", rule("contacts > 0").replace("examples", "# examples"))
    result = run("check", "warned.yaml")
    assert result.exit_code == 0
    assert "warning[P060]" in result.output


def test_explain_a_policy_and_a_rule(run):
    write("sample.yaml", "")
    whole = run("explain", "sample.yaml")
    assert whole.exit_code == 0
    assert (
        whole.stdout
        == """\
A sample (sample@1, holds from 2014-06-01 00:00:00+08:00)

A small network.

Be kind.

Surfaces
  moments: governed
  comment: governed
  profile: off
  group: off
  private_chat: sealed
  public_account: off
  search_ad: off
  live: off
  share_api: off
  group_buy: off
  short_video: off

Definitions
  protected_sale: A one-off sale.

Rules
  1 no-selling, refuse: No selling.
"""
    )
    one = run("explain", "sample.yaml", "no-selling", "--lang", "zh")
    assert (
        one.stdout
        == """\
no-selling (条款 1, house): refuse
  适用于: moments, comment
  条件: promotion >= 0.9 AND NOT protected_sale
    其中 protected_sale: 偶尔的出让。
  理由: 不卖货。
  例子:
    refuse: 面膜89元一盒 加微信 abc12345
"""
    )
    missing = run("explain", "sample.yaml", "no-seling")
    assert missing.exit_code == 2
    assert missing.output == ("sample@1 has no rule `no-seling`. Did you mean `no-selling`?\n")


def test_explain_as_json(run):
    write("sample.yaml", "")
    whole = json.loads(run("explain", "sample.yaml", "--json").stdout)
    assert whole["surfaces"]["private_chat"]["state"] == "sealed"
    assert whole["rules"][0]["because"] == {"en": "No selling.", "zh": "不卖货。"}
    one = json.loads(run("explain", "sample.yaml", "no-selling", "--json").stdout)
    assert (one["id"], one["surfaces"], one["verdict"]) == (
        "no-selling",
        ["moments", "comment"],
        "refuse",
    )


COUNTED = """\
counters:
  daily: { words: { en: posts a day, zh: 每天发帖 }, count: posts, by: account, over: 1d }
rules:
  - id: too-many
    clause: "1"
    when: daily > 9 AND copies > 2
    verdict: hold
    because: { en: Too many., zh: 太多。 }
    examples: { hold: [{ text: 早, counted: { daily: 12 }, remembered: { copies: 3 } }] }
"""


def test_counters_are_tested_explained_and_listed(run):
    write("sample.yaml", COUNTED)
    assert run("test", "sample.yaml").exit_code == 0
    said = run("explain", "sample.yaml", "too-many").stdout
    assert "    where daily: posts a day (posts of the same account in 1 day)\n" in said
    known = ["--known", "daily=10", "--known", "copies=3"]
    held = run("explain", "sample.yaml", "too-many", "--text", "早", *known)
    assert held.stdout.startswith("sample@1: hold (too-many)")
    nothing = run("explain", "sample.yaml", "too-many", "--text", "早")
    assert "copies is NULL: no memory is at hand for it" in nothing.stdout
    wrong = run("explain", "sample.yaml", "--text", "早", "--known", "dayly=10")
    assert (wrong.exit_code, wrong.stderr) == (
        2,
        "sample@1 has no counter or signal of memory or of pictures `dayly`. "
        "Did you mean `daily`?\n",
    )
    said = "sample@1 has no counter or signal of memory or of pictures"
    for given, remedy in {
        "prices=3": f"{said} `prices`. What is written tells it: say it in --text.\n",
        "zzz=3": f"{said} `zzz`. `portreeve policy signals` lists them.\n",
    }.items():
        wrong = run("explain", "sample.yaml", "--text", "早", "--known", given)
        assert (wrong.exit_code, wrong.stderr) == (2, remedy)
    listed = json.loads(
        run("signals", "--policy", "sample.yaml", "--group", "counter", "--json").stdout
    )
    assert [(signal["name"], signal["type"]) for signal in listed] == [("daily", "number")]


def test_explain_a_text(run):
    text = "面膜89元一盒 加微信 abc12345 下单"
    result = run("explain", "acquaintance", "--text", text)
    assert result.exit_code == 0
    assert result.stdout.startswith("acquaintance@2014-06: refuse (")
    assert "moments.no-product-promotion (clause 3.1, refuse): holds" in result.stdout
    as_json = json.loads(run("explain", "acquaintance", "--text", text, "--json").stdout)
    assert as_json["verdict"] == "refuse"
    assert all(explained["holds"] for explained in as_json["explanations"])
    sealed = run("explain", "acquaintance", "--text", text, "--surface", "private_chat")
    assert sealed.exit_code == 2
    assert "sealed" in sealed.output
    assert text not in sealed.output


def test_test_runs_the_examples(run):
    write(
        "sample.yaml",
        """\
rules:
  - id: no-contacts
    clause: "1"
    when: contacts > 0
    verdict: hold
    because: { en: A contact., zh: 有联系方式。 }
    examples: { hold: [加微信 abc12345], allow: [今天天气很好] }""",
    )
    good = run("test", "sample.yaml")
    assert good.exit_code == 0
    assert "sample@1: 2 examples" in good.stdout
    write(
        "sample.yaml",
        """\
rules:
  - id: no-contacts
    clause: "1"
    when: contacts > 0
    verdict: hold
    because: { en: A contact., zh: 有联系方式。 }
    examples: { hold: ["今天[b]天气[/b]很好"] }""",
    )
    bad = run("test", "sample.yaml")
    assert bad.exit_code == 1
    assert (
        bad.stdout.split("\n\n", 1)[1]
        == """\
failed no-contacts  sample.yaml:18
  example: 今天[b]天气[/b]很好  (moments)
  expected: hold; came out: allow
  the rule does not hold for it; no rule holds
  no-contacts (clause 1, hold): does not hold
    A contact.
    ✓ surface IN (moments, comment)   [surface = moments]
    ✗ contacts > 0   [contacts = 0]
"""
    )
    as_json = json.loads(run("test", "--json", "sample.yaml").stdout)
    assert as_json["policies"][0]["results"][0]["passed"] is False


def test_diff(run):
    write("a.yaml", rule("contacts > 0"))
    write("b.yaml", rule("contacts > 0", "verdict: refuse"))
    result = run("diff", "a.yaml", "b.yaml")
    assert (result.exit_code, result.stdout) == (
        0,
        "~ rule a-rule, verdict: hold → refuse\n1 change from sample@1 to sample@1\n",
    )


def test_diff_on_items(run, tmp_path):
    write("a.yaml", rule("contacts > 0"))
    write("b.yaml", rule("contacts > 0", "verdict: refuse"))
    (tmp_path / "posts.jsonl").write_text(
        '{"id": "1", "text": "加微信 abc12345"}\n{"id": "2", "text": "今天天气很好"}\n'
        '{"id": "3", "text": "hello", "surface": "private_chat"}\n',
        "utf-8",
    )
    result = run("diff", "a.yaml", "b.yaml", "--on", "posts.jsonl", "--json")
    assert result.exit_code == 0
    found = json.loads(result.stdout)
    (changed,) = found["decisions"]
    assert (changed["before"], changed["after"], changed["items"], changed["ids"]) == (
        "hold",
        "refuse",
        1,
        ["1"],
    )
    shown = run("diff", "a.yaml", "b.yaml", "--on", "posts.jsonl")
    assert "1 row left out" in shown.output
    assert "hold → refuse, moments:\n  1: 加微信 abc12345" in shown.output
    assert run("diff", "a.yaml", "b.yaml", "--on", "nowhere.jsonl").exit_code == 2


def test_signals(run):
    found = json.loads(run("signals", "--group", "money", "--json").stdout)
    assert [signal["name"] for signal in found] == [
        "prices",
        "price_max",
        "discounts",
        "coupons",
        "commissions",
    ]
    assert "price_max" in run("signals", "--group", "money").stdout
    wrong = run("signals", "--group", "monye")
    assert wrong.exit_code == 2
    assert "The groups are: item, text" in wrong.output


@pytest.mark.parametrize("command", ["check", "test", "explain", "diff", "signals"])
def test_every_command_has_an_example_in_its_help(run, command):
    result = run(command, "--help")
    assert result.exit_code == 0
    assert f"Example: portreeve policy {command}" in result.output
    assert "--json" in result.output


def test_the_commands_import_nothing_heavy():
    code = (
        "import sys; import portreeve.cli.policy; heavy = ('polars', 'sqlglot', 'numba', 'yaml'); "
        "print([m for m in heavy if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
