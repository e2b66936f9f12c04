"""Dates and times as offices write them."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.ledgers.cells import Cell, CellKind, Unreadable
from shared.ledgers.dates import clock_time, partial_date, written_date

_FULL_WIDTH = str.maketrans("0123456789", "０１２３４５６７８９")


@pytest.mark.parametrize(
    ("kind", "text", "expected"),
    [
        ("text", "2024/02/20", "2024-02-20"),
        ("text", "2024-02-20", "2024-02-20"),
        ("text", "2024.2.20", "2024-02-20"),
        ("text", "2024年2月20日", "2024-02-20"),
        ("text", "２０２４-０２-２０", "2024-02-20"),
        ("text", " 2024 年 2 月 20 日（星期二）", "2024-02-20"),
        ("text", "二〇二四年二月二十日", "2024-02-20"),
        ("text", "2024-02-20 09:30", "2024-02-20"),
        ("day", "2024-02-20", "2024-02-20"),
        ("day", "2024-02-20T09:30:00", "2024-02-20"),
        ("number", "45342", "2024-02-20"),
        ("number", "20240220", "2024-02-20"),
        ("text", "1972年6月", "1972-06"),
        ("text", "1972.06", "1972-06"),
        ("number", "1972.06", "1972-06"),
        ("text", "2024年", "2024"),
        ("number", "2024", "2024"),
    ],
)
def test_a_date_keeps_the_precision_it_was_written_in(kind: CellKind, text: str, expected: str) -> None:
    assert partial_date(Cell(1, 1, kind, text)) == expected


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("text", "2024-02-30"),
        ("text", "2023-02-29"),
        ("text", "2024.13"),
        ("text", "1024-02-20"),
    ],
)
def test_an_impossible_date_says_what_would_be_right(kind: CellKind, text: str) -> None:
    with pytest.raises(Unreadable) as refused:
        partial_date(Cell(1, 1, kind, text))
    assert refused.value.code == "impossible_date"
    assert "1998" in refused.value.expected or "2024-02-20" in refused.value.expected


@pytest.mark.parametrize(
    ("kind", "text", "code"),
    [
        ("text", "未转正", "date_unreadable"),
        ("text", "24.2.20", "date_unreadable"),
        ("text", "1月20日", "date_unreadable"),
        ("number", "-1", "date_unreadable"),
        ("time", "09:30:00", "date_unreadable"),
        ("number", "1998.1", "month_uncertain"),
    ],
)
def test_what_is_no_date_is_another_thing_than_a_date_that_never_was(kind: CellKind, text: str, code: str) -> None:
    with pytest.raises(Unreadable) as unread:
        partial_date(Cell(1, 1, kind, text))
    assert unread.value.code == code


def test_a_day_without_a_year_takes_the_year_it_is_given() -> None:
    cells = [Cell(1, 1, "text", text) for text in ("1月20日", "十二月三日", "３月", "2023年1月20日")]
    assert [partial_date(cell, 2024) for cell in cells] == ["2024-01-20", "2024-12-03", "2024-03", "2023-01-20"]


@given(st.dates(min_value=date(1900, 3, 1), max_value=date(2200, 12, 31)), st.sampled_from(range(8)))
def test_every_form_of_a_day_is_the_same_day(day: date, form: int) -> None:
    written = (
        f"{day:%Y/%m/%d}",
        f"{day:%Y-%m-%d}",
        f"{day.year}.{day.month}.{day.day}",
        f"{day.year}年{day.month}月{day.day}日",
        f"{day:%Y-%m-%d}".translate(_FULL_WIDTH),
        f"{day.year} 年{day.month}月 {day.day}号",
        f"{day:%Y%m%d}",
        f"{day:%Y—%m—%d}",
    )[form]
    assert written_date(written) == day.isoformat()


@given(st.text(max_size=30))
def test_any_text_is_a_date_or_is_refused(text: str) -> None:
    try:
        found = written_date(text)
    except Unreadable:
        return
    assert len(found) in (4, 7, 10)


@pytest.mark.parametrize(
    ("kind", "text", "expected"),
    [
        ("text", "９:00", "09:00"),
        ("text", "09：30", "09:30"),
        ("text", "下午3:05", "15:05"),
        ("text", "9时30分", "09:30"),
        ("text", "9点半", "09:30"),
        ("time", "15:30:00", "15:30"),
        ("number", "0.375", "09:00"),
    ],
)
def test_a_time_is_read_to_the_minute(kind: CellKind, text: str, expected: str) -> None:
    assert clock_time(Cell(1, 1, kind, text)) == expected


@pytest.mark.parametrize("text", ["25:00", "9:75", "上午", "全天"])
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(Unreadable):
        clock_time(Cell(1, 1, "text", text))
