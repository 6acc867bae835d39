"""Retroactive passes: seen, run, stopped. They are begun on the page of a version."""

from __future__ import annotations

import msgspec

from portreeve.console.desk import Desk
from portreeve.console.policy_words import PASSES, Refusal, refusal, version_path
from portreeve.console.routes import Pages
from portreeve.console.words import Words
from portreeve.http.call import Reply
from portreeve.schemas.access import Scope
from portreeve.schemas.base import Paging
from portreeve.service.errors import ServiceError

pages = Pages("policy_passes")

_RUNNING = ("listing", "running")


class PassQuery(msgspec.Struct, frozen=True, kw_only=True):
    """Which page of the list."""

    cursor: str | None = None


@pages.get("/console/passes/{id}", Scope.policies_read)
def show_pass(desk: Desk, id: str, query: PassQuery) -> Reply:
    """A retroactive pass: how far it is, and what it takes down."""
    return _page(desk, id, query)


@pages.post("/console/passes/{id}/run", Scope.policies_approve)
def run_pass(desk: Desk, id: str) -> Reply:
    """Let a pass take down exactly what it has listed."""
    try:
        desk.service.retroactive.run(desk.actor, id)
    except ServiceError as error:
        return _page(desk, id, PassQuery(), refusal(error))
    return desk.go(f"/console/passes/{id}", Words("It takes down now.", "已开始撤下。"))


@pages.post("/console/passes/{id}/stop", Scope.policies_approve)
def stop_pass(desk: Desk, id: str) -> Reply:
    """End a pass; what it has taken down stays down."""
    try:
        desk.service.retroactive.stop(desk.actor, id)
    except ServiceError as error:
        return _page(desk, id, PassQuery(), refusal(error))
    return desk.go(f"/console/passes/{id}", Words("Stopped.", "已停止。"))


def _page(desk: Desk, id: str, query: PassQuery, refused: Refusal | None = None) -> Reply:
    retroactive = desk.service.retroactive
    return desk.page(
        "policies/pass.html.j2",
        status=200 if refused is None else 422,
        one=(one := retroactive.get(desk.actor, id)),
        listed=retroactive.listed(desk.actor, id, Paging(cursor=query.cursor, limit=100)),
        active=one.state in _RUNNING,
        refused=refused,
        version_path=version_path,
        PASSES=PASSES,
    )
