"""Which threads make a page: staff always has some, whatever is asked of the pages for everybody.

Three kinds of requests share the threads. Pages without login, and addresses where there is none,
have a part of them; the ways in have another, so that staff can sign in meanwhile; whatever comes
with a session may take all.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Literal, TypeVar

from portreeve.console import rendering
from portreeve.console.desk import GUARD
from portreeve.console.routes import Page
from portreeve.http.call import Reply
from portreeve.http.lanes import Lane

Kind = Literal["public", "doors", "staff"]

THREADS = 8
"""How many pages are made at once; the API has threads of its own."""

SHARES: dict[Kind, int] = {"public": 3, "doors": 2, "staff": THREADS}
"""How many of these each kind may take. What the first two leave is for staff alone."""

MOST: dict[Kind, int] = {"public": 200, "doors": 200, "staff": 1_000}
"""How many of a kind are made or wait; more are refused, so that waiting has an end."""

RETRY_SECONDS = 5
"""When whoever is refused may come again."""

R = TypeVar("R")


class Lanes:
    """The threads of the console, and who may take how many of them."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="portreeve-page")
        self._lanes = {kind: Lane(share, MOST[kind]) for kind, share in SHARES.items()}

    def close(self) -> None:
        """Wait for the pages that are made."""
        self._threads.shutdown(wait=True)

    async def make(self, kind: Kind, work: Callable[[], R]) -> R:
        """Do work in a thread.

        Raises:
            ServiceError: ``unavailable``, when too much of its kind waits already.
        """
        return await self._lanes[kind].run(self._threads, work)


def kind_of(path: str, page: Page | None, *, session: bool) -> Kind:
    """Of what kind a request is; ``page`` is None where there is none at this address.

    ``session``: it shows the secret of one. Whether that is one is found out in a thread.

    >>> kind_of("/policy/red", None, session=True), kind_of("/console/me", None, session=False)
    ('public', 'doors')
    """
    if path != "/console" and not path.startswith("/console/"):
        return "public"
    return "staff" if session and (page is None or page.needs.signed_in) else "doors"


def full() -> Reply:
    """The page for whoever is refused, in both languages: it is made once, so that to refuse costs
    next to nothing."""
    body = rendering.fixed("layout/full.html.j2")
    return Reply(503, body, b"text/html; charset=utf-8", guard=GUARD)
