"""One row of 三会一课记录 as a draft."""

from __future__ import annotations

import re
from typing import Final

from services.activities.domain.facts import Minutes, shared_title
from services.activities.imports.drafts import (
    Draft,
    read_attendance,
    read_evidence,
    read_person,
    read_unit,
    remark_odd_date,
)
from services.activities.imports.units import LedgerUnits, RowUnit
from shared.contracts.activities import ActivityFacts
from shared.contracts.kinds import BY_WORD, LABELS, Kind
from shared.contracts.values import LowerBound
from shared.ledgers.numbers import lower_bound, says_nothing
from shared.ledgers.recognise import Row
from shared.ledgers.row_reading import Findings, RowReading
from shared.ledgers.words import compact, simplified

_KINDS: Final[dict[str, Kind]] = {simplified(word): kind for word, kind in BY_WORD.items()}
_CAMPAIGN: Final = re.compile(
    r"^[^\d\s，。；：！？、,.;:!?()（）]{2,28}(?:教育|行动|(?:主题|实践|创建|争创|教育)活动|年)$"
)
_NO_CAMPAIGN: Final = re.compile(r"(?:全|半|今|去|本|上|当|每|跨|近|历)年$")


def read_meeting(findings: Findings, units: LedgerUnits, row: Row, today: str) -> Draft | None:
    """The row, or None with its errors in `findings`."""
    before, reading = len(findings.errors), RowReading(findings, row)
    year = findings.ledger.year
    unit, kind = read_unit(reading, units), _kind(reading)
    if unit is not None and kind == "party_group_meeting":
        unit = _group(reading, units, unit)
    occurrences, campaign, note = _note(reading)
    date = _date(reading, occurrences)
    start, end = _times(reading)
    expected, present, absences = read_attendance(reading)
    title, place = reading.text("title"), reading.text("place")
    chair, recorder, non_voting = (
        read_person(reading, "chair"),
        read_person(reading, "recorder"),
        reading.lines("non_voting"),
    )
    minutes = _minutes(reading, note)
    if len(findings.errors) > before or unit is None or kind is None or date is None:
        return None
    remark_odd_date(reading, date, year, today)
    if title is None:
        reading.remark("title", "title_missing", "没有写会议名称，用会议类型代替")
    facts = ActivityFacts(
        unit_kind=unit.unit_kind,
        unit_id=unit.unit_id,
        branch_id=unit.branch_id,
        kind=kind,
        title=title or LABELS[kind],
        date=date,
        start=start,
        end=end,
        place=place,
        expected=expected,
        present=present,
        occurrences=occurrences,
        campaigns=() if campaign is None else (campaign,),
    )
    key = (year, unit.key, kind, shared_title(kind, reading.row.text("title") or facts.title))
    return Draft(reading, unit, key, facts, minutes, chair, recorder, absences, non_voting)


def is_campaign(text: str) -> bool:
    """Whether a note names a campaign: a short text without figures or punctuation that ends as campaigns do."""
    return bool(_CAMPAIGN.match(compact(text))) and not _NO_CAMPAIGN.search(compact(text))


def _kind(reading: RowReading) -> Kind | None:
    words = reading.row.text("kind")
    kind = _KINDS.get(simplified(words or ""))
    if kind is None:
        problem = "没有写会议类型" if words is None else "不认识的会议类型"
        reading.error("kind", "unknown_kind", problem, "、".join(LABELS.values()))
    return kind


def _group(reading: RowReading, units: LedgerUnits, branch: RowUnit) -> RowUnit | None:
    written = reading.row.text("group")
    title = reading.row.text("title")
    group = units.group_named(branch, written) if written else units.group_of_title(branch, title)
    if group is None:
        column = "group" if written else "title"
        known = "、".join(units.group_names(branch)) or "（名册中本支部没有党小组）"
        several = written is not None and units.groups_named(branch, written) > 1
        problem = "本支部没有这个党小组" if written else "会议名称不以本支部党小组的名称开头"
        problem = "本支部有几个党小组叫这个名字，无法分清" if several else problem
        reading.error(column, "unknown_party_group", problem, f"党小组：{known}")
    return group


def _date(reading: RowReading, occurrences: LowerBound | None) -> str | None:
    """The date; none counts in the title's year, and what happened 20余次 did not happen on one day."""
    cell, year = reading.row.cells.get("date"), reading.findings.ledger.year
    if cell is None or says_nothing(cell.text):
        reading.remark("date", "date_missing", f"没有写日期，只计入 {year} 年")
        return str(year)
    before = len(reading.findings.errors)
    date = reading.date("date", year)
    if date is None and len(reading.findings.errors) == before:
        return str(year)
    if date is None or occurrences is None or len(date) < len("2024-02-20"):
        return date
    reading.remark("date", "day_of_many", f"「{occurrences.words}」不是一天的事，日期 {date} 只计入当月")
    return date[:7]


def _times(reading: RowReading) -> tuple[str | None, str | None]:
    start, end = reading.time("start"), reading.time("end")
    if start is not None and end is not None and end <= start:
        reading.error("end", "end_not_after_start", f"结束时间 {end} 不晚于开始时间 {start}", "晚于开始时间的结束时间")
    return start, end


def _note(reading: RowReading) -> tuple[LowerBound | None, str | None, str | None]:
    """备注: a number known from below, a campaign, or text."""
    note = reading.row.text("note")
    if note is None:
        return None, None, None
    if (bound := lower_bound(note)) is not None:
        return bound, None, None
    return (None, compact(note), None) if is_campaign(note) else (None, None, note)


def _minutes(reading: RowReading, note: str | None) -> Minutes:
    if votes := reading.row.text("votes"):
        reading.keep("votes", votes)
    return Minutes(
        agenda=reading.lines("agenda"),
        resolutions=reading.lines("resolutions"),
        content=reading.lines("speeches"),
        evidence=read_evidence(reading),
        remark=reading.with_unplaced("note", note),
    )
