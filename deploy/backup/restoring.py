"""Making a court again from a data file and a key bundle: keys, databases, what the journal knows better, a check."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import asyncpg

from deploy.backup.archive import Archive
from deploy.backup.ca_files import ca_folder, put_back_ca
from deploy.backup.contents import SERVICES
from deploy.backup.link_files import OWNER, link_folder, put_back_links
from deploy.backup.loading import is_empty, load
from deploy.backup.taking import Say
from deploy.cli.running import CannotDo
from deploy.local.places import make_private, write_private
from shared.contracts.forgetting import OUTSIDE_PERSON_FORGOTTEN, PERSON_FORGOTTEN
from shared.crash import crash_point
from shared.eventstore.epochs import present_epoch
from shared.personal.fields import person_key
from shared.personal.tombstones import apply_tombstones, bury
from shared.restore.comparing import Ask, Differs
from shared.restore.held import Message, run_covering
from shared.restore.refill import refill
from shared.restore.restored import mark_restored
from shared.rights import grant_rights
from shared.sealing.key_files import LATER, own_public_keys
from shared.sealing.keys import PublicKey
from shared.sealing.origin import Origin
from shared.service import RESTORING

LOGS: Final = ("members", "activities")

BEFORE_RESTORE_COMMIT: Final = "restore.before-commit"
AFTER_RESTORE_COMMIT: Final = "restore.after-commit"
AFTER_RESTORED_KEYS: Final = "restore.after-keys"

_REPLACE: Final = "--replace"

_FORGOTTEN: Final = f"""
select distinct right(stream, 36) as person from {{table}}
 where type in ('{PERSON_FORGOTTEN}', '{OUTSIDE_PERSON_FORGOTTEN}')
"""  # noqa: S608 - constants of this program
_KEPT_TO: Final = "select min(first) - 1 from runs where origin = $1"
# What upper sites said was said in the former life: they are heard anew before anything is recorded.
_UNHEARD: Final = "delete from uplink_states"
_OTHERS: Final = """
select count(*) from pg_stat_activity
 where datname = current_database() and application_name like 'lianjian-%' and pid <> pg_backend_pid()
"""


@dataclass(frozen=True)
class Place:
    """Where the court is to be: each service's database as its owner, its application's role, its key folder.

    `links` is the folder with the access to upper courts, `ca` the one with the CA of the own broker.
    """

    site: str
    databases: Mapping[str, str]
    roles: Mapping[str, str | None]
    key_dirs: Mapping[str, Path]
    links: Path
    ca: Path | None = None

    @classmethod
    def of(cls, config: Mapping[str, Any], role_of: Callable[[str], str | None]) -> Place:
        """As `var/lianjian.json` has it."""
        return cls(
            config["court"],
            {name: both["owner"] for name, both in config["databases"].items()},
            {name: role_of(both["application"]) for name, both in config["databases"].items()},
            {name: Path(folder) for name, folder in config["key_dirs"].items()},
            link_folder(config),
            ca_folder(config),
        )


@dataclass(frozen=True)
class Restored:
    """`refilled` events that the journal knew better, by service; the logs that the journal contradicts."""

    refilled: dict[str, int]
    differing: dict[str, int]


async def restore(
    place: Place,
    data: Archive,
    keys: Archive,
    services: tuple[str, ...],
    *,
    replace: bool,
    say: Say,
    clear_messages: Callable[[], None],
) -> Restored:
    """Put `services` (all of them, or one whose database was lost) back; refuses where something runs or is there.

    The files fit together already (`check_fit`). `clear_messages` throws away what waits at the broker. What is there
    stays, keys and all, until everything has been loaded beside it; whoever was forgotten there stays forgotten. A
    restore killed after that leaves a mark with which no service starts, and is simply done again.
    """
    async with AsyncExitStack() as stack:
        open_ = {name: await stack.enter_async_context(_owner(place, name)) for name in SERVICES}
        await _refuse_running(open_)
        if not replace and not any((place.key_dirs[name] / RESTORING).exists() for name in services):
            await _refuse_held({name: open_[name] for name in services}, place)
        forgotten = await _forgotten(open_)
        async with AsyncExitStack() as uncommitted:
            for name in services:
                say(f"{name} 的数据库……")
                await uncommitted.enter_async_context(open_[name].transaction())
                await _database(open_[name], place, name, data, keys)
            await _bury_all({name: open_[name] for name in services if name in LOGS}, forgotten)
            for name in services:
                _stage_key_files(place, name, keys)
            clear_messages()
            crash_point(BEFORE_RESTORE_COMMIT)
            _mark(place, services, replace)
        crash_point(AFTER_RESTORE_COMMIT)
        for name in services:
            _place_key_files(place, name, keys)
        if OWNER in services:
            put_back_links(place.links, keys)
        if set(services) == set(SERVICES) and not _replaces(place, services):
            put_back_ca(place.ca, keys, say)
    crash_point(AFTER_RESTORED_KEYS)
    restored = await _brought_up(place, say)
    await _mark_logs(place, services)
    for name in services:
        (place.key_dirs[name] / RESTORING).unlink(missing_ok=True)
    return restored


async def _database(connection: asyncpg.Connection, place: Place, service: str, data: Archive, keys: Archive) -> None:
    try:
        await load(connection, service, data, keys)
        if service in LOGS:
            await apply_tombstones(connection)
        else:
            await connection.execute(_UNHEARD)
        role = place.roles[service]
        if role is not None:
            await grant_rights(connection, role)
    except asyncpg.PostgresError as error:
        raise CannotDo(
            f"{service} 的数据库装不进这两个文件（{type(error).__name__}）；库中原有的记录和密钥没有改动。", 1
        ) from None


async def _forgotten(connections: Mapping[str, asyncpg.Connection]) -> set[str]:
    """The keys of everybody whose forgetting a log or the journal there records."""
    found: set[str] = set()
    for connection in connections.values():
        for table in ("events", "journal"):
            if await connection.fetchval("select to_regclass($1)", table) is not None:
                found |= {row["person"] for row in await connection.fetch(_FORGOTTEN.format(table=table))}
    return {person_key(person) for person in found}


async def _bury_all(connections: Mapping[str, asyncpg.Connection], before: set[str]) -> None:
    """No key is left of anybody who was forgotten in the former life or in the one that comes back."""
    forgotten = sorted(before | await _forgotten(connections))
    for connection in connections.values():
        await bury(connection, forgotten)


async def _brought_up(place: Place, say: Say) -> Restored:
    """Fill up each log from the journal, which may have been read a moment later than the log."""
    refilled, differing = {}, {}
    async with AsyncExitStack() as stack:
        pools = {
            name: await stack.enter_async_context(asyncpg.create_pool(place.databases[name], min_size=1, max_size=2))
            for name in SERVICES
        }
        for service in LOGS:
            keys = own_public_keys(place.key_dirs[service])
            try:
                refilled[service] = await _filled_up(pools[service], pools["reporting"], place.site, service, keys)
            except Differs as differs:
                differing[service] = differs.position
            # Whom only the journal still knew as forgotten is forgotten again.
            async with pools[service].acquire() as connection:
                await apply_tombstones(connection)
            say(f"{service}：与账本核对")
    return Restored(refilled, differing)


async def _filled_up(
    log: asyncpg.Pool, journal: asyncpg.Pool, site: str, service: str, keys: Sequence[PublicKey]
) -> int:
    """Epoch by epoch, as far as the journal goes; of each no more than the next one kept."""
    origin: Origin | None = Origin(site, service, epoch=await present_epoch(log))
    added = 0
    while origin is not None:
        later = replace(origin, epoch=origin.epoch + 1)
        kept_to = await journal.fetchval(_KEPT_TO, later.text)
        added += await refill(log, origin, keys, _asking(journal, origin.text, kept_to))
        origin = None if kept_to is None else later
    return added


def _asking(journal: asyncpg.Pool, origin: str, kept_to: int | None) -> Ask:
    async def ask(position: int) -> Message | None:
        if kept_to is not None and position > kept_to:
            return None
        async with journal.acquire() as connection:
            return await run_covering(connection, origin, position)

    return ask


async def _refuse_running(connections: Mapping[str, asyncpg.Connection]) -> None:
    for name, connection in connections.items():
        if await connection.fetchval(_OTHERS):
            raise CannotDo(f"{name} 正在运行（它的数据库有连接）；恢复前应先停止：make stop，或停止各服务的容器。", 1)


async def _refuse_held(connections: Mapping[str, asyncpg.Connection], place: Place) -> None:
    held = [name for name, connection in connections.items() if not await is_empty(connection)]
    if held:
        raise CannotDo(
            f"法院 {place.site} 的数据库里已有记录（{'、'.join(held)}）；应为空库，"
            "或加 --replace 用备份替换（现有记录会丢失，请先备份）。",
            1,
        )


async def _mark_logs(place: Place, services: tuple[str, ...]) -> None:
    """What upper sites have signed for of these logs may be more: nothing is recorded before that is known."""
    for name in LOGS:
        if name in services:
            async with asyncpg.create_pool(place.databases[name], min_size=1, max_size=1) as pool:
                mark_restored(place.key_dirs[name], await present_epoch(pool))


def _replaces(place: Place, services: tuple[str, ...]) -> bool:
    """Whether the restore that left its mark here replaces what was there."""
    marks = [place.key_dirs[name] / RESTORING for name in services]
    return any(_REPLACE in mark.read_text("utf-8") for mark in marks if mark.exists())


def _mark(place: Place, services: tuple[str, ...], replace: bool) -> None:
    # One that was killed and is done again without --replace still replaces.
    called = f"lianjian restore {_REPLACE}\n" if replace or _replaces(place, services) else "lianjian restore\n"
    for name in services:
        make_private(place.key_dirs[name])
        write_private(place.key_dirs[name] / RESTORING, called)


def _stage_key_files(place: Place, service: str, keys: Archive) -> None:
    """The bundle's files beside the present ones, which stay in force."""
    folder = make_private(place.key_dirs[service])
    for name in keys.manifest.services[service].key_files:
        content = keys.content(f"{service}/keys/{name}")
        _write(_staged(folder, name), content, 0o644 if name.endswith(".pub") else 0o600)


def _place_key_files(place: Place, service: str, keys: Archive) -> None:
    """The bundle's files; others go, for they open nothing that is restored. Signing keys stay: a log may name them."""
    folder, held = place.key_dirs[service], keys.manifest.services[service].key_files
    for name in held:
        _staged(folder, name).replace(folder / name)
    for path in folder.glob("*.key"):
        if path.name not in held and not path.match(LATER):
            path.unlink()


def _staged(folder: Path, name: str) -> Path:
    return folder / f".{name}.restored"


def _write(path: Path, content: bytes, mode: int) -> None:
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


@asynccontextmanager
async def _owner(place: Place, service: str) -> AsyncIterator[asyncpg.Connection]:
    try:
        connection = await asyncpg.connect(place.databases[service], timeout=10, command_timeout=None)
    except (OSError, TimeoutError, asyncpg.PostgresError) as error:
        raise CannotDo(f"{service} 的数据库连不上（{type(error).__name__}）；应先启动 PostgreSQL 并建好库。") from None
    try:
        yield connection
    finally:
        await connection.close()
