"""A fresh small site for every test: two databases and a virtual host."""

from __future__ import annotations

from collections.abc import AsyncIterator

import asyncpg
import pytest

from shared.testing.brokers import fresh_vhost
from tests.integration.messaging.given import Site, install_source, install_target


@pytest.fixture
async def broker_url(management_url: str, rabbitmq_url: str) -> AsyncIterator[str]:
    async with fresh_vhost(management_url, rabbitmq_url) as url:
        yield url


@pytest.fixture
async def source(store_pool: asyncpg.Pool) -> asyncpg.Pool:
    await install_source(store_pool)
    return store_pool


@pytest.fixture
async def target(pool: asyncpg.Pool) -> asyncpg.Pool:
    await install_target(pool)
    return pool


@pytest.fixture
async def site(source: asyncpg.Pool, target: asyncpg.Pool, broker_url: str) -> Site:
    return Site(source, target, broker_url)
