"""What the background tasks of a process say of themselves, as checks and readings."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from shared.status import RoleStatus
from shared.telemetry.health import Check
from shared.telemetry.metrics import Reading

SILENT_AFTER = 60.0


def role_check(status: RoleStatus) -> Check:
    """What troubles the task; also a task that leads and has not looked about for a minute, which should not happen."""

    async def check() -> str | None:
        if status.trouble is not None:
            return status.trouble
        age = status.last_looked_age
        return "silent" if status.leading and age is not None and age > SILENT_AFTER else None

    return check


def checks_of(statuses: Iterable[RoleStatus]) -> dict[str, Check]:
    """A check for each task."""
    return {status.role: role_check(status) for status in statuses}


def readings_of(statuses: Iterable[RoleStatus], heads: Mapping[str, int]) -> list[Reading]:
    """How far each task has come in each origin it has to do with; `heads` are origins whose head is known better."""
    return [
        Reading(
            status.role,
            origin,
            reached,
            heads.get(origin, status.heads.get(origin, reached)),
            status.last_processed_age,
        )
        for status in statuses
        for origin, reached in status.positions.items()
    ]
