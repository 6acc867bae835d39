"""Never, always, shadowed: what is found, and that what is found is true."""

import pytest
from hypothesis import given, settings

from policy_support import codes, definitions, loaded, problems, random_signals, rule
from portreeve.policy.expression import And, Not
from portreeve.policy.logic import Reasoner
from portreeve.policy.values import evaluate
from test_policy_conditions import BOOLEANS, COUNTS, conditions


@pytest.mark.parametrize(
    ("when", "expected"),
    [
        ("promotion > 1.2", "`promotion > 1.2` never holds: `promotion` is 0 to 1"),
        ("promotion >= 1.0001", "`promotion >= 1.0001` never holds: `promotion` is 0 to 1"),
        ("contacts < 0", "`contacts < 0` never holds: `contacts` is a count, 0 or more"),
        ("price_max < 0", "`price_max < 0` never holds: `price_max` is 0 or more"),
        ("surface IS NULL", "`surface IS NULL` never holds: `surface` is never NULL"),
        (
            "contacts > 5 AND contacts < 3",
            "`contacts > 5` and `contacts < 3` never hold together",
        ),
        (
            "contacts > 2 AND contacts < 3",
            "`contacts > 2` and `contacts < 3` never hold together",
        ),
        (
            "promotion > 0.5 AND NOT promotion >= 0.2",
            "`promotion > 0.5` and `NOT (promotion >= 0.2)` never hold together",
        ),
        (
            "standing = 'merchant' AND links > 0 AND standing = 'person'",
            "`standing = 'merchant'` and `standing = 'person'` never hold together",
        ),
        (
            "standing IN ('merchant', 'person') AND standing LIKE 'campus%'",
            "`standing IN ('merchant', 'person')` and `standing LIKE 'campus%'` "
            "never hold together",
        ),
        ("standing LIKE 'x%'", "`standing LIKE 'x%'` never holds"),
        (
            "price_max > 5 AND price_max IS NULL",
            "`price_max > 5` and `price_max IS NULL` never hold together",
        ),
        ("disclosed AND NOT disclosed", "`disclosed` and `NOT disclosed` never hold together"),
        (
            "(contacts > 3 OR prices > 3) AND contacts < 2 AND prices < 2",
            "the condition never holds",
        ),
        ("contacts > 0 AND 1 = 2", "`1 = 2` never holds"),
        (
            "surface = 'comment' AND contacts > 0",
            "`surface = 'comment'` never holds: the rule is for moments only",
        ),
        (
            "protected_sale AND second_hand = 0",
            "`protected_sale` and `second_hand = 0` never hold together",
        ),
        (
            "hidden_contacts + contacts > 5 AND hidden_contacts + contacts < 3",
            "`hidden_contacts + contacts > 5` and `hidden_contacts + contacts < 3` "
            "never hold together",
        ),
    ],
)
def test_never(when, expected):
    quoted = "'" + when.replace("'", "''") + "'"
    (found,) = problems(rule(quoted, "surfaces: [moments]\n    verdict: hold"))
    assert (found.code, found.message) == ("P026", expected)


@pytest.mark.parametrize(
    "when",
    [
        "contacts >= 0",
        "promotion <= 1",
        "promotion BETWEEN 0 AND 1",
        "contacts > 3 OR contacts < 5",
        "disclosed OR NOT disclosed",
        "standing IN ('person', 'merchant', 'verified_merchant', 'campus_member')",
        "price_max IS NULL OR price_max >= 0",
        "surface = 'moments' OR surface <> 'moments'",
        "(contacts > 3) IS TRUE OR (contacts > 3) IS NOT TRUE",
    ],
)
def test_always(when):
    assert codes(rule('"' + when + '"')) == ["P027"]


@pytest.mark.parametrize(
    "when",
    [
        "price_max >= 0",  # unknown without an amount: it says that one was named
        "price_max > 5 OR price_max <= 5",
        "goods_tier = 'white' OR goods_tier <> 'white'",
        "contacts > 2 AND contacts < 4",
        "promotion >= 1",
        "contacts < 1",
        "goods_category NOT IN ('facial_masks')",
        "promotion IS NULL",  # without a text the model gives no score
        "promotion IS NULL OR promotion >= 0.5",
        "prices > contacts",
        "length(audience) > 3 AND audience LIKE 'campus%'",
        "NOT (contacts > 0 AND prices > 0)",
    ],
)
def test_neither_never_nor_always(when):
    assert codes(rule('"' + when + '"')) == []


def test_a_definition_that_can_never_hold_is_an_error_and_a_constant_is_not():
    assert codes(definitions(trade="contacts > 3 AND contacts < 2") + rule("trade")) == ["P026"]
    assert codes(definitions(nothing="FALSE") + rule("contacts > 0 OR nothing")) == []


def pair(first, second):
    """Two rules; each is when, verdict and what else."""
    return "rules:\n" + "".join(
        f"""\
  - id: rule-{n}
    clause: "{clause}"
    when: {when}
    {rest}
    because: {{ en: Because., zh: 因为。 }}
    examples: {{ {rest.split()[1]}: [面膜89元一盒 加微信 abc12345] }}
"""
        for n, (when, clause, rest) in enumerate((first, second))
    )


LADDER = "ladders: { promotion: { steps: [{ at: 1, sanction: ban }] } }\n"


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        # the same condition, verdict and clause: the second does nothing
        (("contacts > 0", "1", "verdict: hold"), ("contacts > 0", "1", "verdict: hold"), ["P028"]),
        (("contacts > 0", "1", "verdict: hold"), ("contacts >= 1", "1", "verdict: hold"), ["P028"]),
        # another clause is still named in decisions
        (("contacts > 0", "1", "verdict: hold"), ("contacts > 0", "2", "verdict: hold"), ["P061"]),
        # implied, in either order
        (("contacts > 0", "1", "verdict: hold"), ("contacts > 2", "1", "verdict: hold"), ["P028"]),
        (("contacts > 2", "1", "verdict: hold"), ("contacts > 0", "1", "verdict: hold"), ["P028"]),
        (
            ("contacts > 0 OR prices > 0", "1", "verdict: refuse"),
            ("prices > 3 AND links > 0", "1", "verdict: hold"),
            ["P028"],
        ),
        (
            ("NOT protected_sale", "1", "verdict: refuse"),
            ("second_hand = 0 AND links > 0", "1", "verdict: refuse"),
            ["P028"],
        ),
        # a stronger verdict decides
        (("contacts > 0", "1", "verdict: hold"), ("contacts > 2", "1", "verdict: refuse"), []),
        # not implied
        (("contacts > 2", "1", "verdict: hold"), ("prices > 0", "1", "verdict: hold"), []),
        # where the other is unknown, this one may hold
        (("price_max >= 0", "1", "verdict: hold"), ("contacts > 0", "1", "verdict: hold"), []),
        # on more surfaces than the other
        (
            ("contacts > 0", "1", "verdict: hold\n    surfaces: [comment]"),
            ("contacts > 2", "1", "verdict: hold"),
            [],
        ),
        (
            ("contacts > 0", "1", "verdict: hold"),
            ("contacts > 2", "1", "verdict: hold\n    surfaces: [comment]"),
            ["P028"],
        ),
        # strikes, labels and reach outlive the verdict
        (
            ("contacts > 0", "1", "verdict: hold"),
            ("contacts > 2", "1", "verdict: hold\n    strike: 1\n    ladder: promotion"),
            [],
        ),
        (
            ("contacts > 0", "1", "verdict: label\n    label: { en: Ad, zh: 广告 }"),
            ("contacts > 2", "1", "verdict: label\n    label: { en: Sale, zh: 出售 }"),
            [],
        ),
        (
            ("contacts > 0", "1", "verdict: limit\n    reach: 0.5"),
            ("contacts > 2", "1", "verdict: limit\n    reach: 0.1"),
            [],
        ),
        (
            ("contacts > 0", "1", "verdict: limit\n    reach: 0.1"),
            ("contacts > 2", "1", "verdict: limit\n    reach: 0.5"),
            ["P028"],
        ),
        # the law and the house are judged apart
        (
            ("contacts > 0", "1", "verdict: refuse\n    layer: law"),
            ("contacts > 2", "1", "verdict: refuse"),
            [],
        ),
    ],
)
def test_shadow(first, second, expected):
    found = [p.code for p in problems(LADDER + pair(first, second)) if p.code != "P060"]
    assert found == expected


SHARES = ["promotion", "illicit", "obfuscation", "cjk_share"]
RANDOM = random_signals(300, seed=5)
SIGNALS = RANDOM.with_columns(**{name: RANDOM[name].clip(0, 1) for name in SHARES})
POLICY = loaded(rule("contacts > 0"))
# the reasoner takes for granted what the engine guarantees: these are never NULL
MEASURED = [
    {**values, "goods_tier": tier}
    for values, tier in zip(
        SIGNALS.iter_rows(named=True), POLICY.evaluate(SIGNALS)["goods_tier"], strict=True
    )
    if all(
        values[name] is not None
        for name in ["obfuscation", "cjk_share", *COUNTS, *BOOLEANS, "standing"]
    )
]


@given(conditions)
@settings(max_examples=300)
def test_never_and_always_are_never_wrong(condition):
    reasoner = Reasoner({})
    assert len(MEASURED) > 10
    if reasoner.never(condition):
        assert not any(evaluate(condition, values) is True for values in MEASURED)
    if reasoner.always(condition):
        assert all(evaluate(condition, values) is True for values in MEASURED)


@given(conditions, conditions)
@settings(max_examples=300)
def test_implication_is_never_wrong(first, second):
    reasoner = Reasoner({})
    for left, right in ((first, second), (And((first, second)), second), (Not(second), first)):
        if reasoner.implies(left, right):
            assert all(
                evaluate(right, values) is True
                for values in MEASURED
                if evaluate(left, values) is True
            )


@given(conditions)
@settings(max_examples=200)
def test_a_condition_implies_itself_and_excludes_its_opposite(condition):
    reasoner = Reasoner({})
    opposite = And((condition, Not(condition)))
    if len(list(condition.walk())) < 12:  # small enough for the search to finish
        assert reasoner.implies(condition, condition)
        assert reasoner.never(opposite)
