"""Previews, and the pass that takes down what was published before."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from portreeve.model import Surface
from portreeve.schemas.base import Paging
from portreeve.schemas.policies import Activation, PreviewOrder, Rollback, Selection
from portreeve.service import retroactive as module
from portreeve.service.enforcement import Enforcement
from portreeve.service.errors import ServiceError
from portreeve.service.policies import Policies
from portreeve.service.preview import Previews
from portreeve.service.rescreening import Rescreening
from portreeve.service.retroactive import LEASE, Retroactive
from portreeve.store.tables import core
from portreeve.store.tables.enforcement import notices
from portreeve.store.vault import Content
from service import factories
from service.factories import events
from service.policy_cases import (
    ANN,
    BOB,
    CAT,
    DAN,
    SOFT,
    Stored,
    approved,
    in_force,
    mild,
    proposed,
    strict,
)


@pytest.fixture
def policies(context, clock):
    policies = Policies(context)
    in_force(policies, clock, mild("1"))
    return policies


@pytest.fixture
def stored(database):
    return Stored(database)


@pytest.fixture
def passes(context, policies, stored, monkeypatch):
    """Passes that go in chunks of three."""
    monkeypatch.setattr(module, "LIST_CHUNK", 3)
    monkeypatch.setattr(module, "RUN_CHUNK", 3)
    return Retroactive(context, policies, stored.rescreen)


@pytest.fixture
def strict_in_force(policies, stored, clock):
    """Eight masks by two sellers and two harmless posts, then the strict version."""
    for n in range(8):
        stored.add(f"mask-{n}", account=f"seller-{n % 2}")
    stored.add("soft-1", SOFT, account="reader")
    stored.add("soft-2", SOFT, account="reader")
    in_force(policies, clock, strict("2"))


def finish(passes):
    """Do what there is to do; how many chunks it took."""
    chunks = 0
    while passes.advance():
        chunks += 1
    return chunks


def states(database):
    with database.read() as connection:
        rows = connection.execute(sa.select(core.items.c.id, core.items.c.state)).all()
    return dict(tuple(row) for row in sorted(rows))


def audited(database, action):
    entry = core.audit.c
    with database.read() as connection:
        wanted = sa.select(entry.actor, entry.detail).where(entry.action == action)
        return [tuple(row) for row in connection.execute(wanted.order_by(entry.seq))]


def begun(passes):
    """A pass that has listed everything."""
    made = passes.begin(ANN, "sample", "2", Selection())
    finish(passes)
    return passes.get(DAN, made.id)


def refused(call, *args):
    with pytest.raises(ServiceError) as raised:
        call(*args)
    return raised.value.detail


# --- preview --------------------------------------------------------------------------------------


def test_a_preview_says_what_would_change_and_changes_nothing(context, policies, stored, database):
    for n in range(3):
        stored.add(f"mask-{n}", account=f"seller-{n % 2}")
    stored.add("soft-1", SOFT)
    stored.add("gone-1")
    stored.forget("gone-1")
    proposed(policies, strict("2"))
    previews = Previews(context, policies, stored.rescreen)
    preview = previews.preview(ANN, "sample", "2", PreviewOrder())
    assert (preview.policy, preview.items, preview.unreadable) == ("sample@2", 4, 1)
    assert (preview.changed, preview.accounts) == (3, 2)
    (difference,) = preview.differences
    assert (difference.verdict, difference.other_verdict) == ("allow", "remove")
    assert (difference.rule, difference.other_rule) == (None, "no-selling")
    assert (difference.items, difference.share) == (3, 0.75)
    assert sorted(difference.samples) == ["mask-0", "mask-1", "mask-2"]
    assert set(states(database).values()) == {"published"}


def test_a_preview_takes_the_newest_of_a_time_and_a_surface(context, policies, stored, clock):
    for n in range(5):
        stored.add(f"mask-{n}", hours_ago=n)
    proposed(policies, strict("2"))
    previews = Previews(context, policies, stored.rescreen)
    for order, wanted in (
        (PreviewOrder(limit=2), 2),
        (PreviewOrder(since=clock() - timedelta(hours=2, minutes=1)), 3),
        (PreviewOrder(until=clock() - timedelta(hours=2, minutes=-1)), 3),
        (PreviewOrder(surfaces=[Surface.comment]), 0),
    ):
        assert previews.preview(ANN, "sample", "2", order).items == wanted


# --- pass -----------------------------------------------------------------------------------------


@pytest.mark.usefixtures("strict_in_force")
def test_a_pass_lists_then_waits_then_takes_down(passes, database):
    listed = begun(passes)
    assert (listed.state, listed.examined, listed.listed, listed.accounts) == ("listed", 10, 8, 2)
    assert set(states(database).values()) == {"published"}
    page = passes.listed(DAN, listed.id, Paging(limit=5))
    rest = passes.listed(DAN, listed.id, Paging(limit=5, cursor=page.next))
    assert [row.item for row in page.items + rest.items] == [f"mask-{n}" for n in range(8)]
    assert (page.items[0].before, page.items[0].verdict) == ("allow", "remove")
    assert (page.items[0].rules, page.items[0].state) == (["no-selling"], "listed")

    passes.run(BOB, listed.id)
    finish(passes)
    done = passes.get(DAN, listed.id)
    assert (done.state, done.taken_down, done.skipped, done.run_by) == ("done", 8, 0, "bob")
    assert states(database) == {
        **{f"mask-{n}": "removed" for n in range(8)}, "soft-1": "published", "soft-2": "published",
    }  # fmt: skip
    with database.read() as connection:
        decision = core.decisions.c
        made = connection.execute(
            sa.select(decision.by, decision.policy, decision.followed).where(
                decision.stage == "retroactive"
            )
        ).all()
    assert [tuple(row) for row in made] == [("bob", "sample@2", False)] * 8, "each is followed"


@pytest.mark.usefixtures("strict_in_force")
def test_one_audit_entry_for_each_chunk(passes, database):
    listed = begun(passes)
    passes.run(BOB, listed.id)
    finish(passes)
    assert audited(database, "policy.retroactive.chunk") == [
        ("bob", {"policy": "sample@2", "chunk": n, "items": items, "taken_down": items})
        for n, items in ((1, 3), (2, 3), (3, 2))
    ]
    counts = {"policy": "sample@2", "listed": 8, "accounts": 2, "taken_down": 8, "skipped": 0}
    assert audited(database, "policy.retroactive.done") == [("bob", counts)]
    assert [type for type, _, _ in events(database) if type.startswith("policy.retro")] == [
        "policy.retroactive.listed", "policy.retroactive.started", "policy.retroactive.done",
    ]  # fmt: skip


@pytest.mark.usefixtures("strict_in_force")
@pytest.mark.parametrize("after", [1, 2, 3, 4, 7])
def test_a_crash_anywhere_leaves_no_item_out_and_takes_none_down_twice(
    passes, policies, context, stored, clock, database, after
):
    listed = begun(passes)
    passes.run(BOB, listed.id)
    stored.breaks_after = after
    with pytest.raises(ConnectionError):
        finish(passes)
    fresh = Retroactive(context, policies, stored.rescreen)
    assert finish(fresh) == 0, "the crashed process's lease has not ended"
    clock.time += LEASE + timedelta(seconds=1)
    finish(fresh)
    done = fresh.get(DAN, listed.id)
    assert (done.state, done.taken_down, done.skipped) == ("done", 8, 0)
    with database.read() as connection:
        items = connection.execute(
            sa.select(core.decisions.c.item).where(core.decisions.c.stage == "retroactive")
        )
        assert sorted(items.scalars()) == [f"mask-{n}" for n in range(8)]


@pytest.mark.usefixtures("strict_in_force")
def test_what_people_have_decided_is_left_to_people(passes, stored, database):
    stored.add("baker-1", stage="person")
    listed = begun(passes)
    assert (listed.examined, listed.listed, listed.left_to_people) == (11, 8, 1)
    with database.write() as tx:  # an appeal is upheld between listing and running
        item = core.items.c
        decision = sa.select(item.decision).where(item.id == "mask-3").scalar_subquery()
        tx.execute(
            sa.update(core.decisions).where(core.decisions.c.id == decision).values(stage="person")
        )
        tx.execute(sa.update(core.items).where(item.id == "mask-4").values(state="deleted"))
    passes.run(BOB, listed.id)
    finish(passes)
    done = passes.get(DAN, listed.id)
    assert (done.taken_down, done.skipped) == (6, 2)
    assert states(database)["baker-1"] == states(database)["mask-3"] == "published"
    skipped = [r.item for r in passes.listed(DAN, listed.id).items if r.state == "skipped"]
    assert skipped == ["mask-3", "mask-4"]


@pytest.mark.usefixtures("strict_in_force")
def test_what_people_have_undone_is_left_to_people(passes, database):
    def undo(item):
        made = sa.select(core.items.c.decision).where(core.items.c.id == item).scalar_subquery()
        with database.write() as tx:
            tx.execute(
                sa.update(core.decisions)
                .where(core.decisions.c.id == made)
                .values(undone=tx.time, undone_by="ben")
            )

    undo("mask-1")
    listed = begun(passes)
    assert (listed.examined, listed.listed, listed.left_to_people) == (10, 7, 1)
    undo("mask-2")
    passes.run(BOB, listed.id)
    finish(passes)
    done = passes.get(DAN, listed.id)
    assert (done.taken_down, done.skipped) == (6, 1)
    assert states(database)["mask-1"] == states(database)["mask-2"] == "published"


@pytest.mark.usefixtures("strict_in_force")
def test_content_that_is_gone_is_counted(passes, stored):
    stored.forget("mask-0")
    listed = begun(passes)
    assert (listed.examined, listed.listed, listed.unreadable) == (10, 7, 1)


@pytest.mark.usefixtures("strict_in_force")
def test_only_older_items_on_the_surfaces_asked_for(passes, stored, clock):
    stored.add("new-1", hours_ago=-1)
    stored.add("old-1", hours_ago=48)
    since = Selection(since=clock() - timedelta(days=1))
    made = passes.begin(ANN, "sample", "2", since)
    finish(passes)
    assert passes.get(DAN, made.id).examined == 10
    passes.stop(BOB, made.id)
    made = passes.begin(ANN, "sample", "2", Selection(surfaces=[Surface.comment]))
    finish(passes)
    assert passes.get(DAN, made.id).examined == 0
    assert [p.state for p in passes.passes(DAN, "sample").items] == ["listed", "stopped"]


@pytest.mark.usefixtures("strict_in_force")
def test_a_rollback_stops_a_pass_that_runs(passes, policies, clock, database):
    listed = begun(passes)
    passes.run(BOB, listed.id)
    passes.advance()
    policies.changes.rollback(CAT, "sample", Rollback(rationale="It was too strict."))
    clock.advance(seconds=1)
    finish(passes)
    stopped = passes.get(DAN, listed.id)
    assert (stopped.state, stopped.taken_down) == ("stopped", 3)
    assert list(states(database).values()).count("removed") == 3


def test_a_pass_is_refused_when_it_makes_no_sense(passes, policies, stored, clock):
    stored.add("mask-0")
    approved(policies, strict("2"))
    begin = passes.begin
    assert refused(begin, ANN, "sample", "2", Selection()) == (
        "sample@2 is not in force now. Activate it first; `preview` shows what any version would "
        "decide."
    )
    policies.changes.activate(BOB, "sample", "2", Activation())
    clock.advance(seconds=1)
    assert refused(begin, ANN, "sample", "2", Selection(surfaces=[Surface.live])) == (
        "`surfaces` names live, where sample@2 decides nothing. It governs moments, comment."
    )
    made = begin(ANN, "sample", "2", Selection())
    assert refused(begin, ANN, "sample", "2", Selection()) == (
        f"The pass {made.id} of sample@2 is under way. Run it or stop it first."
    )
    assert refused(passes.run, BOB, made.id) == (
        f"The pass {made.id} is listing; only one that is listed can run."
    )
    passes.stop(BOB, made.id)
    assert refused(passes.stop, BOB, made.id) == f"The pass {made.id} is stopped already."
    assert passes.advance() is False
    assert refused(passes.get, DAN, "pas_x") == "There is no retroactive pass 'pas_x'."


def test_the_real_service_takes_down_and_every_account_gets_a_notice(context, clock, database):
    """With stored, sealed content: decided again, taken down, and followed by enforcement."""
    policies = Policies(context)
    policies.seed()
    clock.advance(days=1)
    for n in range(4):
        factories.account(database, f"seller-{n}")
        factories.published(database, f"mask-{n}", account=f"seller-{n}", context=context)
    factories.published(
        database, "soft-1", account="reader", context=context, content=Content(text=SOFT)
    )
    clock.advance(days=1)
    passes = Retroactive(context, policies, Rescreening(context))
    made = passes.begin(ANN, "acquaintance", "2014-06", Selection())
    finish(passes)
    assert passes.get(DAN, made.id).listed == 4
    passes.run(BOB, made.id)
    finish(passes)
    assert passes.get(DAN, made.id).taken_down == 4
    assert states(database) == {
        **{f"mask-{n}": "removed" for n in range(4)}, "soft-1": "published",
    }  # fmt: skip
    Enforcement(context, policies, factories.NoCases()).follow()
    with database.read() as connection:
        told = connection.execute(sa.select(notices.c.account).distinct()).scalars()
        assert sorted(told) == [f"seller-{n}" for n in range(4)]
