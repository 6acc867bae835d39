"""What one version of a policy changed of another, clause by clause, in words."""

from __future__ import annotations

import re
from collections.abc import Sequence
from difflib import SequenceMatcher

from portreeve.policy import Policy, Words
from portreeve.policy.diff import Change, diff
from portreeve.schemas.enforcement import Language
from portreeve.schemas.policies import Bilingual
from portreeve.schemas.public_policies import Difference, Edit, Piece
from portreeve.service.policy_reading import clause_order

_UNIT = re.compile(r"[A-Za-z0-9_.'-]+|\s+|.", re.DOTALL)
_ALIKE = 0.5
"""Texts that share less are shown one after the other: nobody reads a salad of both."""
_LANGUAGES: tuple[Language, ...] = ("en", "zh")
_CODE = frozenset({"when", "condition"})
_HEADER = frozenset({"version", "effective", "name"})
"""Said at the head of the change already."""

_SECTIONS = {
    "policy": Words("The document", "全文"),
    "surface": Words("Places", "适用范围"),
    "definition": Words("Definition", "定义"),
    "tier": Words("Tier of goods", "商品类别"),
    "form": Words("Column of the table", "表格的列"),
    "matrix": Words("Table of goods", "商品表格"),
    "way out": Words("Where to go instead", "适合的去处"),
    "ladder": Words("What breaches lead to", "违规的后果"),
    "rule": Words("Clause", "条款"),
}

_FIELDS = {
    "title": Words("title", "标题"),
    "announcement": Words("announcement", "公告"),
    "network": Words("kind of network", "网络类型"),
    "law": Words("law layer", "法律层"),
    "default tier": Words("tier of unknown goods", "未列出商品的类别"),
    "state": Words("state", "状态"),
    "until": Words("until when", "何时改变"),
    "when": Words("condition", "判断条件"),
    "words": Words("meaning", "含义"),
    "tier": Words("tier", "类别"),
    "surfaces": Words("places", "适用范围"),
    "clause": Words("number", "编号"),
    "layer": Words("law or house", "法律或平台"),
    "verdict": Words("outcome", "处理结果"),
    "because": Words("reason", "理由"),
    "comply": Words("how to put it right", "如何改正"),
    "way_out": Words("where to go instead", "适合的去处"),
    "label": Words("label", "标识"),
    "reach": Words("reach", "展示比例"),
    "strike": Words("strikes", "违规次数"),
    "ladder": Words("consequences", "后果"),
    "categories": Words("goods", "商品"),
    "how": Words("how to get there", "怎样前往"),
    "steps": Words("steps", "步骤"),
    "strikes expire after": Words("strikes are forgotten after", "违规计算期"),
}


def differences(before: Policy, after: Policy) -> list[Difference]:
    """Everything that differs, as a reader meets it: the document, its clauses, then the rest."""
    clauses = {rule.id: rule.clause for policy in (before, after) for rule in policy.rules}
    found = [
        _difference(change, clauses)
        for change in diff(before, after)
        if not (change.section == "policy" and change.field in _HEADER)
    ]
    return sorted(found, key=_place)


def _place(one: Difference) -> tuple[object, ...]:
    if one.clause is not None:
        return (1, clause_order(one.clause))
    return (0 if one.where.en == _SECTIONS["policy"].en else 2, ())


def _difference(change: Change, clauses: dict[str, str]) -> Difference:
    name, language = _split(change.field)
    clause = clauses.get(change.id) if change.section == "rule" else None
    where = _SECTIONS[change.section]
    return Difference(
        clause=clause,
        where=Bilingual(en=where.en, zh=where.zh),
        id=change.id,
        what=_what(name),
        how=change.how,
        language=language,
        code=name in _CODE,
        before=change.before,
        after=change.after,
        pieces=pieces(change.before or "", change.after or "") if change.field else [],
    )


def _split(field: str) -> tuple[str, Language | None]:
    """The name of a field, and the language of its text if it has one."""
    for language in _LANGUAGES:
        if field.endswith(f".{language}"):
            return field.removesuffix(f".{language}"), language
    return field, None


def _what(name: str) -> Bilingual | None:
    if not name:
        return None
    if name.startswith("example "):
        text = name.removeprefix("example ").strip("'\"")
        return Bilingual(en=f"example “{text}”", zh=f"例子“{text}”")
    words = _FIELDS.get(name, Words(name, name))
    return Bilingual(en=words.en, zh=words.zh)


def pieces(before: str, after: str) -> list[Piece]:
    """Two texts as one, with what went and what came marked; whole words, single characters.

    >>> [(piece.edit, piece.text) for piece in pieces("a red cat", "a blue cat")]
    [('same', 'a '), ('removed', 'red'), ('added', 'blue'), ('same', ' cat')]
    """
    old, new = _UNIT.findall(before), _UNIT.findall(after)
    matcher = SequenceMatcher(None, old, new, autojunk=False)
    if before and after and matcher.ratio() < _ALIKE:
        return [Piece("removed", before), Piece("added", after)]
    found: list[Piece] = []
    for tag, i, j, k, m in matcher.get_opcodes():
        if tag == "equal":
            _add(found, "same", old[i:j])
        else:
            _add(found, "removed", old[i:j])
            _add(found, "added", new[k:m])
    return found


def _add(found: list[Piece], edit: Edit, units: Sequence[str]) -> None:
    if units:
        found.append(Piece(edit, "".join(units)))
