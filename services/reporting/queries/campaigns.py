"""Campaigns of a year: what each was, and how many sessions of which kind named it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date
from typing import Final

import asyncpg

from services.reporting.queries.answers import Answer, answer, completeness, snapshot
from services.reporting.queries.counted import COUNTED
from shared.contracts.kinds import KINDS, Kind
from shared.projection.schema import Connection

_SESSIONS: Final = f"""
select campaign, kind, count(*) as sessions
  from proj_activities.activities, jsonb_array_elements_text(campaigns) as campaign
 where {COUNTED} and at_least is null group by campaign, kind
"""  # noqa: S608 - constants of this program

_CAMPAIGNS: Final = """
select name, issuer, first_day, last_day from proj_brands.campaigns
 where site = $1 and facts_at > 0 and state = 'opened' and first_day <= least($3, make_date($2, 12, 31))
   and (last_day is null or last_day >= make_date($2, 1, 1))
 order by first_day, name
"""


@dataclass(frozen=True)
class Campaign:
    """`first_day` is None where activities name it and nobody registered it; `kinds` in the catalogue's order."""

    name: str
    issuer: str | None
    first_day: date | None
    last_day: date | None
    kinds: dict[Kind, int]
    sessions: int


async def campaigns_on(connection: Connection, site: str, year: int, as_of: date) -> list[Campaign]:
    """Registered campaigns that ran in `year` or were named by its activities, most sessions first."""
    counted: dict[str, Counter[str]] = {}
    for row in await connection.fetch(_SESSIONS, site, year, as_of):
        counted.setdefault(row["campaign"], Counter())[row["kind"]] = row["sessions"]
    known = {row["name"]: row for row in await connection.fetch(_CAMPAIGNS, site, year, as_of)}
    found = []
    for name in {**known, **counted}:
        kinds = counted.get(name, Counter())
        registered = known.get(name, {"issuer": None, "first_day": None, "last_day": None})
        found.append(
            Campaign(name, registered["issuer"], registered["first_day"], registered["last_day"],
                     {kind: kinds[kind] for kind in KINDS if kinds[kind]}, kinds.total())
        )  # fmt: skip
    return sorted(found, key=lambda one: (-one.sessions, one.name))


async def campaigns(pool: asyncpg.Pool, site: str, year: int, as_of: date) -> Answer:
    """Campaigns of `year` with their sessions by kind; an activity that names two campaigns stands under both."""
    async with snapshot(pool) as connection:
        found = await campaigns_on(connection, site, year, as_of)
        origins = await completeness(connection, site)
    return answer({"year": year, "as_of": as_of.isoformat(), "campaigns": found}, origins)
