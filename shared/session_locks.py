"""Advisory locks that live as long as a connection: whoever dies loses them at once."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
from asyncpg.pool import PoolConnectionProxy

_KEY = "hashtextextended($1, 7163)"


@asynccontextmanager
async def session_lock(connection: asyncpg.Connection | PoolConnectionProxy, name: str) -> AsyncIterator[None]:
    """Hold the lock `name` beyond transactions; waits for whoever has it."""
    await connection.execute(f"select pg_advisory_lock({_KEY})", name)
    try:
        yield
    finally:
        await _unlock(connection, name)


@asynccontextmanager
async def session_lock_if_free(connection: asyncpg.Connection | PoolConnectionProxy, name: str) -> AsyncIterator[bool]:
    """As `session_lock`, but False at once where another has it."""
    is_held = await connection.fetchval(f"select pg_try_advisory_lock({_KEY})", name)
    try:
        yield is_held
    finally:
        if is_held:
            await _unlock(connection, name)


async def _unlock(connection: asyncpg.Connection | PoolConnectionProxy, name: str) -> None:
    # A pool hands its connections on as they are: one that could not unlock must not go back.
    try:
        await connection.execute(f"select pg_advisory_unlock({_KEY})", name)
    except BaseException:
        connection.terminate()
        raise
