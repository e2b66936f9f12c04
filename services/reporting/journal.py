"""The journal: reporting's own contiguous copy of every log it receives (design §5)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from shared.broker.tables import Connection
from shared.crash import AFTER_JOURNAL_COMMIT
from shared.receiver.reading import Refused, Row, Run
from shared.receiver.receiving import Sink

JOURNAL_CHANNEL: Final = "journal"

FEW: Final = 20
"""Up to so many rows go in by one statement; COPY asks the server for the types of its columns each time."""

_ADD_FEW: Final = """
with noted as (insert into runs (origin, first, last, note) values ($14, $15, $16, $17))
insert into journal (origin, position, family, c, h, salt, stream, version, event_id, type, time, data, meta)
select * from unnest($1::text[], $2::bigint[], $3::text[], $4::bytea[], $5::bytea[], $6::bytea[], $7::text[],
                     $8::bigint[], $9::uuid[], $10::text[], $11::timestamptz[], $12::text[], $13::text[])
"""
_ADD_RUN: Final = "insert into runs (origin, first, last, note) values ($1, $2, $3, $4)"
_HELD: Final = "select h from journal where origin = $1 and position between $2 and $3 order by position"
_NOTE_AT: Final = """
select note from (select last, note from runs where origin = $1 and first <= $2 order by first desc limit 1) as run
 where last >= $2
"""

_COMMITTED: Final = """
select given.position, journal.c = given.c and journal.family = given.family as same, journal.type is null as withheld
  from unnest($2::bigint[], $3::bytea[], $4::text[]) as given (position, c, family)
  left join journal on journal.origin = $1 and journal.position = given.position
 order by given.position
"""
_OPEN: Final = """
with kept as (
    insert into openings (origin, position, salt, stream, version, event_id, type, time, data, meta)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) on conflict do nothing returning 1
) select count(*) from kept
"""


async def keep(connection: Connection, run: Run, rows: Sequence[Row]) -> None:
    """Append the new rows of a verified run, and its note."""
    seal = run.note.seal
    noted = seal.origin.text, seal.first, seal.last, run.note_text
    if len(rows) <= FEW:
        await connection.execute(_ADD_FEW, *(list(column) for column in zip(*rows, strict=True)), *noted)
        return
    await connection.copy_records_to_table("journal", records=rows, columns=Row._fields)
    await connection.execute(_ADD_RUN, *noted)


async def opened(connection: Connection, rows: Sequence[Row]) -> int:
    """Keep what was withheld before; `Refused` for contents that are not what was committed to."""
    origin = rows[0].origin
    given = [row.position for row in rows], [row.c for row in rows], [row.family for row in rows]
    withheld = set()
    for found in await connection.fetch(_COMMITTED, origin, *given):
        if not found["same"]:
            at = found["position"]
            raise Refused("opening", f"the contents of position {at} are not what was committed to", at)
        if found["withheld"]:
            withheld.add(found["position"])
    new = 0
    for row in rows:
        if row.position in withheld:
            new += await connection.fetchval(_OPEN, row.origin, row.position, *row[5:])
    return new


async def held(connection: Connection, origin: str, first: int, last: int) -> list[bytes]:
    """h of the positions held from `first` to `last`."""
    return [row["h"] for row in await connection.fetch(_HELD, origin, first, last)]


async def note_at(connection: Connection, origin: str, position: int) -> str | None:
    """The note that sealed a position held."""
    note: str | None = await connection.fetchval(_NOTE_AT, origin, position)
    return note


JOURNAL: Final = Sink(keep, held, note_at, JOURNAL_CHANNEL, AFTER_JOURNAL_COMMIT, opened)
