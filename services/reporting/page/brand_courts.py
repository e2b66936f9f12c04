"""The matrix of brands across courts: what an upper court's brand has below it, and each court's effect."""

from __future__ import annotations

from datetime import date
from typing import Final

import asyncpg

from services.reporting.page.all_here import all_here
from services.reporting.page.frame import frame, templates
from services.reporting.queries.answers import snapshot
from services.reporting.queries.brand_scope import CourtBrand, brand_scope
from services.reporting.queries.brands import STEPS
from services.reporting.queries.court_tree import court_tree
from services.reporting.queries.figures import years_of
from services.reporting.queries.overview_answers import NotOfJurisdiction, Viewer
from shared.rules.brands import STALE_DAYS

MOST_ROWS: Final = 400
"""More brands than that are not listed at once: a court is chosen first."""

_WHICH: Final = {"recognised": "已认定", "exemplar": "已选树", "stale": "需要跟进"}


async def brand_courts_page(
    pool: asyncpg.Pool, viewer: Viewer, court: str | None, year: int | None, as_of: date, which: str | None = None
) -> bytes:
    """The brands of the jurisdiction, or of a court and those below; `which`: recognised, exemplar or stale ones."""
    async with snapshot(pool) as connection:
        tree = await court_tree(connection, viewer.site, viewer.site_name)
        if court is not None and tree.find(court) is None:
            raise NotOfJurisdiction(court)
        sites = tree.subtree(court or viewer.site)
        years = await years_of(connection, viewer.site)
        year = year or (years[0] if years else as_of.year)
        scope = await brand_scope(connection, tree.courts, year, as_of, sites)
        here = await all_here(connection, viewer, tree, sites)
        shared = await frame(connection, viewer.site, viewer.site_name, as_of, viewer.now)
    rows = [one for one in scope.rows if which is None or _is(which, one)]
    return templates().get_template("brand_courts.html").render(
        **shared,
        section="brands",
        year=year,
        years=sorted({*years, year}, reverse=True),
        scope=scope,
        lower=None if court is None else scope.courts[0],
        names={one.site: one.name for one in scope.courts},
        rows=rows if len(rows) <= MOST_ROWS else [],
        too_many=len(rows) if len(rows) > MOST_ROWS else 0,
        which=_WHICH.get(which or ""),
        here=here,
        steps=STEPS,
        stale_days=STALE_DAYS,
        by_name=sum(one.by_name for one in scope.rows),
        total={name: sum(getattr(one, name) for one in scope.by_court)
               for name in ("brands", "recognised", "exemplar", "stale", "covered", "branches")},
    ).encode()  # fmt: skip


def _is(which: str, one: CourtBrand) -> bool:
    match which:
        case "recognised":
            return one.row.brand.recognised
        case "exemplar":
            return one.row.next_step is None
        case _:
            return one.row.stale
