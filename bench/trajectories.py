"""Slides foretold, and false alarms: `python -m bench.trajectories [--page]`.

Simulated sellers, as traces; then the towns' sellers, both generators, through the whole text path.
All of it is synthetic, and nothing here says how many real sellers slide. ``--page`` writes the
figures into the docs.
"""

from __future__ import annotations

import argparse
import dataclasses
import datetime
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray
from rich.console import Console

from bench import machine
from bench.page import Section, put_figures
from bench.speed import ROOT
from portreeve.admission import admit
from portreeve.enforcement.agreement import wilson
from portreeve.engine import assess
from portreeve.memory.hashing import numbers
from portreeve.memory.traces import SELLS, TRACE, Secret, Traces, trace
from portreeve.memory.trajectories import Trajectories, TrajectorySettings
from portreeve.policy import load
from town.chance import Chance
from town.second import Second
from town.sellers import First, Sellers, Trade
from town.town import Town

PAGE = ROOT / "docs" / "memory-trajectories.md"
DAY = 86_400 * 1_000_000
WEEKS = 8
GREY, STRICT, BLACK = 2, 3, 4
_MISREAD = 0.06
_UNREAD = 0.3
_MANY = 4_000
_NEVER = np.iinfo(np.int64).max
_THRESHOLDS = (4.0, 5.0, 6.0, 7.0, 8.0, 10.0, 12.0)
_TOWN_ACCOUNTS, _TOWN_DAYS = 10_000, 56
_WRITTEN = 300

Random = np.random.Generator


@dataclass(frozen=True)
class Life:
    """A seller's posts: days and tiers, and when the first black goods come; -1 for never."""

    days: NDArray[np.float64]
    tiers: NDArray[np.int64]
    black: float = -1.0


def _rate(random: Random) -> float:
    """Selling posts a day: half of all sellers between 0.5 and 2."""
    return float(np.clip(random.lognormal(0.0, 1.0), 0.2, 10.0))


def _days(random: Random, days: float = WEEKS * 7) -> NDArray[np.float64]:
    return np.sort(random.uniform(0, days, random.poisson(_rate(random) * days)))


def _steady(tier: int) -> Callable[[Random], Life]:
    def life(random: Random) -> Life:
        days = _days(random)
        return Life(days, np.full(len(days), tier))

    return life


def _mixed(random: Random) -> Life:
    days = _days(random)
    share = random.uniform(0.1, 0.5)
    return Life(days, np.where(random.random(len(days)) < share, STRICT, GREY))


def _upmarket(random: Random) -> Life:
    days = _days(random)
    return Life(days, np.where(days < random.uniform(14, 42), 1, GREY))


def _one_week_of_tea(random: Random) -> Life:
    """A seller of masks who has slimming tea on offer for four days, once."""
    days = _days(random)
    began = random.uniform(14, 49)
    offer = (days > began) & (days < began + 4) & (random.random(len(days)) < 0.5)
    return Life(days, np.where(offer, STRICT, GREY))


def _misread_goods(random: Random) -> Life:
    """New grey goods that one reads as grey-strict, every time, beside the old ones."""
    days = _days(random)
    new = (days > random.uniform(14, 42)) & (random.random(len(days)) < 0.25)
    return Life(days, np.where(new, STRICT, GREY))


def _slide(strict: tuple[float, float], blend: tuple[float, float]) -> Callable[[Random], Life]:
    """Grey for two to four weeks, grey-strict for some days, then black."""

    def life(random: Random) -> Life:
        turn = random.uniform(14, 28)
        black = turn + random.uniform(*strict)
        days = _days(random, black + 7)
        gone_over = (days - turn) / max(0.01, random.uniform(*blend))
        tiers = np.where(random.random(len(days)) < gone_over, STRICT, GREY)
        tiers = np.where((days >= black) & (random.random(len(days)) < 0.5), BLACK, tiers)
        first = days[tiers == BLACK]
        return Life(days, tiers, float(first[0]) if len(first) else black)

    return life


STEADY: dict[str, Callable[[Random], Life]] = {
    "masks for eight weeks": _steady(GREY),
    "supplements for eight weeks": _steady(STRICT),
    "a mixed shelf, 10 to 50 % grey-strict": _mixed,
    "clothes, then masks (white to grey)": _upmarket,
    "masks, slimming tea on offer for four days": _one_week_of_tea,
    "masks, and new goods always misread (a quarter of posts)": _misread_goods,
}
SLIDING: dict[str, Callable[[Random], Life]] = {
    "grey-strict for 10 to 24 days, at once": _slide((10, 24), (0, 1)),
    "grey-strict for 10 to 24 days, blended in over 5 to 14": _slide((10, 24), (5, 14)),
    "grey-strict for 3 to 7 days only": _slide((3, 7), (0, 1)),
    "grey straight to black": _slide((0, 0.01), (0, 1)),
}


def traces_of(lives: list[Life], random: Random) -> Traces:
    """The lives as memory sees them: some posts without a tier, some with a wrong one."""
    whole = []
    for number, life in enumerate(lives, 1):
        rows = np.zeros(len(life.days), dtype=TRACE)
        rows["account"] = number
        rows["time"] = (life.days * DAY).astype(np.int64)
        wrong = random.random(len(rows)) < _MISREAD
        # black goods are not misread here: what is counted is the time until the first of them
        wrong &= life.tiers != BLACK
        rows["tier"] = np.where(wrong, random.integers(1, 4, len(rows)), life.tiers)
        rows["tier"][random.random(len(rows)) < _UNREAD] = 0
        whole.append(rows)
    rows = np.concatenate(whole)
    rows["item"] = np.arange(1, len(rows) + 1)
    rows["flags"] = SELLS
    return Traces(rows[np.argsort(rows["time"], kind="stable")], np.zeros(0))


def first_alarms(traces: Traces, settings: TrajectorySettings) -> dict[int, int]:
    """When each account's first alarm was raised."""
    facts = Trajectories(settings).see(traces)
    raised = np.flatnonzero(facts["raised"])
    found: dict[int, int] = {}
    for account, alarm in zip(
        traces.rows["account"][raised].tolist(), traces.rows["time"][raised].tolist(), strict=True
    ):
        found.setdefault(account, alarm)
    return found


def _share(hits: int, many: int) -> str:
    if not many:
        return "-"
    found = wilson(hits, many)
    digits = 1 if many < 5_000 else 2
    return f"{found.value:.{digits}%} [{found.low:.{digits}%}, {found.high:.{digits}%}]"


def _foretold(lives: list[Life], alarms: dict[int, int]) -> tuple[list[float], int]:
    """Lead times in days of the alarms before the first black post; how many lives had one."""
    leads = [life.black - alarms.get(number, _NEVER) / DAY for number, life in enumerate(lives, 1)]
    return [lead for lead in leads if lead > 0], len(leads)


def _able(lives: list[Life], traces: Traces, settings: TrajectorySettings) -> list[int]:
    """Which lives showed enough, before the first black post, that an alarm was possible."""
    black = np.array([_NEVER] + [int(life.black * DAY) for life in lives])
    rows = traces.rows[traces.rows["tier"] > 0]
    early = rows["account"][rows["time"] < black[rows["account"].astype(np.int64)]]
    known = np.bincount(early.astype(np.int64), minlength=len(lives) + 1)
    return np.flatnonzero(known >= settings.least_before + settings.least_since).tolist()


def _lead(leads: list[float]) -> str:
    if not leads:
        return "-"
    low, middle, high = np.percentile(leads, [10, 50, 90])
    return f"{middle:.1f} ({low:.1f} to {high:.1f})"


def simulated(settings: TrajectorySettings) -> Section:
    """Alarms on simulated sellers."""
    rows = []
    for at, (name, live) in enumerate((STEADY | SLIDING).items()):
        random = np.random.default_rng(1_000 + at)
        lives = [live(random) for _ in range(_MANY)]
        traces = traces_of(lives, random)
        alarms = first_alarms(traces, settings)
        if name in STEADY:
            rows.append(
                (f"steady: {name}", f"{_MANY:,}", _share(len(alarms), _MANY), "-", "-", "-")
            )
        else:
            leads, many = _foretold(lives, alarms)
            able = _able(lives, traces, settings)
            told = sum(lives[n - 1].black * DAY > alarms.get(n, _NEVER) for n in able)
            rows.append((
                f"slide: {name}", f"{many:,}", "-", _share(len(leads), many),
                _share(told, len(able)), _lead(leads),
            ))  # fmt: skip
    return Section(
        "Simulated sellers",
        ("seller", "n", "false alarm in 8 weeks", "alarm before the first black post",
         "of those with 9 read posts by then",
         "lead time in days, median (10 to 90 %)"),
        tuple(rows),
        (
            "Synthetic. A seller posts 0.2 to 10 times a day (log-normal, median 1). Of posts, "
            f"{_UNREAD:.0%} have no tier, {_MISREAD:.0%} one at random. Wilson's 95 % intervals.",
            "What is misread always and what slides look alike: better reading of goods mends it, "
            "no threshold does.",
        ),
    )  # fmt: skip


def thresholds(settings: TrajectorySettings) -> Section:
    """What each threshold costs and gives."""
    random = np.random.default_rng(7)
    steady = [live(random) for live in STEADY.values() for _ in range(_MANY // 4)]
    steady = steady[: 4 * (_MANY // 4)]  # without the two that are meant to be hard
    sliding = [live(random) for live in list(SLIDING.values())[:2] for _ in range(_MANY // 2)]
    quiet, loud = traces_of(steady, random), traces_of(sliding, random)
    rows = []
    for evidence in _THRESHOLDS:
        chosen = dataclasses.replace(settings, evidence=evidence)
        false = first_alarms(quiet, chosen)
        leads, many = _foretold(sliding, first_alarms(loud, chosen))
        shown = f"**{evidence:g}**" if evidence == settings.evidence else f"{evidence:g}"
        rows.append(
            (shown, _share(len(false), len(steady)), _share(len(leads), many), _lead(leads))
        )
    return Section(
        "Thresholds of evidence",
        ("nats", f"false alarms, first four kinds (n = {len(steady):,})",
         f"foretold, first two kinds (n = {len(sliding):,})", "lead time in days"),
        tuple(rows),
        ("The default is bold. It was chosen on this table; the towns below were not looked at.",),
    )  # fmt: skip


class Reader:
    """Texts to traces, by the whole text path."""

    def __init__(self) -> None:
        self._policy = load("acquaintance")
        self._secret = Secret.of(b"bench")
        self._now = datetime.datetime(2014, 12, 31, tzinfo=datetime.UTC)

    def __call__(self, posts: pl.DataFrame) -> Traces:
        items = admit(posts, self._policy).items
        parts = []
        for batch in items.iter_slices(20_000):
            assessed = assess(batch)
            read = trace(
                assessed.items, assessed.facts, assessed.places, self._policy, self._secret,
                self._now,
            )  # fmt: skip
            parts.append(read.rows)
        rows = np.concatenate(parts)
        return Traces(rows[np.argsort(rows["time"], kind="stable")], np.zeros(0))


def town(sellers: str, read: Reader, settings: TrajectorySettings) -> tuple[str, ...]:
    """False alarms in a town: nobody in it changes their goods."""
    made = Town(accounts=_TOWN_ACCOUNTS, days=_TOWN_DAYS, seed=3, sellers=sellers)
    posts = [
        (post.id, post.surface, post.account, post.text, post.time)
        for district in made.districts()
        for day in made.posts(district)
        for post, _ in day
    ]
    frame = pl.DataFrame(
        posts, schema=["id", "surface", "account", "text", "time"], orient="row"
    ).with_columns(pl.col("time").str.to_datetime(time_zone="UTC", time_unit="us"))
    traces = read(frame)
    alarms = first_alarms(traces, settings)
    sells = (traces.rows["flags"] & SELLS > 0) & (traces.rows["tier"] > 0)
    known = np.unique(traces.rows["account"][sells], return_counts=True)[1]
    able = int((known >= settings.least_before + settings.least_since).sum())
    return (
        f"town, {sellers} generator", f"{len(frame):,}", f"{_TOWN_ACCOUNTS:,}", f"{able:,}",
        _share(len(alarms), able), _share(len(alarms), _TOWN_ACCOUNTS),
    )  # fmt: skip


def towns(read: Reader, settings: TrajectorySettings) -> Section:
    """False alarms in towns of both generators."""
    return Section(
        "Towns, through the whole text path",
        ("town", "posts", "accounts", "sellers with 9 read posts", "of these, false alarm",
         "of all accounts"),
        tuple(town(sellers, read, settings) for sellers in ("first", "second")),
        (f"{_TOWN_DAYS} days. Synthetic. The second generator is never used for tuning.",),
    )  # fmt: skip


def written(
    sellers: Sellers, read: Reader, *, slides: bool
) -> tuple[list[Life], Traces, datetime.datetime]:
    """Sellers of a generator who go from cosmetics to supplements, or do not."""
    random = np.random.default_rng(11 + slides)
    lives = [_slide((10, 24), (0, 1))(random) for _ in range(_WRITTEN)]
    rows = []
    start = datetime.datetime(2014, 3, 1, tzinfo=datetime.UTC)
    for number, life in enumerate(lives):
        chance = Chance("written", number)
        masks, pills = (_trade(sellers, number, kind) for kind in ("cosmetics", "supplement"))
        for at, (day, tier) in enumerate(zip(life.days, life.tiers, strict=True)):
            if tier == BLACK:
                continue
            sold = pills if slides and tier == STRICT else masks
            text, when = sellers.say(chance, sold).text, start + datetime.timedelta(days=day)
            rows.append((f"{number}-{at}", "moments", f"w{number}", text, when))
    schema = ["id", "surface", "account", "text", "time"]
    traces = read(pl.DataFrame(rows, schema=schema, orient="row"))
    return lives, traces, start


def _trade(sellers: Sellers, number: int, kind: str) -> Trade:
    chance = Chance("trade", number, kind)
    while True:
        trade = sellers.trade(chance, recruits=False)
        if trade.kind == kind:
            return trade


def written_section(read: Reader, settings: TrajectorySettings) -> Section:
    """Sliding and steady sellers in the words of the generators."""
    rows = []
    for name, sellers in (("first", First()), ("second", Second())):
        for slides in (True, False):
            lives, traces, start = written(sellers, read, slides=slides)
            names = numbers([f"w{n}" for n in range(_WRITTEN)], Secret.of(b"bench").account)
            place = {int(one): n for n, one in enumerate(names, 1)}
            begin = int(start.timestamp() * 1_000_000)
            alarms = {
                place[account]: at - begin for account, at in first_alarms(traces, settings).items()
            }
            seen = (traces.rows["flags"] & SELLS > 0) & (traces.rows["tier"] > 0)
            leads, many = _foretold(lives, alarms)
            rows.append((
                f"{name}: cosmetics" + (", then supplements" if slides else " only"),
                f"{many}", f"{seen.mean():.1%}",
                _share(len(leads), many) if slides else "-",
                "-" if slides else _share(len(alarms), many),
                _lead(leads) if slides else "-",
            ))  # fmt: skip
    return Section(
        "Sellers in the words of both generators",
        ("seller", "n", "posts read as selling goods of a known tier", "foretold", "false alarm",
         "lead time in days"),
        tuple(rows),
        ("Synthetic; grey-strict for 10 to 24 days, at once. The black post is not written: only "
         "its time counts.",),
    )  # fmt: skip


def speed(settings: TrajectorySettings) -> Section:
    """Microseconds a selling post, in batches of 64."""
    random = np.random.default_rng(5)
    rows = np.zeros(400_000, dtype=TRACE)
    rows["item"] = np.arange(1, len(rows) + 1)
    rows["account"] = random.integers(1, 60_000, len(rows)).astype(np.uint64) << np.uint64(20)
    rows["account"] *= np.uint64(0x9E3779B97F4A7C15)
    rows["account"] ^= rows["account"] >> np.uint64(32)
    rows["tier"], rows["flags"] = random.integers(1, 5, len(rows)), SELLS
    rows["time"] = np.sort(random.integers(0, WEEKS * 7 * DAY, len(rows)))
    batches = [Traces(rows[at : at + 64], np.zeros(0)) for at in range(0, len(rows), 64)]
    part = Trajectories(settings)
    part.see(batches[0])
    began = time.process_time()
    for batch in batches:
        part.see(batch)
    each = (time.process_time() - began) / len(rows) * 1e6
    state = sum(array.nbytes for array in part.arrays().values()) / 2**20
    return Section(
        "Speed",
        ("posts", "sellers", "µs a selling post, batches of 64", "state, MiB", "sellers evicted"),
        ((f"{len(rows):,}", "60,000", f"{each:.2f}", f"{state:.0f}", f"{part.evicted:,}"),),
        (machine.description(), machine.versions()),
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--page", action="store_true", help="write the figures into the docs")
    chosen = parser.parse_args()
    settings, read = TrajectorySettings(), Reader()
    sections = []
    console = Console(width=160)
    for section in (
        simulated(settings), thresholds(settings), towns(read, settings),
        written_section(read, settings), speed(settings),
    ):  # fmt: skip
        section.show(console)
        sections.append(section)
    if chosen.page:
        put_figures(PAGE, sections)


if __name__ == "__main__":
    main()
