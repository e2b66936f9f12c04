"""Taking a backup of a running court: a data file and a key bundle, both whole or neither there."""

from __future__ import annotations

import asyncio
import fcntl
import json
import os
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import IO, Any, Final

import asyncpg

from deploy.backup.archive import Writer, draft, written
from deploy.backup.ca_files import ca_files, ca_held_as
from deploy.backup.contents import IN_THE_BUNDLE, RUN_KEYS, SCHEMA_TABLE, SERVICES, WITHOUT, in_the_data
from deploy.backup.key_ids import hash_key_id, kek_ids
from deploy.backup.link_files import OWNER, held_as, link_files, link_folder
from deploy.backup.manifest import Court, Head, Kind, Manifest, Migration, Service, Table
from deploy.backup.passphrase import Encrypting
from deploy.cli.running import CannotDo
from shared.contracts.members import SiteEstablished
from shared.crash import crash_point
from shared.personal.key_files import KEK_FILE, read_hash_key
from shared.sealing.key_files import load_public_key

KEYS_KEPT: Final = timedelta(days=30)
TIME: Final = "%Y%m%dT%H%M%SZ"
ATTEMPTS: Final = 3
BETWEEN_FILES: Final = "backup.between-files"

_TABLES: Final = """
select c.relname::text as name, array_agg(a.attname::text order by a.attnum) as columns
  from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
 where c.relnamespace = current_schema()::regnamespace and c.relkind = 'r'
 group by c.relname order by c.relname
"""
_LOG_HEAD: Final = """
select coalesce(max(position), 0) as position, coalesce(max(epoch), 1) as epoch,
       (select case when last = (select max(position) from events) then root end
          from seals where channel = 'log' order by epoch desc, first desc limit 1) as root
  from events
"""
_WRAPPERS: Final = {
    "personal_keys": "select distinct kek_id from personal_keys",
    "import_runs": "select distinct kek_id from import_runs where wrapped_key is not null",
}

Say = Callable[[str], None]


@dataclass(frozen=True)
class Taken:
    """The two files, and the bundles that were deleted because their time was over."""

    data: Path
    keys: Path
    deleted: tuple[Path, ...]


class KeysMoved(Exception):
    """The key-encryption key was being changed while the bundle was read."""


async def take(config: Mapping[str, Any], folder: Path, passphrase: bytes | None, say: Say, now: datetime) -> Taken:
    """Back the court up that `config` (`var/lianjian.json`) describes; what fails leaves nothing behind."""
    time = now.astimezone(UTC).strftime(TIME)
    with _alone(folder, config["court"]):
        data = folder / f"{config['court']}-{time}-data.zip"
        keys = folder / f"{config['court']}-{time}-keys.{'zip' if passphrase is None else 'enc'}"
        if data.exists() or keys.exists():
            raise CannotDo(f"--to：{folder} 中已有同一秒的备份 {data.name}；请稍等一秒再试。", 1)
        court = await _court(config)
        with draft(_draft(data)) as stream:
            await _data(config, stream, court, time, say)
        try:
            await _bundle(config, _draft(keys), passphrase, court, time, say)
            # The keys first: a data file is never there without a bundle that opens it.
            _draft(keys).rename(keys)
            crash_point(BETWEEN_FILES)
            _draft(data).rename(data)
        finally:
            _draft(data).unlink(missing_ok=True)
            _draft(keys).unlink(missing_ok=True)
        deleted = tuple(_outlived(folder, config["court"], now))
        for old in deleted:
            old.unlink()
        _sync(folder)
    return Taken(data, keys, deleted)


async def _data(config: Mapping[str, Any], stream: IO[bytes], court: Court, time: str, say: Say) -> None:
    with written(stream) as writer:
        services = {}
        for service in SERVICES:
            say(f"{service} 的数据库……")
            async with _snapshot(config, service) as connection:
                services[service] = await _service(config, service, connection, writer)
        writer.end(_manifest("data", config, court, time, services, writer))


async def _service(config: Mapping[str, Any], service: str, connection: asyncpg.Connection, writer: Writer) -> Service:
    tables = []
    for row in await connection.fetch(_TABLES):
        if in_the_data(row["name"]):
            columns = [name for name in row["columns"] if name not in WITHOUT.get(row["name"], ())]
            tables.append(await _copied(connection, service, row["name"], columns, writer))
    applied = await connection.fetch(f"select name, checksum from {SCHEMA_TABLE} order by applied_at, name")  # noqa: S608
    return _described(
        config,
        service,
        tables=tables,
        migrations=[Migration(name=row["name"], checksum=row["checksum"]) for row in applied],
        heads=await _heads(config, service, connection),
    )


async def _bundle(
    config: Mapping[str, Any], path: Path, passphrase: bytes | None, court: Court, time: str, say: Say
) -> None:
    say("密钥……")
    for attempt in range(ATTEMPTS):
        try:
            with draft(path) as stream:
                if passphrase is None:
                    await _keys(config, stream, court, time)
                else:
                    with Encrypting(stream, passphrase) as sealed:
                        await _keys(config, sealed, court, time)  # type: ignore[arg-type] # a stream of bytes to write
            return
        except KeysMoved as moved:
            if attempt == ATTEMPTS - 1:
                raise CannotDo(f"密钥：{moved}；应与库中密钥一致。更换密钥时请稍后再备份。", 1) from None


async def _keys(config: Mapping[str, Any], stream: IO[bytes], court: Court, time: str) -> None:
    with written(stream) as writer:
        services = {}
        for service in SERVICES:
            async with _snapshot(config, service) as connection:
                services[service] = await _service_keys(config, service, connection, writer)
        writer.end(_manifest("keys", config, court, time, services, writer))


async def _service_keys(
    config: Mapping[str, Any], service: str, connection: asyncpg.Connection, writer: Writer
) -> Service:
    files = {path.name: path.read_bytes() for path in _key_files(Path(config["key_dirs"][service]))}
    tables, wrappers = [], set[str]()
    for row in await connection.fetch(_TABLES):
        name, columns = row["name"], row["columns"]
        if name in WITHOUT:
            columns = list(RUN_KEYS)
        elif name not in IN_THE_BUNDLE:
            continue
        if name in _WRAPPERS:
            wrappers |= {one["kek_id"] for one in await connection.fetch(_WRAPPERS[name])}
        tables.append(await _copied(connection, service, name, columns, writer))
    for name, content in files.items():
        writer.put(f"{service}/keys/{name}", content)
    links = await asyncio.to_thread(link_files, link_folder(config)) if service == OWNER else {}
    for name, content in links.items():
        writer.put(held_as(name), content)
    authority = await asyncio.to_thread(ca_files, config) if service == OWNER else {}
    for name, content in authority.items():
        writer.put(ca_held_as(name), content)
    if unknown := wrappers - kek_ids(files):
        raise KeysMoved(f"{service} 的密钥由 {'、'.join(sorted(unknown))} 包裹，{KEK_FILE} 不是它")
    heads = await _heads(config, service, connection)
    held = {"key_files": sorted(files), "link_files": sorted(links), "ca_files": sorted(authority)}
    return _described(config, service, tables=tables, heads=heads, **held)


async def _copied(
    connection: asyncpg.Connection, service: str, table: str, columns: Sequence[str], writer: Writer
) -> Table:
    file = f"{service}/{table}.copy"
    with writer.file(file) as entry:

        async def sink(block: bytes) -> None:
            entry.write(block)

        done = await connection.copy_from_table(table, columns=columns, output=sink, format="text")
    return Table(name=table, columns=list(columns), rows=int(done.split()[-1]), file=file)


async def _heads(config: Mapping[str, Any], service: str, connection: asyncpg.Connection) -> list[Head]:
    if service == "reporting":
        received = await connection.fetch("select origin, have, h from receipts order by origin")
        return [Head(origin=row["origin"], position=row["have"], root=row["h"].hex()) for row in received]
    row = await connection.fetchrow(_LOG_HEAD)
    assert row is not None
    root = None if row["root"] is None else row["root"].hex()
    return [Head(origin=f"{config['court']}/{service}/log/{row['epoch']}", position=row["position"], root=root)]


async def _court(config: Mapping[str, Any]) -> Court:
    """As the court's own log says it."""
    async with _snapshot(config, "members") as connection:
        first = await connection.fetchval("select data from events where position = 1")
    if first is None:
        raise CannotDo("法院还没有建立：members 的日志是空的；请先 make start。", 1)
    facts = SiteEstablished.model_validate_json(first).facts
    return Court(site=facts.site, name=facts.name, level=facts.level, code=facts.court_code)


@asynccontextmanager
async def _snapshot(config: Mapping[str, Any], service: str) -> AsyncIterator[asyncpg.Connection]:
    """One moment of one database."""
    connection = await asyncpg.connect(config["databases"][service]["owner"], timeout=10, command_timeout=None)
    try:
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            yield connection
    finally:
        await connection.close()


def _described(config: Mapping[str, Any], service: str, **parts: Any) -> Service:
    folder = Path(config["key_dirs"][service])
    return Service(
        hash_key_id=hash_key_id(read_hash_key(folder)), signing_key_id=load_public_key(folder).key_id, **parts
    )


def _manifest(
    kind: Kind, config: Mapping[str, Any], court: Court, time: str, services: dict[str, Service], writer: Writer
) -> Manifest:
    # Not the files with which the court began: their names may be people's.
    begun = Path(config["key_dirs"]["members"]).parent.parent / "imported.json"
    beginning = json.loads(begun.read_text("utf-8")) | {"files": {}} if begun.is_file() else None
    return Manifest(
        kind=kind, court=court, time=time, services=services, beginning=beginning, checksums=writer.checksums
    )


def _key_files(folder: Path) -> list[Path]:
    # A draft that is being made has a second suffix of random digits.
    return [path for path in sorted(folder.iterdir()) if path.is_file() and path.suffix in (".key", ".pub")]


def _draft(path: Path) -> Path:
    return path.with_name(f".{path.name}.draft")


@contextmanager
def _alone(folder: Path, site: str) -> Iterator[None]:
    """Holds the folder while a backup is made, made where absent; what a killed one left is cleared away."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise CannotDo(f"--to：另一次备份正在写入 {folder}；请等它结束。", 1) from None
        for left in folder.glob(f".{site}-*.draft"):
            left.unlink()
        yield
    finally:
        os.close(descriptor)


def _outlived(folder: Path, site: str, now: datetime) -> Iterator[Path]:
    """The key bundles that are older than the promised limit, by the time in their names."""
    for path in sorted(folder.glob(f"{site}-*-keys.*")):
        made = made_at(path)
        if made is not None and now - made > KEYS_KEPT:
            yield path


def made_at(path: Path) -> datetime | None:
    """When a file of a backup was made, by its name; None for another's name."""
    try:
        return datetime.strptime(path.name.split("-")[1], TIME).replace(tzinfo=UTC)
    except (ValueError, IndexError):
        return None


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
