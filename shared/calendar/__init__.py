"""Chinese workdays: weekends, public holidays and make-up workdays (调休), as a table of loaded years."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from importlib import resources

_SATURDAY = 5
_ONE_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Calendar:
    """`days_off` are weekdays without work, `make_up_workdays` weekend days with work, both of `years` only."""

    years: frozenset[int]
    days_off: frozenset[date]
    make_up_workdays: frozenset[date]


@dataclass(frozen=True)
class Workdays:
    """A number of workdays; `provisional` (暂定) where a year of the span is not loaded and weekends alone decided."""

    days: int
    provisional: bool


def is_workday(calendar: Calendar, day: date) -> bool:
    """Whether people work on `day`; in a year that is not loaded, Monday to Friday."""
    if day.weekday() < _SATURDAY:
        return day not in calendar.days_off
    return day in calendar.make_up_workdays


def workdays_between(calendar: Calendar, start: date, end: date) -> Workdays:
    """The workdays after `start` up to and including `end`; none if `end` is not later."""
    days = sum(is_workday(calendar, start + timedelta(days=n)) for n in range(1, (end - start).days + 1))
    years = range(start.year, max(start.year, end.year) + 1)
    return Workdays(days, provisional=not calendar.years.issuperset(years))


def last_workday(calendar: Calendar, first: date, last: date) -> date | None:
    """The last workday from `first` to `last`; None if there is none or a year is not loaded."""
    if not calendar.years.issuperset(range(first.year, last.year + 1)):
        return None
    day = last
    while day >= first:
        if is_workday(calendar, day):
            return day
        day -= _ONE_DAY
    return None


@cache
def load_calendar() -> Calendar:
    """The calendar that comes with the product."""
    years = json.loads(resources.files(__package__).joinpath("workdays.json").read_text("utf-8"))
    return Calendar(
        years=frozenset(int(year) for year in years),
        days_off=_days(years, "days_off"),
        make_up_workdays=_days(years, "make_up_workdays"),
    )


def _days(years: dict[str, dict[str, list[str]]], column: str) -> frozenset[date]:
    return frozenset(date.fromisoformat(f"{year}-{day}") for year, table in years.items() for day in table[column])
