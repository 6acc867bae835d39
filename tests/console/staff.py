"""Who works in the invented world: at least one person for every role."""

from __future__ import annotations

from typing import NamedTuple

from portreeve.schemas.people import Role


class Colleague(NamedTuple):
    """Somebody who signs in to the console."""

    shown: str
    roles: tuple[Role, ...]


PASSWORD = "six quiet herons cross the marsh"
"""Everybody's, in the invented world only."""

STAFF: dict[str, Colleague] = {
    "ada": Colleague("Ada Lindholm", (Role.administrator,)),
    "ben": Colleague("Ben Okoro", (Role.reviewer,)),
    "cam": Colleague("李可", (Role.reviewer,)),
    "sun": Colleague("孙岚", (Role.senior,)),
    "dee": Colleague("Dee Marsh", (Role.policy_author,)),
    "eve": Colleague("Eve Lund", (Role.approver,)),
    "lu": Colleague("陆宁", (Role.approver,)),
    "ana": Colleague("Ana Costa", (Role.analyst,)),
    "uma": Colleague("Uma Rao", (Role.auditor,)),
    "kim": Colleague("Kim Berg", (Role.reviewer, Role.analyst)),
}
"""By the name that the audit log knows. Kim has left."""

BY_ROLE: dict[Role, str] = {
    role: next(name for name, one in STAFF.items() if one.roles == (role,)) for role in Role
}
"""For each role the person who has it and no other."""
