"""Reference pages are what the code says, and every public thing is on one."""

import json
import re
from pathlib import Path

import polars as pl
import pytest

import portreeve
from portreeve import docs

ROOT = Path(__file__).parents[1]


@pytest.mark.parametrize("name", docs.PAGES)
def test_page_is_current(name):
    assert (ROOT / "docs" / name).read_text("utf-8") == docs.PAGES[name](), (
        "run `python -m portreeve.docs`"
    )


@pytest.mark.parametrize("name", docs.CODE)
def test_code_is_current(name):
    assert (ROOT / name).read_text("utf-8") == docs.CODE[name](), "run `python -m portreeve.docs`"


@pytest.mark.parametrize("name", docs.ENDS)
def test_end_of_page_is_current(name):
    page = (ROOT / "docs" / name).read_text("utf-8")
    assert page == docs.with_end(page, docs.ENDS[name]()), "run `python -m portreeve.docs`"


def test_the_worked_example_of_the_readme_comes_out_as_written():
    readme = (ROOT / "README.md").read_text("utf-8")
    posts = [json.loads(line) for line in re.findall(r'^    (\{"id".*\})$', readme, re.MULTILINE)]
    rows = re.findall(r"^\| (\d) \|(.*)\|$", readme, re.MULTILINE)
    wanted = [[id, *(cell.strip() for cell in cells.split("|"))] for id, cells in rows]
    decided = portreeve.screen(pl.DataFrame(posts))
    found = decided.select(
        "id", "verdict", pl.col("clauses", "contacts").list.join(", "), "goods_category",
        "goods_tier",
    ).fill_null("")  # fmt: skip
    assert len(wanted) == len(posts) == 3
    assert [list(row) for row in found.rows()] == wanted
