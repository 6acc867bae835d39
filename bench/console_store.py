"""A store as the service leaves it after a busy season: what the console is measured on.

`python -m bench.console_store FOLDER` makes one with a million decisions over 90 days on all
surfaces of three networks, 10,000 open cases, thousands of decided ones, accounts with strikes and
sanctions, appeals. Nothing is written past the service: its own code judges every invented post,
writes it, draws what follows, opens the cases and moves the decisions into the log; only the clock
is ours. `portreeve doctor --data FOLDER` finds nothing wrong with it.
"""

from __future__ import annotations

import argparse
import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import sqlalchemy as sa

from bench import posts
from portreeve.model import Surface, Verdict
from portreeve.schemas.access import Scope
from portreeve.schemas.accounts import AccountFacts
from portreeve.schemas.appeals import DecideAppeal, FileAppeal
from portreeve.schemas.cases import CaseQuery, DecideCase
from portreeve.schemas.screening import Submission
from portreeve.service.actor import Actor
from portreeve.service.calls import Pending
from portreeve.service.context import open_context
from portreeve.service.errors import ServiceError
from portreeve.service.lot_writing import LotWriter
from portreeve.service.lots import Judge
from portreeve.service.service import Service
from portreeve.service.settings import Settings
from portreeve.store.tables.core import decisions

LOT = 200
"""Decisions made together, as a busy service makes them."""
FOLLOWED_TOGETHER = 1_000
TOLD = 3_000
"""Accounts of which the host said something; the others were only seen."""
APPEALED = 0.02
"""Share of the refusals that somebody contests."""

NETWORKS = {"acquaintance": 0.86, "stranger": 0.07, "community": 0.07}
SURFACES = {
    Surface.moments: 0.60, Surface.comment: 0.22, Surface.group: 0.08,
    Surface.public_account: 0.04, Surface.live: 0.02, Surface.share_api: 0.015,
    Surface.profile: 0.01, Surface.group_buy: 0.008, Surface.search_ad: 0.007,
}  # fmt: skip
WAITING = (
    (Surface.moments, "{word}{produce}，要的私信"),
    (Surface.moments, "老家的{produce}到了，要的私我，{place}自提"),
    (Surface.comment, "{word}家{produce}，要的私信"),
    (Surface.group, "招代理，{word}{produce}，私聊"),
)
"""Posts that read like selling and that the shipped policy lets a person decide."""
PRODUCE = (
    "土鸡蛋", "冬枣", "柚子", "花生油", "腊肉", "蜂蜜", "红薯粉", "笋干", "茶叶", "大米",
    "小龙虾", "蛋糕", "手工水饺", "围巾", "耳环", "羽绒服", "童装", "潮鞋", "手机壳",
)  # fmt: skip
REVIEWERS = [
    Actor(name, frozenset({Scope.cases, Scope.appeals, Scope.evidence}))
    for name in ("ann", "ben", "cam", "dee")
]
HOST = Actor("square", frozenset({Scope.accounts, Scope.appeals}))

Note = Callable[[str], None]


@dataclass(frozen=True)
class Plan:
    """How much there shall be."""

    decisions: int = 1_000_000
    cases: int = 10_000
    days: int = 90
    accounts: int = 150_000
    seed: int = 11
    end: datetime | None = None
    """The last moment; now when left out."""

    @property
    def waiting(self) -> float:
        """Share of the posts that are made to wait; a few of them are near copies of others."""
        return min(0.5, 3.4 * self.cases / self.decisions)


class SetClock:
    """A clock that shows what it is set to, and never an earlier time than before."""

    def __init__(self, start: datetime) -> None:
        self.time = start

    def __call__(self) -> datetime:
        self.time += timedelta(microseconds=1)
        return self.time

    def set(self, to: datetime) -> None:
        """Go on to a time."""
        self.time = max(self.time, to)


class Season:
    """Makes the store, day by day."""

    def __init__(self, folder: Path, plan: Plan, note: Note) -> None:
        self.plan = plan
        self._note = note
        self._end = plan.end or datetime.now(UTC)
        self._start = self._end - timedelta(days=plan.days)
        self._clock = SetClock(self._start - timedelta(hours=1))
        context = open_context(Settings(data=str(folder)), clock=self._clock)
        if context.database.dialect == "sqlite":
            _in_a_hurry(context.database.engine)
        self.service = Service(context)
        self._judge = Judge(context, self.service.policies)
        self._writer = LotWriter(context, self.service.policies, self.service.stored)
        self._random = random.Random(plan.seed)
        self._decided = 0
        self._appealed = 0

    def make(self) -> dict[str, int]:
        """Live through the season; what there is at its end."""
        self.service.policies.seed()
        self._tell_of_accounts()
        began, day = time.perf_counter(), 0
        unfollowed = 0
        for at, lot in self._lots():
            self._clock.set(at)
            self._decide(lot)
            unfollowed += len(lot)
            if unfollowed >= FOLLOWED_TOGETHER:
                self._follow()
                unfollowed = 0
            passed = (at - self._start) // timedelta(days=1)
            if passed > day:
                day = passed
                self._end_day(day)
                self._say(day, time.perf_counter() - began)
        self._follow()
        self._end_day(self.plan.days)
        self._say(self.plan.days, time.perf_counter() - began)
        counted = self._counted()
        self.service.context.database.close()
        return counted

    def _tell_of_accounts(self) -> None:
        self._note(f"{TOLD:,} accounts")
        for number in range(min(TOLD, self.plan.accounts)):
            draw = self._random
            standing = draw.choices(("person", "merchant", "verified_merchant"), (90, 6, 4))[0]
            facts = AccountFacts(
                standing=standing,
                language=draw.choices(("zh", "en"), (9, 1))[0],
                created=self._start - timedelta(days=draw.randint(1, 2_000)),
                friends=int(draw.lognormvariate(4.5, 1)),
                followers=int(draw.lognormvariate(3, 2)),
            )
            self.service.accounts.put(HOST, f"u{number}", facts)

    def _lots(self) -> Iterator[tuple[datetime, list[Pending]]]:
        """Posts in the order in which they come, more by day than by night."""
        plan = self.plan
        maker = posts.PostMaker(plan.seed)
        drawn = np.random.default_rng(plan.seed)
        count = -(-plan.decisions // LOT)
        moments = sorted(_moments(drawn, count, plan.days))
        chunk: list[str] = []
        made = chunks = 0
        for seconds in moments:
            at = self._start + timedelta(seconds=seconds)
            if len(chunk) < LOT:
                chunk += maker.chunk(chunks)["text"].to_list()
                chunks += 1
            size = min(LOT, plan.decisions - made)
            texts, chunk = chunk[:size], chunk[size:]
            yield at, [self._post(made + i, text, at) for i, text in enumerate(texts)]
            made += size

    def _post(self, number: int, text: str, at: datetime) -> Pending:
        draw, plan = self._random, self.plan
        network = draw.choices(list(NETWORKS), list(NETWORKS.values()))[0]
        surface = draw.choices(list(SURFACES), list(SURFACES.values()))[0]
        if draw.random() < plan.waiting:
            network = "acquaintance"
            surface, template = draw.choice(WAITING)
            text = template.format(
                word=_word(draw), produce=draw.choice(PRODUCE),
                place=draw.choice(posts.CHOICES["place"]),
            )  # fmt: skip
        # some accounts write more than others
        author = int(plan.accounts * draw.random() ** 1.3)
        submission = Submission(
            id=f"{network[0]}{number}", network=network, surface=surface, account=f"u{author}",
            text=text, time=at, published=draw.random() < 0.15,
        )  # fmt: skip
        return Pending(submission, network, at, HOST.name, "hold")

    def _decide(self, lot: list[Pending]) -> None:
        judged = self._judge.judge(lot)
        with self.service.context.database.write() as tx:
            for one in judged:
                self._writer.write(tx, one)

    def _follow(self) -> None:
        while self.service.enforcement.follow(FOLLOWED_TOGETHER):
            pass

    def _end_day(self, day: int) -> None:
        """People decide what is above the backlog of the day, the log takes what was decided, and
        what is kept no longer goes."""
        backlog = self.plan.cases * day // self.plan.days
        while (over := self.service.cases.open_count() - backlog) > 0:
            page = self.service.cases.list(REVIEWERS[0], CaseQuery(limit=min(over, 500)))
            for case in page.items:
                self._judge_case(case.id)
        self._appeal()
        while self.service.log.exporter.work():
            pass
        self.service.retention.sweep()

    def _judge_case(self, id: str) -> None:
        reviewer = self._random.choice(REVIEWERS)
        case = self.service.cases.claim(reviewer, id)
        removes = self._random.random() < 0.6
        rules = list(dict.fromkeys(rule for item in case.contents for rule in item.rules))
        request = DecideCase(
            verdict=Verdict.remove.value if removes else Verdict.allow.value,
            reason="Sells." if removes else "Does not sell.",
            rules=rules[:1] if removes else [],
            revision=case.revision,
        )
        self.service.cases.decide(reviewer, id, request)
        self._decided += 1

    def _appeal(self) -> None:
        """Some of those who were refused that day contest it; half of them are answered at once."""
        d = decisions.c
        since = self._clock.time - timedelta(days=1)
        wanted = sa.select(d.id).where(
            d.decided >= since, d.verdict.in_(("refuse", "remove")), d.account.is_not(None)
        )
        with self.service.context.database.read() as connection:
            refused = list(connection.execute(wanted.order_by(d.seq)).scalars())
        for decision in self._random.sample(refused, int(APPEALED * len(refused))):
            try:
                filed = self.service.appeals.file(
                    HOST, FileAppeal(decision=decision, words="只是分给朋友，不是卖货")
                )
            except ServiceError:
                continue  # decided anew meanwhile
            self._appealed += 1
            if self._random.random() < 0.5:
                self._answer(filed.id)

    def _answer(self, appeal: str) -> None:
        overturned = self._random.random() < 0.3
        for reviewer in self._random.sample(REVIEWERS, len(REVIEWERS)):
            try:
                self.service.appeals.claim(reviewer, appeal)
            except ServiceError:
                continue  # who decided must not answer
            self.service.appeals.decide(
                reviewer,
                appeal,
                DecideAppeal(
                    outcome="overturned" if overturned else "upheld",
                    reply="已恢复，抱歉。" if overturned else "维持原决定。",
                ),
            )
            return

    def _say(self, day: int, seconds: float) -> None:
        share = day / self.plan.days
        self._note(
            f"day {day:>2} of {self.plan.days}: {share:4.0%}, {seconds:4.0f} s, "
            f"{self.service.cases.open_count():,} cases open, {self._decided:,} decided"
        )

    def _counted(self) -> dict[str, int]:
        from portreeve.store.tables import metadata

        tables = (
            "decisions", "log_files", "items", "accounts", "cases", "appeals", "strikes",
            "sanctions", "notices", "audit", "events",
        )  # fmt: skip
        with self.service.context.database.read() as connection:
            return {
                name: connection.execute(
                    sa.select(sa.func.count()).select_from(metadata.tables[name])
                ).scalar_one()
                for name in tables
            }


def _moments(drawn: np.random.Generator, count: int, days: int) -> list[float]:
    """Seconds from the start: by day three times as many as by night, in local time."""
    seconds = drawn.random(count * 3) * days * 86_400
    hour = (seconds / 3_600 + 8) % 24
    kept = drawn.random(count * 3) < 0.5 + 0.4 * np.sin((hour - 9) / 24 * 2 * np.pi)
    return [float(s) for s in seconds[kept][:count]]


def _word(draw: random.Random) -> str:
    """Two characters out of some thousand."""
    return "".join(chr(draw.randint(0x4E00, 0x4E00 + 6_000)) for _ in range(2))


def _in_a_hurry(engine: sa.Engine) -> None:
    """No waiting for the disk: a store whose making was cut short is made anew."""

    @sa.event.listens_for(engine, "connect")
    def _hurry(connection: Any, _record: Any) -> None:
        connection.execute("PRAGMA synchronous = OFF")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.console_store", description=__doc__)
    parser.add_argument("folder", type=Path, help="a folder that is not there yet")
    parser.add_argument("--decisions", type=int, default=Plan.decisions)
    parser.add_argument("--cases", type=int, default=Plan.cases)
    parser.add_argument("--days", type=int, default=Plan.days)
    args = parser.parse_args()
    if args.folder.exists():
        parser.error(f"{args.folder} is there already")
    plan = Plan(decisions=args.decisions, cases=args.cases, days=args.days)
    for name, count in Season(args.folder, plan, print).make().items():
        print(f"{name:>12} {count:>10,}")


if __name__ == "__main__":
    main()
