"""Links by which people reach the page about a decision that concerns them, without a login.

The end of a link is the decision's id, sealed with AES-SIV (RFC 5297) under a key made of the
master key: 128 bits say that it is one of ours, so nobody guesses one, nor makes one of another or
of a decision's id; and it tells neither the id nor the time to whoever merely sees it. Nothing is
stored, so whoever reads the database, or a backup of it without its keys, can open no page. The
same decision has the same link, whoever asks and whenever.
"""

from __future__ import annotations

import base64
import binascii
import re
from datetime import timedelta

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

from portreeve.service.settings import Settings
from portreeve.store.vault import Vault

PATH = "/d/"
"""What a link's path begins with."""

OPEN_AFTER = timedelta(days=30)
"""How long a link works after the time for an appeal is over, or after an appeal was answered."""

_KIND = "dec_"
_ID = re.compile(r"dec_[0-9a-f]{32}")
_TOKEN = re.compile(r"[a-z2-7]{52}")
_BOUND = [b"decision"]


class DecisionLinks:
    """Makes links, and knows its own again.

    >>> links = DecisionLinks(Vault(bytes(32)))
    >>> token = links.token("dec_" + "ab" * 16)
    >>> len(token), links.decision(token) == "dec_" + "ab" * 16, links.decision("a" * 52)
    (52, True, None)
    """

    def __init__(self, vault: Vault, settings: Settings | None = None) -> None:
        """``settings`` name the address at which people reach the service; else links are paths."""
        key = vault.derived("links of decisions, 1") + vault.derived("links of decisions, 2")
        self._cipher = AESSIV(key)
        self._base = ((settings.public_url if settings else None) or "").rstrip("/")

    def link(self, decision: str) -> str:
        """The address of the page about a decision, for the person concerned and nobody else."""
        return f"{self._base}{PATH}{self.token(decision)}"

    def token(self, decision: str) -> str:
        """The end of a decision's link: letters and digits only, so that no chat cuts it off.

        Raises:
            ValueError: that is not the id of a decision.
        """
        if not _ID.fullmatch(decision):
            raise ValueError(f"{decision!r} is not the id of a decision")
        sealed = self._cipher.encrypt(bytes.fromhex(decision.removeprefix(_KIND)), _BOUND)
        return base64.b32encode(sealed).decode().rstrip("=").lower()

    def decision(self, token: str) -> str | None:
        """The id of the decision that a token is of; None when it is none of ours."""
        if not _TOKEN.fullmatch(token):
            return None
        try:
            sealed = base64.b32decode(token.upper() + "====")
            id = _KIND + self._cipher.decrypt(sealed, _BOUND).hex()
        except (binascii.Error, InvalidTag):
            return None
        # the last letter has bits to spare: only the one way of writing it counts
        return id if self.token(id) == token else None
