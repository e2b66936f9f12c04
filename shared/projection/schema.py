# ruff: noqa: S608 - what stands in the statements are constants of this program
"""The schema a projection lives in: its tables, its cursors and the fingerprint of what filled them."""

from __future__ import annotations

import asyncpg
from asyncpg.pool import PoolConnectionProxy

from shared.projection.definition import Projection

Connection = asyncpg.Connection | PoolConnectionProxy

_OWN_TABLES = """
create table cursors (origin text collate "C" primary key, position bigint not null check (position >= 0));
create table opened (origin text collate "C", position bigint, primary key (origin, position));
create table passed_over (origin text collate "C", position bigint, primary key (origin, position));
create table definition (fingerprint text not null);
"""


async def use_schema(connection: Connection, schema: str) -> None:
    """Until the end of the transaction, names are looked up in `schema` first, then as before."""
    await connection.execute(
        "select set_config('search_path', $1 || ', ' || current_setting('search_path'), true)", schema
    )


async def create_tables(connection: Connection, projection: Projection) -> None:
    """Make the tables in the first schema of search_path."""
    await connection.execute(_OWN_TABLES)
    await connection.execute(projection.ddl)
    await connection.execute("insert into definition (fingerprint) values ($1)", projection.fingerprint)


async def create_schema(connection: Connection, projection: Projection, schema: str) -> None:
    """Make `schema` with empty tables, in place of one of that name."""
    async with connection.transaction():
        await connection.execute(f"drop schema if exists {schema} cascade")
        await connection.execute(f"create schema {schema}")
        await use_schema(connection, schema)
        await create_tables(connection, projection)


async def stored_fingerprint(connection: Connection, schema: str) -> str | None:
    """The fingerprint of the definition that filled `schema`; None where there is no such projection."""
    if await connection.fetchval("select to_regclass($1)", f"{schema}.definition") is None:
        return None
    found = await connection.fetchval(f"select fingerprint from {schema}.definition")
    return None if found is None else str(found)


async def cursors(connection: Connection, schema: str) -> dict[str, int]:
    """How far each origin is projected; empty where there is no such projection yet."""
    if await connection.fetchval("select to_regclass($1)", f"{schema}.cursors") is None:
        return {}
    rows = await connection.fetch(f"select origin, position from {schema}.cursors order by origin")
    return {row["origin"]: row["position"] for row in rows}


async def passed_over(connection: Connection, schema: str) -> dict[str, int]:
    """By origin how many events could not be read; origins without any are left out."""
    if await connection.fetchval("select to_regclass($1)", f"{schema}.passed_over") is None:
        return {}
    rows = await connection.fetch(f"select origin, count(*) as events from {schema}.passed_over group by origin")
    return {row["origin"]: row["events"] for row in rows}
