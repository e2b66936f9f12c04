"""Brands, projects and honours as the page and programs see them: the matrix, coverage, what asks for a next step."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any, Final

import asyncpg

from services.reporting.queries.answers import Answer, answer, completeness, snapshot
from services.reporting.queries.brands import STEPS, Brand, brands_on
from services.reporting.queries.joint import partner_names
from services.reporting.queries.obligations import names_of
from services.reporting.queries.units import counting_day, court_of, existing, units_of
from shared.projection.schema import Connection
from shared.rules.brands import STALE_DAYS, goal_progress, imbalance, is_stale, last_sign, work_progress
from shared.rules.honours import Award, streaks_by_series

_PROJECTS: Final = """
select project.project_id, project.name, unit_id, breakthrough, brand_id, start, project.due, state,
       completed_on, at_least_words,
       count(item_id) filter (where work.stands and work.at > project.undone_at) as listed,
       count(item_id) filter (where work.stands and work.at > project.undone_at and done_day <= $2
                                     and work.done_at > work.withdrawn_at) as done
  from proj_brands.projects as project left join proj_brands.project_work as work using (site, project_id)
 where project.site = $1 and project.facts_at > 0 and state <> 'undone' and coalesce(first_day, $2) <= $2
   and (state = 'started' or completed_day >= $3)
 group by project.site, project.project_id order by project.facts_at, project.project_id
"""

_HONOURS: Final = """
select honour_id, title, subject_kind, subject_id, granted_by, honour_level, date, document_no, state, revoked_on,
       extract(year from first_day)::integer as year
  from proj_brands.honours where site = $1 and facts_at > 0 and state <> 'undone' and first_day <= $2
 order by first_day desc, title, honour_id
"""


@dataclass(frozen=True)
class Project:
    """党建+项目; `progress` is how much of its work list is done, in per cent, None without a list."""

    id: str
    name: str
    unit_id: str
    breakthrough: bool
    brand_id: str | None
    start: str | None
    due: date | None
    state: str
    completed_on: str | None
    outcome: str | None
    listed: int
    done: int
    progress: int | None


@dataclass(frozen=True)
class Honour:
    """An honour as it stands; of a person nothing but that it is one person's."""

    id: str
    title: str
    subject_kind: str
    subject_id: str | None
    granted_by: str | None
    honour_level: str | None
    date: str
    document_no: str | None
    state: str
    revoked_on: str | None
    year: int


@dataclass(frozen=True)
class Row:
    """A brand in the matrix: `depth` below its spine, the step that comes next, whether it asks for one."""

    brand: Brand
    depth: int
    next_step: str | None
    last_sign: date | None
    stale: bool
    goals: tuple[int | None, ...]


@dataclass(frozen=True)
class BrandView:
    """Brands as they stood on `day`; `names` of units and partners; `in_service` branches in official order."""

    day: date
    rows: tuple[Row, ...]
    names: Mapping[str, str]
    in_service: tuple[str, ...]
    projects: tuple[Project, ...]
    honours: tuple[Honour, ...]

    @property
    def covered(self) -> list[str]:
        """In-service branches that own a recognised brand."""
        owners = {unit for row in self.rows if row.brand.recognised for unit in row.brand.own_units}
        return [unit for unit in self.in_service if unit in owners]

    @property
    def lagging(self) -> tuple[str, ...]:
        """Branches with a brand and without evidence in the year, where others have some."""
        pieces: dict[str, int] = {}
        for unit in self.in_service:
            owned = [row.brand for row in self.rows if unit in row.brand.own_units]
            if owned:
                pieces[unit] = sum(brand.pieces_this_year for brand in owned)
        return imbalance(pieces)

    @property
    def series(self) -> list[dict[str, Any]]:
        """Titles awarded, by subject, with their years in a row and the gaps between them."""
        awards = [
            Award(one.title, one.subject_kind, one.subject_id, one.year, one.state)
            for one in self.honours
            if one.subject_kind != "person"
        ]
        return [
            {"title": title, "subject_kind": kind, "subject_id": subject, "words": found.words,
             "years": sum(run.years for run in found.runs), "longest": max(run.years for run in found.runs)}
            for (title, kind, subject), found in streaks_by_series(awards).items()
        ]  # fmt: skip


async def brand_view(connection: Connection, site: str, year: int, as_of: date) -> BrandView:
    """Brands, projects and honours as they stood at the end of `year`, or on `as_of` if that is earlier."""
    day = counting_day(year, as_of)
    units, court = await units_of(connection, site), await court_of(connection, site)
    names = names_of(units)
    if court is not None:
        names[court.party_committee_id] = "机关党委"
    names |= await partner_names(connection, site)
    brands = await brands_on(connection, site, day)
    projects = await connection.fetch(_PROJECTS, site, day, date(year, 1, 1))
    honours = await connection.fetch(_HONOURS, site, day)
    in_service = [branch.id for branch in existing(units, day).branches if branch.branch_kind == "in_service"]
    order = {unit: place for place, unit in enumerate(names)}
    return BrandView(
        day, tuple(_matrix(brands, order, day)), names, tuple(in_service), tuple(_project(row) for row in projects),
        tuple(Honour(*row) for row in honours),
    )  # fmt: skip


def _matrix(brands: list[Brand], order: Mapping[str, int], day: date) -> list[Row]:
    """Parents before their children, each level in official order of the owners; a parent that is gone is none."""
    known = {brand.id for brand in brands}
    children: dict[str | None, list[Brand]] = {}
    for brand in brands:
        children.setdefault(brand.parent_id if brand.parent_id in known else None, []).append(brand)
    rows: list[Row] = []

    def add(parent: str | None, depth: int) -> None:
        for brand in sorted(children.pop(parent, []), key=lambda one: _place(one, order, one.id in children)):
            rows.append(row_of(brand, depth, day))
            add(brand.id, depth + 1)

    add(None, 0)
    return rows


def _place(brand: Brand, order: Mapping[str, int], has_children: bool) -> tuple[bool, int]:
    return not has_children, min((order.get(owner["party_id"], len(order)) for owner in brand.owners), default=0)


def row_of(brand: Brand, depth: int, day: date) -> Row:
    """A brand in a matrix, `depth` below its spine."""
    sign = last_sign([*brand.steps.values(), brand.last_evidence])
    following = next((step for step in STEPS if step not in brand.steps), None)
    goals = tuple(goal_progress([goal.reached], goal.target) for goal in brand.goals)
    return Row(brand, depth, following, sign, is_stale(sign, day), goals)


def _project(row: Any) -> Project:
    return Project(
        row["project_id"], row["name"], row["unit_id"], bool(row["breakthrough"]), row["brand_id"], row["start"],
        row["due"], row["state"], row["completed_on"], row["at_least_words"], row["listed"], row["done"],
        work_progress(row["done"], row["listed"] - row["done"]),
    )  # fmt: skip


async def brands(pool: asyncpg.Pool, site: str, year: int, as_of: date) -> Answer:
    """The matrix of brands, coverage, projects and honours of `year`."""
    async with snapshot(pool) as connection:
        view = await brand_view(connection, site, year, as_of)
        origins = await completeness(connection, site)
    content = {
        "year": year,
        "as_of": as_of.isoformat(),
        "day": view.day.isoformat(),
        "figures": {
            "brands": len(view.rows),
            "unknown_brands": sum(row.brand.name is None for row in view.rows),
        },
        "coverage": {"covered": len(view.covered), "branches": len(view.in_service)},
        "stale_days": STALE_DAYS,
        "brands": [asdict(row) for row in view.rows],
        "lagging": view.lagging,
        "projects": [asdict(one) for one in view.projects],
        "honours": [_shown(one) for one in view.honours],
        "series": view.series,
        "names": dict(view.names),
    }
    return answer(content, origins)


def _shown(one: Honour) -> dict[str, Any]:
    """Which person was honoured is a matter of `members`: here nobody is listed by honours."""
    return asdict(one) | ({"subject_id": None} if one.subject_kind == "person" else {})
