# ruff: noqa: S608 - what stands in the statements are constants of this program
"""The usual turn of a projector: a few new events of a log, for all its projections in one transaction.

One look tells what is new to whom; the cursors of all move together, and statements run only for projections that an
event concerns. What is far behind, was opened later or cannot be read goes the careful way, batch by batch.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from itertools import groupby
from typing import Final, NamedTuple

import structlog

from shared.crash import AFTER_PROJECTION_COMMIT, BEFORE_PROJECTION_COMMIT, crash_point
from shared.projection.batch import CANNOT_READ, LOGS, CursorMoved, kept_of, run_statements
from shared.projection.definition import Projection
from shared.projection.schema import Connection

NEAR: Final = 500
"""More new events than this are projected in batches of their own."""

# Planning again costs more than a few rows do. What a lost commit takes back is projected again from the journal.
_FOR_A_FEW: Final = (
    "set local plan_cache_mode = force_generic_plan; set local jit = off; set local synchronous_commit = off"
)

_NEWS: Final = """
select {place} as place, origin, coalesce(cursors.position, 0) as old, next.new, next.events, next.concerned,
       exists (select from openings where openings.origin = logs.origin and openings.position <= cursors.position
                  and not exists (select from {schema}.opened where opened.origin = openings.origin
                                     and opened.position = openings.position)) as is_opened
  from logs left join {schema}.cursors using (origin)
 cross join lateral (
       select max(position) as new, count(*) as events, coalesce(bool_or(type in ({types})), false) as concerned
         from (select position, type from journal
                where journal.origin = logs.origin and position > coalesce(cursors.position, 0)
                  and position <= {kept}
                order by position limit {near}) as first
 ) as next
 where service = '{service}'
"""

log = structlog.get_logger()


class News(NamedTuple):
    """Events of a log past a projection's cursor: `events` of them up to `new`, at most `NEAR`."""

    projection: Projection
    origin: str
    old: int
    new: int
    events: int
    is_concerned: bool
    is_opened: bool

    @property
    def begins_epoch(self) -> bool:
        return self.old == 0 and not self.origin.endswith("/1")

    @property
    def is_far(self) -> bool:
        return self.is_opened or self.events == NEAR


def question_of(projections: Sequence[Projection]) -> str:
    """The one statement that tells what is new to all of them."""
    news = " union all ".join(
        _NEWS.format(
            place=place,
            schema=projection.schema,
            service=projection.service,
            types=_quoted(projection.types),
            near=NEAR,
            kept=kept_of("logs.origin"),
        )
        for place, projection in enumerate(projections)
    )
    return (
        f"{LOGS}, logs as materialized (select origin, split_part(origin, '/', 2) as service from origins"
        " where split_part(origin, '/', 3) = 'log')"
        f" select * from ({news}) as news where new is not null or is_opened"
        " order by split_part(origin, '/', 1), split_part(origin, '/', 4)::bigint, origin, old, new, place"
    )


async def look(connection: Connection, projections: Sequence[Projection], question: str) -> list[News]:
    """What is new to each projection, log by log; `question` is `question_of(projections)`."""
    rows = await connection.fetch(question)
    return [News(projections[row[0]], row[1], row[2], row[3] or row[2], *row[4:]) for row in rows]


async def bring_up(connection: Connection, news: Sequence[News]) -> list[News]:
    """Project what is near; returns the news for which the careful way is left."""
    left = [one for one in news if one.is_far]
    for _, of_log in groupby((one for one in news if not one.is_far), key=lambda one: one.origin):
        together = list(of_log)
        try:
            await _at_once(connection, together)
        except (*CANNOT_READ, CursorMoved) as error:
            log.info("projecting_carefully", origin=together[0].origin, error=type(error).__name__)
            left += together
    return left


async def _at_once(connection: Connection, news: Sequence[News]) -> None:
    path = await connection.fetchval("select current_setting('search_path')")
    async with connection.transaction():
        await connection.execute(_beginning(tuple(one.projection.schema for one in news)))
        for (origin, old, new), same in groupby(news, key=lambda one: (one.origin, one.old, one.new)):
            schemas = tuple(one.projection.schema for one in same)
            if await connection.fetchval(_move(schemas, old == 0), origin, old, new) != len(schemas):
                raise CursorMoved(origin)
        for one in news:
            if one.is_concerned:
                await connection.execute(f"set local search_path to {one.projection.schema}, {path}")
                await run_statements(connection, one.projection, one.origin, one.old, one.new)
        crash_point(BEFORE_PROJECTION_COMMIT)
    crash_point(AFTER_PROJECTION_COMMIT)


@cache
def _beginning(schemas: tuple[str, ...]) -> str:
    """Settings, and the locks that a rebuild waits for before it swaps."""
    locks = ", ".join(f"pg_advisory_xact_lock_shared(hashtext('{schema}'))" for schema in schemas)
    return f"{_FOR_A_FEW}; select {locks}"


@cache
def _move(schemas: tuple[str, ...], is_first: bool) -> str:
    """The cursors of one log from $2 to $3; how many moved. The rows stay locked: whoever else moves them waits."""
    moving = (
        "insert into {0}.cursors as present values ($1, $3) on conflict (origin) do update"
        " set position = excluded.position where present.position = $2"
        if is_first
        else "update {0}.cursors set position = $3 where origin = $1 and position = $2"
    )
    moves = ", ".join(f"{schema} as ({moving.format(schema)} returning 1)" for schema in schemas)
    return f"with {moves} select {' + '.join(f'(select count(*) from {schema})' for schema in schemas)}"


def _quoted(types: Iterable[str]) -> str:
    return ", ".join(f"'{name}'" for name in types)
