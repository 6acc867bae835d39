"""Explanations: every part with its values, and the same truth as the compiled form."""

import pytest

from policy_support import definitions, loaded, random_signals, row, rule
from portreeve import policy as language
from portreeve.policy.explain import telling

POLICY = loaded(
    definitions(
        trade="prices > 0 OR price_max >= 100",
        merchant="standing IN ('merchant', 'verified_merchant') OR (trade AND contacts > 1)",
    )
    + """\
tiers: { facial_masks: grey }
rules:
  - id: no-selling
    clause: "3.1"
    surfaces: [moments]
    when: promotion >= 0.90 AND merchant AND NOT protected_sale
    verdict: refuse
    because: { en: This sells to friends., zh: 这是在向朋友卖货。 }
  - id: big-sums
    clause: "3.2"
    when: price_max >= 1000 AND goods_tier <> 'white'
    verdict: hold
    because: { en: A large sum., zh: 金额很大。 }
  - id: no-dark-goods
    clause: "3.3"
    when: >-
      goods_category NOT IN ('facial_masks', 'clothing', 'snacks', 'narcotics', 'weapons',
      'gambling', 'hacking', 'wildlife') AND NOT (contacts = 0 AND links = 0)
    verdict: hold
    because: { en: Other goods., zh: 其他商品。 }
"""
)


def test_a_rule_that_holds():
    facts = row(promotion=0.97, prices=1, contacts=2)
    assert (
        language.explain(POLICY, facts, "no-selling").render(whole=True)
        == """\
no-selling (clause 3.1, refuse): holds
  This sells to friends.
  ✓ surface IN (moments)   [surface = moments]
  ✓ promotion >= 0.90   [promotion = 0.97]
  ✓ merchant: merchant
    ✓ at least one of
      ✗ standing IN ('merchant', 'verified_merchant')   [standing = person]
      ✓ all of
        ✓ trade: trade
          ✓ at least one of
            ✓ prices > 0   [prices = 1]
            ? price_max >= 100   [price_max is NULL: no amount was named]
        ✓ contacts > 1   [contacts = 2]
  ✓ not
    ✗ protected_sale: A one-off sale.
      ✗ second_hand > 0   [second_hand = 0]"""
    )


def test_the_same_in_chinese():
    facts = row(promotion=0.5, surface="comment", standing="merchant", second_hand=1)
    assert (
        language.explain(POLICY, facts, "no-selling").render("zh", whole=True)
        == """\
no-selling (条款 3.1, refuse): 不成立
  这是在向朋友卖货。
  ✗ surface IN (moments)   [surface = comment]
  ✗ promotion >= 0.90   [promotion = 0.5]
  ✓ merchant: merchant
    ✓ 以下至少一项
      ✓ standing IN ('merchant', 'verified_merchant')   [standing = merchant]
      ✗ 以下全部
        ? trade: trade
          ? 以下至少一项
            ✗ prices > 0   [prices = 0]
            ? price_max >= 100   [price_max 为 NULL：没有写金额]
        ✗ contacts > 1   [contacts = 0]
  ✗ 并非
    ✓ protected_sale: 偶尔的出让。
      ✓ second_hand > 0   [second_hand = 1]"""
    )


def test_what_is_null_is_unknown_and_says_what_that_means():
    assert (
        language.explain(POLICY, row(), "big-sums").render(whole=True)
        == """\
big-sums (clause 3.2, hold): unknown, so it does not hold
  A large sum.
  ✓ surface IN (moments, comment)   [surface = moments]
  ? price_max >= 1000   [price_max is NULL: no amount was named]
  ? goods_tier <> 'white'   [goods_tier is NULL: no goods were named]"""
    )


def test_long_lists_are_cut_and_the_tier_is_worked_out():
    facts = row(goods_category="facial_masks", price_max=1200.0, links=1)
    assert (
        language.explain(POLICY, facts, "no-dark-goods").render(whole=True)
        == """\
no-dark-goods (clause 3.3, hold): does not hold
  Other goods.
  ✓ surface IN (moments, comment)   [surface = moments]
  ✗ goods_category NOT IN ('facial_masks', 'clothing', 'snacks', 'narcotics', 'weapons', \
'gambling', and 2 more)   [goods_category = facial_masks]
  ✓ not
    ✗ all of
      ✓ contacts = 0   [contacts = 0]
      ✗ links = 0   [links = 1]"""
    )
    assert language.explain(POLICY, facts, "big-sums").holds is True


def test_an_explanation_as_plain_values():
    explained = language.explain(POLICY, row(price_max=5.0), "big-sums").to_dict()
    assert explained == {
        "rule": "big-sums",
        "clause": "3.2",
        "verdict": "hold",
        "because": {"en": "A large sum.", "zh": "金额很大。"},
        "holds": False,
        "findings": [
            {
                "kind": "surface",
                "text": "surface IN (moments, comment)",
                "holds": True,
                "values": {"surface": "moments"},
            },
            {
                "kind": "fact",
                "text": "price_max >= 1000",
                "holds": False,
                "values": {"price_max": 5.0},
            },
            {
                "kind": "fact",
                "text": "goods_tier <> 'white'",
                "holds": None,
                "values": {"goods_tier": None},
                "note": {
                    "en": "goods_tier is NULL: no goods were named",
                    "zh": "goods_tier 为 NULL：没有写商品",
                },
            },
        ],
    }


def test_a_misspelt_rule_is_an_error_with_a_suggestion():
    with pytest.raises(KeyError, match=r"has no rule `no-seling`\. Did you mean `no-selling`"):
        language.explain(POLICY, row(), "no-seling")


@pytest.mark.parametrize("name", ["acquaintance", "stranger", "community", "law/cn-2022"])
def test_explanations_of_shipped_policies_agree_with_what_is_decided(name):
    shipped = language.load(name)
    facts = random_signals(15, seed=11)
    held = shipped.evaluate(facts)
    for values, result in zip(facts.iter_rows(named=True), held.iter_rows(named=True), strict=True):
        for rule_ in shipped.rules:
            explained = language.explain(shipped, values, rule_.id)
            assert explained.holds is result[rule_.id], rule_.id
            assert explained.render("zh", whole=True)


def test_a_rule_of_the_law_is_explained_by_the_tiers_of_the_law():
    shipped = language.load("acquaintance")
    assert shipped.tier_of("narcotics") == shipped.tier_of("narcotics", law=True) == "black"
    assert shipped.tier_of(None) is None


def test_rule_helper_has_no_examples_by_accident():
    assert [e.text for e in loaded(rule("contacts > 0")).rules[0].examples] == [
        "面膜89元一盒 加微信 abc12345"
    ]


def test_what_settles_nothing_is_left_out():
    facts = row(promotion=0.97, prices=1, contacts=2)
    assert (
        language.explain(POLICY, facts, "no-selling").render()
        == """\
no-selling (clause 3.1, refuse): holds
  This sells to friends.
  ✓ surface IN (moments)   [surface = moments]
  ✓ promotion >= 0.90   [promotion = 0.97]
  ✓ merchant: merchant
    ✓ at least one of
      ✓ all of
        ✓ trade: trade
          ✓ at least one of
            ✓ prices > 0   [prices = 1]
        ✓ contacts > 1   [contacts = 2]
  ✓ not
    ✗ protected_sale: A one-off sale."""
    )
    quiet = row(promotion=0.97, prices=1, contacts=0)
    assert (
        language.explain(POLICY, quiet, "no-selling").render()
        == """\
no-selling (clause 3.1, refuse): does not hold
  This sells to friends.
  ✓ surface IN (moments)   [surface = moments]
  ✓ promotion >= 0.90   [promotion = 0.97]
  ✗ merchant: merchant
    ✗ at least one of
      ✗ standing IN ('merchant', 'verified_merchant')   [standing = person]
      ✗ all of
        ✗ contacts > 1   [contacts = 0]
  ✓ not
    ✗ protected_sale: A one-off sale."""
    )


def test_on_a_page_a_definition_is_said_once_and_what_settles_nothing_is_left_out():
    facts = row(promotion=0.97, prices=1, contacts=2)
    findings = language.explain(POLICY, facts, "no-selling").findings
    shown: set[str] = set()
    first, again = telling(findings, shown), telling(findings, shown)
    assert shown == {"merchant", "trade"}
    merchant = first[2]
    assert (merchant.text, merchant.words is not None) == ("merchant", True)
    [any_of] = merchant.parts
    assert [part.kind for part in any_of.parts] == ["all"]
    assert (again[2].text, again[2].words, again[2].parts) == ("merchant", None, ())
