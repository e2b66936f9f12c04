"""What went wrong inside, as the answer outside: rejections, conflicts, and engines that are away."""

from __future__ import annotations

from collections.abc import Callable, Collection

import asyncpg
import structlog

from shared.acts import ActsRejected, PreconditionFailed
from shared.broker.lookups import LookupDenied, Unavailable
from shared.disk_room import DiskNearlyFull
from shared.eventstore import CommandIdReused, VersionConflict
from shared.eventstore.records import StoreUnavailable
from shared.http.preconditions import etag
from shared.http.problems import (
    RETRY_AFTER_SECONDS,
    FieldError,
    Problem,
    forbidden,
    internal,
    precondition_failed,
    unavailable,
)
from shared.identity.access import ACTIONS
from shared.rejection import Rejected
from shared.restore.gate import ReadOnly

_FORM = ("unknown_", "invalid_", "ambiguous_", "command_id_reused")
"""Codes of what is wrong with the request as it stands; all others depend on what is recorded."""

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


def problem_of(error: BaseException, reference: str, in_path: Collection[str] = ()) -> Problem:
    """The answer for anything a route may raise; what is a defect of ours is logged under `reference`.

    `in_path` are the path's parameters: what they name and is not there is 404.
    """
    if isinstance(error, Problem):
        return error
    if isinstance(error, Rejected) and error.field in in_path and error.code.startswith("unknown_"):
        found = FieldError(error.field, error.problem, error.expected, error.value)
        return Problem(404, error.code, "没有这条记录", f"{error.problem}。{error.expected}。", errors=[found])
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
    status = 422 if error.code.startswith(_FORM) else 409
    detail = f"{error.field}：{error.problem}。{error.expected}。"
    return Problem(status, error.code, "命令未被接受，未作任何改动", detail, errors=[found])


def _several_rejected(error: BaseException) -> Problem:
    assert isinstance(error, ActsRejected)
    found = [
        FieldError(f"{one.index}.{r.field}", r.problem, r.expected, r.value)
        for one in error.rejected
        for r in [one.rejection]
    ]
    return Problem(422, "acts_rejected", "有内容未被接受，未作任何改动", "请逐条修改后重发。", errors=found)


def _stale(error: BaseException) -> Problem:
    assert isinstance(error, PreconditionFailed)
    return precondition_failed(etag(error.actual))


def _contended(_: BaseException) -> Problem:
    return unavailable("这条记录", code="contended")


def _read_only(error: BaseException) -> Problem:
    headers = {"Retry-After": RETRY_AFTER_SECONDS}
    found = FieldError("service", str(error), "恢复完成后以同一 Idempotency-Key 重发")
    return Problem(503, "read_only", "本服务暂时只读，未作任何改动", f"{error}。", errors=[found], headers=headers)


def _no_room(_: BaseException) -> Problem:
    headers = {"Retry-After": "60"}
    found = FieldError("service", "数据库所在磁盘的可用空间不足一成", "腾出空间后以同一 Idempotency-Key 重发")
    detail = "磁盘将满，为免数据库停机，暂不接受命令；查看不受影响。"
    return Problem(503, "disk_nearly_full", "磁盘将满，未作任何改动", detail, errors=[found], headers=headers)


def _reused(_: BaseException) -> Problem:
    expected = "同一编号只能重发同一请求；新的请求请换新编号"
    found = FieldError("Idempotency-Key", "这个请求编号已用于另一请求", expected)
    return Problem(422, "command_id_reused", "请求编号已被使用", "Idempotency-Key 已用于另一请求。", errors=[found])


def _look_up(_: BaseException) -> Problem:
    return unavailable("members 服务的查询", code="look_up_unavailable")


def _denied(_: BaseException) -> Problem:
    return forbidden(ACTIONS["read_names"])


_ANSWERS: tuple[tuple[type[BaseException], Callable[[BaseException], Problem]], ...] = (
    (Rejected, _rejected),
    (ActsRejected, _several_rejected),
    (PreconditionFailed, _stale),
    (VersionConflict, _contended),
    (CommandIdReused, _reused),
    (ReadOnly, _read_only),
    (DiskNearlyFull, _no_room),
    (Unavailable, _look_up),
    (LookupDenied, _denied),
)
