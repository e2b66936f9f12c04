# ruff: noqa: S608 - what stands in the statements are constants of this program
"""The figures of many courts in a period: the keys of `lianjian report`, every figure by one question for all courts.

What `figures_of` answers for one court and a year; a test holds both together.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

from services.reporting.queries.brands import STEPS
from services.reporting.queries.court_missing import Missing, missing_by_court
from services.reporting.queries.figures import OWN_FIGURE, in_words
from services.reporting.queries.joint import LEVELS
from services.reporting.queries.units import existing, units_of_courts
from shared.contracts.kinds import KINDS
from shared.contracts.periods import period_span
from shared.projection.schema import Connection
from shared.rules import Units
from shared.rules.joint import counting_as

COUNTED: Final = """site = any($1) and first_day between $2 and $3 and last_day <= $3 and first_day <= $4
   and facts_at > 0 and state in ('held', 'recorded')"""
"""What counts of the sites $1 from day $2 to day $3, as seen on day $4."""

_SESSIONS: Final = f"""
select site, kind, case when last_day < first_day + 31 then extract(month from first_day)::integer end as month,
       grouping(kind) = 0 as is_kind, count(*) filter (where at_least is null) as sessions,
       coalesce(sum(at_least), 0)::bigint as at_least,
       array_agg(at_least_words) filter (where at_least is not null) as words,
       count(*) filter (where at_least is null and kind = 'theme_party_day') as theme_days,
       count(*) filter (where at_least is null and kind = 'joint_activity') as joint
  from proj_activities.activities where {COUNTED}
 group by grouping sets ((site, kind), (site, 3))
"""
_JOINT: Final = f"""
select site, count(*) as joint, coalesce(sum(parts.participations), 0)::bigint as participations,
       coalesce(sum(parts.seats), 0)::bigint as seats
  from proj_activities.activities cross join lateral (
       select count(*) as participations, sum((part->>'seats')::bigint) as seats
         from jsonb_array_elements(case jsonb_typeof(joint->'participations') when 'array'
                                   then joint->'participations' else '[]' end) as part) as parts
 where {COUNTED} and kind = 'joint_activity' and at_least is null group by site
"""
_MEMBERS: Final = """
with present as (
    select distinct on (site, person_id) site, person_id, branch_id from proj_members.memberships
     where site = any($1) and effective_from <= $2 and not undone order by site, person_id, effective_from desc)
select bundle.name, count(distinct person_id) as people
  from present join unnest($3::text[], $4::text[]) as bundle (name, site) using (site)
 where branch_id is not null group by bundle.name
"""
# In force as `joint_year` has it.
_AGREEMENTS: Final = """
select site, proposer, parties from (
  select site, proposer, parties, state,
         case state when 'ended' then coalesce(ended_day, term_to, (date_trunc('year', signed_day)
                                               + interval '1 year - 1 day')::date) else term_to end as in_force_to
    from proj_joint.agreements
   where site = any($1) and facts_at > 0 and state in ('signed', 'ended') and coalesce(signed_day, $3) <= $3) as known
 where in_force_to >= $2 or (in_force_to is null and state = 'signed')
"""
_BOUND: Final = f"""
with in_force as ({_AGREEMENTS})
select site, count(*) as agreements, (select coalesce(array_agg(distinct party->>'party_id'), '{{}}')
         from in_force as own, jsonb_array_elements(own.parties || own.proposer) as party
        where own.site = in_force.site and party->>'party_kind' = 'partner') as partners
  from in_force group by site
"""
_PARTNERS: Final = """
select site, partner_id, level, merged_into from proj_joint.partners
 where site = any($1) and facts_at > 0 and state = 'registered'
"""
_PROBLEMS: Final = """
select site, count(*) as problems,
       count(*) filter (where state = 'solved' and (solved_day is null or solved_day <= $4)) as solved
  from proj_joint.problems
 where site = any($1) and raised_day between $2 and $3 and facts_at > 0 and state in ('raised', 'solved') group by site
"""
_BRANDS: Final = """
with since as (
    select step.site, step.brand_id, min(step.first_day) as first_day
      from proj_brands.brand_steps as step join proj_brands.brands as brand using (site, brand_id)
     where site = any($1) and step.completed_at > brand.undone_at and not exists (
           select from proj_brands.brand_steps as back
            where back.site = step.site and back.brand_id = step.brand_id and back.returned_at > step.completed_at
              and array_position($3::text[], back.step) <= array_position($3::text[], step.step))
     group by step.site, step.brand_id)
select site, count(*) as brands, count(*) filter (where name is null) as unknown_brands
  from proj_brands.brands left join since using (site, brand_id)
 where site = any($1) and facts_at > 0 and state <> 'undone' and (state = 'registered' or revoked_day > $2)
   and (since.first_day is null or since.first_day <= $2) group by site
"""


@dataclass(frozen=True)
class Asked:
    """A period as seen on a day; `day` is the one on which members and units are counted."""

    period: str
    as_of: date

    @property
    def span(self) -> tuple[date, date]:
        return period_span(self.period)

    @property
    def day(self) -> date:
        return min(self.span[1], self.as_of)


@dataclass(frozen=True)
class Sessions:
    """Of one kind: how many, and what is known only from below, with the offices' own words."""

    exact: int = 0
    at_least: int = 0
    words: tuple[str, ...] = ()


@dataclass
class CourtFigures:
    """What one court did in the period; `months` by number: all activities, theme days, joint ones."""

    units: Units
    kinds: dict[str, Sessions] = field(default_factory=dict)
    months: dict[int, tuple[int, int, int]] = field(default_factory=dict)
    missing: list[Missing] = field(default_factory=list)
    plain: dict[str, int] = field(default_factory=dict)
    partner_levels: dict[str, int] = field(default_factory=dict)

    @property
    def activities(self) -> int:
        """All sessions whose number is known, of whatever kind."""
        return sum(kind.exact for kind in self.kinds.values())

    def report(self) -> dict[str, Any]:
        """The keys of `lianjian report`."""
        kinds = by_kind(self.kinds)
        missing = [{"unit": one.unit, "obligation": one.obligation, "period": one.period} for one in self.missing]
        return {**kinds, **self.plain, "partner_levels": self.partner_levels, "missing": missing}


def by_kind(kinds: Mapping[str, Sessions]) -> dict[str, Any]:
    """`by_kind`, `theme_days` and `lower_bounds` of the report, kinds in the order of the catalogue."""
    known = [kind for kind in KINDS if kind in kinds]
    return {
        "by_kind": {kind: kinds[kind].exact for kind in known if kinds[kind].exact and kind not in OWN_FIGURE},
        "theme_days": kinds.get("theme_party_day", Sessions()).exact,
        "lower_bounds": {
            kind: in_words(kinds[kind].exact, kinds[kind].at_least, list(kinds[kind].words))
            for kind in known
            if kinds[kind].words
        },
    }


async def figures_by_court(connection: Connection, sites: Sequence[str], asked: Asked) -> dict[str, CourtFigures]:
    """The figures of each court by site; `members` is in `people_of`, which counts anew at every level."""
    first, last = asked.span
    units = await units_of_courts(connection, sites)
    missing = await missing_by_court(connection, units, first, last, asked.as_of)
    found = {
        site: CourtFigures(existing(units[site], asked.day), missing=missing[site], plain=_nothing()) for site in sites
    }
    for court in found.values():
        court.plain |= {"branches": len(court.units.branches), "groups": len(court.units.groups)}
    for row in await connection.fetch(_SESSIONS, sites, first, last, asked.as_of):
        if row["is_kind"]:
            kind = Sessions(row["sessions"], row["at_least"], tuple(row["words"] or ()))
            found[row["site"]].kinds[row["kind"]] = kind
        elif row["month"] is not None:
            found[row["site"]].months[row["month"]] = (row["sessions"], row["theme_days"], row["joint"])
    await _joint(connection, found, asked)
    for row in await connection.fetch(_BRANDS, sites, asked.day, list(STEPS)):
        found[row["site"]].plain |= {name: row[name] for name in ("brands", "unknown_brands")}
    return found


async def _joint(connection: Connection, found: Mapping[str, CourtFigures], asked: Asked) -> None:
    sites, (first, last) = list(found), asked.span
    for row in await connection.fetch(_JOINT, sites, first, last, asked.as_of):
        found[row["site"]].plain |= {name: row[name] for name in ("joint", "participations", "seats")}
    for row in await connection.fetch(_PROBLEMS, sites, first, asked.day, asked.as_of):
        found[row["site"]].plain |= {name: row[name] for name in ("problems", "solved")}
    partners: dict[str, dict[str, Any]] = {site: {} for site in sites}
    for row in await connection.fetch(_PARTNERS, sites):
        partners[row["site"]][row["partner_id"]] = row
    for row in await connection.fetch(_BOUND, sites, first, asked.day):
        known = partners[row["site"]]
        counts_as = counting_as({partner: one["merged_into"] for partner, one in known.items()})
        bound = {counts_as[partner] for partner in row["partners"] if partner in counts_as}
        levels = Counter(known[partner]["level"] for partner in bound)
        court = found[row["site"]]
        court.plain |= {"agreements": row["agreements"], "partners": len(bound)}
        court.partner_levels = {level: levels[level] for level in LEVELS if levels[level]}


async def people_of(
    connection: Connection, bundles: Mapping[str, Collection[str]], sites: Sequence[str], day: date
) -> dict[str, int]:
    """How many distinct people are members in each bundle of courts: by id, whoever is in two counts once."""
    pairs = [(name, site) for name, bundle in bundles.items() for site in bundle]
    rows = await connection.fetch(_MEMBERS, sites, day, [name for name, _ in pairs], [site for _, site in pairs])
    return dict.fromkeys(bundles, 0) | {row["name"]: row["people"] for row in rows}


def _nothing() -> dict[str, int]:
    return dict.fromkeys(
        ("agreements", "partners", "joint", "participations", "seats", "problems", "solved", "brands",
         "unknown_brands"),
        0,
    )  # fmt: skip
