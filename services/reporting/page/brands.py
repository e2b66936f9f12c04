"""The matrix of brands: the parent as spine, its children with their five steps, and who has to move next."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import asyncpg

from services.reporting.page.frame import frame, templates
from services.reporting.page.lists import Cell, Rows, rows_page
from services.reporting.page.words import HONOUR_LEVELS, HONOUR_STATES
from services.reporting.queries.answers import snapshot
from services.reporting.queries.brand_view import BrandView, Honour, Row, brand_view
from services.reporting.queries.brands import STEPS
from services.reporting.queries.figures import years_of
from shared.rules.brands import STALE_DAYS

_WHICH = {
    "unknown": "名称不详",
    "recognised": "已认定",
    "exemplar": "已选树",
    "stale": "需要跟进",
}


async def brands_page(
    pool: asyncpg.Pool, site: str, site_name: str, year: int | None, as_of: date, now: datetime,
    which: str | None = None,
) -> bytes:  # fmt: skip
    """The brands of `year`, or those of them that are `unknown`, `recognised`, `exemplar` or `stale`."""
    async with snapshot(pool) as connection:
        years = await years_of(connection, site)
        year = year or (years[0] if years else as_of.year)
        view = await brand_view(connection, site, year, as_of)
        shared = await frame(connection, site, site_name, as_of, now)
    rows = [row for row in view.rows if which is None or _is(which, row)]
    return templates().get_template("brands.html").render(
        **shared,
        section="brands",
        year=year,
        years=sorted({*years, year}, reverse=True),
        view_=view,
        rows=rows,
        which=_WHICH.get(which or ""),
        counts={name: sum(_is(name, row) for row in view.rows) for name in _WHICH},
        steps=STEPS,
        stale_days=STALE_DAYS,
        uncovered=[view.names[unit] for unit in view.in_service if unit not in set(view.covered)],
        series=[_series(one, view) for one in view.series],
        awarded=sum(one.state == "awarded" and one.year == year for one in view.honours),
        empty=not (view.rows or view.projects or view.honours),
    ).encode()  # fmt: skip


def _is(which: str, row: Row) -> bool:
    match which:
        case "unknown":
            return row.brand.name is None
        case "recognised":
            return row.brand.recognised
        case "exemplar":
            return row.next_step is None
        case _:
            return row.stale


def _series(one: dict[str, Any], view: BrandView) -> dict[str, Any]:
    return one | {"subject": _subject(one["subject_kind"], one["subject_id"], view)}


def _subject(kind: str, subject: str | None, view: BrandView) -> str:
    match kind:
        case "court":
            return "本院"
        case "person":
            return "个人"
        case "brand":
            named = (row.brand.name or "名称不详" for row in view.rows if row.brand.id == subject)
            return "品牌“" + next(named, "（已撤销）") + "”"
        case _:
            return view.names.get(subject or "", "（未登记）")


async def honours_page(pool: asyncpg.Pool, site: str, site_name: str, year: int, as_of: date, now: datetime) -> bytes:
    """Every honour up to the end of `year`, latest first; of a person only that it is one's."""
    async with snapshot(pool) as connection:
        view = await brand_view(connection, site, year, as_of)
        shared = await frame(connection, site, site_name, as_of, now)
    heads = (("日期", False), ("荣誉", False), ("获得者", False), ("授予单位", False), ("级别", False), ("文号", False),
             ("状态", False))  # fmt: skip
    note = "拟、获、撤为荣誉的三种状态；个人荣誉不列姓名，不作排名。"
    made = Rows(f"{year}年及以前的荣誉", heads, [_honour(one, view) for one in view.honours], note, "brands")
    return rows_page(shared, made, year)


def _honour(one: Honour, view: BrandView) -> list[Cell]:
    state = HONOUR_STATES[one.state] + (f" {one.revoked_on}" if one.revoked_on else "")
    return [
        Cell(one.date), Cell(one.title), Cell(_subject(one.subject_kind, one.subject_id, view)),
        Cell(one.granted_by or ""), Cell(HONOUR_LEVELS.get(one.honour_level or "", "")), Cell(one.document_no or ""),
        Cell(state, chip={"awarded": "good", "revoked": "bad"}.get(one.state, "open")),
    ]  # fmt: skip
