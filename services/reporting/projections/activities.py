# ruff: noqa: S608 - what stands in the statements are constants of this program
"""What happened: one row an activity, and which obligations were explained."""

from __future__ import annotations

import json
from typing import Final

from shared.contracts.activities import (
    ACTIVITY_CANCELLED,
    ACTIVITY_CORRECTED,
    ACTIVITY_CORRECTED_V1,
    ACTIVITY_HELD,
    ACTIVITY_HELD_V1,
    ACTIVITY_PLANNED,
    ACTIVITY_PLANNED_V1,
    ACTIVITY_RECORDED,
    OBLIGATION_EXPLAINED,
    OBLIGATION_EXPLANATION_WITHDRAWN,
)
from shared.projection import Projection, guarded_upsert

_FACTS: Final = {
    "unit_kind": "facts->>'unit_kind'",
    "unit_id": "facts->>'unit_id'",
    "branch_id": "facts->>'branch_id'",
    "kind": "facts->>'kind'",
    "also_serves": "facts->'also_serves'",
    "title": "facts->>'title'",
    "date": "facts->>'date'",
    "first_day": "first_day",
    "last_day": "case length(facts->>'date') when 4 then (first_day + interval '1 year - 1 day')::date"
    " when 7 then (first_day + interval '1 month - 1 day')::date else first_day end",
    "starts": "facts->>'start'",
    "ends": "facts->>'end'",
    "place": "facts->>'place'",
    "expected": "(facts->>'expected')::bigint",
    "present": "(facts->>'present')::bigint",
    "at_least": "(facts->'occurrences'->>'at_least')::bigint",
    "at_least_words": "facts->'occurrences'->>'words'",
    "campaigns": "coalesce(facts->'campaigns', jsonb_path_query_array(facts, '$.campaign ? (@ != null)'))",
    "tags": "facts->'tags'",
    "partners": "facts->'partners'",
    "joint_modes": "facts->'joint_modes'",
    "number": "facts->>'number'",
    "joint": "facts->'joint'",
}

_FIRST_DAY: Final = "(facts->>'date' || substr('-01-01', length(facts->>'date') - 3))::date"

# Only the latest facts of a batch are kept, but all of them are cast: what cannot be read is found in every batch.
_CAST: Final = ", ".join([_FIRST_DAY, *(_FACTS[name] for name in ("expected", "present", "at_least"))])
_EVERY_CAST: Final = f"count(row({_CAST}))"

_STATES: Final = {
    ACTIVITY_PLANNED_V1: "planned",
    ACTIVITY_PLANNED: "planned",
    ACTIVITY_HELD_V1: "held",
    ACTIVITY_HELD: "held",
    ACTIVITY_RECORDED: "recorded",
    ACTIVITY_CANCELLED: "cancelled",
}
_SAYS_A_STATE: Final = f"type not in ('{ACTIVITY_CORRECTED_V1}', '{ACTIVITY_CORRECTED}')"

_ACTIVITIES: Final = f"""
insert into activities as present
  (site, activity_id, facts_at, {", ".join(_FACTS)}, state_at, state, entry_at, entry, remarks)
select site, id, coalesce(facts_at, 0), {", ".join(_FACTS.values())}, coalesce(state_at, 0),
       '{json.dumps(_STATES)}'::jsonb->>state_type,
       coalesce(entry_at, 0), recorded->>'entry', recorded->'remarks'
  from (
    select latest.*, {_FIRST_DAY} as first_day
      from (
        select site, id, {_EVERY_CAST} as events_cast,
               max(at) filter (where facts is not null) as facts_at,
               (array_agg(facts order by at desc) filter (where facts is not null))[1] as facts,
               max(at) filter (where {_SAYS_A_STATE}) as state_at,
               (array_agg(type order by at desc) filter (where {_SAYS_A_STATE}))[1] as state_type,
               max(at) filter (where type = '{ACTIVITY_RECORDED}') as entry_at,
               (array_agg(data order by at desc) filter (where type = '{ACTIVITY_RECORDED}'))[1] as recorded
          from (select *, data->'facts' as facts from batch offset 0) as batch  -- taken out once an event
         group by site, id
      ) as latest where events_cast > 0
  ) as dated
{
    guarded_upsert(
        ("site", "activity_id"),
        {"facts_at": tuple(_FACTS), "state_at": ("state",), "entry_at": ("entry", "remarks")},
    )
}
"""

ACTIVITIES: Final = Projection(
    name="activities",
    service="activities",
    types=(*_STATES, ACTIVITY_CORRECTED_V1, ACTIVITY_CORRECTED),
    tables={"activities": ("site", "activity_id")},
    ddl="""
create table activities (
    site text collate "C", activity_id text collate "C",
    facts_at bigint not null, unit_kind text, unit_id text, branch_id text, kind text, also_serves jsonb, title text,
    date text, first_day date, last_day date, starts text, ends text, place text, expected bigint, present bigint,
    at_least bigint, at_least_words text, campaigns jsonb, tags jsonb, partners jsonb, joint_modes jsonb,
    number text, joint jsonb,
    state_at bigint not null, state text, entry_at bigint not null, entry text, remarks jsonb,
    primary key (site, activity_id)
);
create index activities_in_order on activities (first_day, activity_id);
create index activities_joint on activities (site, first_day) where kind = 'joint_activity';
""",
    statements=(_ACTIVITIES,),
)

EXPLANATIONS: Final = Projection(
    name="explanations",
    service="activities",
    types=(OBLIGATION_EXPLAINED, OBLIGATION_EXPLANATION_WITHDRAWN),
    tables={"explained_obligations": ("site", "unit_id", "obligation", "period")},
    ddl="""
create table explained_obligations (
    site text collate "C", unit_id text collate "C", obligation text collate "C", period text collate "C",
    at bigint not null, unit_kind text, obligation_id text, stands boolean,
    primary key (site, unit_id, obligation, period)
);
""",
    statements=(
        f"""
insert into explained_obligations as present
  (site, unit_id, obligation, period, at, unit_kind, obligation_id, stands)
select distinct on (site, data->'key'->>'unit_id', data->'key'->>'obligation', data->'key'->>'period')
       site, data->'key'->>'unit_id', data->'key'->>'obligation', data->'key'->>'period', at,
       data->'key'->>'unit_kind', id, type = '{OBLIGATION_EXPLAINED}'
  from batch
 order by site, data->'key'->>'unit_id', data->'key'->>'obligation', data->'key'->>'period', at desc
{guarded_upsert(("site", "unit_id", "obligation", "period"), {"at": ("unit_kind", "obligation_id", "stands")})}
""",
    ),
)
