"""Being woken by PostgreSQL's NOTIFY, and by a slow clock in case one was missed."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Final

import asyncpg
import structlog

from shared.leases import until_set

log = structlog.get_logger()


class Wakening:
    """Set by notifications; `wait` clears it first come, first served: look for work after each return."""

    def __init__(self) -> None:
        self._event = asyncio.Event()
        self.over = False

    def wake(self) -> None:
        self._event.set()

    async def wait(self, seconds: float) -> None:
        """Return when woken since the last return, or after `seconds`."""
        await until_set(self._event, seconds)
        self._event.clear()


_HERE: Final[dict[tuple[asyncio.AbstractEventLoop, str], set[Wakening]]] = {}
"""Who listens in this process, of whatever database: waking one for nothing costs a look."""


def wake_here(channel: str) -> None:
    """Wake the listeners beside the caller at once: NOTIFY goes by way of PostgreSQL, for those elsewhere."""
    for wakening in _HERE.get((asyncio.get_running_loop(), channel), ()):
        wakening.wake()


@contextlib.asynccontextmanager
async def listening(pool: asyncpg.Pool, channel: str) -> AsyncIterator[Wakening]:
    """Wake on every NOTIFY of `channel`, over one connection of the pool, taken anew when it breaks off."""
    wakening, place = Wakening(), (asyncio.get_running_loop(), channel)
    _HERE.setdefault(place, set()).add(wakening)
    task = asyncio.create_task(_listen(pool, channel, wakening))
    try:
        yield wakening
    finally:
        _HERE[place].discard(wakening)
        if not _HERE[place]:
            del _HERE[place]
        wakening.over = True
        task.cancel()
        await asyncio.wait((task,), timeout=5.0)


async def _listen(pool: asyncpg.Pool, channel: str, wakening: Wakening) -> None:
    # Giving a broken connection back may raise in place of the cancellation: hence the flag.
    while not wakening.over:
        try:
            await _listen_once(pool, channel, wakening)
        except Exception as error:
            log.info("listening_interrupted", channel=channel, error=repr(error))
        await asyncio.sleep(0.5)


async def _listen_once(pool: asyncpg.Pool, channel: str, wakening: Wakening) -> None:
    broken = asyncio.Event()

    def on_notification(*_: object) -> None:
        wakening.wake()

    def on_termination(_: object) -> None:
        broken.set()

    async with pool.acquire() as connection:
        connection.add_termination_listener(on_termination)
        await connection.add_listener(channel, on_notification)
        try:
            wakening.wake()
            await broken.wait()
        finally:
            with contextlib.suppress(Exception):
                connection.remove_termination_listener(on_termination)
                await connection.remove_listener(channel, on_notification)
