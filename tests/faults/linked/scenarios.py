"""What goes wrong: each scenario runs both sites, breaks something while commands go on, and lets it heal."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

from shared import crash
from tests.faults.linked.cable import Cable
from tests.faults.linked.clocks import hold_projector, let_leases_run_out, set_clock
from tests.faults.linked.cursors import ahead, is_sending
from tests.faults.linked.sites import LOWER, UPPER
from tests.faults.linked.world import WRITERS, World, until

LEASE_SECONDS: Final = 7.0
"""A little longer than a dead holder keeps its lease."""


@dataclass(frozen=True)
class Scale:
    """`some` commands go on while something is broken, `many` while a cable is away for long; `minute` in seconds."""

    some: int = 60
    many: int = 1500
    minute: float = 3.0
    flaps: int = 4


FEW: Final = Scale(some=20, many=300, minute=1.5, flaps=2)
SMALL: Final = Scale()
LONG: Final = Scale(some=2000, many=200_000, minute=60.0, flaps=20)

Play = Callable[[World, Scale, str | None], Awaitable[None]]


async def both(world: World, plant: str | None, pause: float = 0.02) -> dict[str, asyncio.subprocess.Process]:
    """Both sites run and the lower one gives commands."""
    upper = await world.start(UPPER, plant=plant)
    lower = await world.start(LOWER, write=WRITERS, plant=plant, pause=pause)
    return {UPPER: upper, LOWER: lower}


async def quiet(world: World) -> None:
    """No more commands, and both sites come to rest."""
    world.enough()
    await world.settled()


async def cable_cut(world: World, scale: Scale, plant: str | None) -> None:
    """The link is cut for a minute."""
    await both(world, plant)
    await world.written(scale.some)
    world.cable.set(Cable.CUT)
    await world.written(scale.some)
    await asyncio.sleep(scale.minute)
    world.cable.set(Cable.WHOLE)
    await world.written(scale.some)
    await quiet(world)


async def cable_away_for_long(world: World, scale: Scale, plant: str | None) -> None:
    """The link is away for as many events as eight hours bring."""
    await world.start(UPPER, plant=plant)
    world.cable.set(Cable.CUT)
    await world.start(LOWER, write=WRITERS, plant=plant, pause=0.0)
    await world.written(scale.many, 3600.0)
    world.cable.set(Cable.WHOLE)
    await quiet(world)


async def cable_flaps(world: World, scale: Scale, plant: str | None) -> None:
    """The link comes and goes every few seconds."""
    await both(world, plant)
    for _ in range(scale.flaps):
        await asyncio.sleep(scale.minute / 3)
        world.cable.set(Cable.CUT)
        await asyncio.sleep(scale.minute / 3)
        world.cable.set(Cable.WHOLE)
    await world.written(scale.some)
    await quiet(world)


async def cable_silent(world: World, scale: Scale, plant: str | None) -> None:
    """A black hole: what is sent is taken and never answered. The cursor must wait for the broker's word."""

    async def is_there() -> bool:
        return not await ahead(world)

    await both(world, plant)
    await world.written(scale.some)
    await until(lambda: is_sending(world), 60.0, "the first runs up")
    world.cable.set(Cable.SILENT)
    await world.written(scale.some)
    await asyncio.sleep(scale.minute + 2.0)
    # The upper site itself is not cut off from its broker: what was confirmed is there, or soon.
    with contextlib.suppress(TimeoutError):
        await until(is_there, 15.0, "what was confirmed")
    world.said += await ahead(world)
    world.cable.set(Cable.CUT)
    world.cable.set(Cable.WHOLE)
    await quiet(world)


def broker_killed(site: str, *, wiped: bool = False) -> Play:
    """kill -9 of a broker while commands go on; `wiped`: all it knew is gone too."""

    async def play(world: World, scale: Scale, plant: str | None) -> None:
        sites = await both(world, plant)
        await world.written(scale.some)
        node = world.engines.nodes[site]
        if wiped:
            # What is confirmed and not taken yet is lost with the broker.
            sites[UPPER].send_signal(signal.SIGSTOP)
            await world.written(scale.some)
        node.kill()
        if wiped:
            node.wipe()
            sites[UPPER].send_signal(signal.SIGCONT)
        await world.written(scale.some)
        await node.start()
        await world.written(scale.some)
        await quiet(world)

    return play


def broker_alarmed(site: str, *, memory: bool = False, disk: bool = False) -> Play:
    """The broker holds publishers back until its alarm is lifted."""

    async def play(world: World, scale: Scale, plant: str | None) -> None:
        await both(world, plant)
        await world.written(scale.some)
        await world.engines.nodes[site].alarm(memory=memory, disk=disk)
        try:
            await world.written(scale.some)
            await asyncio.sleep(scale.minute)
        finally:
            await world.engines.nodes[site].alarm()
        await world.written(scale.some)
        await quiet(world)

    return play


def database_killed(site: str) -> Play:
    """kill -9 of a database server with everything it was doing."""

    async def play(world: World, scale: Scale, plant: str | None) -> None:
        await both(world, plant)
        await world.written(scale.some)
        server = world.engines.servers[site]
        server.kill()
        await asyncio.sleep(scale.minute / 3)
        await server.start()
        await world.written(scale.some)
        await quiet(world)

    return play


def process_killed(site: str) -> Play:
    """kill -9 of a site's process, again and again while a backlog flows."""

    async def play(world: World, scale: Scale, plant: str | None) -> None:
        sites = await both(world, plant)
        for _ in range(3):
            await world.written(scale.some)
            await world.kill(sites[site])
            await let_leases_run_out(world, site)
            sites[site] = await world.start(site, write=WRITERS if site == LOWER else (), plant=plant)
        await world.written(scale.some)
        await quiet(world)

    return play


def process_dies_at(site: str, point: str) -> Play:
    """The process of a site dies at a named place while a backlog flows."""

    async def play(world: World, scale: Scale, plant: str | None) -> None:
        # What it has of its own is through first: it is to die of what comes over the link.
        sites = await both(world, plant)
        await world.written(scale.some)
        await world.kill(sites[site])
        await let_leases_run_out(world, site)
        if site == UPPER:
            await world.written(scale.some)
            await hold_projector(world, site, 3600)
        dying = await world.start(site, write=WRITERS if site == LOWER else (), plant=plant, crash_at=point)
        if site == UPPER:
            # A projector that lags dies with many rows on its hands, one that keeps up with one that may not count.
            if point != crash.AFTER_JOURNAL_COMMIT:
                await world.received(site, scale.some // 3)
            await hold_projector(world, site, 0)
        if await asyncio.wait_for(dying.wait(), 60) != -signal.SIGKILL:
            world.said.append(f"{point} was never reached in {site}")
        await let_leases_run_out(world, site)
        sites[site] = await world.start(site, write=WRITERS if site == LOWER else (), plant=plant)
        await world.written(scale.some)
        await quiet(world)

    return play


async def everything_twice(world: World, scale: Scale, plant: str | None) -> None:
    """Two processes of each site: two sealers, relays, receivers and uplinks want the same."""
    sites = await both(world, plant)
    twins = {site: await world.start(site, plant=plant) for site in (UPPER, LOWER)}
    await world.written(2 * scale.some)
    for site in (UPPER, LOWER):
        await world.kill(sites[site])
    await asyncio.sleep(LEASE_SECONDS)
    await world.start(LOWER, write=WRITERS, plant=plant)
    await world.written(scale.some)
    await world.kill(twins[LOWER])
    await quiet(world)


def paused(site: str) -> Play:
    """A process sleeps through its leases, another takes them, and the sleeper wakes."""

    async def play(world: World, scale: Scale, plant: str | None) -> None:
        sites = await both(world, plant)
        await world.written(scale.some)
        sites[site].send_signal(signal.SIGSTOP)
        twin = await world.start(site, write=WRITERS if site == LOWER else (), plant=plant)
        await asyncio.sleep(LEASE_SECONDS)
        await world.written(scale.some)
        sites[site].send_signal(signal.SIGCONT)
        await world.written(scale.some)
        await world.kill(twin)
        await asyncio.sleep(LEASE_SECONDS)
        await quiet(world)

    return play


async def many_writers(world: World, scale: Scale, plant: str | None) -> None:
    """Eight writers in two processes of the lower site, all at once."""
    await world.start(UPPER, plant=plant)
    lower = [await world.start(LOWER, write=WRITERS, plant=plant, writers=2, pause=0.0) for _ in range(2)]
    await world.written(10 * scale.some)
    await world.stop(lower[1])
    await quiet(world)


def clocks_apart(ahead: str, behind: str) -> Play:
    """One site's clock is ten minutes ahead, the other's ten behind, and then the other way round."""

    async def play(world: World, scale: Scale, plant: str | None) -> None:
        await set_clock(world, ahead, 600)
        await set_clock(world, behind, -600)
        sites = await both(world, plant)
        await world.written(scale.some)
        await world.kill(sites[UPPER])
        await world.stop(sites[LOWER])
        await set_clock(world, ahead, -600)
        await set_clock(world, behind, 600)
        await let_leases_run_out(world, UPPER)
        await let_leases_run_out(world, LOWER)
        await both(world, plant)
        await world.written(scale.some)
        await quiet(world)

    return play


SCENARIOS: Final[dict[str, Play]] = {
    "cable-cut": cable_cut,
    "cable-away-for-long": cable_away_for_long,
    "cable-flaps": cable_flaps,
    "cable-silent": cable_silent,
    "upper-broker-killed": broker_killed(UPPER),
    "upper-broker-wiped": broker_killed(UPPER, wiped=True),
    "lower-broker-killed": broker_killed(LOWER),
    "lower-broker-wiped": broker_killed(LOWER, wiped=True),
    "upper-broker-memory-alarm": broker_alarmed(UPPER, memory=True),
    "upper-broker-disk-alarm": broker_alarmed(UPPER, disk=True),
    "lower-broker-memory-alarm": broker_alarmed(LOWER, memory=True),
    "lower-broker-disk-alarm": broker_alarmed(LOWER, disk=True),
    "upper-database-killed": database_killed(UPPER),
    "lower-database-killed": database_killed(LOWER),
    "upper-process-killed": process_killed(UPPER),
    "lower-process-killed": process_killed(LOWER),
    "everything-twice": everything_twice,
    "many-writers": many_writers,
    "upper-process-paused": paused(UPPER),
    "lower-process-paused": paused(LOWER),
    "clock-below-comes-forward": clocks_apart(UPPER, LOWER),
    "clock-below-goes-back": clocks_apart(LOWER, UPPER),
}
