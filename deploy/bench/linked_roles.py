"""The processes of a court's `reporting` as in containers, one a role, and what they use of the machine."""

from __future__ import annotations

import os
import tempfile
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import asyncpg

from deploy.bench.command_http import free_port, server, started
from deploy.bench.linked_sites import access_to, site_keys
from deploy.bench.measure import CannotMeasure, Setting
from deploy.bench.memory import high_water
from shared.contracts.links import SiteKeys
from shared.contracts.values import Level
from shared.links.access import write_access
from shared.sealing.key_files import load_public_key
from shared.testing.brokers import fresh_vhost
from shared.testing.databases import fresh_database

_TICKS: Final = os.sysconf("SC_CLK_TCK")


@dataclass
class Reporting:
    """One court's `reporting`, on a database and a virtual host of its own; `keys` are its court's first ones."""

    keys: SiteKeys
    broker_url: str = field(repr=False)
    told: dict[str, str]
    pool: asyncpg.Pool
    stack: AsyncExitStack

    async def start(self, role: str) -> int:
        """A process with this role, which answers; its process id."""
        port = free_port()
        told = {**self.told, "LIANJIAN_HTTP_PORT": str(port)}
        return await self.stack.enter_async_context(server(("services.reporting", role), port, told))

    async def end(self) -> None:
        """End its processes as they are ended in service; others may be started."""
        await self.stack.aclose()

    def may_send_to(self, upper: Reporting) -> None:
        """Leave the access to an upper site where the uplink looks for it."""
        write_access(Path(self.told["LIANJIAN_LINK_DIR"]), access_to(upper.broker_url, upper.keys))


@asynccontextmanager
async def reporting_of(setting: Setting, site: str, name: str, level: Level) -> AsyncIterator[Reporting]:
    """A `reporting` that has received nothing yet; its processes end with it."""
    async with AsyncExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        broker = await stack.enter_async_context(fresh_vhost(setting.management_url, setting.rabbitmq_url))
        database = await stack.enter_async_context(fresh_database(setting.postgres_url))
        told = {
            "LIANJIAN_SITE": site,
            "LIANJIAN_SITE_NAME": name,
            "LIANJIAN_SITE_LEVEL": level,
            "LIANJIAN_DATABASE_URL": database,
            "LIANJIAN_BROKER_URL": broker,
            "LIANJIAN_KEY_DIR": f"{folder}/reporting",
            "LIANJIAN_LINK_DIR": f"{folder}/links",
        }
        process = await started("services.reporting", "migrate", told=told)
        if code := await process.wait():
            raise CannotMeasure(f"the reporting of {site} could not be migrated: exit code {code}")
        keys = site_keys(site, name, level, {"reporting": load_public_key(Path(folder, "reporting"))})
        pool = await stack.enter_async_context(asyncpg.create_pool(database, min_size=1, max_size=3))
        processes = await stack.enter_async_context(AsyncExitStack())
        yield Reporting(keys, broker, told, pool, processes)


@dataclass(frozen=True)
class Used:
    """What a process has used since its start: CPU in seconds, the highest resident memory in MB."""

    cpu: float
    memory: float


def used_by(pid: int) -> Used:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        raise CannotMeasure("a process has ended, or what it uses cannot be read here") from None
    return Used((int(fields[11]) + int(fields[12])) / _TICKS, high_water(pid))
