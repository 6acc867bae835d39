"""The queues: what waits for a person, and the next case."""

from __future__ import annotations

from portreeve.console.desk import Desk
from portreeve.console.reviewing import (
    Work,
    just_decided,
    minded,
    place_of,
    queue_of,
    take_next,
)
from portreeve.console.routes import Pages
from portreeve.console.words import Words
from portreeve.http.call import Reply
from portreeve.schemas.access import Scope
from portreeve.schemas.cases import CaseQuery
from portreeve.schemas.review import NextAnswer

pages = Pages("queue")

_ROWS = 50


class QueueQuery(Work, frozen=True, kw_only=True):
    """Which cases to list."""

    mine: bool = False
    cursor: str | None = None


@pages.get("/console/queue", Scope.cases)
def show_queue(desk: Desk, query: QueueQuery) -> Reply:
    """The queues with their counts, and the cases that wait, without content."""
    review = desk.service.review
    wanted = CaseQuery(
        queue=query.queue,
        network=query.network,
        claimed_by=desk.actor.name if query.mine else None,
        cursor=query.cursor,
        limit=_ROWS,
    )
    return desk.page(
        "queue/queue.html.j2",
        work=query,
        queues=review.queues(desk.actor, query.network),
        cases=review.waiting(desk.actor, wanted),
        own=review.own(desk.actor),
        networks=desk.service.policies.lookup.networks(),
        last=just_decided(desk),
        mind=minded(desk),
    )


@pages.post("/console/queue/next", Scope.cases)
def take_next_case(desk: Desk, form: Work) -> Reply:
    """Claim the most urgent case that nobody holds, and show it."""
    found = take_next(desk, form)
    if found.case is None:
        return nothing_left(desk, form, found)
    return desk.go(place_of(found.case.id, form))


def nothing_left(desk: Desk, work: Work, found: NextAnswer) -> Reply:
    """Back to the queue, which says why there is no next case."""
    if found.rest:
        words = Words(
            "Enough black goods in a row for now. Take something else, or a break.",
            "您已连续处理多件禁售品案件。请先处理其他队列，或休息一下。",
        )
    elif found.skipped:
        words = Words(
            f"Nothing is left but what you gave back today: {found.skipped}. "
            "Open one from the list if you want it after all.",
            f"只剩您今天退回的 {found.skipped} 件案件。如需处理，请从列表中打开。",
        )
    else:
        words = Words("Nothing waits here any more.", "这里没有待处理的案件了。")
    return desk.go(queue_of(work), done=words)
