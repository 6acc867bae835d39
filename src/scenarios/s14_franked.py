"""Scenario 14: what a recipient reports from a chat is verified; what is made up is not."""

from __future__ import annotations

import secrets
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from portreeve.client import Client, PortreeveError
from portreeve.schemas.cases import (
    Case,
    CaseEvidence,
    CaseQuery,
    DecideCase,
    RequestRelease,
)
from scenarios.chats import Chatter, Received
from scenarios.findings import Findings, Scenario
from scenarios.search import in_files, needles
from scenarios.stage import REVIEWER, Stage
from square.franking import Stamper
from square.sealing import KeyPair, open_, seal

_OFFER = "冰毒有货，300一克，货到付款，加微信 lao00000"


def _play(stage: Stage, found: Findings) -> None:
    key = stage.trust_stamps()
    dealer, buyer, stranger = (stage.person(name) for name in ("laok", "ning", "oscar"))
    dealers_id, buyers_id = dealer.befriend(buyer)
    sender, recipient = Chatter(dealer), Chatter(buyer)
    canary = f"canary{secrets.token_hex(8)}"
    for text in (f"在吗 {canary}", _OFFER, f"别告诉别人 {canary}"):
        sender.send(recipient, text)
    offer = recipient.received(sender)[1]

    stage.say("reports that are made up")
    _forged(recipient, offer, found)
    found(
        "reported by somebody who did not receive it",
        _answer(Chatter(stranger).report("laok", offer.text, offer.opening_key, offer.stamp)),
    )
    foreign = _foreign(dealers_id, buyers_id)
    found(
        "a message that another platform stamped",
        _answer(recipient.report("laok", foreign.text, foreign.opening_key, foreign.stamp)),
        foreign.stamp["key_id"],
    )  # fmt: skip

    stage.say("the genuine report")
    genuine = recipient.report("laok", offer.text, offer.opening_key, offer.stamp)
    found("the genuine one", _answer(genuine), f"message {offer.id}, stamped with {key}")
    replayed = recipient.report("laok", offer.text, offer.opening_key, offer.stamp)
    found("the same once more", _answer(replayed))
    case = stage.until("its case", lambda: _case(stage.client("ren", *REVIEWER)))
    _acted_on(stage, case, dealers_id, found)
    kept = in_files(stage.pair.data, needles(canary))
    found("files of Portreeve with the messages around it", kept, "searched as in scenario 2")


def _forged(recipient: Chatter, offer: Received, found: Findings) -> None:
    changed = offer.text.replace("300", "30")
    found(
        "its words changed",
        _answer(recipient.report("laok", changed, offer.opening_key, offer.stamp)),
    )
    other = offer.stamp | {"sender": offer.stamp["recipient"]}
    found(
        "its sender changed",
        _answer(recipient.report("laok", offer.text, offer.opening_key, other)),
    )
    found(
        "another key to open it",
        _answer(recipient.report("laok", offer.text, bytes(32), offer.stamp)),
    )


def _foreign(sender: str, recipient: str) -> Received:
    """A message between the same people that another platform stamped, well in its own eyes."""
    one, other = KeyPair.new(), KeyPair.new()
    sealed = seal(_OFFER, one, other.public)
    opened = open_(sealed.data, sealed.commitment, other, one.public)
    with tempfile.TemporaryDirectory() as folder:
        stamp = Stamper(Path(folder)).stamp(
            sealed.commitment, sender=sender, recipient=recipient, time=datetime.now(UTC),
            message_id="m-elsewhere",
        )  # fmt: skip
    return Received("m-elsewhere", _OFFER, opened.opening_key, msgspec.to_builtins(stamp))


def _acted_on(stage: Stage, case: Case, dealer: str, found: Findings) -> None:
    stage.say("two people open its case")
    first, second = stage.client("ren", *REVIEWER), stage.client("qiao", *REVIEWER)
    held = first.claim_case(case.id)
    [item] = held.contents
    found("what the policy says of it", item.verdict.value, f"{', '.join(item.clauses)}")
    found("its goods", item.goods_tier, f"{item.goods_category}, {item.decision}")
    restricted = stage.until(
        "what follows for the dealer", lambda: stage.host.get_account(dealer).sanctions
    )
    found("what restricts the dealer", [one.kind for one in restricted])
    found("queue of its case", case.queue, case.id)
    found("read by one person alone", _sealed(first, case.id))
    asked = first.request_release(case.id, RequestRelease(reason="To decide it.", minutes=5))
    second.grant_release(case.id, asked.id)
    said = first.read_evidence(case.id)
    found("messages that it opens", len(said.reports), f"released to ren by qiao, {asked.id}")
    found("it is the one reported", [one.message == _OFFER for one in said.reports])
    first.decide_case(
        case.id,
        DecideCase(
            verdict="remove", rules=item.rules, reason="Drugs.", revision=held.revision
        ),
    )  # fmt: skip
    report = stage.host.get_report(said.reports[0].report)
    found("what its reporter is told", report.outcome, f"{report.id}, grade {report.grade}")
    found("grade of its evidence", report.grade)


def _case(reviewer: Client) -> Case | None:
    cases = reviewer.list_cases(CaseQuery(state="open")).items
    return next((case for case in cases if case.origin == "franked"), None)


def _sealed(reviewer: Client, case: str) -> str:
    try:
        read: CaseEvidence = reviewer.read_evidence(case)
    except PortreeveError as refused:
        return refused.code
    return f"{len(read.reports)} reports"


def _answer(given: dict[str, Any]) -> str:
    """Taken, or the refusal."""
    return "taken" if given.get("reported") else str(given.get("error"))


SCENARIO = Scenario(
    number=14,
    title="A drug offer reported from a chat, with proof",
    expected={
        "its words changed": "wrong-commitment",
        "its sender changed": "bad-signature",
        "another key to open it": "wrong-commitment",
        "reported by somebody who did not receive it": "not-the-recipient",
        "a message that another platform stamped": "unknown-key",
        "the genuine one": "taken",
        "the same once more": "already-reported",
        "what the policy says of it": "remove",
        "its goods": "black",
        "what restricts the dealer": ["ban"],
        "queue of its case": "black-goods",
        "read by one person alone": "forbidden",
        "messages that it opens": 1,
        "it is the one reported": [True],
        "what its reporter is told": "acted",
        "grade of its evidence": "franked",
        "files of Portreeve with the messages around it": [],
    },
    play=_play,
)
