"""Words in pictures: the gate, lines in order, boxes of evidence, reading without a network."""

import subprocess
import sys
from pathlib import Path

import msgspec
import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont
from tests.pictures.making import file, photo

from portreeve.pictures.gate import worth_reading
from portreeve.pictures.listing import frame, list_pictures
from portreeve.pictures.reader import PictureReader
from portreeve.pictures.structs import Fault
from portreeve.pictures.texts import PictureText, Seen, joined

FONT = Path("/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc")
LINES = ("手工牛肉酱 现货", "要的加微信 demo_shop88", "Order by Friday", "正品保證 假一賠十")
READ = """
import os, signal, sys
from pathlib import Path
import msgspec
from portreeve.pictures.text_reader import TextReader

with TextReader() as reader:
    first, second = (Path(path).read_bytes() for path in sys.argv[1:])
    read = [reader.read(first)]
    process = reader._workers[0]._process
    os.kill(process.pid, signal.SIGALRM)  # as after a quiet minute
    process.wait()
    read += [reader.read(second), reader.read(b"no picture")]
    sys.stdout.buffer.write(msgspec.json.encode(read))
"""


def box(left, top, right, bottom):
    return ((left, top), (right, top), (right, bottom), (left, bottom))


def page(lines=LINES, size=34) -> Image.Image:
    if not FONT.exists():
        pytest.skip("fonts-noto-cjk is not installed: pictures with Chinese cannot be drawn")
    image = Image.new("RGB", (720, 560), (244, 240, 228))
    font = ImageFont.truetype(str(FONT), size, index=2)
    for at, line in enumerate(lines):
        ImageDraw.Draw(image).text((60, 60 + 110 * at), line, font=font, fill=(40, 30, 30))
    return image


def test_lines_are_joined_in_the_order_in_which_they_are_read():
    seen = [
        Seen("下单", 0.9, box(300, 62, 360, 82)),
        Seen("second row", 0.9, box(10, 100, 120, 120)),
        Seen("加微信", 0.9, box(10, 60, 90, 80)),
    ]
    text = joined(400, 200, seen, views=1, most=9)
    assert text.text == "加微信 下单\nsecond row"
    assert [(line.text, line.start) for line in text.lines] == [
        ("加微信", 0), ("下单", 4), ("second row", 7),
    ]  # fmt: skip
    assert not text.cut


def test_rows_lie_as_the_text_lies():
    # a quarter turn to the right: rows go from right to left, and each from the top down
    down = [
        Seen("one", 0.9, ((200, 10), (200, 60), (180, 60), (180, 10))),
        Seen("more", 0.9, ((200, 80), (200, 160), (180, 160), (180, 80))),
        Seen("two", 0.9, ((150, 10), (150, 60), (130, 60), (130, 10))),
    ]
    assert joined(220, 200, down, views=1, most=9).text == "one more\ntwo"


def test_more_lines_than_are_read_are_cut_and_said_to_be():
    seen = [Seen(str(at), 0.9, box(0, 30 * at, 10, 30 * at + 20)) for at in range(3)]
    text = joined(100, 100, seen, views=1, most=2)
    assert (text.text, text.cut) == ("0\n1", True)


def test_a_span_is_shown_as_the_parts_of_lines_that_it_takes():
    seen = [Seen("加微信", 0.9, box(0, 0, 300, 40)), Seen("下单", 0.9, box(0, 60, 200, 100), 2)]
    text = joined(300, 100, seen, views=1, most=9)
    assert text.boxes(1, 5) == [(0, box(100, 0, 300, 40)), (2, box(0, 60, 100, 100))]
    assert text.boxes(3, 4) == []
    narrow = joined(300, 40, [Seen("微ab", 0.9, box(0, 0, 210, 40))], views=1, most=9)
    assert narrow.boxes(1, 3) == [(0, box(100, 0, 210, 40))]


def test_the_gate_lets_pages_pass_and_spares_plain_pictures():
    for turned in (0, 10, 90):
        assert worth_reading(page().rotate(turned, expand=True).convert("L"))
    assert worth_reading(page(size=14).convert("L"))
    shade = np.add.outer(np.arange(480), np.arange(360)) * 255 // 838
    for image in (photo().convert("L"), Image.fromarray(shade.astype(np.uint8))):
        assert not worth_reading(image)
    for size in ((1, 1), (1, 900), (900, 1), (17, 8)):
        assert not worth_reading(Image.new("L", size))


class Said:
    """Stands for the reader of texts, which takes seconds to start."""

    def read(self, data):
        if data.startswith(b"GIF"):
            return Fault("out_of_time")
        seen = [Seen("加微信 demo_shop88", 0.9, box(1, 2, 90, 20))]
        return joined(100, 50, seen, views=1, most=9)


def test_a_listing_has_the_words_or_why_they_were_not_read(tmp_path):
    paths = [tmp_path / name for name in ("a.png", "b.gif", "c.txt")]
    for path, data in zip(paths, (file(photo()), file(photo(2), "GIF"), b"none"), strict=True):
        path.write_bytes(data)
    with PictureReader() as reader:
        rows = frame(list_pictures(paths, reader, texts=Said()))
        assert frame(list_pictures(paths[:1], reader))["text"].to_list() == [None]
    assert rows["text"].to_list() == ["加微信 demo_shop88", None, None]
    assert rows["lines"][0].to_list() == [
        {
            "text": "加微信 demo_shop88", "start": 0, "confidence": 0.9, "frame": 0,
            "box": [[1, 2], [90, 2], [90, 20], [1, 20]],
        }
    ]  # fmt: skip
    assert rows["text_set_aside"].to_list() == [None, "out_of_time", None]
    assert rows["set_aside"].to_list() == [None, None, "not_a_picture"]


def test_words_are_read_without_any_network(tmp_path):
    turned = page().rotate(-90, expand=True)
    for name, image in (("page.jpg", page()), ("turned.jpg", turned)):
        (tmp_path / name).write_bytes(file(image, "JPEG", quality=60))
    apart = ("unshare", "--user", "--map-root-user", "--net")
    files = (str(tmp_path / "page.jpg"), str(tmp_path / "turned.jpg"))
    ran = subprocess.run(
        [*apart, sys.executable, "-c", READ, *files], capture_output=True, check=True, timeout=60
    )
    answers = msgspec.json.decode(ran.stdout)
    assert answers[2] == {"type": "fault", "kind": "not_a_picture"}
    upright, turned = (msgspec.convert(one, PictureText) for one in answers[:2])
    for read in (upright, turned):
        assert read.views == 1
        assert "".join(read.text.split()) == "".join("".join(LINES).split())
        assert min(line.confidence for line in read.lines) > 0.8
    [(frame, shown)] = upright.boxes(at := upright.text.index("demo_shop88"), at + 11)
    assert frame == 0
    # where the handle was drawn: in the second line, behind the Chinese characters
    assert 230 < shown[0][0] < 280
    assert 440 < shown[1][0] < 480
    assert 165 < shown[0][1] < 195
    assert 210 < shown[2][1] < 235
    # what stood in the second row is in the second column from the right
    corners = turned.boxes(at := turned.text.index("demo_shop88"), at + 11)[0][1]
    assert all(560 - 235 < x < 560 - 165 for x, _ in corners)
