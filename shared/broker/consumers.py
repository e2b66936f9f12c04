"""Whether the broker still hands us what waits in a queue: a connection lives on though a queue lost its consumer."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, ParamSpec

from faststream.rabbit import RabbitQueue

from shared.broker.connection import Link
from shared.leases import until_set
from shared.status import RoleStatus

LOST_SECONDS: Final = 1.0

Parameters = ParamSpec("Parameters")


@dataclass
class Deliveries:
    """What has come from one queue, and how much of it is in hand now."""

    arrived: int = 0
    in_hand: int = 0
    _before: int = -1
    _since: float | None = None

    def counting(self, handle: Callable[Parameters, Awaitable[None]]) -> Callable[Parameters, Awaitable[None]]:
        """`handle`, each call of which is counted as a delivery."""

        async def counted(*args: Parameters.args, **kwargs: Parameters.kwargs) -> None:
            self.arrived += 1
            self.in_hand += 1
            try:
                await handle(*args, **kwargs)
            finally:
                self.in_hand -= 1

        return counted

    def are_lost(self, consumers: int, ready: int) -> bool:
        """Whether for `LOST_SECONDS` nobody has consumed by the broker's word, or what waits has reached nobody.

        The second is what becomes of a consumer whose quorum queue is deleted and at once made again: the broker
        counts it, and all that it delivers is lost on the way.
        """
        stands_still = ready > 0 and self.in_hand == 0 and self.arrived == self._before
        self._before = self.arrived
        if consumers and not stands_still:
            self._since = None
            return False
        now = time.monotonic()
        if self._since is None:
            self._since = now
        return now - self._since >= LOST_SECONDS


async def watch_consumers(
    link: Link,
    queues: Mapping[str, Deliveries],
    status: RoleStatus,
    until: asyncio.Event,
    every: float,
) -> None:
    """Ask the broker over `link` about our consumers of `queues`, every so many seconds until `until`.

    Raises `ConnectionError` when one is lost; subscribing anew is what mends it.
    """
    asked = [(await link.broker.declare_queue(RabbitQueue(name, declare=False)), queues[name]) for name in queues]
    while not await until_set(until, every):
        told = [(await queue.declare(), deliveries) for queue, deliveries in asked]
        status.consumers = min((said.consumer_count or 0 for said, _ in told), default=None)
        if any(known.are_lost(said.consumer_count or 0, said.message_count or 0) for said, known in told):
            raise ConnectionError("the broker knows no consumer, or hands it nothing")


async def until_broken(works: Iterable[Any], until: asyncio.Event, *broken: asyncio.Event) -> None:
    """Let `works` go on until `until`; raises what one of them raises, `ConnectionError` when a connection breaks."""
    working = [asyncio.ensure_future(work) for work in works]
    tasks = [*working, *(asyncio.create_task(event.wait()) for event in (until, *broken))]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in working:
            if task.done() and not task.cancelled():
                task.result()
        if not until.is_set():
            raise ConnectionError("the broker's connection broke off")
    finally:
        until.set()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
