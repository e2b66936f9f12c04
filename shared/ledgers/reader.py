"""The child process that reads a workbook: bytes on standard input, JSON lines on standard output.

It runs under limits of memory and processor time, so that a file can end this process and nothing else.
"""

from __future__ import annotations

import io
import json
import resource
import sys
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import IO, Any, Final

from shared.ledgers.archive import check_archive
from shared.ledgers.cells import CellKind, Unreadable
from shared.ledgers.words import column_letter

MEMORY_BYTES: Final = 768 * 1024 * 1024
CPU_SECONDS: Final = 20
MAX_ROW: Final = 20_000
MAX_COLUMN: Final = 200
MAX_SHEETS: Final = 50
MAX_CELLS: Final = 500_000
MAX_TEXT: Final = 32_767
MAX_CHARACTERS: Final = 20_000_000


def main() -> int:
    """Read one workbook; the last line is `{"end": true}` or `{"refused": …}`."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS + 1))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        for line in read(sys.stdin.buffer.read()):
            _write(sys.stdout, line)
    except Unreadable as refusal:
        _write(sys.stdout, {"refused": [refusal.code, refusal.problem, refusal.expected]})
    except MemoryError:
        _write(sys.stdout, {"refused": ["too_large", "读取工作簿所需内存过大", "删除多余的空白行、空白列和图片后另存"]})
    return 0


def read(data: bytes) -> Iterator[dict[str, Any]]:
    """The lines about one workbook: a `sheet`, its `row`s, its `merged` ranges, and so on to `end`."""
    check_archive(data)
    import openpyxl  # a file that is no workbook is refused without it
    from openpyxl.worksheet._read_only import ReadOnlyWorksheet

    # Otherwise each sheet is parsed once more to its end, only to learn a size that the file may state wrongly.
    ReadOnlyWorksheet._get_size = lambda _: None  # type: ignore[attr-defined] # private, so its stubs leave it out
    try:
        workbook = openpyxl.load_workbook(io.BytesIO(data), read_only=True, keep_links=False)
        sheets = [sheet for sheet in workbook.worksheets if hasattr(sheet, "_get_source")]
        if len(sheets) > MAX_SHEETS:
            raise Unreadable("too_large", f"工作簿有 {len(sheets)} 个工作表", f"不超过 {MAX_SHEETS} 个工作表")
        budget = _Budget()
        for sheet in sheets:
            yield {"sheet": sheet.title}
            yield from _rows(sheet, budget)
    except (Unreadable, MemoryError):
        raise
    except Exception as error:  # whatever a broken file makes the parser raise is the file's fault
        raise Unreadable(
            "not_a_workbook",
            f"工作簿已损坏，无法读取({type(error).__name__})",
            "用 Excel 或 WPS 打开后重新另存的 .xlsx",
        ) from error
    yield {"end": True}


class _Budget:
    """What one workbook may hold in all."""

    def __init__(self) -> None:
        self.cells = MAX_CELLS
        self.characters = MAX_CHARACTERS

    def spend(self, characters: int) -> None:
        self.cells -= 1
        self.characters -= characters
        if self.cells < 0 or self.characters < 0:
            raise Unreadable("too_large", "工作簿的单元格或文字过多", f"不超过 {MAX_CELLS} 个有内容的单元格")


def _rows(sheet: Any, budget: _Budget) -> Iterator[dict[str, Any]]:
    # The rows of openpyxl's own read-only sheets are padded to the farthest cell: 17 thousand million of them
    # when XFD1048576 is filled. Its parser gives only what is in the file.
    from openpyxl.worksheet._reader import WorkSheetParser

    book = sheet.parent
    with sheet._get_source() as source:
        parser = WorkSheetParser(
            source,
            sheet._shared_strings,
            data_only=False,
            epoch=book.epoch,
            date_formats=book._date_formats,
            timedelta_formats=book._timedelta_formats,
        )
        for number, cells in parser.parse():
            filled = [cell for cell in cells if cell["value"] is not None]
            _check_place(sheet.title, number, filled)
            if filled:
                yield {"row": number, "cells": [_cell(cell, budget) for cell in filled]}
        if parser.merged_cells is not None:
            ranges = parser.merged_cells.mergeCell[:MAX_ROW]
            yield {"merged": [[r.min_row, r.min_col, r.max_row, r.max_col] for r in ranges]}


def _check_place(sheet: str, number: int, filled: list[dict[str, Any]]) -> None:
    for cell in filled:
        if cell["row"] > MAX_ROW or cell["column"] > MAX_COLUMN:
            place = f"{column_letter(cell['column'])}{cell['row']}"
            raise Unreadable(
                "far_cell",
                f"工作表「{sheet}」的单元格 {place} 有内容，远在台账之外",
                f"清除该单元格；台账不超过 {MAX_ROW} 行、{MAX_COLUMN} 列",
            )
    if number > MAX_ROW:
        raise Unreadable(
            "too_many_rows",
            f"工作表「{sheet}」超过 {MAX_ROW} 行，其后是空白行",
            f"删除末尾的空白行后另存；台账不超过 {MAX_ROW} 行",
        )


def _cell(cell: dict[str, Any], budget: _Budget) -> list[Any]:
    kind, text = _kind_and_text(cell["data_type"], cell["value"])
    budget.spend(len(text))
    return [cell["column"], kind, text[:MAX_TEXT]]


def _kind_and_text(data_type: str, value: Any) -> tuple[CellKind, str]:
    if data_type == "f":
        text = value if isinstance(value, str) else getattr(value, "text", None)
        return "formula", str(text or "=")
    if data_type == "e":
        return "error", str(value)
    if isinstance(value, bool):
        return "bool", "TRUE" if value else "FALSE"
    if isinstance(value, datetime):
        return "day", value.date().isoformat() if value.time() == time() else value.isoformat(timespec="seconds")
    if isinstance(value, date):
        return "day", value.isoformat()
    if isinstance(value, (time, timedelta)):
        return "time", str(value)
    if isinstance(value, float):
        return "number", str(int(value)) if value.is_integer() and abs(value) < 2**53 else repr(value)
    if isinstance(value, int):
        return "number", str(value)
    return "text", str(value)


def _write(stream: IO[str], line: dict[str, Any]) -> None:
    stream.write(json.dumps(line, ensure_ascii=True) + "\n")


if __name__ == "__main__":
    sys.exit(main())
