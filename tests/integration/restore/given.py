"""A log that has been received whole, and then loses its end, as a restore of an older copy does."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence

import asyncpg

from shared.eventstore import ANY, Append, NewEvent
from shared.receiver.consuming import consume_role
from shared.relay import relay_role
from shared.restore.answering import JournalAnswering, answer_journal_role
from shared.restore.gate import Gate, compare_role, sealing_after
from shared.sealing.keys import PublicKey
from tests.integration.messaging.given import (
    MEMBERS_KEY,
    ORIGIN,
    REPORTING_KEY,
    Site,
    all_roles,
    branch_established,
    branch_id,
    received,
    running,
    site_established,
)


async def lived(site: Site, branches: int) -> None:
    """The site is established with so many branches, and all of it has been received."""
    async with running(*all_roles(site)):
        await append(site, 0, site_established())
        await record(site, 1, branches)
        await received(site, branches + 1)


async def record(site: Site, first: int, last: int) -> None:
    """One command for each branch."""
    for number in range(first, last + 1):
        await append(site, number, branch_established(number))


async def append(site: Site, number: int, *events: NewEvent) -> None:
    """One command whose events name it, as the command path has it."""
    stream = f"branch-{branch_id(number)}"
    await site.store.append([Append(stream, ANY, events)], events[0].meta["command_id"], actor="operator")


async def log_of(pool: asyncpg.Pool) -> dict[str, list[tuple[object, ...]]]:
    """Everything that is stored of a log, but for what is remembered of requests."""
    events = await pool.fetch("select * from events order by position")
    seals = await pool.fetch("select * from seals order by first")
    commands = await pool.fetch("select command_id, actor, status, positions from commands order by positions")
    return {
        name: [tuple(row) for row in rows]
        for name, rows in {"events": events, "seals": seals, "commands": commands}.items()
    }


async def cut(pool: asyncpg.Pool, position: int) -> None:
    """Take away what came after `position`, as an older copy of the database would not have it."""
    async with pool.acquire() as connection:
        await connection.execute("set session_replication_role = replica")
        async with connection.transaction():
            await connection.execute("delete from events where position > $1", position)
            await connection.execute("delete from seals where last > $1", position)
            await connection.execute("delete from commands where positions[1] > $1", position)
        await connection.execute("reset session_replication_role")


def gate_of(site: Site, wait: float = 5.0) -> Gate:
    async def signers(_: str, __: str) -> list[PublicKey]:
        return [REPORTING_KEY.public]

    return Gate(site.source, site.broker_url, ORIGIN, MEMBERS_KEY.public, signers, wait)


Role = Callable[[asyncio.Event], Awaitable[None]]


def answering(site: Site) -> Role:
    """Reporting, as it answers from its journal."""
    return lambda stop: answer_journal_role(
        JournalAnswering(site.target, site.broker_url, "shi99", REPORTING_KEY), stop
    )


def service(site: Site, gate: Gate) -> Sequence[Role]:
    """The service's own roles after a start."""
    return (
        lambda stop: compare_role(gate, stop),
        sealing_after(gate, site.sealing()),
        lambda stop: relay_role(site.relaying(), stop),
    )


def reporting(site: Site) -> Sequence[Role]:
    """The roles of reporting that have to do with it."""
    return answering(site), lambda stop: consume_role(site.consuming(), stop)


@contextlib.asynccontextmanager
async def started(site: Site, gate: Gate) -> AsyncIterator[None]:
    """Service and reporting, both."""
    async with running(*service(site, gate), *reporting(site)):
        yield
