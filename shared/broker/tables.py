"""The tables of leases, sending and receiving, and the rights of a role that works with them."""

from __future__ import annotations

from pathlib import Path
from typing import Final, TypeAlias

import asyncpg
from asyncpg.pool import PoolConnectionProxy

from shared import receiver
from shared.migrations import migrate

Connection: TypeAlias = asyncpg.Connection | PoolConnectionProxy

_HERE: Final = Path(__file__).parent
_LEASES: Final = ("leases",)
_SENDING: Final = ("send_cursors", "peer_states")
_RECEIVING: Final = ("receipts", "origin_keys", "inbound_links", "quarantine", "forks")


async def install_leases(connection: Connection) -> None:
    """The table of leases; every service has one."""
    await migrate(connection, _HERE / "migrations", "leases")


async def install_sending(connection: Connection) -> None:
    """What the relay of a service with a log remembers."""
    await migrate(connection, _HERE / "sending", "sending")


async def install_receiving(connection: Connection) -> None:
    """What a service that receives other services' logs remembers, besides its own rows."""
    await migrate(connection, Path(receiver.__file__).parent / "migrations", "receiving")


async def grant(connection: Connection, role: str) -> None:
    """Let `role` read and write those of the tables that this database has."""
    for table in (*_LEASES, *_SENDING, *_RECEIVING):
        if await connection.fetchval("select to_regclass($1)", table):
            names = await connection.fetchrow("select quote_ident($1) as role, quote_ident($2) as table", role, table)
            assert names is not None
            await connection.execute("grant select, insert, update, delete on {table} to {role}".format(**names))
