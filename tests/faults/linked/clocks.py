"""Clocks of a site put wrong, and its leases, which go by them."""

from __future__ import annotations

import asyncpg

from tests.faults.linked.world import World


async def set_clock(world: World, site: str, seconds: int) -> None:
    """The databases of a site read a clock that is so many seconds off."""
    for database in world.configs[site].databases.values():
        connection = await asyncpg.connect(database)
        name = await connection.fetchval("select quote_ident(current_database())")
        await connection.execute(f"""
            create schema if not exists askew;
            create or replace function askew.clock_timestamp() returns timestamptz language sql volatile
                as $$ select pg_catalog.clock_timestamp() + interval '{seconds} seconds' $$;
            alter database {name} set search_path = askew, public, pg_catalog;
        """)
        await connection.close()


async def let_leases_run_out(world: World, site: str) -> None:
    """Those of the dead, without waiting for it."""
    for database in world.configs[site].databases.values():
        connection = await asyncpg.connect(database)
        await connection.execute("update leases set expires_at = clock_timestamp()")
        await connection.close()


async def hold_projector(world: World, site: str, seconds: int) -> None:
    """Nobody of a site projects for so long."""
    connection = await asyncpg.connect(world.configs[site].databases["reporting"])
    await connection.execute(
        "update leases set holder = 'nobody', expires_at = clock_timestamp() + make_interval(secs => $1)"
        " where name = 'project'",
        seconds,
    )
    await connection.close()
