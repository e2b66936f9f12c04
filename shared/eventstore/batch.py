"""Many appends as one call of `append_events`, and its answer as one result for each."""

from collections.abc import Sequence
from typing import Any, TypeAlias

import asyncpg
from asyncpg.pool import PoolConnectionProxy

from shared.eventstore.form import ANY_VERSION, WrittenAppend
from shared.eventstore.records import REFILLED, AppendResult, CommandIdReused, VersionConflict

Connection: TypeAlias = asyncpg.Connection | PoolConnectionProxy
Outcome: TypeAlias = AppendResult | VersionConflict | CommandIdReused

_SEND = (
    "select first_positions, actual, known from append_events("
    "$1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)"
)
_KNOWN = "select command_id, actor, request_hash, positions from commands where command_id = any($1::text[])"


async def send(connection: Connection, appends: Sequence[WrittenAppend]) -> list[Outcome]:
    """Store a batch in one transaction; a command id and a stream stand in it once."""
    row = await connection.fetchrow(_SEND, *_arrays(appends))
    assert row is not None
    known: dict[str, asyncpg.Record] = {}
    if row["known"]:
        ids = [appends[number - 1].command_id for number in row["known"]]
        known = {found["command_id"]: found for found in await connection.fetch(_KNOWN, ids)}
    return _outcomes(appends, row["first_positions"], row["actual"] or [], known)


def _arrays(appends: Sequence[WrittenAppend]) -> list[list[Any]]:
    checks: list[tuple[int, str, int]] = []
    events: list[tuple[Any, ...]] = []
    for number, append in enumerate(appends, 1):
        count = 0
        for stream in append.streams:
            checks.append((number, stream.stream, stream.expected))
            for version, event in enumerate(stream.events, 1):
                events.append((number, count, stream.stream, len(checks), version, *event))
                count += 1
    commands = [(a.command_id, a.actor, a.request_hash, a.answer, a.events) for a in appends]
    return [*_columns(commands, 5), *_columns(checks, 3), *_columns(events, 10)]


def _columns(rows: Sequence[tuple[Any, ...]], width: int) -> list[list[Any]]:
    return [list(column) for column in zip(*rows, strict=True)] if rows else [[]] * width


def _outcomes(
    appends: Sequence[WrittenAppend], firsts: Sequence[int], actual: Sequence[int], known: dict[str, asyncpg.Record]
) -> list[Outcome]:
    outcomes: list[Outcome] = []
    versions = iter(actual)
    for append, first in zip(appends, firsts, strict=True):
        found = [next(versions) for _ in append.streams]
        record = known.get(append.command_id)
        if record is not None:
            outcomes.append(_repeated(append, record))
        elif first:
            outcomes.append(AppendResult(list(range(first, first + append.events))))
        else:
            outcomes.append(_conflict(append, found))
    return outcomes


def _repeated(append: WrittenAppend, record: asyncpg.Record) -> Outcome:
    if record["actor"] != append.actor or record["request_hash"] not in (append.request_hash, REFILLED):
        return CommandIdReused(append.command_id)
    return AppendResult(list(record["positions"]), duplicate=True)


def _conflict(append: WrittenAppend, found: Sequence[int]) -> VersionConflict:
    for stream, actual in zip(append.streams, found, strict=True):
        if stream.expected not in (ANY_VERSION, actual):
            return VersionConflict(stream.stream, stream.expected, actual)
    raise AssertionError(f"command {append.command_id}: refused without a conflict")
