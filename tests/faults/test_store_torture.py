"""Several processes, conflicts, rollbacks, killed backends, a killed server, lost answers, poison, repeats, cancels."""

import asyncio
import json
import random
import sys
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import asyncpg
import pytest

from shared.eventstore import Append, EventStore, NewEvent, RecordedEvent, StoreUnavailable, install
from shared.eventstore.batch import send
from shared.eventstore.form import written
from tests.faults.lossy_proxy import lossy_proxy
from tests.faults.throwaway_server import ThrowawayServer, throwaway_server

SECONDS = 8.0
Told = dict[str, list[int] | str]


async def _worker(url: str, name: str) -> Told:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "tests.faults.store_worker", url, name, str(SECONDS)),
        cwd=Path(__file__).parents[2],
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        output, problems = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
    assert process.returncode == 0, problems.decode()[-3000:]
    told: Told = json.loads(output)
    return told


async def _again_and_again(act: Callable[[asyncpg.Connection], Awaitable[None]], url: str) -> None:
    """Until cancelled, whatever becomes of the server."""
    while True:
        with suppress(OSError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError):
            connection = await asyncpg.connect(url, timeout=5)
            try:
                while True:
                    await act(connection)
            finally:
                connection.terminate()
        await asyncio.sleep(0.05)


async def _kill_a_backend(connection: asyncpg.Connection) -> None:
    await asyncio.sleep(random.random() * 0.15)
    await connection.execute(
        "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database()"
        " and pid <> pg_backend_pid() and backend_type = 'client backend' order by random() limit 1"
    )


async def _roll_back(connection: asyncpg.Connection) -> None:
    """Take the lock and positions, keep both for a moment, and give them back."""
    await asyncio.sleep(0.05)
    transaction = connection.transaction()
    await transaction.start()
    events = [NewEvent("torture.v1", {"mark": "rolled back"}, {"command": "rolled back"})] * 3
    await send(connection, [written([Append("shared-0", 0, []), Append("gone", 0, events)], None, "", None, None)])
    await send(connection, [written([Append("gone-1", 0, events)], None, "", None, None)])
    await asyncio.sleep(random.random() * 0.02)
    await transaction.rollback()


async def _tail(url: str, seen: list[RecordedEvent], is_over: asyncio.Event) -> None:
    """Read on from the last position, through everything, until told to stop and nothing is left."""
    async with asyncpg.create_pool(url, min_size=0, max_size=1) as pool:
        store = EventStore(pool)
        while True:
            was_over = is_over.is_set()
            try:
                page = await store.read_all(seen[-1].position if seen else 0, random.choice([1, 7, 500]))
            except (StoreUnavailable, OSError):
                await asyncio.sleep(0.05)
                continue
            seen.extend(page)
            if was_over and not page:
                return
            await asyncio.sleep(0 if page else 0.002)


async def _kill_the_server(server: ThrowawayServer) -> None:
    await asyncio.sleep(SECONDS / 2)
    await asyncio.to_thread(server.kill)
    await asyncio.sleep(0.3)
    await server.start()


async def _torture(server: ThrowawayServer) -> tuple[Told, list[RecordedEvent], int]:
    seen: list[RecordedEvent] = []
    is_over = asyncio.Event()
    async with lossy_proxy(urlsplit(server.url).port or 0, one_in=60, seed=7) as (proxy, port):
        lossy_url = f"postgresql://postgres@127.0.0.1:{port}/postgres"
        tail = asyncio.create_task(_tail(server.url, seen, is_over))
        mischief = [asyncio.create_task(_again_and_again(act, server.url)) for act in (_kill_a_backend, _roll_back)]
        workers = [_worker(server.url, "w1"), _worker(lossy_url, "w2"), _worker(lossy_url, "w3")]
        told, _ = await asyncio.gather(asyncio.gather(*workers), _kill_the_server(server))
        for task in mischief:
            task.cancel()
        await asyncio.gather(*mischief, return_exceptions=True)
        is_over.set()
        await asyncio.wait_for(tail, 60)
    return {command: outcome for part in told for command, outcome in part.items()}, seen, proxy.lost


async def test_nothing_is_lost_doubled_or_out_of_order_whatever_breaks() -> None:
    async with throwaway_server() as server:
        async with asyncpg.create_pool(server.url, min_size=1, max_size=1) as pool:
            await install(pool)
        told, seen, lost = await _torture(server)
        async with asyncpg.create_pool(server.url, min_size=1, max_size=1) as pool:
            stored = await EventStore(pool).read_all(0, 1_000_000)
            remembered = await pool.fetch("select command_id, positions from commands")
    assert seen == stored
    _check_order(stored)
    _check_what_callers_were_told(told, stored, {row["command_id"]: list(row["positions"]) for row in remembered})
    _check_that_it_was_torture(told, lost)


def _check_order(stored: list[RecordedEvent]) -> None:
    assert [event.position for event in stored] == list(range(1, len(stored) + 1))
    by_stream: dict[str, list[int]] = defaultdict(list)
    for event in stored:
        by_stream[event.stream].append(event.version)
    assert {stream: list(range(1, len(versions) + 1)) for stream, versions in by_stream.items()} == by_stream
    times = [event.recorded_at for event in stored]
    assert times == sorted(times)
    assert max(Counter(event.data["mark"] for event in stored).values()) == 1


def _check_what_callers_were_told(told: Told, stored: list[RecordedEvent], remembered: dict[str, Any]) -> None:
    found: dict[str, list[int]] = defaultdict(list)
    for event in stored:
        found[event.meta["command"]].append(event.position)
    for command, outcome in told.items():
        if isinstance(outcome, list):
            assert found.get(command, []) == outcome == remembered[command]
        elif outcome != "left":
            assert command not in found
            assert command not in remembered
    assert found.keys() <= told.keys()


def _check_that_it_was_torture(told: Told, lost: int) -> None:
    outcomes = Counter(outcome if isinstance(outcome, str) else "stored" for outcome in told.values())
    assert outcomes["stored"] > 200
    assert min(outcomes[kind] for kind in ("conflict", "poison", "left")) > 5
    assert lost > 3


async def test_while_the_server_is_away_callers_are_told_so_and_afterwards_all_goes_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("shared.eventstore.writer.RETRY_SECONDS", 0.3)
    event = NewEvent("torture.v1", {}, {})
    async with throwaway_server() as server, asyncpg.create_pool(server.url, min_size=1, max_size=4) as pool:
        await install(pool)
        store = EventStore(pool)
        assert (await store.append([Append("a-1", 0, [event])], "before")).positions == [1]
        server.kill()
        appends = [store.append([Append(f"b-{n}", 0, [event])], f"away-{n}") for n in range(20)]
        for told in await asyncio.gather(*appends, return_exceptions=True):
            assert isinstance(told, StoreUnavailable)
        for read in (store.head(), store.read_all(), store.read_stream("a-1"), store.find_command("before")):
            with pytest.raises(StoreUnavailable):
                await read
        await server.start()
        assert (await store.append([Append("a-1", 0, [event])], "before")).positions == [1]
        again = await asyncio.gather(*(store.append([Append(f"b-{n}", 0, [event])], f"away-{n}") for n in range(20)))
        assert sorted(result.positions for result in again) == [[n] for n in range(2, 22)]
