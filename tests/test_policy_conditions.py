"""Conditions: parsing, types, and that the compiled form means what SQL says."""

from dataclasses import replace

import polars as pl
import pytest
from hypothesis import given, reject, settings
from hypothesis import strategies as st

from policy_support import codes, definitions, loaded, problems, random_signals, row, rule, table
from portreeve.policy import check_text, explain
from portreeve.policy.bits import MOST_ROWS, BitProgram
from portreeve.policy.expression import (
    And,
    Arith,
    Between,
    Call,
    Case,
    Compare,
    In,
    IsBool,
    IsNull,
    Like,
    Lit,
    Not,
    Or,
    Ref,
)
from portreeve.policy.program import Program
from portreeve.policy.samples import sample_text
from portreeve.policy.sqltext import sql
from portreeve.policy.values import evaluate, single
from portreeve.signals.catalog import CATALOG


def held(when, **values):
    """What a rule with this condition gives for one item."""
    policy = loaded(rule(when))
    return policy.evaluate(table(row(**values)))["a-rule"][0]


# --- meaning --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("when", "values", "expected"),
    [
        ("promotion >= 0.90", {"promotion": 0.9}, True),
        ("promotion > 0.9", {"promotion": 0.9}, False),
        ("contacts > 0 AND prices > 0", {"contacts": 1}, False),
        ("contacts > 0 OR prices > 0", {"contacts": 1}, True),
        ("NOT disclosed", {}, True),
        ("NOT disclosed", {"disclosed": True}, False),
        ("price_max >= 100", {}, None),
        ("NOT price_max >= 100", {}, None),
        ("price_max >= 100 OR contacts > 0", {"contacts": 2}, True),
        ("price_max >= 100 AND contacts > 0", {}, False),
        ("price_max IS NULL", {}, True),
        ("price_max IS NOT NULL", {"price_max": 5.0}, True),
        ("(price_max >= 100) IS TRUE", {}, False),
        ("(price_max >= 100) IS NOT TRUE", {}, True),
        ("coalesce(price_max, 0) < 1", {}, True),
        ("standing IN ('merchant', 'verified_merchant')", {"standing": "merchant"}, True),
        ("standing NOT IN ('merchant', 'person')", {}, False),
        ("goods_category NOT IN ('facial_masks')", {}, None),
        ("contacts BETWEEN 1 AND 3", {"contacts": 3}, True),
        ("contacts NOT BETWEEN 1 AND 3", {"contacts": 3}, False),
        ("audience LIKE 'campus:%'", {"audience": "campus:a"}, True),
        ("audience NOT LIKE 'campus:_'", {"audience": "campus:ab"}, True),
        ("audience ILIKE 'CAMPUS:%'", {"audience": "campus:a"}, True),
        ("starts_with(audience, 'campus:')", {"audience": "campus:a"}, True),
        ("ends_with(audience, ':b')", {"audience": "campus:a"}, False),
        ("length(audience) > 3", {"audience": "同学会"}, False),
        ("upper(audience) = 'FRIENDS'", {"audience": "friends"}, True),
        ("surface LIKE 'mom%'", {}, True),
        ("lower(surface) = 'moments'", {}, True),
        ("hidden_contacts / contacts >= 0.5", {"hidden_contacts": 1, "contacts": 2}, True),
        ("hidden_contacts / contacts >= 0.5", {}, None),
        ("contacts * 2000000000 > 3000000000", {"contacts": 2}, True),
        ("greatest(promotion, illicit) >= 0.9", {"promotion": 0.9}, True),
        ("least(promotion, illicit) >= 0.9", {"promotion": 0.9}, False),
        ("abs(contacts - 3) = 1", {"contacts": 2}, True),
        ("-contacts < 0", {"contacts": 2}, True),
        ("CASE WHEN contacts > 0 THEN prices > 0 ELSE links > 0 END", {"links": 1}, True),
        ("CASE WHEN contacts > 0 THEN prices > 0 END", {}, None),
        ("disclosed = (contacts > 0)", {}, True),
        ("disclosed = FALSE", {}, True),
    ],
)
def test_meaning(when, values, expected):
    assert held(when, **values) is expected


def test_a_definition_is_a_column_of_its_own_and_may_use_others():
    policy = loaded(
        definitions(trade="prices > 0 OR loud", loud="emoji > 3")
        + rule("trade AND NOT protected_sale")
    )
    result = policy.evaluate(table(row(emoji=4), row(emoji=4, second_hand=1), row()))
    assert result.to_dict(as_series=False) == {
        "goods_tier": [None, None, None],
        "protected_sale": [False, True, False],
        "trade": [True, True, False],
        "loud": [True, True, False],
        "a-rule": [True, False, False],
    }


def test_a_rule_is_false_off_its_surfaces_even_where_it_is_unknown():
    policy = loaded(rule("price_max > 5", "surfaces: [comment]\n    verdict: hold"))
    result = policy.evaluate(table(row(), row(surface="comment")))
    assert result["a-rule"].to_list() == [False, None]


def test_tiers_come_from_the_table_and_the_overlay():
    policy = loaded("tiers: { facial_masks: black }")
    result = policy.evaluate(
        table(row(goods_category="facial_masks"), row(), row(goods_category="no such goods"))
    )
    assert result["goods_tier"].to_list() == ["black", None, None]


def test_no_rows_give_no_rows():
    policy = loaded(rule("contacts > 0"))
    assert policy.evaluate(table()).height == 0


def test_what_is_not_a_number_is_not_known():
    policy = loaded(rule("promotion >= 0.9"))
    facts = row(promotion=float("nan"))
    assert policy.evaluate(table(facts))["a-rule"].to_list() == [None]
    assert explain(policy, facts, "a-rule").holds is None


def test_missing_and_mistyped_signals_are_named():
    policy = loaded(rule("contacts > 0"))
    facts = table(row())
    with pytest.raises(ValueError, match="the signals contacts are missing"):
        policy.evaluate(facts.drop("contacts"))
    with pytest.raises(ValueError, match="the signal contacts must be Int32, not String"):
        policy.evaluate(facts.with_columns(contacts=pl.lit("x")))


def test_signals_used_are_those_of_rules_and_definitions():
    policy = loaded(rule("contacts > 0 AND protected_sale"))
    assert policy.signals_used == {"contacts", "goods_category", "second_hand", "surface"}


# --- mistakes -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("when", "expected"),
    [
        ("contacts", "P022: `contacts` is a count, not a condition | Write `contacts > 0`."),
        (
            "promotion AND contacts > 0",
            "P022: `promotion` is a number, not a condition | Write `promotion >= 0.5`.",
        ),
        (
            "surface > 'moments'",
            "P022: names have no order: `>` does not fit `surface` | Use =, <>, IN or LIKE.",
        ),
        (
            "disclosed > TRUE",
            "P022: true and false have no order: `>` does not fit `disclosed` "
            "| Use it as a condition by itself, or NOT before it.",
        ),
        (
            "promotion >= '0.9'",
            "P022: `promotion` is a number, and '0.9' is text "
            "| Write a number without quotes, as in `promotion >= 0.5`.",
        ),
        (
            "audience = 3",
            "P022: `audience` is text, and 3 is a count | Put it in single quotes: '3'.",
        ),
        (
            "contacts >= 1.5",
            "P022: `contacts` is a count: it is a whole number, never 1.5 "
            "| Write `contacts > 1` or `contacts >= 2`.",
        ),
        (
            "contacts LIKE '1%'",
            "P022: LIKE needs text, and `contacts` is a count "
            "| Compare it as a count, such as `contacts > 0`.",
        ),
        (
            "surface = contacts",
            "P022: `surface` is text and `contacts` is a count | Compare values of one type.",
        ),
        (
            "audience + 1 > 2",
            "P022: `audience` is text, and cannot be reckoned with | The types do not fit.",
        ),
        (
            "length(contacts) > 2",
            "P022: length takes text, and `contacts` is a count "
            "| length(text): how many characters.",
        ),
        (
            "disclosed = 'yes'",
            "P022: `disclosed` is true or false, and 'yes' is text "
            "| Write `disclosed` or `NOT disclosed`.",
        ),
        (
            "coalesce(contacts, 'x') > 0",
            "P022: the values differ in type: a count and text | The types do not fit.",
        ),
        (
            "standing = 'merchnat'",
            "P025: 'merchnat' is never a value of `standing` "
            "| Did you mean `merchant`? It is one of: person, merchant, verified_merchant, "
            "campus_member.",
        ),
        (
            "goods_category IN ('facial_mask')",
            "P025: 'facial_mask' is never a value of `goods_category` "
            "| Did you mean `facial_masks`?",
        ),
        (
            'standing = "merchant"',
            "P021: unknown signal `merchant` | Text stands in single quotes: 'merchant'.",
        ),
        ("Promotion >= 0.9", "P021: unknown signal `Promotion` | Did you mean `promotion`?"),
        (
            "price_max = NULL",
            "P026: a comparison with NULL is never true "
            "| Write `price_max IS NULL` or `price_max IS NOT NULL`.",
        ),
        ("t.contacts > 0", "P024: a name with a dot is not part of the condition language | -"),
        (
            "contacts IN (SELECT 1)",
            "P024: a query inside IN is not part of the condition language | -",
        ),
        (
            "contacts IN (prices)",
            "P024: IN takes a list of written values | Use = and OR instead.",
        ),
        (
            "contacts > 0; prices > 0",
            "P024: more than one statement is not part of the condition language | -",
        ),
        ("contacts > 0 || prices > 0", "P024: `||` is not part of the condition language | -"),
        ("contacts::int > 0", "P024: a cast is not part of the condition language | -"),
        (
            "audience LIKE 'a\\_%'",
            "P024: a pattern has only % and _; it has no escapes | Use = or IN.",
        ),
        (
            "contains(audience, 'x')",
            "P023: the function contains is not on the list | The functions are: coalesce, least, "
            "greatest, abs, length, lower, upper, starts_with, ends_with.",
        ),
        (
            "contacts > 0 prices > 0",
            "P020: `>` is not expected here | Join conditions with AND or OR.",
        ),
        ("(contacts > 0", "P020: a closing parenthesis is missing after `0` | Add `)`."),
        ("contacts > 0)", "P020: `)` is not expected here | Remove it: no parenthesis is open."),
        ("contacts >", "P020: something is missing after `>` | Write the other side."),
        (
            "standing = 'merchant",
            "P020: the condition cannot be read: a single quote is not closed "
            "| Mend the place shown.",
        ),
        (
            "contacts > 99999999999999",
            "P022: 99999999999999 is larger than anything measured here | -",
        ),
    ],
)
def test_mistake(when, expected):
    quoted = "'" + when.replace("'", "''") + "'"
    found = problems(rule(quoted))
    assert len(found) == 1
    code, rest = expected.split(": ", 1)
    message, help = rest.split(" | ")
    assert (found[0].code, found[0].message) == (code, message)
    if help not in ("-", "The types do not fit.", "Mend the place shown."):
        assert found[0].help == help


def test_every_mistake_of_a_condition_is_reported_at_once():
    assert codes(rule("promotoin > 0.5 AND contacts > 0.5 AND (standing = 'x' OR links)")) == [
        "P021",
        "P022",
        "P025",
        "P022",
    ]


def test_a_mistake_in_a_folded_condition_points_at_its_own_line():
    fragment = """\
rules:
  - id: a-rule
    clause: "1"
    when: >-
      promotion >= 0.9
      AND (contacts > 0
        OR pricse > 0)
    verdict: hold
    because: { en: Because., zh: 因为。 }"""
    (found,) = [p for p in problems(fragment) if p.severity == "error"]
    assert found.render() == (
        "error[P021]: unknown signal `pricse`\n"
        "   --> sample.yaml:18:12\n"
        "   |\n"
        "18 |         OR pricse > 0)\n"
        "   |            ^^^^^^\n"
        "   = help: Did you mean `prices`?"
    )


def test_the_caret_stands_right_under_wide_characters():
    (found,) = problems(rule("audience = '同学会' AND 微信 > 0"))
    assert found.render().splitlines()[3:5] == [
        "15 |     when: audience = '同学会' AND 微信 > 0",
        "   |                                   ^^^^",
    ]


def test_a_quoted_condition_is_placed_too():
    (found,) = problems(rule("'standing = ''person'' AND standing <> ''x'''"))
    assert found.span.source.text[found.span.start : found.span.end] == "''x'"


# --- the compiled form is SQL's meaning -----------------------------------------------------------

NUMBERS = ["promotion", "illicit", "obfuscation", "cjk_share", "price_max"]
COUNTS = ["contacts", "prices", "links", "emoji"]
TEXTS = ["surface", "standing", "goods_category", "goods_tier", "audience"]
BOOLEANS = ["disclosed", "disclosure", "disclosure_visible"]
WORDS = {
    "surface": ["moments", "comment", "live"],
    "standing": ["person", "merchant"],
    "goods_category": ["facial_masks"],
    "goods_tier": ["white", "grey", "black"],
    "audience": ["friends", "campus:a", "it's", ""],
}

number_ref = st.sampled_from(NUMBERS).map(lambda n: Ref(n, "number"))
count_ref = st.sampled_from(COUNTS).map(lambda n: Ref(n, "count"))
fraction = st.sampled_from([0.0, 0.1, 0.5, 0.8, 0.9, 0.95, 1.0]).map(lambda v: Lit(v, str(v)))
whole = st.integers(0, 5).map(lambda v: Lit(v, str(v)))
compare_op = st.sampled_from(["=", "<>", "<", "<=", ">", ">="])


@st.composite
def numbers(draw, depth=2):
    """Numeric expressions, with their arithmetic and functions."""
    kind = draw(st.integers(0, 5 if depth else 1))
    if kind == 0:
        return draw(number_ref)
    if kind == 1:
        return draw(count_ref)
    left, right = draw(numbers(depth - 1)), draw(st.one_of(numbers(depth - 1), whole, fraction))
    if kind == 2:
        return Arith(draw(st.sampled_from("+-*/")), left, right)
    of = "count" if left.type == right.type == "count" else "number"
    if kind == 3:
        return Call(draw(st.sampled_from(["coalesce", "least", "greatest"])), (left, right), of)
    if kind == 4:
        return Call("abs", (left,), left.type)
    return Case(((draw(comparisons()), left),), right, of)


@st.composite
def comparisons(draw):
    kind = draw(st.integers(0, 2))
    if kind == 0:
        return Compare(draw(compare_op), draw(number_ref), draw(fraction))
    if kind == 1:
        return Compare(draw(compare_op), draw(count_ref), draw(whole))
    name = draw(st.sampled_from(TEXTS))
    word = draw(st.sampled_from(WORDS[name]))
    return Compare(draw(st.sampled_from(["=", "<>"])), Ref(name, "text"), Lit(word))


@st.composite
def atoms(draw):
    kind = draw(st.integers(0, 8))
    if kind <= 1:
        return draw(comparisons())
    if kind == 2:
        return Compare(
            draw(compare_op), draw(numbers()), draw(st.one_of(numbers(), fraction, whole))
        )
    if kind == 3:
        return Between(draw(numbers(1)), draw(st.one_of(whole, fraction)), draw(fraction))
    if kind == 4 and draw(st.booleans()):
        options = draw(st.lists(st.one_of(whole, fraction), min_size=1))
        return In(draw(numbers(1)), tuple(options))
    if kind == 4:
        name = draw(st.sampled_from(TEXTS))
        words = draw(st.lists(st.sampled_from(WORDS[name]), min_size=1, unique=True))
        return In(Ref(name, "text"), tuple(Lit(word) for word in words))
    if kind == 5:
        name = draw(st.sampled_from(TEXTS))
        pattern = draw(st.sampled_from(["%a%", "_o%", "campus:_", "", "%", "it's", "A%", "%.%"]))
        return Like(Ref(name, "text"), pattern, draw(st.booleans()))
    if kind == 6:
        names = st.sampled_from([*TEXTS, "price_max"])
        return IsNull(draw(names.map(lambda n: Ref(n, CATALOG[n].type))))
    if kind == 7:
        name = draw(st.sampled_from(TEXTS))
        call = draw(st.sampled_from(["starts_with", "ends_with"]))
        return Call(
            call, (Ref(name, "text"), Lit(draw(st.sampled_from(["mo", "s", ":a"])))), "boolean"
        )
    return Ref(draw(st.sampled_from(BOOLEANS)), "boolean")


def combined(parts):
    return st.one_of(
        st.lists(parts, min_size=2, max_size=3).map(lambda items: And(tuple(items))),
        st.lists(parts, min_size=2, max_size=3).map(lambda items: Or(tuple(items))),
        parts.map(Not),
        st.tuples(parts, st.booleans()).map(lambda pair: IsBool(*pair)),
    )


conditions = st.recursive(atoms(), combined, max_leaves=6)
SIGNALS = random_signals(200)


def compiled(condition):
    """A condition run the way a policy runs it, over the random signals."""
    policy = loaded(rule("contacts > 0"))
    (written,) = policy.rules
    changed = type(written)(
        **{
            name: getattr(written, name)
            for name in written.__dataclass_fields__
            if name not in ("condition", "surfaces")
        },
        condition=condition,
        surfaces=tuple(policy.surfaces),
    )
    program = Program((changed,), policy.definitions, policy.tiers, policy.tiers)
    return program.run(SIGNALS)


@given(conditions)
@settings(max_examples=400)
def test_compiled_equals_row_by_row(condition):
    result = compiled(condition)
    for values, tier, got in zip(
        SIGNALS.iter_rows(named=True), result["goods_tier"], result["a-rule"], strict=True
    ):
        expected = evaluate(condition, {**values, "goods_tier": tier})
        assert got is expected, f"{sql(condition)} for {values}"


@given(conditions)
@settings(max_examples=400)
def test_few_rows_are_read_like_each_row(condition):
    policy = loaded(rule("contacts > 0"))
    program = BitProgram(
        [replace(policy.rules[0], condition=condition, surfaces=tuple(policy.surfaces))],
        policy.definitions,
        {"goods_tier": policy.tiers, "law.goods_tier": policy.tiers},
    )
    few = SIGNALS.head(MOST_ROWS)
    rows, _, tiers, _ = program.run(few)
    assert rows.tolist() == [
        at
        for at, (values, tier) in enumerate(zip(few.iter_rows(named=True), tiers, strict=True))
        if evaluate(condition, {**values, "goods_tier": tier}) is True
    ]


@given(conditions)
@settings(max_examples=300)
def test_the_text_of_a_condition_reads_back_as_the_same_condition(condition):
    text = "'" + sql(condition).replace("'", "''") + "'"
    policy, found = check_text(sample_text(rule(text)))
    if policy is None:
        assert {problem.code for problem in found} <= {"P022", "P026", "P027", "P030"}
        reject()
    frame = SIGNALS.with_columns(surface=pl.lit("moments"))
    result = policy.evaluate(frame)
    expected = [
        evaluate(condition, {**values, "goods_tier": tier})
        for values, tier in zip(frame.iter_rows(named=True), result["goods_tier"], strict=True)
    ]
    assert result["a-rule"].to_list() == expected


def test_single_is_what_a_column_of_32_bit_floats_keeps():
    values = [0.1, 0.9, 1 / 3, 1e30, 1e39, -1e39]
    assert pl.Series(values, dtype=pl.Float32).to_list()[:4] == [single(v) for v in values[:4]]
    assert [single(1e39), single(-1e39)] == [float("inf"), float("-inf")]
