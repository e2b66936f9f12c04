"""The year in prose: every number is one of the report's, and a part without figures is left out."""

import re
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from services.reporting.page.paragraph import paragraphs

REPORT: dict[str, Any] = {
    "members": 132,
    "branches": 9,
    "groups": 20,
    "by_kind": {"branch_assembly": 36, "party_lesson": 31, "thematic_lesson": 37, "study_seminar": 66},
    "theme_days": 106,
    "lower_bounds": {"legal_outreach": "20余次"},
    "missing": [{"unit": "第三党支部", "obligation": "branch_committee_meeting", "period": "2024-05"}],
    "agreements": 24,
    "partners": 24,
    "partner_levels": {"supreme": 2, "high": 6, "basic": 16},
    "joint": 41,
    "participations": 91,
    "seats": 762,
    "problems": 26,
    "solved": 10,
    "brands": 10,
    "unknown_brands": 5,
}
NOTHING: dict[str, Any] = dict.fromkeys(REPORT, 0) | {
    "by_kind": {},
    "lower_bounds": {},
    "missing": [],
    "partner_levels": {},
}


def test_a_year_is_told_as_offices_tell_it() -> None:
    assert paragraphs("青岚市中级人民法院", 2024, "2024-12-31", REPORT) == [
        "2024年，青岚市中级人民法院共有党员132名，设党支部9个、党小组20个。",
        "全年召开支部党员大会36次，讲授党课31次、专题党课37次，开展主题党日106次、集中研讨66次、普法宣传20余次。",
        "履行联建协议24份，共建单位24个（最高法院2个、高级法院6个、基层法院16个）；"
        "开展联建活动41次，参加支部（单位）91个次、人员762人次；联合会商问题26个，已解决10个。",
        "创建党建品牌10个，其中5个台账未写明名称。",
        "期限已过、未见记录的应办事项1项：第三党支部2024年5月支委会。",
    ]


def test_a_year_that_is_not_over_says_up_to_when() -> None:
    told = paragraphs("青岚市中级人民法院", 2024, "2024-06-30", REPORT)
    assert told[0].startswith("2024年（截至6月30日），")
    assert told[1].startswith("期间召开")


def test_what_has_no_figures_is_not_told() -> None:
    assert paragraphs("青岚市中级人民法院", 2024, "2024-12-31", NOTHING) == [
        "2024年，青岚市中级人民法院共有党员0名，设党支部0个、党小组0个。"
    ]


@given(
    st.fixed_dictionaries({key: st.integers(10_000, 99_999) for key, value in REPORT.items() if isinstance(value, int)})
)
def test_every_number_of_the_text_is_one_of_the_report(figures: dict[str, int]) -> None:
    told = "".join(paragraphs("青岚市中级人民法院", 2024, "2024-12-31", REPORT | figures))
    known = {
        str(value) for value in [*figures.values(), *REPORT["by_kind"].values(), *REPORT["partner_levels"].values()]
    }
    assert set(re.findall(r"\d+", told)) - known - {"2024", "20", "1", "5"} == set()
    assert {str(value) for value in figures.values()} <= set(re.findall(r"\d+", told))
