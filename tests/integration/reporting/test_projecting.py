"""Batches, fences, rebuilds beside, and the role that keeps projections up to date."""

import asyncio
from collections.abc import Callable
from dataclasses import replace

import asyncpg
import pytest

from services.reporting.projections import ACTIVITIES, PROJECTIONS, UNITS
from services.reporting.queries.answers import completeness
from shared.contracts.activities import ACTIVITY_CORRECTED, ACTIVITY_HELD
from shared.projection import CursorMoved, apply_batch, catch_up, cursors, ensure_built, project_role, rebuild
from shared.projection import status as projection_status
from shared.projection.batch import _move_cursor
from shared.projection.live import NEAR, bring_up, look, question_of
from shared.status import RoleStatus
from shared.testing.journal import Court, facts_of, write, write_openings


def court_with(activities: int) -> Court:
    court = Court()
    branch = court.branch(1, "第一党支部")
    for number in range(activities):
        court.activity(facts_of("branch", branch, branch, "lecture", "2024-02-20", title=f"讲堂 {number}"))
    return court


async def until(reached: Callable[[], bool]) -> None:
    while not reached():  # noqa: ASYNC110 - counters set no event
        await asyncio.sleep(0.02)


async def count(pool: asyncpg.Pool) -> int:
    return int(await pool.fetchval("select count(*) from proj_activities.activities"))


async def test_two_projectors_at_once_lose_nothing_and_double_nothing(reporting_pool: asyncpg.Pool) -> None:
    court = court_with(300)
    async with reporting_pool.acquire() as connection:
        await court.write(connection)
    await ensure_built(reporting_pool, ACTIVITIES)
    moved = await asyncio.gather(*(catch_up(reporting_pool, ACTIVITIES, limit=7) for _ in range(3)))
    moved.append(await catch_up(reporting_pool, ACTIVITIES))
    assert sum(moved) == 600
    assert await count(reporting_pool) == 300


async def test_a_cursor_that_another_projector_moved_keeps_nothing_of_the_batch(reporting_pool: asyncpg.Pool) -> None:
    await ensure_built(reporting_pool, ACTIVITIES)
    async with reporting_pool.acquire() as connection:
        await connection.execute("set search_path to proj_activities, public")
        await connection.execute("insert into cursors values ('hai2/activities/log/1', 5)")
        with pytest.raises(CursorMoved):
            await _move_cursor(connection, "hai2/activities/log/1", 4, 9)
        await connection.execute("reset search_path")
        assert await cursors(connection, "proj_activities") == {"hai2/activities/log/1": 5}


UNREADABLE = "activity-00000000-0000-0000-0000-000000000009"


def unreadable_among(activities: int) -> Court:
    """A date and a number that no statement can cast, superseded before they are asked for where batches are long."""
    court = Court()
    branch = court.branch(1, "第一党支部")
    good = facts_of("branch", branch, branch, "lecture", "2024-02-20").model_dump(mode="json")
    court.activities.event(UNREADABLE, ACTIVITY_HELD, {"facts": good | {"date": "２０２４"}})
    for number in range(activities):
        court.activity(facts_of("branch", branch, branch, "lecture", "2024-02-20", title=f"讲堂 {number}"))
        if number == activities // 2:
            court.activities.event(UNREADABLE, ACTIVITY_HELD, {"facts": good | {"present": "十"}})
    court.activities.event(UNREADABLE, ACTIVITY_CORRECTED, {"facts": good})
    return court


@pytest.mark.parametrize("limit", [1, 3, 10_000])
async def test_an_event_that_cannot_be_cast_is_passed_over_and_stops_nothing(
    reporting_pool: asyncpg.Pool, limit: int
) -> None:
    court = unreadable_among(20)
    async with reporting_pool.acquire() as connection:
        await court.write(connection)
    for projection in PROJECTIONS:
        await ensure_built(reporting_pool, projection)
        await catch_up(reporting_pool, projection, limit=limit)
    assert await count(reporting_pool) == 21
    passed = await reporting_pool.fetch("select origin, position from proj_activities.passed_over order by position")
    assert [tuple(one) for one in passed] == [("hai2/activities/log/1", n) for n in (1, 24)]
    superseded = await reporting_pool.fetchrow(
        "select date, state from proj_activities.activities where activity_id = $1", UNREADABLE[9:]
    )
    assert superseded is not None
    assert tuple(superseded) == ("2024-02-20", None)
    rebuilt = await rebuild(reporting_pool, ACTIVITIES, limit=7)
    assert rebuilt.differences == ()
    async with reporting_pool.acquire() as connection:
        assert await cursors(connection, "proj_activities") == {"hai2/activities/log/1": 43}
        assert (await projection_status(connection, [ACTIVITIES])).passed_over == {"activities": 2}
        assert [one["passed_over"] for one in await completeness(connection, "hai2")] == [2, 0]


async def test_an_opening_that_cannot_be_cast_is_passed_over_like_any_event(reporting_pool: asyncpg.Pool) -> None:
    court = unreadable_among(2)
    opened = [court.activities.withheld(position) for position in (1, 2)]
    async with reporting_pool.acquire() as connection:
        await court.write(connection)
        await ensure_built(reporting_pool, ACTIVITIES)
        await catch_up(reporting_pool, ACTIVITIES)
        await write_openings(connection, opened)
    await catch_up(reporting_pool, ACTIVITIES)
    passed = await reporting_pool.fetch("select position from proj_activities.passed_over order by position")
    assert [one["position"] for one in passed] == [1, 6]
    assert await count(reporting_pool) == 3
    assert (await rebuild(reporting_pool, ACTIVITIES)).differences == ()


async def test_a_changed_definition_is_rebuilt_beside_and_swapped_in(reporting_pool: asyncpg.Pool) -> None:
    court = court_with(3)
    async with reporting_pool.acquire() as connection:
        await court.write(connection)
    older = replace(UNITS, statements=UNITS.statements[:1])
    await ensure_built(reporting_pool, older)
    await catch_up(reporting_pool, older)
    assert await reporting_pool.fetchval("select count(*) from proj_units.branches") == 0
    await ensure_built(reporting_pool, UNITS)
    assert await reporting_pool.fetchval("select count(*) from proj_units.branches") == 1


async def test_readers_with_a_prepared_query_are_not_interrupted_by_a_rebuild(reporting_pool: asyncpg.Pool) -> None:
    court = court_with(400)
    async with reporting_pool.acquire() as connection:
        await court.write(connection)
    await ensure_built(reporting_pool, ACTIVITIES)
    await catch_up(reporting_pool, ACTIVITIES)
    stop, seen = asyncio.Event(), []

    async def read() -> None:
        while not stop.is_set():
            seen.append(await count(reporting_pool))

    readers = [asyncio.create_task(read()) for _ in range(2)]
    for _ in range(3):
        await rebuild(reporting_pool, ACTIVITIES, limit=50)
    stop.set()
    await asyncio.gather(*readers)
    assert set(seen) == {400}


async def test_a_rebuild_while_events_arrive_misses_none(reporting_pool: asyncpg.Pool) -> None:
    court = court_with(300)
    await ensure_built(reporting_pool, ACTIVITIES)

    async def arrive() -> None:
        for first in range(0, 600, 60):
            async with reporting_pool.acquire() as connection:
                await write(connection, court.activities.rows[first : first + 60])
            await catch_up(reporting_pool, ACTIVITIES, limit=25)

    arriving = asyncio.create_task(arrive())
    while not arriving.done():
        rebuilt = await rebuild(reporting_pool, ACTIVITIES, limit=40)
        assert rebuilt.differences == ()
    await arriving
    await catch_up(reporting_pool, ACTIVITIES)
    assert await count(reporting_pool) == 300


async def test_the_role_builds_projects_what_arrives_and_ends_when_told(reporting_pool: asyncpg.Pool) -> None:
    stop, status, court = asyncio.Event(), RoleStatus("project"), court_with(4)
    role = asyncio.create_task(project_role(reporting_pool, PROJECTIONS, stop, status))
    async with reporting_pool.acquire() as connection:
        await court.write(connection)
        await connection.execute("select pg_notify('journal', '')")
    async with asyncio.timeout(30):
        await until(lambda: status.counts.get("explanations", 0) >= 8)
    assert await count(reporting_pool) == 4
    stop.set()
    await asyncio.wait_for(role, 30)


async def test_a_few_events_reach_all_projections_of_a_log_in_one_transaction(reporting_pool: asyncpg.Pool) -> None:
    async with reporting_pool.acquire() as connection:
        for projection in PROJECTIONS:
            await ensure_built(reporting_pool, projection)
        await court_with(4).write(connection)
        news = await look(connection, PROJECTIONS, question_of(PROJECTIONS))
        assert {one.projection.name: one.is_concerned for one in news if one.projection.service == "activities"} == {
            "activities": True, "explanations": False, "joint": False, "brands": False,
            "periods": False, "cross_court": False,
        }  # fmt: skip
        assert await bring_up(connection, news) == []
        moved = [
            row
            for one in news
            for row in await connection.fetch(
                f"select position, xmin::text from {one.projection.schema}.cursors where origin = $1", one.origin
            )
            if one.projection.service == "activities"
        ]
        assert [row["position"] for row in moved] == [8] * 6
        assert len({row["xmin"] for row in moved}) == 1
        assert await look(connection, PROJECTIONS, question_of(PROJECTIONS)) == []
    assert await count(reporting_pool) == 4


async def test_what_another_projector_took_first_is_not_projected_twice(reporting_pool: asyncpg.Pool) -> None:
    async with reporting_pool.acquire() as connection:
        await ensure_built(reporting_pool, ACTIVITIES)
        await court_with(4).write(connection)
        news = await look(connection, [ACTIVITIES], question_of([ACTIVITIES]))
        await catch_up(reporting_pool, ACTIVITIES, limit=3)
        assert await bring_up(connection, news) == news
        assert await cursors(connection, "proj_activities") == {"hai2/activities/log/1": 8}


async def test_many_events_and_openings_go_the_careful_way(reporting_pool: asyncpg.Pool) -> None:
    court = court_with(NEAR // 2)
    async with reporting_pool.acquire() as connection:
        await ensure_built(reporting_pool, ACTIVITIES)
        await court.write(connection)
        news = await look(connection, [ACTIVITIES], question_of([ACTIVITIES]))
        assert [(one.events, one.is_far) for one in news] == [(NEAR, True)]
        assert await bring_up(connection, news) == news
    assert await count(reporting_pool) == 0


async def test_the_role_passes_over_what_cannot_be_read(reporting_pool: asyncpg.Pool) -> None:
    stop, status = asyncio.Event(), RoleStatus("project")
    role = asyncio.create_task(project_role(reporting_pool, PROJECTIONS, stop, status))
    async with reporting_pool.acquire() as connection:
        await unreadable_among(4).write(connection)
        await connection.execute("select pg_notify('journal', '')")
    async with asyncio.timeout(60):
        await until(lambda: all(status.counts.get(name, 0) >= 11 for name in ("activities", "joint", "explanations")))
    stop.set()
    await asyncio.wait_for(role, 30)
    passed = await reporting_pool.fetch("select position from proj_activities.passed_over order by position")
    assert [row["position"] for row in passed] == [1, 8]
    assert await count(reporting_pool) == 5


async def test_the_role_survives_losing_its_connections(reporting_pool: asyncpg.Pool) -> None:
    stop, status, court = asyncio.Event(), RoleStatus("project"), court_with(4)
    role = asyncio.create_task(project_role(reporting_pool, PROJECTIONS, stop, status))
    async with asyncio.timeout(60):
        await until(lambda: "explanations" in status.counts)
        await reporting_pool.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity"
            " where datname = current_database() and pid <> pg_backend_pid()"
        )
        async with reporting_pool.acquire() as connection:
            await court.write(connection)
        await until(lambda: status.counts.get("explanations", 0) >= 8)
    stop.set()
    await asyncio.wait_for(role, 30)
    assert await count(reporting_pool) == 4


async def test_a_batch_of_none_moves_nothing(reporting_pool: asyncpg.Pool) -> None:
    await ensure_built(reporting_pool, UNITS)
    async with reporting_pool.acquire() as connection:
        assert await apply_batch(connection, UNITS, UNITS.schema, "hai2/members/log/1", 10) == 0
