"""Rows of 三会一课记录: what is refused, what is odd, what is imported."""

from typing import Any

import pytest

from services.activities.imports.drafts import Draft, activity_ids
from services.activities.imports.meetings import is_campaign, read_meeting
from shared.contracts.ids import natural_id, party_committee_id
from shared.contracts.values import LowerBound
from shared.ledgers.people import CountedAbsence, NamedAbsence, WrittenName
from shared.ledgers.row_reading import Findings
from tests.domain.ledgers.given import (
    FIRST_BRANCH,
    FIRST_GROUP,
    MEETINGS,
    SECOND_GROUP,
    SITE,
    Written,
    known_units,
    ledger_of,
)

PLAIN: dict[str, Written] = {
    "序号": 1,
    "支部名称": "第一党支部",
    "会议类型": "支委会",
    "会议名称": "第一党支部第1次支委会",
    "日期": "2024-01-24",
    "开始时间": "９:00",
    "结束时间": "10:20",
    "主持人": "张红",
    "记录人": "李青",
    "应到": 5,
    "实到": 5,
}


def read(*changes: dict[str, Any], today: str = "2025-06-30") -> tuple[list[Draft], Findings]:
    """The drafts of rows that differ from the plain one as told, the first in row 4."""
    rows = [tuple((PLAIN | change).get(heading) for heading in MEETINGS) for change in changes or ({},)]
    ledger = ledger_of("三会一课记录（2024年）", MEETINGS, *rows)
    findings = Findings(ledger)
    drafts = [read_meeting(findings, known_units(), row, today) for row in ledger.rows]
    return [draft for draft in drafts if draft is not None], findings


def test_a_plain_row_is_taken_as_it_stands() -> None:
    (draft,), findings = read()
    assert (findings.errors, findings.remarks) == ([], [])
    assert draft.facts.model_dump(exclude_defaults=True) == {
        "unit_kind": "branch",
        "unit_id": FIRST_BRANCH,
        "branch_id": FIRST_BRANCH,
        "kind": "branch_committee_meeting",
        "title": "第一党支部第1次支委会",
        "date": "2024-01-24",
        "start": "09:00",
        "end": "10:20",
        "expected": 5,
        "present": 5,
    }
    assert (draft.chair, draft.recorder) == (WrittenName("张红"), WrittenName("李青"))


@pytest.mark.parametrize(
    ("change", "code", "column", "value"),
    [
        ({"支部名称": "第四十党支部"}, "unknown_branch", "支部名称", "第四十党支部"),
        ({"支部名称": None}, "unknown_branch", "支部名称", None),
        ({"会议类型": "茶话会"}, "unknown_kind", "会议类型", "茶话会"),
        ({"会议类型": None}, "unknown_kind", "会议类型", None),
        ({"会议类型": "党小组会", "会议名称": "第三党小组会议"}, "unknown_party_group", "会议名称", "第三党小组会议"),
        ({"日期": "2024-02-30"}, "impossible_date", "日期", "2024-02-30"),
        ({"实到": 6}, "present_above_expected", "实到", "6"),
        ({"结束时间": "9:00"}, "end_not_after_start", "结束时间", "9:00"),
        ({"结束时间": "8:59"}, "end_not_after_start", "结束时间", "8:59"),
        ({"实到": 3, "缺席人员及原因": "曹某（开庭）"}, "absence_without_reason", "缺席人员及原因", "曹某（开庭）"),
        ({"实到": 4}, "absence_without_reason", "缺席人员及原因", None),
    ],
)
def test_a_row_is_refused_by_place_and_value(change: dict[str, Any], code: str, column: str, value: str | None) -> None:
    drafts, findings = read({}, change)
    assert len(drafts) == 1
    assert [(e.row, e.column, e.value, e.code) for e in findings.errors] == [(5, column, value, code)]
    assert findings.errors[0].expected != ""


def test_every_error_of_every_row_is_found() -> None:
    _, findings = read({"日期": "2024-02-30", "实到": 6}, {"支部名称": "无此支部", "会议类型": "茶话会"}, {})
    assert [(e.row, e.code) for e in findings.errors] == [
        (4, "impossible_date"),
        (4, "present_above_expected"),
        (5, "unknown_branch"),
        (5, "unknown_kind"),
    ]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"开始时间": "上午"}, "time_unreadable"),
        ({"应到": "若干"}, "number_unreadable"),
        ({"日期": "2023-12-30"}, "date_outside_year"),
        ({"日期": "2025-07-01"}, "date_outside_year"),
        ({"日期": None}, "date_missing"),
        ({"日期": "/"}, "date_missing"),
        ({"会议名称": None}, "title_missing"),
        ({"主持人": "张红、李青"}, "several_names"),
        ({"缺席人员及原因": "曹某（开庭）"}, "more_absences_than_absent"),
        ({"实到": 3, "缺席人员及原因": "曹某、蒋某（出差）"}, "reason_shared"),
        ({"日期": "2024-12-31", "备注": "20余次"}, "day_of_many"),
        ({"日期": "月底"}, "date_unreadable"),
        ({"日期": ("number", "2024.1")}, "month_uncertain"),
        ({"日期": "2024年2月20日至21日"}, "several_days"),
        ({"地点": "楼" * 300}, "text_shortened"),
        ({"附件": "签" * 300}, "text_shortened"),
        ({"会议名称": "会" * 300}, "text_shortened"),
        ({"实到": 4, "缺席人员及原因": "曹某（" + "因" * 300 + "）"}, "text_shortened"),
    ],
)
def test_what_is_only_odd_is_imported_with_a_remark(change: dict[str, Any], code: str) -> None:
    (draft,), findings = read(change)
    assert findings.errors == []
    assert findings.remarks[0].code == code
    assert code in draft.reading.codes
    assert findings.remarks[0].row == 4


def test_a_date_that_is_still_to_come_is_odd_and_no_more() -> None:
    (draft,), findings = read({"日期": "2024-12-31"}, today="2024-12-30")
    assert [remark.code for remark in findings.remarks] == ["date_in_future"]
    assert draft.facts.date == "2024-12-31"


def test_a_month_or_a_year_stays_a_month_or_a_year() -> None:
    drafts, findings = read({"日期": "2024年3月"}, {"日期": "2024年"})
    assert [draft.facts.date for draft in drafts] == ["2024-03", "2024"]
    assert findings.remarks == []


def test_a_group_is_named_by_the_title_or_by_its_column() -> None:
    drafts, _ = read(
        {"会议类型": "党小组会", "会议名称": "第一党支部第一党小组1月会议"},
        {"会议类型": "黨小組會", "会议名称": "第二党小组学习会"},
    )
    assert [(d.facts.unit_kind, d.facts.unit_id, d.facts.branch_id) for d in drafts] == [
        ("party_group", FIRST_GROUP, FIRST_BRANCH),
        ("party_group", SECOND_GROUP, FIRST_BRANCH),
    ]


def test_the_party_committee_is_known_from_the_start() -> None:
    (draft,), _ = read({"支部名称": "机关党委", "会议类型": "普法宣传", "日期": "2024年", "备注": "20余次"})
    assert (draft.facts.unit_kind, draft.facts.unit_id) == ("party_committee", str(party_committee_id(SITE)))
    assert draft.facts.branch_id is None
    assert draft.facts.occurrences == LowerBound(at_least=20, words="20余次")
    assert draft.facts.date == "2024"


def test_a_note_is_a_campaign_or_text() -> None:
    drafts, _ = read({"备注": "党纪学习教育"}, {"备注": "因故改期，见纪要"})
    assert [(d.facts.campaigns, d.minutes.remark) for d in drafts] == [
        (("党纪学习教育",), None),
        ((), "因故改期，见纪要"),
    ]


@pytest.mark.parametrize(
    ("text", "campaign"),
    [
        ("党纪学习教育", True),
        ("专项整治行动", True),
        ("五基三化提升年", True),
        ("模范机关创建活动", True),
        ("全年", False),
        ("2024年", False),
        ("线上活动", False),
        ("补开", False),
        ("院领导参加，重温誓词教育", False),
    ],
)
def test_a_campaign_is_told_by_its_form(text: str, campaign: bool) -> None:
    assert is_campaign(text) is campaign


def test_absences_come_by_person_or_by_number() -> None:
    (draft,), _ = read({"实到": 2, "缺席人员及原因": "张红（刑一庭）（开庭）；2人出差"})
    assert draft.absences == [NamedAbsence(WrittenName("张红", "刑一庭"), "开庭"), CountedAbsence(2, "出差")]


def test_equal_rows_are_numbered_and_found_again() -> None:
    same = {"会议类型": "集中研讨", "会议名称": "集中研讨（第一党支部）"}
    wider = {"会议类型": "集中研讨", "会议名称": "集中研讨(第一党支部)"}
    drafts, _ = read(same | {"日期": "2024-02-26"}, wider | {"日期": "2024-03-26"}, {})
    key = ("meeting_records", 2024, "第一党支部", "study_seminar", "集中研讨(第一党支部)")
    assert activity_ids(SITE, drafts[0].reading.findings.ledger, drafts)[:2] == [
        natural_id(SITE, *key, 1),
        natural_id(SITE, *key, 2),
    ]


@pytest.mark.parametrize("column", ["党小组", "缺席人员及原因", "列席人员", "备注", "地点", "附件", "主持人", "议题"])
@pytest.mark.parametrize("nothing", ["无", "/", "-", "—", "――", "暂无"])
def test_a_dash_says_nothing_in_any_column(column: str, nothing: str) -> None:
    (draft,), findings = read({column: nothing, "会议类型": "党小组会", "会议名称": "第一党支部第一党小组1月会议"})
    without, _ = read({column: None, "会议类型": "党小组会", "会议名称": "第一党支部第一党小组1月会议"})
    assert (findings.errors, findings.remarks) == ([], [])
    assert (draft.facts, draft.minutes, draft.absences, draft.non_voting, draft.chair) == (
        *(without[0].facts, without[0].minutes, without[0].absences, without[0].non_voting, without[0].chair),
    )


def test_a_day_without_a_year_is_of_the_titles_year() -> None:
    drafts, findings = read({"日期": "1月20日"}, {"日期": "２月"}, {"日期": "1月20日-21日"})
    assert [draft.facts.date for draft in drafts] == ["2024-01-20", "2024-02", "2024-01-20"]
    assert [(remark.row, remark.code) for remark in findings.remarks] == [(6, "several_days")]
    assert read({"日期": "2月30日"})[1].errors[0].code == "impossible_date"


def test_a_date_that_cannot_be_read_counts_in_the_year_and_its_words_are_kept() -> None:
    (draft,), _ = read({"日期": "月底"})
    assert (draft.facts.date, draft.minutes.remark) == ("2024", "日期：月底")


def test_what_is_too_long_for_its_field_stands_whole_in_the_remark_of_the_minutes() -> None:
    (draft,), _ = read({"地点": "楼" * 300, "备注": "见纪要"})
    assert draft.facts.place == "楼" * 254 + "…"
    assert draft.minutes.remark == "见纪要\n地点：" + "楼" * 300


def test_a_long_title_is_shortened_and_its_record_is_known_by_the_whole() -> None:
    drafts, _ = read({"会议名称": "会" * 300}, {"会议名称": "会" * 301})
    assert [draft.key[-1] for draft in drafts] == ["会" * 300, "会" * 301]
    assert {draft.facts.title for draft in drafts} == {"会" * 254 + "…"}


def test_several_pieces_of_evidence_are_several_references() -> None:
    (draft,), _ = read({"附件": "签到表；会议记录\n照片3张"})
    assert draft.minutes.evidence == ("签到表", "会议记录", "照片3张")


def test_text_that_no_record_can_hold_is_refused() -> None:
    _, findings = read({"议题": "议" * 20_001}, {"备注": "注" * 19_000, "地点": "楼" * 2_000})
    assert [(e.row, e.column, e.code) for e in findings.errors] == [
        (4, "议题", "text_too_long"),
        (5, "备注", "text_too_long"),
    ]


def test_absences_beyond_a_thousand_are_counted_together() -> None:
    (draft,), findings = read({"应到": 1500, "实到": 0, "缺席人员及原因": "；".join(["曹某（开庭）"] * 1500)})
    assert (len(draft.absences), draft.absences[-1]) == (1000, CountedAbsence(501, "其余人员，见备注"))
    assert [remark.code for remark in findings.remarks] == ["text_shortened"]


def test_a_unit_is_known_by_its_name_as_it_is_recorded() -> None:
    (draft,), _ = read({"支部名称": "第一黨支部"})
    assert draft.key[1] == "第一党支部"
    (traditional,), _ = read({"支部名称": "离退休党支部"})
    assert traditional.key[1] == "離退休黨支部"


def test_two_units_of_one_name_are_never_chosen_between_in_silence() -> None:
    _, findings = read(
        {"支部名称": "第十党支部"}, {"会议类型": "党小组会", "支部名称": "第九党支部", "党小组": "第一党小组"}
    )
    assert [(e.row, e.column, e.code) for e in findings.errors] == [
        (4, "支部名称", "unknown_branch"),
        (5, "党小组", "unknown_party_group"),
    ]
    assert ["有几个" in error.problem for error in findings.errors] == [True, True]
