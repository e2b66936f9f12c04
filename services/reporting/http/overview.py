"""The jurisdiction: JSON as the queries made it. Its pages are in `overview_pages`."""

from __future__ import annotations

from collections.abc import Awaitable
from datetime import date, datetime
from typing import Annotated, Final

from fastapi import Path

from services.reporting import queries
from services.reporting.http.figures import FIGURES
from services.reporting.http.parts import Parts
from services.reporting.queries import Answer, NotBuilt
from services.reporting.queries.court_figures import Asked
from services.reporting.queries.overview_answers import NotOfJurisdiction, Viewer
from shared.business_day import CHINA, today
from shared.contracts.links import SiteId
from shared.contracts.periods import Period
from shared.http.calls import Call
from shared.http.problems import not_found, unavailable
from shared.http.replies import Reply
from shared.http.routing import Router

Site = Annotated[SiteId, Path()]
router = Router()
SUMMARY: Final = "辖区总览：各院连通、收齐、报送与数字，合计与各级合计"


@router.get("/overview", requires=FIGURES, summary=SUMMARY)
async def read_overview(call: Call, parts: Parts, period: Period, as_of: date | None = None) -> Reply:
    """This court and all below it; `figures` are theirs together, null where a figure must not be summed."""
    call.actor_on(parts.site)
    return await _reply(queries.overview(parts.pool, viewer(parts), Asked(period, as_of or today())), parts.site)


@router.get("/overview/{site}", requires=FIGURES, summary="辖区中一个法院及其下级法院")
async def read_court(call: Call, parts: Parts, site: Site, period: Period, as_of: date | None = None) -> Reply:
    call.actor_on(parts.site)
    return await _reply(queries.overview(parts.pool, viewer(parts), Asked(period, as_of or today()), site), site)


@router.get("/overview/{site}/branches", requires=FIGURES, summary="辖区中一个法院的党支部及其数字")
async def read_branches(call: Call, parts: Parts, site: Site, period: Period, as_of: date | None = None) -> Reply:
    """Never persons; fewer than five members are not told of another court."""
    call.actor_on(parts.site)
    return await _reply(queries.branches(parts.pool, viewer(parts), Asked(period, as_of or today()), site), site)


def viewer(parts: Parts) -> Viewer:
    """This court, now."""
    return Viewer(parts.site, parts.site_name, datetime.now(CHINA), parts.head_max_age_seconds)


async def _reply(asked: Awaitable[Answer], site: str) -> Reply:
    try:
        found = await asked
    except NotOfJurisdiction:
        raise not_found("site", site, "辖区内的法院") from None
    except NotBuilt:
        raise unavailable("统计数据（正在建立）", code="not_built") from None
    return Reply(found.body, etag=found.etag)
