"""How the console looks to somebody: language and theme, switched from any page."""

from __future__ import annotations

from typing import Literal

import msgspec

from portreeve.console.desk import Desk
from portreeve.console.routes import SIGNED_IN, Pages
from portreeve.http.call import Reply

pages = Pages("look")


class Look(msgspec.Struct, frozen=True, kw_only=True):
    """What shall be otherwise."""

    language: Literal["en", "zh"] | None = None
    theme: Literal["light", "dark", "auto"] | None = None
    back: str = "/console"


@pages.post("/console/look", SIGNED_IN)
def change_look(desk: Desk, form: Look) -> Reply:
    """Switch the language or the theme, and show the same page again."""
    assert desk.person is not None
    chosen = {"language": form.language, "theme": form.theme}
    wanted = {name: value for name, value in chosen.items() if value is not None}
    preferences = msgspec.structs.replace(desk.person.preferences, **wanted)
    desk.service.people.prefer(desk.actor, preferences)
    return desk.go(desk.local(form.back))
