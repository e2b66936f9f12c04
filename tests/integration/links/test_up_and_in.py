"""Both ends of a link together: what the lower site sends, the upper site's reporting takes and signs for."""

from __future__ import annotations

from pathlib import Path

import asyncpg

from services.reporting.journal import JOURNAL
from shared.links.inbound import Inbound, inbound_role
from shared.receiver.trust import trust
from tests.integration.links.lower import ACTIVITY, ATTENDANCE, BELOW, LOWER, UPPER, UPPER_KEY, joined, key_of, log_of
from tests.integration.links.test_sending import ACTIVITIES, MEMBERS, countersigned, notes_of, sending, two_logs
from tests.integration.links.upper import Upper
from tests.integration.messaging.given import STATE_HURRY, running, until


async def test_a_linked_site_and_one_below_it_arrive_whole_and_are_signed_for(
    lower: asyncpg.Pool, upper: Upper, folder: Path
) -> None:
    members, _ = await two_logs(lower)
    below = log_of(lower, "ji99/activities/log/1")
    for family in (ACTIVITY, ATTENDANCE, ACTIVITY):
        below.add(20, family)
    await below.keep(run=13, hidden=range(21, 41))
    for log in (members, below):
        await log.head()
    await joined(lower, LOWER, BELOW, "lower", MEMBERS, 700)
    await joined(upper.pool, UPPER, LOWER, "lower", f"{UPPER}/members/log/1", 3)
    await joined(upper.pool, LOWER, BELOW, "lower", MEMBERS, 700)
    async with upper.pool.acquire() as connection:
        for log in (members, below):
            await trust(connection, log.origin.site, log.origin.service, key_of(log.origin).public, "test")
        await trust(connection, LOWER, "activities", key_of(log_of(lower, ACTIVITIES).origin).public, "test")
    inbound = Inbound(upper.pool, upper.broker_url, UPPER, UPPER_KEY, JOURNAL, STATE_HURRY, look_every=0.2)
    async with running(sending(lower, folder), lambda stop: inbound_role(inbound, stop)):
        await until(lambda: countersigned(lower), {MEMBERS: 1200, ACTIVITIES: 30, "ji99/activities/log/1": 60})
        members.add(1)
        await members.keep()
        await until(lambda: upper.have(MEMBERS), 1201)
        await until(lambda: upper.pool.fetchval("select head from receipts where origin = $1", MEMBERS), 1200)
    for origin in (MEMBERS, ACTIVITIES, "ji99/activities/log/1"):
        assert await notes_of(upper.pool, origin) == await notes_of(lower, origin)
    assert await upper.pool.fetchval("select count(*) from inbound_links where suspended_at is not null") == 0
