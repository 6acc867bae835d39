"""Somebody who chats by a program, with the same keys and formats as a browser."""

from __future__ import annotations

import json
from typing import Any

import httpx
from plaza import Person

from square.franking import from_text, to_text
from square.sealing import KeyPair, Opened, Sealed, open_, seal


class Program:
    """A person with keys in memory."""

    def __init__(self, person: Person) -> None:
        self.person = person
        self.keys = KeyPair.new()
        sent = {"token": person.token, "public": to_text(self.keys.public)}
        assert person.http.post("/chat-keys", data=sent).status_code == 200

    def messages(self, friend: Person) -> dict[str, Any]:
        """A chat as the server holds it."""
        return self.person.http.get(f"/chats/{friend.name}/messages").json()

    def other(self, friend: Person) -> bytes:
        """The key of a friend."""
        return from_text(self.messages(friend)["other"])

    def send(self, friend: Person, message: str) -> httpx.Response:
        """Seal and send a message."""
        other = self.other(friend)
        return self.deliver(friend, seal(message, self.keys, other), other)

    def deliver(self, friend: Person, sealed: Sealed, other: bytes) -> httpx.Response:
        """Send what is sealed already."""
        return self.person.http.post(
            f"/chats/{friend.name}",
            data={
                "token": self.person.token,
                "sealed": to_text(sealed.data),
                "commitment": to_text(sealed.commitment),
                "sender_key": to_text(self.keys.public),
                "recipient_key": to_text(other),
            },
        )

    def read(self, friend: Person) -> list[tuple[Opened, dict[str, Any]]]:
        """Messages of a friend's to these keys, opened, with their stamps."""
        found = []
        own = to_text(self.keys.public)
        for one in self.messages(friend)["messages"]:
            if (one["sender"], one["recipient_key"]) == (friend.id, own):
                commitment = from_text(one["stamp"]["commitment"])
                sealed, other = from_text(one["sealed"]), from_text(one["sender_key"])
                found.append((open_(sealed, commitment, self.keys, other), one["stamp"]))
        return found

    def report(
        self, friend: Person, opened: Opened, told: dict[str, Any], **changed: str
    ) -> httpx.Response:
        """Open one message to those who keep order; `told` is its stamp."""
        sent = {
            "token": self.person.token,
            "message": to_text(opened.message.encode()),
            "opening_key": to_text(opened.opening_key),
            "stamp": json.dumps(told),
        }
        return self.person.http.post(f"/chats/{friend.name}/report", data=sent | changed)
