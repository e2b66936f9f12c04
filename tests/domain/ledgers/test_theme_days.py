"""Rows of 主题党日台账."""

from typing import Any

import pytest

from services.activities.imports.drafts import Draft
from services.activities.imports.theme_days import read_theme_day
from shared.ledgers.people import CountedAbsence
from shared.ledgers.row_reading import Findings
from tests.domain.ledgers.given import THEME_DAYS, Written, known_units, ledger_of

PLAIN: dict[str, Written] = {
    "年月": "2024.01",
    "支部名称": "第一党支部",
    "主题": "1月主题党日",
    "日期": "2024-01-19",
    "形式": "志愿服务",
    "主持人": "张红",
    "应到人数": 16,
    "参加人数": 16,
}


def read(**changes: Any) -> tuple[Draft | None, Findings]:
    ledger = ledger_of(
        "主题党日台账（2024年）", THEME_DAYS, tuple((PLAIN | changes).get(heading) for heading in THEME_DAYS)
    )
    findings = Findings(ledger)
    return read_theme_day(findings, known_units(), ledger.rows[0], "2025-06-30"), findings


def taken(**changes: Any) -> Draft:
    draft, findings = read(**changes)
    assert findings.errors == []
    assert draft is not None
    return draft


def test_a_plain_row_is_a_theme_day_of_its_branch() -> None:
    draft = taken()
    assert (draft.facts.kind, draft.facts.title, draft.facts.date) == ("theme_party_day", "1月主题党日", "2024-01-19")
    assert (draft.facts.tags, draft.facts.also_serves, draft.facts.partners) == (("志愿服务",), (), ())
    assert draft.key == (2024, "第一党支部", "2024-01", "1月主题党日")


def test_a_theme_day_with_a_lesson_also_serves_it() -> None:
    assert taken(主题="1月主题党日暨专题党课").facts.also_serves == ("thematic_lesson",)


def test_a_theme_day_with_a_partner_is_also_a_joint_activity() -> None:
    facts = taken(联合开展单位="某社区党委、某街道党工委", 四联类型="力量联合、思路联谋").facts
    assert facts.kind == "theme_party_day"
    assert facts.also_serves == ("joint_activity",)
    assert facts.partners == ("某社区党委", "某街道党工委")
    assert facts.joint_modes == ("forces", "planning")


def test_absences_are_counted_by_reason() -> None:
    assert taken(参加人数=15, 缺席原因="开庭").absences == [CountedAbsence(1, "开庭")]
    assert taken(参加人数=13, 缺席原因="开庭2人、出差").absences == [
        CountedAbsence(2, "开庭"),
        CountedAbsence(1, "出差"),
    ]


@pytest.mark.parametrize(
    ("change", "code", "column"),
    [
        ({"支部名称": "第四十党支部"}, "unknown_branch", "支部名称"),
        ({"日期": "2024年2月30日"}, "impossible_date", "日期"),
        ({"参加人数": 17}, "present_above_expected", "参加人数"),
        ({"参加人数": 14, "缺席原因": "开庭"}, "absence_without_reason", "缺席原因"),
    ],
)
def test_a_row_is_refused_by_its_column(change: dict[str, Any], code: str, column: str) -> None:
    draft, findings = read(**change)
    assert draft is None
    assert [(error.code, error.column) for error in findings.errors] == [(code, column)]


@pytest.mark.parametrize(
    ("change", "code", "date"),
    [
        ({"日期": "2024-02-02"}, "date_outside_month", "2024-02-02"),
        ({"日期": "2023-01-19"}, "date_outside_year", "2023-01-19"),
        ({"日期": None}, "date_missing", "2024-01"),
        ({"年月": "元月"}, "month_unreadable", "2024-01-19"),
        ({"年月": None, "日期": None}, "month_missing", "2024"),
        ({"四联类型": "联谊"}, "joint_mode_unknown", "2024-01-19"),
        ({"日期": "中旬"}, "date_unreadable", "2024-01"),
        ({"形式": "式" * 300}, "text_shortened", "2024-01-19"),
        ({"联合开展单位": "、".join(f"第{n}社区" for n in range(51))}, "text_shortened", "2024-01-19"),
        ({"主题": "题" * 300}, "text_shortened", "2024-01-19"),
    ],
)
def test_what_is_only_odd_is_imported_as_written(change: dict[str, Any], code: str, date: str) -> None:
    draft, findings = read(**change)
    assert draft is not None
    assert findings.errors == []
    assert findings.remarks[0].code == code
    assert draft.facts.date == date


def test_the_month_is_the_same_however_it_is_written() -> None:
    written: list[Any] = ["2024.01", "２０２４.０１", "2024年1月", ("number", "2024.01"), ("day", "2024-01-01")]
    assert {taken(年月=month).key[2] for month in written} == {"2024-01"}


@pytest.mark.parametrize("nothing", ["无", "/", "－", "—"])
def test_a_dash_names_no_partner_no_mode_and_no_absence(nothing: str) -> None:
    draft = taken(联合开展单位=nothing, 四联类型=nothing, 缺席原因=nothing, 形式=nothing)
    assert (draft.facts.partners, draft.facts.also_serves, draft.facts.joint_modes) == ((), (), ())
    assert (draft.absences, draft.facts.tags, draft.reading.codes) == ([], (), [])
