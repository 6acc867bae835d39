"""What is deleted when its time is over, and what stays longer."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from portreeve.service import retention as module
from portreeve.service.retention import RETENTION, Retention
from portreeve.store.chain import verify_database
from portreeve.store.log import LogExporter, LogReader, Query
from portreeve.store.tables import metadata
from portreeve.store.tables.cases import appeals, case_actions, case_items, cases
from portreeve.store.tables.core import audit, contents, decisions, items
from portreeve.store.tables.enforcement import sanctions
from service.log_support import write_batch


def publish(context, id, **row):
    """An item with a decision, sealed content and a sealed reason."""
    (decision,) = write_batch(context.database, {"item": id, "reason": b"sealed", **row})
    with context.database.write() as tx:
        tx.execute(
            sa.insert(contents).values(
                decision=decision,
                item=id,
                account="ann",
                sealed=b"sealed",
                stored=tx.time,
            )
        )
        tx.execute(
            sa.insert(items).values(
                id=id,
                network="acquaintance",
                surface="moments",
                account="ann",
                revision=1,
                digest="d",
                state="published",
                decision=decision,
                received=tx.time,
                updated=tx.time,
                submitted=tx.time,
            )
        )
        tx.announce("decision.made", decision)
    return decision  # fmt: skip


def open_case(context, id, decision, state="open"):
    with context.database.write() as tx:
        tx.execute(
            sa.insert(cases).values(
                id=id,
                network="acquaintance",
                origin="decision",
                queue="house",
                state=state,
                sealed=False,
                severity=1.0,
                reach=1,
                reports=0,
                rank=1,
                revision=1,
                opened=tx.time,
                due=tx.time,
                decided=None if state == "open" else tx.time,
            )
        )
        tx.execute(
            sa.insert(case_items).values(
                case=id,
                item=f"item-{id}",
                decision=decision,
                added=tx.time,
            )
        )
        tx.execute(sa.insert(case_actions).values(
            id=f"act-{id}", case=id, time=tx.time, actor="rev", action="noted", detail={},
            note=b"sealed",
        ))  # fmt: skip


def column(context, wanted, where=None):
    query = sa.select(wanted) if where is None else sa.select(wanted).where(where)
    with context.database.read() as connection:
        return sorted(connection.execute(query).scalars().all(), key=str)


def test_content_goes_first_and_decisions_later(context, clock):
    old = publish(context, "old")
    clock.advance(days=100)
    new = publish(context, "new")
    clock.advance(days=84)
    swept = Retention(context).sweep()
    assert swept == {"contents": 1, "decisions.words": 1, "events": 1}
    assert column(context, contents.c.decision) == [new]
    assert column(context, decisions.c.reason, decisions.c.id == old) == [b""]
    assert column(context, decisions.c.reason, decisions.c.id == new) == [b"sealed"]
    assert len(column(context, decisions.c.id)) == len(column(context, items.c.id)) == 2
    assert column(context, audit.c.detail) == [swept]
    assert Retention(context).sweep() == {}
    clock.advance(days=1096 - 184 + 1)
    swept = Retention(context).sweep()
    assert (swept["decisions"], swept["items"]) == (1, 1)
    assert column(context, items.c.id) == ["new"]


def test_the_files_of_the_log_go_with_their_decisions(context, clock):
    folder = context.folder / "log"
    exporter, reader = LogExporter(context.database, folder), LogReader(context.database, folder)
    publish(context, "old")
    exporter.export()
    clock.advance(days=1, hours=1)
    kept = publish(context, "new")
    exporter.export()
    clock.advance(days=1096, hours=1)
    assert Retention(context).sweep()["log_files"] == 1
    assert column(context, decisions.c.id) == [kept]
    assert reader.ask(Query(select=("decision",)))["decision"].to_pylist() == [kept]


def test_what_a_person_still_has_to_see_stays(context, clock):
    waiting, decided, appealed = (publish(context, id) for id in ("a", "b", "c"))
    open_case(context, "case-a", waiting)
    open_case(context, "case-b", decided, state="decided")
    with context.database.write() as tx:
        tx.execute(sa.insert(appeals).values(
            id="apl", decision=appealed, item="c", network="acquaintance", state="open",
            filed=tx.time, due=tx.time, words=b"sealed",
        ))  # fmt: skip
    clock.advance(days=2000)
    Retention(context).sweep()
    assert column(context, contents.c.decision) == sorted([waiting, appealed])
    assert column(context, decisions.c.id) == sorted([waiting, appealed])
    assert column(context, cases.c.id) == column(context, case_items.c.case) == ["case-a"]
    assert column(context, case_actions.c.note) == [b"sealed"]
    assert column(context, appeals.c.words) == [b"sealed"]


def test_words_go_and_their_record_stays(context, clock):
    with context.database.write() as tx:
        for id, reply in (("one", b"sealed"), ("two", None)):
            tx.execute(sa.insert(appeals).values(
                id=id, decision=id, item="c", network="acquaintance", state="upheld",
                filed=tx.time, due=tx.time, words=b"sealed", reply=reply, decided=tx.time,
            ))  # fmt: skip
    clock.advance(days=184)
    assert Retention(context).sweep() == {"appeals.words": 2}
    assert column(context, appeals.c.words) == [b"", b""]
    assert column(context, appeals.c.reply) == [None, b""]
    assert Retention(context).sweep() == {}


def test_a_sanction_that_lasts_stays(context, clock):
    with context.database.write() as tx:
        for id, ended in (("banned", None), ("muted", tx.time + timedelta(days=7))):
            tx.execute(sa.insert(sanctions).values(
                id=id, account="ann", network="acquaintance", kind="ban", begins=tx.time,
                open=ended is None, imposed=tx.time, imposed_by="lead", ended=ended,
            ))  # fmt: skip
    clock.advance(days=2000)
    Retention(context).sweep()
    assert column(context, sanctions.c.id) == ["banned"]


def test_much_is_deleted_in_small_transactions(context, clock, monkeypatch):
    monkeypatch.setattr(module, "_AT_ONCE", 3)
    for number in range(7):
        publish(context, f"item-{number}")
    clock.advance(days=2000)
    assert Retention(context).sweep()["contents"] == 7
    assert column(context, decisions.c.id) == []


def test_the_audit_log_stays_and_verifies(context, clock):
    publish(context, "a")
    with context.database.write() as tx:
        tx.audit("ann", "key.create", "key_1")
    clock.advance(days=5000)
    Retention(context).sweep()
    with context.database.read() as connection:
        assert (verify_database(connection).intact, verify_database(connection).entries) == (
            True,
            2,
        )


def test_every_column_with_sealed_words_has_an_end():
    ended = {(k.table.name, word) for k in RETENTION for word in k.words}
    ended |= {
        (k.table.name, "*") for k in RETENTION if k.period in ("content", "trader") and not k.words
    }
    sealed = [
        (table.name, column.name) for table in metadata.sorted_tables for column in table.columns
        if "sealed with" in (column.comment or "") or (column.name == "sealed"
        and isinstance(column.type, sa.LargeBinary))
    ]  # fmt: skip
    kept_for_a_day = ("kept_answers", "answer")
    keys = [("person_keys", "wrapped"), ("people", "totp")]
    missing = [
        place for place in sealed
        if place not in ended and (place[0], "*") not in ended
        and place not in (kept_for_a_day, *keys)
    ]  # fmt: skip
    assert missing == []


@pytest.mark.parametrize("kept", RETENTION, ids=lambda kept: kept.table.name)
def test_every_rule_names_columns_of_its_table(kept):
    assert kept.since.table is kept.table
    assert all(word in kept.table.c for word in kept.words)
