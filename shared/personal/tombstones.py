"""Forgetting, carried out: the wrapped key is deleted, a tombstone stays, and nothing that is left opens the name.

The event comes first and decides; what is here only follows it, as often as one likes. Makers of keys hold `LOCK`
shared, burials alone: no key is made beside a tombstone.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Final, TypeAlias

import asyncpg
import structlog
from asyncpg.pool import PoolConnectionProxy

from shared.contracts.forgetting import OUTSIDE_PERSON_FORGOTTEN, PERSON_FORGOTTEN
from shared.leases import until_set

Connection: TypeAlias = "asyncpg.Connection | PoolConnectionProxy[asyncpg.Record]"

LOCK: Final = 7_163_002
LOOK_EVERY_SECONDS: Final = 1.0
SWEEP_EVERY: Final = 10
_PREFIX: Final = "person:"

# The types stand in the text: only so the planner sees that the small index holds them.
_UNBURIED: Final = f"""
    select '{_PREFIX}' || right(stream, 36) as key_id from events
     where type in ('{PERSON_FORGOTTEN}', '{OUTSIDE_PERSON_FORGOTTEN}') and not exists (
           select from personal_tombstones t where t.key_id = '{_PREFIX}' || right(stream, 36))
"""  # noqa: S608 - constants of this program
_BURY: Final = """
    insert into personal_tombstones (key_id, seq)
    select key_id, coalesce((select max(seq) from personal_tombstones), 0) + row_number() over (order by key_id)
      from unnest($1::text[]) as buried (key_id)
        on conflict (key_id) do nothing
"""
_DELETE: Final = """
    with gone as (
        delete from personal_keys k using personal_tombstones t where t.key_id = k.key_id returning 1
    ) select count(*) from gone
"""
_TRACES: Final = f"""
    select forget_traces(array_agg(substr(key_id, {len(_PREFIX) + 1})::uuid)) from personal_tombstones
     where starts_with(key_id, '{_PREFIX}') having count(*) > 0
"""  # noqa: S608 - constants of this program

log = structlog.get_logger()


async def apply_tombstones(connection: Connection) -> int:
    """Bury whom the log says was forgotten, and delete every key that has a tombstone; how many keys that were.

    Called at the start of a service, after a restore, and once a second; a second call changes nothing.
    """
    unburied = [row["key_id"] for row in await connection.fetch(_UNBURIED)]
    return await bury(connection, unburied)


async def bury(connection: Connection, key_ids: Iterable[str]) -> int:
    """Tombstones for `key_ids`, and no key and no trace left of anybody who has one; how many keys were deleted."""
    async with connection.transaction():
        await connection.execute("select pg_advisory_xact_lock($1)", LOCK)
        await connection.execute(_BURY, sorted(set(key_ids)))
        deleted: int = await connection.fetchval(_DELETE)
        await connection.execute(_TRACES)
    return deleted


async def bury_role(pool: asyncpg.Pool, stop: asyncio.Event) -> None:
    """The task that follows the log until `stop`: a process killed between event and burial changes nothing."""
    looked = 0
    while not stop.is_set():
        try:
            async with pool.acquire() as connection:
                due = looked % SWEEP_EVERY == 0 or await connection.fetch(_UNBURIED)
                if due and (deleted := await apply_tombstones(connection)):
                    log.info("keys_deleted", keys=deleted)
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, TimeoutError) as error:
            log.warning("burial_interrupted", error=type(error).__name__)
        looked += 1
        await until_set(stop, LOOK_EVERY_SECONDS)
