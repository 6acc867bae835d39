"""The audit log: whatever is changed, removed or moved in it is found."""

import hashlib
import io
import json

import msgspec
import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from portreeve.schemas.access import Scope
from portreeve.service.actor import Actor
from portreeve.service.audit import AuditLog
from portreeve.service.audit_check import AuditChecks
from portreeve.service.errors import ServiceError
from portreeve.store.audit import GENESIS, Entry, chain
from portreeve.store.chain import Line, read, stored, verify, verify_database, write
from portreeve.store.columns import micros
from portreeve.store.tables.core import audit
from service.support import START

AUDITOR = Actor("auditor", frozenset({Scope.audit}))

words = st.text(max_size=12)
facts = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | words
    | st.floats(-1e6, 1e6, allow_nan=False).map(lambda x: round(x, 3)),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3),
    max_leaves=6,
)  # fmt: skip
entries = st.builds(Entry, words, words, words, st.dictionaries(words, facts, max_size=3))
logs = st.lists(entries, min_size=1, max_size=8)


def lines(log):
    rows = chain(log, START, 0, GENESIS)
    return [Line(**{**row, "time": micros(row["time"])}) for row in rows]


def head(whole):
    return whole[-1].seq, whole[-1].hash


@given(logs)
def test_a_log_as_it_was_written_is_intact(log):
    whole = lines(log)
    found = verify(whole, head(whole))
    assert (found.intact, found.entries, found.head) == (True, len(log), whole[-1].hash)
    file = io.BytesIO()
    assert write(whole, file) == len(log)
    assert list(read(io.BytesIO(file.getvalue()))) == whole


@given(logs, st.data())
def test_any_change_of_any_entry_is_found_there(log, data):
    whole = lines(log)
    at = data.draw(st.integers(0, len(whole) - 1))
    field = data.draw(st.sampled_from(Line.__struct_fields__))
    old = getattr(whole[at], field)
    kinds = {"seq": st.integers(0, 20), "time": st.integers(0, 2**50),
             "detail": st.dictionaries(words, facts, max_size=3)}  # fmt: skip
    new = data.draw(kinds.get(field, words).filter(lambda value: not _same(value, old)))
    whole[at] = msgspec.structs.replace(whole[at], **{field: new})
    found = verify(whole, head(lines(log)))
    assert found.broken == at + 1


def _same(one, other):
    return msgspec.json.encode(one, order="sorted") == msgspec.json.encode(other, order="sorted")


@given(logs, st.data())
def test_a_changed_entry_with_its_hash_made_anew_breaks_the_next(log, data):
    whole = lines(log)
    at = data.draw(st.integers(0, len(whole) - 1))
    forged = msgspec.structs.replace(whole[at], actor=whole[at].actor + "x")
    whole[at] = msgspec.structs.replace(forged, hash=forged.own_hash())
    found = verify(whole, head(lines(log)))
    assert found.broken == min(at + 2, len(whole))


@given(logs, st.data())
def test_any_removal_is_found(log, data):
    whole = lines(log)
    start = data.draw(st.integers(0, len(whole) - 1))
    end = data.draw(st.integers(start + 1, len(whole)))
    found = verify(whole[:start] + whole[end:], head(whole))
    assert found.broken == start + 1
    assert found.what.startswith("it is missing")


@given(logs.filter(lambda log: len(log) > 1), st.data())
def test_any_other_order_is_found_at_its_first_place(log, data):
    whole = lines(log)
    order = data.draw(st.permutations(range(len(whole))).filter(lambda p: p != sorted(p)))
    found = verify([whole[at] for at in order], head(whole))
    assert found.broken == next(i for i, at in enumerate(order) if i != at) + 1


@given(logs, logs)
def test_what_is_added_without_the_head_is_found(log, more):
    whole = lines(log + more)
    found = verify(whole, head(whole[: len(log)]))
    assert found.broken == len(log) + 1
    assert found.what == f"it should not be there: the log ended with entry {len(log)}"


@given(entries)
def test_the_hash_is_what_docs_say(entry):
    """As docs/audit.md tells it, with nothing but a standard library."""
    (line,) = lines([entry])
    fields = [line.seq, line.time, line.actor, line.action, line.subject, line.detail,
              line.previous]  # fmt: skip
    text = json.dumps(fields, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    assert hashlib.sha256(text.encode()).hexdigest() == line.hash


def note(database, count):
    for number in range(count):
        with database.write() as tx:
            tx.audit("ann", "case.claim", f"cas_{number}", number=number, who="安")


def tamper(database, *statements):
    """Change what the triggers protect, as somebody who owns the database can."""
    with database.write() as tx:
        if database.dialect == "sqlite":
            for name in ("audit_no_update", "audit_no_delete", "audit_head_grows"):
                tx.execute(sa.text(f"DROP TRIGGER {name}"))
        else:
            tx.execute(sa.text("SET LOCAL session_replication_role = replica"))
        for statement in statements:
            tx.execute(sa.text(statement))


def verified(database):
    with database.snapshot() as connection:
        return verify_database(connection)


def test_the_log_of_a_database_is_intact(database):
    assert verified(database).intact
    note(database, 5)
    assert (verified(database).intact, verified(database).entries) == (True, 5)


@pytest.mark.parametrize(("statement", "broken", "what"), [
    ("UPDATE audit SET actor = 'eve' WHERE seq = 3", 3,
     "it was changed: what it says does not give its hash"),
    ("UPDATE audit SET time = time + 1 WHERE seq = 2", 2,
     "it was changed: what it says does not give its hash"),
    ("UPDATE audit SET previous = 'x' WHERE seq = 2", 2,
     "it does not follow the entry before it: that one's hash is another"),
    ("UPDATE audit SET detail = '{' WHERE seq = 4", 4,
     "it was changed: Input data was truncated"),
    ("UPDATE audit SET detail = detail || ' ' WHERE seq = 4", 4,
     "its detail was changed: it is not written as it was"),
    ("DELETE FROM audit WHERE seq = 1", 1, "it is missing: entry 2 comes next"),
    ("DELETE FROM audit WHERE seq BETWEEN 3 AND 4", 3, "it is missing: entry 5 comes next"),
    ("DELETE FROM audit WHERE seq = 5", 5, "it is missing: the log ended with entry 5"),
    ("DELETE FROM audit", 1, "it is missing: the log ended with entry 5"),
    ("DELETE FROM audit_head", 1, "the row that says where the log ends is missing"),
])  # fmt: skip
def test_the_first_broken_entry_of_a_database_is_named(database, statement, broken, what):
    note(database, 5)
    if database.dialect == "sqlite" and "audit_head" in statement:
        statement = "UPDATE audit_head SET seq = 6"
        what, broken = "it is missing: the log ended with entry 6", 6
    tamper(database, statement)
    found = verified(database)
    assert (found.broken, found.what) == (broken, what)


def test_two_entries_that_changed_places_are_found(database):
    note(database, 4)
    tamper(
        database,
        "UPDATE audit SET seq = 99 WHERE seq = 2",
        "UPDATE audit SET seq = 2 WHERE seq = 3",
        "UPDATE audit SET seq = 3 WHERE seq = 99",
    )
    assert verified(database).broken == 2


def test_what_is_no_entry_is_named_by_its_line(database):
    note(database, 2)
    file = io.BytesIO()
    with database.read() as connection:
        write(stored(connection), file)
    first, second = file.getvalue().splitlines()
    found = verify(read(io.BytesIO(first + b"\n\n" + second[:-1])))
    assert found.broken == 2
    assert found.what == "line 3 is no entry: Input data was truncated"


@pytest.mark.parametrize(("old", "new"), [
    (b'"actor":"ann"', b'"actor":"eve","actor":"ann"'),
    (b'"a":1', b'"a":2,"a":1'),
    (b'"a":1', b'"a": 1'),
    (b"ann", b"\\u0061nn"),
])  # fmt: skip
def test_a_file_says_nothing_that_its_hashes_do_not_cover(old, new):
    file = io.BytesIO()
    write(lines([Entry("ann", "case.claim", "cas_1", {"a": 1})]), file)
    assert verify(read(io.BytesIO(file.getvalue()))).intact
    forged = file.getvalue().replace(old, new)
    assert forged != file.getvalue()
    found = verify(read(io.BytesIO(forged)))
    assert (found.broken, found.what) == (1, "line 1 is not written as it was exported")


def test_entries_are_found_page_by_page(database, context, clock):
    log = AuditLog(context)
    note(database, 5)
    clock.advance(hours=1)
    with database.write() as tx:
        tx.audit("bob", "case.decide", "cas_1", verdict="allow")
        tx.audit("bob", "caser.decide", "cas_9")

    def found(**asked):
        return [entry.seq for entry in log.entries(AUDITOR, **asked).items]

    assert found() == [1, 2, 3, 4, 5, 6, 7]
    assert found(subject="cas_1") == [2, 6]
    assert found(action="case.decide") == [6]
    assert found(action="case.*") == [1, 2, 3, 4, 5, 6]
    assert found(by="bob") == [6, 7]
    assert found(since=clock.time) == [6, 7]
    assert found(until=clock.time, limit=2) == [1, 2]
    page = log.entries(AUDITOR, limit=3)
    assert page.next == "3"
    assert found(cursor=page.next, limit=4) == [4, 5, 6, 7]
    assert log.entries(AUDITOR, cursor="3", limit=4).next is None
    entry = log.entries(AUDITOR, subject="cas_1").items[0]
    assert (entry.actor, entry.detail) == ("ann", {"number": 1, "who": "安"})
    assert log.verify(AUDITOR).entries == 7
    with pytest.raises(ServiceError, match="Give `next` of the page before"):
        log.entries(AUDITOR, cursor="x")


def test_reading_needs_its_scope(context):
    for ask in (AuditLog(context).entries, AuditLog(context).verify):
        with pytest.raises(ServiceError, match="lacks the scope `audit`"):
            ask(Actor("ann"))


def test_two_writers_make_one_chain(database):
    import threading

    threads = [threading.Thread(target=note, args=(database, 20)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with database.read() as connection:
        assert connection.execute(sa.select(sa.func.count()).select_from(audit)).scalar() == 80
    assert verified(database).intact


def test_the_newest_entries_come_first_on_request(database, context):
    for number in range(5):
        with database.write() as tx:
            tx.audit("ann", "case.claim", f"cas_{number}")
    log = AuditLog(context)
    page = log.entries(AUDITOR, limit=2, newest=True)
    assert [entry.subject for entry in page.items] == ["cas_4", "cas_3"]
    page = log.entries(AUDITOR, limit=2, newest=True, cursor=page.next)
    assert [entry.subject for entry in page.items] == ["cas_2", "cas_1"]


def test_an_export_in_parts_is_one_log_that_anyone_can_verify(database, context, monkeypatch):
    for number in range(5):
        with database.write() as tx:
            tx.audit("ann", "case.claim", f"cas_{number}")
    monkeypatch.setattr("portreeve.service.audit.EXPORTED", 3)
    log = AuditLog(context)
    first = log.export(AUDITOR)
    second = log.export(AUDITOR, first.last)
    assert [(part.first, part.last, part.more) for part in (first, second)] == [
        (1, 3, True), (4, 6, False),
    ]  # fmt: skip
    whole = list(read(io.BytesIO(first.lines + second.lines)))
    assert (verify(whole).intact, len(whole)) == (True, 6)
    assert [entry.detail for entry in log.entries(AUDITOR, action="audit.export").items] == [
        {"first": 1, "last": 3}, {"first": 4, "last": 6},
    ]  # fmt: skip
    assert log.export(AUDITOR, 99).last == 0


def test_the_whole_log_is_verified_in_the_background(database, context):
    with database.write() as tx:
        tx.audit("ann", "case.claim", "cas_1")
    checks = AuditChecks(context)
    assert checks.last(AUDITOR) is None
    done = checks.begin(AUDITOR)
    assert (done.running, done.entries, done.total, done.started_by) == (False, 1, 1, "auditor")
    assert (done.result.intact, done.result.entries) == (True, 1)
    assert checks.last(AUDITOR) == done
    for call in (checks.begin, checks.last, AuditLog(context).export):
        with pytest.raises(ServiceError):
            call(Actor("lin", frozenset({Scope.cases})))
