"""Where a scenario is played: both systems, people of Square, and people of the staff."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from contextlib import ExitStack
from datetime import datetime
from types import TracebackType
from typing import Self, TypeVar

from portreeve.client import Client
from portreeve.schemas.access import Scope
from portreeve.schemas.commerce.merchants import DecideLicence
from portreeve.schemas.keys import NewKey
from portreeve.schemas.reports import AddFrankingKey
from scenarios.pair import HOST_SCOPES, Pair
from scenarios.people import Person

T = TypeVar("T")

NETWORK = "acquaintance"
_PATIENCE = 60.0
_PAUSE = 0.1
_FRANKING_KEY = re.compile(r"franking key: (\S+), Ed25519 (\S+), from (\S+)")

REVIEWER = (Scope.cases, Scope.evidence, Scope.appeals)
"""What a reviewer's key allows."""


class StageError(RuntimeError):
    """Something did not happen in time."""


class Stage:
    """Gives scenarios what they need, and clears it away at the end."""

    def __init__(self, pair: Pair, say: Callable[[str], None] = lambda _: None) -> None:
        """``say`` is told what happens, for a person who waits."""
        self.pair = pair
        self.say = say
        self._stack = ExitStack()
        self._clerk: Person | None = None
        self._clients: dict[str, Client] = {}
        self.admin = self._stack.enter_context(Client(pair.url, pair.admin_key))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stack.close()

    def client(self, name: str, *scopes: Scope) -> Client:
        """The client of one person or machine, with a key of its own that allows just this."""
        if name not in self._clients:
            made = self.admin.create_key(NewKey(name=name, scopes=list(scopes)))
            client = Client(self.pair.url, made.secret)
            self._clients[name] = self._stack.enter_context(client)
        return self._clients[name]

    @property
    def host(self) -> Client:
        """What the network's own servers ask with."""
        return self.client("host", *HOST_SCOPES)

    def square(self, network: str = NETWORK) -> str:
        """Address of the Square that a policy governs, started when it is first asked for."""
        return self.pair.squares.get(network) or self.pair.start_square(network)

    def trust_stamps(self, network: str = NETWORK) -> str:
        """As an administrator, add the key that Square stamps chats with; the id of the key.

        Square's own key may not do that, and Square says in its log what is to be added.
        """
        log = self.pair.processes[f"square-{network}"].log
        asked = self.until("Square names its key", lambda: _FRANKING_KEY.search(log.read_text()))
        self.admin.add_franking_key(
            AddFrankingKey(
                network=network,
                key_id=asked[1],
                public_key=asked[2],
                valid_from=datetime.fromisoformat(asked[3]),
            )
        )
        return asked[1]

    def person(
        self, name: str, *, network: str = NETWORK, language: str = "zh", shown: str | None = None
    ) -> Person:
        """Somebody new in Square."""
        return self._stack.enter_context(Person(self.square(network), name, language, shown))

    def id_of(self, person: Person) -> str:
        """A person's id, as any other person's page of people has it."""
        if self._clerk is None:
            self._clerk = self.person("clerk")
        return self._clerk.id_of(person)

    def business(self, person: Person, *licences: str) -> str:
        """Register somebody's business in Square, and verify its licences; their id."""
        for licence in licences:
            person.form(
                "/ads/business", kind=licence, name=person.name, contact="front desk",
                authority="City market office",
            )  # fmt: skip
        id = self.id_of(person)
        verifier = self.client("vera", Scope.merchants, Scope.merchants_verify)
        for one in verifier.get_merchant(id).licences:
            verifier.decide_licence(id, one.id, DecideLicence(state="verified"))
        return id

    def friends(self, middle: Person, others: list[Person]) -> None:
        """Make each of the others a friend of the one in the middle."""
        for number, other in enumerate(others, 1):
            self.say(f"{number} of {len(others)} ask to be friends")
            other.ask(middle)
        self.say("they are accepted")
        middle.accept_all()

    def until(self, what: str, probe: Callable[[], T | None], seconds: float = _PATIENCE) -> T:
        """Wait until something is so; what the probe gives then.

        Raises:
            StageError: it is not so in time.
        """
        end = time.monotonic() + seconds
        while not (found := probe()):
            if time.monotonic() > end:
                raise StageError(f"{what}: not within {seconds:.0f} seconds")
            time.sleep(_PAUSE)
        return found

    def sleep_until(self, moment: datetime) -> None:
        """Wait for a time of the clock."""
        remaining = (moment - datetime.now(moment.tzinfo)).total_seconds()
        if remaining > 0:
            time.sleep(remaining)
