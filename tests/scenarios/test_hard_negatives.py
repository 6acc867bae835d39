"""The 300 hard negatives are what they say they are."""

import re
from collections import Counter

import msgspec
import pytest

from scenarios.negatives import NegativesError, load, parse

GOOD = """
grounds: {tells: {en: To ask is not to sell., zh: 打听不算卖。}}
kinds:
  asking:
    title: {en: asking, zh: 打听}
    zh: [{tells: 谁知道哪里修伞}]
    en: [{tells: Who mends umbrellas}]
"""


@pytest.fixture(scope="module")
def negatives():
    return load()


def test_there_are_300_and_no_two_alike(negatives):
    assert len({post.text for post in negatives.posts}) == len(negatives.posts) == 300


def test_both_languages_and_all_kinds_are_balanced(negatives):
    assert Counter(post.language for post in negatives.posts) == {"zh": 222, "en": 78}
    kinds = Counter(post.kind for post in negatives.posts)
    assert set(kinds.values()) == {10}
    for kind in kinds:
        found = Counter(post.language for post in negatives.posts if post.kind == kind)
        assert (found["zh"], found["en"]) in ((7, 3), (8, 2))


def test_each_ground_stands_in_the_written_definition(negatives, pytestconfig):
    policy = msgspec.yaml.decode(
        (pytestconfig.rootpath / "policies/acquaintance.yaml").read_bytes()
    )
    words = [policy["definitions"][name]["words"] for name in ("merchant", "selling")]
    used = Counter(post.ground for post in negatives.posts)
    assert set(used) == set(negatives.grounds)
    for ground in negatives.grounds.values():
        assert any(ground.en in one["en"] for one in words), ground.en
        assert any(ground.zh in one["zh"] for one in words), ground.zh


def test_no_example_of_a_policy_is_among_them(negatives, pytestconfig):
    shipped = "".join(
        path.read_text() for path in (pytestconfig.rootpath / "policies").rglob("*.yaml")
    )
    assert [post.id for post in negatives.posts if post.text in shipped] == []


def test_no_number_in_them_can_be_anybodys(negatives):
    for post in negatives.posts:
        for digits in re.findall(r"\d{7,}", post.text.replace("-", "").replace(" ", "")):
            assert digits.startswith(("126", "0100")) or "5550" in digits


@pytest.mark.parametrize(
    ("reason", "text"),
    [
        ("an unknown field", GOOD + "more: 1\n"),
        ("an unknown ground", GOOD.replace("zh: [{tells", "zh: [{guesses")),
        ("a text that is no text", GOOD.replace("谁知道哪里修伞", "[1]")),
        ("the same text twice", GOOD.replace("谁知道哪里修伞", "who mends umbrellas?")),
        ("two texts in one", GOOD.replace("{tells: 谁知道哪里修伞}", "{tells: 一, praise: 二}")),
        ("an empty text", GOOD.replace("谁知道哪里修伞", "''")),
        ("no title", GOOD.replace("title:", "titles:")),
        ("no YAML", "grounds: ["),
    ],
)
def test_whatever_is_wrong_is_refused(reason, text):
    assert len(parse(GOOD.encode()).posts) == 2
    with pytest.raises(NegativesError):
        parse(text.encode())
