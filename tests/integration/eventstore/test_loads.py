import asyncio
from typing import Any

import asyncpg
import pytest

from shared.eventstore import Append, EventStore
from shared.eventstore.loads import TOGETHER_STREAMS, Loads
from tests.integration.eventstore.given import events


async def test_commands_that_come_together_are_loaded_by_one_query_and_each_gets_its_own(
    store_pool: asyncpg.Pool,
) -> None:
    store = EventStore(store_pool)
    await store.append([Append("a-1", 0, events(2)), Append("b-1", 0, events(1))], "command-1", actor="clerk")
    asked: list[int] = []

    async def fetch(query: str, *arguments: Any) -> list[asyncpg.Record]:
        asked.append(len(arguments[0]))
        return await store_pool.fetch(query, *arguments)

    loads = Loads(fetch)
    first, known, both, none, again = await asyncio.gather(
        loads.load("command-2", ["a-1"]),
        loads.load("command-1", ["a-1"]),
        loads.load("command-3", ["b-1", "a-1", "c-1"]),
        loads.load("command-4", []),
        loads.load("command-2", ["c-1", "b-1"]),
    )
    a, b = await store.read_stream("a-1"), await store.read_stream("b-1")
    assert first == (None, {"a-1": a})
    assert (known[0] and known[0].positions, known[1]) == ([1, 2, 3], {})
    assert both == (None, {"a-1": a, "b-1": b})
    assert none == (None, {})
    assert again == (None, {"b-1": b})
    assert asked == [5]


async def test_a_command_that_cannot_be_asked_for_fails_alone(store_pool: asyncpg.Pool) -> None:
    loads = Loads(store_pool.fetch)
    asked = [loads.load(command_id, ["a-1"]) for command_id in ("command-1", "\0", "command-2")]
    good, bad, other = await asyncio.gather(*asked, return_exceptions=True)
    assert (good, other) == ((None, {}), (None, {}))
    assert isinstance(bad, asyncpg.CharacterNotInRepertoireError)


async def test_a_caller_who_gives_up_leaves_the_others_their_answer(store_pool: asyncpg.Pool) -> None:
    loads = Loads(store_pool.fetch)
    gone, staying = (asyncio.create_task(loads.load(f"command-{number}", [])) for number in (1, 2))
    await asyncio.sleep(0)
    gone.cancel()
    assert await staying == (None, {})
    with pytest.raises(asyncio.CancelledError):
        await gone


async def test_a_command_with_many_streams_keeps_nobody_waiting(store_pool: asyncpg.Pool) -> None:
    asked: list[int] = []

    async def fetch(query: str, *arguments: Any) -> list[asyncpg.Record]:
        asked.append(len(arguments[0]))
        return await store_pool.fetch(query, *arguments)

    loads = Loads(fetch)
    many = [f"a-{number}" for number in range(TOGETHER_STREAMS + 1)]
    await asyncio.gather(loads.load("command-1", many), loads.load("command-2", ["a-1"]), loads.load("command-3", []))
    assert sorted(asked) == [1, 2]
