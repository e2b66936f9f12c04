"""What was entered or changed after a court had submitted a period (报送后更正): it restates the past."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final, Literal

from shared.contracts.activities import ACTIVITY_CORRECTED, ACTIVITY_CORRECTED_V1, ACTIVITY_HELD, ACTIVITY_HELD_V1
from shared.projection.schema import Connection
from shared.rules.periods import span_of

Change = Literal["entered", "corrected", "cancelled", "moved"]

# Plans do not count before they are held. `moved` lists what lay in the period when it was submitted.
_LATE: Final = """
select activity.site, activity_id, branch_id, kind, title, date,
       case when first_day < $3 or last_day > $4 then 'moved' when state = 'cancelled' then 'cancelled'
            when entry_at > submitted.guard then 'entered' else 'corrected' end as change
  from proj_activities.activities as activity
  join unnest($1::text[], $2::bigint[]) as submitted (site, guard) using (site)
 where facts_at > 0 and state in ('held', 'recorded', 'cancelled')
   and ((first_day between $3 and $4 and last_day <= $4) or (activity.site || '/' || activity_id) = any($5::text[]))
   and (facts_at > submitted.guard or (state = 'cancelled' and state_at > submitted.guard))
 order by activity.site, first_day, activity_id
"""
_MOVED: Final = """
select moved.site, activity_id, submitted.guard
  from proj_periods.moved_activities as moved
  join unnest($1::text[], $2::bigint[]) as submitted (site, guard) using (site) where moved.at > submitted.guard
"""
_BEFORE: Final = """
select distinct on (origin, stream) split_part(origin, '/', 1) || '/' || right(stream, 36) as record,
       data::jsonb->'facts'->>'date' as date
  from journal join unnest($1::text[], $2::bigint[]) as submitted (origin, position) using (origin)
 where stream = any($3::text[]) and journal.position <= submitted.position and type = any($4::text[])
 order by origin, stream, journal.position desc
"""
_TELL_A_DAY: Final = [ACTIVITY_HELD, ACTIVITY_HELD_V1, ACTIVITY_CORRECTED, ACTIVITY_CORRECTED_V1]


@dataclass(frozen=True)
class LateEntry:
    """An activity of a submitted period; `moved` to a day outside of it."""

    site: str
    activity_id: str
    branch_id: str | None
    kind: str
    title: str
    date: str
    change: Change


async def late_entries(connection: Connection, guards: Mapping[str, int], first: date, last: date) -> list[LateEntry]:
    """By site and day; `guards` are those of the submissions of the period from `first` to `last`."""
    sites, after = list(guards), list(guards.values())
    moved = await _moved_away(connection, guards, first, last)
    rows = await connection.fetch(_LATE, sites, after, first, last, moved)
    return [LateEntry(**dict(row)) for row in rows]


async def _moved_away(connection: Connection, guards: Mapping[str, int], first: date, last: date) -> list[str]:
    """`<site>/<activity id>` of what was inside by its last day before the submission."""
    moved = await connection.fetch(_MOVED, list(guards), list(guards.values()))
    if not moved:
        return []
    submitted = {(row["site"], row["guard"]) for row in moved}
    rows = await connection.fetch(
        _BEFORE,
        [f"{site}/activities/log/{guard >> 40}" for site, guard in submitted],
        [guard & ((1 << 40) - 1) for _, guard in submitted],
        [f"activity-{row['activity_id']}" for row in moved],
        _TELL_A_DAY,
    )
    return [row["record"] for row in rows if first <= span_of(row["date"])[0] and span_of(row["date"])[1] <= last]
