"""Pictures that hosts send, and the items that show them."""

from __future__ import annotations

import io
import logging

import pytest
import segno
import sqlalchemy as sa
from PIL import Image, ImageDraw, ImageFont

from portreeve.memory.traces import PICTURE_KEY
from portreeve.schemas.pictures import PictureUpload
from portreeve.schemas.privacy import ErasureReason
from portreeve.schemas.screening import Submission
from portreeve.service.actor import PORTREEVE
from portreeve.service.errors import ServiceError
from portreeve.service.service import Service
from portreeve.service.settings import Settings
from portreeve.store.tables.core import events, items
from portreeve.store.tables.pictures import item_pictures, pictures

FONT = "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc"
CANARY = "picture-canary-7141"


def drawn(*lines: str, code: str | None = None, size: int = 40, quality: int = 85) -> bytes:
    """A picture with lines of text and, if wanted, a QR code."""
    image = Image.new("RGB", (640, 480), "white")
    if lines:
        font = ImageFont.truetype(FONT, size)
        for at, line in enumerate(lines):
            ImageDraw.Draw(image).text((30, 30 + at * (size + 20)), line, "black", font)
    if code is not None:
        buffer = io.BytesIO()
        segno.make(code, error="m").save(buffer, kind="png", scale=5)
        image.paste(Image.open(buffer), (320, 200))
    out = io.BytesIO()
    image.save(out, "JPEG", quality=quality)
    return out.getvalue()


@pytest.fixture(scope="module")
def service(tmp_path_factory):
    made = Service.open(Settings(data=str(tmp_path_factory.mktemp("pictures")), picture_queue=3))
    made.start()
    # what is read, and when, is for the tests to say
    [reading] = [worker for worker in made.workers if worker.name == "pictures"]
    reading.stop()
    yield made
    made.stop()


@pytest.fixture
def send(service):
    """Sends a picture of ann's; its name."""
    return lambda data, account="ann": service.pictures.add(
        PORTREEVE, PictureUpload(account=account, data=data)
    )


def read_all(service):
    while service.picture_reading.advance():
        pass


def screened(service, id, text, *shown, account="ann", **more):
    given = Submission(id=id, text=text, account=account, pictures=list(shown), **more)
    return service.screening.screen(PORTREEVE, [given])[0]


def test_a_code_in_a_picture_is_evidence(service, send):
    sent = send(drawn(code="https://u.wechat.com/EAbcDefGh"))
    assert (sent.format, sent.width, sent.height, sent.codes, sent.known) == (
        "JPEG", 640, 480, 1, [],
    )  # fmt: skip
    post = screened(service, "p-1", "面膜89元一盒 下单", sent.id)
    assert (post.verdict, post.links) == ("refuse", ["u.wechat.com"])
    assert ("codes.0", "link u.wechat.com") in {(e.field, e.what) for e in post.evidence}
    without = screened(service, "p-2", "面膜89元一盒 下单", account="bea")
    assert without.links == []


def test_the_same_file_is_the_same_picture_and_another_accounts_is_not(service, send):
    data = drawn(code="https://a.example/1")
    assert send(data).id == send(data).id
    assert send(data).id != send(data, account="bea").id


def test_an_item_whose_picture_is_missing_is_not_taken(service, send):
    with pytest.raises(ServiceError) as error:
        screened(service, "p-3", "看图", "pic_0")
    assert (error.value.code, error.value.field, error.value.detail) == (
        "invalid",
        "pictures",
        "The picture 'pic_0' is not here. Send the file for the account that shows it (POST "
        "/v1/pictures), and name what comes back.",
    )
    with pytest.raises(ServiceError, match="belongs to another account"):
        screened(service, "p-3", "看图", send(drawn(code="b")).id, account="bea")


def test_pictures_and_what_they_show_are_not_given_both(service, send):
    with pytest.raises(ServiceError, match="Give `pictures`, which are read here, or what"):
        screened(service, "p-4", "看图", send(drawn(code="c")).id, codes=["c"])


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "it is empty. What to do: send the picture again"),
        (drawn()[:200], "nothing in it can be decoded"),
        (b"no picture", "it is none of the formats that are read. What to do: send JPEG, PNG"),
        (b"x" * 9_000_000, "it has more bytes than a picture may have"),
    ],
    ids=["empty", "damaged", "text", "large"],
)
def test_a_file_that_cannot_be_read_is_set_aside(service, send, data, says):
    with pytest.raises(ServiceError) as error:
        send(data)
    assert (error.value.code, error.value.field) == ("invalid", "data")
    assert says in error.value.detail


def test_what_a_picture_says_is_read_later_and_the_item_taken_down(service, send, caplog):
    caplog.set_level(logging.DEBUG)
    sent = send(drawn("补水面膜 89元一盒", "加微信 abc12345 下单", CANARY), "ben")
    assert sent.words == "waiting"
    post = screened(service, "p-5", "周末快乐", sent.id, account="ben")
    assert (post.verdict, post.state) == ("allow", "published")
    read_all(service)
    assert service.pictures.get(PORTREEVE, sent.id).words == "read"
    assert service.stored.item(PORTREEVE, "p-5").state == "removed"
    with service.context.database.read() as connection:
        told = connection.execute(
            sa.select(events.c.data).where(events.c.type == "decision.late")
        ).scalars().all()  # fmt: skip
    assert told == [
        {"item": "p-5", "verdict": "remove", "state": "removed", "answered": "allow"},
    ]
    again = screened(service, "p-5", "周末快乐", sent.id, account="ben")
    assert (again.repeated, again.verdict, again.revision) == (True, "remove", 1)
    assert ("picture_text", "contact wechat:abc12345") in {
        (place.field, place.what) for place in again.evidence
    }
    assert CANARY not in caplog.text


def test_a_picture_without_words_changes_nothing(service, send):
    sent = send(drawn(), "cat")  # by now ann may be muted
    post = screened(service, "p-6", "今天的天空", sent.id, account="cat")
    assert (post.verdict, post.rules) == ("allow", [])
    read_all(service)
    assert service.pictures.get(PORTREEVE, sent.id).words == "none"
    assert service.stored.item(PORTREEVE, "p-6").state == "published"


def test_the_least_urgent_of_too_many_are_given_up_and_counted(service, send):
    sells, codes = "面膜89元一盒", []
    for at in range(5):
        sent = send(drawn(code=f"https://a.example/many/{at}"))
        screened(service, f"many-{at}", sells if at else "猫睡着了", sent.id)
        codes.append(sent.id)
    service.picture_reading._shed()
    words = [service.pictures.get(PORTREEVE, id).words for id in codes]
    assert words.count("shed") >= 2
    assert words[0] == "shed"
    assert b'portreeve_picture_words_total{outcome="shed"}' in service.metrics.page()


def alike(service, *ids):
    with service.context.database.read() as connection:
        rows = connection.execute(sa.select(pictures.c.id, pictures.c.alike)).all()
    return [dict(map(tuple, rows))[id] for id in ids]


def test_accounts_that_show_the_same_poster_are_joined(service, send):
    poster = ("批发面膜", "厂家直供")
    first = send(drawn(*poster, size=60), account="amy").id
    copy = send(drawn(*poster, size=60, quality=30), account="bob").id
    other = send(drawn("全家福", "中秋快乐", size=90), account="cat").id
    plain = send(drawn(), account="amy").id
    one, two, three, none = alike(service, first, copy, other, plain)
    assert (one == two, one == three, none) == (True, False, None)
    for account, id, text in (
        ("amy", first, "补水面膜89元一盒 包邮 下单私聊"),
        ("bob", copy, "面霜特价三盒150 今天下单包邮"),
        ("cat", other, "面膜清仓79元一盒 私聊下单"),
    ):
        screened(service, f"joined-{account}", text, id, account=account)
    graph = service.remembering.graph("acquaintance")
    shown = graph.keys[graph.keys["kind"] == PICTURE_KEY]
    assert shown["accounts"].tolist().count(2) == 1
    service.privacy.erase(PORTREEVE, "amy", ErasureReason.person)
    again = send(drawn(*poster, size=60, quality=50), account="dan").id
    assert alike(service, again) == [two]
    service.privacy.erase(PORTREEVE, "bob", ErasureReason.person)
    service.privacy.erase(PORTREEVE, "dan", ErasureReason.person)
    anew = send(drawn(*poster, size=60, quality=60), account="eli").id
    assert alike(service, anew) != [two]


def test_erasing_a_person_takes_their_pictures_along(service, send):
    sent = send(drawn(code="https://a.example/erased"), account="eve")
    screened(service, "p-9", "看图", sent.id, account="eve")
    service.privacy.erase(PORTREEVE, "eve", ErasureReason.person)
    with service.context.database.read() as connection:
        left = connection.execute(sa.select(pictures.c.id).where(pictures.c.account == "eve")).all()
        shown = connection.execute(
            sa.select(item_pictures.c.item).where(item_pictures.c.item == "p-9")
        ).all()
        kept = connection.execute(sa.select(items.c.id).where(items.c.id == "p-9")).all()
    assert (left, shown, len(kept)) == ([], [], 1)
