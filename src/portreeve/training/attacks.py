"""Evasions of scenario 4 that are text, applied to a post: for training copies and for the tables.

Each attack takes a text and a generator of random numbers and gives a text; one that finds nothing
to change gives the text back. They are synthetic: figures made with them stand apart from figures
on natural posts.
"""

from __future__ import annotations

import re
from collections.abc import Callable

import numpy as np

Attack = Callable[[str, np.random.Generator], str]

_HOMOPHONES = {
    "微信": ("薇信", "威信", "徽信", "卫星", "v信", "威❤", "维新", "wx"),
    "加微": ("嘉薇", "+v", "➕薇", "家薇"), "加我": ("茄我", "➕我", "伽我"),
    "私聊": ("思聊", "司聊", "sl"), "私信": ("丝信", "si信"), "代理": ("代里", "呆梨", "dl"),
    "免费": ("兔费", "免沸", "mian费"), "兼职": ("蒹职", "兼zhi", "jian职"),
    "价格": ("价咯", "jia格"), "优惠": ("尤惠", "优会"), "下单": ("虾单", "下蛋"),
    "赚钱": ("赚米", "zuan钱", "赚潜"), "包邮": ("包油", "bao邮"), "联系": ("联細", "lian系"),
    "口罩": ("口造", "kou罩"), "面膜": ("面摸", "mian膜"), "电话": ("电华", "dian话"),
    "减肥": ("减月巴", "jian肥"), "招": ("昭",), "扫码": ("扫马",), "元": ("圆", "米"),
    "cash": ("c@sh",), "free": ("fr33",), "money": ("m0ney",), "whatsapp": ("whatsap",),
    "call": ("c4ll",), "buy": ("bvy",), "click": ("cl1ck",),
}  # fmt: skip
_SPLITS = ("信亻言", "体亻本", "话讠舌", "请讠青", "好女子", "的白勺", "明日月", "到至刂", "联耳关",
           "钱钅戋", "银钅艮", "加力口", "现王见", "课讠果", "利禾刂", "招扌召")  # fmt: skip
_COMPONENTS = {entry[0]: entry[1:] for entry in _SPLITS}
_TRADITIONAL = dict(zip(
    "爱办报备边变补产长车场处传从达带单当导点电东动对发费丰风赶个给关广国过号红后华话坏欢环还会机积级际价间检简见将奖节结尽经进警开课来乐离丽疗联临领录论买卖满么没门们难农盘请区热认软赛闪伤设声师时识实书术数双虽岁体条铁听头图团万网为卫温无务习细现线响项销谢兴选压样药业页义医银优邮鱼与员远约运赠张这证只种众专转装资总组",
    "愛辦報備邊變補產長車場處傳從達帶單當導點電東動對發費豐風趕個給關廣國過號紅後華話壞歡環還會機積級際價間檢簡見將獎節結盡經進警開課來樂離麗療聯臨領錄論買賣滿麼沒門們難農盤請區熱認軟賽閃傷設聲師時識實書術數雙雖歲體條鐵聽頭圖團萬網為衛溫無務習細現線響項銷謝興選壓樣藥業頁義醫銀優郵魚與員遠約運贈張這證隻種眾專轉裝資總組",
    strict=True,
))  # fmt: skip
_CHINESE_FIGURES = str.maketrans("0123456789", "零一二三四五六七八九")
_CIRCLED = str.maketrans("0123456789", "⓪①②③④⑤⑥⑦⑧⑨")
_WIDE = {**{c: chr(ord(c) + 0xFEE0) for c in map(chr, range(0x21, 0x7F))}}
_LOOK_ALIKES = str.maketrans("aceopxyvwtk", "асеорхуᴠᴡтк")
# What evaders put around a sale so that it reads like life; the tests use none that training has.
_ORDINARY_LEARNT = (
    "今天天气真不错。",
    "下班路上堵了一个小时，好累。",
    "孩子今天第一次自己穿鞋，开心！",
    "周末和朋友去爬山，看到了很美的日出。",
    "早安，又是新的一天。",
    "妈妈做的红烧肉还是那个味道。",
    "昨晚追剧到两点，今天困死了。",
    "雨停了，楼下的桂花开了。",
    "谢谢大家的关心，已经好多了。",
    "猫又把杯子推下桌子了，哈哈哈。",
    "一个人看了场电影，结局有点难过。",
    "晚上跑了五公里，风很舒服。",
    "希望疫情早点过去，想出去走走。",
    "老同学聚会，大家都没怎么变。",
    "Lovely walk by the river this morning.",
    "Finally finished my book, what an ending!",
    "My sister visited with the kids and we baked all day.",
    "So tired after work, early night.",
)
_ORDINARY_TESTED = (
    "带爸妈去公园走了走，看到好多花，心情特别好。", "今天学会了做番茄炒蛋，给自己点赞。",
    "外面下雪了，好久没见过这么大的雪。", "女儿画了一张全家福，贴在冰箱上了。",
    "开了一天的会，终于可以躺下了。", "和室友吃了顿火锅，聊到很晚。", "想念老家的清晨和鸟叫。",
    "阳台上的番茄结果了，小小的一个。", "地铁上有人给老奶奶让座，心里暖暖的。",
    "Sunny at last, so we had lunch in the garden.", "The dog learnt to open the fridge. Help.",
    "Missed the bus but met an old friend instead.",
)  # fmt: skip
_EMOJI = "❤🌹✨🔥💰👉🍀⭐🎁💋"
_MARKS = "·.-_*~|"
_ALSO_PADDED, _ALSO_LINKED = 0.3, 0.3
_RUN = re.compile(r"[\u3400-\u9fff]{2,}")
_DIGITS = re.compile(r"\d")
_STAND_INS = re.compile(r"\?+")


def homophones(text: str, random: np.random.Generator) -> str:
    """Sound-alikes for the words that matter, of those that training never sees.

    >>> homophones("加微信", np.random.default_rng(0)) != "加微信"
    True
    """
    return _homophones(text, random, learnt=False)


def _homophones(text: str, random: np.random.Generator, *, learnt: bool) -> str:
    for word, others in _HOMOPHONES.items():
        if word in text:
            half = (len(others) + 1) // 2
            if usable := others[:half] if learnt else others[half:]:
                text = text.replace(word, usable[int(random.integers(len(usable)))])
    return text


def padding(text: str, random: np.random.Generator) -> str:
    """Ordinary sentences before or after, or on both sides, of those that training never sees.

    >>> len(padding("加微信", np.random.default_rng(0))) > 10
    True
    """
    return _padded(text, random, _ORDINARY_TESTED)


def _padded(text: str, random: np.random.Generator, sentences: tuple[str, ...]) -> str:
    before, after = ((1, 0), (2, 0), (0, 1), (0, 2), (1, 1))[int(random.integers(5))]
    drawn = [sentences[i] for i in random.permutation(len(sentences))[: before + after]]
    return "".join([*drawn[:before], text, *drawn[before:]])


def split_characters(text: str, random: np.random.Generator) -> str:
    """Characters taken apart into their components (好 → 女子)."""
    return "".join(
        _COMPONENTS[c] if c in _COMPONENTS and random.random() < 0.7 else c for c in text
    )


def _between(marks: str) -> Attack:
    def attack(text: str, random: np.random.Generator) -> str:
        mark = marks[int(random.integers(len(marks)))]

        def spread(match: re.Match[str]) -> str:
            return mark.join(match.group()) if random.random() < 0.6 else match.group()

        return _RUN.sub(spread, text)

    return attack


def chinese_figures(text: str, random: np.random.Generator) -> str:  # noqa: ARG001 - an Attack
    """Digits written as Chinese numerals."""
    return text.translate(_CHINESE_FIGURES)


def circled_figures(text: str, random: np.random.Generator) -> str:  # noqa: ARG001
    """Digits in circles."""
    return text.translate(_CIRCLED)


def full_width(text: str, random: np.random.Generator) -> str:  # noqa: ARG001
    """Letters, digits and signs in full width."""
    return "".join(_WIDE.get(c, c) for c in text)


def traditional(text: str, random: np.random.Generator) -> str:  # noqa: ARG001
    """Traditional characters."""
    return "".join(_TRADITIONAL.get(c, c) for c in text)


def look_alikes(text: str, random: np.random.Generator) -> str:  # noqa: ARG001
    """Letters of other scripts that look Latin."""
    return text.translate(_LOOK_ALIKES)


def zero_width(text: str, random: np.random.Generator) -> str:
    """Invisible characters inside words."""
    return "".join(c + ("\u200b" if random.random() < 0.5 else "") for c in text)


ATTACKS: dict[str, Attack] = {
    "homophones": homophones,
    "split characters": split_characters,
    "punctuation between characters": _between(_MARKS),
    "spaces between characters": _between(" "),
    "emoji between characters": _between(_EMOJI),
    "full width": full_width,
    "circled digits": circled_figures,
    "Chinese-numeral digits": chinese_figures,
    "traditional characters": traditional,
    "look-alike letters": look_alikes,
    "zero-width characters": zero_width,
    "ordinary sentences around": padding,
}
"""Every attack by the name that the model card gives it."""

LEARNT = ("homophones", "ordinary sentences around", "split characters",
          "punctuation between characters", "spaces between characters",
          "emoji between characters", "Chinese-numeral digits")  # fmt: skip
"""Attacks that training copies use too; homophones and sentences with others than are tested."""


def disguised_copy(text: str, random: np.random.Generator) -> str:
    """A copy for training: an attack, and other forms of the marks that one source left in.

    Emoji were lost as question marks and links as 网页链接 in the Weibo sources; a model must not
    lean on either, nor take every address for an advertiser's.
    """
    name = LEARNT[int(random.integers(len(LEARNT)))]
    if name == "homophones":
        text = _homophones(text, random, learnt=True)
    elif name == "ordinary sentences around":
        text = _padded(text, random, _ORDINARY_LEARNT)
    else:
        text = ATTACKS[name](text, random)
    if random.random() < _ALSO_PADDED:
        text = _padded(text, random, _ORDINARY_LEARNT)
    if random.random() < 0.5:
        text = _STAND_INS.sub(
            lambda found: "" if random.random() < 0.3
            else _EMOJI[int(random.integers(len(_EMOJI)))] * (1 + (len(found.group()) > 2)),
            text,
        )  # fmt: skip
    if random.random() < 0.5:
        text = text.replace("O网页链接", " " + _address(random))
    if random.random() < _ALSO_LINKED:
        text += " " + _address(random)
    return text


def _address(random: np.random.Generator) -> str:
    """An invented address, short or in full; who shares one need not sell."""
    letters = "".join(chr(97 + int(random.integers(26))) for _ in range(14))
    host = ("t.cn", "url.cn", "dwz.cn", f"www.{letters[7:]}.com", f"news.{letters[7:]}.cn",
            f"{letters[9:]}.org")[int(random.integers(6))]  # fmt: skip
    path = ("", "a/", "p/")[int(random.integers(3))] if len(host) > 7 else ""
    return ("http://", "https://", "")[int(random.integers(3))] + f"{host}/{path}{letters[:7]}"
