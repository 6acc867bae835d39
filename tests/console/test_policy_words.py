"""Problems and refusals in the reader's language."""

from __future__ import annotations

import pytest

from portreeve.console.policy_problems import ZH, all_problems, as_json
from portreeve.console.policy_words import refusal
from portreeve.policy import CODES
from portreeve.policy.files import read, shipped_folder
from portreeve.service.errors import ServiceError
from portreeve.service.policy_checking import check_policy_text

SHIPPED = read(shipped_folder() / "acquaintance.yaml").source.text


def test_every_code_of_the_loader_has_its_words_in_chinese():
    assert set(ZH) == set(CODES)


def test_a_problem_keeps_its_place_and_the_loaders_own_words():
    checked = check_policy_text(
        SHIPPED.replace("when: promotion >= 0.6\n", "when: promotoin > 1\n")
    )
    [shown] = all_problems(checked, "zh")
    assert (shown.code, shown.severity, shown.file) == ("P021", "error", None)
    assert shown.message == "条件里的名称既不是信号，也不是定义或计数器"
    assert shown.detail == "unknown signal `promotoin`"
    assert shown.help == "您是不是想写 promotion？"
    [english] = all_problems(checked, "en")
    assert (english.message, english.detail) == ("unknown signal `promotoin`", None)
    assert english.help == "Did you mean `promotion`?"
    assert (
        english.line == shown.line == SHIPPED[: SHIPPED.index("promotion >= 0.6")].count("\n") + 1
    )


def test_a_failed_example_says_what_came_out_instead():
    text = """\
extends: acquaintance
policy: acquaintance
version: "2"
effective: 2026-01-01T00:00:00+08:00
rules:
  - id: many-tags
    clause: "16.1"
    surfaces: [moments]
    when: hashtags > 5
    verdict: hold
    because: { en: Many tags., zh: 标签太多。 }
    examples: { hold: [今天天气真好] }
"""
    checked = check_policy_text(text)
    [english] = all_problems(checked, "en")
    assert (english.code, english.line) == ("example", 12)
    assert english.message == (
        "the example “今天天气真好” should come out as held; it comes out as allowed"
    )
    assert english.detail == "No rule holds."
    [chinese] = all_problems(checked, "zh")
    assert chinese.message == "例子“今天天气真好”应为待人工，实际为放行"
    assert as_json([chinese])[0]["help"] == "修改条件，或把例子移到应有的结果下。"


def test_a_refusal_is_explained_and_an_unknown_one_goes_on():
    error = ServiceError("same-person", "'ann' proposed sample@1.")
    assert refusal(error).words.zh.startswith("提交人不能")
    assert refusal(error).detail == "'ann' proposed sample@1."
    with pytest.raises(ServiceError):
        refusal(ServiceError("unavailable", "The database does not answer."))
