"""Live rooms over HTTP: roles, a shelf that is governed, arrivals, orders, two ledgers."""

import hashlib
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
import sqlalchemy as sa
from plaza import fits, until, words_of

from portreeve.schemas.commerce.live_sales import Telling
from portreeve.schemas.commerce.merchants import DecideLicence
from portreeve.store.tables.enforcement import relations

SELLS = "今晚直播间福利，羊毛衫99元两件，现货秒发，直接拍下单"


@pytest.fixture(scope="module")
def crew(plaza):
    """A verified shop that runs a room, an anchor, a maker, and a buyer."""
    shop, anchor, maker, buyer = (plaza.join("en", shown=one) for one in (
        "Shop", "Mei", "Factory", "Lin",
    ))  # fmt: skip
    shop.post("/ads/business", kind="business", name="Shop", contact="desk", authority="Office")
    with plaza.reviewer("shops") as reviewer:
        [licence] = reviewer.get_merchant(shop.id).licences
        reviewer.decide_licence(shop.id, licence.id, DecideLicence(state="verified"))
    return shop, anchor, maker, buyer


def open_room(person, text="今晚直播聊聊怎么养绿萝", **more):
    page = person.post("/live", text=text, **more)
    row = person.plaza.database.one(
        "SELECT id FROM rooms WHERE operator = ? ORDER BY opened DESC", person.id
    )
    return row["id"], words_of(page)


def put(person, room, maker, text=SELLS):
    page = person.post(f"/live/{room}/shelf", text=text, price="99", maker=maker.name)
    return person.latest(), words_of(page)


@pytest.fixture(scope="module")
def sold(plaza, crew):
    """A room in which the buyer ordered."""
    shop, anchor, maker, buyer = crew
    room, _ = open_room(shop, seller="Factory", anchor=anchor.name)
    sale, _ = put(shop, room, maker)
    buyer.post(f"/live/{room}/enter")
    anchor.post(f"/live/{room}/sales/{sale}/praise")
    buyer.post(f"/live/{room}/sales/{sale}/order")
    return room, sale


def test_a_room_says_who_is_who_and_is_marked(crew, sold):
    page = words_of(crew[3].get(f"/live/{sold[0]}"))
    assert "Anchor Mei Run by Shop Who sells Factory" in page
    assert "Live sale 今晚直播间福利" in page


def test_without_saying_who_sells_the_shelf_waits_and_a_person_may_not_sell(plaza, crew):
    shop, _, maker, buyer = crew
    room, _ = open_room(shop)
    goods, page = put(shop, room, maker)
    assert "Rule 13.2 A live sale says before it begins that it sells" in page
    assert shop.state(goods) == "held"
    assert SELLS not in buyer.get(f"/live/{room}")
    _, page = open_room(plaza.join("en"), SELLS, seller="me")
    assert "This is not published. Rule 13.1" in page


def test_an_arrival_is_told_once_as_metadata(plaza, crew, sold):
    buyer = crew[3]
    room = sold[0]
    buyer.post(f"/live/{room}/enter")
    until(lambda: not plaza.database.all("SELECT 1 FROM owed"))
    rows = plaza.database.all("SELECT person FROM arrivals WHERE room = ?", room)
    assert [row["person"] for row in rows] == [buyer.id]
    with plaza.service.context.database.read() as connection:
        told = sa.select(relations.c.kind, relations.c.account).where(relations.c.other == room)
        found = [tuple(row) for row in connection.execute(told)]
    assert sorted(found) == [("room_entered", buyer.id), ("room_opened", crew[1].id)]


def test_nothing_is_ordered_by_who_has_not_entered(plaza, crew, sold):
    room, sale = sold
    stranger = plaza.join("en")
    stranger.post(f"/live/{room}/sales/{sale}/order")
    stranger.post(f"/live/{room}/sales/{sale}/praise")
    rows = plaza.database.all("SELECT buyer FROM orders WHERE sale = ?", sale)
    assert [row["buyer"] for row in rows] == [crew[3].id]
    assert len(plaza.portreeve.trace_live_sale(sale).steps) == 1
    assert stranger.http.get(f"/live/{room}/sales/{sale}").status_code == 404


def test_a_fake_is_shown_in_two_ledgers_to_whom_it_concerns(plaza, crew, sold):
    _, anchor, maker, buyer = crew
    room, sale = sold
    path = f"/live/{room}/sales/{sale}"
    plaza.portreeve.add_telling(
        sale,
        Telling(
            id="told-1", account=anchor.id, kind="test_report",
            time=datetime.now(UTC) - timedelta(hours=1),
        ),
    )  # fmt: skip
    assert "It is fake: show the proof" in buyer.get(path)
    assert "It is fake: show the proof" not in maker.get(path)
    assert "Choose what it is" in buyer.post(f"{path}/proof", kind="rumour")
    assert maker.post(f"{path}/proof", {"document": b"a report"}, kind="test_report")
    assert "Nothing is owed." in buyer.get(path)
    buyer.post(f"{path}/proof", {"document": b"a report"}, kind="test_report")
    [harm] = {step.harm for step in plaza.portreeve.trace_live_sale(sale).steps}
    report = hashlib.sha256(b"a report").hexdigest()
    assert plaza.portreeve.get_harm(harm).digest == report
    assert (plaza.settings.data / "proofs" / report).read_bytes() == b"a report"
    assert "It is fake: show the proof" not in buyer.get(path)
    assert "A buyer has shown that this is fake." in anchor.get(f"/live/{room}")
    assert "A buyer has shown that this is fake." not in buyer.get(f"/live/{room}")
    read = words_of(buyer.get(path))
    assert "Paid 99.00 CNY · refund 99.00 CNY · damages 500.00 CNY · from Factory to you" in read
    assert "anchor ( Mei ): 0.00 CNY" in read or "anchor (Mei): 0.00 CNY" in read
    assert "Mei : " in read.partition("In conscience")[2]
    assert "A laboratory reported that it is fake" in read
    assert "from Factory to a buyer" in words_of(maker.get(path))


@pytest.mark.parametrize(
    ("surfaces", "reason"),
    [
        ("live: governed", None),
        ("live: {state: 'off', until: {en: Later., zh: 以后。}}", "Later."),
        ("moments: governed", "This is off by the policy in force."),
    ],
)
def test_rooms_are_off_unless_the_policy_in_force_has_them_on(surfaces, reason, plaza, crew):
    flags, client = plaza.app.state.market.surfaces, SimpleNamespace(
        get_policy_in_force=lambda network: SimpleNamespace(policy=f"{network}@2014-06"),
        get_policy=lambda *_: SimpleNamespace(text=f"surfaces:\n  {surfaces}\n"),
    )  # fmt: skip
    real, flags._client = flags._client, client
    try:
        before = plaza.database.one("SELECT count(*) FROM rooms")[0]
        _, page = open_room(crew[0])
        after = plaza.database.one("SELECT count(*) FROM rooms")[0]
    finally:
        flags._client = real
    assert (after > before) == (reason is None)
    assert reason is None or f"Live rooms are not open. {reason}" in page


@pytest.mark.parametrize("language", ["zh", "en"])
def test_it_fits_a_phone(language, phone, crew, sold):
    room, sale = sold
    page = phone(crew[3], language)
    for path in ("/live", f"/live/{room}", f"/live/{room}/sales/{sale}"):
        page.goto(path)
        assert fits(page)
