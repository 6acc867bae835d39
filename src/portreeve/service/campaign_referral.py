"""The file on a campaign's trees for an authority."""

from __future__ import annotations

import numpy as np
import sqlalchemy as sa

from portreeve.schemas.access import Scope
from portreeve.schemas.campaigns import InNetwork, Referral, ReferralPost
from portreeve.service import campaign_posts, campaign_records, campaign_view
from portreeve.service.actor import Actor
from portreeve.service.campaign_reading import CampaignReading
from portreeve.service.context import Context
from portreeve.service.errors import ServiceError
from portreeve.service.policies import Policies
from portreeve.store.tables.campaigns import campaign_referrals

CAUTION = (
    "Who is above whom is computed from public posts alone: who copied whom, how soon, and whose "
    "handle is shown. It is a reason to look, no proof. Payments, contracts and private messages "
    "were not seen. Each confidence weighs one upline against the others and against nobody."
)
CAUTION_ZH = (
    "上下级关系仅根据公开发布的内容推算：谁转发了谁的内容、间隔多久、展示了谁的联系方式。"
    "本材料仅供线索核查，不构成证据认定。未涉及任何支付记录、合同或私聊内容。"
    "置信度表示该账号的上级是此人、而非他人或无上级的可能性。"
)


class CampaignReferral:
    """Writes referral files."""

    def __init__(self, context: Context, policies: Policies, reading: CampaignReading) -> None:
        self._context = context
        self._policies = policies
        self._reading = reading

    def refer(self, actor: Actor, campaign: str, request: InNetwork) -> Referral:
        """The file on those trees of a campaign that have the levels and people to be referred.

        It names accounts, posts and what speaks for each edge, and holds no content. That it was
        made stands in the audit log, and on the campaign.

        Raises:
            ServiceError: ``forbidden``, ``not-found``; ``conflict``, when no tree is large enough.
        """
        actor.need(Scope.cases)
        network = self._reading.network(request.network)
        graph, forest = self._reading.memory(network)
        seen = campaign_view.view(graph, forest, campaign)
        referred = [at for at in seen.trees if forest.trees["refer"][at]]
        if not referred:
            raise ServiceError(
                "conflict",
                f"The campaign {seen.id} has no tree of the levels and people from which one is "
                "referred.",
                zh="该团伙的层级或人数未达到移送标准。",
            )
        with self._context.database.write() as tx:
            names = self._reading.names(tx.connection, seen)
            in_trees = np.isin(forest.nodes["tree"], referred)
            inside = set(forest.nodes["account"][in_trees].tolist())
            members, _ = self._reading.members(tx.connection, seen, names, among=inside)
            people = [names[number] for number in sorted(inside) if number in names]
            posts = campaign_posts.posts(tx.connection, network, people)
            held = {"trees": len(referred), "people": len(members), "posts": len(posts)}
            tx.execute(
                sa.insert(campaign_referrals),
                {
                    "network": network, "campaign": seen.id, "made": tx.time, "by": actor.name,
                    **held,
                },
            )  # fmt: skip
            tx.audit(actor.name, "campaign.refer", seen.id, network=network, **held)
            return Referral(
                campaign=seen.id,
                network=network,
                made=tx.time,
                made_by=actor.name,
                policy=self._policies.at(network, tx.time).policy.label,
                caution=CAUTION,
                caution_zh=CAUTION_ZH,
                trees=campaign_view.trees(forest, referred, names),
                people=members,
                posts=[
                    ReferralPost(
                        item=post.item,
                        account=post.account,
                        time=post.time,
                        verdict=post.verdict,
                        rules=post.rules,
                    )
                    for post in posts
                ],
                decisions=campaign_records.decisions_of(
                    self._context, tx.connection, network, graph, seen.number
                ),
            )
