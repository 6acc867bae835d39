"""The town: the same from the same seed, the truth apart, trees, heavy tails, many sentences."""

import hashlib
import json
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from town.files import SEEN, write
from town.grammar import Grammar
from town.second import Second
from town.sellers import First
from town.town import Town
from town.words import english, life, trade

ROOT = Path(__file__).parents[2]
DIGEST = "7dc9a41c09aebfc76c97b1acd86d93cd23db9bc99fb1713f6cf2e508a1c37803"


def read(path):
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    made = tmp_path_factory.mktemp("town")
    write(Town(accounts=1000, days=7, seed=1), made)
    return made


def test_a_small_town_is_the_same_everywhere(tmp_path):
    write(Town(accounts=100, days=7, seed=1), tmp_path)
    digest = hashlib.sha256()
    for path in sorted(tmp_path.rglob("*.jsonl")):
        digest.update(path.read_bytes())
    assert digest.hexdigest() == DIGEST


def test_another_seed_is_another_town(tmp_path, folder):
    write(Town(accounts=1000, days=7, seed=2), tmp_path)
    assert (tmp_path / "posts.jsonl").read_bytes() != (folder / "posts.jsonl").read_bytes()


def test_what_the_network_sees_has_no_truth(folder):
    assert {name: row.__struct_fields__ for name, row in SEEN.items()} == {
        "people": ("id", "name", "shown", "language", "about", "joined", "standing"),
        "relations": ("kind", "account", "other", "since"),
        "posts": ("id", "surface", "account", "parent", "place", "text", "time"),
    }
    roles = {row["account"]: row["role"] for row in read(folder / "truth/accounts.jsonl")}
    standings = {row["standing"] for row in read(folder / "people.jsonl")
                 if roles.get(row["id"]) in ("seller", "agent")}  # fmt: skip
    assert standings == {"person"}


def test_a_tree_of_agents_has_four_levels_and_one_leader(folder):
    agents = [row for row in read(folder / "truth/accounts.jsonl") if row["role"] == "agent"]
    levels = {row["account"]: row["level"] for row in agents}
    assert len(agents) == 40
    assert Counter(levels.values())[0] == 1
    assert set(levels.values()) == {0, 1, 2, 3}
    assert all(levels[row["upline"]] == row["level"] - 1 for row in agents if row["upline"])


def test_friendships_are_pairs_with_a_heavy_tail(folder):
    pairs = [(row["account"], row["other"]) for row in read(folder / "relations.jsonl")
             if row["kind"] == "friend"]  # fmt: skip
    assert len({frozenset(pair) for pair in pairs}) == len(pairs)
    degrees = sorted(Counter(who for pair in pairs for who in pair).values())
    assert degrees[len(degrees) // 2] == 13
    assert degrees[-1] == 224


def test_a_comment_comes_after_its_post(folder):
    posts = {row["id"]: row for row in read(folder / "posts.jsonl")}
    comments = [row for row in posts.values() if row["surface"] == "comment"]
    assert len(comments) > 500
    assert all(posts[row["parent"]]["time"] <= row["time"] for row in comments)


def test_posts_are_thousands_of_different_sentences(folder):
    texts = {row["text"] for row in read(folder / "posts.jsonl") if row["surface"] == "moments"}
    assert len(texts) > 2000
    grammar = Grammar(life.RULES)
    assert sum(grammar.count(kind) for kind in life.KINDS) > 100_000


def test_every_word_of_the_grammars_is_known():
    given = {"goods", "price", "price2", "handle", "phone", "spaced", "circled", "contact",
             "upline", "hour", "cut", "campus", "count"}  # fmt: skip
    assert Grammar(life.RULES).values() == set()
    assert Grammar(english.RULES).values() == set()
    assert Grammar(trade.RULES).values() <= given


def test_memory_does_not_grow_with_the_town(tmp_path):
    peaks = []
    for accounts in (1000, 6000):
        run = [sys.executable, "-m", "town", str(tmp_path), "--accounts", str(accounts),
               "--days", "2", "--json"]  # fmt: skip
        done = subprocess.run(run, check=True, capture_output=True, cwd=ROOT / "src")
        peaks.append(json.loads(done.stdout)["peak_mib"])
    assert peaks[1] - peaks[0] < 16


def test_the_second_generator_shares_nothing_and_is_used_only_to_measure(tmp_path):
    write(Town(accounts=100, days=7, seed=1, sellers="second"), tmp_path)
    assert not set(vars(First)) & {"_about", "_spoken", "_riddle", "_door"}
    assert Second.say is not First.say
    users = [
        str(path.relative_to(ROOT))
        for folder in ("src", "bench")
        for path in (ROOT / folder).rglob("*.py")
        if re.search(r"town\.second|from town import second", path.read_text("utf-8"))
    ]
    # what is measured on it is measured, not tuned
    assert sorted(users) == ["bench/trajectories.py", "src/town/sellers.py", "src/town/town.py"]
