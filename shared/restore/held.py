"""What the journal holds of a log, as the runs that were received: contents and notes to the byte."""

from __future__ import annotations

from typing import Final

import asyncpg

from shared.broker.tables import Connection
from shared.sealing.chain import event_time
from shared.sealing.wire import KIND, NOTE, SealedEvent, batch, element, withheld_element

Message = tuple[dict[str, str], bytes]
"""Headers and body, as the relay of the log once sent them."""

_NOTE: Final = """
select first, last, note from (
       select first, last, note from runs where origin = $1 and first <= $2 order by first desc limit 1) as run
 where last >= $2
"""
_ROWS: Final = """
select position, family, c, salt, stream, version, event_id, type, time, data, meta from journal
 where origin = $1 and position between $2 and $3 order by position
"""


async def run_covering(connection: Connection, origin: str, position: int) -> Message | None:
    """The run of `origin` that holds `position`; None if it has not been received."""
    run = await connection.fetchrow(_NOTE, origin, position)
    if run is None:
        return None
    rows = await connection.fetch(_ROWS, origin, run["first"], run["last"])
    return {KIND: "run", NOTE: run["note"]}, batch([element_of(origin, row) for row in rows])


def element_of(origin: str, row: asyncpg.Record) -> bytes:
    """A row of the journal as it travels; what came without contents goes without them."""
    if row["type"] is None:
        return withheld_element(origin, row["position"], row["family"], row["c"])
    sealed = SealedEvent(
        row["position"], row["family"], row["salt"], row["stream"], row["version"], str(row["event_id"]), row["type"],
        event_time(row["time"]), row["data"].encode(), row["meta"].encode(),
    )  # fmt: skip
    return element(origin, sealed)
