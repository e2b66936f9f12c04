"""The plain page: for people with a browser; whoever has no session is told how to come in."""

from __future__ import annotations

from collections.abc import Awaitable
from dataclasses import replace
from datetime import datetime
from typing import Annotated

from fastapi import Query

from services.reporting.http.browser import HTML, POLICY, closed
from services.reporting.http.figures import FIGURES, Mode, Year
from services.reporting.http.parts import Parts
from services.reporting.page.brands import brands_page, honours_page
from services.reporting.page.joint import joint_page
from services.reporting.page.lists import Narrowed, list_page
from services.reporting.page.rendering import activities_page, year_page
from services.reporting.queries import Filter, NotBuilt
from shared.business_day import CHINA, today
from shared.contracts.joint import PartnerLevel
from shared.contracts.kinds import JointMode, Kind
from shared.contracts.values import Id, ShortText
from shared.http.calls import Call
from shared.http.problems import FieldError, invalid
from shared.http.replies import Reply
from shared.http.routing import Router

MaybeYear = Annotated[int | None, Query(ge=1950, le=2200)]
router = Router()


@router.get("/", requires=FIGURES, strangers=closed, summary="年度一览（网页）")
async def show_year(call: Call, parts: Parts, year: MaybeYear = None) -> Reply:
    call.actor_on(parts.site)
    return await page(year_page(parts.pool, parts.site, parts.site_name, year, today(), datetime.now(CHINA)))


@router.get("/view/activities", requires=FIGURES, strangers=closed, summary="数字背后的活动（网页）")
async def show_activities(
    call: Call,
    parts: Parts,
    period: Annotated[str, Query(pattern=r"^\d{4}(-(\d{2}|Q[1-4]))?$")],
    kind: Kind | None = None,
    serves: Kind | None = None,
    unit: Id | None = None,
    branch: Id | None = None,
    campaign: ShortText | None = None,
    state: Annotated[str | None, Query(pattern="^(planned|held|recorded|cancelled)$")] = None,
    after: Annotated[str | None, Query(max_length=100)] = None,
    party: Id | None = None,
    partner: Id | None = None,
    agreement: Id | None = None,
    mode: Mode | None = None,
) -> Reply:
    call.actor_on(parts.site)
    asked = Filter(
        period, kind, serves, unit, branch, campaign, state, after,
        party=party, partner=partner, agreement=agreement, mode=mode,
    )  # fmt: skip
    try:
        return await page(activities_page(parts.pool, parts.site, parts.site_name, asked, today(), datetime.now(CHINA)))
    except ValueError:
        raise invalid([FieldError("period", "无法识别", "期间写作 2024、2024-Q3 或 2024-02")]) from None


@router.get("/view/joint", requires=FIGURES, strangers=closed, summary="联建（网页）")
async def show_joint(call: Call, parts: Parts, year: MaybeYear = None) -> Reply:
    call.actor_on(parts.site)
    return await page(joint_page(parts.pool, parts.site, parts.site_name, year, today(), datetime.now(CHINA)))


@router.get("/view/partners", requires=FIGURES, strangers=closed, summary="共建单位（网页）")
async def show_partners(
    call: Call,
    parts: Parts,
    year: Year,
    level: PartnerLevel | None = None,
    line: Annotated[str | None, Query(max_length=255)] = None,
    bound: Annotated[str | None, Query(pattern="^all$")] = None,
) -> Reply:
    call.actor_on(parts.site)
    return await _listed(parts, "partners", year, Narrowed(level=level, line=line, everyone=bound == "all"))


@router.get("/view/agreements", requires=FIGURES, strangers=closed, summary="联建协议（网页）")
async def show_agreements(
    call: Call,
    parts: Parts,
    year: Year,
    unit: Id | None = None,
    partner: Id | None = None,
    mode: JointMode | None = None,
) -> Reply:
    call.actor_on(parts.site)
    return await _listed(parts, "agreements", year, Narrowed(unit=unit, partner=partner, mode=mode))


@router.get("/view/problems", requires=FIGURES, strangers=closed, summary="问题联解（网页）")
async def show_problems(
    call: Call,
    parts: Parts,
    year: Year,
    state: Annotated[str | None, Query(pattern="^(solved|open|overdue)$")] = None,
) -> Reply:
    call.actor_on(parts.site)
    return await _listed(parts, "problems", year, Narrowed(state=state))


@router.get("/view/brands", requires=FIGURES, strangers=closed, summary="品牌矩阵（网页）")
async def show_brands(
    call: Call,
    parts: Parts,
    year: MaybeYear = None,
    which: Annotated[str | None, Query(pattern="^(unknown|recognised|exemplar|stale)$")] = None,
) -> Reply:
    call.actor_on(parts.site)
    now = datetime.now(CHINA)
    return await page(brands_page(parts.pool, parts.site, parts.site_name, year, today(), now, which))


@router.get("/view/honours", requires=FIGURES, strangers=closed, summary="荣誉（网页）")
async def show_honours(call: Call, parts: Parts, year: Year) -> Reply:
    call.actor_on(parts.site)
    return await page(honours_page(parts.pool, parts.site, parts.site_name, year, today(), datetime.now(CHINA)))


async def _listed(parts: Parts, which: str, year: int, asked: Narrowed) -> Reply:
    now = datetime.now(CHINA)
    return await page(list_page(parts.pool, parts.site, parts.site_name, which, year, asked, today(), now))


async def page(made: Awaitable[bytes]) -> Reply:
    """A page as it is sent; 503 while the projections are being built."""
    try:
        return Reply(await made, media_type=HTML, headers={"Content-Security-Policy": POLICY})
    except NotBuilt:
        waiting = closed("数据正在建立，请稍候刷新。", 503)
        return replace(waiting, headers={**waiting.headers, "Retry-After": "2"})
