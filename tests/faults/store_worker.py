"""A process that mistreats the event store and writes down what it was told: `URL NUMBER SECONDS`."""

import asyncio
import json
import random
import sys
import time
import uuid

import asyncpg

from shared.eventstore import (
    ANY,
    Append,
    AppendResult,
    EventStore,
    ExpectedVersion,
    NewEvent,
    StoreUnavailable,
    VersionConflict,
)

CALLERS = 10
STREAMS = [f"shared-{number}" for number in range(6)]


class Caller:
    """Appends at random, repeats what it did not hear the answer of, and remembers every outcome."""

    def __init__(self, store: EventStore, name: str) -> None:
        self.store = store
        self.name = name
        self.random = random.Random(name)
        self.told: dict[str, list[int] | str] = {}
        self.asked: list[tuple[str, list[Append]]] = []
        self.versions = {f"own-{name}": 0}
        self.poison = uuid.uuid4()

    async def act(self, number: int) -> None:
        command = f"{self.name}-{number}"
        chance = self.random.random()
        if chance < 0.1 and self.asked:
            command, appends = self.random.choice(self.asked)
        else:
            appends = self.compose(command, is_poison=chance > 0.93)
            self.asked.append((command, appends))
        if 0.85 < chance < 0.93:
            await self.start_and_leave(command, appends)
        else:
            self.note(command, await self.insist(command, appends))

    def compose(self, command: str, is_poison: bool) -> list[Append]:
        own = f"own-{self.name}"
        names = {own, *self.random.sample(STREAMS, self.random.randrange(3))} if self.random.random() < 0.7 else {own}
        ordered = sorted(names, key=lambda _: self.random.random())
        return [Append(stream, self.expected(stream), self.events(command, is_poison)) for stream in ordered]

    def expected(self, stream: str) -> ExpectedVersion:
        if stream in STREAMS:
            return ANY if self.random.random() < 0.8 else self.versions.get(stream, 0)
        return self.versions[stream]

    def events(self, command: str, is_poison: bool) -> list[NewEvent]:
        count = self.random.randrange(4)
        ids = [self.poison if is_poison and number == 0 else None for number in range(count)]
        return [NewEvent("torture.v1", {"mark": uuid.uuid4().hex}, {"command": command}, each) for each in ids]

    async def start_and_leave(self, command: str, appends: list[Append]) -> None:
        task = asyncio.create_task(self.store.append(appends, command))
        await asyncio.sleep(self.random.random() * 0.01)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        if self.random.random() < 0.5:
            self.note(command, await self.insist(command, appends))
        else:
            self.told.setdefault(command, "left")
        await self.look()

    async def insist(self, command: str, appends: list[Append]) -> list[int] | str:
        """Repeat until there is an answer."""
        while True:
            try:
                result = await self.store.append(appends, command)
            except StoreUnavailable:
                await asyncio.sleep(0.05)
            except VersionConflict as conflict:
                self.versions[conflict.stream] = conflict.actual
                await self.look()
                return "conflict"
            except ValueError:
                return "poison"
            else:
                return self.learn(appends, result)

    def learn(self, appends: list[Append], result: AppendResult) -> list[int]:
        assert len(result.positions) == sum(len(append.events) for append in appends)
        if not result.duplicate:
            own = next(append for append in appends if append.stream.startswith("own-"))
            self.versions[own.stream] += len(own.events)
        return result.positions

    async def look(self) -> None:
        """What the own stream's version truly is, once nothing of one's own is under way."""
        own = f"own-{self.name}"
        while True:
            try:
                self.versions[own] = len(await self.store.read_stream(own))
            except StoreUnavailable:
                await asyncio.sleep(0.05)
            else:
                return

    def note(self, command: str, outcome: list[int] | str) -> None:
        earlier = self.told.get(command, "left")
        # A conflict or a poison may turn into success when repeated later, never the other way round.
        assert isinstance(earlier, str) or earlier == outcome, (command, earlier, outcome)
        self.told[command] = outcome


async def main(url: str, name: str, seconds: float) -> None:
    async with asyncpg.create_pool(url, min_size=0, max_size=4) as pool:
        store = EventStore(pool)
        callers = [Caller(store, f"{name}-{number}") for number in range(CALLERS)]
        until = time.monotonic() + seconds

        async def run(caller: Caller) -> None:
            number = 0
            while time.monotonic() < until:
                number += 1
                await caller.act(number)

        await asyncio.gather(*(run(caller) for caller in callers))
    told = {command: outcome for caller in callers for command, outcome in caller.told.items()}
    sys.stdout.write(json.dumps(told))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], float(sys.argv[3])))
