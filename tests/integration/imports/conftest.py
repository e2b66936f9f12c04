"""Fresh databases of `members` and `activities`, made once and copied."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import asyncpg
import pytest

from deploy.demo.__main__ import write_demo
from shared.broker.tables import install_leases, install_receiving
from shared.eventstore import install
from shared.ledgers import marker, marking, reader, workbook
from shared.ledgers.cells import Unreadable
from shared.migrations import migrate
from shared.personal.key_files import make_key_files
from shared.testing.databases import create_template, drop_database, fresh_database, with_database
from tests.integration.imports.given import Court, court_of

SERVICES = Path(__file__).parents[3] / "services"


@pytest.fixture(scope="session")
def templates(postgres_url: str) -> Iterator[dict[str, str]]:
    async def prepare(url: str, service: str) -> None:
        async with asyncpg.create_pool(url, min_size=1, max_size=1) as pool:
            await install(pool)
            async with pool.acquire() as connection:
                await install_leases(connection)
                await install_receiving(connection)
                await migrate(connection, SERVICES / service / "migrations", service)

    names = {
        service: asyncio.run(create_template(postgres_url, lambda url, service=service: prepare(url, service)))  # type: ignore[misc] # a default binds it
        for service in ("members", "activities")
    }
    yield names
    for name in names.values():
        asyncio.run(drop_database(with_database(postgres_url, name), postgres_url))


@pytest.fixture
def key_dir(tmp_path: Path) -> Path:
    make_key_files(tmp_path / "keys")
    return tmp_path / "keys"


@pytest.fixture
async def members_url(postgres_url: str, templates: dict[str, str]) -> AsyncIterator[str]:
    async with fresh_database(postgres_url, templates["members"]) as url:
        yield url


@pytest.fixture
def read_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Workbooks are read and marked in this process: to start another takes longer than all else.

    `test_reader` and `test_marked_workbook` start it.
    """

    async def read(data: bytes) -> tuple[bytes, int]:
        try:
            lines = [*reader.read(data)]
        except Unreadable as refusal:
            lines = [{"refused": [refusal.code, refusal.problem, refusal.expected]}]
        return "\n".join(map(json.dumps, lines)).encode(), 0

    async def mark(given: bytes) -> tuple[bytes, int]:
        return marker.answered(given), 0

    monkeypatch.setattr(workbook, "_run_reader", read)
    monkeypatch.setattr(marking, "_run_marker", mark)


@pytest.fixture
async def court(
    postgres_url: str, templates: dict[str, str], members_url: str, key_dir: Path, read_here: None
) -> AsyncIterator[Court]:
    """A court of which nothing is recorded yet."""
    async with (
        fresh_database(postgres_url, templates["activities"]) as activities_url,
        asyncpg.create_pool(members_url, min_size=1, max_size=5) as members_pool,
        asyncpg.create_pool(activities_url, min_size=1, max_size=5) as activities_pool,
    ):
        yield court_of(members_pool, activities_pool, key_dir)


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The demonstration's ledgers of 2025 by name."""
    paths = write_demo(tmp_path_factory.mktemp("demo"), 2025)
    return {path.stem: path.read_bytes() for path in paths}
