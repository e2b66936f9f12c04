"""公民身份号码, 联系电话 and 月党费基数 of a roster's row: looked at for recognising, stored only where the run may."""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation
from typing import Final

from services.members.domain.identifiers import MOST_FEN, PersonIdentifiers
from shared.ledgers.numbers import says_nothing
from shared.ledgers.row_reading import RowReading

NOBODY: Final = "00000000-0000-0000-0000-000000000000"
_WEIGHTS: Final = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_EXACT_DIGITS: Final = 15  # of a number in a spreadsheet; an ID number typed as one has lost its end
_PHONE: Final = re.compile(r"(\+?86-?)?1\d{10}|(0\d{2,3}-?)?\d{7,8}(-\d{1,6})?")
_FEN: Final = Decimal("0.01")


def read_identifiers(reading: RowReading, id_number: str | None, stored: frozenset[str]) -> PersonIdentifiers:
    """What of a row's identifiers is stored: the columns in `stored`, and no others are so much as read."""
    return PersonIdentifiers(
        person_id=NOBODY,
        id_number=id_number[:255] if id_number is not None and "id_number" in stored else None,
        phone=_phone(reading) if "phone" in stored else None,
        dues_base_fen=_dues_base(reading) if "dues_base" in stored else None,
    )


def read_id_number(reading: RowReading) -> str | None:
    """The ID number as far as it can tell people apart; what is wrong with it is remarked, never refused."""
    cell = reading.row.cells.get("id_number")
    if cell is None or says_nothing(cell.text):
        if "id_number" in reading.findings.ledger.headings:
            reading.remark("id_number", "id_number_missing", "没有公民身份号码，按姓名、出生年月、支部辨认")
        return None
    number = cell.compact.upper().lstrip("'‘’`")
    if cell.kind == "number" and len(number) > _EXACT_DIGITS:
        reading.remark("id_number", "id_number_damaged", "公民身份号码是数字格式，末几位已丢失；请改为文本格式")
        return None
    if not _checks(number):
        reading.remark("id_number", "id_number_odd", "公民身份号码的位数或校验码不对")
    return number


def _checks(number: str) -> bool:
    if len(number) != 18 or not number[:17].isascii() or not number[:17].isdigit():
        return False
    total = sum(int(digit) * weight for digit, weight in zip(number[:17], _WEIGHTS, strict=True))
    return number[17] == "10X98765432"[total % 11]


def _phone(reading: RowReading) -> str | None:
    cell = reading.row.cells.get("phone")
    if cell is None or says_nothing(cell.text):
        return None
    phone = cell.compact.lstrip("'‘’`")
    if not _PHONE.fullmatch(phone):
        reading.remark("phone", "phone_odd", "不像电话号码，照原样导入")
    return phone[:255]


def _dues_base(reading: RowReading) -> int | None:
    """In 分; what is no amount is left out."""
    cell = reading.row.cells.get("dues_base")
    if cell is None or says_nothing(cell.text):
        return None
    try:
        fen = Decimal(cell.compact.replace(",", "").removesuffix("元").removeprefix("¥")) / _FEN
    except InvalidOperation:
        fen = Decimal(-1)
    if not (fen.is_finite() and fen == fen.to_integral_value() and 0 <= fen <= MOST_FEN):
        reading.remark("dues_base", "dues_base_unreadable", "不是金额，没有采用；应为以元计的数，如 8235.50")
        return None
    return int(fen)
