"""A unit that ended and began again owes what it owed in both of its lives."""

from datetime import date

import asyncpg
import orjson

from services.reporting import queries
from services.reporting.projections import PROJECTIONS
from shared.contracts.members import (
    PARTY_GROUP_CORRECTED,
    PARTY_GROUP_DISSOLVED,
    PARTY_GROUP_FORMED,
    PartyGroupCorrected,
    PartyGroupDissolved,
    PartyGroupFacts,
    PartyGroupFormed,
)
from shared.projection import catch_up, ensure_built
from shared.testing.journal import Court

SITE, LATER = "hai2", date(2026, 3, 1)


def a_group_of_two_lives() -> Court:
    """From 2024-01 (first stated as from 2024-03) to 2024-06, and again from 2025-04."""
    court = Court()
    branch = court.branch(1, "第一党支部", since="2023-01-01")
    group = court.group(branch, 1, "第一党小组", since="2024-03-01")
    facts = PartyGroupFacts(group_id=group, name="第一党小组", official_order=1, effective_from="2024-01-01")
    stream = f"branch-{branch}"
    corrected = PartyGroupCorrected(facts=facts, changed=("effective_from",))
    court.members.event(stream, PARTY_GROUP_CORRECTED, corrected)
    court.members.event(stream, PARTY_GROUP_DISSOLVED, PartyGroupDissolved(group_id=group, effective_to="2024-06-30"))
    again = facts.model_copy(update={"effective_from": "2025-04-01", "name": "新第一党小组"})
    court.members.event(stream, PARTY_GROUP_FORMED, PartyGroupFormed(facts=again))
    return court


async def owed(pool: asyncpg.Pool, year: int) -> list[str]:
    answer = orjson.loads((await queries.obligations(pool, SITE, year, LATER)).body)
    return [one["period"] for one in answer["obligations"] if one["obligation"] == "party_group_meeting"]


async def test_a_group_formed_again_owes_its_meetings_in_both_lives_and_none_between(
    reporting_pool: asyncpg.Pool,
) -> None:
    async with reporting_pool.acquire() as connection:
        await a_group_of_two_lives().write(connection)
    for projection in PROJECTIONS:
        await ensure_built(reporting_pool, projection)
        await catch_up(reporting_pool, projection, limit=2)
    assert await owed(reporting_pool, 2024) == [f"2024-{month:02d}" for month in range(1, 7)]
    assert await owed(reporting_pool, 2025) == [f"2025-{month:02d}" for month in range(4, 13)]


async def test_the_groups_of_a_day_are_those_that_existed_on_it(reporting_pool: asyncpg.Pool) -> None:
    async with reporting_pool.acquire() as connection:
        await a_group_of_two_lives().write(connection)
    for projection in PROJECTIONS:
        await ensure_built(reporting_pool, projection)
        await catch_up(reporting_pool, projection)
    groups = {}
    for day in (date(2024, 6, 30), date(2024, 7, 1), date(2025, 3, 31), date(2025, 4, 1)):
        answer = orjson.loads((await queries.units(reporting_pool, SITE, day.year, day)).body)
        groups[day.isoformat()] = [group["name"] for branch in answer["branches"] for group in branch["groups"]]
    assert groups == {
        "2024-06-30": ["新第一党小组"],
        "2024-07-01": [],
        "2025-03-31": [],
        "2025-04-01": ["新第一党小组"],
    }
