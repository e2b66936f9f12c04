"""The journal: reporting's own contiguous copy of every log it receives (design §5)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from shared.broker.tables import Connection
from shared.crash import AFTER_JOURNAL_COMMIT
from shared.receiver.reading import Row, Run
from shared.receiver.receiving import Sink

JOURNAL_CHANNEL: Final = "journal"

_ADD_RUN: Final = "insert into runs (origin, first, last, note) values ($1, $2, $3, $4)"
_HELD: Final = "select h from journal where origin = $1 and position between $2 and $3 order by position"
_NOTE_AT: Final = """
select note from (select last, note from runs where origin = $1 and first <= $2 order by first desc limit 1) as run
 where last >= $2
"""


async def keep(connection: Connection, run: Run, rows: Sequence[Row]) -> None:
    """Append the new rows of a verified run, and its note."""
    await connection.copy_records_to_table("journal", records=rows, columns=Row._fields)
    seal = run.note.seal
    await connection.execute(_ADD_RUN, seal.origin.text, seal.first, seal.last, run.note_text)


async def held(connection: Connection, origin: str, first: int, last: int) -> list[bytes]:
    """h of the positions held from `first` to `last`."""
    return [row["h"] for row in await connection.fetch(_HELD, origin, first, last)]


async def note_at(connection: Connection, origin: str, position: int) -> str | None:
    """The note that sealed a position held."""
    note: str | None = await connection.fetchval(_NOTE_AT, origin, position)
    return note


JOURNAL: Final = Sink(keep, held, note_at, JOURNAL_CHANNEL, AFTER_JOURNAL_COMMIT)
