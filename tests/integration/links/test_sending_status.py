"""What is said of the links up, to people and to monitoring."""

from __future__ import annotations

from pathlib import Path

import asyncpg
import orjson

from services.reporting.queries.links_up import links_up
from shared.links.uplink import uplink_role, uplinks_check
from shared.telemetry.metrics import Amount, exposed
from shared.telemetry.standing import Standing
from tests.integration.links.lower import LOWER, UPPER, uplinking
from tests.integration.links.test_sending import ACTIVITIES, MEMBERS, countersigned, sending, two_logs
from tests.integration.links.upper import Upper
from tests.integration.messaging.given import running, until


async def test_each_log_says_how_far_it_is_sent_received_and_countersigned(
    lower: asyncpg.Pool, upper: Upper, folder: Path
) -> None:
    members, _ = await two_logs(lower, withheld=["members.branch"])
    await members.head()
    async with running(sending(lower, folder), upper.role):
        await until(lambda: countersigned(lower), {MEMBERS: 1200, ACTIVITIES: 30})
        (link,) = orjson.loads(await links_up(lower, LOWER))["links"]
    told = {name: link[name] for name in ("upper", "name", "state", "connected", "withheld_families", "alarms")}
    assert told == {
        "upper": UPPER,
        "name": "某法院",
        "state": "joined",
        "connected": True,
        "withheld_families": ["members.branch"],
        "alarms": [],
    }
    assert link["state_age"] >= 0
    positions = ("origin", "sealed_to", "journal", "sent_to", "have", "countersigned_to", "alarm")
    assert [[one[name] for name in positions] for one in link["origins"]] == [
        [ACTIVITIES, 30, 30, 30, 30, 30, None],
        [MEMBERS, 1200, 1200, 1200, 1200, 1200, None],
    ]


async def test_before_the_first_state_nothing_is_countersigned(lower: asyncpg.Pool, upper: Upper, folder: Path) -> None:
    await two_logs(lower)
    async with running(sending(lower, folder)):
        await until(lambda: lower.fetchval("select sum(sent_to)::int from uplink_cursors"), 1230)
        (link,) = orjson.loads(await links_up(lower, LOWER))["links"]
    assert [(one["have"], one["countersigned_to"]) for one in link["origins"]] == [(None, None), (None, None)]
    assert link["state_age"] is None
    (link,) = orjson.loads(await links_up(lower, LOWER))["links"]
    assert link["connected"] is False


async def test_monitoring_sees_positions_connection_and_alarms(lower: asyncpg.Pool, upper: Upper, folder: Path) -> None:
    await two_logs(lower)
    parts = uplinking(lower, folder)
    async with running(lambda stop: uplink_role(parts, stop), upper.role):
        await until(lambda: countersigned(lower), {MEMBERS: 1200, ACTIVITIES: 30})
        upper.silent = True
        await upper.say(ACTIVITIES, have=31, root=b"x" * 32)
        await until(lambda: lower.fetchval("select count(*) from uplink_states where alarm is not null"), 1)
        readings, amounts = await Standing(lower, uplinks=True).read(list(parts.statuses.values()))
        assert await uplinks_check(parts)() is None
    assert [(one.stage, one.origin, one.reached, one.head) for one in readings] == [
        (f"uplink:{UPPER}", ACTIVITIES, 30, 30),
        (f"countersigned:{UPPER}", ACTIVITIES, 30, 30),
        (f"uplink:{UPPER}", MEMBERS, 1200, 1200),
        (f"countersigned:{UPPER}", MEMBERS, 1200, 1200),
    ]
    assert Amount("uplink_alarm", (UPPER, ACTIVITIES, "upper_is_ahead"), 1) in amounts
    assert Amount("uplink_connected", (UPPER,), 1) in amounts
    assert Amount("role_leading", (f"uplink:{UPPER}",), True) in amounts
    assert b'lianjian_uplink_alarm{alarm="upper_is_ahead"' in exposed(readings, amounts)
