"""Reading a workbook without trusting it: the parent's side of `shared.ledgers.reader`."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path
from typing import Any, Final

from shared.ledgers.archive import check_archive
from shared.ledgers.cells import Cell, Sheet, Unreadable

WALL_CLOCK_SECONDS: Final = 40.0
_CODE: Final = Path(__file__).resolve().parents[2]


async def read_workbook(data: bytes) -> list[Sheet]:
    """The sheets of a workbook. `Unreadable` says what the file is instead, or which limit it broke."""
    check_archive(data)
    output, code = await _run_reader(data)
    lines = [json.loads(line) for line in output.splitlines() if line.endswith(b"}")]
    last = lines[-1] if lines else {}
    if "refused" in last:
        raise Unreadable(*last["refused"])
    if code != 0 or "end" not in last:
        raise Unreadable("too_large", "读取工作簿超出时间或内存限制", "删除多余的空白行、空白列和图片后另存")
    return _sheets(lines)


async def _run_reader(data: bytes) -> tuple[bytes, int]:
    # The child gets no environment of ours: passwords and keys lie there.
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "shared.ledgers.reader"),
        cwd=_CODE,
        env={"PYTHONIOENCODING": "utf-8", "LC_ALL": "C.UTF-8"},
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        async with asyncio.timeout(WALL_CLOCK_SECONDS):
            output, _ = await process.communicate(data)
    except TimeoutError:
        raise Unreadable("too_large", "读取工作簿超时", "删除多余的空白行、空白列和图片后另存") from None
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    return output, process.returncode or 0


def _sheets(lines: list[dict[str, Any]]) -> list[Sheet]:
    sheets: list[Sheet] = []
    for line in lines:
        if "sheet" in line:
            sheets.append(Sheet(line["sheet"]))
        elif "row" in line:
            row = line["row"]
            sheets[-1].rows[row] = {c[0]: Cell(row, c[0], c[1], c[2]) for c in line["cells"]}
        elif "merged" in line:
            _fill_down(sheets[-1], line["merged"])
    return sheets


def _fill_down(sheet: Sheet, merged: list[list[int]]) -> None:
    """A cell merged over several rows holds for each of them; one merged across columns stays where it is."""
    for first_row, column, last_row, _ in merged:
        cell = sheet.rows.get(first_row, {}).get(column)
        if cell is None:
            continue
        for row in range(first_row + 1, last_row + 1):
            if row in sheet.rows:
                sheet.rows[row].setdefault(column, Cell(row, column, cell.kind, cell.text))
