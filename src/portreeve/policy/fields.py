"""Every key of the policy format, defined once: the loader and the docs both go by it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from portreeve.model import Surface, SurfaceState

SANCTIONS: dict[str, str] = {
    "warn": "a notice, nothing else",
    "limit": "less reach, for a time",
    "mute": "may read but not publish, for a time",
    "disgorge": "what was gained by it, such as followers, is taken back",
    "block_links": "links of the account open nowhere, for a time or for good",
    "suspend": "the account is closed, for a time",
    "ban": "the account is closed for good",
}
TIMED_SANCTIONS = ("limit", "mute", "suspend")
"""These need a duration; the others but ``block_links`` cannot have one."""

RULE_VERDICTS = ("label", "limit", "hold", "refuse")
CELL_VERDICTS = ("allow", *RULE_VERDICTS)
STRICT_TIERS = ("black", "grey-strict")
"""Tiers whose matrix rows apply to a protected sale too."""
PROTECTED = "protected"


@dataclass(frozen=True)
class Key:
    """One key of a mapping: what kind of value it wants, whether it must be there, its meaning."""

    name: str
    kind: str
    meaning: str
    required: bool = False


@dataclass(frozen=True)
class Table:
    """A kind of mapping in the format. ``open`` ones have names of the writer's own as keys."""

    name: str
    title: str
    keys: tuple[Key, ...]

    def key(self, name: str) -> Key | None:
        return next((k for k in self.keys if k.name == name), None)

    @property
    def names(self) -> list[str]:
        return [k.name for k in self.keys]


def _table(name: str, title: str, *keys: Key) -> Table:
    return Table(name, title, keys)


_WORDS = "en and zh"

POLICY = _table(
    "policy",
    "A policy file",
    Key("policy", "name", "the policy's name, the same as the file's", True),
    Key("version", "text", "this version of it, such as 2014-06", True),
    Key("effective", "date and time", "from when it holds, with offset", True),
    Key("layer", "law or house", "law for a law file; house when left out"),
    Key(
        "extends",
        "name or path",
        "another policy, beside this file or shipped: this file changes and adds to it",
    ),
    Key("remove", "list of rule ids", "rules of the extended policy that do not hold here"),
    Key("law", "name", "the law file that lies under it: law/NAME.yaml; not in a law file"),
    Key("title", _WORDS, "its name for people", True),
    Key("announcement", _WORDS, "what people are told", True),
    Key("network", _WORDS, "which network it governs, in a sentence", True),
    Key(
        "surfaces",
        "surface: state",
        "governed, sealed or off; a surface that is not named is off, private_chat always sealed",
        True,
    ),
    Key(
        "definitions",
        "name: definition",
        "named conditions, for use in other conditions; a house policy defines protected_sale",
    ),
    Key(
        "counters",
        "name: counter",
        "what is counted over time, for use in conditions as a number; not in a law file",
    ),
    Key(
        "tiers",
        "goods category: tier",
        "categories whose tier differs from the table of goods; `default` is the row of the "
        "matrix for goods that nobody recognised (white when left out)",
    ),
    Key("forms", "name: form", "commerce forms: the columns of the matrix"),
    Key("matrix", "matrix", "what may be sold in which form, every cell decided"),
    Key("ways_out", "name: way out", "where people can do properly what a rule refuses"),
    Key("ladders", "name: ladder", "from strikes to sanctions"),
    Key("rules", "list of rules", "the rules, in the order in which people read them"),
)
HOUSE_REQUIRED = ("announcement", "network", "surfaces")
"""Keys that a law file does without."""
HOUSE_ONLY = ("law", "surfaces", "counters", "forms", "matrix")

SURFACE = _table(
    "surface",
    "A surface, when more than its state is to be said",
    Key("state", "name", "governed, sealed or off", True),
    Key("until", _WORDS, "when it will be opened"),
)
DEFINITION = _table(
    "definition",
    "A definition",
    Key("words", _WORDS, "what it means, for people", True),
    Key("when", "condition", "the same in SQL", True),
)
COUNTER = _table(
    "counter",
    "A counter",
    Key("words", _WORDS, "what it counts, for people", True),
    Key(
        "count",
        "name",
        "posts; contacts, links, audiences or accounts: different ones; hours: since the first",
        True,
    ),
    Key(
        "by",
        "name",
        "account, contact, link or copy (near copies): whose; of several the largest value",
        True,
    ),
    Key("over", "duration", "the window, 1h to 90d, which ends with the item; not for hours"),
    Key(
        "against",
        "duration",
        "for posts: divide by the same one's own average per window in this time before, "
        "2 to 64 times `over`",
    ),
    Key(
        "when",
        "condition",
        "only items for which it holds are counted; it names no counter and no signal of memory",
    ),
)
FORM = _table(
    "form",
    "A commerce form",
    Key("title", _WORDS, "its name for people", True),
    Key("surfaces", "list of surfaces", "where it takes place; a surface has one form", True),
)
MATRIX = _table(
    "matrix",
    "The matrix",
    Key("when", "condition", "what must hold for a cell to apply, such as a definition", True),
    Key("clause", "text", "the clause that its cells enforce", True),
    Key("because", _WORDS, "why, for cells that do not say it themselves", True),
    Key("comply", _WORDS, "how to comply"),
    Key("way_out", "name", "the way out, for cells that do not name one"),
    Key("label", _WORDS, "the label, for cells that label and do not give one"),
    Key("reach", "0 to 1", "the reach, for cells that limit and do not give one"),
    Key("strike", "whole number", "strikes, for cells that do not say it; 0 when left out"),
    Key("ladder", "name", "on which ladder these strikes count"),
    Key(
        "rows",
        "row: cells",
        "white, grey, grey-strict, black, protected, and rows of your own with `categories`",
        True,
    ),
)
ROW = _table(
    "row",
    "A row of the matrix",
    Key(
        "categories",
        "list of goods categories",
        "for a row of your own: these goods, whatever their tier",
    ),
    Key("title", _WORDS, "its name for people"),
    Key(
        "FORM", "cell", "one for each form: a verdict (allow, label, limit, hold, refuse) or a cell"
    ),
)
CELL = _table(
    "cell",
    "A cell, when more than its verdict is to be said",
    Key("verdict", "name", "allow, label, limit, hold or refuse", True),
    Key("clause", "text", "the clause it enforces"),
    Key("because", _WORDS, "why"),
    Key("comply", _WORDS, "how to comply"),
    Key("way_out", "name", "the way out"),
    Key("label", _WORDS, "the label"),
    Key("reach", "0 to 1", "the share of the audience it still reaches"),
    Key("strike", "whole number", "strikes"),
    Key("ladder", "name", "on which ladder the strikes count"),
)
WAY_OUT = _table(
    "way_out",
    "A way out",
    Key("title", _WORDS, "its name for people", True),
    Key("how", _WORDS, "how to take it", True),
)
LADDER = _table(
    "ladder",
    "A ladder",
    Key("strikes_expire", "duration", "after how long a strike is forgotten; never, if left out"),
    Key("steps", "list of steps", "rising", True),
)
STEP = _table(
    "step",
    "A step of a ladder",
    Key("at", "whole number", "at how many strikes", True),
    Key("sanction", "name, or list of names", ", ".join(SANCTIONS), True),
    Key("for", "duration", f"how long: {', '.join(TIMED_SANCTIONS)} need it"),
)
RULE = _table(
    "rule",
    "A rule",
    Key("id", "name", "its own name, such as moments.no-recruiting", True),
    Key("clause", "text", "the clause it enforces", True),
    Key("layer", "law or house", "house when left out; always law in a law file"),
    Key("surfaces", "list of surfaces", "where it holds; every governed surface when left out"),
    Key("when", "condition", "SQL over signals and definitions", True),
    Key("verdict", "name", "label, limit, hold or refuse", True),
    Key("because", _WORDS, "why, for the person it concerns", True),
    Key("comply", _WORDS, "how to comply"),
    Key("way_out", "name", "where it can be done properly"),
    Key("label", _WORDS, "the label people see; for the verdict label"),
    Key("reach", "0 to 1", "the share of the audience it still reaches; for the verdict limit"),
    Key("strike", "whole number", "strikes it costs, 0 when left out"),
    Key("ladder", "name", "on which ladder the strikes count"),
    Key(
        "examples",
        "verdict: list of examples",
        "its tests. Under label, limit, hold or refuse: this rule holds, and the whole policy "
        "decides so or more severely. Under allow: the whole policy allows it",
    ),
)
EXAMPLE = _table(
    "example",
    "An example, when more than its text is to be said",
    Key("text", "text", "the words of the item", True),
    Key("surface", "name", "where it appears; the rule's first surface when left out"),
    Key("account", "text", "who publishes it"),
    Key("audience", "text", "who can see it"),
    Key("standing", "name", "person, merchant, verified_merchant or campus_member"),
    Key("licence", "name", "none, claimed or verified"),
    Key("links", "list of texts", "attached addresses"),
    Key("disclosed", "true or false", "declared as advertising"),
    Key("codes", "list of texts", "what the QR and bar codes in its pictures say"),
    Key("picture_text", "text", "the words in its pictures"),
    Key("counted", "counter: number", "what counters tell of it; NULL when left out"),
    Key(
        "remembered",
        "signal: value",
        "what signals of memory and of banks of pictures tell; else NULL",
    ),
)

COUNTED: dict[str, str] = {
    "posts": "posts",
    "contacts": "different handles",
    "links": "different links",
    "audiences": "different audiences",
    "accounts": "different accounts",
    "hours": "hours since the first",
}
COUNTED_BY = ("account", "contact", "link", "copy")
OF_ITSELF = {"contacts": "contact", "links": "link", "accounts": "account"}
"""What a key has exactly one of: counting it says nothing."""
LEAST_WINDOW, LONGEST_WINDOW = timedelta(hours=1), timedelta(days=90)
MOST_WINDOWS = 64
"""Windows of a key's own past that a count is compared with, at most."""

TABLES: tuple[Table, ...] = (
    POLICY,
    SURFACE,
    DEFINITION,
    COUNTER,
    FORM,
    MATRIX,
    ROW,
    CELL,
    WAY_OUT,
    LADDER,
    STEP,
    RULE,
    EXAMPLE,
)

SURFACES = tuple(surface.value for surface in Surface)
STATES = tuple(state.value for state in SurfaceState)
