"""Callers that append one event after another through the store's public surface."""

import asyncio
import time
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg

from shared.eventstore import Append, EventStore, NewEvent, install
from shared.testing.databases import fresh_database

META = {"actor": {"organisation": "shi99", "role": "operator", "subject": "bench"}}


def event(number: int) -> NewEvent:
    """An event of the size that pgbench's row has."""
    data = {"number": number, "text": "one event of an ordinary size, as a meeting record has it"}
    return NewEvent("bench.measured.v1", data, META)


@asynccontextmanager
async def fresh_store(server_url: str) -> AsyncIterator[tuple[EventStore, asyncpg.Pool, str]]:
    """A store in a database of its own, its pool and the database's address.

    The pool is as a service gives its store one (`shared.service.open_pool`).
    """
    async with fresh_database(server_url) as url:
        async with asyncpg.create_pool(url, min_size=4, max_size=4, reset=_as_it_is) as pool:
            await install(pool)
            yield EventStore(pool), pool, url


async def _as_it_is(_: asyncpg.Connection) -> None:
    """No round trip to reset a connection on which nobody keeps state."""


async def append_rate(store: EventStore, callers: int, seconds: float) -> float:
    """Events a second by so many callers, each with a stream of its own and the version it knows."""
    appended = 0
    began = time.perf_counter()
    until = began + seconds

    async def call() -> None:
        nonlocal appended
        stream, version = f"bench-{uuid.uuid4()}", 0
        while time.perf_counter() < until:
            await store.append([Append(stream, version, [event(version)])])
            version += 1
            appended += 1

    await asyncio.gather(*(call() for _ in range(callers)))
    return appended / (time.perf_counter() - began)
