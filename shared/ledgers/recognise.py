"""From sheets to one ledger: title, year, header and rows, found by what is written and not by where."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final

from shared.ledgers.cells import Cell, Refused, Remark, RowError, Sheet
from shared.ledgers.columns import LAYOUTS, NOT_TAKEN, Layout, LedgerKind
from shared.ledgers.marker import REASONS
from shared.ledgers.numbers import says_nothing
from shared.ledgers.words import chinese_number, column_letter, compact, simplified

_HEADER_WITHIN: Final = 30
_LEAST_HEADINGS: Final = 3
_YEAR: Final = re.compile(r"((?:19|20|21)\d{2})(?:年|$|[^\d])")
_CHINESE_YEAR: Final = re.compile(r"([一二][〇零○一二三四五六七八九]{3})年")
_CHINESE_DIGITS: Final = str.maketrans("〇零○一二三四五六七八九", "000123456789")
_TOTALS: Final = frozenset({"合计", "总计", "共计", "小计", "总数"})
_FOOTNOTE: Final = re.compile(
    "^(填表人|制表人|制表|填报人|审核人|审核|负责人|经办人|联系人|注|备注|说明|填表日期|填报日期|填报时间):?"
)


@dataclass(frozen=True)
class Row:
    """One record: its cells by field. `number` is the row in the sheet."""

    number: int
    cells: dict[str, Cell]

    def text(self, name: str) -> str | None:
        """The words of a cell, None where it says nothing: empty, a dash, 无."""
        cell = self.cells.get(name)
        return None if cell is None or says_nothing(cell.text) else cell.words


@dataclass(frozen=True)
class Ledger:
    """A recognised workbook: `kind`, the `year` of its title, its rows without blanks and totals, first remarks.

    Of a ledger that was exported, `recorded` are the ids of the year's records, and `kept` those whose rows say
    nothing new; `rows` are then the others.
    """

    kind: LedgerKind
    sheet: str
    title: str
    year: int
    reporting_unit: str | None
    headings: dict[str, str]
    rows: tuple[Row, ...]
    remarks: tuple[Remark, ...]
    recorded: frozenset[str] = frozenset()
    kept: frozenset[str] = frozenset()

    def heading(self, name: str | None) -> str | None:
        return None if name is None else self.headings.get(name, LAYOUTS[self.kind].heading(name))


@dataclass
class _Header:
    kind: LedgerKind
    row: int
    fields: dict[str, int]
    headings: dict[str, str]
    unknown: dict[int, str] = field(default_factory=dict)


def recognise(sheets: list[Sheet]) -> Ledger:
    """The one ledger of a workbook. `Refused` lists formula cells, missing columns and everything else found."""
    formulas = [error for sheet in sheets for error in _unusable_cells(sheet)]
    found = [(sheet, header) for sheet in sheets if (header := _header(sheet))]
    if not found:
        raise Refused(formulas or [_unrecognised(sheets)])
    if len(found) > 1:
        names = "、".join(sheet.name for sheet, _ in found)
        error = RowError(
            found[1][0].name, None, None, names, "several_ledgers", "工作簿里有几张台账", "一个文件一张台账"
        )
        raise Refused([error])
    sheet, header = found[0]
    errors = formulas + _header_errors(sheet, header)
    title, year = _title(sheet, header.row)
    if year is None:
        expected = "标题行写明年份，如「…（2024年）」"
        errors.append(RowError(sheet.name, 1, None, title or None, "no_year", "标题中没有年份", expected))
    if errors or year is None:
        raise Refused(errors)
    others = [other for other in sheets if other is not sheet and other.rows]
    return _ledger(sheet, header, title, year, others)


def _ledger(sheet: Sheet, header: _Header, title: str, year: int, others: list[Sheet]) -> Ledger:
    rows, remarks = _rows(sheet, header)
    for other in others:
        remarks.append(Remark(other.name, None, None, "sheet_ignored", "工作表不是台账，没有导入"))
    for column, heading in header.unknown.items():
        if heading == REASONS:
            continue  # of a workbook that was marked and mended
        if any(column in cells for number, cells in sheet.rows.items() if number > header.row):
            # A heading that nobody knows may be anything, a name too: the column is told by its letter.
            sentence = f"不认识的列「{heading}」，没有导入" if heading else "没有表头的列，没有导入"
            remarks.append(Remark(sheet.name, header.row, column_letter(column), "column_ignored", sentence))
    for name in NOT_TAKEN[header.kind]:
        if any(row.text(name) is not None for row in rows):
            remarks.append(Remark(sheet.name, header.row, header.headings[name], "column_ignored", "这一列没有导入"))
    if not rows:
        remarks.append(Remark(sheet.name, None, None, "no_rows", "台账没有记录，什么也没有导入"))
    unit = _reporting_unit(sheet, header.row)
    return Ledger(header.kind, sheet.name, title, year, unit, header.headings, tuple(rows), tuple(remarks))


def _unusable_cells(sheet: Sheet) -> list[RowError]:
    errors = []
    for number, cells in sheet.rows.items():
        for cell in cells.values():
            if cell.kind in ("formula", "error"):
                problem = "单元格是公式" if cell.kind == "formula" else "单元格是错误值"
                expected = "公式的结果，用「选择性粘贴—数值」粘成普通内容"
                errors.append(RowError(sheet.name, number, cell.place, cell.text[:60], cell.kind, problem, expected))
    return errors


def _header(sheet: Sheet) -> _Header | None:
    best: _Header | None = None
    for number in sorted(sheet.rows)[:_HEADER_WITHIN]:
        for kind, layout in LAYOUTS.items():
            header = _read_header(kind, layout, number, sheet.rows[number])
            if len(header.fields) >= _LEAST_HEADINGS and (best is None or _weight(header) > _weight(best)):
                best = header
    return best


def _weight(header: _Header) -> tuple[int, int]:
    required = LAYOUTS[header.kind].required
    return sum(name in header.fields for name in required) * 2 + len(header.fields), -header.row


def _read_header(kind: LedgerKind, layout: Layout, number: int, cells: dict[int, Cell]) -> _Header:
    header = _Header(kind, number, {}, {})
    for column, cell in sorted(cells.items()):
        name = layout.field_of(cell.text) if cell.kind == "text" else None
        if name is None or name in header.fields:
            header.unknown[column] = cell.words
        else:
            header.fields[name] = column
            header.headings[name] = cell.words
    return header


def _header_errors(sheet: Sheet, header: _Header) -> list[RowError]:
    layout = LAYOUTS[header.kind]
    errors = []
    missing = [layout.heading(name) for name in layout.required if name not in header.fields]
    if missing:
        words = "、".join(missing)
        problem, expected = f"《{layout.name}》的表头缺少：{words}", f"表头写明：{words}"
        errors.append(RowError(sheet.name, header.row, None, None, "header_unreadable", problem, expected))
    for heading in header.unknown.values():
        if (name := layout.field_of(heading)) is not None:
            problem = f"有两列是同一内容：{header.headings[name]}、{heading}"
            errors.append(
                RowError(sheet.name, header.row, heading, None, "header_repeated", problem, "每项内容只有一列")
            )
    return errors


def _unrecognised(sheets: list[Sheet]) -> RowError:
    name = sheets[0].name if sheets else ""
    empty = not any(sheet.rows for sheet in sheets)
    problem = "工作簿是空的" if empty else "找不到能辨认的表头"
    columns = "；".join(f"《{lay.name}》：{'、'.join(map(lay.heading, lay.required))}" for lay in LAYOUTS.values())
    return RowError(name, None, None, None, "header_unreadable", problem, f"表头至少写明 {columns}")


def _title(sheet: Sheet, header_row: int) -> tuple[str, int | None]:
    above = [cell for number, cells in sorted(sheet.rows.items()) if number < header_row for cell in cells.values()]
    title = next((cell.words for cell in above if cell.words), sheet.name)
    for text in [*(cell.words for cell in above), sheet.name]:
        if (year := year_in(text)) is not None:
            return (text if text != sheet.name else title), year
    return title, None


def year_in(text: str) -> int | None:
    """The year that a title names: 2024年, ２０２４年度, 二〇二四年."""
    plain = compact(text)
    if match := _YEAR.search(plain):
        return int(match.group(1))
    if match := _CHINESE_YEAR.search(plain):
        return chinese_number(match.group(1).translate(_CHINESE_DIGITS))
    return None


def _reporting_unit(sheet: Sheet, header_row: int) -> str | None:
    for number, cells in sorted(sheet.rows.items()):
        for cell in cells.values() if number < header_row else ():
            label, _, unit = cell.compact.partition(":")
            if simplified(label) in ("填报单位", "报送单位", "填表单位") and unit:
                return unit
    return None


def _rows(sheet: Sheet, header: _Header) -> tuple[list[Row], list[Remark]]:
    rows: list[Row] = []
    remarks: list[Remark] = []
    for number in sorted(number for number in sheet.rows if number > header.row):
        cells = {name: sheet.rows[number][c] for name, c in header.fields.items() if c in sheet.rows[number]}
        filled = {name: cell for name, cell in cells.items() if cell.words}
        written = [cell for cell in sheet.rows[number].values() if cell.words]
        if written and simplified(written[0].text) in _TOTALS:
            remarks += _check_total(sheet, header, rows, written)
        elif len(written) == 1 and _FOOTNOTE.match(written[0].compact):
            remarks.append(Remark(sheet.name, number, None, "footnote_ignored", "表尾说明，没有导入"))
        elif not _content(header.kind, filled) or _repeats_header(header, filled):
            continue
        else:
            rows.append(Row(number, filled))
    return rows, remarks


def _content(kind: LedgerKind, filled: dict[str, Cell]) -> set[str]:
    """What a row says beside its running number; 协议编号 and 活动编号 are no such numbers."""
    running = {"index", "record_id"} | ({"number"} if "index" not in LAYOUTS[kind].columns else set())
    return set(filled) - running


def _repeats_header(header: _Header, filled: dict[str, Cell]) -> bool:
    return all(cell.words == header.headings[name] for name, cell in filled.items())


def _check_total(sheet: Sheet, header: _Header, rows: list[Row], written: list[Cell]) -> list[Remark]:
    """小计 is skipped unchecked; the number of a total is the sum of a column of numbers, else the count of rows."""
    if simplified(written[0].text) == "小计":
        return []
    by_column = {column: name for name, column in header.fields.items()}
    remarks = []
    for cell in written[1:]:
        name = by_column.get(cell.column)
        summed = name in ("expected", "present", "dues_base")
        if not cell.compact.isdigit() or (summed and name == "dues_base"):
            continue
        counted = sum(_number(row, name) for row in rows) if summed and name else len(rows)
        if int(cell.compact) != counted:
            sentence = f"合计写的是 {cell.compact}，逐行相加是 {counted}"
            heading = header.headings.get(name) if name else None
            remarks.append(Remark(sheet.name, cell.row, heading, "total_disagrees", sentence))
    return remarks


def _number(row: Row, name: str) -> int:
    text = row.cells[name].compact if name in row.cells else ""
    return int(text) if text.isdigit() else 0
