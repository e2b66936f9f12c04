"""Writing a ledger as an office would: merged title, reporting unit, headings in row 3."""

from __future__ import annotations

import io
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final, TypeAlias

import xlsxwriter

Cell: TypeAlias = str | int | float | date | None

_MADE: Final = datetime(2025, 1, 1)


@dataclass(frozen=True)
class Table:
    """Headings and rows; an empty row is a blank one."""

    headings: tuple[str, ...]
    rows: list[list[Cell]]


def write_ledger(title: str, table: Table) -> bytes:
    """The bytes of a workbook with one sheet."""
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer, {"in_memory": True})
    book.set_properties({"created": _MADE})
    sheet = book.add_worksheet(title.replace("“", "").replace("”", "")[:31])
    formats = {"title": book.add_format({"bold": True, "align": "center", "font_size": 16})}
    formats["day"] = book.add_format({"num_format": "yyyy-mm-dd"})
    sheet.merge_range(0, 0, 0, len(table.headings) - 1, title, formats["title"])
    sheet.write_string(1, 0, "填报单位：机关党委")
    rows: list[list[Cell]] = [list(table.headings), *table.rows]
    for number, row in enumerate(rows, 2):
        for column, value in enumerate(row):
            _write(sheet, number, column, value, formats["day"])
    book.close()
    return buffer.getvalue()


def _write(sheet: Any, row: int, column: int, value: Cell, day: Any) -> None:
    if isinstance(value, date):
        sheet.write_datetime(row, column, datetime.combine(value, datetime.min.time()), day)
    elif isinstance(value, str):
        sheet.write_string(row, column, value)
    elif value is not None:
        sheet.write_number(row, column, value)
