"""Engines and fresh databases for every test that asks for them; PostgreSQL and RabbitMQ are never faked."""

import asyncio
import os
from collections.abc import AsyncIterator, Iterator
from functools import cache

import asyncpg
import pytest

from shared.eventstore import install
from shared.testing.databases import create_template, drop_database, fresh_database, with_database

LONG = ("tests/e2e/", "tests/faults/", "tests/integration/", "tests/component/")
"""Where files take minutes or seconds, the longest first; elsewhere they take less."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Long files begin first, that several processes be done at the same time; `make test` keeps this order."""
    items.sort(key=lambda item: [not item.nodeid.startswith(folder) for folder in LONG])


@pytest.fixture(scope="session")
def postgres_url() -> str:
    """A superuser's address: LIANJIAN_POSTGRES_URL, or the private instance."""
    return os.environ.get("LIANJIAN_POSTGRES_URL") or _private_engines()[0]


@pytest.fixture(scope="session")
def rabbitmq_url() -> str:
    return os.environ.get("LIANJIAN_RABBITMQ_URL") or _private_engines()[1]


@pytest.fixture(scope="session")
def management_url() -> str:
    return os.environ.get("LIANJIAN_RABBITMQ_MANAGEMENT_URL") or _private_engines()[2]


@pytest.fixture
async def database(postgres_url: str) -> AsyncIterator[str]:
    """The address of a fresh, empty database."""
    async with fresh_database(postgres_url) as url:
        yield url


@pytest.fixture
async def pool(database: str) -> AsyncIterator[asyncpg.Pool]:
    """A pool on a fresh, empty database."""
    async with asyncpg.create_pool(database, min_size=1, max_size=5) as pool:
        yield pool


@pytest.fixture(scope="session")
def store_template(postgres_url: str) -> Iterator[str]:
    """The name of a database with an empty event store, to be copied from."""
    name = asyncio.run(create_template(postgres_url, _install_store))
    yield name
    asyncio.run(drop_database(with_database(postgres_url, name), postgres_url))


@pytest.fixture
async def store_database(postgres_url: str, store_template: str) -> AsyncIterator[str]:
    """The address of a fresh database with an empty event store."""
    async with fresh_database(postgres_url, store_template) as url:
        yield url


@pytest.fixture
async def store_pool(store_database: str) -> AsyncIterator[asyncpg.Pool]:
    """A pool on a fresh database with an empty event store."""
    async with asyncpg.create_pool(store_database, min_size=1, max_size=5) as pool:
        yield pool


async def _install_store(url: str) -> None:
    async with asyncpg.create_pool(url, min_size=1, max_size=1) as pool:
        await install(pool)


@cache
def _private_engines() -> tuple[str, str, str]:
    # Not at the top: who brings engines of their own needs none of the machinery.
    from deploy.local import engines_for_tests

    engines = engines_for_tests()
    if not os.environ.get("LIANJIAN_POSTGRES_URL"):  # one that is named stays as it is
        asyncio.run(_hurry(engines.postgres_url))
    return engines.postgres_url, engines.rabbitmq_url, engines.management_url


async def _hurry(private_url: str) -> None:
    # Tests kill processes, never the machine: what the kernel was given is kept, and a database comes and goes at once.
    connection = await asyncpg.connect(private_url)
    for name in ("fsync", "full_page_writes"):
        await connection.execute(f"alter system set {name} = off")
    await connection.execute("select pg_reload_conf()")
    await connection.close()
