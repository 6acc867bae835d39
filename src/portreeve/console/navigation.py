"""Where one can go: the places of the console, each with its key and who may see it."""

from __future__ import annotations

from typing import NamedTuple

from portreeve.console.routes import SIGNED_IN, Needs
from portreeve.console.words import Words
from portreeve.schemas.access import Scope


class Place(NamedTuple):
    """A link in the navigation. ``key`` is pressed after ``g``."""

    path: str
    words: Words
    needs: Needs
    key: str | None = None


class Group(NamedTuple):
    """Links that belong together."""

    words: Words
    places: tuple[Place, ...]


def _any(*scopes: Scope) -> Needs:
    return Needs(signed_in=True, scopes=scopes)


NAVIGATION: tuple[Group, ...] = (
    Group(
        Words("Work", "处理"),
        (
            Place("/console", Words("Overview", "概览"), SIGNED_IN, "o"),
            Place("/console/queue", Words("Queue", "待办"), _any(Scope.cases), "q"),
            Place("/console/appeals", Words("Appeals", "申诉"), _any(Scope.cases), "a"),
            Place(
                "/console/readings", Words("Second readings", "复核抽查"), _any(Scope.cases), "r"
            ),
        ),
    ),
    Group(
        Words("Explore", "查看"),
        (
            Place("/console/search", Words("Search", "检索"), _any(Scope.log), "s"),
            Place("/console/accounts", Words("Accounts", "账号"), _any(Scope.accounts), "c"),
            Place("/console/campaigns", Words("Campaigns", "团伙"), _any(Scope.cases), "j"),
            Place("/console/crowds", Words("Crowds", "人群动员"), _any(Scope.accounts), "g"),
            Place(
                "/console/picture-banks", Words("Known pictures", "已知图片"), _any(Scope.evidence)
            ),
        ),
    ),
    Group(
        Words("Commerce", "商业"),
        (
            Place("/console/merchants", Words("Merchants", "商家"), _any(Scope.merchants), "m"),
            Place(
                "/console/licences",
                Words("Licences to verify", "待核实许可"),
                _any(Scope.merchants_verify),
                "i",
            ),
            Place("/console/ads", Words("Search ads", "搜索广告"), _any(Scope.ads, Scope.log), "d"),
            Place(
                "/console/ad-market",
                Words("Ad market", "广告市场"),
                _any(Scope.ads, Scope.ledger),
                "v",
            ),
            Place("/console/partners", Words("Partners", "合作方"), _any(Scope.partners), "n"),
            Place(
                "/console/interests",
                Words("Interests", "利益关系"),
                _any(Scope.partners, Scope.interests, Scope.audit),
                "f",
            ),
            Place("/console/deals", Words("Group buying", "团购"), _any(Scope.group_buying), "y"),
            Place(
                "/console/live-sales", Words("Live sales", "直播销售"), _any(Scope.live_sales), "z"
            ),
            Place("/console/ledger", Words("Ledger", "资金台账"), _any(Scope.ledger), "b"),
        ),
    ),
    Group(
        Words("Policy", "政策"),
        (
            Place("/console/policies", Words("Policies", "政策"), _any(Scope.policies_read), "p"),
            Place("/console/alarms", Words("Alarms", "告警"), _any(Scope.policies_read), "l"),
            Place("/console/links", Words("Links", "链接"), _any(Scope.policies_read), "x"),
        ),
    ),
    Group(
        Words("Record and settings", "记录与设置"),
        (
            Place("/console/audit", Words("Audit log", "审计日志"), _any(Scope.audit), "u"),
            Place("/console/people", Words("People", "成员"), _any(Scope.admin), "e"),
            Place("/console/settings/keys", Words("API keys", "API 密钥"), _any(Scope.admin), "k"),
            Place(
                "/console/settings/webhooks",
                Words("Webhooks", "Webhook"),
                _any(Scope.webhooks),
                "w",
            ),
            Place(
                "/console/settings/retention",
                Words("Retention", "保留期限"),
                _any(Scope.admin),
                "t",
            ),
            Place(
                "/console/settings/health", Words("Health", "运行状况"), _any(Scope.metrics), "h"
            ),
        ),
    ),
)
