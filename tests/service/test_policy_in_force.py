"""What is in force: the same in two processes at each moment, and never without a record."""

import threading
import time
from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa

from portreeve.schemas.policies import Activation, Rollback, ShadowSwitch
from portreeve.service import in_force as module
from portreeve.service.policies import Policies
from portreeve.service.secrets import Signer
from portreeve.store import Database, StoreUnavailableError
from portreeve.store.tables.policies import (
    policy_changes,
    policy_networks,
    policy_records,
    policy_versions,
)
from service.policy_cases import ANN, BOB, DAN, approved, in_force, mild, proposed, strict
from service.support import START, make_context

SECOND = timedelta(seconds=1)


@pytest.fixture
def policies(context):
    return Policies(context)


@pytest.fixture
def other(database_url, tmp_path):
    """The policies as another process sees them: a database object of its own, on real time."""
    database = Database(database_url)
    yield Policies(make_context(database, tmp_path))
    database.close()


@pytest.fixture
def mine(database_url, tmp_path):
    """The policies of this process, on real time too."""
    database = Database(database_url)
    yield Policies(make_context(database, tmp_path))
    database.close()


def label(policies):
    return policies.at("sample", policies._context.now()).policy.label


def settled(policies, wanted, seconds):
    """Seconds until a process decides by this version, asked all the time as requests would."""
    began = time.monotonic()
    while time.monotonic() - began < seconds:
        if label(policies) == wanted:
            return time.monotonic() - began
        time.sleep(0.002)
    raise AssertionError(f"not within {seconds} s")


def test_two_processes_change_over_at_the_same_moment(mine, other):
    for text in (mild("1"), strict("2")):
        version = approved(mine, text)
        mine.changes.activate(BOB, "sample", version.version, Activation())
        time.sleep(1)
    assert label(mine) == label(other) == "sample@2"
    change = mine.changes.rollback(BOB, "sample", Rollback(rationale="It was too strict."))
    seen: dict[str, list[tuple[bool, str]]] = {"mine": [], "other": []}

    def ask(name, policies):
        end = time.monotonic() + 1.5
        while time.monotonic() < end:
            now = policies._context.now()
            seen[name].append((now >= change.effective, policies.at("sample", now).policy.label))

    threads = [
        threading.Thread(target=ask, args=pair) for pair in (("mine", mine), ("other", other))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for asked in seen.values():
        assert set(asked) == {(False, "sample@2"), (True, "sample@1")}


def test_a_rollback_takes_effect_in_another_process_within_a_second(mine, other):
    for text in (mild("1"), strict("2")):
        version = approved(mine, text)
        mine.changes.activate(BOB, "sample", version.version, Activation())
        time.sleep(1)
    settled(other, "sample@2", 1)
    began = time.monotonic()
    mine.changes.rollback(BOB, "sample", Rollback(rationale="It was too strict."))
    settled(other, "sample@1", 2)
    assert time.monotonic() - began < 1 + 0.5, "commit, and at most a second"


def test_what_is_known_stays_valid_without_the_database(policies, clock, context, monkeypatch):
    in_force(policies, clock, mild("1"))
    approved(policies, strict("2"))
    policies.changes.activate(BOB, "sample", "2", Activation(effective=START + 60 * SECOND))
    assert policies.at("sample", START + SECOND).policy.label == "sample@1"
    gone = Database("postgresql://nobody@127.0.0.1:1/nothing")
    monkeypatch.setattr(context.database, "engine", gone.engine)
    policies.lookup.expire()
    assert policies.at("sample", START + 59 * SECOND).policy.label == "sample@1"
    assert policies.at("sample", START + 60 * SECOND).policy.label == "sample@2"
    with pytest.raises(StoreUnavailableError):
        policies.refresh()
    with pytest.raises(StoreUnavailableError):
        Policies(context).at("sample", START)


def test_a_lookup_is_quick(policies, clock):
    in_force(policies, clock, mild("1"))
    policies.at("sample", clock())
    began = time.perf_counter()
    for _ in range(1000):
        policies.at("sample", clock())
    assert time.perf_counter() - began < 0.1, "well under 100 microseconds each"


# --- by hand, in the tables -----------------------------------------------------------------------


def touched(database, *statements):
    """Write into the tables by hand, and count the change as a change."""
    with database.write() as tx:
        for statement in statements:
            tx.execute(statement)
        count = policy_networks.c.changes
        tx.execute(sa.update(policy_networks).values(changes=count + 1))


def activated(policies, clock):
    """Version 1 in force, version 2 approved and activated; the change of version 2."""
    in_force(policies, clock, mild("1"))
    approved(policies, strict("2"))
    change = policies.changes.activate(BOB, "sample", "2", Activation())
    clock.advance(seconds=1)
    assert policies.at("sample", clock()).policy.label == "sample@2"
    return change


def not_applied(policies, clock, change):
    """Whether a fresh process applies everything but this change, and says so."""
    fresh = Policies(policies._context)
    assert fresh.at("sample", clock()).policy.label == "sample@1"
    assert fresh.lookup.refused("sample") == {change}
    told = {c.id: c.verified for c in fresh.changes.history(DAN, "sample").items}
    assert told[change] is False
    return True


def test_a_change_put_into_the_table_by_hand_is_not_applied(policies, clock, database):
    in_force(policies, clock, mild("1"))
    approved(policies, strict("2"))
    row = {
        "id": "chg_forged", "network": "sample", "kind": "activation", "label": "sample@2",
        "effective": START, "share": 10_000, "by": "mallory", "made": START,
    }  # fmt: skip
    touched(database, sa.insert(policy_changes).values(**row))
    assert not_applied(policies, clock, "chg_forged")


def test_a_record_of_another_version_does_not_serve(policies, clock, database):
    in_force(policies, clock, mild("1"))
    approved(policies, strict("2"))
    record = policies.versions.get(DAN, "sample", "1").records[0]
    row = {
        "id": "chg_forged", "network": "sample", "kind": "activation", "label": "sample@2",
        "effective": START, "share": 10_000, "record": record, "by": "mallory", "made": START,
    }  # fmt: skip
    touched(database, sa.insert(policy_changes).values(**row))
    assert not_applied(policies, clock, "chg_forged")


def test_a_text_changed_afterwards_is_not_applied(policies, clock, database):
    change = activated(policies, clock)
    version = policy_versions.c
    touched(
        database,
        sa.update(policy_versions)
        .where(version.label == "sample@2")
        .values(text=version.text + "\n# and now for something completely different\n"),
    )
    assert not_applied(policies, clock, change.id)


def test_a_moment_changed_afterwards_is_not_applied(policies, clock, database):
    change = activated(policies, clock)
    moved = {"effective": START + SECOND / 10}
    touched(
        database,
        sa.update(policy_changes).where(policy_changes.c.id == change.id).values(**moved),
    )
    assert not_applied(policies, clock, change.id)


def test_a_record_signed_with_another_key_is_not_applied(policies, clock, database):
    change = activated(policies, clock)
    forger = Signer(b"forger" * 5 + b"..")
    with database.read() as connection:
        record = policy_records.c
        body = connection.execute(sa.select(record.body).where(record.id == change.record)).scalar()
    touched(
        database,
        sa.update(policy_records)
        .where(record.id == change.record)
        .values(
            signature=forger.sign(body.encode()),
            key_id=forger.key_id,
            public_key=forger.public_key,
        ),
    )
    assert not_applied(policies, clock, change.id)


def test_records_of_a_former_key_count_when_the_settings_name_it(
    policies, clock, database, tmp_path
):
    activated(policies, clock)
    former = policies._context.signer.public_key
    new = make_context(database, tmp_path, former_signing_keys=former)
    assert (
        Policies(replace(new, signer=Signer(bytes(32)))).at("sample", clock()).policy.label
        == "sample@2"
    )


def test_a_text_that_no_longer_compiles_stops_only_its_own_network(
    policies, clock, caplog, monkeypatch
):
    in_force(policies, clock, mild("1"))
    proposed(policies, strict("2"))
    policies.changes.shadow(ANN, "sample", "2", ShadowSwitch())
    policies.seed()
    fresh = Policies(policies._context)

    def broken(text_label):
        if text_label == "sample@2":
            raise module.PolicyError([])
        return policies.named(text_label)

    monkeypatch.setattr(fresh.texts, "named", broken)
    assert fresh.at("acquaintance", clock()).policy.label == "acquaintance@2014-06"
    assert "policy does not load" in caplog.text
