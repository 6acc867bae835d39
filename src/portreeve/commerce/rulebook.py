"""Files of commerce rules: policy data in YAML, read strictly.

Every number of law or house stands in such a file with its clause. An unknown key, a missing one, a
wrong number or a category that does not exist is an error that names file, line and remedy, as in a
policy.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from portreeve.policy import Words
from portreeve.policy.errors import Problems
from portreeve.policy.fields import Key, Table
from portreeve.policy.files import read, shipped_folder
from portreeve.policy.reading import Reader
from portreeve.policy.source import Map, Node, parse

__all__ = ["Head", "Key", "Limit", "Reader", "Table", "limit", "limits", "read_rules", "required"]

T = TypeVar("T")

_HEAD = ("rules", "version", "title")


@dataclass(frozen=True)
class Head:
    """What every file begins with."""

    name: str
    version: str
    title: Words

    @property
    def label(self) -> str:
        """Name and version, such as ads@2014-06."""
        return f"{self.name}@{self.version}"


@dataclass(frozen=True)
class Limit:
    """A rule with its clause and its words; ``most`` where it counts something."""

    clause: str
    because: Words
    most: int | None = None


_LIMIT = Table(
    "limit",
    "A limit",
    (
        Key("clause", "text", "the clause it stands in", required=True),
        Key("because", "words", "the reason, for the person concerned", required=True),
        Key("most", "whole number", "how many there may be"),
    ),
)


def required(name: str, meaning: str) -> Key:
    """A key that must be there."""
    return Key(name, "", meaning, required=True)


def read_rules(
    name: str,
    keys: tuple[Key, ...],
    build: Callable[[Reader, Map, Head], T | None],
    folder: Path | None = None,
) -> T:
    """The rules of one file, checked.

    ``keys``: those beside ``rules``, ``version`` and ``title``; ``build`` makes the rules and
    reports what is wrong to the reader, whereupon it may give None. ``folder``: where a file of
    this name takes the place of the shipped one.

    Raises:
        PolicyError: the file cannot be read or has errors; ``str`` of it is the full report.
    """
    problems = Problems()
    reader = Reader(problems)
    root = parse(read(_file(name, folder)).source, problems)
    problems.stop_on_errors()
    assert root is not None  # what could not be parsed has been reported
    table = Table(name, "A file of commerce rules", (*map(_head_key, _HEAD), *keys))
    reader.table(root, table)
    head = _head(reader, root, name)
    built = None if problems.errors or head is None else build(reader, root, head)
    problems.stop_on_errors()
    assert built is not None  # whatever gives None has reported why
    return built


@functools.cache
def _file(name: str, folder: Path | None) -> Path:
    file = f"{name}.yaml"
    own = None if folder is None else folder / file
    return own if own is not None and own.is_file() else shipped_folder() / "commerce" / file


def _head_key(name: str) -> Key:
    return required(name, "")


def _head(reader: Reader, root: Map, name: str) -> Head | None:
    reader.choice(root.get("rules"), [name], "what this file holds")
    version, title = reader.text(root.get("version")), reader.words(root.get("title"))
    return None if version is None or title is None else Head(name, version, title)


def limit(reader: Reader, node: Node | None, *, counts: bool) -> Limit | None:
    """A limit; ``counts``: it must say how many."""
    if node is None:
        return None
    found = reader.table(node, _LIMIT)
    if found is None:
        return None
    clause, because = reader.text(found.get("clause")), reader.words(found.get("because"))
    most = None
    if counts:
        if found.get("most") is None:
            reader.missing(found, ["most"])
            return None
        most = reader.whole(found.get("most"), 1, "a number of times")
    elif (given := found.keys.get("most")) is not None:
        reader.problems.add("P005", "unknown key `most`", given.span, "This rule counts nothing.")
    if clause is None or because is None or (counts and most is None):
        return None
    return Limit(clause, because, most)


def limits(
    reader: Reader, node: Node | None, names: Mapping[Any, bool], title: str
) -> dict[str, Limit] | None:
    """Limits by name, all of them; ``names`` says of each whether it counts something."""
    if node is None:
        return None
    table = Table(title, title, tuple(required(name, "") for name in names))
    found = reader.table(node, table)
    if found is None:
        return None
    read_ = {name: limit(reader, found.get(name), counts=counts) for name, counts in names.items()}
    complete = {name: one for name, one in read_.items() if one is not None}
    return complete if len(complete) == len(names) else None
