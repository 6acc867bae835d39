"""A share of the threads: what waits for one kind of request keeps no other kind waiting."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Executor
from typing import TypeVar

from portreeve.service.errors import ServiceError

R = TypeVar("R")


class Lane:
    """The work of one kind that is done in threads, or waits for it."""

    def __init__(self, share: int, most: int) -> None:
        """``share``: how many threads it may take at once; ``most``: how many are in it at once,
        those that wait with them."""
        self._places = asyncio.Semaphore(share)
        self._most = most
        self._inside = 0

    async def run(self, threads: Executor, work: Callable[[], R]) -> R:
        """Do work that may wait.

        Raises:
            ServiceError: ``unavailable``, when too much of the same kind waits already.
        """
        if self._inside >= self._most:
            raise ServiceError("unavailable", "Too many requests wait. Try again later.")
        self._inside += 1
        try:
            async with self._places:
                return await asyncio.get_running_loop().run_in_executor(threads, work)
        finally:
            self._inside -= 1
