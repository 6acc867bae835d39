"""The parts of a policy that stand by themselves: surfaces, tiers, forms, ways out, ladders."""

from __future__ import annotations

import typing

from portreeve.model import TIERS, Layer, Surface, SurfaceState, Tier
from portreeve.policy import fields as f
from portreeve.policy.errors import Problems
from portreeve.policy.parts import Form, Ladder, Sanction, Step, SurfaceRule, WayOut
from portreeve.policy.reading import Reader, key_place, place
from portreeve.policy.source import Items, Map, Node
from portreeve.signals.goods_table import goods_table


class Sections:
    """Reads them from a merged document; what is wrong goes to ``problems``."""

    def __init__(self, document: Map, problems: Problems, layer: Layer) -> None:
        self._document = document
        self._problems = problems
        self._read = Reader(problems)
        self.surface_rules = self._law_surfaces() if layer == "law" else self._surfaces()
        self.tiers, self.default_tier = self._tier_overlay()
        self.forms = self._all_forms()
        self.ways_out = self._all_ways_out()
        self.ladders = self._all_ladders()

    @property
    def governed(self) -> tuple[Surface, ...]:
        """The governed surfaces, in the order of the model."""
        return tuple(s for s, r in self.surface_rules.items() if r.state is SurfaceState.governed)

    def surface_list(self, node: Node | None) -> tuple[Surface, ...]:
        """A list of surfaces; a sealed one is refused."""
        found: list[Surface] = []
        for item in self._read.items(node, "surfaces"):
            name = self._read.choice(item, f.SURFACES, "a surface")
            if name is None:
                continue
            surface = Surface(name)
            if surface.sealed:
                message = f"`{name}` is sealed: nothing can be decided there"
                self._problems.add("P015", message, item.span, "Leave it out.")
            elif surface not in found:
                found.append(surface)
        return tuple(found)

    # --- surfaces and goods ---------------------------------------------------------------------

    def _law_surfaces(self) -> dict[Surface, SurfaceRule]:
        """In a law file all surfaces that are not sealed are governed."""
        return {
            s: SurfaceRule(SurfaceState.sealed if s.sealed else SurfaceState.governed)
            for s in Surface
        }

    def _surfaces(self) -> dict[Surface, SurfaceRule]:
        result = {
            s: SurfaceRule(SurfaceState.sealed if s.sealed else SurfaceState.off) for s in Surface
        }
        for key, node in self._read.named(self._document.get("surfaces"), "state"):
            name = self._read.choice(key, f.SURFACES, "a surface")
            rule = self._surface_rule(node)
            if name is None or rule is None:
                continue
            surface = Surface(name)
            if surface.sealed and rule.state is not SurfaceState.sealed:
                message = f"`{name}` is sealed, whatever a policy says"
                self._problems.add("P015", message, node.span)
                continue
            result[surface] = rule
        return result

    def _surface_rule(self, node: Node) -> SurfaceRule | None:
        if isinstance(node, Map):
            self._read.table(node, f.SURFACE)
            name = self._read.choice(node.get("state"), f.STATES, "a state")
            until = self._read.words(node.get("until"))
        else:
            name, until = self._read.choice(node, f.STATES, "a state"), None
        return None if name is None else SurfaceRule(SurfaceState(name), until)

    def _tier_overlay(self) -> tuple[dict[str, Tier], Tier]:
        """A tier for every category: the table's, unless the policy says otherwise."""
        tiers: dict[str, Tier] = {name: goods.tier for name, goods in goods_table().items()}
        default: Tier = "white"
        for key, node in self._read.named(self._document.get("tiers"), "tier"):
            category = self._read.defined(key, ["default", *tiers], "goods category")
            name = self._read.choice(node, TIERS, "a tier")
            if category is None or name is None:
                continue
            tier = typing.cast(Tier, name)
            if category == "default":
                default = tier
            else:
                tiers[category] = tier
        return tiers, default

    def _all_forms(self) -> dict[str, Form]:
        found: dict[str, Form] = {}
        owner: dict[Surface, str] = {}
        for key, node in self._read.named(self._document.get("forms"), "{title, surfaces}"):
            name = self._read.name(key, "a form")
            map_ = self._read.table(node, f.FORM)
            if name is None or map_ is None:
                continue
            title = self._read.words(map_.get("title"))
            surfaces = self.surface_list(map_.get("surfaces"))
            for surface in surfaces:
                if surface in owner:
                    message = f"`{surface}` is in the form `{owner[surface]}` already"
                    self._problems.add("P042", message, place(map_, "surfaces"))
                owner.setdefault(surface, name)
            if title is not None:
                found[name] = Form(name, title, surfaces)
        return found

    # --- ways out and ladders -------------------------------------------------------------------

    def _all_ways_out(self) -> dict[str, WayOut]:
        found = {}
        for key, node in self._read.named(self._document.get("ways_out"), "{title, how}"):
            name = self._read.name(key, "a way out", id=True)
            map_ = self._read.table(node, f.WAY_OUT)
            if name is None or map_ is None:
                continue
            title, how = self._read.words(map_.get("title")), self._read.words(map_.get("how"))
            if title is not None and how is not None:
                found[name] = WayOut(name, title, how)
        return found

    def _all_ladders(self) -> dict[str, Ladder]:
        found = {}
        for key, node in self._read.named(self._document.get("ladders"), "{steps}"):
            name = self._read.name(key, "a ladder")
            map_ = self._read.table(node, f.LADDER)
            if name is None or map_ is None:
                continue
            expire = self._read.duration(map_.get("strikes_expire"))
            found[name] = Ladder(name, expire, self._steps(map_.get("steps")))
        return found

    def _steps(self, node: Node | None) -> tuple[Step, ...]:
        steps: list[Step] = []
        for item in self._read.items(node, "steps"):
            map_ = self._read.table(item, f.STEP)
            if map_ is None:
                continue
            at = self._read.whole(map_.get("at"), 1, "a number of strikes")
            sanctions = self._sanctions(map_.get("sanction"))
            lasts = self._read.duration(map_.get("for"))
            if at is None or not sanctions:
                continue
            if steps and at <= steps[-1].at:
                message = f"the step at {at} follows the step at {steps[-1].at}"
                self._problems.add("P050", message, place(map_, "at"), "Let `at` rise.")
            self._check_duration(map_, sanctions)
            steps.append(Step(at, sanctions, lasts))
        return tuple(steps)

    def _sanctions(self, node: Node | None) -> tuple[Sanction, ...]:
        nodes = node.items if isinstance(node, Items) else (node,)
        names = [self._read.choice(n, f.SANCTIONS, "a sanction") for n in nodes]
        return tuple(typing.cast(Sanction, name) for name in names if name is not None)

    def _check_duration(self, step: Map, sanctions: tuple[Sanction, ...]) -> None:
        timed = [s for s in sanctions if s in f.TIMED_SANCTIONS]
        given = step.get("for") is not None
        if timed and not given:
            message = f"`{timed[0]}` has no end"
            self._problems.add("P050", message, place(step, "sanction"), "Add `for: 7d`.")
        if given and not timed and "block_links" not in sanctions:
            message = f"`{sanctions[0]}` cannot have a duration"
            self._problems.add("P050", message, key_place(step, "for"), "Remove `for`.")
