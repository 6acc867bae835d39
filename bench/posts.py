"""Invented posts for the benchmarks: deterministic, of any number, streamed to Parquet.

The mix is fixed and printed with every figure: 75 characters a post on average, 60 % of the
characters Chinese, 92 % of the posts ordinary life, 3 % ordinary life that names a price, a link
or a shop (the hard negatives), 5 % selling with contacts, prices and links; a fifth of the selling
posts hide the contact. Templates and vocabularies are the project's own. So that a hashed model
meets as many different n-grams as in real text, names and topics are drawn from 20,000 made-up
two-character words over the 3,755 commonest Chinese characters, with Zipf frequencies.

Chunk ``i`` depends on the seed and ``i`` alone, so a short run is the beginning of a long one.
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

CHUNK_ROWS = 100_000
SELLING_SHARE = 0.05
NEAR_MISS_SHARE = 0.03
ENGLISH_SHARE = 0.215
MEDIAN_CHARS = 47.9
SPREAD = 0.75
MAX_SENTENCES = 16
POOL_SENTENCES = 60_000

ZH_TEMPLATES = (
    "{when}和{who}去{place}{did}，{felt}。",
    "{when}在{place}{did}，{felt}！",
    "今天{weather}，{who}说想去{place}{did}。",
    "{name}{name}真的{felt}",
    "终于把{topic}看完了，{felt}，推荐给{who}。",
    "{who}做的{food}太好吃了，{felt}。",
    "中午吃了{food}，下午继续{did}。",
    "有没有人也觉得{topic}{felt}？",
    "昨晚梦到{name}，醒来{felt}……",
    "{place}{weather}，路上堵了{n}分钟。",
    "跑了{n}公里，{felt}。",
    "{when}的{topic}你们看了吗，{who}说{felt}。",
    "回到{place}，陪{who}{did}。",
    "第{n}天打卡，{did}。",
    "早安，{weather}，愿大家都{felt}。",
    "{name}的新歌循环了{n}遍，{felt}。",
    "下班路上看到{topic}，{felt}",
    "{who}又在念叨{topic}了，哈哈哈哈",
    "周末加班{n}小时，只想{did}。",
    "关于{topic}，{name}老师讲得{felt}。",
)
EN_TEMPLATES = (
    "Went to {en_place} with {en_who} {en_when}, {en_felt}.",
    "{en_who} made {en_food} and it was {en_adj}!",
    "Finally finished {en_topic}. {en_felt}.",
    "Does anyone else think {en_topic} is {en_adj}?",
    "Ran {n} km {en_when}. {en_felt}.",
    "Can't stop listening to {en_name}, so {en_adj}",
    "Stuck on the train at {en_place} for {n} minutes, {en_felt}.",
    "{en_when} I dreamt about {en_name} again lol",
    "The weather at {en_place} is {en_adj} and {en_who} wants {en_food}.",
    "Happy birthday {en_name}, {n} years already!",
    "{en_who} says {en_topic} was {en_adj}, I disagree.",
    "Back home, tea, {en_food}, bed. {en_felt}.",
)
DECORATIONS = (
    "😂😂|[笑哭]|❤|🌸|哈哈哈|[太阳]|👍|~~|……|🎉🎉🎉|[心]|😭|#周末去哪儿#|#每日打卡#|#今天吃什么#|#读书笔记#|"
    "#sunset|#nofilter|@好友小明 |@walking_ann |//@旧同学:转发 |2020.03.14 |18:30 |"
    "vlog |OOTD |ps: "
)
NEAR_MISSES = (
    "在{place}花{n}元吃了{food}，{felt}。",
    "这双鞋{n}块买的，穿了三年，{felt}。",
    "大家看看这条新闻 https://news.example.org/a/{n} {felt}",
    "快递说包邮结果收了{n}块，{felt}！",
    "{who}的微信步数今天{n}00，{felt}。",
    "搬家，闲置书架{n}元转让，{place}自提。",
    "群里天天有人招兼职，{felt}，别信。",
    "Paid ${n} for {en_food} at {en_place}, {en_felt}.",
    "Is the {n}% off sale at {en_place} over? {en_who} asks.",
    "公司招聘会{when}在{place}，陪{who}去看看。",
)
SELLING = (
    "{goods}现货，{price}包邮，加微信{handle}下单",
    "【{goods}】今日特价{price}！原价{price}！手慢无！要的私信我，VX：{handle}",
    "诚招代理，{goods}一手货源，日结{price}，加微{handle}",
    "兼职日结，在家就能做，一天{price}，QQ{qq}",
    "{goods}内部优惠券，券后{price}，链接 https://item.taobao.com/item?id={qq} 半价！！！",
    "复制这段话￥{code}￥打开手机淘宝，{goods}只要{price}",
    "帮我砍一刀 https://mobile.yangkeduo.com/x?g={qq} 就差你了",
    "{goods}满200减50，领券 https://t.cn/{code} 半价抢",
    "Selling {en_goods}, {price} shipped, WhatsApp +{phone}",
    "{en_goods} in stock, {price} only, DM me or email {handle}@mail.example",
    "Work from home, {price} a day, commission paid weekly, telegram: {handle}",
    "祖传秘方根治{ill}，电话{phone}，{price}一疗程",
    "代开发票，办证刻章，电话{phone}，加微信{handle}",
    "拼团{goods}，两人团{price}，三人团{price}，四人团{price}，现货速发！！！",
    "#每日打卡##热门话题##周末去哪儿# {goods}代购，微信{handle}，{price}",
    "分享赚佣金，{goods}返利{price}，https://bit.ly/{code} 点开就领",
)
HIDDEN_SELLING = (
    "{goods}要的加薇❤{handle}，{price}包邮",
    "想要{goods}的宝宝➕V {handle}",
    "{goods}，威 信：{handle}，{price}",
    "扣扣 {qq}，{goods}，量大从优",
    "{goods} v-x {handle} 懂的来",
)
VOCABULARY = {
    "when": "今天|昨天下午|上周末|刚刚|今天早上|放假第一天|晚饭后|前天|年初",
    "who": "妈妈|我爸|室友|小侄女|同事们|老同学|奶奶|闺蜜|儿子|男朋友|邻居阿姨",
    "place": "公园|学校门口|江边|老家|图书馆|市中心|操场|海边|楼下小店|办公室|山上",
    "did": "散步|看了一场电影|拍了好多照片|喂猫|打羽毛球|学做饭|复习到很晚|晒太阳|写作业",
    "felt": "特别开心|有点累|太治愈了|不想上班|笑死我了|心情很好|值得|感动哭了|一言难尽",
    "weather": "下了一整天雨|天很蓝|风很大|终于出太阳了|降温了|雾蒙蒙的",
    "food": "番茄炒蛋|牛肉面|饺子|火锅|红烧排骨|绿豆汤|烤红薯|麻辣烫|蛋炒饭",
    "ill": "失眠|关节痛|鼻炎",
    "goods": "面膜|减肥茶|手工皂|潮鞋|口红|土蜂蜜|奶粉|包包|手机壳|燕窝|香水|童装",
    "en_when": "this morning|last night|on Sunday|yesterday|after work",
    "en_who": "mum|my brother|Grandpa|the kids|our neighbour|my flatmate|Sam",
    "en_food": "pancakes|noodle soup|a huge salad|fish and chips|curry|apple pie",
    "en_adj": "lovely|terrible|great|so loud|a bit boring|beautiful|too long",
    "en_felt": "so tired|worth it|never again|best day ever|feeling grateful|I cried",
    "en_goods": "sneakers|face cream|handbags|slimming tea|phone cases|perfume",
}
CHOICES = {slot: words.split("|") for slot, words in VOCABULARY.items()}
EN_SYLLABLES = "an bel cor da el fin gra hol is jo ka lu mi no or pe ri sa ter wen"


@dataclass(frozen=True)
class _Sentences:
    """Ready sentences and their lengths in characters, for drawing posts from by index."""

    text: pl.Series
    chars: np.ndarray


class PostMaker:
    """Makes chunks of invented posts.

    >>> maker = PostMaker(seed=7)
    >>> maker.chunk(0, 3).columns
    ['id', 'text']
    """

    def __init__(self, seed: int = 7) -> None:
        self._seed = seed
        rng = random.Random(seed)
        self._words = _made_up_words(rng)
        self._chinese = _pool([self._fill(rng, ZH_TEMPLATES) for _ in range(POOL_SENTENCES)])
        self._english = _pool([self._fill(rng, EN_TEMPLATES) + " " for _ in range(POOL_SENTENCES)])
        self._decorations = pl.Series(DECORATIONS.split("|"))

    def chunk(self, index: int, rows: int = CHUNK_ROWS) -> pl.DataFrame:
        """Posts of chunk ``index``: columns ``id`` (``b`` and a number) and ``text``."""
        drawn = np.random.default_rng([self._seed, index])
        # Always a full chunk, so that a row does not depend on how many rows are wanted.
        kind = drawn.random(CHUNK_ROWS)
        english = drawn.random(CHUNK_ROWS) < ENGLISH_SHARE
        target = np.exp(np.log(MEDIAN_CHARS) + SPREAD * drawn.standard_normal(CHUNK_ROWS))
        zh = self._life(self._chinese, target, drawn)
        en = self._life(self._english, target, drawn)
        text = zh.zip_with(pl.Series(~english), en)
        text = self._with_special(text, kind, index)
        first = index * CHUNK_ROWS
        ids = [f"b{first + i}" for i in range(rows)]
        return pl.DataFrame({"id": ids, "text": text.head(rows)})

    def _life(self, pool: _Sentences, target: np.ndarray, drawn: np.random.Generator) -> pl.Series:
        picks = drawn.integers(0, len(pool.chars), (len(target), MAX_SENTENCES))
        before = np.cumsum(pool.chars[picks], axis=1) - pool.chars[picks]
        parts: dict[str, pl.Series] = {}
        for column in range(MAX_SENTENCES):
            wanted = pl.Series(np.where(before[:, column] < target, picks[:, column], -1))
            index = wanted.set(wanted < 0, None)
            parts[f"s{column}"] = pool.text.gather(index)
        adorned = drawn.integers(0, 2 * len(self._decorations), len(target))
        index = pl.Series(np.minimum(adorned, len(self._decorations)))
        parts["adorned"] = self._decorations.gather(
            index.set(index == len(self._decorations), None)
        )
        return pl.DataFrame(parts).select(pl.concat_str(pl.all(), ignore_nulls=True)).to_series()

    def _with_special(self, text: pl.Series, kind: np.ndarray, index: int) -> pl.Series:
        rng = random.Random(self._seed * 1_000_003 + index)
        rows = np.flatnonzero(kind < SELLING_SHARE + NEAR_MISS_SHARE)
        special = [self._special(rng, bool(kind[row] < SELLING_SHARE)) for row in rows]
        return text.scatter(rows, special)

    def _special(self, rng: random.Random, selling: bool) -> str:
        if not selling:
            return self._fill(rng, NEAR_MISSES) + self._fill(rng, ZH_TEMPLATES)
        templates = HIDDEN_SELLING if rng.random() < 0.2 else SELLING
        opening = self._fill(rng, ZH_TEMPLATES) if rng.random() < 0.5 else ""
        return opening + self._fill(rng, templates) + rng.choice(("", "！", " 🔥🔥", "，先到先得"))

    def _fill(self, rng: random.Random, templates: Sequence[str]) -> str:
        return rng.choice(templates).format_map(_Slots(rng, self._words))


class _Slots(dict[str, str]):
    """Draws a fresh word each time a template names a slot."""

    def __init__(self, rng: random.Random, words: _Words) -> None:
        super().__init__()
        self._rng = rng
        self._words = words

    def __missing__(self, slot: str) -> str:
        rng = self._rng
        if slot in VOCABULARY:
            return rng.choice(CHOICES[slot])
        match slot:
            case "n":
                return str(rng.randint(2, 99))
            case "name":
                return self._words.chinese(rng)
            case "topic":
                return "《" + self._words.chinese(rng) + self._words.chinese(rng) + "》"
            case "en_name" | "en_place" | "en_topic":
                return _english_name(rng)
            case "price":
                return rng.choice(("{}元", "￥{}", "{}块", "${}", "{}.9元")).format(
                    rng.randint(9, 999)
                )
            case "handle":
                return "demo_" + "".join(rng.choices("abcdefghkmnprstuvwxyz23456789", k=6))
            case "qq":
                return str(rng.randint(10_000_000, 999_999_999))
            case "phone":
                return f"1{rng.randint(3, 9)}0000{rng.randint(0, 99_999):05d}"
            case "code":
                return "".join(rng.choices("ABCDEFGHKMNPRSTabcdefghkmnp23456789", k=11))
        raise KeyError(slot)


class _Words:
    """Made-up Chinese words with Zipf frequencies."""

    def __init__(self, words: list[str]) -> None:
        self._words = words
        self._weights = np.cumsum(1.0 / np.arange(3, len(words) + 3)).tolist()

    def chinese(self, rng: random.Random) -> str:
        return rng.choices(self._words, cum_weights=self._weights)[0]


def _made_up_words(rng: random.Random) -> _Words:
    # Level 1 of GB 2312: rows 0xB0 to 0xD7, without the five empty cells at the end.
    characters = [
        bytes((high, low)).decode("gb2312")
        for high in range(0xB0, 0xD8)
        for low in range(0xA1, 0xFF)
        if not (high == 0xD7 and low > 0xF9)
    ]
    return _Words(["".join(rng.choices(characters, k=2)) for _ in range(20_000)])


def _english_name(rng: random.Random) -> str:
    return "".join(rng.choices(EN_SYLLABLES.split(), k=rng.randint(2, 3))).capitalize()


def _pool(sentences: list[str]) -> _Sentences:
    return _Sentences(
        text=pl.Series(sentences), chars=np.array([len(s) for s in sentences], dtype=np.int64)
    )


def chunks(rows: int, *, seed: int = 7, pool: Path | None = None) -> Iterator[pl.DataFrame]:
    """Yields ``rows`` posts in frames of at most 100,000, columns ``id`` and ``text``.

    ``pool`` names a Parquet file with a ``text`` column; its texts are then used instead, over
    and over when there are fewer than ``rows``. Line breaks become spaces, as the mail filters
    would treat each line apart.
    """
    if pool is not None:
        yield from _pool_chunks(rows, pool)
        return
    maker = PostMaker(seed)
    for index, first in enumerate(range(0, rows, CHUNK_ROWS)):
        yield maker.chunk(index, min(CHUNK_ROWS, rows - first))


def _pool_chunks(rows: int, pool: Path) -> Iterator[pl.DataFrame]:
    text = pl.read_parquet(pool, columns=["text"])["text"].drop_nulls()
    text = text.str.replace_all(r"[\r\n]+", " ")
    if text.is_empty():
        raise ValueError(f"{pool.name}: no text in column 'text'")
    for first in range(0, rows, CHUNK_ROWS):
        row = pl.int_range(first, min(first + CHUNK_ROWS, rows), eager=True)
        yield pl.DataFrame({"id": "b" + row.cast(pl.String), "text": text.gather(row % len(text))})


def write(path: Path, rows: int, *, seed: int = 7, pool: Path | None = None) -> None:
    """Streams ``rows`` posts to a Parquet file, one row group a chunk, in bounded memory."""
    schema = pa.schema([("id", pa.string()), ("text", pa.string())])
    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        for frame in chunks(rows, seed=seed, pool=pool):
            writer.write_table(frame.to_arrow().cast(schema))


@dataclass(frozen=True)
class Shape:
    """What the texts of a benchmark look like."""

    rows: int
    mean_chars: float
    mean_bytes: float
    han_share: float

    def __str__(self) -> str:
        return (
            f"{self.rows:,} posts, {self.mean_chars:.1f} characters and {self.mean_bytes:.1f} "
            f"bytes a post, {self.han_share:.1%} of the characters Chinese"
        )


def shape(text: pl.Series) -> Shape:
    """Measures texts.

    >>> str(shape(pl.Series(["我 ok"])))
    '1 posts, 4.0 characters and 6.0 bytes a post, 25.0% of the characters Chinese'
    """
    chars = int(text.str.len_chars().sum())
    return Shape(
        rows=len(text),
        mean_chars=chars / len(text),
        mean_bytes=int(text.str.len_bytes().sum()) / len(text),
        han_share=int(text.str.count_matches(r"\p{Han}").sum()) / chars,
    )


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.posts", description=__doc__)
    parser.add_argument("out", type=Path, help="Parquet file to write")
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--pool", type=Path, help="take the texts of this Parquet file instead")
    args = parser.parse_args()
    write(args.out, args.rows, seed=args.seed, pool=args.pool)
    print(shape(pl.read_parquet(args.out, n_rows=CHUNK_ROWS)["text"]))


if __name__ == "__main__":
    main()
