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
        root = yaml.compose(source.text, Loader=yaml.CSafeLoader)
    except yaml.MarkedYAMLError as error:
        problems.add("P002", _yaml_message(error), _yaml_span(source, error))
        return None
    except (yaml.YAMLError, UnicodeError) as error:
        _forbidden_character(source, error, problems)
        return None
    if root is None:
        problems.add("P006", "the file is empty", file=source.name)
        return None
    converter = _Converter(source, problems)
    node = converter.convert(root, 0)
    if node is None or converter.broken:
        return None
    if not isinstance(node, Map):
        problems.add(
            "P007",
            "a policy is a mapping of keys to values",
            _first(node.span),
            "Begin with `policy: NAME`.",
        )
        return None
    return node


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


class _Converter:
    """yaml nodes to our nodes: no aliases, no tags, no duplicate keys, not too deep."""

    def __init__(self, source: Source, problems: Problems) -> None:
        self.source = source
        self.problems = problems
        self.seen: set[int] = set()
        self.broken = False
        """A value was refused: what is left of the document would give misleading errors."""

    def convert(self, node: yaml.Node, depth: int) -> Node | None:
        span = Span(self.source, node.start_mark.index, node.end_mark.index)
        if depth > MAX_DEPTH:
            self.refuse("P030", f"nested more than {MAX_DEPTH} levels deep", span)
            return None
        if id(node) in self.seen:
            self.refuse("P003", "an anchored value is used twice", span)
            return None
        self.seen.add(id(node))
        if not node.tag.startswith("tag:yaml.org,2002:") or "python/" in node.tag:
            self.refuse("P003", f"the tag {node.tag} is not allowed", span)
            return None
        if isinstance(node, yaml.ScalarNode):
            empty = not node.style and node.tag == "tag:yaml.org,2002:null"
            return Text("" if empty else node.value, span, empty)
        if isinstance(node, yaml.SequenceNode):
            parts = [self.convert(item, depth + 1) for item in node.value]
            return Items(tuple(p for p in parts if p is not None), span)
        if not isinstance(node, yaml.MappingNode):
            raise TypeError(f"no such YAML node: {node!r}")
        return self._mapping(node, span, depth)

    def refuse(self, code: str, message: str, span: Span) -> None:
        self.problems.add(code, message, _first(span))
        self.broken = True

    def _mapping(self, node: yaml.MappingNode, span: Span, depth: int) -> Map:
        entries: dict[str, Node] = {}
        keys: dict[str, Text] = {}
        for key_node, value_node in node.value:
            key = self.convert(key_node, depth + 1)
            value = self.convert(value_node, depth + 1)
            if key is None or value is None:
                continue
            if not isinstance(key, Text):
                self.problems.add("P007", "a key must be a plain word", _first(key.span))
                continue
            if key.value in keys:
                first = keys[key.value].span.line
                self.problems.add(
                    "P004",
                    f"`{key.value}` is written twice",
                    key.span,
                    f"Keep one of the two; the first is in line {first}.",
                )
                continue
            keys[key.value] = key
            entries[key.value] = value
        return Map(entries, keys, span)


def _first(span: Span) -> Span:
    """The first line of a long span, so that the caret stays on one line."""
    end = span.source.text.find("\n", span.start, span.end)
    return Span(span.source, span.start, span.end if end < 0 else end)
