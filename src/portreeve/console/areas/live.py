"""Live updates: what happens is told to every page that is open, as it happens.

One poller per process reads the events by their running numbers, and only while somebody listens.
A page is told kind and id, never content: it asks for what it shows.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import NamedTuple
from weakref import WeakKeyDictionary

from portreeve.console.desk import Desk
from portreeve.console.routes import SIGNED_IN, Pages
from portreeve.schemas.access import Scope
from portreeve.service.service import Service
from portreeve.store import StoreUnavailableError

pages = Pages("live")

SECONDS = 1.0
"""How often the poller looks."""

_WAITING = 200
"""Events that wait for one listener; a browser that is slower than that misses some."""


class Topic(NamedTuple):
    """What a page can listen to: kinds of events, and who may hear of them."""

    name: str
    types: frozenset[str]
    scope: Scope


TOPICS: tuple[Topic, ...] = (
    Topic(
        "cases",
        frozenset(
            {
                "case.opened", "case.claimed", "case.released", "case.decided", "case.reopened",
                "case.release-requested",
            }
        ),
        Scope.cases,
    ),
    Topic("appeals", frozenset({"appeal.filed", "appeal.decided"}), Scope.cases),
    Topic("alarms", frozenset({"alarm.raised"}), Scope.policies_read),
    Topic(
        "policies",
        frozenset(
            {
                "policy.proposed", "policy.activated", "policy.rolled_back", "policy.rollout",
                "policy.shadow", "policy.withdrawn",
            }
        ),
        Scope.policies_read,
    ),
)  # fmt: skip
READERS = "readers"
"""The topic of who reads which case; not from events, which are kept."""

_TYPES = frozenset(type for topic in TOPICS for type in topic.types)
_TOPIC_OF = {type: topic for topic in TOPICS for type in topic.types}

Event = tuple[str, str]


@pages.stream("/console/live", SIGNED_IN)
async def listen(desk: Desk) -> AsyncIterator[Event]:
    """What happens, as events named by topic: cases, readers, appeals, alarms, policies."""
    heard = {topic.name for topic in TOPICS if desk.may(topic.scope)}
    if desk.may(Scope.cases):
        heard.add(READERS)
    hub = _hubs.setdefault(desk.service, Hub(desk.service))
    queue = hub.join()
    try:
        while True:
            topic, data = await queue.get()
            if topic in heard:
                yield topic, data
    finally:
        hub.leave(queue)


class Hub:
    """Tells all listeners of a process what the poller reads."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._listeners: set[asyncio.Queue[Event]] = set()
        self._poller: asyncio.Task[None] | None = None

    def join(self) -> asyncio.Queue[Event]:
        """Begin to listen; the first who does starts the poller."""
        queue: asyncio.Queue[Event] = asyncio.Queue(_WAITING)
        self._listeners.add(queue)
        if self._poller is None or self._poller.done():
            self._poller = asyncio.create_task(self._poll())
        return queue

    def leave(self, queue: asyncio.Queue[Event]) -> None:
        """Listen no more; the last who leaves ends the poller."""
        self._listeners.discard(queue)
        if not self._listeners and self._poller is not None:
            self._poller.cancel()
            self._poller = None

    async def _poll(self) -> None:
        happenings = self._service.happenings
        last: int | None = None
        reading: dict[str, list[str]] = {}
        while True:
            with suppress(StoreUnavailableError):
                if last is None:
                    last = await asyncio.to_thread(happenings.last)
                found, last = await asyncio.to_thread(happenings.after, last, _TYPES)
                for one in found:
                    facts = {"type": one.type, "subject": one.subject}
                    if "queue" in one.data:
                        facts["queue"] = one.data["queue"]
                    self._tell((_TOPIC_OF[one.type].name, json.dumps(facts)))
                now = await asyncio.to_thread(self._service.readers.everybody)
                for case in sorted(now.keys() | reading.keys()):
                    if now.get(case) != reading.get(case):
                        told = {"case": case, "names": now.get(case, [])}
                        self._tell((READERS, json.dumps(told)))
                reading = now
            await asyncio.sleep(SECONDS)

    def _tell(self, event: Event) -> None:
        for queue in self._listeners:
            with suppress(asyncio.QueueFull):
                queue.put_nowait(event)


_hubs: WeakKeyDictionary[Service, Hub] = WeakKeyDictionary()
