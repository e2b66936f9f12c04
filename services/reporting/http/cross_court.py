"""Joint construction and brands across courts: pages, and what a person is asked about."""

from __future__ import annotations

from collections.abc import Awaitable
from datetime import date
from typing import Annotated

from fastapi import Query

from services.reporting import queries
from services.reporting.http.browser import closed
from services.reporting.http.figures import FIGURES, Mode, Year
from services.reporting.http.overview import viewer
from services.reporting.http.pages import MaybeYear, page
from services.reporting.http.parts import Parts
from services.reporting.page.brand_courts import brand_courts_page
from services.reporting.page.duplicates import duplicates_page
from services.reporting.page.joint_courts import (
    Asked,
    court_activities_page,
    court_pairs_page,
    joint_courts_page,
)
from services.reporting.queries import Answer, NotBuilt
from services.reporting.queries.overview_answers import NotOfJurisdiction
from shared.business_day import today
from shared.contracts.joint import PartnerLevel
from shared.contracts.links import SiteId
from shared.contracts.periods import Period
from shared.http.calls import Call
from shared.http.problems import not_found, unavailable
from shared.http.replies import Reply
from shared.http.routing import Router

Either = Annotated[str | None, Query(pattern=r"^([a-z][a-z0-9]{1,31}|-)$")]
router = Router()


@router.get("/duplicates", requires=FIGURES, summary="疑似重复登记的联建活动，及已作的决定")
async def list_duplicates(call: Call, parts: Parts, period: Period, as_of: date | None = None) -> Reply:
    """Of this court and all below it; `suspected` pairs with both records and the reasons."""
    call.actor_on(parts.site)
    return await _reply(queries.duplicates(parts.pool, parts.site, parts.site_name, period, as_of or today()))


@router.get("/partner-claims", requires=FIGURES, summary="名称与联通的法院相同的共建单位，及已认领的")
async def list_partner_claims(call: Call, parts: Parts, as_of: date | None = None) -> Reply:
    call.actor_on(parts.site)
    return await _reply(queries.partner_claims(parts.pool, parts.site, parts.site_name, as_of or today()))


@router.get("/view/joint/courts", requires=FIGURES, strangers=closed, summary="辖区联建（网页）")
async def show_joint_courts(call: Call, parts: Parts, year: MaybeYear = None, court: SiteId | None = None) -> Reply:
    call.actor_on(parts.site)
    return await _of(court, joint_courts_page(parts.pool, viewer(parts), court, year, today()))


@router.get("/view/joint/courts/pairs", requires=FIGURES, strangers=closed, summary="辖区结对与见面（网页）")
async def show_court_pairs(
    call: Call,
    parts: Parts,
    year: Year,
    court: SiteId | None = None,
    one: SiteId | None = None,
    other: Either = None,
    look: Annotated[str | None, Query(pattern="^(bound|met|contact|dormant)$")] = None,
    level: PartnerLevel | None = None,
) -> Reply:
    call.actor_on(parts.site)
    asked = Asked(one, other, look, level)
    return await _of(court, court_pairs_page(parts.pool, viewer(parts), court, year, asked, today()))


@router.get("/view/joint/courts/activities", requires=FIGURES, strangers=closed, summary="辖区联建活动（网页）")
async def show_court_activities(
    call: Call,
    parts: Parts,
    year: Year,
    court: SiteId | None = None,
    one: SiteId | None = None,
    other: SiteId | None = None,
    mode: Mode | None = None,
) -> Reply:
    call.actor_on(parts.site)
    asked = Asked(one, other, mode=mode)
    return await _of(court, court_activities_page(parts.pool, viewer(parts), court, year, asked, today()))


@router.get("/view/joint/duplicates", requires=FIGURES, strangers=closed, summary="疑似重复与认领（网页）")
async def show_duplicates(call: Call, parts: Parts, year: MaybeYear = None) -> Reply:
    call.actor_on(parts.site)
    return await page(duplicates_page(parts.pool, viewer(parts), year, today()))


@router.get("/view/brands/courts", requires=FIGURES, strangers=closed, summary="辖区品牌矩阵（网页）")
async def show_brand_courts(
    call: Call,
    parts: Parts,
    year: MaybeYear = None,
    court: SiteId | None = None,
    which: Annotated[str | None, Query(pattern="^(recognised|exemplar|stale)$")] = None,
) -> Reply:
    call.actor_on(parts.site)
    return await _of(court, brand_courts_page(parts.pool, viewer(parts), court, year, today(), which))


async def _of(court: str | None, made: Awaitable[bytes]) -> Reply:
    try:
        return await page(made)
    except NotOfJurisdiction:
        raise not_found("court", court or "", "辖区内的法院") from None


async def _reply(asked: Awaitable[Answer]) -> Reply:
    try:
        found = await asked
    except NotBuilt:
        raise unavailable("统计数据（正在建立）", code="not_built") from None
    return Reply(found.body, etag=found.etag)
