"""What differs between two policies, on paper and on real items."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import polars as pl

from portreeve.policy.document import Policy
from portreeve.policy.explain import show
from portreeve.policy.parts import Example, Rule, Words, in_units

How = Literal["added", "removed", "changed"]


@dataclass(frozen=True)
class Change:
    """One difference. ``field`` is empty when the whole thing came or went."""

    section: str
    id: str
    how: How
    field: str = ""
    before: str | None = None
    after: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return {name: getattr(self, name) for name in self.__dataclass_fields__}

    def render(self) -> str:
        """One line, or two for a changed text."""
        sign = {"added": "+", "removed": "-", "changed": "~"}[self.how]
        where = f"{sign} {self.section} {self.id}" + (f", {self.field}" if self.field else "")
        match (self.before, self.after):
            case (None, None):
                return where
            case (None, after):
                return f"{where}: {after}"
            case (before, None):
                return f"{where}: was {before}"
            case (before, after) if max(len(str(before)), len(str(after))) <= 40:
                return f"{where}: {before} → {after}"
            case (before, after):
                return f"{where}:\n    was: {before}\n    now: {after}"


def diff(a: Policy, b: Policy) -> list[Change]:
    """What changes from one policy to another.

    Header first, then surfaces, definitions, counters, tiers, forms, matrix, ways out, ladders and
    rules (those of the matrix appear as its cells). Texts are compared in both languages.
    """
    sections = [
        ("policy", _header(a), _header(b)),
        ("surface", _surfaces(a), _surfaces(b)),
        ("definition", _definitions(a), _definitions(b)),
        ("counter", _counters(a), _counters(b)),
        ("tier", _tiers(a), _tiers(b)),
        ("form", _forms(a), _forms(b)),
        ("matrix", _matrix(a), _matrix(b)),
        ("way out", _ways_out(a), _ways_out(b)),
        ("ladder", _ladders(a), _ladders(b)),
        ("rule", _rules(a), _rules(b)),
    ]
    return [
        change for section, before, after in sections for change in _compare(section, before, after)
    ]


_Section = Mapping[str, Mapping[str, str | None]]


def _compare(section: str, before: _Section, after: _Section) -> Iterable[Change]:
    for id in dict.fromkeys([*before, *after]):
        if id not in after:
            yield Change(section, id, "removed", before=_gist(before[id]))
        elif id not in before:
            yield Change(section, id, "added", after=_gist(after[id]))
        else:
            old, new = before[id], after[id]
            for name in dict.fromkeys([*old, *new]):
                if old.get(name) != new.get(name):
                    yield Change(section, id, "changed", name, old.get(name), new.get(name))


def _gist(entry: Mapping[str, str | None]) -> str | None:
    """A rule, cell or counter that came or went, in a few words."""
    counted = [entry[name] for name in ("count", "by", "over", "against") if entry.get(name)]
    main = entry.get("when") or entry.get("tier") or entry.get("state")
    parts = [entry.get("verdict"), *counted, main]
    return ", ".join(part for part in parts if part) or None


def _header(policy: Policy) -> _Section:
    entry: dict[str, str | None] = {
        "name": policy.name,
        "version": policy.version,
        "effective": policy.effective.isoformat(),
        "law": policy.law,
        "default tier": policy.default_tier,
        **_words("title", policy.title),
        **_words("announcement", policy.announcement),
        **_words("network", policy.network),
    }
    return {policy.layer: entry}


def _surfaces(policy: Policy) -> _Section:
    return {
        surface.value: {"state": rule.state.value, **_words("until", rule.until)}
        for surface, rule in policy.surface_rules.items()
    }


def _definitions(policy: Policy) -> _Section:
    return {
        name: {"when": definition.when, **_words("words", definition.words)}
        for name, definition in policy.definitions.items()
    }


def _counters(policy: Policy) -> _Section:
    return {
        name: {
            "count": counter.count,
            "by": counter.by,
            "over": None if counter.count == "hours" else in_units(counter.over),
            "against": None if counter.against is None else in_units(counter.against),
            "when": counter.when,
            **_words("words", counter.words),
        }
        for name, counter in policy.counters.items()
    }


def _tiers(policy: Policy) -> _Section:
    return {category: {"tier": tier} for category, tier in policy.tiers.items()}


def _forms(policy: Policy) -> _Section:
    return {
        name: {"surfaces": ", ".join(form.surfaces), **_words("title", form.title)}
        for name, form in policy.forms.items()
    }


def _matrix(policy: Policy) -> _Section:
    if policy.matrix is None:
        return {}
    rules = {rule.id: rule for rule in policy.rules if rule.from_matrix}
    entries: dict[str, Mapping[str, str | None]] = {
        "(all cells)": {"when": policy.matrix.when, "clause": policy.matrix.clause}
    }
    for row in policy.matrix.rows.values():
        if row.categories:
            entries[row.name] = {"categories": ", ".join(row.categories)}
        for form, cell in row.cells.items():
            entry: dict[str, str | None] = {"verdict": cell.verdict.value}
            if cell.rule is not None:
                entry |= {k: v for k, v in _rule(rules[cell.rule]).items() if k not in _OF_ROW}
            entries[f"{row.name} x {form}"] = entry
    return entries


_OF_ROW = ("when", "surfaces", "layer")


def _ways_out(policy: Policy) -> _Section:
    return {
        name: {**_words("title", way.title), **_words("how", way.how)}
        for name, way in policy.ways_out.items()
    }


def _ladders(policy: Policy) -> _Section:
    entries: dict[str, Mapping[str, str | None]] = {}
    for name, ladder in policy.ladders.items():
        steps = [
            f"at {s.at}: {' and '.join(s.sanctions)}" + (f" for {s.lasts}" if s.lasts else "")
            for s in ladder.steps
        ]
        expire = str(ladder.strikes_expire) if ladder.strikes_expire else None
        entries[name] = {"strikes expire after": expire, "steps": "; ".join(steps)}
    return entries


def _rules(policy: Policy) -> _Section:
    return {rule.id: _rule(rule) for rule in policy.rules if not rule.from_matrix}


def _rule(rule: Rule) -> dict[str, str | None]:
    return {
        "clause": rule.clause,
        "layer": rule.layer,
        "surfaces": ", ".join(rule.surfaces),
        "when": rule.when,
        "verdict": rule.verdict.value,
        **_words("because", rule.because),
        **_words("comply", rule.comply),
        "way_out": rule.way_out,
        **_words("label", rule.label),
        "reach": None if rule.reach is None else f"{rule.reach:g}",
        "strike": str(rule.strike) if rule.strike else None,
        "ladder": rule.ladder,
        **{f"example {example.text!r}": _example(example) for example in rule.examples},
    }


def _example(example: Example) -> str:
    """What is expected of an example, and in what circumstances."""
    names = (
        "account", "audience", "standing", "licence", "links", "disclosed", "codes", "picture_text",
    )  # fmt: skip
    given = {name: getattr(example, name) for name in names}
    shown = [f"{name} {value}" for name, value in given.items() if value not in (None, ())]
    shown += [f"{name} = {show(value)}" for name, value in example.known.items()]
    return ", ".join([example.verdict.value, example.surface.value, *shown])


def _words(name: str, words: Words | None) -> dict[str, str | None]:
    if words is None:
        return {}
    return {f"{name}.en": words.en, f"{name}.zh": words.zh}


# --- on items -----------------------------------------------------------------------------------


def diff_on(
    a: Policy,
    b: Policy,
    decisions_a: pl.DataFrame,
    decisions_b: pl.DataFrame,
    *,
    items: pl.DataFrame | None = None,
    samples: int = 3,
) -> pl.DataFrame:
    """Which verdicts change on real items, by surface, tier and language.

    Args:
        a, b: the policies that made the decisions.
        decisions_a, decisions_b: decisions of the same items in the same order, with the columns
            of :class:`portreeve.model.Decision`.
        items: the items, for their language and for samples of text.
        samples: how many items to show for each line of the table.

    Returns:
        One row per surface, tier, language and change, the most frequent first: ``surface``,
        ``tier`` (after ``b``), ``language`` (zh, other, or NULL without items), ``before``,
        ``after``, ``items`` (how many), ``share`` of all items there, ``rules_before``,
        ``rules_after`` (the strongest, most frequent first), ``ids`` and ``texts`` of samples.

    Raises:
        ValueError: the decisions are not of the same items.
    """
    if decisions_a["id"].to_list() != decisions_b["id"].to_list():
        raise ValueError(f"the decisions of {a.label} and {b.label} are not of the same items")
    texts = _texts(items, len(decisions_a))
    frame = pl.DataFrame(
        {
            "surface": decisions_b["surface"].cast(pl.String),
            "tier": decisions_b["goods_tier"].cast(pl.String),
            "language": _languages(texts),
            "before": decisions_a["verdict"].cast(pl.String),
            "after": decisions_b["verdict"].cast(pl.String),
            "id": decisions_a["id"],
            "text": texts,
            "rule_before": decisions_a["rules"].list.first(),
            "rule_after": decisions_b["rules"].list.first(),
        }
    )
    place = ["surface", "tier", "language"]
    totals = frame.group_by(place).agg(pl.len().alias("of"))
    return (
        frame.filter(pl.col("before") != pl.col("after"))
        .group_by([*place, "before", "after"], maintain_order=True)
        .agg(
            pl.len().alias("items"),
            _frequent("rule_before", samples).alias("rules_before"),
            _frequent("rule_after", samples).alias("rules_after"),
            pl.col("id").head(samples).alias("ids"),
            pl.col("text").head(samples).alias("texts"),
        )
        .join(totals, on=place, nulls_equal=True, how="left", maintain_order="left")
        .with_columns((pl.col("items") / pl.col("of")).alias("share"))
        .drop("of")
        .sort("items", descending=True, maintain_order=True)
        .select(
            *place,
            "before",
            "after",
            "items",
            "share",
            "rules_before",
            "rules_after",
            "ids",
            "texts",
        )
    )


def _frequent(name: str, most: int) -> pl.Expr:
    return pl.col(name).drop_nulls().unique(maintain_order=True).head(most)


def _texts(items: pl.DataFrame | None, count: int) -> pl.Series:
    if items is None or "text" not in items.columns:
        return pl.Series("text", [None] * count, dtype=pl.String)
    return items["text"].cast(pl.String)


def _languages(texts: pl.Series) -> pl.Series:
    """zh when a fifth of the letters are Chinese characters; NULL without a text."""
    counts = texts.to_frame("text").select(
        pl.col("text").str.count_matches(r"\p{Han}").alias("han"),
        pl.col("text").str.count_matches(r"\p{L}").alias("letters"),
    )
    chinese = (counts["han"] > 0) & (counts["han"] * 5 >= counts["letters"])
    return counts.select(
        pl.when(chinese).then(pl.lit("zh")).when(chinese.is_not_null()).then(pl.lit("other"))
    ).to_series()
