from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.calendar import Workdays, is_workday, last_workday, load_calendar, workdays_between

CALENDAR = load_calendar()


@pytest.mark.parametrize(
    ("day", "works"),
    [
        (date(2024, 2, 12), False),  # Spring Festival, a Monday
        (date(2024, 2, 18), True),  # make-up workday, a Sunday
        (date(2024, 10, 12), True),  # make-up workday, a Saturday
        (date(2025, 10, 8), False),
        (date(2026, 2, 28), True),
        (date(2023, 6, 23), False),
        (date(2024, 3, 2), False),  # an ordinary Saturday
        (date(2024, 3, 4), True),
    ],
)
def test_holidays_and_make_up_workdays_are_those_of_the_notices(day: date, works: bool) -> None:
    assert is_workday(CALENDAR, day) is works


def test_workdays_are_counted_after_the_first_day_up_to_and_including_the_last() -> None:
    assert workdays_between(CALENDAR, date(2024, 3, 4), date(2024, 3, 7)) == Workdays(3, provisional=False)


def test_the_spring_festival_counts_only_its_make_up_days() -> None:
    assert workdays_between(CALENDAR, date(2024, 2, 8), date(2024, 2, 20)) == Workdays(4, provisional=False)


def test_no_workday_lies_between_a_day_and_an_earlier_one() -> None:
    assert workdays_between(CALENDAR, date(2024, 3, 7), date(2024, 3, 4)) == Workdays(0, provisional=False)


def test_a_span_that_touches_a_year_not_loaded_is_provisional() -> None:
    assert workdays_between(CALENDAR, date(2026, 12, 31), date(2027, 1, 5)) == Workdays(3, provisional=True)
    assert workdays_between(CALENDAR, date(2022, 12, 30), date(2023, 1, 3)).provisional is True


def test_the_last_workday_of_a_period_skips_the_weekend() -> None:
    assert last_workday(CALENDAR, date(2024, 6, 1), date(2024, 6, 30)) == date(2024, 6, 28)
    assert last_workday(CALENDAR, date(2030, 6, 1), date(2030, 6, 30)) is None


@given(st.dates(date(2023, 1, 1), date(2026, 12, 31)), st.integers(0, 40), st.integers(0, 40))
def test_workdays_of_neighbouring_spans_add_up(start: date, first: int, second: int) -> None:
    middle = date.fromordinal(start.toordinal() + first)
    end = date.fromordinal(middle.toordinal() + second)
    parts = workdays_between(CALENDAR, start, middle).days + workdays_between(CALENDAR, middle, end).days
    assert workdays_between(CALENDAR, start, end).days == parts
