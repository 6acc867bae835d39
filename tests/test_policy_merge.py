"""``extends`` and ``law``: what a file inherits, changes, adds and removes."""

import textwrap

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policy_support import row, table
from portreeve import policy
from portreeve.policy.errors import Problems
from portreeve.policy.merge import merge
from portreeve.policy.samples import sample_text
from portreeve.policy.source import Items, Map, Source, parse

PARENT = """\
policy: parent
version: "1"
effective: 2014-06-01T00:00:00+08:00
law: plain
title: { en: Parent, zh: 父 }
announcement: { en: Hello., zh: 你好。 }
network: { en: A network., zh: 一个网络。 }
surfaces: { moments: governed, comment: governed, private_chat: sealed }
definitions:
  protected_sale: { words: { en: A., zh: 甲。 }, when: second_hand > 0 }
  trade: { words: { en: B., zh: 乙。 }, when: prices > 0 }
tiers: { facial_masks: black }
ways_out: { shop: { title: { en: A shop, zh: 店 }, how: { en: Open one., zh: 开一个。 } } }
rules:
  - &R
    id: one
    clause: "1"
    when: trade AND contacts > 0
    verdict: hold
    because: { en: A., zh: 甲。 }
  - id: two
    clause: "2"
    when: links > 0
    verdict: hold
    way_out: shop
    because: { en: B., zh: 乙。 }
""".replace("&R\n    ", "")
CHILD = """\
policy: child
version: "2"
effective: 2015-06-01T00:00:00+08:00
extends: parent
remove: [two]
title: { en: Child, zh: 子 }
surfaces: { comment: off }
definitions:
  trade: { words: { en: B., zh: 乙。 }, when: order_words > 0 }
tiers: { clothing: grey }
rules:
  - id: three
    clause: "3"
    when: emoji > 3
    verdict: label
    label: { en: Loud, zh: 喧闹 }
    because: { en: C., zh: 丙。 }
  - id: one
    clause: "1"
    when: trade AND contacts > 1
    verdict: refuse
    way_out: shop
    because: { en: A., zh: 甲。 }
"""
LAW = """\
policy: plain
layer: law
version: "1"
effective: 2014-01-01T00:00:00+08:00
title: { en: Law, zh: 法律 }
definitions:
  trade: { words: { en: Offering., zh: 招揽。 }, when: contacts > 0 AND promotion >= 0.5 }
rules:
  - id: law.black
    clause: L1
    when: goods_tier = 'black' AND trade
    verdict: refuse
    because: { en: Forbidden., zh: 禁止。 }
"""


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "law").mkdir()
    for name, text in (("parent", PARENT), ("child", CHILD), ("law/plain", LAW)):
        (tmp_path / f"{name}.yaml").write_text(text, "utf-8")
    return tmp_path


def test_a_child_changes_adds_and_removes(folder):
    child = policy.load(folder / "child.yaml")
    assert child.label == "child@2"
    assert child.announcement.en == "Hello."
    assert [rule.id for rule in child.rules] == ["law.black", "one", "three"]
    one = child.rule("one")
    assert (one.verdict, one.when, one.line) == ("refuse", "trade AND contacts > 1", 18)
    assert child.definitions["trade"].when == "order_words > 0"
    assert [child.tiers[name] for name in ("facial_masks", "clothing")] == ["black", "grey"]
    assert child.surfaces["comment"] == "off"
    assert one.surfaces == ("moments",)
    assert list(child.ways_out) == ["shop"]


def test_rules_with_nothing_under_them_take_nothing_away(folder):
    child = (folder / "child.yaml").read_text("utf-8")
    before, _, _ = child.partition("rules:")
    (folder / "child.yaml").write_text(before + "rules:\n", "utf-8")
    assert [rule.id for rule in policy.load(folder / "child.yaml").rules] == ["law.black", "one"]


def test_a_child_is_found_beside_the_policy_that_extends_it_wherever_one_stands(
    folder, monkeypatch
):
    monkeypatch.chdir(folder / "law")
    assert policy.load("../child.yaml").law == "plain@1"


def test_the_law_layer_has_its_own_tiers_and_definitions(folder):
    """The house says black and defines `trade` otherwise; the law is not touched by either."""
    parent = policy.load(folder / "parent.yaml")
    facts = table(
        row(goods_category="facial_masks", contacts=1, promotion=0.9),
        row(goods_category="narcotics", contacts=1, promotion=0.9),
        row(goods_category="narcotics", prices=1),
    )
    result = parent.evaluate(facts)
    assert result["goods_tier"].to_list() == ["black", "black", "black"]
    assert result["trade"].to_list() == [False, False, True]
    assert result["law.trade"].to_list() == [True, True, False]
    assert result["law.black"].to_list() == [False, True, False]


def test_the_house_cannot_loosen_the_law(folder):
    child = folder / "loose.yaml"
    child.write_text(
        "policy: loose\nversion: 1\neffective: 2015-06-01T00:00:00+08:00\nextends: parent\n"
        "tiers: { narcotics: white }\n",
        "utf-8",
    )
    loose = policy.load(child)
    facts = table(row(goods_category="narcotics", contacts=1, promotion=0.9))
    result = loose.evaluate(facts)
    assert (result["goods_tier"][0], result["law.black"][0]) == ("white", True)


def test_a_rule_of_the_law_for_a_surface_that_is_off_holds_nowhere(folder):
    law = LAW.replace("    clause: L1", "    clause: L1\n    surfaces: [live, short_video]")
    (folder / "law" / "plain.yaml").write_text(law, "utf-8")
    parent = policy.load(folder / "parent.yaml")
    assert parent.rule("law.black").surfaces == ()
    facts = table(row(goods_category="narcotics", contacts=1, promotion=0.9, surface="live"))
    assert parent.evaluate(facts)["law.black"].to_list() == [False]


def test_a_law_file_by_itself(folder):
    law = policy.load(folder / "law" / "plain.yaml")
    facts = table(row(goods_category="narcotics", contacts=1, promotion=0.9, surface="live"))
    result = law.evaluate(facts)
    assert (law.layer, law.announcement, law.law) == ("law", None, None)
    assert result.row(0, named=True) == {
        "goods_tier": "black",
        "protected_sale": False,
        "trade": True,
        "law.black": True,
    }


def error(folder, text, name="bad"):
    file = folder / f"{name}.yaml"
    file.write_text(textwrap.dedent(text), "utf-8")
    with pytest.raises(policy.PolicyError) as raised:
        policy.load(file)
    return [(problem.code, problem.message) for problem in raised.value.problems]


HEAD = "policy: bad\nversion: 1\neffective: 2015-06-01T00:00:00+08:00\n"


def test_circles_are_named(folder):
    (folder / "a.yaml").write_text(HEAD + "extends: b\n")
    (folder / "b.yaml").write_text(HEAD + "extends: c\n")
    assert error(folder, HEAD + "extends: b\n", "c") == [
        (
            "P011",
            f"policies extend one another in a circle: {folder}/c.yaml → {folder}/b.yaml → "
            f"{folder}/c.yaml",
        )
    ]
    with pytest.raises(policy.PolicyError, match=r"circle: \S+/b.yaml → \S+/c.yaml → \S+/b.yaml"):
        policy.load(folder / "a.yaml")
    assert error(folder, HEAD + "extends: itself\n", "itself")[0][0] == "P011"


def test_a_changed_copy_may_extend_the_shipped_policy_of_its_own_name(folder):
    (folder / "acquaintance.yaml").write_text(
        HEAD.replace("bad", "acquaintance") + "extends: acquaintance\n", "utf-8"
    )
    ours = policy.load(folder / "acquaintance.yaml")
    shipped = policy.load("acquaintance")
    assert ours.version == "1"
    assert [rule.id for rule in ours.rules] == [rule.id for rule in shipped.rules]


def test_mistakes_of_reference(folder):
    assert error(folder, HEAD + "extends: nobody\n") == [("P010", "there is no policy `nobody`")]
    assert error(folder, HEAD + "extends: law/plain\n") == [
        ("P010", "a law file and a house policy cannot extend one another")
    ]
    assert error(folder, HEAD + "extends: parent\nlaw: martial\n") == [
        ("P010", "there is no policy `martial`")
    ]
    (folder / "law" / "house.yaml").write_text(sample_text(""), "utf-8")
    assert error(folder, HEAD + "extends: parent\nlaw: house\n") == [
        ("P010", "`house` is not a law file")
    ]
    assert error(folder, HEAD + "extends: parent\nremove: [one, nought]\n") == [
        ("P012", "the extended policy has no rule `nought`")
    ]
    assert error(folder, "layer: law\nlaw: plain\ntitle: { en: A, zh: 甲 }\n" + HEAD) == [
        ("P005", "`law` does not belong in a law file")
    ]


def test_an_error_of_the_parent_points_into_the_parent(folder):
    (folder / "parent.yaml").write_text(PARENT.replace("links > 0", "lnks > 0"), "utf-8")
    with pytest.raises(policy.PolicyError, match=r"parent\.yaml:22:11"):
        policy.load(folder / "child.yaml".replace("child", "parent"))
    # the child removes the rule, so its mistake is no longer there
    assert policy.load(folder / "child.yaml").label == "child@2"


def test_an_id_of_the_law_cannot_be_taken_by_the_house(folder):
    text = HEAD + "extends: parent\nlayer: house\nrules:\n"
    text += "  - { id: law.black, clause: 1, when: links > 0, verdict: hold, "
    text += "because: { en: A, zh: 甲 } }\n"
    assert ("P016", "ids that begin with `law.` are taken") in error(folder, text)


# --- the law of merging ---------------------------------------------------------------------------

names = st.sampled_from(["a", "b", "c", "d"])


@st.composite
def documents(draw):
    lines = []
    for section in ("definitions", "tiers", "surfaces"):
        entries = draw(st.dictionaries(names, st.integers(0, 9), max_size=3))
        if entries:
            lines.append(f"{section}: {{ {', '.join(f'{k}: {v}' for k, v in entries.items())} }}")
    rules = draw(st.lists(names, unique=True, max_size=4))
    if rules:
        lines.append("rules:")
        lines += [f"  - {{ id: {id}, clause: {draw(st.integers(0, 9))} }}" for id in rules]
    removed = draw(st.lists(names, unique=True, max_size=2))
    if removed:
        lines.append(f"remove: [{', '.join(removed)}]")
    rows = draw(st.dictionaries(names, st.dictionaries(names, st.integers(0, 9), max_size=2)))
    if rows:
        shown = ", ".join(
            f"{r}: {{ {', '.join(f'{k}: {v}' for k, v in cells.items())} }}"
            for r, cells in rows.items()
        )
        lines.append(f"matrix: {{ clause: {draw(st.integers(0, 9))}, rows: {{ {shown} }} }}")
    lines.append(f"policy: p{draw(st.integers(0, 9))}")
    return parse(Source("doc", "\n".join(lines)), Problems())


def plain(node):
    if isinstance(node, Map):
        return {name: plain(value) for name, value in node.entries.items()}
    if isinstance(node, Items):
        return [plain(item) for item in node.items]
    return node.value


@given(documents(), documents())
def test_merging_again_changes_nothing(parent, child):
    once = merge(parent, child)
    assert plain(merge(once, child)) == plain(once)


@given(documents(), documents())
def test_the_child_wins_and_the_rest_stays(parent, child):
    before, new, after = plain(parent), plain(child), plain(merge(parent, child))
    for section in ("definitions", "tiers", "surfaces"):
        assert after.get(section, {}) == {**before.get(section, {}), **new.get(section, {})}
    ids = [rule["id"] for rule in after.get("rules", [])]
    assert len(ids) == len(set(ids))
    own = {rule["id"]: rule for rule in new.get("rules", [])}
    for rule in after.get("rules", []):
        assert own.get(rule["id"], rule) == rule
    gone = set(new.get("remove", [])) - set(own)
    assert not gone & set(ids)
    assert set(ids) == ({rule["id"] for rule in before.get("rules", [])} | set(own)) - gone
