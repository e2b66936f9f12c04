"""One row of 主题党日台账 as a draft."""

from __future__ import annotations

import re
from typing import Final

from services.activities.domain.facts import Minutes
from services.activities.imports.drafts import (
    Draft,
    read_attendance,
    read_evidence,
    read_joint_modes,
    read_person,
    read_unit,
    remark_odd_date,
)
from services.activities.imports.units import LedgerUnits
from shared.contracts.activities import ActivityFacts
from shared.contracts.kinds import BY_WORD, Kind
from shared.ledgers.cells import Unreadable
from shared.ledgers.dates import partial_date
from shared.ledgers.recognise import Row
from shared.ledgers.row_reading import Findings, RowReading
from shared.ledgers.words import simplified, tidy

_LIST: Final = "、,，;；/"
_MOST: Final = 50
_TITLE_MISSING: Final = "主题党日"


def read_theme_day(findings: Findings, units: LedgerUnits, row: Row, today: str) -> Draft | None:
    """The row, or None with its errors in `findings`."""
    before, reading = len(findings.errors), RowReading(findings, row)
    unit, month, written = read_unit(reading, units), _month(reading), reading.date("date", findings.ledger.year)
    expected, present, absences = read_attendance(reading)
    title, place = reading.text("title"), reading.text("place")
    chair, joint_modes = read_person(reading, "chair"), read_joint_modes(reading)
    partners, tags = reading.listed("partners", _LIST, _MOST), reading.listed("form", _LIST, _MOST)
    minutes = _minutes(reading)
    if len(findings.errors) > before or unit is None:
        return None
    date = written or _date_of_month(reading, month)
    _remark_oddities(reading, date, month, today)
    facts = ActivityFacts(
        unit_kind=unit.unit_kind,
        unit_id=unit.unit_id,
        branch_id=unit.branch_id,
        kind="theme_party_day",
        also_serves=_also_serves(title or "", partners),
        title=title or _TITLE_MISSING,
        date=date,
        place=place,
        expected=expected,
        present=present,
        tags=tags,
        partners=partners,
        joint_modes=joint_modes,
    )
    key = (findings.ledger.year, unit.key, month or "", reading.row.text("title") or facts.title)
    return Draft(reading, unit, key, facts, minutes, chair, None, absences, None)


def _month(reading: RowReading) -> str | None:
    """年月 as `2024-01`; what is no month stays as written: it is only a part of the key."""
    cell = reading.row.cells.get("month")
    if cell is None:
        reading.remark("month", "month_missing", "没有写年月")
        return None
    try:
        return partial_date(cell, reading.findings.ledger.year)[:7]
    except Unreadable:
        reading.remark("month", "month_unreadable", "年月无法辨认，按原样导入；应为 2024.01 或 2024年1月")
        return tidy(cell.text)


def _date_of_month(reading: RowReading, month: str | None) -> str:
    """A row without a readable date counts in its month, or only in the year."""
    date = month if month and re.fullmatch(r"\d{4}(-\d{2})?", month) else str(reading.findings.ledger.year)
    if reading.row.text("date") is None:
        reading.remark("date", "date_missing", f"没有写日期，只计入 {date}")
    return date


def _remark_oddities(reading: RowReading, date: str, month: str | None, today: str) -> None:
    remark_odd_date(reading, date, reading.findings.ledger.year, today)
    if month is not None and re.fullmatch(r"\d{4}-\d{2}", month) and len(date) >= len(month) and date[:7] != month:
        reading.remark("date", "date_outside_month", f"日期不在年月一栏的 {month} 内")
    if reading.row.text("title") is None:
        reading.remark("title", "title_missing", "没有写主题")


def _also_serves(title: str, partners: tuple[str, ...]) -> tuple[Kind, ...]:
    """主题党日暨专题党课 is also a 专题党课; with a partner it is also a 联建活动. It counts once, as a theme day."""
    text = simplified(title)
    kinds = [kind for word, kind in BY_WORD.items() if f"暨{simplified(word)}" in text]
    kinds += ["joint_activity"] if partners else []
    return tuple(kind for kind in dict.fromkeys(kinds) if kind != "theme_party_day")


def _minutes(reading: RowReading) -> Minutes:
    return Minutes(
        content=reading.lines("content"),
        outcome=reading.lines("outcome"),
        evidence=read_evidence(reading),
        remark=reading.with_unplaced("note", reading.lines("note")),
    )
