"""Pictures for those who decide: what is in them, where, clean copies, and the like."""

from __future__ import annotations

import io

import pytest
import sqlalchemy as sa
from PIL import Image

from portreeve.model import Surface
from portreeve.pictures.copying import Copier
from portreeve.schemas.access import Scope
from portreeve.schemas.base import Paging
from portreeve.schemas.cases import CaseQuery, DecideCase, RequestRelease
from portreeve.schemas.pictures import PictureUpload
from portreeve.schemas.screening import Submission
from portreeve.service.actor import PORTREEVE, Actor
from portreeve.service.errors import ServiceError
from portreeve.service.service import Service
from portreeve.service.settings import Settings
from portreeve.store.tables.core import audit
from portreeve.store.tables.pictures import pictures

from .test_pictures import drawn, read_all

BEN, CAM = (Actor(name, frozenset({Scope.cases, Scope.evidence})) for name in ("ben", "cam"))
CODE = "https://u.wechat.com/EAbcDefGh"
HOLD = "我们团队还缺几个伙伴，收入可观，想加入的群里说一声"


@pytest.fixture(scope="module")
def service(tmp_path_factory):
    made = Service.open(Settings(data=str(tmp_path_factory.mktemp("viewing"))))
    made.start()
    for worker in made.workers:
        if worker.name in ("pictures", "enforcement"):
            worker.stop()
    yield made
    made.stop()


@pytest.fixture
def shown(service):
    """Publishes an item with pictures; its decision."""

    def show(id, text, *files, account="ann", surface=Surface.moments):
        names = [
            service.pictures.add(PORTREEVE, PictureUpload(account=account, data=data)).id
            for data in files
        ]
        item = Submission(id=id, text=text, account=account, surface=surface, pictures=names)
        [screened] = service.screening.screen(PORTREEVE, [item])
        read_all(service)
        while service.enforcement.follow():
            continue
        return str(service.stored.item(PORTREEVE, id).decision), names, screened

    return show


def case_of(service, item):
    cases = service.cases.list(BEN, CaseQuery(limit=100)).items
    return next(
        one.id for one in cases
        if item in {held.item for held in service.cases.get(BEN, one.id).contents}
    )  # fmt: skip


def pictures_in(service, decision):
    [said] = service.evidence.read_decisions(BEN, [decision], "test.evidence-read", "test")
    return said.pictures


def audited(service, action):
    with service.context.database.read() as connection:
        return [
            (row.actor, row.subject, row.detail)
            for row in connection.execute(
                sa.select(audit).where(audit.c.action == action).order_by(audit.c.seq)
            )
        ]


def test_evidence_lies_on_the_picture_that_shows_it(service, shown):
    words = drawn("补水面膜 89元一盒", "加微信 abc12345 下单")
    decision, names, _ = shown("v-1", "周末快乐", drawn(code=CODE), drawn(), words)
    coded, plain, written = pictures_in(service, decision)
    assert [one.id for one in (coded, plain, written)] == names
    assert [(one.width, one.height, one.words) for one in (coded, plain, written)] == [
        (640, 480, "none"), (640, 480, "none"), (640, 480, "read"),
    ]  # fmt: skip
    [code] = coded.codes
    assert (code.kind, code.text, code.leads_to, code.service, code.contacts) == (
        "QR Code", CODE, "contact", "wechat", ["wechat:qr:EAbcDefGh"],
    )  # fmt: skip
    left, top, right = code.box.corners[0], code.box.corners[1], code.box.corners[2]
    assert (330 < left < 350, 210 < top < 230, right > left + 80) == (True, True, True)
    assert {(place.field, place.what) for place in coded.evidence} == {
        ("code", "link u.wechat.com"),
        ("code", "contact wechat:qr:EAbcDefGh"),
    }
    assert coded.evidence[0].boxes == [code.box]
    assert plain.evidence == []
    assert written.lines[0].text.startswith("补水面膜")
    handle = next(one for one in written.evidence if one.what == "contact wechat:abc12345")
    assert written.text[handle.start : handle.end] == "微信 abc12345"
    [box] = handle.boxes
    assert 80 < box.corners[1] < 105, "in the second line"
    assert 60 < box.corners[0] < 110, "after its first character"


def test_a_code_shown_twice_counts_once_and_is_marked_in_both_pictures(service, shown):
    first, second = drawn(code=CODE), drawn("二", code=CODE)
    other = drawn(code="https://t.me/some_shop")
    decision, _, screened = shown("v-2", "面膜89元一盒 下单", first, second, other)
    assert {place.what for place in screened.evidence if place.field == "codes.0"} == {
        "link u.wechat.com", "contact wechat:qr:EAbcDefGh",
    }  # fmt: skip
    pictures = pictures_in(service, decision)
    assert [{place.what for place in picture.evidence} for picture in pictures] == [
        {"link u.wechat.com", "contact wechat:qr:EAbcDefGh"},
        {"link u.wechat.com", "contact wechat:qr:EAbcDefGh"},
        {"link t.me", "contact telegram:some_shop"},
    ]  # fmt: skip


def test_a_copy_is_a_jpeg_made_anew_without_metadata(service, shown):
    large = Image.new("RGB", (2400, 1200), "white")
    exif = Image.Exif()
    exif[0x010F] = "secret-camera"
    out = io.BytesIO()
    large.save(out, "JPEG", exif=exif, comment=b"secret-comment")
    decision, [name], _ = shown("v-3", "看图", out.getvalue())
    copy = service.picture_viewing.copy(BEN, decision, name)
    image = Image.open(io.BytesIO(copy))
    assert (image.format, image.size, dict(image.getexif())) == ("JPEG", (1600, 800), {})
    assert b"secret" not in copy
    assert audited(service, "picture.evidence-read")[-1] == (
        "ben", decision, {"picture": name, "release": None},
    )  # fmt: skip


def test_a_copy_is_of_the_frame_asked_for_and_a_see_through_one_lies_on_grey():
    frames = [Image.new("RGB", (8, 8), colour) for colour in ("red", "lime", "blue")]
    animated, clear = io.BytesIO(), io.BytesIO()
    frames[0].save(animated, "GIF", save_all=True, append_images=frames[1:])
    Image.new("RGBA", (8, 8), (0, 0, 0, 0)).save(clear, "PNG")
    with Copier() as copier:
        colours = [
            Image.open(io.BytesIO(copier.copy(data, frame).data)).getpixel((4, 4))
            for data, frame in (
                (animated.getvalue(), 1), (animated.getvalue(), 9), (clear.getvalue(), 0),
            )
        ]  # fmt: skip
    near = [tuple(round(side / 64) for side in colour) for colour in colours]
    assert near == [(0, 4, 0), (4, 0, 0), (2, 2, 2)]


def test_whoever_may_not_read_evidence_gets_no_copy_and_no_other_picture_opens(service, shown):
    decision, [name], _ = shown("v-4", "看图", drawn(code="a"))
    other, _, _ = shown("v-5", "看图", drawn(code="b"))
    with pytest.raises(ServiceError) as error:
        service.picture_viewing.copy(Actor("eve", frozenset({Scope.cases})), decision, name)
    assert error.value.code == "forbidden"
    for asked, picture in ((other, name), (decision, "pic_0"), ("dec_0", name)):
        with pytest.raises(ServiceError) as error:
            service.picture_viewing.copy(BEN, asked, picture)
        assert error.value.code == "not-found"


def test_pictures_of_black_goods_need_the_release_of_two(service, shown):
    decision, [name], screened = shown("v-6", "出售冰毒，加微信 abc12345", drawn(code=CODE))
    assert screened.goods_tier == "black"
    case = case_of(service, "v-6")
    with pytest.raises(ServiceError) as error:
        service.picture_viewing.copy(BEN, decision, name)
    assert (error.value.code, error.value.more) == ("forbidden", {"case": case})
    with pytest.raises(ServiceError, match="sealed"):
        service.evidence.read(BEN, case, Paging())
    asked = service.evidence.request_release(BEN, case, RequestRelease(reason="To decide."))
    service.evidence.grant_release(CAM, case, asked.id)
    assert service.picture_viewing.copy(CAM, decision, name).startswith(b"\xff\xd8")
    assert audited(service, "picture.evidence-read")[-1] == (
        "cam", decision, {"picture": name, "release": asked.id},
    )  # fmt: skip
    [said] = service.evidence.read(BEN, case, Paging()).items
    assert [one.id for one in said.pictures] == [name]


def test_items_with_pictures_that_look_alike_are_named_with_what_was_decided(service, shown):
    poster = drawn("周末的花", code="https://a.example/like")
    smaller = io.BytesIO()
    Image.open(io.BytesIO(poster)).resize((400, 300)).save(smaller, "JPEG", quality=40)
    _, _, first = shown("v-7", HOLD, poster, account="kim", surface=Surface.group)
    assert first.verdict == "hold"
    shown("v-8", "周末快乐", smaller.getvalue(), account="bea")
    case = case_of(service, "v-7")
    found = service.picture_viewing.similar(BEN, case)
    alike = {one.item: one for one in found}
    assert alike["v-8"].bits <= 31
    assert (alike["v-8"].account, alike["v-8"].same_account) == ("bea", False)
    assert (alike["v-8"].verdict, alike["v-8"].by) == ("allow", "screen")
    assert "v-7" not in alike
    with pytest.raises(ServiceError):
        service.picture_viewing.similar(Actor("eve", frozenset()), case)


def test_what_a_person_decided_still_shows_the_pictures_and_erased_ones_are_gone(service, shown):
    shown(
        "v-10",
        HOLD,
        drawn("一", code="https://a.example/ten"),
        account="dan",
        surface=Surface.group,
    )
    case = case_of(service, "v-10")
    revision = service.cases.claim(BEN, case).revision
    service.cases.decide(BEN, case, DecideCase(verdict="allow", reason="Fine.", revision=revision))
    decision = str(service.stored.item(PORTREEVE, "v-10").decision)
    [picture] = pictures_in(service, decision)
    assert picture.codes[0].text == "https://a.example/ten"
    with service.context.database.write() as tx:
        tx.execute(sa.delete(pictures).where(pictures.c.id == picture.id))
    [gone] = pictures_in(service, decision)
    assert (gone.id, gone.gone, gone.codes) == (picture.id, True, [])
