"""What pydantic found wrong, in words a person at the screen can act on."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from shared.http.problems import FieldError, Problem, invalid

Context = Mapping[str, Any]
Words = tuple[str, str]

_FIXED: Mapping[str, Words] = {
    "missing": ("缺少必填字段", "请填写"),
    "extra_forbidden": ("未知字段", "去掉这个字段"),
    "int_type": ("类型不对", "应为整数，不加引号"),
    "int_parsing": ("类型不对", "应为整数"),
    "int_from_float": ("不是整数", "应为整数，不带小数"),
    "string_type": ("类型不对", "应为文字，加引号"),
    "bool_type": ("类型不对", "应为 true 或 false"),
    "bool_parsing": ("类型不对", "应为 true 或 false"),
    "list_type": ("类型不对", "应为列表 […]"),
    "tuple_type": ("类型不对", "应为列表 […]"),
    "dict_type": ("类型不对", "应为对象 {…}"),
    "model_type": ("类型不对", "应为对象 {…}"),
    "model_attributes_type": ("类型不对", "应为对象 {…}"),
    "none_required": ("不应填写", "应为 null"),
    "union_tag_not_found": ("缺少类别", "请写明类别"),
}

_MEASURED: Mapping[str, Callable[[Context], Words]] = {
    "literal_error": lambda c: ("不在可选范围内", f"应为 {c['expected']}".replace(" or ", " 或 ")),
    "string_too_short": lambda c: ("文字过短", f"至少 {c['min_length']} 个字符"),
    "string_too_long": lambda c: ("文字过长", f"最多 {c['max_length']} 个字符"),
    "string_pattern_mismatch": lambda c: ("格式不对", _pattern(str(c["pattern"]))),
    "greater_than_equal": lambda c: ("数值过小", f"不小于 {c['ge']}"),
    "greater_than": lambda c: ("数值过小", f"大于 {c['gt']}"),
    "less_than_equal": lambda c: ("数值过大", f"不大于 {c['le']}"),
    "less_than": lambda c: ("数值过大", f"小于 {c['lt']}"),
    "too_long": lambda c: ("项数过多", f"最多 {c['max_length']} 项"),
    "too_short": lambda c: ("项数过少", f"至少 {c['min_length']} 项"),
    "value_error": lambda c: ("内容不对", _sentence(c)),
    "union_tag_invalid": lambda c: ("类别不对", f"应为 {c['expected_tags']}"),
}

_SENTENCES: Mapping[str, str] = {
    "a date is YYYY, YYYY-MM or YYYY-MM-DD": "日期写作 2024、2024-02 或 2024-02-20",
    "a year lies between 1900 and 2200": "年份在 1900 与 2200 之间",
    "a month lies between 01 and 12": "月份在 01 与 12 之间",
}


_NOT_FROM_JSON = frozenset({"is_instance_of", "needs_python_object"})
_PLACES = frozenset({"path", "query"})
# Where a field allows several types pydantic adds which of them it tried; that is no part of the path.
_ALTERNATIVE = re.compile(r"(constrained-|nullable\[|is-instance\[|function-|(str|int|bool|none)$)")


def in_words(error: ValidationError) -> Problem:
    """422 with one entry for each finding, each naming its field."""
    found = error.errors(include_url=False)
    telling = [each for each in found if each["type"] not in _NOT_FROM_JSON]
    return invalid([field_error(each) for each in telling or found])


def field_error(found: ErrorDetails) -> FieldError:
    """One finding of pydantic; the value is quoted only where it is a short scalar."""
    kind, context = found["type"], found.get("ctx") or {}
    measured = _MEASURED.get(kind)
    problem, expected = measured(context) if measured else _FIXED.get(kind, ("内容不对", "请对照接口说明填写"))
    return FieldError(_path(found), problem, expected, _quoted(kind, found.get("input")))


def _path(found: ErrorDetails) -> str:
    parts = [str(part) for part in found["loc"] if part not in _PLACES and not _ALTERNATIVE.match(str(part))]
    return ".".join(parts) or "body"


def _quoted(kind: str, value: Any) -> str | None:
    if kind in {"missing", "extra_forbidden"} or not isinstance(value, str | int | bool):
        return None
    return str(value)[:100]


def _pattern(pattern: str) -> str:
    if "0-9a-f]{8}" in pattern:
        return "应为小写带连字符的 UUID"
    if "Q[1-4]" in pattern:
        return "应为年 2024、月 2024-02 或季度 2024-Q3"
    if "[01]" in pattern:
        return "时间写作 09:30"
    return f"应符合 {pattern}"


def _sentence(context: Context) -> str:
    text = str(context.get("error", ""))
    if "has the days 01 to" in text:
        return f"该月只到 {text.rsplit(' ', 1)[-1]} 日"
    return _SENTENCES.get(text, text or "请对照接口说明填写")
