"""Contents that were withheld and follow later: kept only where they are what was committed to (design §4, §5)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import asyncpg

from shared.broker.tables import Connection
from shared.receiver.charging import charge
from shared.receiver.reading import Refused, Row, read_opening
from shared.receiver.receiving import DROPPED, RECEIPT, Outcome, Sink, admitted
from shared.sealing.origin import Origin


async def receive_opening(
    pool: asyncpg.Pool, sink: Sink, source: Origin, link: str, headers: Mapping[str, Any], body: bytes
) -> Outcome:
    """Keep the contents of withheld events of `source`, each checked against what was committed to.

    They may come again and in any order, but not before their run: then they are dropped like what lies past a gap.
    """
    try:
        rows = read_opening(headers, body)
        if any(row.origin != source.text for row in rows):
            raise Refused("origin", f"an opening of another origin came where {source.text} was awaited")
        async with pool.acquire() as connection, connection.transaction():
            return await _open(connection, sink, source, link, rows)
    except Refused as refused:
        await charge(pool, source, link, refused, headers, body)
        return Outcome.REFUSED


async def _open(connection: Connection, sink: Sink, source: Origin, link: str, rows: Sequence[Row]) -> Outcome:
    first, last = min(row.position for row in rows), max(row.position for row in rows)
    inspect = await admitted(connection, sink, link, source, first, last)
    if isinstance(inspect, Outcome):
        return inspect
    receipt = await connection.fetchrow(RECEIPT, source.text, link)
    if receipt is None:
        raise Refused("origin", f"{source.text} is not expected here")
    if receipt["suspended"]:
        await connection.execute(DROPPED, link)
        return Outcome.DROPPED
    if sink.opened is None:
        return Outcome.HELD
    if last > receipt["have"]:
        return Outcome.GAP
    if inspect is not None:
        inspect(rows)
    if not await sink.opened(connection, rows):
        return Outcome.HELD
    await connection.execute("select pg_notify($1, $2)", sink.channel, f"{source.text}@{receipt['have']}")
    return Outcome.OPENED
