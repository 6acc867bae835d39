"""Reports: what people say, graded by how far it can be relied on.

* *attested public*: an item that was published; Portreeve holds what it said.
* *franked*: one message of a private chat, opened by its recipient, with the network's stamp.
* *reporter's claim*: words; a person looks into it, and nothing else follows.
"""

from __future__ import annotations

from typing import Any

import msgspec
import sqlalchemy as sa

from portreeve.franking import EvidenceGrade, Franked, FrankingError
from portreeve.franking import Report as FrankedReport
from portreeve.model import Surface, Verdict
from portreeve.schemas.access import Scope
from portreeve.schemas.reports import Report, ReportClaim, ReportFranked, ReportItem
from portreeve.schemas.screening import MESSAGE_ITEM
from portreeve.service import franking, standing
from portreeve.service.actor import SCREEN, Actor
from portreeve.service.case_opening import CaseOpening, decision_row, lock_items
from portreeve.service.case_records import Row, case_row
from portreeve.service.context import Context
from portreeve.service.errors import ServiceError, not_found
from portreeve.service.evidence import message_name, words_name
from portreeve.service.message_judge import MessageJudge, MessageJudgement
from portreeve.service.networks import need_governed
from portreeve.service.remembering_names import account_numbers
from portreeve.store import Transaction, new_id
from portreeve.store.statements import insert_missing
from portreeve.store.tables.cases import case_items, cases, reports
from portreeve.store.tables.core import accounts, decisions, items

_DOWN = ("refused", "removed")


class Reports:
    """Takes reports, and tells reporters what came of them."""

    def __init__(self, context: Context, opening: CaseOpening, judge: MessageJudge) -> None:
        self._context = context
        self._opening = opening
        self._judge = judge

    def report_item(self, actor: Actor, request: ReportItem) -> Report:
        """Report something that was published.

        All reports of one item come into one case. Somebody who reports the same revision again
        gets their first report back: it counts once. Where the item is down already, or a person
        has judged it as it stands, the report is resolved at once.

        Raises:
            ServiceError: ``not-found``; ``gone`` when the host deleted the item;
                ``sealed-surface`` for what was not public.
        """
        actor.need(Scope.reports)
        with self._context.database.write() as tx:
            item = lock_items(tx, [request.item]).get(request.item)
            if item is None:
                raise not_found("item", request.item)
            _need_public(item)
            before = _reported(tx, request.reporter, item)
            if before is not None:
                return _answer(before, repeated=True)
            decision = decision_row(tx, item.decision)
            if decision is None:
                raise not_found("decision", item.decision)
            report = self._report(
                tx, EvidenceGrade.attested_public, item.network, request.reporter, request.words
            )
            report |= {"item": item.id, "revision": item.revision, "account": item.account}
            if item.state in _DOWN or _judged_by_person(tx, decision):
                acted = decision.undone is None and decision.verdict != Verdict.allow
                report |= _resolved(report, acted=acted)
            else:
                report["case"] = self._opening.for_report(tx, item, decision)
            return self._file(tx, actor, report)

    def report_claim(self, actor: Actor, request: ReportClaim) -> Report:
        """Claim something against an account. Claims against one account come into one case.

        Raises:
            ServiceError: ``not-found``: no policy governs the network.
        """
        actor.need(Scope.reports)
        network = request.network or self._context.settings.network
        with self._context.database.write() as tx:
            need_governed(tx.connection, request.network)
            standing.lock(tx)  # two claims at the same time open one case
            report = self._report(
                tx, EvidenceGrade.reporters_claim, network, request.reporter, request.words
            )
            case, new = self._opening.for_claim(tx, network, request.account)
            repeated = not new and _counted(tx, case, request.reporter)
            if not new and not repeated:
                self._opening.count_report(tx, case_row(tx.connection, case, lock=True))
            report |= {"account": request.account, "case": case}
            return self._file(tx, actor, report, repeated=repeated)

    def report_franked(self, actor: Actor, request: ReportFranked) -> Report:
        """Open exactly one message of a private chat, with proof.

        The message is kept sealed under its sender's account and shown in its case only. What
        the policy says of it follows as for anything published; where it says nothing, a person
        decides.

        Raises:
            ServiceError: ``franking``, with the code of the refusal: nothing was opened then, and
                nothing is kept.
        """
        actor.need(Scope.reports)
        network = request.network or self._context.settings.network
        try:
            given = _signed_in(request)
            # verified before it is read, and without a lock while it is judged
            text = franking.glance(self._context, network, given).message.decode(errors="replace")
            judged = self._judge(network, text, self._context.now())
            return self._file_franked(actor, network, request, given, judged)
        except FrankingError as error:
            raise franking.refused(error) from None

    def _file_franked(
        self,
        actor: Actor,
        network: str,
        request: ReportFranked,
        given: FrankedReport,
        judged: MessageJudgement,
    ) -> Report:
        with self._context.database.write() as tx:
            report = self._report(
                tx, EvidenceGrade.franked, network, request.reporter, request.words
            )
            franked = franking.verifier(tx, network, report["id"]).verify(given)
            self._meet(tx, franked.sender)
            decision = _decide_message(tx, network, franked, judged)
            message = self._context.vault.seal_many(
                tx, [franked.sender], [franked.message], [message_name(report["id"])]
            )[0]
            report |= {
                "item": decision.item,
                "revision": decision.revision,
                "account": franked.sender,
                "message": message,
                "case": self._opening.for_message(tx, decision),
            }
            return self._file(tx, actor, report)

    def _meet(self, tx: Transaction, sender: str) -> None:
        """Note who sent a message: it may be all that was ever heard of the account."""
        number = int(account_numbers(self._context.vault, [sender])[0])
        known = {"id": sender, "first_seen": tx.time, "number": number}
        insert_missing(tx, accounts, [known])

    def read(self, actor: Actor, id: str) -> Report:
        """How a report stands."""
        actor.need(Scope.reports)
        with self._context.database.read() as connection:
            row = connection.execute(sa.select(reports).where(reports.c.id == id)).first()
        if row is None:
            raise not_found("report", id)
        return _answer(row)

    def _report(
        self, tx: Transaction, grade: EvidenceGrade, network: str, reporter: str, words: str | None
    ) -> dict[str, Any]:
        """A report's row, as far as all kinds share it."""
        id = new_id("rep")
        sealed = None
        if words is not None:
            name = words_name(id)
            sealed = self._context.vault.seal_many(tx, [reporter], [words.encode()], [name])[0]
        return {
            "id": id, "grade": grade.value, "network": network, "reporter": reporter,
            "item": None, "revision": None, "account": None, "case": None, "state": "open",
            "outcome": None, "filed": tx.time, "resolved": None, "words": sealed, "message": None,
        }  # fmt: skip

    def _file(
        self, tx: Transaction, actor: Actor, report: dict[str, Any], *, repeated: bool = False
    ) -> Report:
        tx.execute(sa.insert(reports), report)
        facts = {name: report[name] for name in ("grade", "item", "case", "network")}
        tx.audit(actor.name, "report.file", report["id"], **facts)
        tx.announce("report.filed", report["id"], **facts)
        if report["state"] == "resolved":
            tx.announce(
                "report.resolved",
                report["id"],
                reporter=report["reporter"],
                outcome=report["outcome"],
            )
        shown = {name: report[name] for name in Report.__struct_fields__ if name in report}
        return msgspec.convert(shown | {"repeated": repeated}, Report)


def _need_public(item: Row) -> None:
    if Surface(item.surface).sealed:
        raise ServiceError(
            "sealed-surface",
            f"The surface {item.surface!r} is sealed: Portreeve holds nothing of it. Report one "
            "message with its franking proof, or claim what happened.",
            field="item",
        )
    if item.state == "deleted":
        raise ServiceError("gone", f"The item {item.id!r} was deleted by its host.", field="item")


def _reported(tx: Transaction, reporter: str, item: Row) -> Row | None:
    """The report that somebody made of this revision before."""
    c = reports.c
    return tx.execute(
        sa.select(reports).where(
            c.reporter == reporter, c.item == item.id, c.revision == item.revision
        )
    ).first()


def _counted(tx: Transaction, case: str, reporter: str) -> bool:
    """Whether somebody's report of a case is counted already."""
    c = reports.c
    wanted = sa.select(c.id).where(c.case == case, c.reporter == reporter)
    return tx.execute(wanted.limit(1)).first() is not None


def _judged_by_person(tx: Transaction, decision: Row) -> bool:
    """Whether the item stands as a person decided or confirmed it."""
    if decision.by != SCREEN or decision.undone is not None:
        return True
    confirmed = (
        sa.select(cases.c.id)
        .join(case_items, case_items.c.case == cases.c.id)
        .where(case_items.c.decision == decision.id, cases.c.state == "decided")
    )
    return tx.execute(confirmed.limit(1)).first() is not None


def _resolved(report: dict[str, Any], *, acted: bool) -> dict[str, Any]:
    return {
        "state": "resolved",
        "outcome": "acted" if acted else "not-acted",
        "resolved": report["filed"],
    }


def _signed_in(request: ReportFranked) -> FrankedReport:
    """The report as made by who is signed in, whatever it says itself."""
    given = FrankedReport.from_json(msgspec.json.encode(request.report))
    return FrankedReport(
        message=given.message,
        opening_key=given.opening_key,
        stamp=given.stamp,
        reporter=request.reporter,
    )


def _decide_message(
    tx: Transaction, network: str, franked: Franked, judged: MessageJudgement
) -> Row:
    """Put a message among the items, without content, and a decision on it: so that notices,
    strikes, undo and appeals are the same for it as for everything else."""
    name = f"{MESSAGE_ITEM}{network}:{franked.message_id}"
    if tx.execute(sa.select(items.c.id).where(items.c.id == name)).first() is not None:
        raise ServiceError(
            "conflict",
            f"There is an item {name!r} that is no message, so no message of this id can be "
            "reported. Report another of the sender's, or claim what happened in words.",
        )
    decision = {
        "id": new_id("dec"), "item": name, "revision": 1, "account": franked.sender,
        "network": network, "surface": Surface.private_chat.value, "stage": "after",
        "decided": tx.time, "verdict": judged.verdict.value, "lawful": judged.lawful,
        "permitted": judged.verdict.rank < Verdict.remove.rank, "rules": judged.rules,
        "clauses": judged.clauses, "goods_category": judged.goods_category,
        "goods_tier": judged.goods_tier, "policy": judged.policy, "by": SCREEN,
        "grade": EvidenceGrade.franked.value,
        # while a person has yet to decide, the sender must not learn that there was a report
        "followed": judged.verdict is Verdict.hold,
    }  # fmt: skip
    item = {
        "id": name, "network": network, "surface": Surface.private_chat.value,
        "account": franked.sender, "time": franked.time, "revision": 1, "digest": "",
        "state": "published", "decision": decision["id"], "received": tx.time, "updated": tx.time,
        "submitted": tx.time,
    }  # fmt: skip
    tx.execute(sa.insert(items), item)
    tx.execute(sa.insert(decisions), decision)
    row = decision_row(tx, str(decision["id"]))
    if row is None:
        raise not_found("decision", str(decision["id"]))
    return row


def _answer(row: Row, *, repeated: bool = False) -> Report:
    shown = {name: getattr(row, name) for name in Report.__struct_fields__ if name != "repeated"}
    return msgspec.convert(shown | {"repeated": repeated}, Report)
