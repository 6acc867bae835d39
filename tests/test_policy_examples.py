"""The examples of a policy are its tests."""

import polars as pl

from policy_support import loaded, row, table
from portreeve.model import Decision, Item, columns
from portreeve.policy import example_items, run_examples

POLICY = loaded("""\
rules:
  - id: no-contacts
    clause: "1"
    when: contacts > 0
    verdict: hold
    because: { en: A contact., zh: 有联系方式。 }
    examples:
      hold:
        - 加微信 abc12345
        - 没有联系方式
      allow:
        - 今天天气很好
        - { text: 加微信 abc12345, surface: comment, standing: merchant, links: [example.com],
            disclosed: true, licence: verified, audience: friends, account: seller-1 }
  - id: no-prices
    clause: "2"
    when: prices > 0
    verdict: refuse
    because: { en: A price., zh: 有价格。 }
    examples:
      label: [面膜89元]
""")


def screen(items, policy, remembered=None):
    """The policy over signals that this test reads from the words themselves."""
    facts = table(
        *(
            row(surface=surface, contacts=int("abc" in text), prices=int("元" in text))
            for surface, text in zip(items["surface"], items["text"], strict=True)
        )
    )
    held = policy.evaluate(facts)
    ranks = {rule.id: rule.verdict for rule in policy.rules}
    rows = []
    for result in held.iter_rows(named=True):
        rules = [id for id in ranks if result[id]]
        strongest = max((ranks[id] for id in rules), key=lambda v: v.rank, default="allow")
        rows.append({"verdict": str(strongest), "rules": rules})
    decided = pl.DataFrame(rows, schema={n: columns(Decision)[n] for n in ("verdict", "rules")})
    return decided.with_columns(signals=pl.struct(facts))


def test_examples_are_items():
    examples = [example for rule in POLICY.rules for example in rule.examples]
    items = example_items(examples)
    assert items.schema == columns(Item)
    assert items.row(3, named=True) == {
        "id": "3",
        "surface": "comment",
        "account": "seller-1",
        "audience": "friends",
        "time": None,
        "standing": "merchant",
        "licence": "verified",
        "text": "加微信 abc12345",
        "links": ["example.com"],
        "disclosed": True,
        "codes": [],
        "picture_text": None,
    }


def test_results():
    results = run_examples(POLICY, screen)
    assert [(r.rule, r.example.verdict, r.verdict, r.passed, r.reason) for r in results] == [
        ("no-contacts", "hold", "hold", True, ""),
        (
            "no-contacts",
            "hold",
            "allow",
            False,
            "the rule does not hold for it; no rule holds",
        ),
        ("no-contacts", "allow", "allow", True, ""),
        (
            "no-contacts",
            "allow",
            "hold",
            False,
            "it should be allowed, and no-contacts made it hold",
        ),
        ("no-prices", "label", "refuse", True, ""),
    ]
    missed, blocked = results[1], results[3]
    assert [e.rule for e in missed.explanations] == ["no-contacts"]
    assert "✗ contacts > 0   [contacts = 0]" in missed.explanations[0].render()
    assert [e.holds for e in blocked.explanations] == [True]
    assert (missed.example.line, missed.to_dict()["line"]) == (21, 21)


def test_a_weaker_verdict_than_expected_fails():
    weaker = loaded("""\
rules:
  - id: no-contacts
    clause: "1"
    when: contacts > 0
    verdict: hold
    because: { en: A contact., zh: 有联系方式。 }
    examples: { refuse: [加微信 abc12345] }
""")
    (result,) = run_examples(weaker, screen)
    assert result.reason == "it should be refuse, and the strongest rule says hold"


def test_a_policy_without_examples_has_no_results():
    bare = loaded("rules:\n")
    assert run_examples(bare, screen) == []


def test_an_example_where_nothing_is_decided_fails_with_the_reason():
    closed = loaded("""\
rules:
  - id: no-contacts
    clause: "1"
    surfaces: [moments, short_video]
    when: contacts > 0
    verdict: hold
    because: { en: A contact., zh: 有联系方式。 }
    examples:
      hold: [{ text: 加微信 abc12345, surface: short_video }]
""")
    (result,) = run_examples(closed, lambda items, *_: items)
    assert not result.passed
    assert result.reason == (
        "it is on the surface short_video, which is off: nothing is decided there"
    )
