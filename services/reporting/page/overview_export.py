"""The overview as a workbook: what the page shows, court by court."""

from __future__ import annotations

from datetime import date
from io import BytesIO
from typing import Any, Final

import asyncpg
import xlsxwriter

from services.reporting.page.overview_drill import FIGURES
from services.reporting.page.overview_words import lights, proof
from services.reporting.page.periods import period_words
from services.reporting.page.words import LEVELS
from services.reporting.queries.answers import snapshot
from services.reporting.queries.court_figures import Asked
from services.reporting.queries.court_tree import court_tree
from services.reporting.queries.overview import CourtView, Overview, overview_of
from services.reporting.queries.overview_answers import Viewer

_HEADS: Final = ("法院", "级别", "连通", "收齐", "报送", *FIGURES.values(), "报送后更正（条）", "收至")


async def overview_workbook(pool: asyncpg.Pool, viewer: Viewer, period: str, as_of: date) -> bytes:
    """An .xlsx: a line a court in official order, then all of them together."""
    async with snapshot(pool) as connection:
        tree = await court_tree(connection, viewer.site, viewer.site_name)
        found = await overview_of(connection, tree, Asked(period, as_of), viewer.now, viewer.head_max_age_seconds)
    return _written(found, viewer)


def _written(found: Overview, viewer: Viewer) -> bytes:
    target = BytesIO()
    book = xlsxwriter.Workbook(target, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    sheet = book.add_worksheet("辖区总览")
    bold = book.add_format({"bold": True})
    title = f"{period_words(found.asked.period)}辖区总览，统计截至 {found.asked.as_of}"
    sheet.write_string(0, 0, title, bold)
    for column, words in enumerate(_HEADS):
        sheet.write_string(1, column, words, bold)
    for line, view in enumerate(found.views, 2):
        _line(sheet, line, _cells(view, viewer))
    together: list[Any] = ["合计", "", "", "", "", *(found.together[key] for key in FIGURES)]
    _line(sheet, len(found.views) + 2, together)
    sheet.write_string(len(found.views) + 3, 0, _note(found))
    sheet.set_column(0, 0, 34)
    sheet.freeze_panes(2, 1)
    book.close()
    return target.getvalue()


def _note(found: Overview) -> str:
    """Why the sum is not what the lines add up to, and how many may be counted twice in it."""
    told = "党员合计按人计，不是各院相加；两院登记的同一次联建活动，经确认后合计中只计一次；共建单位不作合计。"
    few = len(found.together["members_leave_out"])
    told += f"党员合计不含不足 5 人的 {few} 个法院。" if few else ""
    suspected = found.together["suspected"]
    return told + (f"联建活动合计 {found.together['joint']} 次，其中疑似重复 {suspected} 次。" if suspected else "")


def _cells(view: CourtView, viewer: Viewer) -> list[Any]:
    lit = [light.text for light in lights(view, viewer.now)]
    numbers = [view.figures[key] for key in FIGURES]
    members = list(FIGURES).index("members")
    numbers[members] = "不足5" if numbers[members] is None else numbers[members]
    level = LEVELS.get(view.court.level or "", "")
    name = "　" * view.court.depth + view.court.name
    return [name, level, *lit, *numbers, view.late, proof(view.standing, viewer.now)]


def _line(sheet: Any, line: int, cells: list[Any]) -> None:
    for column, cell in enumerate(cells):
        if isinstance(cell, int):
            sheet.write_number(line, column, cell)
        elif cell:
            sheet.write_string(line, column, cell)
