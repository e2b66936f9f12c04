"""How different hands write the same day, time and number."""

from __future__ import annotations

from datetime import date
from typing import Final

_FULL_WIDTH: Final = str.maketrans("0123456789", "０１２３４５６７８９")


def day(value: date, hand: int) -> str | date:
    """One of six forms, the last a real Excel date."""
    return (
        value.strftime("%Y/%m/%d"),
        value.strftime("%Y-%m-%d"),
        value.strftime("%Y.%m.%d"),
        f"{value.year}年{value.month}月{value.day}日",
        value.strftime("%Y-%m-%d").translate(_FULL_WIDTH),
        value,
    )[hand % 6]


def birth(value: date, hand: int) -> str | date:
    """Often only the month is known."""
    return (f"{value.year}年{value.month}月", value.strftime("%Y.%m"), value)[hand % 3]


def full_width(text: str) -> str:
    return text.translate(_FULL_WIDTH)
