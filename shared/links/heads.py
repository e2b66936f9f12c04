"""The sources' own signed heads, passed on as they came: the upper site sees their age and what is still missing."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime
from itertools import islice
from typing import Final

import asyncpg

from shared.broker.delivery import Pace
from shared.links.publishing import UplinkSender

TOGETHER: Final = 50

_HEADS: Final = """
select origin, head_time, head_body, head_signature from receipts
 where origin = any($1::text[]) and head_body is not null
"""


class Heads:
    """Which head of each log went up last, and when."""

    def __init__(self, pool: asyncpg.Pool, sender: UplinkSender, pace: Pace) -> None:
        self._pool = pool
        self._sender = sender
        self._pace = pace
        self._sent: dict[str, tuple[datetime, float]] = {}
        self._looked: float | None = None
        self._now = asyncio.get_running_loop().time

    async def announce(self, origins: Sequence[str]) -> None:
        """Send those that changed, at most one a second each, and all every 15 s."""
        now = self._now()
        if self._looked is not None and now - self._looked < self._pace.head_at_most_every:
            return
        self._looked = now
        due = iter([row for row in await self._pool.fetch(_HEADS, origins) if self._is_due(row, now)])
        while together := list(islice(due, TOGETHER)):
            await asyncio.gather(*(self._sender.head(row["head_body"], row["head_signature"]) for row in together))
            self._sent |= {row["origin"]: (row["head_time"], now) for row in together}

    def _is_due(self, row: asyncpg.Record, now: float) -> bool:
        time, at = self._sent.get(row["origin"], (None, 0.0))
        return time != row["head_time"] or now - at >= self._pace.head_every
