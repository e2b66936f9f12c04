"""Whatever breaks between the sites: nothing lost, nothing doubled, nothing believed that is not signed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg
import pytest
from yarl import URL

from shared.links.access import LinkAccess, read_access, write_access
from shared.links.sending import send_up
from shared.links.uplink import uplink_role
from shared.receiver.trust import trust
from shared.sealing.chain import first_h
from shared.sealing.keys import SigningKey
from shared.status import RoleStatus
from shared.testing.brokers import close_connections, delete_queue, purge
from tests.integration.links.lower import ACTIVITY, UPPER, UPPER_KEY, log_of, uplinking
from tests.integration.links.test_sending import (
    ACTIVITIES,
    MEMBERS,
    alarms,
    countersigned,
    notes_of,
    rows_of,
    sending,
    sent_to,
    two_logs,
)
from tests.integration.links.upper import Upper
from tests.integration.messaging.given import running, until

ALL = {MEMBERS: 1200, ACTIVITIES: 30}


async def assert_same(lower: asyncpg.Pool, upper: Upper) -> None:
    for origin in (MEMBERS, ACTIVITIES):
        assert await rows_of(upper.pool, origin) == await rows_of(lower, origin)
        assert await notes_of(upper.pool, origin) == await notes_of(lower, origin)


async def test_two_processes_do_what_one_does(lower: asyncpg.Pool, upper: Upper, folder: Path) -> None:
    await two_logs(lower)
    async with running(sending(lower, folder), sending(lower, folder), upper.role):
        await until(lambda: countersigned(lower), ALL)
        assert await lower.fetchval("select count(*) from leases where expires_at > now()") == 1
    await assert_same(lower, upper)


async def test_a_holder_that_slept_through_its_lease_stops_at_the_cursor(
    lower: asyncpg.Pool, upper: Upper, folder: Path
) -> None:
    members, _ = await two_logs(lower)
    (access,) = read_access(folder).values()

    async def sleeper(stop: asyncio.Event) -> None:
        await send_up(uplinking(lower, folder), access, RoleStatus("uplink"), stop)

    stop = asyncio.Event()
    async with running(upper.role):
        slept = asyncio.create_task(sleeper(stop))
        await until(lambda: countersigned(lower), ALL)
        await lower.execute("update uplink_cursors set sent_to = 700 where origin = $1", MEMBERS)
        members.add(1)
        await members.keep()
        with pytest.raises(Exception, match="somebody else sends past 1200"):
            await asyncio.wait_for(slept, 20)
        async with running(sending(lower, folder)):
            await until(lambda: countersigned(lower), {**ALL, MEMBERS: 1201})
    await assert_same(lower, upper)


async def test_connections_cut_off_again_and_again(
    lower: asyncpg.Pool, upper: Upper, folder: Path, management_url: str
) -> None:
    members, _ = await two_logs(lower)
    cut = 0
    async with running(sending(lower, folder), upper.role):
        # The broker lists its connections with some delay.
        while cut < 6:
            members.add(20)
            await members.keep(run=3)
            cut += await close_connections(management_url, upper.broker_url)
            await asyncio.sleep(0.3)
        await until(lambda: upper.have(MEMBERS), members.kept)
        await until(lambda: upper.have(ACTIVITIES), 30)
    await assert_same(lower, upper)


async def test_runs_that_the_upper_broker_lost_are_sent_again(
    lower: asyncpg.Pool, upper: Upper, folder: Path, management_url: str
) -> None:
    await two_logs(lower)
    async with running(sending(lower, folder)):
        await until(lambda: sent_to(lower), ALL)
        await purge(management_url, upper.broker_url, "up.shi99")
        await upper.expect(MEMBERS, ACTIVITIES)
        async with running(upper.role):
            await until(lambda: countersigned(lower), ALL)
    await assert_same(lower, upper)


async def test_a_queue_that_was_deleted_and_made_again_is_subscribed_anew(
    lower: asyncpg.Pool, upper: Upper, folder: Path, management_url: str
) -> None:
    members, _ = await two_logs(lower)
    async with running(sending(lower, folder), upper.role):
        await until(lambda: countersigned(lower), ALL)
        await delete_queue(management_url, upper.broker_url, "down.shi99")
        await upper.prepare()
        members.add(1)
        await members.keep()
        await until(lambda: countersigned(lower), {**ALL, MEMBERS: 1201})


async def test_killed_backends_below(lower: asyncpg.Pool, upper: Upper, folder: Path) -> None:
    members, _ = await two_logs(lower)
    async with running(sending(lower, folder), upper.role):
        for _ in range(3):
            await lower.execute(
                "select pg_terminate_backend(pid) from pg_stat_activity"
                " where datname = current_database() and pid <> pg_backend_pid()"
            )
            members.add(5)
            await members.keep()
            await asyncio.sleep(0.2)
        await until(lambda: countersigned(lower), {**ALL, MEMBERS: 1215})
    await assert_same(lower, upper)


@asynccontextmanager
async def black_hole(url: str) -> AsyncIterator[tuple[str, asyncio.Event]]:
    """An address of the broker behind a line that stays up; while the event is not set, nothing comes through."""
    open_line, tasks = asyncio.Event(), set()
    open_line.set()

    async def pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while chunk := await reader.read(65536):
            await open_line.wait()
            writer.write(chunk)
            await writer.drain()
        writer.close()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection("127.0.0.1", URL(url).port)
        for task in (asyncio.create_task(pass_on(reader, back)), asyncio.create_task(pass_on(there, writer))):
            tasks.add(task)

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield str(URL(url).with_port(server.sockets[0].getsockname()[1])), open_line
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def test_a_line_that_swallows_everything_is_given_up_and_tried_again(
    lower: asyncpg.Pool, upper: Upper, tmp_path: Path, access: LinkAccess
) -> None:
    members, _ = await two_logs(lower)
    async with black_hole(access.address) as (address, line):
        write_access(tmp_path, access.model_copy(update={"address": address}))
        async with running(sending(lower, tmp_path, confirm_within=1.0), upper.role):
            await until(lambda: countersigned(lower), ALL)
            line.clear()
            members.add(3)
            await members.keep()
            await until(lambda: lower.fetchval("select connected from uplink_connections"), False)
            assert await sent_to(lower) == ALL
            line.set()
            await until(lambda: countersigned(lower), {**ALL, MEMBERS: 1203}, 60)
    await assert_same(lower, upper)


async def test_an_upper_site_with_another_history_gets_what_is_new_and_countersigns_nothing_until_it_has_ours(
    lower: asyncpg.Pool, upper: Upper, folder: Path
) -> None:
    members, _ = await two_logs(lower)
    async with running(sending(lower, folder), upper.role):
        await until(lambda: countersigned(lower), ALL)
        upper.silent = True
        await upper.say(MEMBERS, have=600, root=b"x" * 32)
        await until(lambda: alarms(lower), {MEMBERS: "upper_has_another_history"})
        members.add(1)
        await members.keep()
        await until(lambda: sent_to(lower), {**ALL, MEMBERS: 1201})
        await until(lambda: upper.have(MEMBERS), 1201)
        assert await countersigned(lower) == ALL
        upper.silent = False
        await until(lambda: countersigned(lower), {**ALL, MEMBERS: 1201})
    assert await alarms(lower) == {}


async def test_an_upper_site_that_has_more_than_we_raises_an_alarm(
    lower: asyncpg.Pool, upper: Upper, folder: Path
) -> None:
    await two_logs(lower)
    async with running(sending(lower, folder), upper.role):
        await until(lambda: countersigned(lower), ALL)
        upper.silent = True
        await upper.say(MEMBERS, have=1300, root=b"x" * 32)
        await until(lambda: alarms(lower), {MEMBERS: "upper_is_ahead"})
    assert await countersigned(lower) == ALL


async def test_of_its_second_epoch_too_the_upper_site_gets_what_is_new_when_it_has_another_history(
    lower: asyncpg.Pool, upper: Upper, folder: Path
) -> None:
    await two_logs(lower)
    second = log_of(lower, "shi99/activities/log/2")
    second.add(2, ACTIVITY)
    await second.keep()
    upper.silent = True
    async with running(sending(lower, folder), upper.role):
        await until(lambda: upper.have(MEMBERS), 1200)
        await upper.say("shi99/activities/log/2", have=9, root=b"x" * 32)
        await until(lambda: alarms(lower), {"shi99/activities/log/2": "upper_is_ahead"})
        await until(lambda: arrived(upper, "shi99/activities/log/2"), True)


async def arrived(upper: Upper, origin: str) -> bool:
    return any(origin in str(headers.get("lianjian-note", "")) for _, headers, _ in upper.messages)


async def test_more_of_an_epoch_than_was_kept_of_it_is_no_alarm_and_no_countersignature(
    lower: asyncpg.Pool, upper: Upper, folder: Path
) -> None:
    await two_logs(lower)
    await lower.execute(
        "insert into epochs (site, service, epoch, said_by, kept_to, h, origin, position)"
        " values ('shi99', 'members', 2, 'shi99', 1200, sha256('h'), 'shi99/members/log/2', 1201)"
    )
    async with running(sending(lower, folder), upper.role):
        await until(lambda: countersigned(lower), ALL)
        upper.silent = True
        await upper.say(MEMBERS, have=1300, root=b"x" * 32)
        await until(lambda: lower.fetchval("select max(have) from uplink_states"), 1300)
    assert await alarms(lower) == {}
    assert await countersigned(lower) == ALL


@pytest.mark.parametrize(
    "other",
    [
        {"key": SigningKey(b"x" * 32)},
        {"receiver": "sheng8/reporting"},
        {"receiver": f"{UPPER}/members"},
    ],
)
async def test_what_the_upper_sites_reporting_has_not_signed_counts_for_nothing(
    lower: asyncpg.Pool, upper: Upper, folder: Path, other: dict[str, object]
) -> None:
    await two_logs(lower)
    # Who is asked for is the upper site's reporting, whoever else may sign for something.
    async with lower.acquire() as connection:
        for site, service in (("sheng8", "reporting"), (UPPER, "members")):
            await trust(connection, site, service, UPPER_KEY.public, "test")
    parts = uplinking(lower, folder)
    upper.silent = True
    async with running(lambda stop: uplink_role(parts, stop), upper.role):
        await until(lambda: upper.have(MEMBERS), 1200)
        await upper.say(MEMBERS, have=0, root=first_h(MEMBERS), **other)
        await until(lambda: _refused(parts.statuses[UPPER]), 1)
    assert await lower.fetchval("select count(*) from uplink_states") == 0


async def _refused(status: RoleStatus) -> int:
    return status.counts.get("refused_states", 0)
