"""Brands across courts: an upper court's brand as the spine, below it those of lower courts."""

from datetime import date

import asyncpg
import orjson

from services.reporting.page.brand_courts import brand_courts_page
from services.reporting.queries.brand_scope import BrandScope, brand_scope
from services.reporting.queries.court_figures import Asked
from services.reporting.queries.court_tree import court_tree
from services.reporting.queries.overview_answers import overview
from shared.testing.journal import Court
from tests.integration.reporting.joint_court import brand, other, own, partner, stepped
from tests.integration.reporting.linked_court import CITY, HIGH, SHAN, Linked, claimed, projected
from tests.integration.reporting.test_cross_court_pages import VIEWER

LATER = date(2025, 3, 1)


async def scope_of(pool: asyncpg.Pool, linked: Linked) -> BrandScope:
    await projected(pool, *linked.courts)
    async with pool.acquire() as connection:
        tree = await court_tree(connection, "hai0", HIGH)
        return await brand_scope(connection, tree.courts, 2024, LATER)


def shown(scope: BrandScope) -> list[tuple[int, str, str | None, bool]]:
    return [(one.row.depth, one.site, one.row.brand.name, one.by_name) for one in scope.rows]


def branch(linked: Linked, court: Court, number: int = 0) -> str:
    return linked.branches[court.site][number]


def three_levels() -> Linked:
    """护航铸魂 of the high court, 星火 of the intermediate one below it, 青山星火 of a basic court below that."""
    linked = Linked()
    top = brand(linked.high, "护航铸魂", own(branch(linked, linked.high)))
    stepped(linked.high, top, submit="2024-01-01", recognise="2024-02-01")
    upper = brand(linked.city, "护航铸魂", other(partner(linked.city, HIGH, None, "high")))
    middle = brand(linked.city, "星火", own(branch(linked, linked.city)), parent_id=upper)
    stepped(linked.city, middle, submit="2024-02-01", recognise="2024-10-01")
    above = brand(linked.shan, "星火", other(partner(linked.shan, CITY, "第一党支部", "intermediate")))
    brand(linked.shan, "青山星火", own(branch(linked, linked.shan)), parent_id=above)
    return linked


async def test_an_upper_courts_brand_is_the_spine_and_counts_once(reporting_pool: asyncpg.Pool) -> None:
    scope = await scope_of(reporting_pool, three_levels())
    assert shown(scope) == [
        (0, "hai0", "护航铸魂", False),
        (1, "hai2", "星火", True),
        (2, "shan3", "青山星火", True),
    ]
    assert [(one.court.site, one.brands, one.recognised, one.stale, one.covered) for one in scope.by_court] == [
        ("hai0", 1, 1, 1, 1),
        ("hai2", 1, 1, 0, 1),
        ("shan3", 1, 0, 1, 0),
        ("yun4", 0, 0, 0, 0),
    ]
    assert scope.unmatched == 0


async def test_the_sum_of_several_courts_counts_an_upper_courts_brand_once(reporting_pool: asyncpg.Pool) -> None:
    await projected(reporting_pool, *three_levels().courts)
    found = orjson.loads((await overview(reporting_pool, VIEWER, Asked("2024", LATER))).body)
    assert [(one["site"], one["figures"]["brands"]) for one in found["courts"]] == [
        ("hai0", 1),
        ("hai2", 2),
        ("shan3", 2),
        ("yun4", 0),
    ]
    assert found["figures"]["brands"] == 3
    together = {one["site"]: one["together"]["brands"] for one in found["courts"] if one["together"]}
    assert together == {"hai0": 3, "hai2": 3}


async def test_two_lower_courts_that_stand_for_the_same_brand_have_it_once_together(
    reporting_pool: asyncpg.Pool,
) -> None:
    linked = Linked()
    brand(linked.city, "星火", own(branch(linked, linked.city)))
    for court in (linked.shan, linked.yun):
        brand(court, "星火", other(partner(court, CITY, None, "intermediate")))
    await projected(reporting_pool, *linked.courts)
    found = orjson.loads((await overview(reporting_pool, VIEWER, Asked("2024", LATER))).body)
    assert found["levels"]["basic"]["brands"] == 1
    assert found["figures"]["brands"] == 1


async def test_an_own_owner_beside_the_upper_court_makes_it_no_second_brand(reporting_pool: asyncpg.Pool) -> None:
    linked = Linked()
    brand(linked.high, "护航铸魂", own(branch(linked, linked.high)))
    court = other(partner(linked.city, HIGH, None, "high"))
    upper = brand(linked.city, "护航铸魂", own(branch(linked, linked.city)), court)
    stepped(linked.city, upper, submit="2024-01-01", recognise="2024-02-01")
    brand(linked.city, "星火", own(branch(linked, linked.city, 1)), parent_id=upper)
    above = brand(linked.shan, "护航铸魂", other(partner(linked.shan, CITY, None, "intermediate")))
    brand(linked.shan, "青山星火", own(branch(linked, linked.shan)), parent_id=above)
    scope = await scope_of(reporting_pool, linked)
    assert shown(scope) == [
        (0, "hai0", "护航铸魂", False),
        (1, "hai2", "星火", True),
        (1, "shan3", "青山星火", True),
    ]
    assert [(one.court.site, one.brands, one.covered) for one in scope.by_court[:3]] == [
        ("hai0", 1, 0),
        ("hai2", 1, 1),
        ("shan3", 1, 0),
    ]
    assert scope.unmatched == 0


async def test_a_parent_of_another_name_or_of_a_court_that_is_not_above_stands_by_itself(
    reporting_pool: asyncpg.Pool,
) -> None:
    linked = Linked()
    brand(linked.high, "护航铸魂", own(branch(linked, linked.high)))
    brand(linked.yun, "溪流", own(branch(linked, linked.yun)))
    for key, name, house in ((1, "护航", HIGH), (2, "溪流", "云溪区人民法院")):
        above = brand(linked.shan, name, other(partner(linked.shan, house, None, "basic")), key=f"above{key}")
        brand(linked.shan, f"青山{key}", own(branch(linked, linked.shan)), parent_id=above, main=False)
    scope = await scope_of(reporting_pool, linked)
    assert (1, "shan3", "青山1", False) in shown(scope)
    assert (1, "shan3", "青山2", False) in shown(scope)
    assert (len(scope.rows), scope.unmatched) == (6, 2)


async def test_a_court_called_otherwise_is_known_by_the_claim(reporting_pool: asyncpg.Pool) -> None:
    linked = Linked()
    brand(linked.city, "星火", own(branch(linked, linked.city)))
    called = partner(linked.shan, "海角中院", None, "intermediate")
    above = brand(linked.shan, "星火", other(called))
    brand(linked.shan, "青山星火", own(branch(linked, linked.shan)), parent_id=above)
    assert len((await scope_of(reporting_pool, linked)).rows) == 3
    claimed(linked.shan, "shan3", called, "hai2")
    assert shown(await scope_of(reporting_pool, linked)) == [
        (0, "hai2", "星火", False),
        (1, "shan3", "青山星火", True),
    ]


async def test_the_page_shows_the_matrix_and_what_asks_for_a_next_step(reporting_pool: asyncpg.Pool) -> None:
    await projected(reporting_pool, *three_levels().courts)
    page = (await brand_courts_page(reporting_pool, VIEWER, None, 2024, LATER)).decode()
    assert page.index("护航铸魂") < page.index("星火") < page.index("青山星火")
    assert "2 个品牌由此归入" in page
    assert '<a href="/view/overview?year=2024">未全部收齐</a>' in page.partition("</header>")[0]
    stale = (await brand_courts_page(reporting_pool, VIEWER, None, 2024, LATER, "stale")).decode()
    assert stale.count('<th scope="row"') == 2
    below = (await brand_courts_page(reporting_pool, VIEWER, "shan3", 2024, LATER)).decode()
    assert f"2024年辖区品牌：{SHAN}</h2>" in below
    assert below.count('<th scope="row"') == 1
    assert '<tr class="depth0">' in below
