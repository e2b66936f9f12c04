"""Every column of 联建协议, 联建活动 and 品牌台账 with good, odd and impossible contents."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given as for_any
from hypothesis import strategies as st

from services.activities.imports.agreements import AgreementDraft, read_agreement
from services.activities.imports.brands import BrandDraft, read_brand
from services.activities.imports.joint_activities import Agreements, JointDraft, read_joint_activity
from services.activities.imports.parties import (
    Parties,
    house_and_branch,
    level_of_name,
    level_of_words,
    written_parties,
)
from shared.contracts.joint import PartnerFacts
from shared.ledgers.row_reading import Findings
from tests.domain.ledgers.given import FIRST_BRANCH, NINTH_BRANCH, SITE, known_units, ledger_of

COURT = "青岚市中级人民法院"
COUNTY = PartnerFacts(organisation="青岚市云溪县人民法院", branch="第一党支部", level="basic")
AGREEMENT = {
    "协议编号": "联建〔2024〕1号",
    "甲方支部": "第一党支部",
    "甲方法院": COURT,
    "甲方级别": None,
    "乙方支部": "第一党支部",
    "乙方单位": "青岚市云溪县人民法院",
    "乙方级别": "基层法院",
    "共建目标": "共建共促",
    "共建内容": None,
    "双方职责": None,
    "四联类型": "思路联谋、品牌联创",
    "年度活动计划(次)": 2,
    "联系人": None,
    "签订日期": "2024.03.01",
    "期限(年)": 3,
    "状态": "履行中",
    "评估": None,
    "备注": None,
}
ACTIVITY = {
    "活动编号": "LJ2024-001",
    "协议编号": None,
    "名称": "联建活动",
    "日期": "2024-05-10",
    "牵头支部": "第一党支部",
    "参加单位及人数": "第一党支部（7人）、青岚市云溪县人民法院第一党支部（9人）",
    "层级关系": None,
    "四联类型": "问题联解",
    "议题": None,
    "问题清单": None,
    "解决情况": None,
    "成果": None,
    "地点": None,
    "备注": None,
}
BRAND = {
    "品牌名称": "青岚红帆",
    "支部": "第一党支部",
    "总品牌": None,
    "内涵": "**",
    "口号": None,
    "申报日期": "2023-03-01",
    "认定日期": "2023-04-01",
    "培育日期": None,
    "宣传日期": None,
    "选树日期": None,
    "载体": None,
    "项目清单": None,
    "成效": None,
    "荣誉": None,
    "最近更新": None,
    "备注": None,
}


def parties() -> Parties:
    return Parties(SITE, COURT, known_units(), {"a0000000-0000-4000-8000-000000000001": COUNTY})


def findings_of(title: str, row: dict[str, Any]) -> Findings:
    return Findings(ledger_of(title, tuple(row), tuple(row.values())))


def agreement(**cells: Any) -> tuple[AgreementDraft | None, Findings]:
    findings = findings_of("联建协议（2024年）", AGREEMENT | cells)
    (row,) = findings.ledger.rows
    return read_agreement(findings, parties(), row, "2026-06-30"), findings


def activity(**cells: Any) -> tuple[JointDraft | None, Findings]:
    findings = findings_of("联建活动（2024年）", ACTIVITY | cells)
    (row,) = findings.ledger.rows
    return read_joint_activity(findings, parties(), Agreements({}, {}, {}), row, "2026-06-30"), findings


def brand(**cells: Any) -> tuple[BrandDraft | None, Findings]:
    findings = findings_of("品牌台账（2024年）", BRAND | cells)
    (row,) = findings.ledger.rows
    return read_brand(findings, parties(), row, "2026-06-30"), findings


def refused(found: Findings) -> list[tuple[str | None, str]]:
    return [(error.column, error.code) for error in found.errors]


def remarked(found: Findings) -> list[tuple[str | None, str]]:
    return [(remark.column, remark.code) for remark in found.remarks]


@pytest.mark.parametrize(
    ("column", "written", "code"),
    [
        ("协议编号", None, "number_missing"),
        ("甲方支部", None, "unknown_branch"),
        ("甲方支部", "第二十党支部", "unknown_branch"),
        ("甲方支部", "第十党支部", "unknown_branch"),
        ("乙方支部", "第一党支部、第二党支部、第三党支部", None),
        ("签订日期", "2024-02-30", "impossible_date"),
        ("签订日期", "2024年13月", "impossible_date"),
        ("状态", "2023年5月终止", "ended_before_signed"),
    ],
)
def test_an_agreement_that_cannot_be_is_refused_at_its_column(column: str, written: Any, code: str | None) -> None:
    _, found = agreement(**{column: written})
    assert refused(found) == ([] if code is None else [(column, code)])


def test_an_agreement_without_partner_or_with_itself_is_refused() -> None:
    assert refused(agreement(乙方单位=None, 乙方支部=None)[1]) == [("乙方单位", "partner_missing")]
    assert refused(agreement(乙方单位=COURT)[1]) == [("乙方单位", "party_named_twice")]
    both = agreement(乙方单位="甲单位、乙单位", 乙方支部="一支部、二支部、三支部")[1]
    assert refused(both) == [("乙方支部", "partners_disagree")]
    foreign = agreement(甲方法院="岚山市中级人民法院")[1]
    assert refused(foreign) == [("甲方支部", "no_own_unit")]


@pytest.mark.parametrize(
    ("column", "written", "code"),
    [
        ("乙方级别", "很高", "partner_level_unknown"),
        ("四联类型", "思路联谋、胡乱", "joint_mode_unknown"),
        ("年度活动计划(次)", "若干", "number_unreadable"),
        ("签订日期", "年初", "date_unreadable"),
        ("签订日期", "2199-01-01", "date_in_future"),
        ("期限(年)", "永久", "term_unreadable"),
        ("期限(年)", 0, "term_unreadable"),
        ("状态", "怪怪的", "state_unknown"),
        ("状态", "拟签订", "signed_of_proposal"),
    ],
)
def test_what_is_odd_in_an_agreement_is_imported_with_a_remark(column: str, written: Any, code: str) -> None:
    draft, found = agreement(**{column: written})
    assert draft is not None
    assert code in [code for _, code in remarked(found)]


@pytest.mark.parametrize("column", sorted(set(AGREEMENT) - {"协议编号", "甲方支部", "乙方单位"}))
def test_two_stars_in_an_agreement_are_unknown_never_nought(column: str) -> None:
    draft, found = agreement(**{column: "**"})
    assert draft is not None
    assert refused(found) == []
    assert "**" not in repr((draft.facts, draft.details))
    assert draft.facts.planned_a_year == (None if column == "年度活动计划(次)" else 2)


@pytest.mark.parametrize(
    ("written", "months"),
    [(3, 36), ("3年", 36), ("三年", 36), ("１８个月", 18), ("一年半", 18), ("1.5", 18), ("**", None), (None, None)],
)
def test_terms_come_in_many_forms(written: Any, months: int | None) -> None:
    draft, _ = agreement(**{"期限(年)": written})
    assert draft is not None
    assert draft.facts.agreement_term_months == months


@pytest.mark.parametrize(("written", "planned"), [("２", 2), ("≥4次", 4), ("4次以上", 4), ("**", None), ("无", None)])
def test_planned_activities_come_in_many_forms(written: str, planned: int | None) -> None:
    draft, _ = agreement(**{"年度活动计划(次)": written})
    assert draft is not None
    assert draft.facts.planned_a_year == planned


@pytest.mark.parametrize(
    ("written", "ended"),
    [
        *(("履行中", None), ("未到期", None), ("已到期", "expired"), ("期满", "expired")),
        *(("已解除", "terminated"), ("履行完毕", "completed")),
    ],
)
def test_states_come_in_many_words(written: str, ended: str | None) -> None:
    draft, _ = agreement(状态=written)
    assert draft is not None
    assert draft.standing is not None
    assert draft.standing.ended == ended


def test_several_partners_stand_in_one_cell_in_the_order_of_their_branches_and_levels() -> None:
    draft, found = agreement(
        乙方单位="云岭省高级人民法院、枫叶社区", 乙方支部="第二党支部、党支部", 乙方级别="高级法院、院外"
    )
    assert draft is not None
    assert len(draft.facts.parties) == 2
    assert refused(found) == []


@pytest.mark.parametrize(
    ("column", "written", "code"),
    [
        ("活动编号", None, "number_missing"),
        ("牵头支部", None, "lead_missing"),
        ("参加单位及人数", None, "participants_missing"),
        ("参加单位及人数", "第一党支部（7人）", "one_party_alone"),
        ("参加单位及人数", "第一党支部（7人）、第一党支部（2人）", "party_named_twice"),
        ("参加单位及人数", "第一党支部（7人）、第三十党支部（2人）", "unknown_branch"),
        ("日期", "2024-02-30", "impossible_date"),
    ],
)
def test_a_joint_activity_that_cannot_be_is_refused_at_its_column(column: str, written: Any, code: str) -> None:
    _, found = activity(**{column: written})
    assert (column, code) in refused(found)


@pytest.mark.parametrize(
    ("column", "written", "code"),
    [
        ("协议编号", None, "agreement_missing"),
        ("协议编号", "没有的1号", "agreement_unknown"),
        ("名称", None, "title_missing"),
        ("日期", None, "date_missing"),
        ("日期", "2023-05-10", "date_outside_year"),
        ("牵头支部", "第九党支部", None),
        ("四联类型", "五联", "joint_mode_unknown"),
        ("参加单位及人数", "第一党支部（7人）、某某公司（20余人）", "seats_unreadable"),
        ("参加单位及人数", "第一党支部（7人）、某某公司（3人）", "partner_registered"),
    ],
)
def test_what_is_odd_in_a_joint_activity_is_imported_with_a_remark(column: str, written: Any, code: str | None) -> None:
    draft, found = activity(**{column: written})
    if code is not None:
        assert draft is not None
        assert code in [code for _, code in remarked(found)]


def test_participations_are_own_units_and_partners_with_their_seats() -> None:
    draft, _ = activity(参加单位及人数="第一党支部(７人)；第九黨支部（**人）、青岚市云溪县人民法院第一党支部9人")
    assert draft is not None
    assert draft.facts.joint is not None
    own = [one.party.party_id for one in draft.facts.joint.participations if one.party.party_kind == "own_unit"]
    assert own == [FIRST_BRANCH, NINTH_BRANCH]
    assert [one.seats for one in draft.facts.joint.participations] == [7, None, 9]


@pytest.mark.parametrize(
    ("problems", "solving", "expected"),
    [
        ("甲事", "已解决", [("甲事", True, None)]),
        ("甲事", "2024年6月已办结", [("甲事", True, "2024-06")]),
        ("甲事", "正在推进，已完成调研", [("甲事", False, None)]),
        ("甲事", "尚未解决", [("甲事", False, None)]),
        ("甲事", None, [("甲事", False, None)]),
        ("甲事；乙事", "已解决；正在推进", [("甲事", True, None), ("乙事", False, None)]),
        ("1.甲事 2.乙事", "1.已解决 2.拟于年内解决", [("甲事", True, None), ("乙事", False, None)]),
        ("一、甲事\n二、乙事", "均已解决", [("甲事", True, None), ("乙事", True, None)]),
        (None, None, []),
    ],
)
def test_problems_are_parted_and_known_as_solved_or_open(
    problems: str | None, solving: str | None, expected: list[tuple[str, bool, str | None]]
) -> None:
    draft, _ = activity(问题清单=problems, 解决情况=solving)
    assert draft is not None
    assert [(one.subject, one.solved, one.solved_on) for one in draft.problems] == expected


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        ({"品牌名称": None}, [("品牌名称", "name_missing")]),
        ({"支部": None}, [("支部", "unknown_branch")]),
        ({"支部": "第三十党支部"}, [("支部", "unknown_branch")]),
        ({"支部": "第一党支部、第一黨支部"}, [("支部", "party_named_twice")]),
        ({"申报日期": None}, [("申报日期", "step_skipped")]),
        ({"宣传日期": "2023-08-01"}, [("培育日期", "step_skipped")]),
        ({"认定日期": "2023-02-01"}, [("认定日期", "steps_out_of_order")]),
        ({"认定日期": "2023-02-30"}, [("认定日期", "impossible_date")]),
        ({"最近更新": "2023-02-30"}, [("最近更新", "impossible_date")]),
    ],
)
def test_a_brand_that_cannot_be_is_refused_at_its_column(
    cells: dict[str, Any], expected: list[tuple[str, str]]
) -> None:
    _, found = brand(**cells)
    assert refused(found) == expected


def test_a_brand_may_be_unknown_in_part_and_in_no_step_yet() -> None:
    draft, _ = brand(品牌名称="＊＊", 口号="**", 申报日期="**", 认定日期=None)
    assert draft is not None
    assert (draft.name, draft.unknown) == (None, ("name", "slogan", "concept"))
    assert draft.steps == {"submit": None}
    none_yet, found = brand(申报日期=None, 认定日期=None)
    assert none_yet is not None
    assert (none_yet.steps, refused(found)) == ({}, [])


@pytest.mark.parametrize(
    ("house", "level"),
    [
        ("国家澄明法院", "supreme"),
        ("云岭省高级人民法院", "high"),
        ("岚山市中级人民法院", "intermediate"),
        ("青岚市白鹭布依族苗族自治县人民法院", "basic"),
        ("青岚市枫林区人民法院", "basic"),
        ("岚江海事法院", "specialised"),
        ("枫叶社区", "outside"),
        ("某某法院", None),
    ],
)
def test_the_name_of_a_house_tells_its_level(house: str, level: str | None) -> None:
    assert level_of_name(house) == level


@pytest.mark.parametrize(
    ("words", "level"), [("最高法院", "supreme"), ("高級", "high"), ("基层人民法院", "basic"), ("别的", None)]
)
def test_levels_are_said_in_many_words(words: str, level: str | None) -> None:
    assert level_of_words(words) == level


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("某县人民法院第一党支部", ("某县人民法院", "第一党支部")),
        ("某县人民法院", ("某县人民法院", None)),
        ("枫叶社区党支部", ("枫叶社区", "党支部")),
        ("市司法局机关党支部", ("市司法局", "机关党支部")),
        ("岚江电力有限公司", ("岚江电力有限公司", None)),
    ],
)
def test_a_partner_written_in_one_is_house_and_branch(words: str, expected: tuple[str, str | None]) -> None:
    assert house_and_branch(words) == expected


@for_any(st.lists(st.tuples(st.sampled_from("甲乙丙丁"), st.integers(1, 999)), min_size=1, max_size=6))
def test_any_list_of_parties_is_read_back(every: list[tuple[str, int]]) -> None:
    text = "、".join(f"{name}单位党支部（{seats}人）" for name, seats in every)
    assert [(one.words, one.seats) for one in written_parties(text)] == [
        (f"{name}单位党支部", seats) for name, seats in every
    ]


@for_any(st.text(max_size=40))
def test_any_words_of_parties_are_read_without_fail(text: str) -> None:
    for one in written_parties(text):
        house_and_branch(one.words)
        level_of_name(one.words)
