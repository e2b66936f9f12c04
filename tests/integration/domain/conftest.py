"""A service's database with keys, and the command path on it."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import asyncpg
import pytest

from services.activities.stored_events import CODEC as ACTIVITIES
from services.members.stored_events import CODEC as MEMBERS
from shared.acts import CommandDeps
from shared.eventstore import EventStore, install
from shared.migrations import migrate
from shared.personal.key_files import make_key_files, read_key_encryption_key
from shared.personal.keyring import Keyring
from shared.testing.databases import create_template, drop_database, fresh_database, with_database

MIGRATIONS = Path(__file__).parents[3] / "services" / "members" / "migrations"


async def _prepare(url: str) -> None:
    async with asyncpg.create_pool(url, min_size=1, max_size=1) as pool:
        await install(pool)
        async with pool.acquire() as connection:
            await migrate(connection, MIGRATIONS, "members")


@pytest.fixture(scope="session")
def members_template(postgres_url: str) -> Iterator[str]:
    name = asyncio.run(create_template(postgres_url, _prepare))
    yield name
    asyncio.run(drop_database(with_database(postgres_url, name), postgres_url))


@pytest.fixture
async def members_pool(postgres_url: str, members_template: str) -> AsyncIterator[asyncpg.Pool]:
    """A fresh database of the service `members`."""
    async with (
        fresh_database(postgres_url, members_template) as url,
        asyncpg.create_pool(url, min_size=1, max_size=8) as pool,
    ):
        yield pool


@pytest.fixture
def key_dir(tmp_path: Path) -> Path:
    make_key_files(tmp_path / "keys")
    return tmp_path / "keys"


@pytest.fixture
def keyring(members_pool: asyncpg.Pool, key_dir: Path) -> Keyring:
    return Keyring(members_pool, read_key_encryption_key(key_dir))


@pytest.fixture
def members(members_pool: asyncpg.Pool, keyring: Keyring) -> CommandDeps:
    return CommandDeps(EventStore(members_pool), MEMBERS, keyring)


@pytest.fixture
def activities(members_pool: asyncpg.Pool, keyring: Keyring) -> CommandDeps:
    """The other service's command path; its tables have the same form."""
    return CommandDeps(EventStore(members_pool), ACTIVITIES, keyring)
