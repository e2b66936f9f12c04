"""Opening an epoch: the one event that does not continue the epoch of the event before it (design §7)."""

from __future__ import annotations

from typing import Final

import asyncpg

from shared.eventstore.batch import Connection
from shared.eventstore.form import written
from shared.eventstore.records import ANY, Append, NewEvent

# The same lock as the appends hold: nobody takes a position meanwhile.
_LOCK: Final = "select pg_advisory_xact_lock(1278816878, 'events'::regclass::oid::integer)"
_LAST: Final = "select position, epoch, recorded_at from events order by position desc limit 1"
_INSERT: Final = """
insert into events (position, epoch, stream, version, event_id, type, data, meta, salt, recorded_at)
values ($1, $2, $3, (select coalesce(max(version), 0) + 1 from events where stream = $3), $4, $5, $6, $7, $8,
        greatest(clock_timestamp(), $9))
"""
_COMMAND: Final = """
insert into commands (command_id, actor, request_hash, status, positions, answer)
values ($1, $2, $3, 'accepted', $4, $5)
"""
_TELL: Final = "select pg_notify('events', current_schema() || '.' || $1::bigint)"


class NotAtItsEnd(Exception):
    """The log ends elsewhere than where the epoch was to follow on; `head` is where, `epoch` the present one."""

    def __init__(self, epoch: int, head: int) -> None:
        super().__init__(f"the log ends at {head} of epoch {epoch}")
        self.epoch, self.head = epoch, head


async def present_epoch(pool: asyncpg.Pool) -> int:
    """The epoch of the last event; 1 where there is none."""
    row = await pool.fetchrow(_LAST)
    return 1 if row is None else int(row["epoch"])


async def open_epoch(
    connection: Connection,
    epoch: int,
    kept_to: int,
    stream: str,
    event: NewEvent,
    *,
    command_id: str,
    actor: str,
    request_hash: bytes,
    answer: dict[str, object],
) -> int:
    """Store `event` as the first of `epoch`, right after `kept_to`; its position. Raises `NotAtItsEnd`."""
    append = written([Append(stream, ANY, [event])], command_id, actor, request_hash, answer)
    one = append.streams[0].events[0]
    async with connection.transaction():
        await connection.execute(_LOCK)
        last = await connection.fetchrow(_LAST)
        if last is None or (last["epoch"] + 1, last["position"]) != (epoch, kept_to):
            raise NotAtItsEnd(1 if last is None else last["epoch"], 0 if last is None else last["position"])
        at = kept_to + 1
        await connection.execute(_INSERT, at, epoch, stream, *one, last["recorded_at"])
        await connection.execute(_COMMAND, command_id, append.actor, append.request_hash, [at], append.answer)
        await connection.execute(_TELL, at)
    return at
