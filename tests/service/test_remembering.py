"""Memory in the service: what rules see of it, what survives, what is forgotten."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from portreeve.memory.journals import EmbeddedJournal
from portreeve.policy.samples import sample_text
from portreeve.schemas.accounts import RelationEvent
from portreeve.schemas.screening import Submission
from portreeve.service.backup import _copy_memory
from portreeve.service.calls import Pending
from portreeve.service.context import Context
from portreeve.service.errors import ServiceError
from portreeve.service.lots import Judge
from portreeve.service.policies import Policies
from portreeve.service.remembering import FLOOD, FOLDER, Remembering
from portreeve.service.settings import Settings
from service.policy_cases import in_force
from service.support import FakeClock

COUNTED = """\
counters:
  sales_today:
    words: { en: Selling posts of the account today, zh: 该账号一天内的卖货内容 }
    count: posts
    by: account
    over: 1d
    when: promotion >= 0.6
rules:
  - id: no-flood
    clause: "1"
    when: sales_today > 2
    verdict: hold
    because: { en: Many offers in a day., zh: 一天之内卖货太多。 }
    examples: { hold: [{ text: 面膜89元一盒 加微信 abc12345, counted: { sales_today: 3 } }] }
  - id: no-copies
    clause: "2"
    when: copy_accounts > 1 AND promotion >= 0.6
    verdict: refuse
    because: { en: Many post the same., zh: 多人发同样的内容。 }
    examples:
      refuse: [{ text: 面膜89元一盒 加微信 abc12345, remembered: { copy_accounts: 2 } }]"""
MASK = "补水面膜一盒89元，三盒包邮，现货当天发，要的加微信 maskshop88，数量不多先到先得"
COPY = "补水面膜一盒 89 元，三盒包邮，现货当天发！要的加薇信 maskshop88，数量不多，先到先得哦"


class Posts:
    """Screens posts, and says what came of each."""

    def __init__(self, context: Context, clock: FakeClock) -> None:
        self.context, self.number = context, 0
        self.policies = Policies(context)
        self.policies.seed()
        in_force(self.policies, clock, sample_text(COUNTED))
        self.start()

    def start(self) -> None:
        """Begin, or begin again as after the end of the process."""
        self.memory = Remembering(self.context)
        self.judge = Judge(self.context, self.policies, self.memory)

    def __call__(self, account: str, text: str, id: str | None = None) -> tuple[str, list[str]]:
        self.number += 1
        post = Submission(id=id or f"p-{self.number}", account=account, text=text)
        pending = Pending(post, "sample", self.context.now(), "desk", "allow")
        [lot] = self.judge.judge([pending])
        return lot.lot.judged.verdict[0], lot.lot.judged.rules[0]


@pytest.fixture
def posts(context: Context, clock: FakeClock) -> Iterator[Posts]:
    posts = Posts(context, clock)
    yield posts
    posts.memory.close()


def test_a_counter_of_the_policy_holds_the_third_offer_of_a_day(posts: Posts) -> None:
    offers = [
        f"{goods} 100元 现货 加微信 ann-shop" for goods in ("手工皂", "围巾", "保温杯", "雨伞")
    ]
    assert [posts("ann", offer)[1] for offer in offers[:2]] == [[], []]
    assert posts("ann", "今天的晚霞真好看") == ("allow", [])
    assert posts("ann", offers[2]) == ("hold", ["no-flood"])
    assert posts("ben", offers[3]) == ("allow", [])


def test_what_others_posted_before_is_seen_by_rules(posts: Posts) -> None:
    assert [posts(account, MASK)[0] for account in ("ann", "ben")] == ["allow", "allow"]
    assert posts("cat", COPY) == ("refuse", ["no-copies"])


def test_memory_survives_the_end_of_the_process_and_a_backup_holds_it(
    posts: Posts, tmp_path: Path
) -> None:
    posts("ann", MASK)
    posts("ben", COPY)
    _copy_memory(posts.context.folder / FOLDER, tmp_path / "copy")
    posts.memory.close()
    posts.start()
    assert posts("cat", MASK) == ("refuse", ["no-copies"])
    kept = EmbeddedJournal(tmp_path / "copy" / "sample.db")
    assert len(list(kept.after(0))) == 2


def test_the_same_item_sent_again_counts_once_and_an_edit_counts_again(posts: Posts) -> None:
    for _ in range(4):
        assert posts("ann", "手工皂 100元 现货 加微信 ann-shop", id="p")[1] == []
    assert posts("ann", "手工皂 90元 现货 加微信 ann-shop", id="p")[1] == []
    assert posts("ann", "手工皂 80元 现货 加微信 ann-shop", id="p")[1] == ["no-flood"]


def test_an_erased_person_is_forgotten_also_in_the_file(posts: Posts) -> None:
    posts("ann", MASK)
    posts("ben", COPY)
    number = posts.memory.numbers(["ann"])[0].tobytes()
    posts.memory.forget("ann")
    graph = posts.memory.graph("sample")
    assert len(graph.accounts) == 1
    posts.memory.close()
    file = posts.context.folder / FOLDER / "sample.db"
    with sqlite3.connect(file) as connection:
        assert connection.execute("SELECT count(*) FROM journal").fetchone() == (0,)
    kept = EmbeddedJournal(file).kept()
    assert kept is not None
    assert not any(number in array.tobytes() for array in kept.arrays.values())


def test_turned_off_it_tells_nothing_and_rules_do_not_hold(
    context: Context, clock: FakeClock
) -> None:
    posts = Posts(replace(context, settings=Settings(memory=False)), clock)
    assert [posts(account, MASK) for account in ("ann", "ben", "cat")] == [("allow", [])] * 3
    assert not (context.folder / FOLDER).exists()
    with pytest.raises(ServiceError, match="memory is turned off"):
        posts.memory.graph("sample")


def test_without_its_redis_items_are_decided_and_the_trouble_is_named(
    context: Context, clock: FakeClock, tmp_path: Path
) -> None:
    away = Settings(memory_redis=f"unix://{tmp_path}/nothing.sock")
    posts = Posts(replace(context, settings=away), clock)
    assert posts("ann", MASK) == ("allow", [])
    assert posts.memory.trouble == "Redis does not answer: ConnectionError"


def test_relation_events_make_a_funnel_that_rules_see(posts: Posts) -> None:
    now = posts.context.now()
    posts("shop", "包裹里有优惠券，加我们微信 shop8888 领取红包")
    events = [
        RelationEvent(kind="friend_added", account="shop", time=now, id=f"r-{n}")
        for n in range(400)
    ]
    posts.memory.hear(events, now)
    windows = posts.memory.windows("sample")
    assert windows["people"].max() > 100
    assert posts.memory.state("sample").trouble is None


def test_a_flood_is_logged_and_measured(
    posts: Posts, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    posts("ann", MASK)
    flooded = {("sample", "copies"): FLOOD + 1}
    monkeypatch.setattr(posts.memory, "evicted", lambda: flooded)
    with caplog.at_level("WARNING", logger="portreeve.memory"):
        posts.memory.advance()
        posts.memory.advance()
    assert [record.facts for record in caplog.records] == [
        {"network": "sample", "part": "copies", "evicted": FLOOD + 1}
    ]


def test_trees_grow_when_campaigns_did(posts: Posts) -> None:
    for account in ("ann", "ben"):
        posts(account, MASK)
    posts.memory.advance()
    assert len(posts.memory.forest("sample").trees) == 0
    ann, ben = posts.memory.numbers(["ann", "ben"]).tolist()
    assert [step.kind for step in posts.memory.why("sample", ann, ben)] == ["contact"]
