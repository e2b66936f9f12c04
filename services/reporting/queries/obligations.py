"""What was due and what became of it, from the projected facts and the rule packs."""

from __future__ import annotations

from datetime import date
from typing import Any

import asyncpg
import orjson

from services.reporting.queries.answers import Answer, answer, completeness, snapshot
from services.reporting.queries.units import units_of
from shared.calendar import load_calendar
from shared.projection.schema import Connection
from shared.rules import Explanation, Held, Obligation, Units, load_rules
from shared.rules import obligations as judged

_HELD = """
select activity_id, unit_id, kind, also_serves, date from proj_activities.activities
 where site = $1 and first_day >= make_date($2, 1, 1) and first_day < make_date($2 + 1, 1, 1)
   and facts_at > 0 and state in ('held', 'recorded') and at_least is null
"""


async def obligations_of(connection: Connection, site: str, year: int, as_of: date) -> tuple[Units, list[Obligation]]:
    """The units and the obligations of `year` as seen on `as_of`."""
    units = await units_of(connection, site)
    held = [
        Held(row["activity_id"], row["unit_id"], _kinds(row["kind"], row["also_serves"]), row["date"])
        for row in await connection.fetch(_HELD, site, year)
    ]
    explained = [
        Explanation(row["unit_id"], row["obligation"], row["period"])
        for row in await connection.fetch(
            "select unit_id, obligation, period from proj_explanations.explained_obligations"
            " where site = $1 and stands and starts_with(period, $2::text)",
            site, str(year),
        )
    ]  # fmt: skip
    return units, judged((held, explained), load_rules(), load_calendar(), units, year, as_of)


def _kinds(kind: str, also_serves: str | None) -> frozenset[str]:
    return frozenset({kind, *orjson.loads(also_serves or "[]")})


def in_official_order(units: Units, found: list[Obligation]) -> list[Obligation]:
    """Branch by branch, each followed by its groups; rules and periods in their own order."""
    order = {branch.id: (branch.official_order, 0) for branch in units.branches}
    order |= {g.id: (order.get(g.branch_id, (0, 0))[0], g.official_order) for g in units.groups}
    rules = [rule.id for rule in load_rules()]
    return sorted(found, key=lambda o: (order[o.unit_id], o.unit_id, rules.index(o.rule_id), o.period))


def names_of(units: Units) -> dict[str, str]:
    """Unit names by id."""
    return {branch.id: branch.name for branch in units.branches} | {group.id: group.name for group in units.groups}


def missing_of(units: Units, found: list[Obligation]) -> list[dict[str, str]]:
    """What national rules asked for and nobody did or explained; names as in the ledger, official order."""
    names = names_of(units)
    return [
        {"unit": names[o.unit_id], "obligation": o.obligation, "period": o.period}
        for o in in_official_order(units, found)
        if o.state == "missing" and o.layer == "national"
    ]


async def obligations(pool: asyncpg.Pool, site: str, year: int, as_of: date) -> Answer:
    """Every obligation of `year` with its state, rule and what fulfilled it; one row where a kind does not apply."""
    async with snapshot(pool) as connection:
        units, found = await obligations_of(connection, site, year, as_of)
        origins = await completeness(connection, site)
    names = names_of(units)
    rows = [_row(o, names[o.unit_id]) for o in in_official_order(units, found)]
    return answer({"year": year, "as_of": as_of.isoformat(), "obligations": rows}, origins)


def _row(obligation: Obligation, name: str) -> dict[str, Any]:
    rule = next(rule for rule in load_rules() if rule.id == obligation.rule_id)
    return {
        "unit_kind": obligation.unit_kind,
        "unit_id": obligation.unit_id,
        "unit": name,
        "branch_id": obligation.branch_id,
        "obligation": obligation.obligation,
        "period": obligation.period,
        "state": obligation.state,
        "due": obligation.due.isoformat(),
        "last_workday": None if obligation.last_workday is None else obligation.last_workday.isoformat(),
        "fulfilled_by": list(obligation.fulfilled_by),
        "rule": {"id": rule.id, "version": rule.version, "layer": rule.layer, "cited": rule.cited(), "text": rule.text},
    }
