"""Undoing returns exactly the state in which the decision was never made, whatever happened.

A machine does things in any order, decisions and their undoing among them. Then the same things are
done in a fresh database without the decisions that were undone, and both must mean the same.
"""

from __future__ import annotations

import dataclasses
import functools
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from portreeve.enforcement.consequences import in_force
from portreeve.policy import Policy
from portreeve.policy.parts import Ladder, Step
from portreeve.schemas.accounts import RelationEvent, RelationEvents
from portreeve.schemas.enforcement import Imposition, Lift, UndoRequest
from portreeve.service.accounts import Accounts
from portreeve.service.decisions import PersonDecisions
from portreeve.service.enforcement import Enforcement
from portreeve.service.sanctions import Sanctions
from portreeve.service.settling import decided_by_item
from portreeve.service.standing import followers_taken, sanctions_in_force
from portreeve.service.undo import Undo
from portreeve.store import Database
from portreeve.store.tables import core, enforcement
from service.factories import (
    ANN,
    SELLING,
    NoCases,
    Shipped,
    account,
    decision,
    named,
    published,
)
from service.support import FakeClock, make_context

ACCOUNTS = ("baker", "quack")
ITEMS = tuple(f"post-{number}" for number in range(5))
COMMENTS = {"comment-1": "post-0", "comment-2": "post-1", "answer": "comment-1"}
RULES = st.sampled_from(
    [(), (SELLING,), ("everywhere.no-induced-sharing",), ("public-account.undeclared-praise",),
     (SELLING, "everywhere.no-induced-sharing"), ("law.drugs",)]
)  # fmt: skip
VERDICTS = st.sampled_from(["label", "limit", "hold", "refuse", "remove"])
PLACES = st.sampled_from([*ITEMS, *COMMENTS])


DAY = timedelta(days=1)
LADDER = Ladder(
    "promotion",
    60 * DAY,
    (
        Step(1, ("warn",), None),
        Step(2, ("mute", "disgorge"), 7 * DAY),
        Step(4, ("suspend", "block_links", "disgorge"), 30 * DAY),
        Step(6, ("ban",), None),
    ),
)
"""Steps close together, so that a machine climbs them."""


@functools.cache
def steep(label: str) -> Policy:
    """A shipped policy with this ladder."""
    policy = Shipped().named(label)
    return dataclasses.replace(policy, ladders=policy.ladders | {"promotion": LADDER})


class Steep(Shipped):
    """The shipped policies with this ladder."""

    def named(self, label: str) -> Policy:
        """A policy by its label."""
        return steep(label)


def owner(item: str) -> str:
    """Who published an item."""
    return ACCOUNTS[hash_of(item) % len(ACCOUNTS)]


def hash_of(item: str) -> int:
    """A number that is the same in every run."""
    return sum(item.encode())


@dataclass
class World:
    """One database, and the service over it. Decisions are known by the step they came at."""

    database: Database
    clock: FakeClock
    folder: Path
    decisions: dict[int, str] = field(default_factory=dict)
    by_hand: dict[int, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        context = make_context(self.database, self.folder)
        self.enforcement = Enforcement(context, Steep(), NoCases())
        self.person_decisions = PersonDecisions(context, Steep())
        self.undoing = Undo(context, Steep())
        self.sanctions = Sanctions(context)
        self.accounts = Accounts(context)
        for name in ACCOUNTS:
            account(self.database, name)
        for item in (*ITEMS, *COMMENTS):
            published(self.database, item, account=owner(item), parent=COMMENTS.get(item))

    def decide(
        self, step: int, item: str, verdict: str, rules: tuple[str, ...], stage: str, edit: bool
    ) -> None:
        """The machine decides."""
        self.decisions[step] = decision(
            self.database, item, verdict, rules,
            account=owner(item), parent=COMMENTS.get(item), stage=stage, edit=edit,
        )  # fmt: skip

    def arrive(self, item: str) -> None:
        """An edit comes, and nothing is decided but that it may stand."""
        published(self.database, item, account=owner(item), edit=True)
        self.enforcement_settles(item)

    def enforcement_settles(self, item: str) -> None:
        """What screening leaves unfollowed when an edit changes an item's state."""
        with self.database.write() as tx:
            latest = sa.select(core.items.c.decision).where(core.items.c.id == item)
            tx.execute(
                sa.update(core.decisions)
                .where(core.decisions.c.id == latest.scalar_subquery())
                .values(followed=False)
            )

    def person(self, step: int, item: str, verdict: str, rules: tuple[str, ...]) -> None:
        """A person decides."""
        clauses = [named("acquaintance").rule(id).clause for id in rules]
        with self.database.write() as tx:
            row = tx.execute(sa.select(core.items).where(core.items.c.id == item)).one()
            self.decisions[step] = self.person_decisions.person_decision(
                tx, "ben", row, verdict, rules, clauses, "I looked."
            )

    def undo(self, step: int) -> None:
        """A decision is undone."""
        self.undoing.reverse(ANN, self.decisions[step], UndoRequest(reason="It was wrong."))

    def follow(self) -> None:
        """The worker runs."""
        self.enforcement.follow()

    def impose(self, step: int, account: str, kind: str) -> None:
        """A sanction by hand."""
        days = None if kind == "ban" else 3
        request = Imposition(account=account, kind=kind, days=days, reason="Spam.")
        self.by_hand[step] = self.sanctions.impose(ANN, request).id

    def lift(self, step: int) -> None:
        """A sanction by hand is lifted by hand."""
        self.sanctions.lift(ANN, self.by_hand[step], Lift(reason="Enough."))

    def pass_time(self, hours: int) -> None:
        """Time passes, and the worker closes what is over."""
        self.clock.advance(hours=hours)
        with self.database.write() as tx:
            self.sanctions.expire(tx)

    def follower(self, account: str) -> None:
        """Somebody follows an account."""
        event = RelationEvent(kind="follower_added", account=account, time=self.clock())
        self.accounts.relate(ANN, RelationEvents(events=[event]))

    def delete(self, item: str) -> None:
        """The host deletes an item."""
        with self.database.write() as tx:
            tx.execute(sa.update(core.items).where(core.items.c.id == item).values(state="deleted"))

    def meaning(self) -> dict[str, Any]:
        """All that enforcement says now, by steps instead of ids."""
        steps = {id: step for step, id in self.decisions.items()}
        i, k, s = core.items, enforcement.strikes, enforcement.sanctions
        with self.database.write() as tx:
            read = tx.connection.execute
            decided = decided_by_item(tx, (*ITEMS, *COMMENTS))
            items = {}
            for row in read(sa.select(i)):
                governing = in_force(decided[row.id], row.revision)
                items[row.id] = (
                    row.state, steps.get(row.hidden_by), governing and steps.get(governing.id)
                )  # fmt: skip
            strikes = {
                (steps[row.decision], row.ladder, row._mapping["count"], row.given, row.expires,
                 row.shown_from, row.shown_until)
                for row in read(sa.select(k).where(k.c.withdrawn.is_(None)))
            }  # fmt: skip
            sanctions = sorted(
                (row.account, row.kind, row.ladder or "", row.step or 0,
                 steps.get(row.decision, -1), row.begins, str(row.ends), str(row.windows),
                 row.outcome == "lifted")
                for row in read(sa.select(s))
                if row.outcome != "reversed"
            )  # fmt: skip
            restricted = {
                account: sorted((one.kind, str(one.ends)) for one in of)
                for account, of in sanctions_in_force(tx.connection, ACCOUNTS, self.clock()).items()
            }
            followers = {name: followers_taken(tx.connection, name) for name in ACCOUNTS}
        return {
            "items": items, "strikes": strikes, "sanctions": sanctions,
            "restricted": restricted, "followers": followers,
        }  # fmt: skip

    def causes_hold(self) -> None:
        """Every sanction that a ladder brought has a strike that counts."""
        k, s = enforcement.strikes, enforcement.sanctions
        causeless = (
            sa.select(s.c.id)
            .outerjoin(k, sa.and_(k.c.id == s.c.strike, k.c.withdrawn.is_(None)))
            .where(
                s.c.strike.is_not(None), sa.or_(s.c.outcome.is_(None), s.c.outcome == "expired"),
                k.c.id.is_(None),
            )
        )  # fmt: skip
        with self.database.read() as connection:
            assert connection.execute(causeless).all() == []


Opens = Callable[[FakeClock], Database]


class Machine(RuleBasedStateMachine):
    """Does things in any order; at the end the undone decisions must never have been."""

    def __init__(self, opens: Opens) -> None:
        super().__init__()
        self.opens = opens
        self.folder = tempfile.TemporaryDirectory()
        self.worlds: list[World] = []
        self.script: list[tuple[str, tuple[Any, ...]]] = []
        self.undone: set[int] = set()
        self.lifted: set[int] = set()

    def new_world(self) -> World:
        """A fresh database."""
        clock = FakeClock()
        world = World(self.opens(clock), clock, Path(self.folder.name))
        self.worlds.append(world)
        return world

    def do(self, name: str, *args: Any) -> None:
        """Do a thing, and remember it."""
        self.script.append((name, args))
        getattr(self.world, name)(*args)

    @property
    def step(self) -> int:
        """The number of the step that comes now."""
        return len(self.script)

    def standing(self) -> list[int]:
        """Decisions that are not undone."""
        return sorted(self.world.decisions.keys() - self.undone)

    @initialize()
    def begin(self) -> None:
        self.world = self.new_world()

    @rule(item=PLACES, verdict=VERDICTS, rules=RULES, edit=st.booleans(),
          stage=st.sampled_from(["before", "after", "retroactive"]))  # fmt: skip
    def decide(
        self, item: str, verdict: str, rules: tuple[str, ...], edit: bool, stage: str
    ) -> None:
        self.do("decide", self.step, item, verdict, rules, stage, edit)

    @rule(item=PLACES, verdict=st.one_of(st.just("allow"), VERDICTS), rules=RULES)
    def person(self, item: str, verdict: str, rules: tuple[str, ...]) -> None:
        self.do("person", self.step, item, verdict, () if verdict == "allow" else rules)

    @rule()
    def follow(self) -> None:
        self.do("follow")

    @precondition(lambda self: self.standing())
    @rule(data=st.data())
    def undo(self, data: st.DataObject) -> None:
        step = data.draw(st.sampled_from(self.standing()))
        self.undone.add(step)
        self.do("undo", step)

    @rule(account=st.sampled_from(ACCOUNTS), kind=st.sampled_from(["mute", "limit", "ban"]))
    def impose(self, account: str, kind: str) -> None:
        self.do("impose", self.step, account, kind)

    @precondition(lambda self: self.world.by_hand.keys() - self.lifted)
    @rule(data=st.data())
    def lift(self, data: st.DataObject) -> None:
        step = data.draw(st.sampled_from(sorted(self.world.by_hand.keys() - self.lifted)))
        self.lifted.add(step)
        with self.world.database.read() as connection:
            ends = connection.execute(
                sa.select(enforcement.sanctions.c.ends).where(
                    enforcement.sanctions.c.id == self.world.by_hand[step]
                )
            ).scalar()
        if ends is None or ends > self.world.clock():
            self.do("lift", step)

    @rule(hours=st.sampled_from([1, 30, 24 * 8, 24 * 100]))
    def pass_time(self, hours: int) -> None:
        self.do("pass_time", hours)

    @rule(account=st.sampled_from(ACCOUNTS))
    def follower(self, account: str) -> None:
        self.do("follower", account)

    @rule(item=st.sampled_from(ITEMS))
    def delete(self, item: str) -> None:
        self.do("delete", item)

    @invariant()
    def no_sanction_is_without_cause(self) -> None:
        if self.worlds:
            self.world.causes_hold()

    def teardown(self) -> None:
        try:
            if self.worlds:
                self.compare()
        finally:
            for world in self.worlds:
                world.database.close()
            self.folder.cleanup()

    def compare(self) -> None:
        """Do it all again without what was undone."""
        other = self.new_world()
        for step, (name, args) in enumerate(self.script):
            if name == "undo" or (name == "person" and step in self.undone):
                continue
            if name == "decide" and step in self.undone:
                _, item, *_, edit = args
                if edit:
                    other.arrive(item)
                continue
            getattr(other, name)(*args)
        for world in (self.world, other):
            world.follow()
            world.pass_time(0)
        assert self.world.meaning() == other.meaning()


@functools.cache
def template() -> bytes:
    """A SQLite database with every table."""
    database = Database("sqlite://")
    database.create()
    raw = database.engine.raw_connection()
    return bytes(raw.driver_connection.serialize())


def in_memory(clock: FakeClock) -> Database:
    """A fresh database in memory."""
    database = Database("sqlite://", clock=clock)
    database.engine.raw_connection().driver_connection.deserialize(template())
    return database


def test_undo_returns_exactly_the_former_state_on_sqlite():
    run_state_machine_as_test(
        lambda: Machine(in_memory), settings=settings(max_examples=40, stateful_step_count=25)
    )


def test_undo_returns_exactly_the_former_state_on_postgresql(postgres_server):
    numbers = iter(range(10_000))

    def opens(clock: FakeClock) -> Database:
        name = f"machine_{next(numbers)}"
        postgres_server.run(f"CREATE DATABASE {name} TEMPLATE template_portreeve")
        return Database(postgres_server.url(name), clock=clock, pool_size=1)

    run_state_machine_as_test(
        lambda: Machine(opens), settings=settings(max_examples=4, stateful_step_count=20)
    )
