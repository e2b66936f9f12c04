"""Periods in words."""

import pytest

from services.reporting.page.periods import period_words


@pytest.mark.parametrize(
    ("period", "words"),
    [
        ("2025", "2025年"),
        ("2025-02", "2025年2月"),
        ("2025-12", "2025年12月"),
        ("2025-Q3", "2025年第三季度"),
        ("2025-H1", "2025年上半年"),
    ],
)
def test_a_period_is_said_in_words(period: str, words: str) -> None:
    assert period_words(period) == words


def test_a_day_stays_as_it_is_written() -> None:
    assert period_words("2025-02-28") == "2025-02-28"
