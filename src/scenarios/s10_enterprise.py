"""Scenario 10: the merchant whom Moments refuses opens an enterprise account."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from portreeve.client import Client, PortreeveError
from portreeve.schemas.access import Scope
from portreeve.schemas.commerce.customers import (
    AddCustomers,
    AskBroadcast,
    BroadcastAnswer,
    FollowersPost,
    NewCustomer,
    TagCustomers,
)
from portreeve.schemas.commerce.merchants import (
    DecideLicence,
    MerchantFacts,
    NewLicence,
    PlanPaid,
    StaffLeave,
)
from scenarios.findings import Findings, Scenario
from scenarios.people import Person
from scenarios.stage import Stage

_MASKS = "面膜89元一盒 加微信 xiaomei00 下单"
_STAFF = ["li", "bo", "xu", "he", "jin"]
_CUSTOMERS = ["cora", "dai", "eli"]


def _play(stage: Stage, found: Findings) -> None:
    merchant, follower = stage.person("xiaomei"), stage.person("cora")
    follower.befriend(merchant)
    refused = merchant.share(_MASKS)
    found("the promotion in Moments", refused.state, f"clause {refused.clauses[0]}")
    id = stage.id_of(merchant)
    place = _public_account(merchant, follower)
    host = stage.host
    stage.say("the enterprise account")
    facts = MerchantFacts(
        name="小美护肤", contact="front desk", public_account=place,
        licences=[NewLicence(kind="business", authority="City market office")],
    )  # fmt: skip
    host.register_merchant(id, facts)
    for name in _STAFF:
        host.add_staff(id, name)
    agreed = [
        NewCustomer(customer=name, opted_in=datetime.now(UTC), how="qr") for name in _CUSTOMERS
    ]
    added = host.add_customers(id, AddCustomers(staff="li", customers=agreed))
    found("customers who opted in, added", added.added)
    host.tag_customers(id, TagCustomers(word="老客户", customers=_CUSTOMERS[:2]))
    _unverified_and_unpaid(stage, id, found)
    _broadcasts(host, id, found)
    _followers(stage, merchant, follower, id, place, found)


def _unverified_and_unpaid(stage: Stage, id: str, found: Findings) -> None:
    host = stage.host
    asked = host.ask_broadcast(id, AskBroadcast(staff="li"))
    found("a broadcast while unverified", _refused(asked), asked.refused[0].clause or "")
    found("a post to followers while unverified", _posted(host, id))
    verifier = stage.client("vera", Scope.merchants, Scope.merchants_verify)
    [licence] = host.get_merchant(id).licences
    verifier.decide_licence(id, licence.id, DecideLicence(state="verified"))
    asked = host.ask_broadcast(id, AskBroadcast(staff="li"))
    found("a broadcast while unpaid", _refused(asked), asked.refused[0].clause or "")
    host.pay_plan(id, PlanPaid(until=datetime.now(UTC) + timedelta(days=30)))


def _broadcasts(host: Client, id: str, found: Findings) -> None:
    """Four of one month reach a customer, from whoever of the staff; the fifth does not."""
    tagged = host.ask_broadcast(id, AskBroadcast(staff="li", tag="老客户"))
    found("a broadcast to those with a tag reaches", tagged.allowed, tagged.id)
    again = host.ask_broadcast(id, AskBroadcast(staff="li"))
    found("a second one of the day", _refused(again), again.refused[0].clause or "")
    handed = []
    answers = [tagged]
    for leaving, taking in pairwise(_STAFF):
        left = host.remove_staff(id, leaving, StaffLeave(to=[taking]))
        handed += [(one.staff, one.customers) for one in left.to]
        answers.append(host.ask_broadcast(id, AskBroadcast(staff=taking, customers=["cora"])))
    found("customers handed over as staff leave", dict(handed))
    reached = ["cora" in answer.allowed for answer in answers]
    found("broadcasts of the month that reach her", reached.count(True), f"{len(answers)} asked")
    last = answers[-1]
    found("the fifth", _refused(last), last.refused[0].clause or "")


def _followers(
    stage: Stage, merchant: Person, follower: Person, id: str, place: str, found: Findings
) -> None:
    stage.say("followers")
    post = stage.host.post_to_followers(id, FollowersPost(id=f"{place}-1", text=_MASKS))
    found("the promotion to followers", [post.state, post.surface.value], post.decision or "")
    written = merchant.publish(place, f"广告｜{_MASKS}")
    found("written in Square for followers", written.state, written.id or "")
    found("a follower reads it", "xiaomei00" in follower.page("/places"), "Square's page /places")
    found("a friend sees it in Moments", follower.sees("xiaomei00"), "Square's page /")
    found("Moments, now that she is verified", merchant.share(_MASKS).state)


def _public_account(merchant: Person, follower: Person) -> str:
    merchant.form("/places", kind="public_account", name="小美护肤讲堂", about="护肤知识")
    place = re.findall(r'href="/places/(pa-[^"]+)"', merchant.page("/places"))[0]
    follower.form(f"/places/{place}/members")
    return str(place)


def _refused(answer: BroadcastAnswer) -> list[str]:
    return [one.reason for one in answer.refused]


def _posted(host: Client, id: str) -> str:
    try:
        host.post_to_followers(id, FollowersPost(id="too-early", text=_MASKS))
    except PortreeveError as refused:
        return refused.code
    return "published"


SCENARIO = Scenario(
    number=10,
    title="The merchant goes where people follow her",
    expected={
        "the promotion in Moments": "refused",
        "customers who opted in, added": 3,
        "a broadcast while unverified": ["unverified"],
        "a post to followers while unverified": "conflict",
        "a broadcast while unpaid": ["unpaid"],
        "a broadcast to those with a tag reaches": ["cora", "dai"],
        "a second one of the day": ["day_used"],
        "customers handed over as staff leave": {"bo": 3, "xu": 3, "he": 3, "jin": 3},
        "broadcasts of the month that reach her": 4,
        "the fifth": ["month_used"],
        "the promotion to followers": ["published", "public_account"],
        "written in Square for followers": "published",
        "a follower reads it": True,
        "a friend sees it in Moments": False,
        "Moments, now that she is verified": "refused",
    },
    play=_play,
)
