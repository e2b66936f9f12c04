"""ETag, If-Match, If-None-Match and Idempotency-Key, read from headers and written to them."""

from __future__ import annotations

import re
from uuid import uuid4

from shared.http.problems import malformed

_VISIBLE = re.compile(r"[\x21-\x7e]{1,255}")
_VERSION = re.compile(r'"(0|[1-9]\d{0,9})"')


def etag(version: int) -> str:
    """The strong validator of a stream at this version."""
    return f'"{version}"'


def expected_version(if_match: str | None) -> int | None:
    """The version a write is conditional on; None without `If-Match` or with `*`."""
    if if_match is None or if_match.strip() == "*":
        return None
    match = _VERSION.fullmatch(if_match.strip())
    if match is None:
        raise malformed("If-Match", "不是记录的版本", '应为读取时得到的 ETag，如 "3"', if_match)
    return int(match[1])


def not_modified(if_none_match: str | None, current: str) -> bool:
    """Whether the reader already holds `current` (weak comparison, RFC 9110 §13.1.2)."""
    if if_none_match is None:
        return False
    if if_none_match.strip() == "*":
        return True
    held = {part.strip().removeprefix("W/") for part in if_none_match.split(",")}
    return current.removeprefix("W/") in held


def command_id(idempotency_key: str | None) -> str:
    """The id of the command: the key as sent, or a new one."""
    if idempotency_key is None:
        return str(uuid4())
    if not _VISIBLE.fullmatch(idempotency_key):
        raise malformed("Idempotency-Key", "不是可用的请求编号", "1 至 255 个可见的 ASCII 字符，不含空格")
    return idempotency_key
