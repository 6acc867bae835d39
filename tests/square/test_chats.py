"""Chats: sealed between two browsers, stamped, and opened one message at a time."""

import json
from datetime import UTC, datetime
from pathlib import Path

import httpx
import msgspec
import pytest
from chatter import Program
from plaza import fits, until
from sealing_vectors import PATH, keys, vectors

from portreeve.franking import InMemorySeen, PublicKey, Report, Stamp, Verifier, commit
from square.franking import Stamper, from_text, to_text
from square.sealing import KeyPair, SealingError, fingerprint, open_, seal

HELLO = "晚上一起吃饭吗？六点老地方"
OFFER = "要药吗？冰毒有货，加微信 abc12345"


@pytest.fixture
def chatting(plaza):
    """Two friends with keys."""
    ann, bob = plaza.join(), plaza.join()
    plaza.friends(ann, bob)
    return Program(ann), Program(bob)


def test_the_vectors_are_what_python_makes():
    assert json.loads(PATH.read_text()) == vectors()
    for one in vectors():
        opened = open_(
            bytes.fromhex(one["sealed"]), bytes.fromhex(one["commitment"]),
            keys("bob"), bytes.fromhex(one["sender_public"]),
        )  # fmt: skip
        assert (opened.message, opened.opening_key.hex()) == (one["message"], one["opening_key"])


def test_the_vectors_are_what_the_browser_makes(plaza, phone):
    page = phone()
    page.goto("/sign-in")
    made = page.evaluate(
        Path(__file__).with_name("vectors.js").read_text(),
        vectors(),
    )
    names = ("sealed", "commitment", "message", "opening_key", "recipient_fingerprint")
    wanted = [{name: one[name] for name in names} | {"again": one["message"]} for one in vectors()]
    assert made == wanted


def test_what_was_changed_or_is_for_another_does_not_open():
    ann, bob, cai = KeyPair.new(), KeyPair.new(), KeyPair.new()
    sealed = seal(HELLO, ann, bob.public)
    assert open_(sealed.data, sealed.commitment, bob, ann.public).message == HELLO
    assert open_(sealed.data, sealed.commitment, ann, bob.public, mine=True).message == HELLO
    spoilt = bytes([*sealed.data[:-1], sealed.data[-1] ^ 1])
    for data, commitment, own, other, mine in (
        (spoilt, sealed.commitment, bob, ann.public, False),
        (sealed.data, bytes(32), bob, ann.public, False),
        (sealed.data, sealed.commitment, cai, ann.public, False),
        (sealed.data, sealed.commitment, bob, ann.public, True),
        (b"\x02" + sealed.data[1:], sealed.commitment, bob, ann.public, False),
        (b"", sealed.commitment, bob, ann.public, False),
        (sealed.data, sealed.commitment, bob, bytes(32), False),
    ):
        with pytest.raises(SealingError):
            open_(data, commitment, own, other, mine=mine)
    with pytest.raises(SealingError):
        seal("长" * 2667, ann, bob.public)
    assert len(seal("", ann, bob.public).data) == len(seal(HELLO, ann, bob.public).data)
    assert fingerprint(ann.public) != fingerprint(bob.public)


def test_a_stamp_is_what_the_franking_library_verifies(tmp_path):
    stamper = Stamper(tmp_path)
    made = commit(HELLO.encode())
    stamp = stamper.stamp(
        made.digest, sender="ann", recipient="博", time=datetime.now(UTC), message_id="m-1"
    )
    report = Report(
        message=HELLO.encode(),
        opening_key=made.opening_key,
        stamp=Stamp.from_json(msgspec.json.encode(stamp)),
        reporter="博",
    )
    public = from_text(stamper.public)
    key = PublicKey(key_id=stamper.key_id, public_key=public, valid_from=stamper.since)
    assert Verifier([key], InMemorySeen()).verify(report).sender == "ann"
    assert Stamper(tmp_path).key_id == stamper.key_id
    assert (tmp_path / "franking.key").stat().st_mode & 0o777 == 0o600


def test_a_message_arrives_byte_for_byte_and_the_server_holds_none_of_it(plaza, chatting):
    ann, bob = chatting
    said = "面膜89元一盒 加微信 abc12345 下单 \u200b威❤ \n\n 两行"
    assert ann.send(bob.person, said).status_code == 200
    assert [opened.message for opened, _ in bob.read(ann.person)] == [said]
    kept = plaza.database.one("SELECT * FROM messages WHERE sender = ?", ann.person.id)
    assert set(kept.keys()) == {
        "seq", "id", "chat", "sender", "recipient", "sender_key", "recipient_key", "sealed",
        "commitment", "stamp", "sent",
    }  # fmt: skip
    account = plaza.portreeve.get_account(ann.person.id)
    assert (account.counts.items, account.strikes) == ({}, [])


def test_only_friends_and_only_well_formed_messages(plaza, chatting):
    ann, bob = chatting
    stranger = Program(plaza.join())
    other = ann.other(bob.person)
    sealed = seal(HELLO, ann.keys, other)
    assert stranger.deliver(bob.person, seal("x", stranger.keys, other), other).status_code == 404
    assert stranger.person.http.get(f"/chats/{bob.person.name}").status_code == 404
    assert ann.deliver(bob.person, sealed, stranger.keys.public).status_code == 409
    assert ann.deliver(bob.person, sealed, other).status_code == 200
    assert ann.deliver(bob.person, sealed, other).json() == {"error": "sent-before"}
    short = type(sealed)(sealed.data[:-1], commit(b"x").digest)
    assert ann.deliver(bob.person, short, other).status_code == 422
    sent = {"token": stranger.person.token, "public": "not a key"}
    assert stranger.person.http.post("/chat-keys", data=sent).status_code == 422
    theirs = {"token": stranger.person.token, "public": to_text(ann.keys.public)}
    stranger.person.http.post("/chat-keys", data=theirs)
    assert bob.other(ann.person) == ann.keys.public
    assert httpx.get(f"{plaza.url}/chats/{bob.person.name}/messages").status_code == 303


def test_a_report_opens_one_message_and_forged_foreign_or_replayed_ones_none(plaza, chatting):
    ann, bob = chatting
    cai = Program(plaza.join())
    for said in (HELLO, OFFER):
        ann.send(bob.person, said)
    (hello, _), (offer, stamp) = bob.read(ann.person)
    before = len(list(plaza.portreeve.each(plaza.portreeve.list_cases)))
    forged = type(offer)("我杀人了", offer.opening_key)
    refusals = [
        bob.report(ann.person, forged, stamp),
        bob.report(ann.person, hello, stamp),
        bob.report(ann.person, offer, stamp | {"sender": bob.person.id}),
        bob.report(ann.person, offer, stamp | {"time_ms": stamp["time_ms"] - 1}),
        bob.report(ann.person, offer, stamp | {"key_id": "another"}),
        cai.report(ann.person, offer, stamp),
        ann.report(bob.person, offer, stamp),
        bob.report(ann.person, offer, stamp, stamp="no stamp"),
    ]
    assert [(one.status_code, one.json()["error"]) for one in refusals] == [
        (422, "wrong-commitment"), (422, "wrong-commitment"), (422, "bad-signature"),
        (422, "bad-signature"), (422, "unknown-key"), (422, "not-the-recipient"),
        (422, "not-the-recipient"), (422, "stamp"),
    ]  # fmt: skip
    assert len(list(plaza.portreeve.each(plaza.portreeve.list_cases))) == before
    assert bob.report(ann.person, offer, stamp).json() == {"reported": True}
    assert bob.report(ann.person, offer, stamp).json() == {"error": "already-reported"}
    until(lambda: len(list(plaza.portreeve.each(plaza.portreeve.list_cases))) == before + 1)
    until(lambda: plaza.portreeve.get_account(ann.person.id).strikes)


def test_two_people_chat_and_one_reports_a_message_on_phones(plaza, phone):
    ann, bob = plaza.join("zh", "小安"), plaza.join("en", "Bob")
    plaza.friends(ann, bob)
    left = phone(ann)
    left.goto("/chats")
    left.get_by_role("link", name="Bob").click()
    left.get_by_text("对方打开过一次私聊之后").wait_for()
    right = phone(bob, "en")
    right.goto(f"/chats/{ann.name}")
    right.get_by_text("Sealed from end to end").wait_for()
    left.get_by_text("端到端加密").wait_for()
    left.get_by_label("消息").last.fill(HELLO)
    left.get_by_label("消息").last.press("Enter")
    left.locator("#said li.mine").wait_for()
    right.get_by_text(HELLO).wait_for()
    right.locator("#say textarea").fill("See you at six")
    right.get_by_role("button", name="Send").click()
    left.get_by_text("See you at six").wait_for()
    left.locator("#say textarea").fill(OFFER)
    left.get_by_role("button", name="发送").click()
    right.get_by_text(OFFER).wait_for()
    for page in (left, right):
        page.get_by_text("核对密钥" if page is left else "Compare keys").click()
        assert fits(page)
    assert _print(left, "own") == _print(right, "other")
    assert _print(left, "other") == _print(right, "own")
    assert _print(left, "own") != _print(left, "other")
    line = right.locator("#said li", has_text=OFFER)
    line.get_by_text("Report", exact=True).click()
    line.get_by_label("What is wrong with it?").fill("drugs")
    line.get_by_role("button", name="Open this message and report it").click()
    line.get_by_text("This one message was opened to those who keep order.").wait_for()
    right.reload()
    right.get_by_text(HELLO).wait_for()
    line.get_by_text("Report", exact=True).click()
    line.get_by_role("button", name="Open this message and report it").click()
    line.get_by_text("This message was reported before.").wait_for()
    assert _private_key_stays(right)


def test_another_browser_has_other_keys_and_the_friend_is_warned(plaza, phone):
    ann, bob = plaza.join("en", "Ann"), plaza.join("en", "Bob")
    plaza.friends(ann, bob)
    left, right = phone(ann, "en"), phone(bob, "en")
    for page, friend in ((left, bob), (right, ann)):
        page.goto(f"/chats/{friend.name}")
    left.get_by_text("Sealed from end to end").wait_for()
    left.locator("#say textarea").fill("before")
    left.get_by_role("button", name="Send").click()
    right.get_by_text("before").wait_for()
    new = phone(ann, "en")
    new.goto(f"/chats/{bob.name}")
    new.get_by_text("Your messages go to another browser of yours.").wait_for()
    new.get_by_text("Sealed to another browser of yours").wait_for()
    new.get_by_role("button", name="Use this browser from now on").click()
    new.get_by_text("Sealed from end to end").wait_for()
    right.get_by_text("Their key has changed").wait_for()
    assert right.locator("#say textarea").is_disabled()
    new.locator("#say textarea").fill("after")
    new.get_by_role("button", name="Send").click()
    right.get_by_text("after", exact=True).wait_for()
    right.get_by_text("Not by the key that you know").wait_for()
    right.get_by_role("button", name="We compared the digits").click()
    right.get_by_text("Sealed from end to end").wait_for()
    assert right.locator("#say textarea").is_enabled()


def _print(page, whose):
    return page.locator(f"#{whose}-print").inner_text()


def _private_key_stays(page):
    return page.evaluate(
        """() => new Promise((resolve) => {
          const asked = indexedDB.open("square-chats");
          asked.onsuccess = () => {
            const all = asked.result.transaction("keys").objectStore("keys").getAll();
            all.onsuccess = async () => {
              const [one] = all.result;
              const taken = crypto.subtle.exportKey("pkcs8", one.private);
              resolve(await taken.then(() => false, () => !one.private.extractable));
            };
          };
        })"""
    )
