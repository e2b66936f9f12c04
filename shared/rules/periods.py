"""Periods by name (`2024-02`, `2024-Q3`, `2024`) and the days that a date of reduced precision covers."""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from datetime import date

from shared.rules.packs import PeriodLength


@dataclass(frozen=True)
class Period:
    """From `first` to `last`, both included."""

    name: str
    first: date
    last: date

    def covers(self, first: date, last: date) -> bool:
        """Whether all of `first` to `last` lies inside."""
        return self.first <= first and last <= self.last


def periods_of(year: int, length: PeriodLength) -> tuple[Period, ...]:
    """The periods of `year`, in order."""
    if length == "month":
        return tuple(Period(f"{year}-{month:02d}", *_months(year, month, month)) for month in range(1, 13))
    if length == "quarter":
        return tuple(Period(f"{year}-Q{n}", *_months(year, 3 * n - 2, 3 * n)) for n in range(1, 5))
    return (Period(str(year), *_months(year, 1, 12)),)


def span_of(partial: str) -> tuple[date, date]:
    """The first and last day of a `PartialDate`: all of them are possible, none is known."""
    parts = [int(part) for part in partial.split("-")]
    if len(parts) == 3:
        day = date(*parts)
        return day, day
    first, last = (parts[1], parts[1]) if len(parts) == 2 else (1, 12)
    return _months(parts[0], first, last)


def _months(year: int, first: int, last: int) -> tuple[date, date]:
    return date(year, first, 1), date(year, last, calendar.monthrange(year, last)[1])
