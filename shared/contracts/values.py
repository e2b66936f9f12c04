"""Values that several contracts share. All of them are canonical JSON as they stand."""

from __future__ import annotations

import re
from typing import Annotated, Final, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

_DAYS: Final = {1: 31, 2: 29, 3: 31, 4: 30, 5: 31, 6: 30, 7: 31, 8: 31, 9: 30, 10: 31, 11: 30, 12: 31}
_PARTIAL: Final = re.compile(r"([0-9]{4})(?:-([0-9]{2})(?:-([0-9]{2}))?)?")


def _leap(year: int) -> bool:
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)


def _check_partial_date(text: str) -> str:
    match = _PARTIAL.fullmatch(text)
    if match is None:
        raise ValueError("a date is YYYY, YYYY-MM or YYYY-MM-DD")
    year, month, day = (int(part) if part else None for part in match.groups())
    assert year is not None
    if not 1900 <= year <= 2200:
        raise ValueError("a year lies between 1900 and 2200")
    if month is not None and not 1 <= month <= 12:
        raise ValueError("a month lies between 01 and 12")
    if month is not None and day is not None:
        last = 28 if month == 2 and not _leap(year) else _DAYS[month]
        if not 1 <= day <= last:
            raise ValueError(f"{year}-{month:02d} has the days 01 to {last}")
    return text


PartialDate = Annotated[str, AfterValidator(_check_partial_date)]
"""ISO 8601 with reduced precision: `2024`, `2024-02` or `2024-02-20`; the length is the precision."""

Day = Annotated[PartialDate, StringConstraints(min_length=10)]
"""A whole calendar date, `2024-02-20`."""

ClockTime = Annotated[str, StringConstraints(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")]
"""Local wall-clock time to the minute, `09:30`."""

Id = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")]
"""A lower-case hyphenated UUID."""

ShortText = Annotated[str, StringConstraints(min_length=1, max_length=255)]
LongText = Annotated[str, StringConstraints(min_length=1, max_length=20_000)]
Count = Annotated[int, Field(ge=0, le=1_000_000)]
UnitKind = Literal["branch", "party_group", "party_committee"]
Level = Literal["supreme", "high", "intermediate", "basic", "specialised"]


class Value(BaseModel):
    """A frozen value without unknown fields."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class LowerBound(Value):
    """A number known only from below, with the office's own words: `20余次` is at least 20."""

    at_least: Count
    words: ShortText


def differing(old: Value, new: Value) -> tuple[str, ...]:
    """The fields, in the order of the model, in which two values of one model differ."""
    return tuple(name for name in type(new).model_fields if getattr(old, name) != getattr(new, name))
