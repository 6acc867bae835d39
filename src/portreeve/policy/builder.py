"""From a merged document to the parts of a policy: every value read, every name resolved."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from portreeve.model import Layer, Surface, Tier
from portreeve.policy import fields as f
from portreeve.policy.cells import MatrixReader
from portreeve.policy.conditions import Scope
from portreeve.policy.counters import CounterReader, Entry
from portreeve.policy.domains import LAW
from portreeve.policy.errors import Problems
from portreeve.policy.expression import (
    rename,
)
from portreeve.policy.parts import (
    Counter,
    Definition,
    Form,
    Ladder,
    Matrix,
    Rule,
    SurfaceRule,
    WayOut,
    Words,
)
from portreeve.policy.reading import Reader, head
from portreeve.policy.rules import Conditions, RuleReader
from portreeve.policy.sections import Sections
from portreeve.policy.source import Map, Text
from portreeve.signals.catalog import CATALOG

_SQL_WORDS = frozenset(
    {"all", "and", "any", "as", "between", "case", "cast", "else", "end", "exists", "false"}
    | {"from", "ilike", "in", "is", "like", "not", "null", "or", "select", "then", "true", "when"}
)
_SALE = "protected_sale"
_NO_LAW_SALE = (
    "the law layer has no definition of protected_sale, and the house's does not reach it"
)


@dataclass(frozen=True)
class Built:
    """All parts of a policy that could be read, before its conditions are compiled."""

    name: str
    version: str
    effective: datetime
    layer: Layer
    title: Words
    announcement: Words | None
    network: Words | None
    law: str | None
    surface_rules: dict[Surface, SurfaceRule]
    rules: tuple[Rule, ...]
    definitions: dict[str, Definition]
    counters: dict[str, Counter]
    tiers: dict[str, Tier]
    law_tiers: dict[str, Tier]
    default_tier: Tier
    forms: dict[str, Form]
    matrix: Matrix | None
    ways_out: dict[str, WayOut]
    ladders: dict[str, Ladder]
    places: dict[str, Text]
    """Where the condition of each rule, definition and counter is written."""
    counter_keys: dict[str, Text]
    """Where each counter begins."""


def build(document: Map, problems: Problems, law: Built | None, *, is_law: bool) -> Built:
    """Read a merged document; with the law layer under it, if it has one.

    What cannot be read is reported and left out, so that the rest can be checked as well.
    """
    return _Builder(document, problems, law, "law" if is_law else "house").build()


class _Builder:
    def __init__(self, document: Map, problems: Problems, law: Built | None, layer: Layer) -> None:
        self.document = document
        self.problems = problems
        self.read = Reader(problems)
        self.law = law
        self.layer = layer
        self.sections = Sections(document, problems, layer)

    def build(self) -> Built:
        get, law, sections = self.document.get, self.law, self.sections
        entries = self.definition_entries()
        own = [name for _, name, _ in entries]
        law_names = self.law_names(own)
        counted = self.counter_entries([*own, *(law.definitions if law else ())])
        conditions = self.conditions(own, law_names, [name for _, name, _ in counted])
        definitions = self.definitions(entries, law_names, conditions)
        counter_reader = CounterReader(self.problems, self.layer, conditions, definitions)
        counters = counter_reader.counters(counted)
        inherited = (law.ways_out if law else (), law.ladders if law else ())
        reader = RuleReader(self.problems, self.layer, sections, conditions, inherited)
        rules = [*self.law_rules(law_names, conditions), *reader.rules(get("rules"))]
        self.check_ids(rules, {*definitions, *counters}, conditions)
        cells = MatrixReader(self.problems, sections, conditions, reader)
        matrix, matrix_rules = cells.matrix(get("matrix"))
        return Built(
            name=self.read.text(get("policy"), "the policy's name") or "",
            version=self.read.text(get("version"), "the version") or "",
            effective=self.read.moment(get("effective")) or datetime.min,
            layer=self.layer,
            title=self.read.words(get("title")) or Words("", ""),
            announcement=self.read.words(get("announcement")),
            network=self.read.words(get("network")),
            law=f"{law.name}@{law.version}" if law else None,
            surface_rules=sections.surface_rules,
            rules=(*rules, *matrix_rules),
            definitions=definitions,
            counters=counters,
            tiers=sections.tiers,
            law_tiers=law.tiers if law else sections.tiers,
            default_tier=sections.default_tier,
            forms=sections.forms,
            matrix=matrix,
            ways_out={**(law.ways_out if law else {}), **sections.ways_out},
            ladders={**(law.ladders if law else {}), **sections.ladders},
            places=conditions.places,
            counter_keys={name: key for key, name, _ in counted},
        )

    # --- definitions ----------------------------------------------------------------------------

    def definition_entries(self) -> list[tuple[Text, str, Map]]:
        """Key, name and content of each definition that has a good name."""
        entries = []
        for key, node in self.read.named(self.document.get("definitions"), "{words, when}"):
            name = self.own_name(key, "a definition")
            map_ = self.read.table(node, f.DEFINITION)
            if name is not None and map_ is not None:
                entries.append((key, name, map_))
        if self.layer == "house" and _SALE not in [name for _, name, _ in entries]:
            key = self.document.keys.get("definitions") or next(iter(self.document.keys.values()))
            self.problems.add(
                "P006",
                f"the definition of `{_SALE}` is missing",
                key.span,
                "Add it under `definitions`: what counts as second-hand, own produce or charity.",
            )
        return entries

    def counter_entries(self, definitions: list[str]) -> list[Entry]:
        """The counters that have a good name."""
        entries = []
        for key, node in self.read.named(self.document.get("counters"), "{words, count, by, over}"):
            name = self.own_name(key, "a counter")
            map_ = self.read.table(node, f.COUNTER)
            if name in definitions:
                message = f"`{name}` is already the name of a definition"
                self.problems.add("P016", message, key.span, "Choose another name.")
            elif name is not None and map_ is not None:
                entries.append((key, name, map_))
        return entries

    def own_name(self, key: Text, what: str) -> str | None:
        """A name of the writer's own, for use in conditions."""
        name = self.read.name(key, what)
        if name is None:
            return None
        if name in _SQL_WORDS:
            message = f"`{name}` is a word of SQL"
            self.problems.add("P016", message, key.span, "Choose another name.")
            return None
        if name in CATALOG and name != _SALE:
            message = f"`{name}` is already the name of a signal"
            self.problems.add("P016", message, key.span, "Choose another name.")
            return None
        return name

    def conditions(
        self, own: list[str], law_names: dict[str, str], counters: list[str]
    ) -> Conditions:
        """The reader of conditions: which names they may use."""
        inherited = [
            name for name in (self.law.definitions if self.law else ()) if name not in law_names
        ]
        lawless = self.layer == "law" and _SALE not in own
        forbidden = {_SALE: ("P031", _NO_LAW_SALE)} if lawless else {}
        scope = Scope(frozenset([*own, *inherited]), forbidden, frozenset(counters))
        return Conditions(self.read, scope, self.problems)

    def definitions(
        self,
        entries: list[tuple[Text, str, Map]],
        law_names: dict[str, str],
        conditions: Conditions,
    ) -> dict[str, Definition]:
        found = self.law_definitions(law_names, conditions)
        for key, name, map_ in entries:
            words = self.read.words(map_.get("words"))
            condition = conditions.condition(name, map_.get("when"))
            if words is None or condition is None:
                continue
            when, expr = condition
            line, file = key.span.line, key.span.source.name
            found[name] = Definition(name, words, when, self.layer, file, line, expr)
        return found

    # --- the law layer under a house policy -----------------------------------------------------

    def law_names(self, own: list[str]) -> dict[str, str]:
        """How the law's own tiers are named here, and what the house defines otherwise."""
        if self.law is None:
            return {}
        taken = [name for name in self.law.definitions if name in own]
        return {name: LAW + name for name in ("goods_tier", *taken)}

    def law_definitions(
        self, names: dict[str, str], conditions: Conditions
    ) -> dict[str, Definition]:
        found: dict[str, Definition] = {}
        if self.law is None:
            return found
        for name, definition in self.law.definitions.items():
            shown = names.get(name, name)
            condition = rename(definition.condition, names)
            found[shown] = replace(definition, name=shown, condition=condition)
            conditions.places[shown] = self.law.places[name]
        return found

    def law_rules(self, names: dict[str, str], conditions: Conditions) -> list[Rule]:
        """The law's rules, on the surfaces that this policy governs."""
        found: list[Rule] = []
        if self.law is None:
            return found
        for rule in self.law.rules:
            conditions.places[rule.id] = self.law.places[rule.id]
            surfaces = tuple(s for s in rule.surfaces if s in self.sections.governed)
            condition = rename(rule.condition, names)
            found.append(replace(rule, surfaces=surfaces, condition=condition))
        return found

    def check_ids(self, rules: Iterable[Rule], names: set[str], conditions: Conditions) -> None:
        """Rules, definitions and counters become columns: their names must differ."""
        seen: dict[str, Rule] = {}
        for rule in rules:
            span = head(conditions.places[rule.id].span)
            if rule.id in names or rule.id in CATALOG:
                message = f"`{rule.id}` is also the name of a signal, definition or counter"
                self.problems.add("P016", message, span, "Give the rule another id.")
            other = seen.setdefault(rule.id, rule)
            if other is not rule and other.file != rule.file:
                self.problems.add(
                    "P013",
                    f"two rules have the id `{rule.id}`",
                    span,
                    f"Rename one of the two; the first is in {other.file}, line {other.line}.",
                )
