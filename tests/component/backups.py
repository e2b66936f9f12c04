"""Backups of the court that the component tests share, and places to put them back."""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg

from deploy.backup.archive import opened
from deploy.backup.contents import SERVICES
from deploy.backup.fitting import check_fit
from deploy.backup.link_files import link_folder
from deploy.backup.restoring import Place, Restored, restore
from deploy.backup.taking import Taken, take
from services.members.domain.person import PERSON
from services.members.stored_events import CODEC
from shared.acts import CommandDeps
from shared.command_path import load_state
from shared.contracts.personal import Forgotten
from shared.eventstore import EventStore
from shared.personal.key_files import read_key_encryption_key
from shared.personal.keyring import Keyring
from shared.testing.databases import fresh_database
from tests.component.court import Court
from tests.component.given import branch
from tests.component.test_members import a_person

Pair = tuple[Path, Path]


def config_of(court: Court) -> dict[str, Any]:
    """What `var/lianjian.json` would say of the court."""
    told = {name: service.settings for name, service in court.services.items()}
    databases = {
        name: {
            "application": one.database_url.get_secret_value(),
            "owner": one.owner_database_url.get_secret_value() if one.owner_database_url else "",
        }
        for name, one in told.items()
    }
    key_dirs = {name: str(one.key_dir) for name, one in told.items()}
    return {"court": "shi04", "name": "青岚市中级人民法院", "databases": databases, "key_dirs": key_dirs}


async def received(court: Court) -> None:
    """Wait until reporting has all that the two logs hold."""
    reporting = court.services["reporting"].parts.pool
    for name in ("members", "activities"):
        head = await court.services[name].parts.deps.store.head()
        origin = f"shi04/{name}/log/1"
        while (await reporting.fetchval("select have from receipts where origin = $1", origin) or 0) < head:
            pass


async def backed_up(court: Court, folder: Path, passphrase: bytes | None = None, now: datetime | None = None) -> Taken:
    return await take(config_of(court), folder, passphrase, print, now or datetime.now(UTC))


@asynccontextmanager
async def empty_place(postgres: str, folder: Path) -> AsyncIterator[Place]:
    """Three empty databases and no keys."""
    async with AsyncExitStack() as stack:
        databases = {name: await stack.enter_async_context(fresh_database(postgres)) for name in SERVICES}
        key_dirs = {name: folder / "keys" / name for name in SERVICES}
        yield Place("shi04", databases, dict.fromkeys(SERVICES), key_dirs, folder / "keys" / "links")


async def put_back(
    place: Place, data: Path, keys: Path, services: tuple[str, ...] = SERVICES, *, replace: bool = False
) -> Restored:
    with opened(data, "data", "DATA") as of_data, opened(keys, "keys", "KEYS") as of_keys:
        check_fit(of_data, of_keys, place.site)
        return await restore(place, of_data, of_keys, services, replace=replace, say=print, clear_messages=lambda: None)


def config_there(place: Place) -> dict[str, Any]:
    databases = {name: {"application": url, "owner": url} for name, url in place.databases.items()}
    return {
        "court": place.site,
        "databases": databases,
        "key_dirs": {name: str(folder) for name, folder in place.key_dirs.items()},
    }


def place_told(config: dict[str, Any]) -> Place:
    """The place that `config_there` describes."""
    databases = {name: both["owner"] for name, both in config["databases"].items()}
    key_dirs = {name: Path(folder) for name, folder in config["key_dirs"].items()}
    return Place(config["court"], databases, dict.fromkeys(SERVICES), key_dirs, link_folder(config))


async def rows(url: str, query: str) -> list[tuple[Any, ...]]:
    connection = await asyncpg.connect(url)
    try:
        return [tuple(row) for row in await connection.fetch(query)]
    finally:
        await connection.close()


def rewritten(path: Path, to: Path, change: Callable[[dict[str, Any]], None]) -> Path:
    """The same archive with another manifest."""
    with zipfile.ZipFile(path) as before, zipfile.ZipFile(to, "w", zipfile.ZIP_DEFLATED) as after:
        for name in before.namelist():
            content = before.read(name)
            if name == "manifest.json":
                manifest = json.loads(content)
                change(manifest)
                content = json.dumps(manifest).encode()
            after.writestr(name, content)
    return to


def contents(path: Path) -> bytes:
    """Everything inside, unpacked, one after the other."""
    with zipfile.ZipFile(path) as archive:
        return b"".join(archive.read(name) for name in archive.namelist())


async def registered(court: Court) -> str:
    branch_id, _ = await branch(court)
    answer = await court.members.post("/people", json=a_person(branch_id))
    person: str = answer.json()["person_id"]
    return person


async def name_of(url: str, key_dir: Path, person: str) -> str | Forgotten:
    async with asyncpg.create_pool(url, min_size=1, max_size=2) as pool:
        deps = CommandDeps(EventStore(pool), CODEC, Keyring(pool, read_key_encryption_key(key_dir)))
        state, _ = await load_state(deps, PERSON, UUID(person))
        name: str | Forgotten = state.details.name
        return name


def fitting(data: Path, keys: Path) -> None:
    with opened(data, "data", "DATA") as of_data, opened(keys, "keys", "KEYS") as of_keys:
        check_fit(of_data, of_keys, "shi04")


def replaced(path: Path, to: Path, entry: str, content: bytes) -> Path:
    """The same archive with another file inside, its checksum written as it now is."""
    with zipfile.ZipFile(path) as before, zipfile.ZipFile(to, "w") as after:
        for name in before.namelist():
            held = content if name == entry else before.read(name)
            if name == "manifest.json":
                manifest = json.loads(held)
                manifest["checksums"][entry] = hashlib.sha256(content).hexdigest()
                held = json.dumps(manifest).encode()
            after.writestr(name, held)
    return to


def inside(folder: Path) -> set[Path]:
    return set(folder.iterdir())
