"""A database with reporting's journal, to be filled by tests."""

import asyncio
from collections.abc import AsyncIterator, Iterator

import asyncpg
import pytest

from services.reporting.main import SCHEMA
from shared.migrations import migrate
from shared.testing.databases import create_database, create_template, drop_database, fresh_database, with_database


async def _prepare(url: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        for directory, scope in SCHEMA:
            await migrate(connection, directory, scope)
    finally:
        await connection.close()


@pytest.fixture(scope="session")
def reporting_template(postgres_url: str) -> Iterator[str]:
    """The name of a database with an empty journal, to be copied from."""
    name = asyncio.run(create_template(postgres_url, _prepare))
    yield name
    asyncio.run(drop_database(with_database(postgres_url, name), postgres_url))


@pytest.fixture
def reporting_database(postgres_url: str, reporting_template: str) -> Iterator[str]:
    """The address of a fresh database with an empty journal."""
    url = asyncio.run(create_database(postgres_url, reporting_template))
    yield url
    asyncio.run(drop_database(url, postgres_url))


@pytest.fixture
async def reporting_pool(postgres_url: str, reporting_template: str) -> AsyncIterator[asyncpg.Pool]:
    """A pool on a fresh database with an empty journal."""
    async with fresh_database(postgres_url, reporting_template) as url:
        async with asyncpg.create_pool(url, min_size=1, max_size=6) as pool:
            yield pool
