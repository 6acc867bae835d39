"""Words of campaigns and crowds: roles, what joins, what is decided of the whole."""

from __future__ import annotations

from portreeve.console.words import Words

ROLES: dict[str, Words] = {
    "leader": Words("leader", "团队长"),
    "agent": Words("agent", "代理"),
    "member": Words("member", "成员"),
}
"""What an account is in a campaign."""

ACTS: dict[str, Words] = {
    "warn": Words("warn", "警告"),
    "strike": Words("give a strike", "记一次违规"),
    "suspend": Words("suspend", "暂停使用"),
    "ban": Words("ban", "封禁"),
}
"""What can befall accounts of a campaign, the mildest first."""

RUSHES: dict[str, Words] = {
    "friend_requested": Words("friends asked for", "收到好友申请"),
    "friend_added": Words("friends added", "新增好友"),
    "follower_added": Words("followers added", "新增关注"),
    "group_joined": Words("joined a group", "加入群聊"),
    "room_entered": Words("entered a live room", "进入直播间"),
}
"""What happened in a window of ten minutes."""


def sure(confidence: float) -> str:
    """How sure an edge of a tree is, for people: never wholly, and not finer than it is known.

    >>> sure(0.8571), sure(0.9999), sure(1.0), sure(0.004)
    ('86 %', '> 99 %', '> 99 %', '< 1 %')
    """
    if confidence >= 0.995:
        return "> 99 %"
    return f"{100 * confidence:.0f} %" if confidence >= 0.005 else "< 1 %"
