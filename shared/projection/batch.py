"""One batch of one origin: the tables and the cursor move in the same transaction, or neither does."""

from __future__ import annotations

from typing import Final

import asyncpg
import structlog

from shared.crash import AFTER_PROJECTION_COMMIT, BEFORE_PROJECTION_COMMIT, crash_point
from shared.projection.definition import Projection, epoch_guard, site_of
from shared.projection.schema import Connection, use_schema

_COLUMNS = """select $1::text as site, $2::bigint + position as at, position, version,
    right(stream, 36) as id, type, data::jsonb as data"""

_FROM_JOURNAL = f"""with batch as materialized ({_COLUMNS} from journal
    where origin = $3 and position > $4 and position <= $5 and type = any($6::text[]))
"""

_FROM_OPENINGS = f"""with batch as materialized ({_COLUMNS} from openings
    where origin = $3 and position > $4 and position <= $5 and type = any($6::text[]) and position = any($7::bigint[]))
"""

_KEPT: Final = """coalesce((select min(later.position) - 1 from journal as later
    where later.origin = split_part({0}, '/', 1) || '/' || split_part({0}, '/', 2) || '/' || split_part({0}, '/', 3)
                         || '/' || (split_part({0}, '/', 4)::bigint + 1)), 9223372036854775807)"""

LOGS: Final = """with recursive origins as (
    select min(origin) as origin from journal
    union all
    select (select min(origin) from journal where origin > origins.origin) from origins
     where origins.origin is not null)
"""
"""Every origin of the journal, found without scanning it."""


def kept_of(origin: str) -> str:
    """SQL: the last position of `origin`, an expression, that counts. The next epoch follows on it."""
    return _KEPT.format(origin)


_NEXT: Final = f"""select max(position) from (select position from journal
    where origin = $1 and position > $2 and position <= {kept_of("$1::text")} order by position limit $3) as next
"""  # noqa: S608 - constants of this program

CANNOT_READ: Final = (asyncpg.DataError, asyncpg.IntegrityConstraintViolationError, asyncpg.ProgramLimitExceededError)

log = structlog.get_logger()


class CursorMoved(Exception):
    """Another projector moved the cursor of this origin; nothing of this batch was kept."""


async def apply_batch(connection: Connection, projection: Projection, schema: str, origin: str, limit: int) -> int:
    """Project up to `limit` further positions of `origin` into `schema`; returns how many the cursor moved.

    0 also where another projector holds the cursor just now. A rebuild that is swapping is waited for.
    """
    async with connection.transaction():
        await connection.execute("select pg_advisory_xact_lock_shared(hashtext($1))", projection.schema)
        await use_schema(connection, schema)
        await connection.execute("insert into cursors values ($1, 0) on conflict do nothing", origin)
        old = await connection.fetchval("select position from cursors where origin = $1 for update skip locked", origin)
        if old is None:
            return 0
        new = await connection.fetchval(_NEXT, origin, old, limit)
        if new is not None:
            await project_range(connection, projection, origin, old, new)
            await _move_cursor(connection, origin, old, new)
        await _project_opened(connection, projection, origin, old if new is None else new)
        if new is not None:
            crash_point(BEFORE_PROJECTION_COMMIT)
    if new is None:
        return 0
    crash_point(AFTER_PROJECTION_COMMIT)
    return int(new - old)


async def project_range(connection: Connection, projection: Projection, origin: str, after: int, upto: int) -> None:
    """Apply the journal's positions after `after` up to `upto` to the tables first in search_path."""
    await _project(connection, projection, _FROM_JOURNAL, origin, after, upto)


async def project_openings(connection: Connection, projection: Projection, origin: str, positions: list[int]) -> None:
    """Apply openings: contents of withheld positions that were passed before they could be read."""
    await _project(connection, projection, _FROM_OPENINGS, origin, min(positions) - 1, max(positions), positions)
    await connection.execute("insert into opened select $1, unnest($2::bigint[])", origin, positions)


async def _project(
    connection: Connection, projection: Projection, source: str, origin: str, after: int, upto: int, *more: list[int]
) -> None:
    """Set-wise; on an error of the data by halves, until the guilty events are alone: those are passed over.

    An event in a log cannot be changed, so it must not stop what comes after it. Statements cast event by event,
    so that the same events are guilty however batches are cut.
    """
    try:
        async with connection.transaction():
            await run_statements(connection, projection, origin, after, upto, *more, source=source)
    except CANNOT_READ as error:
        if upto - after == 1:
            await connection.execute("insert into passed_over values ($1, $2) on conflict do nothing", origin, upto)
            log.warning(
                "event_passed_over",
                projection=projection.name,
                origin=origin,
                position=upto,
                error=type(error).__name__,
            )
            return
        middle = (after + upto) // 2
        await _project(connection, projection, source, origin, after, middle, *more)
        await _project(connection, projection, source, origin, middle, upto, *more)


async def run_statements(
    connection: Connection,
    projection: Projection,
    origin: str,
    after: int,
    upto: int,
    *more: list[int],
    source: str = _FROM_JOURNAL,
) -> None:
    """All statements of the projection over a range, as they are: an error is the caller's."""
    for statement in projection.statements:
        await connection.execute(
            source + statement,
            site_of(origin), epoch_guard(origin), origin, after, upto, list(projection.types), *more,
        )  # fmt: skip


async def _project_opened(connection: Connection, projection: Projection, origin: str, upto: int) -> None:
    rows = await connection.fetch(
        "select position from openings where origin = $1 and position <= $2 and not exists ("
        " select from opened where opened.origin = $1 and opened.position = openings.position)"
        " order by position limit 10000",
        origin, upto,
    )  # fmt: skip
    if rows:
        await project_openings(connection, projection, origin, [row["position"] for row in rows])


async def _move_cursor(connection: Connection, origin: str, old: int, new: int) -> None:
    moved = await connection.execute(
        "update cursors set position = $3 where origin = $1 and position = $2", origin, old, new
    )
    if moved != "UPDATE 1":
        raise CursorMoved(origin)


async def origins_of(connection: Connection, projection: Projection) -> list[str]:
    """The origins a projection reads: the logs of its service, of every site and epoch, without scanning them."""
    rows = await connection.fetch(
        LOGS  # noqa: S608 - a constant
        + "select origin from origins where split_part(origin, '/', 2) = $1 and split_part(origin, '/', 3) = 'log'"
        " order by split_part(origin, '/', 1), split_part(origin, '/', 4)::bigint",
        projection.service,
    )
    return [row["origin"] for row in rows]


async def catch_up(
    pool: asyncpg.Pool, projection: Projection, schema: str | None = None, *, limit: int = 10_000
) -> int:
    """Project everything the journal holds now; returns the number of positions passed."""
    total, chosen = 0, schema or projection.schema
    async with pool.acquire() as connection:
        for origin in await _origins_with_news(connection, projection, chosen):
            moved = limit
            while moved == limit:  # less was all there is
                moved = await apply_batch(connection, projection, chosen, origin, limit)
                total += moved
    return total


async def _origins_with_news(connection: Connection, projection: Projection, schema: str) -> list[str]:
    """Those of `origins_of` of which something is not projected: mostly few, so one look spares many statements."""
    rows = await connection.fetch(
        f"""select origin from unnest($1::text[]) with ordinality as asked (origin, place)
             left join {schema}.cursors using (origin)
             where exists (select from journal where journal.origin = asked.origin
                              and journal.position > coalesce(cursors.position, 0)
                              and journal.position <= {kept_of("asked.origin")})
                or exists (select from openings where openings.origin = asked.origin
                              and openings.position <= cursors.position
                              and not exists (select from {schema}.opened where opened.origin = openings.origin
                                                 and opened.position = openings.position))
             order by place""",  # noqa: S608 - a schema's name is a constant of this program
        await origins_of(connection, projection),
    )
    return [row["origin"] for row in rows]
