"""Benches of the event store: appending."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import asyncpg

from deploy.bench import pgbench
from deploy.bench.measure import ALTERNATIONS, Bench, Pair, Setting
from deploy.bench.server_cpu import watched
from deploy.bench.store_load import append_rate, fresh_store
from shared.testing.databases import database_name, fresh_database

Measure = Callable[[], Awaitable[Pair]]
SNAPSHOT_SECONDS = 60.0


def rows() -> list[Bench]:
    return [
        Bench("append-64", "events/s", ">=", 0.85, _against_pgbench(64, 16)),
        Bench("append-256", "events/s", ">=", 1.1, _against_pgbench(256, 16)),
        Bench("append-1", "events/s", ">=", 0.4, _against_pgbench(1, 1)),
        Bench("append-cpu", "server CPU µs/event", "<=", 0.6, _server_cpu),
        Bench("append-snapshot", "events/s", ">=", 0.9, _old_snapshot),
    ]


def _against_pgbench(callers: int, clients: int) -> Callable[[Setting], AbstractAsyncContextManager[Measure]]:
    @asynccontextmanager
    async def prepare(setting: Setting) -> AsyncIterator[Measure]:
        async with fresh_store(setting.postgres_url) as (store, _, _), fresh_database(setting.postgres_url) as other:
            await pgbench.make_table(other)

            async def measure() -> Pair:
                ours = await append_rate(store, callers, setting.seconds)
                return ours, await pgbench.rate(other, clients, setting.seconds)

            yield measure

    return prepare


@asynccontextmanager
async def _server_cpu(setting: Setting) -> AsyncIterator[Measure]:
    """CPU of the client backends; what the server's background processes add is left out on both sides."""
    url = setting.postgres_url
    async with fresh_store(url) as (store, _, ours_url), fresh_database(url) as other:
        await pgbench.make_table(other)

        async def used_for_one(database: str, load: Awaitable[float]) -> float:
            async with watched(url, database_name(database)) as watch:
                await asyncio.sleep(0.2)
                before = watch.seconds()
                rate = await load
                await asyncio.sleep(0.2)
                return (watch.seconds() - before) / (rate * setting.seconds) * 1e6

        async def measure() -> Pair:
            ours = await used_for_one(ours_url, append_rate(store, 64, setting.seconds))
            return ours, await used_for_one(other, pgbench.rate(other, 16, setting.seconds))

        yield measure


@asynccontextmanager
async def _old_snapshot(setting: Setting) -> AsyncIterator[Measure]:
    """Two stores take turns; in one database a snapshot stays open all the time, 60 s by the last turn."""
    seconds = setting.seconds if setting.is_quick else SNAPSHOT_SECONDS / 2 / ALTERNATIONS
    async with fresh_store(setting.postgres_url) as (held, _, url), fresh_store(setting.postgres_url) as (free, _, _):
        reader = await asyncpg.connect(url)
        async with reader.transaction(isolation="repeatable_read", readonly=True):
            await reader.fetchval("select count(*) from events")

            async def measure() -> Pair:
                ours = await append_rate(held, 16, seconds)
                return ours, await append_rate(free, 16, seconds)

            yield measure
        await reader.close()
