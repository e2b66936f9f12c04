"""The whole world of a trial: two databases' servers, two brokers, a cable, and the processes of two sites."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import asyncpg
from pydantic import SecretStr

from shared.links.access import LinkAccess, write_access
from tests.faults.linked.cable import Proxy, cable_to
from tests.faults.linked.checker import (
    Found,
    check_branches,
    check_commands,
    check_journal,
    check_notes,
    check_seals,
)
from tests.faults.linked.nodes import VHOST, Node, throwaway_node
from tests.faults.linked.plants import Plant
from tests.faults.linked.reconciling import PASSWORD
from tests.faults.linked.sites import LOWER, PRIVATE, SERVICES, UPPER, SiteConfig, establish, install
from tests.faults.linked.writing import ENOUGH
from tests.faults.throwaway_server import ThrowawayServer, throwaway_server

ROOT = Path(__file__).parents[3]
WRITERS = ("members", "activities")


@dataclass
class Engines:
    """What may be killed; made once for many trials."""

    servers: dict[str, ThrowawayServer]
    nodes: dict[str, Node]


@dataclass
class World:
    """One trial: fresh databases and virtual host, a whole cable."""

    engines: Engines
    folder: Path
    configs: dict[str, SiteConfig]
    cable: Proxy
    processes: list[asyncio.subprocess.Process] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    expected_suspension: str | None = None
    patience: float = 90.0
    is_kept: bool = True

    async def start(
        self,
        site: str,
        *,
        write: Sequence[str] = (),
        plant: str | None = None,
        crash_at: str = "",
        pause: float = 0.02,
        writers: int = 1,
    ) -> asyncio.subprocess.Process:
        """A process of a site; its words go to a file of the trial."""
        command = [sys.executable, "-m", "tests.faults.linked.site", str(self.folder / f"{site}.json")]
        command += ["--pause", str(pause), "--writers", str(writers), *(["--plant", plant] if plant else [])]
        command += ["--write", *write]
        with (self.folder / f"{site}.log").open("ab") as log:
            process = await asyncio.create_subprocess_exec(
                *command, cwd=ROOT, stdout=log, stderr=log, env={**os.environ, "CRASH_AT": crash_at}
            )
        self.processes.append(process)
        return process

    async def kill(self, process: asyncio.subprocess.Process) -> None:
        """kill -9; leases of the dead are left to run out by themselves."""
        if process.returncode is None:
            process.send_signal(signal.SIGKILL)
            await process.wait()
        if process in self.processes:
            self.processes.remove(process)

    async def stop(self, process: asyncio.subprocess.Process) -> None:
        """Kindly: what it was about to write is written."""
        if process.returncode is None:
            process.terminate()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(process.wait(), 20)
        await self.kill(process)

    async def written(self, number: int, seconds: float = 120.0) -> None:
        """Wait until so many commands more than now have been answered."""
        wanted = self.answered() + number

        async def is_written() -> bool:
            return self.answered() >= wanted

        await until(is_written, seconds, "commands")

    def accepted(self) -> dict[str, list[list[str]]]:
        """By service the commands that were answered, in the order of each writer."""
        folder = Path(self.configs[LOWER].accepted)
        return {
            service: [path.read_text().split() for path in sorted(folder.glob(f"{service}.*"))] for service in WRITERS
        }

    def enough(self) -> None:
        """No more commands from now on, but for the one that may be on its way."""
        (Path(self.configs[LOWER].accepted) / ENOUGH).touch()

    def answered(self) -> int:
        return sum(len(writer) for writers in self.accepted().values() for writer in writers)

    async def heads(self) -> dict[str, int]:
        """Where the logs of the lower site end."""
        return {
            service: await _value(
                self.configs[LOWER].databases[service], "select coalesce(max(position), 0) from events"
            )
            for service in WRITERS
        }

    async def reached(self, site: str) -> dict[str, int]:
        """How far a site's journal has the lower site's logs, and has projected the units."""
        connection = await asyncpg.connect(self.configs[site].databases["reporting"], timeout=5)
        try:
            rows = await connection.fetch("select origin, have from receipts")
            have = {row["origin"]: row["have"] for row in rows}
            projected = await _projected(connection)
        finally:
            await connection.close()
        return {service: have.get(f"{LOWER}/{service}/log/1", 0) for service in WRITERS} | {"projected": projected}

    async def received(self, site: str, number: int) -> None:
        """Wait until a site's journal has so many more events of the lower `members`, projected or not."""
        wanted = (await self.reached(site))["members"] + number

        async def is_received() -> bool:
            return (await self.reached(site))["members"] >= wanted

        await until(is_received, 60.0, f"events in the journal of {site}")

    async def settled(self) -> None:
        """Wait until both sites have and project everything the lower site's logs hold."""

        async def is_settled() -> bool:
            with contextlib.suppress(OSError, asyncpg.PostgresError):
                heads = await self.heads()
                wanted = heads | {"projected": heads["members"]}
                return all([await self.reached(site) == wanted for site in (UPPER, LOWER)])
            return False

        await until(is_settled, self.patience, "both journals")

    async def check(self) -> Found:
        """The invariants, after everything has settled or time is over."""
        found, accepted = Found(), self.accepted()
        for service in WRITERS:
            events = await check_commands(self.configs[LOWER].databases[service], accepted[service], found)
            origin = f"{LOWER}/{service}/log/1"
            for site, private in ((LOWER, frozenset[str]()), (UPPER, PRIVATE)):
                url = self.configs[site].databases["reporting"]
                await check_journal(url, origin, events, private, found, site)
                if service == "members":
                    await check_branches(url, LOWER, events, found, site)
            await check_seals(self.configs[LOWER].databases[service], found)
            for site in (UPPER, LOWER):
                seals = self.configs[LOWER].databases[service]
                await check_notes(self.configs[site].databases["reporting"], seals, origin, found, site)
        await self._check_links(found)
        found.wrong += self.said
        return found

    async def suspension(self) -> str | None:
        """For which reason the upper site takes nothing from the link any more."""
        connection = await asyncpg.connect(self.configs[UPPER].databases["reporting"])
        try:
            reason: str | None = await connection.fetchval(
                "select reason from inbound_links where suspended_at is not null"
            )
        finally:
            await connection.close()
        return reason

    async def _check_links(self, found: Found) -> None:
        reason = await self.suspension()
        if reason != self.expected_suspension:
            found.say(f"the link is suspended for {reason!r}; {self.expected_suspension!r} was awaited")
        if foreign := await self._foreign():
            found.say(f"the upper journal holds {foreign}")

    async def _foreign(self) -> list[str]:
        known = [f"{site}/{service}/log/1" for site in (UPPER, LOWER) for service in WRITERS]
        connection = await asyncpg.connect(self.configs[UPPER].databases["reporting"])
        try:
            rows = await connection.fetch("select distinct origin from journal where origin <> all ($1)", known)
        finally:
            await connection.close()
        return [row["origin"] for row in rows]

    async def prepare(self, plant: Plant) -> None:
        """What a plant changes in the lower site's logs' databases."""
        for service in WRITERS if plant.sql else ():
            connection = await asyncpg.connect(self.configs[LOWER].databases[service])
            await connection.execute(plant.sql)
            await connection.close()


async def _value(url: str, query: str, *given: object) -> int:
    connection = await asyncpg.connect(url, timeout=5)
    try:
        return int(await connection.fetchval(query, *given))
    finally:
        await connection.close()


async def _projected(connection: asyncpg.Connection) -> int:
    sql = "select position from proj_units.cursors where origin = $1"
    with contextlib.suppress(asyncpg.UndefinedTableError, asyncpg.InvalidSchemaNameError):
        return await connection.fetchval(sql, f"{LOWER}/members/log/1") or 0
    return 0


async def until(question: Callable[[], Awaitable[bool]], seconds: float, what: str) -> None:
    """Ask until the answer is yes; how long that may take says nothing about speed."""
    end = time.monotonic() + seconds
    while not await question():
        if time.monotonic() > end:
            raise TimeoutError(f"{what} were awaited for {seconds:g} s")
        await asyncio.sleep(0.2)


@contextlib.asynccontextmanager
async def engines() -> AsyncIterator[Engines]:
    """A database server and a broker for each site, started side by side."""
    async with contextlib.AsyncExitStack() as opened:
        servers = [await opened.enter_async_context(throwaway_server()) for _ in range(2)]
        nodes = await asyncio.gather(*(opened.enter_async_context(throwaway_node()) for _ in range(2)))
        yield Engines({UPPER: servers[0], LOWER: servers[1]}, {UPPER: nodes[0], LOWER: nodes[1]})


@contextlib.asynccontextmanager
async def world(made: Engines) -> AsyncIterator[World]:
    """Both sites linked, nothing running yet; the processes of the trial end with it."""
    folder = Path(tempfile.mkdtemp(prefix="lianjian-trial-"))
    async with cable_to(made.nodes[UPPER].amqp_port) as cable:
        configs = {site: await _site(made, site, folder) for site in (UPPER, LOWER)}
        for config in configs.values():
            config.written(folder)
        access = LinkAccess(
            upper=UPPER, name="青岚市中级人民法院", address=f"amqp://127.0.0.1:{cable.port}/{VHOST}",
            user=f"{UPPER}.{LOWER}", password=SecretStr(PASSWORD), ca=None, withheld_families=(), state="joined",
        )  # fmt: skip
        write_access(Path(configs[LOWER].links), access)
        trial = World(made, folder, configs, cable)
        try:
            yield trial
        finally:
            for process in list(trial.processes):
                with contextlib.suppress(ProcessLookupError):
                    process.send_signal(signal.SIGCONT)
                await trial.kill(process)
            if not trial.is_kept:
                shutil.rmtree(folder)


async def _site(made: Engines, site: str, folder: Path) -> SiteConfig:
    await made.nodes[site].empty()
    server, databases = made.servers[site], {}
    for service in SERVICES:
        name = f"trial_{os.urandom(4).hex()}"
        connection = await asyncpg.connect(server.url)
        await connection.execute(f"create database {name}")
        await connection.close()
        databases[service] = server.url.rsplit("/", 1)[0] + f"/{name}"
        await install(databases[service], service)
    await establish(databases["members"], site)
    node = made.nodes[site]
    return SiteConfig(
        site, databases, node.url(), str(folder / f"{site}-links"), str(folder / "accepted"), node.management_url
    )
