"""A small mistake for every code of error, from which docs/errors-policy.md is made."""

from __future__ import annotations

_BASE = {
    "policy": "policy: sample",
    "version": 'version: "1"',
    "effective": "effective: 2014-06-01T00:00:00+08:00",
    "title": "title: { en: A sample, zh: 示例 }",
    "announcement": "announcement: { en: Be kind., zh: 与人为善。 }",
    "network": "network: { en: A small network., zh: 一个小网络。 }",
    "surfaces": "surfaces: { moments: governed, comment: governed, private_chat: sealed }",
    "definitions": """\
definitions:
  protected_sale:
    words: { en: A one-off sale., zh: 偶尔的出让。 }
    when: second_hand > 0""",
    "rules": """\
rules:
  - id: no-selling
    clause: "1"
    when: promotion >= 0.9 AND NOT protected_sale
    verdict: refuse
    because: { en: No selling., zh: 不卖货。 }
    examples: { refuse: [面膜89元一盒 加微信 abc12345] }""",
}


def sample_text(fragment: str) -> str:
    """A whole policy with the fragment's keys in place of its own.

    >>> sample_text("version: 2").splitlines()[1]
    'version: 2'
    """
    keys = {line.split(":")[0] for line in fragment.splitlines() if line[:1].isalpha()}
    if "layer" in keys:  # a law file has none of these
        keys |= {"announcement", "network", "surfaces", "definitions"}
    kept = {key: text for key, text in _BASE.items() if key not in keys}
    order = list(_BASE)
    before = [text for key, text in kept.items() if order.index(key) < _first(order, keys)]
    after = [text for key, text in kept.items() if order.index(key) >= _first(order, keys)]
    written = [fragment.strip("\n")] if fragment else []
    return "\n".join([*before, *written, *after]) + "\n"


def _first(order: list[str], keys: set[str]) -> int:
    return min((order.index(key) for key in keys if key in order), default=len(order))


def _rule(when: str, rest: str = "verdict: hold") -> str:
    """A policy's rules, one of them with this condition."""
    return f"""\
rules:
  - id: a-rule
    clause: "1"
    when: {when}
    {rest}
    because: {{ en: Because., zh: 因为。 }}
    examples: {{ hold: [面膜89元一盒 加微信 abc12345] }}"""


_MATRIX = """\
forms:
  friends_feed: {{ title: {{ en: Friends' feed, zh: 朋友圈 }}, surfaces: [moments] }}
  comments: {{ title: {{ en: Comments, zh: 评论 }}, surfaces: [comment] }}
matrix:
  when: promotion >= 0.9
  clause: "2"
  because: {{ en: Not here., zh: 不在这里。 }}
  rows:
    white: {{ friends_feed: refuse, comments: hold }}
    grey: {grey}
    grey-strict: {{ friends_feed: refuse, comments: refuse }}
    black: {{ friends_feed: refuse, comments: refuse }}
    {protected}"""
_GREY = "{ friends_feed: refuse, comments: refuse }"
_PROTECTED = "protected: { friends_feed: allow, comments: allow }"


def _counter(parts: str, when: str = "posts_today > 20") -> str:
    """A policy with a counter, and a rule that may use it."""
    words = "words: { en: Posts of a day., zh: 一天的发帖。 }"
    return f"counters:\n  posts_today: {{ {words}, {parts} }}\n{_rule(when)}"


SAMPLES: dict[str, str] = {
    "P002": "surfaces: [moments: governed",
    "P003": "title: &t { en: A sample, zh: 示例 }\nnetwork: *t",
    "P004": "version: 1\nversion: 2",
    "P005": "anouncement: { en: Be kind., zh: 与人为善。 }",
    "P006": "rules:\n  - id: no-clause\n    when: promotion >= 0.9",
    "P007": "effective: 2014-06-01",
    "P008": _rule("promotion >= 0.9", "verdict: forbid"),
    "P009": "title: { en: A sample }",
    "P010": "extends: aquaintance",
    "P012": "extends: acquaintance\nremove: [no.such-rule]",
    "P013": """\
rules:
  - { id: one, clause: "1", when: contacts > 0, verdict: hold, because: { en: A., zh: 甲。 } }
  - { id: one, clause: "2", when: prices > 0, verdict: hold, because: { en: B., zh: 乙。 } }""",
    "P014": _rule("promotion >= 0.9", "way_out: enterprise\n    verdict: hold"),
    "P015": "surfaces: { moments: governed, private_chat: governed }",
    "P016": """\
definitions:
  protected_sale: { words: { en: A., zh: 甲。 }, when: second_hand > 0 }
  Contacts: { words: { en: B., zh: 乙。 }, when: contacts > 0 }""",
    "P020": _rule("promotion >= 0.9 AND"),
    "P021": _rule("promotoin >= 0.9"),
    "P022": _rule("promotion >= 0.9 AND contacts > 0.5"),
    "P023": _rule("sqrt(promotion) >= 0.9"),
    "P024": _rule("CAST(promotion AS INT) = 1"),
    "P025": _rule("surface = 'comments'"),
    "P026": _rule("promotion > 1.2"),
    "P027": _rule("promotion >= 0.9 OR contacts >= 0"),
    "P028": """\
rules:
  - id: no-selling
    clause: "1"
    when: promotion >= 0.8
    verdict: refuse
    because: { en: No selling., zh: 不卖货。 }
    examples: { refuse: [面膜89元一盒 加微信 abc12345] }
  - id: no-selling-with-contact
    clause: "1"
    when: promotion >= 0.9 AND contacts > 0
    verdict: refuse
    because: { en: No selling., zh: 不卖货。 }
    examples: { refuse: [面膜89元一盒 加微信 abc12345] }""",
    "P029": """\
definitions:
  protected_sale: { words: { en: A., zh: 甲。 }, when: second_hand > 0 AND NOT trade }
  trade: { words: { en: B., zh: 乙。 }, when: prices > 0 AND NOT protected_sale }""",
    "P030": _rule(
        "((((((((((((contacts > 0 AND TRUE) OR prices > 0) AND links > 0) OR coupons > 0) "
        "AND charity > 0) OR asking > 0) AND emoji > 0) OR quoting > 0) AND hashtags > 0) "
        "OR mentions > 0) AND discounts > 0) OR complaint > 0)"
    ),
    "P031": """\
layer: law
rules:
  - id: law.sample
    clause: "L1"
    when: promotion >= 0.9 AND NOT protected_sale
    verdict: refuse
    because: { en: Because., zh: 因为。 }""",
    "P032": _counter("count: posts, by: account, over: 1d, when: copies > 2"),
    "P040": _MATRIX.format(grey="{ friends_feed: refuse }", protected=_PROTECTED),
    "P041": _MATRIX.format(grey=_GREY, protected=""),
    "P042": """\
forms:
  friends_feed: { title: { en: Friends' feed, zh: 朋友圈 }, surfaces: [moments] }
  comments: { title: { en: Comments, zh: 评论 }, surfaces: [comment, moments] }""",
    "P050": """\
ladders:
  promotion:
    strikes_expire: 180d
    steps:
      - { at: 2, sanction: warn }
      - { at: 1, sanction: ban }""",
    "P051": _rule("promotion >= 0.9", "verdict: limit"),
    "P052": """\
rules:
  - id: comments.no-selling
    clause: "1"
    surfaces: [comment]
    when: promotion >= 0.9
    verdict: refuse
    because: { en: No selling., zh: 不卖货。 }
    examples: { refuse: [{ text: 面膜89元一盒, surface: moments }] }""",
    "P053": _counter("count: accounts, by: account, over: 1d"),
    "P060": """\
rules:
  - id: no-selling
    clause: "1"
    when: promotion >= 0.9
    verdict: refuse
    because: { en: No selling., zh: 不卖货。 }""",
    "P061": """\
rules:
  - id: no-selling
    clause: "1"
    when: promotion >= 0.8
    verdict: refuse
    because: { en: No selling., zh: 不卖货。 }
    examples: { refuse: [面膜89元一盒 加微信 abc12345] }
  - id: no-recruiting
    clause: "2"
    when: promotion >= 0.8 AND recruitment >= 0.8
    verdict: refuse
    because: { en: No recruiting., zh: 不招人。 }
    examples: { refuse: [诚招代理 加微信 abc12345] }""",
    "P062": """\
definitions:
  protected_sale: { words: { en: A., zh: 甲。 }, when: second_hand > 0 }
  forgotten: { words: { en: B., zh: 乙。 }, when: prices > 0 }""",
    "P063": _counter("count: posts, by: account, over: 1d", when="promotion >= 0.9"),
}
"""For each code a fragment that makes it. P001 and P011 need files, and have none."""
