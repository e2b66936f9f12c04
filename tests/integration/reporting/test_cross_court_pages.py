"""Joint construction across courts: every pair once, levels, coverage, dormant; the drawing; what is to be decided."""

import re
from datetime import UTC, date, datetime
from html import unescape

import asyncpg
import pytest

from services.reporting.page.court_network import court_network, is_detailed
from services.reporting.page.joint_courts import Asked, court_activities_page, court_pairs_page, joint_courts_page
from services.reporting.queries.court_tree import court_tree
from services.reporting.queries.joint_scope import JointScope, joint_scope
from services.reporting.queries.overview_answers import NotOfJurisdiction, Viewer
from shared.contracts.cross_court import DUPLICATE_CONFIRMED
from shared.contracts.members import BRANCH_BUSINESS_LINE_ASSIGNED
from shared.testing.journal import Court
from tests.integration.reporting.joint_court import agreement, met, other, own, partner
from tests.integration.reporting.jurisdiction import joined, received
from tests.integration.reporting.linked_court import (
    CITY,
    HIGH,
    SHAN,
    YUN,
    Linked,
    claimed,
    decided,
    projected,
    unclaimed,
)

LATER = date(2025, 3, 1)
VIEWER = Viewer("hai0", HIGH, datetime(2025, 3, 1, 2, 0, tzinfo=UTC), 300.0)


async def scope_of(pool: asyncpg.Pool, *courts: Court, year: int = 2024, as_of: date = LATER) -> JointScope:
    await projected(pool, *courts)
    async with pool.acquire() as connection:
        tree = await court_tree(connection, courts[0].site, "")
        return await joint_scope(connection, tree.courts, year, as_of)


def linked_by_agreement() -> Linked:
    """The two basic courts each recorded their agreement; the intermediate one knows one of them by its house."""
    linked = Linked()
    branches = linked.branches
    there = partner(linked.shan, YUN, "第二党支部", "basic")
    agreement(linked.shan, "青山1号", branches["shan3"][0], there)
    claimed(linked.city, "shan3", there, "yun4", branches["yun4"][1])
    back = partner(linked.yun, SHAN, None, "basic")
    agreement(linked.yun, "云溪7号", branches["yun4"][1], back)
    claimed(linked.city, "yun4", back, "shan3")
    below = partner(linked.city, SHAN, "第二党支部", "basic")
    agreement(linked.city, "海角3号", branches["hai2"][0], below, joint_modes=("planning",))
    claimed(linked.high, "hai2", below, "shan3", branches["shan3"][1])
    outside = partner(linked.yun, "云溪街道党工委", None, "outside")
    agreement(linked.yun, "云溪8号", branches["yun4"][0], outside)
    return linked


async def test_a_partnership_recorded_by_both_courts_is_one(reporting_pool: asyncpg.Pool) -> None:
    linked = linked_by_agreement()
    scope = await scope_of(reporting_pool, *linked.courts)
    branches = linked.branches
    assert [tie.ends for tie in scope.bound] == [
        (("", "云溪街道党工委"), ("yun4", branches["yun4"][0])),
        (("hai2", branches["hai2"][0]), ("shan3", branches["shan3"][1])),
        (("shan3", branches["shan3"][0]), ("yun4", branches["yun4"][1])),
    ]
    assert [len(tie.agreements) for tie in scope.bound] == [1, 1, 2]
    assert (scope.directions["vertical"], scope.directions["peer"], scope.directions["outside"]) == (1, 1, 1)
    assert scope.matrix == {
        ("intermediate", "basic"): 1,
        ("basic", "intermediate"): 1,
        ("basic", "basic"): 1,
        ("basic", "outside"): 1,
        ("outside", "basic"): 1,
    }


async def test_coverage_by_level_and_by_line_is_of_branches_with_an_agreement(reporting_pool: asyncpg.Pool) -> None:
    linked = linked_by_agreement()
    data = {"business_line": "执行"}
    for court in (linked.shan, linked.yun):
        branch = linked.branches[court.site][0]
        court.members.event(f"branch-{branch}", BRANCH_BUSINESS_LINE_ASSIGNED, data)
    scope = await scope_of(reporting_pool, *linked.courts)
    assert scope.coverage(scope.branch_levels) == {"high": (0, 2), "intermediate": (1, 2), "basic": (4, 4)}
    assert scope.coverage(scope.branch_lines) == {"": (3, 6), "执行": (2, 2)}
    page = (await joint_courts_page(reporting_pool, VIEWER, None, 2024, LATER)).decode()
    shown = page.partition('id="coverage"')[2].partition("</section>")[0]
    assert shown.count('<th class="number">覆盖率</th>') == 2
    told = [" ".join(one) for one in re.findall(r"<tr><td>(.+?)</td>.*<td class=\"number\">([\d.]+%)</td></tr>", shown)]
    assert told == ["高级法院 0.0%", "中级法院 50.0%", "基层法院 100.0%", "执行 100.0%", "未登记条线 50.0%"]
    assert "2019年没有存续的党支部" in (await joint_courts_page(reporting_pool, VIEWER, None, 2019, LATER)).decode()


async def test_before_it_is_claimed_and_after_withdrawing_a_partner_is_nobodys(reporting_pool: asyncpg.Pool) -> None:
    linked = Linked()
    there = partner(linked.shan, YUN, "第二党支部", "basic")
    agreement(linked.shan, "青山1号", linked.branches["shan3"][0], there)
    named = ("", f"{YUN}第二党支部")
    here, branch = ("shan3", linked.branches["shan3"][0]), ("yun4", linked.branches["yun4"][1])
    ends = []
    for change in (None, claimed, unclaimed):
        if change is claimed:
            claimed(linked.city, "shan3", there, "yun4", branch[1])
        elif change is unclaimed:
            unclaimed(linked.city, "shan3", there)
        scope = await scope_of(reporting_pool, *linked.courts)
        ends.append([tie.ends for tie in scope.bound])
    assert ends == [[(named, here)], [(here, branch)], [(named, here)]]


async def test_the_court_itself_may_claim_a_partner_that_bears_its_name_and_no_other(
    reporting_pool: asyncpg.Pool,
) -> None:
    linked = Linked()
    named, another = (partner(linked.shan, name, None, "basic") for name in (YUN, "白水县人民法院"))
    for number, one in enumerate((named, another)):
        agreement(linked.shan, f"{number}号", linked.branches["shan3"][0], one)
        claimed(linked.yun, "shan3", one, "yun4", linked.branches["yun4"][0])
    scope = await scope_of(reporting_pool, *linked.courts)
    assert [tie.ends[0][0] for tie in scope.bound] == ["", "shan3"]


async def test_an_activity_of_two_records_is_one_meeting_and_keeps_a_partnership_awake(
    reporting_pool: asyncpg.Pool,
) -> None:
    linked = linked_by_agreement()
    ours, theirs = linked.twice()
    decided(linked.city, DUPLICATE_CONFIRMED, ours, theirs)
    scope = await scope_of(reporting_pool, *linked.courts, as_of=date(2024, 9, 1))
    [tie] = [tie for tie in scope.ties if tie.activities]
    assert (len(tie.agreements), len(tie.activities), tie.dormant) == (2, 1, False)
    assert [tie.dormant for tie in scope.bound] == [True, True, False]
    scope = await scope_of(reporting_pool, *linked.courts)
    assert [tie.dormant for tie in scope.bound] == [True, True, True]


async def test_who_met_without_an_agreement_is_a_contact(reporting_pool: asyncpg.Pool) -> None:
    linked = Linked()
    city, yun = (partner(linked.shan, name, None, "basic") for name in (CITY, "云溪法院"))
    claimed(linked.shan, "shan3", city, "hai2", linked.branches["hai2"][0])
    here = own(linked.branches["shan3"][0])
    met(linked.shan, "2024-07-01", (here, 5), (other(city), 4), (other(yun), 3), title="联学", joint_modes=("forces",))
    scope = await scope_of(reporting_pool, *linked.courts)
    assert [tie.ends for tie in scope.met_only] == [
        (("", "云溪法院"), ("hai2", linked.branches["hai2"][0])),
        (("", "云溪法院"), ("shan3", linked.branches["shan3"][0])),
        (("hai2", linked.branches["hai2"][0]), ("shan3", linked.branches["shan3"][0])),
    ]
    assert scope.modes == {"planning": 0, "problem_solving": 0, "branding": 0, "forces": 1, "unstated": 0}


def province(courts: int, branches: int) -> list[Court]:
    """An intermediate court with many basic ones, neighbours bound to each other and to the intermediate court."""
    top = Court("hai0", HIGH, "high")
    every, units = [top], [[top.branch(n, f"第{n}党支部") for n in range(1, branches + 1)]]
    for number in range(1, courts):
        name = f"海角第{number}县人民法院"
        court = Court(f"xian{number}", name, "basic")
        joined(top, court, number, name)
        every.append(court)
        units.append([court.branch(n, f"第{n}党支部") for n in range(1, branches + 1)])
    for number, court in enumerate(every[1:], 1):
        for place, (whom, branch) in enumerate(((0, 0), (max(1, number - 1), -1))):
            if whom != number:
                name = HIGH if whom == 0 else f"海角第{whom}县人民法院"
                there = partner(court, name, f"第{branch % branches + 1}党支部", "high" if whom == 0 else "basic")
                agreement(court, f"{place}号", units[number][branch], there)
                claimed(top, court.site, there, every[whom].site, units[whom][branch])
    return every


async def test_seven_courts_are_drawn_with_59_branches_none_over_another(reporting_pool: asyncpg.Pool) -> None:
    courts = province(7, 8)
    for number in (9, 10, 11):
        courts[0].branch(number, f"第{number}党支部")
    scope = await scope_of(reporting_pool, *courts)
    drawing = court_network(scope, 2024)
    assert drawing is not None
    assert is_detailed(scope)
    nodes = [node for hull in drawing.hulls for node in hull.nodes]
    assert (len(drawing.hulls), len(nodes), len(drawing.edges)) == (7, 59, 11)
    assert all(abs(a.x - b.x) >= 48 or abs(a.y - b.y) >= 48 for a in nodes for b in nodes if a is not b)
    assert all(hull.x >= 0 and hull.x + hull.width <= drawing.width for hull in drawing.hulls)
    assert all(hull.y + hull.height <= drawing.height for hull in drawing.hulls)
    assert [band.words for band in drawing.bands] == [("高级法院", "1 家"), ("基层法院", "6 家")]


async def test_134_courts_are_drawn_as_courts_alone(reporting_pool: asyncpg.Pool) -> None:
    scope = await scope_of(reporting_pool, *province(134, 2))
    drawing = court_network(scope, 2024)
    assert drawing is not None
    assert not is_detailed(scope)
    assert (len(drawing.hulls), [hull.nodes for hull in drawing.hulls if hull.nodes]) == (134, [])
    assert len(drawing.edges) == 133 + 132
    places = {(hull.x, hull.y) for hull in drawing.hulls}
    assert len(places) == 134
    assert all(hull.x >= 0 and hull.x + hull.width <= drawing.width for hull in drawing.hulls)


async def test_the_number_of_questions_does_not_grow_with_the_courts(reporting_pool: asyncpg.Pool) -> None:
    asked = []
    for courts in (province(2, 1), province(9, 1)):
        await projected(reporting_pool, *courts)
        async with reporting_pool.acquire() as connection:
            tree = await court_tree(connection, "hai0", HIGH)
            queries: list[str] = []
            connection.add_query_logger(lambda record, seen=queries: seen.append(record.query))
            await joint_scope(connection, tree.courts, 2024, LATER)
            asked.append(len(queries))
    assert asked[0] == asked[1] > 0


async def test_every_number_of_the_page_leads_to_as_many_rows(reporting_pool: asyncpg.Pool) -> None:
    linked = linked_by_agreement()
    ours, theirs = linked.twice()
    await projected(reporting_pool, *linked.courts)
    page = (await joint_courts_page(reporting_pool, VIEWER, None, 2024, LATER)).decode()
    text = re.sub(r"<[^>]+>", "", page[page.index("<main") :])
    assert re.search(r"联建活动2 次（疑似重复 1）", re.sub(r"\n", "", text))
    for look, number in (("bound", 3), ("dormant", 3), ("met", 0), ("contact", 1)):
        rows = (await court_pairs_page(reporting_pool, VIEWER, None, 2024, Asked(look=look), LATER)).decode()
        assert f"：{number} 条" in rows
        assert re.search(rf'look={look}"><b>{number}</b>', unescape(page))
    rows = (await court_activities_page(reporting_pool, VIEWER, None, 2024, Asked(), LATER)).decode()
    assert "：2 条" in rows
    assert rows.count("疑似重复") == 2
    decided(linked.city, DUPLICATE_CONFIRMED, ours, theirs)
    await projected(reporting_pool, *linked.courts)
    rows = (await court_activities_page(reporting_pool, VIEWER, None, 2024, Asked(), LATER)).decode()
    assert "：1 条" in rows
    assert "已合并" in rows


async def test_of_what_only_other_courts_recorded_a_few_seats_are_not_told(reporting_pool: asyncpg.Pool) -> None:
    linked = Linked()
    linked.meets(linked.shan, "2024-05-16", YUN, "第二党支部", "送法下乡", (2, 2))
    linked.meets(linked.high, "2024-06-16", "海角街道", None, "结对共建", (2, 1))
    await projected(reporting_pool, *linked.courts)
    rows = (await court_activities_page(reporting_pool, VIEWER, None, 2024, Asked(), LATER)).decode()
    assert ("不足5人次" in rows, "4 人次" in rows, "3 人次" in rows) == (True, False, True)
    assert '<td class="nowrap">2024-05-16</td>' in rows


async def test_the_page_says_of_which_courts_not_all_is_here(reporting_pool: asyncpg.Pool) -> None:
    linked = Linked()
    await received(reporting_pool, linked.courts)
    page = (await joint_courts_page(reporting_pool, VIEWER, None, 2024, LATER)).decode()
    assert "4/4 家收齐。" in page
    assert ">全部收齐<" in page.partition("</header>")[0]
    await reporting_pool.execute("update receipts set head = head + 1 where origin like 'yun4/members/%'")
    page = (await joint_courts_page(reporting_pool, VIEWER, None, 2024, LATER)).decode()
    assert f"3/4 家收齐，缺：{YUN}，数字可能偏少。" in page
    assert "未全部收齐" in page.partition("</header>")[0]


async def test_a_lower_courts_part_is_shown_and_that_of_a_stranger_is_not(reporting_pool: asyncpg.Pool) -> None:
    linked = linked_by_agreement()
    await projected(reporting_pool, *linked.courts)
    page = (await joint_courts_page(reporting_pool, VIEWER, "hai2", 2024, LATER)).decode()
    assert f"2024年辖区联建：{CITY}和下级法院，共 3 家" in page
    with pytest.raises(NotOfJurisdiction):
        await joint_courts_page(reporting_pool, VIEWER, "xian9", 2024, LATER)
