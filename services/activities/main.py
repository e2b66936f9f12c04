"""The composition root of `activities`: everything is built here, once, and handed on as arguments."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import asyncpg

from services.activities import consumers, replica
from services.activities.domain.own_log import LOG, ChangeSigningKey
from services.activities.exports.names import ExportDeps
from services.activities.exports.taking_out import activities_exports
from services.activities.http import (
    activities,
    agreements,
    brands,
    campaigns,
    duplicates,
    explanations,
    forgetting,
    honours,
    known,
    partners,
    periods,
    problems,
    projects,
)
from services.activities.imports.recorded import ActivitiesDeps
from services.activities.imports.taking import activities_imports
from services.activities.imports.undone import activities_undoing
from services.activities.publications import FAMILIES
from services.activities.stored_events import CODEC
from shared.broker.lookups import Lookups, lookups
from shared.broker.tables import LEASES, RECEIVING, SENDING
from shared.business_day import today
from shared.command_path import CommandDeps
from shared.contracts.activities import ActivityFacts, ObligationKey
from shared.contracts.ids import natural_id
from shared.contracts.joint import Party
from shared.disk_room import DiskRoom
from shared.eventstore import EventStore
from shared.eventstore.install import MIGRATIONS as STORE_MIGRATIONS
from shared.http import epochs
from shared.http import exports as export_routes
from shared.http import imports as import_routes
from shared.http import keys as key_routes
from shared.http.keys import KeyChanging
from shared.http.positions import Position
from shared.http.watching import Watched
from shared.http.watching import router as watching
from shared.ledgers.exporting import Exporting
from shared.ledgers.importing import ImportDeps, work
from shared.own_keys import OwnKeys, changes_in_log, follow_keys
from shared.personal.keyring import Keyring
from shared.personal.tombstones import apply_tombstones, bury_role
from shared.process import Run
from shared.receiver.consuming import Consuming, consume_role
from shared.receiver.own_epochs import reached_of_own
from shared.receiver.trust import signers_in
from shared.relay import Relaying, relay_role
from shared.restore.gate import Gate, compare_role, sealing_after, working_after
from shared.sealer import FreshRuns, Sealing
from shared.sealing.key_files import own_public_keys
from shared.sealing.origin import Origin
from shared.service import (
    Keys,
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

SERVICE: Final = "activities"
MIGRATIONS: Final = Path(__file__).parent / "migrations"
SCHEMA: Final = ((STORE_MIGRATIONS, "eventstore"), LEASES, SENDING, RECEIVING, (MIGRATIONS, SERVICE))
ROUTERS: Final = (
    *(activities.router, explanations.router, forgetting.router),
    *(partners.router, agreements.router, problems.router),
    *(brands.router, projects.router, campaigns.router, honours.router, periods.router),
    duplicates.router,
    *(key_routes.router, epochs.router, import_routes.router, export_routes.router, watching),
)


@dataclass
class Parts:
    """What the routes and roles of this service are given; the routes' `pool` keeps no session state."""

    settings: ServiceSettings
    watched: Watched
    pool: asyncpg.Pool
    tasks: asyncpg.Pool
    units: known.KnownUnits
    keys: Keys
    gate: Gate
    deps: CommandDeps
    imports: ImportDeps
    exporting: Exporting
    sealing: Sealing
    relaying: Relaying
    consuming: Consuming
    key_changing: KeyChanging
    following_keys: RoleStatus
    clock: RoleStatus
    service: str = SERVICE

    @property
    def site(self) -> str:
        """The root of the organisation paths."""
        return self.settings.site

    @property
    def court(self) -> str:
        """The full name of the court."""
        return self.settings.site_name

    @property
    def late_entry_after_workdays(self) -> int:
        """After how many working days a record counts as 补录."""
        return self.settings.late_entry_after_workdays

    async def reached(self, service: str, epoch: int) -> int | None:
        """How far answers of this process have come in a log (`After`)."""
        if service == SERVICE:
            return await self.deps.store.reached(epoch)
        if service == replica.SOURCE:
            async with self.pool.acquire() as connection:
                return await reached_of_own(connection, self.site, service, epoch)
        return None

    async def refuse_unknown_unit(self, unit: ActivityFacts | ObligationKey, field: str) -> None:
        """Raise `Rejected` (`unknown_unit`) if this court has no such unit."""
        await self.units.refuse_unknown(unit, field)

    async def refuse_unknown_people(self, named: Sequence[tuple[str, str | None]]) -> None:
        """Raise `Rejected` (`unknown_person`) naming the first id that belongs to nobody."""
        await known.refuse_unknown_people(self.pool, named)

    async def refuse_unknown_parties(self, parties: Sequence[tuple[str, Party]]) -> None:
        """Raise `Rejected` at the first party that nobody may name any more."""
        await known.refuse_unknown_parties(self.deps, self.units, parties)

    async def readings(self) -> tuple[list[Reading], list[Amount]]:
        """How far each background task has come, and what waits for a person."""
        standing = Standing(self.tasks, self.sealing.origin, receives=True, imports=True)
        readings, amounts = await standing.read(self.statuses)
        amounts.append(Amount("read_only", (), self.gate.is_read_only))
        return readings, amounts

    async def head(self) -> Position:
        """Where the own log ends."""
        return Position(SERVICE, await self.deps.store.epoch(), await self.deps.store.head())

    @property
    def statuses(self) -> list[RoleStatus]:
        """The background tasks."""
        return [self.sealing.status, self.relaying.status, self.consuming.status, self.following_keys, self.clock]


@asynccontextmanager
async def built(settings: ServiceSettings) -> AsyncIterator[Parts]:
    """The parts, and their end."""
    keys = read_keys(settings)
    broker_url = settings.broker_url.get_secret_value()
    async with (
        open_pool(settings, SERVICE) as tasks,
        open_pool(settings, SERVICE) as pool,
        lookups(broker_url) as asking,
    ):
        yield _assembled(settings, pool, tasks, keys, asking)


def _assembled(
    settings: ServiceSettings, pool: asyncpg.Pool, tasks: asyncpg.Pool, keys: Keys, asking: Lookups
) -> Parts:
    origin, fresh = Origin(settings.site, SERVICE), FreshRuns()
    broker_url = settings.broker_url.get_secret_value()
    own = OwnKeys(settings.key_dir, settings.site, SERVICE, changes_in_log(settings.site, SERVICE))
    gate = Gate(tasks, broker_url, origin, keys.signing.public, signers_in(tasks), folder=settings.key_dir)
    gate.later_keys = own_public_keys(settings.key_dir)
    room = DiskRoom(settings.postgres_data)
    deps = CommandDeps(EventStore(pool), CODEC, Keyring(pool, keys.encryption), room.before(gate.admit))
    ledgers = ActivitiesDeps(
        *(pool, deps, settings.site, keys.hashing, asking.resolve_names),
        *(lambda: today().isoformat(), settings.site_name),
    )
    exports = activities_exports(ExportDeps(tasks, deps, settings.site, settings.site_name, asking.names_of))
    parts = Parts(
        settings=settings,
        watched=Watched(SERVICE, settings.site, settings.instance, checks={"postgresql": database_check(pool)}),
        pool=pool,
        tasks=tasks,
        units=known.KnownUnits(pool),
        keys=keys,
        gate=gate,
        deps=deps,
        imports=ImportDeps(
            *(tasks, deps, keys.encryption, keys.hashing),
            *(activities_imports(ledgers), activities_undoing(tasks, deps), exports),
        ),
        exporting=Exporting(settings.site_name, exports),
        sealing=Sealing(tasks, origin, own, family_of, fresh=fresh, keys=own),
        relaying=Relaying(tasks, broker_url, origin, own, family_of, signers_in(tasks), fresh=fresh),
        consuming=consumers.consuming(tasks, broker_url, settings.site, own),
        key_changing=_key_changing(own, settings.site),
        following_keys=RoleStatus("keys"),
        clock=RoleStatus("clock"),
    )
    parts.watched.concerns = checks_of(parts.statuses) | {"gate": gate.check, "disk": room.check}
    parts.watched.readings, parts.watched.head = parts.readings, parts.head
    return parts


def _key_changing(own: OwnKeys, site: str) -> KeyChanging:
    return KeyChanging(
        own, LOG, natural_id(site, "log"), lambda former, key: ChangeSigningKey(former_key_id=former, key=key)
    )


def family_of(stored_type: str) -> str:
    """The family of a stored type; `KeyError` for an unknown one."""
    return FAMILIES[stored_type].name


def roles(parts: Parts) -> dict[str, dict[str, Run]]:
    """The tasks of each role by name."""
    gate: dict[str, Run] = {
        "gate": lambda stop: compare_role(parts.gate, stop),
        "keys": lambda stop: follow_keys(parts.key_changing.keys, parts.tasks, parts.following_keys, stop),
    }
    return {
        "api": gate,
        "relay": gate
        | {
            "sealer": sealing_after(parts.gate, parts.sealing),
            "relay": lambda stop: relay_role(parts.relaying, stop),
        },
        "consume": gate
        | {
            "consume": lambda stop: consume_role(parts.consuming, stop),
            "imports": working_after(parts.gate, lambda stop: work(parts.imports, stop)),
        },
        "clock": {
            "clock": lambda stop: housekeeping(parts.pool, parts.clock, stop),
            "burial": lambda stop: bury_role(parts.tasks, stop),
        },
    }


def app(parts: Parts) -> Any:
    """The HTTP application."""
    return served(SERVICE, ROUTERS, parts, hash_key=parts.keys.hashing)


async def migrate(settings: ServiceSettings) -> None:
    """Schema, keys, rights and the operator's token; may run again."""
    make_keys(settings)
    await migrate_service(settings, SCHEMA)
    async with open_pool(settings, SERVICE) as pool, pool.acquire() as connection:
        await apply_tombstones(connection)


async def run(role: str, settings: ServiceSettings) -> None:
    """One role of this service, or all of them."""
    await run_service(role, settings, migrate, built, app, roles)
