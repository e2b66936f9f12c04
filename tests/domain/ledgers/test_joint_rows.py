"""Every column of 联建协议 and 联建活动 with good, odd and impossible contents."""

from __future__ import annotations

from typing import Any

import pytest

from tests.domain.ledgers.given import FIRST_BRANCH, NINTH_BRANCH
from tests.domain.ledgers.joint_given import AGREEMENT, COURT, activity, agreement, refused, remarked


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
