"""Every kind of event, and every thing that is kept, in both languages."""

from __future__ import annotations

from portreeve.console.words import Words
from portreeve.schemas.events import EVENTS

_ZH = {
    "item.restored": "内容可以重新展示，或按原样展示",
    "item.labelled": "内容应加标识展示",
    "item.limited": "内容应只展示给较少的人，`reach` 为比例",
    "item.held": "内容应等待人工决定",
    "item.refused": "内容不应展示",
    "item.removed": "内容应撤下",
    "item.deleted": "平台告知内容已删除",
    "comments.hidden": "所答内容被撤下，`items` 中的评论应隐藏",
    "comments.restored": "`items` 中的评论可以重新展示",
    "decision.made": "决定产生了后果",
    "decision.late": "此前按位置的兜底规则答复的内容，现已判断",
    "decision.reversed": "决定及其全部后果已撤销",
    "sanction.started": "账号受到处罚",
    "sanction.expired": "处罚到期结束",
    "sanction.lifted": "处罚被解除，或随决定撤销",
    "followers.disgorge": "应移除在 `windows` 期间获得的关注者",
    "followers.restore": "应恢复此前移除的关注者",
    "notice.created": "有内容需要告知账号",
    "account.erased": "用户数据已抹除",
    "report.filed": "收到举报",
    "report.resolved": "举报已有结果，应告知举报人",
    "case.opened": "有事项需要人工决定",
    "case.decided": "案件已由人工决定",
    "case.claimed": "审核员领取了案件",
    "case.released": "审核员未作决定，退回了案件",
    "case.reopened": "案件需要重新决定：两次判断不一致，或决定被收回",
    "case.release-requested": "有人申请查看封存的证据",
    "appeal.filed": "有人对决定提出申诉",
    "appeal.decided": "申诉已答复，应告知本人",
    "policy.proposed": "有人提出规则版本",
    "policy.activated": "规则版本已投入执行",
    "policy.rolled_back": "网络已恢复到较早的版本",
    "policy.rollout": "某个版本对一部分账号执行",
    "policy.shadow": "某个版本开始或停止旁路试判",
    "policy.withdrawn": "一项变更在生效前被撤回",
    "policy.retroactive.started": "追溯处理开始列出内容",
    "policy.retroactive.listed": "追溯处理已列出将撤下的内容",
    "policy.retroactive.done": "追溯处理已撤下所列内容",
    "policy.retroactive.stopped": "追溯处理已终止",
    "alarm.raised": "某条规则的命中率突然上升",
    "key.created": "新建了 API 密钥",
    "key.revoked": "API 密钥已吊销",
    "person.created": "新增了可登录控制台的成员",
    "person.roles": "成员的角色有变化",
    "person.disabled": "成员不能再登录控制台",
    "person.enabled": "成员恢复登录控制台",
    "merchant.registered": "商家登记，或更新了登记信息",
    "merchant.licence": "商家的某项许可已由人工审定，结果见 `state`",
    "merchant.ended": "企业账号已终止",
    "merchant.handed_over": "离职员工 `staff` 的顾客改由 `to` 中的员工服务",
    "merchant.broadcast": "商家申请向顾客群发",
    "claim.opened": "直播售出的商品被证实为假货：`payer` 应向买家支付 `refund` 和 `damages`",
    "claim.withdrawn": "索赔依据被收回，无需支付",
    "deal.completed": "团购已成团，由组织者交付",
    "deal.failed": "团购未成团，全部退款",
    "deal.refunded": "应向 `accounts` 退回已付款项，账目见台账",
    "partner.decided": "某个应用的权限申请已获批或被拒",
    "partner.token-revoked": "令牌不再有任何权限",
    "webhook.disabled": "服务停止向某个 Webhook 发送",
    "webhook.test": "有人测试 Webhook，只有该 Webhook 会收到",
}

GROUPS: dict[str, Words] = {
    "item": Words("Items", "内容"),
    "comments": Words("Comments", "评论"),
    "decision": Words("Decisions", "决定"),
    "sanction": Words("Sanctions", "处罚"),
    "followers": Words("Followers", "关注者"),
    "notice": Words("Notices", "通知"),
    "account": Words("Accounts", "账号"),
    "report": Words("Reports", "举报"),
    "case": Words("Cases", "案件"),
    "appeal": Words("Appeals", "申诉"),
    "policy": Words("Policies", "规则"),
    "merchant": Words("Merchants", "商家"),
    "claim": Words("Claims of buyers", "买家索赔"),
    "deal": Words("Group-buying deals", "团购"),
    "partner": Words("Partners' apps", "合作应用"),
    "alarm": Words("Alarms", "告警"),
    "key": Words("API keys", "API 密钥"),
    "person": Words("People of the console", "控制台成员"),
    "webhook": Words("Webhooks", "Webhook"),
}
"""What events are about, by the first word of their type."""


def event_words(type: str) -> Words:
    """What an event means."""
    meaning = EVENTS[type].meaning if type in EVENTS else type
    return Words(meaning, _ZH.get(type, meaning))


def group_words(name: str) -> Words:
    """What events with this first word are about."""
    return GROUPS.get(name, Words(name, name))


def by_group() -> dict[str, list[str]]:
    """The types of events, by what they are about; without the test's own."""
    found: dict[str, list[str]] = {}
    for type in EVENTS:
        if type != "webhook.test":
            found.setdefault(type.partition(".")[0], []).append(type)
    return found


KEPT: dict[str, Words] = {
    "contents": Words("What posts said, and where the evidence lies in it", "内容原文及证据位置"),
    "pictures": Words("Pictures, and what was read in them", "图片及从中识别的内容"),
    "followed_links": Words("Where short links led", "短链接的去向"),
    "link_items": Words(
        "Items whose short links are to be followed", "短链接待跟进的内容"
    ),
    "item_pictures": Words("Which item showed which picture", "内容与图片的对应关系"),
    "decisions.words": Words("Reviewers' reasons for decisions", "审核员的决定理由"),
    "case_actions.words": Words("Reviewers' notes on cases", "审核员的案件备注"),
    "past_prints": Words("Prints by which similar posts are found", "用于查找相似内容的指纹"),
    "appeals.words": Words("What people said in appeals, and the answers", "申诉内容与答复"),
    "reports.words": Words("What reports say, and reported messages", "举报内容与被举报的消息"),
    "sanctions.words": Words("Reasons for sanctions by hand", "人工处罚的理由"),
    "reversals.words": Words("Reasons for undoing decisions", "撤销决定的理由"),
    "relations": Words("Relation events between accounts", "账号之间的关系事件"),
    "events": Words("Events for webhooks", "Webhook 事件"),
    "decisions": Words("Decisions with rules, clauses and signals", "决定及其规则、条款、信号"),
    "items": Words("That an item was published, and its state", "内容的发布记录与状态"),
    "strikes": Words("Strikes that are forgotten", "已过期的违规记录"),
    "sanctions": Words("Sanctions that have ended", "已结束的处罚"),
    "notices": Words("That a notice was given and read", "通知及是否已读"),
    "reversals": Words("What undoing decisions restored", "撤销决定时恢复的内容"),
    "case_actions": Words("What was done on cases", "案件的处理过程"),
    "case_items": Words("Which items a case had", "案件包含的内容"),
    "evidence_releases": Words("Leave to read sealed evidence", "查看封存证据的许可"),
    "second_readings": Words("Second readings", "复核抽查"),
    "cases": Words("Cases", "案件"),
    "appeals": Words("Appeals", "申诉"),
    "reports": Words("Reports", "举报"),
    "judgements": Words("What people found of rules' hits", "人工对规则命中的判断"),
    "campaign_cases": Words("Which case is about which campaign", "案件与团伙的对应关系"),
    "campaign_decisions": Words("Decisions on whole campaigns", "对整个团伙的决定"),
    "campaign_referrals": Words("That referral files were made", "移送文件的生成记录"),
    "campaign_decisions.words": Words(
        "Reasons of decisions on whole campaigns", "对整个团伙作决定的理由"
    ),
    "ads": Words("Search advertisements", "搜索广告"),
    "ad_bids": Words("What was bid for advertisements", "广告出价"),
    "merchants": Words("Merchants whose account has ended", "已终止的商家登记"),
    "merchant_licences": Words("Licences of merchants", "商家许可"),
    "merchant_staff": Words("Staff of merchants", "商家员工"),
    "merchant_customers": Words("Customers of merchants", "商家顾客"),
    "merchant_tags": Words("Tags that merchants give to customers", "商家的顾客标签"),
    "merchant_tagged": Words("Which customer has which tag", "顾客的标签"),
    "merchant_broadcasts": Words("Messages of merchants to customers", "商家群发"),
    "merchant_outcomes": Words("What became of merchants' messages", "群发结果"),
    "live_sales": Words("Goods that live rooms offered", "直播间所售商品的登记"),
    "live_disclosures": Words("When live rooms showed who sells", "直播间公示销售者的时段"),
    "live_promotions": Words("Praise of goods in live rooms", "主播推荐商品的记录"),
    "live_tellings": Words("What promoters were told of goods", "推荐者所获的商品告知"),
    "live_orders": Words("Orders that came of live sales", "直播带来的订单"),
    "live_harms": Words("Proofs of fakes that were taken back", "已收回的假货证明"),
    "live_claims": Words("Claims of buyers that were withdrawn", "已撤回的买家索赔"),
    "live_judgements": Words(
        "What promoters answered for, once it does not hold", "已失效的推荐者责任认定"
    ),
    "enrolments": Words("Who is enrolled, once that has expired", "已过期的学籍核验结果"),
    "deals": Words("Group-buying deals that have ended", "已结束的团购"),
    "deal_members": Words("Who joined deals", "参团记录"),
    "checkers": Words(
        "Checkers of enrolment that are trusted no more", "已不再信任的学籍核验方"
    ),
    "partners": Words(
        "Apps that have no scope: refused, or ended", "没有权限的合作应用（被拒或已终止）"
    ),
    "partner_tokens": Words("Tokens of partners' apps that have expired", "合作应用的过期令牌"),
    "log_files": Words("Files of the decision log", "决定日志文件"),
}  # fmt: skip
"""What is kept for a time, by the name that retention gives it."""

_LOOKED_AT = Words("while somebody still has to look at it", "仍有人需要查看时")
_WITH_MERCHANT = Words("as long as the merchant is kept", "商家登记保留期间")
_WITH_CLAIM = Words("as long as a claim rests on it", "有索赔以其为依据时")
_WITH_SALE = Words(
    "as long as the sale's orders and promotions are kept", "该商品的订单与推荐保留期间"
)

LONGER: dict[str, Words] = {
    "item_pictures": Words("as long as the picture is kept", "对应图片保留期间"),
    "items": Words("as long as its decision is kept", "所属决定保留期间"),
    "merchant_licences": _WITH_MERCHANT,
    "merchant_staff": _WITH_MERCHANT,
    "merchant_customers": _WITH_MERCHANT,
    "merchant_tags": _WITH_MERCHANT,
    "merchant_tagged": _WITH_MERCHANT,
    "ads": Words("as long as its item is kept", "对应内容保留期间"),
    "ad_bids": Words("as long as its ad is kept", "对应广告保留期间"),
    "live_orders": _WITH_CLAIM,
    "live_harms": _WITH_CLAIM,
    "live_promotions": Words(
        "as long as an order that came of it is kept", "由其带来的订单保留期间"
    ),
    "live_tellings": _WITH_SALE,
    "live_disclosures": _WITH_SALE,
    "live_sales": _WITH_SALE,
    "deal_members": Words("as long as the deal is kept", "团购保留期间"),
    "partners": Words("as long as it has a scope or a token", "仍有权限或令牌期间"),
}
"""While what a thing is kept longer; see :func:`longer_words`."""


def longer_words(name: str) -> Words:
    """While what something is kept longer than its days."""
    return LONGER.get(name, _LOOKED_AT)
