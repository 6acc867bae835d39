"""Counters and signals of memory in the policy language."""

from datetime import timedelta

import numpy as np
import polars as pl
import pytest

import portreeve
from policy_support import SALE, codes, loaded, problems, random_signals, row, rule, table
from portreeve import policy
from portreeve.admission import admit
from portreeve.engine import assess, judge
from portreeve.policy.describe import counter_words, describe_rule
from portreeve.policy.logic import Reasoner
from portreeve.policy.samples import sample_text
from portreeve.service.policy_origins import origins_of
from portreeve.signals.catalog import CATALOG, MEMORY_SIGNALS

WORDS = "words: { en: Posts., zh: 发帖。 }"
LIKELY = "likely: { words: { en: A., zh: 甲。 }, when: promotion >= 0.9 }"


def counters(*entries, when="one > 1", definitions=""):
    """A policy with counters, of which a rule uses some."""
    lines = [f"  {entry}" for entry in entries]
    own = [f"definitions:\n  {SALE}\n  {definitions}"] if definitions else []
    return "\n".join([*own, "counters:", *lines, rule(when)]) + "\n"


def one(parts):
    return counters(f"one: {{ {WORDS}, {parts} }}")


POLICY = loaded(
    counters(
        f"sales: {{ {WORDS}, count: posts, by: account, over: 1d, against: 28d, "
        "when: likely AND goods_tier = 'black' }",
        f"everything: {{ {WORDS}, count: accounts, by: contact, over: 12h }}",
        f"priced: {{ {WORDS}, count: hours, by: link, when: price_max > 10 OR audience = 'all' }}",
        when="(sales >= 3 AND copies > 2) OR everything / 2 > priced",
        definitions=LIKELY,
    )
)


def test_a_counter_as_it_is_read():
    sales = POLICY.counters["sales"]
    assert (sales.count, sales.by, sales.over, sales.against) == (
        "posts",
        "account",
        timedelta(days=1),
        timedelta(days=28),
    )
    assert sales.when == "likely AND goods_tier = 'black'"
    assert sales.spelled == "promotion >= 0.9 AND goods_tier = 'black'"
    assert [counter.line for counter in POLICY.counters.values()] == [12, 13, 14]
    assert POLICY.counters["everything"].condition is None
    assert POLICY.remembered == ("copies", "sales", "everything", "priced")
    assert counter_words(sales) == policy.Words(
        "posts of the same account in 1 day, "
        "divided by the average for 1 day in the 28 days before",
        "同一账号 1 天内的发帖数，除以此前 28 天里每 1 天的平均值",
    )


def test_the_same_counting_has_the_same_identity_whatever_it_is_called():
    named = one("count: posts, by: account, over: 24h, when: likely").replace(
        "counters:", f"definitions:\n  {SALE}\n  {LIKELY}\ncounters:"
    )
    spelled = one("count: posts, by: account, over: 1d, when: promotion>=0.9").replace("one", "two")
    other = one("count: posts, by: account, over: 2d, when: promotion >= 0.9")
    first, second, third = (
        next(iter(loaded(text).counters.values())).identity for text in (named, spelled, other)
    )
    assert first == second == "fbdc7c1bb8fb732f"
    assert first != third


# --- deciding ------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [0, 1, 7, 256, 257, 1000])
def test_which_items_are_counted_few_or_many(size):
    signals = random_signals(size, seed=size)
    facts = signals.drop(MEMORY_SIGNALS)
    counted = POLICY.counting(facts)
    assert (counted.shape, counted.dtype) == ((3, size), np.bool_)
    expected = [
        [
            (row["promotion"] or 0) >= np.float32(0.9)
            and POLICY.tier_of(row["goods_category"]) == "black",
            True,
            (row["price_max"] or 0) > 10 or row["audience"] == "all",
        ]
        for row in facts.iter_rows(named=True)
    ]
    assert counted.T.tolist() == expected


def test_a_policy_without_counters_counts_nothing():
    bare = loaded(rule("contacts > 0"))
    assert bare.counting(random_signals(3)).shape == (0, 3)
    assert bare.counting(random_signals(300)).shape == (0, 300)
    assert bare.remembered == ()


@pytest.mark.parametrize("repeated", [1, 300])
def test_what_is_remembered_decides_and_is_null_where_nobody_gives_it(repeated):
    items = admit(pl.DataFrame({"text": ["一", "二", "三"] * repeated}), POLICY).items
    given = {
        "sales": [3.0, 3.0, None],
        "copies": [3, None, 4],
        "mobilised": [1, 2, 3],
    }
    remembered = pl.DataFrame({name: values * repeated for name, values in given.items()})
    decisions, signals = judge(assess(items), POLICY, remembered)
    assert decisions["verdict"].to_list() == ["hold", "allow", "allow"] * repeated
    assert signals.schema["sales"] == pl.Float32
    assert signals.schema["copies"] == pl.Int32
    assert signals["everything"].null_count() == 3 * repeated
    assert signals["mobilised"].to_list() == [1, 2, 3] * repeated
    alone, _ = judge(assess(items), POLICY)
    assert alone["verdict"].to_list() == ["allow"] * 3 * repeated


def test_the_struct_of_signals_has_memory_and_counters_too():
    posts = pl.DataFrame({"text": ["一"]})
    known = pl.DataFrame({"everything": [7.0], "first_copy": [True]})
    decided = portreeve.screen(posts, POLICY, signals=True, remembered=known)
    signals = decided["signals"][0]
    assert list(signals) == [*CATALOG, "sales", "everything", "priced"]
    assert (signals["everything"], signals["first_copy"], signals["copies"]) == (7.0, True, None)


def test_the_compiled_forms_agree_with_the_plain_reading():
    random = np.random.default_rng(5)
    signals = random_signals(400).with_columns(
        pl.Series(name, random.choice([0, 1, 2.5, 3, np.nan], 400), pl.Float32).fill_nan(None)
        for name in POLICY.counters
    )
    expected = [
        policy.explain(POLICY, facts, "a-rule").holds for facts in signals.iter_rows(named=True)
    ]
    assert POLICY.evaluate(signals)["a-rule"].to_list() == expected
    rows = POLICY.holding(signals[:200]).rows.tolist()
    assert rows == [at for at, holds in enumerate(expected[:200]) if holds]
    assert {True, False, None} == set(expected)


def test_an_explanation_says_why_it_is_unknown():
    said = policy.explain(POLICY, row(copies=None), "a-rule").render("zh")
    assert "sales 为 NULL：无法计数：没有可用的记忆数据，或者内容没有可计数的对象" in said
    said = policy.explain(POLICY, row(copies=None, sales=4.0), "a-rule").render()
    assert "copies is NULL: no memory is at hand for it" in said


def test_a_missing_column_is_named():
    with pytest.raises(ValueError, match="the signals everything, priced, sales are missing"):
        POLICY.evaluate(table(row()))


# --- mistakes ------------------------------------------------------------------------------------


MISTAKES = {
    "counted by itself": (
        one("count: contacts, by: contact, over: 1d"),
        """\
error[P053]: each contact has exactly one contact: there is nothing to count
   --> sample.yaml:13:63
   |
13 |   one: { words: { en: Posts., zh: 发帖。 }, count: contacts, by: contact, over: 1d }
   |                                                                  ^^^^^^^
   = help: Count by something else.""",
    ),
    "against with another count": (
        one("count: links, by: account, over: 1d, against: 28d"),
        """\
error[P053]: only a number of posts has an average before
   --> sample.yaml:13:79
   |
13 |   one: { words: { en: Posts., zh: 发帖。 }, count: links, by: account, over: 1d, against: 28d }
   |                                                                                  ^^^^^^^
   = help: Remove `against`.""",
    ),
    "against no multiple": (
        one("count: posts, by: account, over: 3d, against: 10d"),
        """\
error[P053]: 10d are not 2 to 64 windows
   --> sample.yaml:13:88
   |
13 |   one: { words: { en: Posts., zh: 发帖。 }, count: posts, by: account, over: 3d, against: 10d }
   |                                                                                           ^^^
   = help: Write a multiple of 3d, such as 12d.""",
    ),
    "a window too long": (
        one("count: posts, by: account, over: 91d"),
        """\
error[P053]: the window is 91d
   --> sample.yaml:13:75
   |
13 |   one: { words: { en: Posts., zh: 发帖。 }, count: posts, by: account, over: 91d }
   |                                                                              ^^^
   = help: Choose one of 1h to 90d.""",
    ),
    "hours over a window": (
        one("count: hours, by: account, over: 1d"),
        """\
error[P053]: hours since the first have no window
   --> sample.yaml:13:69
   |
13 |   one: { words: { en: Posts., zh: 发帖。 }, count: hours, by: account, over: 1d }
   |                                                                        ^^^^
   = help: Remove `over`.""",
    ),
    "no window": (
        one("count: posts, by: account"),
        """\
error[P006]: `over` is missing
   --> sample.yaml:13:10
   |
13 |   one: { words: { en: Posts., zh: 发帖。 }, count: posts, by: account }
   |          ^^^^^
   = help: Add `over: ...`.""",
    ),
    "a name taken": (
        counters(f"copies: {{ {WORDS}, count: posts, by: copy, over: 1d }}", when="copies > 1"),
        """\
error[P016]: `copies` is already the name of a signal
   --> sample.yaml:13:3
   |
13 |   copies: { words: { en: Posts., zh: 发帖。 }, count: posts, by: copy, over: 1d }
   |   ^^^^^^
   = help: Choose another name.""",
    ),
    "memory in a condition": (
        one("count: posts, by: account, over: 1d, when: copies > 1"),
        """\
error[P032]: what memory or banks of pictures tell is not known when items are counted
   --> sample.yaml:13:85
   |
13 |   one: { words: { en: Posts., zh: 发帖。 }, count: posts, by: account, over: 1d, \
when: copies > 1 }
   |                                                                                        ^^^^^^
   = help: Use signals of the item itself, and put the other part into the rule.""",
    ),
    "never below nothing": (
        one("count: posts, by: account, over: 1d").replace("one > 1", "one < 0"),
        """\
error[P026]: `one < 0` never holds: `one` is 0 or more
   --> sample.yaml:17:11
   |
17 |     when: one < 0
   |           ^^^^^^^
   = help: Mend the limits shown, or remove the part.""",
    ),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_mistakes(name):
    fragment, expected = MISTAKES[name]
    assert [problem.render() for problem in problems(fragment)] == [expected]


def test_more_mistakes():
    first = f"one: {{ {WORDS}, count: posts, by: account, over: 1d }}"
    second = first.replace("one", "two").replace("1d", "24h")
    (same,) = problems(counters(first, second, when="one > two"))
    assert (same.code, same.message) == ("P053", "`two` counts the same as `one`")
    assert codes(counters(first, when="ones > 1")) == ["P021"]
    (near,) = problems(counters(first, when="oen > 1"))
    assert near.help == "Did you mean `one`?"
    through = counters(
        f"one: {{ {WORDS}, count: posts, by: account, over: 1d, when: likely }}",
        definitions="likely: { words: { en: A., zh: 甲。 }, when: copies > 3 AND one > 2 }",
    )
    (asked,) = problems(through)
    assert asked.code == "P032"
    assert asked.message == (
        "`likely` asks for `copies`: "
        "what memory or banks of pictures tell is not known when items are counted"
    )
    taken = counters(first.replace("one", "protected_sale"), when="protected_sale")
    assert codes(taken) == ["P016"]
    law = f"layer: law\ncounters:\n  {first}\n" + rule("contacts > 1")
    assert "P005" in codes(law)


def test_a_comparison_that_only_memory_makes_useful_compares_nothing():
    reasoner = Reasoner({}, frozenset(["one"]))
    parsed = loaded(one("count: posts, by: account, over: 1d")).rules[0].condition
    assert not reasoner.idle(parsed)
    assert codes(one("count: posts, by: account, over: 1d").replace("> 1", ">= 0")) == ["P027"]
    assert codes(rule("copies >= 0")) == ["P027"]
    assert codes(rule("copies IS NULL")) == []


# --- examples ------------------------------------------------------------------------------------


def _with_example(example):
    return one("count: posts, by: account, over: 1d").replace(
        "[面膜89元一盒 加微信 abc12345]", f"[{{ text: 一, {example} }}]"
    )


def test_examples_give_values():
    tried = loaded(_with_example("counted: { one: 2.5 }, remembered: { first_copy: false }"))
    (example,) = tried.rules[0].examples
    assert example.known == {"one": 2.5, "first_copy": False}
    assert policy.example_memory([example]).schema == {"one": pl.Float32, "first_copy": pl.Boolean}
    (result,) = policy.run_examples(
        tried, lambda items, chosen, known: portreeve.screen(items, chosen, remembered=known)
    )
    assert result.passed
    assert "hold: 一 (one = 2.5, first_copy = false)" in describe_rule(tried, tried.rules[0])


@pytest.mark.parametrize(
    ("example", "code", "message", "remedy"),
    [
        ("counted: { ones: 2 }", "P014", "there is no counter `ones`", "Did you mean `one`?"),
        (
            "remembered: { copys: 2 }",
            "P014",
            "there is no signal of memory or of pictures `copys`",
            "Did you mean `copies`?",
        ),
        (
            "counted: { one: many }",
            "P007",
            "`many` is not a number of 0 or more",
            "Write one, such as 12.",
        ),
        (
            "remembered: { sliding: 1 }",
            "P007",
            "`1` is not true or false",
            "Write true or false.",
        ),
    ],
)
def test_an_example_that_names_what_is_not_there(example, code, message, remedy):
    (problem,) = problems(_with_example(example))
    assert (problem.code, problem.message, problem.help) == (code, message, remedy)


# --- other versions ------------------------------------------------------------------------------


def test_counters_are_merged_by_name_and_compared(tmp_path):
    base = counters(
        f"one: {{ {WORDS}, count: posts, by: account, over: 1d }}",
        f"two: {{ {WORDS}, count: links, by: account, over: 1d }}",
        when="one > 1 AND two > 1",
    )
    (tmp_path / "sample.yaml").write_text(sample_text(base), "utf-8")
    child = f"""\
policy: child
version: "2"
effective: 2014-06-01T00:00:00+08:00
extends: sample
counters:
  two: {{ {WORDS}, count: links, by: account, over: 2d, when: prices > 0 }}
"""
    (tmp_path / "child.yaml").write_text(child, "utf-8")
    first, second = policy.load(tmp_path / "sample.yaml"), policy.load(tmp_path / "child.yaml")
    assert list(second.counters) == ["one", "two"]
    assert second.counters["one"].identity == first.counters["one"].identity
    changes = [change.render() for change in policy.diff(first, second) if change.id == "two"]
    assert changes == [
        "~ counter two, over: 1d → 2d",
        "~ counter two, when: prices > 0",
    ]
    (gone,) = [c for c in policy.diff(second, loaded(rule("contacts > 0"))) if c.id == "two"]
    assert gone.render() == "- counter two: was links, account, 2d, prices > 0"
    origins = origins_of(child, {"sample": sample_text(base)})
    assert origins["counters/one"].how == "inherited"
    assert origins["counters/two"].how == "changed"
