"""Codes and hashes of pictures, distorted as people and feeds do: `python -m bench.pictures`.

The pictures are made here: posters, chat screenshots, menus and photo collages with a QR code, and
benign twins without one. Nothing here says how often such pictures are posted. ``--page`` writes
the figures into docs/pictures.md.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from rich.console import Console

from bench import machine
from bench.page import Section, median_and_range, put_figures
from bench.picture_maker import DISTORTIONS, LAYOUTS, TWINS, WITH_LOGO, Chance, layout, twin
from bench.speed import ROOT
from portreeve.enforcement.agreement import wilson
from portreeve.pictures import codes, decoding, hashing
from portreeve.pictures.index import WITHIN, Index
from portreeve.pictures.limits import Limits
from portreeve.pictures.payloads import parse

PAGE = ROOT / "docs" / "pictures.md"
_LIMITS = Limits()
_SEED = 20_140_415
_WIDTHS = (750, 1080, 1600)


@dataclass(frozen=True)
class Seen:
    """What came of one file: whether its codes were read, its hash, and seconds of each step."""

    texts: frozenset[str]
    hash: str
    quality: int
    decode: float
    qr: float
    all_codes: float
    pdq: float


def look(data: bytes) -> Seen:
    """Read a file as a worker does, step by step, in this process: the files are our own."""
    began = time.thread_time()
    image = decoding.decode(data, _LIMITS).frames[0][1].shown
    grey = image.convert("L")
    decoded = time.thread_time()
    codes.qr_codes(grey, 0, _LIMITS)
    after_qr = time.thread_time()
    found = codes.read(grey, 0, _LIMITS)
    after_codes = time.thread_time()
    hash_, quality = hashing.pdq(grey)
    hashed = time.thread_time()
    return Seen(
        frozenset(code.text for code in found), hash_, quality,
        decoded - began, after_qr - decoded, after_codes - after_qr, hashed - after_codes,
    )  # fmt: skip


def distance(first: str, second: str) -> int:
    """Bits in which two hashes differ."""
    return (int(first, 16) ^ int(second, 16)).bit_count()


def share(hits: int, trials: int) -> tuple[str, str, str]:
    """Hits of trials, the share, and Wilson's interval."""
    found = wilson(hits, trials)
    return (
        f"{hits:,}/{trials:,}",
        f"{100 * found.value:.1f} %",
        f"{100 * found.low:.1f}–{100 * found.high:.1f} %",
    )


@dataclass
class Figures:
    """What was measured."""

    recall: list[tuple[str, ...]]
    hashes: list[tuple[str, ...]]
    twins: list[tuple[str, ...]]
    times: dict[str, list[float]]


def measure(each: int) -> Figures:
    """Make ``each`` pictures for every distortion, and look at them."""
    figures = Figures([], [], [], {"decode": [], "qr": [], "all": [], "pdq": []})
    chance = Chance(_SEED)
    others = [look(twin(name, chance, 1080).jpeg(85)) for name in TWINS for _ in range(each)]
    strangers = Index(one.hash for one in others)
    for name, distort in DISTORTIONS.items():
        read = whole = same = strange = 0
        distances = []
        for number in range(each):
            made = layout(
                LAYOUTS[number % len(LAYOUTS)], chance, _WIDTHS[number % 3], logo=name == WITH_LOGO
            )
            seen = look(distort(made, chance))
            original = look(made.jpeg(92))
            whole += made.texts <= seen.texts
            read += bool(made.texts & seen.texts)
            distances.append(distance(original.hash, seen.hash))
            same += distances[-1] <= WITHIN
            strange += bool(strangers.near(seen.hash))
            _time(figures, seen)
        figures.recall.append((name, *share(whole, each), f"{read}/{each}"))
        ordered = sorted(distances)
        figures.hashes.append(
            (name, *share(same, each), f"{ordered[each // 2]}", f"{strange}/{each}")
        )
    _other_maker(figures, chance, each)
    _look_at_twins(figures, chance, each)
    return figures


def _other_maker(figures: Figures, chance: Chance, each: int) -> None:
    """Hashes of all pixels, with which banks of HMA are filled, against ours of 504 by 512."""
    distances = []
    for number in range(each):
        grey = layout(LAYOUTS[number % len(LAYOUTS)], chance, _WIDTHS[number % 3]).image.convert(
            "L"
        )
        distances.append(distance(hashing.pdq(grey)[0], hashing.pdq_of_all(grey)[0]))
    same = sum(one <= WITHIN for one in distances)
    middle = sorted(distances)[each // 2]
    row = ("none, hashed by HMA (all pixels)", *share(same, each), f"{middle}", "")
    figures.hashes.append(row)


def _look_at_twins(figures: Figures, chance: Chance, each: int) -> None:
    """Pictures without a code: whatever is read in them is an error."""
    for name in TWINS:
        wrong = contacts = 0
        for number in range(each):
            made = twin(name, chance, _WIDTHS[number % 3])
            data = made.jpeg(chance.whole(20, 90))
            seen = look(data)
            wrong += bool(seen.texts)
            said = parse([("QR Code", text) for text in seen.texts])
            contacts += any(one.contacts or one.links for one in said)
            _time(figures, seen)
        figures.twins.append((name, *share(wrong, each), f"{contacts}/{each}"))


def _time(figures: Figures, seen: Seen) -> None:
    figures.times["decode"].append(1000 * seen.decode)
    figures.times["qr"].append(1000 * seen.qr)
    figures.times["all"].append(1000 * seen.all_codes)
    figures.times["pdq"].append(1000 * seen.pdq)


def _times(figures: Figures) -> list[tuple[str, ...]]:
    named = {
        "decode": "decoding to pixels", "qr": "QR codes alone",
        "all": "QR and other codes", "pdq": "PDQ hash",
    }  # fmt: skip
    rows = []
    for key, title in named.items():
        values = figures.times[key]
        p95 = float(np.percentile(values, 95))
        rows.append((title, median_and_range(values)[0], f"{p95:.1f}", f"{len(values):,}"))
    return rows


def _cut_resolution() -> list[tuple[str, ...]]:
    """Time of QR codes by the size of a picture with one code, and of one without."""
    rows = []
    chance = Chance(_SEED + 1)
    for side in (500, 750, 1080, 1440, 2160, 4000):
        grey = layout("poster", chance, side).image.convert("L")
        plain = twin("menu", chance, side).image.convert("L")
        rows.append(
            (
                f"{grey.width}×{grey.height}",
                f"{_milliseconds(lambda grey=grey: codes.qr_codes(grey, 0, _LIMITS)):.1f}",
                f"{_milliseconds(lambda plain=plain: codes.qr_codes(plain, 0, _LIMITS)):.1f}",
                f"{_milliseconds(lambda grey=grey: codes.read(grey, 0, _LIMITS)):.1f}",
                f"{_milliseconds(lambda grey=grey: hashing.pdq(grey)):.1f}",
            )
        )
    return rows


def _milliseconds(run: Callable[[], object], times: int = 7) -> float:
    """The median of a few runs."""
    spent = []
    for _ in range(times):
        began = time.thread_time()
        run()
        spent.append(time.thread_time() - began)
    return 1000 * float(np.median(spent))


def _searching() -> list[tuple[str, ...]]:
    """Time of one search by the size of the set."""
    random = np.random.default_rng(_SEED)
    rows = []
    for size in (1_000, 100_000, 1_000_000):
        data = random.bytes(32 * size)
        hashes = [data[at : at + 32].hex() for at in range(0, len(data), 32)]
        index = Index(hashes)
        asked = hashes[size // 2]
        rows.append((f"{size:,}", f"{_milliseconds(lambda i=index, a=asked: i.near(a), 21):.2f}"))
    return rows


def sections(figures: Figures, each: int) -> list[Section]:
    """The tables."""
    made_of = (
        f"{each} pictures a row, a third of each 750, 1080 and 1600 pixels wide, layouts in turn: "
        f"{', '.join(LAYOUTS)}. Every fourth has two codes or more. Intervals are Wilson's, 95 %."
    )
    return [
        Section(
            "Recall of QR codes by distortion",
            ("distortion", "all codes read", "share", "interval", "one or more read"),
            tuple(figures.recall),
            (made_of, f"Machine: {machine.description()}.",
             machine.versions(("zxing-cpp", "pdqhash", "pillow", "numpy")) + "."),
        ),
        Section(
            "Benign twins: pictures without a code",
            ("picture", "something read", "share", "interval", "a contact or link"),
            tuple(figures.twins),
            ("The same layouts and papers, with words, grids and patterns where a code would be.",),
        ),
        Section(
            "PDQ: the same picture after a distortion",
            ("distortion", "within 31 bits", "share", "interval", "median bits", "like a twin"),
            tuple(figures.hashes),
            (f"Last column: pictures within 31 bits of any of {len(TWINS) * each} benign twins.",
             "A picture turned far, mirrored or cropped hard is another picture to PDQ."),
        ),
        Section(
            "CPU milliseconds a picture",
            ("step", "median", "95 %", "pictures"),
            tuple(_times(figures)),
            ("All pictures above, in one process; a worker adds the sending of the file.",),
        ),
        Section(
            "CPU milliseconds by size of the picture",
            ("pixels", "QR alone", "QR alone, no code there", "QR and other codes", "PDQ"),
            tuple(_cut_resolution()),
            ("A poster with one code, and a menu without any; median of seven runs.",),
        ),
        Section(
            "CPU milliseconds of a search for one picture",
            ("hashes in the set", "milliseconds"),
            tuple(_searching()),
        ),
    ]  # fmt: skip


def main() -> None:
    """Measure, print, and write the page when asked."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--each", type=int, default=120, help="Pictures for every row.")
    parser.add_argument("--page", action="store_true", help="Write the figures into the docs.")
    asked = parser.parse_args()
    decoding_is_warm = layout("poster", Chance(0), 750).jpeg(80)
    look(decoding_is_warm)
    made = sections(measure(asked.each), asked.each)
    console = Console()
    for section in made:
        section.show(console)
    if asked.page:
        put_figures(PAGE, made)


if __name__ == "__main__":
    main()
