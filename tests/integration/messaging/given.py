"""A small site: the log of `members` and the journal of `reporting`, each in a database of its own."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, uuid5

import asyncpg

from services.reporting.journal import JOURNAL
from shared.broker.delivery import Pace
from shared.broker.tables import install_leases, install_receiving, install_sending
from shared.contracts.families import BRANCH, SITE
from shared.contracts.members import BRANCH_ESTABLISHED, SITE_ESTABLISHED
from shared.eventstore import ANY, Append, EventStore, NewEvent
from shared.migrations import migrate
from shared.receiver.consuming import Consuming, consume_role
from shared.receiver.stating import StatePace
from shared.receiver.trust import signers_of_own_log
from shared.relay import Relaying, relay_role
from shared.sealer import Sealing, seal_role
from shared.sealing.keys import SigningKey
from shared.sealing.origin import Origin

MEMBERS_KEY = SigningKey(b"m" * 32)
REPORTING_KEY = SigningKey(b"r" * 32)
ACTIVITIES_KEY = SigningKey(b"a" * 32)
STRANGERS_KEY = SigningKey(b"x" * 32)

ORIGIN = Origin("shi99", "members")
FAMILIES = {SITE_ESTABLISHED: SITE.name, BRANCH_ESTABLISHED: BRANCH.name}

REPORTING_MIGRATIONS = Path(__file__).parents[3] / "services" / "reporting" / "migrations"

HURRY = Pace(head_every=0.5, head_at_most_every=0.1, resend_after=0.3, look_every=0.1, consumers_every=0.2)
STATE_HURRY = StatePace(every=0.4, while_behind=0.1, at_most_every=0.05, consumers_every=0.2)


@dataclass(frozen=True)
class Site:
    """Where everything of the small site is."""

    source: asyncpg.Pool
    target: asyncpg.Pool
    broker_url: str

    @property
    def store(self) -> EventStore:
        return EventStore(self.source)

    def sealing(self) -> Sealing:
        return Sealing(self.source, ORIGIN, MEMBERS_KEY, FAMILIES.__getitem__)

    def relaying(self, pace: Pace = HURRY) -> Relaying:
        signers = signers_of_own_log(self.source, "shi99")
        return Relaying(self.source, self.broker_url, ORIGIN, MEMBERS_KEY, FAMILIES.__getitem__, signers, pace)

    def consuming(self, pace: StatePace = STATE_HURRY) -> Consuming:
        return Consuming(self.target, self.broker_url, "shi99", "reporting", REPORTING_KEY, ("members",), JOURNAL, pace)


async def install_source(pool: asyncpg.Pool) -> None:
    async with pool.acquire() as connection:
        await install_leases(connection)
        await install_sending(connection)


async def install_target(pool: asyncpg.Pool) -> None:
    async with pool.acquire() as connection:
        await install_leases(connection)
        await install_receiving(connection)
        await migrate(connection, REPORTING_MIGRATIONS, "reporting")


def site_established(site: str = "shi99", key: SigningKey = MEMBERS_KEY) -> NewEvent:
    named = (("members", key), ("reporting", REPORTING_KEY), ("activities", ACTIVITIES_KEY))
    keys = [
        {"service": service, "key_id": each.public.key_id, "public_key": each.public.text} for service, each in named
    ]
    facts = {
        "site": site,
        "name": "某市中级人民法院",
        "level": "intermediate",
        "court_code": None,
        "party_committee_id": "5a6f0a2e-0000-4000-8000-000000000001",
        "signing_keys": keys,
    }
    return NewEvent(SITE_ESTABLISHED, {"facts": facts}, meta("establish"))


def branch_established(number: int) -> NewEvent:
    facts = {
        "name": f"第{number}党支部",
        "branch_kind": "in_service",
        "official_order": number,
        "effective_from": "2024-01-01",
    }
    return NewEvent(BRANCH_ESTABLISHED, {"facts": facts}, meta(f"establish branch {number}"))


def branch_id(number: int) -> str:
    return str(uuid5(NAMESPACE_URL, f"branch {number}"))


def meta(command: str) -> dict[str, Any]:
    return {
        "actor": {"subject": "operator", "role": "operator", "organisation": "shi99"},
        "source": {"kind": "setup"},
        "command_id": command,
        "correlation": command,
    }


async def establish(store: EventStore) -> None:
    await store.append([Append("site-5a6f0a2e-0000-4000-8000-000000000000", ANY, [site_established()])], "establish")


async def establish_branches(store: EventStore, first: int, last: int) -> None:
    """One append for each branch."""
    for number in range(first, last + 1):
        await store.append([Append(f"branch-{branch_id(number)}", ANY, [branch_established(number)])], f"b{number}")


async def establish_at_once(store: EventStore, first: int, last: int) -> None:
    """All branches in one append."""
    appends = [
        Append(f"branch-{branch_id(number)}", ANY, [branch_established(number)]) for number in range(first, last + 1)
    ]
    await store.append(appends, f"b{first}-{last}")


@contextlib.asynccontextmanager
async def running(*roles: Callable[[asyncio.Event], Awaitable[None]]) -> AsyncIterator[None]:
    """The roles run until the block ends; one that dies of itself is an error."""
    stop = asyncio.Event()
    tasks = [asyncio.ensure_future(role(stop)) for role in roles]
    try:
        yield
        assert not any(task.done() for task in tasks)
    finally:
        stop.set()
        await asyncio.wait_for(asyncio.gather(*tasks), 30)


def all_roles(site: Site) -> Sequence[Callable[[asyncio.Event], Awaitable[None]]]:
    return (
        lambda stop: seal_role(site.sealing(), stop),
        lambda stop: relay_role(site.relaying(), stop),
        lambda stop: consume_role(site.consuming(), stop),
    )


async def received(site: Site, position: int, seconds: float = 30.0) -> None:
    """Wait until the journal holds the log up to `position`."""
    await until(lambda: have(site), position, seconds)


async def have(site: Site) -> int:
    found = await site.target.fetchval("select have from receipts where origin = $1", ORIGIN.text)
    return found or 0


async def until(question: Callable[[], Awaitable[Any]], wanted: Any, seconds: float = 60.0) -> None:
    """Ask until the answer is `wanted`; how long that may take is no assertion about speed."""
    end = time.monotonic() + seconds
    while (found := await question()) != wanted:
        if time.monotonic() > end:
            raise AssertionError(f"{found!r} after {seconds} s; {wanted!r} was awaited")
        await asyncio.sleep(0.02)


async def assert_journal_is_the_log(site: Site) -> None:
    """Nothing lost, nothing doubled, nothing altered."""
    log = await site.source.fetch(
        "select position, stream, version, event_id, type, data, meta, salt, recorded_at from events order by position"
    )
    journal = await site.target.fetch(
        "select position, stream, version, event_id, type, data, meta, salt, time from journal"
        " where origin = $1 order by position",
        ORIGIN.text,
    )
    assert [tuple(row) for row in journal] == [tuple(row) for row in log]
    root = await site.target.fetchval("select h from journal order by position desc limit 1")
    assert root == await site.source.fetchval("select root from seals order by first desc limit 1")
