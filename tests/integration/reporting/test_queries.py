import asyncio
from datetime import UTC, date, datetime
from typing import Any

import asyncpg
import orjson
import pytest

from services.reporting import queries
from services.reporting.page.rendering import activities_page, year_page
from services.reporting.projections import PROJECTIONS
from services.reporting.queries import Filter, NotBuilt
from services.reporting.queries.figures import in_words
from shared.contracts.activities import ACTIVITY_CANCELLED, ACTIVITY_PLANNED, ActivityCancelled, ActivityPlanned
from shared.contracts.ids import party_committee_id
from shared.contracts.values import LowerBound
from shared.projection import catch_up, ensure_built, rebuild
from shared.testing.journal import Court, facts_of

SITE = "hai2"
LATER = date(2025, 3, 1)
NOW = datetime(2025, 3, 1, 2, 0, tzinfo=UTC)


async def projected(pool: asyncpg.Pool, court: Court) -> None:
    async with pool.acquire() as connection:
        await court.write(connection)
    for projection in PROJECTIONS:
        await ensure_built(pool, projection)
        await catch_up(pool, projection)


def a_year() -> Court:
    """Two branches, the second bare; everything held but one theme day and one group meeting."""
    court = Court()
    first, second = court.branch(1, "第一党支部"), court.branch(2, "第二党支部", committee=False)
    group = court.group(first, 1, "第一党支部第一党小组")
    for number in range(5):
        court.member(number, first if number < 3 else second, group if number < 3 else None)
    for branch in (first, second):
        for month in (2, 5, 8, 11):
            court.activity(facts_of("branch", branch, branch, "branch_assembly", f"2024-{month:02d}-20", present=3))
            court.activity(facts_of("branch", branch, branch, "thematic_lesson", f"2024-{month:02d}-21"))
        for month in range(1, 13):
            if (branch, month) != (second, 10):
                day = facts_of(
                    "branch", branch, branch, "theme_party_day", f"2024-{month:02d}-05", campaigns=("党纪学习教育",)
                )
                court.activity(day)
    for month in range(1, 13):
        court.activity(facts_of("branch", first, first, "branch_committee_meeting", f"2024-{month:02d}-08"))
        if month != 7:
            court.activity(facts_of("party_group", group, first, "party_group_meeting", f"2024-{month:02d}"))
    committee = str(party_committee_id(SITE))
    bound = LowerBound(at_least=20, words="20余次")
    court.activity(facts_of("party_committee", committee, None, "legal_outreach", "2024", occurrences=bound))
    court.activity(facts_of("party_committee", committee, None, "joint_activity", "2024-06-06"))
    return court


async def asked(answer: Any) -> dict[str, Any]:
    return dict(orjson.loads((await answer).body))


async def test_the_report_has_exactly_the_agreed_keys_and_figures(reporting_pool: asyncpg.Pool) -> None:
    await projected(reporting_pool, a_year())
    found = await asked(queries.report(reporting_pool, SITE, 2024, LATER))
    assert found["report"] == {
        "members": 5,
        "branches": 2,
        "groups": 1,
        "by_kind": {
            "branch_assembly": 8,
            "branch_committee_meeting": 12,
            "party_group_meeting": 11,
            "thematic_lesson": 8,
        },
        "theme_days": 23,
        "lower_bounds": {"legal_outreach": "20余次"},
        "missing": [
            {"unit": "第一党支部第一党小组", "obligation": "party_group_meeting", "period": "2024-07"},
            {"unit": "第二党支部", "obligation": "theme_party_day", "period": "2024-10"},
        ],
        "agreements": 0,
        "partners": 0,
        "partner_levels": {},
        "joint": 1,
        "participations": 0,
        "seats": 0,
        "problems": 0,
        "solved": 0,
        "brands": 0,
        "unknown_brands": 0,
    }
    assert (found["year"], found["as_of"]) == (2024, "2025-03-01")


async def test_every_answer_says_how_far_and_how_completely_it_read(reporting_pool: asyncpg.Pool) -> None:
    court = a_year()
    await projected(reporting_pool, court)
    await reporting_pool.execute(
        "insert into receipts (origin, have, h, head, head_time) values ($1, $2, $3, $2, $4)",
        court.members.origin, len(court.members.rows), b"h" * 32, NOW,
    )  # fmt: skip
    found = await asked(queries.units(reporting_pool, SITE, 2024, LATER))
    assert found["origins"] == [
        {"origin": "hai2/activities/log/1", "projected": 128, "received": 128, "sealed_to": None, "head_time": None,
         "passed_over": 0, "complete": False},
        {"origin": "hai2/members/log/1", "projected": 10, "received": 10, "sealed_to": 10,
         "head_time": "2025-03-01T02:00:00+00:00", "passed_over": 0, "complete": True},
    ]  # fmt: skip


async def test_the_etag_stays_while_nothing_that_was_asked_for_changes(reporting_pool: asyncpg.Pool) -> None:
    court = a_year()
    await projected(reporting_pool, court)
    first = await queries.report(reporting_pool, SITE, 2024, LATER)
    assert (await queries.report(reporting_pool, SITE, 2024, LATER)).etag == first.etag
    assert (await queries.report(reporting_pool, SITE, 2023, LATER)).etag != first.etag


async def test_a_year_before_the_units_existed_counts_none_of_them(reporting_pool: asyncpg.Pool) -> None:
    await projected(reporting_pool, a_year())
    found = await asked(queries.report(reporting_pool, SITE, 2023, LATER))
    assert found["report"] == {
        "members": 0, "branches": 0, "groups": 0, "by_kind": {}, "theme_days": 0, "lower_bounds": {}, "missing": [],
        "agreements": 0, "partners": 0, "partner_levels": {}, "joint": 0, "participations": 0, "seats": 0,
        "problems": 0, "solved": 0, "brands": 0, "unknown_brands": 0,
    }  # fmt: skip


async def test_planned_and_cancelled_activities_count_nowhere(reporting_pool: asyncpg.Pool) -> None:
    court = Court()
    branch = court.branch(1, "第一党支部")
    stream = court.activity(facts_of("branch", branch, branch, "lecture", "2024-02-20"))
    court.activities.event(stream, ACTIVITY_CANCELLED, ActivityCancelled(cause="duplicate"))
    planned = ActivityPlanned(facts=facts_of("branch", branch, branch, "branch_assembly", "2024-02-20"))
    court.activities.event("activity-00000000-0000-0000-0000-000000000001", ACTIVITY_PLANNED, planned)
    await projected(reporting_pool, court)
    found = await asked(queries.report(reporting_pool, SITE, 2024, LATER))
    assert found["report"]["by_kind"] == {}
    first_quarter = {"unit": "第一党支部", "obligation": "branch_assembly", "period": "2024-Q1"}
    assert first_quarter in found["report"]["missing"]


async def test_lower_bounds_keep_the_words_of_one_office_and_add_as_at_least(reporting_pool: asyncpg.Pool) -> None:
    assert in_words(0, 20, ["20余次"]) == "20余次"
    assert in_words(0, 50, ["20余次", "30多次"]) == "不少于50次"
    assert in_words(3, 20, ["20余次"]) == "不少于23次"
    court = Court()
    branch = court.branch(1, "第一党支部")
    for number, words in ((20, "20余次"), (30, "30多次")):
        bound = LowerBound(at_least=number, words=words)
        court.activity(facts_of("branch", branch, branch, "volunteering", "2024", occurrences=bound, title=words))
    court.activity(facts_of("branch", branch, branch, "volunteering", "2024-03-05"))
    await projected(reporting_pool, court)
    found = await asked(queries.report(reporting_pool, SITE, 2024, LATER))
    assert found["report"]["lower_bounds"] == {"volunteering": "不少于51次"}
    assert found["report"]["by_kind"] == {"volunteering": 1}


async def test_obligations_say_what_does_not_apply_and_by_which_rule(reporting_pool: asyncpg.Pool) -> None:
    await projected(reporting_pool, a_year())
    found = (await asked(queries.obligations(reporting_pool, SITE, 2024, LATER)))["obligations"]
    apart = [(one["unit"], one["obligation"], one["period"]) for one in found if one["state"] == "not_applicable"]
    assert apart == [
        ("第二党支部", "branch_committee_meeting", "2024"),
        ("第二党支部", "party_group_meeting", "2024"),
    ]
    assert found[0]["rule"]["cited"] == "《中国共产党支部工作条例（试行）》（条号待核）（规则 B1）"
    assert [one["state"] for one in found if one["obligation"] == "party_lesson"] == ["done"] * 8


async def test_counts_put_each_activity_in_one_row_by_kind_branch_month_and_campaign(
    reporting_pool: asyncpg.Pool,
) -> None:
    await projected(reporting_pool, a_year())
    found = await asked(queries.counts(reporting_pool, SITE, 2024, LATER))
    assert sum(row["sessions"] for row in found["counts"]) == 63
    assert sum(row["sessions"] for row in found["counts"] if row["campaigns"] == ["党纪学习教育"]) == 23
    assert sum(row["seats"] for row in found["counts"] if row["kind"] == "branch_assembly") == 24
    assert [row["month"] for row in found["counts"] if row["branch_id"] is None] == ["2024-06"]


async def test_the_activities_behind_a_figure_come_page_by_page_each_once(reporting_pool: asyncpg.Pool) -> None:
    await projected(reporting_pool, a_year())
    seen: list[str] = []
    after = None
    while True:
        wanted = Filter("2024", kind="theme_party_day", limit=10, after=after)
        page = await asked(queries.activities(reporting_pool, SITE, wanted))
        seen += [one["activity_id"] for one in page["activities"]]
        if (after := page["next"]) is None:
            break
    assert (len(seen), len(set(seen))) == (23, 23)
    quarter = await asked(queries.activities(reporting_pool, SITE, Filter("2024-Q3", kind="party_group_meeting")))
    assert [one["date"] for one in quarter["activities"]] == ["2024-08", "2024-09"]


@pytest.mark.parametrize("period", ["2024-13", "2024-Q5", "24", "0024", "x"])
async def test_a_period_that_is_none_is_refused(reporting_pool: asyncpg.Pool, period: str) -> None:
    with pytest.raises(ValueError, match="2024-Q3 or 2024-02 is the form"):
        await queries.activities(reporting_pool, SITE, Filter(period))


async def test_before_anything_is_built_the_answer_is_to_try_again(reporting_pool: asyncpg.Pool) -> None:
    with pytest.raises(NotBuilt):
        await queries.report(reporting_pool, SITE, 2024, LATER)


async def test_the_page_shows_the_figures_the_gaps_and_the_strip(reporting_pool: asyncpg.Pool) -> None:
    await projected(reporting_pool, a_year())
    page = (await year_page(reporting_pool, SITE, "海角市中级人民法院", None, LATER, NOW)).decode()
    assert "2024年数字" in page
    assert '<a href="/view/activities?period=2024&amp;kind=theme_party_day"><b>23</b></a> 次' in page
    assert "<b>20余次</b>" in page
    assert page.count('<td class="missing"') == 2
    assert page.count('<td colspan="12" class="not_applicable"') == 2
    assert "http://" not in page
    assert "https://" not in page


async def test_a_list_names_its_units_and_links_to_its_next_page(reporting_pool: asyncpg.Pool) -> None:
    await projected(reporting_pool, a_year())
    wanted = Filter("2024", kind="party_group_meeting", limit=5)
    page = (await activities_page(reporting_pool, SITE, "海角市中级人民法院", wanted, LATER, NOW)).decode()
    assert page.count("第一党支部第一党小组") == 5
    assert "下一页" in page


async def test_before_the_first_import_the_page_says_what_will_be_here_and_the_first_step(
    reporting_pool: asyncpg.Pool,
) -> None:
    await projected(reporting_pool, Court())
    page = (await year_page(reporting_pool, SITE, "海角市中级人民法院", None, LATER, NOW)).decode()
    assert "2025年还没有记录" in page
    assert "lianjian import 党员名册.xlsx" in page


async def test_what_a_title_says_is_never_taken_for_markup(reporting_pool: asyncpg.Pool) -> None:
    court = Court()
    branch = court.branch(1, "<b>第一</b>党支部")
    court.activity(facts_of("branch", branch, branch, "lecture", "2024-02-20", title="<script>alert(1)</script>"))
    await projected(reporting_pool, court)
    page = (await activities_page(reporting_pool, SITE, "海角市", Filter("2024"), LATER, NOW)).decode()
    assert "<script>" not in page
    assert "&lt;script&gt;" in page
    assert "<b>第一</b>" not in page


async def test_answers_while_everything_is_rebuilt_are_whole(reporting_pool: asyncpg.Pool) -> None:
    await projected(reporting_pool, a_year())
    expected = await asked(queries.report(reporting_pool, SITE, 2024, LATER))
    stop, seen = asyncio.Event(), []

    async def read() -> None:
        while not stop.is_set():
            seen.append(await asked(queries.report(reporting_pool, SITE, 2024, LATER)))

    readers = [asyncio.create_task(read()) for _ in range(3)]
    for _ in range(5):
        for projection in PROJECTIONS:
            await rebuild(reporting_pool, projection)
    stop.set()
    await asyncio.gather(*readers)
    assert [one["report"] for one in seen if one["report"] != expected["report"]] == []
