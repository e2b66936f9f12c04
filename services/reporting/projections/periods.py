# ruff: noqa: S608 - what stands in the statements are constants of this program
"""Reporting periods of every court: submitted or not and since which position, and what was locked."""

from __future__ import annotations

from typing import Final

from services.reporting.projections.latest import Latest, Told, said, state
from shared.contracts.activities import ACTIVITY_CORRECTED, ACTIVITY_CORRECTED_V1
from shared.contracts.periods import PERIOD_LOCKED, PERIOD_REOPENED, PERIOD_SUBMITTED, PERIOD_UNLOCKED
from shared.projection import Projection, guarded_upsert

# `submitted_at` is the guard of what was told last: facts of the same log with a higher one came after it.
_PERIODS: Final = Latest(
    "periods",
    {"period": "data->>'period'"},
    (
        Told(
            "submitted_at",
            (PERIOD_SUBMITTED, PERIOD_REOPENED),
            {
                "state": state({PERIOD_SUBMITTED: "submitted", PERIOD_REOPENED: "reopened"}),
                "remark": said("remark"),
                "reason": said("reason"),
            },
        ),
        Told(
            "locked_at",
            (PERIOD_LOCKED, PERIOD_UNLOCKED),
            {
                "is_locked": ("boolean", f"type = '{PERIOD_LOCKED}'"),
                "as_of": said("as_of", "date"),
                "courts": ("jsonb", "data->'courts'"),
                "unlocked_reason": said("reason"),
            },
        ),
    ),
)

# What was moved to another day after a period was submitted is missing there, and no row of today says so.
_MOVED: Final = f"""
insert into moved_activities as present (site, activity_id, at)
select site, id, max(at) from batch
 where type in ('{ACTIVITY_CORRECTED_V1}', '{ACTIVITY_CORRECTED}') and data->'changed' ? 'date' group by site, id
{guarded_upsert(("site", "activity_id"), {"at": ()})}
"""

PERIODS: Final = Projection(
    name="periods",
    service="activities",
    types=(*_PERIODS.types, ACTIVITY_CORRECTED_V1, ACTIVITY_CORRECTED),
    tables={_PERIODS.name: _PERIODS.primary_key, "moved_activities": ("site", "activity_id")},
    ddl=_PERIODS.ddl
    + """create table moved_activities (
    site text collate "C", activity_id text collate "C", at bigint not null, primary key (site, activity_id)
);
""",
    statements=(_PERIODS.upsert, _MOVED),
)
