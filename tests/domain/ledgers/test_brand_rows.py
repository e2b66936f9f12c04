"""Every column of 品牌台账 with impossible contents; how parties and their levels are read."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given as for_any
from hypothesis import strategies as st

from services.activities.imports.parties import house_and_branch, level_of_name, level_of_words, written_parties
from tests.domain.ledgers.joint_given import brand, refused


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
