"""Words that the pages about policies share: states, kinds of changes, refusals, conditions."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import NamedTuple
from urllib.parse import quote

from portreeve.console.desk import Desk
from portreeve.console.words import Words
from portreeve.policy import Policy
from portreeve.service.errors import ServiceError

STATES = {
    "proposed": Words("waits for approval", "待批准"),
    "approved": Words("approved", "已批准"),
    "scheduled": Words("scheduled", "已排期"),
    "rollout": Words("rolled out in part", "灰度中"),
    "in_force": Words("in force", "生效中"),
    "past": Words("no longer in force", "已失效"),
}
"""How far a version has come."""

CHANGES = {
    "default": Words("shipped default", "出厂默认"),
    "activation": Words("activated", "生效"),
    "rollback": Words("rolled back to", "回退到"),
    "rollout": Words("roll-out", "灰度"),
    "shadow": Words("shadow", "影子"),
    "withdrawal": Words("withdrawn", "撤回"),
}
"""What people do about what is in force."""

PASSES = {
    "listing": Words("listing", "列举中"),
    "listed": Words("listed, waits", "已列出，待执行"),
    "running": Words("taking down", "撤下中"),
    "done": Words("done", "已完成"),
    "stopped": Words("stopped", "已停止"),
}
"""How far a retroactive pass is."""

LANGUAGES = {
    "zh": Words("Chinese", "中文"),
    "other": Words("not Chinese", "非中文"),
    "none": Words("no words", "没有文字"),
}
"""Languages of posts, as far as their letters tell them apart."""

HOW = {
    "added": Words("added", "新增"),
    "removed": Words("removed", "删除"),
    "changed": Words("changed", "修改"),
}

SECTIONS = {
    "policy": Words("header", "文件头"),
    "surface": Words("surface", "位置"),
    "definition": Words("definition", "定义"),
    "counter": Words("counter", "计数器"),
    "tier": Words("tier", "分级"),
    "form": Words("form", "形式"),
    "matrix": Words("table", "表格"),
    "way out": Words("way out", "去处"),
    "ladder": Words("ladder", "阶梯"),
    "rule": Words("rule", "规则"),
}

_REFUSALS = {
    "no-record": Words(
        "Nothing was changed: the version lacks approvals, so there is no decision record yet. "
        "Ask somebody other than its proposer to read the text and approve it.",
        "未作任何改动：这个版本还没有得到足够的批准，因此没有决定记录。"
        "请提交人以外的人阅读文本并批准。",
    ),
    "same-person": Words(
        "Whoever proposed a version cannot approve it or dissent from it. Ask somebody else.",
        "提交人不能对自己提交的版本表示批准或异议，请由其他人来做。",
    ),
    "conflict": Words(
        "This cannot be done as things stand now. Nothing was changed.",
        "按目前的状态不能这样做，未作任何改动。",
    ),
    "policy-errors": Words(
        "The text has errors, or one of its examples comes out otherwise than it says. Mend them "
        "first.",
        "文本有错误，或者有例子的结果与所写不符，请先改正。",
    ),
    "invalid": Words(
        "Something in the form is not as it should be. Nothing was changed.",
        "填写的内容有误，未作任何改动。",
    ),
}


class Refusal(NamedTuple):
    """Why the service did not do it: in the reader's words, and in its own."""

    words: Words
    detail: str
    field: str | None


def refusal(error: ServiceError) -> Refusal:
    """A refusal, explained; one that is not about policies goes on to the page of errors.

    Raises:
        ServiceError: the same, when nothing is known to be said of it.
    """
    words = _REFUSALS.get(error.code)
    if words is None:
        raise error
    return Refusal(words, error.detail, error.field)


class Piece(NamedTuple):
    """A part of a condition; a defined word has the address of its meaning."""

    text: str
    href: str | None = None


_TOKEN = re.compile(r"'(?:[^']|'')*'|[A-Za-z_][A-Za-z0-9_.]*|[^A-Za-z_']+")


def condition(when: str, words: Collection[str]) -> list[Piece]:
    """A condition in pieces; ``words`` are the names that the policy defines.

    >>> condition("selling AND prices > 0", {"selling"})
    [Piece(text='selling', href='#word-selling'), Piece(text=' AND prices > 0', href=None)]
    """
    found: list[Piece] = []
    for text in _TOKEN.findall(when):
        if text in words:
            found.append(Piece(text, f"#word-{text}"))
        elif found and found[-1].href is None:
            found[-1] = Piece(found[-1].text + text)
        else:
            found.append(Piece(text))
    return found


def named_by(policy: Policy) -> Collection[str]:
    """The names that a policy gives a meaning: its definitions and counters."""
    return {*policy.definitions, *policy.counters}


def conditions_of(policy: Policy) -> Mapping[str, list[Piece]]:
    """Every condition of a policy in pieces, by its text."""
    words = named_by(policy)
    texts = {rule.when for rule in policy.rules} | {d.when for d in policy.definitions.values()}
    texts |= {counter.when for counter in policy.counters.values() if counter.when is not None}
    return {text: condition(text, words) for text in texts}


def moment(desk: Desk, value: str | None) -> datetime | None:
    """A time as a browser's field gives it, in the reader's zone.

    Raises:
        ServiceError: ``invalid``.
    """
    if not value:
        return None
    try:
        return datetime.fromisoformat(value).replace(tzinfo=desk.zone)
    except ValueError:
        raise ServiceError(
            "invalid",
            "`effective` is no time. Write it as 2026-12-31T09:30:00.",
            field="effective",
        ) from None


def version_path(label: str, *more: str) -> str:
    """The address of a version's page.

    >>> version_path("acquaintance@2014-06", "difference")
    '/console/policies/acquaintance/2014-06/difference'
    """
    return "/".join(["/console/policies", *(quote(p, safe="") for p in label.split("@", 1)), *more])
