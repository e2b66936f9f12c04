"""Loading for commands: what callers ask for while a query is under way becomes the next query."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import asyncpg
import orjson

from shared.eventstore.decoding import recorded_events
from shared.eventstore.records import CommandRecord, RecordedEvent, StoreUnavailable

Loaded: TypeAlias = tuple[CommandRecord | None, dict[str, list[RecordedEvent]]]
Fetch: TypeAlias = Callable[..., Awaitable[list[asyncpg.Record]]]

# One statement, one snapshot: a command that is not found here has none of its events among these. A subquery that
# sorts is not flattened, so that each stream is read by index whatever the planner makes of the arrays.
LOAD = """
    select asked.number, c.command_id, c.actor, c.request_hash, c.positions, c.answer,
           e.position, e.stream, e.version, e.event_id, e.type, e.data, e.meta, timestamptz_send(e.recorded_at)
      from unnest($1::text[]) with ordinality as asked (command_id, number)
      left join commands c on c.command_id = asked.command_id
      left join unnest($2::bigint[], $3::text[]) as wanted (number, stream)
             on wanted.number = asked.number and c.command_id is null
      left join lateral (select * from events where events.stream = wanted.stream order by version) as e on true
     order by asked.number, e.stream, e.version
"""
TOGETHER_STREAMS = 128


@dataclass(eq=False, slots=True)
class _Asked:
    command_id: str
    streams: Sequence[str]
    future: asyncio.Future[Loaded]


class Loads:
    """One query is under way for all; who asks for many streams has one of his own. No timer."""

    def __init__(self, fetch: Fetch) -> None:
        self._fetch = fetch
        self._waiting: deque[_Asked] = deque()
        self._task: asyncio.Task[None] | None = None

    async def load(self, command_id: str, streams: Sequence[str]) -> Loaded:
        """As it stands once the call was made; a cancelled caller cancels nobody else's."""
        loop = asyncio.get_running_loop()
        asked = _Asked(command_id, streams, loop.create_future())
        if len(streams) > TOGETHER_STREAMS:
            return (await self._found([asked]))[0]
        self._waiting.append(asked)
        if self._task is None:
            self._task = loop.create_task(self._work())
        return await asked.future

    async def _work(self) -> None:
        batch: list[_Asked] = []
        try:
            while batch := self._take():
                await self._answer(batch)
        except BaseException as error:
            for asked in [*batch, *self._waiting]:
                _settle(asked, StoreUnavailable(f"loading was stopped: {error!r}"))
            self._waiting.clear()
            raise
        finally:
            # At once, not by a callback of the task: who came between would start no task and wait for ever.
            self._task = None

    def _take(self) -> list[_Asked]:
        batch: list[_Asked] = []
        room = TOGETHER_STREAMS
        while self._waiting and (not batch or len(self._waiting[0].streams) <= room):
            asked = self._waiting.popleft()
            room -= len(asked.streams)
            if not asked.future.done():
                batch.append(asked)
        return batch

    async def _answer(self, batch: Sequence[_Asked]) -> None:
        try:
            found = await self._found(batch)
        except Exception as error:
            if len(batch) == 1 or isinstance(error, StoreUnavailable):
                for asked in batch:
                    _settle(asked, error)
                return
            for asked in batch:  # so that only the guilty fails
                await self._answer([asked])
            return
        for asked, loaded in zip(batch, found, strict=True):
            _settle(asked, loaded)

    async def _found(self, batch: Sequence[_Asked]) -> list[Loaded]:
        wanted = [(number, stream) for number, asked in enumerate(batch, 1) for stream in asked.streams]
        rows = await self._fetch(
            LOAD, [asked.command_id for asked in batch], [number for number, _ in wanted], [name for _, name in wanted]
        )
        found: list[Loaded] = [(None, {}) for _ in batch]
        for row in rows:
            if row["command_id"] is not None:
                found[row["number"] - 1] = (command_record(row), {})
        events = [row for row in rows if row["position"] is not None]
        for row, event in zip(events, recorded_events([row[6:] for row in events]), strict=True):
            found[row["number"] - 1][1].setdefault(event.stream, []).append(event)
        return found


def _settle(asked: _Asked, outcome: Loaded | Exception) -> None:
    if asked.future.done():
        return
    if isinstance(outcome, Exception):
        asked.future.set_exception(outcome)
    else:
        asked.future.set_result(outcome)


def command_record(row: asyncpg.Record) -> CommandRecord:
    """What a row of `commands` remembers."""
    answer = None if row["answer"] is None else orjson.loads(row["answer"])
    return CommandRecord(row["command_id"], row["actor"], row["request_hash"], row["positions"], answer)
