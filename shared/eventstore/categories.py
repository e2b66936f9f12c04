"""All aggregates of a category, in pages of short statements: for exports and lists, which want them all."""

from __future__ import annotations

from collections.abc import AsyncIterator
from itertools import groupby
from operator import attrgetter
from typing import Final

import asyncpg

from shared.eventstore.decoding import recorded_events
from shared.eventstore.records import RecordedEvent

PAGE: Final = 500
_PAGE: Final = """
    select stream, position from events where stream > $1 and stream < $2 and version = 1 order by stream limit $3
"""
_COUNT: Final = "select count(*) from events where stream > $1 and stream < $2"
_EVENTS: Final = """
    select position, stream, version, event_id, type, data, meta, timestamptz_send(recorded_at)
      from events where stream = any($1::text[]) order by stream, version
"""


async def aggregate_ids(pool: asyncpg.Pool, category: str) -> AsyncIterator[dict[str, int]]:
    """The ids of `<category>-<id>`, each with the position of its first event, up to `PAGE` at a time."""
    prefix, after = category + "-", category + "-"
    end = category + "."  # the character after the hyphen
    while rows := await pool.fetch(_PAGE, after, end, PAGE):
        after = rows[-1]["stream"]
        yield {row["stream"].removeprefix(prefix): row["position"] for row in rows}


async def event_count(pool: asyncpg.Pool, category: str) -> int:
    """How many events a category has: as long as it is the same number, nothing about it has changed."""
    counted: int = await pool.fetchval(_COUNT, category + "-", category + ".")
    return counted


async def streams(pool: asyncpg.Pool, category: str) -> AsyncIterator[list[RecordedEvent]]:
    """The events of each aggregate, one after the other."""
    async for page in aggregate_ids(pool, category):
        named = [f"{category}-{found}" for found in page]
        found = recorded_events(await pool.fetch(_EVENTS, named))
        for _, events in groupby(found, key=attrgetter("stream")):
            yield list(events)
