"""Which networks a policy governs."""

from __future__ import annotations

import sqlalchemy as sa

from portreeve.service.errors import ServiceError
from portreeve.store.tables.policies import policy_networks


def need_governed(connection: sa.Connection, network: str | None) -> None:
    """See that a policy governs a network that somebody named; None for one that nobody named.

    Raises:
        ServiceError: ``not-found``, naming those there are.
    """
    if network is None:
        return
    n = policy_networks.c
    there = set(connection.execute(sa.select(n.network).where(n.changes > 0)).scalars())
    if network not in there:
        raise ServiceError(
            "not-found",
            f"No policy governs the network {network!r}. "
            f"Networks with a policy: {', '.join(sorted(there)) or 'none'}.",
            field="network",
        )
