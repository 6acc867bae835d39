"""Rules and their examples, and the consequences that rules and matrix cells have in common."""

from __future__ import annotations

import typing
from collections.abc import Iterable
from dataclasses import dataclass, field

from portreeve.model import Layer, Licence, Standing, Surface, Verdict
from portreeve.policy import fields as f
from portreeve.policy.conditions import Scope, parse_condition
from portreeve.policy.domains import LAW
from portreeve.policy.errors import Problems
from portreeve.policy.expression import (
    Expr,
)
from portreeve.policy.matrix import PREFIX
from portreeve.policy.parts import Example, Rule, Words
from portreeve.policy.reading import Reader, place
from portreeve.policy.sections import Sections
from portreeve.policy.source import Map, Node, Text
from portreeve.signals.catalog import CATALOG, GIVEN_SIGNALS


@dataclass(frozen=True)
class Consequences:
    """What follows when a rule holds, beside its verdict."""

    because: Words | None
    comply: Words | None
    way_out: str | None
    label: Words | None
    reach: float | None
    strike: int | None
    ladder: str | None


@dataclass
class Conditions:
    """Reads conditions of one file's scope, and remembers where each is written."""

    read: Reader
    scope: Scope
    problems: Problems
    places: dict[str, Text] = field(default_factory=dict)

    def condition(self, name: str, node: Node | None) -> tuple[str, Expr] | None:
        """The text of a condition on one line, and what it means."""
        text = self.read.text(node, "a condition")
        if text is None or not isinstance(node, Text):
            return None
        self.places[name] = node
        expr = parse_condition(node, self.scope, self.problems)
        return None if expr is None else (" ".join(text.split()), expr)


class RuleReader:
    """Reads rules, in the light of the sections they refer to."""

    def __init__(
        self,
        problems: Problems,
        layer: Layer,
        sections: Sections,
        conditions: Conditions,
        inherited: tuple[Iterable[str], Iterable[str]],
    ) -> None:
        """``inherited``: ways out and ladders of the law layer, for use here."""
        self._problems = problems
        self._read = Reader(problems)
        self._layer = layer
        self._sections = sections
        self._conditions = conditions
        self._ways_out = [*sections.ways_out, *inherited[0]]
        self._ladders = [*sections.ladders, *inherited[1]]

    def rules(self, node: Node | None) -> list[Rule]:
        """The rules of a document."""
        found = []
        for item in self._read.items(node, "rules"):
            map_ = self._read.table(item, f.RULE)
            rule = self._rule(map_) if map_ is not None else None
            if rule is not None:
                found.append(rule)
        return found

    def consequences(self, map_: Map) -> Consequences:
        """Reason, way out, label, reach and strikes of a rule, a cell or the matrix."""
        return Consequences(
            because=self._read.words(map_.get("because")),
            comply=self._read.words(map_.get("comply")),
            way_out=self._read.defined(map_.get("way_out"), self._ways_out, "way out"),
            label=self._read.words(map_.get("label")),
            reach=self._read.share(map_.get("reach")),
            strike=self._read.whole(map_.get("strike"), 0, "a number of strikes"),
            ladder=self._read.defined(map_.get("ladder"), self._ladders, "ladder"),
        )

    def check_parts(
        self, map_: Map, verdict: Verdict, rest: Consequences, common: Map | None = None
    ) -> None:
        """That a rule has what its verdict needs, and nothing that it cannot use.

        ``common`` is the matrix of a cell, where the cell's needs may be met as well.
        """
        own = set(map_.entries)
        has = own | (set(common.entries) if common is not None else set())

        def wrong(message: str, help: str, name: str = "verdict") -> None:
            self._problems.add("P051", message, place(map_, name), help)

        if verdict is Verdict.label and "label" not in has:
            wrong("the label has no text", "Add `label: {en: ..., zh: ...}`.")
        if verdict is Verdict.limit and "reach" not in has:
            wrong("how far it still reaches is not said", "Add `reach: 0.2`.")
        if verdict is not Verdict.label and "label" in own:
            wrong(f"a rule that says {verdict} shows no label", "Remove it.", "label")
        if verdict is not Verdict.limit and "reach" in own:
            wrong(f"a rule that says {verdict} has no reach", "Remove it.", "reach")
        if rest.strike and "ladder" not in has:
            wrong("strikes count on no ladder", "Add `ladder: NAME`.", "strike")
        if "ladder" in own and not rest.strike and "strike" not in has:
            wrong("a ladder without strikes", "Add `strike: 1`, or remove the ladder.", "ladder")

    # --- one rule -------------------------------------------------------------------------------

    def _rule(self, map_: Map) -> Rule | None:
        id = self._id(map_)
        layer = self._rule_layer(map_.get("layer"))
        surfaces = self._sections.surface_list(map_.get("surfaces")) or self._sections.governed
        condition = self._conditions.condition(id or "", map_.get("when"))
        verdict = self._read.choice(map_.get("verdict"), f.RULE_VERDICTS, "a verdict of a rule")
        rest = self.consequences(map_)
        examples = self._examples(map_.get("examples"), surfaces)
        clause = self._read.text(map_.get("clause"), "the clause")
        if verdict is not None:
            self.check_parts(map_, Verdict(verdict), rest)
        if id is None or condition is None or verdict is None or clause is None:
            return None
        if rest.because is None:
            return None
        when, expr = condition
        return Rule(
            id=id,
            clause=clause,
            layer=layer,
            surfaces=surfaces,
            when=when,
            verdict=Verdict(verdict),
            because=rest.because,
            comply=rest.comply,
            way_out=rest.way_out,
            label=rest.label,
            reach=rest.reach,
            strike=rest.strike or 0,
            ladder=rest.ladder,
            examples=examples,
            file=map_.span.source.name,
            line=place(map_, "id").line,
            condition=expr,
        )

    def _id(self, map_: Map) -> str | None:
        node = map_.get("id")
        if node is None or self._read.text(node, "the id") is None or not isinstance(node, Text):
            return None
        id = self._read.name(node, "a rule", id=True)
        if id is not None and id.startswith((PREFIX, LAW)) and self._layer == "house":
            message = f"ids that begin with `{id.split('.')[0]}.` are taken"
            self._problems.add("P016", message, node.span, "Choose another id.")
        return id

    def _rule_layer(self, node: Node | None) -> Layer:
        layer = self._read.choice(node, ("law", "house"), "a layer")
        if self._layer == "law" and layer == "house" and node is not None:
            message = "a law file has rules of the law layer only"
            self._problems.add("P031", message, node.span, "Put the rule in the house policy.")
        return "law" if "law" in (self._layer, layer) else "house"

    # --- examples -------------------------------------------------------------------------------

    def _examples(self, node: Node | None, surfaces: tuple[Surface, ...]) -> tuple[Example, ...]:
        found = []
        for key, listed in self._read.named(node, "[examples]"):
            verdict = self._read.choice(key, f.CELL_VERDICTS, "a verdict of an example")
            for item in self._read.items(listed, "examples"):
                example = self._example(item, verdict, surfaces)
                if example is not None:
                    found.append(example)
        return tuple(found)

    def _example(
        self, node: Node, verdict: str | None, surfaces: tuple[Surface, ...]
    ) -> Example | None:
        usual = Surface.moments if Surface.moments in surfaces else next(iter(surfaces), None)
        file, line = node.span.source.name, node.span.line
        if isinstance(node, Text):
            text = self._read.text(node, "the words of the example")
            if text is None or verdict is None or usual is None:
                return None
            return Example(Verdict(verdict), text, usual, file=file, line=line)
        map_ = self._read.table(node, f.EXAMPLE)
        if map_ is None:
            return None
        surface = self._example_surface(map_.get("surface"), verdict, surfaces) or usual
        text = self._read.text(map_.get("text"), "the words of the example")
        links = [
            self._read.text(link, "an address")
            for link in self._read.items(map_.get("links"), "addresses")
        ]
        codes = [
            self._read.text(code, "what a code says")
            for code in self._read.items(map_.get("codes"), "codes")
        ]
        picture_text = self._read.text(map_.get("picture_text"), "the words in its pictures")
        standing = self._read.choice(map_.get("standing"), typing.get_args(Standing), "a standing")
        licence = self._read.choice(map_.get("licence"), typing.get_args(Licence), "a licence")
        account = self._read.text(map_.get("account"), "an account")
        audience = self._read.text(map_.get("audience"), "an audience")
        disclosed = self._read.truth(map_.get("disclosed"))
        known = self._known(map_)
        if text is None or verdict is None or surface is None:
            return None
        return Example(
            verdict=Verdict(verdict),
            text=text,
            surface=surface,
            account=account,
            audience=audience,
            standing=standing,
            licence=licence,
            links=tuple(link for link in links if link is not None),
            disclosed=disclosed,
            codes=tuple(code for code in codes if code is not None),
            picture_text=picture_text,
            known=known,
            file=file,
            line=line,
        )

    def _known(self, map_: Map) -> dict[str, float | bool]:
        """What memory tells of an example: values of counters, and of signals of memory."""
        found: dict[str, float | bool] = {}
        for key, node in self._read.named(map_.get("counted"), "number"):
            name = self._read.defined(key, sorted(self._conditions.scope.counters), "counter")
            value = self._read.amount(node)
            if name is not None and value is not None:
                found[name] = value
        for key, node in self._read.named(map_.get("remembered"), "value"):
            name = self._read.defined(key, GIVEN_SIGNALS, "signal of memory or of pictures")
            told = None if name is None else self._remembered(name, node)
            if name is not None and told is not None:
                found[name] = told
        return found

    def _remembered(self, name: str, node: Node) -> float | bool | None:
        match CATALOG[name].type:
            case "boolean":
                return self._read.truth(node)
            case "count":
                return self._read.whole(node, 0, "a count")
            case _:
                return self._read.amount(node)

    def _example_surface(
        self, node: Node | None, verdict: str | None, surfaces: tuple[Surface, ...]
    ) -> Surface | None:
        name = self._read.choice(node, f.SURFACES, "a surface")
        if name is None or node is None:
            return None
        surface = Surface(name)
        if surface.sealed:
            self._problems.add("P015", f"`{name}` is sealed: it has no text", node.span)
            return None
        if verdict != "allow" and surface not in surfaces:
            message = f"the rule does not hold on `{name}`"
            self._problems.add("P052", message, node.span, f"It holds on {', '.join(surfaces)}.")
        return surface
