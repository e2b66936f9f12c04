"""However origins interleave, batches are cut and events are delivered again, the tables are the same."""

import asyncio
from random import Random
from typing import Any

import asyncpg
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.reporting.projections import PROJECTIONS
from services.reporting.projections.joint import PARTICIPANTS_LISTED
from shared.contracts import brands, cross_court, joint, links, periods
from shared.contracts.activities import (
    ACTIVITY_CANCELLED,
    ACTIVITY_CORRECTED,
    ACTIVITY_HELD,
    ACTIVITY_RECORDED,
    OBLIGATION_EXPLAINED,
    OBLIGATION_EXPLANATION_WITHDRAWN,
)
from shared.contracts.members import (
    BRANCH_COMMITTEE_DISSOLVED,
    BRANCH_COMMITTEE_FORMED,
    BRANCH_CORRECTED,
    BRANCH_ESTABLISHED,
    MEMBERSHIP_CORRECTED,
    MEMBERSHIP_RECORDED,
    PARTY_GROUP_DISSOLVED,
    PARTY_GROUP_FORMED,
)
from shared.projection import Projection, apply_batch, ensure_built
from shared.testing.journal import Log, empty, write

UNIT = st.sampled_from(["u1", "u2"])
DAY = st.sampled_from(["2024", "2024-02", "2024-02-20", "2024-11-05"])
FULL_DAY = st.sampled_from(["2024-01-01", "2024-07-01"])
NAME = st.sampled_from(["甲", "乙", "丙"])

PART_OF_DAY = st.sampled_from(["2024", "2024-02", "2024-02-20"])
MAYBE_DAY = st.one_of(st.none(), PART_OF_DAY)


def facts(**fields: Any) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({"facts": st.fixed_dictionaries(fields)})


def either(*kinds: str, **fields: Any) -> st.SearchStrategy[tuple[str, dict[str, Any]]]:
    return st.tuples(st.sampled_from(kinds), st.fixed_dictionaries(fields))


def stating(*kinds: str, **fields: Any) -> st.SearchStrategy[tuple[str, dict[str, Any]]]:
    return st.tuples(st.sampled_from(kinds), facts(**fields))


PARTY = st.fixed_dictionaries({"party_kind": st.sampled_from(["own_unit", "partner"]), "party_id": UNIT})
PART = st.fixed_dictionaries({"lead": PARTY, "participations": st.lists(st.fixed_dictionaries({"party": PARTY}))})
ACTIVITY = facts(
    kind=st.sampled_from(["lecture", "joint_activity"]), date=DAY, title=NAME, unit_id=UNIT, joint=st.none() | PART
)
OF_JOINT = st.one_of(
    stating(joint.PARTNER_REGISTERED, joint.PARTNER_CORRECTED, organisation=NAME, level=st.just("basic")),
    either(joint.PARTNER_MERGED, into=UNIT),
    either(joint.PARTNER_SEPARATED, joint.PARTNER_UNDONE, joint.JOINT_AGREEMENT_UNDONE, joint.JOINT_PROBLEM_REOPENED,
        joint.JOINT_AGREEMENT_RESUMED),
    stating(
        joint.JOINT_AGREEMENT_PROPOSED, joint.JOINT_AGREEMENT_SIGNED, joint.JOINT_AGREEMENT_CORRECTED,
        proposer=PARTY, parties=st.lists(PARTY), signed=MAYBE_DAY,
        agreement_term_months=st.sampled_from([None, 1, 24, "many"]),
    ),
    either(joint.JOINT_AGREEMENT_ENDED, cause=st.just("expired"), effective_to=MAYBE_DAY),
    stating(joint.JOINT_PROBLEM_RAISED, joint.JOINT_PROBLEM_CORRECTED, subject=NAME, raised_on=PART_OF_DAY),
    either(joint.JOINT_PROBLEM_SOLVED, solved_on=MAYBE_DAY),
    either(PARTICIPANTS_LISTED, lists=st.lists(st.fixed_dictionaries({"party": PARTY, "person_ids": st.lists(UNIT)}))),
)  # fmt: skip
STEP = st.sampled_from(list(brands.BRAND_STEPS))
OF_BRANDS = st.one_of(
    stating(brands.BRAND_REGISTERED, brands.BRAND_CORRECTED, name=NAME, owners=st.lists(PARTY), main=st.booleans()),
    either(brands.BRAND_STEP_COMPLETED, brands.BRAND_STEP_CORRECTED, step=STEP, date=MAYBE_DAY),
    either(brands.BRAND_RETURNED, step=STEP, date=PART_OF_DAY),
    either(brands.BRAND_REVOKED, brands.BRAND_UNDONE, brands.HONOUR_REVOKED, date=PART_OF_DAY),
    either(brands.BRAND_GOAL_SET, goal=st.fixed_dictionaries({"goal_id": UNIT, "indicator": NAME})),
    either(brands.BRAND_GOAL_WITHDRAWN, goal_id=UNIT),
    either(brands.BRAND_EVIDENCE_RECORDED, evidence=st.fixed_dictionaries({"evidence_id": UNIT, "date": PART_OF_DAY})),
    either(brands.BRAND_EVIDENCE_WITHDRAWN, evidence_id=UNIT),
    either(brands.MAIN_BRAND_TAKEN, brands.MAIN_BRAND_RELEASED, brand_id=UNIT),
    stating(brands.PROJECT_STARTED, brands.PROJECT_CORRECTED, name=NAME, unit_id=UNIT, start=MAYBE_DAY),
    either(brands.PROJECT_WORK_LISTED, item=st.fixed_dictionaries({"item_id": UNIT, "title": NAME})),
    either(brands.PROJECT_WORK_DONE, brands.PROJECT_WORK_WITHDRAWN, item_id=UNIT, date=PART_OF_DAY),
    either(brands.PROJECT_COMPLETED, brands.PROJECT_UNDONE, date=PART_OF_DAY),
    stating(brands.CAMPAIGN_OPENED, brands.CAMPAIGN_CORRECTED, name=NAME, start=FULL_DAY),
    stating(brands.HONOUR_PROPOSED, brands.HONOUR_AWARDED, title=NAME, date=st.sampled_from(["2024", "x"])),
)
PERIOD = st.sampled_from(["2024", "2024-H1"])
OF_PERIODS = st.one_of(
    either(periods.PERIOD_SUBMITTED, periods.PERIOD_REOPENED, periods.PERIOD_UNLOCKED, period=PERIOD, reason=NAME),
    either(periods.PERIOD_LOCKED, period=PERIOD, as_of=st.sampled_from(["2025-01-02", "soon"]), courts=st.just([])),
    st.tuples(
        st.just(ACTIVITY_CORRECTED),
        st.fixed_dictionaries({"facts": st.just({"date": "2024-05"}), "changed": st.just(["date"])}),
    ),
)
RECORD = st.fixed_dictionaries({"site": st.just("hai2"), "activity_id": UNIT})
OF_CROSS_COURT = st.one_of(
    either(
        cross_court.DUPLICATE_CONFIRMED, cross_court.DUPLICATE_REJECTED, cross_court.DUPLICATE_WITHDRAWN,
        first=RECORD, second=RECORD,
    ),
    either(cross_court.PARTNER_CLAIMED, cross_court.PARTNER_CLAIM_WITHDRAWN, recorded_by=UNIT, partner_id=UNIT),
)  # fmt: skip
OF_LINKS = st.one_of(
    either(
        links.SITE_JOINED, peer=UNIT, role=st.sampled_from(["upper", "lower"]),
        statement=st.fixed_dictionaries({"lower": st.fixed_dictionaries({"name": NAME})}),
        official_order=st.sampled_from([None, 3]),
    ),
    either(links.LINK_SUSPENDED, links.LINK_RESUMED, links.LINK_REVOKED, peer=UNIT, grounds=NAME),
)  # fmt: skip
KEY = st.fixed_dictionaries(
    {"unit_id": UNIT, "obligation": st.just("theme_party_day"), "period": st.sampled_from(["2024-01", "2024-02"])}
)
BRANCH = facts(name=NAME, branch_kind=st.just("in_service"), official_order=st.integers(1, 3), effective_from=FULL_DAY)
GROUP = facts(group_id=UNIT, name=NAME, official_order=st.integers(1, 3), effective_from=FULL_DAY)
MEMBERSHIP = facts(person_id=UNIT, branch_id=UNIT, member_kind=st.just("full_member"), effective_from=FULL_DAY)

OF_ACTIVITIES = st.one_of(
    st.tuples(st.sampled_from([ACTIVITY_HELD, ACTIVITY_CORRECTED]), ACTIVITY),
    st.tuples(st.just(ACTIVITY_RECORDED), st.fixed_dictionaries({"entry": st.sampled_from(["timely", "late_entry"])})),
    st.tuples(st.just(ACTIVITY_CANCELLED), st.just({"cause": "duplicate"})),
    st.tuples(
        st.sampled_from([OBLIGATION_EXPLAINED, OBLIGATION_EXPLANATION_WITHDRAWN]), st.fixed_dictionaries({"key": KEY})
    ),
    OF_JOINT,
    OF_BRANDS,
    OF_PERIODS,
    OF_CROSS_COURT,
    st.tuples(st.just("activities.attendance-recorded.v1"), st.just({"unread": 1})),
)
OF_MEMBERS = st.one_of(
    st.tuples(st.sampled_from([BRANCH_ESTABLISHED, BRANCH_CORRECTED]), BRANCH),
    st.tuples(st.just(BRANCH_COMMITTEE_FORMED), st.fixed_dictionaries({"effective_from": FULL_DAY})),
    st.tuples(st.just(BRANCH_COMMITTEE_DISSOLVED), st.fixed_dictionaries({"effective_to": FULL_DAY})),
    st.tuples(st.just(PARTY_GROUP_FORMED), GROUP),
    st.tuples(st.just(PARTY_GROUP_DISSOLVED), st.fixed_dictionaries({"group_id": UNIT, "effective_to": FULL_DAY})),
    st.tuples(st.sampled_from([MEMBERSHIP_RECORDED, MEMBERSHIP_CORRECTED]), MEMBERSHIP),
    OF_LINKS,
)
ORIGINS = {
    "hai2/activities/log/1": OF_ACTIVITIES,
    "hai2/activities/log/2": OF_ACTIVITIES,
    "shan3/activities/log/1": OF_ACTIVITIES,
    "hai2/members/log/1": OF_MEMBERS,
    "shan3/members/log/1": OF_MEMBERS,
}
LOGS = st.fixed_dictionaries(
    {origin: st.lists(st.tuples(st.integers(1, 2), events), max_size=12) for origin, events in ORIGINS.items()}
)


def logs_of(drawn: dict[str, list[tuple[int, tuple[str, dict[str, Any]]]]]) -> list[Log]:
    logs = []
    for origin, events in drawn.items():
        log = Log(origin)
        for stream, (kind, data) in events:
            log.event(f"thing-00000000-0000-0000-0000-00000000000{stream}", kind, data)
        logs.append(log)
    return logs


async def tables(pool: asyncpg.Pool, projection: Projection) -> dict[str, list[tuple[Any, ...]]]:
    return {
        table: sorted((tuple(row) for row in await pool.fetch(f"select * from {projection.schema}.{table}")), key=repr)
        for table in projection.tables
    }


async def afresh(pool: asyncpg.Pool) -> None:
    for projection in PROJECTIONS:
        await pool.execute(f"drop schema if exists {projection.schema} cascade")
        await ensure_built(pool, projection)


async def in_random_order(pool: asyncpg.Pool, projection: Projection, logs: list[Log], random: Random) -> None:
    left = {log.origin: len(log.rows) for log in logs if log.rows and f"/{projection.service}/" in log.origin}
    async with pool.acquire() as connection:
        while left:
            origin = random.choice(sorted(left))
            if random.random() < 0.2:  # everything again, from the beginning
                left[origin] = next(len(log.rows) for log in logs if log.origin == origin)
                await connection.execute(f"delete from {projection.schema}.cursors where origin = $1", origin)
            moved = await apply_batch(connection, projection, projection.schema, origin, random.choice([1, 2, 3, 7]))
            left[origin] -= moved
            if left[origin] <= 0 or not moved:  # nothing moves past the end of an epoch that was given up
                del left[origin]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(drawn=LOGS, seed=st.integers(0, 2**32))
def test_shuffled_interleavings_and_redeliveries_give_the_same_tables(
    reporting_database: str, drawn: dict[str, Any], seed: int
) -> None:
    async def scenario() -> None:
        async with asyncpg.create_pool(reporting_database, min_size=1, max_size=2) as pool:
            logs, random = logs_of(drawn), Random(seed)
            async with pool.acquire() as connection:
                await empty(connection)
                for log in logs:
                    await write(connection, log.rows)
            results = []
            for _ in range(2):
                await afresh(pool)
                for projection in PROJECTIONS:
                    await in_random_order(pool, projection, logs, random)
                results.append([await tables(pool, projection) for projection in PROJECTIONS])
            await afresh(pool)
            async with pool.acquire() as connection:
                for projection in PROJECTIONS:
                    for log in logs:
                        if f"/{projection.service}/" in log.origin:
                            await apply_batch(connection, projection, projection.schema, log.origin, 1000)
            results.append([await tables(pool, projection) for projection in PROJECTIONS])
            assert results[0] == results[2]
            assert results[1] == results[2]

    asyncio.run(scenario())
