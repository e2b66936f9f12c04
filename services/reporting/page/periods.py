"""Periods as people read them: `2025-02` is 2025年2月, `2025-Q3` is 2025年第三季度."""

from typing import Final

_QUARTERS: Final = dict(zip(("Q1", "Q2", "Q3", "Q4"), "一二三四", strict=True))
_HALVES: Final = {"H1": "上半年", "H2": "下半年"}


def period_words(period: str) -> str:
    """The period in words; a day stays as it is written."""
    year, _, part = period.partition("-")
    if part in _QUARTERS:
        return f"{year}年第{_QUARTERS[part]}季度"
    if part in _HALVES:
        return f"{year}年{_HALVES[part]}"
    if not part:
        return f"{year}年"
    return f"{year}年{int(part)}月" if part.isdecimal() else period
