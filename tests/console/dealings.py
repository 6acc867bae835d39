"""Partners, group buying and live sales of the invented world."""

from __future__ import annotations

import base64
from datetime import timedelta

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from portreeve.commerce.enrolment import Statement, sign
from portreeve.model import Surface
from portreeve.schemas.access import Scope
from portreeve.schemas.commerce.group_buying import (
    DealFacts,
    EnrolmentProof,
    JoinDeal,
    NewChecker,
)
from portreeve.schemas.commerce.live_sales import (
    LiveSaleFacts,
    NewOrder,
    Praise,
    ProofOfFake,
    SellerShown,
    Telling,
)
from portreeve.schemas.commerce.partners import (
    AppFacts,
    EndInterest,
    EndPartner,
    NewInterest,
    NewPartnerToken,
    PartnerApplication,
)
from portreeve.schemas.screening import Submission
from portreeve.service.actor import Actor

from .posts import CAMPUS, LIVE, ZHAO
from .world import World

HOST = Actor(
    "square", frozenset({Scope.screen, Scope.partners, Scope.group_buying, Scope.live_sales})
)

CREAM, SCARF = "cream-99", "scarf-69"
"""Goods of a live room: one proved fake, one did not."""

_SCHOOL = Ed25519PrivateKey.from_private_bytes(bytes([8]) * 32)
_OLD_SCHOOL = Ed25519PrivateKey.from_private_bytes(bytes([9]) * 32)
_STUDENTS = ("he-yu", "lin-qi", "su-an", "tang-ming")
_DEALS = (
    # what it is, how many complete it, for how many days it is open, who joins
    ("oranges", "水果拼团，20斤脐橙12元，满3人成团", 3, 5.0, 3),
    ("notebooks", "笔记本拼团，十本9元，满4人成团", 4, 6.0, 2),
    ("lamps", "台灯拼团，39元一盏，满20人成团", 20, 0.5, 2),
)
_FEED = ["feed.read", "feed.write"]
_DIARY = AppFacts(
    entity_verified=True, privacy_policy=True, asks_people=True, passes_data_on=False,
    sells_goods=False, keeps_days=14, violation_free_days=700,
)  # fmt: skip
_SHOP = AppFacts(
    entity_verified=True, privacy_policy=True, asks_people=True, passes_data_on=False,
    sells_goods=True, keeps_days=7, violation_free_days=400,
)  # fmt: skip
_NOSY = AppFacts(
    entity_verified=True, privacy_policy=False, asks_people=False, passes_data_on=True,
    sells_goods=False, keeps_days=365, violation_free_days=12,
)  # fmt: skip


def ask_for_scopes(world: World) -> None:
    """Five apps apply; the company has a stake in one of them, and had one in another."""
    partners, interests, ada = world.service.partners, world.service.interests, world.actor("ada")
    begins = world.begin - timedelta(days=400)
    interests.register(ada, NewInterest(party="Mall Ltd", kind="invested", begins=begins))
    old = interests.register(ada, NewInterest(party="Arcade Ltd", kind="board", begins=begins))
    interests.end(ada, old.id, EndInterest(ends=world.begin - timedelta(days=30)))
    for id, name, party, facts, scopes in (
        ("arcade", "Old Arcade", "Arcade Ltd", _DIARY, ["profile.read"]),
        ("diary", "每日一记", "晨光软件", _DIARY, ["feed.write", "profile.read"]),
        ("mall", "Mall", "Mall Ltd", _SHOP, [*_FEED, "share.link"]),
        ("market", "淘街", "Market Ltd", _SHOP, [*_FEED, "share.link"]),
        ("stars", "Star Signs", "Stars Ltd", _NOSY, ["friends.read", "profile.read"]),
    ):
        application = PartnerApplication(name=name, party=party, facts=facts, scopes=scopes)
        partners.apply(HOST, id, application)
    partners.end(world.actor("sun"), "arcade", EndPartner(reason="asked"))
    tokens = world.service.partner_tokens
    old_token = tokens.make(HOST, "diary", NewPartnerToken(days=30))
    tokens.revoke(HOST, old_token.id)
    tokens.make(HOST, "diary", NewPartnerToken(days=60))


def buy_together(world: World) -> None:
    """Deals of a campus are opened and joined; one of them completes."""
    enrolments, deals, ada = world.service.enrolments, world.service.deals, world.actor("ada")
    for key in (_OLD_SCHOOL, _SCHOOL):
        public = base64.b64encode(key.public_key().public_bytes_raw()).decode()
        trusted = enrolments.trust(ada, NewChecker(campus="north", public_key=public))
        if key is _OLD_SCHOOL:
            enrolments.distrust(ada, trusted.id)
    now = world.clock()
    for account, result in (*((one, "enrolled") for one in _STUDENTS), (ZHAO, "graduated")):
        said = Statement(
            account=account, campus="north", result=result, issued=now - timedelta(hours=1),
            expires=now + timedelta(days=200),
        )  # type: ignore[arg-type]  # fmt: skip
        enrolments.show(HOST, account, EnrolmentProof(proof=sign(said, _SCHOOL)))
    for id, text, threshold, days, joining in _DEALS:
        item = Submission(
            id=id, account=CAMPUS, surface=Surface.group_buy, text=text, time=now,
            standing="campus_member", audience="campus:north",
        )  # fmt: skip
        [screened] = world.service.screening.screen(HOST, [item])
        assert screened.state == "published", id
        facts = DealFacts(
            organiser=CAMPUS, campus="north", price=1_200, currency="CNY", threshold=threshold,
            deadline=now + timedelta(days=days),
        )  # fmt: skip
        deals.open(HOST, id, facts)
        for account in _STUDENTS[:joining]:
            assert deals.join(HOST, id, JoinDeal(account=account)).joined


def pay_back(world: World) -> None:
    """A deal missed its threshold: the money goes back."""
    while world.service.deals.advance():
        continue


def sell_live(world: World) -> None:
    """A live room sells a cream whose maker deceived it, and a scarf that is what it is."""
    sales, now = world.service.live_sales, world.clock()
    for id, maker in ((CREAM, "baiyu-factory"), (SCARF, "north-wool")):
        facts = LiveSaleFacts(
            room="room-7", operator="night-market-studio", anchor=LIVE, maker=maker,
            platform="square", currency="CNY",
        )  # fmt: skip
        sales.register(HOST, id, facts)
        praise = Praise(id=f"{id}-show", account=LIVE, time=now - timedelta(hours=5), reach=18_400)
        sales.promote(HOST, id, praise)
    sales.disclose(HOST, SCARF, SellerShown(seller="north-wool", begins=now - timedelta(hours=6)))
    for number in (1, 2):
        told = Telling(
            id=f"told-{number}", account=LIVE, kind="complaint",
            time=now - timedelta(hours=7 + number),
        )  # fmt: skip
        sales.tell(HOST, CREAM, told)
    for sale, number, buyer, paid in (
        (CREAM, 1, ZHAO, 9_900), (CREAM, 2, "lin-qi", 19_800), (CREAM, 3, "su-an", 9_900),
        (SCARF, 1, "he-yu", 6_900),
    ):  # fmt: skip
        order = NewOrder(
            id=f"{sale}-{number}", promotion=f"{sale}-show", buyer=buyer, paid=paid,
            time=now - timedelta(hours=5 - number),
        )  # fmt: skip
        sales.order(HOST, sale, order)
    proof = ProofOfFake(
        orders=[f"{CREAM}-1", f"{CREAM}-2"], proof="test_report", digest="5e" * 32,
        found=now - timedelta(hours=1),
    )  # fmt: skip
    world.service.live_harms.prove(world.actor("sun"), CREAM, proof)
