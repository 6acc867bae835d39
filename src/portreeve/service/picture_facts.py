"""What pictures show, put into the items that show them, before these are measured."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import msgspec
import polars as pl
import sqlalchemy as sa

from portreeve.pictures.structs import Code
from portreeve.pictures.texts import TextLine
from portreeve.schemas.screening import Submission
from portreeve.service.bulk import fetch_in
from portreeve.service.context import Context
from portreeve.signals.catalog import column_type
from portreeve.store.tables.pictures import pictures

UNREAD = ("waiting", "reading", "shed", "failed")
"""States in which the words of a picture are wanted and not known."""


class Facts(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What was read in a picture: its codes, and its words line by line."""

    codes: list[Code] = []
    text: str = ""
    lines: list[TextLine] = []


class Opened(NamedTuple):
    """A picture as it stands in the store, its facts opened; None of an erased account."""

    row: sa.RowMapping
    facts: Facts | None


class Shown(NamedTuple):
    """Submissions with what their pictures show.

    ``signals``: those that are given with them, a column each, a row per submission; None where
    nothing has a picture. ``alike``: for each the names of its pictures, which others share that
    look like them.
    """

    submissions: Sequence[Submission]
    signals: pl.DataFrame | None
    alike: Sequence[Sequence[str]]


Known = Callable[[str, int], Sequence[str] | None]
"""The banks that know a picture, by its hash and the quality of that; None: no bank is at hand."""


class PictureFacts:
    """Reads what is known of pictures."""

    def __init__(self, context: Context, known: Known | None = None) -> None:
        self._context = context
        self._known = known

    def opened(self, connection: sa.Connection, ids: Sequence[str]) -> dict[str, Opened]:
        """Pictures by id; those that are not here are left out."""
        columns = [column for column in pictures.c if column.name != "sealed"]
        rows = list(fetch_in(connection, sa.select(*columns), pictures.c.id, ids))
        plain = self._context.vault.open_many(
            connection,
            [row["account"] for row in rows],
            [row["facts"] for row in rows],
            [facts_name(row["id"]) for row in rows],
        )
        return {
            row["id"]: Opened(row, None if data is None else _DECODE(data))
            for row, data in zip(rows, plain, strict=True)
        }

    def banks(self, row: sa.RowMapping) -> list[str]:
        """The banks that hold a picture like this one."""
        return list(self._banks(row) or ())

    def _banks(self, row: sa.RowMapping) -> Sequence[str] | None:
        return None if self._known is None else self._known(row["pdq"], row["quality"])

    def shown(self, submissions: Sequence[Submission]) -> Shown:
        """Submissions with what their pictures show. Nothing is asked where none has a picture.

        A picture that is gone counts as one whose words are not read.
        """
        named = {id for submission in submissions for id in submission.pictures}
        if not named:
            return Shown(submissions, None, ())
        with self._context.database.read() as connection:
            found = self.opened(connection, sorted(named))
        filled = [_filled(s, [found.get(id) for id in s.pictures]) for s in submissions]
        unread = [sum(_is_unread(found.get(id)) for id in s.pictures) for s in submissions]
        given = {"unread_pictures": unread}
        looked = {id: self._banks(one.row) for id, one in found.items()}
        if looked and None not in looked.values():
            given["known_pictures"] = [
                sum(bool(looked.get(id)) for id in s.pictures) for s in submissions
            ]
        signals = pl.DataFrame(
            [pl.Series(name, counts, dtype=column_type(name)) for name, counts in given.items()]
        )
        rows = [[found[id].row for id in s.pictures if id in found] for s in submissions]
        alike = [[row["alike"] for row in of if row["alike"] is not None] for of in rows]
        return Shown(filled, signals, alike)


def facts_name(id: str) -> str:
    """The name under which a picture's facts are sealed; the picture itself is under its id."""
    return f"{id}:facts"


def _is_unread(picture: Opened | None) -> bool:
    return picture is None or picture.row["words"] in UNREAD


def _filled(submission: Submission, shown: Sequence[Opened | None]) -> Submission:
    if not shown:
        return submission
    facts = [picture.facts for picture in shown if picture is not None and picture.facts]
    codes = dict.fromkeys(code.text for one in facts for code in one.codes)
    text = "\n".join(one.text for one in facts if one.text)
    return msgspec.structs.replace(submission, codes=list(codes), picture_text=text or None)


_DECODE = msgspec.json.Decoder(Facts).decode
