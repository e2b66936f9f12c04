"""How soon a command shows in the own projection, beside one message of a quorum queue, both at 50 a second.

Ours begins when a command is answered, which is just after its commit, and ends when the projection has passed its
position: sealing, relay, broker, journal and projection lie between. The reference begins when aio-pika publishes one
persistent message and ends when another connection has it; each is published when its turn comes.
"""

import asyncio
import secrets
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Final
from uuid import uuid4

import aio_pika
import asyncpg
import httpx

from deploy.bench.command_http import BODY
from deploy.bench.measure import Bench, CannotMeasure, Pair, Setting
from deploy.bench.scale_out import court_of_processes, known_branch
from shared.testing.brokers import fresh_vhost

RATE: Final = 50
ORIGIN: Final = "shi99/activities/log/1"
LATE_SECONDS: Final = 30.0

Measure = Callable[[], Awaitable[Pair]]


def rows() -> list[Bench]:
    return [Bench("commit-visible", "ms p99", "<=", 4, _commit_visible)]


@asynccontextmanager
async def _commit_visible(setting: Setting) -> AsyncIterator[Measure]:
    token = secrets.token_urlsafe(32)
    async with (
        court_of_processes(setting, token) as site,
        fresh_vhost(setting.management_url, setting.rabbitmq_url) as broker,
    ):
        port = await site.start("activities", "serve")
        await site.start("reporting", "serve")
        await known_branch(site)

        projection = site.databases["reporting"]

        async def measure() -> Pair:
            ours = await until_visible(projection, port, token, setting.seconds)
            return percentile(ours, 99), percentile(await until_taken(broker, setting.seconds), 99)

        await until_visible(projection, port, token, 2.0)  # leases taken, keys known, connections made
        yield measure


async def until_visible(projection: str, port: int, token: str, seconds: float) -> list[float]:
    """For each command given at `port`, the ms until the database `projection` has passed its position."""
    answered: dict[int, float] = {}
    passed: list[tuple[float, int]] = []
    watching = asyncio.create_task(_watch(projection, passed))
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", headers=headers, trust_env=False) as client:

        async def command() -> None:
            answer = await client.post("/activities", content=BODY, headers={"Idempotency-Key": str(uuid4())})
            answered[int(answer.headers["position"].partition("@")[2])] = time.perf_counter()

        await _at_rate(command, seconds)
    try:
        async with asyncio.timeout(LATE_SECONDS):
            while not passed or passed[-1][1] < max(answered):  # noqa: ASYNC110 - another task appends
                await asyncio.sleep(0.01)
    except TimeoutError:
        raise CannotMeasure(f"the projection did not come to position {max(answered)}") from None
    finally:
        watching.cancel()
    seen = {position: next(at for at, reached in passed if reached >= position) for position in answered}
    return [max(0.0, seen[position] - at) * 1000 for position, at in answered.items()]


async def _watch(database: str, passed: list[tuple[float, int]]) -> None:
    """When the projection was first seen at each of its positions; looking takes as little as it can from the court."""
    connection = await asyncpg.connect(database)
    try:
        reached_now = await connection.prepare("select position from proj_activities.cursors where origin = $1")
        while True:
            reached = await reached_now.fetchval(ORIGIN) or 0
            if not passed or reached > passed[-1][1]:
                passed.append((time.perf_counter(), reached))
            await asyncio.sleep(0.002)
    finally:
        await connection.close()


async def until_taken(broker: str, seconds: float) -> list[float]:
    """For each message of a quorum queue the ms from publishing it until another connection has it."""
    sent: dict[str, float] = {}
    taken: list[float] = []
    async with await aio_pika.connect(broker) as sending, await aio_pika.connect(broker) as receiving:
        out, back = await sending.channel(publisher_confirms=True), await receiving.channel()
        queue = await back.declare_queue(f"bench-{uuid4()}", durable=True, arguments={"x-queue-type": "quorum"})

        async def take(message: aio_pika.abc.AbstractIncomingMessage) -> None:
            taken.append(time.perf_counter() - sent[message.body.decode()])
            await message.ack()

        async def publish() -> None:
            name = str(uuid4())
            sent[name] = time.perf_counter()
            message = aio_pika.Message(name.encode(), delivery_mode=aio_pika.DeliveryMode.PERSISTENT)
            await out.default_exchange.publish(message, queue.name)

        await queue.consume(take)
        await _at_rate(publish, seconds)
        async with asyncio.timeout(LATE_SECONDS):
            while len(taken) < len(sent):  # noqa: ASYNC110 - the consumer appends
                await asyncio.sleep(0.01)
        await queue.delete(if_empty=False, if_unused=False)
    return [each * 1000 for each in taken]


async def _at_rate(act: Callable[[], Awaitable[None]], seconds: float) -> None:
    """So many acts a second, each begun at its time however long the others take."""
    began = time.perf_counter()
    async with asyncio.TaskGroup() as acting:
        for number in range(round(RATE * seconds)):
            await asyncio.sleep(max(0.0, began + number / RATE - time.perf_counter()))
            acting.create_task(_one(act))


async def _one(act: Callable[[], Awaitable[None]]) -> None:
    await act()


def percentile(found: list[float], hundredth: int) -> float:
    return sorted(found)[len(found) * hundredth // 100]
