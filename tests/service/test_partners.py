"""Partners: a marketplace and an app the company has invested in, by the same criteria."""

import itertools
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from portreeve.schemas.access import Scope
from portreeve.schemas.base import Paging
from portreeve.schemas.commerce import partners as schemas
from portreeve.service.actor import Actor
from portreeve.service.commerce.interests import Interests
from portreeve.service.commerce.partner_tokens import PartnerTokens
from portreeve.service.commerce.partners import Partners
from portreeve.service.retention import Retention
from portreeve.store.tables import trade
from service.desk import refusal
from service.factories import ANN, events

START = datetime(2014, 6, 1, tzinfo=UTC)
SHOP = schemas.AppFacts(
    entity_verified=True, privacy_policy=True, asks_people=True, passes_data_on=False,
    sells_goods=True, keeps_days=7, violation_free_days=400,
)  # fmt: skip
DIARY = msgspec.structs.replace(SHOP, sells_goods=False)
FEED = ["feed.read", "feed.write"]
CLOSED = schemas.EndPartner(reason="closed")


class Platform:
    """The open platform."""

    def __init__(self, context):
        self.context, self.database = context, context.database
        self.interests = Interests(context)
        self.partners = Partners(context, self.interests)
        self.tokens = PartnerTokens(context)

    def invest(self, party, **more):
        new = schemas.NewInterest(party=party, kind="invested", begins=START, **more)
        return self.interests.register(ANN, new)

    def apply(self, id, facts=SHOP, scopes=(*FEED, "share.link"), party=None):
        application = schemas.PartnerApplication(
            name=id.title(), party=party or f"{id} ltd", facts=facts, scopes=list(scopes)
        )
        return self.partners.apply(ANN, id, application)

    def token(self, id, days=30):
        return self.tokens.make(ANN, id, schemas.NewPartnerToken(days=days))

    def check(self, token, scope="feed.read"):
        return self.tokens.check(ANN, schemas.CheckPartnerToken(token=token, scope=scope))


@pytest.fixture
def platform(context):
    return Platform(context)


def reasons(partner):
    return {one.scope: [r.clause for r in one.reasons] for one in partner.refused}


def test_both_are_refused_by_the_same_published_criterion(platform):
    platform.invest("mall ltd")
    market, mall = platform.apply("market"), platform.apply("mall")
    assert (market.interest, mall.interest) == (False, True)
    assert market.granted == mall.granted == ["share.link"]
    assert reasons(market) == reasons(mall) == {"feed.read": ["O2.7"], "feed.write": ["O2.7"]}
    reason = market.refused[0].reasons[0]
    assert "closed to selling" in reason.because.en
    assert "share.link" in reason.comply.en
    published = {one.criterion: one for one in platform.partners.criteria(ANN).criteria}
    assert published[reason.criterion].because == reason.because
    assert [told["granted"] for _, _, told in events(platform.database, "partner.decided")] == [
        ["share.link"]
    ] * 2


def test_an_app_that_does_not_sell_gets_the_feed(platform):
    diary = platform.apply("diary", DIARY)
    assert (diary.granted, diary.refused) == ([*FEED, "share.link"], [])


facts = st.builds(
    schemas.AppFacts, entity_verified=st.booleans(), privacy_policy=st.booleans(),
    asks_people=st.booleans(), passes_data_on=st.booleans(), sells_goods=st.booleans(),
    keeps_days=st.integers(0, 60), violation_free_days=st.integers(0, 120),
)  # fmt: skip
_numbers = itertools.count()


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(first=facts, second=facts, invested=st.sampled_from([(), (0,), (1,), (0, 1)]))
def test_swapping_names_or_investment_changes_nothing(platform, first, second, invested):
    """Through the whole service: apply, then again with names, parties and stakes exchanged."""
    number = next(_numbers)
    ids, parties = (f"a{number}", f"b{number}"), (f"p{number}", f"q{number}")
    for at in invested:
        platform.invest(parties[at])
    before = [platform.apply(*one) for one in zip(ids, (first, second), strict=True)]
    exchanged = [
        platform.apply(id, facts, party=party)
        for id, facts, party in zip(ids[::-1], (first, second), parties, strict=True)
    ]
    assert [one.granted for one in exchanged] == [one.granted for one in before]
    assert [reasons(one) for one in exchanged] == [reasons(one) for one in before]
    compared = platform.partners.compare(ANN, schemas.ParityRequest(first=ids[0], second=ids[1]))
    assert compared.same


def test_two_apps_are_compared(platform):
    platform.invest("mall ltd")
    platform.apply("market")
    platform.apply("mall", DIARY)
    parity = platform.partners.compare(ANN, schemas.ParityRequest(first="market", second="mall"))
    assert parity.same
    assert [(one.partner, one.granted, one.swapped, one.interest) for one in parity.cases] == [
        ("market", ["share.link"], ["share.link"], False),
        ("mall", [*FEED, "share.link"], [*FEED, "share.link"], True),
    ]
    found = platform.partners.figures(ANN)
    assert (found.listed_asked, found.listed_granted) == (3, 3)
    assert (found.others_asked, found.others_granted) == (3, 1)


def test_the_register_says_who_is_named_and_when(platform, clock):
    stake = platform.invest("mall ltd")
    assert platform.apply("mall").interest
    clock.advance(days=10)
    ended = platform.interests.end(ANN, stake.id, schemas.EndInterest(ends=clock()))
    assert ended.ends == clock()
    assert not platform.partners.get(ANN, "mall").interest
    listed = platform.interests.list(ANN, schemas.InterestQuery(party="mall ltd")).items
    assert [(one.kind, one.ends) for one in listed] == [("invested", clock())]
    later = schemas.EndInterest(ends=clock() + timedelta(days=1))
    assert refusal(lambda: platform.interests.end(ANN, stake.id, later))[0] == "conflict"
    assert refusal(lambda: platform.invest("x", ends=START))[0] == "invalid"


def test_a_token_allows_what_the_app_has_and_nothing_else(platform):
    platform.apply("diary", DIARY, ["feed.read"])
    made = platform.token("diary")
    found = platform.check(made.token)
    assert (found.allowed, found.status, found.partner, found.reason) == (True, 200, "diary", None)
    refused = platform.check(made.token, "feed.write")
    assert (refused.allowed, refused.status, refused.reason.code) == (False, 403, "not_granted")


@pytest.mark.parametrize(
    ("reason", "spoil", "code", "clause"),
    [
        ("made up", lambda _p, _t: "ptp_" + "A" * 43, "unknown", "O3.2"),
        ("one letter changed", lambda _p, t: t.token[:-1] + "_", "unknown", "O3.2"),
        ("the id in place of the token", lambda _p, t: t.id, "unknown", "O3.2"),
        ("empty", lambda _p, _t: "", "unknown", "O3.2"),
        ("revoked", lambda p, t: (p.tokens.revoke(ANN, t.id), t.token)[1], "revoked", "O3.3"),
        ("expired", lambda p, t: (p.context.database.clock.advance(days=30), t.token)[1],
         "expired", "O3.4"),
        ("the app sells now", lambda p, t: (p.apply("diary"), t.token)[1], "not_granted", "O3.5"),
    ],
)  # fmt: skip
def test_tokens_that_allow_nothing(reason, spoil, code, clause, platform):
    platform.apply("diary", DIARY)
    made = platform.token("diary")
    found = platform.check(spoil(platform, made))
    assert (found.allowed, found.status) == (False, 403)
    assert (found.reason.code, found.reason.clause) == (code, clause)
    assert found.reason.because.en
    assert found.reason.because.zh


def test_a_token_is_not_stored(platform):
    platform.apply("diary", DIARY)
    made = platform.token("diary")
    with platform.database.read() as connection:
        rows = connection.execute(sa.select(trade.partner_tokens)).all()
    assert made.token not in str(rows)
    assert made.token.removeprefix("ptp_") not in str(rows)


def test_tokens_that_are_not_made(platform):
    platform.apply("market", scopes=FEED)
    assert refusal(lambda: platform.token("market"))[0] == "conflict"
    code, detail = refusal(lambda: platform.token("diary", days=91))
    assert (code, detail) == ("invalid", "A token holds for 90 days at most. (clause O3.1)")
    assert refusal(lambda: platform.token("nobody"))[0] == "not-found"


def test_what_is_refused(platform):
    code, detail = refusal(lambda: platform.apply("x", scopes=["feed.raed"]))
    assert (code, detail) == (
        "invalid", "There is no scope `feed.raed`. Did you mean `feed.read`?",
    )  # fmt: skip
    assert refusal(lambda: platform.partners.get(ANN, "x"))[0] == "not-found"
    assert refusal(lambda: platform.tokens.revoke(ANN, "x"))[0] == "not-found"


def test_apps_are_listed(platform):
    platform.apply("market")
    platform.apply("diary", DIARY)
    first = platform.partners.list(ANN, schemas.PartnerQuery(limit=1))
    assert ([one.id for one in first.items], first.next) == (["diary"], "diary")
    second = platform.partners.list(ANN, schemas.PartnerQuery(limit=1, cursor=first.next))
    assert ([one.id for one in second.items], second.next) == (["market"], None)


def test_apps_are_listed_by_state(platform):
    platform.apply("diary", DIARY)
    platform.apply("market")
    platform.apply("mall", scopes=FEED)
    platform.apply("old", DIARY)
    ended = platform.partners.end(ANN, "old", CLOSED)
    assert (ended.state, ended.granted, ended.refused) == ("ended", [], [])
    for state, ids in {
        "granted": ["diary"], "partly": ["market"], "refused": ["mall"], "ended": ["old"],
    }.items():  # fmt: skip
        listed = platform.partners.list(ANN, schemas.PartnerQuery(state=state)).items
        assert [(one.id, one.state) for one in listed] == [(id, state) for id in ids]


def test_an_app_that_is_ended_can_do_nothing_until_it_applies_again(platform):
    platform.apply("diary", DIARY)
    made = platform.token("diary")
    platform.partners.end(ANN, "diary", CLOSED)
    assert platform.check(made.token).reason.code == "revoked"
    assert events(platform.database, "partner.decided")[-1][2] == {"granted": [], "refused": {}}
    assert refusal(lambda: platform.partners.end(ANN, "diary", CLOSED))[0] == "conflict"
    assert refusal(lambda: platform.partners.end(ANN, "x", CLOSED))[0] == "not-found"
    assert platform.apply("diary", DIARY).state == "granted"
    assert platform.check(made.token).reason.code == "revoked"


def test_an_app_is_held_against_each_criterion(platform):
    platform.apply("market")
    found = platform.partners.outcome(ANN, "market")
    assert found.rules == "partners@2014-06"
    seen = {one.criterion: (one.scopes, one.value, one.met) for one in found.criteria}
    assert seen["feed-is-no-marketplace"] == (FEED, True, False)
    assert seen["keeps-briefly"] == (["feed.read"], 7, True)
    assert seen["no-violation"] == ([*FEED, "share.link"], 400, True)
    assert refusal(lambda: platform.partners.outcome(ANN, "x"))[0] == "not-found"


def test_the_tokens_of_an_app_are_listed_without_their_texts(platform):
    platform.apply("diary", DIARY)
    first, second = platform.token("diary"), platform.token("diary", days=3)
    platform.tokens.revoke(ANN, first.id)
    listed = platform.tokens.list(ANN, "diary", Paging(limit=5)).items
    assert {one.id: one.revoked is not None for one in listed} == {
        first.id: True, second.id: False,
    }  # fmt: skip
    assert not hasattr(listed[0], "token")
    assert refusal(lambda: platform.tokens.list(ANN, "x", Paging()))[0] == "not-found"


def test_what_is_over_of_apps_is_deleted_and_what_is_in_force_stays(platform, clock):
    for id, facts, scopes in (
        ("diary", DIARY, FEED), ("mall", SHOP, FEED), ("old", DIARY, FEED),
    ):  # fmt: skip
        platform.apply(id, facts, scopes)
    platform.token("old", days=90)
    platform.partners.end(ANN, "old", CLOSED)
    decisions, content = (
        platform.context.settings.decision_days, platform.context.settings.content_days,
    )  # fmt: skip
    clock.advance(days=decisions + 2)
    platform.apply("new", SHOP, FEED)
    assert decisions > 90 + content
    assert Retention(platform.context).sweep()["partners"] == 2
    left = platform.partners.list(ANN, schemas.PartnerQuery()).items
    assert [one.id for one in left] == ["diary", "new"]


def test_whoever_audits_reads_the_register(platform):
    platform.invest("mall ltd")
    for scope in (Scope.audit, Scope.interests, Scope.partners):
        reader = Actor("uma", frozenset({scope}))
        assert len(platform.interests.list(reader, schemas.InterestQuery()).items) == 1


def test_scopes(platform):
    host = Actor("host", frozenset({Scope.partners}))
    nobody = Actor("eve", frozenset({Scope.ads}))
    new = schemas.NewInterest(party="x", kind="owned", begins=START)
    calls = [
        lambda: platform.interests.register(host, new),
        lambda: platform.interests.end(host, "x", schemas.EndInterest(ends=START)),
        lambda: platform.interests.list(nobody, schemas.InterestQuery()),
        lambda: platform.partners.apply(nobody, "x", None),
        lambda: platform.partners.get(nobody, "x"),
        lambda: platform.partners.list(nobody, schemas.PartnerQuery()),
        lambda: platform.partners.outcome(nobody, "x"),
        lambda: platform.partners.end(nobody, "x", CLOSED),
        lambda: platform.tokens.list(nobody, "x", Paging()),
        lambda: platform.partners.compare(nobody, None),
        lambda: platform.partners.figures(nobody),
        lambda: platform.partners.criteria(nobody),
        lambda: platform.tokens.make(nobody, "x", None),
        lambda: platform.tokens.check(nobody, None),
        lambda: platform.tokens.revoke(nobody, "x"),
    ]
    assert [refusal(call)[0] for call in calls] == ["forbidden"] * len(calls)
