"""Which links have their queue: the broker closes the channel that asks for one that is not there."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Iterable

import aio_pika
from aio_pika.abc import AbstractConnection
from aio_pika.exceptions import ChannelNotFoundEntity

from shared.broker.connection import CONNECT_SECONDS, with_heartbeat
from shared.links.topology import inbound_queue


@contextlib.asynccontextmanager
async def looking_at(broker_url: str) -> AsyncIterator[AbstractConnection]:
    """A connection that only asks; it does not come back by itself."""
    connection = await aio_pika.connect(with_heartbeat(broker_url), timeout=CONNECT_SECONDS)
    try:
        yield connection
    finally:
        with contextlib.suppress(Exception):
            await connection.close()


async def present(connection: AbstractConnection, sites: Iterable[str]) -> dict[str, tuple[int, int]]:
    """The sites whose inbound queue is there, each with how many consume it and how many messages are ready."""
    found = {}
    channel = await connection.channel()
    for site in sites:
        try:
            queue = await channel.declare_queue(inbound_queue(site), passive=True, timeout=CONNECT_SECONDS)
            told = queue.declaration_result
            found[site] = told.consumer_count or 0, told.message_count or 0
        except ChannelNotFoundEntity:
            channel = await connection.channel()
    await channel.close()
    return found
