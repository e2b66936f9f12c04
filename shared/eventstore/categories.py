"""Which aggregates of a category there are, in pages of short statements: for exports, which want them all."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Final

import asyncpg

PAGE: Final = 500
_PAGE: Final = """
    select stream, position from events where stream > $1 and stream < $2 and version = 1 order by stream limit $3
"""


async def aggregate_ids(pool: asyncpg.Pool, category: str) -> AsyncIterator[dict[str, int]]:
    """The ids of `<category>-<id>`, each with the position of its first event, up to `PAGE` at a time."""
    prefix, after = category + "-", category + "-"
    end = category + "."  # the character after the hyphen
    while rows := await pool.fetch(_PAGE, after, end, PAGE):
        after = rows[-1]["stream"]
        yield {row["stream"].removeprefix(prefix): row["position"] for row in rows}
