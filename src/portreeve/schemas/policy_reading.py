"""A policy as a document that people read: everything in it in words, in both languages."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from msgspec import Meta

from portreeve.model import Layer, Surface, SurfaceState, Tier, Verdict
from portreeve.schemas.base import Answer
from portreeve.schemas.enforcement import SanctionKind
from portreeve.schemas.policies import Bilingual


class Place(Answer, frozen=True, kw_only=True):
    """A place where something may appear."""

    surface: Annotated[Surface, Meta(description="the place")]
    state: Annotated[SurfaceState, Meta(description="governed, sealed, or off")]
    until: Annotated[Bilingual | None, Meta(description="when that will change, if it says so")]


class Defined(Answer, frozen=True, kw_only=True):
    """A word that the policy gives a meaning."""

    name: Annotated[str, Meta(description="its name in conditions")]
    words: Annotated[Bilingual, Meta(description="what it means")]
    layer: Annotated[Layer, Meta(description="law or house")]
    when: Annotated[str, Meta(description="the same as a condition")]


class Counting(Answer, frozen=True, kw_only=True):
    """Something that the policy lets be counted over time."""

    name: Annotated[str, Meta(description="its name in conditions")]
    words: Annotated[Bilingual, Meta(description="what it counts")]
    how: Annotated[Bilingual, Meta(description="how: of whom, and over what time")]
    layer: Annotated[Layer, Meta(description="law or house")]
    when: Annotated[str | None, Meta(description="which items count, as a condition; null for all")]


class Way(Answer, frozen=True, kw_only=True):
    """Where people can do properly what a rule refuses."""

    name: Annotated[str, Meta(description="its name in the policy")]
    title: Annotated[Bilingual, Meta(description="what it is called")]
    how: Annotated[Bilingual, Meta(description="how to get there")]


class Shown(Answer, frozen=True, kw_only=True):
    """An example of a rule."""

    verdict: Annotated[Verdict, Meta(description="what becomes of it")]
    text: Annotated[str, Meta(description="the text, as somebody might post it")]
    surface: Annotated[Surface, Meta(description="where")]
    standing: Annotated[str | None, Meta(description="what its account is, if that matters")]
    licence: Annotated[str | None, Meta(description="its seller's licence, if that matters")]
    disclosed: Annotated[bool | None, Meta(description="declared as advertising, if that matters")]
    links: Annotated[list[str], Meta(description="links beside the text")]
    codes: Annotated[list[str], Meta(description="what the codes in its pictures say")]
    picture_text: Annotated[str | None, Meta(description="the words in its pictures")]


class RuleInWords(Answer, frozen=True, kw_only=True):
    """A rule, or the cells of the table that say the same."""

    ids: Annotated[list[str], Meta(description="ids of the rules; one, but for cells of the table")]
    layer: Annotated[Layer, Meta(description="law or house")]
    surfaces: Annotated[list[Surface], Meta(description="where it holds")]
    verdict: Annotated[Verdict, Meta(description="what happens")]
    because: Annotated[Bilingual, Meta(description="why")]
    comply: Annotated[Bilingual | None, Meta(description="how to put it right")]
    way_out: Annotated[Way | None, Meta(description="where it has its place")]
    label: Annotated[Bilingual | None, Meta(description="what a label says")]
    reach: Annotated[float | None, Meta(description="share of the audience that a `limit` leaves")]
    strike: Annotated[int, Meta(description="how many strikes it is")]
    ladder: Annotated[str | None, Meta(description="the ladder on which they count")]
    conditions: Annotated[list[str], Meta(description="the condition of each rule, as SQL")]
    terms: Annotated[
        list[str], Meta(description="names of the definitions and counters that they use")
    ]
    examples: Annotated[list[Shown], Meta(description="its examples, which are its tests")]
    goods: Annotated[list[str], Meta(description="rows of the table that it is made of")]


class ClauseInWords(Answer, frozen=True, kw_only=True):
    """A clause, as notices name it."""

    number: Annotated[str, Meta(description="its number, which is its anchor: 3.1")]
    rules: Annotated[list[RuleInWords], Meta(description="what it says")]


class Chapter(Answer, frozen=True, kw_only=True):
    """The clauses whose numbers begin alike."""

    number: Annotated[str, Meta(description="3 of 3.1, L1 of L1.2")]
    layer: Annotated[Layer, Meta(description="law or house")]
    surfaces: Annotated[list[Surface], Meta(description="where its clauses hold")]
    opening: Annotated[Bilingual, Meta(description="its first sentence, for a table of contents")]
    clauses: Annotated[list[ClauseInWords], Meta(description="its clauses in order")]
    table: Annotated[bool, Meta(description="they are what the table of goods says")]


class FormInWords(Answer, frozen=True, kw_only=True):
    """A column of the table."""

    name: Annotated[str, Meta(description="its name in the policy")]
    title: Annotated[Bilingual, Meta(description="what it is called")]
    surfaces: Annotated[list[Surface], Meta(description="which places it is")]


class CellInWords(Answer, frozen=True, kw_only=True):
    """What happens to some goods in one place."""

    form: Annotated[str, Meta(description="the column")]
    verdict: Annotated[Verdict, Meta(description="what happens")]
    clause: Annotated[str | None, Meta(description="the clause that says so; null where allowed")]


class RowInWords(Answer, frozen=True, kw_only=True):
    """A row of the table."""

    name: Annotated[str, Meta(description="its name in the policy")]
    title: Annotated[Bilingual, Meta(description="what it is called")]
    goods: Annotated[list[Bilingual], Meta(description="the goods in it, where they are listed")]
    cells: Annotated[list[CellInWords], Meta(description="one for each column")]


class Table(Answer, frozen=True, kw_only=True):
    """What may be sold where."""

    clause: Annotated[str, Meta(description="the clause that it is")]
    forms: Annotated[list[FormInWords], Meta(description="its columns")]
    rows: Annotated[list[RowInWords], Meta(description="its rows")]


class TierInWords(Answer, frozen=True, kw_only=True):
    """A tier, and the goods in it."""

    tier: Annotated[Tier, Meta(description="white, grey, grey-strict or black")]
    default: Annotated[bool, Meta(description="goods that nobody recognised are in it")]
    goods: Annotated[list[Bilingual], Meta(description="the goods in it")]


class Rung(Answer, frozen=True, kw_only=True):
    """What happens at a number of strikes."""

    at: Annotated[int, Meta(description="the number of strikes")]
    sanctions: Annotated[list[SanctionKind], Meta(description="what happens")]
    days: Annotated[float | None, Meta(description="for how long; null for no end or no length")]


class LadderInWords(Answer, frozen=True, kw_only=True):
    """From strikes to sanctions."""

    name: Annotated[str, Meta(description="its name in the policy")]
    title: Annotated[Bilingual, Meta(description="what it is called")]
    expire_days: Annotated[float | None, Meta(description="when a strike is forgotten")]
    steps: Annotated[list[Rung], Meta(description="its steps")]
    clauses: Annotated[list[str], Meta(description="the clauses that count on it")]


class PolicyReading(Answer, frozen=True, kw_only=True):
    """A policy to be read: made from the text that is enforced, and from nothing else."""

    policy: Annotated[str, Meta(description="name and version, such as acquaintance@2014-06")]
    name: Annotated[str, Meta(description="its name, which is the network's")]
    version: Annotated[str, Meta(description="the version")]
    effective: Annotated[datetime, Meta(description="from when on it holds")]
    law: Annotated[str | None, Meta(description="the law layer under it")]
    title: Annotated[Bilingual, Meta(description="what it is called")]
    network: Annotated[Bilingual | None, Meta(description="what kind of network it is")]
    announcement: Annotated[Bilingual | None, Meta(description="what people are told")]
    places: Annotated[list[Place], Meta(description="where it holds, and where not")]
    merchant: Annotated[Defined | None, Meta(description="who counts as a merchant, and who not")]
    protected: Annotated[Defined | None, Meta(description="which sales everybody may make")]
    allowed: Annotated[list[Shown], Meta(description="examples of what may appear")]
    refused: Annotated[list[Shown], Meta(description="examples of what may not")]
    chapters: Annotated[list[Chapter], Meta(description="the house's clauses, then the law's")]
    table: Annotated[Table | None, Meta(description="what may be sold where")]
    tiers: Annotated[list[TierInWords], Meta(description="the goods by tier")]
    ways_out: Annotated[list[Way], Meta(description="where to go instead")]
    ladders: Annotated[list[LadderInWords], Meta(description="from strikes to sanctions")]
    definitions: Annotated[list[Defined], Meta(description="what its words mean")]
    counters: Annotated[list[Counting], Meta(description="what it lets be counted over time")]

    @property
    def by_surface(self) -> dict[SurfaceState, list[Place]]:
        """The places by what the policy does there."""
        found: dict[SurfaceState, list[Place]] = {state: [] for state in SurfaceState}
        for place in self.places:
            found[place.state].append(place)
        return found
