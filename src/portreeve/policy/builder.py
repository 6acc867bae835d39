"""From a merged document to the parts of a policy: every value read, every name resolved."""

from __future__ import annotations

import typing
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from portreeve.model import (
    TIERS,
    Layer,
    Licence,
    Standing,
    Surface,
    SurfaceState,
    Tier,
    Verdict,
)
from portreeve.policy import fields as f
from portreeve.policy import matrix as m
from portreeve.policy.conditions import Scope, parse_condition
from portreeve.policy.domains import LAW
from portreeve.policy.errors import Problems
from portreeve.policy.expression import Expr, rename, sql
from portreeve.policy.fields import Table
from portreeve.policy.parts import (
    Cell,
    Definition,
    Example,
    Form,
    Ladder,
    Matrix,
    Row,
    Rule,
    Sanction,
    Step,
    SurfaceRule,
    WayOut,
    Words,
)
from portreeve.policy.reading import Reader, head
from portreeve.policy.source import Items, Map, Node, Span, Text
from portreeve.signals.catalog import CATALOG, POLICY_SIGNALS

_ROW_TITLES = {
    "white": Words("ordinary goods (white)", "一般商品（白）"),
    "grey": Words("goods that need care (grey)", "需要注意的商品（灰）"),
    "grey-strict": Words("goods under strict rules (grey-strict)", "严格管理的商品（深灰）"),
    "black": Words("forbidden goods (black)", "禁止的商品（黑）"),
    "protected": Words("protected sales", "受保护的出售"),
}
_SQL_WORDS = frozenset(
    "and or not in is null true false like ilike between case when then else end cast as "
    "exists select from where any all".split()
)
_NO_LAW_SALE = (
    "the law layer has no definition of protected_sale, and the house's does not reach it|"
    "Define protected_sale in the law file, or leave it out."
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
    tiers: dict[str, Tier]
    law_tiers: dict[str, Tier]
    default_tier: Tier
    forms: dict[str, Form]
    matrix: Matrix | None
    ways_out: dict[str, WayOut]
    ladders: dict[str, Ladder]
    places: dict[str, Text]
    """Where the condition of each rule and definition is written."""


def build(document: Map, problems: Problems, law: Built | None, *, is_law: bool) -> Built:
    """Read a merged document; with the law layer under it, if it has one.

    What cannot be read is reported and left out, so that the rest can be checked as well.
    """
    return _Builder(document, problems, law, is_law).build()


class _Builder:
    def __init__(
        self, document: Map, problems: Problems, law: Built | None, is_law: bool
    ) -> None:
        self.document = document
        self.problems = problems
        self.read = Reader(problems)
        self.law = law
        self.layer: Layer = "law" if is_law else "house"
        self.places: dict[str, Text] = {}

    def build(self) -> Built:
        get = self.document.get
        name = self.read.text(get("policy"), "the policy's name")
        version = self.read.text(get("version"), "the version")
        effective = self.read.moment(get("effective"))
        title = self.read.words(get("title"))
        announcement, network = self.read.words(get("announcement")), self.read.words(get("network"))
        self.surface_rules = self.surfaces()
        self.tiers, default_tier = self.tier_overlay()
        self.ways_out = self.all_ways_out()
        self.ladders = self.all_ladders()
        definitions, law_names = self.all_definitions()
        rules = self.all_rules()
        forms = self.all_forms()
        matrix, cells = self.whole_matrix(forms, default_tier)
        law_rules = self.law_rules(law_names)
        self.check_ids([*law_rules, *rules], definitions)
        return Built(
            name=name or "",
            version=version or "",
            effective=effective or datetime.min,
            layer=self.layer,
            title=title or Words("", ""),
            announcement=announcement,
            network=network,
            law=f"{self.law.name}@{self.law.version}" if self.law else None,
            surface_rules=self.surface_rules,
            rules=(*law_rules, *rules, *cells),
            definitions=definitions,
            tiers=self.tiers,
            law_tiers=self.law.tiers if self.law else self.tiers,
            default_tier=default_tier,
            forms=forms,
            matrix=matrix,
            ways_out={**(self.law.ways_out if self.law else {}), **self.ways_out},
            ladders={**(self.law.ladders if self.law else {}), **self.ladders},
            places=self.places,
        )

    # --- surfaces and goods ---------------------------------------------------------------------

    def surfaces(self) -> dict[Surface, SurfaceRule]:
        """The state of every surface. In a law file all that are not sealed are governed."""
        if self.layer == "law":
            states = {s: SurfaceState.sealed if s.sealed else SurfaceState.governed for s in Surface}
            return {surface: SurfaceRule(state) for surface, state in states.items()}
        result = {
            s: SurfaceRule(SurfaceState.sealed if s.sealed else SurfaceState.off) for s in Surface
        }
        for key, node in self.read.named(self.document.get("surfaces"), "state"):
            name = self.read.choice(key, f.SURFACES, "a surface")
            rule = self.surface_rule(node)
            if name is None or rule is None:
                continue
            surface = Surface(name)
            if surface.sealed and rule.state is not SurfaceState.sealed:
                self.problems.add("P015", f"`{name}` is sealed, whatever a policy says", node.span)
                continue
            result[surface] = rule
        return result

    def surface_rule(self, node: Node) -> SurfaceRule | None:
        if isinstance(node, Map):
            map_ = self.read.table(node, f.SURFACE)
            if map_ is None:
                return None
            state = self.read.choice(map_.get("state"), f.STATES, "a state")
            until = self.read.words(map_.get("until"))
        else:
            state, until = self.read.choice(node, f.STATES, "a state"), None
        return None if state is None else SurfaceRule(SurfaceState(state), until)

    def tier_overlay(self) -> tuple[dict[str, Tier], Tier]:
        """A tier for every category: the table's, unless the policy says otherwise."""
        from portreeve.signals.goods_table import goods_table

        tiers: dict[str, Tier] = {
            name: typing.cast(Tier, goods.tier) for name, goods in goods_table().items()
        }
        default: Tier = "white"
        for key, node in self.read.named(self.document.get("tiers"), "tier"):
            known = ["default", *tiers]
            category = self.read.defined(key, known, "goods category")
            tier = self.read.choice(node, TIERS, "a tier")
            if category is None or tier is None:
                continue
            if category == "default":
                default = typing.cast(Tier, tier)
            else:
                tiers[category] = typing.cast(Tier, tier)
        return tiers, default

    def surface_list(self, node: Node | None) -> tuple[Surface, ...]:
        """A list of surfaces; a sealed one is refused."""
        found: list[Surface] = []
        for item in self.read.items(node, "surfaces"):
            name = self.read.choice(item, f.SURFACES, "a surface")
            if name is None:
                continue
            surface = Surface(name)
            if surface.sealed:
                message = f"`{name}` is sealed: nothing can be decided there"
                self.problems.add("P015", message, item.span, "Leave it out.")
            elif surface not in found:
                found.append(surface)
        return tuple(found)

    @property
    def governed(self) -> tuple[Surface, ...]:
        return tuple(s for s, r in self.surface_rules.items() if r.state is SurfaceState.governed)

    # --- ways out and ladders -------------------------------------------------------------------

    def all_ways_out(self) -> dict[str, WayOut]:
        found = {}
        for key, node in self.read.named(self.document.get("ways_out"), "{title, how}"):
            name = self.read.name(key, "a way out", id=True)
            map_ = self.read.table(node, f.WAY_OUT)
            if name is None or map_ is None:
                continue
            title, how = self.read.words(map_.get("title")), self.read.words(map_.get("how"))
            if title is not None and how is not None:
                found[name] = WayOut(name, title, how)
        return found

    def all_ladders(self) -> dict[str, Ladder]:
        found = {}
        for key, node in self.read.named(self.document.get("ladders"), "{steps}"):
            name = self.read.name(key, "a ladder")
            map_ = self.read.table(node, f.LADDER)
            if name is None or map_ is None:
                continue
            expire = self.read.duration(map_.get("strikes_expire"))
            found[name] = Ladder(name, expire, self.steps(map_.get("steps")))
        return found

    def steps(self, node: Node | None) -> tuple[Step, ...]:
        steps: list[Step] = []
        for item in self.read.items(node, "steps"):
            map_ = self.read.table(item, f.STEP)
            if map_ is None:
                continue
            at = self.read.whole(map_.get("at"), 1, "a number of strikes")
            sanctions = self.sanctions(map_.get("sanction"))
            lasts = self.read.duration(map_.get("for"))
            if at is None or not sanctions:
                continue
            if steps and at <= steps[-1].at:
                message = f"the step at {at} follows the step at {steps[-1].at}"
                self.problems.add("P050", message, _span(map_, "at"), "Let `at` rise.")
            self.check_duration(map_, sanctions)
            steps.append(Step(at, typing.cast("tuple[Sanction, ...]", sanctions), lasts))
        return tuple(steps)

    def sanctions(self, node: Node | None) -> tuple[str, ...]:
        nodes = node.items if isinstance(node, Items) else (node,)
        names = [self.read.choice(n, f.SANCTIONS, "a sanction") for n in nodes]
        return tuple(name for name in names if name is not None)

    def check_duration(self, step: Map, sanctions: tuple[str, ...]) -> None:
        timed = [s for s in sanctions if s in f.TIMED_SANCTIONS]
        given = step.get("for") is not None
        if timed and not given:
            message = f"`{timed[0]}` has no end"
            self.problems.add("P050", message, _span(step, "sanction"), "Add `for: 7d`.")
        if given and not timed and "block_links" not in sanctions:
            message = f"`{sanctions[0]}` cannot have a duration"
            self.problems.add("P050", message, _span(step, "for"), "Remove `for`.")

    # --- conditions -----------------------------------------------------------------------------

    def all_definitions(self) -> tuple[dict[str, Definition], dict[str, str]]:
        """The definitions, and how names of the law layer read when the house has them too."""
        entries: list[tuple[Text, str, Map]] = []
        for key, node in self.read.named(self.document.get("definitions"), "{words, when}"):
            name = self.definition_name(key)
            map_ = self.read.table(node, f.DEFINITION)
            if name is not None and map_ is not None:
                entries.append((key, name, map_))
        self.require_protected_sale([name for _, name, _ in entries])
        law_names = self.law_names([name for _, name, _ in entries])
        law = self.law_definitions(law_names)
        self.scope = Scope(
            frozenset([*(n for _, n, _ in entries), *(n for n in law if not n.startswith(LAW))]),
            self.forbidden([name for _, name, _ in entries]),
        )
        found = dict(law)
        for key, name, map_ in entries:
            words = self.read.words(map_.get("words"))
            condition = self.condition(name, map_.get("when"))
            if words is None or condition is None:
                continue
            text, expr = condition
            line, file = key.span.line, key.span.source.name
            found[name] = Definition(name, words, text, self.layer, file, line, expr)
        return found, law_names

    def definition_name(self, key: Text) -> str | None:
        name = self.read.name(key, "a definition")
        if name is None:
            return None
        if name in _SQL_WORDS:
            self.problems.add("P016", f"`{name}` is a word of SQL", key.span, "Choose another name.")
            return None
        if name in CATALOG and name != "protected_sale":
            message = f"`{name}` is already the name of a signal"
            self.problems.add("P016", message, key.span, "Choose another name.")
            return None
        return name

    def require_protected_sale(self, names: list[str]) -> None:
        if self.layer == "house" and "protected_sale" not in names:
            key = self.document.keys.get("definitions") or next(iter(self.document.keys.values()))
            self.problems.add(
                "P006",
                "the definition of `protected_sale` is missing",
                key.span,
                "Add it under `definitions`: what counts as second-hand, own produce or charity.",
            )

    def forbidden(self, names: list[str]) -> dict[str, str]:
        if self.layer == "law" and "protected_sale" not in names:
            return {"protected_sale": _NO_LAW_SALE}
        return {}

    def law_names(self, own: list[str]) -> dict[str, str]:
        """The law's own tiers, and those of its definitions that the house defines otherwise."""
        if self.law is None:
            return {}
        taken = [name for name in self.law.definitions if name in own]
        return {name: LAW + name for name in ("goods_tier", *taken)}

    def law_definitions(self, names: dict[str, str]) -> dict[str, Definition]:
        found = {}
        for name, definition in self.law.definitions.items() if self.law else ():
            shown = names.get(name, name)
            condition = rename(definition.condition, names)
            found[shown] = replace(definition, name=shown, condition=condition)
            self.places[shown] = self.law.places[name]  # type: ignore[union-attr]
        return found

    def law_rules(self, names: dict[str, str]) -> list[Rule]:
        """The law's rules, on the surfaces that this policy governs."""
        found = []
        for rule in self.law.rules if self.law else ():
            written = self.law.places.get(rule.id)  # type: ignore[union-attr]
            if written is not None:
                self.places[rule.id] = written
            surfaces = tuple(s for s in rule.surfaces if s in self.governed)
            found.append(
                replace(rule, surfaces=surfaces, condition=rename(rule.condition, names))
            )
        return found

    def condition(self, name: str, node: Node | None) -> tuple[str, Expr] | None:
        """The text of a condition and what it means."""
        text = self.read.text(node, "a condition")
        if text is None or not isinstance(node, Text):
            return None
        expr = parse_condition(node, self.scope, self.problems)
        self.places[name] = node
        if expr is None:
            return None
        return " ".join(text.split()), expr

    # --- rules ----------------------------------------------------------------------------------

    def all_rules(self) -> list[Rule]:
        found = []
        for node in self.read.items(self.document.get("rules"), "rules"):
            map_ = self.read.table(node, f.RULE)
            rule = self.rule(map_) if map_ is not None else None
            if rule is not None:
                found.append(rule)
        return found

    def rule(self, map_: Map) -> Rule | None:
        id_node = map_.get("id")
        id = self.read.name(id_node, "a rule", id=True) if isinstance(id_node, Text) else None
        if id is not None and id.startswith((m.PREFIX, LAW)) and self.layer == "house":
            message = f"ids that begin with `{id.split('.')[0]}.` are taken"
            self.problems.add("P016", message, _span(map_, "id"), "Choose another id.")
        layer = self.rule_layer(map_)
        surfaces = self.surface_list(map_.get("surfaces")) or self.governed
        condition = self.condition(id or "", map_.get("when"))
        verdict = self.read.choice(map_.get("verdict"), f.RULE_VERDICTS, "a verdict of a rule")
        rest = self.consequences(map_)
        examples = self.examples(map_.get("examples"), surfaces)
        clause = self.read.text(map_.get("clause"), "the clause")
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
            line=_span(map_, "id").line,
            condition=expr,
        )

    def rule_layer(self, map_: Map) -> Layer:
        node = map_.get("layer")
        layer = self.read.choice(node, ("law", "house"), "a layer")
        if self.layer == "law":
            if layer == "house" and node is not None:
                message = "a law file has rules of the law layer only"
                self.problems.add("P031", message, node.span, "Put the rule in the house policy.")
            return "law"
        return "law" if layer == "law" else "house"

    def consequences(self, map_: Map) -> _Consequences:
        """What a rule and a cell have in common."""
        law = self.law
        ways_out = [*self.ways_out, *(law.ways_out if law else {})]
        ladders = [*self.ladders, *(law.ladders if law else {})]
        return _Consequences(
            because=self.read.words(map_.get("because")),
            comply=self.read.words(map_.get("comply")),
            way_out=self.read.defined(map_.get("way_out"), ways_out, "way out"),
            label=self.read.words(map_.get("label")),
            reach=self.read.share(map_.get("reach")),
            strike=self.read.whole(map_.get("strike"), 0, "a number of strikes"),
            ladder=self.read.defined(map_.get("ladder"), ladders, "ladder"),
        )

    def check_parts(
        self, map_: Map, verdict: Verdict, rest: _Consequences, given: Map | None = None
    ) -> None:
        """That a rule has what its verdict needs, and nothing that it cannot use.

        ``given`` is where a cell's needs may be met as well: the matrix.
        """
        has = {name for node in (map_, given) if node is not None for name in node.entries}
        own = set(map_.entries)
        place = _span(map_, "verdict")

        def wrong(message: str, help: str, name: str = "") -> None:
            span = _span(map_, name) if name in own else place
            self.problems.add("P051", message, span, help)

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

    def examples(self, node: Node | None, surfaces: tuple[Surface, ...]) -> tuple[Example, ...]:
        found = []
        for key, listed in self.read.named(node, "[examples]"):
            verdict = self.read.choice(key, f.CELL_VERDICTS, "a verdict of an example")
            for item in self.read.items(listed, "examples"):
                example = self.example(item, verdict, surfaces)
                if example is not None:
                    found.append(example)
        return tuple(found)

    def example(
        self, node: Node, verdict: str | None, surfaces: tuple[Surface, ...]
    ) -> Example | None:
        if not surfaces:
            return None
        surface = Surface.moments if Surface.moments in surfaces else surfaces[0]
        place = {"file": node.span.source.name, "line": node.span.line}
        if isinstance(node, Text):
            text = self.read.text(node, "the words of the example")
            if text is None or verdict is None:
                return None
            return Example(Verdict(verdict), text, surface, **place)  # type: ignore[arg-type]
        map_ = self.read.table(node, f.EXAMPLE)
        if map_ is None:
            return None
        named = self.example_surface(map_.get("surface"), verdict, surfaces)
        text = self.read.text(map_.get("text"), "the words of the example")
        links = [
            self.read.text(link, "an address")
            for link in self.read.items(map_.get("links"), "addresses")
        ]
        standing = self.read.choice(map_.get("standing"), typing.get_args(Standing), "a standing")
        licence = self.read.choice(map_.get("licence"), typing.get_args(Licence), "a licence")
        account = self.read.text(map_.get("account"), "an account")
        audience = self.read.text(map_.get("audience"), "an audience")
        disclosed = self.read.truth(map_.get("disclosed"))
        if text is None or verdict is None:
            return None
        return Example(
            verdict=Verdict(verdict),
            text=text,
            surface=named or surface,
            account=account,
            audience=audience,
            standing=standing,
            licence=licence,
            links=tuple(link for link in links if link is not None),
            disclosed=disclosed,
            **place,  # type: ignore[arg-type]
        )

    def example_surface(
        self, node: Node | None, verdict: str | None, surfaces: tuple[Surface, ...]
    ) -> Surface | None:
        name = self.read.choice(node, f.SURFACES, "a surface")
        if name is None or node is None:
            return None
        surface = Surface(name)
        if surface.sealed:
            self.problems.add("P015", f"`{name}` is sealed: it has no text", node.span)
            return None
        if verdict != "allow" and surface not in surfaces:
            self.problems.add(
                "P052",
                f"the rule does not hold on `{name}`",
                node.span,
                f"It holds on {', '.join(surfaces)}.",
            )
        return surface

    def check_ids(self, rules: Iterable[Rule], definitions: dict[str, Definition]) -> None:
        """Rules and definitions become columns: their names must differ."""
        seen: dict[str, Rule] = {}
        for rule in rules:
            text = self.places.get(rule.id)
            span = text.span if text is not None else None
            if rule.id in definitions or rule.id in (*CATALOG, *POLICY_SIGNALS):
                message = f"`{rule.id}` is also the name of a signal or definition"
                self.problems.add("P016", message, span, "Give the rule another id.")
            if rule.id in seen:
                other = seen[rule.id]
                self.problems.add(
                    "P013",
                    f"two rules have the id `{rule.id}`",
                    span and head(span),
                    f"Rename one of the two; the first is in {other.file}, line {other.line}.",
                )
            seen.setdefault(rule.id, rule)

    # --- the matrix -----------------------------------------------------------------------------

    def all_forms(self) -> dict[str, Form]:
        found: dict[str, Form] = {}
        owner: dict[Surface, str] = {}
        for key, node in self.read.named(self.document.get("forms"), "{title, surfaces}"):
            name = self.read.name(key, "a form")
            map_ = self.read.table(node, f.FORM)
            if name is None or map_ is None:
                continue
            title = self.read.words(map_.get("title"))
            surfaces = self.surface_list(map_.get("surfaces"))
            for surface in surfaces:
                if surface in owner:
                    message = f"`{surface}` is in the form `{owner[surface]}` already"
                    self.problems.add("P042", message, _span(map_, "surfaces"))
                owner.setdefault(surface, name)
            if title is not None:
                found[name] = Form(name, title, surfaces)
        return found

    def whole_matrix(
        self, forms: dict[str, Form], default: Tier
    ) -> tuple[Matrix | None, list[Rule]]:
        node = self.document.get("matrix")
        map_ = self.read.table(node, f.MATRIX) if node is not None else None
        if map_ is None:
            return None, []
        condition = self.condition(m.PREFIX, map_.get("when"))
        common = self.consequences(map_)
        clause = self.read.text(map_.get("clause"), "the clause")
        nodes = self.rows(map_, forms)
        named = self.named_categories(nodes)
        for name in (*TIERS, f.PROTECTED):
            if name not in nodes:
                self.problems.add(
                    "P041", f"the matrix has no row `{name}`", _key(map_, "rows"), f"Add `{name}: ...`."
                )
        if condition is None or clause is None or common.because is None:
            return None, []
        when, expr = condition
        base = _Base(map_, expr, common, clause)
        rows: dict[str, Row] = {}
        rules: list[Rule] = []
        for name, row in nodes.items():
            where = _row_condition(name, default, named)
            cells, made = self.cells(name, row, forms, base, where)
            title = self.read.words(row.get("title")) or _ROW_TITLES.get(name) or Words(name, name)
            rows[name] = Row(name, title, tuple(named.get(name, ())), cells)
            rules += made
        return Matrix(when, clause, rows), rules

    def rows(self, map_: Map, forms: dict[str, Form]) -> dict[str, Map]:
        found = {}
        own = Table(f.ROW.name, f.ROW.title, tuple(k for k in f.ROW.keys if k.name != "FORM"))
        for key, node in self.read.named(map_.get("rows"), "{FORM: verdict}"):
            known = (*TIERS, f.PROTECTED)
            name = key.value if key.value in known else self.read.name(key, "a row")
            row = self.read.table(node, own, forms)
            if name is None or row is None:
                continue
            if name in known and row.get("categories") is not None:
                message = f"the row `{name}` is made by the tiers, not by categories"
                self.problems.add("P005", message, _key(row, "categories"), "Remove it.")
            if name not in known and row.get("categories") is None:
                self.problems.add(
                    "P006",
                    f"the row `{name}` does not say which goods it is for",
                    key.span,
                    f"Add `categories: [...]`; the other rows are {', '.join(known)}.",
                )
            found[name] = row
        return found

    def named_categories(self, rows: dict[str, Map]) -> dict[str, list[str]]:
        """The categories of the rows that name some; none may be in two rows."""
        found: dict[str, list[str]] = {}
        owner: dict[str, str] = {}
        for name, row in rows.items():
            if name in (*TIERS, f.PROTECTED) or row.get("categories") is None:
                continue
            found[name] = []
            for node in self.read.items(row.get("categories"), "goods categories"):
                category = self.read.defined(node, self.tiers, "goods category")
                if category is None:
                    continue
                if category in owner:
                    message = f"`{category}` is in the row `{owner[category]}` already"
                    self.problems.add("P042", message, node.span)
                owner.setdefault(category, name)
                found[name].append(category)
        return found

    def cells(
        self, row_name: str, row: Map, forms: dict[str, Form], base: _Base, where: Expr
    ) -> tuple[dict[str, Cell], list[Rule]]:
        cells: dict[str, Cell] = {}
        rules: list[Rule] = []
        missing = [name for name in forms if name not in row.entries]
        if missing:
            span = next(iter(row.keys.values())).span if row.keys else head(row.span)
            shown = ", ".join(f"`{name}`" for name in missing)
            message = f"the row `{row_name}` does not decide {shown}"
            self.problems.add("P040", message, span, f"Add `{missing[0]}: allow` or another verdict.")
        for name, form in forms.items():
            node = row.get(name)
            if node is None:
                continue
            cell = Map({"verdict": node}, {"verdict": row.keys[name]}, node.span)
            if isinstance(node, Map):
                cell = self.read.table(node, f.CELL) or cell
            verdict = self.read.choice(cell.get("verdict"), f.CELL_VERDICTS, "a verdict of a cell")
            if verdict is None:
                continue
            id = m.cell_id(row_name, name)
            cells[name] = Cell(Verdict(verdict), None if verdict == "allow" else id)
            rest = self.consequences(cell)
            self.check_cell(cell, Verdict(verdict), rest, base)
            if verdict != "allow":
                rules.append(self.cell_rule(id, cell, Verdict(verdict), rest, base, form, where))
        return cells, rules

    def check_cell(
        self, cell: Map, verdict: Verdict, rest: _Consequences, base: _Base
    ) -> None:
        if verdict is Verdict.allow:
            for name in ("label", "reach", "strike", "ladder"):
                if name in cell.entries:
                    message = f"a cell that allows has no {name}"
                    self.problems.add("P051", message, _key(cell, name), "Remove it.")
            return
        self.check_parts(cell, verdict, rest, base.map)

    def cell_rule(
        self,
        id: str,
        cell: Map,
        verdict: Verdict,
        own: _Consequences,
        base: _Base,
        form: Form,
        where: Expr,
    ) -> Rule:
        condition = m.cell_condition(base.when, where)
        strike = own.strike if own.strike is not None else base.rest.strike or 0
        common = base.rest
        return Rule(
            id=id,
            clause=self.read.text(cell.get("clause"), "the clause") or base.clause,
            layer=self.layer,
            surfaces=form.surfaces,
            when=sql(condition),
            verdict=verdict,
            because=own.because or common.because or Words("", ""),
            comply=own.comply or common.comply,
            way_out=own.way_out or common.way_out,
            label=(own.label or common.label) if verdict is Verdict.label else None,
            reach=_first(own.reach, common.reach) if verdict is Verdict.limit else None,
            strike=strike,
            ladder=(own.ladder or common.ladder) if strike else None,
            examples=(),
            file=cell.span.source.name,
            line=cell.span.line,
            condition=condition,
            from_matrix=True,
        )


@dataclass(frozen=True)
class _Consequences:
    because: Words | None
    comply: Words | None
    way_out: str | None
    label: Words | None
    reach: float | None
    strike: int | None
    ladder: str | None


@dataclass(frozen=True)
class _Base:
    """What the cells of a matrix share."""

    map: Map
    when: Expr
    rest: _Consequences
    clause: str


def _row_condition(name: str, default: str, named: dict[str, list[str]]) -> Expr:
    if name == f.PROTECTED:
        return m.protected_row()
    if name in named:
        return m.named_row(named[name])
    everywhere = [category for categories in named.values() for category in categories]
    return m.tier_row(name, default, everywhere)


def _first(*values: float | None) -> float | None:
    return next((value for value in values if value is not None), None)


def _span(map_: Map, name: str) -> Span:
    """The value of a key, or the mapping's first line when the key is not there."""
    node = map_.get(name)
    return head(node.span if node is not None else map_.span)


def _key(map_: Map, name: str) -> Span:
    key = map_.keys.get(name)
    return key.span if key is not None else head(map_.span)
