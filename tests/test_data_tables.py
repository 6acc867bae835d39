"""The data tables: goods, lexicon, families and hosts keep the promises that their heads make."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from portreeve.model import TIERS
from portreeve.signals.fold import fold
from portreeve.signals.goods_table import load_table
from portreeve.signals.lexicon import match_form
from portreeve.signals.text import measure

TAXONOMY = Path(__file__).parents[2] / "shared" / "data" / "taxonomy"
GOODS: list[dict[str, Any]] = load_table("goods.yaml")
LEXICON: dict[str, dict[str, Any]] = load_table("lexicon.yaml")
FAMILIES: dict[str, dict[str, Any]] = load_table("families.yaml")
HOSTS: dict[str, Any] = load_table("hosts.yaml")

CLASSES = [
    "contact.wechat", "contact.qq", "contact.phone", "contact.telegram", "contact.whatsapp",
    "contact.line", "contact.email", "contact.platform", "contact.public_account", "contact.qr",
    "contact.add", "contact.invite", "money.price", "money.discount", "money.coupon",
    "money.commission", "invite_code", "sell.order", "recruit", "downline", "induced_share",
    "bargain", "group_buy", "giveaway", "resource", "disclosure", "protected.second_hand",
    "protected.own_produce", "protected.charity", "protected.giving", "protected.no_benefit",
    "health.topic", "health.claim", "black_five", "quote", "complaint", "notice", "question",
    "soft_recommend", "urgency", "evasion", "share",
]  # fmt: skip


def languages(entry: dict[str, Any] | None) -> Iterator[str]:
    """The words of a ``{zh: [...], en: [...]}`` entry."""
    for language in ("zh", "en"):
        yield from (entry or {}).get(language) or ()


def lists() -> Iterator[tuple[str, str]]:
    """Every word of the goods table and the lexicon, with the place it stands in."""
    for row in GOODS:
        for kind in ("words", "weak", "except"):
            for word in languages(row.get(kind)):
                yield f"goods {row['id']} {kind}", word
    for name, entry in LEXICON.items():
        for word in languages(entry):
            yield f"lexicon {name}", word
        for word in languages(entry.get("except")):
            yield f"lexicon {name} except", word


def spellings(word: str) -> Iterator[str]:
    """The word with each family replaced by one member at a time, and the plain word."""
    yield re.sub(r"<(.+?)>", r"\1", word)
    for family in re.findall(r"<(.+?)>", word):
        members = FAMILIES["families"][family]
        for member in [*members["known"], *members["possible"]]:
            yield re.sub(r"<(.+?)>", r"\1", word.replace(f"<{family}>", member))


# --- goods ---------------------------------------------------------------------------------------


def test_a_category_has_one_id_a_tier_and_both_names():
    ids = Counter(row["id"] for row in GOODS)
    assert [name for name, count in ids.items() if count > 1] == []
    for row in GOODS:
        assert re.fullmatch(r"[a-z][a-z0-9_]*", row["id"])
        assert row["tier"] in TIERS
        assert row["en"].strip()
        assert re.search(r"[\u4e00-\u9fff]", row["zh"])
        assert set(row) <= {"id", "tier", "en", "zh", "shopify", "iab", "words", "weak", "except"}


def test_every_category_has_words_in_both_languages():
    scarce = {
        row["id"]: {language: len(row["words"][language]) for language in ("zh", "en")}
        for row in GOODS
        if len(row["words"]["zh"]) < 8 or len(row["words"]["en"]) < 4
    }
    assert scarce == {}


def test_the_tiers_that_law_and_house_name_are_there():
    tier = {row["id"]: row["tier"] for row in GOODS}
    assert {name for name, t in tier.items() if t == "black"} == {
        "weapons", "explosives", "narcotics", "pornography", "escorts", "gambling",
        "people_smuggling", "forged_papers", "personal_data", "hacking", "wildlife",
        "counterfeit_money_cards", "bank_sim_cards", "money_laundering", "stolen_goods",
        "prescription_drugs", "harassment", "human_body", "exam_cheating", "spy_devices",
    }  # fmt: skip
    for name in ("hospitals", "medicines", "infant_formula", "supplements", "slimming", "virility",
                 "breast_height", "tobacco", "e_cigarettes", "order_brushing", "rebate_schemes",
                 "crypto"):  # fmt: skip
        assert tier[name] == "grey-strict"
    for name in ("facial_masks", "cosmetics", "mother_baby", "alcohol", "luxury", "tickets"):
        assert tier[name] == "grey"
    for name in ("clothing", "fruit", "courses", "rentals", "insurance", "pets", "logistics"):
        assert tier[name] == "white"


def test_a_word_names_one_category():
    owners: dict[str, set[str]] = {}
    for row in GOODS:
        for word in languages(row["words"]):
            owners.setdefault(match_form(word), set()).add(row["id"])
    assert {word: rows for word, rows in owners.items() if len(rows) > 1} == {}


def test_ids_of_other_taxonomies_have_their_shape():
    for row in GOODS:
        for number in row["shopify"]:
            assert re.fullmatch(r"[a-z]{2}(-[0-9]{1,2}){0,2}", number)
        for number in row["iab"]:
            assert re.fullmatch(r"1[0-9]{3}", number)


@pytest.mark.skipif(not TAXONOMY.is_dir(), reason="reference copies of the taxonomies are absent")
@pytest.mark.parametrize(
    ("name", "field"),
    [("shopify_en_3levels.MIT.tsv", "shopify"), ("iab_ad_product_2.0.CC-BY-3.0.tsv", "iab")],
)
def test_ids_of_other_taxonomies_exist(name, field):
    with (TAXONOMY / name).open(encoding="utf-8") as file:
        known = {row[0] for row in csv.reader(file, delimiter="\t") if row}
    assert {number for row in GOODS for number in row[field]} - known == set()


# --- words ---------------------------------------------------------------------------------------


def test_words_are_in_folded_form():
    plain = ((place, re.sub(r"[<>]", "", word)) for place, word in lists())
    unfolded = [(place, word) for place, word in plain if fold(word) != word]
    assert unfolded == []


def test_no_list_says_a_word_twice():
    """As the matcher meets them: a hyphen and a blank are one."""
    seen = Counter((place, match_form(word)) for place, word in lists())
    assert [entry for entry, count in seen.items() if count > 1 or not entry[1]] == []


def test_an_exception_holds_a_word_of_its_list():
    tables = [(row["id"], [*languages(row["words"]), *languages(row.get("weak"))],
               list(languages(row.get("except")))) for row in GOODS]  # fmt: skip
    tables += [
        (name, list(languages(entry)), list(languages(entry.get("except"))))
        for name, entry in LEXICON.items()
    ]
    idle = [
        (name, phrase)
        for name, words, phrases in tables
        for phrase in phrases
        if not any(s in phrase and s != phrase for word in words for s in spellings(word))
    ]
    assert idle == []


# --- lexicon and families ------------------------------------------------------------------------


def test_the_lexicon_has_the_classes_that_signals_count():
    assert list(LEXICON) == CLASSES
    for entry in LEXICON.values():
        assert entry["meaning"].strip()
        assert re.search(r"[\u4e00-\u9fff]", entry["meaning_zh"])
        assert set(entry) <= {"meaning", "meaning_zh", "zh", "en", "except"}


def test_every_family_named_exists_and_every_family_is_named():
    named = {family for _, word in lists() for family in re.findall(r"<(.+?)>", word)}
    assert named == set(FAMILIES["families"])


def test_members_of_families_are_folded_and_known_or_possible():
    for name, members in FAMILIES["families"].items():
        known, possible = members["known"], members["possible"]
        assert not set(known) & set(possible)
        assert name not in [*known, *possible]
        assert [m for m in [*known, *possible] if fold(m) != m] == []


def test_composed_spellings_belong_to_a_word_that_is_used():
    used = {word for _, word in lists()}
    for pattern, entry in FAMILIES["composed"].items():
        assert any(pattern in word for word in used)
        assert [s for s in entry["known"] if fold(s) != s] == []


SPELLINGS = [
    ("加薇信 abc12345", 1, "sound-alike"),
    ("加V信 abc12345", 1, "letter"),
    ("加威❤ abc12345", 1, "sign"),
    ("+v abc12345", 1, "plus and letter"),
    ("加卫星 abc12345", 1, "a word of its own, asked to be added"),
    ("威信 abc12345", 1, "possible, a handle follows"),
    ("他在村里很有威信", 0, "benign twin: prestige"),
    ("气象卫星 abc12345 升空", 0, "benign twin: a satellite"),
    ("唯心主义和唯物主义", 0, "benign twin: philosophy"),
]


@pytest.mark.parametrize(
    ("text", "count"), [s[:2] for s in SPELLINGS], ids=[s[2] for s in SPELLINGS]
)
def test_spellings_announce_a_handle(text, count):
    assert measure(pl.Series([text])).signals["contacts"].to_list() == [count]


OFFERS = [
    ("面膜89元一盒，加微信 abc12345", "facial_masks"),
    ("赣南脐橙10斤装 39.9元 包邮", "fruit"),
    ("写字楼招租 200平 拎包入住", "rentals"),
    ("春季新款连衣裙 显瘦百搭 129元", "clothing"),
    ("韩版女装一手货源 支持一件代发", "agency_dropshipping"),
    ("专业论文代写 essay代写 保过查重", "essay_mills"),
    ("在家手机兼职刷单 佣金日结", "order_brushing"),
    ("月瘦20斤 减肥咖啡 顾客反馈", "slimming"),
    ("无创产前亲子鉴定 隐私采样", "paternity_test"),
    ("代开发漂 验后付款 13000000000", "forged_papers"),
    ("出元宝 十元三百 滴滴我", "game_goods"),
    ("伊犁驼奶粉 羊奶粉 厂家批发", "infant_formula"),
    ("Fresh combo list, mail access, dm me to buy", "hacking"),
    ("Handmade leather shoes, $89, free shipping", "shoes"),
    ("Puppies for sale, golden retriever, text me", "pets"),
]


@pytest.mark.parametrize(("text", "category"), OFFERS, ids=[c for _, c in OFFERS])
def test_an_offer_has_its_category(text, category):
    assert measure(pl.Series([text])).signals["goods_category"].to_list() == [category]


BENIGN = [
    "月季得了白粉病怎么办",
    "共青团组织了一次活动",
    "确诊和疑似双清零了",
    "如新冠疫情一般难熬",
    "跑了三公里，累到枪毙都不怕",
    "卫生发展大会今天开幕",
    "产品质量占比高达百分之九十",
    "哈利路亚，终于开学了",
    "国家政策很及时",
    "他翻墙而入，偷走了梯子",
]


@pytest.mark.parametrize("text", BENIGN)
def test_a_word_inside_another_names_nothing(text):
    assert measure(pl.Series([text])).signals["goods_category"].to_list() == [None]


# --- hosts ---------------------------------------------------------------------------------------


def test_hosts_are_hosts_with_a_class():
    for host, kind in HOSTS["hosts"].items():
        assert re.fullmatch(r"([a-z0-9-]+\.)+[a-z]{2,}(/[a-z0-9_./-]+)?", host)
        assert kind in HOSTS["classes"]
    for scheme, kind in HOSTS["schemes"].items():
        assert re.fullmatch(r"[a-z][a-z0-9.]*", scheme)
        assert kind in HOSTS["classes"]


def test_every_class_of_places_is_named_in_both_languages_and_used():
    used = {*HOSTS["hosts"].values(), *HOSTS["schemes"].values(), *HOSTS["address_words"]}
    assert used == set(HOSTS["classes"])
    for names in HOSTS["classes"].values():
        assert set(names) == {"en", "zh"}


SHARE_CODES = [
    (code["id"], example, expected)
    for code in HOSTS["share_codes"]
    for expected, kind in ((True, "examples"), (False, "counterexamples"))
    for example in code[kind]
]


@pytest.mark.parametrize(("name", "text", "expected"), SHARE_CODES)
def test_share_codes_match_their_examples_alone(name, text, expected):
    code = next(code for code in HOSTS["share_codes"] if code["id"] == name)
    found = re.search(code["regex"], text)
    matches = found is not None and all(re.search(n, found[0]) for n in code.get("needs", ()))
    assert matches == expected
    assert code["class"] in HOSTS["classes"]
