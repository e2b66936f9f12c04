"""Numbers, lower bounds, ordinals, traditional characters."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.contracts.values import LowerBound
from shared.ledgers.cells import Cell, Unreadable
from shared.ledgers.numbers import lower_bound, says_nothing, whole_number
from shared.ledgers.words import chinese_number, column_letter, ordinal, simplified, tidy


@pytest.mark.parametrize(("text", "expected"), [("16", 16), ("１６", 16), ("16人", 16), ("十六", 16), (" 5 ", 5)])
def test_a_count_is_read_from_digits_and_numerals(text: str, expected: int) -> None:
    assert whole_number(Cell(1, 1, "text", text)) == expected


@pytest.mark.parametrize("text", ["-3", "16.5", "许多", "", "1e3", "16/15", "九百" * 2000])
def test_what_is_no_whole_number_is_refused(text: str) -> None:
    with pytest.raises(Unreadable):
        whole_number(Cell(1, 1, "text", text))


@pytest.mark.parametrize("text", ["20余次", "20多次", "20+", "20次以上", "20以上", "20余", "二十余次"])
def test_a_lower_bound_keeps_the_words_of_the_office(text: str) -> None:
    assert lower_bound(text) == LowerBound(at_least=20, words=text)


def test_full_width_digits_of_a_lower_bound_become_plain() -> None:
    assert lower_bound("２０余次") == LowerBound(at_least=20, words="20余次")


@pytest.mark.parametrize("text", ["20次", "近20次", "多次", "党纪学习教育", "20余次，另有3次", "", "千" * 300 + "余次"])
def test_what_bounds_nothing_from_below_is_no_lower_bound(text: str) -> None:
    assert lower_bound(text) is None


@pytest.mark.parametrize("text", ["", "  ", "/", "—", "――", "**", "无", "暂无"])
def test_a_dash_or_stars_say_nothing(text: str) -> None:
    assert says_nothing(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [("一", 1), ("十", 10), ("十二", 12), ("二十", 20), ("九十九", 99), ("一百零五", 105), ("12", 12), ("好", None)],
)
def test_chinese_numerals_are_numbers(text: str, expected: int | None) -> None:
    assert chinese_number(text) == expected


@given(st.integers(min_value=1, max_value=9999))
def test_digits_are_their_own_number(number: int) -> None:
    assert chinese_number(str(number)) == number


def test_a_branch_carries_its_ordinal() -> None:
    assert [ordinal(name) for name in ("第一党支部", "第九黨支部", "第十二党支部", "第３党支部", "机关党委")] == [
        1,
        9,
        12,
        3,
        None,
    ]


def test_headings_in_traditional_characters_are_the_same_words() -> None:
    assert simplified("會議類型 聯合開展單位 應到人數 黨員類型 記錄人") == "会议类型联合开展单位应到人数党员类型记录人"


def test_a_text_keeps_its_chinese_punctuation() -> None:
    assert tidy("　第１次（扩大）　会议：ＡＢ ") == "第1次（扩大） 会议：AB"


@pytest.mark.parametrize(("number", "letters"), [(1, "A"), (26, "Z"), (27, "AA"), (16384, "XFD")])
def test_columns_have_their_letters(number: int, letters: str) -> None:
    assert column_letter(number) == letters
