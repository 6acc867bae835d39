"""A small invented world, lived through the real service in a few seconds: two weeks of posts.

``python -m tests.console.world FOLDER`` makes it; ``portreeve serve --data FOLDER`` shows it.

What people publish is in :mod:`posts`, what is done about it in :mod:`story`. Ids differ from one
making to the next; everything else is the same.
"""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from portreeve.schemas.access import Scope
from portreeve.schemas.cases import CaseQuery
from portreeve.schemas.pictures import PictureUpload
from portreeve.schemas.screening import Submission
from portreeve.service.actor import Actor
from portreeve.service.context import open_context
from portreeve.service.decision_links import DecisionLinks
from portreeve.service.roles import scopes_of
from portreeve.service.service import Service
from portreeve.service.settings import Settings

from .posts import PEOPLE, POSTS, Post
from .staff import PASSWORD, STAFF
from .webhook_talk import Talk

LENGTH = timedelta(days=13, hours=8.5)
NOW = datetime(2026, 11, 20, 8, 30, tzinfo=UTC)
"""What the clock shows at the end of the two weeks, in tests."""

NETWORK = "acquaintance"
FILE = "world.json"
"""What has which id, in the folder of the data."""

HOST = Actor("square", frozenset({Scope.screen, Scope.accounts, Scope.reports, Scope.appeals}))
"""The network that the posts come from."""

_STANDINGS = {who.id: who.standing for who in PEOPLE}


class Clock:
    """A clock that runs from a time on, or stands where it is set.

    >>> clock = Clock(NOW)
    >>> clock().isoformat()
    '2026-11-20T08:30:00+00:00'
    """

    def __init__(self, time: datetime, *, runs: bool = False) -> None:
        self._time = time
        self._ahead = time - datetime.now(UTC) if runs else None

    def __call__(self) -> datetime:
        return self._time if self._ahead is None else datetime.now(UTC) + self._ahead

    def set(self, time: datetime) -> None:
        """Show this time."""
        self._time = time


@dataclass
class World:
    """The service while the two weeks pass, and what has come to be in them."""

    service: Service
    clock: Clock
    talk: Talk
    begin: datetime
    ids: dict[str, str] = field(default_factory=dict)
    """Ids by what they stand for: ``case:p-121``, ``decision:p-103``, ``appeal:p-256`` ..."""
    _seen: set[str] = field(default_factory=set)

    def actor(self, name: str) -> Actor:
        """Somebody of the staff, who may do what their roles allow."""
        return Actor(name, scopes_of(STAFF[name].roles))

    def publish(self, post: Post) -> None:
        """Somebody publishes something."""
        pictures = []
        if post.picture is not None:
            upload = PictureUpload(account=post.account, data=post.picture)
            pictures = [self.service.pictures.add(HOST, upload).id]
        submission = Submission(
            id=post.id, account=post.account, surface=post.surface, text=post.text,
            published=post.published, disclosed=post.disclosed, parent=post.parent,
            time=self.clock(), standing=_STANDINGS.get(post.account), audience="friends",
            pictures=pictures,
        )  # fmt: skip
        [screened] = self.service.screening.screen(HOST, [submission])
        self.ids[f"decision:{post.id}"] = str(screened.decision)

    def settle(self) -> None:
        """What follows from what was done is drawn, as the service's workers do."""
        while self.service.picture_reading.advance():
            continue
        while self.service.enforcement.follow():
            continue
        with self.service.context.database.write() as tx:
            self.service.sanctions.expire(tx)
        self.service.policies.refresh()
        self.talk.carry_on()
        self._note_cases()

    def _note_cases(self) -> None:
        ada = self.actor("ada")
        for case in self.service.cases.list(ada, CaseQuery(limit=100)).items:
            known = f"{case.id} {case.revision}"
            if known not in self._seen:
                self._seen.add(known)
                for held in self.service.cases.get(ada, case.id).contents:
                    self.ids[f"case:{held.item}"] = case.id


def make(folder: Path, now: datetime = NOW) -> dict[str, str]:
    """Live through the two weeks that end at ``now``; ids by what they stand for."""
    from .story import STORY

    settings = Settings(
        data=str(folder), second_reading_rate=1.0, alarm_hits=6, alarm_chance=0.01
    )  # so that in a small world, too, some is read twice and an alarm is raised
    begin = now - LENGTH
    context = open_context(settings)
    clock = context.database.clock = Clock(begin)
    service = Service(context)
    service.policies.seed()
    world = World(service, clock, Talk(service), begin)
    service.screening.start()
    steps = [(post.at, post) for post in POSTS] + [(at, step) for at, step in STORY]
    for at, step in sorted(steps, key=lambda one: one[0]):
        clock.set(begin + timedelta(hours=at))
        if isinstance(step, Post):
            world.publish(step)
        else:
            step(world)
        world.settle()
    clock.set(now)
    links = DecisionLinks(context.vault)
    for name, id in list(world.ids.items()):
        kind, _, item = name.partition(":")
        if kind == "decision":
            world.ids[f"token:{item}"] = links.token(id)
    while service.log.exporter.work():
        continue
    service.stop()
    (folder / FILE).write_text(json.dumps(world.ids, indent=2, ensure_ascii=False))
    return world.ids


def ids(folder: Path) -> dict[str, str]:
    """What has which id in a world that was made before."""
    return dict(json.loads((folder / FILE).read_text()))


if __name__ == "__main__":
    made = Path(sys.argv[1])
    if made.exists() and any(made.iterdir()):
        sys.exit(f"{made} is not empty: name a new folder.")
    make(made, datetime.now(UTC).replace(microsecond=0))
    print(f"Made. Now: portreeve serve --data {made}")
    print(f"Sign in as {', '.join(STAFF)}; everybody's password is: {PASSWORD}")
