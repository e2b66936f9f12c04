from typing import Any

import asyncpg

from services.reporting.projections import ACTIVITIES, EXPLANATIONS, MEMBERS, PROJECTIONS, UNITS
from shared.contracts.activities import (
    ACTIVITY_CANCELLED,
    ACTIVITY_CORRECTED,
    ACTIVITY_HELD,
    ACTIVITY_PLANNED,
    OBLIGATION_EXPLAINED,
    OBLIGATION_EXPLANATION_WITHDRAWN,
    ActivityCancelled,
    ActivityCorrected,
    ActivityHeld,
    ActivityPlanned,
    ObligationExplained,
    ObligationKey,
)
from shared.contracts.members import (
    BRANCH_COMMITTEE_DISSOLVED,
    MEMBERSHIP_CORRECTED,
    PARTY_GROUP_DISSOLVED,
    BranchCommitteeDissolved,
    MembershipCorrected,
    MembershipFacts,
    PartyGroupDissolved,
)
from shared.contracts.values import LowerBound
from shared.projection import catch_up, cursors, ensure_built, status
from shared.testing.journal import Court, empty, facts_of, write, write_openings

NOBODY = "00000000-0000-0000-0000-00000000000b"


async def project_all(pool: asyncpg.Pool) -> None:
    for projection in PROJECTIONS:
        await ensure_built(pool, projection)
        await catch_up(pool, projection)


async def row(pool: asyncpg.Pool, query: str, *arguments: Any) -> tuple[Any, ...]:
    found = await pool.fetchrow(query, *arguments)
    assert found is not None
    return tuple(found)


async def test_units_have_the_lifetimes_their_events_state(reporting_pool: asyncpg.Pool) -> None:
    court = Court()
    branch = court.branch(1, "第一党支部")
    group = court.group(branch, 1, "第一党支部第一党小组")
    dissolved = PartyGroupDissolved(group_id=group, effective_to="2024-06-30")
    court.members.event(f"branch-{branch}", PARTY_GROUP_DISSOLVED, dissolved)
    ended = BranchCommitteeDissolved(effective_to="2024-09-30")
    court.members.event(f"branch-{branch}", BRANCH_COMMITTEE_DISSOLVED, ended)
    async with reporting_pool.acquire() as connection:
        await court.write(connection)
    await project_all(reporting_pool)
    assert await row(reporting_pool, "select name, level from proj_units.courts") == (
        "海角市中级人民法院",
        "intermediate",
    )
    assert await row(
        reporting_pool, "select name, branch_kind, official_order, effective_from::text from proj_units.branches"
    ) == ("第一党支部", "in_service", 1, "2024-01-01")
    assert await row(reporting_pool, "select branch_id, name, official_order from proj_units.party_groups") == (
        branch,
        "第一党支部第一党小组",
        1,
    )
    changes = await reporting_pool.fetch("select change, day::text from proj_units.group_changes order by at")
    assert [tuple(change) for change in changes] == [("formed", "2024-01-01"), ("dissolved", "2024-06-30")]
    changes = await reporting_pool.fetch("select change, day::text from proj_units.committee_changes order by at")
    assert [tuple(change) for change in changes] == [("formed", "2024-01-01"), ("dissolved", "2024-09-30")]


async def test_a_corrected_membership_replaces_what_was_recorded_from_the_same_day(
    reporting_pool: asyncpg.Pool,
) -> None:
    court = Court()
    first, second = court.branch(1, "第一党支部"), court.branch(2, "第二党支部")
    person = court.member(1, first)
    facts = MembershipFacts(
        person_id=person, branch_id=second, group_id=None, member_kind="probationary_member", standing="normal",
        effective_from="2024-01-01",
    )  # fmt: skip
    corrected = MembershipCorrected(facts=facts, changed=("branch_id", "member_kind"))
    court.members.event(f"person-{person}", MEMBERSHIP_CORRECTED, corrected)
    moved = facts.model_copy(update={"branch_id": first, "effective_from": "2025-01-01"})
    later = MembershipCorrected(facts=moved, changed=("branch_id",))
    court.members.event(f"person-{person}", MEMBERSHIP_CORRECTED, later)
    async with reporting_pool.acquire() as connection:
        await court.write(connection)
    await project_all(reporting_pool)
    found = await reporting_pool.fetch(
        "select effective_from::text, branch_id, member_kind from proj_members.memberships order by 1"
    )
    assert [tuple(one) for one in found] == [
        ("2024-01-01", second, "probationary_member"),
        ("2025-01-01", first, "probationary_member"),
    ]


async def test_an_activity_is_one_row_through_its_life(reporting_pool: asyncpg.Pool) -> None:
    court = Court()
    branch = court.branch(1, "第一党支部")
    facts = facts_of(
        "branch", branch, branch, "theme_party_day", "2024-02-20", also_serves=("thematic_lesson",), expected=16,
        present=15, campaigns=("党纪学习教育",),
    )  # fmt: skip
    stream = court.activity(facts)
    moved = facts.model_copy(update={"date": "2024-03", "present": 14})
    court.activities.event(stream, ACTIVITY_CORRECTED, ActivityCorrected(facts=moved, changed=("date", "present")))
    async with reporting_pool.acquire() as connection:
        await court.write(connection)
    await project_all(reporting_pool)
    columns = "kind, also_serves, date, first_day::text, last_day::text, expected, present, campaigns, state, entry"
    assert await row(reporting_pool, f"select {columns} from proj_activities.activities") == (
        "theme_party_day", '["thematic_lesson"]', "2024-03", "2024-03-01", "2024-03-31", 16, 14, '["党纪学习教育"]',
        "recorded", "opening_import",
    )  # fmt: skip


async def test_the_last_of_planned_held_and_cancelled_is_the_state(reporting_pool: asyncpg.Pool) -> None:
    court = Court()
    branch = court.branch(1, "第一党支部")
    log = court.activities
    facts = facts_of("branch", branch, branch, "lecture", "2024")
    held = ActivityHeld(facts=facts)
    log.event("activity-00000000-0000-0000-0000-000000000001", ACTIVITY_PLANNED, ActivityPlanned(facts=facts))
    log.event("activity-00000000-0000-0000-0000-000000000002", ACTIVITY_HELD, held)
    log.event("activity-00000000-0000-0000-0000-000000000003", ACTIVITY_HELD, held)
    cancelled = ActivityCancelled(cause="duplicate")
    log.event("activity-00000000-0000-0000-0000-000000000003", ACTIVITY_CANCELLED, cancelled)
    async with reporting_pool.acquire() as connection:
        await court.write(connection)
    await project_all(reporting_pool)
    found = await reporting_pool.fetch(
        "select right(activity_id, 1) as which, state, first_day::text, last_day::text"
        " from proj_activities.activities order by 1"
    )
    assert [tuple(one) for one in found] == [
        ("1", "planned", "2024-01-01", "2024-12-31"),
        ("2", "held", "2024-01-01", "2024-12-31"),
        ("3", "cancelled", "2024-01-01", "2024-12-31"),
    ]


async def test_a_lower_bound_keeps_the_words_of_the_office(reporting_pool: asyncpg.Pool) -> None:
    court = Court()
    bound = LowerBound(at_least=20, words="20余次")
    court.activity(facts_of("party_committee", NOBODY, None, "legal_outreach", "2024", occurrences=bound))
    async with reporting_pool.acquire() as connection:
        await court.write(connection)
    await project_all(reporting_pool)
    found = await row(reporting_pool, "select at_least, at_least_words from proj_activities.activities")
    assert found == (20, "20余次")


async def test_a_withdrawn_explanation_no_longer_stands(reporting_pool: asyncpg.Pool) -> None:
    court = Court()
    for period in ("2024-02", "2024-03"):
        key = ObligationKey(unit_kind="branch", unit_id=NOBODY, obligation="theme_party_day", period=period)
        court.activities.event(f"obligation-{period}", OBLIGATION_EXPLAINED, ObligationExplained(key=key))
    court.activities.event("obligation-2024-03", OBLIGATION_EXPLANATION_WITHDRAWN, ObligationExplained(key=key))
    async with reporting_pool.acquire() as connection:
        await court.write(connection)
    await project_all(reporting_pool)
    found = await reporting_pool.fetch(
        "select period, stands from proj_explanations.explained_obligations order by period"
    )
    assert [tuple(one) for one in found] == [("2024-02", True), ("2024-03", False)]


async def test_a_withheld_event_is_passed_and_projected_once_it_is_opened(reporting_pool: asyncpg.Pool) -> None:
    court = Court()
    branch = court.branch(1, "第一党支部")
    court.activity(facts_of("branch", branch, branch, "lecture", "2024-02-20"))
    hidden = court.activities.withheld(1)
    async with reporting_pool.acquire() as connection:
        await court.write(connection)
    await project_all(reporting_pool)
    assert await row(reporting_pool, "select kind, state from proj_activities.activities") == (None, "recorded")
    async with reporting_pool.acquire() as connection:
        await write_openings(connection, [hidden])
    await project_all(reporting_pool)
    assert await row(reporting_pool, "select kind, state from proj_activities.activities") == ("lecture", "recorded")
    assert await reporting_pool.fetchval("select count(*) from proj_activities.opened") == 1


async def test_a_later_epoch_wins_whichever_is_projected_first(reporting_pool: asyncpg.Pool) -> None:
    court, later = Court(), Court()
    later.activities.origin = "hai2/activities/log/2"
    old = facts_of("branch", NOBODY, NOBODY, "lecture", "2024-02-20", title="讲堂", present=10)
    court.activities.event("activity-1", ACTIVITY_HELD, ActivityHeld(facts=old))
    court.activities.event("activity-1", ACTIVITY_HELD, ActivityHeld(facts=old))
    new = old.model_copy(update={"present": 12})
    later.activities.event("activity-1", ACTIVITY_CORRECTED, ActivityCorrected(facts=new, changed=("present",)))
    later.activities.rows = [(row[0], row[1] + 2, *row[2:]) for row in later.activities.rows]
    for order in ((later, court), (court, later)):
        async with reporting_pool.acquire() as connection:
            await empty(connection)
            await connection.execute("drop schema if exists proj_activities cascade")
        for one in order:
            async with reporting_pool.acquire() as connection:
                await write(connection, one.activities.rows)
            await ensure_built(reporting_pool, ACTIVITIES)
            await catch_up(reporting_pool, ACTIVITIES)
        assert await row(reporting_pool, "select present, state from proj_activities.activities") == (12, "held")


async def test_status_says_how_far_each_projection_is_behind(reporting_pool: asyncpg.Pool) -> None:
    court = Court()
    court.branch(1, "第一党支部")
    async with reporting_pool.acquire() as connection:
        await court.write(connection)
        before = await status(connection, [UNITS, MEMBERS])
    assert before.outdated == ("units", "members")
    assert before.behind == 3
    await project_all(reporting_pool)
    async with reporting_pool.acquire() as connection:
        after = await status(connection, PROJECTIONS)
        assert await cursors(connection, "proj_units") == {"hai2/members/log/1": 3}
        assert await cursors(connection, EXPLANATIONS.schema) == {}
    assert after.outdated == ()
    assert after.behind == 0
