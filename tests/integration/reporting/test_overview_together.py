"""What several courts come to together, on the page and in the workbook."""

import re

import asyncpg

from services.reporting.page.overview_export import overview_workbook
from shared.ledgers.workbook import read_workbook
from shared.testing.journal import Court
from tests.integration.reporting.joint_court import met, other, own, partner
from tests.integration.reporting.jurisdiction import DAY, VIEWER, joined, received
from tests.integration.reporting.shown_overview import LONG, bundle, line, page_of, two_below

MIDDLE = "东市中级人民法院"


def one_below_another() -> tuple[Court, Court, Court]:
    """A court with one below it, which has one below it."""
    top, middle, below = Court(), Court("shi1", MIDDLE), Court("xian1", LONG, "basic")
    joined(top, middle, 1, MIDDLE, "intermediate")
    joined(middle, below, 1, LONG)
    return top, middle, below


def recorded_twice(first: Court, second: Court) -> None:
    """Either records the same joint activity, with the first branch of the other."""
    for court, name in ((first, LONG), (second, MIDDLE)):
        branch = court.branch(1, "第一党支部")
        there = other(partner(court, name, "第一党支部", "basic"))
        met(court, "2024-05-06", (own(branch), 8), (there, 7), title="执行联席会")


async def test_lower_courts_of_a_lower_court_fold_below_it_with_what_they_come_to(reporting_pool: asyncpg.Pool) -> None:
    top, middle, below = Court(), Court("shi1", MIDDLE), two_below()[1]
    joined(top, middle, 1, MIDDLE, "intermediate")
    joined(middle, below, 1, LONG)
    await received(reporting_pool, [top, middle, below])
    page = await page_of(reporting_pool)
    together = bundle(page, "shi1")
    assert "及下级共 2 院" in together
    assert "已报送 0/2" in together
    assert re.findall(r'<td class="number"[^>]*><b>(\d+)</b>', together) == ["1", "7", "7", "2", "0", "26"]
    assert page.index('id="b-shi1"') < page.index('id="c-shi1"') < page.index('id="c-xian1"')


async def test_of_several_courts_of_a_few_it_is_not_said_that_together_they_are_a_few(
    reporting_pool: asyncpg.Pool,
) -> None:
    top, middle, below = one_below_another()
    for court in (middle, below):
        branch = court.branch(1, "第一党支部")
        for number in range(4):
            court.member(number, branch)
    await received(reporting_pool, [top, middle, below])
    page = await page_of(reporting_pool)
    for site in ("shi1", "xian1"):
        assert 'title="不足5人，不显示"><span class="muted">不足5</span>' in line(page, site)
    together = bundle(page, "shi1")
    assert 'title="不含不足 5 人的 2 个法院"><span class="muted">—</span>' in together
    levels = page.partition('id="levels"')[2].partition("</section>")[0]
    assert levels.count('title="不含不足 5 人的 1 个法院"><span class="muted">—</span>') == 2
    assert "不足5" not in together + levels
    assert "党员按人计，不是各院相加，不含不足 5 人的法院。" in levels
    assert "党员合计不含不足 5 人的 2 个法院，以免从合计推算。" in page


async def test_several_courts_together_say_how_much_may_be_recorded_twice_and_lead_there(
    reporting_pool: asyncpg.Pool,
) -> None:
    top, middle, below = one_below_another()
    recorded_twice(middle, below)
    await received(reporting_pool, [top, middle, below])
    page = await page_of(reporting_pool)
    together = bundle(page, "shi1")
    assert '<b>2</b><a class="proof" href="/view/joint/duplicates?year=2024">疑似重复 1</a>' in together
    assert "疑似重复" not in line(page, "shi1")


async def test_the_workbook_says_what_its_sums_leave_out_and_what_may_be_in_them_twice(
    reporting_pool: asyncpg.Pool,
) -> None:
    top, middle, below = one_below_another()
    recorded_twice(middle, below)
    branch = below.branch(1, "第一党支部")
    for number in range(3):
        below.member(number, branch)
    await received(reporting_pool, [top, middle, below])
    sheet = (await read_workbook(await overview_workbook(reporting_pool, VIEWER, "2024", DAY)))[0]
    lines = [[cell.text for cell in row.values()] for _, row in sorted(sheet.rows.items())]
    named = next(line for line in lines if line[0].strip() == LONG)
    assert "不足5" in named
    assert "党员合计不含不足 5 人的 1 个法院。联建活动合计 2 次，其中疑似重复 1 次。" in lines[-1][0]


async def test_the_workbook_has_a_line_a_court_and_one_of_all(reporting_pool: asyncpg.Pool) -> None:
    top, first, second = two_below()
    await received(reporting_pool, [top, first, second])
    sheet = (await read_workbook(await overview_workbook(reporting_pool, VIEWER, "2024", DAY)))[0]
    lines = [[cell.text for cell in row.values()] for _, row in sorted(sheet.rows.items())]
    assert [line[0] for line in lines[2:6]] == ["海角市中级人民法院", f"　{LONG}", "　<b>青岚县</b>人民法院", "合计"]
