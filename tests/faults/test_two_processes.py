"""Two service processes on one PostgreSQL: each thing happens once, whoever is asked."""

import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from faults.load import LIFE, SALE, Load
from faults.process import Service
from faults.truth import audit_entries, check
from portreeve.store import Database
from portreeve.store.tables import core, enforcement
from service.policy_cases import MASK, mild, strict
from service.receiver import Receiver, until


@pytest.fixture
def pair(address, tmp_path):
    """Two processes over one database and one data folder, started at once; each screens itself."""
    settings = {"webhook_private": "true", "policy_approvals": "0", "screen_apart": "false"}
    pair = [Service(tmp_path / "data", database=address, **settings) for _ in range(2)]
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(Service.start, pair))
    yield pair
    for service in pair:
        service.close()


def rows(address, *columns, where=None):
    where = sa.true() if where is None else where
    database = Database(address)
    with database.read() as connection:
        found = connection.execute(sa.select(*columns).where(where)).all()
    database.close()
    return found


def at_once(pair, path, bodies):
    """What both say to two requests that are sent at the same moment."""
    barrier = threading.Barrier(2)

    def send(service, body):
        barrier.wait()
        return service.request("POST", path, body)

    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(send, pair, bodies))


def test_an_item_sent_to_both_at_once_is_decided_once(pair, address):
    for number in range(40):
        item = {"id": f"r-{number}", "account": f"a{number}", "text": SALE}
        (status, one), (other_status, other) = at_once(pair, "/v1/screen", [item, item])
        assert (status, other_status) == (200, 200)
        assert one["decision"] == other["decision"]
    made = rows(address, core.decisions.c.item, core.decisions.c.revision)
    assert Counter(made) == {(f"r-{number}", 1): 1 for number in range(40)}


def test_batches_of_the_same_items_in_other_order_wait_for_each_other(pair, address):
    for turn in range(5):
        items = [
            {"id": f"b-{turn}-{n}", "account": f"a{n}", "surface": "comment", "text": LIFE}
            for n in range(200)
        ]
        answers = at_once(pair, "/v1/screen/batch", [{"items": items}, {"items": items[::-1]}])
        assert [status for status, _ in answers] == [200, 200]
    assert len(rows(address, core.decisions.c.id)) == 1000
    assert len(rows(address, core.items.c.id)) == 1000


def test_two_edits_at_once_are_two_revisions(pair, address):
    pair[0].request("POST", "/v1/screen", {"id": "e", "account": "ann", "text": LIFE})
    for number in range(20):
        edits = [{"id": "e", "account": "ann", "text": f"{LIFE} {number} {n}"} for n in range(2)]
        answers = at_once(pair, "/v1/screen", edits)
        assert [status for status, _ in answers] == [200, 200]
    made = rows(address, core.decisions.c.revision, core.decisions.c.item)
    assert sorted(revision for revision, _ in made) == list(range(1, 42))


def test_what_follows_is_drawn_once_and_told_once(pair, address):
    with Receiver() as receiver:
        status, _ = pair[0].request("POST", "/v1/webhooks", {"url": receiver.url})
        assert status == 200
        before = len(rows(address, core.events.c.id))
        load = Load(pair, name="f", threads=4).start()
        time.sleep(3.0)
        load.stop()
        unfollowed = sa.not_(core.decisions.c.followed)
        until(lambda: not rows(address, core.decisions.c.id, where=unfollowed), 20)
        c = core.events.c
        announced = len(rows(address, c.id)) - before
        until(lambda: len(receiver.received) >= announced, 20)
        time.sleep(0.5)
        told = Counter(request.headers["webhook-id"] for request in receiver.received)
    assert set(told.values()) == {1}
    assert len(told) == announced
    made = Counter(rows(address, c.subject, where=c.type == "decision.made"))
    assert set(made.values()) == {1}
    refused = rows(address, core.decisions.c.id, where=core.decisions.c.verdict == "refuse")
    assert {subject for (subject,) in made} >= {id for (id,) in refused}
    s = enforcement.strikes.c
    assert max(Counter(rows(address, s.decision, s.ladder)).values()) == 1
    s = enforcement.sanctions.c
    steps = Counter(rows(address, s.account, s.kind, s.strike))
    assert len(steps) > 10
    assert max(steps.values()) == 1
    started = Counter(rows(address, c.subject, where=c.type == "sanction.started"))
    assert max(started.values()) == 1
    assert [service.stop() for service in pair] == [0, 0]
    found = check(pair[0], load)
    assert found.audit_entries > 0


def test_a_policy_comes_into_force_on_both_at_its_moment(pair, address):
    def put(text, effective=None):
        status, version = pair[0].request(
            "POST", "/v1/policies", {"text": text, "rationale": "Friends asked for it."}
        )
        assert status == 200, version
        path = f"/v1/policies/{version['network']}/{version['version']}/activate"
        status, change = pair[0].request("POST", path, {"effective": effective})
        assert status == 200, change
        return version

    network = put(mild())["network"]
    moment = datetime.now(UTC) + timedelta(seconds=3)
    time.sleep(1.0)
    put(strict(), moment.isoformat())
    end = moment + timedelta(seconds=2)

    def ask(number, service):
        seen = []
        while (asked := datetime.now(UTC)) < end:
            item = {"id": f"t-{number}-{len(seen)}", "network": network, "text": MASK}
            status, answer = service.request("POST", "/v1/screen", item)
            assert status == 200
            seen.append((asked, datetime.now(UTC), answer["policy"], answer["verdict"]))
        return seen

    with ThreadPoolExecutor(2) as pool:
        both = list(pool.map(ask, range(2), pair))
    for seen in both:
        before = {(policy, verdict) for _, told, policy, verdict in seen if told < moment}
        after = {(policy, verdict) for asked, _, policy, verdict in seen if asked >= moment}
        assert before == {(f"{network}@1", "allow")}
        assert after == {(f"{network}@2", "refuse")}
    audit_entries(pair[0])
