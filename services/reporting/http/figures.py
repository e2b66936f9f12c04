"""Figures, obligations, units and activities: bytes as the queries made them."""

from __future__ import annotations

from collections.abc import Awaitable
from datetime import date
from typing import Annotated, Final, Literal

from fastapi import Query

from services.reporting import queries
from services.reporting.http.parts import Parts
from services.reporting.queries import Answer, Filter, NotBuilt
from shared.business_day import today
from shared.contracts.kinds import JointMode, Kind
from shared.contracts.values import Id, ShortText
from shared.http.calls import Call
from shared.http.problems import FieldError, invalid, unavailable
from shared.http.replies import Reply
from shared.http.routing import Router
from shared.identity.access import Requirement

FIGURES: Final = Requirement("read_figures", "site")
Year = Annotated[int, Query(ge=1950, le=2200)]
Mode = Literal[JointMode, "unstated"]
router = Router()


@router.get("/report", requires=FIGURES, summary="年度统计；report 的键即 lianjian report --json 的键")
async def read_report(call: Call, parts: Parts, year: Year, as_of: date | None = None) -> Reply:
    call.actor_on(parts.site)
    return await _reply(queries.report(parts.pool, parts.site, year, as_of or today()))


@router.get("/counts", requires=FIGURES, summary="场次与人次，按类型、支部、月份、专项")
async def read_counts(call: Call, parts: Parts, year: Year, as_of: date | None = None) -> Reply:
    call.actor_on(parts.site)
    return await _reply(queries.counts(parts.pool, parts.site, year, as_of or today()))


@router.get("/obligations", requires=FIGURES, summary="应办事项及其状态")
async def read_obligations(call: Call, parts: Parts, year: Year, as_of: date | None = None) -> Reply:
    call.actor_on(parts.site)
    return await _reply(queries.obligations(parts.pool, parts.site, year, as_of or today()))


@router.get("/units", requires=FIGURES, summary="党支部、党小组和党员人数")
async def read_units(call: Call, parts: Parts, year: Year, as_of: date | None = None) -> Reply:
    call.actor_on(parts.site)
    return await _reply(queries.units(parts.pool, parts.site, year, as_of or today()))


@router.get("/joint", requires=FIGURES, summary="联建：覆盖、结对、见面、级别、四联、条线、问题、沉睡的结对")
async def read_joint(call: Call, parts: Parts, year: Year, as_of: date | None = None) -> Reply:
    call.actor_on(parts.site)
    return await _reply(queries.joint(parts.pool, parts.site, year, as_of or today()))


@router.get("/brands", requires=FIGURES, summary="品牌：矩阵、覆盖、跟踪问效、党建+项目、荣誉")
async def read_brands(call: Call, parts: Parts, year: Year, as_of: date | None = None) -> Reply:
    call.actor_on(parts.site)
    return await _reply(queries.brands(parts.pool, parts.site, year, as_of or today()))


@router.get("/campaigns", requires=FIGURES, summary="专项教育、行动及其活动场次，按类型")
async def read_campaigns(call: Call, parts: Parts, year: Year, as_of: date | None = None) -> Reply:
    call.actor_on(parts.site)
    return await _reply(queries.campaigns(parts.pool, parts.site, year, as_of or today()))


@router.get("/activities", requires=FIGURES, summary="数字背后的活动，分页")
async def list_activities(
    call: Call,
    parts: Parts,
    period: Annotated[str, Query(pattern=r"^[0-9]{4}(-([0-9]{2}|Q[1-4]))?$")],
    kind: Kind | None = None,
    serves: Kind | None = None,
    unit: Id | None = None,
    branch: Id | None = None,
    campaign: ShortText | None = None,
    state: Annotated[str | None, Query(pattern="^(planned|held|recorded|cancelled)$")] = None,
    after: Annotated[str | None, Query(max_length=100)] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    party: Id | None = None,
    partner: Id | None = None,
    agreement: Id | None = None,
    mode: Mode | None = None,
) -> Reply:
    call.actor_on(parts.site)
    asked = Filter(
        period, kind, serves, unit, branch, campaign, state, after, limit, party, partner, agreement, mode
    )  # fmt: skip
    try:
        return await _reply(queries.activities(parts.pool, parts.site, asked))
    except ValueError as error:
        field = "period" if "period" in str(error) else "after"
        expected = "期间写作 2024、2024-Q3 或 2024-02；after 用上一页的 next"
        raise invalid([FieldError(field, "无法识别", expected)]) from None


async def _reply(asked: Awaitable[Answer]) -> Reply:
    try:
        found = await asked
    except NotBuilt:
        raise unavailable("统计数据（正在建立）", code="not_built") from None
    return Reply(found.body, etag=found.etag)
