"""Searching everything a court leaves anywhere for planted strings, in clear and in the ways bytes are written down."""

from __future__ import annotations

import contextlib
import io
import json
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from urllib.parse import quote
from uuid import UUID

import asyncpg
import httpx
from cryptography.hazmat.primitives.keywrap import aes_key_unwrap
from yarl import URL

from shared.personal.fields import opened
from shared.personal.key_files import key_encryption_keys
from shared.personal.sealed import Unreadable
from tests.component.court import Court, Service

_TABLES = """
    select format('%I.%I', schemaname, tablename) as name from pg_tables
     where schemaname not in ('pg_catalog', 'information_schema') order by 1
"""


def ways_of(planted: str) -> set[str]:
    """The string itself, as JSON and addresses escape it, and its bytes in hexadecimal digits."""
    return {planted, json.dumps(planted)[1:-1], quote(planted), planted.encode().hex()}


def hits(planted: Iterable[str], places: Mapping[str, str]) -> list[tuple[str, str]]:
    """Where which string stands."""
    wanted = [(one, way.lower()) for one in planted for way in ways_of(one)]
    return sorted({(place, one) for place, text in places.items() for one, way in wanted if way in text.lower()})


async def places(court: Court, folder: Path, management: str) -> dict[str, str]:
    """Every table of every database, every file, every queue, and what anybody is told of figures and states."""
    found: dict[str, str] = {}
    for name, service in court.services.items():
        connection = await asyncpg.connect(str(service.settings.owner_database_url.get_secret_value()))  # type: ignore[union-attr]  # given
        for table in [row["name"] for row in await connection.fetch(_TABLES)]:
            rows = await connection.fetch(f"select t::text as row from {table} t")
            found[f"{name}: {table}"] = "\n".join(row["row"] for row in rows)
        await connection.close()
    return found | _files(folder) | await _queues(court, management) | await _answers(court)


def _files(folder: Path) -> dict[str, str]:
    files = [path for path in folder.rglob("*") if path.is_file()]
    return {f"file {path.name}": path.read_bytes().decode("utf-8", "replace") for path in files}


async def _queues(court: Court, management: str) -> dict[str, str]:
    vhost = URL(court.services["members"].settings.broker_url.get_secret_value()).path.lstrip("/")
    found = {}
    async with httpx.AsyncClient(base_url=management, trust_env=False, timeout=30) as client:
        for queue in (await client.get(f"/api/queues/{vhost}")).json():
            asked = {"count": 1000, "ackmode": "ack_requeue_true", "encoding": "auto"}
            path = f"/api/queues/{vhost}/{quote(queue['name'], safe='')}/get"
            found[f"queue {queue['name']}"] = (await client.post(path, json=asked)).text
    return found


async def _answers(court: Court) -> dict[str, str]:
    asked = {
        "reporting": ("/report?year=2024", "/counts?year=2024", "/obligations?year=2024", "/units?year=2024", "/"),
        "members": ("/branches?day=2024-12-31",),
        "activities": (),
    }
    found = {}
    for name, paths in asked.items():
        for path in (*paths, "/metrics", "/status", "/forgettings"):
            if (name, path) != ("reporting", "/forgettings"):
                answer = await court.services[name].client.get(path)
                assert answer.status_code == 200, (name, path, answer.text)
                found[f"{name} {path}"] = answer.text
    return found


async def everything_opened(court: Court) -> dict[str, str]:
    """All events of all logs and of the journal, opened with every key that is left in any service."""
    rings = [await _keys_left(court.services[name]) for name in ("members", "activities")]
    found = {}
    for name, service in court.services.items():
        table = "journal" if name == "reporting" else "events"
        rows = await service.parts.pool.fetch(f"select event_id, data from {table} where data is not null")
        every = [text for row in rows for ring in rings for text in _opened(row["event_id"], row["data"], ring)]
        found[f"{name}: {table}"] = "\n".join(every)
    return found


async def _keys_left(service: Service) -> dict[str, bytes]:
    keks = key_encryption_keys(service.settings.key_dir)
    rows = await service.parts.pool.fetch("select key_id, wrapped, kek_id from personal_keys")
    return {row["key_id"]: aes_key_unwrap(keks[row["kek_id"]].key, row["wrapped"]) for row in rows}


def _opened(event_id: UUID, data: str, ring: Mapping[str, bytes]) -> Iterator[str]:
    # Both services have keys of the same person, each its own: what does not open is the other's.
    with contextlib.suppress(Unreadable):
        event = opened(json.loads(data), UUID(str(event_id)), ring)
        yield json.dumps(event, ensure_ascii=False, default=repr)


def unzipped(workbook: bytes) -> str:
    """The text of all parts of a workbook."""
    with zipfile.ZipFile(io.BytesIO(workbook)) as parts:
        return "\n".join(parts.read(name).decode("utf-8", "replace") for name in parts.namelist())
