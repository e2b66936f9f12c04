"""Two databases with journals and links, and a virtual host of the upper site with a user of the lower one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from uuid import uuid4

import asyncpg
import httpx
import pytest

from services import reporting
from shared import broker, links, receiver
from shared.contracts.links import SITE_JOINED
from shared.links.access import LinkAccess, write_access
from shared.migrations import migrate
from shared.testing.brokers import fresh_vhost
from shared.testing.databases import create_template, drop_database, fresh_database, with_database
from tests.integration.links.below import BELOW, LINK, SITE, Court, Source, joined, members_of
from tests.integration.links.lower import access_to
from tests.integration.links.upper import Upper, link_user


async def _prepare(url: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        for package, scope in ((broker, "leases"), (receiver, "receiving"), (reporting, "reporting"), (links, "links")):
            folder = Path(str(package.__file__)).parent
            await migrate(connection, folder / "migrations", scope)
    finally:
        await connection.close()


@pytest.fixture(scope="session")
def linked_template(postgres_url: str) -> Iterator[str]:
    """The name of a database with an empty journal and empty links, to be copied from."""
    name = asyncio.run(create_template(postgres_url, _prepare))
    yield name
    asyncio.run(drop_database(with_database(postgres_url, name), postgres_url))


@pytest.fixture
async def lower(postgres_url: str, linked_template: str) -> AsyncIterator[asyncpg.Pool]:
    """The database of the lower site's reporting."""
    async with fresh_database(postgres_url, linked_template) as url:
        async with asyncpg.create_pool(url, min_size=1, max_size=8) as pool:
            yield pool


@pytest.fixture
async def upper(
    postgres_url: str, linked_template: str, management_url: str, rabbitmq_url: str
) -> AsyncIterator[Upper]:
    """The upper site: a database and a virtual host with the objects of the link."""
    async with fresh_database(postgres_url, linked_template) as url, fresh_vhost(management_url, rabbitmq_url) as vhost:
        async with asyncpg.create_pool(url, min_size=1, max_size=5) as pool:
            above = Upper(pool, vhost)
            await above.prepare()
            yield above


@pytest.fixture
async def access(upper: Upper, management_url: str) -> AsyncIterator[LinkAccess]:
    """What the lower site was given at joining; the user can do nothing but what a link needs."""
    name, password = f"test.{uuid4().hex}", uuid4().hex
    async with httpx.AsyncClient(base_url=management_url, trust_env=False, timeout=30) as client:
        await link_user(client, upper.broker_url, name, password)
        yield access_to(upper.broker_url, name, password)
        await client.delete(f"/api/users/{name}")


@pytest.fixture
def folder(tmp_path: Path, access: LinkAccess) -> Path:
    """The folder with the access."""
    write_access(tmp_path / "links", access)
    return tmp_path / "links"


@pytest.fixture
async def court(lower: asyncpg.Pool) -> Court:
    """An upper court that is linked with one site; no family may be withheld."""
    found = Court(lower)
    await found.begin()
    return found


@pytest.fixture
def members() -> Source:
    """The members log of the site below: four positions, the second of them says that a further site joined it."""
    source = members_of(SITE)
    source.add(SITE_JOINED, joined(SITE, BELOW), LINK)
    source.branches(2)
    return source
