"""``make demo``: scenarios, decisions, and one page with both; it ends by itself with 0 or 1."""

import json
import sys

import pytest

from scenarios import demo
from scenarios.findings import Check, Outcome, Scenario
from scenarios.pair import NotStartedError


@pytest.fixture
def ends(monkeypatch, tmp_path, capfd):
    """How it ends when the scenarios come out like this, what it says, and what it writes."""

    def end(*outcomes, error=None):
        def perform(numbers, console, *, summed_up):
            if error is not None:
                raise error
            return list(outcomes)

        monkeypatch.chdir(tmp_path)
        monkeypatch.setattr(demo, "perform", perform)
        monkeypatch.setattr(sys, "argv", ["demo", "--out", "out"])
        with pytest.raises(SystemExit) as left:
            demo.main()
        return left.value.code, capfd.readouterr().out, tmp_path / "out"

    return end


def outcome(ok, title="An invented <one>"):
    checks = [Check("verdict", "refused", "refused", "dec_1", True), Check("x", 1, 2, "", ok)]
    return Outcome(Scenario(1, title, {}, lambda *_: None), checks, [], 1.25)


def test_it_shows_all_and_ends_with_0(ends):
    code, out, folder = ends(outcome(True), outcome(None))
    assert code == 0
    assert out.count("The condition, part by part:") == 2
    assert "Why moments." in out
    for words in ("posts per CPU-second", "Way out", "1/2", "ok, 1 left out", "out/report.html"):
        assert words in out
    assert out.index("posts per CPU-second") < out.index("1/2")
    page = (folder / "report.html").read_text()
    assert "An invented &lt;one&gt;" in page
    assert "Scenarios, played end to end" in page
    assert json.loads((folder / "scenarios.json").read_text())["ok"] is True


def test_a_difference_ends_with_1_and_is_on_the_page(ends):
    code, out, folder = ends(outcome(False))
    assert code == 1
    assert "Something differs" in out
    assert '<tr class="differs">' in (folder / "report.html").read_text()


def test_systems_that_do_not_start_end_with_1(ends, monkeypatch):
    monkeypatch.setattr(demo, "_decided", lambda _: True)
    code, out, _ = ends(error=NotStartedError("portreeve does not start: [no] room"))
    assert code == 1
    assert "portreeve does not start: [no] room" in out
