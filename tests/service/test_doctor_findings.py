"""What the doctor may say: each in both languages, with the facts that it is given."""

import ast
import inspect
import re
from string import Formatter

from portreeve.service import doctor
from portreeve.service.doctor_findings import CHECKS, KINDS, finding

CHINESE = re.compile("[\u4e00-\u9fff]")


def facts_of(text):
    return {name for _, name, _, _ in Formatter().parse(text) if name}


def facts_by_kind():
    """The facts of each kind, as its English words hold them."""
    return {
        id: facts_of(kind.found.en) | facts_of("" if kind.remedy is None else kind.remedy.en)
        for id, kind in KINDS.items()
    }


def test_every_finding_and_remedy_is_said_in_both_languages():
    words = [*CHECKS.values(), *(kind.found for kind in KINDS.values())]
    words += [kind.remedy for kind in KINDS.values() if kind.remedy is not None]
    assert [one.en for one in words if CHINESE.search(one.en) or not one.en] == []
    assert [one.en for one in words if not CHINESE.search(one.zh)] == []
    assert [one.en for one in words if not facts_of(one.zh) <= facts_of(one.en)] == []


def test_whatever_is_not_well_says_what_to_do():
    assert [id for id, kind in KINDS.items() if (kind.remedy is None) != (kind.state == "ok")] == []


def test_each_kind_is_found_by_the_doctor_with_its_facts():
    given = {}
    for call in ast.walk(ast.parse(inspect.getsource(doctor))):
        if isinstance(call, ast.Call) and getattr(call.func, "id", "") == "finding":
            given[call.args[1].value] = {fact.arg for fact in call.keywords}
    assert given == facts_by_kind()


def test_a_finding_in_chinese():
    assert finding("master key", "key-open", path="keys/a").said("zh") == {
        "check": "主密钥",
        "state": "fail",
        "found": "其他用户可以读取 keys/a",
        "remedy": "请执行 chmod 600 keys/a，并确认密钥是否已被他人读取。",
    }
