"""A refused workbook comes back as it was, with its faulty cells marked and the reasons at the right."""

from __future__ import annotations

import io
from typing import Any

import openpyxl
import pytest
from openpyxl.utils import get_column_letter

from shared.ledgers.runs import VALUES_KEPT, forget_values, marked_workbook
from tests.integration.imports.given import ROSTER, Court, changed, codes, person, workbook

RED, YELLOW = "FFFFC7CE", "FFFFEB9C"


@pytest.fixture
def read_here() -> None:
    """Not here: each in a process of its own, as it is."""


def sheet_of(data: bytes) -> Any:
    (sheet,) = openpyxl.load_workbook(io.BytesIO(data)).worksheets
    return sheet


async def marked(court: Court, run_id: str) -> bytes | None:
    return await marked_workbook(court.members.pool, court.members.kek, run_id)


async def test_faulty_cells_are_red_odd_ones_yellow_and_formulas_and_formats_stay(court: Court) -> None:
    rows = [
        person("甲一", "第一党支部", 出生年月="1972-02-30"),
        person("乙二", "第一党支部", 党员类型=None),
        person("丙三", "第一党支部"),
    ]
    plain = workbook("2024年党员名册", ROSTER, *rows)
    place = f"{get_column_letter(ROSTER.index('部门及职务') + 1)}6"
    run = await court.take(changed(plain, (place, '="民"&"一庭"')))
    assert run.state == "refused"
    data = await marked(court, run.run_id)
    assert data is not None
    sheet, before = sheet_of(data), sheet_of(plain)
    assert sheet[place].value == '="民"&"一庭"'
    assert (sheet[place].fill.fgColor.rgb, "公式" in sheet[place].comment.text) == (RED, True)
    assert sheet.cell(3, len(ROSTER) + 1).value == "导入问题"
    assert "公式" in sheet.cell(6, len(ROSTER) + 1).value
    assert (sheet["A1"].font.b, sheet.merged_cells.ranges) == (before["A1"].font.b, before.merged_cells.ranges)


async def test_errors_and_remarks_stand_beside_each_other_and_a_mended_workbook_goes_in(court: Court) -> None:
    rows = [person("甲一", "第一党支部", 出生年月="1972-02-30"), person("乙二", "第一党支部", 党员类型=None)]
    run = await court.take(workbook("2024年党员名册", ROSTER, *rows))
    data = await marked(court, run.run_id)
    assert data is not None
    sheet = sheet_of(data)
    birth, kind = (sheet.cell(row, ROSTER.index(name) + 1) for row, name in ((4, "出生年月"), (5, "党员类型")))
    assert (birth.fill.fgColor.rgb, kind.fill.fgColor.rgb) == (RED, YELLOW)
    assert "日历上没有这一天" in sheet.cell(4, len(ROSTER) + 1).value
    assert "按正式党员导入" in sheet.cell(5, len(ROSTER) + 1).value
    mended = await court.take(changed(data, (birth.coordinate, "1972-02-20")))
    assert mended.state == "done"
    assert "column_ignored" not in [code for _, _, code in codes(mended, "remarks")]


async def test_the_marked_workbook_is_encrypted_and_forgotten_after_a_week(court: Court) -> None:
    run = await court.take(workbook("2024年党员名册", ROSTER, person("澹台明远", "第一党支部", 出生年月="1972-02-30")))
    stored = await court.members.pool.fetchval("select sealed_workbook from import_runs where run_id = $1", run.run_id)
    assert stored[:2] != b"PK"
    await court.members.pool.execute("update import_runs set ended_at = ended_at - $1::interval", VALUES_KEPT)
    await forget_values(court.members.pool)
    assert await marked(court, run.run_id) is None
    assert await court.members.pool.fetchval("select count(*) from import_runs where sealed_workbook is not null") == 0
