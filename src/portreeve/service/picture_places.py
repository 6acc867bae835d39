"""What the pictures of items show, and where in them the evidence lies."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import sqlalchemy as sa

from portreeve.model import Evidence
from portreeve.pictures.payloads import LeadsTo, parse
from portreeve.pictures.structs import Box, Code
from portreeve.pictures.texts import PictureText
from portreeve.schemas.pictures import (
    ItemPicture,
    PictureBox,
    PictureCode,
    PictureLine,
    PicturePlace,
)
from portreeve.service.picture_facts import Facts, Opened, PictureFacts
from portreeve.store.vault import Content

_CODE = "codes."


class _Begins(NamedTuple):
    """Where the words of a picture begin in those of all pictures of its item; None: not there."""

    at: int | None


def pictures_of(
    facts: PictureFacts, connection: sa.Connection, said: Sequence[Content]
) -> list[list[ItemPicture]]:
    """The pictures of items by what these said when they were decided, in the same order.

    What a picture shows is what is known by now; evidence is that of the decision.
    """
    named = sorted({id for content in said for id in content.pictures})
    if not named:
        return [[] for _ in said]
    found = facts.opened(connection, named)
    leads = _leads(picture.facts for picture in found.values() if picture.facts is not None)
    return [_of_item(content, found, leads) for content in said]


def _leads(known: Iterable[Facts]) -> dict[tuple[str, str], LeadsTo]:
    """What codes lead to, by their kind and text; all are parsed at once."""
    codes = list(dict.fromkeys((code.kind, code.text) for one in known for code in one.codes))
    return dict(zip(codes, parse(codes), strict=True))


def _of_item(
    content: Content, found: dict[str, Opened], leads: dict[tuple[str, str], LeadsTo]
) -> list[ItemPicture]:
    shown = [(id, found.get(id)) for id in content.pictures]
    texts = [one.facts.text if one and one.facts else "" for _, one in shown]
    begins = _begins(content.picture_text or "", texts)
    return [
        ItemPicture(id=id, gone=True)
        if one is None or one.facts is None
        else _picture(one, one.facts, content, begin, leads)
        for (id, one), begin in zip(shown, begins, strict=True)
    ]


def _begins(whole: str, texts: Sequence[str]) -> Iterator[_Begins]:
    """Where the words of each picture begin; those read after the decision are not in it."""
    after = 0
    for text in texts:
        at = whole.find(text, after) if text else -1
        yield _Begins(None if at < 0 else at)
        if at >= 0:
            after = at + len(text)


def _picture(
    one: Opened, facts: Facts, content: Content, begins: _Begins,
    leads: dict[tuple[str, str], LeadsTo],
) -> ItemPicture:  # fmt: skip
    row = one.row
    return ItemPicture(
        id=row["id"],
        width=row["width"],
        height=row["height"],
        frames=row["frames"],
        words=row["words"],
        text=facts.text,
        lines=[PictureLine(text=line.text, box=_box(line.frame, line.box)) for line in facts.lines],
        codes=[_code(code, leads[code.kind, code.text]) for code in facts.codes],
        evidence=[
            *_in_codes(facts.codes, content),
            *_in_words(one, facts, content.evidence, begins),
        ],
    )


def _in_codes(codes: Sequence[Code], content: Content) -> Iterator[PicturePlace]:
    """Evidence that is a code: named by its number among the different codes of the item."""
    for place in content.evidence:
        number = place.field.removeprefix(_CODE)
        if number == place.field or int(number) >= len(content.codes):
            continue
        text = content.codes[int(number)]
        boxes = [_box(code.frame, code.box) for code in codes if code.text == text]
        if boxes:
            yield PicturePlace(
                field="code", start=place.start, end=place.end, what=place.what, boxes=boxes
            )


def _in_words(
    one: Opened, facts: Facts, evidence: Sequence[Evidence], begins: _Begins
) -> Iterator[PicturePlace]:
    if begins.at is None:
        return
    text = PictureText(
        width=one.row["width"], height=one.row["height"], text=facts.text,
        lines=tuple(facts.lines), views=1,
    )  # fmt: skip
    for place in evidence:
        start = max(0, place.start - begins.at)
        end = min(len(facts.text), place.end - begins.at)
        if place.field == "picture_text" and start < end:
            boxes = [_box(frame, box) for frame, box in text.boxes(start, end)]
            yield PicturePlace(field="text", start=start, end=end, what=place.what, boxes=boxes)


def _code(code: Code, leads: LeadsTo) -> PictureCode:
    return PictureCode(
        kind=code.kind,
        text=code.text,
        box=_box(code.frame, code.box),
        leads_to=leads.kind,
        service=leads.service,
        contacts=[f"{contact.kind}:{contact.key}" for contact in leads.contacts],
    )


def _box(frame: int, box: Box) -> PictureBox:
    return PictureBox(frame=frame, corners=[side for point in box for side in point])
