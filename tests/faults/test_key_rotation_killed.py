"""kill -9 at every step of a change of keys: again is enough, each key is named once, and everything verifies."""

from __future__ import annotations

import asyncio
import secrets
import signal
import sys
from contextlib import AsyncExitStack
from pathlib import Path

import asyncpg
import pytest

from deploy.cli.verify import verify
from shared.broker.tables import Connection
from shared.crash import AFTER_BATCH_COMMIT, AFTER_JOURNAL_COMMIT, AFTER_SEAL, BEFORE_BATCH_SEND
from shared.sealing.key_files import AFTER_KEY_FILE
from shared.testing.brokers import fresh_vhost
from tests.component.court import MAINS, config_of_settings, settings_of
from tests.faults.key_site import write_told

ROOT = Path(__file__).parents[2]
EVENTS = {"members": "members.signing-key-changed.v1", "activities": "activities.signing-key-changed.v1"}
OF_REPORTING = "members.reporting-key-changed.v1"
CASES = [
    ("members", AFTER_KEY_FILE, 1),
    ("members", AFTER_BATCH_COMMIT, 2),
    ("members", AFTER_SEAL, 2),
    ("activities", BEFORE_BATCH_SEND, 1),
    ("reporting", AFTER_KEY_FILE, 1),
    ("reporting", AFTER_JOURNAL_COMMIT, 2),
]
"""Whose key, where it is killed, and how many changes are recorded once it was asked for again."""


async def lived(folder: Path, service: str, point: str) -> int:
    """How the court ended: minus the signal that killed it, or 0 when all had arrived."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.faults.key_site", str(folder), service, point, cwd=ROOT
    )
    try:
        return await asyncio.wait_for(process.wait(), 110)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def asked(database: str, sql: str, *given: object) -> object:
    connection: Connection = await asyncpg.connect(database)
    try:
        return await connection.fetchval(sql, *given)
    finally:
        await connection.close()


@pytest.mark.parametrize(("service", "point", "changes"), CASES)
async def test_a_change_of_keys_that_is_killed_is_done_again(
    postgres_url: str, rabbitmq_url: str, management_url: str, tmp_path: Path, service: str, point: str, changes: int
) -> None:
    (tmp_path / "token").write_text(secrets.token_urlsafe(32))
    async with AsyncExitStack() as stack:
        vhost = await stack.enter_async_context(fresh_vhost(management_url, rabbitmq_url))
        told = {}
        for name, main in MAINS.items():
            told[name] = await stack.enter_async_context(settings_of(name, postgres_url, vhost, tmp_path))
            await main.migrate(told[name])
        write_told(tmp_path, told)
        assert await lived(tmp_path, service, point) == -signal.SIGKILL, f"{point} was never reached"
        databases = {name: one.database_url.get_secret_value() for name, one in told.items()}
        for database in databases.values():
            await asked(database, "update leases set expires_at = clock_timestamp()")
        assert await lived(tmp_path, service, "") == 0

        log, kind = ("members", OF_REPORTING) if service == "reporting" else (service, EVENTS[service])
        assert await asked(databases[log], "select count(*) from events where type = $1", kind) == changes
        assert len(list((tmp_path / service).glob("signing-*.key"))) == changes
        for name in ("reporting", "activities"):
            suspended = "select count(*) from inbound_links where suspended_at is not null"
            assert await asked(databases[name], suspended) == 0
        verdict = await verify(config_of_settings("shi04", told))
        assert (verdict.findings, verdict.unchecked) == ([], [])
