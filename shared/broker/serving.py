"""Answering questions over the bus until told to stop, through outages of the broker."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import structlog
from faststream.rabbit import RabbitBroker

from shared.broker.connection import connected, new_link
from shared.broker.topology import Topology
from shared.leases import is_cancelled, until_set
from shared.status import RoleStatus

log = structlog.get_logger()


async def serve_questions(
    broker_url: str,
    topology: Topology,
    subscribe: Callable[[RabbitBroker], None],
    status: RoleStatus,
    stop: asyncio.Event,
) -> None:
    """Connect, declare `topology`, let `subscribe` name what is answered, until `stop`; anew after a break."""
    pause = 0.2
    while not stop.is_set():
        link = new_link(broker_url, f"answers: {status.role}")
        subscribe(link.broker)
        try:
            async with connected(link, topology):
                status.connected, pause = True, 0.2
                while not (stop.is_set() or link.broken.is_set()):
                    status.looked()
                    await until_set(stop, 0.5)
        except (Exception, asyncio.CancelledError) as error:
            if isinstance(error, asyncio.CancelledError) and is_cancelled():
                raise
            status.troubled(error)
            log.warning("answering_interrupted", role=status.role, error=repr(error), again_in=pause)
        status.connected = False
        await until_set(stop, pause)
        pause = min(2 * pause, 5.0)
