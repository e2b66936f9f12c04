"""Ledgers out again: a workbook with the headings that offices use, ready to hand in and to import again."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final, TypeAlias

import xlsxwriter

from shared.ledgers.columns import LAYOUTS, RECORD_ID, LedgerKind

Out: TypeAlias = str | int | date | None
Cells: TypeAlias = Mapping[str, Out]
"""One row by field of the layout; `record_id` is the record's id, by which an import finds it again."""

TITLES: Final[dict[LedgerKind, str]] = {
    "member_roster": "党员名册",
    "meeting_records": "“三会一课”记录",
    "theme_days": "主题党日台账",
    "joint_agreements": "联建协议",
    "joint_activities": "联建活动",
    "brands": "党建品牌台账",
}
USUAL: Final[dict[LedgerKind, tuple[str, ...]]] = {
    "member_roster": (
        "number", "name", "sex", "ethnicity", "birth", "education", "work_began", "department", "post",
        "member_kind", "joined", "confirmed", "branch", "group", "standing", "note",
    ),
    "meeting_records": (
        "number", "branch", "kind", "title", "date", "start", "end", "place", "chair", "recorder", "expected",
        "present", "absences", "non_voting", "agenda", "resolutions", "note",
    ),
    "theme_days": (
        "month", "branch", "title", "date", "place", "form", "chair", "expected", "present", "absences", "content",
        "outcome", "partners", "joint_modes",
    ),
    "joint_agreements": (
        "number", "branch", "court", "partner_branch", "partner", "partner_level", "goals", "joint_modes", "planned",
        "contact", "signed", "term", "state",
    ),
    "joint_activities": (
        "number", "agreement", "title", "date", "lead", "participants", "joint_modes", "problems", "solving", "outcome",
    ),
    "brands": (
        "name", "branch", "parent", "concept", "submit", "recognise", "cultivate", "publicise", "designate_exemplar",
        "carriers", "outcome", "updated",
    ),
}  # fmt: skip
"""The columns that are always there, in the offices' order; others follow where a row fills them."""

_WIDTHS: Final = (
    dict.fromkeys(("number", "sex", "expected", "present", "start", "end", "planned", "term", "month"), 7)
    | dict.fromkeys(("chair", "recorder", "contact", "name", "form", "standing", "ethnicity", "education"), 9)
    | dict.fromkeys(("title", "absences", "agenda", "resolutions", "content", "outcome", "department", "goals"), 20)
    | dict.fromkeys(("concept", "problems", "solving"), 20)
    | {"participants": 40, "id_number": 20, "phone": 13}
)
_USUAL_WIDTH: Final = 12
_A4, _A3, _A4_TAKES = 9, 8, 160
"""Paper, and the width in characters that is still readable on A4."""

_HEADING_ROW: Final = 2


def write_workbook(kind: LedgerKind, court: str, year: int, rows: Sequence[Cells], printed: str = "") -> bytes:
    """The bytes of a workbook with one sheet; `printed` stands at the foot of each printed page."""
    columns, buffer = columns_of(kind, rows), io.BytesIO()
    title = f"{court}{TITLES[kind]}（{year}年）"
    book = xlsxwriter.Workbook(buffer, {"in_memory": True, "strings_to_numbers": False, "strings_to_formulas": False})
    sheet = book.add_worksheet(LAYOUTS[kind].name)
    look = {name: book.add_format(form) for name, form in _LOOKS.items()}
    if len(columns) > 1:
        sheet.merge_range(0, 0, 0, len(columns) - 1, title, look["title"])
    sheet.set_row(0, 30)
    sheet.write_string(1, 0, "填报单位：机关党委", look["plain"])
    layout = LAYOUTS[kind]
    for column, name in enumerate(columns):
        sheet.write_string(_HEADING_ROW, column, layout.heading(name), look["heading"])
        sheet.set_column(column, column, _width(kind, name))
    sheet.write_string(_HEADING_ROW, len(columns), RECORD_ID, look["plain"])
    for number, row in enumerate(rows, _HEADING_ROW + 1):
        for column, name in enumerate(columns):
            _write(sheet, number, column, _numbered(row, name, number), look)
        _write(sheet, number, len(columns), row.get("record_id"), look)
    _total(sheet, _HEADING_ROW + 1 + len(rows), len(columns), len(rows), look)
    sheet.set_column(len(columns), len(columns), 38, None, {"hidden": True})
    _print_setup(sheet, len(columns), sum(_width(kind, name) for name in columns), printed)
    book.close()
    return buffer.getvalue()


def columns_of(kind: LedgerKind, rows: Sequence[Cells]) -> tuple[str, ...]:
    """The usual columns, and the further ones that hold something, in the order of the layout."""
    filled = {name for row in rows for name, value in row.items() if value is not None}
    further = [name for name in LAYOUTS[kind].columns if name in filled and name not in USUAL[kind]]
    return (*USUAL[kind], *further)


def _numbered(row: Cells, name: str, number: int) -> Out:
    return number - _HEADING_ROW if name == "number" and name not in row else row.get(name)


def _write(sheet: Any, row: int, column: int, value: Out, look: Mapping[str, Any]) -> None:
    if isinstance(value, date):
        sheet.write_datetime(row, column, datetime.combine(value, datetime.min.time()), look["day"])
    elif isinstance(value, str):
        sheet.write_string(row, column, value, look["text"])
    elif value is None:
        sheet.write_blank(row, column, None, look["text"])
    else:
        sheet.write_number(row, column, value, look["number"])


def _total(sheet: Any, row: int, width: int, count: int, look: Mapping[str, Any]) -> None:
    sheet.write_string(row + 1, 0, "合计", look["heading"])
    if width > 1:
        sheet.write_number(row + 1, 1, count, look["number"])


def _width(kind: LedgerKind, name: str) -> int:
    """In characters; a number that names a record is wider than a running one."""
    named = name == "number" and "index" in LAYOUTS[kind].columns
    return 20 if named or (kind == "brands" and name == "name") else _WIDTHS.get(name, _USUAL_WIDTH)


def _print_setup(sheet: Any, columns: int, characters: int, printed: str) -> None:
    sheet.freeze_panes(_HEADING_ROW + 1, 0)
    sheet.set_landscape()
    sheet.set_paper(_A4 if characters <= _A4_TAKES else _A3)
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(_HEADING_ROW)
    sheet.print_area(0, 0, sheet.dim_rowmax, columns - 1)
    sheet.set_footer(f"&L{printed}&R第 &P 页，共 &N 页")


_BORDER: Final = {"border": 1, "border_color": "#9aa0a6", "valign": "vcenter", "font_name": "宋体", "font_size": 11}
_LOOKS: Final[dict[str, dict[str, Any]]] = {
    "title": {"bold": True, "align": "center", "valign": "vcenter", "font_name": "宋体", "font_size": 16},
    "plain": {"font_name": "宋体", "font_size": 11},
    "heading": {**_BORDER, "bold": True, "align": "center", "text_wrap": True, "bg_color": "#f1f3f4"},
    "text": {**_BORDER, "text_wrap": True},
    "number": {**_BORDER, "align": "right"},
    "day": {**_BORDER, "align": "center", "num_format": "yyyy-mm-dd"},
}


def written_day(partial: str | None) -> Out:
    """A whole date as a real one, a month or a year in words."""
    if partial is None:
        return None
    match partial.split("-"):
        case [year, month, day]:
            return date(int(year), int(month), int(day))
        case [year, month]:
            return f"{year}年{int(month)}月"
        case _:
            return f"{partial}年"
