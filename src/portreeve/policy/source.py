"""YAML with places: every key and value knows the file, line and column it came from."""

from __future__ import annotations

import bisect
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import yaml

if TYPE_CHECKING:
    from portreeve.policy.errors import Problems

_FORBIDDEN = re.compile(
    r"[^\t\n\r -~\x85\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]"
)
_NOTHING = ("", "~", "null", "Null", "NULL")
MAX_DEPTH = 30
"""How deep a document may be nested. The format itself needs 7."""


@dataclass(frozen=True)
class Source:
    """The text of one policy file, and the name it is shown under."""

    name: str
    text: str = field(repr=False)

    @cached_property
    def _starts(self) -> list[int]:
        return [0, *(i + 1 for i, c in enumerate(self.text) if c == "\n")]

    def position(self, offset: int) -> tuple[int, int]:
        """Line and column of a character, both from 1."""
        line = bisect.bisect_right(self._starts, offset)
        return line, offset - self._starts[line - 1] + 1

    def line(self, number: int) -> str:
        """The text of a line, from 1, without its end."""
        start = self._starts[number - 1]
        end = self.text.find("\n", start)
        return self.text[start : len(self.text) if end < 0 else end].rstrip("\r")


@dataclass(frozen=True)
class Span:
    """Characters ``start`` up to ``end`` of a source."""

    source: Source
    start: int
    end: int

    @property
    def line_column(self) -> tuple[int, int]:
        return self.source.position(self.start)

    @property
    def line(self) -> int:
        return self.line_column[0]


@dataclass(frozen=True)
class Text:
    """A scalar: words, a number, a name. ``empty`` when nothing or ``~`` is written."""

    value: str
    span: Span
    empty: bool = False

    def part(self, start: int, end: int) -> Span:
        """The place in the file of characters ``start`` up to ``end`` of the value."""
        offsets = self._offsets
        if not offsets:
            return self.span
        first = offsets[min(start, len(offsets) - 1)]
        last = offsets[min(max(start, end - 1), len(offsets) - 1)]
        return Span(self.span.source, first, last + 1)

    @cached_property
    def _offsets(self) -> list[int]:
        """For every character of the value, its offset in the file.

        Quotes, escapes and folded lines make the value differ from the file, but never reorder
        it: each character is the next one in the file that equals it, and white space stands
        for any white space.
        """
        text = self.span.source.text
        at = self.span.start
        if text[at : at + 1] in ("|", ">"):
            at = text.find("\n", at) + 1
        elif text[at : at + 1] in ("'", '"'):
            at += 1
        offsets = []
        for char in self.value:
            step = at
            if not char.isspace():
                while step < self.span.end and text[step] != char:
                    step += 1
            if step >= self.span.end:  # an escape such as \u4e2d: stay where we are
                step = min(at, self.span.end - 1)
            offsets.append(step)
            doubled = char == "'" and text[self.span.start] == "'"
            at = step + (2 if doubled else 1)
        return offsets


@dataclass(frozen=True)
class Items:
    """A list."""

    items: tuple[Node, ...]
    span: Span


@dataclass(frozen=True)
class Map:
    """A mapping, in the order written."""

    entries: dict[str, Node]
    keys: dict[str, Text]
    span: Span

    def __iter__(self) -> Iterator[tuple[Text, Node]]:
        return ((self.keys[name], node) for name, node in self.entries.items())

    def get(self, name: str) -> Node | None:
        return self.entries.get(name)


Node = Text | Items | Map


def parse(source: Source, problems: Problems) -> Map | None:
    """Read YAML into nodes with places; what is wrong goes to ``problems``."""
    try:
        root = _Parser(source, problems).document()
    except yaml.MarkedYAMLError as error:
        problems.add("P002", _yaml_message(error), _yaml_span(source, error))
        return None
    except (yaml.YAMLError, UnicodeError) as error:
        _forbidden_character(source, error, problems)
        return None
    except _RefusedError:
        return None
    if root is None or (isinstance(root, Map) and not root.keys):
        problems.add("P006", "the file is empty", file=source.name)
        return None
    if not isinstance(root, Map):
        problems.add(
            "P007",
            "a policy is a mapping of keys to values",
            _first(root.span),
            "Begin with `policy: NAME`.",
        )
        return None
    return root


def _forbidden_character(source: Source, error: Exception, problems: Problems) -> None:
    found = _FORBIDDEN.search(source.text)
    if found is None:
        problems.add("P002", str(error).splitlines()[0], file=source.name)
        return
    problems.add(
        "P002",
        f"the character U+{ord(found[0]):04X} cannot be in a YAML file",
        Span(source, found.start(), found.end()),
        "Remove it: it is a control character or half of one.",
    )


def _yaml_message(error: yaml.MarkedYAMLError) -> str:
    parts = [str(error.problem or "cannot be read")]
    if error.context:
        parts.append(str(error.context))
    return "not well-formed YAML: " + ", ".join(parts)


def _yaml_span(source: Source, error: yaml.MarkedYAMLError) -> Span:
    mark = error.problem_mark or error.context_mark
    at = min(mark.index if mark else 0, len(source.text))
    return Span(source, at, at + 1)


class _RefusedError(Exception):
    """A part of the document that the format does not have; it has been reported."""


class _Parser:
    """Events to nodes: no aliases, no tags, no duplicate keys, not too deep.

    yaml's own nodes are made by a recursion without a limit, which a hostile file can exhaust.
    """

    def __init__(self, source: Source, problems: Problems) -> None:
        self.source = source
        self.problems = problems
        self.events: Iterator[yaml.Event] = yaml.parse(source.text, Loader=yaml.CSafeLoader)

    def document(self) -> Node | None:
        """The one document of the stream; None when there is none."""
        root: Node | None = None
        for event in self.events:
            if isinstance(event, yaml.DocumentStartEvent):
                if root is not None:
                    raise self.refuse("P002", "the file holds more than one document", event)
            elif isinstance(event, yaml.NodeEvent):
                root = self.node(event, 0)
        return root

    def node(self, event: yaml.Event, depth: int) -> Node:
        if depth > MAX_DEPTH:
            raise self.refuse("P030", f"nested more than {MAX_DEPTH} levels deep", event)
        if not isinstance(event, yaml.NodeEvent) or event.anchor is not None:
            raise self.refuse("P003", "anchors and aliases are not part of the format", event)
        if getattr(event, "tag", None) is not None:
            raise self.refuse("P003", "tags are not part of the format", event)
        if isinstance(event, yaml.ScalarEvent):
            empty = not event.style and event.value in _NOTHING
            return Text("" if empty else event.value, self.span(event, event), empty)
        if isinstance(event, yaml.SequenceStartEvent):
            return self.items(event, depth)
        return self.mapping(event, depth)

    def items(self, start: yaml.Event, depth: int) -> Items:
        nodes: list[Node] = []
        event = next(self.events)
        while not isinstance(event, yaml.SequenceEndEvent):
            nodes.append(self.node(event, depth + 1))
            event = next(self.events)
        return Items(tuple(nodes), self.span(start, event))

    def mapping(self, start: yaml.Event, depth: int) -> Map:
        entries: dict[str, Node] = {}
        keys: dict[str, Text] = {}
        event = next(self.events)
        while not isinstance(event, yaml.MappingEndEvent):
            key = self.node(event, depth + 1)
            value = self.node(next(self.events), depth + 1)
            if not isinstance(key, Text):
                self.problems.add("P007", "a key must be a plain word", _first(key.span))
            elif key.value in keys:
                self.duplicate(key, keys[key.value])
            else:
                keys[key.value] = key
                entries[key.value] = value
            event = next(self.events)
        return Map(entries, keys, self.span(start, event))

    def duplicate(self, key: Text, first: Text) -> None:
        help = f"Keep one of the two; the first is in line {first.span.line}."
        self.problems.add("P004", f"`{key.value}` is written twice", key.span, help)

    def span(self, start: yaml.Event, end: yaml.Event) -> Span:
        first, last = start.start_mark, end.end_mark
        return Span(self.source, first.index if first else 0, last.index if last else 0)

    def refuse(self, code: str, message: str, event: yaml.Event) -> _RefusedError:
        self.problems.add(code, message, _first(self.span(event, event)))
        return _RefusedError()


def _first(span: Span) -> Span:
    """The first line of a long span, so that the caret stays on one line."""
    end = span.source.text.find("\n", span.start, span.end)
    return Span(span.source, span.start, span.end if end < 0 else end)
