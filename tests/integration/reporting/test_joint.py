"""What joint construction counts: agreements in force, partners under one name, activities once, seats added up."""

from datetime import date
from typing import Any

import asyncpg
import orjson
import pytest

from services.reporting import queries
from services.reporting.projections import PROJECTIONS
from shared.contracts.activities import ACTIVITY_CANCELLED, ActivityCancelled
from shared.contracts.joint import JOINT_AGREEMENT_UNDONE, PARTNER_SEPARATED, PARTNER_UNDONE
from shared.projection import catch_up, ensure_built
from shared.testing.journal import Court, facts_of, write
from tests.integration.reporting.joint_court import (
    agreement,
    ended,
    listed,
    merged,
    met,
    other,
    own,
    partner,
    problem,
    solved,
)

SITE = "hai2"
LATER = date(2025, 3, 1)


async def projected(pool: asyncpg.Pool, court: Court) -> None:
    async with pool.acquire() as connection:
        await court.write(connection)
    for projection in PROJECTIONS:
        await ensure_built(pool, projection)
        await catch_up(pool, projection)


async def report(pool: asyncpg.Pool, year: int = 2024, as_of: date = LATER) -> dict[str, Any]:
    return dict(orjson.loads((await queries.report(pool, SITE, year, as_of)).body)["report"])


async def joint(pool: asyncpg.Pool, year: int = 2024, as_of: date = LATER) -> dict[str, Any]:
    return dict(orjson.loads((await queries.joint(pool, SITE, year, as_of)).body))


async def test_a_viewing_by_four_branches_is_one_activity_with_four_parts_43_seats_and_41_people(
    reporting_pool: asyncpg.Pool,
) -> None:
    court = Court()
    branches = [court.branch(order, f"第{order}党支部") for order in range(1, 5)]
    people = [court.member(number, branches[number % 4]) for number in range(41)]
    seats = (12, 9, 7, 15)
    viewing = met(court, "2024-07-08", *((own(one), n) for one, n in zip(branches, seats, strict=True)))
    # Two persons stand on two lists: the last of the third and the first of the fourth list.
    lists = (people[:12], people[12:21], people[21:28], people[26:41])
    listed(court, viewing, *((own(one), names) for one, names in zip(branches, lists, strict=True)))
    await projected(reporting_pool, court)
    found = await joint(reporting_pool)
    assert {key: found["figures"][key] for key in ("joint", "participations", "seats")} == {
        "joint": 1, "participations": 4, "seats": 43,
    }  # fmt: skip
    assert (found["people"], found["activities_with_lists"], found["own_seats"]) == (41, 1, 43)


async def test_25_partnerships_of_9_branches_with_24_partners_are_2_67_partners_and_2_78_partnerships_a_branch(
    reporting_pool: asyncpg.Pool,
) -> None:
    court = Court()
    branches = [court.branch(order, f"第{order}党支部") for order in range(1, 10)]
    partners = [partner(court, f"海角{number}县人民法院", "第一党支部", "basic") for number in range(24)]
    for number, one in enumerate(partners):
        agreement(court, f"{number}号", branches[number % 9], one)
    agreement(court, "24号", branches[1], partners[0])
    await projected(reporting_pool, court)
    found = await joint(reporting_pool)
    assert (found["figures"]["agreements"], found["figures"]["partners"], found["partnerships"]) == (25, 24, 25)
    assert found["a_branch"] == {"partners": "2.67", "partnerships": "2.78"}
    assert found["coverage"] == {"covered": 9, "branches": 9, "uncovered": []}


async def test_an_alias_counts_as_the_partner_it_was_merged_into_until_they_are_separated(
    reporting_pool: asyncpg.Pool,
) -> None:
    court = Court()
    branch = court.branch(1, "第一党支部")
    full, short = (partner(court, name, None, "high") for name in ("海角省高级人民法院", "海角省高院"))
    agreement(court, "1号", branch, full)
    agreement(court, "2号", branch, short)
    merged(court, short, full)
    await projected(reporting_pool, court)
    found = await report(reporting_pool)
    assert (found["agreements"], found["partners"], found["partner_levels"]) == (2, 1, {"high": 1})
    listed_once = (await joint(reporting_pool))["pairs"]
    assert [(one["partner_id"], len(one["agreements"])) for one in listed_once] == [(full, 2)]

    court.activities.event(f"partner-{short}", PARTNER_SEPARATED, {})
    async with reporting_pool.acquire() as connection:
        await write(connection, court.activities.rows[-1:])
    for projection in PROJECTIONS:
        await catch_up(reporting_pool, projection)
    assert (await report(reporting_pool))["partners"] == 2


@pytest.mark.parametrize(
    ("signed", "term", "over", "years"),
    [
        ("2023-03-01", 24, None, [2023, 2024, 2025]),
        ("2023-01-01", 12, None, [2023]),
        ("2023-06", 12, None, [2023, 2024]),
        ("2023-03-01", None, None, [2023, 2024, 2025, 2026]),
        ("2023-03-01", 36, "2024-02-29", [2023, 2024]),
        ("2023-03-01", 24, "unknown", [2023, 2024, 2025]),
        ("2023-03-01", None, "unknown", [2023]),
        (None, None, None, [2022, 2023, 2024, 2025, 2026]),
    ],
)
async def test_an_agreement_counts_in_the_years_in_which_it_was_in_force_at_some_time(
    reporting_pool: asyncpg.Pool, signed: str | None, term: int | None, over: str | None, years: list[int]
) -> None:
    court = Court()
    branch = court.branch(1, "第一党支部", since="2020-01-01")
    one = partner(court, "海角省高级人民法院", None, "high")
    made = agreement(court, "1号", branch, one, signed=signed, agreement_term_months=term)
    if over is not None:
        ended(court, made, None if over == "unknown" else over)
    await projected(reporting_pool, court)
    asked = {year: await report(reporting_pool, year, date(2026, 12, 31)) for year in range(2022, 2027)}
    assert [year for year, found in asked.items() if (found["agreements"], found["partners"]) == (1, 1)] == years


async def test_an_agreement_or_partner_that_was_undone_is_absent(reporting_pool: asyncpg.Pool) -> None:
    court = Court()
    branch = court.branch(1, "第一党支部")
    stays, goes = (partner(court, name, None, "basic") for name in ("甲县人民法院", "乙县人民法院"))
    agreement(court, "1号", branch, stays, goes)
    undone = agreement(court, "2号", branch, stays)
    court.activities.event(f"agreement-{undone}", JOINT_AGREEMENT_UNDONE, {})
    court.activities.event(f"partner-{goes}", PARTNER_UNDONE, {})
    await projected(reporting_pool, court)
    found = await report(reporting_pool)
    assert (found["agreements"], found["partners"]) == (1, 1)


async def test_joint_counts_activities_of_that_kind_only_and_others_that_serve_it_stand_beside(
    reporting_pool: asyncpg.Pool,
) -> None:
    court = Court()
    branch = court.branch(1, "第一党支部")
    one = partner(court, "甲县人民法院", None, "basic")
    met(court, "2024-05-06", (own(branch), 8), (other(one), None))
    cancelled = met(court, "2024-05-07", (own(branch), 8), (other(one), 5))
    court.activities.event(cancelled, ACTIVITY_CANCELLED, ActivityCancelled(cause="not_held"))
    met(court, "2025-01-06", (own(branch), 8), (other(one), 5))
    court.activity(facts_of("branch", branch, branch, "theme_party_day", "2024-06-05", also_serves=("joint_activity",)))
    await projected(reporting_pool, court)
    found = await joint(reporting_pool)
    figures = found["figures"]
    assert (figures["joint"], figures["participations"], figures["seats"]) == (1, 2, 8)
    assert (found["unstated_seats"], found["own_seats"], found["people"]) == (1, 8, None)
    assert found["also_serving"] == {"theme_party_day": 1}
    assert found["contacts"] == 1
    assert found["partnerships"] == 0


async def test_a_corrected_activity_keeps_nothing_of_its_former_parts(reporting_pool: asyncpg.Pool) -> None:
    court = Court()
    branch = court.branch(1, "第一党支部")
    one, two = (partner(court, name, None, "basic") for name in ("甲县人民法院", "乙县人民法院"))
    stream = met(court, "2024-05-06", (own(branch), 8), (other(one), 5), (other(two), 4))
    facts = orjson.loads(court.activities.rows[-2][11])["facts"]
    del facts["joint"]["participations"][1]
    court.activities.event(stream, "activities.activity-corrected.v2", {"facts": facts, "changed": ["joint"]})
    await projected(reporting_pool, court)
    found = await joint(reporting_pool)
    assert (found["figures"]["participations"], found["figures"]["seats"]) == (2, 12)
    assert [pair["partner_id"] for pair in found["pairs"]] == [two]


async def test_problems_are_those_raised_in_the_year_and_solved_by_the_day_asked_for(
    reporting_pool: asyncpg.Pool,
) -> None:
    court = Court()
    solved(court, problem(court, "执行难案件会商", "2024-05-06"))
    solved(court, problem(court, "诉前调解衔接", "2024-11-06"), "2025-01-20")
    problem(court, "送达难", "2024-06", due="2024-12-31")
    problem(court, "要素式审判", "2024-07-01", due="2025-12-31")
    solved(court, problem(court, "去年的问题", "2023-12-31"), "2024-02-01")
    await projected(reporting_pool, court)
    in_december = await report(reporting_pool, as_of=date(2024, 12, 31))
    assert (in_december["problems"], in_december["solved"]) == (4, 1)
    in_march = await joint(reporting_pool)
    assert (in_march["figures"]["problems"], in_march["figures"]["solved"]) == (4, 2)
    assert [one["state"] for one in in_march["problems"]] == ["solved", "overdue", "open", "solved"]


async def test_a_partnership_sleeps_after_180_days_without_an_activity_whatever_the_year(
    reporting_pool: asyncpg.Pool,
) -> None:
    court = Court()
    branch = court.branch(1, "第一党支部", since="2023-01-01")
    names = ("甲县人民法院", "乙县人民法院", "丙县人民法院")
    awake, asleep, over = (partner(court, name, None, "basic") for name in names)
    agreement(court, "1号", branch, awake, asleep, signed="2023-01-01")
    agreement(court, "2号", branch, over, signed="2023-01-01", agreement_term_months=13)
    met(court, "2023-10-04", (own(branch), 8), (other(awake), 5))
    met(court, "2023-10-03", (own(branch), 8), (other(asleep), 5))
    await projected(reporting_pool, court)
    found = await joint(reporting_pool, as_of=date(2024, 3, 31))
    assert {pair["partner_id"]: pair["dormant"] for pair in found["pairs"]} == {
        awake: False, asleep: True, over: False,
    }  # fmt: skip


async def test_partners_of_a_line_without_an_agreement_are_suggested_to_the_branches_of_that_line(
    reporting_pool: asyncpg.Pool,
) -> None:
    court = Court()
    first, second = court.branch(1, "第一党支部"), court.branch(2, "第二党支部")
    bound = partner(court, "甲县人民法院", "第一党支部", "basic", "刑事审判")
    agreement(court, "1号", first, bound)
    agreement(court, "2号", second, partner(court, "甲县人民法院", "第二党支部", "basic", "民事审判"))
    free = partner(court, "乙县人民法院", "第一党支部", "basic", "刑事审判")
    partner(court, "乙县人民法院", "第二党支部", "basic")
    await projected(reporting_pool, court)
    found = await joint(reporting_pool)
    assert found["suggested"] == {first: [free]}
    assert found["business_lines"]["刑事审判"] == {"known": 2, "bound": 1, "levels": {"basic": 1}}
    assert list(found["directions"].items()) == [("upper", 0), ("lower", 2), ("peer", 0), ("outside", 0)]
