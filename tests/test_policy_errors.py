"""Errors of the policy format: what is said, where it points, and that nothing escapes."""

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from policy_support import codes, loaded, problems, rule
from portreeve import policy
from portreeve.policy.errors import CODES
from portreeve.policy.files import shipped_folder
from portreeve.policy.samples import SAMPLES, sample_text


@pytest.mark.parametrize("code", [c for c in CODES if c not in ("P001", "P011")])
def test_every_code_has_a_sample_that_makes_it_and_nothing_else(code):
    assert codes(SAMPLES[code]) == [code]


def test_codes_are_stable_names():
    assert list(CODES) == sorted(CODES)
    assert len({code.name for code in CODES.values()}) == len(CODES)


CASES = {
    "a list where a mapping belongs": (
        "surfaces: [moments]",
        """\
error[P007]: a list does not fit here
  --> sample.yaml:7:11
  |
7 | surfaces: [moments]
  |           ^^^^^^^^^
  = help: Write `NAME: state`.""",
    ),
    "a mapping where a list belongs": (
        "rules: { a: b }",
        """\
error[P007]: a mapping does not fit here
   --> sample.yaml:12:8
   |
12 | rules: { a: b }
   |        ^^^^^^^^
   = help: Write a list of rules, each after `- `.""",
    ),
    "a text in one language": (
        "network: 一个小网络。",
        """\
error[P009]: the text is in one language only
  --> sample.yaml:6:10
  |
6 | network: 一个小网络。
  |          ^^^^^^^^^^^^
  = help: Give it in both languages: {en: ..., zh: ...}.""",
    ),
    "an empty text": (
        "network: { en: '', zh: 网络 }",
        """\
error[P007]: nothing is written here
  --> sample.yaml:6:16
  |
6 | network: { en: '', zh: 网络 }
  |                ^^
  = help: Write the text.""",
    ),
    "a surface that is misspelt": (
        "surfaces: { momnts: governed }",
        """\
error[P008]: `momnts` is not a surface
  --> sample.yaml:7:13
  |
7 | surfaces: { momnts: governed }
  |             ^^^^^^
  = help: Did you mean `moments`? It is one of: moments, comment, profile, group, private_chat, \
public_account, search_ad, live, share_api, group_buy, short_video.""",
    ),
    "a goods category that is misspelt": (
        "tiers: { facial_mask: black }",
        """\
error[P014]: there is no goods category `facial_mask`
   --> sample.yaml:19:10
   |
19 | tiers: { facial_mask: black }
   |          ^^^^^^^^^^^
   = help: Did you mean `facial_masks`?""",
    ),
    "a tier that is not one": (
        "tiers: { facial_masks: dark }",
        """\
error[P008]: `dark` is not a tier
   --> sample.yaml:19:24
   |
19 | tiers: { facial_masks: dark }
   |                        ^^^^
   = help: It is one of: white, grey, grey-strict, black.""",
    ),
    "a time without an offset": (
        "effective: 2014-06-01T00:00:00",
        """\
error[P007]: the time has no offset from UTC
  --> sample.yaml:3:12
  |
3 | effective: 2014-06-01T00:00:00
  |            ^^^^^^^^^^^^^^^^^^^
  = help: Write date, time and offset, such as 2014-06-01T00:00:00+08:00.""",
    ),
    "a rule on the private chat": (
        rule("contacts > 0", "surfaces: [moments, private_chat]\n    verdict: hold"),
        """\
error[P015]: `private_chat` is sealed: nothing can be decided there
   --> sample.yaml:16:25
   |
16 |     surfaces: [moments, private_chat]
   |                         ^^^^^^^^^^^^
   = help: Leave it out.""",
    ),
    "a verdict for after publication": (
        rule("contacts > 0", "verdict: remove"),
        """\
error[P008]: `remove` is not a verdict of a rule
   --> sample.yaml:16:14
   |
16 |     verdict: remove
   |              ^^^^^^
   = help: It is one of: label, limit, hold, refuse.""",
    ),
    "a label that nobody sees": (
        rule("contacts > 0", "label: { en: Ad, zh: 广告 }\n    verdict: refuse"),
        """\
error[P051]: a rule that says refuse shows no label
   --> sample.yaml:16:12
   |
16 |     label: { en: Ad, zh: 广告 }
   |            ^^^^^^^^^^^^^^^^^^^^
   = help: Remove it.""",
    ),
    "strikes that count nowhere": (
        rule("contacts > 0", "strike: 1\n    verdict: refuse"),
        """\
error[P051]: strikes count on no ladder
   --> sample.yaml:16:13
   |
16 |     strike: 1
   |             ^
   = help: Add `ladder: NAME`.""",
    ),
    "a reach in percent": (
        rule("contacts > 0", "reach: 20%\n    verdict: limit"),
        """\
error[P007]: `20%` is not a share
   --> sample.yaml:16:12
   |
16 |     reach: 20%
   |            ^^^
   = help: Write a number from 0 to 1, such as 0.2.""",
    ),
    "a suspension without an end": (
        "ladders: { promotion: { steps: [{ at: 1, sanction: suspend }] } }",
        """\
error[P050]: `suspend` has no end
   --> sample.yaml:19:52
   |
19 | ladders: { promotion: { steps: [{ at: 1, sanction: suspend }] } }
   |                                                    ^^^^^^^
   = help: Add `for: 7d`.""",
    ),
    "a ban for a week": (
        "ladders: { promotion: { steps: [{ at: 1, sanction: ban, for: 7d }] } }",
        """\
error[P050]: `ban` cannot have a duration
   --> sample.yaml:19:57
   |
19 | ladders: { promotion: { steps: [{ at: 1, sanction: ban, for: 7d }] } }
   |                                                         ^^^
   = help: Remove `for`.""",
    ),
    "a duration in words": (
        "ladders: { promotion: { strikes_expire: a year, steps: [{ at: 1, sanction: ban }] } }",
        """\
error[P007]: `a year` is not a duration
   --> sample.yaml:19:41
   |
19 | ladders: { promotion: { strikes_expire: a year, steps: [{ at: 1, sanction: ban }] } }
   |                                         ^^^^^^
   = help: Write days, hours or weeks: 7d, 12h, 2w.""",
    ),
    "no definition of a protected sale": (
        "definitions: { trade: { words: { en: A., zh: 甲。 }, when: prices > 0 } }",
        """\
error[P006]: the definition of `protected_sale` is missing
  --> sample.yaml:8:1
  |
8 | definitions: { trade: { words: { en: A., zh: 甲。 }, when: prices > 0 } }
  | ^^^^^^^^^^^
  = help: Add it under `definitions`: what counts as second-hand, own produce or charity.""",
    ),
    "a rule called like a matrix cell": (
        rule("contacts > 0", id="matrix.white.friends_feed"),
        """\
error[P016]: ids that begin with `matrix.` are taken
   --> sample.yaml:13:9
   |
13 |   - id: matrix.white.friends_feed
   |         ^^^^^^^^^^^^^^^^^^^^^^^^^
   = help: Choose another id.""",
    ),
    "a rule called like a signal": (
        rule("contacts > 0", id="contacts"),
        """\
error[P016]: `contacts` is also the name of a signal, definition or counter
   --> sample.yaml:15:11
   |
15 |     when: contacts > 0
   |           ^^^^^^^^^^^^
   = help: Give the rule another id.""",
    ),
    "a tab": (
        "surfaces:\n\tmoments: governed",
        """\
error[P002]: not well-formed YAML: found character that cannot start any token, while scanning \
for the next token
  --> sample.yaml:8:1
  |
8 |  moments: governed
  | ^
  = help: Mend the line shown: most often a missing quote, a tab, or wrong indentation.""",
    ),
    "a control character": (
        "network: { en: a\x01b, zh: 网络 }",
        """\
error[P002]: the character U+0001 cannot be in a YAML file
  --> sample.yaml:6:17
  |
6 | network: { en: a\x01b, zh: 网络 }
  |                 ^
  = help: Remove it: it is a control character or half of one.""",
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_error(name):
    fragment, expected = CASES[name]
    found = [problem for problem in problems(fragment) if problem.severity == "error"]
    assert [problem.render() for problem in found] == [expected]


def test_all_errors_of_a_file_are_reported_at_once_in_reading_order():
    fragment = """\
title: { en: A }
surfaces: { momnts: governed }
rules:
  - { id: one, clause: 1, when: promotoin > 1, verdict: hide, because: { en: A, zh: 甲 } }
  - { id: two, claus: 1, when: contacts > 0, verdict: hold, because: { en: A, zh: 甲 } }
"""
    found = [p for p in problems(fragment) if p.severity == "error"]
    assert [p.code for p in found] == ["P009", "P008", "P021", "P008", "P006", "P005"]
    with pytest.raises(policy.PolicyError) as raised:
        policy.load({"policy": "x"})
    assert str(raised.value).endswith("Found 3 errors.")


def test_a_problem_as_plain_values():
    (found,) = problems("version: 1\nversion: 2")
    assert found.to_dict() == {
        "code": "P004",
        "name": "duplicate-key",
        "severity": "error",
        "file": "sample.yaml",
        "line": 3,
        "column": 1,
        "message": "`version` is written twice",
        "help": "Keep one of the two; the first is in line 2.",
    }


def test_files_that_cannot_be_read(tmp_path):
    missing = tmp_path / "no-such.yaml"
    with pytest.raises(policy.PolicyError, match="there is no such file"):
        policy.load(missing)
    latin = tmp_path / "latin.yaml"
    latin.write_bytes(b"policy: x\ntitle: {en: caf\xe9}\n")
    with pytest.raises(policy.PolicyError, match="not UTF-8: byte 0xE9 in line 2"):
        policy.load(latin)
    huge = tmp_path / "huge.yaml"
    huge.write_bytes(b"# " + b"x" * (4 * 1024 * 1024))
    with pytest.raises(policy.PolicyError, match="larger than 4 MB"):
        policy.load(huge)
    empty = tmp_path / "empty.yaml"
    empty.write_text("# nothing\n")
    with pytest.raises(policy.PolicyError, match="the file is empty"):
        policy.load(empty)
    with pytest.raises(policy.PolicyError, match="Did you mean `acquaintance`"):
        policy.load("aquaintance")
    with pytest.raises(policy.PolicyError, match="there is no such file"):
        policy.load(str(tmp_path))


def test_a_policy_as_a_mapping():
    text = sample_text("")
    by_mapping = policy.load(yaml.safe_load(text))
    by_text, _ = policy.check_text(text)
    assert by_mapping == by_text
    with pytest.raises(policy.PolicyError, match="a value that YAML cannot hold"):
        policy.load({"policy": "x", "version": object})
    broken = yaml.safe_load(text) | {"title": "x"}
    with pytest.raises(policy.PolicyError, match=r"--> <mapping>:\d+:8"):
        policy.load(broken)


def test_carriage_returns_and_a_byte_order_mark_do_no_harm(tmp_path):
    file = tmp_path / "windows.yaml"
    text = sample_text(rule("promotoin > 0.5"))
    file.write_bytes(b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode())
    _, found = policy.check(file)
    assert [(p.code, p.span.line_column) for p in found] == [("P021", (15, 11))]


SHIPPED = [
    path.read_text("utf-8") for path in sorted(shipped_folder().rglob("*.yaml")) if path.is_file()
]


@given(st.data())
@settings(max_examples=150)
def test_no_damage_to_a_policy_does_more_than_report_problems(data):
    text = data.draw(st.sampled_from([*SHIPPED, sample_text("")]))
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(text)))
        end = min(len(text), start + data.draw(st.integers(0, 30)))
        put = data.draw(st.one_of(st.text(max_size=8), st.sampled_from(list("{}[]:,&*!|>'\"#-\n"))))
        text = text[:start] + put + text[end:]
    found, all_problems = policy.check_text(text)
    assert (found is None) == any(p.severity == "error" for p in all_problems)
    for problem in all_problems:
        assert problem.render()


@given(st.text(max_size=60))
@settings(max_examples=300)
def test_no_condition_does_more_than_report_problems(text):
    base = yaml.safe_load(sample_text(""))
    base["rules"][0]["when"] = text
    found, all_problems = policy.check(base)
    assert (found is None) == any(p.severity == "error" for p in all_problems)


@pytest.mark.parametrize("text", ["", "# nothing", "{}", "? [a]\n: b", "~", "--- \n"])
def test_an_empty_document(text):
    found, all_problems = policy.check_text(text)
    assert found is None
    assert all_problems[-1].message in (
        "the file is empty",
        "a key must be a plain word",
        "a policy is a mapping of keys to values",
    )


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("a: " + "[" * 100_000 + "]" * 100_000, "P030"),
        ("- " * 100_000, "P030"),
        ("{a: " * 50_000 + "}" * 50_000, "P030"),
        ("a: &x [*x]", "P003"),
        ("a: !!python/object:os.system b", "P003"),
        ("a: 1\n---\nb: 2", "P002"),
        ("a: \ud800", "P002"),
    ],
    ids=range(7),
)
def test_a_hostile_document(text, code):
    _, (problem,) = policy.check_text(text)
    assert problem.code == code


def test_a_deep_document_and_a_deep_condition_are_refused():
    assert codes("network: " + "[" * 200 + "]" * 200) == ["P030"]
    assert codes(rule("(" * 4000 + "contacts > 0" + ")" * 4000)) in (["P030"], ["P020"])
    assert codes(rule("NOT " * 3000 + "(contacts > 0)")) == ["P030"]
    assert codes(rule("contacts > 0" + " " * 9000)) == []
    assert codes(rule("contacts > 0 AND " * 600 + "prices > 0")) == ["P030"]


def test_a_long_chain_of_conditions_is_no_deep_one():
    names = ["contacts", "prices", "links", "emoji", "mentions", "asking", "charity", "quoting"]
    when = " OR ".join(f"({name} = {n} AND prices > {n})" for n in range(20) for name in names[:3])
    assert len(loaded(rule(when)).rules) == 1
