"""Pages: every number is a link to as many rows, nothing comes from elsewhere, long names and no names are borne."""

import re
from datetime import UTC, date, datetime
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urlsplit

import asyncpg
import pytest

from services.reporting.page.brands import brands_page, honours_page
from services.reporting.page.joint import joint_page
from services.reporting.page.lists import Narrowed, list_page
from services.reporting.page.network import short
from services.reporting.page.rendering import activities_page, year_page
from services.reporting.projections import PROJECTIONS
from services.reporting.queries import Filter
from shared.contracts import brands as told
from shared.contracts.activities import ACTIVITY_HELD
from shared.contracts.ids import natural_id
from shared.projection import catch_up, ensure_built
from shared.rules.joint import ordinal
from shared.testing.journal import Court, facts_of
from tests.integration.reporting.joint_court import (
    agreement,
    brand,
    merged,
    met,
    other,
    own,
    partner,
    problem,
    solved,
    stepped,
)

SITE, NAME = "hai2", "海角市中级人民法院"
LATER = date(2025, 3, 1)
NOW = datetime(2025, 3, 1, 2, 0, tzinfo=UTC)
LONG = "白水布依族苗族自治县人民法院"


def a_year() -> Court:
    """Three branches, four partners of which one is an alias, five activities, three problems, three brands."""
    court = Court()
    first, second, third = (court.branch(order, f"第{word}党支部") for order, word in ((1, "一"), (2, "二"), (3, "三")))
    high = partner(court, "海角省高级人民法院", "第二党支部", "high", "刑事审判")
    alias = partner(court, "海角省高院", "第二党支部", "high", "刑事审判")
    low = partner(court, LONG, "第十党支部", "basic", "执行")
    outside = partner(court, "青岚街道社区党委", None, "outside")
    merged(court, alias, high)
    one = agreement(court, "1号", first, high, joint_modes=("planning",), planned_a_year=2)
    agreement(court, "2号", second, low, joint_modes=("forces", "planning"))
    met(court, "2024-02-20", (own(first), 8), (other(high), 7), under=one, joint_modes=("planning",), title="甲")
    met(court, "2024-03-20", (own(first), 8), (other(alias), 7), joint_modes=("forces",), title="乙")
    met(court, "2024-09-20", (own(second), 9), (other(low), None), title="丙")
    met(court, "2024-10-20", (own(third), 9), (other(low), 5), (other(outside), 4), title="丁")
    solved(court, problem(court, "执行难案件会商", "2024-03-01"))
    problem(court, "诉前调解衔接", "2024-03-02", due="2024-12-31")
    problem(court, "送达难", "2024-03-03")
    theme = facts_of("branch", first, first, "theme_party_day", "2024-07-05", also_serves=("joint_activity",))
    court.activity(theme)
    court.activity(facts_of("branch", first, first, "lecture", "2024-07-06", campaigns=("党纪学习教育",)))
    top = brand(court, "护航铸魂", own(first))
    stepped(court, top, submit="2024-01-01", recognise="2024-02-01", cultivate=None, publicise=None)
    stepped(court, brand(court, None, own(second), parent_id=top), submit="2024-12-01")
    facts = {"title": "先进", "subject_kind": "unit", "subject_id": first, "date": "2024-07-01"}
    court.activities.event(f"honour-{natural_id(SITE, 'honour')}", told.HONOUR_AWARDED, {"facts": facts})
    return court


async def projected(pool: asyncpg.Pool, court: Court) -> None:
    async with pool.acquire() as connection:
        await court.write(connection)
    for projection in PROJECTIONS:
        await ensure_built(pool, projection)
        await catch_up(pool, projection)


async def opened(pool: asyncpg.Pool, link: str) -> str:
    """The page behind a link, as the routes call it."""
    at = urlsplit(unescape(link))
    asked: dict[str, Any] = {name: values[0] for name, values in parse_qs(at.query, keep_blank_values=True).items()}
    frame, known = (pool, SITE, NAME), (LATER, NOW)
    year = int(asked.pop("year", 0))
    match at.path.removeprefix("/view/"):
        case "activities":
            return (await activities_page(*frame, Filter(**asked), *known)).decode()
        case "brands":
            return (await brands_page(*frame, year, *known, asked.get("which"))).decode()
        case "honours":
            return (await honours_page(*frame, year, *known)).decode()
        case which:
            everyone = asked.pop("bound", None) == "all"
            return (await list_page(*frame, which, year, Narrowed(**asked, everyone=everyone), *known)).decode()


def rows(page: str) -> int:
    if "没有符合条件的" in page:
        return 0
    body = page.partition("<tbody>")[2].partition("</tbody>")[0]
    return body.count("<tr")


async def page_of(pool: asyncpg.Pool, which: str) -> str:
    make = {"joint": joint_page, "year": year_page, "brands": brands_page}[which]
    return (await make(pool, SITE, NAME, 2024, LATER, NOW)).decode()


@pytest.mark.parametrize("which", ["joint", "year", "brands"])
async def test_a_number_links_to_as_many_rows_as_it_says(reporting_pool: asyncpg.Pool, which: str) -> None:
    await projected(reporting_pool, a_year())
    page = await page_of(reporting_pool, which)
    counted = [
        (link, int(number))
        for link, number, unit in re.findall(r'<a href="(/view/[^"]*)"><b>(\d+)</b></a> (\S+?)</dd>', page)
        if unit not in ("人次", "家次")
    ]
    assert len(counted) >= 5
    assert {link: rows(await opened(reporting_pool, link)) for link, _ in counted} == dict(counted)


@pytest.mark.parametrize(
    ("pattern", "least"),
    [
        (r'<td class="m-\w+"[^>]*><a href="([^"]*)">(\d+)</a>', 4),
        (r'<td class="number"><a href="(/view/activities[^"]*mode=[^"]*)">(\d+)</a>', 4),
        (r'<td class="number"><a href="(/view/partners[^"]*)">(\d+)</a>', 4),
        (r'<td class="number"><a href="(/view/agreements[^"]*)">(\d+)</a>', 4),
    ],
)
async def test_a_cell_of_the_tables_links_to_as_many_rows_as_it_says(
    reporting_pool: asyncpg.Pool, pattern: str, least: int
) -> None:
    await projected(reporting_pool, a_year())
    found = re.findall(pattern, await page_of(reporting_pool, "joint"))
    assert len(found) >= least
    for link, number in found:
        assert (link, rows(await opened(reporting_pool, link))) == (link, int(number))


async def test_the_network_draws_bound_met_and_dormant_pairs_each_in_its_own_way(
    reporting_pool: asyncpg.Pool,
) -> None:
    await projected(reporting_pool, a_year())
    page = await page_of(reporting_pool, "joint")
    drawn = page.partition('<svg class="network"')[2].partition("</svg>")[0]
    assert re.findall(r'class="edge (\w+)" stroke-width="([\d.]+)"', drawn) == [
        ("dormant", "3.0"), ("bound", "2.0"), ("met", "2.0"), ("met", "2.0"),
    ]  # fmt: skip
    above, below = drawn.index("↑ 高级法院"), drawn.index("↓ 基层法院")
    assert above < drawn.index(">本院<") < below < drawn.index("法院以外<")
    # A name that is too long for its hull is folded, not cut.
    assert "白水布依族苗族</text>" in drawn
    assert "自治县人民法院</text>" in drawn


async def test_the_year_is_told_in_prose_whose_numbers_are_links(reporting_pool: asyncpg.Pool) -> None:
    await projected(reporting_pool, a_year())
    page = await page_of(reporting_pool, "year")
    prose = page.partition("<h2>这一年</h2>")[2].partition("</section>")[0]
    assert '开展联建活动<a href="/view/activities?period=2024&amp;kind=joint_activity">4</a>次' in prose
    assert '<a href="/view/partners?year=2024&amp;level=high">1</a>个' in prose


@pytest.mark.parametrize("which", ["joint", "year", "brands"])
async def test_a_page_brings_nothing_from_elsewhere_and_runs_nothing(reporting_pool: asyncpg.Pool, which: str) -> None:
    await projected(reporting_pool, a_year())
    page = await page_of(reporting_pool, which)
    assert "http://" not in page
    assert "https://" not in page
    assert "<script" not in page


@pytest.mark.parametrize(("which", "says"), [("joint", "联建协议.xlsx"), ("brands", "品牌台账.xlsx")])
async def test_an_empty_page_says_what_will_be_here_and_the_first_step(
    reporting_pool: asyncpg.Pool, which: str, says: str
) -> None:
    await projected(reporting_pool, Court())
    page = await page_of(reporting_pool, which)
    assert "还没有" in page
    assert says in page


async def test_records_that_could_not_be_read_are_said_plainly_on_every_page(reporting_pool: asyncpg.Pool) -> None:
    court = a_year()
    broken = {"facts": {"subject": "坏的", "raised_on": "someday"}}
    court.activities.event(f"problem-{natural_id(SITE, 'broken')}", "activities.joint-problem-raised.v1", broken)
    await projected(reporting_pool, court)
    for which in ("joint", "year", "brands"):
        assert "活动中有 1 条记录不能识别，没有计入统计" in await page_of(reporting_pool, which)


async def test_what_is_stored_as_nothing_is_shown_as_not_known(reporting_pool: asyncpg.Pool) -> None:
    court = Court()
    branch = court.branch(1, "第一党支部")
    part = {"lead": own(branch).model_dump(), "agreement_id": None,
            "participations": [{"party": own(branch).model_dump(), "seats": None}]}  # fmt: skip
    for number, joint in enumerate((None, part)):
        facts = facts_of("branch", branch, branch, "joint_activity", "2024-02-20").model_dump(mode="json")
        stream = f"activity-{natural_id(SITE, 'activity', number)}"
        court.activities.event(stream, ACTIVITY_HELD, {"facts": facts | {"joint": joint}})
    await projected(reporting_pool, court)
    listed = await opened(reporting_pool, "/view/activities?period=2024&kind=joint_activity")
    assert rows(listed) == 2
    assert "第一党支部 不详" in listed
    assert "None" not in listed
    assert "1 家次未注明人数" in await page_of(reporting_pool, "joint")


async def test_names_are_never_taken_for_markup(reporting_pool: asyncpg.Pool) -> None:
    court = Court()
    branch = court.branch(1, "第一党支部")
    one = partner(court, "<script>alert(1)</script>", None, "basic")
    agreement(court, "<i>1号</i>", branch, one)
    brand(court, "<script>", own(branch))
    await projected(reporting_pool, court)
    listed = await list_page(reporting_pool, SITE, NAME, "agreements", 2024, Narrowed(), LATER, NOW)
    for page in (await page_of(reporting_pool, "joint"), await page_of(reporting_pool, "brands"), listed.decode()):
        assert "<script>" not in page
        assert "<i>1号" not in page


def test_branches_are_short_in_nodes_and_in_their_own_order_not_that_of_their_letters() -> None:
    assert [short(name) for name in ("第三党支部", "第二十一党支部", "离退休党支部", "机关党委", "党支部", "")] == [
        "三", "二十一", "离退休", "机关", "·", "·",
    ]  # fmt: skip
    names = ["离退休党支部", "第二十党支部", "第十二党支部", "第十党支部", "第九党支部", "第二党支部", "第一党支部"]
    assert sorted(names, key=ordinal) == names[::-1]
