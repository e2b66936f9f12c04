"""Of several replicas one does a task."""

from __future__ import annotations

import asyncio

import asyncpg

from shared.leases import lead, release, renew, take
from shared.status import RoleStatus


async def test_a_lease_is_held_by_one_until_it_is_released(source: asyncpg.Pool) -> None:
    assert await take(source, "sealer", "first", 60) == 1
    assert await take(source, "sealer", "second", 60) is None
    assert await take(source, "relay:own", "second", 60) == 1
    await release(source, "sealer", "first", 1)
    assert await take(source, "sealer", "second", 60) == 2


async def test_a_holder_that_slept_past_its_lease_learns_it_and_cannot_renew(source: asyncpg.Pool) -> None:
    assert await take(source, "sealer", "first", 60) == 1
    assert await renew(source, "sealer", "first", 1, 60)
    await source.execute("update leases set expires_at = clock_timestamp()")
    assert not await renew(source, "sealer", "first", 1, 60)
    assert await take(source, "sealer", "second", 60) == 2
    assert not await renew(source, "sealer", "first", 1, 60)
    await release(source, "sealer", "first", 1)
    assert await take(source, "sealer", "third", 60) is None


async def test_the_next_one_takes_over_when_the_first_ends(source: asyncpg.Pool) -> None:
    leading: list[str] = []
    begun = {name: asyncio.Event() for name in ("first", "second")}

    async def role(name: str, stop: asyncio.Event) -> None:
        async def work(until: asyncio.Event) -> None:
            leading.append(name)
            begun[name].set()
            await until.wait()

        await lead(source, "sealer", stop, work, RoleStatus("sealer"), seconds=6.0)

    stops = {name: asyncio.Event() for name in begun}
    first = asyncio.create_task(role("first", stops["first"]))
    await begun["first"].wait()
    second = asyncio.create_task(role("second", stops["second"]))
    await asyncio.sleep(1.5)  # the second asks once a second and is told no
    assert leading == ["first"]
    stops["first"].set()
    await asyncio.wait_for(begun["second"].wait(), 30)
    stops["second"].set()
    await asyncio.gather(first, second)
    assert leading == ["first", "second"]


async def test_work_that_fails_is_begun_again_and_its_trouble_shown(source: asyncpg.Pool) -> None:
    status, stop, tries = RoleStatus("sealer"), asyncio.Event(), 0

    async def work(until: asyncio.Event) -> None:
        nonlocal tries
        tries += 1
        if tries < 3:
            raise RuntimeError(f"try {tries}")
        assert status.leading
        stop.set()
        await until.wait()

    await asyncio.wait_for(lead(source, "sealer", stop, work, status), 30)
    assert tries == 3
    assert not status.leading
