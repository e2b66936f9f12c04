"""Whether a lower court is connected and complete, and why not."""

from datetime import timedelta

import asyncpg

from services.reporting.queries.overview_answers import Viewer
from shared.testing.journal import Court, facts_of
from tests.integration.reporting.jurisdiction import (
    BIRTH,
    NOW,
    asked,
    joined,
    of,
    received,
    resumed,
    six_below,
    suspended,
)


async def test_a_link_that_is_silent_is_not_complete_and_its_figures_stay(reporting_pool: asyncpg.Pool) -> None:
    top, lower = six_below()
    branch = lower[5].branch(1, "第一党支部")
    lower[5].activity(facts_of("branch", branch, branch, "lecture", "2024-05-06"))
    await received(reporting_pool, [top, *lower[:5]])
    await received(reporting_pool, [lower[5]], BIRTH - timedelta(minutes=2))
    found = await asked(reporting_pool)
    court = of(found, "xian4")
    assert (court["connected"], court["complete"]) == (False, False)
    assert court["figures"]["activities"] == 1
    assert found["lights"]["connected"] == {"courts": 5, "missing": ["xian4"]}


async def test_a_head_ahead_of_what_arrived_is_not_complete(reporting_pool: asyncpg.Pool) -> None:
    top, lower = six_below()
    await received(reporting_pool, [top, *lower])
    await reporting_pool.execute("update receipts set head = head + 1 where origin = 'xian9/members/log/1'")
    court = of(await asked(reporting_pool), "xian9")
    assert (court["connected"], court["complete"]) == (True, False)


async def test_a_stopped_link_stands_still_with_all_below_it(reporting_pool: asyncpg.Pool) -> None:
    top, middle, below, other_one = Court("sheng"), Court("shi1"), Court("xian1"), Court("shi2")
    joined(top, middle, 1, "东市中级人民法院", "intermediate")
    joined(top, other_one, 2, "西市中级人民法院", "intermediate")
    joined(middle, below, 1, "东县人民法院")
    suspended(top, "shi1", "更换服务器")
    suspended(top, "shi2", "更换服务器")
    resumed(top, "shi2", "已更换")
    await received(reporting_pool, [top, middle, below, other_one])
    found = await asked(reporting_pool, viewer=Viewer("sheng", "海角省高级人民法院", NOW, 120))
    stopped = {"site": "shi1", "by": "suspended", "reason": "更换服务器"}
    assert [court["stopped"] for court in found["courts"]] == [None, stopped, stopped, None]
    assert found["lights"]["complete"]["missing"] == ["shi1", "xian1"]


async def test_what_was_refused_stops_the_link_that_delivered_it(reporting_pool: asyncpg.Pool) -> None:
    top, lower = six_below()
    await received(reporting_pool, [top, *lower])
    await reporting_pool.execute(
        "insert into inbound_links (link, suspended_at, reason, origin, position) values ('up.xian9', now(), 'fork',"
        " 'xian9/activities/log/1', 7), ('activities', now(), 'chain', 'hai2/activities/log/1', 1)"
    )
    found = await asked(reporting_pool)
    assert of(found, "xian9")["stopped"] == {"site": "xian9", "by": "refused", "reason": "fork"}
    assert found["lights"]["complete"]["missing"] == ["xian9"]
