"""One court of the tests: three services with databases and roles of their own, on real engines, in one process."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import httpx

from services.activities import main as activities
from services.members import main as members
from services.reporting import main as reporting
from shared.process import run_roles
from shared.settings import ServiceSettings
from shared.testing.brokers import fresh_vhost
from shared.testing.databases import database_name, fresh_database

MAINS: dict[str, ModuleType] = {"activities": activities, "reporting": reporting, "members": members}


@dataclass
class Service:
    """One service: `client` speaks to it as the operator, `parts` is what it was built of."""

    settings: ServiceSettings
    parts: Any
    client: httpx.AsyncClient


@dataclass
class Court:
    """`site` with its services by name."""

    site: str
    services: dict[str, Service]
    token: str

    @property
    def members(self) -> httpx.AsyncClient:
        return self.services["members"].client

    @property
    def activities(self) -> httpx.AsyncClient:
        return self.services["activities"].client

    @property
    def reporting(self) -> httpx.AsyncClient:
        return self.services["reporting"].client


def config_of(here: Court) -> dict[str, Any]:
    """What `lianjian verify` is told of a court."""
    return config_of_settings(here.site, {name: service.settings for name, service in here.services.items()})


def config_of_settings(site: str, parts: dict[str, ServiceSettings]) -> dict[str, Any]:
    """The same of one that does not run."""
    return {
        "court": site,
        "databases": {name: {"application": told.database_url.get_secret_value()} for name, told in parts.items()},
        "key_dirs": {name: str(told.key_dir) for name, told in parts.items()},
    }


@asynccontextmanager
async def court(postgres: str, rabbitmq: str, management: str, folder: Path) -> AsyncIterator[Court]:
    """Migrated, running with all roles, and cleared away afterwards."""
    token = secrets.token_urlsafe(32)
    (folder / "token").write_text(token)
    async with AsyncExitStack() as stack:
        vhost = await stack.enter_async_context(fresh_vhost(management, rabbitmq))
        told: dict[str, ServiceSettings] = {}
        for name, main in MAINS.items():
            told[name] = await stack.enter_async_context(settings_of(name, postgres, vhost, folder))
            await main.migrate(told[name])
        stop = asyncio.Event()
        services = {
            name: await stack.enter_async_context(running(told[name], main, token, stop))
            for name, main in MAINS.items()
        }
        yield Court("shi04", services, token)
        stop.set()  # all at once: one after the other takes three times as long


@asynccontextmanager
async def running(
    settings: ServiceSettings, main: ModuleType, token: str, stop: asyncio.Event
) -> AsyncIterator[Service]:
    """A service with all its roles, as `serve` runs them, until `stop` or the end of the block."""
    async with main.built(settings) as parts:
        tasks = {name: run for named in main.roles(parts).values() for name, run in named.items()}
        roles = asyncio.create_task(run_roles(tasks, parts.watched.health, stop))
        transport = httpx.ASGITransport(app=main.app(parts))
        headers = {"Authorization": f"Bearer {token}"}
        try:
            async with httpx.AsyncClient(
                transport=transport, base_url="http://127.0.0.1", headers=headers, timeout=60.0
            ) as client:
                yield Service(settings, parts, client)
        finally:
            stop.set()
            await roles


@asynccontextmanager
async def settings_of(
    name: str, postgres: str, vhost: str, folder: Path, **told: Any
) -> AsyncIterator[ServiceSettings]:
    """Of the service `name` in a database of its own, which goes with the block; `told` goes before what is usual."""
    async with fresh_database(postgres) as owner:
        role, password = f"{database_name(owner)}_app", secrets.token_hex(8)
        connection = await asyncpg.connect(owner)
        await connection.execute(f"create role {role} login password '{password}'")
        await connection.execute(f"grant create on database {database_name(owner)} to {role}")
        await connection.close()
        try:
            yield ServiceSettings.model_validate(
                {
                    "site": "shi04",
                    "site_name": "青岚市中级人民法院",
                    "site_level": "intermediate",
                    "database_url": as_role(owner, role, password),
                    "owner_database_url": owner,
                    "broker_url": vhost,
                    "key_dir": folder / name,
                    "operator_token_file": folder / "token",
                    "http_port": 8710,
                    "postgres_data": folder,
                }
                | told
            )
        finally:
            await _drop_role(postgres, owner, role)


def as_role(url: str, role: str, password: str) -> str:
    """The same database under another role."""
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    return urlunsplit(parts._replace(netloc=f"{role}:{password}@{host}"))


async def _drop_role(postgres: str, owner: str, role: str) -> None:
    connection = await asyncpg.connect(owner)
    await connection.execute(f"drop owned by {role} cascade")
    await connection.close()
    connection = await asyncpg.connect(postgres)
    await connection.execute(f"drop role {role}")
    await connection.close()
