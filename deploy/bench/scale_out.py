"""Scale-out under load: replicas added while commands arrive, leaders killed, nothing lost and nothing doubled.

A court of processes as in containers: 200 commands a second, each with an `Idempotency-Key`, go round the HTTP workers
of `activities`. On the way workers, relays, receivers and projectors go from one to three; then a worker and every
leader are killed (SIGKILL). A command without an answer is sent again under its key, as any client would. In the end
commands acknowledged, events in the log, in the journal and rows of the projection are counted beside each other.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import secrets
import signal
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, NamedTuple
from uuid import uuid4

import asyncpg

from deploy.bench.asking import Answer, Client
from deploy.bench.command_http import BODY, CONNECTIONS, READY_WITHIN, enter_branch, free_port, server, started
from deploy.bench.measure import CannotMeasure, Setting, Shown
from shared.contracts.values import Level
from shared.testing.brokers import fresh_vhost
from shared.testing.databases import fresh_database

RATE: Final = 200
SECONDS, QUICK_SECONDS = 24.0, 12.0
REPLICAS: Final = 3
MOVES_WITHIN: Final = 10.0
_SETTLES_WITHIN: Final = 60.0
_ANSWERED_WITHIN: Final = 45.0
_CREATED: Final = 201
_PLANNED: Final = "activities.activity-planned.v%"

Roles = tuple[tuple[str, str], ...]
SCALED: Final[Roles] = (
    ("activities", "api"),
    ("activities", "relay"),
    ("reporting", "consume"),
    ("reporting", "project"),
)
LEADERS: Final = {
    "sealer": "activities",
    "relay:own": "activities",
    "consume": "reporting",
    "project": "reporting",
}


def rows() -> list[Shown]:
    return [Shown("scale-out", _scale_out)]


@dataclass
class Load:
    """Commands on their way: what was sent, what was acknowledged at which position, how often it was sent again."""

    client: Client
    workers: list[int]
    acknowledged: dict[str, int] = field(default_factory=dict)
    unanswered: list[str] = field(default_factory=list)
    sent: int = 0
    again: int = 0
    places: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(CONNECTIONS))

    async def run(self, commands: int, over: asyncio.Event) -> float:
        """Send so many, and more until it is over; commands a second at which they were sent."""
        began, number = time.perf_counter(), 0
        async with asyncio.TaskGroup() as sending:
            while number < commands or not over.is_set():
                await asyncio.sleep(max(0.0, began + number / RATE - time.perf_counter()))
                sending.create_task(self._send(number))
                number += 1
            took = time.perf_counter() - began
        self.sent = number
        return number / took

    async def _send(self, number: int) -> None:
        key, until = str(uuid4()), time.perf_counter() + _ANSWERED_WITHIN
        while time.perf_counter() < until:
            port = self.workers[number % len(self.workers)]
            answer = await self._asked(port, key)
            if answer is not None and answer.status == _CREATED:
                self.acknowledged[key] = int(answer.headers["position"].partition("@")[2])
                return
            self.again, number = self.again + 1, number + 1  # the next worker
            await asyncio.sleep(0.1)
        self.unanswered.append(key)

    async def _asked(self, port: int, key: str) -> Answer | None:
        async with self.places:
            return await self.client.post(port, "/activities", key)


class Named(NamedTuple):
    """What a deployment is told of its court."""

    site: str
    name: str
    level: Level


_COURT: Final = Named("shi99", "青岚市中级人民法院", "intermediate")


@dataclass
class Site:
    """The processes of one court on databases and a virtual host of its own."""

    databases: dict[str, str]
    told: dict[str, dict[str, str]]
    stack: AsyncExitStack
    pids: dict[int, int] = field(default_factory=dict)
    connections: dict[str, asyncpg.Connection] = field(default_factory=dict)

    def kill(self, port: int) -> None:
        """End the process that answers at `port` as a power cut would."""
        os.kill(self.pids[port], signal.SIGKILL)

    async def start(self, service: str, role: str) -> int:
        """One more process; the port at which it answers."""
        port = free_port()
        told = {**self.told[service], "LIANJIAN_HTTP_PORT": str(port)}
        self.pids[port] = await self.stack.enter_async_context(server((f"services.{service}", role), port, told))
        return port

    async def ask(self, service: str, query: str, *arguments: Any) -> Any:
        if service not in self.connections:
            self.connections[service] = await asyncpg.connect(self.databases[service])
            self.stack.push_async_callback(self.connections[service].close)
        return await self.connections[service].fetchval(query, *arguments)


async def _scale_out(setting: Setting) -> dict[str, Any]:
    commands = int(RATE * (QUICK_SECONDS if setting.is_quick else SECONDS))
    token = secrets.token_urlsafe(32)
    async with court_of_processes(setting, token) as site:
        ports = await asyncio.gather(*(site.start(*role) for role in (*SCALED, ("activities", "consume"))))
        await known_branch(site)
        with contextlib.closing(Client(token, BODY)) as client:
            load, over = Load(client, [ports[0]]), asyncio.Event()
            sending = asyncio.create_task(load.run(commands, over))
            try:
                await asyncio.sleep(commands / RATE / 6)
                await _more_replicas(site, load)
                await asyncio.sleep(commands / RATE / 6)
                site.kill(load.workers[0])
                moved = await _kill_leaders(site)
            finally:
                over.set()
            rate = await sending
        counts = await _settled(site, len(load.acknowledged))
    return _told(load, rate, moved, counts)


def _told(load: Load, rate: float, moved: dict[str, float], counts: dict[str, int]) -> dict[str, Any]:
    acknowledged = len(set(load.acknowledged.values()))
    lost = max(acknowledged - number for number in counts.values())
    doubled = max(number - acknowledged for number in counts.values())
    return {
        "replicas": f"1 -> {REPLICAS}",
        "commands": load.sent,
        "commands_a_second": round(rate, 1),
        "acknowledged": acknowledged,
        "sent_again": load.again,
        **counts,
        "unanswered": len(load.unanswered),
        "lost": max(lost, 0),
        "doubled": max(doubled, 0) + len(load.acknowledged) - acknowledged,
        "leadership_moved_after_seconds": moved,
        "hold": f"lost 0, doubled 0, leadership <= {MOVES_WITHIN:g} s",
        "met": lost == doubled == 0 == len(load.unanswered)
        and acknowledged == load.sent
        and max(moved.values()) <= MOVES_WITHIN,
    }


@asynccontextmanager
async def court_of_processes(setting: Setting, token: str, court: Named = _COURT) -> AsyncIterator[Site]:
    """A court with `members` running; the others are ready to be started."""
    async with AsyncExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        broker = await stack.enter_async_context(fresh_vhost(setting.management_url, setting.rabbitmq_url))
        names = ("activities", "reporting", "members")
        databases = {name: await stack.enter_async_context(fresh_database(setting.postgres_url)) for name in names}
        (Path(folder) / "token").write_text(token)
        told = {
            name: {
                "LIANJIAN_SITE": court.site,
                "LIANJIAN_SITE_NAME": court.name,
                "LIANJIAN_SITE_LEVEL": court.level,
                "LIANJIAN_DATABASE_URL": databases[name],
                "LIANJIAN_BROKER_URL": broker,
                "LIANJIAN_KEY_DIR": f"{folder}/{name}",
                "LIANJIAN_OPERATOR_TOKEN_FILE": f"{folder}/token",
                "LIANJIAN_POOL_MAX": "10" if name == "members" else "8",  # the least that `serve` takes
            }
            for name in names
        }
        for name in names:
            process = await started(f"services.{name}", "migrate", told=told[name])
            if code := await process.wait():
                raise CannotMeasure(f"{name} could not be migrated: exit code {code}")
        site = Site(databases, told, await stack.enter_async_context(AsyncExitStack()))
        await site.start("members", "serve")
        yield site


async def known_branch(site: Site) -> None:
    """The branch of the commands, and the keys of the court received: then everything is in motion."""
    async with asyncio.timeout(READY_WITHIN):
        while not await site.ask("activities", "select count(*) from origin_keys"):  # noqa: ASYNC110 - over SQL
            await asyncio.sleep(0.1)
    await enter_branch(site.databases["activities"])


async def _more_replicas(site: Site, load: Load) -> None:
    """From one to three of each; a worker is in the round as soon as it answers."""

    async def one(service: str, role: str) -> None:
        port = await site.start(service, role)
        if role == "api":
            load.workers.append(port)

    await asyncio.gather(*(one(*role) for role in SCALED for _ in range(REPLICAS - 1)))


async def _kill_leaders(site: Site) -> dict[str, float]:
    """Seconds until another process held each lease after its holder was killed."""
    moved: dict[str, float] = {}
    killed: set[int] = set()
    for lease, service in LEADERS.items():
        leader = await _holder_but(site, service, lease, killed)
        os.kill(leader, signal.SIGKILL)
        killed.add(leader)
        began = time.perf_counter()
        await _holder_but(site, service, lease, killed)
        moved[lease.partition(":")[0]] = round(time.perf_counter() - began, 1)
    return moved


async def _holder_but(site: Site, service: str, lease: str, killed: set[int]) -> int:
    """The process that holds a lease, as soon as one does that was not killed: one process may hold several."""
    async with asyncio.timeout(3 * MOVES_WITHIN):
        while (holder := await _holder(site, service, lease)) in (0, *killed):  # noqa: ASYNC110 - over SQL
            await asyncio.sleep(0.05)
    return holder


async def _holder(site: Site, service: str, lease: str) -> int:
    """The process that holds a lease now; 0 where none does."""
    query = "select holder from leases where name = $1 and expires_at > clock_timestamp()"
    holder = await site.ask(service, query, lease)
    return int(holder.split(":")[1]) if holder else 0


async def _settled(site: Site, expected: int) -> dict[str, int]:
    """How many of the commands stand in the log, in the journal, in the projection, once nothing moves any more."""
    deadline = time.perf_counter() + _SETTLES_WITHIN
    while (counts := await _counts(site))["projection"] < expected and time.perf_counter() < deadline:  # noqa: ASYNC110
        await asyncio.sleep(0.2)
    await asyncio.sleep(1.0)  # what came twice would come now
    return await _counts(site) if counts["projection"] >= expected else counts


async def _counts(site: Site) -> dict[str, int]:
    return {
        "log": await site.ask("activities", "select count(*) from events where type like $1", _PLANNED),
        "journal": await site.ask("reporting", "select count(*) from journal where type like $1", _PLANNED),
        "projection": await site.ask("reporting", "select count(*) from proj_activities.activities"),
    }
