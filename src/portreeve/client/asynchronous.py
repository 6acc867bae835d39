"""The client for code that runs in an event loop."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from types import TracebackType
from typing import Self, TypeVar

import httpx
import msgspec

from portreeve.client.async_operations import AsyncOperations
from portreeve.client.errors import UnreachableError
from portreeve.client.requests import Options, answered, asked, pause
from portreeve.schemas.base import Page, Paging

T = TypeVar("T")


class AsyncClient(AsyncOperations):
    """Calls the service; one method for each operation of the API.

    Usage:

    ```python
    from portreeve.client import AsyncClient
    from portreeve.schemas.screening import Submission

    client = AsyncClient("http://127.0.0.1:8014", key="ptr_...")
    screened = await client.screen(Submission(id="p-1", text="面膜89元一盒 加微信 abc12345 下单"))
    screened.verdict  # <Verdict.refuse: 'refuse'>
    screened.reasons[0].clause  # '3.1'
    ```

    ``url`` and ``key`` come from PORTREEVE_URL, and PORTREEVE_KEY or PORTREEVE_KEY_FILE, if they
    are not given. ``actor`` is the person in whose name a key with the scope `on-behalf` acts.
    What is refused for now (429, 502, 503), and connections that fail, are tried again ``retries``
    times, with growing pauses; a request that changes something carries an idempotency key, so that
    it is done once. ``timeout`` is in seconds, of each try. ``transport`` is one of httpx.

    One client may be used by several tasks of one event loop. Close it, or use it in an
    ``async with`` statement.
    """

    def __init__(
        self,
        url: str | None = None,
        key: str | None = None,
        *,
        actor: str | None = None,
        timeout: float = 30.0,
        retries: int = 4,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._options = Options.of(url, key, actor, retries)
        self._http = httpx.AsyncClient(timeout=timeout, transport=transport)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.aclose()

    def __repr__(self) -> str:
        return f"AsyncClient({self._options.url!r})"

    async def aclose(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    def acting_for(self, actor: str | None) -> Self:
        """A client on the same connections that acts in somebody's name.

        >>> AsyncClient(key="ptr_x").acting_for("reviewer-7")
        AsyncClient('http://127.0.0.1:8014')
        """
        other = type(self).__new__(type(self))
        other._options = self._options.acting_for(actor)
        other._http = self._http
        return other

    async def each(
        self,
        method: Callable[..., Awaitable[Page[T]]],
        *places: str,
        query: msgspec.Struct | None = None,
    ) -> AsyncIterator[T]:
        """Every record of a list, page by page.

        ```python
        async for delivery in client.each(client.list_deliveries, "whk_1"):
            print(delivery.type, delivery.state)
        ```
        """
        query = Paging() if query is None else query
        while True:
            page = await method(*places, query=query)
            for item in page.items:
                yield item
            if page.next is None:
                return
            query = msgspec.structs.replace(query, cursor=page.next)

    async def _ask(
        self,
        method: str,
        path: str,
        answer: type[T],
        *,
        query: msgspec.Struct | None = None,
        body: msgspec.Struct | None = None,
    ) -> T:
        request = asked(self._options, method, path, query, body)
        tries = 0
        while True:
            tries += 1
            response, reason = None, ""
            try:
                response = await self._http.request(
                    request.method,
                    request.url,
                    params=request.params,
                    headers=request.headers,
                    content=request.content,
                )
            except httpx.TransportError as error:
                reason = type(error).__name__
            wait = pause(tries, self._options.retries, response)
            if wait is not None:
                await asyncio.sleep(wait)
            elif response is None:
                raise UnreachableError(self._options.url, reason)
            else:
                return answered(response, answer)
