"""A log goes on in a new epoch: sealed on the former one's root, sent, received and projected with nothing twice."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from deploy.cli.verify import verify
from services.activities import replica
from shared.sealing.note import parse_note
from tests.component.court import Court, config_of, court


@pytest.fixture
async def running(postgres_url: str, rabbitmq_url: str, management_url: str, tmp_path: Path) -> AsyncIterator[Court]:
    async with court(postgres_url, rabbitmq_url, management_url, tmp_path) as found:
        yield found


async def branch(here: Court, order: int) -> str:
    facts = {
        "name": f"第{order}党支部",
        "branch_kind": "in_service",
        "official_order": order,
        "effective_from": "2024-01-01",
    }
    answer = (await here.members.post("/branches", json=facts)).raise_for_status()
    return str(answer.headers["Position"])


async def opened(here: Court, **other: Any) -> Any:
    """A new epoch of members' log, as `lianjian link recover` opens it."""
    at = (await here.members.get("/epochs")).raise_for_status().json()
    body = {"epoch": at["epoch"] + 1, "kept_to": at["head"], "h": at["root"], "reason": "数据盘损坏，自备份恢复"}
    return await here.members.post("/epochs", json=body | other)


async def received(here: Court, service: str, origin: str, position: int) -> None:
    pool: asyncpg.Pool = here.services[service].parts.tasks
    for _ in range(600):
        have = await pool.fetchval("select have from receipts where origin = $1", origin)
        if have == position:
            return
        await asyncio.sleep(0.1)
    raise AssertionError(f"{origin}: {have} received by {service}, {position} awaited")


async def test_the_log_goes_on_and_everybody_follows(running: Court) -> None:
    await branch(running, 1)
    answer = (await opened(running)).raise_for_status().json()
    assert (answer["epoch"], answer["kept_to"]) == (2, 2)
    await asyncio.sleep(1.1)
    position = await branch(running, 2)
    assert position == "members.2@4"

    for service in ("reporting", "activities"):
        await received(running, service, "shi04/members/log/2", 4)
        await received(running, service, "shi04/members/log/1", 2)
    log = running.services["members"].parts.tasks
    seals = [parse_note(row[0]).seal for row in await log.fetch("select note from seals order by epoch, first")]
    last_of_first = [seal for seal in seals if seal.origin.epoch == 1][-1]
    first_of_second = next(seal for seal in seals if seal.origin.epoch == 2)
    assert (last_of_first.last, first_of_second.first) == (2, 3)
    assert first_of_second.previous_root == last_of_first.root

    verdict = await verify(config_of(running))
    assert (verdict.findings, verdict.unchecked) == ([], [])
    asked = {"year": "2026", "as_of": "2026-01-01"}
    units = await running.reporting.get("/units", params=asked, headers={"After": "members.2@4"})
    units.raise_for_status()
    assert "X-Stale" not in units.headers
    assert [origin["origin"] for origin in units.json()["origins"]] == ["shi04/members/log/2"]
    assert "第1党支部" in units.text
    assert "第2党支部" in units.text
    async with running.services["activities"].parts.pool.acquire() as connection:
        assert len((await replica.units(connection)).all) == 3
    unknown = await running.reporting.get("/units", params=asked, headers={"After": "members.4@9"})
    assert unknown.status_code == 400


async def test_it_follows_only_on_the_end_of_the_log(running: Court) -> None:
    await branch(running, 1)
    assert (await opened(running, kept_to=1)).status_code == 422
    assert (await opened(running, epoch=3)).status_code == 422
    assert (await opened(running, h="0" * 64)).status_code == 422
    log = running.services["members"].parts.tasks
    assert await log.fetchval("select max(epoch) from events") == 1


async def test_a_replica_that_begins_anew_gets_both_epochs(running: Court) -> None:
    await branch(running, 1)
    (await opened(running)).raise_for_status()
    await branch(running, 2)
    await received(running, "activities", "shi04/members/log/2", 4)
    async with running.services["activities"].parts.tasks.acquire() as connection:
        await replica.rebuild(connection, "shi04")
    await received(running, "activities", "shi04/members/log/1", 2)
    await received(running, "activities", "shi04/members/log/2", 4)
    async with running.services["activities"].parts.pool.acquire() as connection:
        assert len((await replica.units(connection)).all) == 3
