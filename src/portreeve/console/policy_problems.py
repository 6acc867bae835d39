"""What is wrong with a policy text, in the reader's language.

The loader says in English what it found, with the names concerned. Whoever reads Chinese is told in
Chinese what kind of mistake it is and how it is mended; the names stand in the loader's own words.
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from portreeve.console.words import Language
from portreeve.model import Verdict
from portreeve.policy import ExampleResult
from portreeve.report.words import VERDICTS
from portreeve.schemas.policies import PolicyProblem
from portreeve.service.policy_checking import TEXT, CheckedText

_SUGGESTED = re.compile(r"^Did you mean `([^`]+)`\?")


class Shown(NamedTuple):
    """A problem or a failed example, as a page shows it. ``line`` is of the text itself."""

    code: str
    severity: str
    line: int | None
    column: int | None
    file: str | None
    message: str
    detail: str | None
    """The loader's own words, where ``message`` is a translation."""
    help: str


def shown_problem(problem: PolicyProblem, language: Language) -> Shown:
    """A problem of the loader."""
    own = problem.file in (TEXT, None)
    place = (problem.line, problem.column) if own else (None, None)
    known = ZH.get(problem.code)
    if language == "en" or known is None:
        return Shown(
            problem.code, problem.severity, *place, None if own else problem.file,
            problem.message, None, problem.mend,
        )  # fmt: skip
    suggested = _SUGGESTED.match(problem.mend)
    remedy = f"您是不是想写 {suggested[1]}？" if suggested else known[1]
    return Shown(
        problem.code, problem.severity, *place, None if own else problem.file,
        known[0], problem.message, remedy,
    )  # fmt: skip


def failed_example(result: ExampleResult, language: Language) -> Shown:
    """An example that comes out otherwise than it says."""
    own = result.example.file == TEXT
    wanted, got = (VERDICTS[v].said(language) for v in (result.example.verdict, result.verdict))
    rules = ", ".join(result.rules)
    return Shown(
        "example", "error", result.example.line if own else None, None,
        None if own else result.example.file,
        _EXAMPLE[language].format(text=result.example.text, wanted=wanted, got=got),
        _why(result, rules, language),
        _MEND[language],
    )  # fmt: skip


def all_problems(checked: CheckedText, language: Language) -> list[Shown]:
    """Everything found about a text: errors first, then failed examples, then warnings."""
    problems = [shown_problem(problem, language) for problem in checked.problems]
    examples = [failed_example(result, language) for result in checked.failed]
    errors = [one for one in problems if one.severity == "error"]
    return [*errors, *examples, *(one for one in problems if one.severity != "error")]


def as_json(problems: list[Shown]) -> list[dict[str, Any]]:
    """For our own script."""
    return [problem._asdict() for problem in problems]


def _why(result: ExampleResult, rules: str, language: Language) -> str:
    zh = language == "zh"
    if result.example.verdict is Verdict.allow:
        return f"成立的规则：{rules}" if zh else f"What holds: {rules}."
    if result.rule in result.rules:
        milder = ("The rule holds, but the outcome is milder.", "本规则成立，但最终结果较轻。")
        return milder[zh]
    if not rules:
        return "没有规则成立。" if zh else "No rule holds."
    if zh:
        return f"规则 {result.rule} 不成立；成立的是：{rules}"
    return f"The rule {result.rule} does not hold; what holds is {rules}."


_EXAMPLE = {
    "en": "the example “{text}” should come out as {wanted}; it comes out as {got}",
    "zh": "例子“{text}”应为{wanted}，实际为{got}",
}
_MEND = {
    "en": "Change the condition, or move the example to the verdict that is meant.",
    "zh": "修改条件，或把例子移到应有的结果下。",
}

ZH: dict[str, tuple[str, str]] = {
    "P001": ("文件无法读取", "检查路径，用 UTF-8 保存；超过 4 MB 的请用 extends 拆分。"),
    "P002": ("YAML 格式有误", "修改所示的一行，多半是少了引号、用了制表符或缩进不对。"),
    "P003": ("用了 YAML 的锚点、别名或标签", "把值直接写出来，让每一行都能单独读懂。"),
    "P004": ("同一个键写了两次", "只保留其中一个。"),
    "P005": ("不认识的键", "改正拼写或删去；docs/policy.md 列出了全部的键。"),
    "P006": ("缺少必填的键", "补上这个键。"),
    "P007": ("值的类型不对", "按所示的形式书写。"),
    "P008": ("这里只能写规定的名称", "请用所列名称之一。"),
    "P009": ("给人看的文字缺少中文或英文", "两种语言都要写：{en: ..., zh: ...}。"),
    "P010": ("所引用的政策不存在", "改正名称；可引用的是随产品发布的政策。"),
    "P011": ("extends 互相引用，成了循环", "去掉循环中的一处 extends。"),
    "P012": ("remove 里的规则在被扩展的政策中不存在", "改正规则编号，或删去这一行。"),
    "P013": ("两条规则编号相同", "给其中一条改名。"),
    "P014": ("引用了没有定义的名称", "改正名称，或补上定义。"),
    "P015": (
        "私聊是封存的，政策不能打开，也不能作决定",
        "写 private_chat: sealed，规则、形式和例子里都不要列它。",
    ),
    "P016": (
        "名称不合规定，或已被占用",
        "换一个名称：小写字母、数字和下划线；规则编号还可以用点和连字符。",
    ),
    "P020": ("条件不是合格的 SQL 表达式", "修改所示之处。"),
    "P021": ("条件里的名称既不是信号，也不是定义或计数器", "改正拼写；输入时会提示可用的信号。"),
    "P022": ("类型不符", "与同类型的值比较。"),
    "P023": ("不认识的函数", "请用所列的函数。"),
    "P024": (
        "这种 SQL 写法不能用在条件里",
        "只用比较、AND、OR、NOT、IN、BETWEEN、LIKE 和 IS NULL。",
    ),
    "P025": ("这个信号不会取这个值", "请用这个信号可能的取值。"),
    "P026": ("条件或其中一部分永远不成立", "修改所示的界限，或删去这一部分。"),
    "P027": ("条件或其中一部分永远成立", "修改所示的界限，或删去这一部分。"),
    "P028": (
        "每当它成立，都有另一条不轻于它的规则同时成立，这条规则不起作用",
        "删去它，收窄另一条，或加重它的结果。",
    ),
    "P029": ("定义互相引用，成了循环", "打断所示的循环。"),
    "P030": ("嵌套太深或太长", "把条件拆成几个定义。"),
    "P031": (
        "法律层的规则用了平台政策才决定的内容",
        "在法律文件里另行定义：平台可以更严，不能更松。",
    ),
    "P032": (
        "计数器的条件用到了计数器或记忆类信号",
        "只用内容本身的信号；另一部分条件写到规则里。",
    ),
    "P040": ("表格中有一格没有决定", "每一行的每一种形式都要写明结果。"),
    "P041": ("表格缺少某一等级或受保护出让的一行", "补上这一行。"),
    "P042": ("同一类商品出现在两行，或同一位置属于两种形式", "只保留一处。"),
    "P050": ("处罚阶梯的次序或期限有误", "at 要逐级上升；只有有期限的处罚写 for。"),
    "P051": (
        "规则缺少其结果所需的内容，或写了用不上的内容",
        "label 要写标识文字，limit 要写 reach，记违规要写 ladder。",
    ),
    "P052": ("这个例子不可能是本规则的内容", "把例子放在规则适用的位置上。"),
    "P053": ("计数器的各项互不相容，或者与另一个计数器相同", "修改所示的一项。"),
    "P060": (
        "规则没有写应当命中的例子，无从检验",
        "补上 examples：一个应命中的，一个相近但应放行的。",
    ),
    "P061": (
        "同层另有一条规则总是同时成立，且不轻于它；它只起写明条款的作用",
        "可以保留；或加重结果，或收窄另一条。",
    ),
    "P062": ("没有条件用到这个定义", "删去，或用上它。"),
    "P063": ("没有条件用到这个计数器", "删去，或用上它。"),
}
"""For every code of the loader what it means and how it is mended, in Chinese."""
