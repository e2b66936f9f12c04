"""Brands as they stood on a day: what counts, which steps were taken, what was last shown for them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import orjson

from shared.contracts.brands import BRAND_STEPS, BrandStep
from shared.projection.schema import Connection

STEPS: Final[tuple[BrandStep, ...]] = tuple(BRAND_STEPS)

# A step stands while neither it nor one before it was returned after it was taken, and its brand was not undone.
_STEPS: Final = """
select site, brand_id, step.step, step.date, step.first_day
  from proj_brands.brand_steps as step join proj_brands.brands as brand using (site, brand_id)
 where site = any($1) and step.completed_at > brand.undone_at and not exists (
       select from proj_brands.brand_steps as back
        where back.site = step.site and back.brand_id = step.brand_id and back.returned_at > step.completed_at
          and array_position($2::text[], back.step) <= array_position($2::text[], step.step))
"""

_BRANDS: Final = """
select site, brand_id, name, owners, main, parent_id, slogan, concept, pillars, "unknown" from proj_brands.brands
 where site = any($1) and facts_at > 0 and state <> 'undone' and (state = 'registered' or revoked_day > $2)
 order by facts_at, brand_id
"""

_GOALS: Final = """
select site, brand_id, goal_id, indicator, target, measure, due
  from proj_brands.brand_goals as goal join proj_brands.brands as brand using (site, brand_id)
 where site = any($1) and goal.stands and goal.at > brand.undone_at order by due nulls last, goal_id
"""

_EVIDENCE: Final = """
select site, brand_id, goal_id, count(*) as pieces, count(*) filter (where last_day >= date_trunc('year', $2::date))
       as pieces_this_year, coalesce(sum(reached), 0)::bigint as reached,
       max(last_day) as last_day, (array_agg(shown.date order by last_day desc, evidence_id))[1] as date
  from proj_brands.brand_evidence as shown join proj_brands.brands as brand using (site, brand_id)
 where site = any($1) and shown.stands and shown.at > brand.undone_at and first_day <= $2
 group by site, brand_id, goal_id
"""


@dataclass(frozen=True)
class Goal:
    """What a brand sets out to reach, and what its evidence up to the day adds up to."""

    indicator: str
    target: int | None
    measure: str | None
    due: date | None
    reached: int


@dataclass(frozen=True)
class Brand:
    """`name` is None where the office marked it unknown. `steps` holds the days of those that stand, None: unknown."""

    id: str
    name: str | None
    owners: tuple[Mapping[str, str], ...]
    main: bool
    parent_id: str | None
    slogan: str | None
    concept: str | None
    pillars: tuple[str, ...]
    unknown: tuple[str, ...]
    steps: Mapping[BrandStep, str | None]
    goals: tuple[Goal, ...]
    pieces: int
    pieces_this_year: int
    last_evidence: str | None

    @property
    def recognised(self) -> bool:
        return "recognise" in self.steps

    @property
    def own_units(self) -> list[str]:
        return [owner["party_id"] for owner in self.owners if owner["party_kind"] == "own_unit"]


async def brands_on(connection: Connection, site: str, day: date) -> list[Brand]:
    """Brands neither undone nor revoked, whose first dated step is not after `day`; steps and evidence up to it.

    A brand without a dated step counts: nobody says that it was not there yet.
    """
    return (await brands_of_courts(connection, [site], day))[site]


async def brands_of_courts(connection: Connection, sites: Sequence[str], day: date) -> dict[str, list[Brand]]:
    """The same of several courts at once."""
    taken = _by_brand(await connection.fetch(_STEPS, sites, list(STEPS)))
    goals = _by_brand(await connection.fetch(_GOALS, sites))
    shown = _by_brand(await connection.fetch(_EVIDENCE, sites, day))
    found: dict[str, list[Brand]] = {site: [] for site in sites}
    for row in await connection.fetch(_BRANDS, sites, day):
        key = row["site"], row["brand_id"]
        days = [step["first_day"] for step in taken[key] if step["first_day"] is not None]
        if not days or min(days) <= day:
            found[row["site"]].append(_brand(row, taken[key], goals[key], shown[key], day))
    return found


def _by_brand(rows: Iterable[Any]) -> defaultdict[tuple[str, str], list[Any]]:
    found: defaultdict[tuple[str, str], list[Any]] = defaultdict(list)
    for row in rows:
        found[row["site"], row["brand_id"]].append(row)
    return found


async def brand_figures(connection: Connection, site: str, day: date) -> dict[str, int]:
    """The figures that the report has: brands, each once however many own it, and those whose name is unknown."""
    found = await brands_on(connection, site, day)
    return {"brands": len(found), "unknown_brands": sum(brand.name is None for brand in found)}


def _brand(row: Any, steps: list[Any], goals: list[Any], shown: list[Any], day: date) -> Brand:
    by_then = {step["step"]: step for step in steps if step["first_day"] is None or step["first_day"] <= day}
    reached = {one["goal_id"]: one["reached"] for one in shown}
    latest = max(shown, key=lambda one: (one["last_day"], one["date"]), default=None)
    return Brand(
        id=row["brand_id"],
        name=row["name"],
        owners=tuple(orjson.loads(row["owners"])),
        main=bool(row["main"]),
        parent_id=row["parent_id"],
        slogan=row["slogan"],
        concept=row["concept"],
        pillars=tuple(orjson.loads(row["pillars"] or "[]")),
        unknown=tuple(orjson.loads(row["unknown"] or "[]")),
        steps={step: by_then[step]["date"] for step in STEPS if step in by_then},
        goals=tuple(
            Goal(one["indicator"], one["target"], one["measure"], one["due"], reached.get(one["goal_id"], 0))
            for one in goals
        ),
        pieces=sum(one["pieces"] for one in shown),
        pieces_this_year=sum(one["pieces_this_year"] for one in shown),
        last_evidence=None if latest is None else latest["date"],
    )
