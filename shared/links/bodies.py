"""What the journal holds as it goes up: whole runs with their notes, withheld where the policy says so (design §4)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Collection, Mapping
from typing import Final

import asyncpg

from shared.broker.delivery import Outgoing
from shared.contracts.families import FAMILIES
from shared.links.origins import Source
from shared.links.policy import is_passed_on_in_full, is_sent_in_full
from shared.restore.held import element_of
from shared.sealing.wire import batch, withheld_element

OPENED_AT_ONCE: Final = 20

_RUNS: Final = """
select first, last, note from runs
 where origin = $1 and last > $2 and last <= $4
   and first >= coalesce((select max(first) from runs where origin = $1 and first <= $2 + 1), 0)
 order by first limit $3
"""
_ROWS: Final = """
select position, family, c, salt, stream, version, event_id, type, time, data, meta from journal
 where origin = $1 and position between $2 and $3 order by position
"""
_OPENINGS: Final = """
select openings.origin, openings.position, journal.family, openings.salt, openings.stream, openings.version,
       openings.event_id, openings.type, openings.time, openings.data, openings.meta
  from unnest($2::text[], $3::bigint[]) as told (origin, have)
  join openings on openings.origin = told.origin and openings.position <= told.have
  join journal on journal.origin = openings.origin and journal.position = openings.position
 where journal.family <> all ($4::text[])
   and not exists (select from uplink_openings as sent
                    where sent.upper = $1 and sent.origin = openings.origin and sent.position = openings.position)
 order by openings.origin, openings.position limit $5
"""

Shown = Callable[[str], bool]
"""Whether an event of a family goes up with its contents."""


def shown_of(source: Source, withheld: Collection[str]) -> Shown:
    """What of this log goes up in full under the agreed policy."""
    rule = is_sent_in_full if source.is_own else is_passed_on_in_full
    return lambda family: rule(family, withheld)


async def messages(pool: asyncpg.Pool, source: Source, shown: Shown, after: int, limit: int) -> AsyncIterator[Outgoing]:
    """The next runs of `source` that reach past `after` and not past what it was seen to hold, with their notes."""
    origin = source.origin
    runs = await pool.fetch(_RUNS, origin, after, limit, source.have)
    for first, last, note in runs:
        rows = await pool.fetch(_ROWS, origin, first, last)
        if len(rows) != last - first + 1:
            raise AssertionError(f"{origin}: the journal holds {len(rows)} positions of {first} to {last}")
        body = batch([_element(origin, row, shown) for row in rows])
        yield Outgoing(first, last, note, body)


def _element(origin: str, row: asyncpg.Record, shown: Shown) -> bytes:
    if shown(row["family"]):
        return element_of(origin, row)
    return withheld_element(origin, row["position"], row["family"], row["c"])


async def openings(
    pool: asyncpg.Pool, upper: str, held_above: Mapping[str, int], withheld: Collection[str]
) -> list[tuple[str, list[int], bytes]]:
    """(origin, positions, body) of contents that came later, may be passed on and were not yet: one page of them."""
    hidden = [family for family in FAMILIES if not is_passed_on_in_full(family, withheld)]
    rows = await pool.fetch(_OPENINGS, upper, list(held_above), list(held_above.values()), hidden, OPENED_AT_ONCE)
    by_origin: dict[str, list[asyncpg.Record]] = {}
    for row in rows:
        by_origin.setdefault(row["origin"], []).append(row)
    return [
        (origin, [row["position"] for row in found], batch([element_of(origin, row) for row in found]))
        for origin, found in by_origin.items()
    ]
