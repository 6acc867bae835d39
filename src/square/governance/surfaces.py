"""Which surfaces are open: the policy in force says it, and until when they are not."""

from __future__ import annotations

from typing import Any

import msgspec

from portreeve.client import Client

_OFF = {"en": "This is off by the policy in force.", "zh": "现行规则未开放这一功能。"}


class Surfaces:
    """Reads the policy in force. It raises what the client raises."""

    def __init__(self, client: Client, network: str) -> None:
        self._client = client
        self._network = network

    def closed(self, surface: str) -> dict[str, str] | None:
        """Why a surface is off, in both languages; None where it is on.

        A surface that the policy does not name is off.
        """
        name, _, version = self._client.get_policy_in_force(self._network).policy.partition("@")
        policy: Any = msgspec.yaml.decode(self._client.get_policy(name, version).text or "{}")
        said = policy.get("surfaces", {}).get(surface, {})
        if said == "governed" or (isinstance(said, dict) and said.get("state") == "governed"):
            return None
        until: dict[str, str] | None = said.get("until") if isinstance(said, dict) else None
        return until or _OFF
