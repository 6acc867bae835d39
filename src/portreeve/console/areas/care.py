"""Reviewers' care: what makes the work bearable, switched from any page of reviewers."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from portreeve.console.desk import Desk
from portreeve.console.routes import Pages
from portreeve.console.words import Words
from portreeve.http.call import Reply
from portreeve.schemas.access import Scope
from portreeve.schemas.people import Care

pages = Pages("care")


class CareForm(msgspec.Struct, frozen=True, kw_only=True):
    """What a reviewer asks for."""

    blur: bool = False
    blur_pictures: bool = False
    grey: bool = False
    mute: bool = False
    black_in_a_row: Annotated[int, Meta(ge=0, le=1000)] = 0
    break_minutes: Annotated[int, Meta(ge=0, le=480)] = 0
    back: str = "/console/queue"


@pages.post("/console/care", Scope.cases)
def change_care(desk: Desk, form: CareForm) -> Reply:
    """Keep what a reviewer asks for, and show the same page again."""
    assert desk.person is not None
    care = Care(
        blur=form.blur,
        blur_pictures=form.blur_pictures,
        grey=form.grey,
        mute=form.mute,
        black_in_a_row=form.black_in_a_row,
        break_minutes=form.break_minutes,
    )
    preferences = msgspec.structs.replace(desk.person.preferences, care=care)
    desk.service.people.prefer(desk.actor, preferences)
    return desk.go(desk.local(form.back), done=Words("Kept.", "已保存。"))
