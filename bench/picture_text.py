"""Text read in pictures, distorted as people and feeds do: ``python -m bench.picture_text``.

The pictures are made here from invented texts, of sellers and of twins who sell nothing. They need
Debian's fonts-noto-cjk. ``--photos FOLDER``: pictures without text, to see how many the gate
spares. Nothing here says how often such pictures are posted. ``--page`` writes the figures into
docs/picture-text.md.
"""

from __future__ import annotations

import argparse
import io
import time
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from pathlib import Path

import polars as pl
from PIL import Image, ImageOps
from rich.console import Console

import portreeve
from bench import machine
from bench.page import Section, median_and_range, put_figures
from bench.picture_maker import DISTORTIONS, Chance, Made
from bench.speed import ROOT
from bench.text_maker import LAYOUTS, Written, busy, picture
from portreeve.enforcement.agreement import wilson
from portreeve.pictures import gate, reading
from portreeve.pictures.decoding import decode
from portreeve.pictures.limits import Limits
from portreeve.pictures.texts import PictureText

PAGE = ROOT / "docs" / "picture-text.md"
_FIRST = 1_000
"""The first picture's number: those before it were looked at while the gate was made."""
_WIDTHS = (720, 1080)
_LEFT_OUT = {"with a logo", "mirrored"}
"""Distortions that are about codes."""
_BUDGETS = (100_000, 200_000, 400_000, 800_000)
_BUDGET_DISTORTIONS = ("none (JPEG 90)", "scaled to 1/2", "photographed")
_LIMITS = Limits()
_NOTHING = Image.new("L", (1, 1))
"""Stands for a picture that was looked at: all of them together would take gigabytes."""


@dataclass(frozen=True)
class Looked:
    """A picture that was drawn, distorted and read, and what it cost."""

    drawn: Written
    read: PictureText
    gate: bool
    wall: float
    cpu: float

    @property
    def lines(self) -> int:
        """Lines that were read without an error; spaces do not count."""
        said = bare(self.read.text)
        return sum(bare(line) in said for line in self.drawn.lines)

    @property
    def characters(self) -> tuple[int, int]:
        """Characters that were read, in order, and those drawn."""
        said, drawn = bare(self.read.text), bare("".join(self.drawn.lines))
        blocks = SequenceMatcher(None, drawn, said, autojunk=False).get_matching_blocks()
        return sum(block.size for block in blocks), len(drawn)

    @property
    def handle(self) -> bool:
        """Whether the handle was read without an error."""
        return self.drawn.handle in bare(self.read.text)


def bare(text: str) -> str:
    """A text without spaces, of one width and case."""
    return "".join(unicodedata.normalize("NFKC", text).lower().split())


def look(reader: reading.Reader, drawn: Written, distortion: str, number: int) -> Looked:
    """Distort a picture and read it in this process: the files are our own."""
    made = Made(drawn.image, frozenset())
    data = DISTORTIONS[distortion](made, Chance(number))
    wall, cpu = time.perf_counter(), time.process_time()
    decoded = decode(data, _LIMITS)
    read = reader.read(decoded, always=True)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    seen = gate.worth_reading(decoded.frames[0][1].shown.convert("L"))
    return Looked(replace(drawn, image=_NOTHING), read, seen, wall, cpu)


def drawn(count: int) -> Iterator[tuple[int, Written]]:
    """Pictures of sellers and of twins in turn, of both widths."""
    for at in range(count):
        number = _FIRST + at // 2
        yield (
            number,
            picture(number, selling=at % 2 == 0, width=_WIDTHS[at // 4 % len(_WIDTHS)]),
        )


def share(hits: int, trials: int) -> tuple[str, str]:
    """A share of so many with Wilson's interval; and of how many."""
    if not trials:
        return "–", "0"
    found = wilson(hits, trials)
    return (
        f"{100 * found.value:.1f} % ({100 * found.low:.1f}–{100 * found.high:.1f})",
        f"{trials:,}",
    )


def recall(looked: Sequence[Looked]) -> tuple[str, ...]:
    """Lines, characters and handles that were read."""
    characters = [one.characters for one in looked]
    handles = [one.handle for one in looked if one.drawn.handle]
    return (
        *share(sum(one.lines for one in looked), sum(len(one.drawn.lines) for one in looked)),
        share(sum(got for got, _ in characters), sum(of for _, of in characters))[0],
        *share(sum(handles), len(handles)),
    )


_RECALL = ("lines without an error", "n", "characters", "handles without an error", "n")


def by_distortion(everything: dict[str, list[Looked]]) -> Section:
    """Recall of each distortion."""
    return Section(
        "Recall by distortion",
        ("distortion", *_RECALL),
        tuple((name, *recall(looked)) for name, looked in everything.items()),
        (
            f"Each row has the same {len(next(iter(everything.values())))} pictures, of "
            f"{' and '.join(map(str, _WIDTHS))} pixels' width before they are distorted. Lines of "
            "one picture stand or fall together more than the intervals say.",
        ),
    )


def by_kind(everything: dict[str, list[Looked]]) -> Section:
    """Recall by layout and by script, over the distortions that leave text legible."""
    plain = [one for name in ("none (JPEG 90)", "JPEG 40") for one in everything[name]]
    rows = [
        (layout, *recall([one for one in plain if one.drawn.layout == layout]))
        for layout in LAYOUTS
    ]
    for script in ("simplified", "traditional", "English"):
        if of := [one for one in plain if _script(one.drawn) == script]:
            rows.append((script, *recall(of)))
    return Section(
        "Recall by layout and script", ("pictures", *_RECALL), tuple(rows),
        ("JPEG 90 and JPEG 40 together.",),
    )  # fmt: skip


def _script(written: Written) -> str:
    if "".join(written.lines).isascii():
        return "English"
    return "traditional" if written.traditional else "simplified"


def the_gate(everything: dict[str, list[Looked]], photos: Sequence[bytes], about: str) -> Section:
    """How often the gate skips pictures in which something can be read, and what it spares."""
    rows: list[tuple[str, ...]] = []
    legible: list[bool] = []
    for name, looked in everything.items():
        skipped = [not one.gate for one in looked if one.lines]
        legible += skipped
        rows.append((f"skipped: {name}", *share(sum(skipped), len(skipped))))
    rows.append(("**skipped: all**", *share(sum(legible), len(legible))))
    spared = [not _worth(data) for data in photos]
    rows.append(("spared: photographs given, without text", *share(sum(spared), len(spared))))
    scenes = [not gate.worth_reading(_scene(number)) for number in range(200)]
    rows.append(("spared: scenes drawn here, without text", *share(sum(scenes), len(scenes))))
    scene = _scene(1)
    times = [_milliseconds(scene) for _ in range(100)]
    middle, spread = median_and_range(times, " ms")
    return Section(
        "The gate", ("pictures", "share", "n"), tuple(rows),
        ("Skipped: of the pictures in which at least one line can be read without an error.",
         f"Time on a grey picture of 1080×1440: {middle} ({spread}) in 100 runs.",
         f"All figures: {about}."),
    )  # fmt: skip


def _worth(data: bytes) -> bool:
    image = decode(data, _LIMITS).frames[0][1].shown
    return gate.worth_reading(image.convert("L"))


def _scene(number: int) -> Image.Image:
    return busy(Chance(number), (1080, 1440)).convert("L")


def _milliseconds(grey: Image.Image) -> float:
    began = time.perf_counter()
    gate.worth_reading(grey)
    return 1000 * (time.perf_counter() - began)


def photographs(folder: Path | None) -> list[bytes]:
    """Pictures of a folder as people post them: 1080×1440, JPEG 82; plain grounds left out."""
    files: list[bytes] = []
    for path in sorted(folder.rglob("*")) if folder else []:
        if path.suffix.lower() not in {".jpg", ".png", ".webp"} or path.is_symlink():
            continue
        shown = decode(path.read_bytes(), Limits()).frames[0][1].shown
        fitted = ImageOps.fit(shown, (1080, 1440))
        low, high = fitted.convert("L").getextrema()
        if high - low >= 20:  # type: ignore[operator]
            into = io.BytesIO()
            fitted.save(into, "JPEG", quality=82)
            files.append(into.getvalue())
    return files


def budgets(count: int) -> Section:
    """Recall and seconds by the size of the copy in which lines are looked for."""
    rows = []
    for pixels in _BUDGETS:
        reader = reading.Reader(pixels)
        looked = [
            look(reader, written, name, number)
            for name in _BUDGET_DISTORTIONS
            for number, written in drawn(count)
        ]
        rows.append(
            (
                f"{pixels:,}",
                *recall(looked),
                _seconds(one.cpu for one in looked),
                _seconds(one.wall for one in looked),
            )
        )
    return Section(
        "Cost and recall", ("pixels", *_RECALL, "CPU s a picture", "s by the clock"), tuple(rows),
        (f"Each row has {count} pictures under each of {', '.join(_BUDGET_DISTORTIONS)}.",
         "One thread, decoding included: median (range). By the clock it depends on who else "
            "uses the machine. "
         f"{reading.PIXELS:,} pixels are the default."),
    )  # fmt: skip


def _seconds(values: Iterable[float]) -> str:
    middle, spread = median_and_range(list(values))
    return f"{middle} ({spread})"


def screened(everything: dict[str, list[Looked]]) -> Section:
    """What the shipped policy decides on the pictures' text, and on the same text typed."""
    rows = []
    for name, looked in {"typed, no picture": everything["none (JPEG 90)"], **everything}.items():
        typed = name.startswith("typed")
        shown = ["\n".join(one.drawn.lines) if typed else one.read.text for one in looked]
        empty = [""] * len(shown)
        posts = {"text": shown} if typed else {"text": empty, "picture_text": shown}
        verdicts = portreeve.screen(pl.DataFrame(posts))["verdict"].to_list()
        decided = list(zip((one.drawn.selling for one in looked), verdicts, strict=True))
        sellers = [verdict in {"refuse", "hold"} for selling, verdict in decided if selling]
        twins = [verdict in {"allow", "label"} for selling, verdict in decided if not selling]
        rows.append((name, *share(sum(sellers), len(sellers)), *share(sum(twins), len(twins))))
    return Section(
        "From picture to verdict",
        ("pictures", "sellers refused or held", "n", "twins that pass", "n"), tuple(rows),
        ("The policy `acquaintance` on posts of a picture without a word beside it; first, the "
         "same words typed.",),
    )  # fmt: skip


def main() -> None:
    """Measure, print, and write the page if asked."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--each", type=int, default=48, help="pictures for every distortion")
    parser.add_argument("--photos", type=Path, help="folder of pictures without text")
    parser.add_argument("--page", action="store_true", help=f"write {PAGE.name}")
    given = parser.parse_args()
    console = Console(width=140)
    about = machine.description()
    console.print(about)
    reader = reading.Reader()
    everything = {
        name: [look(reader, written, name, number) for number, written in drawn(given.each)]
        for name in DISTORTIONS
        if name not in _LEFT_OUT
    }
    sections = [
        the_gate(everything, photographs(given.photos), about), by_distortion(everything),
        by_kind(everything), budgets(given.each // 2), screened(everything),
    ]  # fmt: skip
    for section in sections:
        section.show(console)
    if given.page:
        put_figures(PAGE, sections)


if __name__ == "__main__":
    main()
