"""The overview: what happened, and what needs a person."""

from __future__ import annotations

from portreeve.console.desk import Desk
from portreeve.console.routes import SIGNED_IN, Pages
from portreeve.http.call import Reply

pages = Pages("overview")


@pages.get("/console", SIGNED_IN)
def show_overview(desk: Desk) -> Reply:
    """What happened today, and what needs a person."""
    return desk.page("overview/overview.html.j2")
