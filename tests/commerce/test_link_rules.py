"""Where a link leads that hides it: as far as the host knows, and never without end."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commerce.rule_files import changed, complaint
from portreeve.commerce.link_rules import GivenChain, bare, follow, link_classes, link_rules

RULES = link_rules()
SHORT, SHOP = "http://t.cn/abc1234", "https://item.taobao.com/item.htm?id=100"


@pytest.mark.parametrize(
    ("reason", "first", "chain", "refusal", "last"),
    [
        ("a plain address", SHOP, [], None, "item.taobao.com/item.htm?id=100"),
        ("a short link that nobody resolved", SHORT, [], "hidden", "t.cn/abc1234"),
        ("a short link to a shop", SHORT, [SHOP], None, "item.taobao.com/item.htm?id=100"),
        ("one short link to another", SHORT, ["http://dwz.cn/x"], "hidden", "dwz.cn/x"),
        ("by way of a page in between", SHORT, ["https://go.example.org/1", SHOP], None,
         "item.taobao.com/item.htm?id=100"),
        ("in a circle", SHORT, ["http://dwz.cn/x", "HTTP://T.CN/abc1234"], "circle", "dwz.cn/x"),
        ("to itself", SHORT, [SHORT], "circle", "t.cn/abc1234"),
        ("five steps", SHORT, [f"a{n}.example.org" for n in range(5)], None, "a4.example.org"),
        ("six steps", SHORT, [f"a{n}.example.org" for n in range(6)], "hops", "a5.example.org"),
    ],
)  # fmt: skip
def test_walks(reason, first, chain, refusal, last):
    walk = follow(first, GivenChain(first, chain), RULES)
    assert (walk.refusal, walk.addresses[-1]) == (refusal, last)


addresses = st.sampled_from(["t.cn/1", "dwz.cn/2", "a.example.org", "taobao.com", "b.example.org"])


@given(addresses, st.lists(addresses, max_size=30))
def test_every_walk_ends(first, chain):
    walk = follow(first, GivenChain(first, chain), RULES)
    assert len(walk.addresses) <= 7
    assert len(set(walk.addresses)) == len(walk.addresses)


def test_a_resolver_that_never_ends_is_left():
    class Endless:
        asked = 0

        def next(self, _address):
            self.asked += 1
            return f"a{self.asked}.example.org"

    endless = Endless()
    assert follow(SHORT, endless, RULES).refusal == "hops"
    assert endless.asked == 6


@given(st.text(max_size=60))
def test_an_address_made_bare_stays_so(text):
    assert bare(bare(text)) == bare(text) or "//" in text


def test_classes_are_those_of_the_table_of_hosts():
    assert {"marketplace", "shortener", "bargain"} <= set(link_classes())


@pytest.mark.parametrize(
    ("reason", "old", "new", "message"),
    [
        ("a class that there is not", "hiding: [shortener]", "hiding: [shortner]",
         "`shortner` is not a class of links"),
        ("without a bound", "    most: 5\n", "", "`most` is missing"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_the_rules(reason, old, new, message, tmp_path):
    assert message in complaint(link_rules, changed(tmp_path, "links", old, new))
