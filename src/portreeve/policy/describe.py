"""A policy or a rule put into words, in English or Chinese."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import msgspec

from portreeve.model import SurfaceState
from portreeve.policy.document import Policy
from portreeve.policy.explain import show
from portreeve.policy.expression import Ref
from portreeve.policy.parts import Counter, Example, Rule, Words

_SAID = {
    "en": {
        "from": "holds from",
        "law": "law layer",
        "surfaces": "Surfaces",
        "until": "until",
        "definitions": "Definitions",
        "counters": "Counters",
        "matrix": "Matrix",
        "rules": "Rules",
        "ways_out": "Ways out",
        "ladders": "Ladders",
        "expire": "strikes expire after",
        "days": "days",
        "at": "at",
        "for": "for",
        "clause": "clause",
        "on": "on",
        "when": "when",
        "where": "where",
        "because": "because",
        "comply": "to comply",
        "way_out": "way out",
        "label": "label",
        "reach": "reaches",
        "strike": "strikes",
        "examples": "examples",
    },
    "zh": {
        "from": "生效时间",
        "law": "法律层",
        "surfaces": "场所",
        "until": "直到",
        "definitions": "定义",
        "counters": "计数器",
        "matrix": "矩阵",
        "rules": "规则",
        "ways_out": "出路",
        "ladders": "阶梯",
        "expire": "记分失效期",
        "days": "天",
        "at": "记分达到",
        "for": "为期",
        "clause": "条款",
        "on": "适用于",
        "when": "条件",
        "where": "其中",
        "because": "理由",
        "comply": "如何合规",
        "way_out": "出路",
        "label": "标注",
        "reach": "触达",
        "strike": "记分",
        "examples": "例子",
    },
}
_STATES_ZH = {
    SurfaceState.governed: "受治理",
    SurfaceState.sealed: "封存",
    SurfaceState.off: "关闭",
}


def describe_policy(policy: Policy, lang: str = "en") -> str:
    """The whole policy as a text: what people are told, and what is decided where."""
    said = _SAID[lang if lang in _SAID else "en"]
    head = f"{policy.title.said(lang)} ({policy.label}, {said['from']} {policy.effective})"
    parts = [head]
    parts += [w.said(lang) for w in (policy.network, policy.announcement) if w is not None]
    if policy.law is not None:
        parts.append(f"{said['law']}: {policy.law}")
    parts.append(_section(said["surfaces"], _surfaces(policy, lang)))
    parts.append(_section(said["definitions"], _definitions(policy, lang)))
    parts.append(_section(said["counters"], _counters(policy, lang)))
    if policy.matrix is not None:
        parts.append(_section(said["matrix"], _matrix(policy, lang)))
    parts.append(_section(said["rules"], _rules(policy, lang)))
    parts.append(_section(said["ways_out"], _ways_out(policy, lang)))
    parts.append(_section(said["ladders"], _ladders(policy, lang)))
    return "\n\n".join(part for part in parts if part)


def describe_rule(policy: Policy, rule: Rule, lang: str = "en") -> str:
    """One rule as a text: condition, definitions that it uses, reason, way out, examples."""
    said = _SAID[lang if lang in _SAID else "en"]
    lines = [
        f"{rule.id} ({said['clause']} {rule.clause}, {rule.layer}): {rule.verdict}",
        f"  {said['on']}: {', '.join(rule.surfaces)}",
        f"  {said['when']}: {rule.when}",
    ]
    for name in definitions_used(policy, rule):
        lines.append(f"    {said['where']} {name}: {policy.definitions[name].words.said(lang)}")
    for counter in counters_used(policy, rule):
        lines.append(f"    {said['where']} {_counter(counter, lang)}")
    for key, words in (("because", rule.because), ("comply", rule.comply), ("label", rule.label)):
        if words is not None:
            lines.append(f"  {said[key]}: {words.said(lang)}")
    if rule.way_out is not None:
        way = policy.ways_out[rule.way_out]
        lines.append(f"  {said['way_out']}: {way.title.said(lang)}: {way.how.said(lang)}")
    if rule.reach is not None:
        lines.append(f"  {said['reach']}: {rule.reach:.0%}")
    if rule.strike:
        lines.append(f"  {said['strike']}: {rule.strike} ({rule.ladder})")
    if rule.examples:
        lines.append(f"  {said['examples']}:")
        lines += [f"    {e.verdict}: {e.text}{_known(e)}" for e in rule.examples]
    return "\n".join(lines)


def _known(example: Example) -> str:
    known = ", ".join(f"{name} = {show(value)}" for name, value in example.known.items())
    return f" ({known})" if known else ""


def rule_dict(rule: Rule) -> dict[str, Any]:
    """A rule as plain values, for JSON."""
    names = [n for n in rule.__dataclass_fields__ if n not in ("condition", "examples")]
    plain: dict[str, Any] = msgspec.to_builtins({name: getattr(rule, name) for name in names})
    return {**plain, "examples": msgspec.to_builtins(rule.examples)}


def policy_dict(policy: Policy) -> dict[str, Any]:
    """A policy as plain values, for JSON."""
    simple = ("name", "version", "effective", "layer", "title", "announcement", "network", "law")
    rest = ("tiers", "default_tier", "forms", "matrix", "ways_out", "ladders")
    plain: dict[str, Any] = {name: getattr(policy, name) for name in (*simple, *rest)}
    plain["ladders"] = {name: _ladder_dict(policy, name) for name in policy.ladders}
    plain["surfaces"] = policy.surface_rules
    plain["definitions"] = {
        name: {"words": d.words, "when": d.when, "layer": d.layer}
        for name, d in policy.definitions.items()
    }
    plain["counters"] = {name: _counter_dict(c) for name, c in policy.counters.items()}
    plain["rules"] = [rule_dict(rule) for rule in policy.rules]
    result: dict[str, Any] = msgspec.to_builtins(plain, str_keys=True)
    return result


def _counter_dict(counter: Counter) -> dict[str, Any]:
    return {
        "words": counter.words,
        "count": counter.count,
        "by": counter.by,
        "over_seconds": None if counter.count == "hours" else counter.over.total_seconds(),
        "against_seconds": counter.against.total_seconds() if counter.against else None,
        "when": counter.when,
        "layer": counter.layer,
        "identity": counter.identity,
    }


def _ladder_dict(policy: Policy, name: str) -> dict[str, Any]:
    ladder = policy.ladders[name]
    expire = ladder.strikes_expire
    return {
        "strikes_expire_seconds": None if expire is None else expire.total_seconds(),
        "steps": [
            {
                "at": step.at,
                "sanctions": step.sanctions,
                "seconds": None if step.lasts is None else step.lasts.total_seconds(),
            }
            for step in ladder.steps
        ],
    }


# --- sections -----------------------------------------------------------------------------------


def _section(title: str, lines: list[str]) -> str:
    return "\n".join([title, *(f"  {line}" for line in lines)]) if lines else ""


def _surfaces(policy: Policy, lang: str) -> list[str]:
    said = _SAID[lang if lang in _SAID else "en"]
    lines = []
    for surface, rule in policy.surface_rules.items():
        state = _STATES_ZH[rule.state] if lang == "zh" else rule.state.value
        until = f", {said['until']}: {rule.until.said(lang)}" if rule.until is not None else ""
        lines.append(f"{surface}: {state}{until}")
    return lines


def _definitions(policy: Policy, lang: str) -> list[str]:
    return [f"{name}: {d.words.said(lang)}" for name, d in policy.definitions.items()]


def _counters(policy: Policy, lang: str) -> list[str]:
    return [_counter(counter, lang) for counter in policy.counters.values()]


def _counter(counter: Counter, lang: str) -> str:
    words, how = counter.words.said(lang), counter_words(counter).said(lang)
    when = f"; {_SAID[lang if lang in _SAID else 'en']['when']}: {counter.when}"
    return f"{counter.name}: {words} ({how}{when if counter.when else ''})"


_COUNTED = {
    "posts": Words("posts", "发帖数"),
    "contacts": Words("different handles", "不同联系方式数"),
    "links": Words("different links", "不同链接数"),
    "audiences": Words("different audiences", "不同受众数"),
    "accounts": Words("different accounts", "不同账号数"),
    "hours": Words("hours since the first post", "首次出现至今的小时数"),
}
_COUNTED_BY = {
    "account": Words("of the same account", "同一账号"),
    "contact": Words("with the same handle", "同一联系方式"),
    "link": Words("with the same link", "同一链接"),
    "copy": Words("among its near copies", "同一组近似内容"),
}


def counter_words(counter: Counter) -> Words:
    """How a counter counts, for people; what its condition asks is not in it."""
    what, by = _COUNTED[counter.count], _COUNTED_BY[counter.by]
    if counter.count == "hours":
        return Words(f"{what.en} {by.en}", f"{by.zh}{what.zh}")
    over = _long(counter.over)
    en, zh = f"{what.en} {by.en} in {over.en}", f"{by.zh} {over.zh}内的{what.zh}"
    if counter.against is not None:
        before = _long(counter.against)
        en += f", divided by the average for {over.en} in the {before.en} before"
        zh += f"，除以此前 {before.zh}里每 {over.zh}的平均值"
    return Words(en, zh)


def _long(span: timedelta) -> Words:
    """A length of time in words."""
    hours = int(span.total_seconds()) // 3600
    number, en, zh = (hours, "hour", "小时") if hours % 24 else (hours // 24, "day", "天")
    return Words(f"{number} {en}{'' if number == 1 else 's'}", f"{number} {zh}")


def _matrix(policy: Policy, lang: str) -> list[str]:
    matrix = policy.matrix
    if matrix is None:
        return []
    return [
        f"{row.title.said(lang)}: "
        + ", ".join(f"{policy.forms[f].title.said(lang)} {c.verdict}" for f, c in row.cells.items())
        for row in matrix.rows.values()
    ]


def _rules(policy: Policy, lang: str) -> list[str]:
    return [
        f"{rule.clause} {rule.id}, {rule.verdict}: {rule.because.said(lang)}"
        for rule in policy.rules
        if not rule.from_matrix
    ]


def _ways_out(policy: Policy, lang: str) -> list[str]:
    return [f"{w.title.said(lang)}: {w.how.said(lang)}" for w in policy.ways_out.values()]


def _ladders(policy: Policy, lang: str) -> list[str]:
    said = _SAID[lang if lang in _SAID else "en"]
    lines = []
    for ladder in policy.ladders.values():
        steps = []
        for step in ladder.steps:
            lasts = f" {said['for']} {step.lasts.days} {said['days']}" if step.lasts else ""
            steps.append(f"{said['at']} {step.at}: {', '.join(step.sanctions)}{lasts}")
        expire = ladder.strikes_expire
        ends = f" ({said['expire']} {expire.days} {said['days']})" if expire is not None else ""
        lines.append(f"{ladder.name}{ends}: {'; '.join(steps)}")
    return lines


def counters_used(policy: Policy, rule: Rule) -> list[Counter]:
    """Counters that a rule uses, itself or through definitions."""
    conditions = [policy.definitions[name].condition for name in definitions_used(policy, rule)]
    names = dict.fromkeys(
        part.name
        for condition in (rule.condition, *conditions)
        for part in condition.walk()
        if isinstance(part, Ref) and not part.definition
    )
    return [policy.counters[name] for name in names if name in policy.counters]


def definitions_used(policy: Policy, rule: Rule) -> list[str]:
    """Definitions that a rule uses, those that they use in turn included."""
    found: list[str] = []
    pending = [rule.condition]
    while pending:
        for part in pending.pop().walk():
            if isinstance(part, Ref) and part.name in policy.definitions and part.name not in found:
                found.append(part.name)
                pending.append(policy.definitions[part.name].condition)
    return found
