"""Chats of two friends in Square, as their browsers hold them: the keys stay in this process."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from scenarios.people import PageError, Person
from square.franking import from_text, to_text
from square.sealing import KeyPair, Sealed, open_, seal


@dataclass(frozen=True)
class Received:
    """A message as its recipient's client has it."""

    id: str
    text: str = field(repr=False)
    opening_key: bytes = field(repr=False)
    stamp: dict[str, Any] = field(repr=False)
    """Square's word that it delivered it."""


class Chatter:
    """A person with keys for chats."""

    def __init__(self, person: Person) -> None:
        self.person = person
        self._keys = KeyPair.new()
        person.posted("/chat-keys", public=to_text(self._keys.public))

    def send(self, friend: Chatter, text: str) -> Sealed:
        """Seal a message and send it; what Square got of it."""
        sealed = seal(text, self._keys, friend._keys.public)
        answer = self.person.posted(
            f"/chats/{friend.person.name}",
            sealed=to_text(sealed.data),
            commitment=to_text(sealed.commitment),
            sender_key=to_text(self._keys.public),
            recipient_key=to_text(friend._keys.public),
        )
        if "id" not in answer:
            raise PageError(f"Square does not deliver: {answer}")
        return sealed

    def received(self, friend: Chatter) -> list[Received]:
        """All messages from a friend, opened."""
        answer = self.person.http.get(f"/chats/{friend.person.name}/messages")
        found = []
        for message in json.loads(answer.text)["messages"]:
            if from_text(message["recipient_key"]) != self._keys.public:
                continue
            stamp = message["stamp"]
            opened = open_(
                from_text(message["sealed"]),
                from_text(stamp["commitment"]),
                self._keys,
                from_text(message["sender_key"]),
            )
            found.append(Received(message["id"], opened.message, opened.opening_key, stamp))
        return found

    def report(
        self, friend: str, text: str, opening_key: bytes, stamp: dict[str, Any]
    ) -> dict[str, Any]:
        """Open one message to those who keep order; Square's answer."""
        return self.person.posted(
            f"/chats/{friend}/report",
            message=to_text(text.encode()),
            opening_key=to_text(opening_key),
            stamp=json.dumps(stamp),
            words="He offers drugs.",
        )
