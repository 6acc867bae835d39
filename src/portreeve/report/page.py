"""The report page: one HTML file, no script, nothing loaded from elsewhere."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

import jinja2
import polars as pl
from markupsafe import Markup

from portreeve.model import TIERS, Verdict
from portreeve.policy import Policy, Rule, Words
from portreeve.policy.explain import explain, show
from portreeve.report import charts
from portreeve.report.estimates import wilson
from portreeve.report.highlight import kind_of, pieces
from portreeve.report.played import Played
from portreeve.report.samples import ALLOWED, NEAR, Sample, Samples
from portreeve.report.tally import BINS, Tally
from portreeve.report.words import (
    INTENTS,
    SURFACES,
    TIER_WORDS,
    VERDICTS,
    contact_kind,
    evidence,
    percent,
)

PER_RULE = 5


@dataclass(frozen=True)
class Facts:
    """What is known of a run beside its decisions."""

    inputs: Sequence[str]
    made: datetime
    rejected: int
    seconds: float
    cpu_seconds: float
    ended_early: Sequence[str] = ()


class Report:
    """Gathers decisions batch by batch and writes the page.

    Memory does not grow with the rows: counts, and a sample of ``per_rule`` posts for each rule.
    """

    def __init__(self, policy: Policy, *, per_rule: int = PER_RULE, seed: int = 0) -> None:
        self.policy = policy
        self.tally = Tally()
        self._samples = Samples(per_rule, seed)

    def add(self, items: pl.DataFrame, decisions: pl.DataFrame) -> None:
        """Take a batch: admitted items, and their decisions with the column ``signals``."""
        self.tally.add(decisions)
        self._samples.add(items, decisions)

    def html(self, facts: Facts, played: Played | None = None) -> str:
        """The page. It holds the text of the sampled posts, and what was played, if anything."""
        environment = jinja2.Environment(
            loader=jinja2.PackageLoader("portreeve.report"),
            autoescape=True,
            trim_blocks=True,
            lstrip_blocks=True,
            undefined=jinja2.StrictUndefined,
        )
        environment.filters.update(number=_number, percent=percent, share=_share, show=show)
        return environment.get_template("report.html.j2").render(
            policy=self.policy,
            facts=facts,
            played=played,
            tally=self.tally,
            verdicts=VERDICTS,
            headline=self._headline(),
            overall=self._bar(self.tally.verdicts, self.tally.rows),
            surfaces=self._surfaces(),
            rules=self._rules(),
            tiers=self._tiers(),
            intents=_bars(self.tally.intents, INTENTS, "fill"),
            contacts=_bars(
                self.tally.contacts, {k: contact_kind(k) for k in self.tally.contacts}, "fill"
            ),
            promotion=self._promotion(),
            obfuscation=charts.columns(
                [
                    [charts.Part(count, "fill", f"{_step(i)}: {count:,}")]
                    for i, count in enumerate(self.tally.obfuscation.tolist())
                ]
            ),
            near=[self._shown(sample) for sample in self._samples.of(NEAR)],
            allowed=[self._shown(sample) for sample in self._samples.of(ALLOWED)],
        )

    def _headline(self) -> list[_Figure]:
        return [
            _Figure(
                verdict.value,
                VERDICTS[verdict],
                self.tally.verdicts[verdict],
                wilson(self.tally.verdicts[verdict], self.tally.rows) if self.tally.rows else None,
            )
            for verdict in reversed(Verdict)
            if self.tally.verdicts[verdict] or verdict is Verdict.allow
        ]

    def _bar(self, counts: Counter[str], whole: int) -> Markup:
        parts = [
            charts.Part(
                counts[verdict],
                f"v-{verdict.value}",
                f"{_both(VERDICTS[verdict])}: {counts[verdict]:,}"
                f" ({percent(counts[verdict] / whole)})",
            )
            for verdict in reversed(Verdict)
            if counts[verdict]
        ]
        return charts.bar(parts, whole)

    def _surfaces(self) -> list[_Line]:
        lines = [
            _Line(
                name,
                SURFACES.get(name, Words(name, name)),
                counts.total(),
                self._bar(counts, counts.total()),
                counts.total() - counts["allow"],
            )
            for name, counts in self.tally.surfaces.items()
        ]
        return sorted(lines, key=lambda line: -line.hits)

    def _rules(self) -> list[_RuleSection]:
        rules = {rule.id: rule for rule in self.policy.rules}
        most = max(self.tally.rules.values(), default=1)
        sections = []
        for id_, hits in self.tally.rules.items():
            rule = rules[id_]
            verdict = self._shown_verdict(rule)
            part = charts.Part(hits, f"v-{verdict}", f"{id_}: {hits:,}")
            sections.append(
                _RuleSection(
                    rule,
                    verdict,
                    hits,
                    charts.bar([part], most),
                    [self._shown(sample, id_) for sample in self._samples.of(id_)],
                )
            )
        return sorted(sections, key=lambda s: (-Verdict(s.verdict).rank, -s.hits, s.rule.id))

    def _shown_verdict(self, rule: Rule) -> str:
        published = self.tally.verdicts[Verdict.remove] > 0
        refused = rule.verdict == Verdict.refuse
        return Verdict.remove.value if published and refused else Verdict(rule.verdict).value

    def _tiers(self) -> list[_Line]:
        return [
            line._replace(bar=charts.bar([charts.Part(line.hits, f"t-{line.name}", "")], most))
            for line in sorted(
                _bars(self.tally.tiers, TIER_WORDS, "fill"), key=lambda one: TIERS.index(one.name)
            )
            for most in [max(self.tally.tiers.values())]
        ]

    def _promotion(self) -> Markup:
        """Posts by probability of promotion, each column by verdict, the strongest at its foot."""
        verdicts = reversed(self.tally.verdicts_met)
        bins = {verdict.value: self.tally.promotion[verdict].tolist() for verdict in verdicts}
        return charts.columns(
            [
                [
                    charts.Part(
                        counts[i],
                        f"v-{name}",
                        f"{_step(i)}, {_both(VERDICTS[name])}: {counts[i]:,}",
                    )
                    for name, counts in bins.items()
                ]
                for i in range(BINS)
            ]
        )

    def _shown(self, sample: Sample, rule: str | None = None) -> dict[str, Any]:
        """A post as the page shows it; with a rule, also why that rule holds."""
        decision = sample.decision
        why = explain(self.policy, decision["signals"], rule) if rule else None
        return {
            "id": decision["id"],
            "surface": SURFACES.get(decision["surface"]),
            "verdict": decision["verdict"],
            "pieces": [
                (piece.text, piece.kind, _joined(piece.whats))
                for piece in pieces(sample.item["text"] or "", decision["evidence"])
            ],
            "evidence": [
                (evidence(what), kind_of(what))
                for what in dict.fromkeys(place["what"] for place in decision["evidence"])
                if what
            ],
            "promotion": decision["promotion"],
            "intent": INTENTS.get(decision["intent"]),
            "lawful": decision["lawful"],
            "findings": why.findings if why else (),
        }


class _Figure(NamedTuple):
    verdict: str
    words: Words
    hits: int
    interval: Any


class _Line(NamedTuple):
    name: str
    words: Words
    hits: int
    bar: Markup
    acted: int


class _RuleSection(NamedTuple):
    rule: Rule
    verdict: str
    hits: int
    bar: Markup
    samples: list[dict[str, Any]]


def _bars(counts: Counter[str], words: dict[str, Words], style: str) -> list[_Line]:
    most = max(counts.values(), default=1)
    return [
        _Line(name, words[name], count, charts.bar([charts.Part(count, style, "")], most), count)
        for name, count in sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
    ]


def _joined(whats: Sequence[str]) -> Words:
    named = [evidence(what) for what in whats]
    return Words("; ".join(words.en for words in named), "；".join(words.zh for words in named))


def _step(i: int) -> str:
    return f"{i / BINS:.2f} – {(i + 1) / BINS:.2f}"


def _both(words: Words) -> str:
    return words.en if words.en == words.zh else f"{words.en} {words.zh}"


def _number(value: int) -> str:
    return f"{value:,}"


def _share(part: int, whole: int) -> str:
    return percent(part / whole) if whole else "–"
