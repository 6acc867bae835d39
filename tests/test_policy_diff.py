"""Differences between policies, on paper and on items."""

import polars as pl
import pytest

from policy_support import definitions, loaded, rule
from portreeve import policy as language
from portreeve.policy import diff, diff_on
from portreeve.policy.samples import sample_text

BEFORE = rule("contacts > 0 AND trade") + "\n" + definitions(trade="prices > 0")
AFTER = (
    rule("contacts > 1 AND trade", "verdict: refuse")
    + "\n"
    + definitions(trade="prices > 1", loud="emoji > 9")
    + "tiers: { facial_masks: black, default: grey }\n"
    + "surfaces:\n  moments: governed\n"
    + "  comment: { state: off, until: { en: Later., zh: 以后。 } }\n"
    + "ways_out: { shop: { title: { en: A shop, zh: 店 }, how: { en: Open one., zh: 开。 } } }\n"
    + "ladders:\n  promotion:\n    strikes_expire: 180d\n"
    + "    steps: [{ at: 1, sanction: [warn, disgorge] }]\n"
)


def test_what_is_written_differently():
    changes = [change.render() for change in diff(loaded(BEFORE), loaded(AFTER))]
    assert changes == [
        "~ policy house, default tier: white → grey",
        "~ surface comment, state: governed → off",
        "~ surface comment, until.en: Later.",
        "~ surface comment, until.zh: 以后。",
        "~ definition trade, when: prices > 0 → prices > 1",
        "+ definition loud: emoji > 9",
        "~ tier facial_masks, tier: grey → black",
        "+ way out shop",
        "+ ladder promotion",
        "~ rule a-rule, surfaces: moments, comment → moments",
        "~ rule a-rule, when: contacts > 0 AND trade → contacts > 1 AND trade",
        "~ rule a-rule, verdict: hold → refuse",
    ]


def test_there_and_back_is_the_same_turned_round():
    a, b = loaded(BEFORE), loaded(AFTER)
    there, back = diff(a, b), diff(b, a)
    turned = {"added": "removed", "removed": "added", "changed": "changed"}
    assert sorted((c.section, c.id, c.field, turned[c.how], c.before or "") for c in there) == (
        sorted((c.section, c.id, c.field, c.how, c.after or "") for c in back)
    )


def test_a_policy_does_not_differ_from_itself():
    assert diff(loaded(BEFORE), loaded(BEFORE)) == []
    shipped = language.load("acquaintance")
    assert diff(shipped, language.load("acquaintance")) == []


def test_shipped_policies_differ_by_cell_rule_and_text():
    changes = diff(language.load("acquaintance"), language.load("stranger"))
    assert {"policy", "matrix", "rule"} <= {change.section for change in changes}
    assert all(change.render() and change.to_dict() for change in changes)


def decisions(*rows):
    return pl.DataFrame(
        [
            {"id": id, "surface": surface, "goods_tier": tier, "verdict": verdict, "rules": rules}
            for id, surface, tier, verdict, rules in rows
        ],
        schema_overrides={"rules": pl.List(pl.String), "goods_tier": pl.String},
    )


def test_what_is_decided_differently():
    a, b = loaded(BEFORE), loaded(AFTER)
    first = decisions(
        ("1", "moments", "grey", "hold", ["a-rule"]),
        ("2", "moments", "grey", "hold", ["a-rule"]),
        ("3", "moments", "grey", "allow", []),
        ("4", "comment", None, "hold", ["a-rule"]),
        ("5", "moments", "grey", "hold", ["a-rule"]),
    )
    second = decisions(
        ("1", "moments", "grey", "refuse", ["a-rule", "other"]),
        ("2", "moments", "grey", "refuse", ["a-rule"]),
        ("3", "moments", "grey", "allow", []),
        ("4", "comment", None, "allow", []),
        ("5", "moments", "grey", "refuse", ["other"]),
    )
    items = pl.DataFrame({"text": ["面膜89元", "衣服上新 new in", "猫", None, "masks for sale"]})
    assert diff_on(a, b, first, second, items=items, samples=1).to_dicts() == [
        {
            "surface": "moments",
            "tier": "grey",
            "language": "zh",
            "before": "hold",
            "after": "refuse",
            "items": 2,
            "share": pytest.approx(2 / 3),
            "rules_before": ["a-rule"],
            "rules_after": ["a-rule"],
            "ids": ["1"],
            "texts": ["面膜89元"],
        },
        {
            "surface": "comment",
            "tier": None,
            "language": None,
            "before": "hold",
            "after": "allow",
            "items": 1,
            "share": 1.0,
            "rules_before": ["a-rule"],
            "rules_after": [],
            "ids": ["4"],
            "texts": [None],
        },
        {
            "surface": "moments",
            "tier": "grey",
            "language": "other",
            "before": "hold",
            "after": "refuse",
            "items": 1,
            "share": 1.0,
            "rules_before": ["a-rule"],
            "rules_after": ["other"],
            "ids": ["5"],
            "texts": ["masks for sale"],
        },
    ]


def test_decisions_of_other_items_are_refused():
    a = loaded(BEFORE)
    one = decisions(("1", "moments", None, "allow", []))
    two = decisions(("2", "moments", None, "allow", []))
    with pytest.raises(ValueError, match="are not of the same items"):
        diff_on(a, a, one, two)
    assert diff_on(a, a, one, one).is_empty()


def test_sample_text_keeps_every_other_key():
    assert sample_text("version: 2").count("\n") == sample_text("").count("\n")
