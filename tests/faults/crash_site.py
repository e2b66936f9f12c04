"""A whole small site in one process, to be killed: `python -m tests.faults.crash_site SOURCE JOURNAL REPLICA BROKER`.

It issues the same commands every time, waits until journal and replica have them all, and ends.
"""

from __future__ import annotations

import asyncio
import sys
from dataclasses import replace

import asyncpg

from services.activities import replica
from services.activities.consumers import consuming
from services.reporting.projections import UNITS
from shared.projection import project_role, projected
from shared.receiver.consuming import consume_role
from shared.status import RoleStatus
from tests.integration.messaging.given import (
    ACTIVITIES_KEY,
    STATE_HURRY,
    Site,
    all_roles,
    establish,
    establish_branches,
    received,
    running,
    until,
)

BRANCHES = 12


async def live(source: str, journal: str, units: str, broker: str) -> None:
    async with (
        asyncpg.create_pool(source, min_size=1, max_size=8) as source_pool,
        asyncpg.create_pool(journal, min_size=1, max_size=5) as journal_pool,
        asyncpg.create_pool(units, min_size=1, max_size=5) as units_pool,
    ):
        site = Site(source_pool, journal_pool, broker)
        receiving = replace(consuming(units_pool, broker, "shi99", ACTIVITIES_KEY), pace=STATE_HURRY)

        async def replica_have() -> int:
            async with units_pool.acquire() as connection:
                return await replica.have(connection, "shi99")

        async def projected_to() -> int:
            try:
                async with journal_pool.acquire() as connection:
                    return sum((await projected(connection, [UNITS])).values())
            except asyncpg.UndefinedTableError:  # the projector has not begun
                return 0

        async with running(
            *all_roles(site),
            lambda stop: consume_role(receiving, stop),
            lambda stop: project_role(journal_pool, [UNITS], stop, RoleStatus("project")),
        ):
            await establish(site.store)
            await establish_branches(site.store, 1, BRANCHES)
            await received(site, BRANCHES + 1, 60)
            await until(replica_have, BRANCHES + 1, 60)
            await until(projected_to, BRANCHES + 1, 60)


if __name__ == "__main__":
    asyncio.run(live(*sys.argv[1:5]))
