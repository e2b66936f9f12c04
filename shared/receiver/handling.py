"""The deliveries of one queue, done with one by one: nothing overtakes a message that cannot be stored yet."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

import structlog
from faststream.rabbit import RabbitMessage

from shared.leases import is_cancelled, until_set
from shared.receiver.receiving import Outcome
from shared.receiver.turns import Turns
from shared.status import RoleStatus

KEYS_PATIENCE: Final = 0.2

Handler = Callable[[bytes, RabbitMessage], Awaitable[None]]
Examined = TypeVar("Examined")

log = structlog.get_logger()


def in_order(
    examine: Callable[[RabbitMessage, bytes], Examined],
    take: Callable[[bytes, RabbitMessage, Examined], Awaitable[Outcome]],
    status: RoleStatus,
    until: asyncio.Event,
) -> Handler:
    """A handler that takes messages in the order of their tags and acknowledges what is done with.

    `examine` may run ahead of its turn: the next messages are looked at while one is being stored.
    """
    turns = Turns()

    async def handle(body: bytes, message: RabbitMessage) -> None:
        found = examine(message, body)
        async with turns.turn(message.raw_message.delivery_tag or 0):
            await in_turn(body, message, found)

    async def in_turn(body: bytes, message: RabbitMessage, found: Examined) -> None:
        while not until.is_set():
            try:
                outcome = await take(body, message, found)
            except (Exception, asyncio.CancelledError) as error:
                if isinstance(error, asyncio.CancelledError) and is_cancelled():
                    raise
                # The message stays ours until it is done with; nothing behind it may overtake it.
                status.troubled(error)
                log.warning("receiving_interrupted", queue=message.raw_message.routing_key, error=repr(error))
                await until_set(until, 0.5)
                continue
            if outcome is not Outcome.WAITING:
                await message.ack()
                return
            await until_set(until, KEYS_PATIENCE)

    return handle
