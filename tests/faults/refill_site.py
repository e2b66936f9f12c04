"""A log filled up from a journal by a process of its own, to be killed: `… -m tests.faults.refill_site LOG JOURNAL`."""

from __future__ import annotations

import asyncio
import sys

import asyncpg

from shared.restore.held import Message, run_covering
from shared.restore.refill import refill
from tests.integration.messaging.given import MEMBERS_KEY, ORIGIN


async def live(log: str, journal: str) -> None:
    async with (
        asyncpg.create_pool(log, min_size=1, max_size=2) as log_pool,
        asyncpg.create_pool(journal, min_size=1, max_size=2) as journal_pool,
    ):

        async def ask(position: int) -> Message | None:
            async with journal_pool.acquire() as connection:
                return await run_covering(connection, ORIGIN.text, position)

        await refill(log_pool, ORIGIN, [MEMBERS_KEY.public], ask)


if __name__ == "__main__":
    asyncio.run(live(*sys.argv[1:3]))
