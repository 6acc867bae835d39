"""Scenario 4: evaders disguise what they sell; for each disguise, twins that sell nothing."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from importlib.resources import files
from typing import NamedTuple

import msgspec

from scenarios import drawing
from scenarios.disguises import DISGUISES, disguised
from scenarios.findings import AtLeast, Findings, Scenario, wilson
from scenarios.people import Person, Written
from scenarios.stage import Stage

_CODE, _LINK, _WORDS = "a QR code", "a short link", "words inside a picture"
_CAUGHT = ("refused", "held", "removed")


class Evasions(msgspec.Struct, frozen=True, kw_only=True):
    """What is written; see the file."""

    sells: list[str]
    lives: list[str]
    shown: list[str]
    watched: list[str]
    pictured_sells: list[list[str]]
    pictured_lives: list[list[str]]
    beside: list[str]


@functools.cache
def load() -> Evasions:
    """The texts of this scenario."""
    data = files("scenarios").joinpath("data/evasions.yaml").read_bytes()
    return msgspec.yaml.decode(data, type=Evasions)


class _Crowd:
    """People who each write one post: after it, sanctions might be what stops them."""

    def __init__(self, stage: Stage, name: str) -> None:
        self._stage, self._name = stage, name
        self._many = 0

    def next(self) -> Person:
        """Somebody who has not written yet."""
        self._many += 1
        return self._stage.person(f"{self._name}{self._many:03}")


class _Cast(NamedTuple):
    """Who plays."""

    stage: Stage
    sellers: _Crowd
    citizens: _Crowd


def _play(stage: Stage, found: Findings) -> None:
    texts = load()
    cast = _Cast(stage, _Crowd(stage, "evader"), _Crowd(stage, "twin"))
    comment = _a_place_to_comment(stage)
    # each keeps to one text: many accounts with the same text would be a campaign
    citizens = [cast.citizens.next() for _ in texts.lives]
    for title in DISGUISES:
        stage.say(title)
        caught = [
            _write(cast.sellers.next(), text, at, comment)
            for at, text in enumerate(disguised(title, texts.sells))
        ]
        passed = [
            _write(citizens[at], text, at, comment)
            for at, text in enumerate(disguised(title, texts.lives))
        ]
        _tell(found, title, caught, passed)
    _links(cast, found)
    _codes(cast, found)
    _words(cast, found)


def _a_place_to_comment(stage: Stage) -> Callable[[Person, str], Written]:
    """Lets somebody answer the post of a friend, whom everybody may have here."""
    host = stage.person("answered")
    post = host.share("河边的芦苇白了，大家出来走走").id
    assert post is not None

    known: set[str] = set()

    def comment(person: Person, text: str) -> Written:
        if person.name not in known:
            person.befriend(host)
            known.add(person.name)
        return person.comment(post, text)

    return comment


def _write(person: Person, text: str, at: int, comment: Callable[[Person, str], Written]) -> str:
    """Write in Moments, or every third time under a friend's post; what became of it."""
    return (comment(person, text) if at % 3 == 2 else person.share(text)).state


def _links(cast: _Cast, found: Findings) -> None:
    cast.stage.say(_LINK)
    texts = load()
    sold = [
        f"{text.replace('扫码', '').rstrip('，')}，下单 https://t.cn/A6{at}Xq9"
        for at, text in enumerate(texts.shown)
    ]
    told = [f"{text} https://t.cn/B7{at}Rk2" for at, text in enumerate(texts.watched)]
    caught = [cast.sellers.next().share(text).state for text in sold]
    passed = [cast.citizens.next().share(text).state for text in told]
    _tell(found, _LINK, caught, passed)


def _codes(cast: _Cast, found: Findings) -> None:
    cast.stage.say(_CODE)
    texts = load()
    caught = [
        cast.sellers.next().share(text, drawing.code(f"https://u.wechat.com/EvadE{at}Kq")).state
        for at, text in enumerate(texts.shown)
    ]
    passed = [
        cast.citizens.next().share(text, drawing.code(f"https://museum.example/guide/{at}")).state
        for at, text in enumerate(texts.watched)
    ]
    _tell(found, _CODE, caught, passed)


def _words(cast: _Cast, found: Findings) -> None:
    """What is written in pictures is read after publication; the post is taken down then."""
    texts = load()
    if (why := drawing.lacking()) is not None:
        for check in (_recall(_WORDS), _passing(_WORDS)):
            found.leave_out(check, why)
        return
    stage = cast.stage
    stage.say(_WORDS)
    before = _read(stage)
    selling: list[tuple[Person, str | None]] = []
    living: list[tuple[Person, str | None]] = []
    for at, (sold, told) in enumerate(zip(texts.pictured_sells, texts.pictured_lives, strict=True)):
        beside = f"{texts.beside[at]}{'。' * (at + 1)}"
        for people, lines, posts in (
            (cast.sellers, sold, selling),
            (cast.citizens, told, living),
        ):
            person = people.next()
            posts.append((person, person.share(beside, drawing.words(lines)).id))
    all_read = before + len(selling) + len(living)
    stage.until("the pictures are read", lambda: _read(stage) >= all_read or None)
    caught = [
        stage.until("a seller is told", functools.partial(_became, *post)) for post in selling
    ]
    _tell(found, _WORDS, caught, [_state(*post) for post in living])


def _read(stage: Stage) -> int:
    """How many pictures were read, or looked at and found without words."""
    lines = stage.admin.metrics().decode().splitlines()
    return sum(
        int(float(line.rsplit(" ", maxsplit=1)[1]))
        for line in lines
        if line.startswith("portreeve_picture_words_total{")
    )


def _became(person: Person, id: str | None) -> str | None:
    """What became of a post; None while it is seen by all."""
    state = _state(person, id)
    return None if state == "published" else state


def _state(person: Person, id: str | None) -> str:
    return next((post.state for post in person.own() if post.id == id), "gone")


def _tell(found: Findings, title: str, caught: Iterable[str], passed: Iterable[str]) -> None:
    states, twins = list(caught), list(passed)
    found(_recall(title), *_share(sum(state in _CAUGHT for state in states), len(states)))
    found(_passing(title), *_share(twins.count("published"), len(twins)))


def _share(good: int, of: int) -> tuple[float, str]:
    share, low, high = wilson(good, of)
    return share, f"{good} of {of}; {low:.0%} to {high:.0%} (95 %, Wilson)"


def _recall(title: str) -> str:
    return f"{title}: caught"


def _passing(title: str) -> str:
    return f"{title}: twins that pass"


_LEAST = {_LINK: 0.8}
"""Of six twins; a survey with a short link looks like the giving of a task."""
_ALL = (*DISGUISES, _LINK, _CODE, _WORDS)

SCENARIO = Scenario(
    number=4,
    title="Evasions, each with twins that sell nothing",
    expected={
        check: AtLeast(least)
        for title in _ALL
        for check, least in ((_recall(title), 0.9), (_passing(title), _LEAST.get(title, 0.9)))
    },
    play=_play,
)
