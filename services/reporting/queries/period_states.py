"""Which courts have submitted a period (报送), and what this court has locked (定稿)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

import orjson

from shared.projection.schema import Connection

# The guard is `epoch << 40 | position`: the event itself says when.
_STATES: Final = """
select periods.site, state, remark, reason, submitted_at, journal.time
  from proj_periods.periods left join journal on journal.position = submitted_at & ((1::bigint << 40) - 1)
       and journal.origin = periods.site || '/activities/log/' || (submitted_at >> 40)
 where periods.site = any($1) and periods.period = $2 and submitted_at > 0
"""
_LOCKED: Final = """
select as_of, courts from proj_periods.periods where site = $1 and period = $2 and locked_at > 0 and is_locked
"""
_LOCKED_PERIODS: Final = """
select period from proj_periods.periods where site = $1 and locked_at > 0 and is_locked order by period
"""


@dataclass(frozen=True)
class Submission:
    """How a court's period stands; `guard` orders its log: what has a higher one came afterwards."""

    state: str
    guard: int
    at: datetime | None
    remark: str | None
    reason: str | None

    @property
    def is_submitted(self) -> bool:
        return self.state == "submitted"


@dataclass(frozen=True)
class LockedPeriod:
    """The figures as they were locked: by site, then by key; `lower_bounds` in words."""

    as_of: date
    figures: Mapping[str, Mapping[str, int]]
    lower_bounds: Mapping[str, Mapping[str, str]]


async def submissions(connection: Connection, sites: Sequence[str], period: str) -> dict[str, Submission]:
    """By site; courts that never spoke of the period are absent."""
    return {
        row["site"]: Submission(row["state"], row["submitted_at"], row["time"], row["remark"], row["reason"])
        for row in await connection.fetch(_STATES, sites, period)
    }


async def locked_period(connection: Connection, site: str, period: str) -> LockedPeriod | None:
    """What `site` itself has locked; None where the period is not locked."""
    row = await connection.fetchrow(_LOCKED, site, period)
    if row is None:
        return None
    courts: list[dict[str, Any]] = orjson.loads(row["courts"])
    return LockedPeriod(
        row["as_of"],
        {court["site"]: court["figures"] for court in courts},
        {court["site"]: court.get("lower_bounds", {}) for court in courts},
    )


async def locked_periods(connection: Connection, site: str) -> list[str]:
    """The periods that `site` has locked."""
    return [row["period"] for row in await connection.fetch(_LOCKED_PERIODS, site)]
