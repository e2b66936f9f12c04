"""Leases in PostgreSQL: of several replicas one does a task, by the database's clock."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
from collections.abc import Awaitable, Callable
from typing import Final
from uuid import uuid4

import asyncpg
import structlog

from shared.status import RoleStatus

SECONDS: Final = 6.0
"""How long a dead holder keeps a lease; a living one renews it three times in that time."""

Work = Callable[[asyncio.Event], Awaitable[None]]

_TAKE: Final = """
insert into leases as held (name, holder, term, expires_at)
values ($1, $2, 1, clock_timestamp() + make_interval(secs => $3))
on conflict (name) do update
   set holder = excluded.holder, term = held.term + 1, expires_at = excluded.expires_at
 where held.expires_at <= clock_timestamp()
returning term
"""
_RENEW: Final = """
update leases set expires_at = clock_timestamp() + make_interval(secs => $4)
 where name = $1 and holder = $2 and term = $3 and expires_at > clock_timestamp()
returning true
"""
_RELEASE: Final = "update leases set expires_at = clock_timestamp() where name = $1 and holder = $2 and term = $3"

log = structlog.get_logger()


def holder_name() -> str:
    """A name that no other process has or will have."""
    return f"{socket.gethostname()}:{os.getpid()}:{uuid4().hex[:12]}"


async def take(pool: asyncpg.Pool, name: str, holder: str, seconds: float = SECONDS) -> int | None:
    """The term, if the lease was free; None if somebody holds it."""
    term: int | None = await pool.fetchval(_TAKE, name, holder, seconds)
    return term


async def renew(pool: asyncpg.Pool, name: str, holder: str, term: int, seconds: float = SECONDS) -> bool:
    """False if the lease has run out or is another's: a holder that slept too long learns it here."""
    return bool(await pool.fetchval(_RENEW, name, holder, term, seconds))


async def release(pool: asyncpg.Pool, name: str, holder: str, term: int) -> None:
    """Give the lease back early, so that the next one need not wait for it to run out."""
    await pool.execute(_RELEASE, name, holder, term)


async def lead(
    pool: asyncpg.Pool, name: str, stop: asyncio.Event, work: Work, status: RoleStatus, seconds: float = SECONDS
) -> None:
    """Do `work(until)` whenever this process holds the lease, until `stop`; never dies of what goes wrong.

    `until` is set when the lease is lost or `stop` is; `work` then ends. When it raises, it is started again
    after a pause of 0.2 to 5 s. The lease saves work; what must not happen twice is fenced where it is stored.
    """
    holder, pause = holder_name(), 0.2
    while not stop.is_set():
        try:
            term = await take(pool, name, holder, seconds)
            if term is None:
                status.looked()
                await until_set(stop, seconds / 6)
                continue
            status.leading = True
            await _tenure(pool, name, holder, term, stop, work, seconds)
            pause = 0.2
        except Exception as error:
            status.troubled(error)
            log.warning("role_interrupted", role=name, error=repr(error), again_in=pause)
            await until_set(stop, pause)
            pause = min(2 * pause, 5.0)
        finally:
            status.leading = False


async def _tenure(
    pool: asyncpg.Pool, name: str, holder: str, term: int, stop: asyncio.Event, work: Work, seconds: float
) -> None:
    log.info("lease_taken", role=name, term=term)
    until = asyncio.Event()
    working = asyncio.ensure_future(work(until))
    watching = asyncio.create_task(_watch(pool, name, holder, term, stop, until, seconds))
    try:
        await asyncio.wait((working, watching), return_when=asyncio.FIRST_COMPLETED)
        until.set()
        await asyncio.wait((working,), timeout=seconds)
    finally:
        until.set()
        for task in (working, watching):
            task.cancel()
        await asyncio.gather(working, watching, return_exceptions=True)
        with contextlib.suppress(Exception):
            await asyncio.wait_for(release(pool, name, holder, term), seconds / 3)
    if working.cancelled():
        # aio-pika ends what waits for a broken connection by cancelling it, unasked.
        raise ConnectionError("the work was cut off")
    if (error := working.exception()) is not None:
        raise error


async def _watch(
    pool: asyncpg.Pool, name: str, holder: str, term: int, stop: asyncio.Event, until: asyncio.Event, seconds: float
) -> None:
    """Renew until told to stop or the lease is gone; an outage of PostgreSQL is waited out as long as it lasts."""
    loop = asyncio.get_running_loop()
    held_until = loop.time() + seconds
    while not await until_set(stop, seconds / 3) and not until.is_set():
        asked = loop.time()
        try:
            async with asyncio.timeout(max(held_until - asked, 0.1)):
                if not await renew(pool, name, holder, term, seconds):
                    log.warning("lease_lost", role=name, term=term)
                    return
            held_until = asked + seconds
        except Exception as error:
            if loop.time() >= held_until:
                log.warning("lease_lost", role=name, term=term, error=repr(error))
                return


async def until_set(event: asyncio.Event, seconds: float) -> bool:
    """Wait for `event`, at most so long; True if it is set."""
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(event.wait(), seconds)
    return event.is_set()


def is_cancelled() -> bool:
    """Whether somebody cancelled this task; a CancelledError without that is a connection that broke off."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0
