"""The child process that marks a workbook: length, marks as JSON and workbook on standard input, workbook on output.

It runs under limits as the reader does. Formulas, formats, widths and merged cells stay as they are.
"""

from __future__ import annotations

import io
import json
import resource
import sys
from typing import Any, Final

from shared.ledgers.reader import MEMORY_BYTES
from shared.ledgers.words import tidy

CPU_SECONDS: Final = 60
REASONS: Final = "导入问题"
LENGTH_BYTES: Final = 8
_FILLS: Final = {"error": "FFFFC7CE", "remark": "FFFFEB9C"}
_WITHIN: Final = 60
_WIDTH: Final = 60


def main() -> int:
    """Mark one workbook; exit code 1 where it cannot be."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS + 1))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        sys.stdout.buffer.write(answered(sys.stdin.buffer.read()))
    except Exception:  # whatever a strange file makes the writer raise: then there is no marked workbook
        return 1
    return 0


def answered(given: bytes) -> bytes:
    """The marked workbook for what came in."""
    length = int.from_bytes(given[:LENGTH_BYTES], "big")
    return marked(given[LENGTH_BYTES + length :], json.loads(given[LENGTH_BYTES : LENGTH_BYTES + length]))


def marked(data: bytes, marks: list[dict[str, Any]]) -> bytes:
    """The workbook with each mark's cell filled and commented, and a column of reasons at the right."""
    import openpyxl

    book = openpyxl.load_workbook(io.BytesIO(data))
    for sheet in book.worksheets:
        here = [mark for mark in marks if mark["sheet"] == sheet.title]
        if here:
            _mark_sheet(sheet, here)
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def _mark_sheet(sheet: Any, marks: list[dict[str, Any]]) -> None:
    header = _header_row(sheet, marks)
    column = _reasons_column(sheet, header)
    merged = {(row, c): place for place in sheet.merged_cells.ranges for row, c in place.cells}
    reasons: dict[int, list[dict[str, Any]]] = {}
    for mark in marks:
        row = mark["row"] or header
        reasons.setdefault(row, []).append(mark)
        place = _place(sheet, header, row, mark["column"])
        if place is not None:
            _mark_cell(sheet, merged, place, mark)
    for row, several in reasons.items():
        cell = sheet.cell(row=row, column=column + 1 if row == header else column)
        cell.value = "\n".join(mark["text"] for mark in several)
        cell.fill = _fill("error" if any(mark["kind"] == "error" for mark in several) else "remark")


def _header_row(sheet: Any, marks: list[dict[str, Any]]) -> int:
    """The row in which most of the marks' headings stand; where none does, the first of the fullest rows."""
    wanted = {mark["heading"] for mark in marks if mark["heading"]}
    best, most = 1, (0, 0)
    for number, cells in enumerate(sheet.iter_rows(min_row=1, max_row=_WITHIN, values_only=True), 1):
        words = [tidy(str(value)) for value in cells if value is not None]
        found = len(wanted & set(words)), len(words)
        if found > most:
            best, most = number, found
    return best


def _reasons_column(sheet: Any, header: int) -> int:
    from openpyxl.styles import Font

    filled = [cell.column for cell in sheet[header] if cell.value is not None]
    known = [cell.column for cell in sheet[header] if cell.value == REASONS]
    column = known[0] if known else max(filled, default=sheet.max_column) + 1
    column = max([column, *(place.max_col + 1 for place in sheet.merged_cells.ranges if place.min_row <= header)])
    if known:
        for row in range(header + 1, sheet.max_row + 1):
            sheet.cell(row=row, column=column).value = None
    head = sheet.cell(row=header, column=column, value=REASONS)
    head.font = Font(bold=True)
    sheet.column_dimensions[head.column_letter].width = _WIDTH
    return int(column)


def _place(sheet: Any, header: int, row: int, column: str | None) -> tuple[int, int] | None:
    """Where a mark belongs: its heading's column, or a cell or column by its letters."""
    from openpyxl.utils.cell import column_index_from_string, coordinate_from_string

    if column is None:
        return None
    for cell in sheet[header]:
        if cell.value is not None and tidy(str(cell.value)) == column:
            return row, cell.column
    try:
        if column.isascii() and column.isalpha():
            return row, column_index_from_string(column)
        letters, number = coordinate_from_string(column)
        return number, column_index_from_string(letters)
    except ValueError:
        return None


def _mark_cell(sheet: Any, merged: dict[tuple[int, int], Any], place: tuple[int, int], mark: dict[str, Any]) -> None:
    from openpyxl.comments import Comment

    inside = merged.get(place)
    row, column = (inside.min_row, inside.min_col) if inside is not None else place
    cell = sheet.cell(row=row, column=column)
    before = "" if cell.comment is None else cell.comment.text + "\n"
    cell.comment = Comment(before + mark["text"], "联建")
    if mark["kind"] == "error" or cell.fill.fgColor.rgb != _FILLS["error"]:
        cell.fill = _fill(mark["kind"])


def _fill(kind: str) -> Any:
    from openpyxl.styles import PatternFill

    return PatternFill("solid", fgColor=_FILLS[kind])


if __name__ == "__main__":
    sys.exit(main())
