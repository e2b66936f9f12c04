"""The pages of the jurisdiction."""

from __future__ import annotations

from collections.abc import Awaitable
from datetime import date
from typing import Annotated, Final

from fastapi import Query

from services.reporting.http.browser import closed
from services.reporting.http.figures import FIGURES
from services.reporting.http.overview import viewer
from services.reporting.http.pages import MaybeYear, page
from services.reporting.http.parts import Parts
from services.reporting.page.overview import overview_page
from services.reporting.page.overview_drill import compare_page, court_page, facts_page, late_page
from services.reporting.page.overview_export import overview_workbook
from services.reporting.queries import Filter
from services.reporting.queries.overview_answers import NotOfJurisdiction
from shared.business_day import today
from shared.contracts.kinds import Kind
from shared.contracts.links import SiteId
from shared.contracts.periods import Period
from shared.contracts.values import Id
from shared.http.calls import Call
from shared.http.problems import FieldError, invalid, not_found
from shared.http.replies import Reply
from shared.http.routing import Router

XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
Opened = Annotated[str | None, Query(max_length=32)]
router = Router()


@router.get("/view/overview", requires=FIGURES, strangers=closed, summary="辖区总览（网页）")
async def show_overview(
    call: Call, parts: Parts, period: Period | None = None, year: MaybeYear = None, open: Opened = None
) -> Reply:  # `open` is what the address says
    call.actor_on(parts.site)
    asked = period or (None if year is None else str(year))
    return await page(overview_page(parts.pool, viewer(parts), asked, today(), open))


@router.get("/view/overview/court", requires=FIGURES, strangers=closed, summary="辖区中的一个法院（网页）")
async def show_court(call: Call, parts: Parts, period: Period, site: SiteId) -> Reply:
    call.actor_on(parts.site)
    return await _of(site, court_page(parts.pool, viewer(parts), period, site, today()))


@router.get("/view/overview/activities", requires=FIGURES, strangers=closed, summary="辖区中一个法院的活动（网页）")
async def show_facts(
    call: Call,
    parts: Parts,
    period: Period,
    site: SiteId,
    branch: Id | None = None,
    kind: Kind | None = None,
    after: Annotated[str | None, Query(max_length=100)] = None,
) -> Reply:
    call.actor_on(parts.site)
    asked = Filter(period, kind, branch=branch, after=after)
    try:
        return await _of(site, facts_page(parts.pool, viewer(parts), site, asked, today()))
    except ValueError:
        raise invalid([FieldError("after", "无法识别", "用上一页的“下一页”")]) from None


@router.get("/view/overview/late", requires=FIGURES, strangers=closed, summary="报送后更正的活动（网页）")
async def show_late(call: Call, parts: Parts, period: Period, site: SiteId) -> Reply:
    call.actor_on(parts.site)
    return await _of(site, late_page(parts.pool, viewer(parts), period, site, today()))


@router.get("/view/overview/compare", requires=FIGURES, strangers=closed, summary="定稿与现在（网页）")
async def show_compared(call: Call, parts: Parts, period: Period) -> Reply:
    call.actor_on(parts.site)
    return await page(compare_page(parts.pool, viewer(parts), period, today()))


@router.get("/view/overview/export", requires=FIGURES, strangers=closed, summary="辖区总览（.xlsx）")
async def take_overview(call: Call, parts: Parts, period: Period, as_of: date | None = None) -> Reply:
    """What the page shows, court by court."""
    call.actor_on(parts.site)
    made = await page(overview_workbook(parts.pool, viewer(parts), period, as_of or today()))
    if made.status != 200:
        return made
    disposition = f'attachment; filename="overview-{period}.xlsx"'
    return Reply(made.body, media_type=XLSX, headers={"Content-Disposition": disposition})


async def _of(site: str, made: Awaitable[bytes]) -> Reply:
    try:
        return await page(made)
    except NotOfJurisdiction:
        raise not_found("site", site, "辖区内的法院") from None
