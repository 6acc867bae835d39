"""Campaigns in the service: who acts together, who is above whom, decided and undone as one."""

from __future__ import annotations

from portreeve.schemas.base import Page
from portreeve.schemas.campaigns import (
    Campaign,
    CampaignQuery,
    CampaignRecord,
    Hub,
    InNetwork,
    JoinStep,
    WhyQuery,
)
from portreeve.service.actor import Actor
from portreeve.service.campaign_reading import CampaignReading
from portreeve.service.context import Context
from portreeve.service.policies import Policies
from portreeve.service.remembering import Remembering


class Campaigns:
    """Reads, refers, decides and undoes campaigns."""

    def __init__(self, context: Context, policies: Policies, remembering: Remembering) -> None:
        self._reading = CampaignReading(context, policies, remembering)

    def list(self, actor: Actor, query: CampaignQuery) -> Page[Campaign]:
        """See :meth:`CampaignReading.list`."""
        return self._reading.list(actor, query)

    def get(self, actor: Actor, campaign: str, query: InNetwork) -> CampaignRecord:
        """See :meth:`CampaignReading.get`."""
        return self._reading.get(actor, campaign, query)

    def why(self, actor: Actor, campaign: str, query: WhyQuery) -> Page[JoinStep]:
        """See :meth:`CampaignReading.why`."""
        return self._reading.why(actor, campaign, query)

    def hubs(self, actor: Actor, query: InNetwork) -> Page[Hub]:
        """See :meth:`CampaignReading.hubs`."""
        return self._reading.hubs(actor, query)
