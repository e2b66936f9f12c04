"""The store beside a model of a few lines of plain Python: whatever is asked, both give the same answers."""

import asyncio
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

import asyncpg
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from shared.eventstore import (
    ANY,
    Append,
    AppendResult,
    CommandIdReused,
    EventStore,
    ExpectedVersion,
    NewEvent,
    VersionConflict,
)

T = TypeVar("T")
Told = list[int] | tuple[str, int, int] | str

_names = st.sampled_from(["a", "b", "c", "d"])
_expectations = st.sampled_from(["right", "right", "right", "any", "none", "one more", "one less"])
_contents = st.lists(
    st.dictionaries(st.sampled_from("xyz"), st.integers(-9, 9) | st.text("党ab\n", max_size=3)), max_size=3
)
_asks = st.lists(st.tuples(_names, _expectations, _contents), max_size=3, unique_by=lambda ask: ask[0])
_commands = st.sampled_from(["one", "two", "three"]) | st.none()


@dataclass
class Model:
    """Streams are lists; the log is the list of everything; a command remembers what was asked and answered."""

    log: list[tuple[str, int, dict[str, Any]]] = field(default_factory=list)
    commands: dict[str, tuple[Sequence[Append], list[int]]] = field(default_factory=dict)

    def version(self, stream: str) -> int:
        return sum(1 for name, _, _ in self.log if name == stream)

    def append(self, appends: Sequence[Append], command: str | None, base: int) -> Told:
        if command in self.commands:
            asked, answered = self.commands[command]
            return answered if asked == appends else "reused"
        for ask in appends:
            if ask.expected_version not in (ANY, self.version(ask.stream)):
                return ask.stream, int(ask.expected_version), self.version(ask.stream)
        positions = []
        for ask in appends:
            for event in ask.events:
                self.log.append((ask.stream, self.version(ask.stream) + 1, event.data))
                positions.append(base + len(self.log))
        if command is not None:
            self.commands[command] = appends, positions
        return positions


def _told(result: AppendResult | BaseException) -> Told:
    match result:
        case AppendResult():
            return result.positions
        case VersionConflict():
            return result.stream, result.expected, result.actual
        case CommandIdReused():
            return "reused"
    raise result


class StoreBesideModel(RuleBasedStateMachine):
    """All runs share one database: each has names of its own and begins at the head it finds."""

    url: str
    runs = 0

    def __init__(self) -> None:
        super().__init__()
        type(self).runs += 1
        self.prefix = f"run{self.runs}-"
        self.model = Model()
        self.runner = asyncio.Runner()
        self.pool: asyncpg.Pool = self.run(self.open())
        self.store = EventStore(self.pool)
        self.base = self.run(self.store.head())

    async def open(self) -> asyncpg.Pool:
        return await asyncpg.create_pool(self.url, min_size=1, max_size=3)

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return self.runner.run(work)

    def teardown(self) -> None:
        self.run(self.pool.close())
        self.runner.close()

    def asked(self, asks: Sequence[tuple[str, str, list[dict[str, Any]]]]) -> list[Append]:
        appends = []
        for name, expectation, contents in asks:
            stream = self.prefix + name
            now = self.model.version(stream)
            expected: dict[str, ExpectedVersion] = {
                "right": now,
                "any": ANY,
                "none": 0,
                "one more": now + 1,
                "one less": max(0, now - 1),
            }
            events = [NewEvent("tests.modelled.v1", content, {"run": self.runs}) for content in contents]
            appends.append(Append(stream, expected[expectation], events))
        return appends

    async def send(self, sent: Sequence[tuple[list[Append], str | None]]) -> list[Told]:
        results = await asyncio.gather(
            *(self.store.append(appends, command) for appends, command in sent), return_exceptions=True
        )
        return [_told(result) for result in results]

    @rule(asks=_asks, name=_commands)
    def append_once(self, asks: list[Any], name: str | None) -> None:
        command = None if name is None else self.prefix + name
        appends = self.asked(asks)
        assert self.run(self.send([(appends, command)])) == [self.model.append(appends, command, self.base)]

    @rule(name=_names, contents=st.lists(_contents, min_size=2, max_size=9))
    def append_to_one_stream_at_once(self, name: str, contents: list[Any]) -> None:
        sent = [(self.asked([(name, "any", content)]), None) for content in contents]
        expected = [self.model.append(appends, None, self.base) for appends, _ in sent]
        assert self.run(self.send(sent)) == expected

    @rule(asks=_asks, name=_commands.filter(bool))
    def send_a_command_twice_at_once(self, asks: list[Any], name: str) -> None:
        appends, command = self.asked(asks), self.prefix + name
        first = self.model.append(appends, command, self.base)
        second = self.model.append(appends, command, self.base)
        assert self.run(self.send([(appends, command), (appends, command)])) == [first, second]

    @rule(asks=_asks)
    def two_stores_race_for_the_same_versions(self, asks: list[Any]) -> None:
        appends = [a for a in self.asked(asks) if a.events and a.expected_version is not ANY]
        first = self.model.append(appends, None, self.base)
        second = self.model.append(appends, None, self.base)

        async def race() -> list[Told]:
            other = EventStore(self.pool)
            both = await asyncio.gather(self.store.append(appends), other.append(appends), return_exceptions=True)
            return [_told(result) for result in both]

        assert sorted(map(repr, self.run(race()))) == sorted(map(repr, [first, second]))

    @invariant()
    def both_remember_the_same(self) -> None:
        async def look() -> None:
            read = await self.store.read_all(self.base)
            assert [(e.stream, e.version, e.data) for e in read] == self.model.log
            assert [e.position for e in read] == list(range(self.base + 1, self.base + len(read) + 1))
            assert await self.store.head() == self.base + len(self.model.log)
            for name in "abcd":
                stream = self.prefix + name
                assert await self.store.read_stream(stream, 1, 2) == [e for e in read if e.stream == stream][1:3]

        self.run(look())


def test_store_and_model_give_the_same_answers(store_database: str) -> None:
    class Machine(StoreBesideModel):
        url = store_database

    run_state_machine_as_test(
        Machine,
        settings=settings(
            max_examples=15, stateful_step_count=15, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
