"""The columns of the decision log in words: short names, meanings, and the values they take."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from portreeve.console.names import STAGES
from portreeve.console.signal_words import NAMES
from portreeve.console.words import Language, Words
from portreeve.model import INTENTS, TIERS
from portreeve.policy import Policy
from portreeve.report.words import INTENTS as INTENT_WORDS
from portreeve.report.words import SURFACES, TIER_WORDS, VERDICTS
from portreeve.signals.goods_table import goods_table
from portreeve.store.log import LOG
from portreeve.store.log.condition import FUNCTIONS

_DECISION: dict[str, tuple[Words, str]] = {
    "seq": (Words("number", "序号"), "决定的流水号"),
    "decision": (Words("decision", "决定"), "决定的编号"),
    "item": (Words("item", "内容"), "被处理的内容的编号"),
    "revision": (Words("revision", "版次"), "内容的第几次编辑"),
    "account": (Words("account", "账号"), "谁发布的"),
    "network": (Words("network", "网络"), "适用哪份规则"),
    "surface": (Words("surface", "位置"), "内容出现在哪里"),
    "stage": (Words("stage", "阶段"), "发布前、发布后、超时后、追溯，或由人决定"),
    "decided": (Words("decided", "时间"), "什么时候决定的"),
    "verdict": (Words("verdict", "处理结果"), "内容被怎样处理"),
    "lawful": (Words("lawful", "合法"), "没有法律层的规则拒绝它"),
    "permitted": (Words("permitted", "允许"), "没有任何一层的规则拒绝它"),
    "rules": (Words("rules", "规则"), "命中的所有规则，最重的在前"),
    "clauses": (Words("clauses", "条款"), "这些规则所依据的条款，次序相同"),
    "goods_tier": (Words("tier", "商品分级"), "所售商品的分级"),
    "policy": (Words("policy", "规则版本"), "依据的规则名称和版本"),
    "supersedes": (Words("supersedes", "取代"), "它取代了哪个决定"),
    "decided_by": (Words("decided by", "决定者"), "screen（机器）或审核人"),
    "audience": (Words("audience", "可见范围"), "谁能看到"),
    "day": (Words("day (UTC)", "日期（UTC）"), "决定的 UTC 日期，YYYY-MM-DD"),
    "undone": (Words("undone", "撤销时间"), "什么时候被撤销"),
    "undone_by": (Words("undone by", "撤销人"), "被谁撤销"),
    "superseded_by": (Words("superseded by", "被取代"), "取代它且未被撤销的决定"),
    "in_force": (Words("in force", "有效"), "既未撤销也未被取代"),
}

_STANDINGS = {
    "person": Words("person", "个人"),
    "merchant": Words("merchant", "商户"),
    "verified_merchant": Words("verified merchant", "认证商户"),
    "campus_member": Words("campus member", "校园成员"),
}
_LICENCES = {
    "none": Words("none", "无"),
    "claimed": Words("claimed", "自称有"),
    "verified": Words("verified", "已核验"),
}

TYPES = {
    "text": Words("text", "文本"),
    "number": Words("number", "数值"),
    "count": Words("count", "计数"),
    "boolean": Words("true or false", "是否"),
    "time": Words("time", "时间"),
    "list": Words("list", "列表"),
}

_FUNCTIONS_ZH = {
    "list_contains": "列表中是否有这个文本",
    "coalesce": "第一个非 NULL 的值",
    "length": "字符数",
    "lower": "转为小写",
    "upper": "转为大写",
    "starts_with": "是否以它开头",
    "ends_with": "是否以它结尾",
    "abs": "绝对值",
}


def head(name: str, language: Language) -> str:
    """What stands above a column.

    >>> head("verdict", "zh"), head("contacts", "en"), head("cjk_share", "zh")
    ('处理结果', 'handles', '中文占比')
    """
    words = _DECISION[name][0] if name in _DECISION else NAMES.get(name, Words(name, name))
    return words.zh if language == "zh" else words.en


def meaning(name: str, language: Language) -> str:
    """What a column says."""
    if language == "en":
        return LOG[name].meaning
    return _DECISION[name][1] if name in _DECISION else head(name, language)


def values(name: str, networks: Sequence[str] = ()) -> dict[str, Words]:
    """The values of a column, where there are few; none where there may be any."""
    if name == "network":
        return {network: Words(network, network) for network in networks}
    if name == "goods_category":
        return {id: Words(goods.en, goods.zh) for id, goods in goods_table().items()}
    return _VALUES.get(name, {})


_VALUES: dict[str, dict[str, Any]] = {
    "verdict": {str(verdict): words for verdict, words in VERDICTS.items()},
    "surface": {str(surface): words for surface, words in SURFACES.items()},
    "goods_tier": {tier: TIER_WORDS[tier] for tier in TIERS},
    "intent": {intent: INTENT_WORDS[intent] for intent in INTENTS},
    "stage": STAGES,
    "standing": _STANDINGS,
    "licence": _LICENCES,
    "decided_by": {"screen": Words("the machine", "机器")},
}


def catalog(policies: Sequence[Policy], language: Language) -> dict[str, Any]:
    """All that completion needs: columns with type, meaning and values, and the functions."""
    networks = [policy.name for policy in policies]
    rules: dict[str, str] = {}
    for policy in policies:
        for rule in policy.rules:
            rules.setdefault(rule.id, rule.clause)
    columns = []
    for column in LOG.values():
        known = values(column.name, networks)
        entry: dict[str, Any] = {
            "name": column.name,
            "type": column.type,
            "meaning": meaning(column.name, language),
        }
        if column.name == "rules":
            entry["values"] = [[id, clause] for id, clause in rules.items()]
        elif known:
            entry["values"] = [
                [value, words.zh if language == "zh" else words.en]
                for value, words in known.items()
            ]
        columns.append(entry)
    functions = [
        {"name": name, "meaning": _FUNCTIONS_ZH[name] if language == "zh" else said}
        for name, said in FUNCTIONS.items()
    ]
    return {"columns": columns, "functions": functions}
