"""Names of what is traded as the console shows them: states of apps and deals, roles, purposes."""

from __future__ import annotations

from portreeve.console.words import Words

PARTNER_STATES: dict[str, Words] = {
    "granted": Words("granted", "已授权"),
    "partly": Words("granted in part", "部分授权"),
    "refused": Words("refused", "已拒绝"),
    "ended": Words("ended", "已终止"),
}

APP_FACTS: dict[str, Words] = {
    "entity_verified": Words("Who is behind it has been verified", "主体已核实"),
    "privacy_policy": Words("It has a published privacy policy", "已公布隐私政策"),
    "asks_people": Words("It asks each person for consent", "逐一征得用户同意"),
    "passes_data_on": Words("It passes people's data on to others", "将用户数据转交他人"),
    "sells_goods": Words("It sells goods, or lets others sell", "销售商品或供他人销售"),
    "keeps_days": Words("Days for which it keeps people's data", "用户数据保存天数"),
    "violation_free_days": Words("Days since its last serious violation", "距上次严重违规的天数"),
}
"""What an application states, in the order in which it is asked."""

END_REASONS: dict[str, Words] = {
    "asked": Words("whoever has the app asked for it", "应用方申请终止"),
    "closed": Words("the app is gone", "应用已停止运营"),
    "breach": Words("it broke the rules", "违反规则"),
}

INTERESTS: dict[str, Words] = {
    "invested": Words("invested in", "投资"),
    "owned": Words("owned", "持有"),
    "board": Words("seat on its board", "董事席位"),
    "contract": Words("contract", "合同"),
}

DEAL_STATES: dict[str, Words] = {
    "open": Words("open", "进行中"),
    "completed": Words("complete", "已成团"),
    "refunding": Words("missed, money goes back", "未成团，退款中"),
    "refunded": Words("missed, all refunded", "未成团，已全部退款"),
}

ENROLMENTS: dict[str, Words] = {
    "enrolled": Words("enrolled", "在读"),
    "graduated": Words("graduated", "已毕业"),
    "unknown": Words("not known to the school", "学校查无此人"),
}

SALE_ROLES: dict[str, Words] = {
    "maker": Words("maker", "生产者"),
    "operator": Words("room's operator", "直播间运营者"),
    "anchor": Words("marketer", "主播"),
    "platform": Words("platform", "平台"),
}

KNOWLEDGE: dict[str, Words] = {
    "knew": Words("knew it", "明知"),
    "should_have_known": Words("should have known", "应知"),
    "warned": Words("had been warned", "曾获提醒"),
    "unaware": Words("was not told", "不知情"),
}

REACH: dict[str, Words] = {
    "few": Words("few people", "少数人"),
    "many": Words("many people", "较多人"),
    "mass": Words("a mass of people", "大量人群"),
}

PURPOSES: dict[str, Words] = {
    "buyer": Words("paid by", "买家付出"),
    "held": Words("held for", "暂存"),
    "organiser": Words("paid out to", "付给组织者"),
    "owes": Words("owed by", "应付方"),
    "refund_due": Words("refund due to", "应得退款"),
    "damages_due": Words("damages due to", "应得赔偿"),
}
"""What accounts of money are for; whose they are follows the words."""

WHYS: dict[str, Words] = {
    "joined the deal": Words("joined the deal", "参团"),
    "the deal completed": Words("the deal completed", "成团"),
    "the deal missed its threshold": Words("the deal missed its threshold", "未成团退款"),
    "goods proved fake": Words("goods proved fake", "商品被证实为假货"),
    "the proof was taken back": Words("the proof was taken back", "假货证明被收回"),
}
"""What entries of the ledger are for, as the service writes it."""


def named(table: dict[str, Words], name: str) -> Words:
    """The words of a name; the name itself where the table does not know it."""
    return table.get(name, Words(name, name))
