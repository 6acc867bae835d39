"""The pages about policies are current, complete, and their worked example works."""

import re
from pathlib import Path

import pytest

from portreeve import policy
from portreeve.engine import screen
from portreeve.policy import reference
from portreeve.policy.errors import CODES
from portreeve.policy.fields import TABLES

DOCS = Path(__file__).parents[1] / "docs"
GUIDE = (DOCS / "policy.md").read_text("utf-8")
RENEW = "run `python -m portreeve.policy.reference`"


def test_the_reference_in_the_guide_is_current():
    assert reference.policy_page(GUIDE) == GUIDE, RENEW


def test_the_page_of_errors_is_current():
    assert (DOCS / "errors-policy.md").read_text("utf-8") == reference.errors_page(), RENEW


def test_every_key_and_every_code_is_documented():
    for table in TABLES:
        assert f"### {table.title}\n" in GUIDE
        for key in table.keys:
            assert f"| `{key.name}`" in GUIDE
            assert key.meaning in GUIDE.replace("&#124;", "|")
    errors = (DOCS / "errors-policy.md").read_text("utf-8")
    assert re.findall(r"^## (P\d+)", errors, re.MULTILINE) == list(CODES)


def screened(items, chosen, remembered):
    return screen(items, chosen, signals=True, remembered=remembered)


@pytest.fixture(scope="module")
def example():
    return re.findall(r"```yaml\n(.*?)```", GUIDE, re.DOTALL)[0]


def test_the_worked_example_has_no_mistake_and_its_examples_pass(example):
    ours, problems = policy.check_text(example, "ours.yaml")
    assert problems == []
    results = policy.run_examples(ours, screened)
    mine = [result for result in results if result.rule == "tickets.resale-waits"]
    assert [(r.example.verdict, r.reason) for r in mine] == [
        ("hold", ""),
        ("hold", ""),
        ("allow", ""),
        ("allow", ""),
    ]


def test_the_error_shown_is_the_error_that_comes(example):
    _, (problem,) = policy.check_text(example.replace("prices > 0", "price > 0"), "ours.yaml")
    shown = re.search(r"```text\n(error\[P021\].*?)```", GUIDE, re.DOTALL)[1]
    assert problem.render() == shown.strip("\n")


def test_the_example_with_counters_has_no_mistake_and_its_examples_pass():
    text = re.findall(r"```yaml\n(.*?)```", GUIDE, re.DOTALL)[1]
    flood, found = policy.check_text(text, "flood.yaml")
    assert found == []
    results = policy.run_examples(flood, screened)
    mine = [result for result in results if result.rule.startswith("flood.")]
    assert [(r.example.verdict, r.reason) for r in mine] == [
        ("hold", ""),
        ("allow", ""),
        ("hold", ""),
        ("hold", ""),
        ("allow", ""),
        ("hold", ""),
        ("allow", ""),
        ("allow", ""),
    ]
