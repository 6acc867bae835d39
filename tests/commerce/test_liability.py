"""The legal ledger: who pays for a fake, by profile, and that its entries balance."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commerce.rule_files import changed, complaint
from portreeve.commerce.ledger import Account, balances
from portreeve.commerce.liability import ROLES, claim, liability_rules, owed
from portreeve.commerce.money import Money, MoneyError

PROFILES = liability_rules().profiles
CREAM = Money.parse("99.00 CNY")


@pytest.mark.parametrize(
    ("reason", "profile", "disclosed", "paid", "payer", "refund", "damages"),
    [
        ("the story: the maker pays", "default", True, "99 CNY", "maker", "99 CNY", "500 CNY"),
        ("whatever the room showed", "default", False, "99 CNY", "maker", "99 CNY", "500 CNY"),
        ("a hidden seller: the room", "cn-2022", False, "99 CNY", "operator", "99 CNY", "500 CNY"),
        ("a shown seller: not the room", "cn-2022", True, "99 CNY", "maker", "99 CNY", "500 CNY"),
        ("just below the minimum", "default", True, "166.66 CNY", "maker", "166.66 CNY", "500 CNY"),
        ("just above", "default", True, "166.67 CNY", "maker", "166.67 CNY", "500.01 CNY"),
        ("dear goods: three times", "default", True, "1000 CNY", "maker", "1000 CNY", "3000 CNY"),
    ],
)
def test_who_owes_what(reason, profile, disclosed, paid, payer, refund, damages):
    found = owed(PROFILES[profile], Money.parse(paid), disclosed=disclosed)
    assert (found.payer, found.refund, found.damages) == (
        payer, Money.parse(refund), Money.parse(damages),
    )  # fmt: skip


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("disclosed", [True, False])
def test_the_anchor_owes_nothing_in_either_profile(profile, disclosed):
    assert owed(PROFILES[profile], CREAM, disclosed=disclosed).payer in ("maker", "operator")
    assert PROFILES[profile].parties["anchor"].pays == "never"


@given(st.sampled_from(sorted(PROFILES)), st.booleans(), st.integers(1, 10**12))
def test_a_claim_balances_and_costs_nobody_else(profile, disclosed, minor):
    found = owed(PROFILES[profile], Money(minor, "CNY"), disclosed=disclosed)
    parties = {role: f"the-{role}" for role in ROLES}
    held = balances([claim("claim:1", found, parties[found.payer], "buyer")])
    assert held == {
        (Account("owes", parties[found.payer]), "CNY"): -found.total.minor,
        (Account("refund_due", "buyer"), "CNY"): minor,
        (Account("damages_due", "buyer"), "CNY"): max(3 * minor, 50_000),
    }


@given(st.integers(1, 10**9), st.integers(0, 10**9))
def test_dearer_goods_never_cost_less(minor, more):
    less = owed(PROFILES["default"], Money(minor, "CNY"), disclosed=True)
    dearer = owed(PROFILES["default"], Money(minor + more, "CNY"), disclosed=True)
    assert less.total <= dearer.total


def test_another_currency_is_not_reckoned_with():
    with pytest.raises(MoneyError, match="of two currencies"):
        owed(PROFILES["default"], Money(1_500, "JPY"), disclosed=True)


def test_every_rule_says_where_it_was_read_and_what_is_not_verified():
    for profile in PROFILES.values():
        for ground in (profile.refund, profile.damages, *profile.parties.values()):
            assert ground.source
            assert ("article 55" not in ground.source) or ("not verified" in ground.source)


@pytest.mark.parametrize(
    ("reason", "old", "new", "message", "remedy"),
    [
        ("nobody would pay", "pays: always", "pays: never",
         "where the room shows who sells, nobody would pay", "Let exactly one party pay"),
        ("two would pay", "pays: never", "pays: always",
         "maker and operator would pay", "Let exactly one party pay"),
        ("a sum without currency", "500.00 CNY", "500.00", "is not a sum of money",
         "such as 500.00 CNY"),
        ("a fraction of a time", "times: 3", "times: 2.5", "`2.5` is not a number of times",
         "whole number of 1 or more"),
        ("a rule without a source", "source: The rule of the story that this profile tells.", "",
         "`source` is missing", "Add `source: ...`."),
        ("a role that nobody has", "anchor:", "idol:", "unknown key `idol`", "The keys here are"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_profile(reason, old, new, message, remedy, tmp_path):
    said = complaint(liability_rules, changed(tmp_path, "liability", old, new))
    assert message in said
    assert remedy in said
    assert "liability.yaml:" in said
