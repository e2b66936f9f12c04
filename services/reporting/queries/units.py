"""Who there was: branches, party groups, branch committees with their lifetimes, and how many members."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import asyncpg

from services.reporting.queries.answers import Answer, answer, completeness, snapshot
from shared.projection.schema import Connection
from shared.rules import Branch, PartyGroup, Units

_Lifetime = tuple[date, date | None]

_COMMITTEE_CHANGES: Final = (
    "select branch_id as id, site, change, day from proj_units.committee_changes where site = any($1)"
    " order by site, branch_id, at"
)
_GROUP_CHANGES: Final = (
    "select group_id as id, site, change, day from proj_units.group_changes where site = any($1)"
    " order by site, group_id, at"
)


@dataclass(frozen=True)
class Court:
    """The court itself; `party_committee_id` is the unit of what is nobody's branch activity."""

    site: str
    name: str
    party_committee_id: str


async def court_of(connection: Connection, site: str) -> Court | None:
    """The court of `site`; None before its first event arrived."""
    row = await connection.fetchrow("select name, party_committee_id from proj_units.courts where site = $1", site)
    return None if row is None else Court(site, row["name"], row["party_committee_id"])


async def units_of(connection: Connection, site: str) -> Units:
    """All units of a court that ever were, in official order."""
    return (await units_of_courts(connection, [site]))[site]


async def units_of_courts(connection: Connection, sites: Sequence[str]) -> dict[str, Units]:
    """The same of several courts at once."""
    committees = await _spans(connection, _COMMITTEE_CHANGES, sites)
    lifetimes = await _spans(connection, _GROUP_CHANGES, sites)
    branches: dict[str, list[Branch]] = {site: [] for site in sites}
    groups: dict[str, list[PartyGroup]] = {site: [] for site in sites}
    for row in await connection.fetch(
        "select site, branch_id, name, official_order, branch_kind, effective_from from proj_units.branches"
        " where site = any($1) and not undone order by official_order, branch_id",
        sites,
    ):
        branches[row["site"]].append(
            Branch(row["branch_id"], row["name"], row["official_order"], row["branch_kind"],
                   (row["effective_from"], None), tuple(committees[row["site"], row["branch_id"]]))
        )  # fmt: skip
    for row in await connection.fetch(
        "select site, group_id, branch_id, name, official_order from proj_units.party_groups"
        " where site = any($1) order by official_order, group_id",
        sites,
    ):
        groups[row["site"]].append(
            PartyGroup(row["group_id"], row["branch_id"], row["name"], row["official_order"],
                       tuple(lifetimes[row["site"], row["group_id"]]))
        )  # fmt: skip
    return {site: Units(tuple(branches[site]), tuple(groups[site])) for site in sites}


async def _spans(
    connection: Connection, query: str, sites: Sequence[str]
) -> defaultdict[tuple[str, str], list[_Lifetime]]:
    """When each unit of each court existed, from its changes in order: whatever ended may begin again."""
    spans: defaultdict[tuple[str, str], list[_Lifetime]] = defaultdict(list)
    for row in await connection.fetch(query, sites):
        unit = row["site"], row["id"]
        spans[unit] = _changed(spans[unit], row["change"], row["day"])
    return spans


def _changed(spans: list[_Lifetime], change: str, day: date) -> list[_Lifetime]:
    if change == "undone":
        return spans[:-1]
    if change == "formed" or not spans:
        return spans if change == "dissolved" else [*spans, (day, None)]
    first, last = spans[-1]
    return [*spans[:-1], (day, last) if change == "corrected" else (first, day)]


def counting_day(year: int, as_of: date) -> date:
    """The day on which members, branches and groups of a year are counted: its last, or `as_of` if that is earlier."""
    return min(date(year, 12, 31), as_of)


def existing(units: Units, day: date) -> Units:
    """The units that exist on `day`."""

    def exists(*lifetimes: _Lifetime) -> bool:
        return any(first <= day and (last is None or day <= last) for first, last in lifetimes)

    branches = tuple(branch for branch in units.branches if exists(branch.lifetime))
    return Units(branches, tuple(group for group in units.groups if exists(*group.lifetimes)))


async def members_by_unit(connection: Connection, site: str, day: date) -> dict[tuple[str, str | None], int]:
    """How many people had their membership where on `day`: by (branch, group); each person once."""
    rows = await connection.fetch(
        """select branch_id, group_id, count(*) as people
             from (select distinct on (person_id) branch_id, group_id from proj_members.memberships
                    where site = $1 and effective_from <= $2 and not undone
                    order by person_id, effective_from desc) as present
            where branch_id is not null  -- who has left
            group by branch_id, group_id""",
        site, day,
    )  # fmt: skip
    return {(row["branch_id"], row["group_id"]): row["people"] for row in rows}


async def units(pool: asyncpg.Pool, site: str, year: int, as_of: date) -> Answer:
    """The court's branches and groups of a year in official order, with members and whether they have a committee."""
    async with snapshot(pool) as connection:
        court = await court_of(connection, site)
        day = counting_day(year, as_of)
        here = existing(await units_of(connection, site), day)
        members = await members_by_unit(connection, site, day)
        origins = await completeness(connection, site)
    content = {
        "year": year,
        "as_of": as_of.isoformat(),
        "court": None if court is None else {"site": site, "name": court.name, "id": court.party_committee_id},
        "branches": [_branch(branch, here, members, day) for branch in here.branches],
    }
    return answer(content, origins)


def _branch(branch: Branch, here: Units, members: dict[tuple[str, str | None], int], day: date) -> dict[str, Any]:
    return {
        "id": branch.id,
        "name": branch.name,
        "branch_kind": branch.branch_kind,
        "official_order": branch.official_order,
        "members": sum(people for (branch_id, _), people in members.items() if branch_id == branch.id),
        "branch_committee": any(first <= day and (last is None or day <= last) for first, last in branch.committees),
        "groups": [
            {"id": group.id, "name": group.name, "members": members.get((branch.id, group.id), 0)}
            for group in here.groups
            if group.branch_id == branch.id
        ],
    }
