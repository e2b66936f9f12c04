"""The composition root of `members`: everything is built here, once, and handed on as arguments."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import asyncpg

from services.members import directory
from services.members.directory import DirectoryDeps
from services.members.domain.site import SITE, ChangeSigningKey, EstablishSite
from services.members.exports.roster import ExportDeps, members_exports, note_reads
from services.members.http import branches, forgetting, identifiers, keys, links, people
from services.members.imports.roster import RosterDeps, roster_import
from services.members.imports.undone import members_undoing
from services.members.linking import Linking, LinkTasks, link_tasks
from services.members.projections.directory import follow
from services.members.publications import FAMILIES
from services.members.stored_events import CODEC
from shared.acts import at_once
from shared.broker.lookups import Answering, answer_role
from shared.broker.tables import LEASES, SENDING
from shared.business_day import today
from shared.command_path import CommandContext, CommandDeps, execute
from shared.contracts.ids import natural_id, party_committee_id
from shared.contracts.members import SigningKey, SiteFacts
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
from shared.links.join_transport import ask_to_join
from shared.meta import Actor, Source
from shared.own_keys import OwnKeys, changes_in_log, follow_keys
from shared.personal.keyring import Keyring
from shared.personal.tombstones import apply_tombstones, bury_role
from shared.process import CannotStart, Run
from shared.receiver.trust import signers_of_own_log
from shared.relay import Relaying, relay_role
from shared.restore.gate import Gate, compare_role, sealing_after, working_after
from shared.sealer import FreshRuns, Sealing
from shared.sealing.key_files import load_public_key, own_public_keys
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

SERVICE: Final = "members"
MIGRATIONS: Final = Path(__file__).parent / "migrations"
SCHEMA: Final = ((STORE_MIGRATIONS, "eventstore"), LEASES, SENDING, (MIGRATIONS, SERVICE))
SIGNERS: Final = ("members", "activities", "reporting")
ROUTERS: Final = (
    branches.router,
    people.router,
    identifiers.router,
    forgetting.router,
    links.router,
    keys.router,
    key_routes.router,
    epochs.router,
    import_routes.router,
    export_routes.router,
    watching,
)
_KEYS_WITHIN_SECONDS: Final = 60.0


@dataclass
class Parts:
    """What the routes and roles of this service are given; the routes' `pool` keeps no session state."""

    settings: ServiceSettings
    watched: Watched
    pool: asyncpg.Pool
    tasks: asyncpg.Pool
    keys: Keys
    gate: Gate
    deps: CommandDeps
    imports: ImportDeps
    exporting: Exporting
    sealing: Sealing
    relaying: Relaying
    answering: Answering
    linking: Linking
    link_tasks: LinkTasks
    key_changing: KeyChanging
    following_keys: RoleStatus
    clock: RoleStatus
    service: str = SERVICE

    @property
    def site(self) -> str:
        """The root of the organisation paths."""
        return self.settings.site

    async def reached(self, service: str, epoch: int) -> int | None:
        """How far answers of this process have come in a log (`After`)."""
        # The directory follows the log by milliseconds; commands and single records need not wait for it, lists do.
        known = service == SERVICE and await self.deps.store.reached(epoch) is not None
        return await directory.position(self.pool) if known else None

    async def readings(self) -> tuple[list[Reading], list[Amount]]:
        """How far each background task has come, and what waits for a person."""
        standing = Standing(self.tasks, self.sealing.origin, imports=True)
        readings, amounts = await standing.read(self.statuses)
        read_only = Amount("read_only", (), self.gate.is_read_only)
        amounts += [read_only, *await self.link_tasks.amounts()]
        head = await self.deps.store.head()
        known = await directory.position(self.pool)
        return [*readings, Reading("directory", self.sealing.origin.text, known, head)], amounts

    async def head(self) -> Position:
        """Where the own log ends."""
        return Position(SERVICE, await self.deps.store.epoch(), await self.deps.store.head())

    @property
    def statuses(self) -> list[RoleStatus]:
        """The background tasks."""
        own = [self.sealing.status, self.relaying.status, self.answering.status, self.following_keys, self.clock]
        return [*own, *self.link_tasks.statuses]


@asynccontextmanager
async def built(settings: ServiceSettings) -> AsyncIterator[Parts]:
    """The parts, and their end."""
    keys = read_keys(settings)
    async with open_pool(settings, SERVICE) as tasks, open_pool(settings, SERVICE) as pool:
        yield _assembled(settings, pool, tasks, keys)


def _assembled(settings: ServiceSettings, pool: asyncpg.Pool, tasks: asyncpg.Pool, keys: Keys) -> Parts:
    origin, fresh = Origin(settings.site, SERVICE), FreshRuns()
    signers = signers_of_own_log(pool, settings.site)
    broker_url = settings.broker_url.get_secret_value()
    own = OwnKeys(settings.key_dir, settings.site, SERVICE, changes_in_log(settings.site, SERVICE))
    gate = Gate(tasks, broker_url, origin, keys.signing.public, signers, folder=settings.key_dir)
    gate.later_keys = own_public_keys(settings.key_dir)
    room = DiskRoom(settings.postgres_data)
    deps = CommandDeps(EventStore(pool), CODEC, Keyring(pool, keys.encryption), room.before(gate.admit))
    roster = roster_import(RosterDeps(pool, deps, settings.site, keys.hashing))
    linking = Linking(settings, pool, deps, own, ask_to_join)
    undoing, exports = members_undoing(tasks, deps), members_exports(ExportDeps(tasks, deps, today))
    parts = Parts(
        settings=settings,
        watched=Watched(SERVICE, settings.site, settings.instance, checks={"postgresql": database_check(pool)}),
        pool=pool,
        tasks=tasks,
        keys=keys,
        gate=gate,
        deps=deps,
        imports=ImportDeps(tasks, deps, keys.encryption, keys.hashing, {"member_roster": roster}, undoing, exports),
        exporting=Exporting(settings.site_name, exports, lambda actor, rows: note_reads(tasks, actor, rows)),
        sealing=Sealing(tasks, origin, own, family_of, fresh=fresh, keys=own),
        relaying=Relaying(tasks, broker_url, origin, own, family_of, signers, fresh=fresh),
        answering=_answering(DirectoryDeps(pool, deps, settings.site, keys.hashing), broker_url),
        linking=linking,
        link_tasks=link_tasks(linking, tasks),
        key_changing=_key_changing(own, settings.site),
        following_keys=RoleStatus("keys"),
        clock=RoleStatus("clock"),
    )
    parts.watched.concerns = checks_of(parts.statuses) | {"gate": gate.check, "disk": room.check}
    parts.watched.concerns |= parts.link_tasks.concerns
    parts.watched.readings, parts.watched.head = parts.readings, parts.head
    return parts


def _key_changing(own: OwnKeys, site: str) -> KeyChanging:
    return KeyChanging(
        own, SITE, natural_id(site, "site"), lambda former, key: ChangeSigningKey(former_key_id=former, key=key)
    )


def _answering(deps: DirectoryDeps, broker_url: str) -> Answering:
    return Answering(
        broker_url,
        deps.site,
        lambda question: directory.resolve_names(deps, question),
        lambda question: directory.names_of(deps, question),
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
            "lookups": lambda stop: answer_role(parts.answering, stop),
            "imports": working_after(parts.gate, lambda stop: work(parts.imports, stop)),
        }
        | parts.link_tasks.by_name,
        "project": {"directory": lambda stop: follow(parts.deps, parts.tasks, parts.keys.hashing, stop)},
        "clock": {
            "clock": lambda stop: housekeeping(parts.pool, parts.clock, stop),
            "burial": lambda stop: bury_role(parts.tasks, stop),
        },
    }


def app(parts: Parts) -> Any:
    """The HTTP application."""
    return served(SERVICE, ROUTERS, parts, hash_key=parts.keys.hashing)


async def migrate(settings: ServiceSettings) -> None:
    """Schema, keys, rights, the operator's token and the first event of the log; may run again."""
    make_keys(settings)
    await migrate_service(settings, SCHEMA)
    named = await _public_keys(settings)
    async with built(settings) as parts:
        await establish(parts, named)
        async with parts.tasks.acquire() as connection:
            await apply_tombstones(connection)


async def establish(parts: Parts, named: tuple[SigningKey, ...]) -> None:
    """Records whose deployment this is, before anything else is recorded; repeating it changes nothing."""
    settings = parts.settings
    site_id = natural_id(settings.site, "site")
    if await parts.deps.store.read_stream(f"site-{site_id}", limit=1):
        return
    facts = SiteFacts(
        site=settings.site,
        name=settings.site_name,
        level=settings.site_level,
        court_code=settings.site_code,
        party_committee_id=str(party_committee_id(settings.site)),
        signing_keys=named,
    )
    command_id = f"establish:{settings.site}"
    context = CommandContext(
        actor=Actor(subject="setup", role="system", organisation=settings.site),
        source=Source(kind="setup"),
        command_id=command_id,
        correlation=command_id,
        request_hash=b"establish",
    )
    # By `migrate`, before anything is running that could be compared with.
    deps = replace(parts.deps, admit=at_once)
    await execute(deps, context, SITE, site_id, EstablishSite(facts=facts))


async def _public_keys(settings: ServiceSettings) -> tuple[SigningKey, ...]:
    """The keys of all services of the site, each left in its key folder by its own `migrate`."""
    folder = settings.public_keys or settings.key_dir.parent
    deadline = asyncio.get_running_loop().time() + _KEYS_WITHIN_SECONDS
    while missing := [name for name in SIGNERS if not (folder / name / "signing.pub").exists()]:
        if asyncio.get_running_loop().time() > deadline:
            raise CannotStart(
                f"缺少公钥：{'、'.join(missing)}。请先运行这些服务的 migrate，再运行 members 的 migrate。"
            )
        await asyncio.sleep(0.2)
    keys = {name: load_public_key(folder / name) for name in SIGNERS}
    return tuple(SigningKey(service=name, key_id=key.key_id, public_key=key.text) for name, key in keys.items())


async def run(role: str, settings: ServiceSettings) -> None:
    """One role of this service, or all of them."""
    await run_service(role, settings, migrate, built, app, roles)
