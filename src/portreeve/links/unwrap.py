"""Where a link leads in the end: its redirects followed, every step of them guarded."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable

import msgspec

from portreeve.links.fetch import Fetcher
from portreeve.links.memo import Memo
from portreeve.links.refusals import REFUSALS, RefusedError
from portreeve.links.web_address import LONGEST, WebAddress, normal_form, web_address
from portreeve.signals.hosts import registrable_domain


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """How far a link is followed, and how long what came of it is kept."""

    hops: int = 10
    """Redirects."""
    seconds: float = 10.0
    """For one link, all of its redirects together."""
    per_domain: int = 120
    """Requests an hour to what one registrable domain holds, or to one IP address."""
    at_once: int = 8
    """Links followed at the same time."""
    kept_seconds: float = 86_400.0
    """How long an answer is kept."""
    passing_seconds: float = 600.0
    """How long a refusal is kept that may pass."""


class Hop(msgspec.Struct, frozen=True):
    """One answer on the way."""

    url: str
    status: int
    via: str | None
    """How it sends on: ``location``, ``refresh`` (the header) or ``meta``; None for the last."""


class Unwrapped(msgspec.Struct, frozen=True, kw_only=True):
    """What came of one link."""

    url: str
    """As it was given."""
    target: str | None = None
    """Where it leads; None when it was refused."""
    status: int | None = None
    """What the target answered."""
    hops: tuple[Hop, ...] = ()
    """What answered, in order; the target is the last unless it was refused."""
    refusal: str | None = None
    """A code of :data:`~portreeve.links.refusals.REFUSALS`."""
    refused_at: str | None = None
    """The address that was refused, in its normal form where it has one."""
    cached: bool = False

    @property
    def why(self) -> str | None:
        """The sentence of the refusal."""
        return None if self.refusal is None else REFUSALS[self.refusal].en


class Unwrapper:
    """Follows links; for one event loop. Keeps and counts in ``memo``."""

    def __init__(self, memo: Memo, limits: Limits | None = None, *, fresh: bool = False) -> None:
        self._memo = memo
        self._limits = limits or Limits()
        self._fresh = fresh
        self._fetcher = Fetcher()
        self._gate = asyncio.Semaphore(self._limits.at_once)

    async def unwrap(self, url: str) -> Unwrapped:
        """Follow one link. What is wrong with it is in the answer; nothing is raised."""
        try:
            key = web_address(url).url
        except RefusedError as refused:
            return Unwrapped(url=url, refusal=refused.code, refused_at=_shown(url))
        kept = None if self._fresh else self._memo.get(key)
        if kept is not None:
            answer = msgspec.json.decode(kept, type=Unwrapped)
            return msgspec.structs.replace(answer, url=url, cached=True)
        async with self._gate:
            answer = await self._followed(url)
        self._keep(key, answer)
        return answer

    async def unwrap_all(self, urls: Iterable[str]) -> AsyncIterator[Unwrapped]:
        """Follow links, several at once; the answers come in the order of the links."""
        tasks = [asyncio.create_task(self.unwrap(url)) for url in dict.fromkeys(urls)]
        try:
            for task in tasks:
                yield await task
        finally:
            for task in tasks:
                task.cancel()

    async def _followed(self, url: str) -> Unwrapped:
        walk = _Walk(url)
        try:
            async with asyncio.timeout(self._limits.seconds):
                await self._walk(walk)
        except TimeoutError:
            return walk.refused("time")
        except RefusedError as refused:
            return walk.refused(refused.code)
        last = walk.hops[-1]
        return Unwrapped(url=url, target=last.url, status=last.status, hops=tuple(walk.hops))

    async def _walk(self, walk: _Walk) -> None:
        address = web_address(walk.next)
        seen: set[str] = set()
        while True:
            walk.next = address.url
            if address.url in seen:
                raise RefusedError("loop")
            if len(walk.hops) > self._limits.hops:
                raise RefusedError("hops")
            seen.add(address.url)
            if not self._memo.may_ask(_domain(address), self._limits.per_domain):
                raise RefusedError("quota")
            answer = await self._fetcher.ask(address)
            base = normal_form(answer.base or "", address.url) or address.url
            onward = None if answer.location is None else _shown(answer.location, base)
            if onward is None or (answer.via != "location" and onward == address.url):
                walk.hops.append(Hop(address.url, answer.status, None))
                return
            walk.hops.append(Hop(address.url, answer.status, answer.via))
            walk.next = onward
            address = web_address(answer.location or "", base)

    def _keep(self, key: str, answer: Unwrapped) -> None:
        if answer.refusal == "quota":
            return
        passing = answer.refusal is not None and REFUSALS[answer.refusal].passing
        seconds = self._limits.passing_seconds if passing else self._limits.kept_seconds
        self._memo.put(key, msgspec.json.encode(answer), seconds)


class _Walk:
    """The way so far."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.next = url
        self.hops: list[Hop] = []

    def refused(self, code: str) -> Unwrapped:
        return Unwrapped(
            url=self.url, hops=tuple(self.hops), refusal=code, refused_at=_shown(self.next)
        )


def _shown(text: str, base: str | None = None) -> str:
    """An address to be shown: in its normal form, where it has one."""
    return (normal_form(text[:LONGEST], base) or text)[:LONGEST]


def _domain(address: WebAddress) -> str:
    """Whose quota a request counts in."""
    return registrable_domain(address.host) or address.host
