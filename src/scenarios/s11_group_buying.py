"""Scenario 11: a deal for one campus, its students, and those who are none."""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from portreeve.model import Surface
from portreeve.schemas.access import Scope
from portreeve.schemas.commerce.group_buying import DealFacts, GroupDeal, JoinDeal, NewChecker
from portreeve.schemas.commerce.ledger import BalanceQuery
from portreeve.schemas.screening import Submission
from scenarios.findings import Findings, Scenario
from scenarios.people import PageError, Person, plain
from scenarios.search import in_files
from scenarios.stage import Stage

_TEXT = "水果拼团，20斤脐橙12元，满3人成团"
_CONTEXT = b"portreeve enrolment 1\n"
_CLAUSE = re.compile(r"第 (G[\d.]+) 条")


@dataclass(frozen=True)
class School:
    """A school whose checker signs who is enrolled."""

    campus: str
    key: Ed25519PrivateKey

    def attest(self, account: str, result: str = "enrolled") -> str:
        """A proof, as docs/commerce-group-buying.md has its format."""
        now = datetime.now(UTC)
        said = {
            "account": account,
            "campus": self.campus,
            "result": result,
            "issued": now - timedelta(hours=1),
            "expires": now + timedelta(days=30),
        }
        payload = msgspec.json.encode(said)
        return f"{_text(payload)}.{_text(self.key.sign(_CONTEXT + payload))}"


def _play(stage: Stage, found: Findings) -> None:
    schools = {name: School(name, Ed25519PrivateKey.generate()) for name in ("a", "b")}
    for school in schools.values():
        public = base64.b64encode(school.key.public_key().public_bytes_raw()).decode()
        stage.admin.trust_checker(NewChecker(campus=school.campus, public_key=public))
    stage.say("students show their proofs")
    students = [_enrolled(stage, f"student-a{number}", schools["a"]) for number in range(4)]
    other, graduate = (
        _enrolled(stage, "student-b", schools["b"]),
        _enrolled(stage, "graduate", schools["a"], "graduated"),
    )
    outsider = stage.person("outsider")
    forger = stage.person("forger")
    forged = School("a", Ed25519PrivateKey.generate()).attest(stage.id_of(forger))
    page = plain(forger.form("/enrolment", proof=forged))
    found("a proof that no school signed", "No checker that is known here" in page)
    _deal(
        stage, students, {"student of B": other, "graduate": graduate, "outsider": outsider}, found
    )
    _kept(stage, students[0], schools["a"], found)
    _below_the_threshold(stage, students, found)


def _enrolled(stage: Stage, name: str, school: School, result: str = "enrolled") -> Person:
    person = stage.person(name)
    page = person.form("/enrolment", proof=school.attest(stage.id_of(person), result))
    if "有效期至" not in page:
        raise PageError(f"The proof of {name} was not taken.")
    return person


def _deal(
    stage: Stage, students: list[Person], strangers: dict[str, Person], found: Findings
) -> None:
    stage.say("a deal for campus A")
    organiser, *buyers = students
    page = organiser.form("/deals", text=_TEXT, campus="a", price="12", threshold="3", days="7")
    deal = re.findall(r'<article class="card" id="(p-[^"]+)"', page)[0]
    for who, stranger in strangers.items():
        page = plain(stranger.form(f"/deals/{deal}/join"))
        clause = _CLAUSE.search(page)
        found(f"{who} joins", clause[1] if clause else "joined", _reason(page))
    states = []
    for buyer in buyers:
        buyer.form(f"/deals/{deal}/join")
        states.append(stage.host.get_deal(deal).state)
    found("as each student of A joins", states, f"deal {deal}, threshold 3")
    paid = stage.client("bookkeeper", Scope.ledger).get_balances(
        BalanceQuery(of=stage.id_of(organiser))
    )
    found("the organiser is owed", [one.amount.shown for one in paid.items])


def _kept(stage: Stage, student: Person, school: School, found: Findings) -> None:
    id = stage.id_of(student)
    kept = msgspec.to_builtins(stage.host.get_enrolment(id))
    found("what is kept of a check", sorted(set(kept) - {"account"}))
    proof = school.attest(id)
    student.form("/enrolment", proof=proof)
    payload, _, signature = proof.partition(".")
    files = in_files(stage.pair.folder, [payload.encode(), signature.encode()])
    found("files of either system with the proof in them", files)


def _below_the_threshold(stage: Stage, students: list[Person], found: Findings) -> None:
    """Square's deals last for days; this one, through the service, for two seconds."""
    stage.say("a deal that nobody else joins")
    host, organiser, buyer = stage.host, *(stage.id_of(one) for one in students[:2])
    host.screen(
        Submission(
            id="deal-short", text=_TEXT, surface=Surface.group_buy, account=organiser,
            standing="campus_member", audience="campus:a",
        )
    )  # fmt: skip
    soon = datetime.now(UTC) + timedelta(seconds=2)
    facts = DealFacts(
        organiser=organiser, campus="a", price=1_200, currency="CNY", threshold=3, deadline=soon
    )
    host.open_deal("deal-short", facts)
    ledger = stage.client("bookkeeper", Scope.ledger)
    before = ledger.get_balances(BalanceQuery(of=buyer)).items
    joined = host.join_deal("deal-short", JoinDeal(account=buyer))
    found("somebody is in", joined.joined, "one of three")
    end = stage.until("the refund", lambda: _refunded(stage))
    found("at its deadline", end.state, f"{end.refunded} of {end.joined} refunded")
    found("everybody has their money back", end.refunded == end.joined)
    after = ledger.get_balances(BalanceQuery(of=buyer)).items
    found("the buyer's account is as before", after == before, "the ledger, double entry")


def _refunded(stage: Stage) -> GroupDeal | None:
    deal = stage.host.get_deal("deal-short")
    return deal if deal.state == "refunded" else None


def _reason(page: str) -> str:
    _, _, after = page.partition("您不能参团。")
    return after.strip().split("全部团购")[0].strip()


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


SCENARIO = Scenario(
    number=11,
    title="Group buying on campus A",
    expected={
        "a proof that no school signed": True,
        "student of B joins": "G3.5",
        "graduate joins": "G3.3",
        "outsider joins": "G3.1",
        "as each student of A joins": ["open", "open", "completed"],
        "the organiser is owed": ["36.00 CNY"],
        "what is kept of a check": ["campus", "expires", "result"],
        "files of either system with the proof in them": [],
        "somebody is in": True,
        "at its deadline": "refunded",
        "everybody has their money back": True,
        "the buyer's account is as before": True,
    },
    play=_play,
)
