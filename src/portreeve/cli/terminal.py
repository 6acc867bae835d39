"""Text for terminals."""

from __future__ import annotations

import unicodedata

_KEPT = {"\n", "\t"}
# these would turn the rest of a line around
_DIRECTIONS = {chr(c) for c in (*range(0x202A, 0x202F), *range(0x2066, 0x206A))}


def printable(text: str) -> str:
    """Text without characters that steer a terminal: each becomes U+FFFD.

    >>> printable("price\\x1b[31m 89\\u202e")
    'price\ufffd[31m 89\ufffd'
    """
    if text.isprintable():
        return text
    return "".join("\ufffd" if _steers(character) else character for character in text)


def _steers(character: str) -> bool:
    if character in _KEPT:
        return False
    return character in _DIRECTIONS or unicodedata.category(character) in ("Cc", "Cs")
