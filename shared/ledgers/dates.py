"""Dates and times as offices write them, with the precision they were written in."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Final

from shared.ledgers.cells import Cell, Unreadable
from shared.ledgers.words import chinese_number, compact

EXPECTED_DATE: Final = "真实存在的日期，如 2024-02-20、2024/02/20、2024.02.20、2024年2月20日，或只写 2024年2月、2024年"
EXPECTED_TIME: Final = "24 小时制的时刻，如 09:30"

_SEPARATED: Final = re.compile(r"^(\d{4})[-/.·](\d{1,2})(?:[-/.·](\d{1,2})日?)?$")
_CHINESE: Final = re.compile(r"^(\d{4})年(?:(\d{1,2})月(?:份)?(?:(\d{1,2})[日号]?)?)?$")
_PLAIN: Final = re.compile(r"^(\d{4})(?:(\d{2})(\d{2})?)?$")
_YEARLESS: Final = re.compile(r"^(\d{1,2})月(?:份)?(?:(\d{1,2})[日号]?)?$")
_SEVERAL: Final = re.compile(r"^(\d{4}[-/.]\d{1,2}[-/.]\d{1,2}日?|.*?[日号])[至到~\-、,和及].+$")
_ISO_MOMENT: Final = re.compile(r"^(\d{4}-\d{2}-\d{2})T")
_WEEKDAY: Final = "[一二三四五六日天]"
_TRAILING: Final = re.compile(
    rf"(?:\((?:星期|周|礼拜)?{_WEEKDAY}\)|(?:星期|周){_WEEKDAY}|[T ]?\d{{1,2}}:\d{{2}}(?::\d{{2}})?)$"
)
_CHINESE_DIGITS: Final = str.maketrans("〇零○Ｏ一二三四五六七八九", "0000123456789")
_DASHES: Final = str.maketrans("—–－‐−/．。", "-----/..")
_FIRST_SERIAL: Final = 5_480  # 1915-01-01; a smaller number is none of a ledger's days
_LAST_SERIAL: Final = 109_938  # 2200-12-31
_EPOCH: Final = date(1899, 12, 30)  # Excel counts a 29 February 1900 that never was

_TIME: Final = re.compile(
    r"^(上午|早上|下午|晚上|晚|中午)?(\d{1,2})(?::(\d{1,2})(?::\d{1,2})?|[时点](?:(\d{1,2})分?|(半)|整)?)$"
)
_AFTERNOON: Final = frozenset({"下午", "晚上", "晚", "中午"})


def partial_date(cell: Cell, year: int | None = None) -> str:
    """The date of a cell as `YYYY-MM-DD`, `YYYY-MM` or `YYYY`; one without a year is of the `year` given.

    `Unreadable` is `impossible_date` if the calendar has no such date, `month_uncertain` for the number 1998.1 (or
    1998.10), and `date_unreadable` for what is none.
    """
    if cell.kind == "number":
        return _from_number(cell.text)
    moment = _ISO_MOMENT.match(cell.text) if cell.kind == "day" else None
    return written_date(moment.group(1) if moment else cell.text, year)


def first_day(text: str, year: int | None = None) -> str | None:
    """The first of several days, `2024年2月20日至21日`; None where there are not several."""
    several = _SEVERAL.match(compact(text).translate(_DASHES))
    try:
        return written_date(several.group(1), year) if several else None
    except Unreadable as unread:
        if unread.code == "impossible_date":
            raise
        return None


def written_date(text: str, year: int | None = None) -> str:
    """The same as `partial_date` for text."""
    plain = compact(text).translate(_DASHES)
    if "年" in plain:
        plain = _chinese_year(plain)
    while (shorter := _TRAILING.sub("", plain)) != plain and shorter:
        plain = shorter
    plain = re.sub(r"^(\d{4}年)(.*)$", lambda m: m.group(1) + _arabic(m.group(2)), plain)
    for form in (_SEPARATED, _CHINESE, _PLAIN):
        if match := form.match(plain):
            return checked_date(*(int(part) if part else None for part in match.groups()))
    if year is not None and (match := _YEARLESS.match(_arabic(plain))):
        return checked_date(year, *(int(part) if part else None for part in match.groups()))
    raise Unreadable("date_unreadable", "不是能辨认的日期", EXPECTED_DATE)


def checked_date(year: int | None, month: int | None = None, day: int | None = None) -> str:
    """ISO 8601 of the parts that are there, if the calendar has such a date."""
    if year is None or not 1900 <= year <= 2200:
        raise Unreadable("impossible_date", "年份不在 1900 至 2200 之间", EXPECTED_DATE)
    try:
        date(year, 1 if month is None else month, 1 if day is None else day)
    except ValueError:
        raise Unreadable("impossible_date", "日历上没有这一天", EXPECTED_DATE) from None
    return f"{year:04d}" + (f"-{month:02d}" if month is not None else "") + (f"-{day:02d}" if day is not None else "")


def _chinese_year(plain: str) -> str:
    """二〇二四年… as 2024年…."""
    year, _, rest = plain.partition("年")
    return year.translate(_CHINESE_DIGITS) + "年" + rest


def _arabic(rest: str) -> str:
    """二月二十日 as 2月20日."""
    return re.sub(r"[一二三四五六七八九十]+", lambda match: str(chinese_number(match.group())), rest)


def _from_number(text: str) -> str:
    if re.fullmatch(r"(19|20|21)\d{2}(\d{2}(\d{2})?)?", text):
        return written_date(text)  # 2024, 202402 and 20240220 typed as numbers
    if match := re.fullmatch(r"((?:19|20)\d{2})\.(\d{2})", text):
        return checked_date(int(match.group(1)), int(match.group(2)))
    if re.fullmatch(r"(19|20)\d{2}\.\d", text):
        raise Unreadable(
            "month_uncertain", "数字格式的年月，分不清 1 月还是 10 月", "文本格式的年月，如 1998.10 或 1998年1月"
        )
    if re.fullmatch(r"\d+(\.\d+)?", text) and _FIRST_SERIAL <= float(text) <= _LAST_SERIAL:
        return (_EPOCH + timedelta(days=int(float(text)))).isoformat()
    raise Unreadable("date_unreadable", "不是能辨认的日期", EXPECTED_DATE)


def clock_time(cell: Cell) -> str:
    """The time of a cell as `HH:MM`; `Unreadable` if it is none."""
    if cell.kind == "number":
        return _time_from_number(cell.text)
    text = cell.text.rpartition("T")[2] if cell.kind == "day" else cell.text
    match = _TIME.match(compact(text))
    if match is None:
        raise Unreadable("time_unreadable", "不是能辨认的时刻", EXPECTED_TIME)
    half, hours, minutes, chinese_minutes, half_past = match.groups()
    hour = int(hours) + (12 if half in _AFTERNOON and int(hours) < 12 else 0)
    return _checked_time(hour, 30 if half_past else int(minutes or chinese_minutes or 0))


def _time_from_number(text: str) -> str:
    if not re.fullmatch(r"0?\.\d+(e-\d+)?|0", text):
        raise Unreadable("time_unreadable", "不是能辨认的时刻", EXPECTED_TIME)
    minutes = round(float(text) * 24 * 60)
    return _checked_time(minutes // 60, minutes % 60)


def _checked_time(hour: int, minute: int) -> str:
    if hour > 23 or minute > 59:
        raise Unreadable("time_unreadable", "一天中没有这个时刻", EXPECTED_TIME)
    return f"{hour:02d}:{minute:02d}"
