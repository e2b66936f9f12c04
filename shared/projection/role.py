"""The projector: woken by the journal's notice or a slow poll, single-active by lease, surviving outages."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Final

import asyncpg
import structlog

from shared.leases import lead
from shared.projection.batch import catch_up
from shared.projection.definition import Projection
from shared.projection.live import Question, bring_up, look, question_of
from shared.projection.rebuild import ensure_built, is_past_its_end, rebuild
from shared.projection.schema import Connection
from shared.status import RoleStatus
from shared.wakening import Wakening, listening

LEASE: Final = "project"
CHANNEL: Final = "journal"
POLL_SECONDS: Final = 1.0

_STUCK: Final = (asyncpg.DataError, asyncpg.IntegrityConstraintViolationError)

log = structlog.get_logger()


async def project_role(
    pool: asyncpg.Pool, projections: Sequence[Projection], stop: asyncio.Event, status: RoleStatus
) -> None:
    """Keep `projections` up to date until `stop`, wherever this process holds the lease; outages are waited out."""

    async def work(until: asyncio.Event) -> None:
        await keep_up(pool, projections, until, status)

    await lead(pool, LEASE, stop, work, status)


async def keep_up(
    pool: asyncpg.Pool, projections: Sequence[Projection], until: asyncio.Event, status: RoleStatus
) -> None:
    """Build what is absent or outdated, then project what arrives, until told to end."""
    for projection in projections:
        await ensure_built(pool, projection)
        status.count(projection.name, 0)
    question = question_of(projections)
    async with listening(pool, CHANNEL) as notices, pool.acquire() as connection:
        ending = asyncio.create_task(_wake_at_end(until, notices))
        try:
            while not until.is_set():
                status.looked()
                await _turn(pool, connection, projections, question, status)
                await notices.wait(POLL_SECONDS)
        finally:
            ending.cancel()


async def _wake_at_end(until: asyncio.Event, notices: Wakening) -> None:
    await until.wait()
    notices.wake()


async def _turn(
    pool: asyncpg.Pool,
    connection: Connection,
    projections: Sequence[Projection],
    question: Question,
    status: RoleStatus,
) -> None:
    news = await look(connection, projections, question)
    for projection in [one for one in projections if any(new.projection is one and new.begins_epoch for new in news)]:
        if await is_past_its_end(connection, projection):
            log.warning("projection_held_what_was_given_up", projection=projection.name)
            await rebuild(pool, projection)
            return
    left = await bring_up(connection, news)
    for one in news:
        status.count(one.projection.name, 0 if one in left else one.new - one.old)
    for projection in projections:
        if any(one.projection is projection for one in left):
            await _carefully(pool, projection, status)


async def _carefully(pool: asyncpg.Pool, projection: Projection, status: RoleStatus) -> None:
    """A projection that cannot go on does not hold up the others; it tries again at the next turn."""
    try:
        status.count(projection.name, await catch_up(pool, projection))
    except _STUCK as error:
        status.trouble = f"{projection.name}: {type(error).__name__}"
        log.error("projection_stuck", projection=projection.name, error=type(error).__name__)
