"""The command, its table, and how it ends."""

import json

import pytest
from rich.console import Console

from portreeve.cli import main
from scenarios import play as playing
from scenarios.findings import AtLeast, Findings, Scenario
from scenarios.registry import SCENARIOS
from scenarios.table import as_json, summary, tables


def run(*arguments):
    with pytest.raises(SystemExit) as left:
        main(["scenarios", *arguments])
    return left.value.code or 0


class FakePair:
    """No systems at all."""

    url, admin_key, squares = "http://127.0.0.1:9", "ptr_none", {}

    def __init__(self, folder):
        self.folder = folder

    def __enter__(self):
        return self

    def __exit__(self, *_):
        return None


@pytest.fixture
def one(monkeypatch):
    """Play one invented scenario instead of all, without systems."""

    def use(play, expected):
        scenario = Scenario(1, "An invented one", expected, play)
        monkeypatch.setattr(playing, "Pair", FakePair)
        monkeypatch.setitem(SCENARIOS, 1, scenario)

    return use


def plays(verdict, share=0.99):
    def play(stage, found):
        found("verdict", verdict, "dec_1, clause [3.1]")
        found("share", share)
        found.note("A note [with brackets].")

    return play


EXPECTED = {"verdict": "refused", "share": AtLeast(0.98)}


def test_all_as_expected_ends_with_0(one, capsys):
    one(plays("refused"), EXPECTED)
    assert run("1") == 0
    out = capsys.readouterr().out
    for words in (
        "An invented one",
        "refused",
        "at least 0.98",
        "0.99",
        "[3.1]",
        "[with brackets]",
    ):
        assert words in out


def test_a_difference_ends_with_1(one, capsys):
    one(plays("published"), EXPECTED)
    assert run("1", "--json") == 1
    [found] = json.loads(capsys.readouterr().out)["scenarios"]
    assert (found["ok"], found["broken"]) == (False, None)
    assert [(check["found"], check["ok"]) for check in found["checks"]] == [
        ("published", False), ("0.99", True),
    ]  # fmt: skip


def test_what_breaks_off_ends_with_1_and_says_what_was_not_reached(one, capsys):
    def play(stage, found):
        found("verdict", "refused")
        raise ValueError("no such page")

    one(play, EXPECTED)
    assert run("1", "--json") == 1
    [found] = json.loads(capsys.readouterr().out)["scenarios"]
    assert found["broken"] == "ValueError: no such page"
    assert found["checks"][1]["found"] == "not reached"


def test_what_is_left_out_is_said_and_is_no_difference(one, capsys):
    def play(stage, found):
        found("verdict", "refused")
        found.leave_out("share", "there is no Chromium here")

    one(play, EXPECTED)
    assert run("1") == 0
    out = " ".join(capsys.readouterr().out.split())
    assert "left out" in out
    assert "1/2" in out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["99"], "there is none"),
        (["1", "--keep", "{full}"], "is not empty"),
    ],
)
def test_wrong_usage_ends_with_2(arguments, words, tmp_path, capsys):
    (tmp_path / "file").write_text("here")
    assert run(*[one.format(full=tmp_path) for one in arguments]) == 2
    # the message is framed, and broken at the width of the terminal
    said = "".join(capsys.readouterr().err.replace("│", "").split())
    assert words.replace(" ", "") in said


def test_every_scenario_of_the_story_is_played():
    assert sorted(SCENARIOS) == list(range(1, 16))
    for number, scenario in SCENARIOS.items():
        assert scenario.number == number
        assert scenario.expected


def test_the_table_steers_no_terminal():
    findings = Findings({"words": "quiet"})
    findings("words", "\x1b[31mloud")
    scenario = Scenario(1, "Loud", findings.expected, lambda *_: None)
    from scenarios.findings import Outcome

    outcome = Outcome(scenario, findings.checks(), ["\x1b[2J"], 0.1)
    console = Console(width=100, force_terminal=False)
    with console.capture() as captured:
        for part in [*tables(outcome), summary([outcome])]:
            console.print(part)
    assert "\x1b" not in captured.get()
    assert as_json([outcome])["ok"] is False


def test_only_what_is_expected_can_be_found():
    findings = Findings({"verdict": True})
    with pytest.raises(KeyError, match="nothing is expected"):
        findings("other", 1)
    findings("verdict", 1)
    with pytest.raises(KeyError, match="found before"):
        findings("verdict", True)
    # 1 is not True: what is expected is literal
    assert findings.checks()[0].ok is False
