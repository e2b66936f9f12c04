"""Group append: what callers hand in while a batch is under way becomes the next batch."""

import asyncio
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

import asyncpg

from shared.crash import AFTER_BATCH_COMMIT, BEFORE_BATCH_SEND, crash_point
from shared.eventstore.batch import Outcome, send
from shared.eventstore.form import WrittenAppend
from shared.eventstore.outages import is_outage
from shared.eventstore.records import AppendResult, StoreUnavailable

QUEUE_BOUND = 4096
BATCH_APPENDS = 512
SPLIT_FROM = 8
BATCH_EVENTS = 4096
BATCH_BYTES = 4 * 1024 * 1024
RETRY_SECONDS = 5.0


@dataclass(eq=False, slots=True)
class _Waiting:
    append: WrittenAppend
    names: list[str]
    future: asyncio.Future[AppendResult]
    is_settled: bool = False


class Writer:
    """Sends the appends of one process in batches; no task of it lives while nothing waits."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool
        self._queue: deque[_Waiting] = deque()
        self._room = asyncio.Semaphore(QUEUE_BOUND)
        self._tasks: set[asyncio.Task[None] | None] = set()
        self._busy: set[str] = set()
        self._outage: tuple[float, float] | None = None

    async def append(self, append: WrittenAppend) -> AppendResult:
        """Wait for the append's turn and its result; a cancelled caller cancels his future, never the append."""
        await self._room.acquire()
        future: asyncio.Future[AppendResult] = asyncio.get_running_loop().create_future()
        self._queue.append(_Waiting(append, _names(append), future))
        self._start()
        return await future

    def _start(self) -> None:
        if len(self._tasks) < self._limit():
            self._tasks.add(asyncio.get_running_loop().create_task(self._write()))

    async def _write(self) -> None:
        batch: list[_Waiting] = []
        try:
            while batch := self._take():
                await self._deliver(batch)
        except BaseException as error:
            unknown = StoreUnavailable(f"the writer stopped: {error!r}")
            for waiting in [*batch, *self._queue]:
                self._settle(waiting, unknown)
            self._queue.clear()
            raise
        finally:
            # At once, not by a callback of the task: who comes between would start no task and wait for ever.
            self._tasks.discard(asyncio.current_task())

    def _take(self) -> list[_Waiting]:
        """The next batch, first come first served; whatever waits for a busy name keeps those behind it waiting."""
        batch: list[_Waiting] = []
        passed: list[_Waiting] = []
        blocked = self._busy.copy()
        room, space = BATCH_EVENTS, BATCH_BYTES
        share = self._share()
        while self._queue and len(batch) < share and len(passed) < BATCH_APPENDS:
            waiting = self._queue.popleft()
            append = waiting.append
            if not blocked.isdisjoint(waiting.names):
                passed.append(waiting)
            elif batch and (append.events > room or append.size > space):
                self._queue.appendleft(waiting)
                break
            else:
                batch.append(waiting)
                self._busy.update(waiting.names)
                room -= append.events
                space -= append.size
            blocked.update(waiting.names)
        self._queue.extendleft(reversed(passed))
        return batch

    def _share(self) -> int:
        """How many appends a batch may take: half of many when none is under way, so that two alternate."""
        waiting = len(self._queue)
        if self._limit() == 2 and not self._busy and waiting >= SPLIT_FROM:
            return min(waiting // 2, BATCH_APPENDS)
        return BATCH_APPENDS

    def _limit(self) -> int:
        return 2 if self._pool.get_max_size() > 2 else 1

    async def _deliver(self, batch: Sequence[_Waiting]) -> None:
        """Send the batch until it is answered; after an error of its own, its appends one by one."""
        pause = 0.01
        while True:
            error = await self._attempt(batch)
            if error is None:
                return
            if not is_outage(error, self._pool):
                break
            if self._is_given_up():
                for waiting in batch:
                    self._settle(waiting, _unavailable(error))
                return
            await asyncio.sleep(pause)
            pause = min(2 * pause, 0.5)
        if len(batch) == 1:
            self._settle(batch[0], _explained(error))
            return
        for waiting in batch:
            await self._deliver([waiting])

    async def _attempt(self, batch: Sequence[_Waiting]) -> Exception | None:
        try:
            async with self._pool.acquire() as connection:
                crash_point(BEFORE_BATCH_SEND)
                outcomes = await send(connection, [waiting.append for waiting in batch])
                crash_point(AFTER_BATCH_COMMIT)
                self._outage = None
                for waiting, outcome in zip(batch, outcomes, strict=True):
                    self._settle(waiting, outcome)
        except Exception as error:
            # Giving the connection back may fail too, when everybody has been answered already.
            return None if all(waiting.is_settled for waiting in batch) else error
        return None

    def _is_given_up(self) -> bool:
        now = asyncio.get_running_loop().time()
        began, last = self._outage or (now, now)
        self._outage = (began, now) if now - last < RETRY_SECONDS else (now, now)
        return now - self._outage[0] >= RETRY_SECONDS

    def _settle(self, waiting: _Waiting, outcome: Outcome | Exception) -> None:
        if waiting.is_settled:
            return
        waiting.is_settled = True
        self._room.release()
        self._busy.difference_update(waiting.names)
        if waiting.future.done():
            return
        if isinstance(outcome, AppendResult):
            waiting.future.set_result(outcome)
        else:
            waiting.future.set_exception(outcome)


def _names(append: WrittenAppend) -> list[str]:
    """What a batch may hold once; streams and command ids are told apart by a character no name begins with."""
    return [f"\0{append.command_id}", *(stream.stream for stream in append.streams)]


def _unavailable(error: Exception) -> StoreUnavailable:
    unavailable = StoreUnavailable(f"PostgreSQL could not be asked: {error}")
    unavailable.__cause__ = error
    return unavailable


def _explained(error: Exception) -> Exception:
    if isinstance(error, asyncpg.UniqueViolationError) and error.constraint_name == "events_event_id_key":
        explained = ValueError(f"event_id: stored before, an event id is used once ({error.detail})")
        explained.__cause__ = error
        return explained
    return error
