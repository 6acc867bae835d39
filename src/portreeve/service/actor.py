"""Who asks."""

from __future__ import annotations

from dataclasses import dataclass

from portreeve.schemas.access import Scope
from portreeve.service.errors import ServiceError


@dataclass(frozen=True)
class Actor:
    """Whoever asks the service for something: the audit log knows them by ``name``.

    >>> Actor("reviewer-7", frozenset({Scope.cases})).may(Scope.cases)
    True
    """

    name: str
    scopes: frozenset[Scope] = frozenset()

    def may(self, scope: Scope) -> bool:
        """Whether it is allowed."""
        return scope in self.scopes or Scope.admin in self.scopes

    def need(self, scope: Scope) -> None:
        """Raise unless it is allowed.

        Raises:
            ServiceError: ``forbidden``, naming the scope.
        """
        if not self.may(scope):
            raise ServiceError(
                "forbidden",
                f"{self.name!r} lacks the scope `{scope}` ({scope.meaning}). "
                "Ask an administrator for a key that has it.",
            )


PORTREEVE = Actor("portreeve", frozenset({Scope.admin}))
"""The service itself, when nobody asked."""

SCREEN = "screen"
"""Who decided, where the machine did."""

LINK_HOLDER = Actor("link-holder", frozenset({Scope.appeals}))
"""Whoever opens the page about a decision by its link: the person concerned, who has no login."""

OWN_NAMES = frozenset({PORTREEVE.name, SCREEN, LINK_HOLDER.name})
"""Names of the service's own: nobody who asks has one of them."""
