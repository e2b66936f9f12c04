"""Sealed runs as messages, made from the log and its seals."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple

import asyncpg

from shared.eventstore import EventStore
from shared.sealer import FreshRuns, sealed_events
from shared.sealing.origin import Origin
from shared.sealing.wire import batch, element

_NEXT: Final = """
select first, last, note from seals
 where epoch = $1 and channel = $2 and last > $3
   and first >= (select max(first) from seals where epoch = $1 and channel = $2 and first <= $3 + 1)
 order by first limit $4
"""


class SealedRun(NamedTuple):
    """Positions `first` to `last`, sealed by `note`."""

    first: int
    last: int
    note: str


async def runs_after(pool: asyncpg.Pool, origin: Origin, position: int, limit: int) -> list[SealedRun]:
    """The next runs that reach past `position`."""
    rows = await pool.fetch(_NEXT, origin.epoch, origin.channel, position, limit)
    return [SealedRun(*row) for row in rows]


async def run_body(
    pool: asyncpg.Pool,
    origin: Origin,
    run: SealedRun,
    families: Callable[[str], str],
    fresh: FreshRuns | None = None,
) -> bytes:
    """The run's CloudEvents batch: every sending of it has the same bytes."""
    events = None if fresh is None else fresh.take(run.first, run.last, origin.epoch)
    if events is None:
        stored = await EventStore(pool).read_raw(run.first - 1, run.last - run.first + 1)
        events = sealed_events(stored, families)
    source = origin.text
    return batch([element(source, event) for event in events])
