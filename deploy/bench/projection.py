"""Projection catch-up: all projections over a year of a court many times over, beside COPY of the same events."""

import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

import asyncpg

from deploy.bench.measure import Bench, Pair, Setting
from services import reporting
from services.reporting.projections import PROJECTIONS
from shared import receiver
from shared.migrations import migrate
from shared.projection import catch_up, ensure_built
from shared.testing.databases import fresh_database
from shared.testing.journal import COLUMNS, Court, facts_of, write

ACTIVITIES: Final = 20_000
QUICK_ACTIVITIES: Final = 4_000

_ATTENDANCE: Final = "activities.attendance-recorded.v1"
_MINUTES: Final = "activities.minutes-recorded.v1"


def rows() -> list[Bench]:
    return [Bench("projection-catch-up", "events/s", ">=", 0.2, _catch_up)]


@asynccontextmanager
async def _catch_up(setting: Setting) -> AsyncIterator[Callable[[], Awaitable[Pair]]]:
    events = _events(QUICK_ACTIVITIES if setting.is_quick else ACTIVITIES)
    async with fresh_database(setting.postgres_url) as url:
        async with asyncpg.create_pool(url, min_size=1, max_size=2) as pool:
            await _prepare(pool, events)

            async def measure() -> Pair:
                return await _project(pool, len(events)), await _copy(pool, events)

            yield measure


def _events(activities: int) -> list[tuple[Any, ...]]:
    """What an import leaves: of each activity two shared and two private events."""
    court = Court()
    branches = [court.branch(order, f"第{order}党支部") for order in range(1, 10)]
    groups = [(court.group(branch, order, f"{order}组 {branch}"), branch) for branch in branches for order in (1, 2)]
    for number in range(10 * len(branches)):
        court.member(number, branches[number % len(branches)])
    for number in range(activities):
        group, branch = groups[number % len(groups)]
        day = f"{2020 + number % 5}-{number % 12 + 1:02d}-{number % 28 + 1:02d}"
        facts = facts_of(
            "party_group", group, branch, "party_group_meeting", day, title=f"党小组会 {number}", start="09:30",
            end="11:00", place="党员活动室", expected=8, present=7,
        )  # fmt: skip
        stream = court.activity(facts, str(number))
        private = {"enc": "A256GCM", "key": "k" * 36, "iv": "i" * 16, "ct": "c" * 400}
        court.activities.event(stream, _ATTENDANCE, {"absences": private})
        court.activities.event(stream, _MINUTES, {"minutes": private})
    return [*court.members.rows, *court.activities.rows]


async def _prepare(pool: asyncpg.Pool, events: list[tuple[Any, ...]]) -> None:
    async with pool.acquire() as connection:
        for package, scope in ((receiver, "receiver"), (reporting, "reporting")):
            await migrate(connection, Path(str(package.__file__)).parent / "migrations", scope)
        await write(connection, events)
        await connection.execute("create table copied (like journal including indexes)")
        await connection.execute("vacuum analyze journal")


async def _project(pool: asyncpg.Pool, events: int) -> float:
    for projection in PROJECTIONS:
        await pool.execute(f"drop schema if exists {projection.schema} cascade")
        await ensure_built(pool, projection)
    began = time.perf_counter()
    for projection in PROJECTIONS:
        await catch_up(pool, projection)
    return events / (time.perf_counter() - began)


async def _copy(pool: asyncpg.Pool, events: list[tuple[Any, ...]]) -> float:
    await pool.execute("truncate copied")
    async with pool.acquire() as connection:
        began = time.perf_counter()
        await connection.copy_records_to_table("copied", records=events, columns=COLUMNS)
        return len(events) / (time.perf_counter() - began)
