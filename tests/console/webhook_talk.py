"""What receivers of webhooks answer in the invented world, without a network."""

from __future__ import annotations

from portreeve.service.service import Service
from portreeve.service.webhooks.fanout import Fanout
from portreeve.service.webhooks.outbox import Answered
from portreeve.service.webhooks.sending import Sender


class Talk:
    """Makes what is due, as the service's sender does; the answers are given here."""

    def __init__(self, service: Service) -> None:
        self._fanout = Fanout(service.context)
        self._sender = Sender(service.context)
        self.silent: set[str] = set()
        """Webhooks whose receiver refuses every connection."""

    def carry_on(self) -> None:
        """Everything that is due is delivered, or not."""
        while self._fanout.step():
            continue
        for claim in self._sender._claim():
            refused = claim.webhook in self.silent
            answered = Answered(error="refused") if refused else Answered(status=204)
            self._sender._note(claim, answered, 3 if refused else 41)
