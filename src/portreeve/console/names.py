"""Names of things as the console shows them: queues, states, stages, sanctions."""

from __future__ import annotations

from portreeve.console.words import Words

QUEUES: dict[str, Words] = {
    "black-goods": Words("Black goods", "禁售品"),
    "medical": Words("Medical", "医疗"),
    "reports": Words("Reports", "举报"),
    "default": Words("General", "一般"),
    "senior": Words("Senior", "高级"),
    "appeals": Words("Appeals", "申诉"),
}

ITEM_STATES: dict[str, Words] = {
    "published": Words("published", "已发布"),
    "held": Words("held back", "待人工"),
    "refused": Words("refused", "已拒绝"),
    "removed": Words("removed", "已移除"),
    "deleted": Words("deleted by its host", "已由平台删除"),
}

STAGES: dict[str, Words] = {
    "before": Words("before publication", "发布前"),
    "after": Words("after publication", "发布后"),
    "late": Words("late, after a missed deadline", "超时后补判"),
    "retroactive": Words("by a retroactive pass", "追溯处理"),
    "person": Words("by a person", "人工"),
}

ORIGINS: dict[str, Words] = {
    "decision": Words("a decision", "系统决定"),
    "report": Words("a report", "举报"),
    "franked": Words("a proven report from a chat", "经验证的私聊举报"),
    "claim": Words("a report without proof", "未经证实的举报"),
    "campaign": Words("a campaign of many accounts", "多账号协同推广"),
}

GRADES: dict[str, Words] = {
    "attested_public": Words("seen in public", "公开可见"),
    "franked": Words("proven by the chat's seal", "经私聊印证"),
    "reporters_claim": Words("only the reporter's word", "仅为举报人所述"),
}

SANCTIONS: dict[str, Words] = {
    "warn": Words("warning", "警告"),
    "limit": Words("less reach", "限流"),
    "mute": Words("muted", "禁言"),
    "disgorge": Words("followers taken back", "清退所得关注"),
    "block_links": Words("links blocked", "禁发链接"),
    "suspend": Words("suspended", "暂停使用"),
    "ban": Words("banned", "封禁"),
}

SANCTION_STATES: dict[str, Words] = {
    "in_force": Words("in force", "生效中"),
    "done": Words("done", "已执行"),
    "expired": Words("expired", "已到期"),
    "lifted": Words("lifted", "已解除"),
    "reversed": Words("reversed", "已撤销"),
}

APPEAL_STATES: dict[str, Words] = {
    "open": Words("open", "待处理"),
    "upheld": Words("upheld", "维持原决定"),
    "overturned": Words("overturned", "已改判"),
}
