"""Dates, times and ids are ASCII and nothing else: what is stored once is read by every program for ever."""

from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from shared.contracts.activities import ObligationKey
from shared.contracts.lookups import LogPosition
from shared.contracts.values import ClockTime, Day, Id, PartialDate

UUID = "5d0c0f35-2f0f-5b1a-9f43-0a4f6a3d7c03"


@pytest.mark.parametrize(
    ("form", "texts"),
    [
        (PartialDate, ["2024", "2024-02", "2024-02-29"]),
        (Day, ["2024-02-29", "1900-01-01", "2200-12-31"]),
        (ClockTime, ["00:00", "09:30", "23:59"]),
        (Id, [UUID]),
        (LogPosition, ["members.1@0", "members.12@1042"]),
    ],
)
def test_what_is_well_formed_is_taken_as_it_stands(form: Any, texts: list[str]) -> None:
    assert [TypeAdapter(form).validate_python(text) for text in texts] == texts


@pytest.mark.parametrize(
    ("form", "text"),
    [
        (PartialDate, "２０２４-02-20"),
        (PartialDate, "٢٠٢٤-٠٢"),
        (PartialDate, "2024\n"),
        (PartialDate, "2024-02-20\n"),
        (PartialDate, "2024-2"),
        (Day, "2024-02-20\n"),
        (Day, "2024-0२-20"),
        (Day, "2024-02"),
        (Day, "2023-02-29"),
        (ClockTime, "09:3０"),
        (ClockTime, "1٩:30"),
        (ClockTime, "09:30\n"),
        (ClockTime, "24:00"),
        (Id, UUID + "\n"),
        (Id, UUID.upper()),
        (LogPosition, "members.1٠@1"),
        (LogPosition, "members.1@1\n"),
    ],
)
def test_other_digits_a_line_break_and_impossible_days_are_refused(form: Any, text: str) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(form).validate_python(text)


def test_a_refused_date_says_how_one_is_written() -> None:
    with pytest.raises(ValidationError, match="a date is YYYY, YYYY-MM or YYYY-MM-DD"):
        TypeAdapter(PartialDate).validate_python("20240220")


@pytest.mark.parametrize("period", ["2024", "2024-02", "2024-12", "2024-Q1", "2024-Q4"])
def test_a_period_is_a_year_a_month_or_a_quarter(period: str) -> None:
    key = ObligationKey(unit_kind="branch", unit_id=UUID, obligation="branch_assembly", period=period)
    assert key.period == period


@pytest.mark.parametrize(
    "period",
    [
        "",
        "2024-13",
        "2024-00",
        "2024-Q0",
        "2024-Q5",
        "2024-q1",
        "2024-2",
        "２０２４",
        "2024\n",
        "全年",
        "2024-02-01",
        "1024",
    ],
)
def test_what_is_no_period_is_refused(period: str) -> None:
    with pytest.raises(ValidationError, match="period"):
        ObligationKey(unit_kind="branch", unit_id=UUID, obligation="branch_assembly", period=period)
