"""The plain page: for people with a browser; whoever has no session is told how to come in."""

from __future__ import annotations

from collections.abc import Awaitable
from dataclasses import replace
from datetime import datetime
from typing import Annotated

from fastapi import Query

from services.reporting.http.browser import HTML, POLICY, closed
from services.reporting.http.figures import FIGURES
from services.reporting.http.parts import Parts
from services.reporting.page import activities_page, year_page
from services.reporting.queries import Filter, NotBuilt
from shared.business_day import CHINA, today
from shared.contracts.kinds import Kind
from shared.contracts.values import Id, ShortText
from shared.http.calls import Call
from shared.http.problems import FieldError, invalid
from shared.http.replies import Reply
from shared.http.routing import Router

router = Router()


@router.get("/", requires=FIGURES, strangers=closed, summary="年度一览（网页）")
async def show_year(call: Call, parts: Parts, year: Annotated[int | None, Query(ge=1950, le=2200)] = None) -> Reply:
    call.actor_on(parts.site)
    return await _page(year_page(parts.pool, parts.site, parts.site_name, year, today(), datetime.now(CHINA)))


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
) -> Reply:
    call.actor_on(parts.site)
    asked = Filter(period, kind, serves, unit, branch, campaign, state, after)
    try:
        return await _page(
            activities_page(parts.pool, parts.site, parts.site_name, asked, today(), datetime.now(CHINA))
        )
    except ValueError:
        raise invalid([FieldError("period", "无法识别", "期间写作 2024、2024-Q3 或 2024-02")]) from None


async def _page(made: Awaitable[bytes]) -> Reply:
    try:
        return Reply(await made, media_type=HTML, headers={"Content-Security-Policy": POLICY})
    except NotBuilt:
        waiting = closed("数据正在建立，请稍候刷新。", 503)
        return replace(waiting, headers={**waiting.headers, "Retry-After": "2"})
