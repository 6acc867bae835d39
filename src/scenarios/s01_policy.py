"""Scenario 1: leadership forbids micro-business, by a signed decision, from one moment on."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib.resources import files

import httpx
import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from portreeve.client import Client, PortreeveError
from portreeve.schemas.access import Scope
from portreeve.schemas.policies import (
    Activation,
    Approval,
    Dissent,
    PolicyChange,
    PolicyRecord,
    PolicyVersion,
    Proposal,
    RetroactivePass,
    Selection,
)
from scenarios.findings import Findings, Scenario
from scenarios.people import Person
from scenarios.stage import Stage

NETWORK = "riverside"
_SECOND = timedelta(seconds=1)
_AHEAD = timedelta(seconds=6)

_PROMOTIONS = {
    "fang": "补水面膜到货啦，一盒89，三盒240包邮，想要的姐妹加微信 fang0000 下单",
    "guo": "泰国乳胶枕现货，两只包邮只要199，私聊我下单，微信 guo00000",
    "hua": "新款羊毛围巾现货，一条129包邮，要的加微信 hua00000，两条以上有优惠",
}
_AT_T = "新到一批蚕丝面膜，一盒99，两盒180包邮，加微信 fang0000 下单"
_LIFE = "今天在河边走了十公里，晒黑了，晚饭吃了三碗"
_DISSENT = "People who sell to feed their children lose their income overnight. Give them a year."


@dataclass(frozen=True)
class _Leadership:
    """Who proposes, who approves, who disagrees: four people, each with a key of their own."""

    proposer: Client
    approver: Client
    second: Client
    dissenter: Client


def _play(stage: Stage, found: Findings) -> None:
    both = (Scope.policies_read, Scope.policies_propose, Scope.policies_approve)
    people = _Leadership(
        stage.client("chief-executive", *both),
        stage.client("general-counsel", Scope.policies_read, Scope.policies_approve),
        stage.client("head-of-product", Scope.policies_read, Scope.policies_approve),
        stage.client("head-of-commerce", Scope.policies_read, Scope.policies_approve),
    )
    _before_the_ban(stage, people)
    sellers, friend = _earlier_posts(stage, found)
    version, change = _decide(stage, people, found)
    _at_the_moment(stage, sellers[0], change, found)
    _taken_down(stage, people, sellers, friend, found)
    _announced(stage, people, version, found)


def _before_the_ban(stage: Stage, people: _Leadership) -> None:
    stage.say("the policy before the ban")
    old = people.proposer.propose_policy(
        Proposal(text=_text("2014-05"), rationale="Riverside opens.")
    )
    people.approver.approve_policy(NETWORK, "2014-05", Approval(sha256=old.sha256))
    change = people.approver.activate_policy(NETWORK, "2014-05", Activation())
    stage.sleep_until(change.effective + _SECOND)


def _earlier_posts(stage: Stage, found: Findings) -> tuple[list[Person], Person]:
    """Three sellers and somebody who does not sell, friends of one reader, each with a post."""
    friend = stage.person("jia", network=NETWORK)
    sellers = [stage.person(name, network=NETWORK) for name in _PROMOTIONS]
    stage.friends(friend, sellers)
    written = [seller.share(_PROMOTIONS[seller.name]) for seller in sellers]
    found(
        "promotions before the ban", [one.state for one in written],
        ", ".join(one.id or "none" for one in written),
    )  # fmt: skip
    friend.share(_LIFE)
    return sellers, friend


def _decide(
    stage: Stage, people: _Leadership, found: Findings
) -> tuple[PolicyVersion, PolicyChange]:
    """Proposed, disagreed with, approved, put in force: and what is refused on the way."""
    stage.say("the ban is decided")
    rationale = "Friends leave because their feed has become a market."
    version = people.proposer.propose_policy(Proposal(text=_text("2014-06"), rationale=rationale))
    found(
        "put in force without a signed record", _code(people.approver, "activate"),
        f"{version.policy}: {'; '.join(version.missing)}",
    )  # fmt: skip
    found("approved by its own proposer", _code(people.proposer, "approve", version.sha256))
    people.dissenter.dissent_from_policy(NETWORK, "2014-06", Dissent(words=_DISSENT))
    for approver in (people.approver, people.second):
        approver.approve_policy(NETWORK, "2014-06", Approval(sha256=version.sha256))
    change = people.approver.activate_policy(
        NETWORK, "2014-06", Activation(effective=_whole_second(datetime.now(UTC) + _AHEAD))
    )
    assert change.record is not None
    record = people.approver.get_policy_record(change.record)
    found("who proposed it", record.body.proposer, record.body.id)
    found("who approved it", [one.who for one in record.body.approvers])
    found("dissent in the record", {one.who: one.words for one in record.body.dissent})
    found("the record verifies offline", _verifies(record), f"Ed25519, key {record.key_id}")
    forged = msgspec.structs.replace(record, body=msgspec.structs.replace(record.body, dissent=[]))
    found("it verifies with the dissent cut out", _verifies(forged))
    return version, change


def _at_the_moment(stage: Stage, seller: Person, change: PolicyChange, found: Findings) -> None:
    stage.say(f"waiting for {change.effective:%H:%M:%S}")
    stage.sleep_until(change.effective - _SECOND)
    before = seller.share(_AT_T)
    stage.sleep_until(change.effective + _SECOND)
    after = seller.share(_AT_T)
    moment = f"T = {change.effective.isoformat(timespec='seconds')}"
    found("the post one second before T", before.state, f"{moment}, item {before.id}")
    found("the same post one second after T", after.state, f"{moment}, {after.decision}")
    found("its clause", after.clauses[0] if after.clauses else None, "; ".join(after.quotes))


def _taken_down(
    stage: Stage, people: _Leadership, sellers: list[Person], friend: Person, found: Findings
) -> None:
    stage.say("the retroactive pass")
    told_before = {seller.name: len(seller.notices()) for seller in sellers}
    begun = people.proposer.begin_retroactive_pass(NETWORK, "2014-06", Selection())
    listed = stage.until(
        "the pass is listed",
        lambda: _in_state(people.approver, begun.id, "listed"),
    )
    items = people.approver.list_pass_items(begun.id).items
    found("earlier promotions listed", listed.listed, ", ".join(one.item for one in items))
    found("merchants affected", listed.accounts, f"pass {begun.id}")
    seen = [friend.sees(text) for text in (*_PROMOTIONS.values(), _AT_T)]
    found("in the friend's feed before it runs", seen.count(True))
    people.approver.run_retroactive_pass(begun.id)
    done = stage.until("the pass is done", lambda: _in_state(people.approver, begun.id, "done"))
    found("taken down", done.taken_down, f"pass {begun.id}, {done.skipped} skipped")
    stage.until(
        "Square has heard of it",
        lambda: not any(friend.sees(text) for text in (*_PROMOTIONS.values(), _AT_T)),
    )
    found("in the friend's feed afterwards", 0, "Square's page /, as the friend sees it")
    found("the post about a walk stays", friend.sees(_LIFE))
    told = {
        seller.name: len([one for one in seller.notices() if "3.1" in one])
        for seller in sellers
        if len(seller.notices()) > told_before[seller.name]
    }
    found("merchants who got a notice with the clause", sorted(told), "Square's page /notices")


def _announced(stage: Stage, people: _Leadership, version: PolicyVersion, found: Findings) -> None:
    now = people.approver.get_policy_in_force(NETWORK)
    record = people.approver.get_policy_record(now.record)
    words = msgspec.yaml.decode(_text("2014-06"), type=dict[str, object])["announcement"]
    assert isinstance(words, dict)
    page = httpx.get(f"{stage.pair.url}/policy/{NETWORK}", params={"language": "en"}).text
    said = " ".join(page.split())
    found("version in force", now.policy, f"since {now.since.isoformat(timespec='seconds')}")
    found("announcement holds the file's words", words["zh"] in now.announcement.zh)
    found("record and service announce the same", record.body.announcement == now.announcement)
    found("record and file are the same text", record.body.sha256 == version.sha256, version.sha256)
    found("the public page announces it", words["en"] in said, f"/policy/{NETWORK}")


def _in_state(client: Client, id: str, state: str) -> RetroactivePass | None:
    now = client.get_retroactive_pass(id)
    return now if now.state == state else None


def _code(client: Client, what: str, sha256: str = "") -> str:
    """The code with which something is refused; ``done`` when it is not."""
    try:
        if what == "activate":
            client.activate_policy(NETWORK, "2014-06", Activation())
        else:
            client.approve_policy(NETWORK, "2014-06", Approval(sha256=sha256))
    except PortreeveError as refused:
        return refused.code
    return "done"


def _verifies(record: PolicyRecord) -> bool:
    """Whether the signature is of this body, as docs/policy-in-force.md says how to see."""
    plain = json.loads(msgspec.json.encode(record))
    signed = json.dumps(plain["body"], sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    key = Ed25519PublicKey.from_public_bytes(base64.b64decode(record.public_key))
    try:
        key.verify(base64.b64decode(record.signature), signed.encode())
    except InvalidSignature:
        return False
    return True


def _text(version: str) -> str:
    return (files("scenarios") / "data/policies" / f"{NETWORK}-{version}.yaml").read_text("utf-8")


def _whole_second(moment: datetime) -> datetime:
    return moment.replace(microsecond=0)


SCENARIO = Scenario(
    number=1,
    title="Leadership forbids micro-business from T on",
    expected={
        "promotions before the ban": ["published", "published", "published"],
        "put in force without a signed record": "no-record",
        "approved by its own proposer": "same-person",
        "who proposed it": "chief-executive",
        "who approved it": ["general-counsel", "head-of-product"],
        "dissent in the record": {"head-of-commerce": _DISSENT},
        "the record verifies offline": True,
        "it verifies with the dissent cut out": False,
        "the post one second before T": "published",
        "the same post one second after T": "refused",
        "its clause": "3.1",
        "earlier promotions listed": 4,
        "merchants affected": 3,
        "in the friend's feed before it runs": 4,
        "taken down": 4,
        "in the friend's feed afterwards": 0,
        "the post about a walk stays": True,
        "merchants who got a notice with the clause": ["fang", "guo", "hua"],
        "version in force": "riverside@2014-06",
        "announcement holds the file's words": True,
        "record and service announce the same": True,
        "record and file are the same text": True,
        "the public page announces it": True,
    },
    play=_play,
)
