"""The words of ledgers: normal form, traditional characters, Chinese numerals."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from typing import Final

# Only what occurs in headers, kinds, posts and units; names of persons keep their own characters.
_TRADITIONAL: Final = str.maketrans(
    "黨組會議題錄記員導長頭書產業務預備轉參與單位開時間結點報類級別號碼聯繫電話學歷縣區門職責",
    "党组会议题录记员导长头书产业务预备转参与单位开时间结点报类级别号码联系电话学历县区门职责",
)
_TRADITIONAL_MORE: Final = str.maketrans(
    "種動態應實際個數過決誌願審養訓練習論壇勵協簽訂標準築進創鑄護強績評選樹載體彙總計說釋無"
    "稱臺賬帳廳離營團隊處檢測驗證據達場專課節講讀週傳統慶紀還關係費額條線編輯對為來從後幾發"
    "機國問內認項榮譽雙狀劃謀層況註牽約絡釋義終滿辦擬獲進續執無東廣華農財專",
    "种动态应实际个数过决志愿审养训练习论坛励协签订标准筑进创铸护强绩评选树载体汇总计说释无"
    "称台账账厅离营团队处检测验证据达场专课节讲读周传统庆纪还关系费额条线编辑对为来从后几发"
    "机国问内认项荣誉双状划谋层况注牵约络释义终满办拟获进续执无东广华农财专",
)

_DIGITS: Final = {c: n for n, c in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}
_TENS: Final = {"十": 10, "百": 100, "千": 1000}
_ORDINAL: Final = re.compile(r"第([零〇一二两三四五六七八九十百千]+|\d+)")


_PUNCTUATION: Final = frozenset("，；：！？（）．～")
"""What NFKC would turn into Latin punctuation."""


_CONTROLS: Final = frozenset([*range(0x20), *range(0x7F, 0xA0), *range(0xD800, 0xE000)])
"""What no record can hold: controls and halves of characters count as blanks."""

_REMEMBERED: Final = 20_000


class _Table(dict[int, str]):
    """What becomes of each character, for `str.translate`: found out once, for a file uses the same ones over again."""

    def __init__(self, of: Callable[[str], str]) -> None:
        super().__init__()
        self._of = of

    def __missing__(self, code: int) -> str:
        found = " " if code in _CONTROLS else self._of(chr(code))
        if len(self) < _REMEMBERED:
            self[code] = found
        return found


_WITHOUT_CONTROLS: Final = _Table(str)
_TIDY: Final = _Table(lambda c: c if c in _PUNCTUATION else unicodedata.normalize("NFKC", c))


def tidy(text: str) -> str:
    """As the office wrote it, with plain letters, digits and blanks; Chinese punctuation stays."""
    return " ".join(text.translate(_TIDY).split())


def normal(text: str) -> str:
    """NFKC (full-width digits become plain ones), no white space around, one space inside."""
    return " ".join(unicodedata.normalize("NFKC", text.translate(_WITHOUT_CONTROLS)).split())


def compact(text: str) -> str:
    """NFKC without any white space: 合 计 is 合计."""
    return "".join(unicodedata.normalize("NFKC", text.translate(_WITHOUT_CONTROLS)).split())


def simplified(text: str) -> str:
    """Compact, with the traditional characters of ledgers written simplified; for comparing, never for keeping."""
    return compact(text).translate(_TRADITIONAL).translate(_TRADITIONAL_MORE)


def chinese_number(text: str) -> int | None:
    """The whole number that `text` writes in Chinese numerals or digits, up to 9999: 二十 is 20."""
    if text.isascii() and text.isdigit():
        return int(text)
    total = digit = 0
    for character in text:
        if character in _DIGITS:
            digit = _DIGITS[character]
        elif character in _TENS:
            total += (digit or 1) * _TENS[character]
            digit = 0
        else:
            return None
    return total + digit if text else None


def ordinal(name: str) -> int | None:
    """The ordinal that a unit's name carries: 第九党支部 is 9, 第十党支部 10, 机关党委 None."""
    match = _ORDINAL.search(simplified(name))
    return chinese_number(match.group(1)) if match else None


def column_letter(number: int) -> str:
    """The name of a column: 1 is A, 16384 is XFD."""
    letters = ""
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(65 + rest) + letters
    return letters
