"""What may not stand in a log, taken out before it is written: names, numbers of people, tokens, contents of ledgers.

Names cannot be told from other Chinese text, so no Chinese text is logged at all but under the few keys that
hold none; log messages and keys are English by convention.
"""

from __future__ import annotations

import re
from collections.abc import MutableMapping
from typing import Any, Final

HIDDEN = "[redacted]"

_FORBIDDEN_KEY: Final = re.compile(
    r"token|secret|password|authorization|cookie|ticket|session|id_number|phone|mobile"
    r"|^(name|names|person_name|value|cell|cells|row_values|content|contents|body|text|title|minutes|data|salt)$"
)
# Reasons of absence are free text; reasons of the program are words like `not_signed`.
_FREE_TEXT_KEY: Final = "reason"
_CODE: Final = re.compile(r"[a-z0-9_.\-]{1,60}")
_CHINESE_ALLOWED: Final = frozenset({"site_name", "kind_label"})
_PATTERNS: Final = (
    (re.compile(r"(?<![0-9A-Za-z])\d{17}[0-9Xx](?![0-9A-Za-z])"), HIDDEN),
    (re.compile(r"(?<![0-9A-Za-z])\d{15}(?![0-9A-Za-z])"), HIDDEN),
    (re.compile(r"(?<![0-9A-Za-z])(?:\+?86[- ]?)?1[3-9]\d[- ]?\d{4}[- ]?\d{4}(?![0-9A-Za-z])"), HIDDEN),
    (re.compile(r"(?<![0-9A-Za-z])0\d{2,3}-\d{7,8}(?![0-9A-Za-z])"), HIDDEN),
    (re.compile(r"(?i)\b(bearer\s+)[A-Za-z0-9_\-.=]+"), r"\1" + HIDDEN),
    (re.compile(r"([a-z]+://[^\s:/@]*:)[^\s@]+@"), r"\1" + HIDDEN + "@"),
    (re.compile(r"(?i)\b(ticket|token)=[A-Za-z0-9_\-]+"), r"\1=" + HIDDEN),
)
_CHINESE: Final = re.compile("[\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]+(?:·[\u3400-\u9fff]+)*")
_FULL_WIDTH: Final = {0xFF10 + digit: str(digit) for digit in range(10)}


def redact(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """A structlog processor, the last before the renderer."""
    for key, value in list(event.items()):
        event[key] = _clean(key, value)
    return event


def _clean(key: str, value: Any) -> Any:
    if _FORBIDDEN_KEY.search(key) or (key == _FREE_TEXT_KEY and not _CODE.fullmatch(str(value))):
        return HIDDEN
    if isinstance(value, str):
        return cleaned_text(value, keep_chinese=key in _CHINESE_ALLOWED)
    if isinstance(value, dict):
        return {cleaned_text(str(inner)): _clean(str(inner), item) for inner, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_clean(key, item) for item in value]
    if value is None or isinstance(value, bool | float):
        return value
    if isinstance(value, int):
        return value if cleaned_text(str(value)) == str(value) else HIDDEN
    return cleaned_text(str(value))


def cleaned_text(text: str, *, keep_chinese: bool = False) -> str:
    """The text without numbers of people, tokens and Chinese."""
    text = text.translate(_FULL_WIDTH)
    for pattern, instead in _PATTERNS:
        text = pattern.sub(instead, text)
    return text if keep_chinese else _CHINESE.sub(HIDDEN, text)
