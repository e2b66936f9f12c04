"""The page where two records of one activity, and partners that are linked courts, wait for a person."""

from datetime import UTC, date, datetime
from html import unescape

import asyncpg

from services.reporting.page.duplicates import duplicates_page
from services.reporting.page.joint_courts import joint_courts_page
from services.reporting.queries.overview_answers import Viewer
from shared.contracts.cross_court import DUPLICATE_REJECTED
from shared.testing.journal import Court
from tests.integration.reporting.joint_court import partner
from tests.integration.reporting.jurisdiction import received
from tests.integration.reporting.linked_court import (
    CITY,
    HIGH,
    SHAN,
    YUN,
    Linked,
    decided,
    projected,
)

LATER = date(2025, 3, 1)
VIEWER = Viewer("hai0", HIGH, datetime(2025, 3, 1, 2, 0, tzinfo=UTC), 300.0)


async def test_both_records_stand_side_by_side_with_what_to_type(reporting_pool: asyncpg.Pool) -> None:
    linked = Linked()
    ours, theirs = linked.twice()
    await projected(reporting_pool, *linked.courts)
    page = unescape((await duplicates_page(reporting_pool, VIEWER, 2024, LATER)).decode())
    first, second = f"shan3/{ours[1]}", f"yun4/{theirs[1]}"
    assert f"<code>lianjian duplicates confirm {first} {second}</code>" in page
    assert f"<code>lianjian duplicates reject {first} {second}</code>" in page
    assert "日期相差 1 天；名称相似 56%" in page
    assert f"{SHAN}第一党支部 12 人次；{YUN}第二党支部 9 人次" in page
    assert f"{YUN}第二党支部 10 人次；{SHAN} 人数未注明" in page
    branch = linked.branches["yun4"][1]
    partner_id = partner(Court("shan3"), YUN, "第二党支部", "basic")
    assert f"lianjian partners claim shan3/{partner_id} --as yun4/{branch}" in page


async def test_a_partner_that_looks_like_a_linked_court_is_to_be_claimed_before_the_network_shows_it(
    reporting_pool: asyncpg.Pool,
) -> None:
    linked = Linked()
    partner(linked.shan, YUN, "第二党支部", "basic")
    await received(reporting_pool, linked.courts)
    told = "各院登记的共建单位中有 1 个看来是联通的法院，"
    page = (await joint_courts_page(reporting_pool, VIEWER, None, 2024, LATER)).decode()
    assert told in page
    assert "有 1 个共建单位的名称与联通的法院相同，还没有认领" in page
    suggestions = (await duplicates_page(reporting_pool, VIEWER, 2024, LATER)).decode()
    assert '<a href="/view/overview?year=2024">全部收齐</a>' in suggestions.partition("</header>")[0]


async def test_what_was_decided_is_shown_with_who_and_how_to_take_it_back(reporting_pool: asyncpg.Pool) -> None:
    linked = Linked()
    ours, theirs = linked.twice()
    decided(linked.city, DUPLICATE_REJECTED, ours, theirs)
    await projected(reporting_pool, *linked.courts)
    page = unescape((await duplicates_page(reporting_pool, VIEWER, 2024, LATER)).decode())
    assert "没有需要决定的" in page
    assert f"<code>lianjian duplicates withdraw shan3/{ours[1]} yun4/{theirs[1]}</code>" in page
    assert f"决定：{CITY}" in page
