"""Searching the decision log."""

import base64
import io
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import duckdb
import polars as pl
import pyarrow.parquet as pq
import pytest
import sqlalchemy as sa

from portreeve.schemas.access import Scope
from portreeve.schemas.log import LogExport, LogSearch
from portreeve.service.actor import Actor
from portreeve.service.errors import ServiceError
from portreeve.service.log import SEARCHES, Log
from portreeve.store.log import LOG, ConditionError, LogLimitError, LogReader, Query, checked
from portreeve.store.log.engine import Engine
from portreeve.store.tables.core import decisions
from service.log_support import decide_by_person, undo, write_batch

ANALYST = Actor("analyst", frozenset({Scope.log}))


@pytest.fixture(params=["tail", "files", "both"])
def log(request, context, clock):
    """Three days of decisions, in files, still in the database, or in both."""
    log = Log(context)
    write_batch(
        context.database,
        {"item": "a", "verdict": "refuse", "rules": ["r.one", "r.two"], "promotion": 0.9},
        {"item": "b", "contacts": 2, "account": "bob"},
    )
    clock.advance(days=1)
    if request.param == "both":
        log.exporter.export()
    write_batch(context.database, {"item": "c", "verdict": "hold", "rules": ["r.two"]})
    clock.advance(days=1)
    write_batch(context.database, {"item": "d", "account": None, "surface": "comment"})
    if request.param == "files":
        log.exporter.export()
    return log


def items(log, **asked):
    page = log.search(ANALYST, LogSearch(columns=["item"], **asked))
    return [row["item"] for row in page.items]


@pytest.mark.parametrize(("where", "wanted"), [
    (None, "dcba"),
    ("verdict = 'refuse'", "a"),
    ("verdict <> 'allow'", "ca"),
    ("promotion >= 0.9", "a"),
    ("contacts > 0 AND account = 'bob'", "b"),
    ("account IS NULL OR account = 'bob'", "db"),
    ("list_contains(rules, 'r.two')", "ca"),
    ("NOT list_contains(rules, 'r.two')", "db"),
    ("day = '2014-06-02'", "c"),
    ("decided > '2014-06-01T12:00:00+08:00'", "dc"),
    ("'2014-06-02' > decided", "ba"),
    ("decided BETWEEN '2014-06-02' AND '2014-06-02T00:00:00Z'", "c"),
    ("surface IN ('comment', 'profile')", "d"),
    ("item NOT IN ('a', 'b')", "dc"),
    ("item LIKE 'a%' OR item ILIKE 'B'", "ba"),
    ("coalesce(account, 'nobody') = 'nobody'", "d"),
    ("starts_with(policy, 'acq') AND ends_with(policy, '06') AND length(item) = 1", "dcba"),
    ("lower(item) = upper(item)", ""),
    ("abs(promotion - 0.9) < 0.01", "a"),
    ("lawful IS TRUE AND -contacts < 0", "b"),
    ("in_force AND undone IS NULL AND decided_by = 'screen'", "dcba"),
])  # fmt: skip
def test_a_condition_finds_what_it_says(log, where, wanted):
    assert items(log, where=where) == list(wanted)


def test_a_time_range_has_its_start_and_not_its_end(log):
    start, end = datetime(2014, 6, 1, tzinfo=UTC), datetime(2014, 6, 2, tzinfo=UTC)
    assert items(log, since=start, until=end) == ["b", "a"]
    assert items(log, since=end) == ["d", "c"]
    with pytest.raises(ServiceError, match="`since` is not before `until`"):
        items(log, since=end, until=end)


def test_rows_have_the_columns_that_matter_or_those_asked_for(log):
    row = log.search(ANALYST, LogSearch(where="item = 'a'")).items[0]
    assert (row["verdict"], row["rules"], row["in_force"]) == ("refuse", ["r.one", "r.two"], True)
    assert row["decided"] == datetime(2014, 6, 1, tzinfo=UTC)
    asked = LogSearch(where="item = 'a'", columns=["promotion", "contacts", "day"])
    assert log.search(ANALYST, asked).items == [
        {"promotion": pytest.approx(0.9), "contacts": 0, "day": "2014-06-01"}
    ]


@pytest.mark.parametrize(("by", "wanted"), [
    (["verdict"], [("allow", 2), ("hold", 1), ("refuse", 1)]),
    (["rules"], [("r.two", 2), ("r.one", 1)]),
    (["day", "account"], [("2014-06-01", "ann", 1), ("2014-06-01", "bob", 1),
                          ("2014-06-02", "ann", 1), ("2014-06-03", None, 1)]),
])  # fmt: skip
def test_groups_are_counted_the_largest_first(log, by, wanted):
    page = log.search(ANALYST, LogSearch(group_by=by))
    assert [tuple(row.values()) for row in page.items] == wanted
    assert [*page.items[0]] == [*by, "count"]


def test_groups_can_be_sorted_and_cut(log):
    page = log.search(ANALYST, LogSearch(group_by=["verdict"], order="-verdict", limit=2))
    assert [row["verdict"] for row in page.items] == ["refuse", "hold"]
    asked = LogSearch(group_by=["verdict"], order="-verdict", limit=2, cursor=page.next)
    rest = log.search(ANALYST, asked)
    assert ([row["verdict"] for row in rest.items], rest.next) == (["allow"], None)
    with pytest.raises(ServiceError, match="the same `group_by`"):
        log.search(ANALYST, LogSearch(group_by=["network"], limit=2, cursor=page.next))


@pytest.mark.parametrize("order", [None, "seq", "promotion", "-promotion", "account", "-account",
                                   "decided", "lawful", "contacts", "-undone"])  # fmt: skip
def test_pages_follow_one_another_without_gap(log, order):
    whole = items(log, order=order)
    assert sorted(whole) == ["a", "b", "c", "d"]
    found, cursor = [], None
    for _ in range(4):
        asked = LogSearch(columns=["item"], order=order, limit=1, cursor=cursor)
        page = log.search(ANALYST, asked)
        found += [row["item"] for row in page.items]
        cursor = page.next
    assert (found, cursor) == (whole, None)


@pytest.mark.parametrize(("asked", "field", "detail"), [
    ({"columns": ["verdickt"]}, "columns[0]",
     "The log has no column `verdickt`. Did you mean `verdict`?"),
    ({"columns": ["item", "item"]}, "columns[1]", "`item` is named twice. Name it once."),
    ({"order": "-rules"}, "order",
     "`rules` is a list, which has no order. Sort by another column."),
    ({"group_by": ["rules", "clauses"]}, "group_by",
     "`group_by` names two lists, rules and clauses. Count by one of them."),
    ({"group_by": ["rules"], "columns": ["item"]}, "columns",
     "`columns` does not go with `group_by`. Leave it out."),
    ({"group_by": ["rules"], "cursor": "x"}, "cursor",
     "`cursor` is not from a page of this search. Give `next` of the page before, and the same "
     "`group_by`."),
    ({"order": "verdcit"}, "order",
     "The log has no column `verdcit`. Did you mean `verdict`?"),
    ({"group_by": ["verdict"], "order": "item"}, "order",
     "Groups can be sorted by verdict, count, not by `item`."),
    ({"cursor": "bm8="}, "cursor", "`cursor` is not from a page of this search. Give `next` of "
     "the page before, and the same `order`."),
])  # fmt: skip
def test_a_mistake_is_named_with_its_remedy(context, asked, field, detail):
    with pytest.raises(ServiceError) as error:
        Log(context).search(ANALYST, LogSearch(**asked))
    assert (error.value.code, error.value.field, error.value.detail) == ("invalid", field, detail)


@pytest.mark.parametrize(("order", "place"), [
    ("promotion", '["promotion", NaN, 1]'),
    ("promotion", '["promotion", 1e999, 1]'),
    ("promotion", '["promotion", true, 1]'),
    ("seq", '["seq", 1, true]'),
    ("seq", '["seq", 1, null]'),
    ("seq", f'["seq", {2**63}, 1]'),
    ("seq", f'["seq", 1, {10**400}]'),
    ("decided", f'["decided", {2**62}, 1]'),
    ("decided", f'["decided", {10**30}, 1]'),
])  # fmt: skip
def test_a_cursor_that_was_never_given_out_is_refused(context, order, place):
    cursor = base64.urlsafe_b64encode(place.encode()).decode()
    with pytest.raises(ServiceError, match="`cursor` is not from a page of this search"):
        Log(context).search(ANALYST, LogSearch(order=order, cursor=cursor))


def test_a_number_that_becomes_too_large_is_refused(log):
    large = "contacts * 1000000000000000 * 1000000000000000 > 1"
    with pytest.raises(ServiceError) as error:
        items(log, where=f"contacts > 1 AND {large}")
    assert (error.value.code, error.value.field) == ("invalid", "where")


def test_few_searches_are_done_at_once(log, monkeypatch):
    begun, go_on = threading.Semaphore(0), threading.Event()
    ask = LogReader.ask

    def waiting(reader, query, **limits):
        begun.release()
        assert go_on.wait(30)
        return ask(reader, query, **limits)

    monkeypatch.setattr(LogReader, "ask", waiting)
    with ThreadPoolExecutor(SEARCHES) as threads:
        under_way = [threads.submit(items, log) for _ in range(SEARCHES)]
        assert all(begun.acquire(timeout=30) for _ in under_way)
        with pytest.raises(ServiceError, match=r"Other searches are under way. Try again in 2 s."):
            items(log)
        go_on.set()
        assert [found.result() for found in under_way] == [["d", "c", "b", "a"]] * SEARCHES
    assert items(log) == ["d", "c", "b", "a"]


def test_a_mistake_in_the_condition_is_shown_at_its_place(context):
    with pytest.raises(ServiceError) as error:
        Log(context).search(ANALYST, LogSearch(where="lawful AND verdickt = 'refuse'"))
    assert error.value.field == "where"
    assert error.value.detail == (
        "error[P021]: unknown column `verdickt`\n"
        "  --> where:1:12\n"
        "  |\n"
        "1 | lawful AND verdickt = 'refuse'\n"
        "  |            ^^^^^^^^\n"
        "  = help: Did you mean `verdict`?\n\n"
        "Found 1 error."
    )
    assert error.value.more["problems"][0]["column"] == 12


@pytest.mark.parametrize(("where", "code", "help"), [
    ("", "P020", "Leave it out to ask for all."),
    ("verdict = 'refuse' AND", "P020", "Write comparisons joined with AND or OR."),
    ("verdict = 'refuse", "P020", "Mend it: most often a quote that is not closed."),
    ('verdict = "refuse"', "P021", "Text stands in single quotes: 'refuse'."),
    ("log.verdict = 'refuse'", "P024", "Give a name alone."),
    ("surface", "P022", "Compare it with a value."),
    ("NOT surface", "P022", "Compare it, such as `surface = '...'`."),
    ("rules", "P022", "Compare it with a value."),
    ("rules AND lawful", "P022", "Write `list_contains(rules, '...')`."),
    ("rules = 'r.one'", "P022", "Write `list_contains(rules, '...')`."),
    ("verdict = NULL", "P026", "Write `verdict IS NULL` or `verdict IS NOT NULL`."),
    ("verdict > 'allow'", "P022", "Use =, <>, IN or LIKE."),
    ("verdict = 1", "P022", "Write it as `verdict = '...'`."),
    ("contacts = 'one'", "P022", "Write it as `contacts > 0`."),
    ("contacts LIKE '1%'", "P022", "Use a column of another type."),
    ("decided > 'yesterday'", "P022",
     "Write it such as '2014-06-01T08:00:00+08:00' or '2014-06-01'."),
    ("decided > 5", "P022", "Write it as `decided >= '2014-06-01T00:00:00+08:00'`."),
    ("length(contacts) = 1", "P022", "length(text): how many characters."),
    ("list_contains(verdict, 'x')", "P022",
     "list_contains(list, text): whether the text is in it."),
    ("contacts > 1e20", "P022", None),
    ("(" * 12 + "NOT " * 12 + "lawful" + ")" * 12, "P030", "Ask for less at once."),
    (" OR ".join(["lawful"] * 2000), "P030", "Ask in parts."),
])  # fmt: skip
def test_what_is_no_condition_is_refused_with_a_remedy(where, code, help):
    with pytest.raises(ConditionError) as error:
        checked(where)
    assert error.value.problem.code == code
    assert help is None or error.value.problem.help == help


@pytest.mark.parametrize("where", [
    "read_csv('/etc/passwd') = 'x'",
    "verdict IN (SELECT 'refuse')",
    "(SELECT count(*) FROM log) > 1",
    "EXISTS (SELECT 1)",
    "lawful; DROP TABLE tail",
    "lawful UNION SELECT 1",
    "getenv('HOME') = 'x'",
    "count(*) > 1",
    "sum(contacts) OVER () > 1",
    "length(DISTINCT item) = 1",
    "item::INTEGER = 1",
    "CASE WHEN lawful THEN TRUE END",
    "verdict ~ '(a+)+'",
    "item = ?",
    "item = $1",
    "* IS NULL",
    "COLUMNS(*) = 1",
    "item COLLATE nocase = 'x'",
    "random() > 0.5",
    "item[1] = 'a'",
    "(lambda x: x)(1) = 1",
    "list_contains([item], 'a')",
    "{'a': 1}.a = 1",
    "current_setting('threads') = '1'",
    "decided AT TIME ZONE 'UTC' > '2014-06-01'",
])  # fmt: skip
def test_nothing_but_a_condition_gets_through(where):
    with pytest.raises(ConditionError):
        checked(where)


def test_comments_and_odd_names_do_not_reach_the_database():
    assert checked("lawful -- DROP TABLE log") == '"lawful"'
    assert checked("item = 'it''s' /* x */ AND lawful") == "\"item\" = 'it''s' AND \"lawful\""


def test_what_people_decided_and_undid_is_in_the_log(context, clock):
    log = Log(context)
    (first,) = write_batch(context.database, {"item": "a", "verdict": "refuse"})
    log.exporter.export()
    clock.advance(hours=1)
    second = decide_by_person(
        context.database, "reviewer-7", item="a", verdict="allow", supersedes=first
    )
    columns = ["decision", "decided_by", "in_force", "superseded_by", "undone_by", "undone"]

    def rows(**asked):
        page = log.search(ANALYST, LogSearch(columns=columns, order="seq", **asked))
        return [tuple(row.values()) for row in page.items]

    assert rows() == [
        (first, "screen", False, second, None, None),
        (second, "reviewer-7", True, None, None, None),
    ]
    assert rows(until=clock.time)[0][2] is False
    clock.advance(hours=1)
    undo(context.database, second, "lead")
    assert rows() == [
        (first, "screen", True, None, None, None),
        (second, "reviewer-7", False, None, "lead", clock.time),
    ]
    assert rows(where="in_force") == [(first, "screen", True, None, None, None)]


@pytest.mark.parametrize("format", ["parquet", "csv"])
def test_an_export_is_written_and_noted(log, context, format):
    file = io.BytesIO()
    asked = LogExport(where="verdict <> 'allow'", columns=["item", "rules", "decided"])
    assert log.export(ANALYST, asked, file, format) == 2
    if format == "csv":
        assert file.getvalue().decode().splitlines() == [
            '"item","rules","decided"',
            '"a","r.one r.two",2014-06-01 00:00:00.000000+0000',
            '"c","r.two",2014-06-02 00:00:00.000000+0000',
        ]
    else:
        table = pl.from_arrow(pq.read_table(file))
        assert table["rules"].to_list() == [["r.one", "r.two"], ["r.two"]]
    whole = io.BytesIO()
    log.export(ANALYST, LogExport(), whole, format)
    if format == "parquet":
        assert pq.read_table(whole).column_names == list(LOG)


def test_a_search_needs_its_scope(context):
    with pytest.raises(ServiceError, match="lacks the scope `log`"):
        Log(context).search(Actor("ann"), LogSearch())


def test_a_search_has_little_time_and_memory(database, tmp_path):
    write_batch(database, *[{"item": f"item-{n}"} for n in range(2000)])
    slow = LogReader(database, tmp_path, seconds=0.05)
    product = "(SELECT count(*) FROM log a, log b, log c WHERE a.seq + b.seq + c.seq = 1) AS n"
    with pytest.raises(LogLimitError, match=r"more than 0\.05 seconds"):
        slow.ask(Query(select=(product,)))
    large = LogReader(database, tmp_path, memory_mb=40)
    wide = "(SELECT list(a.item || b.item) FROM log a, log b) AS n"
    with pytest.raises(LogLimitError, match="more memory"):
        large.ask(Query(select=(wide,)))


def test_duckdb_opens_nothing_but_the_log(database, tmp_path):
    reader = LogReader(database, tmp_path)
    with pytest.raises(Exception, match="file system operations are disabled"):
        reader.ask(Query(select=("(SELECT count(*) FROM read_csv('/etc/passwd')) AS n",)))


def test_the_newest_are_found_however_many_files_it_takes(context, clock, monkeypatch):
    monkeypatch.setattr("portreeve.store.log.reading._FIRST_ROUND", 1)
    monkeypatch.setattr("portreeve.store.log.reading._TIMES", 1)
    log = Log(context)
    for day in range(6):
        write_batch(
            context.database,
            {"item": f"a{day}", "verdict": "refuse" if day in (0, 4) else "allow"},
            {"item": f"b{day}"},
        )
        log.exporter.export()
        clock.advance(days=1)
    decide_by_person(context.database, "ann", item="p", verdict="refuse")
    clock.advance(days=1)
    write_batch(context.database, {"item": "last"})
    assert items(log, limit=3) == ["last", "p", "b5"]
    assert items(log, where="verdict = 'refuse'", limit=2) == ["p", "a4"]
    assert items(log, where="verdict = 'refuse'") == ["p", "a4", "a0"]
    assert items(log, where="starts_with(item, 'a')", limit=4) == ["a5", "a4", "a3", "a2"]
    assert items(log, until=datetime(2014, 6, 2, tzinfo=UTC)) == ["b0", "a0"]


def test_what_people_decided_is_kept_in_memory_and_never_stale(context, clock):
    log = Log(context)
    first = decide_by_person(context.database, "ann", item="a", verdict="refuse")
    clock.advance(hours=1)
    assert items(log) == ["a"]
    decide_by_person(context.database, "ann", item="b", verdict="remove")
    assert items(log) == ["b", "a"]
    clock.advance(hours=1)
    assert items(log) == ["b", "a"]
    with context.database.write() as tx:
        tx.execute(sa.delete(decisions).where(decisions.c.id == first))
    assert items(log) == ["b"]


def test_a_file_of_an_older_version_lacks_columns(context, clock):
    log = Log(context)
    write_batch(context.database, {"item": "old", "contacts": 3})
    log.exporter.export()
    (path,) = context.folder.glob("log/*/*.parquet")
    older = pq.read_table(path).drop_columns(["contacts"])
    pq.write_table(older, path)
    clock.advance(days=1)
    write_batch(context.database, {"item": "new", "contacts": 2})
    log.exporter.export()
    assert items(log, where="contacts IS NULL") == ["old"]
    assert items(log, where="contacts = 2") == ["new"]
    groups = log.search(ANALYST, LogSearch(group_by=["contacts"]))
    assert groups.items == [{"contacts": 2, "count": 1}, {"contacts": None, "count": 1}]


def test_duckdb_keeps_its_limits(database, tmp_path):
    engine = Engine(tmp_path / "log", memory_mb=64, threads=1)
    (tmp_path / "secret.csv").write_text("a\n1\n")
    for sql in (
        f"SELECT * FROM read_csv('{tmp_path}/secret.csv')",
        f"SELECT * FROM read_text('{tmp_path}/log/../secret.csv')",
        "SET memory_limit = '1GB'",
        "SET enable_external_access = true",
        f"COPY (SELECT 1) TO '{tmp_path}/out.csv'",
        f"ATTACH '{tmp_path}/other.db'",
        "INSTALL httpfs",
    ):
        with engine.asked() as connection, pytest.raises(duckdb.Error):
            connection.execute(sql).fetchall()


@pytest.mark.parametrize("format", ["parquet", "csv"])
def test_an_export_goes_day_by_day_the_oldest_first(log, context, clock, format):
    file = io.BytesIO()
    since, until = datetime(2014, 5, 1, tzinfo=UTC), datetime(2014, 6, 2, 12, tzinfo=UTC)
    asked = LogExport(columns=["item", "in_force"], since=since, until=until)
    assert log.export(ANALYST, asked, file, format) == 3
    read = pl.read_csv if format == "csv" else pl.read_parquet
    assert read(file.getvalue())["item"].to_list() == ["a", "b", "c"]
    nothing = io.BytesIO()
    assert log.export(ANALYST, LogExport(where="item = 'x'"), nothing, format) == 0
    assert len(read(nothing.getvalue()).columns) == len(LOG)


def test_an_export_of_too_many_is_refused(log, monkeypatch):
    monkeypatch.setattr("portreeve.service.log.EXPORT_ROWS", 2)
    with pytest.raises(ServiceError, match=r"More than 2 decisions are meant\."):
        log.export(ANALYST, LogExport(), io.BytesIO())
