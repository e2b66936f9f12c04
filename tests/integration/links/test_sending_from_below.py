"""Logs of sites below go further up as they came, and only once the upper site knows whose they are."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import asyncpg
import orjson
import pytest

from shared.links.bodies import messages
from shared.links.origins import Source, believable, sources
from shared.receiver.receiving import Outcome
from tests.integration.links.lower import ACTIVITY, ATTENDANCE, BELOW, BRANCH, LOWER, UPPER, Growing, joined, log_of
from tests.integration.links.test_sending import MEMBERS, countersigned, notes_of, rows_of, sending
from tests.integration.links.upper import Upper
from tests.integration.messaging.given import running, until

BELOW_MEMBERS, BELOW_ACTIVITIES = "ji99/members/log/1", "ji99/activities/log/1"


@pytest.fixture
async def members(lower: asyncpg.Pool) -> Growing:
    """The own members log: it names the upper site at 3 and the site below at 40."""
    log = log_of(lower, MEMBERS)
    log.add(40)
    await log.keep(run=10)
    await joined(lower, LOWER, UPPER, "upper", MEMBERS, 3, withheld=[BRANCH])
    await joined(lower, LOWER, BELOW, "lower", MEMBERS, 40)
    return log


async def below(pool: asyncpg.Pool) -> Growing:
    """Positions 2 and 3 came without their contents, 4 with them though its family is one that may stay."""
    log = log_of(pool, BELOW_ACTIVITIES)
    for family in (ACTIVITY, ATTENDANCE, BRANCH, BRANCH, "activities.of_a_newer_site", ACTIVITY):
        log.add(1, family)
    await log.keep(run=4, hidden=(2, 3))
    return log


async def test_notes_and_heads_go_on_to_the_byte_and_nothing_withheld_is_shown(
    lower: asyncpg.Pool, upper: Upper, folder: Path, members: Growing
) -> None:
    log = await below(lower)
    signed = await log.head()
    async with running(sending(lower, folder), upper.role):
        await until(lambda: countersigned(lower), {MEMBERS: 40, BELOW_ACTIVITIES: 6})
        await until(lambda: _heads_above(upper), 6)
    assert await notes_of(upper.pool, BELOW_ACTIVITIES) == await notes_of(lower, BELOW_ACTIVITIES)
    types = [row[9] for row in await rows_of(upper.pool, BELOW_ACTIVITIES)]
    shown = f"{ACTIVITY}-noted.v1"
    assert types == [shown, None, None, None, "activities.of_a_newer_site-noted.v1", shown]
    heads = {(body, str(headers["lianjian-signature"])) for kind, headers, body in upper.messages if kind == "head"}
    assert heads == {signed}


async def _heads_above(upper: Upper) -> int | None:
    found: int | None = await upper.pool.fetchval("select head from receipts where origin = $1", BELOW_ACTIVITIES)
    return found


async def test_a_later_head_goes_up_though_nothing_else_does(
    lower: asyncpg.Pool, upper: Upper, folder: Path, members: Growing
) -> None:
    first = await members.head()
    async with running(sending(lower, folder), upper.role):
        await until(lambda: _heads_of(upper), {first})
        second = await members.head()
        await until(lambda: _heads_of(upper), {first, second})


async def _heads_of(upper: Upper) -> set[tuple[bytes, str]]:
    return {(body, str(headers["lianjian-signature"])) for kind, headers, body in upper.messages if kind == "head"}


async def test_a_log_from_below_waits_until_the_upper_site_has_the_joining(
    lower: asyncpg.Pool, upper: Upper, folder: Path, members: Growing
) -> None:
    await below(lower)
    upper.silent = True
    async with running(sending(lower, folder), upper.role):
        await until(lambda: upper.have(MEMBERS), 40)
        await upper.say(MEMBERS, have=39, root=members.root(39))
        await until(lambda: countersigned(lower), {MEMBERS: 39})
        assert upper.origins_that_came() == {MEMBERS}
        await upper.say(MEMBERS)
        await until(lambda: upper.have(BELOW_ACTIVITIES), 6)


async def test_of_a_site_whose_link_is_revoked_nothing_more_goes_up(
    lower: asyncpg.Pool, upper: Upper, folder: Path, members: Growing
) -> None:
    log = await below(lower)
    async with running(sending(lower, folder), upper.role):
        await until(lambda: upper.have(BELOW_ACTIVITIES), 6)
        await lower.execute("update linked_sites set state = 'revoked' where site = $1", BELOW)
        log.add(1, ACTIVITY)
        await log.keep()
        members.add(1)
        await members.keep()
        await until(lambda: countersigned(lower), {MEMBERS: 41, BELOW_ACTIVITIES: 6})


async def test_contents_that_follow_later_go_up_after_their_run_and_again_to_whoever_lost_them(
    lower: asyncpg.Pool, upper: Upper, folder: Path, members: Growing
) -> None:
    await open_below(lower, await withheld_below(lower))
    async with running(sending(lower, folder), upper.role):
        await until(lambda: opened(upper), [1, 4])
        assert Outcome.GAP not in upper.outcomes
        await upper.lose_everything()
        await until(lambda: opened(upper), [1, 4])
    came = [orjson.loads(body) for kind, _, body in upper.messages if kind == "opening"]
    assert {element["position"] for elements in came for element in elements} == {1, 4}


async def test_contents_that_a_suspended_link_dropped_go_up_again_once_it_is_resumed(
    lower: asyncpg.Pool, upper: Upper, folder: Path, members: Growing
) -> None:
    log = await withheld_below(lower)
    async with running(sending(lower, folder), upper.role):
        await until(lambda: upper.have(BELOW_ACTIVITIES), 4)
        await upper.pool.execute("insert into inbound_links (link, suspended_at, reason) values ('up', now(), 'fork')")
        await open_below(lower, log)
        await until(lambda: upper.pool.fetchval("select dropped >= 1 from inbound_links"), True)
        await until(lambda: lower.fetchval("select count(*) from uplink_openings"), 2)
        upper.silent = True
        await upper.say(BELOW_ACTIVITIES, status="suspended")
        await upper.pool.execute("update inbound_links set suspended_at = null")
        await upper.say(BELOW_ACTIVITIES)
        await until(lambda: opened(upper), [1, 4])


async def withheld_below(pool: asyncpg.Pool) -> Growing:
    """A log of the site below that came without contents."""
    log = log_of(pool, BELOW_ACTIVITIES)
    for family in (ACTIVITY, ATTENDANCE, BRANCH, "activities.of_a_newer_site"):
        log.add(1, family)
    await log.keep(hidden=(1, 2, 3, 4))
    return log


async def open_below(pool: asyncpg.Pool, log: Growing) -> None:
    """Its contents have come."""
    columns = "origin, position, salt, stream, version, event_id, type, time, data, meta"
    insert = f"insert into openings ({columns}) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)"
    await pool.executemany(insert, [(*row[:2], *row[5:]) for row in log.log.rows])


async def opened(upper: Upper) -> list[int]:
    return [row["position"] for row in await upper.pool.fetch("select position from openings order by position")]


async def accepted(pool: asyncpg.Pool, site: str, said_by: str, kept_to: int, origin: str, position: int) -> None:
    await pool.execute(
        "insert into epochs (site, service, epoch, said_by, kept_to, h, origin, position)"
        " values ($1, 'activities', 2, $2, $3, sha256('h'), $4, $5)",
        site, said_by, kept_to, origin, position,
    )  # fmt: skip


async def test_a_later_epoch_from_below_waits_for_its_acceptance_and_the_former_one_ends(
    lower: asyncpg.Pool, members: Growing
) -> None:
    await (await below(lower)).keep()
    log = log_of(lower, "ji99/activities/log/2")
    log.add(1, ACTIVITY)
    await log.keep()
    await accepted(lower, BELOW, BELOW, 4, "ji99/activities/log/2", 5)
    by_origin = {source.origin: source for source in await sources(lower, LOWER)}
    assert by_origin.keys() == {MEMBERS, BELOW_ACTIVITIES}
    await accepted(lower, BELOW, LOWER, 4, MEMBERS, 41)
    by_origin = {source.origin: source for source in await sources(lower, LOWER)}
    assert by_origin[BELOW_ACTIVITIES].have == 4
    assert by_origin["ji99/activities/log/2"].known_by == ((MEMBERS, 40), (MEMBERS, 41))


async def test_nothing_goes_out_that_was_not_seen_together_with_the_tree(lower: asyncpg.Pool) -> None:
    await below(lower)
    seen = Source(BELOW_ACTIVITIES, 5)
    assert [run.last async for run in messages(lower, seen, lambda _: True, 0, 8)] == [4]
    assert [run.last async for run in messages(lower, replace(seen, have=6), lambda _: True, 0, 8)] == [4, 6]


async def test_a_later_epoch_of_the_own_log_waits_until_the_upper_site_speaks_of_it(
    lower: asyncpg.Pool, members: Growing
) -> None:
    log = log_of(lower, "shi99/activities/log/2")
    log.add(1, ACTIVITY)
    await log.keep()
    found = await sources(lower, LOWER)
    assert list(believable(found, {})) == [MEMBERS]
    assert list(believable(found, {"shi99/activities/log/2": 0})) == [MEMBERS, "shi99/activities/log/2"]


def test_trust_goes_down_the_tree_step_by_step() -> None:
    tree = [
        Source("shi99/members/log/1", 50),
        Source("ji99/members/log/1", 30, False, (("shi99/members/log/1", 40),)),
        Source("cun99/members/log/1", 20, False, (("ji99/members/log/1", 25),)),
    ]
    names = ["shi99/members/log/1", "ji99/members/log/1", "cun99/members/log/1"]
    assert list(believable(tree, {})) == names[:1]
    assert list(believable(tree, {"shi99/members/log/1": 39})) == names[:1]
    assert list(believable(tree, {"shi99/members/log/1": 40})) == names[:2]
    assert list(believable(tree, {"shi99/members/log/1": 40, "ji99/members/log/1": 24})) == names[:2]
    assert list(believable(tree, {"shi99/members/log/1": 41, "ji99/members/log/1": 25})) == names
