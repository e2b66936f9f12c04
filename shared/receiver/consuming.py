"""The consuming role: one replica subscribes, takes runs in one by one, and answers with states (design §5)."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import asyncpg
import structlog
from faststream import AckPolicy
from faststream.rabbit import Channel, RabbitBroker, RabbitMessage

from shared.broker.connection import connected, new_link
from shared.broker.consumers import Deliveries, until_broken, watch_consumers
from shared.broker.sender import StateSender
from shared.broker.topology import as_queue, own_topology, receiver_queue
from shared.crash import crash_point
from shared.leases import lead
from shared.receiver.handling import Handler, in_order
from shared.receiver.opening import receive_opening
from shared.receiver.reading import Refused, Run
from shared.receiver.receiving import (
    Outcome,
    Sink,
    examined,
    expect,
    is_of,
    own_log,
    receive_head,
    receive_run,
)
from shared.receiver.stating import StatePace, Stating
from shared.sealing.control import State
from shared.sealing.keys import Signer
from shared.sealing.origin import Origin, parse_origin
from shared.sealing.wire import KIND
from shared.status import RoleStatus

PREFETCH: Final = 3

log = structlog.get_logger()


@dataclass(frozen=True)
class Consuming:
    """What a receiving service needs; `sources` are the services of the own site whose logs it receives."""

    pool: asyncpg.Pool
    broker_url: str = field(repr=False)
    site: str
    service: str
    key: Signer
    sources: tuple[str, ...]
    sink: Sink
    pace: StatePace = field(default_factory=StatePace)
    status: RoleStatus = field(default_factory=lambda: RoleStatus("consume"))

    def origins(self) -> dict[Origin, str]:
        """Each origin with the queue that brings it."""
        return {own_log(self.site, name): receiver_queue(self.service, name).name for name in self.sources}


async def consume_role(consuming: Consuming, stop: asyncio.Event) -> None:
    """Receive until `stop`; one at a time of all replicas, through outages of either engine."""

    async def work(until: asyncio.Event) -> None:
        await _consume(consuming, until)

    await lead(consuming.pool, "consume", stop, work, consuming.status)


async def _consume(consuming: Consuming, until: asyncio.Event) -> None:
    origins, status = consuming.origins(), consuming.status
    async with consuming.pool.acquire() as connection:
        for origin in origins:
            await expect(connection, origin)
    receiver = f"{consuming.site}/{consuming.service}"
    stating = Stating(consuming.pool, receiver, consuming.pace, await _with_epochs(consuming.pool, origins))
    receiving, answering = (
        new_link(consuming.broker_url, "receives logs"),
        new_link(consuming.broker_url, "sends states"),
    )
    sender = StateSender(answering.broker, consuming.sources)
    queues = {name: Deliveries() for name in origins.values()}
    for origin, name in origins.items():
        handler = queues[name].counting(_handler(consuming, stating, origin, until))
        subscribe_log(receiving.broker, consuming.service, origin, handler)
    try:
        async with connected(answering, own_topology(consuming.site)), connected(receiving):
            status.connected = True
            status.looked()

            async def send(state: State, _: str) -> None:
                await sender.state(state, consuming.key)

            watching = watch_consumers(answering, queues, status, until, consuming.pace.consumers_every)
            await until_broken((stating.run(send, until), watching), until, receiving.broken, answering.broken)
    finally:
        status.connected, status.consumers = False, None


async def _with_epochs(pool: asyncpg.Pool, origins: Mapping[Origin, str]) -> dict[Origin, str]:
    """Each log in every epoch that has begun here."""
    known = [parse_origin(row["origin"]) for row in await pool.fetch("select origin from receipts")]
    return {epoch: link for origin, link in origins.items() for epoch in (*known, origin) if is_of(epoch, origin)}


def subscribe_log(broker: RabbitBroker, receiver: str, origin: Origin, handler: Handler) -> None:
    """Hand what arrives of one service's log to `handler`, which alone keeps them in order and acknowledges."""

    @broker.subscriber(
        as_queue(receiver_queue(receiver, origin.service)),
        ack_policy=AckPolicy.MANUAL,
        channel=Channel(prefetch_count=PREFETCH),
        decoder=undecoded,
        title=f"{origin.service} log for {receiver}",
        description="Sealed runs (lianjian-kind: run), openings (opening) and heads (head) of one origin.",
    )
    async def receive_log(body: bytes, message: RabbitMessage) -> None:
        await handler(body, message)


def _handler(consuming: Consuming, stating: Stating, origin: Origin, until: asyncio.Event) -> Handler:
    def examine(message: RabbitMessage, body: bytes) -> Run | Refused | None:
        return examined(origin, message.headers, body) if message.headers.get(KIND) == "run" else None

    async def take(body: bytes, message: RabbitMessage, run: Run | Refused | None) -> Outcome:
        return await _take(consuming, stating, origin, body, message, run)

    return in_order(examine, take, consuming.status, until)


async def _take(
    consuming: Consuming,
    stating: Stating,
    origin: Origin,
    body: bytes,
    message: RabbitMessage,
    run: Run | Refused | None,
) -> Outcome:
    kind, status = message.headers.get(KIND), consuming.status
    status.looked()
    if kind == "head":
        return await _take_head(consuming, stating, origin, body, message)
    link = consuming.origins()[origin]
    if kind == "opening":
        outcome = await receive_opening(consuming.pool, consuming.sink, origin, link, message.headers, body)
        status.count(outcome.value)
        return outcome
    if run is None:
        status.count("unknown_messages")
        log.warning("unknown_message", origin=origin.text, kind=str(kind)[:40])
        return Outcome.UNKNOWN
    outcome, have = await receive_run(consuming.pool, consuming.sink, origin, link, message.headers, body, run)
    status.count(outcome.value)
    if outcome is Outcome.APPENDED and isinstance(run, Run):
        crash_point(consuming.sink.crash_point)
        epoch = run.note.seal.origin
        status.processed(epoch.text, have)
        stating.await_too(epoch, link)
        stating.received(epoch)
        if epoch != origin:
            stating.changed(origin, behind=False)
    elif outcome is Outcome.GAP and isinstance(run, Run):
        for lacking in {origin, run.note.seal.origin}:
            stating.changed(lacking, behind=True)
    return outcome


async def _take_head(
    consuming: Consuming, stating: Stating, origin: Origin, body: bytes, message: RabbitMessage
) -> Outcome:
    found = await receive_head(consuming.pool, origin, message.headers, body)
    if found is not None:
        head, have = found
        consuming.status.heads[head.origin.text] = head.sealed_to
        consuming.status.processed(head.origin.text, have)
        stating.changed(head.origin, behind=have < head.sealed_to)
    return Outcome.HEAD


async def undecoded(message: RabbitMessage) -> bytes:
    """The body as it came."""
    return message.body
