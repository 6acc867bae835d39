"""Messages of chats that a recipient opened to those who keep order, each with Square's stamp.

Nothing else of chats ever reaches Portreeve. What is opened passes through Square's memory, and is
kept nowhere in it.
"""

from __future__ import annotations

import logging
from typing import Any

from portreeve.client import Client, PortreeveError
from portreeve.schemas.queries import NetworkQuery
from portreeve.schemas.reports import AddFrankingKey, ReportFranked
from square.franking import Stamper

_log = logging.getLogger("square.governance")


class OpenedMessages:
    """Passes on what recipients opened."""

    def __init__(self, client: Client, network: str, stamper: Stamper) -> None:
        self._client = client
        self._network = network
        self._stamper = stamper

    def introduce(self) -> None:
        """See that Portreeve knows the key of Square's stamps.

        That needs an administrator's key. With a lesser one Square says what to add, and goes on:
        until it is added, no report of a message can be verified.

        Raises:
            PortreeveError: not now.
        """
        known = self._client.list_franking_keys(NetworkQuery(network=self._network)).items
        if any(key.key_id == self._stamper.key_id for key in known):
            return
        key = AddFrankingKey(
            network=self._network,
            key_id=self._stamper.key_id,
            public_key=self._stamper.public,
            valid_from=self._stamper.since,
        )
        try:
            self._client.add_franking_key(key)
        except PortreeveError as error:
            if error.status != 403:
                raise
            _log.warning(
                "An administrator of Portreeve must add this franking key: %s, Ed25519 %s, from %s",
                key.key_id, key.public_key, key.valid_from.isoformat(),
            )  # fmt: skip

    def report(
        self, reporter: str, message: str, opening_key: str, stamp: dict[str, Any],
        words: str | None,
    ) -> None:  # fmt: skip
        """Report one message; bytes are in base64url, ``reporter`` is who is signed in.

        Raises:
            PortreeveError: it does not verify, or it cannot be sent now.
        """
        report = {
            "message": message,
            "opening_key": opening_key,
            "stamp": stamp,
            "reporter": reporter,
        }
        self._client.report_franked(
            ReportFranked(network=self._network, reporter=reporter, report=report, words=words)
        )
