"""A connection to the broker that says when it is broken, and publishing that ends in a confirm or an error."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator, Awaitable
from dataclasses import dataclass
from typing import Any, Final

import structlog
from aio_pika.abc import AbstractConnection
from aio_pika.exceptions import DeliveryError
from faststream.rabbit import Channel, RabbitBroker
from faststream.security import BaseSecurity
from pamqp.commands import Basic
from yarl import URL

from shared.broker.topology import Topology, as_exchange, as_queue
from shared.leases import is_cancelled

HEARTBEAT_SECONDS: Final = 10
CONNECT_SECONDS: Final = 10.0
PUBLISH_SECONDS: Final = 10.0
CLOSE_SECONDS: Final = 5.0

log = structlog.get_logger()


class Unconfirmed(ConnectionError):
    """The broker has not confirmed: the message may or may not have arrived."""


class NotTaken(Unconfirmed):
    """The broker has said no, mostly for want of room in a queue: the connection is as good as before."""


@dataclass
class Link:
    """A broker of FastStream's, not connected yet, and the event that is set when its connection breaks off."""

    broker: RabbitBroker
    broken: asyncio.Event


def new_link(url: str, description: str, tls: ssl.SSLContext | None = None) -> Link:
    """A link to the broker at `url`, by `tls` where given; it is used once and made anew after it broke."""
    broken = asyncio.Event()

    def on_close(_: AbstractConnection | None, __: BaseException | None) -> None:
        broken.set()

    broker = RabbitBroker(
        with_heartbeat(url),
        security=None if tls is None else BaseSecurity(ssl_context=tls),
        default_channel=Channel(on_return_raises=True),
        on_close=[on_close],
        graceful_timeout=CLOSE_SECONDS,
        description=description,
        specification_url="amqp://broker",
        logger=None,
    )
    return Link(broker, broken)


def with_heartbeat(url: str) -> str:
    """`url` with a heartbeat, so that a connection that hangs is noticed."""
    return str(URL(url).update_query(heartbeat=str(HEARTBEAT_SECONDS)))


@contextlib.asynccontextmanager
async def connected(
    link: Link, topology: Topology | None = None, within: float = CONNECT_SECONDS
) -> AsyncIterator[None]:
    """Connect, declare `topology`, start the subscribers; closes in any case, also during an outage."""
    try:
        async with asyncio.timeout(within):
            await link.broker.connect()
            if topology is not None:
                await declare(link.broker, topology)
            for subscriber in link.broker.subscribers:
                # Else what arrives before FastStream has noted that it is started is neither handled nor returned.
                subscriber.running = True
            await link.broker.start()
        yield
    finally:
        with contextlib.suppress(Exception):
            await asyncio.wait_for(link.broker.stop(), 2 * CLOSE_SECONDS)


async def declare(broker: RabbitBroker, topology: Topology) -> None:
    """Make what is missing; what is there with other arguments is an error of the broker's."""
    exchanges = {exchange.name: await broker.declare_exchange(as_exchange(exchange)) for exchange in topology.exchanges}
    queues = {queue.name: await broker.declare_queue(as_queue(queue)) for queue in topology.queues}
    for binding in topology.bindings:
        await queues[binding.queue].bind(exchanges[binding.exchange], routing_key=binding.key)


async def confirmed(sending: Awaitable[Any], seconds: float = PUBLISH_SECONDS) -> None:
    """Await a publish; raises `Unconfirmed` unless the broker took the message over, `NotTaken` where it refused."""
    try:
        async with asyncio.timeout(seconds):
            confirmation = await sending
    except asyncio.CancelledError:
        if is_cancelled():
            raise
        raise Unconfirmed("the connection broke off") from None
    except DeliveryError as error:
        unconfirmed = NotTaken if is_refusal(error) else Unconfirmed
        raise unconfirmed(f"{type(error).__name__}: {error}") from error
    except Exception as error:
        raise Unconfirmed(f"{type(error).__name__}: {error}") from error
    if not isinstance(confirmation, Basic.Ack):
        raise NotTaken("the broker refused the message")


def is_refusal(error: DeliveryError) -> bool:
    """Whether the broker has said no; else it has given the message back, for nothing takes it."""
    return isinstance(error.frame, Basic.Nack)
