"""Relations: funnels and crowds, the same whatever the batches, and never fewer than twenty."""

from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portreeve.memory.relations import (
    ENTERED,
    EVENT,
    FRIEND,
    JOINED,
    OPENED,
    OWNED,
    Relations,
    RelationSettings,
    relation_events,
)
from portreeve.memory.traces import INVITES, REWARDS, SELLS, TRACE, Secret, Traces
from portreeve.model import RelationEvent

SECOND, MINUTE, HOUR, DAY = (n * 1_000_000 for n in (1, 60, 3_600, 86_400))
START = 100 * DAY
SIZES = {"windows": 64, "accounts": 64, "groups": 64, "owners": 16, "rooms": 16, "registers": 256}
SMALL = RelationSettings(**SIZES, events=1024)
TOLD = ("arrivals", "mobilised", "mobilised_low", "mobilised_high")
SHOP, ANCHOR, ROOM, GROUP = 7, 8, 500, 600


def events(kind, accounts, other, times, first):
    made = np.zeros(len(times), dtype=EVENT)
    made["event"] = np.arange(first, first + len(times))
    made["kind"], made["account"], made["other"], made["time"] = kind, accounts, other, times
    return made


def shown(account, flags, *times):
    rows = np.zeros(len(times), dtype=TRACE)
    rows["account"], rows["flags"], rows["time"] = account, flags, times
    return Traces(rows, np.zeros(0))


def friends(many, begin=START + HOUR, first=1, account=SHOP):
    return events(FRIEND, account, 0, begin + np.arange(many) * MINUTE, first)


def people(many, first=10_000):
    return np.arange(first, first + many) * 7919


def called(known, groups=6, members=120, strangers=30, over=5 * MINUTE):
    """An anchor owns groups, a room opens, people arrive; the facts of the arrivals."""
    members_all = people(members * 2)
    for at in range(groups):
        known.hear(events(OWNED, ANCHOR, GROUP + at, [START - DAY], 1_000 + at))
        joined = members_all[at::groups]
        times = np.full(len(joined), START - DAY + HOUR)
        known.hear(events(JOINED, joined, GROUP + at, times, 2_000 + 1_000 * at))
    known.hear(events(OPENED, ANCHOR, ROOM, [START], 900))
    came = np.concatenate([members_all[:members], people(strangers, 90_000)])
    times = START + np.linspace(0, over, len(came)).astype(int)
    return known.hear(events(ENTERED, came, ROOM, times, 20_000))


histories = st.lists(
    st.tuples(
        st.integers(0, 7), st.integers(1, 4), st.integers(1, 3), st.integers(0, 20 * 24),
        st.integers(1, 200),
    ),
    max_size=80,
)  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(histories, st.lists(st.integers(0, 80), max_size=4))
def test_batches_snapshots_and_one_batch_are_the_same(history, cuts):
    """Kind 7 stands for a post; low thresholds, so that much is told."""
    told = RelationSettings(
        **SIZES, events=64, least_people=1, funnel_added=2, crowd_arrivals=1, crowd_mobilised=0,
        crowd_groups=1, crowd_sales=1,
    )  # fmt: skip
    one, other = Relations(told), Relations(told)
    ours, theirs = [], []
    for at, (kind, account, place, hour, number) in enumerate(history):
        if at in cuts:
            kept = {name: array.copy() for name, array in other.arrays().items()}
            other = Relations.of(kept, told)
        flags = (SELLS, REWARDS | INVITES)[number % 2]
        for known, facts in ((one, ours), (other, theirs)):
            if kind == 7:
                facts.append(known.see(shown(account, flags, START + hour * HOUR)))
            else:
                time = [START + hour * HOUR]
                facts.append(known.hear(events(kind, account, place, time, number)))
    assert all(np.array_equal(a, b) for a, b in zip(ours, theirs, strict=True))
    assert all(np.array_equal(one.arrays()[name], other.arrays()[name]) for name in one.arrays())


def test_one_batch_and_many_are_the_same():
    one, other = Relations(SMALL), Relations(SMALL)
    batch = friends(50)
    facts = one.hear(batch)
    parts = [other.hear(batch[at : at + 7]) for at in range(0, 50, 7)]
    assert np.array_equal(np.concatenate(parts), facts)


def test_events_as_they_stand_in_a_journal():
    written = np.frombuffer(friends(50).tobytes(), EVENT)
    assert not written.flags.writeable
    assert np.array_equal(Relations(SMALL).hear(written), Relations(SMALL).hear(friends(50)))


def test_a_burst_after_a_coupon_is_a_funnel():
    known = Relations(SMALL)
    assert not known.see(shown(SHOP, REWARDS | INVITES, START))["funnel"].any()
    facts = known.hear(friends(60))
    assert np.flatnonzero(facts["raised"]).tolist() == [29]
    assert facts["added"][[18, 19, 59]].tolist() == [0, 20, 60]
    assert known.see(shown(SHOP, 0, START + 2 * DAY))["funnel"].all()


@pytest.mark.parametrize("flags", [0, REWARDS, INVITES, SELLS])
def test_without_a_coupon_and_a_handle_there_is_no_funnel(flags):
    known = Relations(SMALL)
    known.see(shown(SHOP, flags, START))
    facts = known.hear(friends(60))
    assert not facts["funnel"].any()
    assert not facts["added"].any()


def test_a_coupon_that_comes_late_is_laid_to_the_friends_after_it():
    known = Relations(SMALL)
    known.hear(friends(60))
    fact = known.see(shown(SHOP, REWARDS | INVITES, START))[0]
    assert (fact["raised"], fact["added"]) == (True, 60)


def test_who_always_adds_friends_has_no_burst():
    known = Relations(SMALL)
    past = events(FRIEND, SHOP, 0, START - 10 * DAY + np.arange(200) * 72 * MINUTE, 1)
    known.hear(past)
    known.see(shown(SHOP, REWARDS | INVITES, START))
    after = events(FRIEND, SHOP, 0, START + np.arange(60) * 72 * MINUTE, 1_000)
    facts = known.hear(after)
    assert not facts["funnel"].any()
    assert facts["expected"][-1] == pytest.approx(60, abs=8)


def test_the_same_event_counts_once():
    known = Relations(SMALL)
    known.see(shown(SHOP, REWARDS | INVITES, START))
    known.hear(friends(25))
    again = known.hear(friends(25))
    assert again["added"].tolist() == [25] * 25
    assert not again["funnel"].any()


def test_an_anchor_calls_the_members_of_the_groups():
    known = Relations(RelationSettings(accounts=64, owners=16, rooms=16))
    known.hear(events(OWNED, ANCHOR, GROUP, [START - DAY], 1_000))
    known.see(shown(ANCHOR, SELLS, START - HOUR, START - 2 * HOUR))
    facts = called(known)
    last = facts[-1]
    assert last["mobilisation"]
    assert facts["raised"].sum() == 1
    assert not facts["arrivals"][:19].any()
    assert (last["groups"], abs(int(last["arrivals"]) - 150) < 8) == (6, True)
    assert last["mobilised_low"] <= 120 <= last["mobilised_high"]
    assert known.see(shown(ANCHOR, 0, START + HOUR))["mobilisation"].all()
    [crowd] = known.crowds()
    assert crowd[["room", "owner", "opened", "groups", "mobilisation"]].tolist() == (
        ROOM, ANCHOR, START, 6, True,
    )  # fmt: skip
    assert [crowd[name] for name in TOLD] == [last[name] for name in TOLD]
    assert set(known.windows()["owner"].tolist()) == {ANCHOR}


def test_who_looks_at_crowds_changes_nothing():
    known = Relations(RelationSettings(accounts=64, owners=16, rooms=16))
    called(known)
    known.see(shown(ANCHOR, SELLS, START + HOUR, START + 2 * HOUR))
    before = {name: array.copy() for name, array in known.arrays().items()}
    assert known.crowds()["mobilisation"].tolist() == [True]
    after = known.arrays()
    assert [name for name in before if not np.array_equal(before[name], after[name])] == []


@pytest.mark.parametrize(
    ("sales", "more"),
    [
        ((), {}),
        ((START - HOUR,), {}),
        ((START - 9 * DAY, START - 8 * DAY), {}),
        ((START - HOUR, START - 2 * HOUR), {"groups": 3}),
        ((START - HOUR, START - 2 * HOUR), {"members": 10, "strangers": 200}),
        ((START - HOUR, START - 2 * HOUR), {"over": 5 * HOUR}),
    ],
)
def test_no_sale_few_groups_strangers_or_no_rush_are_no_mobilisation(sales, more):
    known = Relations(RelationSettings(accounts=64, owners=16, rooms=16))
    known.hear(events(OWNED, ANCHOR, GROUP, [START - 20 * DAY], 1_000))
    known.see(shown(ANCHOR, SELLS, *sales))
    facts = called(known, **more)
    assert not facts["mobilisation"].any()
    assert not known.see(shown(ANCHOR, 0, START + HOUR))["mobilisation"].any()


def test_arrivals_that_are_told_before_the_opening_count():
    known = Relations(SMALL)
    known.hear(events(ENTERED, people(60), ROOM, START + np.arange(60) * SECOND, 1))
    fact = known.hear(events(OPENED, ANCHOR, ROOM, [START], 900))[0]
    assert abs(int(fact["arrivals"]) - 60) < 10


def test_windows_of_fewer_than_twenty_are_never_told():
    known = Relations(SMALL)
    facts = known.hear(events(JOINED, people(19), GROUP, np.full(19, START), 1))
    assert not facts["people"].any()
    assert len(known.windows()) == 0
    # the same nineteen again are nineteen
    known.hear(events(JOINED, people(19), GROUP, np.full(19, START), 100))
    assert len(known.windows()) == 0
    known.hear(events(JOINED, people(30), GROUP, np.full(30, START), 200))
    told = known.windows()
    assert told[["subject", "start", "kind"]].tolist() == [(GROUP, START, JOINED)]
    assert abs(int(told["people"][0]) - 30) <= 3


def test_after_fourteen_days_windows_friends_and_rooms_are_gone():
    known = Relations(SMALL)
    known.see(shown(SHOP, REWARDS | INVITES, START))
    known.hear(friends(60))
    called(known)
    fact = known.see(shown(SHOP, 0, START + 16 * DAY))[0]
    assert (fact["funnel"], fact["coupon"], len(known.windows())) == (False, 0, 0)
    for name in ("windows.names", "windows.bits", "funnels.hours", "rooms.registers"):
        assert not known.arrays()[name].any(), name
    assert known.hear(friends(1, first=99_000))["people"].tolist() == [0]
    assert known.late == 1


def test_who_is_forgotten_is_nowhere():
    known = Relations(SMALL)
    known.see(shown(SHOP, REWARDS | INVITES, START))
    known.hear(friends(60))
    called(known)
    known.forget(np.array([SHOP, ANCHOR], dtype=np.uint64))
    left = known.arrays()
    for name in ("funnels.names", "owners.names", "groups.owner", "rooms.owner", "windows.subject"):
        assert not np.isin(left[name], [SHOP, ANCHOR]).any(), name
    assert not known.see(shown(SHOP, 0, START + HOUR))["funnel"].any()


def test_no_person_of_a_pair_is_in_the_state():
    known = Relations(SMALL)
    called(known)
    rows = {name: array for name, array in known.arrays().items() if array.dtype == np.uint64}
    for name, array in rows.items():
        if name != "windows.bits":
            assert not np.isin(array, np.concatenate([people(240), people(30, 90_000)])).any(), name


def test_the_switch_turns_all_of_it_off():
    known = Relations(RelationSettings(on=False, **SIZES))
    known.see(shown(SHOP, REWARDS | INVITES, START))
    assert not known.hear(friends(60)).view(np.uint8).any()
    assert not any(array.any() for array in known.arrays().values())
    before = Relations(SMALL)
    before.hear(friends(60))
    taken = Relations.of(before.arrays(), RelationSettings(on=False, **SIZES))
    assert not any(array.any() for array in taken.arrays().values())


def test_a_flood_is_bounded_and_counted():
    known = Relations(SMALL)
    known.see(shown(SHOP, REWARDS | INVITES, START))
    known.hear(friends(60))
    known.hear(events(FRIEND, people(2_000), 0, np.full(2_000, START + 2 * HOUR), 10_000))
    assert known.evicted > 3_000
    assert known.hear(friends(1, first=9_000))["added"].tolist() == [61]


def test_events_in_numbers():
    secret = Secret.of(b"secret")
    time = datetime(2014, 6, 1, tzinfo=UTC)
    told = [
        RelationEvent(kind="friend_added", account="shop", time=time),
        RelationEvent(kind="friend_added", account="shop", time=time),
        RelationEvent(kind="room_entered", account="ada", other="room", time=time),
    ]
    made = relation_events(told, secret, datetime(2014, 5, 1, tzinfo=UTC))
    assert made["kind"].tolist() == [FRIEND, FRIEND, ENTERED]
    assert set(made["time"].tolist()) == {int(datetime(2014, 5, 1, tzinfo=UTC).timestamp() * 1e6)}
    assert made["other"][:2].tolist() == [0, 0]
    assert len(set(made["event"].tolist())) == 3
    again = relation_events(told, secret, datetime(2014, 7, 1, tzinfo=UTC))
    assert again["event"].tolist() == made["event"].tolist()


def test_a_snapshot_of_another_size_is_refused():
    with pytest.raises(ValueError, match=r"owners\.registers has shape"):
        Relations.of(
            Relations(SMALL).arrays(), RelationSettings(**SIZES | {"registers": 512}, events=1024)
        )
