"""What follows from decisions: strikes, sanctions, notices, comments, followers."""

from dataclasses import replace
from datetime import timedelta
from threading import Thread

import pytest
import sqlalchemy as sa

from portreeve.policy.parts import Ladder, Step
from portreeve.schemas import accounts as schemas
from portreeve.schemas.base import Paging
from portreeve.schemas.enforcement import Imposition, Lift, UndoRequest
from portreeve.service.accounts import Accounts
from portreeve.service.decisions import PersonDecisions
from portreeve.service.enforcement import Enforcement
from portreeve.service.errors import ServiceError
from portreeve.service.sanctions import Sanctions
from portreeve.service.settling import decided_by_item, settle
from portreeve.service.standing import sanctions_in_force
from portreeve.service.undo import Undo
from portreeve.store import Database
from portreeve.store.tables import core, enforcement
from portreeve.store.tables.cases import case_actions, case_items
from service.factories import ANN, SELLING, NoCases, Shipped, account, decision, events, published

INDUCED = "everywhere.no-induced-sharing"


@pytest.fixture
def cases():
    return NoCases()


@pytest.fixture
def follow(context, cases):
    return Enforcement(context, Shipped(), cases).follow


@pytest.fixture
def undo(context):
    return lambda id: Undo(context, Shipped()).reverse(ANN, id, UndoRequest(reason="A cake."))


@pytest.fixture
def person(context, database):
    decide = PersonDecisions(context, Shipped()).person_decision

    def make(item, verdict, rules=()):
        clauses = [Shipped().named("acquaintance").rule(rule).clause for rule in rules]
        with database.write() as tx:
            row = tx.execute(sa.select(core.items).where(core.items.c.id == item)).one()
            return decide(tx, "ben", row, verdict, list(rules), clauses, "I looked.")

    return make


def kinds(database, account="baker"):
    """What restricts the account now."""
    with database.read() as connection:
        found = sanctions_in_force(connection, [account], database.clock())
    return sorted(one.kind for one in found.get(account, []))


def state(database, item):
    i = core.items.c
    with database.read() as connection:
        return tuple(connection.execute(sa.select(i.state, i.hidden_by).where(i.id == item)).one())


def test_the_ladder_of_the_shipped_policy_is_climbed(database, clock, follow):
    seen = []
    for number in range(1, 8):
        decision(database, f"post-{number}")
        assert follow() == 1
        seen.append(kinds(database))
        clock.advance(days=1)
    assert seen == [
        [], ["mute"], ["mute", "mute"], ["mute", "mute", "suspend"],
        ["mute", "mute", "suspend", "suspend"], ["ban", "mute", "mute", "suspend", "suspend"],
        ["ban", "mute", "mute", "suspend", "suspend"],
    ]  # fmt: skip
    assert [data["kind"] for _, _, data in events(database, "sanction.started")] == [
        "warn", "mute", "mute", "suspend", "suspend", "ban",
    ]  # fmt: skip


def test_a_decision_is_followed_once(database, follow):
    decision(database)
    assert [follow(), follow()] == [1, 0]
    assert [(type, data.get("kind")) for type, _, data in events(database)] == [
        ("sanction.started", "warn"), ("decision.made", None), ("notice.created", "decision"),
    ]  # fmt: skip


def test_a_mere_claim_causes_nothing_but_a_case(database, follow, cases):
    id = decision(database, grade="reporters_claim", stage="after", verdict="remove")
    assert follow() == 1
    assert (kinds(database), events(database), cases.opened) == ([], [], [id])


def test_a_person_must_see_what_is_held_and_what_is_black(database, follow, cases):
    held = decision(database, "post-1", "hold", ())
    black = decision(database, "post-2", "refuse", goods_tier="black")
    decision(database, "post-3", "refuse")
    follow()
    assert cases.opened == [held, black]


def test_the_heaviest_rule_counts_not_the_sum_and_an_item_strikes_once(database, clock, follow):
    decision(database, "post-1", rules=(SELLING, "moments.no-coupon-spreading"))
    follow()
    clock.advance(hours=1)
    decision(database, "post-1", edit=True)
    follow()
    with database.read() as connection:
        strikes = connection.execute(sa.select(enforcement.strikes.c.count)).scalars().all()
    assert (strikes, kinds(database)) == ([1, 1], [])


def test_undoing_restores_the_post_with_its_comments_and_lifts_the_sanction(
    database, clock, follow, undo
):
    for item in ("post-1", "post-2"):
        published(database, item)
    for item in ("kind", "rude", "answer"):
        published(database, item, account="friend", parent="kind" if item == "answer" else "post-2")
    decision(database, "rude", "remove", (), account="friend", stage="after")
    decision(database, "post-1", "remove", stage="retroactive")
    clock.advance(hours=1)
    wrong = decision(database, "post-2", "remove", stage="retroactive")
    follow()
    assert kinds(database) == ["mute"]
    assert [state(database, item) for item in ("post-2", "kind", "answer", "rude")] == [
        ("removed", None), ("published", wrong), ("published", wrong), ("removed", wrong),
    ]  # fmt: skip
    undone = undo(wrong)
    assert [state(database, item) for item in ("post-2", "kind", "answer", "rude")] == [
        ("published", None), ("published", None), ("published", None), ("removed", None),
    ]  # fmt: skip
    assert kinds(database) == []
    assert (undone.state_before, undone.state, undone.strikes_withdrawn) == (
        "removed", "published", 1,
    )  # fmt: skip
    assert sorted(undone.comments_restored) == ["answer", "kind", "rude"]
    assert [(s.kind, s.state) for s in undone.sanctions_lifted] == [("mute", "reversed")]
    assert [type for type, _, _ in events(database)][-5:] == [
        "comments.restored", "item.restored", "decision.reversed", "sanction.lifted",
        "notice.created",
    ]  # fmt: skip


def test_undoing_an_earlier_strike_moves_later_ones_down(database, clock, follow, undo):
    ids = []
    for number in (1, 2):
        ids.append(decision(database, f"post-{number}"))
        clock.advance(days=1)
        follow()
    assert kinds(database) == ["mute"]
    undone = undo(ids[0])
    assert kinds(database) == []
    assert sorted(s.kind for s in undone.sanctions_lifted) == ["mute", "warn"]
    assert [(s.kind, s.decision) for s in undone.sanctions_started] == [("warn", ids[1])]


def test_undoing_twice_is_refused(database, follow, undo):
    id = decision(database)
    undo(id)
    with pytest.raises(ServiceError) as error:
        undo(id)
    assert (error.value.code, error.value.detail) == (
        "conflict",
        f"The decision {id} was undone already, by 'ann'. There is nothing left to undo.",
    )
    assert (follow(), kinds(database)) == (0, [])


def test_undoing_what_was_superseded_or_older_leaves_the_item_as_it_is(
    database, clock, follow, undo
):
    first = decision(database)
    clock.advance(days=1)
    second = decision(database, edit=True)
    follow()
    undone = undo(first)
    assert (undone.state_before, undone.state, undone.in_force) == ("refused", "refused", second)
    with database.read() as connection:
        given = connection.execute(
            sa.select(enforcement.strikes.c.decision).where(
                enforcement.strikes.c.withdrawn.is_(None)
            )
        ).scalars()
        assert list(given) == [second]


def test_a_persons_decision_says_what_it_costs_and_undoing_it_brings_the_first_back(
    database, clock, follow, undo, person
):
    decision(database)
    follow()
    clock.advance(hours=1)
    id = person("post-1", "allow")
    follow()
    assert state(database, "post-1") == ("published", None)
    assert events(database, "sanction.lifted")[0][2]["kind"] == "warn"
    assert events(database, "item.restored") == [
        ("item.restored", "post-1",
         {"decision": id, "account": "baker", "network": "acquaintance"}),
    ]  # fmt: skip
    undone = undo(id)
    assert (undone.state, [s.kind for s in undone.sanctions_started]) == ("refused", ["warn"])


def test_a_person_who_refuses_what_was_held_gives_the_strike(database, follow, person):
    decision(database, "post-1", "hold", ())
    follow()
    id = person("post-1", "refuse", [SELLING])
    follow()
    with database.read() as connection:
        row = connection.execute(sa.select(enforcement.strikes)).one()
    assert (row.decision, row.ladder, row.rule, row.clause) == (id, "promotion", SELLING, "3.1")
    assert state(database, "post-1") == ("refused", None)


def test_what_the_host_deleted_stays_deleted(database, follow, undo):
    id = decision(database, verdict="remove", stage="after")
    follow()
    with database.write() as tx:
        tx.execute(sa.update(core.items).values(state="deleted"))
    assert (undo(id).state, state(database, "post-1")[0]) == ("deleted", "deleted")


def test_followers_won_by_breach_are_taken_and_given_back(database, context, clock, follow, undo):
    accounts = Accounts(context)
    account(database)
    published(database)
    start = clock()
    won = [
        schemas.RelationEvent(
            id=f"e{hour}",
            kind="follower_added",
            account="baker",
            time=start + timedelta(hours=hour),
        )
        for hour in range(-5, 20)
    ]
    accounts.relate(ANN, schemas.RelationEvents(events=won))
    clock.advance(hours=10)
    first = decision(database, "post-1", "remove", (INDUCED,), stage="retroactive")
    follow()
    [(_, subject, data)] = events(database, "followers.disgorge")
    assert (subject, data) == (
        "baker",
        {
            "windows": [{"from": "2014-06-01T00:00:00Z", "until": "2014-06-01T10:00:00Z"}],
            "followers": 10,
        },
    )
    assert accounts.get(ANN, "baker").counts.followers_taken == 10
    undone = undo(first)
    assert undone.followers_restored == 10
    [(_, subject, given)] = events(database, "followers.restore")
    assert (subject, given) == ("baker", data)
    assert accounts.get(ANN, "baker").counts.followers_taken == 0


def test_undoing_tells_the_host_what_holds_instead(database, follow, undo, person):
    fewer = ("links.hidden-target-of-selling",)
    limited = decision(database, "post-1", "limit", fewer)
    follow()
    allowed = person("post-1", "allow")
    follow()
    facts = {"account": "baker", "network": "acquaintance"}
    undo(allowed)
    undo(limited)
    assert events(database, "item.restored", "item.limited") == [
        ("item.restored", "post-1", {"decision": allowed} | facts),
        ("item.limited", "post-1", {"decision": limited, "reach": 0.1} | facts),
        ("item.restored", "post-1", {"decision": limited} | facts),
    ]


def test_followers_are_given_back_only_for_times_that_nothing_else_takes(database, context, clock):
    class Taking(Shipped):
        def named(self, label):
            shipped = super().named(label)
            ladder = Ladder("promotion", None, (Step(2, ("disgorge",), None),))
            return replace(shipped, ladders=shipped.ladders | {"promotion": ladder})

    enforce = Enforcement(context, Taking(), NoCases())
    account(database)
    ids = []
    for number in range(3):
        published(database, f"post-{number}")
        clock.advance(hours=1)
    for number in range(3):
        ids.append(decision(database, f"post-{number}", "remove", stage="retroactive"))
        clock.advance(hours=1)
        enforce.follow()
    undone = Undo(context, Taking()).reverse(ANN, ids[0], UndoRequest(reason="A cake."))
    [span] = undone.windows
    assert (span.begins.hour, span.ends.hour) == (0, 1)
    spans = [data["windows"] for _, _, data in events(database, "followers.disgorge")]
    assert [[(w["from"][11:13], w["until"][11:13]) for w in of] for of in spans] == [
        [("00", "04")], [("04", "05")],
    ]  # fmt: skip


def test_a_post_refused_for_a_mute_comes_back_with_it(database, context, clock, follow, undo):
    account(database)
    first = decision(database, "post-1")
    decision(database, "post-2")
    clock.advance(hours=1)
    muted = decision(database, "chat", rules=("account.mute",))
    decision(database, "worse", rules=("account.mute", "links.marketplace-closed"))
    clock.advance(hours=1)
    Sanctions(context).impose(ANN, Imposition(account="baker", kind="mute", days=1, reason="Spam."))
    clock.advance(hours=1)
    decision(database, "later", rules=("account.mute",))
    follow()
    undone = undo(first)
    assert undone.freed == [muted]
    assert [state(database, item)[0] for item in ("post-1", "chat", "worse", "later")] == [
        "published", "published", "refused", "refused",
    ]  # fmt: skip
    assert [subject for _, subject, _ in events(database, "item.restored")] == ["post-1", "chat"]


def test_a_person_who_allows_frees_what_the_mute_refused(database, clock, follow, person):
    decision(database, "post-1")
    decision(database, "post-2")
    clock.advance(hours=1)
    decision(database, "chat", rules=("account.mute",))
    follow()
    person("post-1", "allow")
    follow()
    assert (kinds(database), state(database, "chat")) == ([], ("published", None))


def test_a_person_who_confirms_frees_nothing_that_the_sanction_refused(
    database, clock, follow, person
):
    """The mute goes on in another decision's name: what it refused meanwhile stays refused."""
    decision(database, "post-1")
    decision(database, "post-2")
    clock.advance(hours=1)
    decision(database, "chat", rules=("account.mute",))
    follow()
    seen = len(events(database))
    person("post-2", "refuse", [SELLING])
    follow()
    assert (kinds(database), state(database, "chat")) == (["mute"], ("refused", None))
    told = [type for type, _, _ in events(database)[seen:]]
    assert told[:3] == ["sanction.lifted", "sanction.started", "decision.made"]


def test_an_edit_is_no_confirmation_of_what_it_takes_the_place_of(database, clock, follow, undo):
    """What only the sanction for the first text refused comes back, though the second has one."""
    decision(database, "post-1")
    first = decision(database, "post-2")
    follow()
    clock.advance(hours=1)
    decision(database, "chat", rules=("account.mute",))
    follow()
    clock.advance(hours=1)
    decision(database, "post-2", edit=True)
    follow()
    undo(first)
    assert (kinds(database), state(database, "chat")) == (["mute"], ("published", None))


def test_a_persons_decision_is_on_whom_the_machines_was(database, follow, person):
    """Though the item was sent again in another's name, as an older release let it be."""
    decision(database, "post-1")
    decision(database, "post-2")
    with database.write() as tx:
        tx.execute(sa.update(core.items).values(account="innocent"))
    follow()
    person("post-2", "refuse", [SELLING])
    follow()
    assert (kinds(database), kinds(database, "innocent")) == (["mute"], [])


def test_the_case_of_an_undone_decision_is_marked(database, follow, undo):
    id = decision(database)
    follow()
    with database.write() as tx:
        tx.execute(
            sa.insert(case_items),
            {"case": "cas_1", "item": "post-1", "decision": id, "added": tx.time},
        )
    undo(id)
    with database.read() as connection:
        row = connection.execute(sa.select(case_actions)).one()
    assert (row.case, row.actor, row.action, row.detail) == (
        "cas_1", "portreeve", "undone", {"decision": id},
    )  # fmt: skip


def test_sanctions_by_hand_stand_beside_and_end_by_time(database, context, clock, follow, undo):
    sanctions = Sanctions(context)
    account(database)
    muted = sanctions.impose(ANN, Imposition(account="baker", kind="mute", days=2, reason="Spam."))
    id = decision(database)
    follow()
    undo(id)
    assert kinds(database) == ["mute"]
    clock.advance(days=2)
    assert kinds(database) == []
    with database.write() as tx:
        assert sanctions.expire(tx) == 1
        assert sanctions.expire(tx) == 0
    assert events(database, "sanction.expired")[0][1] == muted.id
    assert [(s.kind, s.state) for s in sanctions.list(ANN, Paging()).items] == [
        ("warn", "reversed"), ("mute", "expired"),
    ]  # fmt: skip


def test_what_is_lifted_by_hand_stays_lifted_until_the_next_strike(
    database, context, clock, follow
):
    sanctions = Sanctions(context)
    for number in range(6):
        decision(database, f"post-{number}")
        clock.advance(hours=1)
    follow()
    [ban] = [s for s in sanctions.list(ANN, Paging(), in_force=True).items if s.kind == "ban"]
    assert sanctions.lift(ANN, ban.id, Lift(reason="Promised.")).state == "lifted"
    clock.advance(days=100)
    decision(database, "label", "label", ("public-account.undeclared-praise",))
    follow()
    assert kinds(database) == []
    decision(database, "again")
    follow()
    assert kinds(database) == ["ban"]
    with pytest.raises(ServiceError) as error:
        sanctions.lift(ANN, ban.id, Lift(reason="Again."))
    assert error.value.detail == (
        f"The sanction {ban.id} is not in force: it is lifted. "
        "Only what restricts an account can be lifted."
    )


@pytest.mark.parametrize(
    ("kind", "days", "detail"),
    [
        ("mute", None, "`mute` needs an end. Give `days`."),
        ("ban", 3, "`ban` has no length. Leave out `days`, or take `suspend`."),
    ],
)
def test_the_length_of_a_sanction_by_hand_must_fit(context, database, kind, days, detail):
    account(database)
    request = Imposition(account="baker", kind=kind, days=days, reason="Spam.")
    with pytest.raises(ServiceError) as error:
        Sanctions(context).impose(ANN, request)
    assert (error.value.code, error.value.field, error.value.detail) == ("invalid", "days", detail)


def test_two_followers_at_once_draw_everything_once(database, context):
    for number in range(40):
        decision(database, f"post-{number}", account=f"seller-{number % 4}")

    def run():
        enforcement = Enforcement(context, Shipped(), NoCases())
        for _ in range(50):
            enforcement.follow(5)

    threads = [Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with database.read() as connection:
        count = sa.select(sa.func.count())
        assert connection.execute(count.select_from(enforcement.strikes)).scalar() == 40
        assert connection.execute(count.select_from(enforcement.notices)).scalar() == 40
        open_ = connection.execute(count.where(sa.not_(core.decisions.c.followed))).scalar()
    assert (open_, kinds(database, "seller-1").count("ban")) == (0, 1)


def test_a_clock_that_is_behind_loses_no_sanction(database, clock, follow):
    decision(database, "post-1")
    follow()
    decision(database, "post-2")
    clock.advance(seconds=-0.001)
    follow()
    clock.advance(seconds=1)
    assert kinds(database) == ["mute"]


def test_undoing_frees_what_a_mute_refused_that_was_lifted_since(
    database, context, clock, follow, undo
):
    first = decision(database, "post-1")
    decision(database, "post-2")
    follow()
    clock.advance(hours=1)
    muted = decision(database, "chat", rules=("account.mute",))
    follow()
    clock.advance(hours=1)
    sanctions = Sanctions(context)
    [mute] = sanctions.list(ANN, Paging(), in_force=True).items
    sanctions.lift(ANN, mute.id, Lift(reason="Enough."))
    assert undo(first).freed == [muted]
    assert state(database, "chat") == ("published", None)
    assert sanctions.get(ANN, mute.id).state == "lifted"


def test_talk_of_black_goods_that_may_be_said_is_nobodys_case(database, follow, cases):
    decision(database, "news", "allow", (), goods_tier="black")
    decision(database, "news", "allow", (), goods_tier="black", edit=True)
    follow()
    assert cases.opened == []


def test_what_is_edited_while_consequences_are_drawn_keeps_its_state(database):
    decision(database, "post-1", "allow", (), followed=True)
    other = Database(database.url.render_as_string(hide_password=False), clock=database.clock)
    edit = Thread(target=lambda: decision(other, "post-1", "refuse", edit=True))
    with database.write() as tx:
        decided = decided_by_item(tx, ["post-1"])
        edit.start()
        edit.join(0.3)
        settle(tx, decided)
    edit.join()
    other.close()
    assert state(database, "post-1") == ("refused", None)


def test_what_runs_every_second_does_not_read_the_whole_table(database, context):
    seen = []
    with database.write() as tx:
        sa.event.listen(
            tx.connection, "before_cursor_execute", lambda *given: seen.append(given[2:4])
        )
        Sanctions(context).expire(tx)
    statement, values = seen[-1]
    if database.dialect == "sqlite":
        with database.read() as connection:
            plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values).all()
        assert [row[3] for row in plan] == [
            "SEARCH sanctions USING INDEX ix_sanctions_ends (ends<?)"
        ]


def test_a_decision_that_cannot_be_followed_holds_up_no_other(database, follow):
    published(database, "before")
    good = decision(database, "before", "remove", [SELLING])
    published(database, "between")
    bad = decision(database, "between", "remove", [SELLING])
    published(database, "behind")
    later = decision(database, "behind", "remove", [SELLING])
    d = core.decisions
    with database.write() as tx:
        tx.execute(sa.update(d).where(d.c.id == bad).values(policy="forgotten@2014-01"))
    while follow():
        pass
    with database.read() as connection:
        struck = connection.execute(sa.select(enforcement.strikes.c.decision)).scalars().all()
        aside = connection.execute(
            sa.select(core.audit.c.subject, core.audit.c.detail).where(
                core.audit.c.action == "decision.set_aside"
            )
        ).one()
        assert not connection.execute(sa.select(d.c.id).where(sa.not_(d.c.followed))).all()
    assert set(struck) == {good, later}
    assert aside == (bad, {"error": "PolicyError"})
