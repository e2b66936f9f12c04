"""The composition root of `activities`: everything is built here, once, and handed on as arguments."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import asyncpg

from shared.eventstore import EventStore
from shared.eventstore.install import MIGRATIONS as STORE_MIGRATIONS
from shared.http.application import application
from shared.http.watching import Watched
from shared.http.watching import router as watching
from shared.process import Run
from shared.sealing.key_files import create_signing_key
from shared.service import authentication, database_check, host, host_names, migrate_service, open_pool
from shared.settings import ServiceSettings

SERVICE: Final = "activities"
MIGRATIONS: Final = Path(__file__).parent / "migrations"


@dataclass
class Parts:
    """What the routes and roles of this service are given."""

    settings: ServiceSettings
    watched: Watched
    pool: asyncpg.Pool
    store: EventStore

    async def reached(self, service: str, epoch: int) -> int | None:
        """How far answers of this process have come in a log (`After`)."""
        if (service, epoch) == (SERVICE, 1):
            return await self.store.head()
        return None


@asynccontextmanager
async def built(settings: ServiceSettings) -> AsyncIterator[Parts]:
    """The parts, and their end."""
    async with open_pool(settings, SERVICE) as pool:
        watched = Watched(SERVICE, settings.site, checks={"postgresql": database_check(pool)})
        yield Parts(settings, watched, pool, EventStore(pool))


def roles(parts: Parts) -> dict[str, dict[str, Run]]:
    """The tasks of each role by name."""
    return {}


async def migrate(settings: ServiceSettings) -> None:
    """Schema, keys, rights and the operator's token; may run again."""
    create_signing_key(settings.key_dir)
    await migrate_service(settings, [(STORE_MIGRATIONS, "eventstore"), (MIGRATIONS, SERVICE)])


async def run(role: str, settings: ServiceSettings) -> None:
    """One role of this service, or all of them."""
    if role == "migrate":
        await migrate(settings)
        return
    async with built(settings) as parts:
        app = application(
            SERVICE,
            [watching],
            parts=parts,
            authenticate=authentication(parts.pool),
            progress=parts,
            hosts=host_names(settings),
        )
        await host(role, settings, parts.watched, app, roles(parts))
