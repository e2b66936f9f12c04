"""What the broker, the network or a crash takes away comes again."""

from __future__ import annotations

import asyncio

from shared.broker.connection import connected, new_link
from shared.broker.topology import own_topology
from shared.receiver.consuming import consume_role
from shared.relay import relay_role
from shared.sealer import seal_role
from shared.sealing.chain import first_h
from shared.testing.brokers import close_connections, delete_queue, purge
from tests.integration.messaging.given import (
    ORIGIN,
    Site,
    all_roles,
    assert_journal_is_the_log,
    establish,
    establish_at_once,
    establish_branches,
    have,
    received,
    running,
    until,
)


async def sent_to(site: Site) -> int:
    found = await site.source.fetchval("select sent_to from send_cursors")
    return found or 0


async def test_runs_that_the_broker_lost_are_sent_again_to_the_receiver_that_misses_them(
    site: Site, management_url: str
) -> None:
    async with running(lambda stop: seal_role(site.sealing(), stop), lambda stop: relay_role(site.relaying(), stop)):
        await establish(site.store)
        await establish_branches(site.store, 1, 30)
        await until(lambda: sent_to(site), 31)
        await purge(management_url, site.broker_url, "reporting.from.members")
        await establish_branches(site.store, 31, 40)
        async with running(lambda stop: consume_role(site.consuming(), stop)):
            await received(site, 41)
    await assert_journal_is_the_log(site)


async def test_a_journal_that_says_it_has_nothing_gets_everything_again(site: Site) -> None:
    async with running(*all_roles(site)):
        await establish(site.store)
        await establish_at_once(site.store, 1, 2000)
        await received(site, 2001)
        async with site.target.acquire() as connection:
            await connection.execute("set session_replication_role = replica")
            async with connection.transaction():
                await connection.execute("truncate journal, runs")
                await connection.execute("update receipts set have = 0, h = $1", first_h(ORIGIN.text))
            await connection.execute("reset session_replication_role")
        await received(site, 2001)
    await assert_journal_is_the_log(site)


async def test_connections_cut_off_again_and_again_lose_and_double_nothing(site: Site, management_url: str) -> None:
    async with running(*all_roles(site)):
        await establish(site.store)
        cut = branches = 0
        # The broker lists its connections with some delay.
        while cut < 8:
            await establish_branches(site.store, branches + 1, branches + 5)
            branches += 5
            cut += await close_connections(management_url, site.broker_url)
            await asyncio.sleep(0.3)
        await received(site, branches + 1)
    await assert_journal_is_the_log(site)


async def test_queues_that_were_deleted_and_made_again_are_subscribed_anew(site: Site, management_url: str) -> None:
    async with running(*all_roles(site)):
        await establish(site.store)
        await received(site, 1)
        await until(lambda: told(site), 1)
        for queue in ("reporting.from.members", "members.control"):
            await delete_queue(management_url, site.broker_url, queue)
            async with connected(new_link(site.broker_url, "makes it again"), own_topology("shi99")):
                pass
        await establish_branches(site.store, 1, 10)
        await received(site, 11)
        await until(lambda: told(site), 11)
    await assert_journal_is_the_log(site)


async def told(site: Site) -> int | None:
    have: int | None = await site.source.fetchval(
        "select max(have) from peer_states where receiver = 'shi99/reporting'"
    )
    return have


async def test_killed_backends_lose_and_double_nothing(site: Site) -> None:
    async with running(*all_roles(site)):
        await establish(site.store)
        for number in range(4):
            await establish_branches(site.store, 10 * number + 1, 10 * number + 10)
            for pool in (site.source, site.target):
                await pool.execute(
                    "select pg_terminate_backend(pid) from pg_stat_activity"
                    " where datname = current_database() and pid <> pg_backend_pid()"
                )
        await received(site, 41)
    await assert_journal_is_the_log(site)


async def test_two_sealers_two_relays_and_two_receivers_do_what_one_does(site: Site) -> None:
    async with running(*all_roles(site), *all_roles(site)):
        await establish(site.store)
        await establish_at_once(site.store, 1, 1200)
        await establish_branches(site.store, 1201, 1220)
        await received(site, 1221)
    await assert_journal_is_the_log(site)


async def test_a_log_that_grew_while_nobody_listened_arrives_whole(site: Site) -> None:
    await establish(site.store)
    await establish_at_once(site.store, 1, 2600)
    async with running(*all_roles(site)):
        await received(site, 2601)
    runs = await site.target.fetch("select first, last from runs order by first")
    assert [tuple(run) for run in runs] == [
        (1, 500),
        (501, 1000),
        (1001, 1500),
        (1501, 2000),
        (2001, 2500),
        (2501, 2601),
    ]
    assert await have(site) == 2601
    await assert_journal_is_the_log(site)
