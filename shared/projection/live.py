# ruff: noqa: S608 - what stands in the statements are constants of this program
"""The usual turn of a projector: a few new events of a log, for all its projections in one transaction.

One look tells what is new to whom; the cursors of all move together, and statements run only for projections that an
event concerns. What is far behind, was opened later or cannot be read goes the careful way, batch by batch.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from itertools import groupby
from typing import Final, NamedTuple

import structlog

from shared.crash import AFTER_PROJECTION_COMMIT, BEFORE_PROJECTION_COMMIT, crash_point
from shared.projection.batch import CANNOT_READ, LOGS, CursorMoved, run_statements
from shared.projection.definition import Projection
from shared.projection.schema import Connection

NEAR: Final = 500
"""More new events than this are projected in batches of their own."""

# Planning again costs more than a few rows do. What a lost commit takes back is projected again from the journal.
_FOR_A_FEW: Final = (
    "set local plan_cache_mode = force_generic_plan; set local jit = off; set local synchronous_commit = off"
)

_HEADS: Final = f"""{LOGS}, heads as materialized (
    select origin, split_part(origin, '/', 2) as service, first.at as first, last.at as last,
           exists (select from openings where openings.origin = origins.origin) as has_openings
      from origins
     cross join lateral (select min(position) as at from journal where journal.origin = origins.origin) as first
     cross join lateral (select max(position) as at from journal where journal.origin = origins.origin) as last
     where split_part(origin, '/', 3) = 'log')
"""

_BEHIND: Final = """select {place} as place, origin, coalesce(cursors.position, 0) as old, last, has_openings
  from heads left join {schema}.cursors using (origin)
 where service = '{service}' and (last > coalesce(cursors.position, 0) or has_openings)
"""

_LATER: Final = """select -1 as place, origin, first, 0, false from heads where origin not like '%/1'
"""

_NEXT: Final = """
select next.* from unnest($1::text[], $2::bigint[], $3::bigint[]) with ordinality as asked (origin, old, upto, number)
 cross join lateral (
       select coalesce(max(position), old) as new, count(*) as events, array_agg(distinct type) as types
         from (select position, type from journal
                where journal.origin = asked.origin and position > asked.old and position <= asked.upto
                order by position limit $4) as first) as next
 order by number
"""

_OPENED: Final = """select {place}, origin
  from unnest($1::text[]) as asked (origin) join {schema}.cursors using (origin)
 where exists (select from openings where openings.origin = asked.origin and openings.position <= cursors.position
                  and not exists (select from {schema}.opened where opened.origin = openings.origin
                                     and opened.position = openings.position))
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
    def order(self) -> tuple[str, int, str, int, int]:
        """By court; an epoch before the next; what moves alike side by side."""
        site, _, _, epoch = self.origin.split("/")
        return site, int(epoch), self.origin, self.old, self.new

    @property
    def is_far(self) -> bool:
        return self.is_opened or self.events == NEAR


class Question(NamedTuple):
    """The statements that tell what is new: whom anything may concern, and whom openings of events long passed."""

    behind: str
    opened: str


def question_of(projections: Sequence[Projection]) -> Question:
    """What `look` asks for them."""

    def each(form: str) -> str:
        return " union all ".join(
            form.format(place=place, schema=one.schema, service=one.service) for place, one in enumerate(projections)
        )

    return Question(f"{_HEADS} {each(_BEHIND)} union all {_LATER}", each(_OPENED))


async def look(connection: Connection, projections: Sequence[Projection], question: Question) -> list[News]:
    """What is new to each projection, log by log; `question` is `question_of(projections)`.

    Small questions, because it is the server's preparing of a large one that would take most of a turn.
    """
    rows = await connection.fetch(question.behind)
    kept = {_before(row["origin"]): row["old"] - 1 for row in rows if row["place"] < 0}
    behind = [row for row in rows if row["place"] >= 0]
    asked = {(row["origin"], row["old"], min(row["last"], kept.get(row["origin"], row["last"]))) for row in behind}
    ranges = await _ranges(connection, list(asked))
    with_openings = {row["origin"] for row in behind if row["has_openings"]}
    opened = {tuple(row) for row in await connection.fetch(question.opened, with_openings)} if with_openings else set()
    news = []
    for place, origin, old, *_ in behind:
        new, events, types = ranges[origin, old]
        is_opened = (place, origin) in opened
        if new > old or is_opened:
            is_concerned = not types.isdisjoint(projections[place].types)
            news.append(News(projections[place], origin, old, new, events, is_concerned, is_opened))
    return sorted(news, key=lambda one: one.order)


async def _ranges(
    connection: Connection, asked: Sequence[tuple[str, int, int]]
) -> dict[tuple[str, int], tuple[int, int, frozenset[str]]]:
    """By (origin, cursor): the last of the next events up to a position, how many they are, and their types."""
    if not asked:
        return {}
    rows = await connection.fetch(_NEXT, *map(list, zip(*asked, strict=True)), NEAR)
    return {
        (origin, old): (row["new"], row["events"], frozenset(row["types"] or ()))
        for (origin, old, _), row in zip(asked, rows, strict=True)
    }


def _before(origin: str) -> str:
    """The same log in the epoch before."""
    log, _, epoch = origin.rpartition("/")
    return f"{log}/{int(epoch) - 1}"


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
