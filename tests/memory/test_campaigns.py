"""Campaigns: what joins accounts, online and over a dump."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portreeve.memory.campaigns import Campaigns, CampaignSettings, Graph, campaigns
from portreeve.memory.traces import CONTACT_KEY, KEY, LINK_KEY, SELLS, TRACE, Traces

SMALL = CampaignSettings(hub_accounts=3, shared_copies=2, copy_lag=20)
ONCE = CampaignSettings(shared_copies=1)


def posts(*rows: tuple[Any, ...]) -> tuple[Traces, np.ndarray[Any, np.dtype[np.uint64]]]:
    """Traces of rows (item, account, keys, group, sells), a second apart; and their groups."""
    traces = np.zeros(len(rows), dtype=TRACE)
    shown = []
    groups = np.zeros(len(rows), dtype=np.uint64)
    for at, (item, account, keys, group, sells) in enumerate(rows):
        traces[at]["item"], traces[at]["account"] = item, account
        traces[at]["time"] = at * 1_000_000
        traces[at]["flags"] = SELLS if sells else 0
        groups[at] = group
        shown += [(key, at, CONTACT_KEY) for key in sorted(set(keys))]
    return Traces(traces, np.array(shown, dtype=KEY)), groups


def parts(graph: Graph) -> set[frozenset[int]]:
    """The accounts of each campaign."""
    numbers, names = graph.accounts["account"], graph.campaign
    return {frozenset(numbers[names == name].tolist()) for name in set(names.tolist()) - {0}}


def test_a_handle_joins_those_who_sell_with_it() -> None:
    known = Campaigns()
    traces, groups = posts(
        (1, 10, [7], 0, True), (2, 11, [8], 0, True), (3, 12, [7], 0, True), (4, 13, [7], 0, False)
    )
    facts = known.see(traces, groups)
    assert facts["accounts"].tolist() == [0, 0, 2, 0]
    assert facts["posts"].tolist() == [0, 0, 2, 0]
    assert parts(known.graph()) == {frozenset({10, 12})}


def test_a_complaint_that_names_the_handle_joins_nobody() -> None:
    traces, groups = posts((1, 10, [7], 0, True), (2, 10, [7], 0, True), (3, 11, [7], 0, False))
    assert parts(campaigns(traces, groups)) == set()


def test_near_copies_join_once_two_of_them_trade_also_those_that_were_misread() -> None:
    known = Campaigns(ONCE)
    traces, groups = posts(
        (1, 10, [], 5, True), (2, 11, [], 5, False), (3, 12, [], 5, True), (4, 13, [], 6, False),
        (5, 14, [], 6, False),
    )  # fmt: skip
    assert known.see(traces, groups)["accounts"].tolist() == [0, 0, 3, 0, 0]
    assert parts(known.graph()) == {frozenset({10, 11, 12})}


def test_near_copies_join_those_who_share_several_and_soon() -> None:
    known = Campaigns(SMALL)
    rows = [(1, 10, [], 5, True), (2, 11, [], 5, True), (3, 12, [], 5, True)]
    later = [(100 + n, 99, [], 0, False) for n in range(30)]
    again = [(4, 10, [], 6, True), (5, 11, [], 6, True), (6, 10, [], 7, True)]
    traces, groups = posts(*rows, *again, *later, (7, 12, [], 7, True))
    known.see(traces, groups)
    assert parts(known.graph()) == {frozenset({10, 11})}
    assert known.why(10, 11)[0].shared == 2


def test_a_key_that_becomes_a_hub_is_listed_and_what_it_joined_falls_apart() -> None:
    known = Campaigns(SMALL)
    traces, groups = posts(
        (1, 10, [7, 1], 0, True), (2, 11, [7, 1], 0, True), (3, 12, [7, 2], 0, True),
        (4, 13, [2], 0, True), (5, 14, [7], 0, True),
    )  # fmt: skip
    facts = known.see(traces, groups)
    assert facts["accounts"].tolist() == [0, 2, 3, 4, 0]
    assert facts["hubs"].tolist() == [0, 0, 0, 0, 1]
    assert known.hubs()["key"].tolist() == [7]
    assert parts(known.graph()) == {frozenset({10, 11}), frozenset({12, 13})}
    graph = known.graph()
    assert graph.accounts["all_posts"][graph.accounts["parent"]].tolist() == [2, 2, 2, 2, 1]


def test_the_way_between_two_accounts_names_the_keys() -> None:
    known = Campaigns()
    traces, groups = posts(
        (1, 10, [1], 0, True), (2, 11, [1, 2], 0, True), (3, 12, [2], 0, True),
        (4, 13, [9], 0, True),
    )  # fmt: skip
    known.see(traces, groups)
    assert known.why(10, 12) == [(10, "contact", 1, 11, 1), (11, "contact", 2, 12, 1)]
    assert known.why(10, 13) == []


def test_an_erased_account_is_gone_and_the_rest_stands() -> None:
    known = Campaigns()
    traces, groups = posts(
        (1, 10, [1], 0, True), (2, 11, [1, 2], 0, True), (3, 12, [2], 0, True),
        (4, 13, [1], 0, True),
    )  # fmt: skip
    known.see(traces, groups)
    known.forget(np.array([11], dtype=np.uint64))
    assert parts(known.graph()) == {frozenset({10, 13})}
    assert not any(
        (array == 11).any() for array in known.arrays().values() if not array.dtype.names
    )
    assert 11 not in known.arrays()["accounts"]["account"]


def test_posts_of_nobody_are_told_their_campaign_and_join_none() -> None:
    known = Campaigns()
    traces, groups = posts((1, 10, [1], 0, True), (2, 11, [1], 0, True), (3, 0, [1], 0, True))
    assert known.see(traces, groups)["accounts"].tolist() == [0, 2, 2]


def test_kinds_of_keys_are_apart() -> None:
    traces, groups = posts((1, 10, [7], 0, True), (2, 11, [7], 0, True))
    traces.keys["kind"][1] = LINK_KEY
    known = Campaigns()
    known.see(traces, groups)
    assert parts(known.graph()) == parts(campaigns(traces, groups)) == set()


def test_memory_is_bounded_and_a_campaign_outlasts_what_floods_it() -> None:
    known = Campaigns(CampaignSettings(accounts=256, keys=512, edges=512, items=256))
    known.see(*posts((1, 10, [7], 0, True), (2, 11, [7], 0, True)))
    flood = posts(*((100 + n, 100 + n, [100 + n], 10_000 + n, True) for n in range(5_000)))
    known.see(*flood)
    arrays = known.arrays()
    assert len(arrays["accounts"]) <= 256
    assert len(arrays["keys"]) <= 512
    assert known.evicted > 4_000
    assert parts(known.graph()) == {frozenset({10, 11})}


_ROWS = st.lists(
    st.tuples(
        st.integers(0, 40),
        st.integers(0, 9),
        st.lists(st.integers(1, 6), max_size=2),
        st.integers(0, 5),
        st.booleans(),
    ),
    max_size=60,
)


@given(_ROWS, st.integers(1, 7), st.integers(0, 60))
@settings(max_examples=150, deadline=None)
def test_any_batches_a_restart_and_a_whole_dump_give_the_same(
    rows: list[tuple[Any, ...]], size: int, restart: int
) -> None:
    traces, groups = posts(*rows)
    whole = Campaigns(SMALL)
    at_once = whole.see(traces, groups)
    known, facts = Campaigns(SMALL), []
    for first in range(0, len(rows), size):
        if first <= restart < first + size:
            known = Campaigns.of(known.arrays(), SMALL)
        chosen = np.arange(first, min(first + size, len(rows)))
        facts.append(known.see(traces.take(chosen), groups[chosen]))
    assert not facts or np.array_equal(np.concatenate(facts), at_once)
    dump, online = campaigns(traces, groups, SMALL), known.graph()
    assert parts(dump) == parts(online)
    assert dump.campaign.tolist() == online.campaign.tolist()
    assert set(known.hubs()[["kind", "key"]].tolist()) == {
        (key["kind"], key["key"])
        for key in dump.keys
        if key["state"] == 2 and key["trading"] >= SMALL.trading_posts
    }


@given(_ROWS, st.lists(st.integers(1, 9), min_size=1, max_size=3, unique=True))
@settings(max_examples=60, deadline=None)
def test_forgetting_is_as_if_they_had_never_been(
    rows: list[tuple[Any, ...]], gone: list[int]
) -> None:
    # all sell, and no key is a hub: a hub stays one, and a group's count of posts that trade stands
    rows = [(at + 1, *row[1:4], True) for at, row in enumerate(rows)]
    known, without = Campaigns(), Campaigns()
    known.see(*posts(*rows))
    known.forget(np.array(gone, dtype=np.uint64))
    without.see(*posts(*(row for row in rows if row[1] not in gone)))
    assert parts(known.graph()) == parts(without.graph())


@pytest.mark.parametrize("size", [1, 64])
def test_late_posts_move_the_first_times_only(size: int) -> None:
    traces, groups = posts((1, 10, [7], 0, True), (2, 11, [7], 0, True), (3, 10, [7], 0, True))
    late = traces.take(np.array([2, 1, 0]))
    known = Campaigns()
    for first in range(0, 3, size):
        chosen = np.arange(first, min(first + size, 3))
        known.see(late.take(chosen), groups[chosen])
    graph = known.graph()
    assert graph.accounts["first"].tolist() == [0, 1_000_000]
    assert graph.edges["first"].tolist() == [0, 1_000_000]
