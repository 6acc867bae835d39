"""The fuzzing of `make fuzz`, for a moment; and the page of what is set aside."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from bench.fuzz_pictures import LIMITS, fuzz

from portreeve.pictures.pool import Pool
from portreeve.pictures.structs import FAULTS


def test_broken_files_get_an_answer_each_and_the_asker_feels_nothing():
    with Pool(1, LIMITS) as pool:
        answers = fuzz(pool, seed=3, seconds=60, most=300)
    assert answers.total() == 300
    assert answers["read"] > 50
    assert answers["not_a_picture"] > 50
    assert answers["damaged"] > 20


def test_every_fault_stands_on_its_page_and_has_words_in_both_languages():
    page = (Path(__file__).parents[2] / "docs" / "pictures.md").read_text("utf-8")
    assert [kind for kind in FAULTS if f"| `{kind}` |" not in page] == []
    assert [kind for kind, told in FAULTS.items() if not all(told)] == []
