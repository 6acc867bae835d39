"""Judging what has gathered: submissions of one moment, by what is in force at it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple, Protocol

from portreeve.engine import Assessed
from portreeve.model import Verdict
from portreeve.policy import Policy
from portreeve.schemas.screening import Stage, Submission
from portreeve.service.calls import Pending
from portreeve.service.context import Context
from portreeve.service.in_force import InForce
from portreeve.service.judged import Remember, judge_all
from portreeve.service.more_known import MoreKnown
from portreeve.service.picture_facts import Shown
from portreeve.service.reasons import ReasonBook
from portreeve.service.records import Lot
from portreeve.service.registers import Registers, enrolled_of, registers
from portreeve.service.remembering import Remembering
from portreeve.store import micros
from portreeve.store.rows import rows_by_key
from portreeve.store.tables.core import accounts
from portreeve.store.tables.enforcement import sanctions

_BARRED: dict[str, Verdict] = {
    "suspend": Verdict.refuse, "ban": Verdict.refuse, "mute": Verdict.refuse,
    "limit": Verdict.limit,
}  # fmt: skip
"""What a sanction of the account asks for whatever it publishes."""


class PolicyTimes(Protocol):
    """Which version decides when."""

    def at(self, network: str, time: datetime) -> InForce:
        """What decides on a network at a time."""


@dataclass(frozen=True)
class JudgedLot:
    """A lot with the calls' submissions it came from, and what was in force."""

    lot: Lot
    pendings: list[Pending]
    in_force: InForce


class Restriction(NamedTuple):
    """A sanction in force; moments in microseconds."""

    account: str
    network: str
    kind: str
    begins: int
    ends: int | None


_RESTRICTION = Restriction._fields
_REGISTERED = ("id", "standing", "registered")
Group = tuple[str, str, bool]
"""Submissions are judged together that share network, policy and whether they are published."""


class Judge:
    """Judges submissions that have gathered, a lot for each policy among them."""

    def __init__(
        self,
        context: Context,
        policies: PolicyTimes,
        remembering: Remembering | None = None,
        known: MoreKnown | None = None,
    ) -> None:
        self._context = context
        self._policies = policies
        self._remembering = remembering
        self._more_known = known
        self._books: dict[str, ReasonBook] = {}

    def judge(self, taken: Sequence[Pending]) -> list[JudgedLot]:
        """Decide, write nothing.

        Raises:
            StoreUnavailableError: what is known of the accounts cannot be read.
        """
        now = self._context.now()
        groups: dict[Group, list[Pending]] = {}
        stages: dict[Group, list[Stage]] = {}
        books: dict[Group, tuple[ReasonBook, InForce]] = {}
        in_force = {
            network: self._policies.at(network, now) for network in {p.network for p in taken}
        }
        for pending in taken:
            found = in_force[pending.network]
            account = pending.submission.account
            policy = found.policy if found.candidate is None else found.policy_for(account)
            # its deadline may pass meanwhile: the stage is never later than what it is judged by
            stage = pending.stage
            group = (pending.network, policy.label, pending.published)
            if group not in groups:
                groups[group], stages[group] = [], []
                books[group] = (self._book(policy), found)
            groups[group].append(pending)
            stages[group].append(stage)
        known, restrictions = self._known([p.submission for p in taken], now)
        lots = []
        for group, pendings in groups.items():
            network, _, published = group
            book, found = books[group]
            submissions, pictured, alike = self._shown([p.submission for p in pendings])
            judged = judge_all(
                submissions,
                book,
                published=published,
                barred=_barred(submissions, network, restrictions),
                registers=known,
                shadow=found.shadow,
                remember=self._remember(network, now, alike),
                pictured=pictured,
            )
            lot = Lot(judged, network, stages[group], [p.accepted for p in pendings])
            lots.append(JudgedLot(lot, pendings, found))
        return lots

    def _shown(self, submissions: Sequence[Submission]) -> Shown:
        if self._more_known is None:
            return Shown(submissions, None, ())
        return self._more_known.shown(submissions)

    def _remember(
        self, network: str, now: datetime, alike: Sequence[Sequence[str]]
    ) -> Remember | None:
        memory = self._remembering
        if memory is None:
            return None
        return lambda submissions, assessed, policies: memory.remember(
            network, submissions, assessed, policies, now, alike
        )

    def _known(
        self, given: Sequence[Submission], now: datetime
    ) -> tuple[Registers, dict[str, list[Restriction]]]:
        """What accounts are, and what restricts them."""
        named = {s.account for s in given if s.account}
        if not named:
            return registers(self._context, (), now), {}
        with self._context.database.read() as connection:
            known = rows_by_key(connection, accounts, _REGISTERED, named)
            found = rows_by_key(connection, sanctions, _RESTRICTION, named, where="open")
            enrolled = enrolled_of(connection, given)
        restrictions: dict[str, list[Restriction]] = {}
        for row in found:
            one = Restriction._make(row)
            if one.begins <= micros(now) and (one.ends is None or micros(now) < one.ends):
                restrictions.setdefault(one.account, []).append(one)
        return registers(self._context, map(tuple, known), now, enrolled), restrictions

    def _book(self, policy: Policy) -> ReasonBook:
        book = self._books.get(policy.label)
        if book is None or book.policy is not policy:
            book = self._books[policy.label] = ReasonBook(policy)
        return book

    def warm(self, network: str) -> None:
        """Load and compile what the first decision needs."""
        book = self._book(self._policies.at(network, self._context.now()).policy)
        submissions = [Submission(id=1, text="早安 good morning"), Submission(id=2, text="")]
        known = registers(self._context, (), self._context.now())
        memory = self._remembering

        def remember(
            _: Sequence[Submission], assessed: Assessed, policies: Sequence[Policy]
        ) -> None:
            if memory is not None:
                memory.warm(assessed, policies[0])

        judge_all(submissions, book, published=False, barred={}, registers=known, remember=remember)


def _barred(
    submissions: Sequence[Submission], network: str, restrictions: dict[str, list[Restriction]]
) -> dict[int, tuple[str, Verdict]]:
    """What sanctions of the accounts ask for, by place."""
    found: dict[int, tuple[str, Verdict]] = {}
    if not restrictions:
        return found
    for at, submission in enumerate(submissions):
        for sanction in restrictions.get(submission.account or "", ()):
            least = _BARRED.get(sanction.kind)
            if sanction.kind == "block_links" and (submission.links or submission.codes):
                least = Verdict.refuse
            if least is None or sanction.network != network:
                continue
            if at not in found or least.rank > found[at][1].rank:
                found[at] = (sanction.kind, least)
    return found
