"""kill -9 at every named place: nothing lost, nothing doubled, and every place is one that is reached."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest

from shared.broker.tables import install_leases, install_receiving
from shared.crash import crash_points
from shared.eventstore import install
from shared.eventstore.install import MIGRATIONS as STORE_MIGRATIONS
from shared.migrations import migrate
from shared.testing.brokers import fresh_vhost
from shared.testing.databases import fresh_database
from tests.faults.crash_site import BRANCHES
from tests.integration.messaging.given import Site, assert_journal_is_the_log, install_source, install_target

ROOT = Path(__file__).parents[2]
ACTIVITIES_MIGRATIONS = ROOT / "services" / "activities" / "migrations"


@pytest.fixture
async def engines(postgres_url: str, management_url: str, rabbitmq_url: str) -> AsyncIterator[tuple[str, ...]]:
    """Source, journal and replica databases, installed, and a virtual host."""
    async with (
        fresh_database(postgres_url) as source,
        fresh_database(postgres_url) as journal,
        fresh_database(postgres_url) as units,
        fresh_vhost(management_url, rabbitmq_url) as broker,
    ):
        await prepare(source, journal, units)
        yield source, journal, units, broker


async def prepare(source: str, journal: str, units: str) -> None:
    async with asyncpg.create_pool(source, min_size=1, max_size=1) as pool:
        await install(pool)
        await install_source(pool)
    async with asyncpg.create_pool(journal, min_size=1, max_size=1) as pool:
        await install_target(pool)
    connection = await asyncpg.connect(units)
    await install_leases(connection)
    await install_receiving(connection)
    await migrate(connection, STORE_MIGRATIONS, "eventstore")
    await migrate(connection, ACTIVITIES_MIGRATIONS, "activities")
    await connection.close()


async def lived(engines: tuple[str, ...], crash_at: str) -> int:
    """How the site ended: minus the signal that killed it, or 0 when everything had arrived."""
    environment = {**os.environ, "CRASH_AT": crash_at}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.faults.crash_site", *engines, cwd=ROOT, env=environment
    )
    try:
        return await asyncio.wait_for(process.wait(), 110)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def let_leases_run_out(*databases: str) -> None:
    """Those of the dead, without waiting for it."""
    for database in databases:
        connection = await asyncpg.connect(database)
        await connection.execute("update leases set expires_at = clock_timestamp()")
        await connection.close()


@pytest.mark.parametrize("point", crash_points())
async def test_a_site_killed_here_goes_on_without_loss_or_double(engines: tuple[str, ...], point: str) -> None:
    assert await lived(engines, point) == -signal.SIGKILL, f"{point} was never reached"
    await let_leases_run_out(*engines[:3])
    assert await lived(engines, "") == 0
    source, journal, units, broker = engines
    async with (
        asyncpg.create_pool(source, min_size=1, max_size=2) as log,
        asyncpg.create_pool(journal, min_size=1, max_size=2) as kept,
    ):
        assert await log.fetchval("select count(*) from events") == BRANCHES + 1
        assert await log.fetchval("select count(*) from commands") == BRANCHES + 1
        await assert_journal_is_the_log(Site(log, kept, broker))
        assert await kept.fetchval("select count(*) from proj_units.branches") == BRANCHES
    connection = await asyncpg.connect(units)
    assert await connection.fetchval("select count(*) from replica_units") == BRANCHES + 1
    assert await connection.fetchval("select have from receipts") == BRANCHES + 1
    await connection.close()
