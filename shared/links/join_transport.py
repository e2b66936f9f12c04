"""Asking to join over the upper site's broker, and answering there. What is said is `joining`'s affair."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Final

import aio_pika
import structlog
from aio_pika.abc import AbstractIncomingMessage
from aio_pika.exceptions import (
    AMQPConnectionError,
    AuthenticationError,
    ChannelClosed,
    DeliveryError,
    ProbableAuthenticationError,
)
from aiormq.exceptions import AMQPChannelError
from faststream import AckPolicy
from faststream.rabbit import Channel, RabbitBroker, RabbitMessage, RabbitQueue

from shared.broker.connection import is_refusal, with_heartbeat
from shared.broker.sender import CONTROL_TTL_SECONDS
from shared.broker.serving import serve_questions
from shared.broker.topology import as_queue
from shared.links.access import LinkAccess
from shared.links.joining import HMAC_HEADER, Fits, Message, NotAnswered, Silence
from shared.links.topology import JOIN_EXCHANGE, join_exchange, join_reply_queue, joins_topology
from shared.status import RoleStatus

CONNECT_SECONDS: Final = 10.0
ANSWER_SECONDS: Final = 20.0

Answer = Callable[[str, bytes, str], Awaitable[Message | None]]
"""Site, body and HMAC of a request; gives the reply, or None where nobody who knows the secret asked."""

log = structlog.get_logger()


async def ask_to_join(access: LinkAccess, site: str, request: Message, fits: Fits) -> Message:
    """Send the request as the join user of `access`, and wait for the reply that fits; raises `NotAnswered`."""
    try:
        async with asyncio.timeout(CONNECT_SECONDS):
            connection = await aio_pika.connect(with_heartbeat(access.url), ssl_context=access.tls)
    except (AuthenticationError, ProbableAuthenticationError):
        raise NotAnswered("denied") from None
    except ssl.SSLCertVerificationError:
        raise NotAnswered("untrusted") from None
    except (AMQPConnectionError, OSError, TimeoutError) as error:
        raise NotAnswered(_why(error)) from None
    try:
        async with asyncio.timeout(ANSWER_SECONDS):
            return await _asked(connection, site, request, fits)
    except TimeoutError:
        raise NotAnswered("silent") from None
    except DeliveryError as error:
        raise NotAnswered("full" if is_refusal(error) else "denied") from None
    except (ChannelClosed, AMQPChannelError):
        raise NotAnswered("denied") from None
    except (AMQPConnectionError, OSError) as error:
        raise NotAnswered(_why(error)) from None
    finally:
        with contextlib.suppress(Exception):
            await asyncio.wait_for(connection.close(), 5.0)


def _why(error: BaseException | None) -> Silence:
    """The certificate's fault may lie below the library's own error."""
    while error is not None:
        if isinstance(error, ssl.SSLCertVerificationError) or "certificate verify failed" in str(error).lower():
            return "untrusted"
        error = error.__cause__ or error.__context__
    return "unreachable"


async def _asked(connection: aio_pika.abc.AbstractConnection, site: str, request: Message, fits: Fits) -> Message:
    channel = await connection.channel(on_return_raises=True)
    queue = await channel.get_queue(join_reply_queue(site), ensure=False)
    found: asyncio.Future[Message] = asyncio.get_running_loop().create_future()

    async def replied(message: AbstractIncomingMessage) -> None:
        mac = str(message.headers.get(HMAC_HEADER, ""))
        if fits(message.body, mac) and not found.done():
            found.set_result(Message(message.body, mac))
        await message.ack()

    await queue.consume(replied)
    exchange = await channel.get_exchange(join_exchange(site), ensure=False)
    sent = aio_pika.Message(request.body, headers={HMAC_HEADER: request.mac}, delivery_mode=2)
    await exchange.publish(sent, "")
    return await found


@dataclass(frozen=True)
class Joins:
    """The upper side: `answer` is asked about each request; the exchange it came through says who asks."""

    broker_url: str = field(repr=False)
    answer: Answer
    status: RoleStatus = field(default_factory=lambda: RoleStatus("joins"))


async def joins_role(joins: Joins, stop: asyncio.Event) -> None:
    """Answer until `stop`, side by side with other replicas, through outages of the broker."""
    await serve_questions(
        joins.broker_url, joins_topology(), lambda broker: _subscribe(broker, joins.answer), joins.status, stop
    )


def _subscribe(broker: RabbitBroker, answer: Answer) -> None:
    (queue,) = joins_topology().queues

    @broker.subscriber(
        as_queue(queue),
        ack_policy=AckPolicy.NACK_ON_ERROR,
        channel=Channel(prefetch_count=1),
        decoder=_undecoded,
        title="requests to join",
        description="A lower site's request under the HMAC of its invitation's secret.",
    )
    async def receive_join(body: bytes, message: RabbitMessage) -> None:
        site = (message.raw_message.exchange or "").removeprefix(f"{JOIN_EXCHANGE}.")
        try:
            reply = await answer(site, body, str(message.headers.get(HMAC_HEADER, "")))
        except Exception as error:
            log.warning("join_not_answered", site=site, error=type(error).__name__)
            await asyncio.sleep(1.0)  # an engine is away: the same request comes again
            raise
        if reply is not None:
            await broker.publish(
                reply.body,
                RabbitQueue(join_reply_queue(site), declare=False),
                headers={HMAC_HEADER: reply.mac},
                persist=True,
                expiration=CONTROL_TTL_SECONDS,
            )


async def _undecoded(message: RabbitMessage) -> bytes:
    return message.body
