"""Screening online: what is decided is written, once; what cannot be decided in time is kept."""

import asyncio
import sqlite3
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import msgspec
import msgspec.structs
import pytest
import sqlalchemy as sa

from portreeve.model import Surface, Verdict
from portreeve.schemas.access import Scope
from portreeve.schemas.screening import Screened, Submission
from portreeve.service import records
from portreeve.service.actor import Actor
from portreeve.service.decision_links import DecisionLinks
from portreeve.service.enforcement import Enforcement
from portreeve.service.errors import ServiceError
from portreeve.service.judged import judge_all
from portreeve.service.policies import Policies
from portreeve.service.reasons import ReasonBook
from portreeve.service.registers import registers
from portreeve.service.rescreening import Rescreening
from portreeve.service.screening import Screening
from portreeve.service.spool import Entry, Spool
from portreeve.service.stored import Stored
from portreeve.service.undo import Undo
from portreeve.store import Database
from portreeve.store.tables import core
from portreeve.store.tables.enforcement import sanctions
from portreeve.store.vault import Content
from service.factories import NoCases, decision
from service.support import START, make_context

HOST = Actor("host", frozenset({Scope.screen}))
SALE = "面膜89元一盒 加微信 abc12345 下单"
LIFE = "这个面膜敷完脸真的很软"


class Desk:
    """A screening service over a database, and what it has written."""

    def __init__(self, context: Any) -> None:
        self.context = context
        self.policies = Policies(context)
        self.policies.seed()
        self.screening = Screening(context, self.policies, Stored(context, self.policies))
        self.running = False

    def start(self) -> "Desk":
        self.screening.warm()
        self.screening.start()
        self.running = True
        return self

    def stop(self) -> None:
        if self.running:
            self.screening.stop()
            self.running = False

    def screen(self, *submissions: Submission) -> list[Screened]:
        return self.screening.screen(HOST, submissions)

    def submit(self, *submissions: Submission) -> list[Screened]:
        answers = asyncio.run(self.screening.submit(HOST, submissions))
        return [msgspec.json.decode(answer, type=Screened) for answer in answers]

    def rows(self, table: sa.Table, *where: Any) -> list[Any]:
        with self.context.database.read() as connection:
            order = list(table.primary_key)
            return list(connection.execute(sa.select(table).where(*where).order_by(*order)).all())


@pytest.fixture
def desk(database: Any, tmp_path: Any) -> Iterator[Desk]:
    made = Desk(make_context(database, tmp_path))
    yield made.start()
    made.stop()


def post(id: Any = "p-1", text: Any = SALE, **more: Any) -> Submission:
    return Submission(id=id, text=text, account=more.pop("account", "ann"), **more)


def test_a_sale_is_refused_with_the_reasons_in_both_languages(desk):
    [answer] = desk.submit(post())
    assert (answer.id, answer.verdict, answer.state, answer.stage) == (
        "p-1", "refuse", "refused", "before",
    )  # fmt: skip
    assert (answer.revision, answer.repeated, answer.provisional) == (1, False, False)
    reason = answer.reasons[0]
    assert (reason.rule, reason.clause, reason.layer) == (
        "moments.no-product-promotion", "3.1", "house",
    )  # fmt: skip
    assert reason.because.zh.startswith("这条内容是在向朋友卖货")
    assert reason.way_out.name == "enterprise-account"
    assert answer.appeal_until == START + timedelta(days=183)
    token = DecisionLinks(desk.context.vault).token(answer.decision)
    assert answer.link == f"/d/{token}"
    assert answer.contacts == ["wechat:abc12345"]
    assert {SALE[e.start : e.end] for e in answer.evidence} >= {"89元", "微信 abc12345"}


def test_what_was_decided_is_written_at_once_and_without_content(desk):
    [answer] = desk.submit(post())
    [item] = desk.rows(core.items)
    assert (item.id, item.account, item.state, item.decision, item.network) == (
        "p-1", "ann", "refused", answer.decision, "acquaintance",
    )  # fmt: skip
    [decision] = desk.rows(core.decisions)
    assert (decision.verdict, decision.by, decision.followed) == ("refuse", "screen", False)
    assert decision.rules == answer.rules
    assert [row.id for row in desk.rows(core.accounts)] == ["ann"]
    [content] = desk.rows(core.contents)
    assert "面膜".encode() not in content.sealed
    with desk.context.database.read() as connection:
        opened = desk.context.vault.open(connection, "ann", content.sealed, answer.decision)
    assert Content.from_bytes(opened).text == SALE
    [entry] = desk.rows(core.audit, core.audit.c.action == "items.screened")
    assert entry.detail["decisions"] == 1
    assert entry.detail["keys"] == {"host": 1}


def test_the_same_item_again_is_told_its_decision(desk):
    [first] = desk.submit(post())
    [again] = desk.submit(post())
    assert again.decision == first.decision
    assert again.repeated
    assert msgspec.structs.replace(again, repeated=False) == first
    assert len(desk.rows(core.decisions)) == 1


def test_other_content_is_an_edit(desk):
    [first] = desk.submit(post())
    [edited] = desk.submit(post(text=LIFE))
    assert (edited.revision, edited.verdict, edited.state) == (2, "allow", "published")
    [_, decision] = desk.rows(core.decisions)
    assert decision.supersedes == first.decision
    [item] = desk.rows(core.items)
    assert (item.revision, item.state, item.decision) == (2, "published", edited.decision)


def test_an_item_that_was_deleted_is_decided_anew(desk):
    desk.submit(post())
    Stored(desk.context, desk.policies).delete(HOST, "p-1")
    [again] = desk.submit(post())
    assert (again.revision, again.repeated, again.state) == (2, False, "refused")


def test_one_item_twice_in_one_call(desk):
    first, second, third = desk.screen(post(), post(), post(text=LIFE))
    assert second.decision == first.decision
    assert second.repeated
    assert (third.revision, third.verdict) == (2, "allow")


def test_answers_come_in_the_order_of_the_items_whatever_their_kind(desk):
    answers = desk.submit(
        post(1, SALE),
        post(2, LIFE),
        post("3", SALE, published=True),
        post("4", SALE, network="stranger"),
        post("5", None, account=None),
    )
    assert [a.id for a in answers] == [1, 2, "3", "4", "5"]
    assert [a.verdict for a in answers] == ["refuse", "allow", "remove", "refuse", "allow"]
    assert [a.stage for a in answers] == ["before", "before", "after", "before", "before"]
    assert answers[3].policy.startswith("stranger@")


def test_nothing_follows_from_what_appears(desk):
    desk.submit(post("a", LIFE), post("b", SALE))
    assert {d.item: d.followed for d in desk.rows(core.decisions)} == {"a": True, "b": False}


REFUSED = [
    (
        {"surface": Surface.short_video},
        "invalid",
        "Surface 'short_video' is off in policy acquaintance@2014-06. "
        "Leave these items out until the policy's entry conditions hold.",
        "surface",
    ),
    ({"id": ""}, "invalid", "`id` must have 1 to 512 characters, none of them NUL.", "id"),
    ({"id": "a\x00b"}, "invalid", "`id` must have 1 to 512 characters, none of them NUL.", "id"),
    (
        {"parent": "x" * 513},
        "invalid",
        "`parent` must have at most 512 characters, none of them NUL.",
        "parent",
    ),
]


@pytest.mark.parametrize(("given", "code", "detail", "field"), REFUSED)
def test_what_cannot_be_decided_is_refused_with_the_remedy(desk, given, code, detail, field):
    with pytest.raises(ServiceError) as refused:
        desk.submit(post(**{"id": "p-1", **given}))
    assert (refused.value.code, refused.value.detail, refused.value.field) == (code, detail, field)
    assert desk.rows(core.items) == []


def test_a_key_without_the_scope_screens_nothing(desk):
    with pytest.raises(ServiceError) as refused:
        desk.screening.screen(Actor("reader"), [post()])
    assert refused.value.code == "forbidden"


def test_an_account_that_is_suspended_publishes_nothing(desk):
    desk.submit(post("before", LIFE))
    with desk.context.database.write() as tx:
        tx.execute(
            sa.insert(sanctions).values(
                id="san_1", account="ann", network="acquaintance", kind="suspend", begins=START,
                ends=START + timedelta(days=7), open=True, imposed=START, imposed_by="rev",
            )
        )  # fmt: skip
    ann, bob = desk.submit(post("later", LIFE), post("other", LIFE, account="bob"))
    assert (ann.verdict, ann.rules, ann.permitted) == ("refuse", ["account.suspend"], False)
    assert ann.reasons[0].because.zh == "账号处于停用期：停用结束之前，它发布的内容不会出现。"
    assert bob.verdict == "allow"
    desk.context.database.clock.advance(days=8)
    assert desk.submit(post("after", LIFE))[0].verdict == "allow"


def test_what_the_host_said_of_an_account_counts(desk):
    text = "本店新到一批货，欢迎选购，89元起，下单请点链接"
    with desk.context.database.write() as tx:
        tx.execute(
            sa.insert(core.accounts).values(
                id="shop", standing="verified_merchant", first_seen=START
            )
        )
    said = desk.submit(post("a", text, account="x", standing="verified_merchant"))[0]
    known = desk.submit(post("b", text, account="shop"))[0]
    assert (said.verdict, said.rules) == (known.verdict, known.rules)


def test_many_calls_at_once_each_get_their_own(desk):
    async def all_at_once() -> list[list[bytes]]:
        calls = [desk.screening.submit(HOST, [post(f"p-{n}", LIFE)]) for n in range(300)]
        return await asyncio.gather(*calls)

    answers = asyncio.run(all_at_once())
    assert [msgspec.json.decode(a[0])["id"] for a in answers] == [f"p-{n}" for n in range(300)]
    assert len(desk.rows(core.decisions)) == 300
    assert len(desk.rows(core.batches)) < 100


@pytest.fixture
def embedded(tmp_path: Any) -> Iterator[Desk]:
    """A SQLite file that a test can lock: the database does not answer then."""
    database = Database(f"sqlite:///{tmp_path / 'store.sqlite'}")
    database.create()
    made = Desk(make_context(database, tmp_path, deadlines="moments=100:allow live=100:hold"))
    yield made
    made.stop()
    database.close()


def test_a_deadline_missed_is_answered_by_the_surface_and_decided_later(embedded, tmp_path):
    desk = embedded.start()
    desk.submit(post("warm", LIFE))
    other = sqlite3.connect(tmp_path / "store.sqlite", isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    feed, show = desk.submit(post("feed")), desk.submit(post("show", surface=Surface.live))
    other.execute("ROLLBACK")
    assert (feed[0].provisional, feed[0].verdict, feed[0].state) == (True, "allow", "published")
    assert (show[0].provisional, show[0].verdict, show[0].state) == (True, "hold", "held")
    assert feed[0].decision is None
    desk.stop()
    states = {item.id: item.state for item in desk.rows(core.items)}
    assert states == {"warm": "published", "feed": "removed", "show": "refused"}
    events = desk.rows(core.events, core.events.c.type == "decision.late")
    assert {e.data["item"]: e.data["answered"] for e in events} == {"feed": "allow", "show": "hold"}
    assert [d.stage for d in desk.rows(core.decisions)] == ["before", "late", "late"]
    assert desk.screening.spooled == 0


def test_what_a_crash_left_in_the_spool_is_decided_by_the_next_start(embedded):
    context = embedded.context
    spool = Spool(context.folder / "spool-of-another", context.vault.derived("spool"))
    spool.add([Entry(post("lost"), START, "host", "allow")])
    spool.close()
    (context.folder / "spool-of-another").rename(context.folder / "left")
    left = next((context.folder / "left" / "0").glob("*.spool"))
    place = context.folder / "spool" / "7"
    place.mkdir()
    left.rename(place / left.name)
    desk = embedded.start()
    desk.submit(post("next", LIFE))
    desk.stop()
    [lost] = desk.rows(core.decisions, core.decisions.c.item == "lost")
    assert (lost.stage, lost.verdict) == ("late", "remove")
    assert not list((context.folder / "spool").rglob("*.spool"))


def test_what_was_spooled_does_not_overwrite_what_came_since(embedded):
    desk = embedded.start()
    [newer] = desk.screen(post("p-1", LIFE))
    desk.stop()
    entry = Entry(post("p-1", SALE), START - timedelta(seconds=1), "host", "allow")
    screening = Screening(desk.context, desk.policies, Stored(desk.context, desk.policies))
    screening._late._spool.add([entry])
    screening._late._spool.close()
    again = Desk(desk.context).start()
    again.stop()
    assert [d.id for d in desk.rows(core.decisions)] == [newer.decision]
    [told] = desk.rows(core.events, core.events.c.type == "decision.late")
    assert (told.subject, told.data["verdict"], told.data["state"]) == (
        newer.decision, "allow", "published",
    )  # fmt: skip


def test_of_two_revisions_that_came_in_an_outage_the_later_one_stands(embedded, tmp_path):
    desk = embedded.start()
    desk.submit(post("warm", LIFE))
    other = sqlite3.connect(tmp_path / "store.sqlite", isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    assert [desk.submit(post("p-1", text))[0].provisional for text in (LIFE, SALE)] == [True, True]
    other.execute("ROLLBACK")
    desk.stop()
    [item] = desk.rows(core.items, core.items.c.id == "p-1")
    assert (item.revision, item.state) == (2, "removed")


def test_what_is_being_decided_is_not_answered_by_the_fail_policy_at_once(embedded, monkeypatch):
    late = embedded.screening._late
    [pending] = embedded.screening._accepted(HOST, [post("p-1")]).pendings
    late.capture([pending])
    assert (late.miss([pending]), pending.missed) == ([], False)
    assert (late.miss([pending], deciding=True), pending.missed) == ([pending], False)
    pending.promised = time.monotonic()
    assert (late.miss([pending], deciding=True), pending.missed) == ([], True)
    assert not late.may_commit([pending])


def test_what_is_being_committed_is_answered_by_its_decision(embedded):
    late = embedded.screening._late
    [pending] = embedded.screening._accepted(HOST, [post("p-1")]).pendings
    late.capture([pending])
    pending.promised = time.monotonic()
    assert late.may_commit([pending])
    assert (late.miss([pending], deciding=True), pending.missed) == ([pending], False)
    # a commit that hangs does not keep the fail policy from answering for ever
    pending.promised = time.monotonic()
    assert (late.miss([pending], deciding=True), pending.missed) == ([], True)


def test_a_commit_that_takes_long_is_waited_for(embedded):
    """A deadline of half a second, a commit of two: the decision is the answer."""
    desk = embedded.start()
    decide = desk.screening.decider.decide

    def slow(taken, may_commit):
        def slowly():
            answer = may_commit()
            time.sleep(1.2)
            return answer

        return decide(taken, slowly)

    desk.screening.decider.decide = slow
    [answer] = desk.submit(post("p-1", LIFE))
    assert (answer.provisional, answer.stage) == (False, "before")


def test_what_is_answered_while_it_is_decided_is_decided_once_more_as_late(embedded):
    desk = embedded
    call = desk.screening._accepted(HOST, [post("p-1")])
    decide, seen = desk.screening.decider.decide, []

    def slow(taken, may_commit):
        def asked():
            if not seen:
                for pending in taken:
                    pending.promised = 0.0
                desk.screening._late.miss(taken, deciding=True)
            seen.append(may_commit())
            return seen[-1]

        return decide(taken, asked)

    desk.screening.decider.decide = slow
    desk.screening._decide(call.pendings)
    assert (seen, desk.rows(core.decisions)) == ([False], [])
    desk.screening._decide(desk.screening._next())
    [decision] = desk.rows(core.decisions)
    assert (seen, decision.stage, decision.verdict) == ([False, True], "late", "remove")


def test_what_was_answered_counts_not_what_a_setting_says_by_now(embedded):
    entry = Entry(post("show", surface=Surface.live), START, "host", "allow")
    embedded.screening._late._spool.add([entry])
    embedded.screening._late._spool.close()
    again = Desk(embedded.context).start()
    again.stop()
    [decision] = embedded.rows(core.decisions)
    assert (decision.stage, decision.verdict) == ("late", "remove")


def test_an_event_loop_that_is_gone_ends_no_thread(embedded, tmp_path):
    desk = embedded.start()
    desk.submit(post("warm", LIFE))
    other = sqlite3.connect(tmp_path / "store.sqlite", isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    with pytest.raises(TimeoutError):
        asyncio.run(asyncio.wait_for(desk.screening.submit(HOST, [post("gone", LIFE)]), 0.02))
    other.execute("ROLLBACK")
    [answer] = desk.submit(post("next", LIFE))
    assert (answer.state, desk.screening.trouble) == ("published", None)


def test_what_was_undone_is_not_told_again(desk):
    [first] = desk.submit(post())
    with desk.context.database.write() as tx:
        Undo(desk.context, desk.policies).undo(tx, "ben", str(first.decision), "It is a cake.")
    [again] = desk.submit(post())
    assert (again.decision, again.repeated) == (first.decision, True)
    assert (again.verdict, again.state, again.permitted, again.rules, again.reasons) == (
        "allow", "published", True, [], [],
    )  # fmt: skip


def test_ids_come_back_as_they_were_given(desk):
    desk.submit(post(1, LIFE))
    assert [answer.id for answer in desk.submit(post(1, LIFE), post("1", LIFE))] == [1, "1"]


def test_a_sanction_is_no_difference_between_versions(embedded):
    book = ReasonBook(embedded.policies.named("acquaintance@2014-06"))
    judged = judge_all(
        [post("p-1", LIFE)], book, published=False, barred={0: ("mute", Verdict.refuse)},
        registers=registers(embedded.context, (), START), shadow=book.policy,
    )  # fmt: skip
    assert judged.shadow == [("refuse", ["account.mute"])]
    assert (judged.verdict, judged.rules) == (["refuse"], [["account.mute"]])


def test_nobody_waits_for_ever_when_the_service_stops(desk):
    waiting = [threading.Thread(target=desk.screen, args=(post(f"p-{n}", LIFE),)) for n in range(8)]
    for thread in waiting:
        thread.start()
    for thread in waiting:
        thread.join(30)
    desk.stop()
    assert not any(thread.is_alive() for thread in waiting)
    with pytest.raises(ServiceError) as refused:
        desk.screen(post("late", LIFE))
    assert refused.value.code == "unavailable"


def test_a_comment_under_a_post_that_is_down_is_hidden_with_it(desk):
    [down] = desk.submit(post("post"))
    desk.submit(
        post("under", LIFE, account="bob", parent="post", surface=Surface.comment),
        post("beside", LIFE, account="bob", parent="unknown", surface=Surface.comment),
    )
    hidden = {item.id: item.hidden_by for item in desk.rows(core.items)}
    assert hidden == {"post": None, "under": down.decision, "beside": None}


def test_an_account_that_is_limited_reaches_few(desk):
    desk.submit(post("before", LIFE))
    with desk.context.database.write() as tx:
        tx.execute(
            sa.insert(sanctions).values(
                id="san_1", account="ann", network="acquaintance", kind="limit", begins=START,
                ends=None, open=True, imposed=START, imposed_by="rev",
            )
        )  # fmt: skip
    [answer] = desk.submit(post("later", LIFE))
    assert (answer.verdict, answer.reach, answer.rules) == ("limit", 0.1, ["account.limit"])


def test_deciding_again_what_has_not_changed_keeps_its_revision(desk):
    [first] = desk.submit(post("a", SALE))
    again = Rescreening(desk.context)
    policy = desk.policies.named("acquaintance@2014-06")
    [dry] = again(["a"], policy, stage="retroactive", by="portreeve", dry=True)
    assert dry == ("a", "refuse", "remove", None, first.rules)
    [done] = again(["a"], policy, stage="retroactive", by="portreeve", dry=False)
    [_, decision] = desk.rows(core.decisions)
    assert (decision.id, decision.revision, decision.stage) == (done[3], 1, "retroactive")
    assert decision.supersedes == first.decision


def test_deciding_again_leaves_what_has_changed_since_it_was_read(desk, monkeypatch):
    desk.submit(post("edited"), post("deleted"))
    again = Rescreening(desk.context)
    found = again.stored(["edited", "deleted"])
    monkeypatch.setattr(again, "stored", lambda _ids: found)
    [edited] = desk.submit(post("edited", LIFE))
    Stored(desk.context, desk.policies).delete(HOST, "deleted")
    policy = desk.policies.named("acquaintance@2014-06")
    done = again(["edited", "deleted"], policy, stage="retroactive", by="portreeve", dry=False)
    assert [(id, decision) for id, _, _, decision, _ in done] == [
        ("edited", None), ("deleted", None),
    ]  # fmt: skip
    rows = {item.id: (item.revision, item.state) for item in desk.rows(core.items)}
    assert rows == {"edited": (2, "published"), "deleted": (1, "deleted")}
    assert edited.revision == 2


def test_deciding_again_writes_only_what_is_refused(desk):
    desk.submit(post("a", LIFE))
    policy = desk.policies.named("acquaintance@2014-06")
    done = Rescreening(desk.context)(["a"], policy, stage="retroactive", by="portreeve", dry=False)
    assert done == [("a", "allow", "allow", None, [])]
    assert len(desk.rows(core.decisions)) == 1


def test_deciding_again_knows_what_the_host_said_with_an_item(desk):
    told = {"standing": "verified_merchant", "licence": "verified", "surface": Surface.search_ad}
    [first] = desk.submit(post("ad", **told))
    assert first.verdict == "label"
    policy = desk.policies.named("acquaintance@2014-06")
    [dry] = Rescreening(desk.context)(["ad"], policy, stage="retroactive", by="portreeve", dry=True)
    assert dry[1:3] == ("label", "label")


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("2014-06-01T08:00:00", "2014-06-01T08:00:00+00:00"),
        ("2014-06-01T08:00:00+08:00", "2014-06-01T00:00:00+00:00"),
        ("0002-01-01T00:00:00+14:00", "0001-12-31T10:00:00+00:00"),
    ],
)
def test_every_time_that_a_host_can_say_is_kept_and_read(embedded, given, kept):
    told = msgspec.json.encode({"id": "p-1", "account": "ann", "text": SALE, "time": given})
    embedded.start().screen(msgspec.json.decode(told, type=Submission))
    [item] = embedded.rows(core.items)
    assert item.time.isoformat() == kept
    policy = embedded.policies.named("acquaintance@2014-06")
    again = Rescreening(embedded.context)
    [dry] = again(["p-1"], policy, stage="retroactive", by="portreeve", dry=True)
    assert dry[2] == "remove"


def test_items_of_several_lots_are_locked_together(desk):
    """Lot by lot would be in no order: two processes could wait for each other in a ring."""
    locked = []

    def note(_connection, _cursor, statement, parameters, *_more):
        if statement.startswith('SELECT "id"') and statement.endswith("FOR UPDATE"):
            locked.append(sorted(parameters[0]))

    sa.event.listen(desk.context.database.engine, "before_cursor_execute", note)
    desk.submit(post("b", LIFE), post("a", LIFE, published=True))
    if desk.context.database.dialect == "postgresql":
        assert locked[0] == ["a", "b"]


def test_a_comment_that_comes_while_its_post_is_taken_down_is_hidden_too(desk, monkeypatch):
    desk.submit(post("post", LIFE))
    context = desk.context
    url = context.database.url.render_as_string(hide_password=False)
    other = Database(url, clock=context.database.clock)
    elsewhere = replace(context, database=other)

    def take_down() -> None:
        decision(other, "post", "remove", stage="after")
        Enforcement(elsewhere, desk.policies, NoCases()).follow()

    taking = threading.Thread(target=take_down)
    hidden_parents = records._hidden_parents

    def meanwhile(*given: Any) -> dict[str, str]:
        found = hidden_parents(*given)
        taking.start()
        taking.join(0.3)
        return found

    monkeypatch.setattr(records, "_hidden_parents", meanwhile)
    desk.submit(post("under", LIFE, account="bob", parent="post", surface=Surface.comment))
    taking.join()
    other.close()
    rows = {item.id: item for item in desk.rows(core.items)}
    assert rows["post"].state == "removed"
    assert rows["under"].hidden_by == rows["post"].decision


def test_an_id_that_another_account_has_is_refused(desk):
    """Else a seller got rid of a post by sending it again in another's name."""
    [first] = desk.submit(post("p-1", LIFE))
    for account in ("bob", None):
        with pytest.raises(ServiceError) as refused:
            desk.submit(post("p-1", SALE, account=account))
        assert (refused.value.code, refused.value.field, refused.value.detail) == (
            "conflict", "id",
            "Item 'p-1' is another account's. An id names one item of one account: give this one "
            "another.",
        )  # fmt: skip
    [item] = desk.rows(core.items)
    assert (item.account, item.decision) == ("ann", first.decision)


def test_of_several_only_the_one_whose_id_is_taken_is_set_aside(desk):
    desk.submit(post("p-1", LIFE))
    given = [post("p-0", LIFE), post("p-1", SALE, account="bob"), post("p-2", LIFE)]
    answers, wrong = asyncio.run(desk.screening.submit_sound(HOST, given))
    assert [msgspec.json.decode(answer)["id"] for answer in answers] == ["p-0", "p-2"]
    assert {at: (error.code, error.field) for at, error in wrong.items()} == {1: ("conflict", "id")}
    with pytest.raises(ServiceError) as refused:
        desk.submit(*given)
    assert refused.value.field == "items[1].id"


def test_an_item_of_nobody_may_become_somebodys(desk):
    desk.submit(post("p-1", LIFE, account=None))
    [answer] = desk.submit(post("p-1", LIFE, account="bob"))
    assert answer.revision == 2


def test_the_ids_of_reported_messages_are_kept_for_them(desk):
    with pytest.raises(ServiceError) as refused:
        desk.submit(post("message:acquaintance:m-1", LIFE))
    assert (refused.value.code, refused.value.field, refused.value.detail) == (
        "invalid", "id",
        "`id` begins with 'message:', as only those of reported private messages do. Give the item "
        "another.",
    )  # fmt: skip


def test_an_id_that_another_network_has_is_refused(desk):
    [first] = desk.submit(post("p-1", LIFE))
    with pytest.raises(ServiceError) as refused:
        desk.submit(post("p-1", LIFE, network="stranger"))
    assert (refused.value.code, refused.value.field) == ("conflict", "id")
    assert refused.value.detail == (
        "Item 'p-1' is on the network 'acquaintance'. An id names one item on all networks: give "
        "this one another, such as with the network's name before it."
    )
    [item] = desk.rows(core.items)
    assert (item.network, item.decision) == ("acquaintance", first.decision)
