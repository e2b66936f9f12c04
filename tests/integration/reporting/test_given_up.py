"""An epoch that follows on an earlier position: what lay beyond it counts no more, and nothing counts twice."""

import asyncio

import asyncpg

from services.reporting.projections import ACTIVITIES
from shared.projection import catch_up, cursors, ensure_built, project_role
from shared.status import RoleStatus
from shared.testing.journal import COLUMNS, Court, facts_of

FIRST, SECOND = "hai2/activities/log/1", "hai2/activities/log/2"


def court_with_three() -> tuple[Court, str]:
    """Three activities, two events each."""
    court = Court()
    branch = court.branch(1, "第一党支部")
    for title in ("一", "二", "三"):
        court.activity(facts_of("branch", branch, branch, "lecture", "2024-02-20", title=title))
    return court, branch


async def begin_second_epoch(pool: asyncpg.Pool, branch: str) -> None:
    """It follows on position 2: the second and the third activity were lost, the second was typed in again."""
    again = Court()
    again.branch(1, "第一党支部")
    again.activity(facts_of("branch", branch, branch, "lecture", "2024-02-20", title="二"))
    rows = [(SECOND, row[1] + 2, *row[2:]) for row in again.activities.rows]
    async with pool.acquire() as connection:
        await connection.copy_records_to_table("journal", records=rows, columns=COLUMNS)


async def positions(pool: asyncpg.Pool) -> dict[str, int]:
    async with pool.acquire() as connection:
        return await cursors(connection, ACTIVITIES.schema)


async def count(pool: asyncpg.Pool) -> int:
    return int(await pool.fetchval("select count(*) from proj_activities.activities"))


async def test_nothing_beyond_the_position_kept_is_projected(reporting_pool: asyncpg.Pool) -> None:
    court, branch = court_with_three()
    async with reporting_pool.acquire() as connection:
        await court.write(connection)
    await begin_second_epoch(reporting_pool, branch)
    await ensure_built(reporting_pool, ACTIVITIES)
    await catch_up(reporting_pool, ACTIVITIES)
    assert await positions(reporting_pool) == {FIRST: 2, SECOND: 4}
    assert await count(reporting_pool) == 2


async def test_what_was_projected_before_it_was_given_up_is_taken_out(reporting_pool: asyncpg.Pool) -> None:
    court, branch = court_with_three()
    async with reporting_pool.acquire() as connection:
        await court.write(connection)
    await ensure_built(reporting_pool, ACTIVITIES)
    await catch_up(reporting_pool, ACTIVITIES)
    assert await count(reporting_pool) == 3
    await begin_second_epoch(reporting_pool, branch)
    stop = asyncio.Event()
    role = asyncio.create_task(project_role(reporting_pool, [ACTIVITIES], stop, RoleStatus("project")))
    while await positions(reporting_pool) != {FIRST: 2, SECOND: 4}:  # noqa: ASYNC110 - a role's progress sets no event
        await asyncio.sleep(0.05)
    assert await count(reporting_pool) == 2
    stop.set()
    await role
