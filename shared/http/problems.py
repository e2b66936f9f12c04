"""Every error as RFC 9457 problem+json: a stable code for programs, Chinese sentences for people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from starlette.responses import Response

MEDIA_TYPE = "application/problem+json"
RETRY_AFTER_SECONDS = "2"


@dataclass(frozen=True)
class FieldError:
    """One thing that was wrong: `field` is a JSON path, a header or a query parameter."""

    field: str
    problem: str
    expected: str
    value: str | None = None

    def as_json(self) -> dict[str, str]:
        """Without `value` where nothing is quoted back."""
        written = {"field": self.field, "problem": self.problem, "expected": self.expected}
        return written if self.value is None else {**written, "value": self.value[:200]}


class Problem(Exception):
    """An answer that is no success; raised anywhere in a route, written by the router."""

    def __init__(
        self,
        status: int,
        code: str,
        title: str,
        detail: str,
        *,
        errors: Sequence[FieldError] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(f"{status} {code}")
        self.status = status
        self.code = code
        self.title = title
        self.detail = detail
        self.errors = tuple(errors)
        self.headers = dict(headers or {})

    def as_json(self) -> dict[str, Any]:
        """The members of RFC 9457 and `errors`, one entry a field."""
        return {
            "type": "urn:lianjian:problem:" + self.code,
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
            "errors": [error.as_json() for error in self.errors],
        }

    def response(self) -> Response:
        """The HTTP answer."""
        body = orjson.dumps(self.as_json())
        return Response(body, status_code=self.status, media_type=MEDIA_TYPE, headers=self.headers)


def malformed(field: str, problem: str, expected: str, value: str | None = None) -> Problem:
    """400: what was sent cannot be read at all."""
    error = FieldError(field, problem, expected, value)
    return Problem(400, "malformed_request", "请求无法读取", f"{field}：{problem}。{expected}。", errors=[error])


def invalid(errors: Sequence[FieldError]) -> Problem:
    """422: it could be read, and fields of it are wrong."""
    first = errors[0]
    more = f"另有 {len(errors) - 1} 处。" if len(errors) > 1 else ""
    detail = f"{first.field}：{first.problem}。{first.expected}。{more}"
    return Problem(422, "invalid_fields", "内容有误，未作任何改动", detail, errors=errors)


def too_large(limit: int) -> Problem:
    """413, said before the body is read to its end."""
    shown = f"{limit // 1024 // 1024} MiB" if limit >= 1024 * 1024 else f"{limit} 字节"
    error = FieldError("body", "请求内容过大", f"不超过 {shown}")
    headers = {"Connection": "close"}
    return Problem(
        413, "body_too_large", "请求内容过大", f"请求内容不得超过 {shown}。", errors=[error], headers=headers
    )


def unauthenticated() -> Problem:
    """401."""
    error = FieldError("Authorization", "缺少或无效的访问令牌", "Authorization: Bearer <令牌>")
    headers = {"WWW-Authenticate": 'Bearer realm="lianjian"'}
    return Problem(401, "unauthenticated", "尚未登录", "请携带有效的访问令牌。", errors=[error], headers=headers)


def forbidden(action: str) -> Problem:
    """403: known, and not allowed to."""
    return Problem(403, "forbidden", "没有权限", f"当前身份不能在此范围内“{action}”。")


def not_found(field: str, value: str, noun: str) -> Problem:
    """404 for an id in the path that names nothing."""
    error = FieldError(field, f"没有这个{noun}", f"已有{noun}的编号", value)
    return Problem(404, "not_found", f"没有这个{noun}", f"{field} 指向的{noun}不存在。", errors=[error])


def unavailable(what: str, *, code: str = "unavailable", field: str | None = None) -> Problem:
    """503: nothing is wrong with the request; the same request may be sent again."""
    errors = [] if field is None else [FieldError(field, f"{what}暂不可用", "稍后以同一 Idempotency-Key 重发")]
    detail = f"{what}暂不可用，数据没有丢失；请稍后以同一 Idempotency-Key 重发。"
    return Problem(503, code, f"{what}暂不可用", detail, errors=errors, headers={"Retry-After": RETRY_AFTER_SECONDS})


def precondition_failed(current: str) -> Problem:
    """412: somebody else was faster; `current` is the ETag that holds now."""
    error = FieldError("If-Match", "记录已被他人改动", f"重新读取后以 {current} 再试", None)
    headers = {"ETag": current}
    return Problem(412, "precondition_failed", "记录已被改动", "请重新读取后再改。", errors=[error], headers=headers)


def internal(reference: str) -> Problem:
    """500: a defect of ours; the log holds the rest under the same reference."""
    return Problem(500, "internal_error", "系统内部错误", f"请求未完成。请把编号 {reference} 告诉管理员。")
