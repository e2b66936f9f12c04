"""The overview as JSON: every court with its lights, period and figures, how far its logs were read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import asyncpg

from services.reporting.queries.answers import Answer, answer, snapshot
from services.reporting.queries.court_branches import branches_of_court
from services.reporting.queries.court_figures import Asked
from services.reporting.queries.court_tree import CourtTree, court_tree
from services.reporting.queries.overview import NOT_SUMMED, CourtView, Overview, overview_of


class NotOfJurisdiction(LookupError):
    """The court is neither this one nor below it."""


@dataclass(frozen=True)
class Viewer:
    """Who looks: the court of this deployment, when, and how old a head may be."""

    site: str
    site_name: str
    now: datetime
    head_max_age_seconds: float


async def overview(pool: asyncpg.Pool, viewer: Viewer, asked: Asked, root: str | None = None) -> Answer:
    """The court and all below it, or those from `root` down; raises `NotOfJurisdiction`."""
    async with snapshot(pool) as connection:
        tree = await court_tree(connection, viewer.site, viewer.site_name)
        tree = from_root(tree, root or viewer.site)
        found = await overview_of(connection, tree, asked, viewer.now, viewer.head_max_age_seconds)
    content = {
        "period": asked.period,
        "as_of": asked.as_of.isoformat(),
        "site": tree.courts[0].site,
        "lights": lights_of(found.lower),
        "figures": dict(found.together),
        "levels": {level: dict(figures) for level, figures in found.levels.items()},
        "not_summed": NOT_SUMMED,
        "courts": [_court(view) for view in found.views],
    }
    return answer(content, origins_of(found))


async def branches(pool: asyncpg.Pool, viewer: Viewer, asked: Asked, site: str) -> Answer:
    """The branches of a court with their figures, never persons; raises `NotOfJurisdiction`."""
    async with snapshot(pool) as connection:
        tree = await court_tree(connection, viewer.site, viewer.site_name)
        court = from_root(tree, site).courts[0]
        found = await branches_of_court(connection, court, asked)
    content = {
        "period": asked.period,
        "as_of": asked.as_of.isoformat(),
        "site": site,
        "name": court.name,
        "branches": [branch.as_json() for branch in found],
    }
    return answer(content, [])


def from_root(tree: CourtTree, site: str) -> CourtTree:
    """The part of the tree from a court down; its depths and links stay as seen from the top."""
    if tree.find(site) is None:
        raise NotOfJurisdiction(site)
    below = set(tree.subtree(site))
    return CourtTree(tuple(court for court in tree.courts if court.site in below), tree)


def lights_of(views: Sequence[CourtView]) -> dict[str, Any]:
    """n of N for each light, and who is missing, in official order."""
    return {
        "courts": len(views),
        **{
            name: {"courts": sum(lit), "missing": [v.court.site for v, on in zip(views, lit, strict=True) if not on]}
            for name, lit in (
                ("connected", [view.standing.connected for view in views]),
                ("complete", [view.standing.complete for view in views]),
                ("submitted", [view.is_submitted for view in views]),
            )
        },
    }


def origins_of(found: Overview) -> list[dict[str, Any]]:
    """How far every log was read, and its h there: what a lock keeps beside the figures."""
    return [
        {
            "origin": origin.origin,
            "projected": origin.projected,
            "h": origin.h,
            "received": origin.received,
            "sealed_to": origin.sealed_to,
            "head_time": None if origin.head_time is None else origin.head_time.isoformat(),
            "passed_over": origin.passed_over,
            "complete": origin.is_all_here,
        }
        for view in found.views
        for origin in view.standing.origins
    ]


def _court(view: CourtView) -> dict[str, Any]:
    court, standing, told = view.court, view.standing, view.submission
    stopped = standing.stopped
    return {
        "site": court.site,
        "name": court.name,
        "level": court.level,
        "upper": court.upper,
        "depth": court.depth,
        "link": court.link,
        "connected": standing.connected,
        "complete": standing.complete,
        "submitted": view.is_submitted,
        "submission": None if told is None else _submission(told),
        "late": view.late,
        "stopped": None if stopped is None else {"site": stopped.site, "by": stopped.by, "reason": stopped.reason},
        "figures": dict(view.figures),
        "together": None if view.together is None else dict(view.together),
        "months": {f"{month:02d}": list(numbers) for month, numbers in sorted(view.found.months.items())},
    }


def _submission(told: Any) -> Mapping[str, Any]:
    at = None if told.at is None else told.at.isoformat()
    return {"state": told.state, "at": at, "remark": told.remark, "reason": told.reason}
