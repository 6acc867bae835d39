"""The benchmark's posts and rules: what the speed figures rest on."""

from __future__ import annotations

import sys
from pathlib import Path

import polars as pl
import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))

from bench.peers import columns, plain, spamassassin, sqrl
from bench.peers.base import NotInstalledError
from bench.posts import PostMaker, chunks, shape
from bench.rules import ATOMS, NAMES, RULES
from bench.stages import stage_seconds

from portreeve.policy import load

SAMPLES = {
    "手工皂现货，39元一块，加微信：demo_soap88 下单": [
        "wechat_and_price",
        "wechat_and_shipping",
        "shipping_and_price",
    ],
    "诚招代理，日结200元，加QQ群 10000012": ["qq_and_recruiting"],
    "祖传秘方根治失眠，电话13000000001，300元一疗程": ["mobile_and_price", "cure_and_mobile"],
    "Selling phone cases, $9 shipped, WhatsApp +13000000001": [
        "mobile_and_price",
        "messenger_and_price",
        "shipping_and_price",
    ],
    "DM me, 20usd": ["private_message_and_price"],
    "领券 https://item.taobao.com/item?id=1": ["market_link_undisclosed", "market_link_and_coupon"],
    "#广告 https://item.taobao.com/item?id=1": [],
    "https://nottaobao.com/1": [],
    "￥abcDEF12345￥": ["share_code"],
    "半价 t.cn/abcd1234": ["short_link_and_discount"],
    "1元 2元 3元": ["price_list"],
    "二手书 1元 2元 3元": [],
    "特价！快!来！": ["discount_shouted"],
    "##热门##周末## 代购": ["hashtags_and_shipping"],
    "今天天气真好，和妈妈去公园散步": [],
    "": [],
}


POLICY = Path(__file__).parents[1] / "bench" / "rules.policy.yaml"


@pytest.fixture(scope="module")
def maker() -> PostMaker:
    return PostMaker(seed=7)


def test_posts_have_the_stated_shape(maker: PostMaker) -> None:
    measured = shape(maker.chunk(0)["text"])
    assert measured.rows == 100_000
    assert measured.mean_chars == pytest.approx(75.0, abs=1.0)
    assert measured.han_share == pytest.approx(0.60, abs=0.01)


def test_a_short_run_is_the_beginning_of_a_long_one(maker: PostMaker) -> None:
    again = PostMaker(seed=7)
    assert again.chunk(3, 50).equals(maker.chunk(3, 5_000).head(50))
    assert maker.chunk(3, 2)["id"].to_list() == ["b300000", "b300001"]


def test_another_seed_gives_other_posts(maker: PostMaker) -> None:
    assert not PostMaker(seed=8).chunk(0, 20)["text"].equals(maker.chunk(0, 20)["text"])


def test_a_pool_is_taken_round_and_round(tmp_path: Path) -> None:
    pool = tmp_path / "pool.parquet"
    pl.DataFrame({"text": ["a", None, "b\nc"]}).write_parquet(pool)
    (frame,) = chunks(5, pool=pool)
    assert frame["text"].to_list() == ["a", "b c", "a", "b c", "a"]


def test_twenty_rules_use_every_atom() -> None:
    used = {name for rule in RULES for name in rule.found + rule.absent}
    assert len(RULES) == 20
    assert used == set(ATOMS)


@pytest.mark.parametrize("way", ["lower", "ignorecase"])
def test_plain_python_finds_the_rules(way: plain.Way) -> None:
    hits = plain.matcher(way)
    assert {text: plain.describe(hits(text)) for text in SAMPLES} == SAMPLES


def test_polars_expressions_agree() -> None:
    found = columns.run(list(SAMPLES)).hits
    assert [plain.describe(hits) for hits in found] == list(SAMPLES.values())


@pytest.mark.parametrize("peer", [sqrl, spamassassin])
def test_installed_peers_agree(peer: object) -> None:
    texts = [text for text in SAMPLES if text]
    try:
        run = peer.run(texts)  # type: ignore[attr-defined]
    except NotInstalledError as error:
        pytest.skip(f"not installed: {error}")
    assert [plain.describe(hits) for hits in run.hits] == [SAMPLES[text] for text in texts]


def test_made_up_posts_set_off_every_rule(maker: PostMaker) -> None:
    hits = plain.matcher()
    found = {number for text in maker.chunk(0, 20_000)["text"] for number in hits(text)}
    assert plain.describe(sorted(found)) == list(NAMES)


def test_the_policy_has_the_same_twenty_rules() -> None:
    assert [rule.id for rule in load(POLICY).rules] == [
        "bench." + name.replace("_", "-") for name in NAMES
    ]


def test_every_stage_is_timed(maker: PostMaker) -> None:
    spent = stage_seconds(maker.chunk(0, 200), load(POLICY))
    assert list(spent) == [
        "admit", "fold", "score", "match", "extract", "signals", "rules", "assemble"
    ]  # fmt: skip
