"""The hard negatives of scenario 3: posts that look like selling and are not.

A test set: nothing is tuned on it. ``data/hard_negatives.yaml`` says how it was made.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib.resources import files
from typing import Literal

import msgspec

Language = Literal["zh", "en"]


@dataclass(frozen=True)
class Negative:
    """One post, with the reason why its author is no merchant."""

    id: str
    kind: str
    language: Language
    ground: str
    """The part of the written definition that says so."""
    text: str


class NegativesError(ValueError):
    """The file is not as it must be."""


class Words(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The same in both languages."""

    en: str
    zh: str


class _Kind(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    title: Words
    zh: list[dict[str, str]]
    en: list[dict[str, str]]


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    grounds: dict[str, Words]
    kinds: dict[str, _Kind]


@dataclass(frozen=True)
class HardNegatives:
    """All of them."""

    grounds: dict[str, Words]
    """Passages of the written definition, word by word."""
    titles: dict[str, Words]
    """What the kinds are."""
    posts: list[Negative]


def load() -> HardNegatives:
    """Read the file.

    >>> len(load().posts)
    300

    Raises:
        NegativesError: the file is not as it must be.
    """
    return parse((files("scenarios") / "data" / "hard_negatives.yaml").read_bytes())


def parse(data: bytes) -> HardNegatives:
    """As :func:`load`, of the given bytes."""
    try:
        read = msgspec.yaml.decode(data, type=_File, strict=True)
    except msgspec.MsgspecError as error:
        raise NegativesError(str(error)) from error
    posts: list[Negative] = []
    for name, kind in read.kinds.items():
        posts += _posts(name, "zh", kind.zh) + _posts(name, "en", kind.en)
    texts: dict[str, str] = {}
    for post in posts:
        if post.ground not in read.grounds:
            raise NegativesError(f"{post.id}: there is no ground {post.ground!r}.")
        if not post.text.strip() or post.text != post.text.strip():
            raise NegativesError(f"{post.id}: its text is empty, or has space around it.")
        plain = "".join(letter for letter in post.text.casefold() if letter.isalnum())
        if (other := texts.setdefault(plain, post.id)) != post.id:
            raise NegativesError(f"{post.id}: says what {other} says.")
    titles = {name: kind.title for name, kind in read.kinds.items()}
    return HardNegatives(read.grounds, titles, posts)


def _posts(kind: str, language: Language, given: list[dict[str, str]]) -> list[Negative]:
    posts: list[Negative] = []
    for number, one in enumerate(given, 1):
        id = f"{kind}-{language}-{number}"
        if len(one) != 1:
            raise NegativesError(f"{id}: one ground and one text belong together.")
        [(ground, text)] = one.items()
        posts.append(Negative(id, kind, language, ground, text))
    return posts
