"""The pages of a jurisdiction: what they say of each court, and that a number opens what it counts."""

import re
from html import unescape
from urllib.parse import parse_qs, urlsplit

import asyncpg
import orjson
import pytest

from deploy.cli.periods import locked_figures
from services.reporting import queries
from services.reporting.page.overview import overview_page
from services.reporting.page.overview_drill import compare_page, court_page, facts_page, late_page
from services.reporting.page.rendering import year_page
from services.reporting.projections import PROJECTIONS
from services.reporting.queries import Filter
from services.reporting.queries.court_figures import Asked
from services.reporting.queries.overview_answers import Viewer
from shared.contracts.periods import PeriodLocked
from shared.projection import catch_up
from shared.testing.journal import Court, facts_of, write
from tests.integration.reporting.joint_court import met, other, own, partner
from tests.integration.reporting.jurisdiction import DAY, NOW, VIEWER, locked, received, submitted, suspended, unlocked
from tests.integration.reporting.shown_overview import LONG, line, page_of, two_below


async def opened(pool: asyncpg.Pool, link: str) -> str:
    at = urlsplit(unescape(link))
    asked = {name: values[0] for name, values in parse_qs(at.query).items()}
    if at.path.endswith("/late"):
        return (await late_page(pool, VIEWER, asked["period"], asked["site"], DAY)).decode()
    chosen = Filter(asked["period"], asked.get("kind"), branch=asked.get("branch"))
    return (await facts_page(pool, VIEWER, asked["site"], chosen, DAY)).decode()


def rows(page: str) -> int:
    return page.partition("<tbody>")[2].partition("</tbody>")[0].count("<tr")


async def test_a_number_of_a_court_opens_as_many_activities_as_it_says(reporting_pool: asyncpg.Pool) -> None:
    top, first, second = two_below()
    submitted(first, "2024")
    branch = first.branch(2, "第二党支部")
    first.activity(facts_of("branch", branch, branch, "lecture", "2024-12-10"))
    await received(reporting_pool, [top, first, second])
    whole = (await court_page(reporting_pool, VIEWER, "2024", "xian1", DAY)).decode()
    shown = line(await page_of(reporting_pool), "xian1") + whole
    links = re.findall(r'href="(/view/overview/(?:activities|late)[^"]*)"[^>]*>(?:<b>)?(?:追溯更正 )?(\d+)', shown)
    assert len(links) >= 8
    for link, number in links:
        assert (link, rows(await opened(reporting_pool, link))) == (link, int(number))
    assert ("追溯更正 1 条" in shown, "报送后更正 1 条" in shown) == (True, True)


async def test_of_another_court_neither_a_few_nor_the_size_of_a_branch_is_told(reporting_pool: asyncpg.Pool) -> None:
    top, first, second = two_below()
    branch = first.branch(2, "第二党支部")
    first.activity(facts_of("branch", branch, branch, "lecture", "2024-06-10", present=3, expected=4))
    await received(reporting_pool, [top, first, second])
    page = await opened(reporting_pool, f"/facts?period=2024&site=xian1&branch={branch}")
    assert "不足5人" in page
    assert "3 / 4" not in page
    others = await opened(reporting_pool, "/facts?period=2024&site=xian1")
    assert others.count("6 人") == 5
    assert "6 / 7" not in others
    assert '<td class="nowrap">2024-05-10</td>' in others


async def test_of_a_joint_activity_of_another_court_a_few_seats_are_not_told(reporting_pool: asyncpg.Pool) -> None:
    top, first, second = two_below()
    branch = first.branch(1, "第一党支部")
    street = other(partner(first, "青岚街道", None, "outside"))
    met(first, "2024-06-10", (own(branch), 3), (street, 1), title="结对")
    met(first, "2024-06-11", (own(branch), 3), (street, 2), title="再会")
    await received(reporting_pool, [top, first, second])
    page = await opened(reporting_pool, "/facts?period=2024&site=xian1&kind=joint_activity")
    assert re.findall(r'<td class="number">([^<]+)</td>', page) == ["不足5人", "5 人次"]


async def test_a_court_that_nobody_corrected_has_no_late_entries(reporting_pool: asyncpg.Pool) -> None:
    top, first, second = two_below()
    submitted(first, "2024")
    await received(reporting_pool, [top, first, second])
    assert "该院报送以后没有更正。" in await opened(reporting_pool, "/late?period=2024&site=xian1")
    assert "该院还没有报送这个期间" in await opened(reporting_pool, "/late?period=2024&site=xian2")


async def test_the_three_lights_are_told_in_words(reporting_pool: asyncpg.Pool) -> None:
    top, first, second = two_below()
    submitted(first, "2024")
    await received(reporting_pool, [top, first, second])
    three_hours_ago = "update receipts set head_time = head_time - interval '3 hours' where origin like 'xian2/%'"
    await reporting_pool.execute(three_hours_ago)
    page = await page_of(reporting_pool)
    assert re.findall(r'class="light (\w+)"[^>]*>([^<]+)<', line(page, "xian1")) == [
        ("good", "连通"), ("good", "收齐"), ("good", "已报送"),
    ]  # fmt: skip
    assert re.findall(r'class="light (\w+)"[^>]*>([^<]+)<', line(page, "xian2")) == [
        ("bad", "未连通"), ("bad", "未收齐"), ("none", "未报送"),
    ]  # fmt: skip
    assert "连通 1/2" in page
    assert "缺：&lt;b&gt;青岚县&lt;/b&gt;人民法院" in page
    assert "活动已连续收至第 15 条，组织与党员已连续收至第 11 条，下级封存时间 09:59；线下是否录入须由该院确认" in page
    assert "超过时限没有新的封存通知，不能确认没有遗漏；数字是当时的" in line(page, "xian2")


async def test_a_stopped_link_says_why_and_what_to_do(reporting_pool: asyncpg.Pool) -> None:
    top, first, second = two_below()
    suspended(top, "xian1", "该院更换服务器")
    await received(reporting_pool, [top, first, second])
    await reporting_pool.execute(
        "insert into inbound_links (link, suspended_at, reason, origin, position)"
        " values ('up.xian2', now(), 'fork', 'xian2/members/log/1', 2)"
    )
    page = await page_of(reporting_pool)
    assert "联通已暂停：该院更换服务器" in line(page, "xian1")
    assert "lianjian link resume xian1" in line(page, "xian1")
    assert (
        "收到的内容与已收到的历史不同（&lt;b&gt;青岚县&lt;/b&gt;人民法院的组织与党员记录第 2 条起），没有计入"
        in line(page, "xian2")
    )
    assert "请该院执行 lianjian verify 核对自己的日志" in line(page, "xian2")


async def test_figures_that_were_locked_stand_beside_those_of_now(reporting_pool: asyncpg.Pool) -> None:
    top, first, second = two_below()
    await received(reporting_pool, [top, first, second])
    told = orjson.loads((await queries.overview(reporting_pool, VIEWER, Asked("2024", DAY))).body)
    locked(top, PeriodLocked(period="2024", **{**locked_figures(told), "as_of": "2025-01-10"}))
    await further(reporting_pool, top, 1)
    same = (await compare_page(reporting_pool, VIEWER, "2024", DAY)).decode()
    assert "各院现在的数字与定稿时一致" in same
    facts = facts_of("party_committee", "0" * 8 + "-0000-0000-0000-" + "0" * 12, None, "lecture", "2024-12-01")
    first.activity(facts)
    await further(reporting_pool, first, 2)
    changed = (await compare_page(reporting_pool, VIEWER, "2024", DAY)).decode()
    found = [re.sub(r"<[^>]+>", "|", row).strip("|") for row in re.findall(r"<tr>(<td>.*?)</tr>", changed)]
    assert [re.sub(r"\|+", "|", row) for row in found] == [
        f"{LONG}|活动（次）|7|8|+1", f"{LONG}|讲堂（次）|5|6|+1",
    ]  # fmt: skip
    assert "已定稿</b> 数字截至 2025-01-10" in await page_of(reporting_pool)
    unlocked(top, "2024", "重新核对")
    await further(reporting_pool, top, 1)
    assert "已定稿" not in await page_of(reporting_pool)
    assert "这个期间没有定稿" in (await compare_page(reporting_pool, VIEWER, "2024", DAY)).decode()


async def test_a_period_of_which_nothing_is_known_says_so(reporting_pool: asyncpg.Pool) -> None:
    await received(reporting_pool, two_below())
    assert "2019年没有任何记录" in await page_of(reporting_pool, "2019")
    assert "没有任何记录" not in await page_of(reporting_pool, "2024")


async def test_the_head_of_a_courts_page_tells_of_that_court_and_the_foot_of_the_own_one(
    reporting_pool: asyncpg.Pool,
) -> None:
    top, first, second = two_below()
    await received(reporting_pool, [top, first, second])
    await reporting_pool.execute("update receipts set head = head + 1 where origin = 'xian1/members/log/1'")
    for site, said in (("xian1", "该院未收齐"), ("xian2", "该院收齐")):
        page = (await court_page(reporting_pool, VIEWER, "2024", site, DAY)).decode()
        assert said in page.partition("</header>")[0]
        assert "<b>本院组织与党员</b>" in page.partition("<footer")[2]


async def test_a_table_leaves_its_card_on_no_screen_it_may_be_too_wide_for(reporting_pool: asyncpg.Pool) -> None:
    await received(reporting_pool, two_below())
    screens = (await page_of(reporting_pool)).partition("</style>")[0].partition("@media print")[0].split("@media ")
    free = [one.partition(" {")[0] for one in screens if re.search(r"\.wide \{ overflow: visible", one)]
    assert free == ["(min-width: 1200px)"]
    assert ".wide, .scroll { overflow-x: auto; }" in screens[0]


async def further(pool: asyncpg.Pool, court: Court, number: int) -> None:
    """The last events of a court's activities arrive as well."""
    async with pool.acquire() as connection:
        await write(connection, court.activities.rows[-number:])
    for projection in PROJECTIONS:
        await catch_up(pool, projection)


async def test_only_a_court_with_lower_courts_is_shown_the_way_to_the_overview(reporting_pool: asyncpg.Pool) -> None:
    top, first, second = two_below()
    await received(reporting_pool, [top, first, second])
    with_lower = (await year_page(reporting_pool, "hai2", "海角", 2024, DAY, NOW)).decode()
    without = (await year_page(reporting_pool, "xian1", LONG, 2024, DAY, NOW)).decode()
    assert "辖区总览" in with_lower
    assert "辖区总览" not in without
    assert ">本院已收齐<" in with_lower.partition("</header>")[0]
    assert ">已收齐<" in without.partition("</header>")[0]
    alone = await overview_page(reporting_pool, Viewer("xian1", LONG, NOW, 120), "2024", DAY)
    assert "还没有下级法院联通" in alone.decode()


@pytest.mark.parametrize("period", ["2024", "2024-H2", "2024-Q1", "2024-05", "2023", "2031", None])
async def test_pages_bring_nothing_from_elsewhere_take_no_name_for_markup_and_bear_empty_periods(
    reporting_pool: asyncpg.Pool, period: str | None
) -> None:
    top, first, second = two_below()
    await received(reporting_pool, [top, first, second])
    named = period or "2024"
    for page in (
        await page_of(reporting_pool, period),
        (await court_page(reporting_pool, VIEWER, named, "xian2", DAY)).decode(),
        (await compare_page(reporting_pool, VIEWER, named, DAY)).decode(),
    ):
        assert "<b>青岚县" not in page
        assert "<script" not in page
        assert "http" not in page.replace("http-equiv", "")
        assert "None" not in page
