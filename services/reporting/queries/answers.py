# ruff: noqa: S608 - what stands in the statements are constants of this program
"""What every answer carries: ready bytes, an ETag, and how far and how completely the journal was read."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final

import asyncpg
import orjson

from services.reporting.projections import PROJECTIONS
from shared.projection import projected
from shared.projection.schema import Connection

# Before the snapshot is taken: no rebuilt tables come in under it, of whose rows it would see none.
_HOLD: Final = f"lock table {', '.join(f'{one.schema}.definition' for one in PROJECTIONS)} in access share mode"

# An event that two projections could not read is one event.
_PASSED_OVER: Final = "select origin, count(*) as events from ({}) as unread group by origin".format(
    " union ".join(f"select origin, position from {one.schema}.passed_over" for one in PROJECTIONS)
)


class NotBuilt(Exception):
    """The projections are not there yet: nothing to answer from, try again shortly (503)."""


@dataclass(frozen=True)
class Answer:
    """JSON as it is sent. The ETag is weak: it stands for what was asked, not for the age of a link."""

    body: bytes
    etag: str


@asynccontextmanager
async def snapshot(pool: asyncpg.Pool) -> AsyncIterator[Connection]:
    """One consistent view for all statements of an answer."""
    try:
        async with pool.acquire() as connection:
            async with connection.transaction(isolation="repeatable_read", readonly=True):
                await connection.execute(_HOLD)
                yield connection
    except (asyncpg.UndefinedTableError, asyncpg.InvalidSchemaNameError) as error:
        raise NotBuilt(str(error)) from error


async def completeness(connection: Connection, *sites: str) -> list[dict[str, Any]]:
    """By origin of `sites`: what is projected, what was received, up to where its source says it has sealed.

    `complete` (收齐): all that the source's latest signed head announces is received and projected. `head_time` is
    that head's own time, None before the first one; the reader decides from its age whether the link is 连通.
    `passed_over` counts events that a projection could not read: figures may lack them.
    """
    reached = await projected(connection, PROJECTIONS)
    unread = {row["origin"]: row["events"] for row in await connection.fetch(_PASSED_OVER)}
    rows = await connection.fetch(
        "select asked.origin, head, head_time,"
        " (select max(position) from journal where journal.origin = asked.origin) as received"
        " from unnest($1::text[]) as asked (origin) left join receipts on receipts.origin = asked.origin"
        " order by asked.origin",
        _latest([origin for origin in reached if origin.partition("/")[0] in sites]),
    )
    return [
        {
            "origin": row["origin"],
            "projected": reached[row["origin"]],
            "received": row["received"],
            "sealed_to": row["head"],
            "head_time": None if row["head_time"] is None else row["head_time"].isoformat(),
            "passed_over": unread.get(row["origin"], 0),
            "complete": row["head"] is not None and reached[row["origin"]] >= max(row["head"], row["received"]),
        }
        for row in rows
    ]


def _latest(origins: Iterable[str]) -> list[str]:
    """Of each log its latest epoch: those before it have ended."""
    by_epoch = sorted(origins, key=lambda origin: int(origin.rpartition("/")[2]))
    return list({origin.rpartition("/")[0]: origin for origin in by_epoch}.values())


def answer(content: Mapping[str, Any], origins: list[dict[str, Any]]) -> Answer:
    """`content` and the completeness of what it was read from."""
    positions = [(origin["origin"], origin["projected"]) for origin in origins]
    stood_for = orjson.dumps([content, positions], option=orjson.OPT_SORT_KEYS)
    body = orjson.dumps({**content, "origins": origins})
    return Answer(body, f'W/"{hashlib.sha256(stood_for).hexdigest()[:32]}"')
