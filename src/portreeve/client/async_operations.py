"""Every operation of the API, as a method to await.

Made by `python -m portreeve.docs` from the routes; edit those.
"""

from __future__ import annotations

from types import NoneType
from typing import Any, TypeVar

import msgspec

from portreeve.client.requests import part
from portreeve.schemas.accounts import Account, AccountFacts, RelationEvents, RelationsTaken
from portreeve.schemas.appeals import (
    Appeal,
    AppealProgress,
    AppealQuery,
    AppealRecord,
    DecideAppeal,
    FileAppeal,
)
from portreeve.schemas.audit import AuditEntry, AuditVerification
from portreeve.schemas.base import Page, Paging
from portreeve.schemas.cases import (
    AddNote,
    Case,
    CaseEvidence,
    CaseQuery,
    CaseRecord,
    CaseStep,
    DecideCase,
    Handover,
    ItemEvidence,
    Precision,
    Release,
    RequestRelease,
)
from portreeve.schemas.enforcement import Imposition, Lift, Notice, Sanction, Undone, UndoRequest
from portreeve.schemas.health import Live, Ready, Welcome
from portreeve.schemas.keys import ApiKey, MadeKey, NewKey
from portreeve.schemas.log import LogSearch
from portreeve.schemas.policies import (
    Acknowledgement,
    Activation,
    Alarm,
    Approval,
    Dissent,
    PassItem,
    PolicyChange,
    PolicyInForce,
    PolicyRecord,
    PolicyVersion,
    Preview,
    PreviewOrder,
    Proposal,
    RetroactivePass,
    Rollback,
    Rollout,
    Selection,
    ShadowQuery,
    ShadowReport,
    ShadowSwitch,
    Withdrawal,
)
from portreeve.schemas.privacy import Erased
from portreeve.schemas.queries import (
    AuditQuery,
    ErasureQuery,
    InForceQuery,
    LanguageQuery,
    NetworkPaging,
    NetworkQuery,
    SanctionQuery,
    SinceQuery,
)
from portreeve.schemas.readings import Agreement, Reading, ReadingResult, SubmitReading
from portreeve.schemas.reports import (
    AddFrankingKey,
    FrankingKey,
    Report,
    ReportClaim,
    ReportFranked,
    ReportItem,
)
from portreeve.schemas.screening import (
    Batch,
    BatchAnswer,
    DecisionRecord,
    ItemRecord,
    Screened,
    Submission,
)
from portreeve.schemas.webhooks import (
    Delivery,
    DeliveryFilter,
    DeliveryLog,
    MadeWebhook,
    NewWebhook,
    Replay,
    Replayed,
    Rotation,
    Webhook,
    WebhookChange,
)

T = TypeVar("T")


class AsyncOperations:
    """Every operation of the API, as a method to await."""

    async def _ask(
        self,
        method: str,
        path: str,
        answer: type[T],
        *,
        query: msgspec.Struct | None = None,
        body: msgspec.Struct | None = None,
    ) -> T:
        raise NotImplementedError

    async def screen(
        self,
        body: Submission,
    ) -> Screened:
        """Screen one item, before or after publication.

        The same id with the same content has the same decision; with other content it is an
        edit. When the deadline of the surface is missed, the surface's fail policy answers,
        `provisional` is true, and the decision follows as an event.

        Needs the scope `screen`.
        """
        return await self._ask(
            "POST",
            "/v1/screen",
            Screened,
            body=body,
        )

    async def screen_batch(
        self,
        body: Batch,
    ) -> BatchAnswer:
        """Screen many items at once, at most 10,000.

        Items that cannot be decided, such as one of a sealed surface, are set aside in
        `rejected`; the others are decided. A body that has not the form of a batch is refused
        whole.

        Needs the scope `screen`.
        """
        return await self._ask(
            "POST",
            "/v1/screen/batch",
            BatchAnswer,
            body=body,
        )

    async def get_item(
        self,
        id: str,
    ) -> ItemRecord:
        """One item, without its content.

        Needs the scope `screen`.
        """
        return await self._ask(
            "GET",
            f"/v1/items/{part(id)}",
            ItemRecord,
        )

    async def delete_item(
        self,
        id: str,
    ) -> ItemRecord:
        """Say that the item is gone from the network.

        What was decided stays, and can be appealed.

        Needs the scope `screen`.
        """
        return await self._ask(
            "DELETE",
            f"/v1/items/{part(id)}",
            ItemRecord,
        )

    async def get_decision(
        self,
        id: str,
    ) -> DecisionRecord:
        """One decision, with the reasons in the words of the policy that decided.

        Needs the scope `screen`.
        """
        return await self._ask(
            "GET",
            f"/v1/decisions/{part(id)}",
            DecisionRecord,
        )

    async def undo_decision(
        self,
        id: str,
        body: UndoRequest,
    ) -> Undone:
        """Reverse a decision and everything it caused.

        The post and its comments, strikes, sanctions, followers and counters are as they were.

        Needs the scope `sanctions`.
        """
        return await self._ask(
            "POST",
            f"/v1/decisions/{part(id)}/undo",
            Undone,
            body=body,
        )

    async def put_account(
        self,
        id: str,
        body: AccountFacts,
    ) -> Account:
        """Say what an account is; what was said of it before is replaced.

        Needs the scope `accounts`.
        """
        return await self._ask(
            "PUT",
            f"/v1/accounts/{part(id)}",
            Account,
            body=body,
        )

    async def get_account(
        self,
        id: str,
    ) -> Account:
        """An account and its standing: strikes, sanctions, counts.

        Needs the scope `accounts`.
        """
        return await self._ask(
            "GET",
            f"/v1/accounts/{part(id)}",
            Account,
        )

    async def list_notices(
        self,
        id: str,
        query: Paging | None = None,
    ) -> Page[Notice]:
        """What an account is told, in its language, the newest first.

        Needs the scope `accounts`.
        """
        return await self._ask(
            "GET",
            f"/v1/accounts/{part(id)}/notices",
            Page[Notice],
            query=query,
        )

    async def get_decision_notice(
        self,
        id: str,
        query: LanguageQuery | None = None,
    ) -> Notice:
        """What the account is told of a decision: clause, evidence, how to comply, how to appeal.

        Needs the scope `accounts`.
        """
        return await self._ask(
            "GET",
            f"/v1/decisions/{part(id)}/notice",
            Notice,
            query=query,
        )

    async def mark_notice_read(
        self,
        id: str,
    ) -> Notice:
        """Say that the person has read a notice.

        Needs the scope `accounts`.
        """
        return await self._ask(
            "POST",
            f"/v1/notices/{part(id)}/read",
            Notice,
        )

    async def erase_account(
        self,
        id: str,
        query: ErasureQuery | None = None,
    ) -> Erased:
        """Erase a person, for good: the key that seals what the account wrote is destroyed.

        The records stay, and verify, without content.

        Needs the scope `privacy`.
        """
        return await self._ask(
            "DELETE",
            f"/v1/accounts/{part(id)}",
            Erased,
            query=query,
        )

    async def add_relations(
        self,
        body: RelationEvents,
    ) -> RelationsTaken:
        """Tell of changes between accounts: metadata only.

        An event that has an id counts once, however often it is told.

        Needs the scope `accounts`.
        """
        return await self._ask(
            "POST",
            "/v1/relations",
            RelationsTaken,
            body=body,
        )

    async def list_sanctions(
        self,
        query: SanctionQuery | None = None,
    ) -> Page[Sanction]:
        """Sanctions, the newest first.

        Needs the scope `sanctions`.
        """
        return await self._ask(
            "GET",
            "/v1/sanctions",
            Page[Sanction],
            query=query,
        )

    async def impose_sanction(
        self,
        body: Imposition,
    ) -> Sanction:
        """Impose a sanction by hand.

        Needs the scope `sanctions`.
        """
        return await self._ask(
            "POST",
            "/v1/sanctions",
            Sanction,
            body=body,
        )

    async def get_sanction(
        self,
        id: str,
    ) -> Sanction:
        """One sanction.

        Needs the scope `sanctions`.
        """
        return await self._ask(
            "GET",
            f"/v1/sanctions/{part(id)}",
            Sanction,
        )

    async def lift_sanction(
        self,
        id: str,
        body: Lift,
    ) -> Sanction:
        """End a sanction before its time.

        Needs the scope `sanctions`.
        """
        return await self._ask(
            "POST",
            f"/v1/sanctions/{part(id)}/lift",
            Sanction,
            body=body,
        )

    async def report_item(
        self,
        body: ReportItem,
    ) -> Report:
        """Report something that was published.

        Needs the scope `reports`.
        """
        return await self._ask(
            "POST",
            "/v1/reports",
            Report,
            body=body,
        )

    async def report_claim(
        self,
        body: ReportClaim,
    ) -> Report:
        """Claim something against an account.

        Nothing automatic follows from a claim.

        Needs the scope `reports`.
        """
        return await self._ask(
            "POST",
            "/v1/reports/claims",
            Report,
            body=body,
        )

    async def report_franked(
        self,
        body: ReportFranked,
    ) -> Report:
        """Open exactly one message of a private chat, with proof.

        Needs the scope `reports`.
        """
        return await self._ask(
            "POST",
            "/v1/reports/franked",
            Report,
            body=body,
        )

    async def get_report(
        self,
        id: str,
    ) -> Report:
        """How a report stands.

        Needs the scope `reports`.
        """
        return await self._ask(
            "GET",
            f"/v1/reports/{part(id)}",
            Report,
        )

    async def list_franking_keys(
        self,
        query: NetworkQuery | None = None,
    ) -> Page[FrankingKey]:
        """The keys with which platforms sign stamps.

        Needs the scope `reports`.
        """
        return await self._ask(
            "GET",
            "/v1/franking/keys",
            Page[FrankingKey],
            query=query,
        )

    async def add_franking_key(
        self,
        body: AddFrankingKey,
    ) -> FrankingKey:
        """Register a key of a platform, or set the end of its use.

        Needs the scope `admin`.
        """
        return await self._ask(
            "POST",
            "/v1/franking/keys",
            FrankingKey,
            body=body,
        )

    async def list_cases(
        self,
        query: CaseQuery | None = None,
    ) -> Page[Case]:
        """Cases of a queue, or of all, the most urgent first.

        Needs the scope `cases`.
        """
        return await self._ask(
            "GET",
            "/v1/cases",
            Page[Case],
            query=query,
        )

    async def get_case(
        self,
        id: str,
    ) -> CaseRecord:
        """A case with its items, without content.

        Needs the scope `cases`.
        """
        return await self._ask(
            "GET",
            f"/v1/cases/{part(id)}",
            CaseRecord,
        )

    async def get_case_history(
        self,
        id: str,
    ) -> Page[CaseStep]:
        """What happened to a case, the oldest first, with the reviewers' notes.

        Needs the scope `cases`.
        """
        return await self._ask(
            "GET",
            f"/v1/cases/{part(id)}/history",
            Page[CaseStep],
        )

    async def claim_case(
        self,
        id: str,
    ) -> CaseRecord:
        """Hold a case for 15 minutes; again, to hold it longer.

        Needs the scope `cases`.
        """
        return await self._ask(
            "POST",
            f"/v1/cases/{part(id)}/claim",
            CaseRecord,
        )

    async def release_case(
        self,
        id: str,
    ) -> CaseRecord:
        """Give a case one holds back to its queue.

        Needs the scope `cases`.
        """
        return await self._ask(
            "POST",
            f"/v1/cases/{part(id)}/release",
            CaseRecord,
        )

    async def hand_over_case(
        self,
        id: str,
        body: Handover,
    ) -> CaseRecord:
        """Give a case one holds to another reviewer.

        Needs the scope `cases`.
        """
        return await self._ask(
            "POST",
            f"/v1/cases/{part(id)}/handover",
            CaseRecord,
            body=body,
        )

    async def note_on_case(
        self,
        id: str,
        body: AddNote,
    ) -> CaseStep:
        """Write something down for other reviewers.

        Needs the scope `cases`.
        """
        return await self._ask(
            "POST",
            f"/v1/cases/{part(id)}/notes",
            CaseStep,
            body=body,
        )

    async def decide_case(
        self,
        id: str,
        body: DecideCase,
    ) -> CaseRecord:
        """Decide all items of a case one holds.

        Needs the scope `cases`.
        """
        return await self._ask(
            "POST",
            f"/v1/cases/{part(id)}/decide",
            CaseRecord,
            body=body,
        )

    async def read_evidence(
        self,
        id: str,
        query: Paging | None = None,
    ) -> CaseEvidence:
        """What the items of a case said, and what its reports say.

        Every reading is in the audit log. A sealed case needs a release.

        Needs the scope `evidence`.
        """
        return await self._ask(
            "GET",
            f"/v1/cases/{part(id)}/evidence",
            CaseEvidence,
            query=query,
        )

    async def list_releases(
        self,
        id: str,
    ) -> Page[Release]:
        """The releases of a sealed case, the latest first.

        Needs the scope `cases`.
        """
        return await self._ask(
            "GET",
            f"/v1/cases/{part(id)}/evidence/releases",
            Page[Release],
        )

    async def request_release(
        self,
        id: str,
        body: RequestRelease,
    ) -> Release:
        """Ask for leave to read a sealed case; somebody else must grant it.

        Needs the scope `evidence`.
        """
        return await self._ask(
            "POST",
            f"/v1/cases/{part(id)}/evidence/release",
            Release,
            body=body,
        )

    async def grant_release(
        self,
        id: str,
        release: str,
    ) -> Release:
        """Grant what another person asked for; its time begins now.

        Needs the scope `evidence`.
        """
        return await self._ask(
            "POST",
            f"/v1/cases/{part(id)}/evidence/releases/{part(release)}/grant",
            Release,
        )

    async def file_appeal(
        self,
        body: FileAppeal,
    ) -> AppealProgress:
        """Contest a decision, once.

        Needs the scope `appeals`.
        """
        return await self._ask(
            "POST",
            "/v1/appeals",
            AppealProgress,
            body=body,
        )

    async def list_appeals(
        self,
        query: AppealQuery | None = None,
    ) -> Page[Appeal]:
        """Appeals in a state, the first due first.

        Needs the scope `cases`.
        """
        return await self._ask(
            "GET",
            "/v1/appeals",
            Page[Appeal],
            query=query,
        )

    async def get_appeal(
        self,
        id: str,
    ) -> AppealProgress:
        """How an appeal stands, and the reply.

        Needs the scope `appeals`.
        """
        return await self._ask(
            "GET",
            f"/v1/appeals/{part(id)}",
            AppealProgress,
        )

    async def claim_appeal(
        self,
        id: str,
    ) -> AppealRecord:
        """Hold an appeal for 15 minutes and read what the person says.

        Needs the scope `cases`.
        """
        return await self._ask(
            "POST",
            f"/v1/appeals/{part(id)}/claim",
            AppealRecord,
        )

    async def read_appeal_evidence(
        self,
        id: str,
    ) -> ItemEvidence:
        """What the item of an appealed decision said.

        Every reading is in the audit log.

        Needs the scope `evidence`.
        """
        return await self._ask(
            "GET",
            f"/v1/appeals/{part(id)}/evidence",
            ItemEvidence,
        )

    async def decide_appeal(
        self,
        id: str,
        body: DecideAppeal,
    ) -> Appeal:
        """Answer an appeal one holds; an overturn restores what was taken.

        Needs the scope `cases`.
        """
        return await self._ask(
            "POST",
            f"/v1/appeals/{part(id)}/decide",
            Appeal,
            body=body,
        )

    async def next_reading(
        self,
    ) -> Reading:
        """A case to read again without knowing the first verdict, for 15 minutes.

        Needs the scope `cases`.
        """
        return await self._ask(
            "POST",
            "/v1/readings/next",
            Reading,
        )

    async def submit_reading(
        self,
        body: SubmitReading,
    ) -> ReadingResult:
        """Give one's verdict on a case read again.

        Needs the scope `cases`.
        """
        return await self._ask(
            "POST",
            "/v1/readings",
            ReadingResult,
            body=body,
        )

    async def get_agreement(
        self,
        query: SinceQuery | None = None,
    ) -> Agreement:
        """Share of equal verdicts and Cohen's kappa, each with its 95 % interval.

        Needs the scope `cases`.
        """
        return await self._ask(
            "GET",
            "/v1/readings/agreement",
            Agreement,
            query=query,
        )

    async def get_precision(
        self,
        query: SinceQuery | None = None,
    ) -> Page[Precision]:
        """How often the hits of each rule were found right by the people who judged them.

        What people judge is no random sample of what a rule hits: cases are what the policy is
        unsure of, appeals what people think wrong.

        Needs the scope `cases`.
        """
        return await self._ask(
            "GET",
            "/v1/precision",
            Page[Precision],
            query=query,
        )

    async def list_policies(
        self,
        query: NetworkPaging | None = None,
    ) -> Page[PolicyVersion]:
        """Policy versions, of one network or of all, without their texts.

        Needs the scope `policies:read`.
        """
        return await self._ask(
            "GET",
            "/v1/policies",
            Page[PolicyVersion],
            query=query,
        )

    async def propose_policy(
        self,
        body: Proposal,
    ) -> PolicyVersion:
        """Keep a new version, if its text loads and its own examples come out as it says.

        Needs the scope `policies:propose`.
        """
        return await self._ask(
            "POST",
            "/v1/policies",
            PolicyVersion,
            body=body,
        )

    async def get_policy_in_force(
        self,
        name: str,
        query: InForceQuery | None = None,
    ) -> PolicyInForce:
        """What decides on a network now, or at another time.

        Needs the scope `policies:read`.
        """
        return await self._ask(
            "GET",
            f"/v1/policies/{part(name)}/in-force",
            PolicyInForce,
            query=query,
        )

    async def list_policy_changes(
        self,
        name: str,
        query: Paging | None = None,
    ) -> Page[PolicyChange]:
        """All changes of what is in force on a network, the last made first.

        Needs the scope `policies:read`.
        """
        return await self._ask(
            "GET",
            f"/v1/policies/{part(name)}/changes",
            Page[PolicyChange],
            query=query,
        )

    async def rollback_policy(
        self,
        name: str,
        body: Rollback,
    ) -> PolicyChange:
        """Go back to a version that was in force, with a record of its own.

        Needs the scope `policies:approve`.
        """
        return await self._ask(
            "POST",
            f"/v1/policies/{part(name)}/rollback",
            PolicyChange,
            body=body,
        )

    async def withdraw_policy_change(
        self,
        name: str,
        body: Withdrawal,
    ) -> PolicyChange:
        """Take back a change before its moment comes, with a record of its own.

        Needs the scope `policies:approve`.
        """
        return await self._ask(
            "POST",
            f"/v1/policies/{part(name)}/withdraw",
            PolicyChange,
            body=body,
        )

    async def get_shadow_report(
        self,
        name: str,
        query: ShadowQuery | None = None,
    ) -> ShadowReport:
        """How the shadow compares with what was decided.

        Needs the scope `policies:read`.
        """
        return await self._ask(
            "GET",
            f"/v1/policies/{part(name)}/shadow",
            ShadowReport,
            query=query,
        )

    async def list_retroactive_passes(
        self,
        name: str,
        query: Paging | None = None,
    ) -> Page[RetroactivePass]:
        """The retroactive passes of a network, the last begun first.

        Needs the scope `policies:read`.
        """
        return await self._ask(
            "GET",
            f"/v1/policies/{part(name)}/passes",
            Page[RetroactivePass],
            query=query,
        )

    async def get_policy(
        self,
        name: str,
        version: str,
    ) -> PolicyVersion:
        """One version, with its text and its announcement.

        Needs the scope `policies:read`.
        """
        return await self._ask(
            "GET",
            f"/v1/policies/{part(name)}/{part(version)}",
            PolicyVersion,
        )

    async def approve_policy(
        self,
        name: str,
        version: str,
        body: Approval,
    ) -> PolicyVersion:
        """Consent to exactly one text.

        Needs the scope `policies:approve`.
        """
        return await self._ask(
            "POST",
            f"/v1/policies/{part(name)}/{part(version)}/approve",
            PolicyVersion,
            body=body,
        )

    async def dissent_from_policy(
        self,
        name: str,
        version: str,
        body: Dissent,
    ) -> PolicyVersion:
        """Disagree, with reasons: they stand in every record that is signed from now on.

        Needs the scope `policies:approve`.
        """
        return await self._ask(
            "POST",
            f"/v1/policies/{part(name)}/{part(version)}/dissent",
            PolicyVersion,
            body=body,
        )

    async def preview_policy(
        self,
        name: str,
        version: str,
        body: PreviewOrder,
    ) -> Preview:
        """What a version would decide of stored items. Nothing is changed.

        Needs the scope `policies:propose`.
        """
        return await self._ask(
            "POST",
            f"/v1/policies/{part(name)}/{part(version)}/preview",
            Preview,
            body=body,
        )

    async def activate_policy(
        self,
        name: str,
        version: str,
        body: Activation,
    ) -> PolicyChange:
        """Sign the version's decision record and put it in force, to the second.

        Needs the scope `policies:approve`.
        """
        return await self._ask(
            "POST",
            f"/v1/policies/{part(name)}/{part(version)}/activate",
            PolicyChange,
            body=body,
        )

    async def shadow_policy(
        self,
        name: str,
        version: str,
        body: ShadowSwitch,
    ) -> PolicyChange:
        """Let a version decide beside the one in force, without effect, or end that.

        Needs the scope `policies:approve`.
        """
        return await self._ask(
            "POST",
            f"/v1/policies/{part(name)}/{part(version)}/shadow",
            PolicyChange,
            body=body,
        )

    async def roll_out_policy(
        self,
        name: str,
        version: str,
        body: Rollout,
    ) -> PolicyChange:
        """Let a version decide for a part of the accounts.

        Needs the scope `policies:approve`.
        """
        return await self._ask(
            "POST",
            f"/v1/policies/{part(name)}/{part(version)}/rollout",
            PolicyChange,
            body=body,
        )

    async def begin_retroactive_pass(
        self,
        name: str,
        version: str,
        body: Selection,
    ) -> RetroactivePass:
        """Begin to list what the version in force would take down of what is published.

        Nothing is taken down until the pass is run.

        Needs the scope `policies:approve`.
        """
        return await self._ask(
            "POST",
            f"/v1/policies/{part(name)}/{part(version)}/retroactive",
            RetroactivePass,
            body=body,
        )

    async def get_retroactive_pass(
        self,
        id: str,
    ) -> RetroactivePass:
        """A retroactive pass, and how far it is.

        Needs the scope `policies:read`.
        """
        return await self._ask(
            "GET",
            f"/v1/passes/{part(id)}",
            RetroactivePass,
        )

    async def list_pass_items(
        self,
        id: str,
        query: Paging | None = None,
    ) -> Page[PassItem]:
        """What a retroactive pass takes down, by item.

        Needs the scope `policies:read`.
        """
        return await self._ask(
            "GET",
            f"/v1/passes/{part(id)}/items",
            Page[PassItem],
            query=query,
        )

    async def run_retroactive_pass(
        self,
        id: str,
    ) -> RetroactivePass:
        """Let a retroactive pass take down what it has listed.

        Needs the scope `policies:approve`.
        """
        return await self._ask(
            "POST",
            f"/v1/passes/{part(id)}/run",
            RetroactivePass,
        )

    async def stop_retroactive_pass(
        self,
        id: str,
    ) -> RetroactivePass:
        """End a retroactive pass; what it has taken down stays down.

        Needs the scope `policies:approve`.
        """
        return await self._ask(
            "POST",
            f"/v1/passes/{part(id)}/stop",
            RetroactivePass,
        )

    async def get_policy_record(
        self,
        id: str,
    ) -> PolicyRecord:
        """A signed decision record.

        Needs the scope `policies:read`.
        """
        return await self._ask(
            "GET",
            f"/v1/policy-records/{part(id)}",
            PolicyRecord,
        )

    async def list_alarms(
        self,
        query: NetworkPaging | None = None,
    ) -> Page[Alarm]:
        """Alarms about the hit rates of rules, the last raised first.

        Needs the scope `policies:read`.
        """
        return await self._ask(
            "GET",
            "/v1/alarms",
            Page[Alarm],
            query=query,
        )

    async def acknowledge_alarm(
        self,
        id: str,
        body: Acknowledgement,
    ) -> Alarm:
        """Take note of an alarm; the rule is then quiet for a day.

        Needs the scope `policies:propose`.
        """
        return await self._ask(
            "POST",
            f"/v1/alarms/{part(id)}/acknowledge",
            Alarm,
            body=body,
        )

    async def list_audit_entries(
        self,
        query: AuditQuery | None = None,
    ) -> Page[AuditEntry]:
        """Entries of the audit log, the oldest first.

        Needs the scope `audit`.
        """
        return await self._ask(
            "GET",
            "/v1/audit",
            Page[AuditEntry],
            query=query,
        )

    async def verify_audit_log(
        self,
    ) -> AuditVerification:
        """Whether every entry is as it was written, from the first to the last.

        `portreeve audit verify` does the same offline.

        Needs the scope `audit`.
        """
        return await self._ask(
            "GET",
            "/v1/audit/verify",
            AuditVerification,
        )

    async def search_log(
        self,
        body: LogSearch,
    ) -> Page[dict[str, Any]]:
        """Decisions that meet a SQL condition, or how many there are by some columns.

        Needs the scope `log`.
        """
        return await self._ask(
            "POST",
            "/v1/log/search",
            Page[dict[str, Any]],
            body=body,
        )

    async def list_keys(
        self,
        query: Paging | None = None,
    ) -> Page[ApiKey]:
        """All keys, the newest first, revoked ones too.

        Needs the scope `admin`.
        """
        return await self._ask(
            "GET",
            "/v1/keys",
            Page[ApiKey],
            query=query,
        )

    async def create_key(
        self,
        body: NewKey,
    ) -> MadeKey:
        """Make a key.

        The answer shows its secret, which is not shown again and kept nowhere.

        Needs the scope `admin`.
        """
        return await self._ask(
            "POST",
            "/v1/keys",
            MadeKey,
            body=body,
        )

    async def get_key(
        self,
        id: str,
    ) -> ApiKey:
        """One key.

        Needs the scope `admin`.
        """
        return await self._ask(
            "GET",
            f"/v1/keys/{part(id)}",
            ApiKey,
        )

    async def revoke_key(
        self,
        id: str,
    ) -> ApiKey:
        """Stop a key from working, for good.

        It is refused everywhere within two seconds. The last key with the scope `admin` stays.

        Needs the scope `admin`.
        """
        return await self._ask(
            "DELETE",
            f"/v1/keys/{part(id)}",
            ApiKey,
        )

    async def list_webhooks(
        self,
        query: Paging | None = None,
    ) -> Page[Webhook]:
        """All webhooks, the newest first.

        Needs the scope `webhooks`.
        """
        return await self._ask(
            "GET",
            "/v1/webhooks",
            Page[Webhook],
            query=query,
        )

    async def create_webhook(
        self,
        body: NewWebhook,
    ) -> MadeWebhook:
        """Add a webhook, which is told of what happens from now on.

        The answer shows its signing secret, which is not shown again.

        Needs the scope `webhooks`.
        """
        return await self._ask(
            "POST",
            "/v1/webhooks",
            MadeWebhook,
            body=body,
        )

    async def get_webhook(
        self,
        id: str,
    ) -> Webhook:
        """One webhook.

        Needs the scope `webhooks`.
        """
        return await self._ask(
            "GET",
            f"/v1/webhooks/{part(id)}",
            Webhook,
        )

    async def change_webhook(
        self,
        id: str,
        body: WebhookChange,
    ) -> Webhook:
        """Change a webhook, disable or enable it.

        Needs the scope `webhooks`.
        """
        return await self._ask(
            "PATCH",
            f"/v1/webhooks/{part(id)}",
            Webhook,
            body=body,
        )

    async def delete_webhook(
        self,
        id: str,
    ) -> None:
        """Delete a webhook with its deliveries.

        Needs the scope `webhooks`.
        """
        await self._ask(
            "DELETE",
            f"/v1/webhooks/{part(id)}",
            NoneType,
        )

    async def rotate_webhook_secret(
        self,
        id: str,
        body: Rotation,
    ) -> MadeWebhook:
        """Give a webhook a new signing secret; for a while the old one signs too.

        Needs the scope `webhooks`.
        """
        return await self._ask(
            "POST",
            f"/v1/webhooks/{part(id)}/rotate",
            MadeWebhook,
            body=body,
        )

    async def test_webhook(
        self,
        id: str,
    ) -> None:
        """Send a webhook an event `webhook.test`, which no other hears.

        Needs the scope `webhooks`.
        """
        await self._ask(
            "POST",
            f"/v1/webhooks/{part(id)}/test",
            NoneType,
        )

    async def list_deliveries(
        self,
        id: str,
        query: DeliveryFilter | None = None,
    ) -> Page[Delivery]:
        """Deliveries of a webhook, the newest first; with `state=dead` those given up.

        Needs the scope `webhooks`.
        """
        return await self._ask(
            "GET",
            f"/v1/webhooks/{part(id)}/deliveries",
            Page[Delivery],
            query=query,
        )

    async def get_delivery(
        self,
        id: str,
        delivery: str,
    ) -> DeliveryLog:
        """One delivery with its attempts, and what is sent.

        Needs the scope `webhooks`.
        """
        return await self._ask(
            "GET",
            f"/v1/webhooks/{part(id)}/deliveries/{part(delivery)}",
            DeliveryLog,
        )

    async def replay_webhook(
        self,
        id: str,
        body: Replay,
    ) -> Replayed:
        """Deliver again: some deliveries, or all events since a time.

        Needs the scope `webhooks`.
        """
        return await self._ask(
            "POST",
            f"/v1/webhooks/{part(id)}/replay",
            Replayed,
            body=body,
        )

    async def welcome(
        self,
    ) -> Welcome:
        """What this is, and where everything lies.

        Needs no key.
        """
        return await self._ask(
            "GET",
            "/",
            Welcome,
        )

    async def live(
        self,
    ) -> Live:
        """Whether the process runs.

        Needs no key.
        """
        return await self._ask(
            "GET",
            "/health/live",
            Live,
        )

    async def ready(
        self,
    ) -> Ready:
        """Whether the service takes requests: database, engine and workers are well.

        While it does not, the answer is a problem `unavailable` whose `more` has the checks.

        Needs no key.
        """
        return await self._ask(
            "GET",
            "/health/ready",
            Ready,
        )

    async def metrics(
        self,
    ) -> bytes:
        """Metrics for Prometheus.

        Needs the scope `metrics`.
        """
        return await self._ask(
            "GET",
            "/metrics",
            bytes,
        )

    async def openapi(
        self,
    ) -> dict[str, Any]:
        """This description of the API.

        Needs no key.
        """
        return await self._ask(
            "GET",
            "/openapi.json",
            dict[str, Any],
        )

    async def explain_error(
        self,
        code: str,
    ) -> bytes:
        """What a kind of error means: the address of a problem's `type`.

        Needs no key.
        """
        return await self._ask(
            "GET",
            f"/errors/{part(code)}",
            bytes,
        )
