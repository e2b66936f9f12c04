"""Benches of the event store beside a published library, and of reading the whole log."""

import asyncio
import functools
import importlib.util
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import unquote, urlsplit

from deploy.bench.measure import Bench, CannotMeasure, Pair, Setting
from deploy.bench.store_load import append_rate, event, fresh_store
from shared.eventstore import ANY, Append, EventStore
from shared.testing.databases import fresh_database

Measure = Callable[[], Awaitable[Pair]]
LOG_LENGTH, QUICK_LOG_LENGTH = 100_000, 20_000
_COPY = "select position, stream, version, event_id, type, data, meta, recorded_at from events order by position"


def rows() -> list[Bench]:
    return [
        Bench("append-eventsourcing", "events/s", ">=", 7, _eventsourcing),
        Bench("read-log", "events/s", ">=", 0.4, _read_log),
    ]


@asynccontextmanager
async def _eventsourcing(setting: Setting) -> AsyncIterator[Measure]:
    if importlib.util.find_spec("eventsourcing") is None:
        raise CannotMeasure("the library eventsourcing is not installed (dependency group bench)")
    async with fresh_store(setting.postgres_url) as (store, _, _), fresh_database(setting.postgres_url) as other:
        library = await asyncio.to_thread(_library, other)

        async def measure() -> Pair:
            ours = await append_rate(store, 16, setting.seconds)
            return ours, await asyncio.to_thread(_library_rate, library, 8, setting.seconds)

        try:
            yield measure
        finally:
            library.close()


def _library(url: str) -> Any:
    from eventsourcing.application import Application

    parts = urlsplit(url)
    return Application(
        env={
            "PERSISTENCE_MODULE": "eventsourcing.postgres",
            "POSTGRES_DBNAME": parts.path.removeprefix("/"),
            "POSTGRES_HOST": parts.hostname or "",
            "POSTGRES_PORT": str(parts.port or 5432),
            "POSTGRES_USER": unquote(parts.username or ""),
            "POSTGRES_PASSWORD": unquote(parts.password or ""),
            "POSTGRES_POOL_SIZE": "10",
        }
    )


@functools.cache
def _measured() -> Any:
    """The library's event class; it may be defined once."""
    from eventsourcing.domain import Aggregate

    class Measured(Aggregate.Event):
        number: int
        text: str

        def apply(self, aggregate: Aggregate) -> None:
            """Nothing to remember."""

    return Measured


def _library_rate(library: Any, threads: int, seconds: float) -> float:
    """Events a second by so many threads, each saving one new event of its own aggregate after another."""
    from eventsourcing.domain import Aggregate

    appended = [0] * threads
    until = time.perf_counter() + seconds

    def call(number: int) -> None:
        aggregate = Aggregate()
        library.save(aggregate)
        while time.perf_counter() < until:
            aggregate.trigger_event(_measured(), **event(appended[number]).data)
            library.save(aggregate)
            appended[number] += 1

    workers = [threading.Thread(target=call, args=(number,)) for number in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return sum(appended) / seconds


@asynccontextmanager
async def _read_log(setting: Setting) -> AsyncIterator[Measure]:
    length = QUICK_LOG_LENGTH if setting.is_quick else LOG_LENGTH
    async with fresh_store(setting.postgres_url) as (store, pool, _):
        for start in range(0, length, 2000):
            await store.append([Append(f"bench-{start}", ANY, [event(number) for number in range(2000)])])
        await pool.execute("vacuum analyze events")

        async def measure() -> Pair:
            ours = await _times_a_second(lambda: _read_all(store), setting.seconds)
            async with pool.acquire() as connection:
                copied = await _times_a_second(
                    lambda: connection.copy_from_query(_COPY, output=_throw_away), setting.seconds
                )
            return length * ours, length * copied

        yield measure


async def _read_all(store: EventStore) -> None:
    page = await store.read_all(0, 1000)
    while page:
        page = await store.read_all(page[-1].position, 1000)


async def _throw_away(chunk: bytes) -> None:
    """What COPY sends is received and forgotten."""


async def _times_a_second(work: Callable[[], Awaitable[Any]], seconds: float) -> float:
    """How often a second `work` is done when it is done again and again for so long."""
    began = time.perf_counter()
    done = 0
    while time.perf_counter() < began + seconds:
        await work()
        done += 1
    return done / (time.perf_counter() - began)
