"""From the log to the journal through PostgreSQL and RabbitMQ."""

from __future__ import annotations

from tests.integration.messaging.given import (
    Site,
    all_roles,
    assert_journal_is_the_log,
    establish,
    establish_at_once,
    establish_branches,
    received,
    running,
)


async def test_what_is_appended_arrives_in_the_journal_gapless_and_unaltered(site: Site) -> None:
    async with running(*all_roles(site)):
        await establish(site.store)
        await establish_branches(site.store, 1, 20)
        await establish_at_once(site.store, 21, 1620)
        await received(site, 1621)
    await assert_journal_is_the_log(site)
