"""Crowds: live rooms that filled from groups of their owner, and rushes of people, in counts."""

from __future__ import annotations

import msgspec
from markupsafe import Markup

from portreeve.console import campaign_words
from portreeve.console.charts import Bar, bars
from portreeve.console.desk import Desk
from portreeve.console.routes import Pages
from portreeve.http.call import Reply
from portreeve.schemas.access import Scope
from portreeve.schemas.base import NetworkName
from portreeve.schemas.crowds import Crowd

pages = Pages("crowds")


class CrowdsQuery(msgspec.Struct, frozen=True, kw_only=True):
    """Whose memory is asked."""

    network: NetworkName | None = None


@pages.get("/console/crowds", Scope.accounts)
def list_crowds(desk: Desk, query: CrowdsQuery) -> Reply:
    """Live rooms that filled, with how many were called there, and windows of many people."""
    found = desk.service.crowds.read(desk.actor, query.network)
    return desk.page(
        "campaigns/crowds.html.j2",
        crowds=found,
        networks=desk.service.policies.lookup.networks(),
        bar=lambda crowd: _bar(desk, crowd),
        words=campaign_words,
    )


def _bar(desk: Desk, crowd: Crowd) -> Markup:
    """Who was called there among all who came, with the interval."""
    shown = desk.t(
        f"{crowd.mobilised} of {crowd.arrivals}", f"{crowd.arrivals}人中{crowd.mobilised}人"
    )
    return bars(
        desk.t("Called there", "被动员人数"),
        [
            Bar(
                desk.t("called there", "被动员"), crowd.mobilised or 0, "s-2", shown=shown,
                low=crowd.low, high=crowd.high,
            )
        ],
        heads=(desk.t("Who", "人群"), desk.t("People", "人数")),
        most=max(crowd.arrivals, crowd.high or 0),
        caption=False,
    )  # fmt: skip
