"""How long each surface waits for a decision, and what happens when it has waited long enough."""

from __future__ import annotations

from typing import Literal, NamedTuple

from portreeve.model import Surface
from portreeve.service.errors import ServiceError

FailPolicy = Literal["allow", "hold", "refuse"]
"""``allow``: it appears and is screened later; ``hold``: it waits; ``refuse``: try again later."""


class Deadline(NamedTuple):
    """How long a surface waits, in milliseconds, and what happens then."""

    ms: int
    then: FailPolicy


DEADLINES: dict[Surface, Deadline] = {
    Surface.moments: Deadline(500, "allow"),
    Surface.comment: Deadline(500, "allow"),
    Surface.profile: Deadline(1000, "allow"),
    Surface.group: Deadline(500, "allow"),
    Surface.public_account: Deadline(2000, "hold"),
    Surface.search_ad: Deadline(5000, "refuse"),
    Surface.live: Deadline(500, "hold"),
    Surface.share_api: Deadline(1000, "hold"),
    Surface.group_buy: Deadline(2000, "hold"),
    Surface.short_video: Deadline(2000, "hold"),
}
"""Talk among friends is not held up by a fault of ours; what sells by trade waits."""


def read_deadlines(text: str) -> dict[Surface, Deadline]:
    """The deadlines, with those changed that a setting names: ``moments=300:allow live=800:hold``.

    >>> read_deadlines("moments=300:hold")[Surface.moments]
    Deadline(ms=300, then='hold')

    Raises:
        ServiceError: ``invalid``, naming the part that cannot be read.
    """
    found = dict(DEADLINES)
    for part in text.replace(",", " ").split():
        surface, _, rest = part.partition("=")
        ms, _, then = rest.partition(":")
        if surface not in found or not ms.isdigit() or then not in ("allow", "hold", "refuse"):
            raise ServiceError(
                "invalid",
                f"PORTREEVE_DEADLINES: {part!r} is not like `moments=300:allow`: one of "
                f"{', '.join(found)}, then milliseconds, then allow, hold or refuse.",
                field="PORTREEVE_DEADLINES",
            )
        found[Surface(surface)] = Deadline(int(ms), then)  # type: ignore[arg-type]
    return found
