"""Near copies, measured: pairs read by a person, attacks, false merges, speed; against datasketch.

``python -m bench.copies DATA`` with the folder of the shared data. ``near_copy_pairs.csv`` beside
this file holds what was read, by the ids of that data: ``candidates`` are pairs of different texts
from four sources, 26 from each step of likeness of their raw texts from 0.2 to 1, chosen without
the prints; ``joined`` are pairs that one group held when the settings stood, an item and the one
that began its group. Label 1: one text with small changes; handles, prices, numbers, names and
places do not count. Label 0: another message, also where both are of one template.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from datasketch import MinHash, MinHashLSH
from numpy.typing import NDArray
from rich.console import Console

from bench.machine import description, versions
from bench.page import Section
from portreeve.memory.copies import Copies, CopySettings, group
from portreeve.memory.hashing import key_of
from portreeve.memory.prints import prints
from portreeve.memory.traces import KEY, TRACE, Traces
from portreeve.signals.fold import fold
from portreeve.training.attacks import ATTACKS
from scenarios.findings import wilson
from town.town import Town

PAIRS = Path(__file__).parent / "data" / "near_copy_pairs.csv"
SECRET = key_of(b"bench", "text")
ONLINE_BATCH = 64
PEER_POSTS = 20_000
ATTACKED = 1_000
TOWN_ACCOUNTS = 3_000
ORDINARY = ("lccc_weibo", "cold", "online_shopping", "covid_weibo_ham", "airline_tweets")


def main() -> None:
    """Measure, and print one table after the other."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path, help="folder of the shared data")
    parser.add_argument("--most", type=int, default=10_000_000, help="posts of the largest dump")
    given = parser.parse_args()
    console = Console(width=110)
    console.print(description(), versions(("numpy", "numba", "datasketch")), sep="\n")
    texts = _texts(given.data)
    for section in (
        _pairs(texts), _attacks(texts), _ordinary(texts), _towns(), _speed(texts),
        _dumps(texts, given.most), _peer(texts),
    ):  # fmt: skip
        section.show(console)


def _texts(data: Path) -> pl.DataFrame:
    """Every text by id, with its source."""
    frames = [pl.read_parquet(data / "train.parquet").select("id", "source", "label", "text")]
    frames += [
        pl.read_parquet(data / f"{name}.parquet").select(
            "id", pl.lit(name).alias("source"),
            (pl.col("label") if name == "weibo_read" else pl.lit(None, pl.String)).alias("label"),
            "text",
        )
        for name in ("weibo_read", "weibo_pool")
    ]  # fmt: skip
    return pl.concat(frames)


def _pairs(texts: pl.DataFrame) -> Section:
    pairs = pl.read_csv(PAIRS)
    known = texts.select("id", "text")
    pairs = pairs.join(known, left_on="a", right_on="id").join(
        known, left_on="b", right_on="id", suffix="_b"
    )
    rows = []
    for pool in (None, *pairs["pool"].unique().sort()):
        chosen = pairs.filter(pl.col("set") == "candidates")
        chosen = chosen if pool is None else chosen.filter(pl.col("pool") == pool)
        true = chosen["label"].to_numpy() == 1
        for name, rule in (("Portreeve", _alike), ("datasketch", _peer_alike)):
            if pool is not None and name == "datasketch":
                continue
            told = rule(chosen["text"], chosen["text_b"])
            rows.append((
                f"candidates, {pool or 'all'}: {name}", str(len(chosen)),
                _share(true[told].sum(), told.sum()), _share(told[true].sum(), true.sum()),
            ))  # fmt: skip
    for pool in (None, *pairs.filter(pl.col("set") == "joined")["pool"].unique().sort()):
        joined = pairs.filter(pl.col("set") == "joined")
        joined = joined if pool is None else joined.filter(pl.col("pool") == pool)
        right = int(joined["label"].sum())
        rows.append((f"joined, {pool or 'all'}", str(len(joined)), _share(right, len(joined)), "-"))
    return Section(
        "Pairs read by a person", ("pairs", "n", "precision (95 %)", "recall (95 %)"), tuple(rows)
    )


def _alike(one: pl.Series, other: pl.Series) -> NDArray[np.bool_]:
    """Whether each two texts, posted one after the other, come into one group."""
    first, second = prints(one, SECRET), prints(other, SECRET)
    times = np.arange(2)
    labels = [group(np.array(pair), times) for pair in zip(first, second, strict=True)]
    return np.array([label[1] == 0 for label in labels])


def _peer_alike(one: pl.Series, other: pl.Series) -> NDArray[np.bool_]:
    return np.array(
        [_minhash(a).jaccard(_minhash(b)) >= 0.5 for a, b in zip(one, other, strict=True)]
    )


def _minhash(text: str) -> Any:
    """datasketch's MinHash as its users make it: 128 permutations of pairs of characters."""
    letters = "".join(c for c in text.lower() if c.isalnum())
    found = MinHash(num_perm=128)
    found.update_batch([letters[at : at + 2].encode() for at in range(len(letters) - 1)])
    return found


def _attacks(texts: pl.DataFrame) -> Section:
    sales = texts.filter(
        pl.col("source").is_in(["weibo_read", "fbs_sms", "game_ad"]) & (pl.col("label") == "promo")
    ).sample(ATTACKED, seed=1)["text"]
    have = prints(sales, SECRET)["words"] > 0
    rows = []
    for name, attack in ATTACKS.items():
        random = np.random.default_rng(1)
        attacked = pl.Series([attack(text, random) for text in sales])
        changed = have & (attacked != sales).to_numpy()
        found = _alike(sales, attacked)[changed]
        rows.append((name, str(changed.sum()), _share(found.sum(), found.size)))
    return Section(
        "Copies under the attacks of scenario 4 (synthetic)",
        ("attack", "n", "still a copy (95 %)"), tuple(rows),
        (f"{ATTACKED} sales of three sources, {have.sum()} with a print; changed texts only",),
    )  # fmt: skip


def _ordinary(texts: pl.DataFrame) -> Section:
    """How many ordinary posts join another's group at all, copies or not."""
    rows = []
    for source in ORDINARY:
        chosen = texts.filter((pl.col("source") == source) & (pl.col("label") == "ham"))["text"]
        folded = ["".join(c for c in fold(text) if c.isalpha()) for text in chosen]
        own = prints(chosen, SECRET)
        labels = group(own, np.arange(len(own)))
        joined = np.flatnonzero((labels >= 0) & (labels != np.arange(len(own))))
        different = sum(folded[at] != folded[labels[at]] for at in joined)
        rows.append((
            source, str(len(own)), f"{(labels >= 0).mean():.1%}", _share(different, len(own)),
        ))  # fmt: skip
    return Section(
        "Ordinary posts that join a group whose text differs",
        ("source", "posts", "with a print", "joined (95 %)"), tuple(rows),
        ("copies among them included: an upper bound of false merges",),
    )  # fmt: skip


def _towns() -> Section:
    """Copies in towns whose truth says which post is of which."""
    rows = []
    for sellers in ("first", "second"):
        made = Town(accounts=TOWN_ACCOUNTS, days=28, seed=11, sellers=sellers)
        posts = sorted(
            (post.time, post.id, post.text, truth.copied if truth else None)
            for district in made.districts()
            for day in made.posts(district)
            for post, truth in day
        )
        at = {post: row for row, (_, post, _, _) in enumerate(posts)}
        own = prints(pl.Series([text for _, _, text, _ in posts]), SECRET)
        labels = group(own, np.arange(len(own)))
        copies = [(row, at[of]) for row, (_, _, _, of) in enumerate(posts) if of is not None]
        printed = own["words"][[row for row, _ in copies]] > 0
        found = sum(labels[row] == labels[of] >= 0 for row, of in copies)
        rows.append((
            f"{sellers} generator", f"{len(posts):,}", f"{len(copies):,}",
            _share(found, len(copies)), f"{printed.mean():.3f}",
        ))  # fmt: skip
    return Section(
        f"Copies in towns of {TOWN_ACCOUNTS:,} people (synthetic)",
        ("sellers", "posts", "copies", "with the one copied (95 %)", "have a print"), tuple(rows),
        ("precision cannot be told there: ordinary posts come from few templates, and are alike",),
    )  # fmt: skip


def _speed(texts: pl.DataFrame) -> Section:
    pool = texts.filter(pl.col("source") == "weibo_pool")["text"]
    prints(pool.head(10), SECRET)
    seconds, own = _timed(lambda: prints(pool, SECRET))
    rows = [("prints, whole column", str(len(pool)), f"{seconds / len(pool) * 1e6:.2f} µs")]
    pieces = list(pool.head(20_000).to_frame().iter_slices(ONLINE_BATCH))
    seconds, _ = _timed(lambda: [prints(piece["text"], SECRET) for piece in pieces])
    rows.append(("prints, batches of 64", "20000", f"{seconds / 20_000 * 1e6:.2f} µs"))
    seen = np.zeros(len(own), TRACE)
    seen["item"] = np.random.default_rng(1).permutation(len(own)) + 1
    seen["account"] = np.random.default_rng(2).integers(1, len(own) // 5, len(own))
    seen["time"], seen["print"] = np.arange(len(own)), own
    none = np.zeros(0, KEY)
    Copies(CopySettings(capacity=64)).see(Traces(seen[:100], none))
    for capacity in (1 << 19, 1 << 17):
        copies = Copies(CopySettings(capacity=capacity))
        batches = [seen[at : at + ONLINE_BATCH] for at in range(0, len(seen), ONLINE_BATCH)]
        seconds, _ = _timed(lambda: [copies.see(Traces(batch, none)) for batch in batches])  # noqa: B023
        size = sum(array.nbytes for array in copies.arrays().values())
        rows.append((
            f"see, batches of 64, room for {capacity:,} items, {size >> 20} MiB; "
            f"{copies.evicted:,} evicted",
            str(len(own)), f"{seconds / len(own) * 1e6:.2f} µs",
        ))  # fmt: skip
    return Section("Online, one core", ("what", "posts", "a post"), tuple(rows))


def _dumps(texts: pl.DataFrame, most: int) -> Section:
    """Whole dumps. Larger ones than the data are the data again under other keys, which nothing
    joins to the first."""
    base = texts["text"]
    rows = []
    for size in (len(base), 1_000_000, most):
        times = -(-size // len(base))
        own = np.concatenate([prints(base, key_of(b"%d" % at, "text")) for at in range(times)])
        own = own[np.random.default_rng(3).permutation(len(own))[:size]]
        seconds, labels = _timed(lambda: group(own, np.arange(len(own))))  # noqa: B023
        groups, sizes = np.unique(labels[labels >= 0], return_counts=True)
        rows.append((
            f"{size:,}", f"{seconds:.1f} s", f"{seconds / size * 1e6:.2f} µs",
            f"{len(groups):,}", f"{int(sizes[sizes > 1].sum()):,}", f"{int(sizes.max()):,}",
        ))  # fmt: skip
    return Section(
        "Groups of a dump, one core, prints given",
        ("posts", "seconds", "a post", "groups", "posts with copies", "largest"), tuple(rows),
        ("memory: 48 bytes a post for prints, 8 for labels, 64 to 128 for the index",),
    )  # fmt: skip


def _peer(texts: pl.DataFrame) -> Section:
    chosen = texts.filter(pl.col("source") == "weibo_pool")["text"].head(PEER_POSTS)

    def ours() -> int:
        labels = group(prints(chosen, SECRET), np.arange(len(chosen)))
        return int((labels != np.arange(len(chosen)))[labels >= 0].sum())

    def theirs() -> int:
        index = MinHashLSH(threshold=0.5, num_perm=128)
        kept: list[Any] = []
        joined = 0
        for at, text in enumerate(chosen):
            own = _minhash(text)
            if any(own.jaccard(kept[other]) >= 0.5 for other in index.query(own)):
                joined += 1
                kept.append(None)
            else:
                kept.append(own)
                index.insert(at, own)
        return joined

    mine, found = _timed(ours)
    seconds, joined = _timed(theirs)
    rows = (
        ("Portreeve, prints included", f"{mine / PEER_POSTS * 1e6:.1f} µs", str(found), "1"),
        (
            "datasketch MinHashLSH", f"{seconds / PEER_POSTS * 1e6:.0f} µs", str(joined),
            f"{seconds / mine:.0f}",
        ),
    )  # fmt: skip
    return Section(
        f"Against datasketch on the same {PEER_POSTS:,} posts, one core",
        ("", "a post", "joined", "times slower"), rows,
    )  # fmt: skip


def _timed(work: Callable[[], Any]) -> tuple[float, Any]:
    """CPU seconds of some work, and what it gives."""
    began = time.process_time()
    given = work()
    return time.process_time() - began, given


def _share(hits: int, total: int) -> str:
    if total == 0:
        return "-"
    share, low, high = wilson(int(hits), int(total))
    return f"{share:.3f} [{low:.3f}, {high:.3f}]"


if __name__ == "__main__":
    main()
