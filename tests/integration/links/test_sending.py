"""A lower site's journal goes up: whole, in order, withheld where it must be, until the upper site has it."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import asyncpg

from shared.links.access import LinkAccess, forget_access, write_access
from shared.links.uplink import uplink_role
from shared.receiver.receiving import Outcome
from tests.integration.links.lower import (
    ACTIVITY,
    ATTENDANCE,
    BRANCH,
    LOWER,
    UPPER,
    Growing,
    joined,
    log_of,
    uplinking,
)
from tests.integration.links.upper import Upper
from tests.integration.messaging.given import running, until

MEMBERS, ACTIVITIES = "shi99/members/log/1", "shi99/activities/log/1"


async def two_logs(pool: asyncpg.Pool, **more: Any) -> tuple[Growing, Growing]:
    """The own logs with something in each, and the link to the upper site."""
    members, activities = log_of(pool, MEMBERS), log_of(pool, ACTIVITIES)
    members.add(1200)
    activities.add(30, ACTIVITY)
    await members.keep()
    await activities.keep(run=7)
    await joined(pool, LOWER, UPPER, "upper", MEMBERS, 3, **more)
    return members, activities


def sending(pool: asyncpg.Pool, folder: Path, **more: Any) -> Any:
    return lambda stop: uplink_role(uplinking(pool, folder, **more), stop)


async def rows_of(pool: asyncpg.Pool, origin: str) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in await pool.fetch("select * from journal where origin = $1 order by position", origin)]


async def notes_of(pool: asyncpg.Pool, origin: str) -> list[tuple[Any, ...]]:
    query = "select first, last, note from runs where origin = $1 order by first"
    return [tuple(row) for row in await pool.fetch(query, origin)]


async def countersigned(pool: asyncpg.Pool) -> dict[str, int]:
    return {row["origin"]: row["have"] for row in await pool.fetch("select origin, have from countersignatures")}


async def sent_to(pool: asyncpg.Pool) -> dict[str, int]:
    return {row["origin"]: row["sent_to"] for row in await pool.fetch("select origin, sent_to from uplink_cursors")}


async def alarms(pool: asyncpg.Pool) -> dict[str, str]:
    query = "select origin, alarm from uplink_states where alarm is not null"
    return {row["origin"]: row["alarm"] for row in await pool.fetch(query)}


async def test_the_history_goes_up_at_once_and_is_countersigned(
    lower: asyncpg.Pool, upper: Upper, folder: Path
) -> None:
    await two_logs(lower)
    assert await countersigned(lower) == {}
    async with running(sending(lower, folder), upper.role):
        await until(lambda: countersigned(lower), {MEMBERS: 1200, ACTIVITIES: 30})
    for origin in (MEMBERS, ACTIVITIES):
        assert await rows_of(upper.pool, origin) == await rows_of(lower, origin)
        assert await notes_of(upper.pool, origin) == await notes_of(lower, origin)
    assert await sent_to(lower) == {MEMBERS: 1200, ACTIVITIES: 30}
    assert set(upper.outcomes) <= {Outcome.APPENDED, Outcome.HELD}


async def test_what_is_recorded_now_follows(lower: asyncpg.Pool, upper: Upper, folder: Path) -> None:
    members, _ = await two_logs(lower)
    async with running(sending(lower, folder), upper.role):
        await until(lambda: upper.have(MEMBERS), 1200)
        for _ in range(5):
            members.add(2)
            await members.keep()
        await until(lambda: upper.have(MEMBERS), 1210)
    assert await rows_of(upper.pool, MEMBERS) == await rows_of(lower, MEMBERS)


async def test_private_and_agreed_families_go_without_their_contents(
    lower: asyncpg.Pool, upper: Upper, folder: Path
) -> None:
    log = log_of(lower, ACTIVITIES)
    for family in (ACTIVITY, ATTENDANCE, BRANCH, "activities.not_known_here", ACTIVITY):
        log.add(1, family)
    await log.keep()
    await joined(lower, LOWER, UPPER, "upper", MEMBERS, 3, withheld=[BRANCH])
    async with running(sending(lower, folder), upper.role):
        await until(lambda: upper.have(ACTIVITIES), 5)
    arrived = await rows_of(upper.pool, ACTIVITIES)
    assert [row[9] for row in arrived] == [f"{ACTIVITY}-noted.v1", None, None, None, f"{ACTIVITY}-noted.v1"]
    assert [row[:5] for row in arrived] == [row[:5] for row in await rows_of(lower, ACTIVITIES)]
    bodies = b"".join(body for kind, _, body in upper.messages if kind == "run")
    assert b'"number":1' in bodies
    assert b'"number":2' not in bodies
    assert b'"number":3' not in bodies


async def test_an_upper_site_that_lost_everything_gets_it_again(
    lower: asyncpg.Pool, upper: Upper, folder: Path
) -> None:
    await two_logs(lower)
    async with running(sending(lower, folder), upper.role):
        await until(lambda: countersigned(lower), {MEMBERS: 1200, ACTIVITIES: 30})
        await upper.lose_everything()
        await until(lambda: upper.have(MEMBERS), 1200)
        await until(lambda: upper.have(ACTIVITIES), 30)
    assert await rows_of(upper.pool, MEMBERS) == await rows_of(lower, MEMBERS)
    assert await countersigned(lower) == {MEMBERS: 1200, ACTIVITIES: 30}


async def test_a_suspended_link_sends_nothing_until_it_is_resumed(
    lower: asyncpg.Pool, upper: Upper, folder: Path
) -> None:
    members, _ = await two_logs(lower)
    async with running(sending(lower, folder), upper.role):
        await until(lambda: upper.have(MEMBERS), 1200)
        await lower.execute("update linked_sites set state = 'suspended'")
        members.add(1)
        await members.keep()
        await until(lambda: lower.fetchval("select connected from uplink_connections"), False)
        assert await sent_to(lower) == {MEMBERS: 1200, ACTIVITIES: 30}
        await lower.execute("update linked_sites set state = 'joined'")
        await until(lambda: upper.have(MEMBERS), 1201)


async def test_only_a_link_whose_access_lies_there_and_is_joined_is_used(
    lower: asyncpg.Pool, upper: Upper, tmp_path: Path, access: LinkAccess
) -> None:
    members, _ = await two_logs(lower)
    links = tmp_path / "links"
    parts = uplinking(lower, links)
    async with running(lambda stop: uplink_role(parts, stop), upper.role):
        write_access(links, access.model_copy(update={"state": "pending"}))
        await until(_looked_twice(parts), True)
        assert parts.statuses == {}
        write_access(links, access)
        await until(lambda: upper.have(MEMBERS), 1200)
        forget_access(links, UPPER)
        await until(lambda: _names(parts), [])
        members.add(1)
        await members.keep()
        assert await sent_to(lower) == {MEMBERS: 1200, ACTIVITIES: 30}
        write_access(links, access)
        await until(lambda: upper.have(MEMBERS), 1201)


async def _names(parts: Any) -> list[str]:
    return sorted(parts.statuses)


def _looked_twice(parts: Any) -> Any:
    ages: list[float] = []

    async def looked() -> bool:
        ages.append(parts.status.last_looked_age or 0.0)
        return sum(later < earlier for earlier, later in pairwise(ages)) >= 2

    return looked
