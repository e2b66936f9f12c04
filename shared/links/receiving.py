"""Taking one message of a link: a run, an opening or a head of any log below it (design §5)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import asyncpg
import structlog

from shared.broker.tables import Connection
from shared.links.guarding import admission
from shared.links.topology import inbound_queue
from shared.receiver.charging import Fork, charge
from shared.receiver.opening import receive_opening
from shared.receiver.reading import Refused, Run, read_opening, read_run
from shared.receiver.receiving import Outcome, Sink, receive_run, store_head
from shared.receiver.trust import keys_at_head
from shared.sealing.control import BadControl, Head, is_signed, parse_head
from shared.sealing.note import parse_note
from shared.sealing.origin import Origin, parse_origin
from shared.sealing.wire import KIND, SIGNATURE

ROLLBACK_MARGIN: Final = timedelta(seconds=30)
"""A head is signed a moment after it was read: so long it may say less than a seal made meanwhile."""

MOST_AHEAD: Final = timedelta(hours=1)
"""A clock below may go so far before ours."""

_SUSPENDED: Final = """
update inbound_links set dropped = dropped + 1 where link = $1 and suspended_at is not null returning true
"""
_RECEIPT: Final = "select have, h, head_time from receipts where origin = $1 for update"
_H: Final = "select h from journal where origin = $1 and position = $2"

log = structlog.get_logger()


@dataclass(frozen=True)
class Taken:
    """What became of a message; `origin` where it is of one, `behind` where its source is known to have more."""

    outcome: Outcome
    origin: Origin | None = None
    have: int = 0
    behind: bool = False


async def take(pool: asyncpg.Pool, sink: Sink, own: str, site: str, headers: Mapping[str, Any], body: bytes) -> Taken:
    """Take what the link of `site` delivered to `own`; `sink` is guarded. Raises only for outages of PostgreSQL."""
    match headers.get(KIND):
        case "run":
            return await _take_run(pool, sink, site, headers, body)
        case "opening":
            return await _take_opening(pool, sink, site, headers, body)
        case "head":
            return await _take_head(pool, sink, own, site, headers, body)
        case kind:
            if await _is_dropped(pool, site):
                return Taken(Outcome.DROPPED)
            log.warning("unknown_message", link=inbound_queue(site), kind=str(kind)[:40])
            return Taken(Outcome.UNKNOWN)


async def _is_dropped(pool: asyncpg.Pool, site: str) -> bool:
    """Whether the link is suspended: then also what is no message at all is counted and dropped.

    Only the first one is kept until a person decides. What is a message is asked for in its own transaction.
    """
    return bool(await pool.fetchval(_SUSPENDED, inbound_queue(site)))


async def _take_run(pool: asyncpg.Pool, sink: Sink, site: str, headers: Mapping[str, Any], body: bytes) -> Taken:
    try:
        run: Run | Refused = read_run(headers, body)
    except Refused as refused:
        if await _is_dropped(pool, site):
            return Taken(Outcome.DROPPED)
        run = refused
    origin = run.note.seal.origin if isinstance(run, Run) else _named(headers, site)
    outcome, have = await receive_run(pool, sink, origin, inbound_queue(site), headers, body, run)
    if outcome is Outcome.WAITING:
        # The keys of a site below come with its link: what they did not name is of no use, and nothing waits for it.
        outcome = Outcome.GAP
    return Taken(outcome, origin, have, outcome is Outcome.GAP)


def _named(headers: Mapping[str, Any], site: str) -> Origin:
    """The origin a message names that is no run; else the first log of the site that delivered it."""
    try:
        return parse_note(str(headers.get("lianjian-note"))).seal.origin
    except ValueError:
        return Origin(site, "members")


async def _take_opening(pool: asyncpg.Pool, sink: Sink, site: str, headers: Mapping[str, Any], body: bytes) -> Taken:
    link, origin = inbound_queue(site), Origin(site, "members")
    if await _is_dropped(pool, site):
        return Taken(Outcome.DROPPED)
    try:
        origin = parse_origin(read_opening(headers, body)[0].origin)
    except (Refused, ValueError) as error:
        refused = error if isinstance(error, Refused) else Refused("schema", str(error))
        await charge(pool, origin, link, refused, headers, body)
        return Taken(Outcome.REFUSED, origin)
    return Taken(await receive_opening(pool, sink, origin, link, headers, body), origin)


async def _take_head(
    pool: asyncpg.Pool, sink: Sink, own: str, site: str, headers: Mapping[str, Any], body: bytes
) -> Taken:
    try:
        head = parse_head(body)
    except BadControl as error:
        if await _is_dropped(pool, site):
            return Taken(Outcome.DROPPED)
        log.warning("head_refused", link=inbound_queue(site), problem=str(error))
        return Taken(Outcome.UNKNOWN)
    try:
        async with pool.acquire() as connection, connection.transaction():
            return await _keep_head(connection, sink, own, site, head, str(headers.get(SIGNATURE, "")))
    except Refused as refused:
        await charge(pool, head.origin, inbound_queue(site), refused, headers, body)
        return Taken(Outcome.REFUSED, head.origin)


async def _keep_head(connection: Connection, sink: Sink, own: str, site: str, head: Head, line: str) -> Taken:
    origin = head.origin
    found = await admission(connection, own, inbound_queue(site), origin)
    if isinstance(found, Outcome):
        return Taken(found, origin, behind=True)
    keys = await keys_at_head(connection, origin.site, origin.service, head.sealed_to)
    if not any(is_signed(head.body, line, key) for key in keys):
        log.warning("head_refused", origin=origin.text, reason="signature")
        return Taken(Outcome.UNKNOWN, origin)
    receipt = await connection.fetchrow(_RECEIPT, origin.text)
    if receipt is None:
        return Taken(Outcome.UNKNOWN, origin)
    time = datetime.fromisoformat(head.time)
    if time > datetime.now(UTC) + MOST_AHEAD:
        # Kept, it would be the latest until that day, and look young until then whatever happens.
        log.warning("head_refused", origin=origin.text, reason="time")
        return Taken(Outcome.UNKNOWN, origin)
    if receipt["head_time"] is not None and time <= receipt["head_time"]:
        return Taken(Outcome.HEAD, origin, receipt["have"])
    if head.sealed_to <= receipt["have"] and not found.renewed:
        await _compare(connection, sink, head, time, receipt["have"], receipt["h"])
    await store_head(connection, head, line)
    return Taken(Outcome.HEAD, origin, receipt["have"], receipt["have"] < head.sealed_to)


async def _compare(connection: Connection, sink: Sink, head: Head, time: datetime, have: int, h: bytes) -> None:
    """Raise `Refused` where a head contradicts what its source has sealed before."""
    origin, at = head.origin.text, head.sealed_to
    root = h if at == have else await connection.fetchval(_H, origin, at)
    if at > 0 and root is not None and root != head.root:
        raise Fork(at, None if sink.note_at is None else await sink.note_at(connection, origin, at))
    if at == have or sink.note_at is None:
        return
    before, after = [await _sealed_at(connection, sink, origin, position) for position in (at, at + 1)]
    # Where the source's clock went back after `at`, the head may be as old as what it tells of.
    went_back = before is not None and after is not None and after < before
    if after is not None and not went_back and time > after + ROLLBACK_MARGIN:
        raise Refused("rollback", f"its source has sealed up to {at}, it says later; {have} positions are held", at + 1)


async def _sealed_at(connection: Connection, sink: Sink, origin: str, position: int) -> datetime | None:
    note = None if sink.note_at is None else await sink.note_at(connection, origin, position)
    return None if note is None else datetime.fromisoformat(parse_note(note).seal.sealed_at)
