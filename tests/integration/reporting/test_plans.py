"""Hot statements go by an index, whatever the number of rows."""

from collections.abc import AsyncIterator
from datetime import date

import asyncpg
import pytest

from services.reporting.projections import ACTIVITIES, PROJECTIONS
from services.reporting.queries.activities import _LIST
from services.reporting.queries.campaigns import _SESSIONS
from services.reporting.queries.figures import _BY_KIND, _COUNTS, _YEARS
from services.reporting.queries.joint import _LISTS, _MEETINGS, _PROBLEMS
from services.reporting.queries.joint_view import _BESIDE
from services.reporting.queries.obligations import _HELD
from shared.projection import catch_up, ensure_built
from shared.projection.batch import _FROM_JOURNAL
from shared.projection.schema import Connection
from shared.testing.journal import Court, facts_of
from tests.integration.reporting.joint_court import listed, met, other, own, partner, problem

ORIGIN = "hai2/activities/log/1"


@pytest.fixture
async def ten_years(reporting_pool: asyncpg.Pool) -> AsyncIterator[Connection]:
    court = Court()
    branch = court.branch(1, "第一党支部")
    one = partner(court, "甲县人民法院", None, "basic")
    for number in range(3000):
        day = f"{2015 + number % 10}-{number % 12 + 1:02d}-{number % 28 + 1:02d}"
        if number % 2:
            stream = met(court, day, (own(branch), 8), (other(one), 5), title=f"联建 {number}")
            listed(court, stream, (own(branch), [branch]))
            problem(court, f"问题 {number}", day)
        court.activity(facts_of("branch", branch, branch, "lecture", day, title=f"讲堂 {number}"))
    async with reporting_pool.acquire() as connection:
        await court.write(connection)
    for projection in PROJECTIONS:
        await ensure_built(reporting_pool, projection)
        await catch_up(reporting_pool, projection)
    async with reporting_pool.acquire() as connection:
        await connection.execute("analyze")
        yield connection


async def plan(connection: Connection, statement: str, *arguments: object) -> str:
    return "\n".join(row[0] for row in await connection.fetch(f"explain {statement}", *arguments))


async def test_a_batch_reads_the_journal_by_its_key(ten_years: Connection) -> None:
    await ten_years.execute("set search_path to proj_activities, public")
    statement = _FROM_JOURNAL + ACTIVITIES.statements[0]
    found = await plan(ten_years, statement, "hai2", 1 << 40, ORIGIN, 100, 150, list(ACTIVITIES.types))
    assert "journal_pkey" in found
    assert "Seq Scan" not in found


@pytest.mark.parametrize(
    ("statement", "arguments"),
    [
        (_BY_KIND, ("hai2", 2024, date(2026, 1, 1))),
        (_COUNTS, ("hai2", 2024, date(2026, 1, 1))),
        (_HELD, ("hai2", 2024)),
        (
            _LIST,
            (
                "hai2",
                date(1, 1, 1),
                "",
                date(2024, 2, 1),
                date(2024, 2, 29),
                None,
                None,
                None,
                None,
                None,
                ["held"],
                None,
                None,
                None,
                None,
                51,
            ),
        ),
    ],
)
async def test_figures_of_a_year_read_that_year_only(
    ten_years: Connection, statement: str, arguments: tuple[object, ...]
) -> None:
    assert "activities_in_order" in await plan(ten_years, statement, *arguments)


@pytest.mark.parametrize(
    ("statement", "arguments", "index"),
    [
        (_MEETINGS, ("hai2", date(2024, 1, 1), date(2024, 12, 31)), "activities_joint"),
        (_PROBLEMS, ("hai2", date(2024, 1, 1), date(2024, 12, 31), date(2026, 1, 1)), "problems_in_order"),
        (_BESIDE, ("hai2", 2024, date(2026, 1, 1)), "activities_in_order"),
        (_SESSIONS, ("hai2", 2024, date(2026, 1, 1)), "activities_in_order"),
        (_LISTS, ("hai2", ["00000000-0000-0000-0000-000000000001"]), "participants_pkey"),
    ],
)
async def test_joint_construction_of_a_year_reads_that_year_only(
    ten_years: Connection, statement: str, arguments: tuple[object, ...], index: str
) -> None:
    found = await plan(ten_years, statement, *arguments)
    assert index in found
    assert "Seq Scan" not in found


async def test_the_years_are_found_without_reading_every_activity(ten_years: Connection) -> None:
    assert "Seq Scan on activities" not in await plan(ten_years, _YEARS, "hai2")
    assert [row["year"] for row in await ten_years.fetch(_YEARS, "hai2")] == list(range(2024, 2014, -1))
