"""Whose turn it is: appends that wait, taken as batches, first come first served for every stream."""

import asyncio
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass

from shared.eventstore.form import WrittenAppend
from shared.eventstore.records import AppendResult, StoreUnavailable

QUEUE_BOUND = 4096
BATCH_APPENDS = 512
BATCH_EVENTS = 4096
BATCH_BYTES = 4 * 1024 * 1024
SHARED_FROM = 8


@dataclass(eq=False, slots=True)
class Waiting:
    """An append and the future its caller waits on; `names` are what a batch may hold only once."""

    append: WrittenAppend
    names: list[str]
    future: asyncio.Future[AppendResult]
    is_settled: bool = False


class Turns:
    """The bounded queue. What was taken is under way until it is settled, and its names are busy so long."""

    def __init__(self) -> None:
        self._queue: deque[Waiting] = deque()
        self._room = asyncio.Semaphore(QUEUE_BOUND)
        self._busy: set[str] = set()

    def __len__(self) -> int:
        return len(self._queue)

    async def enter(self, append: WrittenAppend) -> asyncio.Future[AppendResult]:
        """Wait for room in the queue, then for nothing else: the future is the caller's."""
        await self._room.acquire()
        future: asyncio.Future[AppendResult] = asyncio.get_running_loop().create_future()
        # No stream and no command id begins with NUL, so that the two are not taken for each other.
        names = [f"\0{append.command_id}", *(stream.stream for stream in append.streams)]
        self._queue.append(Waiting(append, names, future))
        return future

    def take(self, may_share: bool) -> list[Waiting]:
        """The next batch. What waits for a busy name keeps those behind it with the same names waiting too.

        With `may_share` half of many are left for a second batch when none is under way, so that the server
        works on one while callers are answered from the other.
        """
        batch: list[Waiting] = []
        passed: list[Waiting] = []
        blocked = self._busy.copy()
        most = BATCH_APPENDS
        if may_share and not self._busy and len(self._queue) >= SHARED_FROM:
            most = min(len(self._queue) // 2, BATCH_APPENDS)
        events, size = BATCH_EVENTS, BATCH_BYTES
        while self._queue and len(batch) < most and len(passed) < BATCH_APPENDS:
            waiting = self._queue.popleft()
            append = waiting.append
            if not blocked.isdisjoint(waiting.names):
                passed.append(waiting)
            elif batch and (append.events > events or append.size > size):
                self._queue.appendleft(waiting)
                break
            else:
                batch.append(waiting)
                self._busy.update(waiting.names)
                events -= append.events
                size -= append.size
            blocked.update(waiting.names)
        self._queue.extendleft(reversed(passed))
        return batch

    def settle(self, waiting: Waiting, outcome: AppendResult | Exception) -> None:
        """Answer the caller, if he still listens, and free what his append kept busy; once only."""
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

    def give_up(self, batch: Iterable[Waiting], reason: str) -> None:
        """Answer a batch that nobody will send, and everybody in the queue."""
        for waiting in [*batch, *self._queue]:
            self.settle(waiting, StoreUnavailable(reason))
        self._queue.clear()
