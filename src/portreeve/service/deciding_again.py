"""Deciding stored items again once more is known of them: words in pictures, targets of links."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import sqlalchemy as sa

from portreeve.enforcement.consequences import PERSON
from portreeve.model import Verdict
from portreeve.policy import Policy
from portreeve.schemas.screening import Submission
from portreeve.service.context import Context
from portreeve.service.judged import Judged, judge_all
from portreeve.service.lots import PolicyTimes
from portreeve.service.more_known import MoreKnown
from portreeve.service.reasons import ReasonBook
from portreeve.service.records import Lot, Recorder
from portreeve.service.rescreening import Rescreening


class _Group(NamedTuple):
    """Items are decided together that share network, policy and whether they are published."""

    network: str
    policy: str
    published: bool


class DecidingAgain:
    """Decides stored items again, with what is known of them by now."""

    def __init__(
        self,
        context: Context,
        policies: PolicyTimes,
        rescreening: Rescreening,
        known: MoreKnown,
    ) -> None:
        self._context = context
        self._policies = policies
        self._rescreening = rescreening
        self._known = known
        self._recorder = Recorder(context.vault)

    def again(self, ids: Sequence[str]) -> int:
        """Decide items again by what is in force now; how many are decided more strictly.

        A milder decision is not made: it stands on memory or a sanction, or a person is to look.
        What a person decided, what was undone, and what is gone, stays as it is.
        """
        found, rows = self._rescreening.stored(ids)
        groups: dict[_Group, list[Submission]] = {}
        books: dict[str, ReasonBook] = {}
        for submission in found:
            row = rows[str(submission.id)]
            if row["stage"] == PERSON or row["undone"] is not None:
                continue
            policy = self._policy(row["network"], submission.account)
            books.setdefault(policy.label, ReasonBook(policy))
            group = _Group(row["network"], policy.label, row["state"] == "published")
            groups.setdefault(group, []).append(submission)
        return sum(
            self._decide(group, books[group.policy], submissions, rows)
            for group, submissions in groups.items()
        )

    def _policy(self, network: str, account: str | None) -> Policy:
        return self._policies.at(network, self._context.now()).policy_for(account)

    def _decide(
        self,
        group: _Group,
        book: ReasonBook,
        submissions: Sequence[Submission],
        rows: Mapping[str, sa.RowMapping],
    ) -> int:
        shown, given, _ = self._known.shown(submissions)
        judged = judge_all(
            shown,
            book,
            published=group.published,
            barred={},
            registers=self._rescreening.registers(shown),
            pictured=given,
        )
        stricter = {
            str(s.id): rows[str(s.id)]["decision"]
            for s, verdict in zip(judged.submissions, judged.verdict, strict=True)
            if Verdict(verdict).rank > Verdict(rows[str(s.id)]["verdict"]).rank
        }
        if not stricter:
            return 0
        return self._write(group, judged, stricter, rows)

    def _write(
        self,
        group: _Group,
        judged: Judged,
        stricter: Mapping[str, str],
        rows: Mapping[str, sa.RowMapping],
    ) -> int:
        ids = [str(s.id) for s in judged.submissions]
        submitted = [rows[id]["submitted"] for id in ids]
        lot = Lot(judged, group.network, ["late"] * len(ids), submitted)
        with self._context.database.write() as tx:
            written = self._recorder.write(tx, lot, instead_of=stricter, audited={})
            made = 0
            for at, (id, w) in enumerate(zip(ids, written, strict=True)):
                if w.decision is None:
                    continue
                made += 1
                before = rows[id]["state"]
                tx.announce(
                    "decision.late", w.decision, item=id, verdict=judged.verdict[at],
                    state=judged.state(at), answered="allow" if before == "published" else "hold",
                )  # fmt: skip
        return made
