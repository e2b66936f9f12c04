"""Refused messages, and what a person decides about them: given to the same checks again, or discarded for a reason."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import asyncpg
import orjson
import structlog

from shared.broker.tables import Connection
from shared.receiver.receiving import Outcome, Sink, receive_run
from shared.sealing.origin import parse_origin
from shared.sealing.wire import KIND

NUMBER_DIGITS: Final = 8

_LISTED: Final = """
select origin, reason, link, problem, position, headers, body, received_at, 1 + again as messages
  from quarantine order by received_at, origin, reason
"""
_DECIDED: Final = """
select origin, reason, link, problem, position, messages, received_at, decision, grounds, decided_by, decided_at
  from quarantine_decisions order by decided_at
"""
_DECIDE: Final = """
insert into quarantine_decisions
       (origin, reason, link, problem, position, body_sha256, messages, received_at, decision, grounds, decided_by)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
"""
_TAKE_OUT: Final = "delete from quarantine where origin = $1 and reason = $2 and received_at = $3 returning true"
# What a person suspended only a person's `LinkResumed` lifts.
_LET_GO_ON: Final = """
update inbound_links set suspended_at = null, reason = null, origin = null, position = null, dropped = 0
 where link = $1 and reason is distinct from 'person' and not exists (select from quarantine where link = $1)
"""
_OPEN: Final = "update inbound_links set suspended_at = null where link = $1 returning reason, origin, position"
_CLOSE: Final = "update inbound_links set suspended_at = clock_timestamp() where link = $1 and suspended_at is null"
_EXPECTED: Final = "select have, h, head from receipts where origin = $1"
_KEYS: Final = """
select key_id, from_position, named_by from origin_keys where site = $1 and service = $2 order by key_id
"""
_STILL_KEPT: Final = "select true from quarantine where origin = $1 and reason = $2 and received_at = $3"

log = structlog.get_logger()


class AlreadyDecided(Exception):
    """Somebody else has decided about the message in the meantime."""


@dataclass(frozen=True)
class Kept:
    """One refused message; `messages` counts it and, where enough of its kind are kept, those like it."""

    origin: str
    reason: str
    link: str
    problem: str
    position: int | None
    headers: dict[str, str]
    body: bytes
    received_at: datetime
    messages: int

    @property
    def number(self) -> str:
        """What a person names it by: the same as long as it is kept."""
        named = f"{self.origin}\n{self.reason}\n{self.received_at.isoformat()}"
        return hashlib.sha256(named.encode()).hexdigest()[:NUMBER_DIGITS]

    @property
    def taken_for(self) -> tuple[str, str, datetime]:
        return self.origin, self.reason, self.received_at


async def kept(pool: asyncpg.Pool) -> list[Kept]:
    """All refused messages nobody has decided about, the oldest first."""
    rows = await pool.fetch(_LISTED)
    return [Kept(**{**dict(row), "headers": orjson.loads(row["headers"])}) for row in rows]


async def decisions(pool: asyncpg.Pool) -> list[dict[str, Any]]:
    """What was decided so far, the oldest first."""
    return [dict(row) for row in await pool.fetch(_DECIDED)]


async def expected(pool: asyncpg.Pool, message: Kept) -> dict[str, Any]:
    """What the receiver would have taken instead: the next position, the root before it, the keys that may sign."""
    origin = parse_origin(message.origin)
    row = await pool.fetchrow(_EXPECTED, message.origin)
    keys = [dict(key) for key in await pool.fetch(_KEYS, origin.site, origin.service)]
    if row is None:
        return {"position": None, "previous_root": None, "sealed_to": None, "keys": keys}
    return {"position": row["have"] + 1, "previous_root": row["h"].hex(), "sealed_to": row["head"], "keys": keys}


async def replay(pool: asyncpg.Pool, sink: Sink, message: Kept, who: str) -> Outcome:
    """Give the message to the receiver once more; unless it is refused or must wait it is done with.

    The link goes on when nothing else of it is kept. Only runs can be taken again: a later head comes of itself.
    Raises `AlreadyDecided`.
    """
    if message.headers.get(KIND) != "run":
        return Outcome.REFUSED
    async with pool.acquire() as connection:
        if not await connection.fetchval(_STILL_KEPT, *message.taken_for):
            raise AlreadyDecided(message.number)
        await connection.fetchrow(_OPEN, message.link)
    outcome = Outcome.WAITING
    try:
        source = parse_origin(message.origin)
        outcome, _ = await receive_run(pool, sink, source, message.link, message.headers, message.body)
    finally:
        async with pool.acquire() as connection, connection.transaction():
            await connection.execute(_CLOSE, message.link)
            if outcome not in (Outcome.REFUSED, Outcome.WAITING):
                await _decide(connection, message, "replayed", outcome.value, who)
    return outcome


async def discard(pool: asyncpg.Pool, message: Kept, grounds: str, who: str) -> None:
    """Do without the message; the source still has what it sealed.

    Raises `AlreadyDecided`, `ValueError` for no grounds.
    """
    if not grounds.strip():
        raise ValueError("grounds: a reason is wanted")
    async with pool.acquire() as connection, connection.transaction():
        await _decide(connection, message, "discarded", grounds.strip(), who)


async def _decide(connection: Connection, message: Kept, decision: str, grounds: str, who: str) -> None:
    if not await connection.fetchval(_TAKE_OUT, *message.taken_for):
        raise AlreadyDecided(message.number)
    digest = hashlib.sha256(message.body).digest()
    told = (message.origin, message.reason, message.link, message.problem, message.position, digest)
    await connection.execute(_DECIDE, *told, message.messages, message.received_at, decision, grounds, who)
    await connection.execute(_LET_GO_ON, message.link)
    log.warning("quarantine_decided", origin=message.origin, link=message.link, decision=decision)
