import asyncio
import hashlib
import uuid
from datetime import UTC, datetime

import asyncpg
import pytest

from shared.canonical import canonical_bytes
from shared.eventstore import (
    ANY,
    NO_STREAM,
    Append,
    AppendResult,
    CommandIdReused,
    EventStore,
    NewEvent,
    RecordedEvent,
    VersionConflict,
)
from tests.integration.eventstore.given import META, event, events


@pytest.fixture
def store(store_pool: asyncpg.Pool) -> EventStore:
    return EventStore(store_pool)


async def test_an_empty_store_has_head_0_and_no_streams(store: EventStore) -> None:
    assert await store.head() == 0
    assert await store.read_all() == []
    assert await store.read_stream("unknown-1") == []


async def test_events_are_read_back_as_they_were_written(store: EventStore) -> None:
    given = uuid.UUID("6f0f2c1e-8c1a-4c56-9a53-0d4f5ad5a001")
    before = datetime.now(UTC)
    data = {"title": '第一党支部 "党员大会"\n\u001f\\u0000', "n": -(2**53 - 1), "deep": [{"a": [None, True, "𠮷"]}]}
    new = NewEvent("tests.happened.v1", data, META, given)
    assert await store.append([Append("thing-1", NO_STREAM, [new])]) == AppendResult([1])
    [read] = await store.read_stream("thing-1")
    assert read == RecordedEvent(1, "thing-1", 1, given, "tests.happened.v1", data, META, read.recorded_at)
    assert isinstance(read.event_id, uuid.UUID)
    assert read.recorded_at.utcoffset() is not None
    assert abs((read.recorded_at - before).total_seconds()) < 60
    assert await store.read_all() == [read]


async def test_data_and_meta_are_stored_as_canonical_text_beside_a_random_salt(store: EventStore) -> None:
    await store.append([Append("thing-1", 0, [NewEvent("t", {"b": 1, "a": "é"}, {"z": None, "B": []})] * 2)])
    first, second = await store.read_raw(0, 10)
    assert (first.data, first.meta) == ('{"a":"é","b":1}', '{"B":[],"z":null}')
    assert (first.epoch, first.position, first.version, len(first.salt)) == (1, 1, 1, 16)
    assert first.salt != second.salt


async def test_an_append_over_several_streams_takes_consecutive_positions_in_the_order_given(
    store: EventStore,
) -> None:
    result = await store.append([Append("b-1", 0, events(2)), Append("a-1", ANY, events(1))])
    assert result.positions == [1, 2, 3]
    read = await store.read_all()
    assert [(e.position, e.stream, e.version) for e in read] == [(1, "b-1", 1), (2, "b-1", 2), (3, "a-1", 1)]


async def test_a_conflict_names_the_first_stream_in_the_order_given_and_stores_nothing(store: EventStore) -> None:
    await store.append([Append("a-1", 0, events(2)), Append("b-1", 0, events(1))])
    with pytest.raises(VersionConflict) as caught:
        await store.append([Append("c-1", 0, events(1)), Append("b-1", 0, events(1)), Append("a-1", 7, [])])
    assert (caught.value.stream, caught.value.expected, caught.value.actual) == ("b-1", 0, 1)
    assert await store.head() == 3
    assert await store.read_stream("c-1") == []


async def test_an_append_without_events_still_checks_the_version(store: EventStore) -> None:
    assert await store.append([Append("a-1", 0, [])]) == AppendResult([])
    await store.append([Append("a-1", 0, events(2))])
    assert await store.append([Append("a-1", 2, [])]) == AppendResult([])
    with pytest.raises(VersionConflict):
        await store.append([Append("a-1", 1, [])])
    assert await store.append([]) == AppendResult([])
    assert await store.head() == 2


async def test_a_repeated_command_returns_its_first_result_for_ever(store: EventStore) -> None:
    first = await store.append([Append("a-1", 0, [event()]), Append("b-1", 0, [event()])], "command-1")
    await store.append([Append("a-1", 1, [event()])])
    again = await store.append([Append("a-1", 0, [event()]), Append("b-1", 0, [event()])], "command-1")
    assert first == again == AppendResult([1, 2])
    assert (first.duplicate, again.duplicate) == (False, True)
    assert await store.head() == 3


async def test_a_command_without_events_is_remembered_too(store: EventStore) -> None:
    command = uuid.uuid4()
    await store.append([Append("a-1", 0, [])], command)
    await store.append([Append("a-1", 0, [event()])])
    assert await store.append([Append("a-1", 0, [])], str(command)) == AppendResult([])


_OTHERS = [
    [Append("a-2", 0, [event()])],
    [Append("a-1", ANY, [event()])],
    [Append("a-1", 0, [event("other")])],
    [Append("a-1", 0, [NewEvent("tests.other.v1", {"text": "held"}, META)])],
    [Append("a-1", 0, [NewEvent("tests.happened.v1", {"text": "held"}, {})])],
    [Append("a-1", 0, [event(event_id=uuid.uuid4())])],
    [Append("a-1", 0, [event(), event()])],
    [Append("a-1", 0, [event()]), Append("b-1", 0, [])],
    [],
]


async def test_a_command_id_used_again_for_something_else_is_refused(store: EventStore) -> None:
    await store.append([Append("a-1", 0, [event()])], "command-1")
    for other in _OTHERS:
        with pytest.raises(CommandIdReused) as caught:
            await store.append(other, "command-1")
        assert caught.value.command_id == "command-1"
    assert await store.head() == 1


async def test_a_refused_command_is_not_remembered(store: EventStore) -> None:
    with pytest.raises(VersionConflict):
        await store.append([Append("a-1", 1, [event()])], "command-1")
    assert await store.append([Append("a-1", 0, [event()])], "command-1") == AppendResult([1])


async def test_the_command_record_holds_actor_hash_positions_and_answer(store: EventStore) -> None:
    assert await store.find_command("command-1") is None
    given = hashlib.sha256(b"request").digest()
    await store.append(
        [Append("a-1", 0, events(2))], "command-1", actor="clerk", request_hash=given, answer={"id": "x"}
    )
    assert await store.find_command("command-1") == ("command-1", "clerk", given, [1, 2], {"id": "x"})
    repeated = await store.append([], "command-1", actor="clerk", request_hash=given)
    assert repeated == AppendResult([1, 2])
    with pytest.raises(CommandIdReused):
        await store.append([], "command-1", actor="somebody else", request_hash=given)


async def test_the_content_hash_is_of_one_canonical_array(store: EventStore) -> None:
    given = uuid.UUID("6f0f2c1e-8c1a-4c56-9a53-0d4f5ad5a001")
    new = NewEvent("类型", {"b": 1, "a": 2}, {}, given)
    await store.append([Append('a "1"', ANY, [new, event()]), Append("b-1", 0, [])], "command-1")
    content = [
        [
            'a "1"',
            "any",
            [["类型", {"a": 2, "b": 1}, {}, str(given)], ["tests.happened.v1", {"text": "held"}, META, None]],
        ],
        ["b-1", 0, []],
    ]
    record = await store.find_command("command-1")
    assert record is not None
    assert record.request_hash == hashlib.sha256(canonical_bytes(content)).digest()


async def test_an_event_id_stored_before_fails_only_the_append_that_repeats_it(store: EventStore) -> None:
    taken = uuid.uuid4()
    await store.append([Append("a-1", 0, [event(event_id=taken)])])
    appends = [Append(f"b-{n}", 0, [event(event_id=taken if n == 3 else None)]) for n in range(6)]
    results = await asyncio.gather(*(store.append([one]) for one in appends), return_exceptions=True)
    assert [type(result) for result in results] == [AppendResult] * 3 + [ValueError] + [AppendResult] * 2
    assert "event_id" in str(results[3])
    assert [e.position for e in await store.read_all()] == [1, 2, 3, 4, 5, 6]


async def test_appends_to_one_stream_are_stored_in_the_order_they_came(store: EventStore) -> None:
    calls = [store.append([Append("a-1", ANY, [event(str(n))])]) for n in range(40)]
    results = await asyncio.gather(*calls)
    assert [result.positions for result in results] == [[n] for n in range(1, 41)]
    assert [e.data["text"] for e in await store.read_stream("a-1")] == [str(n) for n in range(40)]


async def test_only_one_of_many_with_the_same_expectation_wins(store: EventStore) -> None:
    results = await asyncio.gather(
        *(store.append([Append("a-1", 0, [event()])]) for _ in range(20)), return_exceptions=True
    )
    assert sorted(type(result).__name__ for result in results) == ["AppendResult"] + ["VersionConflict"] * 19


async def test_the_same_command_sent_many_times_at_once_is_stored_once(store_pool: asyncpg.Pool) -> None:
    stores = [EventStore(store_pool) for _ in range(3)]
    results = await asyncio.gather(*(store.append([Append("a-1", 0, [event()])], "command-1") for store in stores * 5))
    assert results == [AppendResult([1])] * 15
    assert sum(not result.duplicate for result in results) == 1


async def test_a_cancelled_caller_takes_nothing_back(store: EventStore) -> None:
    calls = [asyncio.create_task(store.append([Append(f"a-{n}", 0, [event()])])) for n in range(20)]
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    for call in calls[::2]:
        call.cancel()
    await asyncio.gather(*calls, return_exceptions=True)
    await store.append([Append("last", 0, [event()])])
    assert await store.head() == 21


async def test_no_task_lives_while_nothing_waits(store: EventStore) -> None:
    before = asyncio.all_tasks()
    await asyncio.gather(*(store.append([Append(f"a-{n}", 0, [event()])]) for n in range(20)))
    for _ in range(100):
        if asyncio.all_tasks() == before:
            break
        await asyncio.sleep(0.01)
    assert asyncio.all_tasks() == before


@pytest.mark.parametrize("size", [1, 2, 8])
async def test_at_most_two_connections_append_and_one_of_a_small_pool(store_database: str, size: int) -> None:
    async with asyncpg.create_pool(store_database, min_size=0, max_size=size) as pool:
        store = EventStore(pool)
        most = 0

        async def append(number: int) -> None:
            nonlocal most
            for turn in range(10):
                await store.append([Append(f"a-{number}", turn, [event()])])
                most = max(most, pool.get_size())

        await asyncio.gather(*(append(number) for number in range(30)))
        assert await store.head() == 300
        assert most == (2 if size == 8 else 1)


def test_a_store_works_in_one_event_loop_after_another(store_database: str) -> None:
    async def append(stream: str) -> int:
        async with asyncpg.create_pool(store_database, min_size=1, max_size=1) as pool:
            store = EventStore(pool)
            await asyncio.gather(*(store.append([Append(f"{stream}-{n}", 0, [event()])]) for n in range(5)))
            return await store.head()

    assert [asyncio.run(append(name)) for name in ("a", "b", "c")] == [5, 10, 15]


async def test_recorded_at_never_falls_behind_its_predecessor(store_pool: asyncpg.Pool) -> None:
    future = datetime(2199, 1, 1, tzinfo=UTC)
    await store_pool.execute(
        "insert into events values (1, 1, 'a-1', 1, gen_random_uuid(), 't', '{}', '{}', $1, $2)", bytes(16), future
    )
    store = EventStore(store_pool)
    await store.append([Append("b-1", 0, events(2))])
    assert [e.recorded_at for e in await store.read_all()] == [future] * 3


async def test_events_go_on_in_the_epoch_of_the_last_one(store_pool: asyncpg.Pool) -> None:
    await store_pool.execute(
        "insert into events values (7, 3, 'a-1', 1, gen_random_uuid(), 't', '{}', '{}', $1, now())", bytes(16)
    )
    store = EventStore(store_pool)
    await store.append([Append("b-1", 0, events(1))])
    assert [(e.epoch, e.position) for e in await store.read_raw(0, 9)] == [(3, 7), (3, 8)]


async def test_a_command_and_its_streams_are_loaded_together(store: EventStore) -> None:
    await store.append([Append("a-1", 0, events(2)), Append("b-1", 0, events(1))], "command-1", actor="clerk")
    known, history = await store.load("command-2", ["b-1", "a-1", "c-1"])
    assert known is None
    assert history == {"a-1": await store.read_stream("a-1"), "b-1": await store.read_stream("b-1")}
    assert await store.load("command-2", []) == (None, {})
    known, history = await store.load("command-1", ["a-1"])
    assert (known and known.positions, history) == ([1, 2, 3], {})
