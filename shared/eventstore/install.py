"""Making the event store's schema, and the rights of a role that only works with it."""

from pathlib import Path
from typing import Final

import asyncpg

from shared.eventstore.batch import Connection
from shared.migrations import migrate

NOTIFY_CHANNEL: Final = "events"
"""Every batch notifies this channel with `<schema>.<highest position>`."""

SCOPE: Final = "eventstore"
MIGRATIONS: Final = Path(__file__).parent / "migrations"

_GRANTS = (
    "grant select, insert on {schema}.events, {schema}.commands, {schema}.seals to {role}",
    "grant usage on schema {schema} to {role}",
)


async def install(pool: asyncpg.Pool) -> None:
    """Make the tables and the function in the first schema of search_path; may run again."""
    async with pool.acquire() as connection:
        await migrate(connection, MIGRATIONS, SCOPE)


async def grant(connection: Connection, role: str) -> None:
    """Let `role` append and read, but change nothing that is recorded."""
    names = await connection.fetchrow("select quote_ident(current_schema()) as schema, quote_ident($1) as role", role)
    assert names is not None
    for statement in _GRANTS:
        await connection.execute(statement.format(**names))


def notified_position(payload: str, schema: str) -> int | None:
    """The position in a notification, or None if it is about a store in another schema."""
    origin, _, position = payload.rpartition(".")
    return int(position) if origin == schema else None
