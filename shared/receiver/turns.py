"""Deliveries of one channel, handled in the order of their tags though their tasks begin in any."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator


class Turns:
    """Tags count from 1 for each channel; a lower one than awaited means that the channel began anew."""

    def __init__(self) -> None:
        self._next = 1
        self._moved = asyncio.Condition()

    @contextlib.asynccontextmanager
    async def turn(self, tag: int) -> AsyncIterator[None]:
        """Wait until all lower tags are done with; the next one goes on when the block ends."""
        async with self._moved:
            await self._moved.wait_for(lambda: tag <= self._next)
        try:
            yield
        finally:
            async with self._moved:
                self._next = tag + 1
                self._moved.notify_all()
