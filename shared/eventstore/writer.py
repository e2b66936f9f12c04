"""Group append: what callers hand in while a batch is under way becomes the next batch."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress

import asyncpg
from asyncpg.pool import PoolConnectionProxy

from shared.crash import AFTER_BATCH_COMMIT, BEFORE_BATCH_SEND, crash_point
from shared.eventstore.batch import send
from shared.eventstore.form import WrittenAppend
from shared.eventstore.outages import is_outage
from shared.eventstore.records import AppendResult, StoreUnavailable
from shared.eventstore.turns import Turns, Waiting

RETRY_SECONDS = 5.0


class _Line:
    """A connection of the pool while a writer has one."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool
        self._connection: PoolConnectionProxy | None = None

    async def connection(self) -> PoolConnectionProxy:
        if self._connection is None:
            self._connection = await self._pool.acquire()
        return self._connection

    @property
    def is_taken(self) -> bool:
        return self._connection is not None

    def is_needed_by_others(self) -> bool:
        return self._pool.get_idle_size() == 0 and self._pool.get_size() == self._pool.get_max_size()

    async def give_back(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            # Whoever waited has been answered; what breaks now concerns only the pool, which replaces it.
            with suppress(Exception):
                await self._pool.release(connection)


class Writer:
    """Sends the appends of one process in batches; no task of it lives while nothing waits."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool
        self._turns = Turns()
        self._tasks: set[asyncio.Task[None] | None] = set()
        self._is_about_to_take = False
        self._outage: tuple[float, float] | None = None

    async def append(self, append: WrittenAppend) -> AppendResult:
        """Wait for the append's turn and its result; a cancelled caller cancels his future, never the append."""
        future = await self._turns.enter(append)
        self._start()
        return await future

    def _limit(self) -> int:
        return 2 if self._pool.get_max_size() > 2 else 1

    def _start(self) -> None:
        if len(self._tasks) < self._limit() and not self._is_about_to_take:
            self._tasks.add(asyncio.get_running_loop().create_task(self._write()))

    async def _write(self) -> None:
        line = _Line(self._pool)
        batch: list[Waiting] = []
        try:
            while (batch := self._turns.take(may_share=self._limit() == 2)) or line.is_taken:
                if not batch:  # what waits, waits for the other writer
                    await line.give_back()
                    continue
                if self._turns:
                    self._start()
                await self._deliver(line, batch)
                await self._pause(line)
        except BaseException as error:
            self._turns.give_up(batch, f"the writer stopped, the outcome is unknown: {error!r}")
            raise
        finally:
            # At once, not by a callback of the task: who came between would start no task and wait for ever.
            self._tasks.discard(asyncio.current_task())
            await line.give_back()

    async def _pause(self, line: _Line) -> None:
        """Let the callers just answered come back. With their next appends here the line may be kept."""
        self._is_about_to_take = True
        try:
            await asyncio.sleep(0)
        finally:
            self._is_about_to_take = False
        if not self._turns or line.is_needed_by_others():
            if self._turns:
                self._start()
            await line.give_back()

    async def _deliver(self, line: _Line, batch: Sequence[Waiting]) -> None:
        """Send the batch until it is answered; after an error of its own, its appends one by one."""
        pause = 0.01
        while (error := await self._attempt(line, batch)) and is_outage(error, self._pool):
            if self._is_given_up():
                for waiting in batch:
                    self._turns.settle(waiting, _unavailable(error))
                return
            await asyncio.sleep(pause)
            pause = min(2 * pause, 0.5)
        if error and len(batch) == 1:
            self._turns.settle(batch[0], _explained(error))
        elif error:
            for waiting in batch:
                await self._deliver(line, [waiting])

    async def _attempt(self, line: _Line, batch: Sequence[Waiting]) -> Exception | None:
        try:
            connection = await line.connection()
            crash_point(BEFORE_BATCH_SEND)
            outcomes = await send(connection, [waiting.append for waiting in batch])
            crash_point(AFTER_BATCH_COMMIT)
        except Exception as error:
            await line.give_back()
            return error
        self._outage = None
        for waiting, outcome in zip(batch, outcomes, strict=True):
            self._turns.settle(waiting, outcome)
        return None

    def _is_given_up(self) -> bool:
        """True once an outage has lasted; appends that come while it goes on are then tried once each."""
        now = asyncio.get_running_loop().time()
        began, last = self._outage or (now, now)
        self._outage = (began, now) if now - last < RETRY_SECONDS else (now, now)
        return now - self._outage[0] >= RETRY_SECONDS


def _unavailable(error: Exception) -> StoreUnavailable:
    unavailable = StoreUnavailable(f"PostgreSQL could not be asked, the outcome is unknown: {error}")
    unavailable.__cause__ = error
    return unavailable


def _explained(error: Exception) -> Exception:
    if isinstance(error, asyncpg.UniqueViolationError) and error.constraint_name == "events_event_id_key":
        explained = ValueError(f"event_id: stored before, an event id is used once ({error.detail})")
        explained.__cause__ = error
        return explained
    return error
