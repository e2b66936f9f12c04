"""Projections against a rebuild at the same cursors, made in temporary tables and rolled back."""

from __future__ import annotations

from collections.abc import Iterable

import asyncpg

from shared.projection import Projection, compare, cursors
from shared.projection.batch import project_openings, project_range
from shared.projection.schema import Connection, create_tables, stored_fingerprint, use_schema
from shared.verification.findings import Progress, Verdict

PAGE = 10_000
ATTEMPTS = 3


async def verify_projections(
    pool: asyncpg.Pool, projections: Iterable[Projection], verdict: Verdict, progress: Progress
) -> None:
    """Compare every projection row by row with what the journal gives; nothing is kept of the rebuild."""
    for projection in projections:
        for _ in range(ATTEMPTS):
            found = Verdict()
            if not await _swapped_meanwhile(pool, projection, found, progress):
                break
        else:
            found = Verdict(unchecked=[f"视图 {projection.name}：核对时一再被重建替换"])
        verdict.findings += found.findings
        verdict.unchecked += found.unchecked
        verdict.checked += found.checked


async def _swapped_meanwhile(pool: asyncpg.Pool, projection: Projection, verdict: Verdict, progress: Progress) -> bool:
    """Check one projection; True if a rebuild took its place under our snapshot, so that the check says nothing."""
    table = f"{projection.schema}.definition"
    async with pool.acquire() as connection:
        transaction = connection.transaction(isolation="repeatable_read")
        await transaction.start()
        try:
            before = await connection.fetchval("select to_regclass($1)::oid", table)
            await _verify(connection, projection, verdict, progress)
            return bool(before != await connection.fetchval("select to_regclass($1)::oid", table))
        finally:
            await transaction.rollback()


async def _verify(connection: Connection, projection: Projection, verdict: Verdict, progress: Progress) -> None:
    fingerprint = await stored_fingerprint(connection, projection.schema)
    if fingerprint != projection.fingerprint:
        verdict.unchecked.append(
            f"视图 {projection.name}：{'还没有建立' if fingerprint is None else '正在按新定义重建'}"
        )
        return
    await use_schema(connection, "pg_temp")
    await create_tables(connection, projection)
    for origin, position in (await cursors(connection, projection.schema)).items():
        head = await connection.fetchval("select max(position) from journal where origin = $1", origin) or 0
        if position > head:
            verdict.differs("projections", projection.name, f"{origin} {position}", f"进度超出账本末尾 {head}")
        for after in range(0, position, PAGE):
            await project_range(connection, projection, origin, after, min(after + PAGE, position))
            progress(f"视图 {projection.name}", min(after + PAGE, position), position)
        opened = await connection.fetch(
            f"select position from {projection.schema}.opened where origin = $1",  # noqa: S608 - a constant name
            origin,
        )
        if opened:
            await project_openings(connection, projection, origin, [row["position"] for row in opened])
    for difference in await compare(connection, projection, projection.schema, "pg_temp"):
        key = ", ".join(f"{column}={value}" for column, value in difference.key.items())
        where = f"{projection.schema}.{difference.table}"
        verdict.differs("projections", where, key, f"与重建不同的行：{difference.rows}")
    verdict.checked["projections"] += 1
