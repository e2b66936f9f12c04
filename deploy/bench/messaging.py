"""Benches of sealing, sending and receiving.

Ours begins with events in the log and ends when the other side has all of them verified in its journal: a process
seals and sends runs, another receives them, beside the engines. The reference is aio-pika with the same events, one
CloudEvent a message, persistent, in a quorum queue, taken with a prefetch of 200 and acknowledged one by one when
parsed; it keeps nothing. `sealer-relay-broker-journal` times its consuming alone, from a queue that is full already;
`sealer-relay-broker-journal-sent` has it do what ours must too: a process that reads the log and publishes, 500
confirms under way, while another consumes.
"""

import asyncio
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from functools import partial
from pathlib import Path
from uuid import uuid4

import aio_pika
import asyncpg
import orjson

from deploy.bench.measure import Bench, Pair, Setting
from deploy.bench.messaging_roles import ORIGIN, RECEIVER_KEY, SOURCE_KEY
from deploy.bench.store_load import fresh_store
from services import reporting
from shared.broker.tables import install_leases, install_receiving, install_sending
from shared.eventstore import ANY, Append, EventStore, NewEvent
from shared.migrations import migrate
from shared.receiver.trust import trust
from shared.testing.brokers import fresh_vhost
from shared.testing.databases import fresh_database

EVENTS = 30_000
QUICK_EVENTS = 10_000
STREAM_EVENTS = 10

Measure = Callable[[], Awaitable[Pair]]


def rows() -> list[Bench]:
    return [
        Bench("sealer-relay-broker-journal", "events/s", ">=", 6, partial(_to_journal, is_full=True)),
        Bench("sealer-relay-broker-journal-sent", "events/s", ">=", 6, partial(_to_journal, is_full=False)),
    ]


@asynccontextmanager
async def _to_journal(setting: Setting, *, is_full: bool) -> AsyncIterator[Measure]:
    events = QUICK_EVENTS if setting.is_quick else EVENTS
    async with (
        fresh_store(setting.postgres_url) as (store, source, source_url),
        fresh_database(setting.postgres_url) as target_url,
        asyncpg.create_pool(target_url, min_size=1, max_size=2) as target,
        fresh_vhost(setting.management_url, setting.rabbitmq_url) as broker_url,
    ):
        await _prepare(source, target)
        async with _role("journal", target_url, broker_url), _role("relay", source_url, broker_url):
            await _append(store, 1)
            await _received(target, 1)

            async def measure() -> Pair:
                ours = await _our_rate(store, target, events)
                return ours, await _reference_rate(store, source_url, broker_url, events, is_full=is_full)

            yield measure


async def _prepare(source: asyncpg.Pool, target: asyncpg.Pool) -> None:
    async with source.acquire() as connection:
        await install_leases(connection)
        await install_sending(connection)
        await install_receiving(connection)
        await trust(connection, ORIGIN.site, "reporting", RECEIVER_KEY.public, "bench")
    async with target.acquire() as connection:
        await install_leases(connection)
        await install_receiving(connection)
        await migrate(connection, Path(reporting.__path__[0]) / "migrations", "reporting")
        await trust(connection, ORIGIN.site, ORIGIN.service, SOURCE_KEY.public, "bench")


@asynccontextmanager
async def _role(role: str, database: str, broker: str) -> AsyncIterator[None]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "deploy.bench.messaging_roles", role, database, broker, stdout=asyncio.subprocess.DEVNULL
    )
    try:
        yield
    finally:
        process.terminate()
        await process.wait()


async def _append(store: EventStore, events: int) -> None:
    """All in one commit, ten to a stream."""
    appends = []
    for first in range(0, events, STREAM_EVENTS):
        some = [_event(number) for number in range(first, min(first + STREAM_EVENTS, events))]
        appends.append(Append(f"activity-{uuid4()}", ANY, some))
    await store.append(appends)


def _event(number: int) -> NewEvent:
    facts = {
        "unit_kind": "branch",
        "unit_id": "0b0d6c3e-7f0e-5d51-9a1a-0c1f6d1f0a01",
        "kind": "branch_assembly",
        "title": f"学习贯彻全国两会精神（第{number}次）",
        "date": "2024-03-20",
        "start": "09:30",
        "expected": 17,
        "present": 15,
        "partners": [],
    }
    meta = {
        "actor": {"organisation": "shi99", "role": "operator", "subject": "operator"},
        "command_id": f"import-{number}",
        "correlation": "import",
        "source": {"kind": "import", "row": number + 4, "run": "r1", "sheet": "三会一课记录"},
    }
    return NewEvent("activities.activity-held.v1", {"facts": facts}, meta)


async def _received(target: asyncpg.Pool, position: int) -> None:
    while (await target.fetchval("select have from receipts") or 0) < position:  # noqa: ASYNC110 - as a projector polls
        await asyncio.sleep(0.02)


async def _our_rate(store: EventStore, target: asyncpg.Pool, events: int) -> float:
    await _append(store, events)
    began = time.perf_counter()
    head = await store.head()
    await _received(target, head)
    return events / (time.perf_counter() - began)


async def _reference_rate(store: EventStore, source_url: str, broker_url: str, events: int, *, is_full: bool) -> float:
    """Until aio-pika has consumed the log's last events, one a message; `is_full`: from when all are in the queue."""
    after = await store.head() - events
    connection = await aio_pika.connect(broker_url)
    async with connection:
        channel = await connection.channel()
        await channel.set_qos(prefetch_count=200)
        queue = await channel.declare_queue(f"bench-{uuid4()}", durable=True, arguments={"x-queue-type": "quorum"})
        async with _publisher(source_url, broker_url, queue.name, after) as publisher:
            assert publisher.stdin is not None
            publisher.stdin.write(b"go\n")
            if is_full:
                await publisher.wait()
            began = time.perf_counter()
            await _consume(queue, events)
            rate = events / (time.perf_counter() - began)
        await queue.delete(if_empty=False, if_unused=False)
    return rate


async def _consume(queue: aio_pika.abc.AbstractQueue, events: int) -> None:
    taken = 0
    async with queue.iterator() as messages:
        async for message in messages:
            orjson.loads(message.body)
            await message.ack()
            taken += 1
            if taken == events:
                return


@asynccontextmanager
async def _publisher(source: str, broker: str, queue: str, after: int) -> AsyncIterator[asyncio.subprocess.Process]:
    """A process that publishes the log after a position, connected and waiting for a line."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "deploy.bench.messaging_roles", "publish", source, broker, queue, str(after)),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        assert process.stdout is not None
        await process.stdout.readline()
        yield process
    finally:
        with suppress(ProcessLookupError):  # it ends by itself when all is published
            process.terminate()
        await process.wait()
