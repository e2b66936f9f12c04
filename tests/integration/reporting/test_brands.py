"""Brands count once whoever owns them; their steps stand until they are returned; who has to move next is said."""

from datetime import date
from typing import Any

import asyncpg
import orjson
import pytest

from services.reporting import queries
from services.reporting.projections import PROJECTIONS
from shared.contracts import brands as told
from shared.contracts.ids import natural_id, party_committee_id
from shared.projection import catch_up, ensure_built
from shared.testing.journal import Court, facts_of
from tests.integration.reporting.joint_court import brand, other, own, partner, stepped

SITE = "hai2"
LATER = date(2025, 3, 1)


async def projected(pool: asyncpg.Pool, court: Court) -> None:
    async with pool.acquire() as connection:
        await court.write(connection)
    for projection in PROJECTIONS:
        await ensure_built(pool, projection)
        await catch_up(pool, projection)


async def report(pool: asyncpg.Pool, year: int = 2024, as_of: date = LATER) -> tuple[int, int]:
    found = orjson.loads((await queries.report(pool, SITE, year, as_of)).body)["report"]
    return found["brands"], found["unknown_brands"]


async def brands(pool: asyncpg.Pool, year: int = 2024, as_of: date = LATER) -> dict[str, Any]:
    return dict(orjson.loads((await queries.brands(pool, SITE, year, as_of)).body))


def step_names(found: dict[str, Any]) -> list[list[str]]:
    return [list(row["brand"]["steps"]) for row in found["brands"]]


async def test_a_brand_of_two_courts_counts_once_and_one_without_a_name_counts_too(
    reporting_pool: asyncpg.Pool,
) -> None:
    court = Court()
    branch = court.branch(1, "第一党支部")
    brand(court, "温情调解", own(branch), other(partner(court, "甲县人民法院", None, "basic")))
    brand(court, None, own(branch), main=False)
    await projected(reporting_pool, court)
    assert await report(reporting_pool) == (2, 1)


async def test_a_brand_counts_from_its_first_step_until_it_is_revoked_and_never_once_undone(
    reporting_pool: asyncpg.Pool,
) -> None:
    court = Court()
    branch = court.branch(1, "第一党支部", since="2022-01-01")
    revoked = brand(court, "甲", own(branch))
    stepped(court, revoked, submit="2023-03-01")
    court.activities.event(f"brand-{revoked}", told.BRAND_REVOKED, {"date": "2024-06-01"})
    undone = brand(court, "乙", own(branch))
    stepped(court, undone, submit="2023-03-01")
    court.activities.event(f"brand-{undone}", told.BRAND_UNDONE, {})
    stepped(court, brand(court, "丙", own(branch)), submit=None)
    await projected(reporting_pool, court)
    assert [await report(reporting_pool, year) for year in (2022, 2023, 2024)] == [(1, 0), (2, 0), (1, 0)]


async def test_a_returned_step_takes_back_those_behind_it_until_they_are_taken_again(
    reporting_pool: asyncpg.Pool,
) -> None:
    court = Court()
    branch = court.branch(1, "第一党支部", since="2022-01-01")
    one = brand(court, "甲", own(branch))
    stepped(court, one, submit="2023-03-01", recognise="2023-04-01", cultivate="2023-05-01")
    court.activities.event(f"brand-{one}", told.BRAND_RETURNED, {"step": "recognise", "date": "2023-06-01"})
    await projected(reporting_pool, court)
    found = await brands(reporting_pool)
    assert step_names(found) == [["submit"]]
    assert (found["brands"][0]["next_step"], found["coverage"]) == ("recognise", {"covered": 0, "branches": 1})

    before = len(court.activities.rows)
    stepped(court, one, recognise="2023-07-01")
    await _more(reporting_pool, court, before)
    found = await brands(reporting_pool)
    assert step_names(found) == [["submit", "recognise"]]
    assert (found["brands"][0]["brand"]["steps"]["recognise"], found["coverage"]["covered"]) == ("2023-07-01", 1)


async def test_a_brand_stated_again_after_it_was_undone_has_none_of_its_former_steps_and_evidence(
    reporting_pool: asyncpg.Pool,
) -> None:
    court = Court()
    branch = court.branch(1, "第一党支部", since="2022-01-01")
    one = brand(court, "甲", own(branch))
    stepped(court, one, submit="2023-03-01", recognise="2023-04-01")
    shown(court, one, "2023-05-01")
    court.activities.event(f"brand-{one}", told.BRAND_UNDONE, {})
    brand(court, "甲", own(branch))
    stepped(court, one, submit="2024-03-01")
    await projected(reporting_pool, court)
    found = await brands(reporting_pool)
    assert step_names(found) == [["submit"]]
    assert (found["brands"][0]["brand"]["pieces"], found["brands"][0]["brand"]["last_evidence"]) == (0, None)


async def test_a_brand_registered_again_after_it_was_revoked_begins_from_the_first_step(
    reporting_pool: asyncpg.Pool,
) -> None:
    court = Court()
    branch = court.branch(1, "第一党支部", since="2022-01-01")
    one = brand(court, "甲", own(branch))
    stepped(court, one, submit="2023-03-01", recognise="2023-04-01")
    shown(court, one, "2023-05-01")
    court.activities.event(f"brand-{one}", told.BRAND_REVOKED, {"date": "2023-06-01"})
    brand(court, "甲", own(branch))
    stepped(court, one, submit="2024-03-01")
    await projected(reporting_pool, court)
    found = await brands(reporting_pool)
    assert step_names(found) == [["submit"]]
    assert found["brands"][0]["brand"]["pieces"] == 0


async def test_children_stand_under_their_parent_and_what_has_not_moved_for_180_days_is_stale(
    reporting_pool: asyncpg.Pool,
) -> None:
    court = Court()
    committee = str(party_committee_id(SITE))
    first, second = court.branch(1, "第一党支部"), court.branch(2, "第二党支部")
    top = brand(court, "护航铸魂", own(committee))
    moved = brand(court, "甲", own(second), parent_id=top)
    still = brand(court, "乙", own(first), parent_id=top)
    stepped(court, top, submit="2024-12-01")
    stepped(court, moved, submit="2024-01-10")
    stepped(court, still, submit="2024-01-10")
    shown(court, moved, "2024-07-04")
    shown(court, still, "2024-07-03")
    await projected(reporting_pool, court)
    found = await brands(reporting_pool)
    assert [(row["brand"]["name"], row["depth"], row["stale"]) for row in found["brands"]] == [
        ("护航铸魂", 0, False), ("乙", 1, True), ("甲", 1, False),
    ]  # fmt: skip


async def test_goals_say_how_far_they_are_and_branches_without_evidence_are_named(
    reporting_pool: asyncpg.Pool,
) -> None:
    court = Court()
    first, second = court.branch(1, "第一党支部"), court.branch(2, "第二党支部")
    one = brand(court, "甲", own(first))
    brand(court, "乙", own(second))
    goal = str(natural_id(SITE, "goal", 1))
    said = {"goal_id": goal, "indicator": "巡回审判", "target": 20, "measure": "次"}
    court.activities.event(f"brand-{one}", told.BRAND_GOAL_SET, {"goal": said})
    shown(court, one, "2024-05-01", goal_id=goal, reached=3)
    shown(court, one, "2024-09-01", goal_id=goal, reached=4)
    shown(court, one, "2025-02-01", goal_id=goal, reached=9)
    await projected(reporting_pool, court)
    found = await brands(reporting_pool)
    assert found["brands"][0]["goals"] == [35]
    assert found["brands"][0]["brand"]["last_evidence"] == "2024-09-01"
    assert found["lagging"] == [second]


async def test_only_branches_in_service_are_asked_for_a_recognised_brand(reporting_pool: asyncpg.Pool) -> None:
    court = Court()
    branches = [court.branch(order, f"第{order}党支部") for order in (1, 2, 3)]
    retired = orjson.loads(court.members.rows[-2][11])["facts"] | {"branch_kind": "retired"}
    court.members.event(
        f"branch-{branches[2]}", "members.branch-corrected.v1", {"facts": retired, "changed": ["branch_kind"]}
    )
    for one in (branches[0], branches[2]):
        stepped(court, brand(court, None, own(one), key=one), submit="2024-01-10", recognise=None)
    await projected(reporting_pool, court)
    assert (await brands(reporting_pool))["coverage"] == {"covered": 1, "branches": 2}


async def test_a_project_says_how_much_of_its_list_is_done_and_honours_which_years_in_a_row(
    reporting_pool: asyncpg.Pool,
) -> None:
    court = Court()
    branch = court.branch(1, "第一党支部", since="2018-01-01")
    project = f"party_plus_project-{natural_id(SITE, 'project', 1)}"
    facts = {"name": "驻村修复", "unit_id": branch, "start": "2024-03"}
    court.activities.event(project, told.PROJECT_STARTED, {"facts": facts})
    for number in range(4):
        item = str(natural_id(SITE, "item", number))
        court.activities.event(project, told.PROJECT_WORK_LISTED, {"item": {"item_id": item, "title": "一项"}})
        if number < 2:
            court.activities.event(project, told.PROJECT_WORK_DONE, {"item_id": item, "date": f"2024-0{number + 4}"})
        if number in (1, 3):
            court.activities.event(project, told.PROJECT_WORK_WITHDRAWN, {"item_id": item})
        if number == 1:  # done, withdrawn, and open again
            court.activities.event(project, told.PROJECT_WORK_LISTED, {"item": {"item_id": item, "title": "一项"}})
    for year in (2019, 2020, 2021, 2023):
        award(court, "先进党支部", year, told.HONOUR_AWARDED, branch)
    award(court, "先进党支部", 2022, told.HONOUR_PROPOSED, branch)
    await projected(reporting_pool, court)
    found = await brands(reporting_pool)
    assert [(one["done"], one["listed"], one["progress"]) for one in found["projects"]] == [(1, 3, 33)]
    assert [one["words"] for one in found["series"]] == ["2019—2021年连续3年；2023年；中断：2022年"]


async def test_a_person_who_was_honoured_is_not_told_of_by_id(reporting_pool: asyncpg.Pool) -> None:
    court = Court()
    branch = court.branch(1, "第一党支部")
    person = court.member(1, branch)
    award(court, "优秀党务工作者", 2024, told.HONOUR_AWARDED, person, kind="person")
    await projected(reporting_pool, court)
    answer = (await queries.brands(reporting_pool, SITE, 2024, LATER)).body.decode()
    assert "优秀党务工作者" in answer
    assert person not in answer


@pytest.mark.parametrize(("as_of", "sessions"), [(date(2024, 4, 30), 3), (LATER, 6)])
async def test_a_campaign_counts_the_sessions_that_name_it_by_kind(
    reporting_pool: asyncpg.Pool, as_of: date, sessions: int
) -> None:
    court = Court()
    branch = court.branch(1, "第一党支部")
    stream = f"campaign-{natural_id(SITE, 'campaign', 1)}"
    facts = {"name": "党纪学习教育", "issuer": "海角市委", "start": "2024-04-01", "end": "2024-07-31"}
    court.activities.event(stream, told.CAMPAIGN_OPENED, {"facts": facts})
    for kind, number in (("study_seminar", 3), ("thematic_lesson", 2), ("cautionary_education", 1)):
        for day in range(number):
            named = ("党纪学习教育", "警示月") if kind == "cautionary_education" else ("党纪学习教育",)
            month = {"study_seminar": "04"}.get(kind, "05")
            court.activity(facts_of("branch", branch, branch, kind, f"2024-{month}-{day + 10}", campaigns=named))
    await projected(reporting_pool, court)
    found = orjson.loads((await queries.campaigns(reporting_pool, SITE, 2024, as_of)).body)["campaigns"]
    assert (found[0]["name"], found[0]["issuer"], found[0]["sessions"]) == ("党纪学习教育", "海角市委", sessions)
    if as_of == LATER:
        assert list(found[0]["kinds"].items()) == [
            ("thematic_lesson", 2), ("study_seminar", 3), ("cautionary_education", 1),
        ]  # fmt: skip
        assert [(one["name"], one["first_day"], one["sessions"]) for one in found[1:]] == [("警示月", None, 1)]


def shown(court: Court, brand_id: str, day: str, **more: Any) -> None:
    evidence = {"evidence_id": str(natural_id(SITE, "evidence", brand_id, day)), "date": day, **more}
    court.activities.event(f"brand-{brand_id}", told.BRAND_EVIDENCE_RECORDED, {"evidence": evidence})


def award(court: Court, title: str, year: int, kind_of_event: str, subject: str, kind: str = "unit") -> None:
    facts = {"title": title, "subject_kind": kind, "subject_id": subject, "date": f"{year}-07-01"}
    court.activities.event(f"honour-{natural_id(SITE, 'honour', title, year)}", kind_of_event, {"facts": facts})


async def _more(pool: asyncpg.Pool, court: Court, before: int) -> None:
    rest = Court()
    rest.members.rows, rest.activities.rows = [], court.activities.rows[before:]
    async with pool.acquire() as connection:
        await rest.write(connection)
    for projection in PROJECTIONS:
        await catch_up(pool, projection)
