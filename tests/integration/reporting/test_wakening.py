"""Whoever listens beside the writer is woken at once, whatever becomes of the database's notice."""

import asyncio

import asyncpg

from shared.wakening import listening, wake_here


async def test_a_listener_in_the_same_process_is_woken_without_a_notice(reporting_pool: asyncpg.Pool) -> None:
    async with listening(reporting_pool, "journal") as notices, asyncio.timeout(30):
        await notices.wait(300)  # it looks once when it begins to listen
        wake_here("sealed")
        wake_here("journal")
        await notices.wait(300)
    wake_here("journal")  # nobody is left: nothing happens
