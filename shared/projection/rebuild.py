"""Rebuild beside: a second schema catches up, is compared at the same cursors and takes the first one's name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import asyncpg

from shared.projection.batch import apply_batch, kept_of, origins_of
from shared.projection.compare import Difference, compare
from shared.projection.definition import Projection
from shared.projection.schema import Connection, create_schema, cursors, stored_fingerprint
from shared.session_locks import session_lock

Progress = Callable[[str, int, int], None]
"""Called with the projection's name, the positions projected and those there are to project."""


@dataclass(frozen=True)
class Rebuilt:
    """What a rebuild found: `differences` between the old tables and the new ones at the same `cursors`."""

    name: str
    cursors: dict[str, int]
    differences: tuple[Difference, ...]


def _silent(_name: str, _done: int, _total: int) -> None:
    return None


async def rebuild(
    pool: asyncpg.Pool, projection: Projection, progress: Progress = _silent, *, limit: int = 10_000
) -> Rebuilt:
    """Build the projection again from the journal and swap it in; readers see the old one until then.

    The comparison is empty where the definition has changed. Two rebuilds of one projection never run at a time:
    the second waits for the first.
    """
    beside = f"{projection.schema}_next"
    async with pool.acquire() as connection, session_lock(connection, beside):
        await create_schema(connection, projection, beside)
        await _catch_up_beside(connection, projection, beside, progress, limit)
        return await _swap(connection, projection, beside, limit)


async def ensure_built(pool: asyncpg.Pool, projection: Projection, progress: Progress = _silent) -> None:
    """Make the projection's schema; where it was filled by another definition, rebuild it."""
    async with pool.acquire() as connection:
        fingerprint = await stored_fingerprint(connection, projection.schema)
        if fingerprint is None:
            async with connection.transaction():
                await connection.execute("select pg_advisory_xact_lock(hashtext($1))", projection.schema)
                if await stored_fingerprint(connection, projection.schema) is None:
                    await create_schema(connection, projection, projection.schema)
            return
    if fingerprint != projection.fingerprint:
        await rebuild(pool, projection, progress)


async def is_past_its_end(connection: Connection, projection: Projection) -> bool:
    """Whether something was projected of an epoch that the next one gave up: nothing but a rebuild takes it out."""
    found = await connection.fetchval(
        f"select true from {projection.schema}.cursors where position > {kept_of('cursors.origin')} limit 1"  # noqa: S608
    )
    return bool(found)


async def _catch_up_beside(
    connection: Connection, projection: Projection, beside: str, progress: Progress, limit: int
) -> None:
    origins = await origins_of(connection, projection)
    total = await connection.fetchval(
        "select coalesce(sum((select max(position) from journal where journal.origin = asked.origin)), 0)::bigint"
        " from unnest($1::text[]) as asked (origin)",
        origins,
    )
    done = 0
    for origin in origins:
        while moved := await apply_batch(connection, projection, beside, origin, limit):
            done += moved
            progress(projection.name, done, max(done, total))


async def _swap(connection: Connection, projection: Projection, beside: str, limit: int) -> Rebuilt:
    old = f"{projection.schema}_old"
    await connection.execute(f"drop schema if exists {old} cascade")
    async with connection.transaction():
        # Batches hold this lock shared: no cursor moves between the comparison and the swap.
        await connection.execute("select pg_advisory_xact_lock(hashtext($1))", projection.schema)
        fingerprint = await stored_fingerprint(connection, projection.schema)
        await _reach(connection, projection, beside, await cursors(connection, projection.schema), limit)
        differences: list[Difference] = []
        if fingerprint == projection.fingerprint:
            await _reach(connection, projection, projection.schema, await cursors(connection, beside), limit)
            differences = await compare(connection, projection, projection.schema, beside)
        if fingerprint is not None:
            # Whoever reads under one snapshot holds this table: their answers are finished first.
            await connection.execute(f"lock table {projection.schema}.definition in access exclusive mode")
            await connection.execute(f"alter schema {projection.schema} rename to {old}")
        await connection.execute(f"alter schema {beside} rename to {projection.schema}")
    await connection.execute(f"drop schema if exists {old} cascade")
    return Rebuilt(projection.name, await cursors(connection, projection.schema), tuple(differences))


async def _reach(
    connection: Connection, projection: Projection, schema: str, wanted: dict[str, int], limit: int
) -> None:
    present = await cursors(connection, schema)
    for origin, position in wanted.items():
        missing = position - present.get(origin, 0)
        while missing > 0:
            moved = await apply_batch(connection, projection, schema, origin, min(limit, missing))
            if not moved:
                break
            missing -= moved
