"""The court that the component tests share; every test makes branches and activities of its own in it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.component.backups import Pair, backed_up, received
from tests.component.court import Court
from tests.component.court import court as a_court
from tests.component.given import branch, planned
from tests.component.link_sites import REACHED, Site, members_of
from tests.component.test_members import a_person


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def court(
    postgres_url: str, rabbitmq_url: str, management_url: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Court]:
    """A running court, its logs empty but for the first event."""
    async with a_court(postgres_url, rabbitmq_url, management_url, tmp_path_factory.mktemp("court")) as running:
        yield running


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def pair(court: Court, tmp_path_factory: pytest.TempPathFactory) -> Pair:
    """A backup of a court with a branch, a person and an activity."""
    branch_id, _ = await branch(court)
    assert (await court.members.post("/people", json=a_person(branch_id))).status_code == 201
    await planned(court)
    await received(court)
    taken = await backed_up(court, tmp_path_factory.mktemp("backup"))
    return taken.data, taken.keys


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def upper(postgres_url: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Site]:
    """An intermediate court that can be reached; every test invites sites of its own."""
    async with members_of(postgres_url, tmp_path_factory.mktemp("upper"), **REACHED) as site:
        yield site
