"""The same joint activity recorded by two courts counts once, as soon as a person whose affair it is says so."""

from datetime import date

import asyncpg
import pytest

from services.reporting.queries.duplicates import Duplicates, JointFigures, duplicates_of
from shared.contracts.activities import ACTIVITY_CANCELLED, ActivityCancelled
from shared.contracts.cross_court import DUPLICATE_CONFIRMED, DUPLICATE_REJECTED, DUPLICATE_WITHDRAWN
from tests.integration.reporting.joint_court import met, other, own, partner
from tests.integration.reporting.linked_court import CITY, SHAN, YUN, Linked, claimed, decided, projected, record

LATER = date(2025, 3, 1)


async def found_in(pool: asyncpg.Pool, linked: Linked, period: str | int = 2024, as_of: date = LATER) -> Duplicates:
    await projected(pool, *linked.courts)
    async with pool.acquire() as connection:
        return await duplicates_of(connection, linked.sites, period, as_of)


async def test_until_a_person_confirms_both_records_count_and_the_suspicion_stands_beside(
    reporting_pool: asyncpg.Pool,
) -> None:
    linked = Linked()
    ours, theirs = linked.twice()
    linked.meets(linked.shan, "2024-09-02", CITY, None, "执行会商", (3, 4))
    found = await found_in(reporting_pool, linked)
    together = found.figures(linked.sites)
    assert together == JointFigures(joint=3, suspected=1, participations=6, seats=12 + 9 + 10 + 3 + 4)
    assert together.words == "3（疑似重复 1）"
    [asked] = found.suspected
    assert (asked.first, asked.second, asked.days_apart) == (ours, theirs, 1)
    branches = linked.branches
    assert asked.mirrored == (("shan3", branches["shan3"][0]), ("yun4", branches["yun4"][1]))
    assert found.figures(["shan3"]) == JointFigures(2, 0, 4, 28)
    assert found.figures(["yun4"]).words == "1"


async def test_confirmed_it_counts_once_with_each_branch_as_its_own_court_recorded_it(
    reporting_pool: asyncpg.Pool,
) -> None:
    linked = Linked()
    ours, theirs = linked.twice()
    decided(linked.city, DUPLICATE_CONFIRMED, theirs, ours)
    found = await found_in(reporting_pool, linked)
    [one] = found.confirmed
    assert [part.seats for part in one.parts] == [10, 12]
    assert one.counted.key == theirs
    assert found.figures(linked.sites) == JointFigures(joint=1, suspected=0, participations=2, seats=22)
    assert found.figures(["shan3"]) == JointFigures(1, 0, 2, 21)
    assert found.figures(["hai2", "yun4"]) == JointFigures(1, 0, 2, 10)


async def test_found_to_be_two_they_count_as_two_and_are_asked_about_no_more(reporting_pool: asyncpg.Pool) -> None:
    linked = Linked()
    decided(linked.high, DUPLICATE_REJECTED, *linked.twice())
    assert (await found_in(reporting_pool, linked)).figures(linked.sites).words == "2"


async def test_a_withdrawn_decision_is_none(reporting_pool: asyncpg.Pool) -> None:
    linked = Linked()
    pair = linked.twice()
    decided(linked.city, DUPLICATE_CONFIRMED, *pair)
    decided(linked.city, DUPLICATE_WITHDRAWN, *pair)
    assert (await found_in(reporting_pool, linked)).figures(linked.sites).words == "2（疑似重复 1）"


async def test_a_court_decides_only_about_records_of_itself_and_of_courts_below_it(
    reporting_pool: asyncpg.Pool,
) -> None:
    linked = Linked()
    decided(linked.shan, DUPLICATE_CONFIRMED, *linked.twice())
    assert (await found_in(reporting_pool, linked)).figures(linked.sites).words == "2（疑似重复 1）"


@pytest.mark.parametrize(("above", "below", "words"), [
    (DUPLICATE_REJECTED, DUPLICATE_CONFIRMED, "2"),
    (DUPLICATE_CONFIRMED, DUPLICATE_REJECTED, "1"),
    (DUPLICATE_WITHDRAWN, DUPLICATE_CONFIRMED, "1"),
])  # fmt: skip
async def test_of_two_courts_that_decide_the_upper_one_counts(
    reporting_pool: asyncpg.Pool, above: str, below: str, words: str
) -> None:
    linked = Linked()
    pair = linked.twice()
    decided(linked.high, above, *pair)
    decided(linked.city, below, *pair)
    assert (await found_in(reporting_pool, linked)).figures(linked.sites).words == words


async def test_a_partner_that_is_claimed_is_mirrored_though_it_is_called_otherwise(
    reporting_pool: asyncpg.Pool,
) -> None:
    linked = Linked()
    linked.meets(linked.shan, "2024-05-16", "云溪法院", "二支部", "巡回审判进社区", (12, 9))
    linked.meets(linked.yun, "2024-05-16", SHAN, None, "巡回审判进社区", (10, None), 1)
    assert (await found_in(reporting_pool, linked)).suspected == ()
    short = partner(linked.shan, "云溪法院", "二支部", "basic")
    claimed(linked.city, "shan3", short, "yun4", linked.branches["yun4"][1])
    assert len((await found_in(reporting_pool, linked)).suspected) == 1


async def test_three_courts_that_recorded_one_activity_are_one_after_two_confirmations(
    reporting_pool: asyncpg.Pool,
) -> None:
    linked = Linked()
    records = []
    for court, names in ((linked.city, (SHAN, YUN)), (linked.shan, (CITY, YUN)), (linked.yun, (CITY, SHAN))):
        there = [(other(partner(court, name, None, "basic")), 99) for name in names]
        here = own(linked.branches[court.site][0])
        records.append(record(court, met(court, "2024-07-01", (here, 5), *there, title="三院联学")))
    assert (await found_in(reporting_pool, linked)).figures(linked.sites) == JointFigures(3, 2, 9, 15 + 6 * 99)
    decided(linked.city, DUPLICATE_CONFIRMED, records[0], records[1])
    decided(linked.high, DUPLICATE_CONFIRMED, records[1], records[2])
    found = await found_in(reporting_pool, linked)
    assert found.figures(linked.sites) == JointFigures(1, 0, 3, 15)
    assert found.figures(["hai2", "yun4"]) == JointFigures(1, 0, 3, 10 + 99)
    assert [one.key for one in found.confirmed[0].records] == records


async def test_at_the_turn_of_the_year_it_counts_in_the_year_of_the_record_that_counts(
    reporting_pool: asyncpg.Pool,
) -> None:
    linked = Linked()
    ours = linked.meets(linked.shan, "2024-12-31", YUN, None, "辞旧迎新", (1, 1))
    theirs = linked.meets(linked.yun, "2025-01-01", SHAN, None, "辞旧迎新", (1, 1))
    both = [(await found_in(reporting_pool, linked, year)).figures(linked.sites).words for year in (2024, 2025)]
    assert both == ["1", "1"]
    assert len((await found_in(reporting_pool, linked, 2024)).suspected) == 1
    decided(linked.city, DUPLICATE_CONFIRMED, theirs, ours)
    both = [(await found_in(reporting_pool, linked, year)).figures(linked.sites).words for year in (2024, 2025)]
    assert both == ["0", "1"]


async def test_a_record_that_was_cancelled_counts_nowhere_and_the_other_stands(reporting_pool: asyncpg.Pool) -> None:
    linked = Linked()
    ours, theirs = linked.twice()
    decided(linked.city, DUPLICATE_CONFIRMED, ours, theirs)
    linked.shan.activities.event(f"activity-{ours[1]}", ACTIVITY_CANCELLED, ActivityCancelled(cause="duplicate"))
    found = await found_in(reporting_pool, linked)
    assert found.figures(linked.sites) == JointFigures(1, 0, 2, 10)


@pytest.mark.parametrize(("period", "as_of", "words"), [
    ("2024-H1", LATER, "2（疑似重复 1）"),
    ("2024-Q3", LATER, "0"),
    ("2024-05", LATER, "2（疑似重复 1）"),
    ("2024", date(2024, 5, 16), "1"),
])  # fmt: skip
async def test_a_period_and_a_day_bound_what_is_counted(
    reporting_pool: asyncpg.Pool, period: str, as_of: date, words: str
) -> None:
    linked = Linked()
    linked.twice()
    assert (await found_in(reporting_pool, linked, period, as_of)).figures(linked.sites).words == words
