"""Campaigns in the service: who acts together, who is above whom, decided and undone as one."""

from __future__ import annotations

import sqlalchemy as sa

from portreeve.schemas.access import Scope
from portreeve.schemas.base import Page
from portreeve.schemas.campaigns import (
    Campaign,
    CampaignDecision,
    CampaignQuery,
    CampaignRecord,
    CampaignUndone,
    DecideCampaign,
    Hub,
    InNetwork,
    JoinStep,
    Referral,
    UndoCampaign,
    WhyQuery,
)
from portreeve.service import campaign_records
from portreeve.service.actor import Actor
from portreeve.service.campaign_cases import CampaignCases
from portreeve.service.campaign_deciding import CampaignDeciding
from portreeve.service.campaign_reading import CampaignReading
from portreeve.service.campaign_referral import CampaignReferral
from portreeve.service.campaign_undo import CampaignUndo
from portreeve.service.case_opening import CaseOpening
from portreeve.service.context import Context
from portreeve.service.decisions import PersonDecisions
from portreeve.service.errors import not_found
from portreeve.service.policies import Policies
from portreeve.service.remembering import Remembering
from portreeve.service.sanctions import Sanctions
from portreeve.service.undo import Undo
from portreeve.store.tables.campaigns import campaign_cases


class Campaigns:
    """Reads, refers, decides and undoes campaigns. ``cases`` opens their cases."""

    def __init__(
        self,
        context: Context,
        policies: Policies,
        remembering: Remembering,
        *,
        opening: CaseOpening,
        decisions: PersonDecisions,
        sanctions: Sanctions,
        undo: Undo,
    ) -> None:
        self._context = context
        self._reading = CampaignReading(context, policies, remembering)
        self._referral = CampaignReferral(context, policies, self._reading)
        self.cases = CampaignCases(context, remembering, opening)
        self._deciding = CampaignDeciding(
            context, policies, self._reading, self.cases, decisions, sanctions
        )
        self._undo = CampaignUndo(context, policies, self.cases, undo, sanctions)

    def list(self, actor: Actor, query: CampaignQuery) -> Page[Campaign]:
        """Campaigns of a network, the largest first: :meth:`CampaignReading.list`."""
        return self._reading.list(actor, query)

    def get(self, actor: Actor, campaign: str, query: InNetwork) -> CampaignRecord:
        """A campaign with all that makes it one: :meth:`CampaignReading.get`."""
        return self._reading.get(actor, campaign, query)

    def why(self, actor: Actor, campaign: str, query: WhyQuery) -> Page[JoinStep]:
        """How two of its accounts are joined: :meth:`CampaignReading.why`."""
        return self._reading.why(actor, campaign, query)

    def hubs(self, actor: Actor, query: InNetwork) -> Page[Hub]:
        """What too many accounts show to join them: :meth:`CampaignReading.hubs`."""
        return self._reading.hubs(actor, query)

    def refer(self, actor: Actor, campaign: str, request: InNetwork) -> Referral:
        """The file for an authority: :meth:`CampaignReferral.refer`."""
        return self._referral.refer(actor, campaign, request)

    def decide(self, actor: Actor, campaign: str, request: DecideCampaign) -> CampaignDecision:
        """Decide on the whole of it: :meth:`CampaignDeciding.decide`."""
        made = self._deciding.decide(actor, campaign, request)
        return self.decision(actor, made.id)

    def undo(self, actor: Actor, decision: str, request: UndoCampaign) -> CampaignUndone:
        """Undo such a decision: :meth:`CampaignUndo.undo`."""
        return self._undo.undo(actor, decision, request)

    def decision(self, actor: Actor, id: str) -> CampaignDecision:
        """A decision on a campaign.

        Raises:
            ServiceError: ``forbidden``, ``not-found``.
        """
        actor.need(Scope.cases)
        with self._context.database.read() as connection:
            row = campaign_records.decision_row(connection, id)
            [found] = campaign_records.answers(self._context, connection, [row])
        return found

    def of_case(self, actor: Actor, case: str) -> tuple[str, str]:
        """The network and the campaign that a case is about.

        Raises:
            ServiceError: ``forbidden``; ``not-found``, when it is about none.
        """
        actor.need(Scope.cases)
        c = campaign_cases.c
        with self._context.database.read() as connection:
            wanted = sa.select(c.network, c.campaign).where(c.case == case)
            row = connection.execute(wanted).first()
        if row is None:
            raise not_found("campaign with the case", case)
        return row.network, row.campaign
