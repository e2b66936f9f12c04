"""The event store: append to streams, read one stream, read everything in commit order."""

import asyncio
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import asyncpg

from shared.eventstore.decoding import raw_events, recorded_events
from shared.eventstore.form import checked_number, checked_text, written
from shared.eventstore.loads import Loads, command_record
from shared.eventstore.outages import is_outage
from shared.eventstore.records import (
    Append,
    AppendResult,
    CommandRecord,
    RawEvent,
    RecordedEvent,
    StoreUnavailable,
)
from shared.eventstore.writer import Writer
from shared.telemetry.metrics import APPEND_SECONDS

# The bytes of recorded_at, because making datetimes is the dearest part of reading and many events share theirs.
_COLUMNS = "position, stream, version, event_id, type, data, meta, timestamptz_send(recorded_at)"
READ_STREAM = f"select {_COLUMNS} from events where stream = $1 and version > $2 order by version limit $3"  # noqa: S608
READ_ALL = f"select {_COLUMNS} from events where position > $1 order by position limit $2"  # noqa: S608
READ_RAW = (
    "select position, epoch, stream, version, event_id, type, data, meta, salt, timestamptz_send(recorded_at)"
    " from events where position > $1 order by position limit $2"
)
_HEAD = "select coalesce(max(position), 0) from events"
_EPOCH_SECONDS = 1.0
_EPOCH = "select epoch from events order by position desc limit 1"
_COMMAND = "select command_id, actor, request_hash, positions, answer from commands where command_id = $1"


class EventStore:
    """Events of many streams in one gapless order. Needs no start and no close; the pool belongs to the caller.

    Reads see only what is committed, and never a position whose predecessors may still come. When PostgreSQL
    cannot be reached for some seconds every method raises `StoreUnavailable`.
    """

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool
        self._writer = Writer(pool)
        self._loads = Loads(self._fetch)
        self._epoch = 1
        self._epoch_asked = -_EPOCH_SECONDS

    async def append(
        self,
        appends: Sequence[Append],
        command_id: str | UUID | None = None,
        *,
        actor: str = "",
        request_hash: bytes | None = None,
        answer: dict[str, Any] | None = None,
    ) -> AppendResult:
        """Store the events of all `appends`, or none; a stream is named once.

        Raises `VersionConflict`, `CommandIdReused`, `StoreUnavailable`, and `TypeError` or `ValueError` for what
        has no canonical form. A repeated command id with the same content and actor returns the first result;
        `request_hash` stands for the content if given, `answer` is kept for `find_command`.
        """
        with APPEND_SECONDS.time():
            return await self._writer.append(written(appends, command_id, actor, request_hash, answer))

    async def read_stream(self, stream: str, after: int = 0, limit: int | None = None) -> list[RecordedEvent]:
        """The events of a stream after version `after`; `[]` if there is no such stream."""
        checked_text("stream", stream)
        _checked_page(after, limit)
        return recorded_events(await self._fetch(READ_STREAM, stream, after, limit))

    async def read_all(self, after: int = 0, limit: int = 1000) -> list[RecordedEvent]:
        """The next events after position `after`, in order and without gaps."""
        _checked_page(after, limit)
        return recorded_events(await self._fetch(READ_ALL, after, limit))

    async def read_raw(self, after: int, limit: int) -> list[RawEvent]:
        """As `read_all`, but everything as it is stored."""
        _checked_page(after, limit)
        return raw_events(await self._fetch(READ_RAW, after, limit))

    async def head(self) -> int:
        """The highest position; 0 when nothing is stored."""
        rows = await self._fetch(_HEAD)
        return int(rows[0][0])

    async def epoch(self) -> int:
        """The epoch of the last event, as of at most a second ago; 1 when nothing is stored."""
        now = asyncio.get_running_loop().time()
        if now - self._epoch_asked >= _EPOCH_SECONDS:
            self._epoch_asked = now
            rows = await self._fetch(_EPOCH)
            self._epoch = int(rows[0][0]) if rows else 1
        return self._epoch

    async def reached(self, epoch: int) -> int | None:
        """The highest position, where `epoch` is one of this log's; positions go on from epoch to epoch."""
        if epoch > self._epoch:
            self._epoch_asked = -_EPOCH_SECONDS
        return await self.head() if 1 <= epoch <= await self.epoch() else None

    async def find_command(self, command_id: str | UUID) -> CommandRecord | None:
        """What is remembered of a command that was accepted."""
        rows = await self._fetch(_COMMAND, checked_text("command_id", str(command_id)))
        return command_record(rows[0]) if rows else None

    async def load(
        self, command_id: str | UUID, streams: Sequence[str]
    ) -> tuple[CommandRecord | None, dict[str, list[RecordedEvent]]]:
        """What is remembered of a command; if nothing, the events of all `streams` that have any."""
        wanted = [checked_text("stream", stream) for stream in streams]
        return await self._loads.load(checked_text("command_id", str(command_id)), wanted)

    async def _fetch(self, query: str, *arguments: object) -> list[asyncpg.Record]:
        # A second try: the pool may hold connections of a server that has since been restarted.
        for _ in range(2):
            try:
                return await self._pool.fetch(query, *arguments)
            except Exception as error:
                if not is_outage(error, self._pool):
                    raise
                lost = error
        raise StoreUnavailable(f"PostgreSQL could not be asked: {lost}") from lost


def _checked_page(after: int, limit: int | None) -> None:
    checked_number("after", after, -(2**63))
    if limit is not None:
        checked_number("limit", limit)
