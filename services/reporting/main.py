"""The composition root of `reporting`: everything is built here, once, and handed on as arguments."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

import asyncpg

from services.reporting import consumers
from services.reporting.http import browser, cross_court, figures, keys, links, overview, overview_pages, pages
from services.reporting.projections import PROJECTIONS
from shared.broker.tables import LEASES, RECEIVING
from shared.http.watching import Watched
from shared.http.watching import router as watching
from shared.links.above import heard_above
from shared.links.inbound import Inbound, inbound_role
from shared.links.sending import Uplinking
from shared.links.tables import LINKS
from shared.links.uplink import uplink_role, uplinks_check
from shared.own_keys import OwnKeys, changes_of_reporting, follow_keys
from shared.process import Run
from shared.projection import project_role, projected
from shared.receiver.consuming import Consuming, consume_role
from shared.receiver.own_epochs import reached_of_own
from shared.restore.answering import JournalAnswering, answer_journal_role
from shared.service import (
    database_check,
    housekeeping,
    make_keys,
    migrate_service,
    open_pool,
    read_keys,
    run_service,
    served,
)
from shared.settings import ServiceSettings
from shared.status import RoleStatus
from shared.telemetry.metrics import Amount, Reading
from shared.telemetry.roles import checks_of
from shared.telemetry.standing import Standing

SERVICE: Final = "reporting"
MIGRATIONS: Final = Path(__file__).parent / "migrations"
SCHEMA: Final = (LEASES, RECEIVING, (MIGRATIONS, SERVICE), LINKS)
ROUTERS: Final = (
    *(pages.router, figures.router, overview.router, overview_pages.router, cross_court.router),
    *(browser.router, links.router, keys.router, watching),
)


@dataclass
class Parts:
    """What the routes and roles of this service are given; the routes' `pool` keeps no session state."""

    settings: ServiceSettings
    watched: Watched
    pool: asyncpg.Pool
    tasks: asyncpg.Pool
    consuming: Consuming
    journal: JournalAnswering
    uplinking: Uplinking
    own_keys: OwnKeys
    following_keys: RoleStatus
    inbound: Inbound
    projecting: RoleStatus
    clock: RoleStatus

    @property
    def site(self) -> str:
        """The root of the organisation paths."""
        return self.settings.site

    @property
    def site_name(self) -> str:
        """The court's full name."""
        return self.settings.site_name

    @property
    def address(self) -> str:
        """Where a browser finds this process."""
        return self.settings.public_address or f"http://{self.settings.http_host}:{self.settings.http_port}"

    @property
    def head_max_age_seconds(self) -> int:
        """A lower court's head older than that is an outage."""
        return self.settings.head_max_age_seconds

    async def reached(self, service: str, epoch: int) -> int | None:
        """How far answers of this process have come in a log (`After`)."""
        if service not in consumers.SOURCES:
            return None
        async with self.pool.acquire() as connection:
            received = await reached_of_own(connection, self.site, service, epoch)
            reached = await projected(connection, PROJECTIONS)
        log = f"{self.site}/{service}/log/"
        return received and max((at for origin, at in reached.items() if origin.startswith(log)), default=0)

    async def readings(self) -> tuple[list[Reading], list[Amount]]:
        """How far the journal and each projection have come, and what waits for a person."""
        standing = Standing(self.tasks, receives=True, uplinks=True, projections=PROJECTIONS)
        return await standing.read([*self.statuses, *self.uplinking.statuses.values()])

    @property
    def statuses(self) -> list[RoleStatus]:
        """The background tasks."""
        receiving = [self.consuming.status, self.journal.status, self.inbound.status]
        return [*receiving, self.uplinking.status, self.projecting, self.following_keys, self.clock]


@asynccontextmanager
async def built(settings: ServiceSettings) -> AsyncIterator[Parts]:
    """The parts, and their end."""
    read_keys(settings)
    own = OwnKeys(settings.key_dir, settings.site, SERVICE, changes_of_reporting(settings.site))
    broker_url = settings.broker_url.get_secret_value()
    async with open_pool(settings, SERVICE) as tasks, open_pool(settings, SERVICE) as pool:
        parts = Parts(
            settings=settings,
            watched=Watched(SERVICE, settings.site, settings.instance, checks={"postgresql": database_check(pool)}),
            pool=pool,
            tasks=tasks,
            consuming=consumers.consuming(tasks, broker_url, settings.site, own),
            journal=JournalAnswering(
                tasks, broker_url, settings.site, own, partial(heard_above, tasks, settings.site, settings.links)
            ),
            inbound=consumers.inbound(tasks, broker_url, settings.site, own),
            uplinking=Uplinking(tasks, settings.site, settings.links),
            own_keys=own,
            following_keys=RoleStatus("keys"),
            projecting=RoleStatus("project"),
            clock=RoleStatus("clock"),
        )
        parts.watched.concerns = {**checks_of(parts.statuses), "uplink": uplinks_check(parts.uplinking)}
        parts.watched.readings = parts.readings
        yield parts


def roles(parts: Parts) -> dict[str, dict[str, Run]]:
    """The tasks of each role by name."""
    pool = parts.tasks
    return {
        "consume": {
            "consume": lambda stop: consume_role(parts.consuming, stop),
            "inbound": lambda stop: inbound_role(parts.inbound, stop),
            "journal": lambda stop: answer_journal_role(parts.journal, stop),
            "keys": lambda stop: follow_keys(parts.own_keys, pool, parts.following_keys, stop),
        },
        "relay": {"uplink": lambda stop: uplink_role(parts.uplinking, stop)},
        "project": {"project": lambda stop: project_role(pool, PROJECTIONS, stop, parts.projecting)},
        "clock": {"clock": lambda stop: housekeeping(pool, parts.clock, stop)},
    }


def app(parts: Parts) -> Any:
    """The HTTP application."""
    return served(SERVICE, ROUTERS, parts, browser=True)


async def migrate(settings: ServiceSettings) -> None:
    """Schema, keys, rights and the operator's token; may run again."""
    make_keys(settings)
    await migrate_service(settings, SCHEMA)


async def run(role: str, settings: ServiceSettings) -> None:
    """One role of this service, or all of them."""
    await run_service(role, settings, migrate, built, app, roles)
