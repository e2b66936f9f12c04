"""The figures of a year: how many of what, each activity once, lower bounds in the office's own words."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import asyncpg

from services.reporting.queries.answers import Answer, answer, completeness, snapshot
from services.reporting.queries.brands import brand_figures
from services.reporting.queries.counted import COUNTED
from services.reporting.queries.joint import joint_figures, joint_year
from services.reporting.queries.obligations import missing_of, obligations_of
from services.reporting.queries.units import counting_day, existing, members_by_unit
from shared.contracts.kinds import KINDS
from shared.projection.schema import Connection

OWN_FIGURE: Final = ("theme_party_day", "joint_activity")
"""Kinds that have a figure of their own and are not among `by_kind`."""

_BY_KIND: Final = f"""
select kind, count(*) filter (where at_least is null) as sessions,
       coalesce(sum(at_least), 0)::bigint as at_least,
       array_agg(at_least_words) filter (where at_least is not null) as words
  from proj_activities.activities where {COUNTED} group by kind
"""  # noqa: S608 - constants of this file

_COUNTS: Final = f"""
select kind, branch_id, case when length(date) > 4 then substr(date, 1, 7) end as month, campaigns,
       count(*) as sessions, coalesce(sum(present), 0)::bigint as seats
  from proj_activities.activities where {COUNTED} and at_least is null
 group by 1, 2, 3, 4 order by 1, 2 nulls last, 3 nulls last, 4 nulls last
"""  # noqa: S608


# From one year's first activity to the next year's by the index, not over all of them.
_YEARS: Final = """
with recursive firsts as (
  select min(first_day) as first_day from proj_activities.activities
  union all
  select (select min(first_day) from proj_activities.activities
           where first_day >= date_trunc('year', firsts.first_day) + interval '1 year')
    from firsts where firsts.first_day is not null)
select extract(year from first_day)::integer as year from firsts where first_day is not null
union select extract(year from effective_from)::integer from proj_units.branches where site = $1 and not undone
order by year desc
"""


@dataclass(frozen=True)
class Kinds:
    """`exact` sessions by kind; `lower_bounds` by kind in words, where a number is known only from below."""

    exact: dict[str, int]
    lower_bounds: dict[str, str]


async def kinds_of(connection: Connection, site: str, year: int, as_of: date) -> Kinds:
    """The totals of a year by kind, kinds in the order of the catalogue."""
    rows = {row["kind"]: row for row in await connection.fetch(_BY_KIND, site, year, as_of)}
    known = [kind for kind in KINDS if kind in rows]
    return Kinds(
        exact={kind: rows[kind]["sessions"] for kind in known if rows[kind]["sessions"]},
        lower_bounds={
            kind: in_words(rows[kind]["sessions"], rows[kind]["at_least"], rows[kind]["words"])
            for kind in known
            if rows[kind]["words"]
        },
    )


def in_words(sessions: int, at_least: int, words: list[str]) -> str:
    """One lower bound stays as the office wrote it; more of them, or sessions beside it, add as `不少于N次`."""
    return words[0] if len(words) == 1 and sessions == 0 else f"不少于{sessions + at_least}次"


async def figures_of(connection: Connection, site: str, year: int, as_of: date) -> dict[str, Any]:
    """The report of a year; its keys are those of `lianjian report --json`."""
    units, found = await obligations_of(connection, site, year, as_of)
    kinds = await kinds_of(connection, site, year, as_of)
    day = counting_day(year, as_of)
    here = existing(units, day)
    return {
        "members": sum((await members_by_unit(connection, site, day)).values()),
        "branches": len(here.branches),
        "groups": len(here.groups),
        "by_kind": {kind: number for kind, number in kinds.exact.items() if kind not in OWN_FIGURE},
        "theme_days": kinds.exact.get("theme_party_day", 0),
        "lower_bounds": kinds.lower_bounds,
        "missing": missing_of(units, found),
        **joint_figures(await joint_year(connection, site, year, as_of)),
        **await brand_figures(connection, site, day),
    }


async def report(pool: asyncpg.Pool, site: str, year: int, as_of: date) -> Answer:
    """The figures of `year` under `report`, as seen on `as_of`."""
    async with snapshot(pool) as connection:
        figures = await figures_of(connection, site, year, as_of)
        origins = await completeness(connection, site)
    return answer({"year": year, "as_of": as_of.isoformat(), "report": figures}, origins)


async def counts(pool: asyncpg.Pool, site: str, year: int, as_of: date) -> Answer:
    """Sessions (场次) and seats (人次) by kind, branch, month and campaigns, each activity in exactly one row.

    `branch_id` is null for what is the party committee's own, `month` where only the year is known. Lower bounds are
    beside them, by kind, and in none of the rows.
    """
    async with snapshot(pool) as connection:
        rows = await connection.fetch(_COUNTS, site, year, as_of)
        kinds = await kinds_of(connection, site, year, as_of)
        origins = await completeness(connection, site)
    content = {
        "year": year,
        "as_of": as_of.isoformat(),
        "counts": [dict(row) | {"campaigns": json.loads(row["campaigns"])} for row in rows],
        "lower_bounds": kinds.lower_bounds,
    }
    return answer(content, origins)


async def years_of(connection: Connection, site: str) -> list[int]:
    """The years something is known of, latest first."""
    rows = await connection.fetch(_YEARS, site)
    return [row["year"] for row in rows]
