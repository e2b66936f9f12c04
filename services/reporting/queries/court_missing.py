"""What national rules asked for and nobody did or explained, for many courts by one question.

The same as `obligations_of` finds court by court (a test holds them together), without making every obligation.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from services.reporting.queries.obligations import names_of
from shared.projection.schema import Connection
from shared.rules import Rule, Units, load_rules, periods_of
from shared.rules.periods import Period

# Sets are taken from each other: no plan for that is slow, whatever the planner believes of the sizes of arrays.
# Dates are days, months or years: one lies inside a month, quarter or year where both its ends do.
_MISSING: Final = """
with owed as (
    select unit.site, unit.unit_id, period.rule, period.name
      from unnest($1::text[], $2::text[], $3::integer[], $4::date[], $5::date[])
           as unit (site, unit_id, rule, since, until)
      join unnest($6::integer[], $7::text[], $8::text[], $9::date[], $10::date[])
           as period (rule, obligation, name, first, last) using (rule)
     where unit.since <= period.first and (unit.until is null or unit.until >= period.last)
), held as (
    select site, unit_id, kind, also_serves, first_day, last_day from proj_activities.activities
     where site = any($14) and first_day between $15 and $16
       and facts_at > 0 and state in ('held', 'recorded') and at_least is null
), served as (
    select site, unit_id, kind, first_day, last_day from held
     union all
    select site, unit_id, jsonb_array_elements_text(also_serves), first_day, last_day from held
     where also_serves <> '[]'
), done as (
    select site, unit_id, rule,
           to_char(first_day, case length when 'month' then 'YYYY-MM' when 'quarter' then 'YYYY-"Q"Q' else 'YYYY' end)
           as name
      from served join unnest($11::text[], $12::integer[], $13::text[]) as serves (kind, rule, length) using (kind)
     where date_trunc(length, first_day) = date_trunc(length, last_day)
)
select site, unit_id, rule, name from owed
except select site, unit_id, rule, name from done
except select explained.site, explained.unit_id, asked.rule, explained.period
  from proj_explanations.explained_obligations as explained
  join unnest($6::integer[], $7::text[], $8::text[]) as asked (rule, obligation, period) using (obligation, period)
 where explained.site = any($14) and explained.stands
"""


@dataclass(frozen=True)
class Missing:
    """One obligation that nobody fulfilled; `branch_id` is the branch of the unit, or the unit itself."""

    unit_id: str
    branch_id: str
    unit: str
    obligation: str
    period: str
    due: date


async def missing_by_court(
    connection: Connection, units: Mapping[str, Units], first: date, last: date, as_of: date
) -> dict[str, list[Missing]]:
    """By site what is missing in the periods from `first` to `last`, as seen on `as_of`, in official order."""
    rules = [rule for rule in load_rules() if rule.layer == "national"]
    periods = {
        (number, period.name): period
        for number, rule in enumerate(rules)
        for period in _periods(rule, first, last)
        if period.last < as_of
    }
    owing = [(site, *one) for site, of_court in units.items() for one in _owing(of_court, rules)]
    if not periods or not owing:
        return {site: [] for site in units}
    serves = [(kind, number, rule.period) for number, rule in enumerate(rules) for kind in rule.fulfilled_by]
    rows = await connection.fetch(
        _MISSING,
        *map(list, zip(*owing, strict=True)),
        [number for number, _ in periods],
        [rules[number].obligation for number, _ in periods],
        [name for _, name in periods],
        [period.first for period in periods.values()],
        [period.last for period in periods.values()],
        *map(list, zip(*serves, strict=True)),
        list(units), first, last,
    )  # fmt: skip
    found: dict[str, list[tuple[int, str, str]]] = {site: [] for site in units}
    for row in rows:
        found[row["site"]].append((row["rule"], row["unit_id"], row["name"]))
    return {site: _in_order(units[site], rules, missed, periods) for site, missed in found.items()}


def _periods(rule: Rule, first: date, last: date) -> Iterator[Period]:
    for year in range(first.year, last.year + 1):
        for period in periods_of(year, rule.period):
            if first <= period.first and period.last <= last and rule.effective(period.first, period.last):
                yield period


def _owing(units: Units, rules: Sequence[Rule]) -> Iterator[tuple[str, int, date, date | None]]:
    """Every time in which a unit owes what a rule asks for."""
    branches = {branch.id for branch in units.branches}
    for number, rule in enumerate(rules):
        if rule.unit_kind == "party_group":
            lifetimes = [(g.id, span) for g in units.groups if g.branch_id in branches for span in g.lifetimes]
        elif rule.needs == "committee":
            lifetimes = [(branch.id, span) for branch in units.branches for span in branch.committees]
        else:
            lifetimes = [(branch.id, branch.lifetime) for branch in units.branches]
        for unit_id, (since, until) in lifetimes:
            yield unit_id, number, since, until


def _in_order(
    units: Units, rules: Sequence[Rule], missed: list[tuple[int, str, str]], periods: Mapping[tuple[int, str], Period]
) -> list[Missing]:
    order = {branch.id: (branch.official_order, 0) for branch in units.branches}
    order |= {group.id: (order.get(group.branch_id, (0, 0))[0], group.official_order) for group in units.groups}
    branch_of = {branch.id: branch.id for branch in units.branches} | {g.id: g.branch_id for g in units.groups}
    names = names_of(units)
    return [
        Missing(unit_id, branch_of[unit_id], names[unit_id], rules[number].obligation, name, periods[number, name].last)
        for number, unit_id, name in sorted(missed, key=lambda one: (order[one[1]], one[1], one[0], one[2]))
    ]
