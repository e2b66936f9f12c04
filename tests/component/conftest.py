"""The court that the component tests share; every test makes branches and activities of its own in it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.component.court import Court
from tests.component.court import court as a_court


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def court(
    postgres_url: str, rabbitmq_url: str, management_url: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Court]:
    """A running court, its logs empty but for the first event."""
    async with a_court(postgres_url, rabbitmq_url, management_url, tmp_path_factory.mktemp("court")) as running:
        yield running
