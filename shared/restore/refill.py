"""Filling a log up from the journal: the same bytes, run by run, each in one transaction with its seal."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

import asyncpg

from shared.broker.tables import Connection
from shared.contracts.links import KEY_CHANGED
from shared.crash import crash_point
from shared.eventstore.records import REFILLED
from shared.personal.fields import keys_to_open
from shared.personal.tombstones import bury
from shared.receiver.reading import Row, Run
from shared.restore.comparing import Ask, Differs, log_events, run_holding, same_contents, standing
from shared.sealer import SEALED_CHANNEL
from shared.sealing.keys import PublicKey, public_key
from shared.sealing.origin import Origin

BEFORE_REFILL_COMMIT: Final = "refill.before-commit"
AFTER_REFILL_COMMIT: Final = "refill.after-commit"

# The same lock as the appends hold: nobody takes a position while the log is filled up.
_LOCK: Final = "select pg_advisory_xact_lock(1278816878, 'events'::regclass::oid::integer)"
_SEAL: Final = "insert into seals (epoch, channel, first, last, root, note) values ($1, $2, $3, $4, $5, $6)"
_COMMAND: Final = """
insert into commands (command_id, actor, request_hash, status, positions, answer)
values ($1, $2, $3, 'accepted', $4, $5)
"""
_TELL: Final = "select pg_notify($1, current_schema() || '.' || $2::bigint)"
_EVENT: Final = (
    "position", "epoch", "stream", "version", "event_id", "type", "data", "meta", "salt", "recorded_at",
)  # fmt: skip
_PAGE: Final = 500


@dataclass
class _Command:
    """What is known again of a command whose events came back."""

    command_id: str
    actor: str
    stream: str
    version: int = 0
    positions: list[int] = field(default_factory=list)


async def refill(pool: asyncpg.Pool, origin: Origin, keys: Sequence[PublicKey], ask: Ask) -> int:
    """Add what the journal has and the log has not; how many events that were.

    May be cut off anywhere and begun again, also by several at a time. Raises `Differs` where the histories part.
    """
    added, known = 0, [*keys]
    while True:
        async with pool.acquire() as connection:
            sealed_to = (await standing(connection, origin)).sealed_to
            run = await run_holding(origin, known, ask, sealed_to + 1)
            async with connection.transaction():
                await connection.execute(_LOCK)
                if (await standing(connection, origin)).sealed_to != sealed_to:
                    continue
                if run is None:
                    await _end_command(connection)
                    return added
                added += await _take(connection, origin, run)
                known += keys_named(run)
                crash_point(BEFORE_REFILL_COMMIT)
            crash_point(AFTER_REFILL_COMMIT)


def keys_named(run: Run) -> list[PublicKey]:
    """The next key, where a run of a log ends with the event that names it."""
    last = run.rows[-1]
    if last.type != KEY_CHANGED.get(run.note.seal.origin.service) or last.data is None:
        return []
    return [public_key(json.loads(last.data)["key"]["public_key"])]


async def is_interrupted(connection: Connection) -> bool:
    """Whether a refill stopped in the middle of a command, so that the log must not go on yet."""
    head = await connection.fetchval("select coalesce(max(position), 0) from events")
    last = await log_events(connection, head - 1, 1) if head else []
    command_id = json.loads(last[0].meta).get("command_id") if last else None
    return command_id is not None and not await _is_remembered(connection, command_id)


async def _take(connection: Connection, origin: Origin, run: Run) -> int:
    at = await standing(connection, origin)
    seal = run.note.seal
    if seal.first != at.sealed_to + 1 or seal.previous_root != at.root:
        raise Differs(at.sealed_to + 1)
    await same_contents(connection, run, at.sealed_to, at.head)
    rows = run.rows[max(at.head - at.sealed_to, 0) :]
    if rows:
        await _insert(connection, origin, at.head, rows)
    await connection.execute(_SEAL, origin.epoch, origin.channel, seal.first, seal.last, seal.root, run.note_text)
    await connection.execute(_TELL, SEALED_CHANNEL, seal.last)
    return len(rows)


async def _insert(connection: Connection, origin: Origin, head: int, rows: Sequence[Row]) -> None:
    open_command = await _open_command(connection, head)
    if any(row.data is None for row in rows):
        raise Differs(rows[0].position)  # contents withheld: not a journal of the same site
    records = [
        (row.position, origin.epoch, row.stream, row.version, UUID(row.event_id), row.type, row.data, row.meta,
         row.salt, row.time)
        for row in rows
    ]  # fmt: skip
    await connection.copy_records_to_table("events", records=records, columns=_EVENT)
    events = ((row.position, row.stream or "", row.version or 0, row.meta or "{}") for row in rows)
    commands = _commands(events, open_command)
    # The last one may have more events in the next run.
    await _remember(connection, commands[:-1])
    await _bury_lost_keys(connection, rows)
    await connection.execute(_TELL, "events", rows[-1].position)


def _commands(events: Iterable[tuple[int, str, int, str]], begun: _Command | None = None) -> list[_Command]:
    """The commands of consecutive events (position, stream, version, meta), in order."""
    commands = [begun] if begun is not None else []
    for position, stream, version, text in events:
        meta: dict[str, Any] = json.loads(text)
        command_id = meta["command_id"]
        if not commands or commands[-1].command_id != command_id:
            commands.append(_Command(command_id, meta["actor"]["subject"], stream))
        last = commands[-1]
        last.positions.append(position)
        if stream == last.stream:
            last.version = version
    return commands


async def _open_command(connection: Connection, head: int) -> _Command | None:
    """The command of the last event, if nothing is remembered of it yet."""
    before, command = head, None
    versions: dict[str, int] = {}
    while before > 0:
        first = max(before - _PAGE, 0)
        for event in reversed(await log_events(connection, first, before - first)):
            meta: dict[str, Any] = json.loads(event.meta)
            command_id = meta.get("command_id")
            if command is None:
                if command_id is None or await _is_remembered(connection, command_id):
                    return None
                command = _Command(command_id, meta["actor"]["subject"], event.stream)
            if command_id != command.command_id:
                return _begun(command, versions)
            command.stream = event.stream
            command.positions.append(event.position)
            versions.setdefault(event.stream, event.version)
        before = first
    return None if command is None else _begun(command, versions)


def _begun(command: _Command, versions: dict[str, int]) -> _Command:
    command.positions.reverse()
    command.version = versions[command.stream]
    return command


async def _is_remembered(connection: Connection, command_id: str) -> bool:
    return bool(await connection.fetchval("select exists (select from commands where command_id = $1)", command_id))


async def _end_command(connection: Connection) -> None:
    head = await connection.fetchval("select coalesce(max(position), 0) from events")
    begun = await _open_command(connection, head)
    if begun is not None:
        await _remember(connection, [begun])


async def _remember(connection: Connection, commands: Sequence[_Command]) -> None:
    rows = [
        (one.command_id, one.actor, REFILLED, one.positions, json.dumps({"told": None, "version": one.version}))
        for one in commands
    ]
    await connection.executemany(_COMMAND, rows)


async def _bury_lost_keys(connection: Connection, rows: Sequence[Row]) -> None:
    """Keys that no bundle brought back are gone: none may be made under their ids, for it would open nothing."""
    needed: set[str] = set()
    for row in rows:
        if row.data is not None and '"enc"' in row.data:
            needed |= keys_to_open(json.loads(row.data))
    if needed:
        kept = await connection.fetch("select key_id from personal_keys where key_id = any($1)", sorted(needed))
        lost = needed - {row["key_id"] for row in kept}
        if lost:
            await bury(connection, lost)
