"""Small policies, and random signals, for the tests of the policy language."""

import numpy as np
import polars as pl

from portreeve import policy
from portreeve.policy import domains
from portreeve.policy.samples import sample_text
from portreeve.signals.catalog import CATALOG, POLICY_SIGNALS

SALE = "protected_sale: { words: { en: A one-off sale., zh: 偶尔的出让。 }, when: second_hand > 0 }"


def problems(fragment):
    """Everything found in a small policy with these keys."""
    return policy.check_text(sample_text(fragment), "sample.yaml")[1]


def codes(fragment):
    return [problem.code for problem in problems(fragment)]


def loaded(fragment):
    """A small policy with these keys; warnings are let pass."""
    found, all_problems = policy.check_text(sample_text(fragment), "sample.yaml")
    assert found is not None, policy.report(all_problems)
    return found


def rule(when, rest="verdict: hold", id="a-rule"):
    """A policy's only rule."""
    return f"""\
rules:
  - id: {id}
    clause: "1"
    when: {when}
    {rest}
    because: {{ en: Because., zh: 因为。 }}
    examples: {{ hold: [面膜89元一盒 加微信 abc12345] }}"""


def definitions(**conditions):
    lines = [
        f"  {name}: {{ words: {{ en: {name}, zh: {name} }}, when: {when!r} }}"
        for name, when in conditions.items()
    ]
    return "\n".join(["definitions:", f"  {SALE}", *lines]) + "\n"


def row(**values):
    """One item's signals: counts 0, numbers 0, the rest as the host leaves them."""
    facts = {}
    for signal in CATALOG.values():
        if signal.name not in POLICY_SIGNALS:
            empty = {"number": 0.0, "count": 0, "boolean": False, "text": None}
            facts[signal.name] = empty[signal.type]
    facts |= {"surface": "moments", "standing": "person", "licence": "none", "price_max": None}
    return facts | values


def table(*rows):
    """Rows of :func:`row` as the frame that a policy evaluates."""
    schema = {n: s.column_type for n, s in CATALOG.items() if n not in POLICY_SIGNALS}
    return pl.DataFrame(list(rows), schema=schema)


def random_signals(count, seed=0):
    """Random signals with many NULLs, and many values at the limits that tests use."""
    random = np.random.default_rng(seed)
    columns = {}
    for signal in CATALOG.values():
        if signal.name in POLICY_SIGNALS:
            continue
        null = random.random(count) < 0.2
        if signal.type == "number":
            values = random.choice([0, 0.1, 0.5, 0.8, 0.9, 0.95, 1, 3, 250.5], count)
        elif signal.type == "count":
            values = random.integers(0, 5, count)
        elif signal.type == "boolean":
            values = random.random(count) < 0.5
        else:
            names = domains.names(signal.name) or ("campus:a", "campus:b", "friends", "")
            values = np.array(names, dtype=object)[random.integers(0, len(names), count)]
        listed = [
            None if gone else value for gone, value in zip(null, values.tolist(), strict=True)
        ]
        if signal.name == "surface":
            listed = values.tolist()
        columns[signal.name] = pl.Series(listed, dtype=signal.column_type)
    return pl.DataFrame(columns)
