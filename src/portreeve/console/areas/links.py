"""Links: which class opens on which surface, by the policy in force."""

from __future__ import annotations

import msgspec

from portreeve.console.desk import Desk
from portreeve.console.routes import Pages
from portreeve.http.call import Reply
from portreeve.schemas.access import Scope
from portreeve.schemas.base import NetworkName

pages = Pages("partners")


class NetworkQuery(msgspec.Struct, frozen=True, kw_only=True):
    """Of which network."""

    network: NetworkName | None = None


@pages.get("/console/links", Scope.policies_read)
def show_links(desk: Desk, query: NetworkQuery) -> Reply:
    """Which links open where: every class on every surface, with the clause that closes it."""
    network = query.network or desk.service.context.settings.network
    found = desk.service.links.surfaces(desk.actor, network)
    alike = [one for one in found.classes if all(cell.open for cell in one.surfaces)]
    titles = {one.name: one.title for one in found.classes}
    return desk.page(
        "partners/links.html.j2",
        network=network,
        networks=desk.service.policies.lookup.networks(),
        found=found,
        closed=[one for one in found.classes if one not in alike],
        alike=alike,
        titles=titles,
    )
