"""Whole numbers and numbers known only from below."""

from __future__ import annotations

import re
from typing import Final

from shared.contracts.values import LowerBound
from shared.ledgers.cells import Cell, Unreadable
from shared.ledgers.words import chinese_number, compact, normal

_COUNT: Final = re.compile(r"^(\d{1,6}|[零一二三四五六七八九十百]{1,7})(?:人|名|个|位|次|场|期)?$")
_UNIT: Final = "(?:人|名|个|位|次|场|期|场次|人次|节|堂|件|篇)?"
_NUMBER: Final = r"(\d{1,6}|[一二三四五六七八九十百千]{1,9})"
_LOWER_BOUND: Final = re.compile(rf"^{_NUMBER}{_UNIT}(?:余|多|\+|以上){_UNIT}(?:以上)?$")
_UNKNOWN: Final = re.compile(r"^(?:\*+|[-—–―─/\\_]+|无|暂无|没有|不详|未知|待定)$")

EXPECTED_COUNT: Final = "整数，如 16"


def whole_number(cell: Cell) -> int:
    """The count of a cell, `Unreadable` if it is none; 16人 is 16."""
    text = compact(cell.text)
    match = _COUNT.match(text)
    number = chinese_number(match.group(1)) if match else None
    if number is None or cell.kind in ("day", "time"):
        raise Unreadable("number_unreadable", "不是整数", EXPECTED_COUNT)
    return number


def lower_bound(text: str) -> LowerBound | None:
    """`20余次`, `20多次`, `20+`, `20次以上`, `二十余次`: at least 20, with the office's own words; else None."""
    match = _LOWER_BOUND.match(compact(text))
    number = chinese_number(match.group(1)) if match else None
    return None if number is None else LowerBound(at_least=number, words=normal(text))


def says_nothing(text: str) -> bool:
    """Empty, a dash, 无, or the `**` of a template: unknown, never 0."""
    plain = compact(text)
    return not plain or _UNKNOWN.match(plain) is not None
