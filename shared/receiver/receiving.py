"""Taking a run in: verified, compared with what is held, kept in one transaction with the receipt (design §5)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum
from typing import Any, Final

import asyncpg
import structlog

from shared.broker.tables import Connection
from shared.receiver.charging import Fork, charge
from shared.receiver.reading import Refused, Row, Run, read_run
from shared.receiver.trust import (
    NAMING_SERVICE,
    first_named_keys,
    is_naming,
    keys_at_head,
    learn,
    learn_changes,
)
from shared.sealing.chain import first_h
from shared.sealing.control import BadControl, Head, is_signed, parse_head
from shared.sealing.keys import PublicKey
from shared.sealing.origin import LOG, Origin
from shared.sealing.wire import SIGNATURE
from shared.wakening import wake_here

_EXPECT: Final = "insert into receipts (origin, have, h) values ($1, 0, $2) on conflict do nothing"
RECEIPT: Final = """
select have, h, exists (select from inbound_links where link = $2 and suspended_at is not null) as suspended
  from receipts where origin = $1 for update
"""
_RECEIPT_AND_KEYS: Final = """
select have, h, exists (select from inbound_links where link = $2 and suspended_at is not null) as suspended,
       array(select public_key from origin_keys
              where site = $3 and service = $4 and from_position <= $5::bigint
                and coalesce(to_position, $6) >= $6::bigint and coalesce(revoked_from, $6 + 1) > $6) as keys,
       exists (select from origin_keys where site = $3 and service = $4) as named
  from receipts where origin = $1 for update
"""
_MOVE: Final = """
update receipts set have = $3, h = $4, received_at = clock_timestamp(),
       behind_since = case when head > $3 then behind_since end
 where origin = $1 and have = $2
returning true
"""
# By itself, after the commit: with a NOTIFY in them the commits of all links would wait for each other's disk. One that
# is lost costs its listeners the time until they look by themselves.
_TELL: Final = "select pg_notify($1, $2)"
_HEAD: Final = """
update receipts set head = $2, head_root = $3, head_time = $4, head_seen = clock_timestamp(),
                    head_body = $5, head_signature = $6,
                    behind_since = case when $2 > have then coalesce(behind_since, clock_timestamp()) end
 where origin = $1 and (head_time is null or head_time < $4) returning have
"""
DROPPED: Final = "update inbound_links set dropped = dropped + 1 where link = $1"
log = structlog.get_logger()


class Outcome(Enum):
    """What became of a message. Only for WAITING must it be tried again; all others are acknowledged."""

    APPENDED = "appended"
    HELD = "held"
    GAP = "gap"
    WAITING = "waiting"
    REFUSED = "refused"
    DROPPED = "dropped"
    HEAD = "head"
    OPENED = "opened"
    UNKNOWN = "unknown"


Inspect = Callable[[Sequence[Row]], None]
"""Raises `Refused` for the first of new events that may not come, or not in this form."""

Guard = Callable[[Connection, str, Origin, int, int], Awaitable[Inspect | Outcome]]
"""Whether a link may deliver an origin from one position to another: how to inspect what it brings, or what becomes
of it unseen. Raises `Refused`. Makes the receipt of an origin that may come and is not awaited yet."""


@dataclass(frozen=True)
class Sink:
    """Where a receiver keeps what it receives.

    `keep(connection, run, rows)` stores the new rows of a run. `held(connection, origin, first, last)` gives the h of
    positions held, in order; None where no history is kept: then a run that is not wholly new is dropped.
    `note_at` finds the note that sealed a held position. `channel` is notified, `crash_point` passed after the commit.
    `opened(connection, rows)` keeps contents that follow later; it returns how many were new, or raises `Refused` for
    those that are not what was committed to. None where contents are never withheld. `guard` stands before what comes
    from other sites.
    """

    keep: Callable[[Connection, Run, Sequence[Row]], Awaitable[None]]
    held: Callable[[Connection, str, int, int], Awaitable[list[bytes]]] | None
    note_at: Callable[[Connection, str, int], Awaitable[str | None]] | None
    channel: str
    crash_point: str
    opened: Callable[[Connection, Sequence[Row]], Awaitable[int]] | None = None
    guard: Guard | None = None


async def expect(connection: Connection, origin: Origin) -> None:
    """Be ready to receive an origin from its first position on."""
    await connection.execute(_EXPECT, origin.text, first_h(origin.text))


def examined(source: Origin, headers: Mapping[str, Any], body: bytes) -> Run | Refused:
    """All that can be said of a run of the log of `source`, in whatever epoch, without looking at what is held."""
    try:
        run = read_run(headers, body)
    except Refused as refused:
        return refused
    if not is_of(run.note.seal.origin, source):
        return Refused("origin", f"{run.note.seal.origin.text} came where {source.text} was awaited")
    return run


async def receive_run(
    pool: asyncpg.Pool,
    sink: Sink,
    source: Origin,
    link: str,
    headers: Mapping[str, Any],
    body: bytes,
    run: Run | Refused | None = None,
) -> tuple[Outcome, int]:
    """Take a run of `source` that `link` delivered. Returns what became of it and the position now held.

    `run` is what `examined` said, if it was asked before. Raises only for outages of PostgreSQL; then nothing is
    kept, and the message is to be tried again.
    """
    run = examined(source, headers, body) if run is None else run
    try:
        if isinstance(run, Refused):
            raise run
        async with pool.acquire() as connection:
            async with connection.transaction():
                outcome, have = await _take(connection, sink, run, link)
            if outcome is Outcome.APPENDED:
                wake_here(sink.channel)
                await connection.execute(_TELL, sink.channel, f"{run.note.seal.origin.text}@{have}")
            return outcome, have
    except Refused as refused:
        await charge(pool, source, link, refused, headers, body)
        return Outcome.REFUSED, 0


async def _take(connection: Connection, sink: Sink, run: Run, link: str) -> tuple[Outcome, int]:
    seal = run.note.seal
    inspect = await admitted(connection, sink, link, seal.origin, seal.first, seal.last)
    if isinstance(inspect, Outcome):
        return inspect, 0
    receipt = await connection.fetchrow(
        _RECEIPT_AND_KEYS, seal.origin.text, link, seal.origin.site, seal.origin.service, seal.first, seal.last
    )
    if receipt is None:
        raise Refused("origin", f"{seal.origin.text} is not expected here")
    have: int = receipt["have"]
    if receipt["suspended"]:
        await connection.execute(DROPPED, link)
        return Outcome.DROPPED, have
    if seal.first > have + 1:
        # Before the keys are asked for: the run that names them may be the one that is missing.
        return Outcome.GAP, have
    if not await _is_signed(connection, run, [PublicKey(raw) for raw in receipt["keys"]], receipt["named"]):
        return Outcome.WAITING, have
    rows = await _new_rows(connection, sink, run, have, receipt["h"])
    if rows is None:
        return Outcome.GAP, have
    if not rows:
        return Outcome.HELD, have
    if inspect is not None:
        inspect(rows)
    await learn_changes(connection, run, rows)
    await sink.keep(connection, run, rows)
    last = rows[-1]
    if not await connection.fetch(_MOVE, seal.origin.text, have, last.position, last.h):
        raise AssertionError("a locked receipt was moved by somebody else")
    return Outcome.APPENDED, last.position


async def admitted(
    connection: Connection, sink: Sink, link: str, origin: Origin, first: int, last: int
) -> Inspect | Outcome | None:
    """What the sink's guard says; None where there is none."""
    return None if sink.guard is None else await sink.guard(connection, link, origin, first, last)


async def _is_signed(connection: Connection, run: Run, keys: list[PublicKey], are_known: bool) -> bool:
    """False while no key of the source is known; raises `Refused` if the keys that count there did not sign."""
    if are_known and not keys:
        raise Refused("key", "every key known of its source has ended before or is revoked", run.note.seal.first)
    if is_naming(run):
        named = first_named_keys(run)
        if not keys:
            keys = [key for name, key in named if name == NAMING_SERVICE]
            _check_signature(run, keys)
            await learn(connection, run.note.seal.origin.site, named)
    if not keys:
        return False
    _check_signature(run, keys)
    return True


def _check_signature(run: Run, keys: Sequence[PublicKey]) -> None:
    if run.note.is_signed_by(keys):
        return
    known = {key.key_id for key in keys}
    if any(signature.key_id in known for signature in run.note.signatures):
        raise Refused("signature", "the signature does not fit the note", run.note.seal.first)
    raise Refused("key", f"signed by none of the keys {', '.join(sorted(known))}", run.note.seal.first)


async def _new_rows(connection: Connection, sink: Sink, run: Run, have: int, h: bytes) -> Sequence[Row] | None:
    """The rows past `have`, after those held were compared; None where they cannot be compared."""
    seal = run.note.seal
    if seal.first == have + 1:
        if seal.previous_root != h:
            await _differs(connection, sink, run, have)
        return run.rows
    if sink.held is None:
        return [] if seal.last <= have else None
    upto = min(seal.last, have)
    at_end = await sink.held(connection, seal.origin.text, upto, upto)
    if at_end != [run.rows[upto - seal.first].h]:
        held = await sink.held(connection, seal.origin.text, seal.first, upto)
        same = (row.h == kept for row, kept in zip(run.rows, held, strict=False))
        await _differs(connection, sink, run, seal.first + list(same).index(False))
    return run.rows[upto - seal.first + 1 :]


async def _differs(connection: Connection, sink: Sink, run: Run, position: int) -> None:
    if position == 0:
        raise Refused("chain", "the first run does not begin at h(0)", 1)
    note = None if sink.note_at is None else await sink.note_at(connection, run.note.seal.origin.text, position)
    raise Fork(position, note)


async def receive_head(
    pool: asyncpg.Pool, source: Origin, headers: Mapping[str, Any], body: bytes
) -> tuple[Head, int] | None:
    """The head and the position held, after a later head of `source` in whatever epoch.

    None for one that is not signed, not later or not its own.
    """
    try:
        head = parse_head(body)
    except BadControl as error:
        log.warning("head_refused", origin=source.text, problem=str(error))
        return None
    async with pool.acquire() as connection:
        keys = await keys_at_head(connection, source.site, source.service, head.sealed_to)
        line = str(headers.get(SIGNATURE, ""))
        if not is_of(head.origin, source) or not any(is_signed(body, line, key) for key in keys):
            if keys:
                log.warning("head_refused", origin=source.text, reason="origin_or_signature")
            return None
        have = await store_head(connection, head, line)
    return None if have is None else (head, have)


async def store_head(connection: Connection, head: Head, line: str) -> int | None:
    """Remember a verified head, with its signature; the position held, None unless it is later than the one known."""
    time = datetime.fromisoformat(head.time)
    have: int | None = await connection.fetchval(
        _HEAD, head.origin.text, head.sealed_to, head.root, time, head.body, line
    )  # fmt: skip
    return have


def is_of(origin: Origin, source: Origin) -> bool:
    """Whether `origin` is `source` in one of its epochs."""
    return replace(origin, epoch=source.epoch) == source


def own_log(site: str, service: str) -> Origin:
    """The log of a service of the own site, in its first epoch."""
    return Origin(site, service, LOG, 1)
