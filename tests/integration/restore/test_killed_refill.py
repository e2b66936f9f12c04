"""kill -9 while a log is filled up: again is enough; a command that spans several runs is remembered once, whole."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from shared.eventstore import ANY, Append
from shared.restore.held import Message, run_covering
from shared.restore.refill import AFTER_REFILL_COMMIT, BEFORE_REFILL_COMMIT, is_interrupted, refill
from tests.integration.messaging.given import (
    MEMBERS_KEY,
    ORIGIN,
    Site,
    all_roles,
    branch_established,
    branch_id,
    meta,
    received,
    running,
)
from tests.integration.restore.given import cut, lived, log_of

ROOT = Path(__file__).parents[3]


async def at_once(site: Site, first: int, last: int) -> None:
    """One command with an event for each branch."""
    appends = [
        Append(f"branch-{branch_id(number)}", ANY, [replace(branch_established(number), meta=meta("all at once"))])
        for number in range(first, last + 1)
    ]
    await site.store.append(appends, "all at once", actor="operator")


async def killed_at(point: str, log: str, journal: str) -> int:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.faults.refill_site", log, journal, cwd=ROOT, env={**os.environ, "CRASH_AT": point}
    )
    return await asyncio.wait_for(process.wait(), 60)


@pytest.mark.parametrize(("point", "left"), [(BEFORE_REFILL_COMMIT, 4), (AFTER_REFILL_COMMIT, 504)])
async def test_a_refill_that_is_killed_is_done_again(
    site: Site, store_database: str, database: str, point: str, left: int
) -> None:
    await lived(site, 3)
    async with running(*all_roles(site)):
        await at_once(site, 10, 1309)
        await received(site, 1304)
    before = await log_of(site.source)
    await cut(site.source, 4)
    assert await killed_at(point, store_database, database) == -signal.SIGKILL
    async with site.source.acquire() as connection:
        assert await connection.fetchval("select max(position) from events") == left
        assert await is_interrupted(connection) is (left > 4)
    assert await killed_at("", store_database, database) == 0
    assert await log_of(site.source) == before


async def test_a_command_that_came_back_is_known_by_its_id_and_answers_its_sender(site: Site) -> None:
    await lived(site, 3)
    await cut(site.source, 2)
    await refilled(site)
    again = await site.store.append(
        [Append(f"branch-{branch_id(3)}", ANY, [branch_established(3)])], "establish branch 3", actor="operator"
    )
    assert (again.positions, again.duplicate) == ([4], True)
    known = await site.store.find_command("establish branch 3")
    assert known is not None
    assert (known.actor, known.positions, known.answer) == ("operator", [4], {"told": None, "version": 1})


async def test_several_that_fill_up_at_a_time_do_what_one_does(site: Site) -> None:
    await lived(site, 3)
    async with running(*all_roles(site)):
        await at_once(site, 10, 1309)
        await received(site, 1304)
    before = await log_of(site.source)
    await cut(site.source, 2)
    added = await asyncio.gather(refilled(site), refilled(site), refilled(site))
    assert sum(added) == 1302
    assert await log_of(site.source) == before


async def refilled(site: Site) -> int:
    async def ask(position: int) -> Message | None:
        async with site.target.acquire() as connection:
            return await run_covering(connection, ORIGIN.text, position)

    return await refill(site.source, ORIGIN, [MEMBERS_KEY.public], ask)
