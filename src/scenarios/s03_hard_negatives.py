"""Scenario 3: ordinary people say things that look like selling and are not."""

from __future__ import annotations

from collections import Counter

from scenarios.findings import AtLeast, Findings, Scenario, wilson
from scenarios.negatives import load
from scenarios.people import Person
from scenarios.stage import Stage

_PEOPLE = 60


def _play(stage: Stage, found: Findings) -> None:
    """Each of 60 people writes five posts in Moments; a post passes when it appears at once."""
    negatives = load()
    people: list[Person] = []
    for number in range(_PEOPLE):
        stage.say(f"person {number + 1} of {_PEOPLE} joins")
        people.append(stage.person(f"citizen{number:02}"))
    passed: Counter[str] = Counter()
    without_reason: list[str] = []
    blocked = 0
    for number, post in enumerate(negatives.posts):
        stage.say(f"post {number + 1} of {len(negatives.posts)}")
        written = people[number % _PEOPLE].share(post.text)
        if written.state == "published":
            passed[post.language] += 1
            continue
        blocked += 1
        if not written.reasons:
            without_reason.append(post.id)
        why = "; ".join(f"clause {clause}: {words}" for clause, words in written.reasons.items())
        resting = f" It rests on: {' · '.join(written.quotes)}." if written.quotes else ""
        found.note(
            f"{written.state}, though its author is no merchant ({negatives.titles[post.kind].en}):"
            f" 「{post.text}」 {why}{resting} {written.decision or ''}".rstrip()
        )
    total = len(negatives.posts)
    share, low, high = wilson(passed.total(), total)
    found("hard negatives played", total, f"{len(negatives.titles)} kinds, written for this")
    found(
        "share that passes", share,
        f"{passed.total()} of {total}; 95 % interval {low:.1%} to {high:.1%} (Wilson)",
    )  # fmt: skip
    found("blocks without a reason", without_reason, f"{blocked} blocks, each listed below")
    for language, name in (("zh", "Chinese"), ("en", "English")):
        of_language = sum(post.language == language for post in negatives.posts)
        share, low, high = wilson(passed[language], of_language)
        found.note(
            f"{name}: {passed[language]} of {of_language} pass, {share:.1%} ({low:.1%} to "
            f"{high:.1%})."
        )


SCENARIO = Scenario(
    number=3,
    title="Ordinary people: 300 hard negatives in Moments",
    expected={
        "hard negatives played": 300,
        "share that passes": AtLeast(0.98),
        "blocks without a reason": [],
    },
    play=_play,
)
