"""What went wrong inside, as the answer outside: rejections, conflicts, and engines that are away."""

from __future__ import annotations

from collections.abc import Callable

import asyncpg
import structlog

from shared.eventstore import CommandIdReused, VersionConflict
from shared.eventstore.records import StoreUnavailable
from shared.http.preconditions import etag
from shared.http.problems import FieldError, Problem, internal, precondition_failed, unavailable
from shared.rejection import Rejected

_log = structlog.get_logger()

DATABASE_AWAY: tuple[type[BaseException], ...] = (
    StoreUnavailable,
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.ReadOnlySQLTransactionError,
    asyncpg.LockNotAvailableError,
    asyncpg.DeadlockDetectedError,
    TimeoutError,
    OSError,
)
"""PostgreSQL away, starting, full or out of connections: all of them pass, and the same request may come again."""


class LookUpUnavailable(Exception):
    """Another service did not answer a look-up in time."""

    def __init__(self, service: str) -> None:
        super().__init__(service)
        self.service = service


def problem_of(error: BaseException, reference: str) -> Problem:
    """The answer for anything a route may raise; what is a defect of ours is logged under `reference`."""
    if isinstance(error, Problem):
        return error
    for kinds, answer in _ANSWERS:
        if isinstance(error, kinds):
            return answer(error)
    if isinstance(error, DATABASE_AWAY):
        _log.warning("database_unavailable", error=type(error).__name__, reference=reference)
        return unavailable("数据库", code="database_unavailable")
    _log.error("request_failed", error=type(error).__name__, reference=reference, exc_info=error)
    return internal(reference)


def _rejected(error: BaseException) -> Problem:
    assert isinstance(error, Rejected)
    found = FieldError(error.field, error.problem, error.expected, error.value)
    status = 422 if error.code.startswith(("unknown_", "invalid_", "ambiguous_")) else 409
    detail = f"{error.field}：{error.problem}。{error.expected}。"
    return Problem(status, error.code, "命令未被接受，未作任何改动", detail, errors=[found])


def _conflict(error: BaseException) -> Problem:
    assert isinstance(error, VersionConflict)
    return precondition_failed(etag(error.actual))


def _reused(_: BaseException) -> Problem:
    expected = "同一编号只能重发同一请求；新的请求请换新编号"
    found = FieldError("Idempotency-Key", "这个请求编号已用于另一请求", expected)
    return Problem(422, "command_id_reused", "请求编号已被使用", "Idempotency-Key 已用于另一请求。", errors=[found])


def _look_up(error: BaseException) -> Problem:
    assert isinstance(error, LookUpUnavailable)
    return unavailable(f"{error.service} 服务", code="look_up_unavailable")


_ANSWERS: tuple[tuple[type[BaseException], Callable[[BaseException], Problem]], ...] = (
    (Rejected, _rejected),
    (VersionConflict, _conflict),
    (CommandIdReused, _reused),
    (LookUpUnavailable, _look_up),
)
