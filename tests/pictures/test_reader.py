"""Pictures through the public door: codes, limits, faults of files and of workers."""

import os
import signal
import threading
from pathlib import Path

import pytest
from PIL import Image, ImageFilter, ImageOps
from tests.pictures.making import bomb, file, photo, poster, qr

from portreeve.pictures import pool
from portreeve.pictures.limits import Limits
from portreeve.pictures.reader import PictureReader
from portreeve.pictures.structs import FAULTS

TELEGRAM = "https://t.me/some_shop"
SHOP = "https://shop.example.com/item?id=7"


@pytest.fixture(scope="module")
def reader():
    with PictureReader(Limits(seconds=8.0)) as one:
        yield one


def texts(reader, data):
    return sorted(code.text for code in reader.read([data])[0].codes)


def leaned(image):
    corners = (-40, -30, 0, image.height, image.width, image.height - 40, image.width + 60, 20)
    return image.transform(image.size, Image.Transform.QUAD, corners, Image.Resampling.BICUBIC)


def with_logo(image):
    image = image.copy()
    image.paste((7, 193, 96), (95, 495, 125, 525))
    return image


@pytest.mark.parametrize(
    "made",
    [
        pytest.param(file(poster(TELEGRAM), "JPEG", quality=20), id="jpeg 20"),
        pytest.param(file(poster(TELEGRAM).rotate(33, expand=True)), id="turned"),
        pytest.param(file(poster(TELEGRAM).resize((320, 427))), id="small"),
        pytest.param(file(poster(TELEGRAM, width=2400), "JPEG"), id="small in a large picture"),
        pytest.param(file(leaned(poster(TELEGRAM))), id="from aside"),
        pytest.param(file(ImageOps.invert(poster(TELEGRAM))), id="inverted"),
        pytest.param(file(poster(TELEGRAM).filter(ImageFilter.GaussianBlur(1.2))), id="blurred"),
        pytest.param(file(with_logo(poster(TELEGRAM))), id="with a logo"),
        pytest.param(file(poster(TELEGRAM).convert("P"), "GIF"), id="gif"),
        pytest.param(file(poster(TELEGRAM).convert("1"), "TIFF", compression="group4"), id="fax"),
        pytest.param(file(poster(TELEGRAM), "WEBP", quality=60), id="webp"),
        pytest.param(file(poster(TELEGRAM), "BMP"), id="bmp"),
    ],
)
def test_codes_are_read_as_people_post_them(reader, made):
    assert texts(reader, made) == [TELEGRAM]


def test_a_picture_read_tells_what_it_is_where_its_codes_lie_and_where_they_lead(reader):
    picture = reader.read([file(poster(TELEGRAM, "加微信 abc12345"))])[0]
    first, second = sorted(picture.codes, key=lambda code: code.box)
    assert (picture.format, picture.width, picture.height, picture.frames) == ("PNG", 640, 853, 1)
    assert len(picture.sha256) == len(picture.pdq.hex) == 64
    assert (first.kind, first.leads_to.service, first.leads_to.kind) == (
        "QR Code", "telegram", "contact",
    )  # fmt: skip
    assert [(one.kind, one.key) for one in first.leads_to.contacts] == [("telegram", "some_shop")]
    assert [(one.kind, one.key) for one in second.leads_to.contacts] == [("wechat", "abc12345")]
    xs, ys = zip(*first.box, strict=True)
    assert max(abs(at - to) for at, to in zip((min(xs), max(xs)), (42, 178), strict=True)) < 6
    assert max(abs(at - to) for at, to in zip((min(ys), max(ys)), (442, 578), strict=True)) < 6


def test_a_code_that_only_shows_on_black_is_read(reader):
    clear = qr(TELEGRAM).convert("L")
    light = Image.new("RGBA", (240, 240), (0, 0, 0, 0))
    light.paste(
        Image.new("RGB", clear.size, "white"), (30, 30), clear.point(lambda v: 255 * (v > 99))
    )
    assert texts(reader, file(light)) == [TELEGRAM]


def test_boxes_are_of_the_picture_as_it_is_shown_and_exif_goes_no_further(reader):
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned a quarter to the right
    exif[0x010E] = "a secret place"
    picture = reader.read([file(poster(TELEGRAM), "JPEG", exif=exif)])[0]
    assert (picture.width, picture.height) == (853, 640)
    xs, ys = zip(*picture.codes[0].box, strict=True)
    assert abs(min(xs) - 275) < 6
    assert abs(min(ys) - 42) < 6
    assert "secret" not in repr(picture)


def test_frames_are_read_from_the_first_to_the_last(reader):
    others = [photo(seed, 120) for seed in range(2, 31)]
    late = [*others, qr(TELEGRAM, 120).resize(photo(1, 120).size)]
    for kind in ("GIF", "TIFF", "WEBP"):
        data = file(photo(1, 120), kind, save_all=True, append_images=late)
        picture = reader.read([data])[0]
        assert (picture.frames, picture.frames_read) == (31, 8)
        assert [(code.text, code.frame) for code in picture.codes] == [(TELEGRAM, 30)]


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        pytest.param(b"", "empty", id="empty"),
        pytest.param(b"MZ" * 900, "not_a_picture", id="not a picture"),
        pytest.param(file(photo(), "JPEG")[:150], "damaged", id="nothing but a header"),
        pytest.param(bytes(33 * 1024 * 1024), "too_many_bytes", id="bytes"),
        pytest.param(bomb(10_000, 10_000), "too_many_pixels", id="bomb"),
        pytest.param(bomb(65_535, 30), "too_many_pixels", id="a side that crashes the code reader"),
    ],
)
def test_files_are_set_aside_with_reason_and_remedy(reader, data, kind):
    told = reader.read([data])[0]
    assert (told.kind, told.reason, told.remedy) == (kind, *FAULTS[kind][:2])


def test_a_file_that_ends_early_is_read_as_far_as_it_goes(reader):
    whole = file(poster(TELEGRAM), "JPEG", quality=80)
    picture = reader.read([whole[: len(whole) * 95 // 100]])[0]
    assert picture.cut_off
    assert [code.text for code in picture.codes] == [TELEGRAM]


def test_a_worker_that_is_killed_costs_its_picture_only(reader):
    reader.read([file(photo())])
    (worker,) = reader._pool._workers
    os.kill(worker._process.pid, signal.SIGSTOP)
    timer = threading.Timer(0.3, os.kill, (worker._process.pid, signal.SIGKILL))
    timer.start()
    answers = reader.read([file(photo()), file(poster(SHOP))])
    assert answers[0].kind == "crashed"
    assert answers[1].codes[0].leads_to.links[0].registrable == "example.com"


def test_memory_and_time_end_a_worker_and_not_the_reader():
    big = bomb(7_000, 7_000)
    with PictureReader(Limits(memory=330 * 1024 * 1024)) as small:
        answers = small.read([big, file(poster(SHOP))])
        assert answers[0].kind in {"out_of_memory", "crashed"}
        assert len(answers[1].codes) == 1
    with PictureReader(Limits(seconds=0.02)) as hasty:
        hasty.read([file(qr(SHOP))])  # a worker's first picture may wait for its start
        assert hasty.read([file(photo(width=2400))])[0].kind == "out_of_time"


def test_threads_share_the_workers_and_get_their_own_answers():
    pictures = {seed: file(qr(f"https://t.me/shop_{seed}")) for seed in range(6)}
    found = {}

    def ask(shared, seed):
        found[seed] = texts(shared, pictures[seed])

    with PictureReader(workers=2) as shared:
        threads = [threading.Thread(target=ask, args=(shared, seed)) for seed in pictures]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        pids = [worker._process.pid for worker in shared._pool._workers if worker._process]
    assert found == {seed: [f"https://t.me/shop_{seed}"] for seed in pictures}
    assert pids
    assert not [pid for pid in pids if Path(f"/proc/{pid}").exists()]


def test_a_worker_can_open_no_file_and_knows_no_secret(monkeypatch, reader):
    monkeypatch.setenv("PORTREEVE_MASTER_KEY", "a-secret")
    monkeypatch.setattr(pool, "_TASKS", 0)  # a new worker for the next picture
    reader.read([file(photo())])
    (worker,) = reader._pool._workers
    status = Path(f"/proc/{worker._process.pid}")
    assert b"a-secret" not in (status / "environ").read_bytes()
    limits = (status / "limits").read_text("ascii")
    assert [line.split()[-3:-1] for line in limits.splitlines() if "open files" in line] == [
        ["0", "0"]
    ]


def test_the_same_picture_has_nearly_the_same_hash_and_others_have_not(reader):
    one, smaller, other, mirrored, plain = reader.read(
        [
            file(photo(), "JPEG", quality=90), file(photo().resize((400, 533)), "JPEG", quality=40),
            file(photo(5)), file(ImageOps.mirror(photo())), file(Image.new("RGB", (99, 99))),
        ]
    )  # fmt: skip

    def distance(first, second):
        return (int(first.pdq.hex, 16) ^ int(second.pdq.hex, 16)).bit_count()

    assert distance(one, smaller) <= 31
    assert distance(one, other) > 31
    assert distance(one, mirrored) > 31
    assert one.pdq.quality >= 50 > plain.pdq.quality


def test_two_codes_that_say_the_same_are_two(reader):
    assert texts(reader, file(poster(SHOP, SHOP))) == [SHOP, SHOP]
