"""An activity as a row describes it, before names have become ids."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final
from uuid import UUID

from services.activities.domain.facts import Minutes
from services.activities.imports.units import LedgerUnits, RowUnit
from shared.contracts.activities import ActivityFacts
from shared.contracts.ids import natural_id, normalised
from shared.contracts.kinds import JOINT_MODES, JointMode
from shared.ledgers.people import (
    Absence,
    CountedAbsence,
    NamedAbsence,
    WrittenName,
    absences,
    reasons_given,
    written_name,
    written_names,
)
from shared.ledgers.recognise import Ledger
from shared.ledgers.row_reading import RowReading, shortened
from shared.ledgers.words import simplified

_MOST_ABSENCES: Final = 1000
_MOST_PEOPLE: Final = 1_000_000
_MOST_EVIDENCE: Final = 100
_LIST: Final = "、,，;；/"
_MOST_MODES: Final = 50


@dataclass(frozen=True)
class Draft:
    """`key` is the natural key without the number that tells equal ones apart."""

    reading: RowReading
    unit: RowUnit
    key: tuple[str | int, ...]
    facts: ActivityFacts
    minutes: Minutes
    chair: WrittenName | None
    recorder: WrittenName | None
    absences: Sequence[Absence]
    non_voting: str | None


def activity_ids(site: str, ledger: Ledger, drafts: Sequence[Draft]) -> list[UUID]:
    """The id that an exported row states, else by the natural key; equal keys are numbered from 1 in row order."""
    stated = [_stated_id(ledger, draft) for draft in drafts]
    taken = {UUID(one) for one in ledger.kept} | {one for one in stated if one is not None}
    seen = Counter[tuple[str | int, ...]]()
    return [
        own or _natural_id(site, ledger.kind, draft, seen, taken) for draft, own in zip(drafts, stated, strict=True)
    ]


def _natural_id(site: str, kind: str, draft: Draft, seen: Counter[tuple[str | int, ...]], taken: set[UUID]) -> UUID:
    key = tuple(normalised(part) if isinstance(part, str) else part for part in draft.key)
    while True:
        seen[key] += 1
        if (found := natural_id(site, kind, *key, seen[key])) not in taken:
            return found


def _stated_id(ledger: Ledger, draft: Draft) -> UUID | None:
    stated = draft.reading.row.text("record_id")
    return UUID(stated) if stated is not None and stated in ledger.recorded else None


def read_unit(reading: RowReading, units: LedgerUnits) -> RowUnit | None:
    """The branch or 机关党委 of a row; an unknown one refuses it."""
    unit = units.branch_or_committee(reading.row.text("branch"))
    if unit is None:
        known = "、".join([*list(units.branch_names())[:12], "机关党委"])
        words = reading.row.text("branch")
        several = words is not None and units.branches_named(words) > 1
        problem = "名册中没有这个党支部" if words else "没有写支部名称"
        problem = "有几个党支部叫这个名字，无法分清" if several else problem
        reading.error("branch", "unknown_branch", problem, f"已有的党支部：{known}；新的党支部先导入党员名册")
    return unit


def read_attendance(reading: RowReading) -> tuple[int | None, int | None, list[Absence]]:
    """应到, 实到 and the absences; more present than expected, or fewer reasons than absences, refuse the row."""
    expected, present = reading.count("expected"), reading.count("present")
    entries = _absences(reading)
    if expected is None or present is None:
        return expected, present, entries
    absent, reasons = expected - present, reasons_given(entries)
    if absent < 0:
        problem = f"实到 {present} 人多于应到 {expected} 人"
        reading.error("present", "present_above_expected", problem, "实到人数不超过应到人数")
    elif reasons < absent:
        problem = f"缺席 {absent} 人，只写了 {reasons} 人的原因"
        expected_words = "每一名缺席人员的原因，如 曹某（开庭）；蒋某（出差），或 开庭2人"
        reading.error("absences", "absence_without_reason", problem, expected_words)
    elif _people(entries) > absent:
        sentence = f"写了 {_people(entries)} 人缺席，按应到、实到只有 {absent} 人"
        reading.remark("absences", "more_absences_than_absent", sentence)
    return expected, present, entries


def read_person(reading: RowReading, column: str) -> WrittenName | None:
    """主持人 or 记录人; of several names the first, with a remark."""
    cell = reading.row.cells.get(column)
    if cell is None:
        return None
    if len(written_names(cell.text)) > 1:
        reading.remark(column, "several_names", "写了几个姓名，按第一个导入")
    return written_name(cell.text)


def read_evidence(reading: RowReading) -> tuple[str, ...] | None:
    """The references of 附件 or 照片, one or several."""
    return reading.listed("evidence", "；;、", _MOST_EVIDENCE) or None


def read_joint_modes(reading: RowReading) -> tuple[JointMode, ...]:
    """四联类型; a word that is none of the four is left out with a remark."""
    modes = []
    for word in reading.listed("joint_modes", _LIST, _MOST_MODES):
        if (mode := JOINT_MODES.get(simplified(word))) is not None:
            modes.append(mode)
        else:
            reading.remark("joint_modes", "joint_mode_unknown", f"四联类型应为{'、'.join(JOINT_MODES)}，没有采用")
    return tuple(dict.fromkeys(modes))


def remark_odd_date(reading: RowReading, date: str, year: int, today: str) -> None:
    """A date is kept as written; one of another year or still to come is odd."""
    if int(date[:4]) != year:
        reading.remark("date", "date_outside_year", f"日期不在标题的 {year} 年内")
    if date > today[: len(date)]:
        reading.remark("date", "date_in_future", "日期还没有到")


def _absences(reading: RowReading) -> list[Absence]:
    cell = reading.row.cells.get("absences")
    entries = [] if cell is None else absences(cell.text)
    if any(isinstance(entry, NamedAbsence) and entry.shared_reason for entry in entries):
        reading.remark("absences", "reason_shared", "几个姓名合写一个原因，按原因相同导入")
    entries = [entry for entry in entries if not isinstance(entry, CountedAbsence) or entry.count > 0]
    fitting = _fitting(entries)
    if fitting != entries:
        reading.remark("absences", "text_shortened", "内容过长，缩短后导入，全文记入备注")
        reading.keep("absences", reading.row.text("absences") or "")
    return fitting


def _fitting(entries: Sequence[Absence]) -> list[Absence]:
    """The entries as a record takes them: short reasons, and those beyond a thousand as one number."""
    short = [replace(entry, reason=entry.reason and shortened(entry.reason)) for entry in entries]
    if len(short) <= _MOST_ABSENCES:
        return short
    first, rest = short[: _MOST_ABSENCES - 1], short[_MOST_ABSENCES - 1 :]
    return [*first, CountedAbsence(min(_people(rest), _MOST_PEOPLE), "其余人员，见备注")]


def _people(entries: Sequence[Absence]) -> int:
    return sum(entry.count if isinstance(entry, CountedAbsence) else 1 for entry in entries)
