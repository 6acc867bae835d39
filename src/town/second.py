# ruff: noqa: E501
"""Sellers made another way, for honest tests. NEVER USED FOR TUNING.

The rule: no rule, word list, threshold, model or policy is written, trained or changed while looking
at what this module makes, and none of its words go into any of them. Whoever breaks it writes a third
generator first. A test sees that nothing outside the town imports it.

It is built differently on purpose. There are no templates: a post is a little story put together of
turns (a day, a doubt, a proof, a hint, a door), prices
are spoken rather than written, contacts are described rather than given, and goods are named by what
they do.
"""

from __future__ import annotations

from collections.abc import Callable

from town.chance import Chance
from town.sellers import Said, Trade

_THINGS = {
    "cosmetics": ("那个小蓝瓶", "敷的那片", "素着脸也敢出门的那支", "我妈都在抹的那罐"),
    "slimming": ("每天早上那一杯", "穿回旧裤子靠的那盒", "晚饭前嚼的那两颗"),
    "supplement": ("给婆婆带的那箱", "开盖就能喝的小支", "熬夜救命的那罐"),
    "clothes": ("身上这件", "上次那条裙子的新颜色", "软得像云的那款"),
    "overseas": ("行李箱里剩的那几样", "柜台排队抢的那套", "托人带回来的那几罐"),
    "food": ("我家灶上熬的那一锅", "昨天封坛的那批", "早上刚打包的那几盒"),
    "tobacco": ("“老口粮”", "没有牌子的那几条", "懂的人都抽的那种"),
}
_DAYS = (
    "下了夜班回来",
    "娃刚睡着",
    "排队的时候",
    "早上起来",
    "搬完货坐下",
    "刚挂了电话",
    "赶在天黑前",
)
_DOUBTS = (
    "一开始我也不信", "有人说我变了", "三姐问了我两回", "本来不打算说的", "去年这时候我还在愁房租",
    "婆家人笑话过我", "说实话我也犹豫过",
)  # fmt: skip
_PROOFS = (
    "照片不修，自己看", "回来找我的人自己会说话", "抽屉里的快递单一沓", "用空了三个瓶子留着当证据",
    "隔壁王姐一口气留了五份", "昨天那位今天又带来两位",
)  # fmt: skip
_HINTS = ("剩{few}份", "这一锅就这么多", "月底收手", "下回得等船", "涨不涨我说了不算", "只给自己人")
_DOORS = {
    "picture": ("怎么找我，看头像", "码在上一张图里", "封面那串就是"),
    "like": ("点个赞我来敲你", "留个小太阳", "冒个泡，我懂"),
    "riddle": ("门牌：{riddle}", "找我还是那几个字母：{riddle}", "暗号 {riddle}"),
    "meet": ("老地方等你，菜场东门", "周六摊上见", "放学时校门口"),
}
_TEAM = (
    "缺两个能熬的姐妹，跟我当年一样从零开始", "想跟车的说一声，油钱我出，路自己走",
    "我带的人里有三个已经自己带人了", "下一批合伙的名单周日封",
)  # fmt: skip
_SPOKEN = "零一二三四五六七八九"


class Second:
    """The second generator. Never used for tuning."""

    def trade(self, chance: Chance, *, recruits: bool | None = None) -> Trade:
        """A trade for one who begins."""
        kind = chance.pick(tuple(_THINGS))
        return Trade(
            kind=kind,
            goods=chance.pick(_THINGS[kind]),
            handle="".join(chance.pick("aeiounrst") for _ in range(6)) + str(chance.below(90) + 10),
            phone=f"19{chance.below(10**9):09d}",
            price=chance.between(4, 60) * 5,
            disguise=chance.pick(tuple(_DOORS)),
            a_day=chance.between(2, 12) / 10,
            recruits=chance.hit(0.3) if recruits is None else recruits,
        )

    def say(self, chance: Chance, trade: Trade) -> Said:
        """A post that sells: turns of a story, in one of several orders."""
        recruiting = trade.recruits and chance.hit(0.35)
        turns: list[Callable[[], str]] = [
            lambda: chance.pick(_DAYS) + "，" + self._about(chance, trade),
            lambda: chance.pick(_DOUBTS),
            lambda: chance.pick(_PROOFS),
            lambda: chance.pick(_HINTS).format(few=chance.pick("两三五六")),
        ]
        kept = [turn() for turn in turns if chance.hit(0.72)] or [self._about(chance, trade)]
        if chance.hit(0.4):
            kept.insert(chance.below(len(kept) + 1), self._spoken(trade.price))
        if recruiting:
            kept.append(chance.pick(_TEAM))
        if chance.hit(0.8):
            kept.append(self._door(chance, trade))
        mark = chance.pick(("。", "，", " ", "…", "\n"))
        text = mark.join(kept) + chance.pick(("。", "", "～", " 🌾", " 🍃"))
        return Said(text, "recruitment" if recruiting else "sale")

    def copy(self, chance: Chance, text: str, upline: Trade, own: Trade) -> str:
        """An upline's post as an agent passes it on: retold, with turns left out or swapped."""
        text = text.replace(self._riddle(upline), self._riddle(own))
        parts = [part for part in text.replace("\n", "。").split("。") if part]
        if len(parts) > 2 and chance.hit(0.5):
            at = chance.below(len(parts) - 1)
            parts[at], parts[at + 1] = parts[at + 1], parts[at]
        if len(parts) > 3 and chance.hit(0.5):
            parts.pop(chance.below(len(parts)))
        return "。".join(parts)

    def _about(self, chance: Chance, trade: Trade) -> str:
        return chance.pick(
            ("又有人问起{}", "想起{}", "{}又少了一层", "给远方寄了{}", "翻出{}", "{}总算到了")
        ).format(trade.goods)

    def _spoken(self, price: int) -> str:
        tens, ones = divmod(price, 10)
        hundreds, tens = divmod(tens, 10)
        said = f"{_SPOKEN[hundreds]}张大的" if hundreds else ""
        said += f"{_SPOKEN[tens]}张小的" if tens else ""
        return (said + ("带个五" if ones else "")) + "，别还"

    def _riddle(self, trade: Trade) -> str:
        return "·".join(_SPOKEN[int(one)] if one.isdigit() else one for one in trade.handle)

    def _door(self, chance: Chance, trade: Trade) -> str:
        return chance.pick(_DOORS[trade.disguise]).format(riddle=self._riddle(trade))
