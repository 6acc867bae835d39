"""From nodes with places to values: each reader reports what is wrong and gives None."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from portreeve.policy.errors import Problems, suggest
from portreeve.policy.fields import Table
from portreeve.policy.parts import Words
from portreeve.policy.source import Items, Map, Node, Span, Text

_NAME = re.compile(r"[a-z][a-z0-9_]*")
_ID = re.compile(r"[a-z0-9][a-z0-9_.-]*")
_DURATION = re.compile(r"([1-9][0-9]{0,4})([dhw])")
_MAX_REPEATED = 100


class Reader:
    """Reads values of the kinds of the format; problems are collected, never raised."""

    def __init__(self, problems: Problems) -> None:
        self.problems = problems

    # --- mappings -------------------------------------------------------------------------------

    def table(self, node: Node, table: Table, own: Iterable[str] = ()) -> Map | None:
        """A mapping with the keys of a table, and names of the writer's own beside them."""
        if not isinstance(node, Map):
            self.wrong_kind(node, f"{table.title.lower()} is a mapping with {_listed(table.names)}")
            return None
        allowed = [*table.names, *own]
        for key, _ in node:
            if key.value not in allowed:
                self.problems.add(
                    "P005",
                    f"unknown key `{key.value}`",
                    key.span,
                    suggest(key.value, allowed) or f"The keys here are: {', '.join(allowed)}.",
                )
        missing = [k.name for k in table.keys if k.required and k.name not in node.entries]
        if missing:
            self.missing(node, missing)
        return node

    def missing(self, node: Map, names: list[str]) -> None:
        """Report missing keys at the first key of the mapping."""
        first = next(iter(node.keys.values()), None)
        span = first.span if first is not None else head(node.span)
        shown = _listed([f"`{name}`" for name in names])
        verb = "is" if len(names) == 1 else "are"
        self.problems.add("P006", f"{shown} {verb} missing", span, f"Add `{names[0]}: ...`.")

    def named(self, node: Node | None, what: str) -> Iterator[tuple[Text, Node]]:
        """The entries of a mapping whose keys are names chosen by the writer."""
        if node is None or _nothing(node):
            return
        if not isinstance(node, Map):
            self.wrong_kind(node, f"write `NAME: {what}`")
            return
        yield from node

    def items(self, node: Node | None, what: str) -> Iterator[Node]:
        """The entries of a list."""
        if node is None or _nothing(node):
            return
        if not isinstance(node, Items):
            self.wrong_kind(node, f"write a list of {what}, each after `- `")
            return
        yield from node.items

    def wrong_kind(self, node: Node, help: str) -> None:
        written = {Text: "a single value", Items: "a list", Map: "a mapping"}[type(node)]
        self.problems.add("P007", f"{written} does not fit here", head(node.span), _sentence(help))

    # --- values ---------------------------------------------------------------------------------

    def text(self, node: Node | None, what: str = "text") -> str | None:
        if node is None:
            return None
        if not isinstance(node, Text):
            self.wrong_kind(node, f"write {what}")
            return None
        if not node.value.strip():
            self.problems.add("P007", "nothing is written here", node.span, f"Write {what}.")
            return None
        return node.value

    def words(self, node: Node | None) -> Words | None:
        """A text in both languages."""
        if node is None:
            return None
        if not isinstance(node, Map):
            span = head(node.span)
            self.problems.add("P009", "the text is in one language only", span, _BOTH)
            return None
        said: dict[str, str] = {}
        for key, value in node:
            if key.value not in ("en", "zh"):
                self.problems.add("P005", f"unknown key `{key.value}`", key.span, _BOTH)
                continue
            text = self.text(value, "the text")
            if text is not None:
                said[key.value] = " ".join(text.split())
        lacking = [name for code, name in _LANGUAGES.items() if code not in node.entries]
        if lacking:
            message = f"the {' and the '.join(lacking)} text is missing"
            self.problems.add("P009", message, head(node.span), _BOTH)
        return Words(said["en"], said["zh"]) if len(said) == 2 else None

    def choice(self, node: Node | None, names: Iterable[str], what: str) -> str | None:
        """One of a short list of names."""
        text = self.text(node, f"the name of {what}")
        if text is None or node is None:
            return None
        known = list(names)
        if text in known:
            return text
        close = suggest(text, known)
        shown = f"It is one of: {', '.join(known)}." if len(known) <= 15 else ""
        self.problems.add(
            "P008", f"`{text}` is not {what}", node.span, " ".join(x for x in (close, shown) if x)
        )
        return None

    def defined(self, node: Node | None, names: Iterable[str], what: str) -> str | None:
        """The name of something that the policy defines."""
        text = self.text(node, f"the name of {what}")
        if text is None or node is None:
            return None
        known = list(names)
        if text in known:
            return text
        help = suggest(text, known)
        if not help:
            shown = ", ".join(known[:15]) + (", ..." if len(known) > 15 else ".")
            help = f"There is: {shown}" if known else "None is defined."
        self.problems.add("P014", f"there is no {what} `{text}`", node.span, help)
        return None

    def name(self, text: Text, what: str, *, id: bool = False) -> str | None:
        """A name chosen by the writer."""
        pattern = _ID if id else _NAME
        if pattern.fullmatch(text.value) and len(text.value) <= _MAX_REPEATED:
            return text.value
        allowed = (
            "small letters, digits, `_`, `.` and `-`" if id else "small letters, digits and `_`"
        )
        self.problems.add(
            "P016", f"`{text.value}` cannot be the name of {what}", text.span, f"Use {allowed}."
        )
        return None

    def whole(self, node: Node | None, low: int, what: str) -> int | None:
        text = self.text(node, what)
        if text is None or node is None:
            return None
        if re.fullmatch(r"[0-9]{1,6}", text) and int(text) >= low:
            return int(text)
        self.problems.add(
            "P007", f"`{text}` is not {what}", node.span, f"Write a whole number of {low} or more."
        )
        return None

    def share(self, node: Node | None) -> float | None:
        text = self.text(node, "a share from 0 to 1")
        if text is None or node is None:
            return None
        if re.fullmatch(r"[0-9]*\.?[0-9]+", text) and float(text) <= 1:
            return float(text)
        self.problems.add(
            "P007",
            f"`{text}` is not a share",
            node.span,
            "Write a number from 0 to 1, such as 0.2.",
        )
        return None

    def amount(self, node: Node | None) -> float | None:
        text = self.text(node, "a number")
        if text is None or node is None:
            return None
        if re.fullmatch(r"[0-9]{0,9}\.?[0-9]{1,9}", text):
            return float(text)
        self.problems.add(
            "P007", f"`{text}` is not a number of 0 or more", node.span, "Write one, such as 12."
        )
        return None

    def truth(self, node: Node | None) -> bool | None:
        text = self.text(node, "true or false")
        if text is None or node is None:
            return None
        if text in ("true", "false"):
            return text == "true"
        self.problems.add(
            "P007", f"`{text}` is not true or false", node.span, "Write true or false."
        )
        return None

    def duration(self, node: Node | None) -> timedelta | None:
        text = self.text(node, "a duration such as 7d")
        if text is None or node is None:
            return None
        found = _DURATION.fullmatch(text)
        if found is None:
            self.problems.add(
                "P007",
                f"`{text}` is not a duration",
                node.span,
                "Write days, hours or weeks: 7d, 12h, 2w.",
            )
            return None
        unit = {"d": "days", "h": "hours", "w": "weeks"}[found[2]]
        return timedelta(**{unit: int(found[1])})

    def moment(self, node: Node | None) -> datetime | None:
        text = self.text(node, "a date and time")
        if text is None or node is None:
            return None
        help = "Write date, time and offset, such as 2014-06-01T00:00:00+08:00."
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            self.problems.add("P007", f"`{text}` is not a date and time", node.span, help)
            return None
        if moment.tzinfo is None:
            self.problems.add("P007", "the time has no offset from UTC", node.span, help)
            return None
        return moment


_LANGUAGES = {"en": "English", "zh": "Chinese"}
_BOTH = "Give it in both languages: {en: ..., zh: ...}."


def place(map_: Map, name: str) -> Span:
    """Where the value of a key is written; the mapping's first line when it is not there."""
    node = map_.get(name)
    return head(node.span if node is not None else map_.span)


def key_place(map_: Map, name: str) -> Span:
    """Where a key is written; the mapping's first line when it is not there."""
    key = map_.keys.get(name)
    return key.span if key is not None else head(map_.span)


def head(span: Span) -> Span:
    """The first line of a place."""
    end = span.source.text.find("\n", span.start, span.end)
    return Span(span.source, span.start, span.end if end < 0 else end)


def _nothing(node: Node) -> bool:
    return isinstance(node, Text) and node.empty


def _listed(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _sentence(text: str) -> str:
    return text[0].upper() + text[1:] + "."
