"""``python -m town.settle``: a small town moves into Square, dates spread over the last weeks.

Every post is asked about at Portreeve before it stands in Square, as any other post is. The truth
stays behind: it is not even read.
"""

from __future__ import annotations

import argparse
import secrets
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec

from portreeve.client import Client
from square.bulk import Bulk, NewPerson, NewPost
from square.database import Database
from town.posts import Post
from town.town import Town, utc

_SURFACES = ("profile", "moments", "comment")


class Guest(msgspec.Struct):
    """Somebody of the town whom a visitor may sign in as."""

    name: str
    shown: str
    password: str
    sells: bool


class Settled(msgspec.Struct):
    """What moved in, and what became of it."""

    people: int
    friendships: int
    posts: int
    states: dict[str, int]
    seconds: float
    guests: list[Guest]


def settle(
    data: Path, portreeve: str, key: str, *, accounts: int = 300, days: int = 28, seed: int = 1
) -> Settled:
    """A town moves into the Square whose folder this is."""
    begun = time.monotonic()
    tomorrow = (datetime.now(UTC) + timedelta(hours=8)).date()
    town = Town(accounts=accounts, days=days, seed=seed, until=tomorrow.isoformat())
    people = [one for district in town.districts() for one in town.people(district)]
    ties = [
        (one.account, one.other, utc(one.since))
        for district in town.districts()
        for one in town.relations(district)
        if one.kind == "friend"
    ]
    with Client(portreeve, key) as client:
        bulk = Bulk(Database(data), client)
        posts = _posts(town)
        guests = _guests(posts, ties, [(one.id, one.name, one.shown) for one in people])
        bulk.people(
            NewPerson(
                id=one.id,
                name=one.name,
                shown=one.shown,
                language=one.language,
                joined=utc(one.joined),
                password=guests[one.id].password if one.id in guests else None,
            )
            for one in people
        )
        bulk.friendships(ties)
        bulk.tell_of_all()
        states = Counter(
            str(answer.state)
            for answer in bulk.posts(
                NewPost(
                    id=one.id,
                    author=one.account,
                    surface=one.surface,
                    parent=one.parent,
                    text=one.text,
                    written=utc(one.time),
                )
                for one in posts
            )
        )
    return Settled(
        people=len(people),
        friendships=len(ties),
        posts=len(posts),
        states=dict(states.most_common()),
        seconds=round(time.monotonic() - begun, 1),
        guests=list(guests.values()),
    )


def _posts(town: Town) -> list[Post]:
    """What the town wrote, in order of time, a post before its comments; nothing of the future."""
    now = datetime.now(UTC).isoformat()
    found = [
        post
        for district in town.districts()
        for day in town.posts(district)
        for post, _ in day
        if post.surface in _SURFACES and post.time < now
    ]
    return sorted(found, key=lambda post: (post.time, post.parent is not None, post.id))


def _guests(
    posts: list[Post], ties: list[tuple[str, str, datetime]], people: list[tuple[str, str, str]]
) -> dict[str, Guest]:
    """The one who writes most, who sells, and the best known of the others who writes little.

    Found by what everybody can see, not by the truth.
    """
    wrote = Counter(post.account for post in posts if post.surface == "moments")
    friends = Counter(who for tie in ties for who in tie[:2])
    busy = wrote.most_common(1)[0][0]
    quiet = max(
        (id for id, _, _ in people if wrote[id] < 12 and id != busy), key=lambda id: friends[id]
    )
    named = {id: (name, shown) for id, name, shown in people}
    return {
        id: Guest(*named[id], password=secrets.token_urlsafe(9), sells=id == busy)
        for id in (quiet, busy)
    }


def main() -> None:
    """Settle a town from the command line."""
    parser = argparse.ArgumentParser(prog="python -m town.settle", description=__doc__)
    parser.add_argument("--portreeve", required=True, help="address of the service")
    parser.add_argument("--key-file", required=True, type=Path, help="file with an API key")
    parser.add_argument("--data", default="square-data", type=Path, help="folder of Square")
    parser.add_argument("--accounts", default=300, type=int, help="how many people")
    parser.add_argument("--days", default=28, type=int, help="how many days")
    parser.add_argument("--seed", default=1, type=int, help="the town's seed")
    given = parser.parse_args()
    done = settle(
        given.data, given.portreeve, given.key_file.read_text().strip(),
        accounts=given.accounts, days=given.days, seed=given.seed,
    )  # fmt: skip
    print(msgspec.json.format(msgspec.json.encode(done)).decode())


if __name__ == "__main__":
    main()
