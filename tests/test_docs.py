"""Reference pages are what the code says, and every public thing is on one."""

from pathlib import Path

import pytest

from portreeve import docs

ROOT = Path(__file__).parents[1]


@pytest.mark.parametrize("name", docs.PAGES)
def test_page_is_current(name):
    assert (ROOT / "docs" / name).read_text("utf-8") == docs.PAGES[name](), (
        "run `python -m portreeve.docs`"
    )


@pytest.mark.parametrize("name", docs.ENDS)
def test_end_of_page_is_current(name):
    page = (ROOT / "docs" / name).read_text("utf-8")
    assert page == docs.with_end(page, docs.ENDS[name]()), "run `python -m portreeve.docs`"
