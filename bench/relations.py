"""Funnels and crowds in simulated worlds: `python -m bench.relations [--page]`.

People, shops, teachers, anchors and associations, as relation events. All of it is synthetic:
nothing here says how often any of them occurs. ``--page`` writes the figures into the docs.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from rich.console import Console

from bench import machine
from bench.page import Section, put_figures
from bench.speed import ROOT
from portreeve.enforcement.agreement import wilson
from portreeve.memory.relations import (
    ENTERED,
    EVENT,
    FRIEND,
    JOINED,
    OPENED,
    OWNED,
    Relations,
    RelationSettings,
)  # fmt: skip
from portreeve.memory.traces import INVITES, REWARDS, SELLS, TRACE, Traces

PAGE = ROOT / "docs" / "memory-relations.md"
HOUR, DAY, MINUTE = 3_600 * 1_000_000, 86_400 * 1_000_000, 60 * 1_000_000
_EACH = 300
_START = 30 * DAY
_SIZES = {"accounts": 8_192, "owners": 4_096, "rooms": 4_096, "windows": 131_072}

_COUNTED = ("mobilised", "mobilised_low", "mobilised_high")

Random = np.random.Generator


@dataclass
class Story:
    """What one account did: times of new friends, of coupons and sales, its groups and its room."""

    friends: NDArray[np.float64] | None = None
    coupons: tuple[float, ...] = ()
    sales: tuple[float, ...] = ()
    groups: tuple[int, ...] = ()
    members: int = 0
    others: int = 0
    minutes: float = 8.0
    """Over how many minutes those who arrive do so."""


def _steady(random: Random, a_day: float) -> NDArray[np.float64]:
    """New friends over four weeks; all else happens in the last two."""
    return random.uniform(-14.0, 14.0, random.poisson(a_day * 28))


def _burst(random: Random, day: float, many: int, days: float) -> NDArray[np.float64]:
    return day + np.minimum(random.exponential(days / 3, many), days)


def _with(*parts: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.concatenate(parts)


def _shop(random: Random) -> Story:
    quiet = _steady(random, random.uniform(0, 5))
    return Story(_with(quiet, _burst(random, 11.0, int(random.integers(60, 600)), 3.0)), (11.0,))


def _small_shop(random: Random) -> Story:
    quiet = _steady(random, random.uniform(0, 2))
    return Story(_with(quiet, _burst(random, 11.0, int(random.integers(30, 60)), 3.0)), (11.0,))


def _always(random: Random) -> Story:
    """Coupons every few days, and as many new friends every day: no burst against the past."""
    return Story(_steady(random, random.uniform(20, 60)), (-10.0, -6.0, -2.0, 2.0, 6.0, 10.0))


def _teacher(random: Random) -> Story:
    return Story(_with(_steady(random, 0.3), _burst(random, 11.0, 60, 0.3)))


def _teacher_with_coupon(random: Random) -> Story:
    return Story(_with(_steady(random, 0.3), _burst(random, 11.0, 60, 0.3)), (10.5,))


def _newcomer(random: Random) -> Story:
    return Story(_burst(random, 6.0, int(random.integers(80, 200)), 7.0))


def _coupon_and_few(random: Random) -> Story:
    return Story(_steady(random, random.uniform(0, 3)), (11.0,))


def _busy_with_coupon(random: Random) -> Story:
    return Story(_steady(random, random.uniform(5, 15)), (4.0, 11.0))


FUNNELS: dict[str, tuple[bool, Callable[[Random], Story]]] = {
    "shop, coupon, then 60 to 600 new friends in three days": (True, _shop),
    "shop, coupon, then 30 to 60": (True, _small_shop),
    "shop, coupons always, 20 to 60 new friends every day": (True, _always),
    "teacher adds 60 parents in an evening": (False, _teacher),
    "newcomer, 80 to 200 friends in a week": (False, _newcomer),
    "ordinary person with a coupon, up to 3 friends a day": (False, _coupon_and_few),
    "well-connected, coupons, 5 to 15 friends a day": (False, _busy_with_coupon),
    "teacher who shared a coupon with a handle that morning": (False, _teacher_with_coupon),
}


def _anchor(random: Random) -> Story:
    many = int(random.integers(150, 3_000))
    share = random.uniform(0.5, 0.95)
    return Story(
        groups=tuple(random.integers(100, 400, 25).tolist()), sales=(13.0, 13.9),
        members=int(many * share), others=int(many * (1 - share)),
    )  # fmt: skip


def _small_anchor(random: Random) -> Story:
    return Story(
        groups=tuple(random.integers(30, 100, 8).tolist()), sales=(12.5, 13.5),
        members=int(random.integers(50, 150)), others=int(random.integers(0, 50)),
    )  # fmt: skip


def _alumni(random: Random) -> Story:
    return Story(
        groups=tuple(random.integers(50, 300, 30).tolist()),
        members=int(random.integers(200, 1_000)), others=int(random.integers(0, 30)),
    )  # fmt: skip


def _famous(random: Random) -> Story:
    return Story(sales=(12.0, 13.0), others=int(random.integers(300, 3_000)))


def _open_shop(random: Random) -> Story:
    """Sells and owns groups, but strangers come: by an advertisement, not by the groups."""
    return Story(
        groups=tuple(random.integers(50, 300, 10).tolist()), sales=(12.0, 13.0),
        members=int(random.integers(0, 15)), others=int(random.integers(200, 2_000)),
    )  # fmt: skip


def _family(random: Random) -> Story:
    sizes = tuple(random.integers(8, 40, 3).tolist())
    return Story(groups=sizes, sales=(12.0, 13.0), members=sum(sizes), others=5)


def _slow(random: Random) -> Story:
    """The same people as an anchor's, but over three hours."""
    story = _small_anchor(random)
    story.minutes = 180.0
    return story


def _alumni_sale(random: Random) -> Story:
    story = _alumni(random)
    story.sales = (12.0,)
    return story


def _alumni_shop(random: Random) -> Story:
    story = _alumni(random)
    story.sales = (11.0, 12.0, 13.0)
    return story


CROWDS: dict[str, tuple[bool, Callable[[Random], Story]]] = {
    "anchor, 25 groups, 150 to 3,000 arrivals": (True, _anchor),
    "anchor, 8 small groups, 50 to 200 arrivals": (True, _small_anchor),
    "alumni, 30 groups, no sale": (False, _alumni),
    "known seller, no groups, strangers arrive": (False, _famous),
    "shop, 10 groups, but strangers arrive": (False, _open_shop),
    "family, 3 groups, sells a sofa and a pram": (False, _family),
    "anchor, 8 groups, arrivals over three hours": (False, _slow),
    "alumni, one post that sells shirts": (False, _alumni_sale),
    "alumni who sold shirts in three posts": (False, _alumni_shop),
}


def _number(random: Random, many: int) -> NDArray[np.uint64]:
    return random.integers(1, 2**63, many).astype(np.uint64)


def _events(
    kind: int, account: object, other: object, times: NDArray[np.int64]
) -> NDArray[np.void]:
    made = np.zeros(len(times), dtype=EVENT)
    made["kind"], made["account"], made["other"], made["time"] = kind, account, other, times
    return made


def told(story: Story, account: np.uint64, random: Random) -> tuple[NDArray[np.void], Traces]:
    """A story as events and traces; who joined the groups is drawn here, and who of them came."""
    parts = []
    people = _number(random, sum(story.groups))
    at = 0
    for size in story.groups:
        group = _number(random, 1)[0]
        parts.append(_events(OWNED, account, group, np.array([_START - DAY])))
        times = _START - HOUR + random.integers(0, HOUR, size)
        parts.append(_events(JOINED, people[at : at + size], group, times))
        at += size
    if story.friends is not None:
        parts.append(_events(FRIEND, account, 0, _START + (story.friends * DAY).astype(np.int64)))
    if story.members or story.others:
        place, opened = _number(random, 1)[0], _START + 14 * DAY
        came = np.concatenate([people[: story.members], _number(random, story.others)])
        parts.append(_events(OPENED, account, place, np.array([opened])))
        times = opened + (random.uniform(0, story.minutes, len(came)) * MINUTE).astype(np.int64)
        parts.append(_events(ENTERED, came, place, times))
    shown = [(day, REWARDS | INVITES) for day in story.coupons]
    shown += [(day, SELLS) for day in story.sales]
    rows = np.zeros(len(shown), dtype=TRACE)
    rows["account"] = account
    rows["time"] = [_START + int(day * DAY) for day, _ in shown]
    rows["flags"] = [flags for _, flags in shown]
    return np.concatenate(parts) if parts else np.zeros(0, EVENT), Traces(rows, np.zeros(0))


def hours(events: NDArray[np.void], traces: Traces) -> Iterator[tuple[NDArray[np.void], Traces]]:
    """Both in order of time, hour by hour, traces first."""
    events = events[np.argsort(events["time"], kind="stable")]
    rows = traces.rows[np.argsort(traces.rows["time"], kind="stable")]
    first = min(int(part["time"][0]) for part in (events, rows) if len(part)) // HOUR
    last = max(int(part["time"][-1]) for part in (events, rows) if len(part)) // HOUR
    marks = np.arange(first, last + 2) * HOUR
    of_events, of_rows = (np.searchsorted(part["time"], marks) for part in (events, rows))
    for at in range(len(marks) - 1):
        heard = events[of_events[at] : of_events[at + 1]]
        seen = rows[of_rows[at] : of_rows[at + 1]]
        if len(heard) or len(seen):
            yield heard, Traces(seen, np.zeros(0))


@dataclass
class Played:
    """What came of a world: which accounts were flagged, and the last facts of each room."""

    flagged: set[int]
    rooms: dict[int, tuple[int, ...]]
    accounts: list[int]
    stories: list[Story]


def play(live: Callable[[Random], Story], seed: int, settings: RelationSettings) -> Played:
    """A world of one kind of accounts."""
    random = np.random.default_rng(seed)
    accounts = _number(random, _EACH)
    stories = [live(random) for _ in range(_EACH)]
    whole = [told(story, account, random) for story, account in zip(stories, accounts, strict=True)]
    events = np.concatenate([part for part, _ in whole])
    events["event"] = np.arange(1, len(events) + 1)
    rows = np.concatenate([traces.rows for _, traces in whole])
    owner = {
        int(event["other"]): int(event["account"]) for event in events[events["kind"] == OPENED]
    }
    known = Relations(settings)
    flagged: set[int] = set()
    rooms: dict[int, tuple[int, ...]] = {}
    for heard, seen in hours(events, Traces(rows, np.zeros(0))):
        facts = known.see(seen)
        flagged |= set(seen.rows["account"][facts["funnel"] | facts["mobilisation"]].tolist())
        facts = known.hear(heard)
        flagged |= set(heard["account"][facts["funnel"]].tolist())
        for at in np.flatnonzero(heard["kind"] == ENTERED).tolist():
            fact, host = facts[at], owner[int(heard["other"][at])]
            rooms[host] = tuple(int(fact[name]) for name in _COUNTED)
            if fact["mobilisation"]:
                flagged.add(host)
    return Played(flagged, rooms, accounts.tolist(), stories)


def _share(hits: int, many: int) -> str:
    found = wilson(hits, many)
    return f"{found.value:.1%} [{found.low:.1%}, {found.high:.1%}]"


def decided(
    title: str, kinds: dict[str, tuple[bool, Callable[[Random], Story]]],
    settings: RelationSettings,
) -> tuple[Section, dict[str, Played]]:  # fmt: skip
    """How many accounts of each kind are flagged; the last kind is known to be told wrongly."""
    rows, played = [], {}
    right = wrong = hard_wrong = missed = 0
    for at, (name, (guilty, live)) in enumerate(kinds.items()):
        world = played[name] = play(live, 100 + at, settings)
        hits = len(world.flagged)
        rows.append((name, "yes" if guilty else "no", f"{_EACH}", _share(hits, _EACH)))
        right, missed = right + hits * guilty, missed + (_EACH - hits) * guilty
        if at < len(kinds) - 1:
            wrong += hits * (not guilty)
        else:
            hard_wrong = hits
    rows += [
        (f"**{name}**", "", f"{many}", _share(right, many))
        for name, many in (
            ("precision, without the last kind", right + wrong),
            ("precision, all kinds", right + wrong + hard_wrong),
            ("recall", right + missed),
        )
    ]
    notes = (
        f"Synthetic, {_EACH} accounts of each kind. Precision and recall hold for this mixture "
        "only; Wilson's 95 % intervals.",
    )
    return Section(title, ("account", "to be found", "n", "found"), tuple(rows), notes), played


def counted(played: dict[str, Played]) -> Section:
    """How far the numbers of mobilised people are from the truth."""
    rows = []
    for name in list(CROWDS)[:3]:
        world = played[name]
        covered, errors, widths = 0, [], []
        for account, story in zip(world.accounts, world.stories, strict=True):
            mobilised, low, high = world.rooms[account]
            covered += low <= story.members <= high
            errors.append(abs(mobilised - story.members) / story.members)
            widths.append((high - low) / story.members)
        rows.append((
            name, f"{_EACH}", f"{np.median(errors):.1%}", f"{np.percentile(errors, 90):.1%}",
            f"{np.median(widths):.1%}", _share(covered, _EACH),
        ))  # fmt: skip
    return Section(
        "The number mobilised, after ten minutes",
        ("room", "n", "error, median", "error, 90 %", "width of the interval, median",
         "intervals that hold the truth"),
        tuple(rows),
        ("Of the true number. Synthetic.",),
    )  # fmt: skip


def _each(began: float, many: int) -> str:
    return f"{(time.process_time() - began) / many * 1e6:.2f}"


def speed() -> Section:
    """Microseconds an event and a trace, in batches of 64."""
    random = np.random.default_rng(9)
    known = Relations(RelationSettings())
    accounts = _number(random, 20_000)
    groups = _number(random, 20_000)
    owned = _events(OWNED, random.choice(accounts, 20_000), groups, np.full(20_000, _START))
    owned["event"] = np.arange(1, 20_001)
    known.hear(owned)
    times = np.sort(_START + random.integers(0, 14 * DAY, 200_000))
    rows = []
    for name, kind, other in (
        ("new friends", FRIEND, None), ("joins", JOINED, groups),
        ("arrivals", ENTERED, groups[:50]),
    ):  # fmt: skip
        place = 0 if other is None else random.choice(other, len(times))
        events = _events(kind, random.choice(accounts, len(times)), place, times)
        events["event"] = _number(random, len(times))
        if kind == ENTERED:
            opens = _events(OPENED, accounts[:50], groups[:50], np.full(50, _START + 13 * DAY))
            opens["event"] = _number(random, 50)
            known.hear(opens)
            events["time"] = _START + 13 * DAY + np.sort(random.integers(0, 9 * MINUTE, len(times)))
        batches = [events[at : at + 64] for at in range(0, len(events), 64)]
        began = time.process_time()
        for batch in batches:
            known.hear(batch)
        rows.append((name, f"{len(times):,}", _each(began, len(times))))
    traces = np.zeros(200_000, dtype=TRACE)
    traces["account"], traces["time"] = random.choice(accounts, 200_000), _START + 14 * DAY
    traces["flags"] = np.where(random.random(200_000) < 0.05, REWARDS | INVITES | SELLS, 0)
    parts = [Traces(traces[at : at + 64], np.zeros(0)) for at in range(0, 200_000, 64)]
    known.see(parts[0])
    began = time.process_time()
    for part in parts:
        known.see(part)
    rows.append(("posts", "200,000", _each(began, 200_000)))
    state = sum(array.nbytes for array in known.arrays().values()) / 2**20
    return Section(
        "Speed", ("of", "n", "µs each, batches of 64"), tuple(rows),
        (f"The state takes {state:.0f} MiB, however much happens.", machine.description(),
         machine.versions()),
    )  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--page", action="store_true", help="write the figures into the docs")
    chosen = parser.parse_args()
    settings = RelationSettings(**_SIZES)  # type: ignore[arg-type]
    funnels, _ = decided("From coupon to friend", FUNNELS, settings)
    crowds, played = decided("Called into a room", CROWDS, settings)
    sections = [funnels, crowds, counted(played), speed()]
    console = Console(width=140)
    for section in sections:
        section.show(console)
    if chosen.page:
        put_figures(PAGE, sections)


if __name__ == "__main__":
    main()
