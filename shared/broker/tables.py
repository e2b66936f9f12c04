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

LEASES: Final = (_HERE / "migrations", "leases")
"""Migrations of the table of leases; every service has one."""

SENDING: Final = (_HERE / "sending", "sending")
"""Migrations of what the relay of a service with a log remembers."""

RECEIVING: Final = (Path(receiver.__file__).parent / "migrations", "receiving")
"""Migrations of what a service remembers that receives other services' logs, besides its own rows."""


async def install_leases(connection: Connection) -> None:
    """Make the table of leases; may run again."""
    await migrate(connection, *LEASES)


async def install_sending(connection: Connection) -> None:
    """Make the relay's tables; may run again."""
    await migrate(connection, *SENDING)


async def install_receiving(connection: Connection) -> None:
    """Make the receiver's tables; may run again."""
    await migrate(connection, *RECEIVING)
