"""Broken pictures without end: `python -m bench.fuzz_pictures [--minutes 10] [--seed 1]`.

Files that the project makes, in every format that is read, are cut, flipped, spliced and given
wrong sizes, and sent through the pool. The parent must feel nothing: each file gets an answer in
time, no exception comes up, and memory, open files and child processes stay as they were. The first
file that breaks this is written where the system keeps temporary files, with how to play it again.
"""

from __future__ import annotations

import argparse
import collections
import hashlib
import io
import os
import random
import sys
import tempfile
import time
from pathlib import Path

import segno
from PIL import Image, ImageDraw

from portreeve.pictures.limits import Limits
from portreeve.pictures.payloads import parse
from portreeve.pictures.pool import Pool
from portreeve.pictures.structs import Picture

LIMITS = Limits(bytes=4_000_000, pixels=8_000_000, seconds=4.0, memory=768 * 1024 * 1024)
_INTERESTING = (0, 1, 0x7F, 0x80, 0xFF, 0x7FFF, 0x8000, 0xFFFF, 0x7FFFFFFF, 0xFFFFFFFF)
_GROWTH_KIB = 96 * 1024
_CHECKED_EVERY = 200


def seeds() -> list[bytes]:
    """Whole files: every format and way of writing it that is read, one or more frames."""
    small = Image.new("RGB", (96, 96), "white")
    ImageDraw.Draw(small).ellipse((20, 20, 70, 70), fill=(200, 40, 60))
    code = io.BytesIO()
    segno.make("https://t.me/some_shop", error="m").save(code, kind="png", scale=3)
    coded = Image.open(code).convert("RGB")
    clear = coded.convert("RGBA")
    clear.putalpha(140)
    turned = Image.Exif()
    turned[0x0112] = 6
    others = [small.rotate(angle) for angle in (10, 20, 30)]
    made = []

    def save(image: Image.Image, kind: str, **options: object) -> None:
        into = io.BytesIO()
        image.save(into, kind, **options)
        made.append(into.getvalue())

    for image in (small, coded):
        save(image, "JPEG", quality=70, exif=turned)
        save(image, "JPEG", quality=40, progressive=True)
        save(image, "PNG")
        save(image, "WEBP", quality=60)
        save(image, "WEBP", lossless=True)
        save(image, "BMP")
        save(image.convert("P"), "BMP")
        save(image, "GIF")
        save(image, "TIFF", compression="tiff_lzw")
        save(image, "TIFF", compression="tiff_adobe_deflate")
        save(image, "TIFF", compression="jpeg")
    save(clear, "PNG")
    save(clear, "WEBP")
    save(coded.convert("1"), "PNG")
    save(coded.convert("1"), "TIFF", compression="group4")
    save(small.convert("CMYK"), "JPEG")
    save(small.convert("I;16"), "PNG")
    save(small.convert("F"), "TIFF")
    for kind in ("GIF", "WEBP", "PNG", "TIFF", "MPO"):
        save(small, kind, save_all=True, append_images=[coded.resize(small.size), *others])
    return made


def broken(chance: random.Random, whole: list[bytes]) -> bytes:
    """A file with a few things wrong."""
    data = bytearray(chance.choice(whole))
    for _ in range(chance.choice((1, 1, 2, 4, 8, 32))):
        at = _place(chance, len(data))
        match chance.randrange(7):
            case 0:
                data[at : at + 1] = bytes([chance.randrange(256)])
            case 1:
                data[at : at + 1] = bytes([data[at] ^ 1 << chance.randrange(8)]) if data else b"x"
            case 2:
                wide = chance.choice((1, 2, 4))
                value = chance.choice(_INTERESTING) & (1 << 8 * wide) - 1
                data[at : at + wide] = value.to_bytes(wide, chance.choice(("big", "little")))
            case 3:
                del data[at : at + chance.choice((1, 4, 64, 1024))]
            case 4:
                other = chance.choice(whole)
                begin = _place(chance, len(other))
                data[at:at] = other[begin : begin + chance.choice((4, 64, 1024))]
            case 5:
                data[at:at] = data[at : at + chance.choice((4, 64, 512))] * chance.choice((1, 2, 9))
            case _:
                if chance.random() < 0.2:
                    del data[at:]
        if not data:
            data = bytearray(b"\0")
    return bytes(data)


def _place(chance: random.Random, size: int) -> int:
    """A place in a file; every second one near its beginning, where sizes stand."""
    return chance.randrange(min(size, 64) if chance.random() < 0.5 else size)


class Feelings:
    """What the parent would feel: memory, open files, child processes."""

    def __init__(self) -> None:
        self.began = self.now()

    @staticmethod
    def now() -> tuple[int, int, int]:
        """Resident KiB, open files, children."""
        status = Path("/proc/self/status").read_text("ascii")
        resident = int(status.split("VmRSS:")[1].split()[0])
        children = Path(f"/proc/self/task/{os.getpid()}/children").read_text("ascii").split()
        return resident, len(list(Path("/proc/self/fd").iterdir())), len(children)

    def grown(self) -> str | None:
        """What has grown beyond what is allowed."""
        memory, files, children = self.now()
        before, files_before, children_before = self.began
        if memory > before + _GROWTH_KIB:
            return f"memory grew by {(memory - before) // 1024} MiB"
        if files > files_before + 1:
            return f"{files - files_before} files stayed open"
        if children > children_before + 1:
            return f"{children - children_before} processes stayed"
        return None


def fuzz(
    pool: Pool, seed: int, seconds: float, most: int | None = None
) -> collections.Counter[str]:
    """Send broken files until time or number runs out; how many of each answer there were."""
    chance = random.Random(seed)
    whole = seeds()
    answers: collections.Counter[str] = collections.Counter()
    for data in whole:
        assert isinstance(pool.read(data), Picture), "a whole file was set aside"
    feelings = Feelings()
    began = told = time.monotonic()
    count = 0
    while time.monotonic() < began + seconds and (most is None or count < most):
        data = broken(chance, whole)
        sent = time.monotonic()
        wrong = None
        try:
            answer = pool.read(data)
            if isinstance(answer, Picture):
                parse([(code.kind, code.text) for code in answer.codes])
            answers["read" if isinstance(answer, Picture) else answer.kind] += 1
        except Exception as error:
            wrong = repr(error)
        count += 1
        if time.monotonic() - sent > pool.limits.seconds + 2:
            wrong = wrong or "no answer in time"
        if count % _CHECKED_EVERY == 0:
            wrong = wrong or feelings.grown()
        if wrong:
            kept = Path(tempfile.gettempdir()) / f"fuzz-{hashlib.sha256(data).hexdigest()[:12]}"
            kept.write_bytes(data)
            raise SystemExit(f"file {count} of seed {seed}: {wrong}; it is in {kept}")
        if time.monotonic() > told + 60:
            told = time.monotonic()
            print(f"{count:,} files: {dict(answers)}", file=sys.stderr, flush=True)
    return answers


def main() -> None:
    """Fuzz, and tell what came."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    with Pool(1, LIMITS) as pool:
        answers = fuzz(pool, asked.seed, asked.minutes * 60)
    memory, files, children = Feelings.now()
    told = ", ".join(f"{kind} {count:,}" for kind, count in answers.most_common())
    print(f"{answers.total():,} broken files in {asked.minutes:g} minutes: {told}")
    print(f"the parent: {memory // 1024} MiB, {files} open files, {children} children at the end")


if __name__ == "__main__":
    main()
